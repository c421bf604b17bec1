//! An account: what all services share, and the states that they keep. The list in `lib.rs` says which they are.
//!
//! Before a call is handed to its service, `account.now` and `account.region` are set and the region exists, so
//! `account.all::<Task>()` are the tasks of the current region.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Item;
use crate::blobs::Blobs;
use crate::clock::Via;
pub(crate) use crate::clock::seconds;
use crate::ids::{FIRST, Ids, dashed};
use crate::quirks::Quirks;
use crate::session::Caller;
use crate::states::{Kept, State, States};
use crate::table::{AnyTable, Object, Table};
use crate::wire::rest::Routes;
use crate::wire::{Answer, Fault, Reply, Request};

/// An AWS account.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account's twelve digits.
    pub id: String,
    /// The time of this call, in milliseconds since 1970.
    pub now: i64,
    /// The clock on the wall at this call, in milliseconds since 1970.
    pub wall: i64,
    /// The way by which this call came.
    pub(crate) via: Via,
    /// Who makes this call.
    pub(crate) who: Caller,
    /// The region of this call.
    pub region: String,
    /// The ways in which the account misbehaves.
    pub quirks: Quirks,
    /// The contents of objects.
    pub(crate) blobs: Blobs,
    services: &'static [&'static Service],
    pub(crate) ids: Ids,
    /// The time up to which everything that was due has happened.
    pub(crate) settled: i64,
    /// The states of the whole account.
    global: States,
    /// The states of each region.
    regions: BTreeMap<String, States>,
}

/// A service of AWS's: its name, the handler of its calls, and its objects for the tag index and for tests.
#[derive(Debug)]
pub(crate) struct Service {
    /// The name that requests are signed for.
    pub(crate) name: &'static str,
    /// The handler of the service's calls.
    pub(crate) calls: Calls,
    /// The kinds of objects that the service has on shelves.
    pub(crate) kinds: &'static [&'static dyn AnyKind],
    /// The other things that the service keeps.
    pub(crate) keeps: &'static [Kept],
    /// Makes the objects that the current region has from its first day.
    pub(crate) found: fn(&mut Account),
    /// Lets the things happen that are due at `account.now` in the current region, because they take time on AWS.
    pub(crate) settle: fn(&mut Account),
    /// Lets the service see what was written in the current region since time last went on.
    pub(crate) remember: fn(&mut Account),
    /// Returns every object of the current region, or of no region, that is on no shelf.
    pub(crate) items: fn(&Account) -> Vec<Item>,
    /// Returns what the tag index lists for the current region besides the tagged ones of its objects.
    pub(crate) tagged: fn(&Account) -> Tagged,
}

/// A kind whose objects' type is forgotten.
pub(crate) trait AnyKind: std::fmt::Debug + Sync {
    /// Returns the table in which the objects are kept.
    fn kept(&self) -> Kept;
    /// Returns the objects that the tag index lists.
    fn tagged(&self, account: &Account) -> Tagged;
    /// Returns every object.
    fn items(&self, account: &Account) -> Vec<Item>;
    /// Lets the things happen that are due.
    fn settle(&self, account: &mut Account);
}

/// ARNs with their tags.
pub(crate) type Tagged = Vec<(String, BTreeMap<String, String>)>;

/// A handler of a call of an operation with an input.
pub(crate) type Handle = fn(&mut Account, &str, &Value) -> Answer;

/// The handler of a service's calls, by the protocol that it speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Calls {
    /// JSON in, JSON out.
    Json(Handle),
    /// A form in, XML out.
    Query(Handle),
    /// EC2's own dialect of the latter.
    Ec2(Handle),
    /// JSON in and out, at an address of each operation's own, which holds some of the members.
    Rest(Routes, Handle),
    /// HTTP itself, as S3 speaks it.
    Http {
        /// Returns the name of the operation that a request is.
        operation: fn(&Request) -> String,
        /// Answers a request, which the fault forbids if there is one.
        answer: fn(&mut Account, &Request, Result<(), Fault>) -> Reply,
    },
}

impl Service {
    /// A service without any state.
    pub(crate) const fn new(name: &'static str, calls: Calls) -> Self {
        Self {
            name,
            calls,
            kinds: &[],
            keeps: &[],
            found: |_| {},
            settle: |_| {},
            remember: |_| {},
            items: |_| Vec::new(),
            tagged: |_| Vec::new(),
        }
    }

    /// Returns whether all that the service keeps is of no region.
    pub(crate) fn is_global(&self) -> bool {
        self.kept().next().is_some() && self.kept().all(|kept| kept.is_global)
    }

    /// The states and objects that the service keeps.
    fn kept(&self) -> impl Iterator<Item = Kept> {
        self.kinds.iter().map(|kind| kind.kept()).chain(self.keeps.iter().copied())
    }

    /// Every object of the current region, or of no region.
    fn all_items(&self, account: &Account) -> Vec<Item> {
        let shelves = self.kinds.iter().flat_map(|kind| kind.items(account));
        shelves.chain((self.items)(account)).collect()
    }

    /// Returns the objects that the tag index lists for the current region.
    pub(crate) fn all_tagged(&self, account: &Account) -> Tagged {
        let more = (self.tagged)(account);
        if self.is_global() {
            return more;
        }
        let shelves = self.kinds.iter().flat_map(|kind| kind.tagged(account));
        let items = (self.items)(account).into_iter().map(|item| (item.id, item.tags));
        shelves.chain(items).filter(|(_, tags)| !tags.is_empty()).chain(more).collect()
    }
}

