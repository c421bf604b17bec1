//! AWS's rules for its inputs, each stated once, with its source. The account's services ask them before they look at
//! anything that they keep; so can whoever checks an input before it is sent.
//!
//! A rule knows the input of one call and nothing else. A value that isn't known yet, because it holds a `${…}`, breaks
//! none: whoever knows it asks again. What AWS *makes* of an input (defaults, order) is no rule, and isn't stated here.
//!
//! # To add a rule
//!
//! A row in the table of its call: what AWS asks for, who says so, changes to a good input that break it, and what finds
//! that. The changes are the rule's test: each must be found by this rule, and by no other, at the place that it names;
//! and a test of labform's holds that both the account and `labform validate` refuse each.
//!
#![doc = include_str!("list.md")]

mod alarm;
#[cfg(test)]
mod asked;
mod balancing;
mod bucket;
mod bucket_lifecycle;
mod cloud_map;
mod cluster;
mod dashboard;
mod efs;
#[cfg(any(test, feature = "testing"))]
mod examples;
mod input;
mod lifecycle;
mod log_group;
mod monitoring;
mod permissions;
mod policy;
mod regions;
mod repository;
mod scaling;
mod schedule;
mod service;
mod task_definition;
mod texts;

pub use alarm::{ALARM, ALARM_NAME};
pub(crate) use balancing::{CONDITIONS, small};
pub use balancing::{
    LISTENER, LISTENER_ATTRIBUTES, LISTENER_RULE, LOAD_BALANCER, LOAD_BALANCER_ATTRIBUTES, TARGET_GROUP,
    TARGET_GROUP_ATTRIBUTES, is_of_network, misfit,
};
pub use bucket::{BUCKET_CORS, BUCKET_ENCRYPTION, BUCKET_OWNERSHIP, BUCKET_WEBSITE};
pub use bucket_lifecycle::BUCKET_LIFECYCLE;
pub use cloud_map::{DISCOVERY_NAME, NAMESPACE_NAME, RECORD_TTL};
pub use cluster::CLUSTER;
pub use dashboard::{DASHBOARD, DASHBOARD_NAME};
pub use efs::{ACCESS_POINT_PATH, CREATION_TOKEN, MOUNT_TARGET_GROUPS, POSIX_PERMISSIONS};
#[cfg(any(test, feature = "testing"))]
pub use examples::{ALL, Example};
pub use lifecycle::LIFECYCLE_POLICY;
pub use log_group::LOG_GROUP;
pub use monitoring::{SUBSCRIPTION, TOPIC, TOPIC_NAME};
pub use permissions::PERMISSION;
pub use policy::{BUCKET_POLICY, PERMISSIONS, REPOSITORY_POLICY, ROLE_POLICIES, TRUST};
pub use regions::WITHOUT_OPT_IN;
pub use repository::REPOSITORY;
pub use scaling::{SCALABLE_TARGET, SCALING_POLICY, SCHEDULED_ACTION};
pub use schedule::{Times, UTC, Untimely};
pub use service::{RUN_TASK, SERVICE};
pub(crate) use task_definition::fits_fargate;
pub use task_definition::{TASK_DEFINITION, cpu_units, mebibytes, smallest_on_fargate};
pub(crate) use texts::{ASSUMED_SECONDS, TagMap, check_tags};
pub use texts::{
    BUCKET_NAME, CIDR_BLOCK, ECS_NAME, EXTERNAL_ID, LOAD_BALANCER_NAME, LOG_GROUP_NAME, NumberRule, PARAMETER_NAME,
    PASSWORD_LENGTH, POLICY_NAME, RECOVERY_WINDOW, REGION, REPOSITORY_NAME, RETENTION_IN_DAYS, RETENTIONS,
    ROLE_DESCRIPTION, ROLE_NAME, SCHEDULE_NAME, SECRET_NAME, SECRET_TOKEN, SECURITY_GROUP_TEXT, SESSION_DURATION,
    SESSION_NAME, TARGET_GROUP_NAME, TextRule,
};

use serde_json::Value;

use crate::wire::Fault;

/// The rules for the input of one call.
#[derive(Debug)]
pub struct Rules {
    /// The call, as in `RegisterTaskDefinition`.
    pub call: &'static str,
    /// An input that breaks none of them, as JSON.
    pub good: &'static str,
    tables: &'static [&'static [Rule]],
}

