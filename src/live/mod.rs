//! Reads all that the lab owns or names, every kind at once.
//!
//! Knows: how to find objects by name, by owner tag and by listing. Must not know: what will be done with them.
//! Never writes to AWS.

mod by_path;
mod labs;
mod listing;
mod looked_up;
mod object;
mod strays;

pub use labs::{KnownLab, labs};
pub use listing::{grants, list};
pub use object::{Evidence, Object, Snapshot, Unlisted, holds};
pub(crate) use strays::{ids_in, is_copy, is_of_kind, kind_in};

use std::borrow::Borrow;
use std::time::{Duration, SystemTime};

use futures::future::try_join_all;

use crate::cloud::{self, Account, Cloud, CloudError};
use crate::error::{Error, ErrorKind};
use crate::resource::{AnyWanted, Detail, FoundOf, Names, Sources, with_tags};
use crate::resources::{EXISTING, KINDS};
use crate::spec::{Lab, Node, Source};
use looked_up::{LookedUp, look_up};
use object::{Question, found};
use strays::strays;

/// The time that STS may take to say whether anybody is signed in, once something else has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lab in an account, whose account that is, and everything of it that is live.
#[derive(Debug)]
pub struct Reading {
    /// The lab.
    pub lab: Lab,
    /// The account that the credentials belong to.
    pub account: Account,
    /// The live objects.
    pub live: Snapshot,
}

/// Reads the lab's account and all its objects for showing a plan: by name, and orphans through the tag index.
/// `sources` is what the lab's resources were found to be made from.
///
/// # Errors
/// If the account isn't one that the lab allows, or if anything can't be read.
pub async fn read(cloud: &Cloud, source: &Source, sources: Sources, evidence: Evidence) -> Result<Reading, Error> {
    read_with(cloud, source, sources, evidence.into(), LookedUp::told).await
}

/// Reads as [`read`] does, directly and for a destroy: what the lab uses and doesn't own may be gone by then.
///
/// # Errors
/// If the account isn't one that the lab allows, or if anything can't be read.
pub async fn read_to_destroy(cloud: &Cloud, source: &Source) -> Result<Reading, Error> {
    read_with(cloud, source, Sources::new(), Evidence::Direct.into(), |found, _| Ok(found.objects)).await
}

async fn read_with(
    cloud: &Cloud,
    source: &Source,
    sources: Sources,
    question: Question,
    told: fn(LookedUp, &Source) -> Result<Vec<Object>, Error>,
) -> Result<Reading, Error> {
    let named = async {
        let (account, found) = placed(cloud, source, |_| true).await?;
        let lab = source.at(&account, &found.names())?;
        Ok((lab, account, told(found, source)?))
    };
    let (mut lab, account, live) = look(cloud, source.lab(), named, sources, question).await?;
    let now = cloud.now();
    let expires = lab.expires.map(|expiry| expiry.after(now));
    lab.record = live.record(&lab.place.lab).tags(&account, now, expires);
    Ok(Reading { lab, account, live })
}

/// Reads as [`read`] does, while what images are made from is pretended.
///
/// # Errors
/// The errors of [`read`].
#[cfg(test)]
pub(crate) async fn read_pretended(cloud: &Cloud, source: &Source, evidence: Evidence) -> Result<Reading, Error> {
    read(cloud, source, source.pretended_sources(), evidence).await
}

/// Reads all that is compared as [`read_pretended`] does, with the tags as their own services tell them.
///
/// # Errors
/// The errors of [`read`].
#[cfg(test)]
pub(crate) async fn read_surely(cloud: &Cloud, source: &Source) -> Result<Reading, Error> {
    let question = Question { evidence: Evidence::Direct, detail: Detail::Fields };
    read_with(cloud, source, source.pretended_sources(), question, LookedUp::told).await
}

