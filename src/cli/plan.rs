//! `labform plan`.

use std::path::{Path, PathBuf};

use clap::Args;

use super::class::{Class, Task};
use super::narrow::Narrow;
use super::rehearse::{Explained, explained};
use super::saved_plan::save_plan;
use super::screen::{Json, Result, Voice, learn, note, out};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, destroy, files, record, sources};
use crate::apply::foresee;
use crate::error::{CHANGES, DONE, Error};
use crate::jobs;
use crate::live::{self, Evidence, Reading};
use crate::model::Budget;
use crate::plan::{self, SavedPlan};
use crate::report::plan::Purpose;
use crate::report::script::{write_script, write_steps};
use crate::report::{visible, visible_lines};
use crate::resource::Sources;

/// Show what apply would do; changes nothing
#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) class: Class,
    #[command(flatten)]
    pub(super) narrow: Narrow,
    /// Show what destroy would do
    #[arg(long, conflicts_with = "out")]
    destroy: bool,
    /// Exit with 2 where there is something to do
    #[arg(long)]
    detailed_exitcode: bool,
    /// Refuse a plan that makes the lab cost more than that, as in 0.20/h; lab.yaml's `budget` doesn't count then
    #[arg(long, value_name = "USD/h", conflicts_with = "destroy")]
    budget: Option<Budget>,
    /// Save the plan, for `labform apply FILE`
    #[arg(long, value_name = "FILE", conflicts_with = "roster")]
    out: Option<PathBuf>,
    /// Say the commands of the AWS CLI that do the same, step by step. Nothing is changed for it: the plan is carried out in
    /// an account in memory, and the calls are told
    #[arg(long, conflicts_with_all = ["destroy", "roster", "json"])]
    explain: bool,
    /// Print them alone, as a script for a shell
    #[arg(long, requires = "explain")]
    as_script: bool,
    #[command(flatten)]
    json: Json,
}

impl Plan {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let task = Task::new("plan");
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| self.show(globals, voice, stop).await;
        voice.tell(self.class.run(globals, &voice, task, &one))
    }

    /// The options without which the same command would do something else.
    pub(super) fn own(&self) -> Vec<String> {
        let flags = [("--destroy", self.destroy), ("--detailed-exitcode", self.detailed_exitcode)];
        let flags = flags.into_iter().filter(|(_, is_given)| *is_given).map(|(flag, _)| flag.to_owned());
        self.budget.iter().flat_map(Budget::words).chain(flags).collect()
    }

    async fn show(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
        let source = files::load(globals)?;
        let narrowing = self.narrow.narrowing();
        let (scope, purpose, evidence) = if self.destroy {
            (narrowing.for_destroy(source.lab())?, Purpose::Destroy, Evidence::Direct)
        } else {
            (narrowing.for_apply(source.lab())?, Purpose::Apply, Evidence::Index)
        };
        let mut found = Sources::new();
        if purpose == Purpose::Apply {
            let own = globals.sandbox_file().into_iter().chain(self.out.as_deref());
            let own: Vec<&Path> = own.collect();
            sources::warn_of_own(&globals.file, &source, &scope, &own);
            found = sources::find(&globals.file, &source, &scope, stop).await?;
        }
        let session = stop.or(Session::open(globals, source.region())).await?;
        let look = session.cloud.look();
        let reading = stop.or(live::read(&look, &source, found.clone(), evidence)).await?;
        session.introduce(voice, source.name(), &reading.account)?;
        record::tell(voice, source.name(), &reading.live.record(source.name()), &reading.account)?;
        let plan = match purpose {
            Purpose::Apply => plan::plan(&reading.lab, &reading.live, &scope)?,
            Purpose::Destroy => {
                destroy::spare_foreign(&reading.lab, &reading.live, &scope);
                plan::plan_destroy(&reading.lab.place, &reading.live, &scope)
            }
        };
        let file = Some(&reading.lab).filter(|_| purpose == Purpose::Destroy);
        let foresee = foresee(&look, file, &reading.live, plan);
        let plan = stop.or(async { Ok::<_, Error>(foresee.await) }).await?;
        if purpose == Purpose::Apply {
            voice.warnings(plan.warnings(&reading.lab.warnings))?;
        }
        match self.as_script {
            true => voice.plan_aside(&plan, &scope)?,
            false => voice.plan(&plan, &scope, purpose)?,
        }
        learn(|member| member.costs(plan.costs.after()));
        if self.explain {
            let Explained { first, steps } =
                explained(&session, &source, found, (&reading, &plan), &scope, stop).await?;
            let place = &reading.lab.place;
            match self.as_script {
                true => write_script(&mut out(), (&place.lab, &place.region), &first, &steps)?,
                false => write_steps(&mut out(), &first, &steps)?,
            }
        }
        if purpose == Purpose::Destroy {
            let Reading { lab, live, .. } = &reading;
            let tasks = jobs::running_tasks(&session.cloud, Some(lab), live, &plan);
            voice.tasks_to_stop(&stop.or(tasks).await?.tasks)?;
        }
        if purpose == Purpose::Apply {
            sources::show_unchanged(&plan, &reading.live);
            let obstacles = sources::obstacles(&session.cloud, &plan, &reading.lab, &reading.live, stop);
            for (address, error) in obstacles.await? {
                note(format_args!("\nnote: apply would stop at {address}: {}", visible_lines(&error)));
            }
            voice.warnings(&plan.costs.limit(self.budget.as_ref().or(reading.lab.budget.as_ref()))?)?;
        }
        if let Some(file) = &self.out {
            save_plan(file, &SavedPlan::new(&plan, &reading.lab.place, &scope))?;
            let file = visible(file.display());
            note(format_args!("\nSaved. To do exactly this: `labform apply {file}`"));
        }
        if self.detailed_exitcode && !plan.is_empty() { Ok(CHANGES) } else { Ok(DONE) }
    }
}
