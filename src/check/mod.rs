//! Checkpoints: whether a lab shows what it has to, and the points for that.
//!
//! Knows: what each assertion of a checkpoint asks AWS, this machine or a site, and what it takes to be met. Must not know:
//! how points are shown, or whose they are. Never writes to AWS, and never reads a secret's value.

mod asked;
mod grants;
mod here;
mod site;
mod tasks;

pub use grants::grants;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures::future::join_all;
use serde::Serialize;

use crate::cloud::{Account, Cloud};
use crate::error::Error;
use crate::live::{self, Evidence, Object};
use crate::model::{Address, Known};
use crate::plan::entry;
use crate::resource::Others;
use crate::spec::{CHECK, Lab, Node, Source, suggest};

/// Whether the programs that checkpoints name may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commands {
    /// They run: the grader trusts lab.yaml.
    Run,
    /// They don't run, and give no points.
    Leave,
}

/// What a checkpoint came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It is met.
    Passed,
    /// It isn't met.
    Missed,
    /// It couldn't be looked at: AWS refused, or didn't answer.
    Unknown,
}

/// A checkpoint with what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// The checkpoint's address.
    pub address: Address,
    /// The assertion in the teacher's words.
    pub description: Option<String>,
    /// The points that it gives if it is met.
    pub points: f64,
    /// What it came to.
    pub outcome: Outcome,
    /// What was found, or why nothing could be.
    pub found: String,
}

impl Verdict {
    /// The points that it gave.
    pub fn earned(&self) -> f64 {
        if self.outcome == Outcome::Passed { self.points } else { 0.0 }
    }
}

/// What an assertion came to, and what was found.
type Finding = (Outcome, String);

fn passed(found: impl Into<String>) -> Finding {
    (Outcome::Passed, found.into())
}

fn missed(found: impl Into<String>) -> Finding {
    (Outcome::Missed, found.into())
}

fn unknown(why: &impl ToString) -> Finding {
    (Outcome::Unknown, why.to_string())
}

/// Looks at the checkpoints `names` of a lab, all at once; at all of them if none is named. Paths and programs start at
/// `folder`. What can't be looked at is told of its checkpoint, and hides no other. Returns them with whose account it is.
///
/// # Errors
/// If the lab has no such checkpoint, or none at all; if the account isn't one that the lab allows.
pub async fn check(
    cloud: &Cloud,
    source: &Source,
    names: &[String],
    folder: &Path,
    commands: Commands,
) -> Result<(Account, Vec<Verdict>), Error> {
    let cloud = &cloud.look();
    let asked = known(source.lab(), names)?;
    let used = used(source.lab(), &asked);
    let (lab, account) = live::lab_with(cloud, source, |node| used.contains(&node.address)).await?;
    let read = Read::of(cloud, &lab, &used).await;
    let verdicts = asked.into_iter().map(|name| async {
        let checkpoint = lab.checkpoint_with(name, &read.others).expect("the lab has the checkpoint")?;
        let asking = asked::Asking { cloud, lab: &lab, folder, commands, read: &read };
        let (outcome, found) = asking.about(&checkpoint).await;
        let (address, points) = (Address::new(CHECK, name.as_str()), checkpoint.points());
        Ok(Verdict { address, description: checkpoint.description, points, outcome, found })
    });
    let verdicts = join_all(verdicts).await.into_iter().collect::<Result<_, Error>>()?;
    Ok((account, verdicts))
}

/// The resources that these checkpoints refer to, and those whose outputs stand in their texts.
fn used(lab: &Lab, names: &[&String]) -> BTreeSet<Address> {
    let refs = names.iter().flat_map(|name| lab.checkpoints[*name].refs()).map(|reference| reference.address);
    refs.chain(names.iter().flat_map(|name| lab.checkpoint_needs(name))).collect()
}

/// Returns the names of the checkpoints that are asked for: all of the lab, if none is named.
///
/// # Errors
/// If the lab has no such checkpoint, or none at all.
fn known<'a>(lab: &'a Lab, names: &[String]) -> Result<Vec<&'a String>, Error> {
    if lab.checkpoints.is_empty() {
        let error = Error::invalid("the lab has no checkpoints").hint("`checks:` in lab.yaml gives it some");
        return Err(error.hint("`labform validate` checks lab.yaml itself"));
    }
    if names.is_empty() {
        return Ok(lab.checkpoint_order.iter().collect());
    }
    let found = names.iter().map(|name| match lab.checkpoints.get_key_value(name) {
        Some((known, _)) => Ok(known),
        None => {
            let error = Error::invalid(format!("the lab has no checkpoint `{name}`"));
            let hint = suggest(name, lab.checkpoints.keys().map(String::as_str));
            Err(hint.into_iter().fold(error, Error::hint))
        }
    });
    found.collect()
}

/// The objects that checkpoints refer to, as far as they could be read.
struct Read {
    objects: BTreeMap<Address, Object>,
    /// Why the objects of a kind couldn't be read.
    unread: BTreeMap<String, String>,
    /// What the texts of checkpoints are filled from.
    others: Others,
}

impl Read {
    /// Reads by name, each kind for itself, so that one that may not be read hides no other.
    async fn of(cloud: &Cloud, lab: &Lab, all: &BTreeSet<Address>) -> Self {
        let mut kinds: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
        for node in all.iter().filter_map(|address| lab.nodes.get(address)) {
            kinds.entry(node.kind.kind()).or_default().push(node);
        }
        let names = lab.names();
        let reads = kinds.iter().map(|(kind, nodes)| async {
            (*kind, live::named(cloud, &lab.place.lab, nodes, &names, Evidence::Direct).await)
        });
        let mut read =
            Self { objects: BTreeMap::new(), unread: BTreeMap::new(), others: Others::new(lab.place.clone()) };
        for (kind, found) in join_all(reads).await {
            match found {
                Ok(found) => {
                    let there = found.into_iter().filter(|object| !object.leaving);
                    read.objects.extend(there.map(|object| (object.address.clone(), object)));
                }
                Err(error) => drop(read.unread.insert(kind.to_owned(), Error::from(error).message)),
            }
        }
        for node in all.iter().filter_map(|address| lab.nodes.get(address)) {
            let live = read.objects.get(&node.address).map(|object| &object.live);
            read.others.insert(node.address.clone(), entry(node.kind, &lab.place, &node.name, live));
        }
        read
    }

    /// The object at `address`.
    ///
    /// # Errors
    /// What is to be told of a checkpoint if it isn't there, or couldn't be read.
    fn object(&self, address: &Address) -> Result<&Object, Finding> {
        if let Some(why) = self.unread.get(&address.kind) {
            return Err(unknown(why));
        }
        self.objects.get(address).ok_or_else(|| missed(format!("{address} isn't there")))
    }

    /// Whether a text of a checkpoint is filled.
    fn is_filled(text: &str) -> bool {
        !text.contains(&Known::<String>::AfterApply.shown())
    }
}