impl Reading {
    /// Reads the same lab with the same sources once more.
    ///
    /// # Errors
    /// The errors of [`read`].
    pub async fn again(&mut self, cloud: &Cloud, evidence: Evidence) -> Result<(), Error> {
        let sources = std::mem::take(&mut self.live.sources);
        let named = async {
            let looked = look_up(cloud, &self.lab, |_| true);
            let (account, found) = futures::try_join!(allowed(cloud, &self.lab), looked)?;
            Ok((&self.lab, account, found.narrowed().objects))
        };
        let (_, account, live) = look(cloud, &self.lab, named, sources, evidence.into()).await?;
        (self.account, self.live) = (account, live);
        Ok(())
    }
}

/// The lab in the account that the credentials belong to. Nothing of the account is looked at but what the lab uses and
/// doesn't own.
///
/// # Errors
/// If the account isn't one that the lab allows, or isn't known, or if something that the lab uses isn't there.
pub async fn lab(cloud: &Cloud, source: &Source) -> Result<(Lab, Account), Error> {
    lab_with(cloud, source, |_| true).await
}

/// Returns what [`lab`] does, having looked up only what `wants` says.
///
/// # Errors
/// The errors of [`lab`].
pub async fn lab_with(cloud: &Cloud, source: &Source, wants: impl Fn(&Node) -> bool) -> Result<(Lab, Account), Error> {
    let (account, found) = placed(cloud, source, wants).await?;
    let lab = source.at(&account, &found.names())?;
    found.told(source)?;
    Ok((lab, account))
}

/// The account, and what the lab uses there and doesn't own, as far as it is wanted.
async fn placed(cloud: &Cloud, source: &Source, wants: impl Fn(&Node) -> bool) -> Result<(Account, LookedUp), Error> {
    let lab = source.lab();
    let now = look_up(cloud, lab, |node| !node.name_needs_account && wants(node));
    let (account, mut found) = futures::try_join!(allowed(cloud, lab), now)?;
    if lab.nodes.values().any(|node| node.is_looked_up() && node.name_needs_account && wants(node)) {
        let named = source.at(&account, &found.names())?;
        found.extend(look_up(cloud, &named, |node| node.name_needs_account && wants(node)).await?);
    }
    Ok((account, found.narrowed()))
}

/// Returns the account that the credentials belong to.
async fn allowed(cloud: &Cloud, lab: &Lab) -> Result<Account, Error> {
    let account = cloud::identity(cloud).await?;
    guard(&lab.accounts, &account)?;
    Ok(account)
}

/// Reads all of a lab. Names that hold the account's number wait for `named`, which gives the lab with that number; all
/// others are read meanwhile under their names in `unnamed`.
async fn look<L: Borrow<Lab>>(
    cloud: &Cloud,
    unnamed: &Lab,
    named: impl Future<Output = Result<(L, Account, Vec<Object>), Error>>,
    sources: Sources,
    question: Question,
) -> Result<(L, Account, Snapshot), Error> {
    let cloud = &cloud.look();
    let index = cloud.with_tag_index(&unnamed.place.lab);
    let reader = match question.evidence {
        Evidence::Index => index.clone(),
        Evidence::Direct => cloud.with_direct_tags(),
    };
    let of = async |lab: &Lab, waits: bool| {
        // What stands in something that isn't there is found by its tags, if it is there itself.
        let own = lab.nodes.values().filter(|node| !(node.is_looked_up() || waits && lab.is_adrift(node)));
        let nodes: Vec<&Node> = own.filter(|node| unnamed.nodes[&node.address].name_needs_account == waits).collect();
        read_named(&reader, &lab.place.lab, &nodes, &lab.names(), &sources, question).await
    };
    let late = async {
        let (lab, account, mut objects) = named.await?;
        objects.extend(of(lab.borrow(), true).await?);
        Ok((lab, account, objects))
    };
    let candidates =
        async { Ok(futures::try_join!(async { Ok(index.indexed().await?) }, by_path::candidates(&index, unnamed))?) };
    let (early, (lab, account, late), (tagged, (roles, unlisted))) =
        match futures::try_join!(async { Ok(of(unnamed, false).await?) }, late, candidates) {
            Ok(read) => read,
            Err(error) => return Err(or_not_signed_in(cloud, error).await),
        };
    let (recoverable, objects) = early.into_iter().chain(late).partition(|object| object.recoverable);
    let mut live = Snapshot { objects, recoverable, sources, unlisted };
    live.objects.extend(strays(&cloud.with_direct_tags(), lab.borrow(), &live, &tagged, &roles).await?);
    for object in &mut live.objects {
        // What the spec protects is protected before its tag says so.
        object.protect |= lab.borrow().nodes.get(&object.address).is_some_and(|node| node.protect);
    }
    Ok((lab, account, live))
}

