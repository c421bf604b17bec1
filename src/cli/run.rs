use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::ask::Question;
use super::class::{Class, Task};
use super::embedded::NextTask;
use super::screen::{Ended, Json, Result, Voice, note};
use super::session::Session;
use super::set::{shown, shown_variable, variables};
use super::stale::sources_of_job;
use super::stop::Stop;
use super::{Globals, ask, complete, files, outputs, sources};
use crate::apply::{Applied, Executor, Wait};
use crate::error::{Error, ErrorKind};
use crate::jobs::{self, Asked, Attach, JobEvent};
use crate::live::{self, Evidence, Reading};
use crate::model::Address;
use crate::plan::{self, Plan, Scope};
use crate::report::commands::quoted;
use crate::report::job_json::job_broken_off_line;
use crate::report::plan::Purpose;
use crate::report::visible;
use crate::resource::{Others, Sources};
use crate::spec::{Lab, Row, Source};

/// Run a job once, follow its states and its log, and end with its exit code
///
/// Makes what the job needs and what is missing, uploads its inputs, starts one task, and fetches its outputs. A task of the
/// job that is on is followed instead of starting another. Ctrl-C stops following and leaves the task on; Ctrl-C twice stops
/// the task. Before there is a task, Ctrl-C ends all.
///
/// Exit codes: the container's own; 125 where the task never ran; 124 where the job's timeout was over; 143 where somebody
/// stopped the task and its container ended with 0; 130 after Ctrl-C. Before there is a task: 64 where the
/// command line is wrong, 5 where lab.yaml is, 6 where nobody is signed in, 4 where a guard refuses, 1 or 125 where something
/// else fails. A container may end with each of these too: only where the last
/// line of --json has `by` is the code that of a task or of Ctrl-C.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The job, by its name below `jobs` in lab.yaml, or by its address, as in job.classifier
    #[arg(value_parser = |word: &str| Ok::<_, String>(word.strip_prefix("job.").unwrap_or(word).to_owned()),
        add = complete::jobs())]
    job: String,
    /// Set an environment variable of its container; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Don't ask before what the job needs and what is missing is made; without a terminal nobody is asked
    #[arg(short, long)]
    yes: bool,
    /// Start another task beside those that are on
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    pub(super) class: Class,
    #[command(flatten)]
    json: Json,
    /// What the container's command gets instead of what the job says: its definition's command with these behind it. The
    /// job's inputs and outputs are left alone then
    #[arg(last = true)]
    args: Vec<String>,
}

/// The parts that a run works with.
struct Work<'a> {
    source: &'a Source,
    /// The lab's folder.
    folder: &'a Path,
    session: Session,
    voice: &'a Voice,
    stop: &'a Stop,
}

