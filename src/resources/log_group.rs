//! Amazon CloudWatch Logs groups.

use labform_account::rules::{LOG_GROUP, LOG_GROUP_NAME, RETENTIONS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kms;
use crate::cloud::{Cloud, LOGS, Result};
use crate::resource::{
    CallRules, Calls, Checks, Field, Grant, Live, NameRule, Need, Pasted, Place, Plain, Problem, Sending, all,
    breaches, call, change, document, replace, update,
};

/// A log group: the fields of CreateLogGroup, PutRetentionPolicy and AssociateKmsKey.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LogGroup {
    /// The log group's name, as in `/ecs/ecs-lab/web-app`.
    pub log_group_name: Option<String>,
    /// The days after which events expire; `0` for never. Left out, it is never for a new group, and a group that is
    /// there keeps what it has.
    pub retention_in_days: Option<i32>,
    /// The group's purpose, which AWS can't change; `STANDARD` for a new group if it is left out.
    pub log_group_class: Option<LogGroupClass>,
    /// The ARN of the KMS key that encrypts what is logged from now on; `""` for AWS's own encryption. The key's policy has
    /// to let CloudWatch Logs use it.
    pub kms_key_id: Option<String>,
}

/// The purpose of a log group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// All that CloudWatch Logs can do.
    Standard,
    /// Logs that are seldom looked at: less can be done with them, and they cost less.
    InfrequentAccess,
    /// Logs with which less can be done, and which cost less.
    Essentials,
    /// Logs of AWS Lambda on their way to Amazon S3 or Amazon Data Firehose, kept for a day.
    Delivery,
}

impl Plain for LogGroup {
    const KIND: &'static str = "logGroup";
    const SECTION: &'static str = "logGroups";
    const NAME: NameRule =
        NameRule::of("logGroupName", LOG_GROUP_NAME, "letters, digits and . _ - / #, and not `aws/` at the beginning");
    const FIELDS: &'static [Field] = &[
        update("retentionInDays").default("0"),
        replace("logGroupClass").default(r#""STANDARD""#),
        update("kmsKeyId").default(r#""""#),
    ];
    const RULES: CallRules = &[&LOG_GROUP];
    const PASTED: Pasted = Pasted {
        around: &["logGroups"],
        told: &["arn", "creationTime", "inheritedProperties", "logGroupArn", "metricFilterCount", "storedBytes"],
        beyond: &[
            ("bearerTokenAuthenticationEnabled", "false"),
            ("dataProtectionStatus", "null"),
            ("deletionProtectionEnabled", "false"),
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
        updates: &[
            change(call("PutRetentionPolicy", "logGroupName").by_name(), &["retentionInDays"])
                .after_create()
                .or_reset(call("DeleteRetentionPolicy", "logGroupName").by_name()),
            change(call("AssociateKmsKey", "logGroupName").by_name(), &["kmsKeyId"])
                .or_reset(call("DisassociateKmsKey", "logGroupName").by_name()),
        ],
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
        let alias = kms::alias("kmsKeyId", self.kms_key_id.as_deref());
        wrong.map(problem).into_iter().chain(alias).chain(breaches(&LOG_GROUP, &document(self))).collect()
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if sending.live.is_none() && self.kms_key_id.as_deref() == Some("") {
            // A new group has none.
            sending.fields.remove("kmsKeyId");
        }
        Ok(())
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
