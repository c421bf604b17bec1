//! Trials: labform over the embedded account, on a network and an AWS that misbehave, in virtual time.
//!
//! A [`World`] is one account with strangers' objects in it. Each command of labform in it is a process of its own: it
//! connects anew, and may be killed at any call. After each command an oracle that knows the whole account says whether
//! labform kept its word.

mod crashes;
mod network;
mod oracle;
mod shape;
mod swarm;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::apply::{Applied, Destroyed, Event, Executor, Observer, Outcome, Wait};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{Cloud, troubled};
use crate::error::Error;
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};
use crate::sandbox::Sandbox;
use crate::spec::Source;

/// The lab that must work.
const LAB_8: &str = include_str!("../../lab.yaml");
/// The longest that any command may take, in the account's time.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// One account, with others' objects in it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    strangers: oracle::Strangers,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With exit code 0.
    Done,
    /// With another, having said this.
    Failed(String),
    /// It was killed.
    Killed,
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) end: End,
    pub(crate) calls: Vec<Call>,
}

impl Ran {
    /// The calls that may have changed something.
    pub(crate) fn changes(&self) -> usize {
        self.calls.iter().filter(|call| call.changes()).count()
    }

    /// Itself, having ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert!(matches!(self.end, End::Done), "{:?}", self.end);
        self
    }

    /// What it said when it failed.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        match self.end {
            End::Failed(words) => words,
            end => panic!("it did not fail: {end:?}"),
        }
    }
}

/// A command of labform.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// `apply`.
    Apply,
    /// `destroy`, with the file.
    Destroy(Scope),
}

#[derive(Debug)]
struct Deaf;

impl Observer for Deaf {
    fn event(&self, _: Event) {}
}

/// Nothing happens to any call.
pub(crate) fn calm(_: &Call) -> Trouble {
    Trouble::None
}

/// Runs a trial by itself: in one thread, so that it goes the same way every time.
pub(crate) fn trial(run: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts")
        .block_on(run);
}

pub(crate) fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

impl World {
    /// A fresh account with strangers' objects in it.
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::in_memory();
        let strangers = oracle::Strangers::settle_in(&sandbox).await;
        Self { sandbox, strangers }
    }

    /// The same account once more, which what happens here doesn't reach.
    pub(crate) fn fork(&self) -> Self {
        Self {
            sandbox: self.sandbox.fork(),
            strangers: self.strangers.clone(),
        }
    }

    /// Runs `command` on the lab in `text` while `script` decides what becomes of its calls, and asks the oracle.
    pub(crate) async fn run(
        &self,
        command: &Command,
        text: &str,
        script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
    ) -> Ran {
        let trouble = Troubled::new(&self.sandbox, script);
        let source = source(text);
        let cloud = troubled(&self.sandbox, &trouble, source.region()).await;
        let begun = self.sandbox.now();
        let work = async {
            match command {
                Command::Apply => apply(&cloud, &source).await,
                Command::Destroy(scope) => destroy(&cloud, &source, scope).await,
            }
        };
        let end = tokio::select! {
            biased;
            () = trouble.killed() => End::Killed,
            end = work => match end {
                Ok(()) => End::Done,
                Err(words) => End::Failed(words),
            },
        };
        let took = self.took(begun);
        assert!(took < PATIENCE, "{command:?} took {took:?}");
        let ran = Ran {
            end,
            calls: trouble.calls(),
        };
        self.ask_oracle(&ran, command, &source).await;
        ran
    }

    /// Runs `apply` in calm.
    pub(crate) async fn apply(&self, text: &str) -> Ran {
        self.run(&Command::Apply, text, calm).await
    }

    /// Runs `destroy` in calm.
    pub(crate) async fn destroy(&self, text: &str) -> Ran {
        self.run(&Command::Destroy(Scope::all()), text, calm).await
    }

    fn took(&self, begun: SystemTime) -> Duration {
        let now = self.sandbox.now();
        now.duration_since(begun).unwrap_or_default()
    }
}

async fn apply(cloud: &Cloud, source: &Source) -> Result<(), String> {
    let observer: Arc<dyn Observer> = Arc::new(Deaf);
    let executor = Executor {
        cloud,
        observer: &observer,
        stop: &CancellationToken::new(),
    };
    let words = |error: Error| error.to_string();
    let reading = live::read(cloud, source, Evidence::Index)
        .await
        .map_err(words)?;
    let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).map_err(words)?;
    let scope = Scope::all();
    let converge = executor.converge(source, &scope, reading, plan, Wait::UntilReady);
    match converge.await.map_err(words)? {
        Applied::Proven(..) => Ok(()),
        Applied::Incomplete(outcome) => Err(said(&outcome)),
        Applied::Unready(settled) => Err(format!("{settled:?}")),
        Applied::Unproven(plan) => Err(format!("{:?}", plan.effective().collect::<Vec<_>>())),
    }
}

async fn destroy(cloud: &Cloud, source: &Source, scope: &Scope) -> Result<(), String> {
    let observer: Arc<dyn Observer> = Arc::new(Deaf);
    let executor = Executor {
        cloud,
        observer: &observer,
        stop: &CancellationToken::new(),
    };
    let words = |error: Error| error.to_string();
    let reading = live::read(cloud, source, Evidence::Direct)
        .await
        .map_err(words)?;
    let plan = plan::plan_destroy(&reading.lab.place, &reading.live, scope);
    let tear_down = executor.tear_down(&plan, Some(&reading.lab), &reading.live, scope);
    let Destroyed { outcome, left, .. } = tear_down.await.map_err(words)?;
    match outcome.failed.is_empty() && outcome.skipped.is_empty() && left.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\n{left:?}", said(&outcome))),
    }
}

fn said(outcome: &Outcome) -> String {
    let failed = outcome.failed.iter();
    let failed = failed.map(|failure| format!("{}: {}", failure.address, failure.error));
    failed.collect::<Vec<_>>().join("\n")
}
