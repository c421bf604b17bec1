//! Whether this computer and this account are ready for labs, and for the one in lab.yaml: what is wrong, and the command
//! that mends it.
//!
//! Knows: what breaks a first day, how it is recognised, and its cure. Must not know: how findings are shown. Changes
//! nothing, neither here nor at AWS; what doesn't answer in time is unknown, and holds up nothing else.

mod account;
mod caller;
mod docker;
mod environment;
mod learner;
mod linked;
mod network;
mod proxy;
mod quotas;
mod rights;
#[cfg(test)]
mod tests;
mod tools;

use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::{LocalBoxFuture, join, join_all};
use tokio::time::{Instant, timeout_at};

use crate::cloud::{Cause, Cloud, CloudError, ErrorKind as CloudKind, Forbids, Registry};
use crate::error::{self, Error, ErrorKind};
use crate::resource::{NO_VPC, Resource as _};
use crate::resources::Vpc;
use crate::spec::{Lab, Node, Source};
use caller::Caller;

/// The time in which all has to be known.
pub const LIMIT: Duration = Duration::from_secs(4);
/// The time in which a call has to be answered, so that the reason why it isn't is known before all has to be.
pub const CALL: Duration = Duration::from_secs(3);

/// The state of what was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is as it has to be.
    Fine,
    /// It works, and somebody should know of it.
    Warning,
    /// It has to be mended first. The sort says which exit code tells of it.
    Wrong(ErrorKind),
    /// It couldn't be looked at.
    Unknown,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The word for what was looked at, as in `docker`.
    pub topic: &'static str,
    /// Its state.
    pub state: State,
    /// The words for it, as a lowercase fragment.
    pub says: String,
    /// What mends it: a command in backquotes, with what there is to say of it.
    pub cure: Option<String>,
}

/// What is looked at.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The clients, for the region if one is known.
    pub cloud: &'a Cloud,
    /// The lab, if there is a lab.yaml.
    pub lab: Spec<'a>,
    /// The region that was asked for; none if neither lab.yaml, nor an option, nor the environment gives one.
    pub region: Option<&'a str>,
    /// The profile that was asked for by an option.
    pub profile: Option<&'a str>,
    /// The variables of the environment.
    pub environment: &'a BTreeMap<String, String>,
    /// The endpoints that the environment or the profile puts in the place of AWS's, by what names them.
    pub endpoints: &'a BTreeMap<String, String>,
}

/// What is known of the lab.
#[derive(Debug)]
pub enum Spec<'a> {
    /// There is no file.
    None,
    /// The file is wrong.
    Wrong(&'a Error),
    /// The lab.
    Lab(&'a Source),
}

/// An examination of this computer.
type Here = for<'a> fn(&'a Surroundings<'a>) -> LocalBoxFuture<'a, Vec<Finding>>;
/// An examination of the account.
type There = for<'a> fn(&'a Surroundings<'a>, &'a Caller) -> LocalBoxFuture<'a, Vec<Finding>>;

/// The examinations of this computer, with the topic that each is about.
static HERE: [(&str, Here); 6] = [
    ("lab.yaml", |it| async move { environment::lab(it) }.boxed_local()),
    ("region", |it| async move { environment::region(it) }.boxed_local()),
    ("environment", |it| async move { environment::variables(it) }.boxed_local()),
    ("proxy", |it| async move { proxy::look(it) }.boxed_local()),
    (docker::TOPIC, |it| docker::look(it).boxed_local()),
    (tools::TOPIC, |it| tools::session_manager(it).boxed_local()),
];
/// The examinations of the account, likewise.
static THERE: [(&str, There); 5] = [
    ("learner account", |it, caller| async move { learner::look(it, caller) }.boxed_local()),
    ("network", |it, _| network::look(it).boxed_local()),
    ("rights", |it, caller| rights::look(it, caller).boxed_local()),
    ("service roles", |it, caller| linked::look(it, caller).boxed_local()),
    ("quotas", |it, _| quotas::look(it).boxed_local()),
];

/// Looks at everything, side by side, and returns what was found, in the order in which it is to be mended.
pub async fn examine(it: &Surroundings<'_>) -> Vec<Finding> {
    let end = Instant::now() + LIMIT;
    let within = async |topic: &'static str, found: LocalBoxFuture<'_, Vec<Finding>>| match timeout_at(end, found).await
    {
        Ok(found) => found,
        Err(_) => vec![late(it, topic)],
    };
    let here = join_all(HERE.iter().map(|(topic, look)| within(topic, look(it))));
    let there = async {
        let (mut found, caller) = match timeout_at(end, caller::look(it)).await {
            Ok(known) => known,
            Err(_) => (vec![late(it, "sign-in")], None),
        };
        if let Some(caller) = &caller {
            found.extend(join_all(THERE.iter().map(|(topic, look)| within(topic, look(it, caller)))).await.concat());
        }
        found
    };
    let (here, there) = join(here, there).await;
    here.concat().into_iter().chain(there).collect()
}

