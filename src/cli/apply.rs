//! `labform apply`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::ask::Question;
use super::class::{Class, Task};
use super::narrow::Narrow;
use super::saved_plan::load_plan;
use super::screen::{Json, Result, Voice};
use super::session::Session;
use super::stop::Stop;
use super::timeline::ApplyPage;
use super::{Globals, ask, files, record, sources, stand_in};
use crate::apply::{Applied, Executor, Wait, foresee};
use crate::error::{DONE, Error, FAILED, INTERRUPTED, NOT_SIGNED_IN, PARTLY};
use crate::live::{self, Evidence};
use crate::model::Budget;
use crate::plan::{self, SavedPlan, Scope};
use crate::report::plan::Purpose;
use crate::report::{Rewritten, rewritten};
use crate::resource::Sources;
use crate::spec::Source;

/// Make what is live match lab.yaml
///
/// Shows the plan, asks, carries it out, waits until everything works, and reads everything once more to prove that
/// nothing is left to do. After a failure, run it again: it goes on from there.
#[derive(Debug, Args)]
pub(super) struct Apply {
    /// A plan saved by `labform plan --out`: it is applied without asking, and only if it still holds
    #[arg(conflicts_with_all = ["narrow", "roster"])]
    plan: Option<PathBuf>,
    #[command(flatten)]
    pub(super) class: Class,
    #[command(flatten)]
    pub(super) narrow: Narrow,
    /// Refuse to delete or replace more objects than that; lab.yaml's `maxDeletes` doesn't count then
    #[arg(long, value_name = "N")]
    max_deletes: Option<usize>,
    /// Refuse to make the lab cost more than that, as in 0.20/h; lab.yaml's `budget` doesn't count then
    #[arg(long, value_name = "USD/h")]
    budget: Option<Budget>,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    /// Don't wait until everything works
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    json: Json,
}

/// The parts that an apply works with.
struct Work<'a> {
    source: &'a Source,
    session: Session,
    scope: Scope,
    voice: &'a Voice,
    stop: &'a Stop,
    page: Option<Arc<ApplyPage>>,
}

