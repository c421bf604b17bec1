//! The one question over all students, once each has a plan or an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::member::Member;
use crate::cli::ask::{self, typed};
use crate::cli::screen::{Result, note};
use crate::cli::stop::Stop;
use crate::report::class::added;
use crate::report::{BOLD, counted, paint, visible};
use crate::spec::Row;

/// Asks whether what the waiting students' plans say is to be done. If there is nothing to do for any of them, nobody is
/// asked.
///
/// # Errors
/// If the answer isn't yes, and if there is nobody to ask.
pub(super) async fn confirm(
    stop: &Stop,
    (command, asks): (&str, &str),
    roster: &str,
    members: &[Arc<Member>],
    (rows, caller): (&[Row], Option<&str>),
) -> Result<()> {
    if !members.iter().any(|member| member.told().awaits_an_answer()) {
        return Ok(());
    }
    note(format_args!("\n{}", paint(BOLD, format_args!("Plans for {} of {}:", count(members.len()), visible(roster)))));
    let mut plans: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let (mut others, mut accounts) = (0, Vec::new());
    let mut waiting = 0;
    for (member, row) in members.iter().zip(rows) {
        let told = member.told();
        let words = match (&told.end, told.planned) {
            (None, Some(counts)) => {
                if told.awaits_an_answer() {
                    waiting += 1;
                    others += usize::from(told.is_others);
                    accounts.push(row.account.as_str());
                }
                added(counts, ["to add", "to change", "to destroy"])
            }
            (Some((state, ..)), _) if told.result.is_empty() => state.word(command).to_owned(),
            (Some((state, ..)), _) => format!("{}: {}", state.word(command), told.result),
            (None, None) => "unplanned".to_owned(),
        };
        plans.entry(words).or_default().push(&member.student);
    }
    for (words, students) in &plans {
        let few = if students.len() <= 5 { format!(" ({})", students.join(", ")) } else { String::new() };
        note(format_args!("  {}{}: {words}", count(students.len()), visible(few)));
    }
    accounts.sort_unstable();
    accounts.dedup();
    let place = match accounts.as_slice() {
        [one] => format!("in account {one}"),
        several => format!("in {}", counted(several.len(), "account")),
    };
    let made = (others > 0).then(|| format!("{} made by others, not by you", counted(others, "lab")));
    let caller = caller.map(|caller| format!("as {}", visible(caller)));
    let below: Vec<String> = [place].into_iter().chain(caller).chain(made).collect();
    ask::refuse_unless_asked()?;
    typed(stop, &format!("{asks} ({})", count(waiting)), &below, roster).await
}

fn count(students: usize) -> String {
    counted(students, "student")
}
