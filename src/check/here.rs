//! What stands on this machine: files beside lab.yaml, and the teacher's own programs.

use std::io::{ErrorKind, Read as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Commands, Finding, missed, passed, unknown};
use crate::spec::KeptFile;

/// The bytes of a file that are looked through.
const LOOKED: u64 = 1 << 20;
/// The time that a program may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks for a file below `folder`.
pub(super) fn file(folder: &Path, wanted: &KeptFile) -> Finding {
    let path = &wanted.path;
    let opened = match std::fs::File::open(folder.join(path)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return missed(format!("{path} isn't there")),
        Err(error) => return unknown(&format!("{path}: {error}")),
    };
    let mut start = Vec::new();
    if let Err(error) = opened.take(LOOKED).read_to_end(&mut start) {
        return unknown(&format!("{path}: {error}"));
    }
    match &wanted.contains {
        Some(text) if !String::from_utf8_lossy(&start).contains(text) => {
            missed(format!("{path} doesn't hold `{text}`"))
        }
        _ => passed(format!("{path} is there")),
    }
}

/// Runs a program in `folder`, if it may run.
pub(super) async fn run(folder: &Path, command: &[String], commands: Commands) -> Finding {
    let Some((program, arguments)) = command.split_first() else { return missed("no program is named") };
    if commands == Commands::Leave {
        return unknown(&"programs run with `--allow-commands` only");
    }
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(PATIENCE, command.output()).await {
        Err(_) => missed(format!("`{program}` didn't end in {} seconds", PATIENCE.as_secs())),
        Ok(Err(error)) => unknown(&format!("`{program}`: {error}")),
        Ok(Ok(output)) => {
            let words = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).trim().to_owned());
            let last = words.iter().flat_map(|text| text.lines()).next_back().unwrap_or_default().to_owned();
            match output.status.success() {
                true => passed(if last.is_empty() { format!("`{program}` ended with 0") } else { last }),
                false => missed(format!("`{program}` ended with {}: {last}", code(&output.status))),
            }
        }
    }
}

fn code(status: &std::process::ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_owned(), |code| code.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Outcome;

    #[test]
    fn a_file_is_found_by_its_text() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("result.json"), r#"{"label": "tiger"}"#).unwrap();
        let of = |path: &str, contains: Option<&str>| {
            let wanted = KeptFile { path: path.to_owned(), contains: contains.map(str::to_owned) };
            file(folder.path(), &wanted).0
        };
        assert_eq!(of("result.json", None), Outcome::Passed);
        assert_eq!(of("result.json", Some("tiger")), Outcome::Passed);
        assert_eq!(of("result.json", Some("cat")), Outcome::Missed);
        assert_eq!(of("other.json", None), Outcome::Missed);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_runs_only_if_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let words = |text: &str| ["sh", "-c", text].map(str::to_owned);
        let run = async |text: &str, commands| run(folder.path(), &words(text), commands).await;
        assert_eq!(run("echo well", Commands::Run).await, passed("well"));
        assert_eq!(run("echo bad >&2; exit 3", Commands::Run).await, missed("`sh` ended with 3: bad"));
        assert_eq!(run("touch here", Commands::Leave).await.0, Outcome::Unknown);
        assert!(!folder.path().join("here").exists());
    }
}
