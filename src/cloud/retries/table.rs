//! The table of refusals that pass: data only.

use std::time::Duration;

use super::{Of, Passing};

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// The time that IAM and others may take to spread what is new (the Terraform provider's constant).
pub const SPREADS: Duration = minutes(2);

const fn row(
    operations: &'static [&'static str],
    code: &'static str,
    says: Option<&'static str>,
    deadline: Duration,
    meaning: &'static str,
) -> Passing {
    Passing { operations, code, says, meaning, of: Of::Any, deadline }
}

const TAKES_A_ROLE: &[&str] = &["RegisterTaskDefinition", "CreateService", "UpdateService", "RunTask"];
const FIRST_USE: &[&str] = &["CreateCluster", "CreateService", "RunTask"];
const CHANGES_A_CLUSTER: &[&str] = &["CreateCluster", "UpdateCluster", "PutClusterCapacityProviders", "DeleteCluster"];
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
const CHANGES_A_BUCKET: &[&str] =
    &["CreateBucket", "PutBucketVersioning", "PutPublicAccessBlock", "PutBucketTagging", "DeleteBucket"];
const CHANGES_A_LOG_GROUP: &[&str] =
    &["CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy", "DeleteLogGroup"];
const CHANGES_RULES: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
];
/// The operations without a delete: to that, one that isn't found is gone.
const CHANGES_A_BALANCER: &[&str] =
    &["ModifyLoadBalancerAttributes", "SetSubnets", "SetSecurityGroups", "SetIpAddressType", "CreateListener"];

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
        &["UpdateAssumeRolePolicy", "UpdateRole", "PutRolePolicy", "AttachRolePolicy", "TagRole"],
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
    row(CHANGES_A_ROLE, "ConcurrentModification", None, SPREADS, "IAM takes one change of a role at a time"),
    row(CHANGES_A_ROLE, "EntityTemporarilyUnmodifiable", None, SPREADS, "IAM can't change the role at the moment"),
    row(&["DeleteRole"], "DeleteConflict", None, SPREADS, "IAM still finds policies on the role"),
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
    row(&["DeleteCluster"], "ClusterContainsTasksException", None, minutes(10), "tasks in the cluster are running"),
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
        CHANGES_A_BALANCER,
        "LoadBalancerNotFound",
        None,
        SPREADS,
        "the new load balancer has not spread through AWS yet",
    ),
    row(
        &["CreateListener", "ModifyListener", "ModifyTargetGroupAttributes"],
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
    row(CHANGES_RULES, "InvalidGroup.NotFound", None, SPREADS, "the new security group has not spread through EC2 yet"),
    row(&["DeleteSecurityGroup"], "DependencyViolation", None, minutes(20), "something still uses the security group"),
    row(&["DeleteSecurityGroup"], "InvalidGroup.InUse", None, minutes(20), "something still uses the security group"),
    // AWS Secrets Manager.
    row(
        &["CreateSecret"],
        "InvalidRequestException",
        Some("scheduled for deletion"),
        SPREADS,
        "the secret of this name that was deleted isn't gone yet",
    ),
    row(
        &["CreateSecret", "RestoreSecret", "UpdateSecret", "TagResource"],
        "InvalidRequestException",
        Some("was deleted"),
        SPREADS,
        "the secret of this name that was deleted isn't gone yet",
    ),
    // AWS Systems Manager.
    row(
        &["PutParameter"],
        "ParameterAlreadyExists",
        None,
        SPREADS,
        "the parameter of this name that was deleted isn't gone yet",
    ),
    row(
        &["PutParameter", "AddTagsToResource"],
        "TooManyUpdates",
        None,
        minutes(1),
        "Systems Manager takes one change of a parameter at a time",
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
