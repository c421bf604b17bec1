//! A job's states, log lines and results as they come, for people.

use std::fmt::Display;
use std::io::{self, Write};

use super::explanation;
use super::job_end::ended_before;
use super::progress::task_id;
use super::style::{BOLD, DIM, YELLOW, counted, elapsed, paint, took, visible, visible_block, visible_text};
use crate::jobs::{JobEvent, LabTask};

/// The line for an event: data (a container's log, a result) or a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobLine {
    /// Output of a container, for stdout.
    Data(String),
    /// Words of labform on the task, for stderr.
    Note(String),
}

/// The lines that show `event` of the job `name`. A container is named if several have a log.
pub fn lines(name: &str, event: &JobEvent) -> Vec<JobLine> {
    let say = |words: &dyn Display| JobLine::Note(format!("job.{}: {words}", visible(name)));
    let line = match event {
        JobEvent::Waiting { reason } => say(&format_args!("waiting for: {}", visible(reason))),
        JobEvent::Started { task } => say(&format_args!("task {}", paint(DIM, visible(task)))),
        JobEvent::Attached { task, age, differs, others } => {
            return attached(name, task, &elapsed(*age), differs, *others);
        }
        JobEvent::EndedBefore { ago, by, exit_code, .. } => {
            say(&format_args!("the last one {}", ended_before(*ago, *by, *exit_code)))
        }
        JobEvent::Uploading { file, to, sent, size } => {
            let (file, to) = (visible(file), visible(to));
            match sent {
                0 => say(&format_args!("uploading {file} ({}) to {to}", bytes(*size))),
                _ => say(&format_args!("uploading {file}: {} of {}", bytes(*sent), bytes(*size))),
            }
        }
        JobEvent::Uploaded { to, took: time } => say(&format_args!("{} is there after {}", visible(to), took(*time))),
        JobEvent::State { state, after, reason } => {
            let (state, after) = (paint(BOLD, visible(state)), elapsed(*after));
            match reason.as_str() {
                "" => say(&format_args!("{state} after {after}")),
                reason => say(&format_args!("{state} after {after} ({})", visible(reason))),
            }
        }
        JobEvent::Log { of: 1, line, .. } => JobLine::Data(visible_text(line)),
        JobEvent::Log { container, line, .. } => {
            let writer = paint(DIM, visible(container)).to_string();
            let text = visible_text(line);
            let lines = text.split('\n').map(|line| format!("{writer} | {line}"));
            JobLine::Data(lines.collect::<Vec<_>>().join("\n"))
        }
        JobEvent::NoLog { container, why } => say(&format_args!("no log of {}: {}", visible(container), visible(why))),
        JobEvent::NoAnswer { error } => say(&format_args!(
            "{} {}",
            paint(YELLOW, "AWS gives no answer, and is asked again:"),
            visible_block(error, 4)
        )),
        JobEvent::Stopping { why } => say(&format_args!("stopping the task ({})", visible(why))),
        JobEvent::Explained { explanation } => JobLine::Note(explanation::lines(explanation).join("\n")),
        JobEvent::Downloaded { from, size, file, text } => {
            let what = format!("result {} ({})", visible(from), bytes(*size));
            let note = match (file, text) {
                (Some(file), _) => say(&format_args!("{what}, written to {}", visible(file))),
                (None, Some(_)) => say(&what),
                (None, None) => say(&format_args!(
                    "{what}, which isn't text or is long: `file` beside its key in lab.yaml keeps it"
                )),
            };
            let shown = text.iter().map(|text| JobLine::Data(visible_text(text)));
            return [note].into_iter().chain(shown).collect();
        }
    };
    vec![line]
}

fn attached(name: &str, task: &str, since: &str, differs: &[String], others: usize) -> Vec<JobLine> {
    let name = visible(name);
    let say = |words: &dyn Display| JobLine::Note(format!("job.{name}: {words}"));
    let mut lines = vec![
        say(&format_args!(
            "task {} is on already, for {since}: it is followed from its first line, and nothing is uploaded",
            paint(DIM, visible(task)),
        )),
        say(&format_args!("`labform run {name} --new` starts another one beside it")),
    ];
    if !differs.is_empty() {
        let differs = visible(differs.join(", "));
        lines.push(say(&format_args!("{} in its {differs}", paint(YELLOW, "it isn't what you ask for now:"))));
        if differs.contains("command of ") {
            lines.push(say(&"with another command, it doesn't write the job's outputs: none are fetched"));
        }
    }
    if others > 0 {
        let are = if others == 1 { "is" } else { "are" };
        lines.push(say(&format_args!("{} of the job {are} on besides", counted(others, "more task"))));
    }
    lines
}

/// The size in words, as in `812 bytes` or `12.3 MB`.
fn bytes(count: u64) -> String {
    let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match units.iter().find(|(_, unit)| count >= *unit) {
        Some((word, unit)) => format!("{}.{} {word}", count / unit, count % unit * 10 / unit),
        None => counted(usize::try_from(count).unwrap_or(usize::MAX), "byte"),
    }
}

