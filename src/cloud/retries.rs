//! Which of AWS's refusals pass by themselves: a table.
//!
//! The SDK repeats calls that were throttled, that met a 5xx or that lost their connection; what stands here is the
//! rest, and nothing else is ever repeated. A row is found by operation and code, by words only where AWS gives no code
//! of its own; AWS may reword, so the words are as few as tell the refusal apart.

use std::time::Duration;

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use super::CloudError;

/// One refusal that passes.
#[derive(Debug, PartialEq, Eq)]
pub struct Passing {
    /// The operations that answer with it.
    pub operations: &'static [&'static str],
    /// AWS's code.
    pub code: &'static str,
    /// Words that the message holds, where the code alone says too little.
    pub says: Option<&'static str>,
    /// What it means, for people.
    pub meaning: &'static str,
    /// Which objects it is believed of.
    pub of: Of,
    /// How long it may go on. Beyond that it is an error like any other.
    pub deadline: Duration,
}

/// Which objects a refusal is believed to pass for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Any.
    Any,
    /// Only one that this process made or changed a moment ago, because the same answer is given for good as well.
    Fresh,
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// How long IAM and others may take to spread what is new (the Terraform provider's constant).
pub const SPREADS: Duration = minutes(2);

const fn row(
    operations: &'static [&'static str],
    code: &'static str,
    says: Option<&'static str>,
    deadline: Duration,
    meaning: &'static str,
) -> Passing {
    Passing {
        operations,
        code,
        says,
        meaning,
        of: Of::Any,
        deadline,
    }
}

const TAKES_A_ROLE: &[&str] = &[
    "RegisterTaskDefinition",
    "CreateService",
    "UpdateService",
    "RunTask",
];
const FIRST_USE: &[&str] = &["CreateCluster", "CreateService", "RunTask"];
const CHANGES_A_CLUSTER: &[&str] = &[
    "CreateCluster",
    "UpdateCluster",
    "PutClusterCapacityProviders",
    "DeleteCluster",
];
const CHANGES_A_ROLE: &[&str] = &[
    "CreateRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "PutRolePolicy",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "DeleteRolePolicy",
    "TagRole",
    "DeleteRole",
];
const CHANGES_A_BUCKET: &[&str] = &[
    "CreateBucket",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
    "PutBucketTagging",
    "DeleteBucket",
];
const CHANGES_A_LOG_GROUP: &[&str] = &[
    "CreateLogGroup",
    "PutRetentionPolicy",
    "DeleteRetentionPolicy",
    "DeleteLogGroup",
];
const CHANGES_RULES: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
];
/// Not its delete: to that, one that isn't found is gone.
const NEEDS_A_BALANCER: &[&str] = &[
    "ModifyLoadBalancerAttributes",
    "SetSubnets",
    "SetSecurityGroups",
    "CreateListener",
];
const CHANGES_A_BALANCER: &[&str] = &[
    "ModifyLoadBalancerAttributes",
    "SetSubnets",
    "SetSecurityGroups",
    "CreateListener",
    "DeleteLoadBalancer",
];

