//! The services that labform talks to: a row for each, with what differs from one service to another.
//!
//! Knows: how a service is reached, paced and told of tags. Must not know: kinds of resources.

use super::api_tags::{ApiTags, Shape};
use super::case::Case;
use super::own_tags::{self, OwnTags};

/// A service, by the way in which labform calls it. A kind names its own, so that none is without tags.
#[derive(Clone, Copy, Debug)]
pub enum Service {
    /// A service that is called by table: [`Cloud::call`](super::Cloud::call) takes it.
    Table(&'static Api),
    /// A service that is called through the SDK's crate alone.
    Own(&'static Own),
}

/// A service that is called by table.
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
    /// The protocol that the service speaks.
    pub protocol: Protocol,
    /// The service's spelling of the members of its calls.
    pub case: Case,
    /// The operations that must bring an idempotency token, and the member that holds it: SDKs fill it in, so that a
    /// retry isn't a second request.
    pub tokens: &'static [(&'static str, &'static str)],
    /// Calls under way at once.
    pub at_once: usize,
    /// The calls that read and write tags.
    pub tags: ApiTags,
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

/// A protocol of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// AWS JSON 1.0, with the word before the operation in the `x-amz-target` header.
    Json1_0(&'static str),
    /// AWS JSON 1.1, likewise.
    Json1_1(&'static str),
    /// AWS query, with the version of the service's API.
    Query(&'static str),
}

impl Protocol {
    /// Returns the content type of a request.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json1_0(_) => "application/x-amz-json-1.0",
            Self::Json1_1(_) => "application/x-amz-json-1.1",
            Self::Query(_) => "application/x-www-form-urlencoded",
        }
    }
}

impl Api {
    /// Returns the members that name the next page: in an answer, and in the call for it.
    pub(super) fn next_page(&self) -> (&'static str, &'static str) {
        match (self.protocol, self.case) {
            (Protocol::Query(_), _) => ("NextMarker", "Marker"),
            (_, Case::Pascal) => ("NextToken", "NextToken"),
            (_, Case::Camel) => ("nextToken", "nextToken"),
        }
    }
}

/// Calls under way at once for a service that has no row.
const AT_ONCE: usize = 8;

/// All rows.
static SERVICES: [Service; 9] = [
    Service::Table(&SECRETS_MANAGER),
    Service::Table(&SSM),
    Service::Table(&ECS),
    Service::Table(&ECR),
    Service::Table(&LOGS),
    Service::Table(&ELASTIC_LOAD_BALANCING),
    Service::Own(&EC2),
    Service::Own(&IAM),
    Service::Own(&S3),
];

/// Returns how many calls may be under way at once for the service of this name in signatures: fewer than the rates that
/// AWS documents or that tools have met.
pub(super) fn at_once(signing: &str) -> usize {
    let mut rows = SERVICES.iter().map(|service| match service {
        Service::Table(api) => (api.signing, api.at_once),
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
    protocol: Protocol::Json1_1("secretsmanager"),
    case: Case::Pascal,
    tokens: &[
        ("CreateSecret", "ClientRequestToken"),
        ("PutSecretValue", "ClientRequestToken"),
        ("RotateSecret", "ClientRequestToken"),
        ("UpdateSecret", "ClientRequestToken"),
    ],
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
    tokens: &[],
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
};

/// Amazon ECS.
pub static ECS: Api = Api {
    id: "ECS",
    word: "ecs",
    signing: "ecs",
    host: "ecs",
    protocol: Protocol::Json1_1("AmazonEC2ContainerServiceV20141113"),
    case: Case::Camel,
    tokens: &[("RunTask", "clientToken")],
    at_once: AT_ONCE,
    tags: ApiTags { creating: Some("ecs:CreateAction"), ..ApiTags::USUAL },
};

/// Amazon ECR.
pub static ECR: Api = Api {
    id: "ECR",
    word: "ecr",
    signing: "ecr",
    host: "api.ecr",
    protocol: Protocol::Json1_1("AmazonEC2ContainerRegistry_V20150921"),
    case: Case::Camel,
    tokens: &[],
    at_once: 6,
    tags: ApiTags { shape: Shape::Pairs("Key", "Value"), ..ApiTags::USUAL },
};

/// Amazon CloudWatch Logs.
pub static LOGS: Api = Api {
    id: "CloudWatch Logs",
    word: "cloudwatchlogs",
    signing: "logs",
    host: "logs",
    protocol: Protocol::Json1_1("Logs_20140328"),
    case: Case::Camel,
    tokens: &[],
    at_once: 5,
    tags: ApiTags { shape: Shape::Map, ..ApiTags::USUAL },
};

/// Amazon EC2.
pub static EC2: Own = Own { signing: "ec2", at_once: 6, tags: own_tags::EC2 };

/// Elastic Load Balancing, version 2.
pub static ELASTIC_LOAD_BALANCING: Api = Api {
    id: "Elastic Load Balancing v2",
    word: "elasticloadbalancingv2",
    signing: "elasticloadbalancing",
    host: "elasticloadbalancing",
    protocol: Protocol::Query("2015-12-01"),
    case: Case::Pascal,
    tokens: &[],
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
};

/// IAM, whose control plane is one region's and the slowest.
pub static IAM: Own = Own { signing: "iam", at_once: 8, tags: own_tags::IAM };

/// Amazon S3.
pub static S3: Own = Own { signing: "s3", at_once: 6, tags: own_tags::S3 };
