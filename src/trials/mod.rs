//! Trials: labform over the embedded account, on a network and an AWS that misbehave, in virtual time.
//!
//! A [`World`] is one account with strangers' objects in it. Each command of labform in it is a process of its own: it
//! connects anew, and may be killed at any call. After each command an oracle that knows the whole account says whether
//! labform kept its word.

mod adopted;
mod beside;
mod cases;
mod certificates;
mod circles;
mod costs;
mod crashes;
mod credentials;
mod crowded;
mod drift;
mod elsewhere;
mod examples;
mod existing;
mod file_systems;
mod group_rules;
mod guards;
mod guests;
mod held;
mod images;
mod interrupted;
mod jobs;
mod labs;
mod listings;
pub(crate) mod lives;
mod mistagged;
mod neighbours;
mod network;
mod oracle;
mod propagation;
mod records;
mod revisions;
mod rules;
mod scaling;
mod shape;
mod speed;
mod stuck;
mod students;
mod swarm;
mod together;
mod vanishing;
mod watched;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use labs::{LAB_8, SMALL, SMALL_ADDRESSES};

use crate::apply::{Applied, Destroyed, Emptying, Event, Executor, Observer, Outcome, Wait, foresee};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{Cloud, troubled};
use crate::error::Error;
use crate::live::{self, Evidence};
use crate::model::Address;
use crate::plan::{self, Scope};
use crate::spec::Source;
use labform_account::Sandbox;

/// The longest that any command may take, in the account's time.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

/// One account, with others' objects in it. Clones share it.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    strangers: Arc<Mutex<oracle::Strangers>>,
}

/// The end of a command.
#[derive(Debug)]
pub(crate) enum End {
    /// The command ended with exit code 0.
    Done,
    /// The command ended with another, having said this.
    Failed(String),
    /// The command was killed.
    Killed,
}

/// The result of a command.
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

    /// Asserts that the command ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert!(matches!(self.end, End::Done), "{:?}", self.end);
        self
    }

    /// The words of the command's failure.
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

/// Lets nothing happen to any call.
pub(crate) fn calm(_: &Call) -> Trouble {
    Trouble::None
}

/// Runs a trial by itself: in one thread, so that it goes the same way every time.
pub(crate) fn trial<T>(run: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts").block_on(run)
}

pub(crate) fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

impl World {
    /// A fresh account with strangers' objects in it.
    pub(crate) async fn new() -> Self {
        let world = Self::without_images().await;
        // Most trials are of other things than of how images come.
        world.sandbox.with(|account| account.simulation("eu-west-1").images_are_there());
        world
    }

    /// The same with no image but those that are pushed.
    pub(crate) async fn without_images() -> Self {
        let sandbox = Sandbox::in_memory();
        let strangers = oracle::Strangers::settle_in(&sandbox).await;
        Self { sandbox, strangers: Arc::new(Mutex::new(strangers)) }
    }

    /// The same account once more, which what happens here doesn't reach.
    pub(crate) fn fork(&self) -> Self {
        Self { sandbox: self.sandbox.fork(), strangers: Arc::new(Mutex::new(self.strangers())) }
    }

    /// Runs `command` on the lab in `text` while `script` decides what becomes of its calls, and asks the oracle.
    pub(crate) async fn run(
        &self,
        command: &Command,
        text: &str,
        script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
    ) -> Ran {
        self.run_late(command, text, async {}, script).await
    }

    /// Runs as [`Self::run`] does, while `meanwhile` happens between the plan and its first step.
    pub(crate) async fn run_late(
        &self,
        command: &Command,
        text: &str,
        meanwhile: impl Future<Output = ()>,
        script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
    ) -> Ran {
        let ran = self.unasked(command, text, meanwhile, script).await;
        self.ask_oracle(&ran, command, &source(text)).await;
        ran
    }

    /// Runs as [`Self::run`] does without the oracle, for a command beside which others run.
    pub(crate) async fn unasked(
        &self,
        command: &Command,
        text: &str,
        meanwhile: impl Future<Output = ()>,
        script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
    ) -> Ran {
        self.at_source(command, &source(text), meanwhile, script).await
    }

