//! Reads all that the lab owns or names, every kind at once.
//!
//! Knows: how to find objects by name, by owner tag and by listing. Must not know: what will be done with them.
//! Never writes to AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use futures::future::try_join_all;
use serde_json::Value;

use crate::cloud::{self, Account, Cloud, Owner, PROTECT_TAG, RESOURCE_TAG};
use crate::error::Error;
use crate::model::{Address, Tags};
use crate::resource::{AnyKind, AnyLive, AnyManaged, AnyWanted, Found, Grant, Names, Need, Observed, Place, Readiness};
use crate::resources::{KINDS, kind};
use crate::spec::{Lab, Node, Source};

/// Where an object's tags were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// In the tag index, which lags: enough to show a plan.
    Index,
    /// At the service that owns the object: enough to change it.
    Direct,
}

/// A live object that the lab names or owns.
#[derive(Clone, Debug)]
pub struct Object {
    /// The address that names it, in the spec or by its owner tag.
    pub address: Address,
    /// Its kind.
    pub kind: &'static dyn AnyKind,
    /// Its physical name.
    pub name: String,
    /// What AWS says of it.
    pub live: AnyLive,
    /// Its tags.
    pub tags: Tags,
    /// Whether it is being deleted already.
    pub leaving: bool,
    /// Whether its deletion is scheduled, and it can be brought back.
    pub recoverable: bool,
    /// Whether it was found by its tags only, and not under the name that the spec gives.
    pub stray: bool,
    /// Whether it may not be deleted or replaced: its tag says so, or the spec.
    pub protect: bool,
    /// Where its tags were read.
    pub evidence: Evidence,
    /// When it was read, on the account's clock.
    pub read_at: SystemTime,
}

impl Object {
    /// Whether it does its work yet.
    pub fn readiness(&self) -> Readiness {
        self.kind.readiness(&self.live)
    }

    /// Whether it is made and deleted by itself: a looked-up object isn't, nor one that goes with what holds it.
    pub fn stands_alone(&self) -> bool {
        self.kind.managed().is_some_and(AnyManaged::stands_alone)
    }

    /// Says what a delete does with what the object holds, where its kind holds data: `"empty"`, or null for a refusal.
    pub fn on_destroy(&mut self, word: Value) {
        let mut live = self.kind.live_to_json(&self.live);
        if let Some(on_destroy) = live.get_mut("onDestroy") {
            *on_destroy = word;
            let live = self.kind.live_from_json(live);
            self.live = live.expect("only a field that the kind has was changed");
        }
    }

    /// Whose it is.
    pub fn owner(&self, lab: &str) -> Owner {
        Owner::of(&self.tags, lab)
    }
}

/// What was live at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The objects; several under one address where a replacement was interrupted.
    pub objects: Vec<Object>,
    /// The objects with the names of the lab's whose deletion is scheduled, and that can be brought back.
    pub recoverable: Vec<Object>,
}

impl Snapshot {
    /// These objects.
    pub fn of(objects: Vec<Object>) -> Self {
        Self { objects, recoverable: Vec::new() }
    }

    /// The objects under `address`, with their places in `objects`.
    pub fn at<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = (usize, &'a Object)> {
        self.objects.iter().enumerate().filter(move |(_, object)| object.address == *address)
    }
}

/// The lab with its account filled in, whose account it is, and what is live of it.
#[derive(Debug)]
pub struct Reading {
    /// The spec.
    pub lab: Lab,
    /// Whose credentials these are.
    pub account: Account,
    /// What is live.
    pub live: Snapshot,
}

