//! The services that labform talks to: a row for each.
//!
//! Knows: how a service is reached, paced and told of tags, and which of its refusals pass. Must not know: kinds of
//! resources.

mod cloud_map;
mod efs;
mod monitoring;
mod rest;
mod scaling;

pub use cloud_map::CLOUD_MAP;
pub use efs::EFS;
pub use monitoring::{CLOUDWATCH, SNS};
pub use rest::SCHEDULER;
pub use scaling::APPLICATION_AUTO_SCALING;

use super::CloudError;
use super::api_tags::{ApiTags, Shape};
use super::case::Case;
use super::own_tags;
use super::retries::{Passing, SPREADS, minutes, own, row, table};
use super::route::Routes;
use super::service::{Api, Own, Protocol, Service};

/// Calls under way at once for a service that has no row.
const AT_ONCE: usize = 8;

/// All rows.
static SERVICES: [Service; 17] = [
    Service::Table(&APPLICATION_AUTO_SCALING),
    Service::Table(&CERTIFICATE_MANAGER),
    Service::Table(&SECRETS_MANAGER),
    Service::Table(&SSM),
    Service::Table(&ECS),
    Service::Table(&ECR),
    Service::Table(&LOGS),
    Service::Table(&ELASTIC_LOAD_BALANCING),
    Service::Table(&EC2),
    Service::Table(&SERVICE_QUOTAS),
    Service::Table(&CLOUDWATCH),
    Service::Table(&SNS),
    Service::Table(&SCHEDULER),
    Service::Table(&EFS),
    Service::Table(&CLOUD_MAP),
    Service::Own(&IAM),
    Service::Own(&S3),
];

/// Returns how many calls may be under way at once for the service of this name in signatures: fewer than the rates that
/// AWS documents or that tools have met.
pub(super) fn at_once(signing: &str) -> usize {
    let row = SERVICES.iter().find(|service| service.word() == signing);
    row.map_or(AT_ONCE, |service| match service {
        Service::Table(api) => api.at_once,
        Service::Own(own) => own.at_once,
    })
}

/// Returns the routes of the service of this name in signatures, if it speaks REST-JSON.
pub(super) fn routes_of(signing: &str) -> Option<Routes> {
    SERVICES.iter().find_map(|service| match service {
        Service::Table(Api { protocol: Protocol::RestJson(routes), .. }) if service.word() == signing => Some(*routes),
        _ => None,
    })
}

const CHANGES_A_LOG_GROUP: &[&str] = &[
    "CreateLogGroup",
    "PutRetentionPolicy",
    "DeleteRetentionPolicy",
    "AssociateKmsKey",
    "DisassociateKmsKey",
    "DeleteLogGroup",
];

/// Returns all refusals that pass.
pub fn passing() -> impl Iterator<Item = &'static Passing> {
    SERVICES.iter().flat_map(|service| match service {
        Service::Table(api) => api.passing,
        Service::Own(own) => own.passing,
    })
}

/// Returns the row for an answer of AWS; none for one that won't pass by itself.
pub fn passes(error: &CloudError) -> Option<&'static Passing> {
    passing().find(|row| row.matches(error))
}

