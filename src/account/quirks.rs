//! Ways in which the account may misbehave as AWS does: data that a test sets. By default there are none.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

/// Habits of AWS that the account has none of unless it is told to:
/// `sandbox.with(|account| account.quirks = Quirks { page_size: Some(1), ..Quirks::default() })`.
///
/// Times are the account's. Quirks belong to this process and are not kept in the account's file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// Lists that AWS pages answer at most this many items a page, whatever the caller asks for. AWS promises no size
    /// of a page, only a token while there is more (`nextToken` and `maxResults` in every service's API reference).
    pub page_size: Option<usize>,
    /// A role younger than this can't be used by ECS yet. RegisterTaskDefinition says `Role is not valid`
    /// (fabfuel/ecs-deploy#231), CreateService and UpdateService ask to verify the role's permissions (the words that
    /// the Terraform AWS provider retries on, `internal/service/ecs/service.go`), and RunTask can't assume it
    /// ("Troubleshoot Amazon ECS", developer guide).
    pub roles_spread: Duration,
    /// The caller may not pass a role younger than this to ECS, though the policies allow it: `iam:PassRole` is denied
    /// as for good (terraform-aws-modules/terraform-aws-ecs#414).
    pub pass_role_denied: Duration,
    /// The tag index shows the account as it was this long ago: it lacks what is new and lists what is deleted
    /// (`GetResources`, Resource Groups Tagging API reference).
    pub index_lag: Duration,
    /// DescribeTasks answers `MISSING` for a task that RunTask started less than this ago ("eventual consistency",
    /// `RunTask`, Amazon ECS API reference).
    pub tasks_hidden: Duration,
    /// Log groups that come back this long after their next deletion, once, empty and without tags, because somebody
    /// with `logs:CreateLogGroup` still writes to them (hashicorp/terraform-provider-aws#29247).
    pub log_groups_return: BTreeMap<String, Duration>,
    /// The buckets of this account's state that belong to another account, by name. That account lets everybody do
    /// everything, so that only `x-amz-expected-bucket-owner` keeps a caller out ("Verifying bucket ownership", S3 user
    /// guide).
    pub others_buckets: BTreeMap<String, String>,
    /// Operations that the caller may not do, as `service:Operation`, such as `ecs:ListServices`, by the services that
    /// requests are signed for: `ec2`, `ecr`, `ecs`, `elasticloadbalancing`, `iam`, `logs`, `s3`, `sts`, `tagging`.
    pub denied: BTreeSet<String>,
    /// The names of the roles that can be assumed, which STS refuses for any other; none if each role that somebody names is
    /// taken to be there.
    pub roles: Option<BTreeSet<String>>,
    /// The ARN by which STS names the caller, if it isn't the account's one user.
    pub caller: Option<String>,
    /// Members of calls in JSON that the account keeps otherwise than they are said, by the call and the member's pointer,
    /// as in `("logs:PutRetentionPolicy", "/retentionInDays")`: what AWS may write down in its own way, and nobody knows yet.
    pub rewrites: Rewrites,
}

/// What is kept in the place of members, by the call and the member's pointer.
pub type Rewrites = BTreeMap<(&'static str, &'static str), Value>;
