//! What a network is made of, beside subnets and groups, and the times that it takes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::table::Object;

/// The letters of a region's zones here; on AWS some regions and accounts lack one, or have more.
pub(super) const ZONES: [&str; 3] = ["a", "b", "c"];
/// The destination that is everywhere.
pub(super) const EVERYWHERE: &str = "0.0.0.0/0";

impl Object for RouteTable {}

/// A route table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RouteTable {
    pub(super) vpc: String,
    /// Whether the table is that of all subnets without another.
    pub(super) is_main: bool,
    /// The ids of the routes' targets, by destination.
    pub(super) routes: BTreeMap<String, String>,
    /// The subnets that use the table, by the ids of their associations.
    pub(super) associations: BTreeMap<String, String>,
    /// The token of the call that made the table.
    pub(super) token: Option<String>,
}

impl RouteTable {
    /// A table of a VPC that leads nowhere else.
    pub(super) fn of(vpc: &str) -> Self {
        let (routes, associations) = (BTreeMap::new(), BTreeMap::new());
        Self { vpc: vpc.to_owned(), is_main: false, routes, associations, token: None }
    }
}

impl Object for Address {}

/// An address of the account's own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Address {
    /// The interface that has the address.
    pub(super) interface: Option<String>,
}

/// The milliseconds for which a gateway is `pending`: one to three minutes on AWS.
const NAT_PENDING: i64 = 120_000;
/// The milliseconds for which it is `deleting`: one to five minutes on AWS.
const NAT_DELETING: i64 = 120_000;
/// The milliseconds for which AWS shows one that is gone ("Delete a NAT gateway", Amazon VPC user guide: about an hour).
const NAT_SHOWN: i64 = 3_600_000;
/// A NAT gateway.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NatGateway {
    pub(super) subnet: String,
    pub(super) vpc: String,
    /// The id of the address's allocation.
    pub(super) address: String,
    pub(super) interface: Option<String>,
    pub(super) private_address: String,
    pub(super) created: i64,
    /// Code and message of the failure, if the gateway failed.
    pub(super) failure: Option<(String, String)>,
    /// The time of the call that deletes the gateway, or of its failure.
    pub(super) gone: Option<i64>,
    pub(super) token: Option<String>,
}

impl Object for NatGateway {
    fn due(&self) -> Option<i64> {
        let lets_go = self.interface.is_some();
        self.gone.map(|gone| gone + if lets_go { NAT_DELETING } else { NAT_SHOWN })
    }
}

impl NatGateway {
    /// Returns whether traffic goes through the gateway.
    pub(super) fn is_available(&self, now: i64) -> bool {
        self.state(now) == "available"
    }

    pub(super) fn state(&self, now: i64) -> &'static str {
        match (&self.failure, self.gone) {
            (Some(_), _) => "failed",
            (None, Some(gone)) if now < gone + NAT_DELETING => "deleting",
            (None, Some(_)) => "deleted",
            (None, None) if now < self.created + NAT_PENDING => "pending",
            (None, None) => "available",
        }
    }
}

/// The milliseconds for which an endpoint with interfaces is `pending`: one to three minutes on AWS.
const ENDPOINT_PENDING: i64 = 60_000;
/// The milliseconds for which it is `deleting`, and its interfaces last.
const ENDPOINT_DELETING: i64 = 120_000;
/// An endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub(super) vpc: String,
    /// The service's word, as in `ecr.api`.
    pub(super) service: String,
    pub(super) is_gateway: bool,
    pub(super) tables: BTreeSet<String>,
    /// The interface in each subnet.
    pub(super) interfaces: BTreeMap<String, String>,
    pub(super) groups: BTreeSet<String>,
    pub(super) private_dns: bool,
    pub(super) policy: String,
    pub(super) created: i64,
    pub(super) gone: Option<i64>,
    pub(super) token: Option<String>,
}

impl Object for Endpoint {
    fn due(&self) -> Option<i64> {
        self.gone.map(|gone| gone + ENDPOINT_DELETING)
    }
}

impl Endpoint {
    pub(super) fn state(&self, now: i64) -> &'static str {
        match self.gone {
            Some(_) => "deleting",
            None if !self.is_gateway && now < self.created + ENDPOINT_PENDING => "pending",
            None => "available",
        }
    }
}
