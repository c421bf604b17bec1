use std::path::Path;

use clap::Args;

use super::embedded::Staging;
use super::screen::{Ended, Json, Result, Voice, note};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, files, stop};
use crate::apply::{Applied, Executor, Wait};
use crate::error::{Error, ErrorKind};
use crate::jobs::{self, Asked, Attach};
use crate::live::{self, Evidence, Reading};
use crate::plan;
use crate::report::job_json::job_broken_off_line;
use crate::report::plan::Purpose;
use crate::report::visible;
use crate::resource::Others;
use crate::spec::{Job, Lab, Source};

/// The most that one call puts into a bucket (PutObject, Amazon S3 API reference).
const LARGEST: u64 = 5 << 30;

/// Run a job once, follow its states and its log, and end with its exit code
///
/// Makes what the job needs and what is missing, uploads its inputs, starts one task, and fetches its outputs. A task of the
/// job that is on is followed instead of starting another. Ctrl-C stops following and leaves the task on; Ctrl-C twice stops
/// the task.
///
/// Exit codes: the container's own, 125 where the task never ran, 124 where the job's timeout was over.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The job, by its name below `jobs` in lab.yaml
    job: String,
    /// Set an environment variable of its container; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = variable)]
    set: Vec<(String, String)>,
    /// Start another task beside those that are on
    #[arg(long)]
    new: bool,
    #[command(flatten)]
    json: Json,
    /// What the container's command gets instead of what the job says: its definition's command with these behind it. The
    /// job's inputs and outputs are left alone then
    #[arg(last = true)]
    args: Vec<String>,
}

/// What a run works with.
struct Work<'a> {
    source: &'a Source,
    session: Session,
    voice: &'a Voice,
    stop: &'a Stop,
}

impl Run {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let result = voice.tell(self.prepare(globals, &voice));
        if let (Voice::Programs(lines), Err(ended)) = (&voice, &result) {
            lines.write(&job_broken_off_line(&self.job, ended.code()))?;
        }
        result
    }

    fn prepare(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(&globals.file)?;
        let lab = source.lab(None)?;
        let asked = self.asked();
        jobs::check(&lab, &self.job, &asked)?;
        let folder = files::folder(&globals.file);
        if asked.args.is_empty() {
            check_files(&self.job, &lab.jobs[&self.job], &folder)?;
        } else if lab.jobs[&self.job].inputs.is_some() || lab.jobs[&self.job].outputs.is_some() {
            note("note: inputs and outputs belong to the job's own command, and are left alone");
        }
        stop::run(async |stop| {
            let session = Session::open(globals, source.region()).await?;
            let work = Work {
                source: &source,
                session,
                voice,
                stop: &stop,
            };
            let (lab, others) = self.provide(&work).await.map_err(never_ran)?;
            self.start(&work, &lab, &others, &asked, &folder).await
        })
    }

    fn asked(&self) -> Asked {
        Asked {
            args: self.args.clone(),
            set: self.set.iter().cloned().collect(),
            attach: match self.new {
                true => Attach::Never,
                false => Attach::ToRunning,
            },
        }
    }

    /// Makes what the job needs and what is missing.
    async fn provide(&self, work: &Work<'_>) -> Result<(Lab, Others)> {
        let Work {
            source,
            session,
            voice,
            stop,
        } = work;
        let cloud = &session.cloud;
        let reading = stop.or(live::read(cloud, source, Evidence::Index)).await?;
        session.introduce(voice, source.name(), &reading.account)?;
        let scope = jobs::needs(&reading.lab, &self.job);
        let plan = plan::plan(&reading.lab, &reading.live, &scope)?;
        jobs::only_creates(&plan, &self.job)?;
        if plan.is_empty() {
            let Reading { lab, .. } = reading;
            return Ok((lab, plan.others));
        }
        voice.plan_aside(&plan, &scope)?;
        let lab = source.lab(Some(&reading.account))?;
        let observer = voice.observer(cloud);
        let executor = Executor {
            cloud,
            observer: &observer,
            stop: stop.token(),
        };
        let converge = executor.converge(source, &scope, reading, plan, Wait::UntilReady);
        let end = stop.finish(converge).await;
        // A live view has to be gone before anything else is printed.
        drop(observer);
        match end? {
            Applied::Proven(_, plan) => return Ok((lab, plan.others)),
            Applied::Incomplete(total) => voice.incomplete(Purpose::Apply, &total)?,
            Applied::Unready(settled) => voice.unready(&settled)?,
            Applied::Unproven(plan) => voice.plan_aside(&plan, &scope)?,
        }
        if stop.asked() {
            return Err(Ended::Interrupted);
        }
        let message = format!("job.{}: not all that it needs could be made", self.job);
        Err(Error::failed(message)
            .hint("mend the above, then run it again")
            .into())
    }

    async fn start(
        &self,
        work: &Work<'_>,
        lab: &Lab,
        others: &Others,
        asked: &Asked,
        folder: &Path,
    ) -> Result<u8> {
        let request = jobs::request(lab, &self.job, asked, others)?;
        if work.stop.asked() {
            return Err(Ended::Interrupted);
        }
        let job = lab.job_with(&self.job, others);
        let _staged = work.session.stage(&Staging {
            name: &self.job,
            job: &job.expect("the lab has the job")?,
            document: &request.document,
            definition: &request.definition,
            others,
            lab,
            folder,
        })?;
        let wishes = work.stop.wishes(&visible(&self.job))?;
        let tell = |event| work.voice.job(&self.job, &event);
        let end = jobs::run(&work.session.cloud, &request, folder, &tell, wishes).await?;
        work.voice.job_end(&self.job, &end)?;
        Ok(u8::try_from(end.exit_code).unwrap_or(1))
    }
}