/// Reads the lab's account and all its objects for showing a plan: by name, and orphans through the tag index.
///
/// # Errors
/// Where the account isn't one that the lab allows, or where anything can't be read.
pub async fn read(cloud: &Cloud, source: &Source, evidence: Evidence) -> Result<Reading, Error> {
    let unbound = source.lab(None)?;
    let index = cloud.with_tag_index(source.name());
    let reader = match evidence {
        Evidence::Index => index.clone(),
        Evidence::Direct => cloud.with_direct_tags(),
    };
    // Names that hold the account's number wait for STS; all others are read meanwhile.
    let early: Vec<&Node> = unbound.nodes.values().filter(|node| !node.name_needs_account).collect();
    let identity = async { Ok::<_, Error>(cloud::identity(cloud).await?) };
    let candidates = async { Ok::<_, Error>((index.indexed().await?, index.indexed_roles().await?)) };
    let late = async {
        let account = identity.await?;
        guard(&unbound, &account)?;
        let lab = source.lab(Some(&account))?;
        let objects = {
            let late: Vec<&Node> = lab.nodes.values().filter(|node| node.name_needs_account).collect();
            read_named(&reader, &late, &lab.names(), evidence).await?
        };
        Ok::<_, Error>((account, lab, objects))
    };
    let names = unbound.names();
    let (early, (account, mut lab, late), (tagged, roles)) =
        futures::try_join!(read_named(&reader, &early, &names, evidence), late, candidates)?;
    let (recoverable, objects) = early.into_iter().chain(late).partition(|object| object.recoverable);
    let mut live = Snapshot { objects, recoverable };
    let direct = cloud.with_direct_tags();
    let orphans = orphans(&direct, &lab, &live, &tagged, &roles).await?;
    live.objects.extend(orphans);
    agree_on_protection(&mut lab, &mut live);
    Ok(Reading { lab, account, live })
}

/// The lab in the account that the credentials belong to, without a look at anything of it.
///
/// # Errors
/// Where the account isn't one that the lab allows, or isn't known.
pub async fn lab(cloud: &Cloud, source: &Source) -> Result<(Lab, Account), Error> {
    let account = cloud::identity(cloud).await?;
    guard(&source.lab(None)?, &account)?;
    Ok((source.lab(Some(&account))?, account))
}

/// What the spec protects is protected before its tag says so; and where the spec protects no more what the tag still
/// does, the tag is to change.
fn agree_on_protection(lab: &mut Lab, live: &mut Snapshot) {
    for object in &mut live.objects {
        match lab.nodes.get_mut(&object.address) {
            Some(node) if node.protect => object.protect = true,
            Some(node) if object.protect && object.kind.managed().is_some() => {
                let tags = &mut node.tags;
                tags.insert(PROTECT_TAG.to_owned(), "false".to_owned());
            }
            _ => {}
        }
    }
}

/// Lists every object of every kind that carries the lab's owner tag, without a spec and without the tag index.
///
/// # Errors
/// Where anything can't be read.
pub async fn list(cloud: &Cloud, lab: &str) -> Result<Snapshot, Error> {
    let cloud = &cloud.with_direct_tags();
    let listings = KINDS.iter().filter_map(|kind| kind.managed().map(|_| list_kind(cloud, lab, *kind)));
    let objects = try_join_all(listings).await?;
    Ok(Snapshot::of(objects.into_iter().flatten().collect()))
}

/// What IAM has to allow for reading a lab, beside what its resources need: the tag index, and the listings of all
/// kinds. That STS says whose the credentials are needs no permission (GetCallerIdentity, API reference).
pub fn grants(place: &Place) -> Vec<Grant> {
    let index = Grant::in_region(Need::Read, &["tag:GetResources"], place);
    KINDS.iter().flat_map(|kind| kind.listing(place)).chain([index]).collect()
}

/// Reads the objects of these nodes by name.
///
/// # Errors
/// Where anything can't be read.
pub async fn named(cloud: &Cloud, nodes: &[&Node], names: &Names, evidence: Evidence) -> Result<Vec<Object>, Error> {
    let mut objects = read_named(cloud, nodes, names, evidence).await?;
    objects.retain(|object| !object.recoverable);
    Ok(objects)
}

async fn read_named(cloud: &Cloud, nodes: &[&Node], names: &Names, evidence: Evidence) -> Result<Vec<Object>, Error> {
    let reads = KINDS.iter().filter_map(|kind| {
        let wanted: Vec<AnyWanted> = nodes
            .iter()
            .filter(|node| node.kind.kind() == kind.kind())
            .map(|node| AnyWanted { address: node.address.clone(), name: node.name.clone(), spec: node.spec.clone() })
            .collect();
        (!wanted.is_empty()).then_some(async move {
            let found = kind.read(cloud, &wanted, names).await?;
            Ok::<_, Error>(objects(*kind, found, evidence, cloud.now()))
        })
    });
    Ok(try_join_all(reads).await?.into_iter().flatten().collect())
}

