//! Amazon CloudWatch Logs groups.

use std::future::ready;

use aws_sdk_cloudwatchlogs::types::LogGroup as LogGroupAnswer;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::found::{self, Live, gone};
use crate::cloud::{self, Cloud, Result};
use crate::resource::{
    Checks, Edit, Field, Found, Grant, Granted, Managed, NameRule, Names, Need, Others, Output, Place, Problem,
    Resource, SpecRef, Target, Waiting, Wanted, update,
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
    const FIELDS: &'static [Field] = &[update("retentionInDays")];
    type Live = Live;

    fn name(&self) -> Option<&str> {
        self.log_group_name.as_deref()
    }

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

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn outputs(place: &Place, name: &str, _live: Option<&Live>) -> Vec<Output> {
        let arn = place.arn("logs", &format!("log-group:{name}"));
        vec![Output::fixed("name", name), Output::fixed("arn", arn)]
    }

    fn incarnation(live: &Live) -> String {
        live.document["creationTime"].to_string()
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        // One prefix search finds all when the names begin alike, as those of a lab do.
        let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        let groups = groups(cloud, common_prefix(&names)).await?;
        found::named(cloud, wanted, groups, |_, live| ready(Ok(Some(live)))).await
    }
}

impl Managed for LogGroup {
    const SERVICE: cloud::Service = cloud::Service::Json(&cloud::LOGS);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        found::of_lab(cloud, Self::SERVICE, lab, groups(cloud, "").await?, |live| (&live.name, &live.arn)).await
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let tags = target.tags.clone().into_iter().collect();
        cloud.logs.create_log_group().log_group_name(&target.name).set_tags(Some(tags)).send().await?;
        if let Some(days) = self.retention_in_days {
            keep_for(cloud, &target.name, days).await?;
        }
        let arn = others.place.arn("logs", &format!("log-group:{}", target.name));
        let document = json!({ "creationTime": 0, "retentionInDays": self.retention_in_days });
        Ok(Live { name: target.name.clone(), arn, document })
    }

    async fn update(&self, cloud: &Cloud, target: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        match self.retention_in_days.filter(|_| edit.touches("retentionInDays")) {
            Some(days) => {
                keep_for(cloud, &target.name, days).await?;
                Ok(live.clone().with("retentionInDays", days))
            }
            None => Ok(live.clone()),
        }
    }

    async fn delete(cloud: &Cloud, live: &Live, _waiting: &Waiting) -> Result<()> {
        gone(cloud.logs.delete_log_group().log_group_name(&live.name).send().await)
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
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

async fn groups(cloud: &Cloud, prefix: &str) -> Result<Vec<Live>> {
    let prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
    let groups = cloud.logs.describe_log_groups().set_log_group_name_prefix(prefix).into_paginator().items().send();
    let groups: Vec<_> = groups.collect::<Result<_, _>>().await?;
    let live = |group: &LogGroupAnswer| Live {
        name: group.log_group_name().unwrap_or_default().to_owned(),
        // DescribeLogGroups puts `:*` behind it.
        arn: group.arn().unwrap_or_default().trim_end_matches(":*").to_owned(),
        document: json!({ "creationTime": group.creation_time(), "retentionInDays": group.retention_in_days() }),
    };
    Ok(groups.iter().map(live).collect())
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
