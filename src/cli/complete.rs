//! Completions of a command line that is being typed: words of labform's own, and those that lab.yaml declares.
//!
//! The script of `labform completions` starts labform with the line so far. Whatever is printed then stands in that line,
//! so that nothing is said of a lab that is wrong or isn't there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};
use clap_complete::env::CompleteEnv;

use super::{Cli, files, values};
use crate::resource::Resource as _;
use crate::resources::{LogGroup, Service, TaskDefinition};
use crate::spec::{Declarations, JOB, Values};

/// The variable of the environment by which the script asks.
pub(super) const ASKS: &str = "LABFORM_COMPLETE";

/// The answer to a shell, if this process was started to complete a line.
pub(super) fn main() -> Option<ExitCode> {
    let folder = env::current_dir().ok();
    let asked = CompleteEnv::with_factory(Cli::command).var(ASKS).try_complete(env::args_os(), folder.as_deref());
    match asked {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(_) => Some(ExitCode::FAILURE),
    }
}

/// The addresses of the lab's resources.
pub(super) fn addresses() -> ArgValueCandidates {
    declared(|lab| lab.resources.iter().map(ToString::to_string).collect())
}

/// The addresses of the lab's resources and jobs.
pub(super) fn addresses_and_jobs() -> ArgValueCandidates {
    declared(|lab| {
        let jobs = lab.jobs.iter().map(|job| format!("{JOB}.{job}"));
        lab.resources.iter().map(ToString::to_string).chain(jobs).collect()
    })
}

/// The addresses of what writes a log.
pub(super) fn logging() -> ArgValueCandidates {
    declared(|lab| {
        let kinds = [Service::KIND, TaskDefinition::KIND, LogGroup::KIND];
        let logging = lab.resources.iter().filter(|address| kinds.contains(&address.kind.as_str()));
        let jobs = lab.jobs.iter().map(|job| format!("{JOB}.{job}"));
        logging.map(ToString::to_string).chain(jobs).collect()
    })
}

/// The names of the lab's jobs.
pub(super) fn jobs() -> ArgValueCandidates {
    declared(|lab| lab.jobs)
}

/// The names of the lab's checkpoints.
pub(super) fn checks() -> ArgValueCandidates {
    declared(|lab| lab.checks)
}

/// The names of the lab's phases.
pub(super) fn phases() -> ArgValueCandidates {
    declared(|lab| lab.phases.into_iter().collect())
}

/// The names of the lab's outputs.
pub(super) fn outputs() -> ArgValueCandidates {
    declared(|lab| lab.outputs)
}

/// The names of the lab's variables, each before its value.
pub(super) fn variables() -> ArgValueCandidates {
    declared(|lab| lab.variables.iter().map(|name| format!("{name}=")).collect())
}

/// What `words` takes of the lab on the line that is being typed. A word that isn't plain is left out: a shell takes what it
/// completes without quotes, and somebody else may have written lab.yaml.
fn declared(words: fn(Declarations) -> Vec<String>) -> ArgValueCandidates {
    let is_plain = |word: &String| word.chars().all(|sign| sign.is_ascii_alphanumeric() || "._-=".contains(sign));
    ArgValueCandidates::new(move || {
        let line = env::args_os().map(|word| word.to_string_lossy().into_owned()).skip_while(|word| word != "--");
        let lab = lab(&file(&line.skip(1).collect::<Vec<_>>()));
        words(lab).into_iter().filter(is_plain).map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}

fn lab(file: &Path) -> Declarations {
    let text = files::read(file, files::MAX_BYTES).unwrap_or_default();
    Declarations::of(&text, &Values { environment: values::environment(), ..Values::default() })
}

/// The file that a line names the lab with. bash parts a word at its equals sign.
fn file(line: &[String]) -> PathBuf {
    let mut file = "lab.yaml";
    for (at, word) in line.iter().enumerate() {
        let behind = |by: usize| line.get(at + by).map(String::as_str);
        let named = match (word.as_str(), behind(1)) {
            ("--file", Some("=")) => behind(2),
            ("-f" | "--file", next) => next,
            (word, _) => word.strip_prefix("--file=").or_else(|| word.strip_prefix("-f")),
        };
        file = named.unwrap_or(file);
    }
    file.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_the_lab() {
        for (line, expected) in [
            ("labform plan --only", "lab.yaml"),
            ("labform -f a.yaml plan", "a.yaml"),
            ("labform plan --file a.yaml --only", "a.yaml"),
            ("labform plan --file = a.yaml --only", "a.yaml"),
            ("labform plan --file=a.yaml", "a.yaml"),
            ("labform plan -fa.yaml", "a.yaml"),
            ("labform plan -f", "lab.yaml"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(file(&words), Path::new(expected), "{line}");
        }
    }
}
