//! `labform check`.

use std::cell::RefCell;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::class::{Class, Task};
use super::files::Readers;
use super::screen::{Json, Result, Voice, learn};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, complete, files};
use crate::check::{self, Commands, Outcome, Verdict};
use crate::error::{DONE, Error, FAILED, PARTLY};
use crate::report::checks::{check_lines, number, sums, write_checks};
use crate::report::commands::quoted;
use crate::report::gradebook::{Graded, gradebook};
use crate::report::grades::{self, grades};
use crate::spec::{Row, Source};

/// Look at the lab's checkpoints, and say how many points they give
///
/// Nothing is changed, and nothing but what the checkpoints name is read: `labform policy check` prints the IAM policy
/// that this takes, for graders. Exit codes: 0 if all are met, 3 if not, 1 if one could not be looked at.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Only these, by their names below `checks` in lab.yaml, or by their addresses, as in check.page
    #[arg(value_name = "NAME", value_parser = |word: &str| Ok::<_, String>(word.strip_prefix("check.").unwrap_or(word).to_owned()),
        add = complete::checks())]
    names: Vec<String>,
    /// Run the programs that checkpoints name: only if you trust lab.yaml
    #[arg(long)]
    allow_commands: bool,
    #[command(flatten)]
    pub(super) class: Class,
    /// Write the points for a grader or for CI, and nothing else; of a class as a gradebook: json, csv or junit
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
        let Some(class) = self.class.name() else {
            let one = async |globals: &Globals, voice: &Voice, stop: &Stop| {
                let (source, verdicts) = self.look(globals, voice, stop).await?;
                self.tell(voice, source.name(), &verdicts)
            };
            let words = self.words();
            return voice.tell(self.class.run(globals, &voice, Task { words: &words, ..Task::new("check") }, &one));
        };
        voice.tell(self.look_at_all(globals, &voice, &class))
    }

    /// The words of the same command without its options.
    fn words(&self) -> String {
        ["check".to_owned()].into_iter().chain(self.names.iter().map(|name| quoted(name))).collect::<Vec<_>>().join(" ")
    }

    /// The options without which the same command would do something else.
    pub(super) fn own(&self) -> Vec<String> {
        self.allow_commands.then(|| "--allow-commands".to_owned()).into_iter().collect()
    }

    /// The options that say where the points are written.
    pub(super) fn report_words(&self) -> Vec<String> {
        let form = self.format.and_then(|form| Some(("--format", form.to_possible_value()?.get_name().to_owned())));
        let out = self.out.iter().map(|file| ("--out", file.to_string_lossy().into_owned()));
        let pairs = form.into_iter().chain(out).flat_map(|(name, value)| [name.to_owned(), quoted(&value)]);
        pairs.chain(self.class.report_words()).collect()
    }

    /// Looks at the labs of a class, and writes its gradebook if one is asked for.
    fn look_at_all(&self, globals: &Globals, voice: &Voice, class: &str) -> Result<u8> {
        if let Some(Form::Gradescope | Form::Prairielearn) = self.format {
            let message = "this form has room for one student: leave out --roster, or take json, csv or junit";
            return Err(Error::usage(message).into());
        }
        let graded = RefCell::new(Vec::<Graded>::new());
        let checks = |row: &Row, source: &Source| {
            let (student, account, lab) = (row.student.clone(), row.account.clone(), source.name().to_owned());
            graded.borrow_mut().push(Graded { student, account, lab, verdicts: None });
            Ok(())
        };
        let words = self.words();
        let task = Task { words: &words, takes_stdout: self.format.is_some(), checks: &checks, ..Task::new("check") };
        let one = async |globals: &Globals, voice: &Voice, stop: &Stop| {
            let (source, verdicts) = self.look(globals, voice, stop).await?;
            let student = globals.student.as_ref().map(|student| student.row.student.as_str());
            if let Some(one) = graded.borrow_mut().iter_mut().find(|one| Some(one.student.as_str()) == student) {
                one.verdicts = Some(verdicts.clone());
            }
            match self.format {
                Some(_) => Ok(code(&verdicts)),
                None => self.tell(voice, source.name(), &verdicts),
            }
        };
        let code = self.class.run(globals, voice, task, &one)?;
        // Nobody was looked at: yesterday's gradebook stays.
        if graded.borrow().iter().all(|one| one.verdicts.is_none()) {
            return Ok(code);
        }
        if let Some(text) = self.format.and_then(|form| gradebook(form.into(), class, &graded.borrow())) {
            self.write(&text)?;
        }
        Ok(code)
    }

    async fn look(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<(Source, Vec<Verdict>)> {
        let source = files::load(globals)?;
        let folder = files::folder(&globals.file);
        let commands = if self.allow_commands { Commands::Run } else { Commands::Leave };
        let session = stop.or(Session::open(globals, source.region())).await?;
        let looked = check::check(&session.cloud, &source, &self.names, &folder, commands);
        let (account, verdicts) = stop.or(looked).await?;
        learn(|member| {
            let (earned, points) = sums(&verdicts);
            member.account(&account.id);
            member.result(format!("{} of {} points", number(earned), number(points)));
            let missed = verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Passed);
            missed.for_each(|verdict| member.missed(&format!("{}: {}", verdict.address, verdict.found)));
        });
        if self.format.is_none() {
            session.introduce(voice, source.name(), &account)?;
        }
        Ok((source, verdicts))
    }

    /// Tells the points of one lab, and returns the exit code.
    fn tell(&self, voice: &Voice, lab: &str, verdicts: &[Verdict]) -> Result<u8> {
        match self.format {
            Some(form) => self.write(&grades(form.into(), lab, verdicts))?,
            None => voice.data(|out| write_checks(out, verdicts), || check_lines(verdicts))?,
        }
        Ok(code(verdicts))
    }

    fn write(&self, text: &str) -> Result<()> {
        match &self.out {
            None => Ok(std::io::Write::write_all(&mut anstream::stdout().lock(), text.as_bytes())?),
            Some(file) => {
                files::make_folder(file, Readers::Owner)?;
                files::save(file, text.as_bytes(), Readers::Owner, is_grades, "points of `labform check`")
            }
        }
    }
}

/// The exit code for what checkpoints came to.
fn code(verdicts: &[Verdict]) -> u8 {
    let any = |outcome| verdicts.iter().any(|verdict| verdict.outcome == outcome);
    match (any(Outcome::Unknown), any(Outcome::Missed)) {
        (true, _) => FAILED,
        (false, true) => PARTLY,
        (false, false) => DONE,
    }
}

/// Returns whether a file may be one that labform wrote before.
fn is_grades(text: &str) -> bool {
    let value: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let is_json = value["tests"].is_array() || value["checks"].is_array() || value["students"].is_array();
    let is_csv = ["check,description,", "student,account,lab,"].iter().any(|head| text.starts_with(head));
    is_json || is_csv || text.contains("<testsuite name=\"labform check\"")
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