async fn list_kind(cloud: &Cloud, lab: &str, kind: &'static dyn AnyKind) -> Result<Vec<Object>, Error> {
    let Some(managed) = kind.managed() else {
        return Ok(Vec::new());
    };
    let found = managed.list(cloud, lab).await?;
    let strays = objects(kind, found, Evidence::Direct, cloud.now()).into_iter();
    Ok(strays.map(|object| Object { stray: true, ..object }).collect())
}

/// What the tag index and the role path name that the spec doesn't, or not under that name; each confirmed by its own
/// kind's listing, because the index also lists what is deleted.
async fn orphans(
    cloud: &Cloud,
    lab: &Lab,
    live: &Snapshot,
    tagged: &BTreeMap<String, Tags>,
    roles: &[String],
) -> Result<Vec<Object>, Error> {
    let ids = |object: &Object| {
        let kind = object.kind.kind();
        object.kind.ids(&object.live).into_iter().map(move |id| (kind.to_owned(), id)).collect::<Vec<_>>()
    };
    let known: BTreeSet<(String, String)> = live.objects.iter().flat_map(ids).collect();
    let mut suspects = BTreeSet::new();
    for (arn, tags) in tagged {
        let Some(address) = tags.get(RESOURCE_TAG).and_then(|text| text.parse::<Address>().ok()) else {
            continue;
        };
        let is_known = ids_in(arn).map(|id| known.contains(&(address.kind.clone(), id.to_owned())));
        if !is_copy_of_ecs(arn) && !is_known.contains(&true) {
            suspects.insert(address.kind);
        }
    }
    let role = |arn: &String| known.contains(&("role".to_owned(), arn.clone()));
    if !roles.iter().all(role) {
        suspects.insert("role".to_owned());
    }
    let listings = suspects.iter().filter_map(|word| kind(word)).map(|kind| list_kind(cloud, &lab.place.lab, kind));
    let listed = try_join_all(listings).await?.into_iter().flatten();
    let is_new = |object: &Object| ids(object).iter().all(|id| !known.contains(id));
    Ok(listed.filter(is_new).collect())
}

/// Whether the object of this ARN has its tags from ECS, which copies a service's tags onto its tasks and their network
/// interfaces.
pub(crate) fn is_copy_of_ecs(arn: &str) -> bool {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.starts_with("task/") || resource.starts_with("network-interface/")
}

/// The ids by which a kind may know the object that has this ARN: the ARN; the id in it (a security group, a bucket); the
/// ARN of its family, because an older revision stands beside the current one by design.
pub(crate) fn ids_in(arn: &str) -> [&str; 3] {
    let id = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    let family = arn.rsplit_once(':').map_or(arn, |(family, _)| family);
    [arn, id, family]
}

fn objects(
    kind: &'static dyn AnyKind,
    found: Vec<Found<AnyLive>>,
    evidence: Evidence,
    read_at: SystemTime,
) -> Vec<Object> {
    let object = |one: Found<AnyLive>| {
        let (live, tags, leaving, recoverable) = match one.observed {
            Observed::Present { live, tags } => (live, tags, false, false),
            Observed::Leaving { live, tags } => (live, tags, true, false),
            Observed::Recoverable { live, tags } => (live, tags, false, true),
            Observed::Tombstone => return None,
        };
        Some(Object {
            address: one.address,
            kind,
            name: one.name,
            live,
            protect: tags.get(PROTECT_TAG).is_some_and(|text| text == "true"),
            tags,
            leaving,
            recoverable,
            stray: false,
            evidence,
            read_at,
        })
    };
    found.into_iter().filter_map(object).collect()
}

/// Refuses an account that the lab's `accounts` doesn't list.
fn guard(lab: &Lab, account: &Account) -> Result<(), Error> {
    if lab.accounts.is_empty() || lab.accounts.contains(&account.id) {
        return Ok(());
    }
    Err(Error::refused(format!(
        "these credentials are for account {} ({}), and `accounts` allows only {}",
        account.id,
        account.arn,
        lab.accounts.join(", ")
    ))
    .hint("sign in to the right account, or choose its profile with --profile"))
}
