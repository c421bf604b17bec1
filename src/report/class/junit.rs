//! JUnit's XML, in the dialect that GitLab, Jenkins and dorny/test-reporter all read: a test case for each row.

use std::time::Duration;

use super::{Report, Row, State, escaped};

pub(super) fn junit(report: &Report) -> String {
    let count = |state| report.rows.iter().filter(|row| row.state == state).count();
    let time = report.written.duration_since(report.begun).unwrap_or_default();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\"",
        report.rows.len(),
        count(State::Left),
        count(State::Failed),
        count(State::Unfinished) + count(State::Spared),
        seconds(time),
    );
    let at = humantime::format_rfc3339_seconds(report.begun);
    let command = escaped(&report.command);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  <testsuite name=\"labform {command}\" {counts} \
         timestamp=\"{at}\">\n"
    );
    report.rows.iter().for_each(|row| text.push_str(&case(report, row)));
    text + "  </testsuite>\n</testsuites>\n"
}

/// A test case. The account is in its name, because GitLab drops the second of two cases of one name.
fn case(report: &Report, row: &Row) -> String {
    let reasons = row.reasons();
    let message = escaped(reasons.first().map_or("", String::as_str));
    let next = Some(format!("next: {}", row.next)).filter(|_| !row.next.is_empty());
    let all = escaped(&reasons.iter().cloned().chain(next).collect::<Vec<_>>().join("\n"));
    let word = row.state.word(&report.command);
    let end = match row.state {
        State::Clean => String::new(),
        State::Left => format!("<failure message=\"{message}\" type=\"{word}\">{all}</failure>"),
        State::Failed => format!("<error message=\"{message}\" type=\"{word}\">{all}</error>"),
        // Neither a success nor a failure: nobody knows yet, or nothing was to be done.
        State::Unfinished | State::Spared => format!("<skipped message=\"{message}\">{all}</skipped>"),
    };
    format!(
        "    <testcase classname=\"labform.{}\" name=\"{} ({})\" time=\"{}\">{end}</testcase>\n",
        escaped(&report.title),
        escaped(&row.name),
        escaped(&row.account),
        seconds(row.took.unwrap_or_default()),
    )
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::super::testing::class;
    use super::*;

    #[test]
    fn each_row_is_a_case() {
        let text = junit(&class(60));
        let document = roxmltree::Document::parse(&text).unwrap();
        let of = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        assert_eq!(["testcase", "failure", "error", "skipped"].map(of), [60, 1, 1, 1]);
        let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
        assert!(failure.text().unwrap().ends_with("next: labform destroy --students student-0019"));
        let skipped = document.descendants().find(|node| node.has_tag_name("skipped")).unwrap();
        assert_eq!(skipped.parent().unwrap().attribute("name"), Some("student-0059 (100000000059)"));
        assert_eq!(skipped.text(), Some("stopped by a signal\nnext: labform destroy --students student-0059"));
        let mut strange = class(1);
        strange.rows[0].state = State::Failed;
        strange.rows[0].cause = "\u{1b}[31m]]> & \u{0}\u{fffe}".to_owned();
        roxmltree::Document::parse(&junit(&strange)).unwrap();
    }

    /// A state has one word, wherever people read it.
    #[test]
    fn each_form_says_the_same_of_a_row() {
        for (command, state, word) in [
            ("destroy", State::Left, "left over"),
            ("check", State::Left, "missed"),
            ("apply", State::Left, "partly"),
            ("apply", State::Failed, "failed"),
            ("apply", State::Unfinished, "unfinished"),
        ] {
            let mut report = Report { command: command.to_owned(), ..class(1) };
            report.rows[0].state = state;
            for (name, text) in report.files().into_iter().filter(|(name, _)| *name != "report.json") {
                let is_said = match (name, state) {
                    // JUnit has a word of its own.
                    ("report.xml", State::Unfinished) => text.contains("<skipped "),
                    ("report.xml", _) => text.contains(&format!("type=\"{word}\"")),
                    _ => text.contains(&format!("{} {word}", state.sign())),
                };
                assert!(is_said, "{command} {name}: {text}");
            }
        }
    }
}
