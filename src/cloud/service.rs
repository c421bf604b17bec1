//! What differs from one service of AWS's to another.

use serde_json::Value;

use super::api_tags::ApiTags;
use super::case::Case;
use super::own_tags::OwnTags;
use super::retries::Passing;
use super::route::Routes;

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
    /// The member for an idempotency token, and the operations that must bring it: SDKs fill it in, so that a retry isn't
    /// a second request.
    pub tokens: (&'static str, &'static [&'static str]),
    /// Calls under way at once.
    pub at_once: usize,
    /// The calls that read and write tags.
    pub tags: ApiTags,
    /// The refusals that pass.
    pub passing: &'static [Passing],
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
    /// The refusals that pass.
    pub passing: &'static [Passing],
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
    /// Amazon EC2's own dialect of AWS query, with the version of its API.
    Ec2(&'static str),
    /// AWS REST-JSON, with the routes of the service's operations.
    RestJson(Routes),
}

impl Service {
    /// Returns the service's name in signatures.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table(api) => api.signing,
            Self::Own(own) => own.signing,
        }
    }
}

/// Returns the part of AWS that a region is in, as ARNs call it.
pub fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

impl Protocol {
    /// Returns the content type of a request.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json1_0(_) => "application/x-amz-json-1.0",
            Self::Json1_1(_) => "application/x-amz-json-1.1",
            Self::RestJson(_) => "application/json",
            Self::Query(_) | Self::Ec2(_) => "application/x-www-form-urlencoded",
        }
    }
}

impl Api {
    /// Returns the service's word in ARNs and in IAM's actions: its name in signatures, but for CloudWatch.
    pub fn namespace(&self) -> &'static str {
        if self.signing == "monitoring" { "cloudwatch" } else { self.signing }
    }

    /// Returns the members that name the next page: in this answer, and in the call for it.
    pub(super) fn next_page(&self, answer: &Value) -> (&'static str, &'static str) {
        match (self.protocol, self.case) {
            // Services that speak query or REST differ in this.
            (Protocol::Query(_) | Protocol::RestJson(_), _) if answer.get("NextMarker").is_some() => {
                ("NextMarker", "Marker")
            }
            (_, Case::Mixed) => ("nextToken", "NextToken"),
            (_, Case::Pascal) => ("NextToken", "NextToken"),
            (_, Case::Camel) => ("nextToken", "nextToken"),
        }
    }
}
