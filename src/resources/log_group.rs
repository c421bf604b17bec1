//! Amazon CloudWatch Logs groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud::{self, Cloud, CloudError, Result};
use crate::model::Diff;
use crate::resource::{
    Checks, Content, Found, Grant, Granted, Managed, NameRule, Names, Need, Others, Output, Place, Problem, Resource,
    SpecRef, Target, Waiting, Wanted,
};

/// The days that PutRetentionPolicy takes (API reference).
const RETENTIONS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A log group: the fields of CreateLogGroup and PutRetentionPolicy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogGroup {
    /// Its name, as in `/ecs/ecs-lab/web-app`.
    pub log_group_name: Option<String>,
    /// The days after which events expire.
    pub retention_in_days: Option<i32>,
}

/// What AWS says of a log group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogGroupLive {
    /// Its name.
    pub name: String,
    /// Its ARN, without the `:*` that DescribeLogGroups puts behind it in `arn`.
    pub arn: String,
    /// When it was made, in milliseconds since 1970.
    #[serde(default)]
    pub creation_time: i64,
    /// The days after which events expire; none for never.
    pub retention_in_days: Option<i32>,
}

impl Resource for LogGroup {
    const KIND: &'static str = "logGroup";
    const SECTION: &'static str = "logGroups";
    const NAME: NameRule = NameRule {
        field: "logGroupName",
        min: 1,
        max: 512,
        words: "letters, digits and . _ - / #, and not `aws/` at the beginning",
        is_valid: |name| {
            !name.starts_with("aws/") && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-/#".contains(c))
        },
        ignores_case: false,
    };
    type Live = LogGroupLive;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let wrong = self.retention_in_days.filter(|days| !RETENTIONS.contains(days));
        let problem = |days: i32| {
            let nearest = RETENTIONS.iter().min_by_key(|known| (*known - days).abs()).expect("the list isn't empty");
            Problem::at("retentionInDays", format!("CloudWatch Logs can't keep events for {days} days"))
                .hint(format!("did you mean {nearest}? AWS takes {RETENTIONS:?}"))
        };
        wrong.map(problem).into_iter().collect()
    }

    fn diff(&self, live: &LogGroupLive, _others: &Others) -> Diff {
        let mut diff = Diff::default();
        diff.update("retentionInDays", live.retention_in_days, self.retention_in_days.map(Some));
        diff
    }

    fn outputs(place: &Place, name: &str, _live: Option<&LogGroupLive>) -> Vec<Output> {
        let arn = place.arn("logs", &format!("log-group:{name}"));
        vec![Output::fixed("name", name), Output::fixed("arn", arn)]
    }

    fn incarnation(live: &LogGroupLive) -> String {
        live.creation_time.to_string()
    }

    fn ids(live: &LogGroupLive) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<LogGroupLive>>> {
        // One prefix search finds all when the names begin alike, as those of a lab do.
        let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        let groups = groups(cloud, common_prefix(&names)).await?;
        let groups: Vec<_> = groups.into_iter().filter(|group| names.contains(&group.name.as_str())).collect();
        let arns: Vec<String> = groups.iter().map(|group| group.arn.clone()).collect();
        let mut tags = cloud.tags_of(Self::SERVICE, &arns).await?;
        let found = groups.into_iter().filter_map(|group| {
            let address = wanted.iter().find(|one| one.name == group.name)?.address;
            let tags = tags.remove(&group.arn).unwrap_or_default();
            Some(Found::present(address, group.name.clone(), group, tags))
        });
        Ok(found.collect())
    }
}

impl Managed for LogGroup {
    const SERVICE: cloud::Service = cloud::Service::Json(&cloud::LOGS);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<LogGroupLive>>> {
        let groups = groups(cloud, "").await?;
        let arns: Vec<String> = groups.iter().map(|group| group.arn.clone()).collect();
        let tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        Ok(crate::resources::owned(lab, groups, |group| (group.name.clone(), tags.get(&group.arn).cloned())))
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<LogGroupLive> {
        let tags = target.tags.clone().into_iter().collect();
        cloud.logs.create_log_group().log_group_name(&target.name).set_tags(Some(tags)).send().await?;
        if let Some(days) = self.retention_in_days {
            keep_for(cloud, &target.name, days).await?;
        }
        let arn = others.place.arn("logs", &format!("log-group:{}", target.name));
        Ok(LogGroupLive { creation_time: 0, name: target.name.clone(), arn, retention_in_days: self.retention_in_days })
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &LogGroupLive,
        _others: &Others,
        diff: &Diff,
    ) -> Result<LogGroupLive> {
        let mut live = live.clone();
        if let (true, Some(days)) = (diff.touches("retentionInDays"), self.retention_in_days) {
            keep_for(cloud, &target.name, days).await?;
            live.retention_in_days = Some(days);
        }
        Ok(live)
    }

    async fn delete(cloud: &Cloud, live: &LogGroupLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        match cloud.logs.delete_log_group().log_group_name(&live.name).send().await.map_err(CloudError::from) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &LogGroupLive) -> String {
        live.arn.clone()
    }
}

impl Granted for LogGroup {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["logs:DescribeLogGroups", "logs:ListTagsForResource"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    /// Tags are asked for on the group, and all else on what is in it ("CloudWatch Logs resources and operations",
    /// CloudWatch Logs user guide).
    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let group = place.arn("logs", &format!("log-group:{name}"));
        let content = [format!("{group}:*")];
        let mut grants = vec![
            Grant::on(Need::Look, &["logs:FilterLogEvents"], content.clone()),
            Grant::on(Need::Change, &["logs:CreateLogGroup"], content).tagging(place),
            Grant::on(Need::Change, &["logs:TagResource"], [group]).tagging(place),
            Grant::on_owned(Need::Change, &["logs:TagResource"], place),
            Grant::on_owned(Need::Delete, &["logs:DeleteLogGroup"], place),
        ];
        if self.retention_in_days.is_some() {
            let keep = &["logs:PutRetentionPolicy"];
            grants.push(Grant::on_owned(Need::Change, keep, place));
        }
        grants
    }
}

async fn keep_for(cloud: &Cloud, name: &str, days: i32) -> Result<()> {
    cloud.logs.put_retention_policy().log_group_name(name).retention_in_days(days).send().await?;
    Ok(())
}

async fn groups(cloud: &Cloud, prefix: &str) -> Result<Vec<LogGroupLive>> {
    let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
    let mut pages = cloud.logs.describe_log_groups().set_log_group_name_prefix(prefix).into_paginator().send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        groups.extend(page?.log_groups().iter().map(|group| LogGroupLive {
            name: group.log_group_name().unwrap_or_default().to_owned(),
            arn: group.arn().unwrap_or_default().trim_end_matches(":*").to_owned(),
            creation_time: group.creation_time().unwrap_or_default(),
            retention_in_days: group.retention_in_days(),
        }));
    }
    Ok(groups)
}

fn common_prefix<'a>(names: &[&'a str]) -> &'a str {
    let Some((first, rest)) = names.split_first() else {
        return "";
    };
    let shared = |name: &&str| first.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
    &first[..rest.iter().map(shared).min().unwrap_or(first.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_share_a_prefix() {
        assert_eq!(common_prefix(&["/ecs/lab/web", "/ecs/lab/job"]), "/ecs/lab/");
        assert_eq!(common_prefix(&["/ecs/lab/web"]), "/ecs/lab/web");
        assert_eq!(common_prefix(&[]), "");
    }
}
