//! `labform run` on an account that misbehaves, in virtual time: one task however often it is killed, an end that is told
//! right, and nothing of it left after a destroy.

mod checks;
mod destroyed;
mod ends;
mod files;
mod once;
mod stop_requests;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Deaf, LAB_8, World, calm, source, trial};
use crate::apply::{Applied, Executor, Observer, Wait};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{Cloud, troubled};
use crate::error::Error;
use crate::jobs::{self, Asked, Attach, By, JobEnd, JobEvent, StopRequest};
use crate::live::{self, Evidence};
use crate::plan::{self, Plan};
use crate::resource::{Explanation, Others};
use crate::spec::{Lab, Source};
use labform_account::Item;

const JOB: &str = "classifier";
const FAMILY: &str = "image-classifier";
const REGION: &str = "eu-west-1";

/// The result of a `labform run`.
struct Ran {
    /// The end; none if the run was killed.
    end: Option<Result<JobEnd, Error>>,
    events: Vec<JobEvent>,
    calls: Vec<Call>,
}

impl Ran {
    #[track_caller]
    fn ended(&self) -> &JobEnd {
        match &self.end {
            Some(Ok(end)) => end,
            other => panic!("it has no end: {other:?}\n{:#?}", self.events),
        }
    }

    #[track_caller]
    fn failed(&self) -> &Error {
        match &self.end {
            Some(Err(error)) => error,
            other => panic!("it didn't fail: {other:?}"),
        }
    }

    /// The ARN of the task that the run followed, and whether that was running already.
    #[track_caller]
    fn task(&self) -> (String, bool) {
        let task = self.events.iter().find_map(|event| match event {
            JobEvent::Started { task } => Some((task.clone(), false)),
            JobEvent::Attached { task, .. } => Some((task.clone(), true)),
            _ => None,
        });
        task.unwrap_or_else(|| panic!("it has no task: {:#?}", self.events))
    }

    fn states(&self) -> Vec<&str> {
        let states = self.events.iter().filter_map(|event| match event {
            JobEvent::State { state, .. } => Some(state.as_str()),
            _ => None,
        });
        states.collect()
    }

    fn log(&self) -> Vec<&str> {
        let lines = self.events.iter().filter_map(|event| match event {
            JobEvent::Log { line, .. } => Some(line.as_str()),
            _ => None,
        });
        lines.collect()
    }

    fn explanation(&self) -> Option<&Explanation> {
        self.events.iter().find_map(|event| match event {
            JobEvent::Explained { explanation } => Some(explanation),
            _ => None,
        })
    }
}

/// The user's reaction to an event.
type Reaction = Box<dyn Fn(&JobEvent, &watch::Sender<StopRequest>) + Send + Sync>;

/// A process of `labform run classifier`.
struct Process<'a> {
    text: &'a str,
    asked: Asked,
    folder: &'a Path,
    reaction: Reaction,
}

impl<'a> Process<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, asked: Asked::default(), folder: Path::new("."), reaction: Box::new(|_, _| {}) }
    }

    fn in_folder(self, folder: &'a Path) -> Self {
        Self { folder, ..self }
    }

    fn new_task(mut self) -> Self {
        self.asked.attach = Attach::Never;
        self
    }

    /// Lets the user react to events.
    fn reacting(self, reaction: impl Fn(&JobEvent, &watch::Sender<StopRequest>) + Send + Sync + 'static) -> Self {
        Self { reaction: Box::new(reaction), ..self }
    }

    /// Lets the user wish this once the task is in `state`.
    fn asking(self, at: &'static str, stop_request: StopRequest) -> Self {
        self.reacting(move |event, stop_requests| {
            if matches!(event, JobEvent::State { state, .. } if state == at) {
                stop_requests.send_replace(stop_request);
            }
        })
    }

    async fn run(self, world: &World, script: impl Fn(&Call) -> Trouble + Send + Sync + 'static) -> Ran {
        let trouble = Troubled::new(&world.sandbox, script);
        let source = source(self.text);
        let cloud = troubled(&world.sandbox, &trouble, source.region()).await;
        let events = Arc::new(Mutex::new(Vec::new()));
        let (stop_requests, stop_requested) = watch::channel(StopRequest::None);
        let tell = |event: JobEvent| {
            (self.reaction)(&event, &stop_requests);
            events.lock().unwrap().push(event);
        };
        let work = Box::pin(async {
            let (lab, others) = prepare(&cloud, &source, jobs::only_creates).await?;
            let request = jobs::request(&lab, JOB, &self.asked, &others)?;
            jobs::run(&cloud, &request, self.folder, &tell, stop_requested, || Ok(())).await
        });
        let end = tokio::select! {
            biased;
            () = trouble.killed() => None,
            end = work => Some(end),
        };
        let events = events.lock().unwrap().clone();
        Ran { end, events, calls: trouble.calls() }
    }
}

/// Does what the command does before the task: makes what the job needs, if `may` lets it.
async fn prepare(
    cloud: &Cloud,
    source: &Source,
    may: fn(&Plan, &str) -> Result<(), Error>,
) -> Result<(Lab, Others), Error> {
    let mut reading = live::read_pretended(cloud, source, Evidence::Index).await?;
    let scope = jobs::needs(&reading.lab, JOB);
    let mut plan = plan::plan(&reading.lab, &reading.live, &scope)?;
    may(&plan, JOB)?;
    if !plan.is_empty() {
        let observer: Arc<dyn Observer> = Arc::new(Deaf);
        let executor = Executor { cloud, observer: &observer, stop: &CancellationToken::new() };
        let converge = executor.converge(&scope, &mut reading, plan, Wait::UntilReady);
        plan = match converge.await? {
            Applied::Proven(_, plan) => plan,
            other => return Err(Error::failed(format!("{other:?}"))),
        };
    }
    Ok((reading.lab, plan.others))
}

/// The tasks of the lab's jobs, those that have stopped included.
fn tasks(world: &World) -> Vec<Item> {
    let items = world.sandbox.inventory().into_iter();
    let is_job = |item: &Item| {
        let resource = item.tags.get("labform:resource");
        item.kind == "ecs:task" && resource.is_some_and(|address| address.starts_with("job."))
    };
    items.filter(is_job).collect()
}

/// The number of tasks that have not stopped.
fn on(world: &World) -> usize {
    tasks(world).into_iter().filter(|task| task.tombstone.is_none()).count()
}

async fn applied() -> World {
    let world = World::new().await;
    world.apply(LAB_8).await.done();
    world
}

/// Lets time pass.
async fn pass(world: &World, seconds: u64) {
    use aws_smithy_async::rt::sleep::AsyncSleep as _;
    world.sandbox.sleep().sleep(Duration::from_secs(seconds)).await;
}