/// The table. Sources: the API references of the services, "Troubleshoot Amazon ECS" in its developer guide, and what
/// the Terraform AWS provider and other tools that meet AWS repeat.
pub static PASSING: &[Passing] = &[
    // Roles that are new.
    row(
        FIRST_USE,
        "InvalidParameterException",
        Some("service linked role"),
        SPREADS,
        "AWS is making the account's service-linked role for Amazon ECS",
    ),
    row(
        TAKES_A_ROLE,
        "ClientException",
        Some("Role is not valid"),
        SPREADS,
        "a new role has not spread through AWS yet",
    ),
    row(
        TAKES_A_ROLE,
        "InvalidParameterException",
        Some("nable to assume"),
        SPREADS,
        "a new role has not spread through AWS yet",
    ),
    row(
        TAKES_A_ROLE,
        "InvalidParameterException",
        Some("verify that the ECS service role"),
        SPREADS,
        "a new role has not spread through AWS yet",
    ),
    Passing {
        of: Of::Fresh,
        ..row(
            TAKES_A_ROLE,
            "AccessDeniedException",
            Some("iam:PassRole"),
            SPREADS,
            "a new role can't be passed to ECS yet",
        )
    },
    row(
        &[
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "PutRolePolicy",
            "AttachRolePolicy",
            "TagRole",
        ],
        "NoSuchEntity",
        Some("role with name"),
        SPREADS,
        "a new role has not spread through IAM yet",
    ),
    row(
        CHANGES_A_ROLE,
        "MalformedPolicyDocument",
        Some("Invalid principal"),
        SPREADS,
        "a principal that the policy names has not spread through IAM yet",
    ),
    row(
        CHANGES_A_ROLE,
        "ConcurrentModification",
        None,
        SPREADS,
        "IAM takes one change of a role at a time",
    ),
    row(
        CHANGES_A_ROLE,
        "EntityTemporarilyUnmodifiable",
        None,
        SPREADS,
        "IAM can't change the role at the moment",
    ),
    row(
        &["DeleteRole"],
        "DeleteConflict",
        None,
        SPREADS,
        "IAM still finds policies on the role",
    ),
    // Amazon ECS.
    row(
        &["RegisterTaskDefinition"],
        "ClientException",
        Some("Too many concurrent attempts"),
        SPREADS,
        "somebody else registers a revision of the same family",
    ),
    row(
        &["CreateService", "UpdateService", "RunTask"],
        "ClusterNotFoundException",
        None,
        SPREADS,
        "the new cluster has not spread through ECS yet",
    ),
    row(
        &["CreateService", "UpdateService"],
        "InvalidParameterException",
        Some("does not have an associated load balancer"),
        SPREADS,
        "the new listener has not spread through AWS yet",
    ),
    row(
        &["CreateService"],
        "InvalidParameterException",
        Some("still Draining"),
        minutes(20),
        "the service of this name that was deleted is draining",
    ),
    row(
        &["DeleteService"],
        "InvalidParameterException",
        Some("deployments are active"),
        minutes(10),
        "ECS is working on a deployment of the service",
    ),
    row(
        CHANGES_A_CLUSTER,
        "UpdateInProgressException",
        None,
        minutes(10),
        "ECS is working on another change of the cluster",
    ),
    row(
        CHANGES_A_CLUSTER,
        "ResourceInUseException",
        None,
        minutes(10),
        "ECS is working on another change of the cluster",
    ),
    row(
        CHANGES_A_CLUSTER,
        "ClientException",
        Some("Cluster was not ACTIVE"),
        minutes(10),
        "the cluster isn't active yet",
    ),
    row(
        &["DeleteCluster"],
        "ClusterContainsServicesException",
        None,
        minutes(10),
        "services in the cluster are draining",
    ),
    row(
        &["DeleteCluster"],
        "ClusterContainsTasksException",
        None,
        minutes(10),
        "tasks in the cluster are running",
    ),
    row(
        &["DeleteCluster"],
        "ClusterContainsContainerInstancesException",
        None,
        minutes(10),
        "container instances are registered in the cluster",
    ),
    row(
        &["DeleteCluster"],
        "ClusterContainsCapacityProviderException",
        None,
        minutes(10),
        "the cluster has a capacity provider",
    ),
    // Elastic Load Balancing.
    row(
        NEEDS_A_BALANCER,
        "LoadBalancerNotFound",
        None,
        SPREADS,
        "the new load balancer has not spread through AWS yet",
    ),
    row(
        &["CreateListener", "ModifyListener"],
        "TargetGroupNotFound",
        None,
        SPREADS,
        "the new target group has not spread through AWS yet",
    ),
    row(
        &["CreateListener", "ModifyListener"],
        "CertificateNotFound",
        None,
        SPREADS,
        "the new certificate has not spread through AWS yet",
    ),
    row(
        &["CreateListener", "ModifyListener"],
        "TargetGroupAssociationLimit",
        None,
        minutes(5),
        "the load balancer that the target group moves away from has not let go of it yet",
    ),
    row(
        &["CreateLoadBalancer", "SetSecurityGroups"],
        "InvalidSecurityGroup",
        None,
        SPREADS,
        "the new security group has not spread through AWS yet",
    ),
    row(
        &["DeleteTargetGroup", "DeleteListener", "DeleteLoadBalancer"],
        "ResourceInUse",
        None,
        minutes(5),
        "a listener or a service that is gone still holds it",
    ),
    row(
        CHANGES_A_BALANCER,
        "PriorRequestNotComplete",
        None,
        minutes(5),
        "Elastic Load Balancing is working on an earlier change",
    ),
    // Amazon EC2.
    row(
        CHANGES_RULES,
        "InvalidGroup.NotFound",
        None,
        SPREADS,
        "the new security group has not spread through EC2 yet",
    ),
    row(
        &["DeleteSecurityGroup"],
        "DependencyViolation",
        None,
        minutes(20),
        "something still uses the security group",
    ),
    row(
        &["DeleteSecurityGroup"],
        "InvalidGroup.InUse",
        None,
        minutes(20),
        "something still uses the security group",
    ),
    // Amazon S3 and CloudWatch Logs.
    row(
        CHANGES_A_BUCKET,
        "OperationAborted",
        None,
        SPREADS,
        "S3 takes one change of a bucket at a time, and a name is taken for a while after its bucket is deleted",
    ),
    row(
        &["PutBucketVersioning", "PutPublicAccessBlock"],
        "NoSuchBucket",
        None,
        SPREADS,
        "the new bucket has not spread through S3 yet",
    ),
    row(
        CHANGES_A_LOG_GROUP,
        "OperationAbortedException",
        None,
        minutes(1),
        "CloudWatch Logs takes one change of a log group at a time",
    ),
    row(
        &["PutRetentionPolicy"],
        "ResourceNotFoundException",
        None,
        minutes(1),
        "the new log group has not spread through CloudWatch Logs yet",
    ),
];