/// A rule of AWS's for the input of a call.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What AWS asks for, as a lowercase fragment.
    pub asks: &'static str,
    /// The page of AWS's that says so, or who met the refusal.
    pub source: &'static str,
    /// Changes to the good input that break the rule, as in `networkMode = "host" && cpu = null`: `examples.rs` reads them.
    pub broken_by: &'static [&'static str],
    words: &'static str,
    find: fn(&Value, &mut Found),
}

/// What a rule asks of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The least and the greatest number.
    Between(i64, i64),
    /// The only texts.
    OneOf(Vec<String>),
    /// The fewest items of a list.
    From(usize),
    /// The most items of a list.
    UpTo(usize),
}

/// A rule that an input breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The place in the input, as in `containerDefinitions[0].stopTimeout`.
    pub path: String,
    /// The fault, as a lowercase fragment.
    pub message: String,
    /// The advice on what to do about it.
    pub hint: Option<String>,
    /// AWS's page that states the rule, or who met the refusal.
    pub source: &'static str,
    /// AWS's own words, if they are known.
    words: Option<String>,
}

impl Rules {
    const fn new(call: &'static str, good: &'static str, tables: &'static [&'static [Rule]]) -> Self {
        Self { call, good, tables }
    }

    /// All the rules.
    pub fn all(&self) -> impl Iterator<Item = &'static Rule> {
        self.tables.iter().flat_map(|table| *table)
    }

    /// Returns each rule that the input breaks, with the place.
    #[must_use]
    pub fn breaches(&self, input: &Value) -> Vec<Breach> {
        self.all().flat_map(|rule| rule.breaches(input)).collect()
    }

    /// What the rules ask of a value whatever stands beside it, for editors: each with the path of the value, in which `[]`
    /// stands for each item of a list.
    #[must_use]
    pub fn limits(&self) -> Vec<(String, Limit)> {
        // Of an input of which nothing is known, a rule that depends on more than the value itself asks nothing.
        let mut found = Found::default();
        self.all().for_each(|rule| (rule.find)(&Value::Object(serde_json::Map::new()), &mut found));
        found.limits
    }

    /// Refuses an input that breaks a rule, in AWS's words as far as they are known.
    pub(crate) fn check(&self, input: &Value, fault: impl FnOnce(String) -> Fault) -> Result<(), Fault> {
        let breach = self.all().find_map(|rule| rule.breaches(input).into_iter().next());
        breach.map_or(Ok(()), |breach| Err(fault(breach.words())))
    }
}

impl Rule {
    const fn new(
        asks: &'static str,
        source: &'static str,
        broken_by: &'static [&'static str],
        find: fn(&Value, &mut Found),
    ) -> Self {
        Self { asks, source, broken_by, words: "", find }
    }

    /// The same rule, which AWS refuses in these words.
    const fn words(self, words: &'static str) -> Self {
        Self { words, ..self }
    }

    fn breaches(&self, input: &Value) -> Vec<Breach> {
        let mut found = Found::default();
        (self.find)(input, &mut found);
        let words = Some(self.words).filter(|words| !words.is_empty());
        for breach in &mut found.breaches {
            breach.source = self.source;
            breach.words = breach.words.take().or_else(|| words.map(str::to_owned));
            if breach.message.is_empty() {
                self.asks.clone_into(&mut breach.message);
            }
        }
        found.breaches
    }
}

impl Breach {
    /// The breach in AWS's words, or as a sentence in our own if AWS's aren't known.
    fn words(&self) -> String {
        let own = || {
            let message = self.message.replace('`', "'");
            let mut letters = message.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            format!("{}{}.", first.collect::<String>(), letters.as_str())
        };
        self.words.clone().unwrap_or_else(own)
    }
}

/// The breaches of a rule, and what it asks of single values.
#[derive(Default)]
struct Found {
    breaches: Vec<Breach>,
    limits: Vec<(String, Limit)>,
}

impl Found {
    /// Notes a breach at `path`.
    fn at(&mut self, path: impl Into<String>, message: impl Into<String>) -> &mut Breach {
        let (path, message) = (path.into(), message.into());
        self.breaches.push(Breach { path, message, hint: None, source: "", words: None });
        self.breaches.last_mut().expect("it was pushed a line above")
    }

    /// Notes a breach that what the rule asks for says by itself.
    fn here(&mut self, path: impl Into<String>) -> &mut Breach {
        self.at(path, "")
    }
}

impl Breach {
    fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        self.hint = Some(hint.into());
        self
    }

    fn said(&mut self, words: impl Into<String>) -> &mut Self {
        self.words = Some(words.into());
        self
    }
}
