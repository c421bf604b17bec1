//! The services that labform calls by table: a row for each.
//!
//! Knows: how the service is reached, signed for and addressed. Must not know: kinds of resources.

/// A service that speaks JSON, as far as [`Cloud::call`](super::Cloud::call) needs to know it.
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
    /// What stands before the operation in the `x-amz-target` header.
    pub target: &'static str,
    /// The operations that must bring an idempotency token, and the member that holds it: SDKs fill it in, so that a
    /// retry isn't a second request.
    pub tokens: &'static [(&'static str, &'static str)],
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
};

/// AWS Systems Manager.
pub static SSM: Api = Api {
    id: "SSM",
    word: "ssm",
    signing: "ssm",
    host: "ssm",
    version: Version::V1_1,
    target: "AmazonSSM",
    tokens: &[],
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
};
