//! `labform help`: commands, and the pages that stand beside what they describe.

use std::ffi::OsStr;
use std::io::Write as _;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, CommandFactory as _};

use super::Cli;
use super::screen::Result;
use super::streams::columns;
use crate::error::{DONE, Error};
use crate::model::nearest;
use crate::report::page::write_page;

/// The widest page: longer lines are hard to read.
const WIDEST: usize = 100;

/// A page of Markdown on what no single command does.
struct Topic {
    word: &'static str,
    about: &'static str,
    page: &'static str,
}

const fn topic(word: &'static str, about: &'static str, page: &'static str) -> Topic {
    Topic { word, about, page }
}

/// The pages, in the order in which a newcomer needs them.
static TOPICS: [Topic; 11] = [
    topic("lab.yaml", "what may stand in it, by example", include_str!("../spec/lab-yaml.md")),
    topic("commands", "all commands, what narrows them, what protects", include_str!("commands.md")),
    topic("exit-codes", "the code that a command ends with", include_str!("exit-codes.md")),
    topic("aws", "signing in, rights, endpoints", include_str!("../cloud/aws.md")),
    topic("images", "building, pushing and mirroring", include_str!("../resources/image/images.md")),
    topic("jobs", "tasks that run once", include_str!("../jobs/jobs.md")),
    topic("checks", "what a lab has to show for itself", include_str!("../check/checks.md")),
    topic("class", "one file for many students", include_str!("class/class.md")),
    topic("account", "the embedded AWS account, for other clients, too", include_str!("sandbox.md")),
    topic("ownership", "how labform knows its objects without a state file", include_str!("../cloud/ownership.md")),
    topic("crashes", "what happens when labform is killed", include_str!("../apply/crashes.md")),
];

/// Print the help of a command, or a page on a topic
///
/// Without a word, all commands and topics are listed. A page is Markdown if it goes into a file or a pipe. No call is made
/// to AWS.
#[derive(Debug, Args)]
pub(super) struct Help {
    /// The topic, or the command, as in ownership or sandbox serve
    #[arg(value_name = "TOPIC|COMMAND", value_parser = Words, hide_possible_values = true)]
    words: Vec<String>,
}

/// A word of a command or a topic, which shells complete.
#[derive(Clone, Debug)]
struct Words;

impl TypedValueParser for Words {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(TOPICS.iter().map(|topic| PossibleValue::new(topic.word))))
    }
}

impl Help {
    pub(super) fn run(&self) -> Result<u8> {
        let mut out = anstream::stdout().lock();
        let mut root = Cli::command();
        root.build();
        match self.words.as_slice() {
            [] => {
                write!(out, "{}", root.render_long_help().ansi())?;
                writeln!(out, "\nTopics, for `labform help TOPIC`:")?;
                TOPICS.iter().try_for_each(|topic| writeln!(out, "  {:11} {}", topic.word, topic.about))?;
            }
            [word] if TOPICS.iter().any(|topic| topic.word == word) => {
                let page = TOPICS.iter().find(|topic| topic.word == word).map_or("", |topic| topic.page);
                match columns() {
                    Some(columns) => write_page(&mut out, page, columns.min(WIDEST))?,
                    None => out.write_all(page.as_bytes())?,
                }
            }
            words => write!(out, "{}", command(&root, words)?.render_long_help().ansi())?,
        }
        Ok(DONE)
    }
}

/// The command that these words name.
fn command(root: &Command, words: &[String]) -> Result<Command> {
    let mut found = root;
    for word in words {
        let names = found.get_subcommands().map(Command::get_name);
        let topics = TOPICS.iter().map(|topic| topic.word).filter(|_| words.len() == 1);
        let near = nearest(word, names.chain(topics)).map(str::to_owned);
        found = found.find_subcommand(word).ok_or_else(|| {
            let error = Error::usage(format!("there is no command and no topic `{}`", words.join(" ")));
            near.map(|near| format!("did you mean `{near}`?")).into_iter().fold(error, Error::hint)
        })?;
    }
    Ok(found.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_topic_has_the_name_of_a_command_and_each_page_has_a_heading() {
        let root = Cli::command();
        for topic in &TOPICS {
            assert!(root.find_subcommand(topic.word).is_none(), "{}", topic.word);
            assert!(topic.page.starts_with("# "), "{}", topic.word);
        }
    }
}
