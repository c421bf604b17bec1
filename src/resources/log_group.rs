//! Amazon CloudWatch Logs groups.

use labform_account::rules::{LOG_GROUP_NAME, RETENTIONS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::LOGS;
use crate::resource::{
    Calls, Checks, Field, Grant, Live, NameRule, Need, Pasted, Place, Plain, Problem, all, call, change, update,
};

/// A log group: the fields of CreateLogGroup and PutRetentionPolicy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogGroup {
    /// The log group's name, as in `/ecs/ecs-lab/web-app`.
    pub log_group_name: Option<String>,
    /// The days after which events expire; `0` for never. Left out, it is never for a new group, and a group that is
    /// there keeps what it has.
    pub retention_in_days: Option<i32>,
}

impl Plain for LogGroup {
    const KIND: &'static str = "logGroup";
    const SECTION: &'static str = "logGroups";
    const NAME: NameRule =
        NameRule::of("logGroupName", LOG_GROUP_NAME, "letters, digits and . _ - / #, and not `aws/` at the beginning");
    const FIELDS: &'static [Field] = &[update("retentionInDays").default("0")];
    const PASTED: Pasted = Pasted {
        around: &["logGroups"],
        told: &["arn", "creationTime", "inheritedProperties", "logGroupArn", "metricFilterCount", "storedBytes"],
        beyond: &[
            ("bearerTokenAuthenticationEnabled", "false"),
            ("dataProtectionStatus", "null"),
            ("deletionProtectionEnabled", "false"),
            ("kmsKeyId", "null"),
            ("logGroupClass", r#""STANDARD""#),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &LOGS,
        arn: "log-group:{name}",
        id: "arn",
        name: "logGroupName",
        made: "creationTime",
        brings_tags: false,
        // All but tags is asked for on what is in the group ("CloudWatch Logs resources and operations", CloudWatch Logs
        // user guide).
        create: call("CreateLogGroup", "logGroupName").within(":*").answers_without_object(),
        // One prefix search finds all when the names begin alike, as those of a lab do.
        read: &[all("DescribeLogGroups", "logGroups").by_prefix("logGroupNamePrefix")],
        list: all("DescribeLogGroups", "logGroups"),
        updates: &[change(call("PutRetentionPolicy", "logGroupName").by_name(), &["retentionInDays"])
            .after_create()
            .or_reset(call("DeleteRetentionPolicy", "logGroupName").by_name())],
        delete: call("DeleteLogGroup", "logGroupName").by_name(),
        restore: None,
    };

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let wrong = self.retention_in_days.map(i64::from).filter(|days| *days != 0 && !RETENTIONS.contains(days));
        let problem = |days: i64| {
            let nearest = RETENTIONS.iter().min_by_key(|known| (*known - days).abs()).expect("the list isn't empty");
            Problem::at("retentionInDays", format!("CloudWatch Logs can't keep events for {days} days"))
                .hint(format!("did you mean {nearest}? AWS takes {RETENTIONS:?}, and 0 here is for ever"))
        };
        wrong.map(problem).into_iter().collect()
    }

    /// DescribeLogGroups puts `:*` behind the ARN, and nothing else does.
    fn heard(document: &mut Value) {
        if let Some(arn) = document["arn"].as_str().and_then(|arn| arn.strip_suffix(":*")) {
            document["arn"] = arn.into();
        }
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone()]
    }

    fn more_grants(&self, name: &str, place: &Place) -> Vec<Grant> {
        let content = place.arn("logs", &format!("log-group:{name}:*"));
        vec![Grant::on(Need::Look, &["logs:FilterLogEvents"], [content])]
    }
}
