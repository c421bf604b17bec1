//! The actions that AWS asks for at a call, and those that no call of the tests uses.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::trials::lives::{Life, all};

/// The facts that a kind's life tells of the policies.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Facts {
    /// The action by which one is made, with what AWS puts behind the object's ARN when it asks for that.
    pub(super) makes: BTreeMap<String, String>,
    /// Calls whose actions are not just those of the same name (Service Authorization Reference, and for S3 "Required
    /// permissions for Amazon S3 API operations"). The keys are those that the seam counts by.
    asks: BTreeMap<String, BTreeSet<String>>,
    /// Actions that are allowed although no call of the tests uses them, and why they are.
    pub(super) idle: BTreeMap<String, String>,
}

impl Facts {
    pub(super) fn of(life: &Life) -> Self {
        life.part("policy")
    }

    /// The facts of all lives.
    pub(super) fn all() -> Self {
        let mut together = Self::default();
        for facts in all().iter().map(Self::of) {
            together.asks.extend(facts.asks);
            together.idle.extend(facts.idle);
        }
        together
    }

    /// The actions that AWS asks for at the call that the seam counted under `key`.
    pub(super) fn actions(&self, key: &str) -> BTreeSet<String> {
        let of_no_kind = ACTIONS.iter().find(|(operation, _)| *operation == key);
        let of_no_kind = of_no_kind.map(|(_, actions)| actions.iter().map(ToString::to_string).collect());
        let asked = self.asks.get(key).cloned().or(of_no_kind);
        // CloudWatch signs by another name than its actions have.
        asked.unwrap_or_else(|| BTreeSet::from([key.replace("monitoring:", "cloudwatch:")]))
    }
}

/// The same of the calls that are no kind's own.
const ACTIONS: [(&str, &[&str]); 7] = [
    // It needs no permission (GetCallerIdentity, API reference).
    ("sts:GetCallerIdentity", &[]),
    ("tagging:GetResources", &["tag:GetResources"]),
    ("s3:HEAD ", &["s3:ListBucket"]),
    ("s3:GET list-type=2", &["s3:ListBucket"]),
    ("s3:PUT object", &["s3:PutObject"]),
    // If there is no such object, S3 says so only to those who may list its bucket.
    ("s3:GET object", &["s3:GetObject", "s3:ListBucket"]),
    ("ecs:RunTask", &["ecs:RunTask", "ecs:TagResource", "iam:PassRole"]),
];