impl Apply {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let task = Task {
            asks: "Do this?",
            checks: &|_, source| Ok(self.narrow.narrowing().for_apply(source.lab()).map(drop)?),
            ..Task::new("apply")
        };
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| self.prepare(globals, voice, stop).await;
        voice.tell(self.class.run(globals, &voice, task, &one))
    }

    /// The options without which the same command would do something else.
    pub(super) fn own(&self) -> Vec<String> {
        let most = self.max_deletes.iter().flat_map(|most| ["--max-deletes".to_owned(), most.to_string()]);
        let most = most.chain(self.budget.iter().flat_map(Budget::words));
        most.chain(self.no_wait.then(|| "--no-wait".to_owned())).collect()
    }

    async fn prepare(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
        let source = files::load(globals)?;
        let page = self.class.page().filter(|_| globals.student.is_none());
        let page = page.map(|file| ApplyPage::begin(file, &source)).transpose()?;
        let result = self.work(globals, &source, voice, stop, page.clone()).await;
        page.map_or(Ok(()), |page| page.stopped(&result))?;
        result
    }

    async fn work(
        &self,
        globals: &Globals,
        source: &Source,
        voice: &Voice,
        stop: &Stop,
        page: Option<Arc<ApplyPage>>,
    ) -> Result<u8> {
        let saved = self.plan.as_deref().map(load_plan).transpose()?;
        let scope = match &saved {
            Some(saved) => saved.scope(),
            None => self.narrow.narrowing().for_apply(source.lab())?,
        };
        let own: Vec<&Path> = globals.sandbox_file().into_iter().chain(self.class.page()).collect();
        sources::warn_of_own(&globals.file, source, &scope, &own);
        let sources = sources::find(&globals.file, source, &scope, stop).await?;
        let session = stop.or(Session::open(globals, source.region())).await?;
        let work = Work { source, session, scope, voice, stop, page };
        self.apply(&work, saved.as_ref(), sources).await
    }

    async fn apply(&self, work: &Work<'_>, saved: Option<&SavedPlan>, sources: Sources) -> Result<u8> {
        let Work { source, session, scope, voice, stop, page } = work;
        let look = session.cloud.look();
        let mut reading = stop.or(live::read(&look, source, sources, Evidence::Index)).await?;
        session.introduce(voice, source.name(), &reading.account)?;
        stand_in::tell_of_services(session, &reading.lab);
        let made = record::tell(voice, source.name(), &reading.live.record(source.name()), &reading.account)?;
        let plan = plan::plan(&reading.lab, &reading.live, scope)?;
        let foresee = foresee(&look, None, &reading.live, plan);
        let plan = stop.or(async { Ok::<_, Error>(foresee.await) }).await?;
        if let Some(saved) = saved {
            saved.matches(&SavedPlan::new(&plan, &reading.lab.place, scope))?;
        }
        voice.warnings(plan.warnings(&reading.lab.warnings))?;
        voice.plan(&plan, scope, Purpose::Apply)?;
        if let Some(page) = page {
            let clock = session.embedded.as_ref().map_or("", |_| " by the embedded account's own clock");
            page.planned(&session.cloud, clock, &plan, &reading)?;
        }
        plan.limit_deletes(self.max_deletes.or(reading.lab.max_deletes))?;
        voice.warnings(&plan.costs.limit(self.budget.as_ref().or(reading.lab.budget.as_ref()))?)?;
        plan.refuse_forbidden()?;
        sources::ready(&session.cloud, &plan, &reading, stop).await?;
        if plan.is_empty() && !self.yes {
            ask::wait_for_others(stop).await?;
        } else if !self.yes && saved.is_none() {
            let (asks, account) = ("Do this?", &reading.account);
            let question = Question { asks, plan: Some(&plan), session, account, made, expected: "yes" };
            ask::confirm(stop, &question).await?;
        }
        let begun = session.cloud.now();
        let observer = voice.observer(&session.cloud, &plan);
        let observer = match page {
            Some(page) => page.watching(observer),
            None => observer,
        };
        let executor = Executor { cloud: &session.cloud, observer: &observer, stop: stop.token() };
        let wait = if self.no_wait { Wait::UntilMade } else { Wait::UntilReady };
        let apply = executor.converge(scope, &mut reading, plan, wait);
        let end = stop.finish(apply).await;
        // A live view has to be gone before anything else is printed.
        drop(observer);
        let (end, took) = (end?, session.cloud.since(begun));
        let written = page.as_ref().map_or(Ok(()), |page| page.applied(&end, wait));
        let code = show(&end, work, took)?;
        written.map(|()| code)
    }
}

fn show(end: &Applied, work: &Work<'_>, took: Duration) -> Result<u8> {
    let Work { session, voice, stop, scope, .. } = work;
    match end {
        Applied::Proven(total, plan) => {
            if !total.done.is_empty() {
                voice.complete(Purpose::Apply, total, took)?;
            }
            voice.outputs(&plan.outputs)?;
            stand_in::tell(session, &plan.outputs);
            return Ok(if plan.kept.is_empty() { DONE } else { PARTLY });
        }
        Applied::Incomplete(total) => {
            voice.incomplete(Purpose::Apply, total, took)?;
            if !stop.asked() && !total.done.is_empty() {
                return Ok(PARTLY);
            }
            if !stop.asked() && total.failed.iter().any(|failure| failure.error.not_signed_in().is_some()) {
                return Ok(NOT_SIGNED_IN);
            }
        }
        Applied::Unready(settled) => voice.unready(settled)?,
        Applied::Unproven(plan, before) => {
            voice.plan(plan, scope, Purpose::Apply)?;
            return Err(unproven(&rewritten(plan, before)).into());
        }
    }
    if stop.asked() { Ok(INTERRUPTED) } else { Ok(FAILED) }
}