/// Checks that the job's inputs are there and that its outputs can be kept, before the first call.
fn check_files(name: &str, job: &Job, folder: &Path) -> Result<()> {
    let wrong = |file: &str, error: &std::io::Error| {
        let words = error.to_string().to_lowercase();
        Error::invalid(format!("job.{name}: {file}: {words}"))
            .hint("paths start at the folder of lab.yaml")
    };
    for input in job.inputs.iter().flatten() {
        let checked = files::check_sendable(folder, &input.file, LARGEST);
        checked.map_err(|error| wrong(&input.file, &error))?;
    }
    let outputs = job.outputs.iter().flatten();
    for file in outputs.filter_map(|output| output.file.as_ref()) {
        files::check_makeable(folder, file).map_err(|error| wrong(file, &error))?;
    }
    Ok(())
}

/// The same end, of a job that has not been started: only a guard's refusal and a wrong spec keep their own codes.
fn never_ran(ended: Ended) -> Ended {
    match ended {
        Ended::Error(error) if error.kind == ErrorKind::Failed => Ended::Error(error.never_ran()),
        ended => ended,
    }
}

/// `KEY=VALUE`. The same name twice is the last one's.
fn variable(text: &str) -> Result<(String, String), String> {
    let Some((key, value)) = text.split_once('=') else {
        return Err("write KEY=VALUE".to_owned());
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !key.chars().all(is_word) || !key.starts_with(|c: char| !c.is_ascii_digit() && is_word(c)) {
        let words = "a variable's name has letters, digits and _, and begins with no digit";
        return Err(format!("`{key}`: {words}"));
    }
    if value.contains('\0') {
        return Err("a value can't hold a NUL".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_names_with_values() {
        let pair = |key: &str, value: &str| Ok((key.to_owned(), value.to_owned()));
        assert_eq!(variable("A_1=b=c"), pair("A_1", "b=c"));
        assert_eq!(variable("_a="), pair("_a", ""));
        for wrong in ["A", "=b", "1A=b", "a-b=c", "a b=c", "\u{e9}=1", "A=\0"] {
            assert!(variable(wrong).is_err(), "{wrong}");
        }
    }
}