impl Run {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let written = RefCell::new(BTreeMap::new());
        let checks = |row: &Row, source: &Source| {
            self.check(globals, source)?;
            if self.args.is_empty() {
                let job = &source.lab().jobs[&self.job];
                outputs::check_apart(&self.job, job, &row.student, &mut written.borrow_mut())?;
            }
            Ok(())
        };
        let (words, behind) = (format!("run {}", quoted(&self.job)), self.behind());
        let asks = "Make this, and run the job for each?";
        let task = Task { words: &words, behind: &behind, asks, checks: &checks, ..Task::new("run") };
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| self.prepare(globals, voice, stop).await;
        let result = voice.tell(self.class.run(globals, &voice, task, &one));
        if let (Voice::Programs(lines), Err(ended), None) = (&voice, &result, self.class.name()) {
            lines.write(&job_broken_off_line(&self.job, ended.code()))?;
        }
        result
    }

    /// The words of the same command behind those that other commands have, too. What may be a secret isn't among them.
    fn behind(&self) -> Vec<String> {
        let set = self.set.iter().flat_map(|text| ["--set".to_owned(), shown_variable(text)]);
        let new = self.new.then(|| "--new".to_owned());
        let dashes = (!self.args.is_empty()).then(|| "--".to_owned());
        set.chain(new).chain(dashes).chain(shown(&self.args)).collect()
    }

    /// Checks before the first call that the job can be run.
    fn check(&self, globals: &Globals, source: &Source) -> Result<()> {
        let lab = source.lab();
        let asked = self.asked()?;
        jobs::check(lab, &self.job, &asked)?;
        let folder = files::folder(&globals.file);
        if asked.args.is_empty() {
            let mut kept = outputs::kept(source, &folder, &globals.file);
            kept.extend(globals.sandbox_place().map(|account| (account, "the embedded account")));
            outputs::check_files(&self.job, &lab.jobs[&self.job], &folder, kept)?;
        }
        Ok(())
    }

    async fn prepare(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
        let source = files::load(globals)?;
        let lab = source.lab();
        let asked = self.asked()?;
        self.check(globals, &source)?;
        let folder = files::folder(&globals.file);
        let job = &lab.jobs[&self.job];
        if !asked.args.is_empty() && (job.inputs.is_some() || job.outputs.is_some()) {
            note("note: inputs and outputs belong to the job's own command, and are left alone");
        }
        let session = stop.or(Session::open(globals, source.region())).await?;
        let work = Work { source: &source, folder: &folder, session, voice, stop };
        let needs = self.look(&work).await.map_err(never_ran)?;
        self.check_needs(&work, &needs).await?;
        let (lab, others) = self.provide(&work, needs).await.map_err(never_ran)?;
        self.start(&work, &lab, &others, &asked).await
    }

    /// What is asked for.
    ///
    /// # Errors
    /// If a variable is malformed. It isn't repeated: its value may be a secret.
    fn asked(&self) -> Result<Asked> {
        Ok(Asked {
            args: self.args.clone(),
            set: variables(&self.set)?,
            attach: if self.new { Attach::Never } else { Attach::ToRunning },
        })
    }

    /// Looks at what the job needs.
    async fn look(&self, work: &Work<'_>) -> Result<Needs> {
        let Session { cloud, .. } = &work.session;
        let reading = live::read(cloud, work.source, Sources::new(), Evidence::Index);
        let reading = work.stop.or(reading).await?;
        work.session.introduce(work.voice, work.source.name(), &reading.account)?;
        let scope = jobs::needs(&reading.lab, &self.job);
        let plan = plan::plan(&reading.lab, &reading.live, &scope)?;
        Ok(Needs { reading, scope, plan })
    }

    /// Checks that what the job needs can be there without a change of what is, and says which of its images aren't
    /// what they are made from any more.
    async fn check_needs(&self, work: &Work<'_>, needs: &Needs) -> Result<()> {
        if let Err(refusal) = jobs::only_creates(&needs.plan, &self.job) {
            return Err(self.refused(work, needs, refusal).await?.into());
        }
        let Needs { reading, scope, plan } = needs;
        let checked = sources_of_job(work.folder, work.source, reading, plan, scope);
        let known = work.stop.or(checked).await?;
        let (live, with_sources) = match &known {
            Some((live, plan)) => (live, plan),
            None => (&reading.live, plan),
        };
        let obstacles = sources::obstacles(&work.session.cloud, with_sources, &reading.lab, live, work.stop);
        // What is there and differs isn't changed, so that nothing can stand in its way.
        let is_made = |address: &Address| plan.effective().any(|one| one.address == *address);
        let mut obstacles = obstacles.await?.into_iter();
        match obstacles.find(|(address, _)| is_made(address)) {
            Some(obstacle) => Err(sources::stopped_by(obstacle).never_ran().into()),
            None => Ok(()),
        }
    }

    /// The refusal with a word on the job's task that is running from before, if one is.
    async fn refused(&self, work: &Work<'_>, needs: &Needs, refusal: Error) -> Result<Error> {
        let live = &needs.reading.live;
        let tasks = jobs::tasks_of_job(&work.session.cloud, work.source.name(), live, &self.job);
        // The refusal stands without them.
        let tasks = work.stop.or(async { Ok::<_, Error>(tasks.await.unwrap_or_default()) }).await?;
        let Some(on) = tasks.first() else {
            return Ok(refusal);
        };
        let message = format!("{}; its task {} is {} from before", refusal.message, on.task, on.state);
        let job = &self.job;
        let error = Error::failed(message).hint(format!(
            "`labform logs job.{job} --follow` shows its log; with lab.yaml as it was, `labform run {job}` comes back to it"
        ));
        let hints = error.hints.into_iter().chain(refusal.hints).collect();
        Ok(Error { hints, ..error })
    }

    /// Makes what the job needs and what is missing.
    async fn provide(&self, work: &Work<'_>, needs: Needs) -> Result<(Lab, Others)> {
        let Work { session, voice, stop, .. } = work;
        let Needs { mut reading, scope, plan } = needs;
        let cloud = &session.cloud;
        // A program that runs jobs is not asked: what they need is made for it.
        let asks = !self.yes && ask::can_ask();
        if plan.is_empty() {
            if asks {
                ask::wait_for_others(stop).await?;
            }
            return Ok((reading.lab, plan.others));
        }
        voice.plan_aside(&plan, &scope)?;
        if asks {
            let asks = "Make the above, and then run the job?";
            let account = &reading.account;
            ask::confirm(stop, &Question { asks, plan: Some(&plan), session, account, made: None, expected: "yes" })
                .await?;
        }
        let begun = cloud.now();
        let observer = voice.observer(cloud, &plan);
        let executor = Executor { cloud, observer: &observer, stop: stop.token() };
        let converge = executor.converge(&scope, &mut reading, plan, Wait::UntilReady);
        let end = stop.finish(converge).await;
        // A live view has to be gone before anything else is printed.
        drop(observer);
        match end? {
            Applied::Proven(_, plan) => return Ok((reading.lab, plan.others)),
            Applied::Incomplete(total) => voice.incomplete(Purpose::Apply, &total, cloud.since(begun))?,
            Applied::Unready(settled) => voice.unready(&settled)?,
            Applied::Unproven(plan, _) => voice.plan_aside(&plan, &scope)?,
        }
        if stop.asked() {
            return Err(Ended::Interrupted);
        }
        let message = format!("job.{}: not all that it needs could be made", self.job);
        Err(Error::failed(message).hint("mend the above, then run it again").into())
    }

    async fn start(&self, work: &Work<'_>, lab: &Lab, others: &Others, asked: &Asked) -> Result<u8> {
        let request = jobs::request(lab, &self.job, asked, others)?;
        if work.stop.asked() {
            return Err(Ended::Interrupted);
        }
        let job = lab.job_with(&self.job, others);
        let next = NextTask {
            name: &self.job,
            job: &job.expect("the lab has the job")?,
            asked,
            document: &request.document,
            definition: &request.definition,
            others,
            lab,
            folder: work.folder,
        };
        let may_have_task = Arc::new(AtomicBool::new(false));
        let stop_requests = work.stop.stop_requests(&visible(&self.job), &may_have_task)?;
        let session = &work.session;
        let tell = |event| {
            work.voice.job(&self.job, &event);
            if let JobEvent::Attached { task, .. } = &event {
                may_have_task.store(true, Ordering::Relaxed);
                session.embedded.iter().for_each(|account| account.tell_who_runs(&self.job, task));
            }
        };
        let announce = || {
            may_have_task.store(true, Ordering::Relaxed);
            session.embedded.as_ref().map(|account| account.announce(&next)).transpose()
        };
        let end = jobs::run(&session.cloud, &request, work.folder, &tell, stop_requests, announce).await?;
        work.voice.job_end(&self.job, &end)?;
        Ok(end.exit_code)
    }
}

/// The resources that a job needs, and those of them that are missing.
struct Needs {
    reading: Reading,
    scope: Scope,
    plan: Plan,
}

/// The same end, of a job that has not been started: only a guard's refusal and a wrong spec keep their own codes.
fn never_ran(ended: Ended) -> Ended {
    match ended {
        Ended::Error(error) if error.kind == ErrorKind::Failed => Ended::Error(error.never_ran()),
        ended => ended,
    }
}
