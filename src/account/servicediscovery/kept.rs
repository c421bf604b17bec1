//! What the account keeps of Cloud Map: namespaces, services, and instances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PAGES, TAGS};
use crate::account::Account;
use crate::shelf::{Body, Kind, Shelf, Thing};
use crate::table::Object;
use crate::wire::Fault;

/// A namespace, by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Namespace {
    pub(super) name: String,
    /// The VPC in whose DNS the names are; none for one without DNS.
    pub(super) vpc: Option<String>,
    pub(super) zone: String,
    pub(super) request: String,
    /// The time from which it is there.
    pub(super) since: i64,
    pub(super) description: Option<String>,
    /// The description before the last change, and until when it is shown.
    pub(super) before: (Option<String>, i64),
}

impl Body for Namespace {}

/// All namespaces.
pub(super) static NAMESPACES: Kind<Namespace> = Kind {
    missing: |_, id| Fault::client("NamespaceNotFound", format!("Unable to find namespace with ID: {id}")),
    tombstone: "being deleted",
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("servicediscovery:namespace", "servicediscovery/namespaces")
};

impl Namespace {
    pub(super) fn kind(&self) -> &'static str {
        if self.vpc.is_some() { "DNS_PRIVATE" } else { "HTTP" }
    }

    /// Returns whether a service in the namespace may have records in DNS.
    pub(super) fn has_dns(&self) -> bool {
        self.vpc.is_some()
    }

    pub(super) fn is_there(&self, now: i64) -> bool {
        now >= self.since
    }
}

/// A service, by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Discovery {
    pub(super) name: String,
    /// The id of the service's namespace.
    pub(super) namespace: String,
    pub(super) request: String,
    pub(super) has_health: bool,
    pub(super) now: Change,
    /// The fields before the last change, and until when they are shown.
    pub(super) before: Option<(Change, i64)>,
}

/// The fields that may change.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Change {
    pub(super) description: Option<String>,
    pub(super) dns: Value,
}

impl Body for Discovery {}

/// All services.
pub(super) static SERVICES: Kind<Discovery> = Kind {
    missing: |_, id| Fault::client("ServiceNotFound", format!("Unable to find service with ID: {id}")),
    pages: PAGES,
    tags: TAGS,
    ..Kind::new("servicediscovery:discovery-service", "servicediscovery/services")
};

impl Kind<Discovery> {
    /// The services in a namespace, by id.
    pub(super) fn in_namespace<'a>(
        &self,
        account: &'a Account,
        namespace: &str,
    ) -> impl Iterator<Item = (&'a String, &'a Thing<Discovery>)> {
        let all: &Shelf<Discovery> = account.all();
        let namespace = namespace.to_owned();
        all.iter().filter(move |(_, one)| one.namespace == namespace)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Instance {
    pub(super) id: String,
    /// The id of the instance's service.
    pub(super) service: String,
    pub(super) attributes: BTreeMap<String, String>,
    /// The time when the instance is gone.
    pub(super) until: Option<i64>,
}

impl Object for Instance {
    fn owner(&self) -> Option<&str> {
        Some(&self.service)
    }

    fn due(&self) -> Option<i64> {
        self.until
    }
}

/// The instances of the service with this id.
pub(super) fn instances_of<'a>(account: &'a Account, service: &str) -> impl Iterator<Item = &'a Instance> {
    account.all::<Instance>().of(service)
}
