//! What the account keeps of EFS.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{bad_request, bare, fault, state};
use crate::account::Account;
use crate::forms::{Pages, Tags};
use crate::input::need;
use crate::shelf::{Body, Kind, Thing};
use crate::table::Object;
use crate::wire::Fault;

/// The milliseconds after which a file system is available.
const MAKING: i64 = 3_000;

/// A file system.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct FileSystem {
    pub(super) token: String,
    pub(super) performance: String,
    pub(super) encrypted: bool,
    pub(super) key: Option<String>,
    pub(super) throughput: String,
    pub(super) mibps: Option<f64>,
    pub(super) zone: Option<String>,
    pub(super) lifecycle: Vec<Value>,
    /// The bytes that were written, each with its time.
    pub(super) written: Vec<(i64, i64)>,
    /// The time when the way in which throughput grows was changed.
    pub(super) changed: Option<i64>,
    pub(super) gone: Option<i64>,
}

impl Body for FileSystem {
    fn due(&self) -> Option<i64> {
        self.gone
    }
}

pub(super) static SYSTEMS: Kind<FileSystem> = Kind {
    missing: |_, id| fault(404, "FileSystemNotFound", format!("File system '{}' does not exist.", bare(id))),
    happens: |account, id| {
        let now = account.now;
        let is_gone = SYSTEMS.get(account, id).and_then(|system| system.gone).is_some_and(|gone| gone <= now);
        if is_gone && SYSTEMS.delete(account, id).is_ok() {
            POINTS.forget(account, id);
        }
    },
    pages: Pages {
        size: "MaxItems",
        token: ("Marker", "NextMarker"),
        usual: 100,
        sizes: (1, 1000),
        refuse: |size| bad_request(format!("MaxItems {size} is not between 1 and 1000.")),
        bad_token: || bad_request("The marker is invalid."),
    },
    tags: Tags { id: "ResourceId", ..Tags::JSON },
    ..Kind::new("elasticfilesystem:file-system", "elasticfilesystem/fileSystems")
};

/// The state of a file system.
pub(super) fn state_of(account: &Account, system: &Thing<FileSystem>) -> &'static str {
    state(account.now, system.created, MAKING, system.gone)
}

/// The id of a file system that is available.
pub(super) fn available(account: &Account, input: &Value) -> Result<String, Fault> {
    let (id, system) = SYSTEMS.find(account, &need(input, "FileSystemId")?)?;
    match state_of(account, system) {
        "available" => Ok(id.to_owned()),
        state => {
            let message = format!("The file system '{id}' is in the state '{state}', and has to be available.");
            Err(fault(409, "IncorrectFileSystemLifeCycleState", message))
        }
    }
}

/// A mount target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mount {
    /// The id of the file system.
    pub(super) system: String,
    pub(super) subnet: String,
    pub(super) vpc: String,
    pub(super) zone: String,
    pub(super) interface: String,
    pub(super) groups: Vec<String>,
    pub(super) created: i64,
    pub(super) gone: Option<i64>,
}

impl Object for Mount {
    fn due(&self) -> Option<i64> {
        self.gone
    }
}

/// An access point.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AccessPoint {
    pub(super) token: String,
    pub(super) system: String,
    pub(super) user: Value,
    pub(super) root: Value,
    pub(super) gone: Option<i64>,
}

impl Body for AccessPoint {
    fn due(&self) -> Option<i64> {
        self.gone
    }
}

pub(super) static POINTS: Kind<AccessPoint> = Kind {
    missing: |_, id| fault(404, "AccessPointNotFound", format!("Access point '{}' does not exist.", bare(id))),
    happens: |account, id| {
        let now = account.now;
        let gone = POINTS.get(account, id).and_then(|point| point.gone);
        if gone.is_some_and(|gone| gone <= now) {
            let _ = POINTS.delete(account, id);
        }
    },
    pages: Pages {
        size: "MaxResults",
        token: ("NextToken", "NextToken"),
        refuse: |size| bad_request(format!("MaxResults {size} is not between 1 and 100.")),
        bad_token: || bad_request("The token is invalid."),
        ..Pages::JSON
    },
    tags: Tags { id: "ResourceId", ..Tags::JSON },
    ..Kind::new("elasticfilesystem:access-point", "elasticfilesystem/accessPoints")
};

impl Kind<AccessPoint> {
    /// Forgets the access points of a file system that is gone.
    pub(super) fn forget(&self, account: &mut Account, system: &str) {
        account.all_mut::<Thing<AccessPoint>>().retain(|_, point| point.system != system);
    }

    /// Returns whether there is an access point of this id, of the file system of that.
    pub(super) fn is_of(&self, account: &Account, id: &str, system: &str) -> bool {
        self.get(account, bare(id)).is_some_and(|point| point.system == system && point.gone.is_none())
    }
}
