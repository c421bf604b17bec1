//! The refusals that pass of the services that have many: data only.
//!
//! Sources: the API references of the services, "Troubleshoot Amazon ECS" in its developer guide, and what the Terraform
//! AWS provider and other tools that meet AWS repeat.

use super::{Of, Passing, SPREADS, minutes, row};

const TAKES_A_ROLE: &[&str] = &["RegisterTaskDefinition", "CreateService", "UpdateService", "RunTask"];
const FIRST_USE: &[&str] = &["CreateCluster", "CreateService", "RunTask"];
const CHANGES_A_CLUSTER: &[&str] = &["CreateCluster", "UpdateCluster", "PutClusterCapacityProviders", "DeleteCluster"];
const BUSY: &str = "ECS is working on another change of the cluster";
const CHANGES_RULES: &[&str] = &[
    "AuthorizeSecurityGroupIngress",
    "AuthorizeSecurityGroupEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress",
    "UpdateSecurityGroupRuleDescriptionsEgress",
    "RevokeSecurityGroupIngress",
    "RevokeSecurityGroupEgress",
    "ModifySecurityGroupRules",
];
const STANDS_IN_A_VPC: &[&str] = &[
    "CreateSubnet",
    "CreateRouteTable",
    "CreateSecurityGroup",
    "CreateVpcEndpoint",
    "AttachInternetGateway",
    "ModifyVpcAttribute",
];
const STANDS_IN_A_SUBNET: &[&str] =
    &["ModifySubnetAttribute", "AssociateRouteTable", "CreateNatGateway", "CreateVpcEndpoint"];
const CHANGES_ROUTES: &[&str] = &["CreateRoute", "ReplaceRoute"];
/// The operations without a delete: to that, one that isn't found is gone.
const CHANGES_A_BALANCER: &[&str] =
    &["ModifyLoadBalancerAttributes", "SetSubnets", "SetSecurityGroups", "SetIpAddressType", "CreateListener"];

/// Amazon ECS, and the roles that it is given.
pub(crate) static ECS: &[Passing] = &[
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
        &["CreateCluster", "UpdateCluster", "CreateService", "UpdateService"],
        "NamespaceNotFoundException",
        None,
        minutes(1),
        "the new namespace has not spread through AWS yet",
    ),
    row(
        &["CreateService", "UpdateService"],
        "InvalidParameterException",
        Some("SC service is already used"),
        minutes(2),
        "the service that had this name in the namespace is just going",
    ),
    row(
        &["DeleteService"],
        "InvalidParameterException",
        Some("deployments are active"),
        minutes(10),
        "ECS is working on a deployment of the service",
    ),
    row(CHANGES_A_CLUSTER, "UpdateInProgressException", None, minutes(10), BUSY),
    row(CHANGES_A_CLUSTER, "ResourceInUseException", None, minutes(10), BUSY),
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
];

/// Elastic Load Balancing.
pub(crate) static ELASTIC_LOAD_BALANCING: &[Passing] = &[
    row(
        CHANGES_A_BALANCER,
        "LoadBalancerNotFound",
        None,
        SPREADS,
        "the new load balancer has not spread through AWS yet",
    ),
    row(
        &["CreateListener", "ModifyListener", "CreateRule", "ModifyRule", "ModifyTargetGroupAttributes"],
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
        &["CreateListener", "ModifyListener", "CreateRule", "ModifyRule"],
        "TargetGroupAssociationLimit",
        None,
        minutes(5),
        "the load balancer that the target group moves away from has not let go of it yet",
    ),
    row(
        &["CreateRule", "DescribeRules"],
        "ListenerNotFound",
        None,
        SPREADS,
        "the new listener has not spread through AWS yet",
    ),
    row(
        &["SetRulePriorities"],
        "PriorityInUse",
        None,
        SPREADS,
        "another rule of the lab changes its priority at the same time",
    ),
    row(
        &["CreateLoadBalancer", "SetSecurityGroups"],
        "InvalidSecurityGroup",
        None,
        SPREADS,
        "the new security group has not spread through AWS yet",
    ),
    row(
        &["CreateLoadBalancer"],
        "ResourceInUse",
        Some("allocation IDs"),
        minutes(10),
        "the load balancer that had its address has not let go of it yet",
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
];

/// Amazon EC2.
pub(crate) static EC2: &[Passing] = &[
    row(CHANGES_RULES, "InvalidGroup.NotFound", None, SPREADS, "the new security group has not spread through EC2 yet"),
    row(&["DeleteSecurityGroup"], "DependencyViolation", None, minutes(20), "something still uses the security group"),
    row(&["DeleteSecurityGroup"], "InvalidGroup.InUse", None, minutes(20), "something still uses the security group"),
    row(STANDS_IN_A_VPC, "InvalidVpcID.NotFound", None, SPREADS, "the new VPC has not spread through EC2 yet"),
    row(STANDS_IN_A_SUBNET, "InvalidSubnetID.NotFound", None, SPREADS, "the new subnet has not spread through EC2 yet"),
    row(
        &["AttachInternetGateway", "CreateRoute", "ReplaceRoute"],
        "InvalidInternetGatewayID.NotFound",
        None,
        SPREADS,
        "the new internet gateway has not spread through EC2 yet",
    ),
    row(
        &["CreateRoute", "ReplaceRoute", "AssociateRouteTable"],
        "InvalidRouteTableID.NotFound",
        None,
        SPREADS,
        "the new route table has not spread through EC2 yet",
    ),
    row(
        &["CreateNatGateway"],
        "InvalidAllocationID.NotFound",
        None,
        SPREADS,
        "the new address has not spread through EC2 yet",
    ),
    row(CHANGES_ROUTES, "InvalidNatGatewayID.NotFound", None, minutes(10), "AWS is making the NAT gateway"),
    row(&["DeleteVpc"], "DependencyViolation", None, minutes(20), "something still stands in the VPC"),
    row(&["DeleteSubnet"], "DependencyViolation", None, minutes(20), "something still stands in the subnet"),
    row(
        &["DetachInternetGateway", "DeleteInternetGateway"],
        "DependencyViolation",
        None,
        minutes(20),
        "something in the VPC still has a public address",
    ),
    row(&["DeleteRouteTable"], "DependencyViolation", None, minutes(20), "a subnet still uses the route table"),
    row(&["ReleaseAddress"], "InvalidIPAddress.InUse", None, minutes(20), "a NAT gateway still has the address"),
    row(&["ReleaseAddress"], "AuthFailure", None, minutes(20), "a NAT gateway still has the address"),
];