/// Writes which tasks of jobs a destroy stops first.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_tasks(out: &mut dyn Write, tasks: &[LabTask]) -> io::Result<()> {
    if tasks.is_empty() {
        return Ok(());
    }
    let count = paint(BOLD, counted(tasks.len(), "task"));
    writeln!(out, "\n{count} of jobs will be stopped first:")?;
    for LabTask { address, task, state, .. } in tasks {
        let (address, id) = (visible(address), visible(task_id(task)));
        writeln!(out, "    {address} task {id}: {}", visible(state))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::Address;
    use crate::report::testing::plain;
    use crate::resource::Explanation;

    fn said(events: &[JobEvent]) -> String {
        let lines = events.iter().flat_map(|event| lines("classifier", event));
        let lines = lines.map(|line| match line {
            JobLine::Data(text) => format!("out: {}", plain(text.as_bytes())),
            JobLine::Note(text) => format!("err: {}", plain(text.as_bytes())),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn log(of: usize) -> JobEvent {
        JobEvent::Log { container: "main".to_owned(), of, timestamp: None, line: "a\ttiger\u{1b}\r\ntwo".to_owned() }
    }

    #[test]
    fn a_job_is_shown_as_it_goes() {
        let upload = |sent| JobEvent::Uploading {
            file: "cat.jpg".to_owned(),
            to: "s3://images/input/cat.jpg".to_owned(),
            sent,
            size: 12_345_678,
        };
        let state = |state: &str, reason: &str| JobEvent::State {
            state: state.to_owned(),
            after: Duration::from_secs(25),
            reason: reason.to_owned(),
        };
        let result = |size, file: Option<&str>, text: Option<&str>| JobEvent::Downloaded {
            from: "s3://images/out.json".to_owned(),
            size,
            file: file.map(str::to_owned),
            text: text.map(str::to_owned),
        };
        let events = [
            upload(0),
            upload(4_000_000),
            JobEvent::Uploaded { to: "s3://images/input/cat.jpg".to_owned(), took: Duration::from_secs(7) },
            state("PENDING", "CannotPullContainerError: no"),
            state("RUNNING", ""),
            log(1),
            log(2),
            JobEvent::NoAnswer { error: "DescribeTasks: connection refused".to_owned() },
            result(22, Some("result.json"), Some("{\r\n\t\"a\": \"\u{202e}\"\n}\n")),
            result(812, None, None),
        ];
        insta::assert_snapshot!(said(&events), @r#"
        err: job.classifier: uploading cat.jpg (12.3 MB) to s3://images/input/cat.jpg
        err: job.classifier: uploading cat.jpg: 4.0 MB of 12.3 MB
        err: job.classifier: s3://images/input/cat.jpg is there after 7.0s
        err: job.classifier: PENDING after 25s (CannotPullContainerError: no)
        err: job.classifier: RUNNING after 25s
        out: a	tiger\u{1b}
        two
        out: main | a	tiger\u{1b}
        main | two
        err: job.classifier: AWS gives no answer, and is asked again: DescribeTasks: connection refused
        err: job.classifier: result s3://images/out.json (22 bytes), written to result.json
        out: {
        	"a": "\u{202e}"
        }
        err: job.classifier: result s3://images/out.json (812 bytes), which isn't text or is long: `file` beside its key in lab.yaml keeps it
        "#);
    }

    #[test]
    fn a_failure_is_explained() {
        let explained = said(&[JobEvent::Explained {
            explanation: Explanation {
                cause: "out of memory",
                evidence: vec!["container main: exit code 137".to_owned()],
                remedy: "raise `memory`".to_owned(),
            },
        }]);
        insta::assert_snapshot!(explained, @r"
        err:     cause: out of memory
              container main: exit code 137
            what to do: raise `memory`
        ");
    }

    #[test]
    fn who_comes_back_is_told_to_what() {
        let attached = JobEvent::Attached {
            task: "arn:task/main/1f3c".to_owned(),
            age: Duration::from_secs(303),
            differs: vec!["command of main".to_owned()],
            others: 1,
        };
        insta::assert_snapshot!(said(&[attached]), @r"
        err: job.classifier: task arn:task/main/1f3c is on already, for 5m 03s: it is followed from its first line, and nothing is uploaded
        err: job.classifier: `labform run classifier --new` starts another one beside it
        err: job.classifier: it isn't what you ask for now: in its command of main
        err: job.classifier: with another command, it doesn't write the job's outputs: none are fetched
        err: job.classifier: 1 more task of the job is on besides
        ");
    }

    #[test]
    fn a_destroy_names_the_tasks_that_it_stops() {
        let task = LabTask {
            address: Address::new("job", "classifier"),
            task: "arn:aws:ecs:eu-west-1:123456789012:task/main/1f3c".to_owned(),
            cluster: "main".to_owned(),
            state: "RUNNING".to_owned(),
        };
        let mut out = Vec::new();
        write_tasks(&mut out, &[]).unwrap();
        assert!(out.is_empty());
        write_tasks(&mut out, &[task]).unwrap();
        insta::assert_snapshot!(plain(&out), @r"

        1 task of jobs will be stopped first:
            job.classifier task 1f3c: RUNNING
        ");
    }
}