    /// Runs `command` on a lab that has been read.
    async fn at_source(
        &self,
        command: &Command,
        source: &Source,
        meanwhile: impl Future<Output = ()>,
        script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
    ) -> Ran {
        let trouble = Troubled::new(&self.sandbox, script);
        let cloud = troubled(&self.sandbox, &trouble, source.region()).await;
        let begun = self.sandbox.now();
        // Boxed, because commands run within commands here, and a test's stack is small.
        let work = Box::pin(async {
            match command {
                Command::Apply => apply(&cloud, source, meanwhile).await,
                Command::Destroy(scope) => destroy(&cloud, source, scope, meanwhile).await,
            }
        });
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
        Ran { end, calls: trouble.calls() }
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
        self.sandbox.now().duration_since(begun).unwrap_or_default()
    }
}

async fn apply(cloud: &Cloud, source: &Source, meanwhile: impl Future<Output = ()>) -> Result<(), String> {
    let observer: Arc<dyn Observer> = Arc::new(Deaf);
    let executor = Executor { cloud, observer: &observer, stop: &CancellationToken::new() };
    let words = |error: Error| error.to_string();
    let look = &cloud.look();
    let mut reading = live::read_pretended(look, source, Evidence::Index).await.map_err(words)?;
    let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).map_err(words)?;
    let plan = foresee(look, None, &reading.live, plan).await;
    plan.refuse_forbidden().map_err(words)?;
    meanwhile.await;
    let scope = Scope::all();
    let converge = executor.converge(&scope, &mut reading, plan, Wait::UntilReady);
    match converge.await.map_err(words)? {
        Applied::Proven(..) => Ok(()),
        Applied::Incomplete(outcome) => Err(said(&outcome)),
        Applied::Unready(settled) => Err(lines(settled.failed.iter().chain(&settled.left))),
        Applied::Unproven(plan, _) => Err(lines(plan.effective().map(|one| (&one.address, one)))),
    }
}

async fn destroy(
    cloud: &Cloud,
    source: &Source,
    scope: &Scope,
    meanwhile: impl Future<Output = ()>,
) -> Result<(), String> {
    let observer: Arc<dyn Observer> = Arc::new(Deaf);
    let executor = Executor { cloud, observer: &observer, stop: &CancellationToken::new() };
    let words = |error: Error| error.to_string();
    let look = &cloud.look();
    let reading = live::read_to_destroy(look, source).await.map_err(words)?;
    let plan = plan::plan_destroy(&reading.lab.place, &reading.live, scope);
    let (lab, live) = (Some(&reading.lab), &reading.live);
    let plan = foresee(look, lab, live, plan).await;
    plan.refuse_forbidden().map_err(words)?;
    let shown = crate::jobs::running_tasks(cloud, lab, live, &plan).await.map_err(words)?;
    meanwhile.await;
    let stop_tasks = crate::jobs::stop_tasks(&executor, lab, live, &plan, shown);
    stop_tasks.await.map_err(words)?;
    let tear_down = executor.tear_down(&plan, Some(&reading.lab), &reading.live, scope, Emptying::AsLabSays);
    let Destroyed { outcome, left, .. } = tear_down.await.map_err(|unread| words(unread.error))?;
    match outcome.failed.is_empty() && outcome.skipped.is_empty() && left.is_empty() {
        true => Ok(()),
        false => {
            let left = lines(left.iter().map(|one| (&one.address, one)));
            Err([said(&outcome), left].join("\n").trim().to_owned())
        }
    }
}

fn lines<'a>(of: impl Iterator<Item = (&'a Address, impl fmt::Debug)>) -> String {
    of.map(|(address, what)| format!("{address}: {what:?}")).collect::<Vec<_>>().join("\n")
}

fn said(outcome: &Outcome) -> String {
    let failed = outcome.failed.iter();
    let failed = failed.map(|failure| {
        let error = Error::from(failure.error.clone());
        format!("{}: {error}", failure.address)
    });
    failed.collect::<Vec<_>>().join("\n")
}
