//! The certificates that the account keeps.

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::forms::{Pages, Tags};
use crate::shelf::{Body, Kind};
use crate::wire::Fault;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Certificate {
    pub(super) domain: String,
    pub(super) names: Vec<String>,
    pub(super) key: String,
    pub(super) token: Option<String>,
}

impl Body for Certificate {}

/// Certificates by their ARNs.
pub(super) static CERTIFICATES: Kind<Certificate> = Kind {
    missing: |_, arn| Fault::client("ResourceNotFoundException", format!("Could not find certificate {arn}.")),
    pages: Pages {
        size: "MaxItems",
        token: ("NextToken", "NextToken"),
        usual: 1000,
        sizes: (1, 1000),
        refuse: |size| invalid(format!("MaxItems {size} must be between 1 and 1000.")),
        bad_token: || invalid("The NextToken is not valid."),
    },
    tags: Tags { id: "CertificateArn", ..Tags::JSON },
    ..Kind::new("acm:certificate", "acm/certificates")
};

/// Returns whether load balancers of the region can show the certificate: one that isn't ACM's nobody knows here.
pub(crate) fn is_issued(account: &Account, arn: &str) -> bool {
    !arn.contains(":acm:") || CERTIFICATES.get(account, arn).is_some()
}

pub(super) fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationException", message)
}