/// The error of an apply after which something still differs: where AWS wrote another value than it was given, nobody else
/// is to blame.
fn unproven(rewritten: &[Rewritten]) -> Error {
    let mut error = Error::failed("every change was made, and the above still differs from lab.yaml");
    for Rewritten { address, path, words } in rewritten {
        error = error.hint(format!("{address}: {path}: {words}"));
    }
    match rewritten {
        [] => error.hint("somebody else may be changing the same objects; look with `labform plan`"),
        [first, ..] => {
            let leave = format!("`ignoreChanges: [{}]`", first.path);
            error.hint(format!("write that into lab.yaml, or leave the field to AWS with {leave} in the resource"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use labform_account::Sandbox;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::apply::Observer;
    use crate::cloud::{Endpoint, connect};
    use crate::model::Address;
    use crate::report::plan::write_plan;
    use crate::report::progress::Lines;
    use crate::report::testing::plain;
    use crate::trials::{source, trial};

    /// An account that keeps another value than it was given, of which no comparison knows.
    #[test]
    fn a_value_that_aws_wrote_otherwise_is_named_after_an_apply() {
        trial(async {
            let sandbox = Sandbox::in_memory();
            let member = ("logs:PutRetentionPolicy", "/retentionInDays");
            sandbox.with(|account| account.quirks.rewrites = [(member, 14.into())].into());
            let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), "eu-west-1", None).await;
            let source = source("lab: demo\nregion: eu-west-1\nlogGroups: { it: { retentionInDays: 7 } }\n");
            let mut reading = live::read(&cloud, &source, Sources::new(), Evidence::Index).await.unwrap();
            let (scope, stop) = (Scope::all(), CancellationToken::new());
            let plan = plan::plan(&reading.lab, &reading.live, &scope).unwrap();
            let observer: Arc<dyn Observer> =
                Arc::new(Lines::new(Box::new(std::io::sink()), Arc::new(move || sandbox.now()), 1));
            let executor = Executor { cloud: &cloud, observer: &observer, stop: &stop };
            let end = executor.converge(&scope, &mut reading, plan, Wait::UntilReady).await.unwrap();
            let Applied::Unproven(now, before) = end else { panic!("{end:?}") };
            let mut screen = Vec::new();
            write_plan(&mut screen, &now, &scope, Purpose::Apply).unwrap();
            let error = unproven(&rewritten(&now, &before));
            insta::assert_snapshot!(format!("{}\nerror: {error}", plain(&screen)), @r#"
            labform will perform the following actions:
              ~ update in-place

              # logGroup.it will be updated in-place
              # (AWS has changed since the last apply, lab.yaml hasn't)
              ~ logGroup.it "demo-it"
                  ~ retentionInDays: 14 -> 7

            Plan: 0 to add, 1 to change, 0 to destroy.

            error: every change was made, and the above still differs from lab.yaml
            hint: logGroup.it: retentionInDays: AWS wrote 14 for the 7 in lab.yaml
            hint: write that into lab.yaml, or leave the field to AWS with `ignoreChanges: [retentionInDays]` in the resource
            "#);
        });
    }

    #[test]
    fn where_aws_wrote_another_value_nobody_else_is_blamed() {
        let words = |rewritten: &[Rewritten]| unproven(rewritten).hints.join("\n");
        assert!(words(&[]).starts_with("somebody else"));
        let count = Rewritten {
            address: Address::new("service", "web"),
            path: "desiredCount".to_owned(),
            words: "AWS wrote 3 for the 2 in lab.yaml".to_owned(),
        };
        insta::assert_snapshot!(words(&[count]), @"
        service.web: desiredCount: AWS wrote 3 for the 2 in lab.yaml
        write that into lab.yaml, or leave the field to AWS with `ignoreChanges: [desiredCount]` in the resource
        ");
    }
}
