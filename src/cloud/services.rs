//! The services that labform talks to: a row for each, with what differs from one service to another.
//!
//! Knows: how a service is reached, paced and told of tags. Must not know: kinds of resources.

use super::json_tags::{JsonTags, Shape};
use super::own_tags::{self, OwnTags};

/// A service, by the way in which labform calls it. A kind names its own, so that none is without tags.
#[derive(Clone, Copy, Debug)]
pub enum Service {
    /// A service that speaks AWS JSON: [`Cloud::call`](super::Cloud::call) takes it.
    Json(&'static Api),
    /// A service with a protocol of another kind, for which there is the SDK's crate.
    Own(&'static Own),
}

/// A service that speaks AWS JSON.
#[derive(Debug)]
pub struct Api {
    /// AWS's name of the service, which `AWS_ENDPOINT_URL_…` names, too, as in `Secrets Manager`.
    pub id: &'static str,
    /// The same name in one word, as in `secretsmanager`: in the user agent, and for what all retries share.
    pub word: &'static str,
    /// The service's name in signatures.
    pub signing: &'static str,
    /// The first part of the endpoint's name, before the region.
    pub host: &'static str,
    /// The version of AWS's JSON protocol.
    pub version: Version,
    /// The word before the operation in the `x-amz-target` header.
    pub target: &'static str,
    /// The operations that must bring an idempotency token, and the member that holds it: SDKs fill it in, so that a
    /// retry isn't a second request.
    pub tokens: &'static [(&'static str, &'static str)],
    /// Calls under way at once.
    pub at_once: usize,
    /// The calls that read and write tags.
    pub tags: JsonTags,
}

/// A service that is called through the SDK's crate alone.
#[derive(Debug)]
pub struct Own {
    /// The service's name in signatures.
    pub signing: &'static str,
    /// Calls under way at once.
    pub at_once: usize,
    /// The calls that read and write tags.
    pub(super) tags: OwnTags,
}

/// The version of AWS's JSON protocol that a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// AWS JSON 1.0.
    V1_0,
    /// AWS JSON 1.1.
    V1_1,
}

impl Version {
    /// Returns the content type of a request.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::V1_0 => "application/x-amz-json-1.0",
            Self::V1_1 => "application/x-amz-json-1.1",
        }
    }
}

/// Calls under way at once for a service that has no row.
const AT_ONCE: usize = 8;

/// All rows.
static SERVICES: [Service; 9] = [
    Service::Json(&SECRETS_MANAGER),
    Service::Json(&SSM),
    Service::Json(&ECS),
    Service::Json(&ECR),
    Service::Json(&LOGS),
    Service::Own(&EC2),
    Service::Own(&ELASTIC_LOAD_BALANCING),
    Service::Own(&IAM),
    Service::Own(&S3),
];

/// Returns how many calls may be under way at once for the service of this name in signatures: fewer than the rates that
/// AWS documents or that tools have met.
pub(super) fn at_once(signing: &str) -> usize {
    let mut rows = SERVICES.iter().map(|service| match service {
        Service::Json(api) => (api.signing, api.at_once),
        Service::Own(own) => (own.signing, own.at_once),
    });
    rows.find(|(name, _)| *name == signing).map_or(AT_ONCE, |(_, at_once)| at_once)
}

/// AWS Secrets Manager.
pub static SECRETS_MANAGER: Api = Api {
    id: "Secrets Manager",
    word: "secretsmanager",
    signing: "secretsmanager",
    host: "secretsmanager",
    version: Version::V1_1,
    target: "secretsmanager",
    tokens: &[
        ("CreateSecret", "ClientRequestToken"),
        ("PutSecretValue", "ClientRequestToken"),
        ("RotateSecret", "ClientRequestToken"),
        ("UpdateSecret", "ClientRequestToken"),
    ],
    at_once: AT_ONCE,
    tags: JsonTags {
        read: "DescribeSecret",
        shown: "Tags",
        write: "TagResource",
        given: "Tags",
        object: "SecretId",
        shape: Shape::Pairs("Key", "Value"),
        ..JsonTags::USUAL
    },
};

/// AWS Systems Manager: its parameters, whose names begin with a slash. Two names that differ in that slash alone have
/// one and the same ARN.
pub static SSM: Api = Api {
    id: "SSM",
    word: "ssm",
    signing: "ssm",
    host: "ssm",
    version: Version::V1_1,
    target: "AmazonSSM",
    tokens: &[],
    at_once: 5,
    tags: JsonTags {
        shown: "TagList",
        write: "AddTagsToResource",
        given: "Tags",
        object: "ResourceId",
        id: |arn| arn.split_once(":parameter").map_or(arn, |(_, name)| name),
        also: &[("ResourceType", "Parameter")],
        shape: Shape::Pairs("Key", "Value"),
        ..JsonTags::USUAL
    },
};

/// Amazon ECS.
pub static ECS: Api = Api {
    id: "ECS",
    word: "ecs",
    signing: "ecs",
    host: "ecs",
    version: Version::V1_1,
    target: "AmazonEC2ContainerServiceV20141113",
    tokens: &[("RunTask", "clientToken")],
    at_once: AT_ONCE,
    tags: JsonTags::USUAL,
};

/// Amazon ECR.
pub static ECR: Api = Api {
    id: "ECR",
    word: "ecr",
    signing: "ecr",
    host: "api.ecr",
    version: Version::V1_1,
    target: "AmazonEC2ContainerRegistry_V20150921",
    tokens: &[],
    at_once: 6,
    tags: JsonTags { shape: Shape::Pairs("Key", "Value"), ..JsonTags::USUAL },
};

/// Amazon CloudWatch Logs.
pub static LOGS: Api = Api {
    id: "CloudWatch Logs",
    word: "cloudwatchlogs",
    signing: "logs",
    host: "logs",
    version: Version::V1_1,
    target: "Logs_20140328",
    tokens: &[],
    at_once: 5,
    tags: JsonTags { shape: Shape::Map, ..JsonTags::USUAL },
};

/// Amazon EC2.
pub static EC2: Own = Own { signing: "ec2", at_once: 6, tags: own_tags::EC2 };

/// Elastic Load Balancing, version 2.
pub static ELASTIC_LOAD_BALANCING: Own =
    Own { signing: "elasticloadbalancing", at_once: 5, tags: own_tags::ELASTIC_LOAD_BALANCING };

/// IAM, whose control plane is one region's and the slowest.
pub static IAM: Own = Own { signing: "iam", at_once: 8, tags: own_tags::IAM };

/// Amazon S3.
pub static S3: Own = Own { signing: "s3", at_once: 6, tags: own_tags::S3 };