/// AWS Certificate Manager, whose certificates are only looked up.
pub static CERTIFICATE_MANAGER: Api = Api {
    id: "ACM",
    word: "acm",
    signing: "acm",
    host: "acm",
    protocol: Protocol::Json1_1("CertificateManager"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags {
        read: "ListTagsForCertificate",
        shown: "Tags",
        write: "AddTagsToCertificate",
        given: "Tags",
        object: "CertificateArn",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[],
};

/// AWS Secrets Manager.
pub static SECRETS_MANAGER: Api = Api {
    id: "Secrets Manager",
    word: "secretsmanager",
    signing: "secretsmanager",
    host: "secretsmanager",
    protocol: Protocol::Json1_1("secretsmanager"),
    case: Case::Pascal,
    tokens: ("ClientRequestToken", &["CreateSecret", "PutSecretValue", "RotateSecret", "UpdateSecret"]),
    at_once: AT_ONCE,
    tags: ApiTags {
        read: "DescribeSecret",
        shown: "Tags",
        write: "TagResource",
        given: "Tags",
        object: "SecretId",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[
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
    ],
};

/// AWS Systems Manager: its parameters, whose names begin with a slash. Two names that differ in that slash alone have
/// one and the same ARN.
pub static SSM: Api = Api {
    id: "SSM",
    word: "ssm",
    signing: "ssm",
    host: "ssm",
    protocol: Protocol::Json1_1("AmazonSSM"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags {
        shown: "TagList",
        write: "AddTagsToResource",
        given: "Tags",
        object: "ResourceId",
        id: |arn| arn.split_once(":parameter").map_or(arn, |(_, name)| name),
        also: &[("ResourceType", "Parameter")],
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[
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
    ],
};

/// Amazon ECS.
pub static ECS: Api = Api {
    id: "ECS",
    word: "ecs",
    signing: "ecs",
    host: "ecs",
    protocol: Protocol::Json1_1("AmazonEC2ContainerServiceV20141113"),
    case: Case::Camel,
    tokens: ("clientToken", &["RunTask"]),
    at_once: AT_ONCE,
    tags: ApiTags { creating: Some("ecs:CreateAction"), ..ApiTags::USUAL },
    passing: table::ECS,
};

/// Amazon ECR.
pub static ECR: Api = Api {
    id: "ECR",
    word: "ecr",
    signing: "ecr",
    host: "api.ecr",
    protocol: Protocol::Json1_1("AmazonEC2ContainerRegistry_V20150921"),
    case: Case::Camel,
    tokens: ("", &[]),
    at_once: 6,
    tags: ApiTags { shape: Shape::Pairs("Key", "Value"), ..ApiTags::USUAL },
    passing: &[row(
        &["SetRepositoryPolicy"],
        "InvalidParameterException",
        Some("rincipal not found"),
        SPREADS,
        "a principal that the policy names has not spread through IAM yet",
    )],
};

/// Amazon CloudWatch Logs.
pub static LOGS: Api = Api {
    id: "CloudWatch Logs",
    word: "cloudwatchlogs",
    signing: "logs",
    host: "logs",
    protocol: Protocol::Json1_1("Logs_20140328"),
    case: Case::Camel,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags { shape: Shape::Map, ..ApiTags::USUAL },
    passing: &[
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
    ],
};

/// Amazon EC2. Its calls name objects by their ids, and its answers bring tags along.
pub static EC2: Api = Api {
    id: "EC2",
    word: "ec2",
    signing: "ec2",
    host: "ec2",
    protocol: Protocol::Ec2("2016-11-15"),
    case: Case::Mixed,
    tokens: ("ClientToken", &["CreateNatGateway", "CreateRouteTable", "CreateVpcEndpoint"]),
    at_once: 6,
    tags: ApiTags {
        read: "DescribeTags",
        shown: "tagSet",
        write: "CreateTags",
        given: "Tag",
        given_to_new: Some("/TagSpecification/0/Tag"),
        object: "ResourceId.1",
        id: |arn| arn.rsplit('/').next().unwrap_or(arn),
        shape: Shape::Mixed,
        creating: Some("ec2:CreateAction"),
        ..ApiTags::USUAL
    },
    passing: table::EC2,
};

/// Elastic Load Balancing, version 2.
pub static ELASTIC_LOAD_BALANCING: Api = Api {
    id: "Elastic Load Balancing v2",
    word: "elasticloadbalancingv2",
    signing: "elasticloadbalancing",
    host: "elasticloadbalancing",
    protocol: Protocol::Query("2015-12-01"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags {
        read: "DescribeTags",
        shown: "Tags",
        write: "AddTags",
        given: "Tags",
        object: "ResourceArns",
        of_many: Some((20, "TagDescriptions", "ResourceArn")),
        shape: Shape::Pairs("Key", "Value"),
        creating: Some("elasticloadbalancing:CreateAction"),
        ..ApiTags::USUAL
    },
    passing: table::ELASTIC_LOAD_BALANCING,
};

/// Service Quotas, of which only values are read.
pub static SERVICE_QUOTAS: Api = Api {
    id: "Service Quotas",
    word: "servicequotas",
    signing: "servicequotas",
    host: "servicequotas",
    protocol: Protocol::Json1_1("ServiceQuotasV20190624"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 4,
    tags: ApiTags::USUAL,
    passing: &[],
};

/// IAM, whose control plane is one region's and the slowest.
pub static IAM: Own = Own { signing: "iam", at_once: 8, tags: own_tags::IAM, passing: own::IAM };

/// Amazon S3.
pub static S3: Own = Own { signing: "s3", at_once: 6, tags: own_tags::S3, passing: own::S3 };

#[cfg(test)]
mod tests;
