//! An account: what all services share (the region of the call, the time, new ids), and the states that they keep. Which
//! services there are is for [`crate::services`] to say.
//!
//! Before a call is handed to its service, `account.now` and `account.region` are set and the region exists, so
//! `account.here::<State>()` is what a service keeps in the current region.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Item;
use crate::blobs::Blobs;
use crate::ids::{Ids, dashed};
use crate::quirks::Quirks;
use crate::states::{Kept, State, States};
use crate::table::AnyTable;
use crate::wire::{Answer, Fault, Reply, Request};

/// One AWS account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's twelve digits.
    pub id: String,
    /// The time of this call, in milliseconds since 1970.
    pub now: i64,
    /// The clock on the wall at this call, in milliseconds since 1970.
    pub wall: i64,
    /// The region of this call.
    pub region: String,
    /// How it misbehaves.
    pub quirks: Quirks,
    /// What objects hold.
    pub(crate) blobs: Blobs,
    services: &'static [&'static Service],
    pub(crate) ids: Ids,
    /// Up to when everything that was due has happened.
    pub(crate) settled: i64,
    /// What is the whole account's.
    global: States,
    /// What is a region's.
    regions: BTreeMap<String, States>,
}

/// One service of AWS's: what it is called, what answers its calls, and what it has to say of its objects.
#[derive(Debug)]
pub(crate) struct Service {
    /// The name that requests are signed for.
    pub(crate) name: &'static str,
    /// What answers its calls.
    pub(crate) calls: Calls,
    /// What it keeps in each region.
    pub(crate) regional: &'static [Kept],
    /// What it keeps for the whole account.
    pub(crate) global: &'static [Kept],
    /// When something is due next in the current region.
    pub(crate) due: fn(&Account) -> Option<i64>,
    /// Lets happen what is due at `account.now` in the current region: what takes time on AWS.
    pub(crate) settle: fn(&mut Account),
    /// Lets it see what was written in the current region since time last went on.
    pub(crate) remember: fn(&mut Account),
    /// What the tag index lists for the current region: ARNs with their tags.
    pub(crate) tagged: fn(&Account) -> Tagged,
    /// Every object of the current region.
    pub(crate) items: fn(&Account) -> Vec<Item>,
    /// Every object that is of no region.
    pub(crate) global_items: fn(&Account) -> Vec<Item>,
}

/// ARNs with their tags.
pub(crate) type Tagged = Vec<(String, BTreeMap<String, String>)>;

/// What answers the call of an operation with an input.
pub(crate) type Handle = fn(&mut Account, &str, &Value) -> Answer;

/// What answers the calls of a service, by the protocol that it speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Calls {
    /// JSON in, JSON out.
    Json(Handle),
    /// A form in, XML out.
    Query(Handle),
    /// EC2's own dialect of the latter.
    Ec2(Handle),
    /// HTTP itself, as S3 speaks it.
    Http {
        /// The name of the operation that a request is.
        operation: fn(&Request) -> String,
        /// Answers a request, which the fault forbids if there is one.
        answer: fn(&mut Account, &Request, Result<(), Fault>) -> Reply,
    },
}

impl Service {
    /// A service that keeps nothing.
    pub(crate) const fn new(name: &'static str, calls: Calls) -> Self {
        Self {
            name,
            calls,
            regional: &[],
            global: &[],
            due: |_| None,
            settle: |_| {},
            remember: |_| {},
            tagged: |_| Vec::new(),
            items: |_| Vec::new(),
            global_items: |_| Vec::new(),
        }
    }
}

