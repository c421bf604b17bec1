//! `labform apply`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::narrow::Narrow;
use super::screen::{Ended, Json, Result, Voice};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, ask, files, stop};
use crate::apply::{self, Event, Executor, Observer, Outcome, Settled};
use crate::error::{DONE, Error, FAILED, INTERRUPTED, PARTLY};
use crate::live::{self, Evidence, Reading};
use crate::model::Address;
use crate::plan::{self, Action, Plan, SavedPlan, Scope};
use crate::report::plan::Purpose;
use crate::report::visible;
use crate::resource::Readiness;
use crate::spec::Source;

/// How often what was just made is set right once more before labform gives up.
const CORRECTIONS: usize = 1;

/// Make what is live match lab.yaml
///
/// Shows the plan, asks, carries it out, waits until everything works, and reads everything once more to prove that
/// nothing is left to do. After a failure, run it again: it goes on from there.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A plan saved by `labform plan --out`: it is applied without asking, and only if it still holds
    #[arg(conflicts_with = "narrow")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    narrow: Narrow,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    /// Don't wait until everything works
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    json: Json,
}

/// What an apply works with.
struct Work<'a> {
    source: &'a Source,
    session: Session,
    scope: Scope,
    voice: &'a Voice,
    stop: &'a Stop,
}

impl Apply {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.prepare(globals, &voice))
    }

    fn prepare(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(&globals.file)?;
        let saved = self.plan.as_deref().map(files::load_plan).transpose()?;
        let scope = match &saved {
            Some(saved) => saved.scope(),
            None => self.narrow.narrowing().for_apply(&source.lab(None)?)?,
        };
        stop::run(async |stop| {
            let session = Session::open(globals, source.region()).await?;
            let work = Work {
                source: &source,
                session,
                scope,
                voice,
                stop: &stop,
            };
            self.apply(&work, saved.as_ref()).await
        })
    }

    async fn apply(&self, work: &Work<'_>, saved: Option<&SavedPlan>) -> Result<u8> {
        let Work {
            source,
            session,
            scope,
            voice,
            stop,
        } = work;
        let reading = stop
            .or(live::read(&session.cloud, source, Evidence::Index))
            .await?;
        session.introduce(source.name(), &reading.account);
        let plan = plan::plan(&reading.lab, &reading.live, scope)?;
        if let Some(saved) = saved {
            saved.matches(&SavedPlan::new(&plan, &reading.lab.place, scope))?;
        }
        voice.plan(&plan, scope, Purpose::Apply)?;
        if !plan.is_empty() && !self.yes && saved.is_none() {
            let question = format!("Do this in account {}?", visible(&reading.account.id));
            ask::confirm(stop, &question, "yes").await?;
        }
        let observer = voice.observer(&session.cloud);
        let end = self.carry_out(work, reading, plan, &observer).await?;
        // A live view has to be gone before anything else is printed.
        drop(observer);
        end.show(work)
    }

    async fn carry_out(
        &self,
        work: &Work<'_>,
        mut reading: Reading,
        mut plan: Plan,
        observer: &Arc<dyn Observer>,
    ) -> Result<End> {
        let Work {
            source,
            session,
            scope,
            stop,
            ..
        } = work;
        let executor = Executor {
            cloud: &session.cloud,
            observer,
            stop: stop.token(),
        };
        let mut total = Outcome::default();
        let mut rounds = 0;
        loop {
            let outcome = stop
                .finish(executor.run(&plan, Some(&reading.lab), &reading.live))
                .await;
            let waited = unready(&reading, scope, &outcome);
            add(&mut total, outcome);
            if stop.asked() || !total.failed.is_empty() || !total.skipped.is_empty() {
                return Ok(End::Incomplete(total));
            }
            if !self.no_wait && !waited.is_empty() {
                let settle = apply::settle(
                    &session.cloud,
                    &reading.lab,
                    &waited,
                    observer.as_ref(),
                    stop.token(),
                );
                let settled = stop.finish(settle).await?;
                if !settled.failed.is_empty() || !settled.left.is_empty() {
                    return Ok(End::Unready(settled));
                }
            }
            // What was read before holds as proof where nothing was changed since.
            if plan.is_empty() {
                break;
            }
            observer.event(Event::Verifying);
            reading = stop
                .or(live::read(&session.cloud, source, Evidence::Index))
                .await
                .map_err(Ended::unproven)?;
            plan = plan::plan(&reading.lab, &reading.live, scope)?;
            if plan.is_empty() {
                break;
            }
            rounds += 1;
            if rounds > CORRECTIONS || !corrects(&plan, &total) {
                return Ok(End::Unproven(plan));
            }
        }
        Ok(End::Proven(total, plan))
    }
}

/// How an apply ended.
enum End {
    /// What is live matches the spec.
    Proven(Outcome, Plan),
    /// A step failed, or the user asked to stop.
    Incomplete(Outcome),
    /// Everything was made, but not everything works.
    Unready(Settled),
    /// Everything was made, and still something differs.
    Unproven(Plan),
}

impl End {
    fn show(&self, work: &Work<'_>) -> Result<u8> {
        let Work {
            voice, stop, scope, ..
        } = work;
        match self {
            Self::Proven(total, plan) => {
                if !total.done.is_empty() {
                    voice.complete(Purpose::Apply, total)?;
                }
                voice.outputs(&plan.outputs)?;
                return Ok(DONE);
            }
            Self::Incomplete(total) => {
                voice.incomplete(Purpose::Apply, total)?;
                if !stop.asked() && !total.done.is_empty() {
                    return Ok(PARTLY);
                }
            }
            Self::Unready(settled) => voice.unready(settled)?,
            Self::Unproven(plan) => {
                voice.plan(plan, scope, Purpose::Apply)?;
                let error = Error::failed(
                    "every change was made, and the above still differs from lab.yaml",
                );
                return Err(error
                    .hint(
                        "somebody else may be changing the same objects; look with `labform plan`",
                    )
                    .into());
            }
        }
        match stop.asked() {
            true => Ok(INTERRUPTED),
            false => Ok(FAILED),
        }
    }
}

/// What doesn't do its work yet: of what was just made or changed, and of what was there before.
fn unready(reading: &Reading, scope: &Scope, outcome: &Outcome) -> Vec<Address> {
    let works = |readiness: Readiness| readiness == Readiness::Ready;
    let made = outcome.live.iter().filter(|(address, live)| {
        let node = reading.lab.nodes.get(*address);
        node.is_some_and(|node| !works(node.kind.readiness(live)))
    });
    let before = reading.live.objects.iter().filter(|object| {
        let address = &object.address;
        !outcome.live.contains_key(address)
            && scope.contains(address)
            && !object.leaving
            && !works(object.readiness())
    });
    let all: BTreeSet<&Address> = made
        .map(|(address, _)| address)
        .chain(before.map(|object| &object.address))
        .collect();
    all.into_iter()
        .filter(|address| reading.lab.nodes.contains_key(*address))
        .cloned()
        .collect()
}

/// Whether a second round may help: AWS accounts answer other defaults than documented, and what was just made is set
/// right by an update.
fn corrects(plan: &Plan, total: &Outcome) -> bool {
    let made: BTreeSet<&Address> = total.done.iter().map(|(address, _)| address).collect();
    plan.effective()
        .all(|change| change.action == Action::Update && made.contains(&change.address))
}

fn add(total: &mut Outcome, outcome: Outcome) {
    total.done.extend(outcome.done);
    total.failed.extend(outcome.failed);
    total.skipped.extend(outcome.skipped);
    total.live.extend(outcome.live);
}
