use std::io::Write as _;

use clap::Args;
use serde_json::Value;

use super::screen::{Result, note};
use super::session::Session;
use super::{Globals, files, stop};
use crate::error::Error;
use crate::jobs;
use crate::live::{self, Evidence};
use crate::model::Known;
use crate::plan::{self, Scope};
use crate::report::job::{JobLine, closing, line};

/// Run a job once, follow its states and its log, and end with its exit code
///
/// Exit codes: the container's own, 125 where the task never ran, 124 where the job's timeout was over.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The job, by its name below `jobs` in lab.yaml
    job: String,
}

impl Run {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(&globals.file)?;
        let known = source.lab(None)?.jobs;
        if !known.contains_key(&self.job) {
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let error = Error::invalid(format!("the lab has no job `{}`", self.job));
            return Err(error.hint(format!("it has: {}", names.join(", "))).into());
        }
        stop::run(async |stop| {
            let session = Session::open(globals, source.region()).await?;
            let cloud = &session.cloud;
            let reading = stop.or(live::read(cloud, &source, Evidence::Index)).await?;
            let lab = &reading.lab;
            session.introduce(&lab.place.lab, &reading.account);
            let others = plan::plan(lab, &reading.live, &Scope::all())?.others;
            let job = lab
                .job_with(&self.job, &others)
                .expect("the lab has the job")?;
            let document = jobs::document(&self.job, &job, &others)?;
            let Known::Now(definition) = others.live(&job.task_definition) else {
                let missing = format!("job.{}: its task definition is about to change", self.job);
                return Err(Error::failed(missing)
                    .never_ran()
                    .hint("run `labform apply` first")
                    .into());
            };
            let definition: &Value = &definition.document;
            let tell = |event| match line(&self.job, &event) {
                JobLine::Data(text) => {
                    // A reader that went away doesn't end the task.
                    let _ = writeln!(anstream::stdout(), "{text}");
                }
                JobLine::Note(text) => note(text),
            };
            let end = jobs::run(
                cloud,
                &document,
                definition,
                job.deadline(),
                &tell,
                stop.token(),
            )
            .await;
            let end = end?;
            note(closing(&self.job, &end));
            Ok(u8::try_from(end.exit_code).unwrap_or(1))
        })
    }
}
