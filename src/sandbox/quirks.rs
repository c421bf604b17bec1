//! How the account may misbehave the way AWS does: data that a test sets. By default nothing is out of the ordinary.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::account::Account;
use super::clock::millis;
use super::iam;
use super::wire::Fault;

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
    /// Buckets of this account's state that belong to another account, by name. That one lets everybody do everything,
    /// so that only `x-amz-expected-bucket-owner` keeps a caller out ("Verifying bucket ownership", S3 user guide).
    pub others_buckets: BTreeMap<String, String>,
    /// What the caller may not do, as `service:Operation`, such as `ecs:ListServices`. The services are those that
    /// requests are signed for: `ec2`, `ecr`, `ecs`, `elasticloadbalancing`, `iam`, `logs`, `s3`, `sts`, `tagging`.
    pub denied: BTreeSet<String>,
}

impl Account {
    /// How many items a page has where the call asks for `asked`, or AWS gives that many by itself.
    pub(super) fn page_size(&self, asked: usize) -> usize {
        self.quirks.page_size.map_or(asked, |most| asked.min(most.max(1)))
    }

    /// Refuses a call that the account denies to everybody.
    pub(super) fn permit(&self, service: &str, operation: &str) -> Result<(), Fault> {
        if !self.quirks.denied.contains(&format!("{service}:{operation}")) {
            return Ok(());
        }
        // The index has another name in policies than in signatures.
        let prefix = if service == "tagging" { "tag" } else { service };
        Err(self.refusal(service, &format!("{prefix}:{operation}"), "*"))
    }

    /// Refuses a role that is too young to be passed, or to be used. `unready` is what the operation says of the
    /// latter. A role that isn't there is somebody else's complaint.
    pub(super) fn check_role_is_ready(&self, arn: &str, unready: impl FnOnce() -> Fault) -> Result<(), Fault> {
        match iam::role_created(self, arn).map(|created| self.now - created) {
            Some(age) if age < millis(self.quirks.pass_role_denied) => Err(self.refusal("ecs", "iam:PassRole", arn)),
            Some(age) if age < millis(self.quirks.roles_spread) => Err(unready()),
            _ => Ok(()),
        }
    }

    /// An access that is denied, in the service's own code and status.
    fn refusal(&self, service: &str, action: &str, resource: &str) -> Fault {
        let caller = self.caller();
        let why = format!("because no identity-based policy allows the {action} action");
        match service {
            "ec2" => Fault::client(
                "UnauthorizedOperation",
                format!(
                    "You are not authorized to perform this operation. User: {caller} is not authorized to perform: \
                     {action} {why}"
                ),
            )
            .with_status(403),
            "elasticloadbalancing" | "iam" | "s3" | "sts" => {
                Fault::client("AccessDenied", denial(&caller, action, resource, &why)).with_status(403)
            }
            _ => Fault::client("AccessDeniedException", denial(&caller, action, resource, &why)),
        }
    }
}

fn denial(caller: &str, action: &str, resource: &str, why: &str) -> String {
    format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {why}")
}
