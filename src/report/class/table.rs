//! A class on the screen: what becomes of each student while a command runs, and the table at its end.

use std::io::{self, Write};
use std::time::Duration;

use super::super::style::{BOLD, DIM, GREEN, RED, YELLOW, cut, elapsed, paint, took, visible};
use super::{Row, State, summary};

/// The widest column of names.
const NAME: usize = 24;

/// A student whose lab is being worked on.
#[derive(Clone, Debug)]
pub struct Running {
    /// The student.
    pub name: String,
    /// The steps that are still to be done; none while that isn't known.
    pub left: Option<usize>,
    /// The time since it began.
    pub since: Duration,
    /// What is done just now.
    pub doing: String,
}

/// How many students are where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    /// All of them.
    pub all: usize,
    /// Those whose lab is being worked on.
    pub running: usize,
    /// Those that ended well.
    pub clean: usize,
    /// Those that ended otherwise.
    pub others: usize,
}

/// Returns how many of each there are, in words; nothing if there are none.
pub fn added((added, changed, destroyed): (usize, usize, usize), words: [&str; 3]) -> String {
    let counts = [added, changed, destroyed].into_iter().zip(words).filter(|(count, _)| *count > 0);
    let all: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
    if all.is_empty() { "no changes".to_owned() } else { all.join(", ") }
}

/// The table of the students whose labs are worked on, in so many columns and at most so many lines, the heads and the
/// sum included.
pub fn running(rows: &[Running], tally: Tally, since: Duration, (columns, lines): (usize, usize)) -> Vec<String> {
    let room = lines.saturating_sub(3).max(1);
    let wide = rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default().clamp(7, NAME);
    let heads = format!("{:wide$}  {:>4}  {:>7}  {}", "STUDENT", "LEFT", "TIME", "NOW");
    let mut table = vec![paint(BOLD, cut(&heads, columns)).to_string()];
    for row in rows.iter().take(room) {
        let left = row.left.map_or_else(|| "-".to_owned(), |left| left.to_string());
        let name = cut(&visible(&row.name), wide);
        let line = format!("{name:wide$}  {left:>4}  {:>7}  {}", elapsed(row.since), visible(&row.doing));
        table.push(cut(&line, columns));
    }
    if let Some(more @ 1..) = rows.len().checked_sub(room) {
        table.push(cut(&format!("… and {more} more"), columns));
    }
    let Tally { all, running, clean, others } = tally;
    let waiting = all.saturating_sub(running + clean + others);
    let sum =
        format!("{clean} of {all} done, {others} not well, {running} now, {waiting} to come  [{}]", elapsed(since));
    table.push(paint(DIM, cut(&sum, columns)).to_string());
    table
}

/// The line that says that the work for a student begins.
pub fn begun(row: &Row) -> String {
    let Row { name, account, region, lab, .. } = row;
    let name = paint(BOLD, visible(name));
    if lab.is_empty() {
        return format!("{name}: begins: account {account}");
    }
    format!("{name}: begins: lab {} in {account}, {region}", visible(lab))
}

/// The line that says how the work for a student ended.
pub fn ended(command: &str, row: &Row) -> String {
    let time = row.took.map(|time| format!(" after {}", took(time))).unwrap_or_default();
    let result = Some(format!(" ({})", row.result)).filter(|_| !row.result.is_empty()).unwrap_or_default();
    let why = row.reasons().first().map(|why| format!(": {}", visible(why))).unwrap_or_default();
    format!("{}: {}{time}{result}{why}", paint(BOLD, visible(&row.name)), word(command, row.state))
}

fn word(command: &str, state: State) -> String {
    let style = match state {
        State::Clean | State::Spared => GREEN,
        State::Failed => RED,
        State::Left | State::Unfinished => YELLOW,
    };
    paint(style, state.word(command)).to_string()
}

