//! The whole state of the embedded account, and what all services share: the region of the call, the time, new ids.
//!
//! Regional services keep their state in [`Region`]; `iam` and `s3` are global and stand on [`Account`] itself. Before
//! a handler runs, `account.now` and `account.region` are set and the region exists, so `account.here()` is the
//! current region's state for writing and `account.here_ref()` for reading. Every service's file has
//!
//! - `struct State` (serde, `Default`), with `#[serde(default)]` on nothing: a file of another form is refused;
//! - `handle(&mut Account, operation, &Value) -> wire::Answer` (s3: `handle_http(&mut Account, operation, &wire::Request)`);
//! - `settle(&mut Account)`, where time changes anything: moves the current region on to `account.now`; runs before
//!   each call for each region;
//! - `tagged(&Account) -> Vec<(arn, tags)>`: what the tag index lists for the current region;
//! - `items(&Account) -> Vec<Item>`: every object of the current region, for the inventory (global services: all).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Item, Quirks, ec2, ecr, ecs, elbv2, iam, logs, s3, tagging};

/// One AWS account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The account's twelve digits.
    pub id: String,
    /// The time of this call, in milliseconds since 1970.
    #[serde(skip)]
    pub now: i64,
    /// The clock on the wall at this call, in milliseconds since 1970.
    #[serde(skip)]
    pub wall: i64,
    /// The region of this call.
    #[serde(skip)]
    pub region: String,
    /// How it misbehaves.
    #[serde(skip)]
    pub quirks: Quirks,
    ids: Ids,
    /// How far `settle` has come: a multiple of its step.
    settled: i64,
    /// IAM's state.
    pub iam: iam::State,
    /// S3's state.
    pub s3: s3::State,
    /// The state of the regional services, by region.
    pub regions: BTreeMap<String, Region>,
}

/// What one region of the account holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Networks and security groups.
    pub ec2: ec2::State,
    /// Load balancers and target groups.
    pub elbv2: elbv2::State,
    /// Image repositories.
    pub ecr: ecr::State,
    /// Clusters, task definitions, services and tasks.
    pub ecs: ecs::State,
    /// Log groups.
    pub logs: logs::State,
    /// What the tag index remembers.
    pub tagging: tagging::State,
}

/// Makes ids that look like AWS's and are the same in every run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Ids {
    counter: u64,
}

impl Ids {
    /// `digits` new hexadecimal digits, at most 64.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        self.counter += 1;
        let mut text = hash(&format!("sandbox {}", self.counter));
        text.truncate(digits);
        text
    }
}

impl Account {
    /// An account in which nothing was made yet.
    pub(super) fn fresh() -> Self {
        Self {
            id: "123456789012".to_owned(),
            now: 0,
            wall: 0,
            region: String::new(),
            quirks: Quirks::default(),
            ids: Ids::default(),
            settled: 0,
            iam: iam::State::default(),
            s3: s3::State::default(),
            regions: BTreeMap::new(),
        }
    }

    /// Makes `region` the region of this call. A region that was never used gets what AWS gives it: a default VPC.
    pub fn enter(&mut self, region: &str) {
        region.clone_into(&mut self.region);
        if !self.regions.contains_key(region) {
            let fresh = Region {
                ec2: ec2::State::fresh(region, &mut self.ids),
                elbv2: elbv2::State::default(),
                ecr: ecr::State::default(),
                ecs: ecs::State::default(),
                logs: logs::State::default(),
                tagging: tagging::State::default(),
            };
            self.regions.insert(region.to_owned(), fresh);
        }
    }

    /// The current region's state.
    ///
    /// # Panics
    ///
    /// When no region was entered: every call to a regional service enters its own.
    pub fn here(&mut self) -> &mut Region {
        self.regions.get_mut(&self.region).expect("the region is entered before a handler runs")
    }

    /// The current region's state, for reading.
    pub(super) fn here_ref(&self) -> &Region {
        self.regions.get(&self.region).expect("the region is entered before a handler runs")
    }

    /// `digits` hexadecimal digits that no other id of this account has.
    pub(super) fn unique_hex(&mut self, digits: usize) -> String {
        self.ids.hex(digits)
    }

    /// A new id in the form of a UUID.
    pub(super) fn unique_uuid(&mut self) -> String {
        dashed(&self.ids.hex(32))
    }

    /// An ARN of the current region: `arn:aws:<service>:<region>:<account>:<rest>`.
    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.id)
    }

    /// The ARN of whoever calls: this account has one user.
    pub(super) fn caller(&self) -> String {
        format!("arn:aws:iam::{}:user/student", self.id)
    }

    /// The time of this call in seconds, as the JSON services write it.
    pub(super) fn seconds(&self) -> f64 {
        seconds(self.now)
    }

    /// Brings every region up to `now`: what takes time on AWS happens here, step by step from timestamps, so that a
    /// long wait between two calls plays out as many short ones would.
    pub(super) fn settle(&mut self) {
        const STEP: i64 = 5_000;
        const LONGEST: i64 = 3_600_000;
        let now = self.now;
        // Nothing here takes longer than an hour, so what came before can happen at once.
        self.settled = self.settled.max((now - LONGEST) / STEP * STEP);
        while self.settled + STEP <= now {
            self.settled += STEP;
            self.now = self.settled;
            self.settle_once();
        }
        self.now = now;
        self.settle_once();
    }

    fn settle_once(&mut self) {
        self.in_each_region(|account| {
            ecs::settle(account);
            elbv2::settle(account);
            logs::settle(account);
            tagging::settle(account);
        });
    }

    /// Lets the tag index see what the call did.
    pub(super) fn remember(&mut self) {
        self.in_each_region(tagging::remember);
    }

    /// Every object, in all regions.
    pub(super) fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        self.in_each_region(|account| {
            items.extend(ec2::items(account));
            items.extend(elbv2::items(account));
            items.extend(ecr::items(account));
            items.extend(ecs::items(account));
            items.extend(logs::items(account));
        });
        items.extend(iam::items(self));
        items.extend(s3::items(self));
        items
    }

    fn in_each_region(&mut self, mut visit: impl FnMut(&mut Self)) {
        let current = self.region.clone();
        for region in self.regions.keys().cloned().collect::<Vec<_>>() {
            self.region = region;
            visit(self);
        }
        self.region = current;
    }
}

/// Milliseconds as the JSON services write time.
pub(super) fn seconds(millis: i64) -> f64 {
    // Exact: milliseconds since 1970 are far below the 2^53 that a double holds.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    let millis = millis as f64;
    millis / 1000.0
}

/// The hexadecimal digest that ids and request ids are cut from.
pub(super) fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 32 of the digits in the form of a UUID.
pub(super) fn dashed(hex: &str) -> String {
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
