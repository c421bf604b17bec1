//! Markdown for the summary of a CI's run, which takes 1 MiB a step and drops all that is longer (GitHub, "Workflow
//! commands": adding a job summary).

use super::{Report, Row, State};

/// The bytes up to which rows are written.
const ROOM: usize = 900 << 10;
/// The characters of a cell.
const CELL: usize = 300;

pub(super) fn markdown(report: &Report) -> String {
    let took = report.written.duration_since(report.begun).unwrap_or_default();
    let took = humantime::format_duration(std::time::Duration::from_secs(took.as_secs()));
    let mut text = format!("## labform {}: {}\n\n", cell(&report.command), report.summary());
    text.push_str(&format!("{}, in {took}.\n", cell(&report.title)));
    // Of a destroy nobody wants to know what went well.
    let is_well = |row: &Row| row.state == State::Clean && row.spared.is_empty();
    let is_shown = |row: &&Row| !is_well(row) || report.command != "destroy";
    let shown: Vec<&Row> = report.sorted().into_iter().filter(is_shown).collect();
    if shown.is_empty() {
        return text;
    }
    text.push_str("\n| | Account | State | Result | Why | Next |\n|---|---|---|---|---|---|\n");
    for (n, row) in shown.iter().enumerate() {
        let why = row.details().iter().map(|reason| cell(reason)).collect::<Vec<_>>().join("<br>");
        let next =
            if row.next.is_empty() { String::new() } else { format!("`{}`", row.next.replace(['`', '|', '\n'], " ")) };
        let state = format!("{} {}", row.state.sign(), row.state.word(&report.command));
        let [name, account, result] = [&row.name, &row.account, &row.result].map(|text| cell(text));
        let line = format!("| {name} | {account} | {state} | {result} | {why} | {next} |\n");
        if text.len() + line.len() > ROOM {
            text.push_str(&format!("\n{} more are in the report.\n", shown.len() - n));
            break;
        }
        text.push_str(&line);
    }
    text
}

/// A text as a cell of a table, in which nothing of it is Markdown or HTML.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for c in text.chars().take(CELL) {
        match c {
            '\n' | '\r' | '\t' => cell.push(' '),
            '&' => cell.push_str("&amp;"),
            '<' => cell.push_str("&lt;"),
            c if c.is_control() => {}
            c if "\\`*_{}[]()#+!|>~@".contains(c) => cell.extend(['\\', c]),
            c => cell.push(c),
        }
    }
    if text.chars().nth(CELL).is_some() {
        cell.push('…');
    }
    cell
}

#[cfg(test)]
mod tests {
    use super::super::testing::class;
    use super::*;

    #[test]
    fn those_that_need_somebody_come_first_and_it_stays_small() {
        insta::assert_snapshot!(markdown(&class(60)), @r#"
        ## labform destroy: 57 of 60 clean, 1 failed, 1 left over, 1 unfinished

        Cloud &amp; DevOps, in 5m 12s.

        | | Account | State | Result | Why | Next |
        |---|---|---|---|---|---|
        | student-0039 | 100000000039 | ✗ failed |  | AccessDenied: not authorized to perform: sts:AssumeRole | `labform destroy --students student-0039` |
        | student-0019 | 100000000019 | ◐ left over | 19 destroyed | securityGroup.web "tp8-web": eni-0a1b &lt;of somebody's instance\> holds it | `labform destroy --students student-0019` |
        | student-0059 | 100000000059 | … unfinished | 19 destroyed | stopped by a signal | `labform destroy --students student-0059` |
        "#);
        assert!(!markdown(&class(10)).contains("| Account"));
        let plan = Report { command: "plan".to_owned(), ..class(10) };
        assert_eq!(markdown(&plan).matches("✓ done | 19 destroyed |").count(), 10);
        let mut large = class(20_000);
        large.rows.iter_mut().for_each(|row| row.state = State::Failed);
        let text = markdown(&large);
        assert!(text.len() < 1 << 20, "{}", text.len());
        assert!(text.trim_end().ends_with("more are in the report."));
    }
}