/// Writes the table of all students, and below it why it didn't end well for some, what was spared, and what to do.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_class(out: &mut dyn Write, command: &str, rows: &[Row]) -> io::Result<()> {
    let width = |cell: fn(&Row) -> String, head: &str| {
        rows.iter().map(|row| cell(row).chars().count()).chain([head.len()]).max().unwrap_or_default()
    };
    let name = |row: &Row| cut(&visible(&row.name), NAME);
    let (names, results) = (width(name, "STUDENT"), width(|row| row.result.clone(), "RESULT"));
    let line = |name: &str, state: &str, result: &str, left: &str, time: &str| {
        format!("{name:names$}  {state:10}  {result:results$}  {left:>4}  {time:>8}")
    };
    writeln!(out, "{}", paint(BOLD, line("STUDENT", "STATE", "RESULT", "LEFT", "TIME")))?;
    for row in rows {
        let left = if row.left.is_empty() { "-".to_owned() } else { row.left.len().to_string() };
        let time = row.took.map(took).unwrap_or_default();
        let text = line(&name(row), row.state.word(command), &row.result, &left, &time);
        writeln!(out, "{}", text.trim_end())?;
    }
    for row in rows.iter().filter(|row| row.state != State::Clean || !row.spared.is_empty()) {
        writeln!(out, "\n{}: {}", paint(BOLD, visible(&row.name)), word(command, row.state))?;
        for reason in row.details() {
            writeln!(out, "  {}", visible(reason))?;
        }
        if !row.next.is_empty() {
            writeln!(out, "  next: `{}`", visible(&row.next))?;
        }
    }
    writeln!(out, "\n{}.", summary(command, rows))
}

#[cfg(test)]
mod tests {
    use super::super::SparedLab;
    use super::super::testing::class;
    use super::*;
    use crate::report::testing::plain;

    #[test]
    fn more_students_than_lines_stay_readable_in_80_columns() {
        let row = |n: usize| Running {
            name: format!("{}-{n}", "a-rather-long-name-of-somebody".repeat(n)),
            left: (n > 1).then_some(n * 7),
            since: Duration::from_secs(n as u64 * 61),
            doing: "service.web: 1 of 2 tasks running, because the image has yet to be pulled from its registry"
                .to_owned(),
        };
        let rows: Vec<Running> = (1..=9).map(row).collect();
        let tally = Tally { all: 1000, running: 9, clean: 40, others: 2 };
        let table = running(&rows, tally, Duration::from_secs(700), (80, 6));
        insta::assert_snapshot!(plain(table.join("\n").as_bytes()), @r"
        STUDENT                   LEFT     TIME  NOW
        a-rather-long-name-of-s…     -   1m 01s  service.web: 1 of 2 tasks running, bec…
        a-rather-long-name-of-s…    14   2m 02s  service.web: 1 of 2 tasks running, bec…
        a-rather-long-name-of-s…    21   3m 03s  service.web: 1 of 2 tasks running, bec…
        … and 6 more
        40 of 1000 done, 2 not well, 9 now, 949 to come  [11m 40s]
        ");
        assert!(table.iter().all(|line| plain(line.as_bytes()).chars().count() <= 80));
    }

    #[test]
    fn the_table_names_all_and_says_why_and_what_next() {
        let mut report = class(59);
        let rows = report.rows.split_off(56);
        let mut rows = [&report.rows[18..19], &report.rows[38..39], &rows].concat();
        let [lab, region, why] = ["tp8-zoe", "eu-west-1", "it expires 2026-11-29T06:00:00Z"].map(str::to_owned);
        rows[3].spared.push(SparedLab { lab, region, why });
        let mut out = Vec::new();
        write_class(&mut out, "destroy", &rows).unwrap();
        let lines: Vec<String> = rows.iter().map(|row| plain(ended("destroy", row).as_bytes())).collect();
        insta::assert_snapshot!(format!("{}\n{}", plain(&out), lines.join("\n")), @r#"
        STUDENT       STATE       RESULT        LEFT      TIME
        student-0019  left over   19 destroyed     1    1m 32s
        student-0039  failed                       -    1m 33s
        student-0057  clean       19 destroyed     -    1m 34s
        student-0058  clean       19 destroyed     -    1m 34s
        student-0059  unfinished  19 destroyed     -

        student-0019: left over
          securityGroup.web "tp8-web": eni-0a1b <of somebody's instance> holds it
          next: `labform destroy --students student-0019`

        student-0039: failed
          AccessDenied: not authorized to perform: sts:AssumeRole
          next: `labform destroy --students student-0039`

        student-0058: clean
          lab tp8-zoe in eu-west-1 is spared: it expires 2026-11-29T06:00:00Z

        student-0059: unfinished
          stopped by a signal
          next: `labform destroy --students student-0059`

        2 of 5 clean, 1 failed, 1 left over, 1 unfinished.

        student-0019: left over after 1m 32s (19 destroyed): securityGroup.web "tp8-web": eni-0a1b <of somebody's instance> holds it
        student-0039: failed after 1m 33s: AccessDenied: not authorized to perform: sts:AssumeRole
        student-0057: clean after 1m 34s (19 destroyed)
        student-0058: clean after 1m 34s (19 destroyed)
        student-0059: unfinished (19 destroyed): stopped by a signal
        "#);
    }
}