/// Returns that nobody is signed in if STS says so, else `error`: where keys have expired, one service says so, another
/// that something is denied, and a third nothing at all.
async fn or_not_signed_in(cloud: &Cloud, error: Error) -> Error {
    if error.kind != ErrorKind::Failed {
        return error;
    }
    tokio::select! {
        asked = cloud::identity(cloud) => match asked {
            Err(other) if other.not_signed_in().is_some() => other.into(),
            _ => error,
        },
        () = cloud.sleep(PATIENCE) => error,
    }
}

/// Reads the objects of these nodes of `lab` by name.
///
/// # Errors
/// If anything can't be read.
pub async fn named(
    cloud: &Cloud,
    lab: &str,
    nodes: &[&Node],
    names: &Names,
    evidence: Evidence,
) -> cloud::Result<Vec<Object>> {
    let mut objects = read_named(cloud, lab, nodes, names, &Sources::new(), evidence.into()).await?;
    objects.retain(|object| !object.recoverable);
    Ok(objects)
}

async fn read_named(
    cloud: &Cloud,
    lab: &str,
    nodes: &[&Node],
    names: &Names,
    sources: &Sources,
    Question { evidence, detail }: Question,
) -> cloud::Result<Vec<Object>> {
    // What has no life of its own is neither adopted nor deleted by itself.
    let kinds = KINDS.iter().chain(EXISTING).filter(|kind| detail == Detail::Fields || kind.stands_alone());
    let reads = kinds.filter_map(|kind| {
        let is_of = |node: &Node| node.kind.kind() == kind.kind() && node.is_looked_up() == kind.lookup().is_some();
        let wanted: Vec<AnyWanted> = nodes
            .iter()
            .filter(|node| is_of(node))
            .map(|node| AnyWanted {
                address: node.address.clone(),
                name: node.name.clone(),
                spec: node.spec.clone(),
                source: sources.get(&node.address).cloned(),
                lab: lab.to_owned(),
                detail,
            })
            .collect();
        (!wanted.is_empty()).then_some(async move {
            let found = kind.read(cloud, &wanted, names).await?;
            Ok::<_, CloudError>(((*kind, found), cloud.now()))
        })
    });
    let (read, times): (Vec<FoundOf>, Vec<SystemTime>) = try_join_all(reads).await?.into_iter().unzip();
    let read = with_tags(cloud, read).await?.into_iter().zip(times);
    Ok(read.flat_map(|((kind, all), read_at)| found(kind, all, evidence, read_at)).collect())
}

/// Refuses an account that `accounts` of a lab doesn't list.
///
/// # Errors
/// If it lists others.
pub fn guard(accounts: &[String], account: &Account) -> Result<(), Error> {
    if accounts.is_empty() || accounts.contains(&account.id) {
        return Ok(());
    }
    Err(Error::refused(format!(
        "these credentials are for account {} ({}), and `accounts` allows only {}",
        account.id,
        account.arn,
        accounts.join(", ")
    ))
    .hint("sign in to the right account, or choose its profile with --profile"))
}
