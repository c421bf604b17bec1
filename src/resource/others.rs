//! The other resources, as a resource may know them while it is compared or made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::{AnyLive, Ref, RefOrArn, Resource, as_live};
use crate::model::{Address, Known};

/// The context in which an object costs what it does.
pub struct UsageContext<'a> {
    /// What is known of the lab's resources.
    pub others: &'a Others,
    /// Finds what another resource is like, by its kind and its name in the lab, its id or its ARN.
    pub find: &'a dyn Fn(&str, &str) -> Option<&'a Value>,
}

/// The account of a lab as long as nobody has named one.
pub const NO_ACCOUNT: &str = "000000000000";

/// Physical names of the lab's resources, by address.
pub type Names = BTreeMap<Address, String>;
/// The name of the VPC of a lab that names no other: the one that AWS made for the account.
pub const NO_VPC: &str = "default";

/// The place of a lab.
///
/// ```
/// use labform::resource::Place;
///
/// let words = ["ecs-lab", "123456789012", "eu-west-1", "aws", "default"];
/// let [lab, account, region, partition, vpc] = words.map(str::to_owned);
/// let place = Place { lab, account, region, partition, vpc };
/// assert_eq!(place.arn("ecs", "cluster/main"), "arn:aws:ecs:eu-west-1:123456789012:cluster/main");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lab's name.
    pub lab: String,
    /// The account's 12 digits.
    pub account: String,
    /// The region, as in `eu-west-1`.
    pub region: String,
    /// The partition of ARNs, as in `aws`.
    pub partition: String,
    /// The name in the lab of the VPC that it is in, as in `default`; an id if the lab gives that.
    pub vpc: String,
}

impl Place {
    /// The same place, and no region of it.
    pub fn everywhere(&self) -> Self {
        Self { region: String::new(), ..self.clone() }
    }

    /// The ARN of a regional object: `arn:aws:<service>:<region>:<account>:<rest>`.
    pub fn arn(&self, service: &str, rest: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{rest}", self.partition, self.region, self.account)
    }
}

/// A value that `${section.name.output}` may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The output's word, as in `uri`; of an entry of something the thing's and the entry's, as in `scaling.up`.
    pub name: Cow<'static, str>,
    /// The output's value, if it is known without or from the live object.
    pub value: Option<String>,
    /// Whether it stands for all entries of something: the last part of its name for each of theirs.
    pub is_of_each: bool,
}

impl Output {
    /// A value that follows from name and place alone.
    pub fn fixed(name: &'static str, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()), is_of_each: false }
    }

    /// A value that only a live object has.
    pub fn live(name: &'static str, value: Option<impl Into<String>>) -> Self {
        Self { name: name.into(), value: value.map(Into::into), is_of_each: false }
    }

    /// The values that each entry of `thing` has once it is there; `word` stands for an entry's name.
    pub fn each(thing: &'static str, word: &'static str) -> Self {
        Self { name: format!("{thing}.{word}").into(), value: None, is_of_each: true }
    }

    /// The value of the entry `name` of `thing`.
    pub fn entry(thing: &'static str, name: &str, value: &str) -> Self {
        Self { name: format!("{thing}.{name}").into(), value: Some(value.to_owned()), is_of_each: false }
    }

    /// Returns whether `name` is the output's, or that of an entry for which it stands.
    pub fn is_called(&self, name: &str) -> bool {
        let thing = |name: &str| name.split_once('.').map(|(thing, _)| thing.to_owned());
        self.name == name || self.is_of_each && thing(&self.name) == thing(name)
    }
}

/// A resource as far as it is known.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The resource's physical name.
    pub name: String,
    /// AWS's description of the resource's object.
    pub live: Known<AnyLive>,
    /// The resource's outputs.
    pub outputs: BTreeMap<Cow<'static, str>, Known<String>>,
}

/// The other resources of the lab, as far as they are known, and what the resource itself is made from.
#[derive(Clone, Debug)]
pub struct Others {
    /// The lab's place.
    pub place: Place,
    /// The digest of what the resource that is compared or made was found to be made from.
    pub source: Option<String>,
    entries: BTreeMap<Address, Arc<Entry>>,
}

impl Others {
    /// Starts without any resource.
    pub fn new(place: Place) -> Self {
        Self { place, source: None, entries: BTreeMap::new() }
    }

    /// Returns what one resource may know of these: those that have to exist before it, and `source`, what it is made
    /// from. To hand over a whole lab to each of its resources would cost the lab's square.
    pub fn of(&self, before: &BTreeSet<Address>, source: Option<&String>) -> Self {
        let known = before.iter().filter_map(|address| Some((address.clone(), self.entries.get(address)?.clone())));
        Self { place: self.place.clone(), source: source.cloned(), entries: known.collect() }
    }

    /// Learns of a resource.
    pub fn insert(&mut self, address: Address, entry: Entry) {
        self.entries.insert(address, Arc::new(entry));
    }

    /// What is known of the resource at `address`; none if it isn't among these.
    pub fn entry(&self, address: &Address) -> Option<&Entry> {
        self.entries.get(address).map(Arc::as_ref)
    }

    /// AWS's description of the object that `reference` names.
    pub fn live<R: Resource>(&self, reference: &Ref<R>) -> Known<&R::Live> {
        match self.entries.get(&reference.address()).map(|entry| &entry.live) {
            Some(Known::Now(live)) => Known::Now(as_live::<R>(live).expect("an entry holds what its own kind read")),
            _ => Known::AfterApply,
        }
    }

    /// The resources of one kind, each with what is known of its object.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = (&Address, Known<&R::Live>)> {
        let entries = self.entries.range(Address::new(R::KIND, "")..);
        let entries = entries.take_while(|(address, _)| address.kind == R::KIND);
        entries.map(|(address, _)| (address, self.live(&Ref::<R>::new(&address.name))))
    }

    /// The output `name` of the resource that `reference` names.
    pub fn output<R: Resource>(&self, reference: &Ref<R>, name: &str) -> Known<String> {
        self.value(&reference.address(), name).unwrap_or(Known::AfterApply)
    }

    /// The ARN that `reference` stands for; for an object that isn't the lab's, the name if the spec gives that.
    pub fn arn<R: Resource>(&self, reference: &RefOrArn<R>) -> Known<String> {
        match reference {
            RefOrArn::Lab(reference) => {
                let known = self.value(&reference.address(), "arn");
                known.unwrap_or_else(|| Known::Now(reference.name.clone()))
            }
            RefOrArn::Arn(arn) => Known::Now(arn.clone()),
        }
    }

    /// The physical name of the resource that `reference` names.
    pub fn name<R: Resource>(&self, reference: &Ref<R>) -> Known<String> {
        self.entries.get(&reference.address()).map_or(Known::AfterApply, |entry| Known::Now(entry.name.clone()))
    }

    /// The output `name` of the resource at `address`; none if there is no such output.
    pub fn value(&self, address: &Address, name: &str) -> Option<Known<String>> {
        self.entries.get(address).and_then(|entry| entry.outputs.get(name)).cloned()
    }
}