/// Returns the exit code for what was found: that of the first that is wrong, and 1 if something isn't known.
pub fn exit_code(found: &[Finding]) -> u8 {
    let wrong = found.iter().find_map(|one| match one.state {
        State::Wrong(kind) => Some(kind.exit_code()),
        State::Fine | State::Warning | State::Unknown => None,
    });
    let is_unknown = found.iter().any(|one| one.state == State::Unknown);
    wrong.unwrap_or(if is_unknown { error::FAILED } else { error::DONE })
}

/// Returns whether a resource is the account's default VPC.
fn is_default(node: &Node) -> bool {
    node.is_looked_up() && node.kind.kind() == Vpc::KIND && node.name == NO_VPC
}

fn late(it: &Surroundings<'_>, topic: &'static str) -> Finding {
    let (who, cure) = match topic {
        docker::TOPIC => ("Docker".to_owned(), Cause::DockerNotRunning.hint().map(str::to_owned)),
        tools::TOPIC => ("session-manager-plugin".to_owned(), None),
        _ => (it.host(), it.way_to_aws()),
    };
    let says = format!("{who} did not answer within {} s", LIMIT.as_secs());
    Finding { cure, ..Finding::new(topic, State::Unknown, says) }
}

impl Finding {
    fn new(topic: &'static str, state: State, says: impl Into<String>) -> Self {
        Self { topic, state, says: says.into(), cure: None }
    }

    fn fine(topic: &'static str, says: impl Into<String>) -> Self {
        Self::new(topic, State::Fine, says)
    }

    fn warning(topic: &'static str, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { cure: Some(cure.into()), ..Self::new(topic, State::Warning, says) }
    }

    fn wrong(topic: &'static str, says: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { cure: Some(cure.into()), ..Self::new(topic, State::Wrong(ErrorKind::Failed), says) }
    }

    /// The same finding, whose exit code is that of errors of this sort.
    fn of(self, kind: ErrorKind) -> Self {
        Self { state: State::Wrong(kind), ..self }
    }

    /// An error, with its advice.
    fn error(topic: &'static str, error: &Error) -> Self {
        let cure = (!error.hints.is_empty()).then(|| error.hints.join("; "));
        Self { cure, ..Self::new(topic, State::Wrong(error.kind), error.message.clone()) }
    }

    /// A call that failed for another reason than what is looked at.
    fn unanswered(it: &Surroundings<'_>, topic: &'static str, error: &CloudError) -> Self {
        match error.kind() {
            CloudKind::Denied => {
                let says =
                    format!("not known: the credentials may not {}, which nothing else asks", rights::action(error));
                let cure = Forbids::of(error.message()).map(|forbids| forbids.hint().to_owned());
                Self { cure, ..Self::new(topic, State::Warning, says) }
            }
            CloudKind::Network => {
                let says = format!("no answer from {}: {}", it.host(), error.message());
                Self { cure: it.way_to_aws(), ..Self::new(topic, State::Unknown, says) }
            }
            _ => Self { state: State::Unknown, ..Self::error(topic, &Error::from(error.clone())) },
        }
    }
}

impl<'a> Surroundings<'a> {
    /// The lab, as far as it is known without AWS.
    fn lab(&self) -> Option<&'a Lab> {
        match self.lab {
            Spec::Lab(source) => Some(source.lab()),
            Spec::None | Spec::Wrong(_) => None,
        }
    }

    /// Whether the account is the embedded one: nothing leaves this computer.
    fn is_embedded(&self) -> bool {
        self.cloud.registry == Registry::Pretended
    }

    /// The value of the first of these variables that is there, be it empty.
    fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'a str)> {
        names.iter().find_map(|name| Some((*name, self.environment.get(*name)?.as_str())))
    }

    /// The value of the first of these variables that is set to something.
    fn variable<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &'a str)> {
        let set = |name: &&'n str| Some((*name, self.environment.get(*name)?.as_str()));
        names.iter().filter_map(set).find(|(_, value)| !value.is_empty())
    }
}
