//! What an image runs if nobody says otherwise, as its Dockerfile tells.

use std::io;
use std::path::Path;

/// The longest Dockerfile that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// What an image runs if its container says nothing else; nothing if that isn't known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageCommand {
    /// `ENTRYPOINT`.
    pub(super) entry: Vec<String>,
    /// `CMD`.
    pub(super) command: Vec<String>,
}

impl ImageCommand {
    /// Reads it off the Dockerfile at `path`: off the stage `target`, or the last one.
    ///
    /// # Errors
    /// If the file can't be read, or is none.
    pub fn read(path: &Path, target: Option<&str>) -> io::Result<Self> {
        // A pipe is only opened once somebody writes to it, and a device may have no end.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
        }
        let mut text = String::new();
        io::Read::read_to_string(&mut io::Read::take(std::fs::File::open(path)?, LONGEST), &mut text)?;
        Ok(Self::parse(&text, target))
    }

    /// What the stage builds on isn't looked at ("Dockerfile reference", Docker documentation).
    fn parse(text: &str, target: Option<&str>) -> Self {
        let (mut found, mut stage) = (Self::default(), None);
        for line in instructions(text) {
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
            match word.to_ascii_uppercase().as_str() {
                "FROM" if target.is_some() && stage.as_deref() == target => break,
                "FROM" => {
                    let words: Vec<&str> = rest.split_whitespace().collect();
                    let named = words.iter().rev().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
                    stage = words.last().filter(|_| named).map(|name| (*name).to_owned());
                    found = Self::default();
                }
                "ENTRYPOINT" => found.entry = words(rest),
                "CMD" => found.command = words(rest),
                _ => {}
            }
        }
        found
    }
}

/// The instructions, each on a line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), String::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(part) => open.push_str(part),
            None => found.push(std::mem::take(&mut open) + line),
        }
    }
    found
}

/// The words of an instruction: a JSON list as it is, all else for a shell.
fn words(rest: &str) -> Vec<String> {
    let rest = rest.trim();
    serde_json::from_str(rest).unwrap_or_else(|_| ["/bin/sh", "-c", rest].map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_or_the_one_that_is_built_tells() {
        let text = "# syntax=docker/dockerfile:1\nFROM node:22 AS build\nCMD make all\nfrom nginx\n\
            EXPOSE 80\nENTRYPOINT [\"serve\"]\ncmd [\"--port\", \\\n  \"80\"]\n";
        let found = |target| {
            let ImageCommand { entry, command } = ImageCommand::parse(text, target);
            (entry.join(" "), command.join(" "))
        };
        assert_eq!(found(None), ("serve".to_owned(), "--port 80".to_owned()));
        assert_eq!(found(Some("build")), (String::new(), "/bin/sh -c make all".to_owned()));
        assert_eq!(ImageCommand::parse("FROM nginx\n", None), ImageCommand::default());
    }

    #[cfg(unix)]
    #[test]
    fn only_a_file_is_read() {
        assert!(ImageCommand::read(Path::new("/dev/zero"), None).is_err());
        assert!(ImageCommand::read(&std::env::temp_dir(), None).is_err());
    }
}