impl Account {
    /// An account of these services in which nothing was made yet.
    pub(crate) fn fresh(services: &'static [&'static Service]) -> Self {
        let mut ids = Ids::default();
        Self {
            id: "123456789012".to_owned(),
            now: 0,
            wall: 0,
            region: String::new(),
            quirks: Quirks::default(),
            blobs: Blobs::default(),
            services,
            global: States::fresh(global(services), "", &mut ids),
            ids,
            settled: 0,
            regions: BTreeMap::new(),
        }
    }

    /// An account in which not even is what a new account finds.
    pub(crate) fn empty(services: &'static [&'static Service]) -> Self {
        Self { global: States::empty(global(services)), ..Self::fresh(services) }
    }

    /// The tables of all that is kept, each with its region (none for what is the whole account's), the word of its state,
    /// and its own.
    pub(crate) fn tables(&mut self) -> impl Iterator<Item = (&str, &'static str, &'static str, &mut dyn AnyTable)> {
        let global = self.global.tables().map(|(state, name, table)| ("", state, name, table));
        let regional = self.regions.iter_mut().flat_map(|(region, states)| {
            states.tables().map(|(state, name, table)| (region.as_str(), state, name, table))
        });
        global.chain(regional)
    }

    /// The table that `tables` gives with these words.
    pub(crate) fn table(&mut self, region: &str, state: &str, name: &str) -> Option<&mut dyn AnyTable> {
        let states = if region.is_empty() {
            &mut self.global
        } else {
            let services = self.services;
            self.regions.entry(region.to_owned()).or_insert_with(|| States::empty(regional(services)))
        };
        states.tables().find(|(of, called, _)| (*of, *called) == (state, name)).map(|(_, _, table)| table)
    }

    /// Whether the visit wrote anything, or took over what another process wrote.
    pub(crate) fn is_changed(&mut self) -> bool {
        self.tables().any(|(_, _, _, table)| table.is_changed())
    }

    /// The services of this account.
    pub(crate) fn services(&self) -> &'static [&'static Service] {
        self.services
    }

    /// Makes `region` the region of this call. A region that was never used gets what AWS gives it: a default VPC.
    pub fn enter(&mut self, region: &str) {
        region.clone_into(&mut self.region);
        if !self.regions.contains_key(region) {
            let fresh = States::fresh(regional(self.services), region, &mut self.ids);
            self.regions.insert(region.to_owned(), fresh);
        }
    }

    /// What is kept in the current region.
    pub(crate) fn here<S: State>(&mut self) -> &mut S {
        let states = self.regions.get_mut(&self.region).expect("the region is entered before a handler runs");
        states.get_mut().expect("the service says what it keeps in each region")
    }

    /// What is kept in the current region, for reading.
    pub(crate) fn here_ref<S: State>(&self) -> &S {
        let states = self.regions.get(&self.region).expect("the region is entered before a handler runs");
        states.get().expect("the service says what it keeps in each region")
    }

    /// What is kept in each region, for reading.
    pub(crate) fn everywhere<S: State>(&self) -> impl Iterator<Item = &S> {
        self.regions.values().filter_map(States::get)
    }

    /// What is kept for the whole account.
    pub(crate) fn global<S: State>(&mut self) -> &mut S {
        self.global.get_mut().expect("the service says what it keeps for the whole account")
    }

    /// What is kept for the whole account, for reading.
    pub(crate) fn global_ref<S: State>(&self) -> &S {
        self.global.get().expect("the service says what it keeps for the whole account")
    }

    /// `digits` hexadecimal digits that no other id of this account has.
    pub(crate) fn unique_hex(&mut self, digits: usize) -> String {
        self.ids.hex(digits)
    }

    /// A new id in the form of a UUID.
    pub(crate) fn unique_uuid(&mut self) -> String {
        dashed(&self.ids.hex(32))
    }

    /// An ARN of the current region: `arn:aws:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.id)
    }

    /// The ARN of whoever calls: this account has one user.
    pub(crate) fn caller(&self) -> String {
        format!("arn:aws:iam::{}:user/student", self.id)
    }

    /// The time of this call in seconds, as the JSON services write it.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(self.now)
    }

    /// How many items a page has if the call asks for `asked`, or AWS gives that many by itself.
    pub(crate) fn page_size(&self, asked: usize) -> usize {
        self.quirks.page_size.map_or(asked, |most| asked.min(most.max(1)))
    }

    /// Lets happen in every region what is due up to `now`, each thing at its time, so that a long wait between two calls
    /// plays out as many short ones would.
    pub(crate) fn settle(&mut self) {
        const LONGEST: i64 = 3_600_000;
        let now = self.now;
        // Nothing here takes longer than an hour, so what came before can happen at once.
        self.settled = self.settled.max(now - LONGEST);
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.settled = self.settled.max(due);
            self.now = self.settled;
            self.in_each_region(|account, service| {
                if (service.due)(account).is_some_and(|due| due <= account.now) {
                    (service.settle)(account);
                }
            });
        }
        self.now = now;
        self.settled = now;
        // What time itself wrote needs no second look.
        self.tables().for_each(|(_, _, _, table)| table.rest());
    }

    /// When something is due next.
    fn due(&mut self) -> Option<i64> {
        let mut next = None;
        self.in_each_region(|account, service| {
            next = [next, (service.due)(account)].into_iter().flatten().min();
        });
        next
    }

    /// Lets the services see what was written since time last went on.
    pub(crate) fn remember(&mut self) {
        self.in_each_region(|account, service| (service.remember)(account));
    }

    /// Every object, in all regions.
    pub(crate) fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        self.in_each_region(|account, service| items.extend((service.items)(account)));
        items.extend(self.services.iter().flat_map(|service| (service.global_items)(self)));
        items
    }

    fn in_each_region(&mut self, mut visit: impl FnMut(&mut Self, &Service)) {
        let current = self.region.clone();
        for region in self.regions.keys().cloned().collect::<Vec<_>>() {
            self.region = region;
            self.services.iter().for_each(|service| visit(self, service));
        }
        self.region = current;
    }
}

fn regional(services: &'static [&'static Service]) -> impl Iterator<Item = Kept> {
    services.iter().flat_map(|service| service.regional).copied()
}

fn global(services: &'static [&'static Service]) -> impl Iterator<Item = Kept> {
    services.iter().flat_map(|service| service.global).copied()
}

/// Milliseconds as the JSON services write time.
pub(crate) fn seconds(millis: i64) -> f64 {
    // Exact: milliseconds since 1970 are far below the 2^53 that a double holds.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit a double exactly")]
    let millis = millis as f64;
    millis / 1000.0
}