impl Account {
    /// An account of these services in which nothing was made yet.
    pub(crate) fn fresh(services: &'static [&'static Service]) -> Self {
        Self {
            id: FIRST.to_owned(),
            now: 0,
            wall: 0,
            via: Via::Process,
            who: Caller::default(),
            region: String::new(),
            quirks: Quirks::default(),
            blobs: Blobs::default(),
            services,
            global: States::empty(kept(services).filter(|kept| kept.is_global)),
            ids: Ids::default(),
            settled: 0,
            regions: BTreeMap::new(),
        }
    }

    /// Returns the tables of all that is kept, each with its region (none for the whole account's) and its word.
    pub(crate) fn tables(&mut self) -> impl Iterator<Item = (&str, &'static str, &mut dyn AnyTable)> {
        let global = self.global.tables().map(|(name, table)| ("", name, table));
        let regional = self
            .regions
            .iter_mut()
            .flat_map(|(region, states)| states.tables().map(|(name, table)| (region.as_str(), name, table)));
        global.chain(regional)
    }

    /// Returns the table that `tables` gives with these words.
    pub(crate) fn table(&mut self, region: &str, name: &str) -> Option<&mut dyn AnyTable> {
        let states = if region.is_empty() { &mut self.global } else { self.region(region) };
        states.tables().find(|(called, _)| *called == name).map(|(_, table)| table)
    }

    fn region(&mut self, name: &str) -> &mut States {
        let services = self.services;
        let empty = || States::empty(kept(services).filter(|kept| !kept.is_global));
        self.regions.entry(name.to_owned()).or_insert_with(empty)
    }

    /// Returns whether the visit wrote anything, or took over what another process wrote.
    pub(crate) fn is_changed(&mut self) -> bool {
        self.tables().any(|(_, _, table)| table.is_changed())
    }

    /// The services of this account.
    pub(crate) fn services(&self) -> &'static [&'static Service] {
        self.services
    }

    /// Makes `region` the region of this call. A region that was never used gets what AWS gives it: a default VPC.
    pub fn enter(&mut self, region: &str) {
        region.clone_into(&mut self.region);
        if !self.regions.contains_key(region) {
            self.region(region);
            self.services.iter().for_each(|service| (service.found)(self));
        }
    }

    /// The state of the type `S`, in the current region or for the whole account, to be changed.
    pub(crate) fn here_mut<S: State>(&mut self) -> &mut S {
        let region = self.regions.get_mut(&self.region).and_then(States::get_mut);
        region.or_else(|| self.global.get_mut()).expect("the region is entered, and a service keeps it")
    }

    /// The state of the type `S`, in the current region or for the whole account.
    pub(crate) fn here<S: State>(&self) -> &S {
        let region = self.regions.get(&self.region).and_then(States::get);
        region.or_else(|| self.global.get()).expect("the region is entered, and a service keeps it")
    }

    /// The objects of one type, to be changed.
    pub(crate) fn all_mut<T: Object>(&mut self) -> &mut Table<T> {
        self.here_mut()
    }

    /// The objects of one type.
    pub(crate) fn all<T: Object>(&self) -> &Table<T> {
        self.here()
    }

    /// The objects of one type in each region.
    pub(crate) fn everywhere<T: Object>(&self) -> impl Iterator<Item = &T> {
        self.regions.values().filter_map(States::get::<Table<T>>).flat_map(|table| table.values())
    }

    /// `digits` hexadecimal digits that no other id of this account has.
    pub(crate) fn unique_hex(&mut self, digits: usize) -> String {
        self.ids.hex(&self.id, digits)
    }

    /// A new id in the form of a UUID.
    pub(crate) fn unique_uuid(&mut self) -> String {
        dashed(&self.unique_hex(32))
    }

    /// An ARN of the current region: `arn:aws:<service>:<region>:<account>:<rest>`.
    pub(crate) fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:aws:{service}:{}:{}:{rest}", self.region, self.id)
    }

    /// The caller's ARN.
    pub(crate) fn caller(&self) -> String {
        self.who.arn(&self.id, self.quirks.caller.as_deref())
    }

    /// The time of this call in seconds, as the JSON services write it.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(self.now)
    }

    /// The number of items of a page if the call asks for `asked`, or AWS gives that many by itself.
    pub(crate) fn page_size(&self, asked: usize) -> usize {
        self.quirks.page_size.map_or(asked, |most| asked.min(most.max(1)))
    }

    /// Lets the things happen in every region that are due up to `now`, each at its time, so that a long wait between
    /// two calls plays out as many short ones would.
    pub(crate) fn settle(&mut self) {
        const LONGEST: i64 = 3_600_000;
        let now = self.now;
        // Nothing here takes longer than an hour, so what came before can happen at once.
        self.settled = self.settled.max(now - LONGEST);
        while let Some(due) = self.due().filter(|due| *due <= now) {
            self.settled = self.settled.max(due);
            self.now = self.settled;
            self.in_each_region(|account, service| {
                service.kinds.iter().for_each(|kind| kind.settle(account));
                (service.settle)(account);
            });
        }
        self.now = now;
        self.settled = now;
        // What time itself wrote needs no second look.
        self.tables().for_each(|(_, _, table)| table.rest());
    }

    /// Returns the time when something is due next.
    fn due(&mut self) -> Option<i64> {
        self.regions.values_mut().filter_map(States::due).min()
    }

    /// Lets the services see what was written since time last went on.
    pub(crate) fn remember(&mut self) {
        self.in_each_region(|account, service| (service.remember)(account));
    }

    /// Every object, in all regions.
    pub(crate) fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        self.in_each_region(|account, service| {
            if !service.is_global() {
                items.extend(service.all_items(account));
            }
        });
        let global = self.services.iter().filter(|service| service.is_global());
        items.extend(global.flat_map(|service| service.all_items(self)));
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

fn kept(services: &'static [&'static Service]) -> impl Iterator<Item = Kept> {
    services.iter().flat_map(|service| service.kept())
}
