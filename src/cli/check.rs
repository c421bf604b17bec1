//! `labform check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::screen::{Json, Result, Voice};
use super::session::Session;
use super::{Globals, files, stop};
use crate::check::{self, Commands, Outcome};
use crate::error::{DONE, FAILED, PARTLY};
use crate::report::checks::{check_lines, write_checks};
use crate::report::grades::{self, grades};

/// Look at the lab's checkpoints, and say how many points they give
///
/// Nothing is changed, and nothing but what the checkpoints name is read: `labform policy check` prints the IAM policy
/// that this takes, for graders. Exit codes: 0 if all are met, 3 if not, 1 if one could not be looked at.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only these, by their names below `checks` in lab.yaml, or by their addresses, as in check.page
    #[arg(value_name = "NAME", value_parser = |word: &str| Ok::<_, String>(word.strip_prefix("check.").unwrap_or(word).to_owned()))]
    names: Vec<String>,
    /// Run the programs that checkpoints name: only if you trust lab.yaml
    #[arg(long)]
    allow_commands: bool,
    /// Write the points for a grader or for CI, and nothing else
    #[arg(long, value_name = "FORM", conflicts_with = "json")]
    format: Option<Form>,
    /// Write them to this file instead of stdout
    #[arg(long, value_name = "FILE", requires = "format")]
    out: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// One JSON object
    Json,
    /// Comma-separated values
    Csv,
    /// JUnit's XML
    Junit,
    /// Gradescope's results.json
    Gradescope,
    /// PrairieLearn's results.json
    Prairielearn,
}

impl Check {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.look(globals, &voice))
    }

    fn look(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(globals)?;
        let folder = files::folder(&globals.file);
        let commands = if self.allow_commands { Commands::Run } else { Commands::Leave };
        let verdicts = stop::run(async |stop| {
            let session = stop.or(Session::open(globals, source.region())).await?;
            let looked = check::check(&session.cloud, &source, &self.names, &folder, commands);
            let (account, verdicts) = stop.or(looked).await?;
            if self.format.is_none() {
                session.introduce(voice, source.name(), &account)?;
            }
            Ok(verdicts)
        })?;
        match self.format {
            Some(form) => self.write(&grades(form.into(), source.name(), &verdicts))?,
            None => voice.data(|out| write_checks(out, &verdicts), || check_lines(&verdicts))?,
        }
        let any = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
        Ok(match (any(Outcome::Unknown), any(Outcome::Missed)) {
            (true, _) => FAILED,
            (false, true) => PARTLY,
            (false, false) => DONE,
        })
    }

    fn write(&self, text: &str) -> Result<()> {
        match &self.out {
            None => Ok(std::io::Write::write_all(&mut anstream::stdout().lock(), text.as_bytes())?),
            Some(file) => {
                files::make_folder(file)?;
                files::save(file, text.as_bytes(), is_grades, "points of `labform check`")
            }
        }
    }
}

/// Returns whether a file may be one that labform wrote before.
fn is_grades(text: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let is_json = value["tests"].is_array() || value["checks"].is_array();
    is_json || text.starts_with("check,description,") || text.contains("<testsuite name=\"labform check\"")
}

impl From<Form> for grades::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Json => Self::Json,
            Form::Csv => Self::Csv,
            Form::Junit => Self::Junit,
            Form::Gradescope => Self::Gradescope,
            Form::Prairielearn => Self::PrairieLearn,
        }
    }
}