impl Passing {
    /// The row of the table for an answer of AWS; none for one that won't pass by itself.
    pub fn row(error: &CloudError) -> Option<&'static Self> {
        PASSING.iter().find(|row| row.matches(error))
    }

    fn matches(&self, error: &CloudError) -> bool {
        self.operations.contains(&error.operation.as_str())
            && error.is(self.code)
            && self.says.is_none_or(|words| error.message.contains(words))
    }
}

/// Stops the SDK from repeating a call that a quota refused: it takes `LimitExceededException` for a throttle, and ECS,
/// ECR and CloudWatch Logs answer a full quota with it.
#[derive(Debug)]
pub(super) struct QuotaIsFinal;

impl ClassifyRetry for QuotaIsFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context.response().and_then(|answer| answer.body().bytes());
        let error: serde_json::Value = body
            .and_then(|body| serde_json::from_slice(body).ok())
            .unwrap_or_default();
        let code = error["__type"].as_str().unwrap_or_default();
        match code.rsplit('#').next() {
            Some("LimitExceededException") => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "a quota is final"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_passes_only_in_its_own_operation_code_and_words() {
        let found = |operation: &str, code: &str, words: &str| {
            Passing::row(&CloudError::answered(operation, code, words)).map(|row| row.meaning)
        };
        let cases = [
            (
                "RegisterTaskDefinition",
                "ClientException",
                "Role is not valid",
                true,
            ),
            (
                "RegisterTaskDefinition",
                "ClientException",
                "No container",
                false,
            ),
            (
                "CreateCluster",
                "ClientException",
                "Role is not valid",
                false,
            ),
            (
                "CreateCluster",
                "InvalidParameterException",
                "Unable to assume the service linked role. Please verify that the ECS service linked role exists.",
                true,
            ),
            (
                "CreateService",
                "AccessDeniedException",
                "Unable to assume",
                false,
            ),
            ("DeleteSecurityGroup", "DependencyViolation", "", true),
            ("DeleteSubnet", "DependencyViolation", "", false),
            (
                "CreateLogGroup",
                "LimitExceededException",
                "Resource limit exceeded.",
                false,
            ),
        ];
        for (operation, code, words, passes) in cases {
            assert_eq!(
                found(operation, code, words).is_some(),
                passes,
                "{operation}: {code}: {words}"
            );
        }
    }

    #[test]
    fn no_row_hides_another() {
        for (index, row) in PASSING.iter().enumerate() {
            for operation in row.operations {
                let words = row.says.unwrap_or_default();
                let error = CloudError::answered(operation, row.code, words);
                let first = PASSING.iter().position(|row| row.matches(&error));
                assert_eq!(first, Some(index), "{operation}: {}", row.code);
            }
        }
    }
}
