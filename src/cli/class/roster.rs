//! The roster that a command line names, and the lab of each of its students.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use crate::cli::screen::{Ended, Result, Voice};
use crate::cli::values::values;
use crate::cli::{Globals, files, sources};
use crate::error::Error;
use crate::report::commands::quoted;
use crate::spec::{Row, Shard, Source, Wrong};

/// The arguments that name a roster, and a part of it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Roster {
    /// For each student of a class, with the account and the values that this roster gives: a table (.csv), or YAML
    #[arg(long, value_name = "FILE", group = "where")]
    roster: Option<PathBuf>,
    /// Only these students of the roster, as in ann,bob; may be repeated, as for a name that holds a comma
    #[arg(long, value_name = "NAMES", requires = "roster")]
    students: Vec<String>,
    /// Only this part of the roster, as in 3/10, the third of ten
    #[arg(long, value_name = "PART", requires = "roster")]
    shard: Option<Shard>,
}

impl Roster {
    /// The name of the roster, if there is one.
    pub(in crate::cli) fn name(&self) -> Option<String> {
        self.roster.as_ref().map(|file| file.display().to_string())
    }

    /// The words of these arguments, for the same again.
    pub(in crate::cli) fn words(&self) -> Vec<String> {
        let students = self.students.iter().flat_map(|word| named(word));
        let shard = self.shard.iter().flat_map(|shard| ["--shard".to_owned(), shard.to_string()]);
        self.only().into_iter().chain(students).chain(shard).collect()
    }

    /// The words of these arguments for some students; for all of the roster if there are none.
    pub(super) fn words_for(&self, students: &[&str]) -> Vec<String> {
        let (alone, together): (Vec<&str>, Vec<&str>) = students.iter().copied().partition(|name| name.contains(','));
        let together = Some(together.join(",")).filter(|names| !names.is_empty());
        let words = together.iter().map(String::as_str).chain(alone);
        self.only().into_iter().chain(words.flat_map(named)).collect()
    }

    fn only(&self) -> Vec<String> {
        self.name().into_iter().flat_map(|name| ["--roster".to_owned(), quoted(&name)]).collect()
    }

    /// The students who were asked for.
    ///
    /// # Errors
    /// If the roster can't be read or is wrong, or if a name isn't in it.
    pub(in crate::cli) fn students(&self) -> Result<Students> {
        let Some(file) = &self.roster else { return Ok(Students { rows: Vec::new(), neighbours: Vec::new() }) };
        let roster = files::load_roster(file)?;
        let chosen = roster.chosen(&self.students, self.shard).map_err(invalid)?;
        let is_chosen = |row: &Row| chosen.iter().any(|one| one.student == row.student);
        let accounts: BTreeSet<&str> = chosen.iter().map(|row| row.account.as_str()).collect();
        let near = roster.0.iter().filter(|row| accounts.contains(row.account.as_str()) && !is_chosen(row));
        Ok(Students { neighbours: near.cloned().collect(), rows: chosen.into_iter().cloned().collect() })
    }

    /// The accounts of the students who were asked for, for what is done to all labs of an account in `regions`, or in all if
    /// there are none.
    ///
    /// # Errors
    /// The errors of [`students`](Self::students), and if somebody who wasn't asked for may have a lab among them.
    pub(super) fn accounts(&self, regions: &[String]) -> Result<Vec<AccountOfClass>> {
        let Some(file) = &self.roster else { return Ok(Vec::new()) };
        let roster = files::load_roster(file)?;
        let mut accounts = Vec::new();
        for (meant, others) in roster.accounts(&self.students, self.shard).map_err(invalid)? {
            let is_met =
                |row: &&&Row| row.region.as_ref().is_none_or(|own| regions.is_empty() || regions.contains(own));
            let others: Vec<&str> = others.iter().filter(is_met).map(|row| row.student.as_str()).collect();
            let students: Vec<&str> = meant.iter().map(|row| row.student.as_str()).collect();
            if !others.is_empty() {
                return Err(self.shared(&meant[0].account, &students, &others).into());
            }
            let words = if meant.len() == roster.0.len() { self.only() } else { self.words_for(&students) };
            let row = Row {
                // An account of several students has no student's name.
                student: if let [one] = students[..] { one.to_owned() } else { meant[0].account.clone() },
                ..meant[0].clone()
            };
            accounts.push(AccountOfClass { row, words });
        }
        Ok(accounts)
    }

    /// The refusal to take all labs of an account that others have labs in, too.
    fn shared(&self, account: &str, meant: &[&str], others: &[&str]) -> Error {
        let (whose, command) = (few(meant), self.words_for(meant).join(" "));
        Error::refused(format!("{account} is the account of {} too, and this takes the labs of all in it", few(others)))
            .hint("nothing was changed")
            .hint(format!("for the lab of {whose} alone, by lab.yaml: `labform destroy -f lab.yaml {command}`"))
            .hint("for all labs of the account name these students, too, or leave --students out")
    }
}

/// An account of a class, with the first of its students' rows under the name by which it is told of.
pub(super) struct AccountOfClass {
    pub(super) row: Row,
    /// The words that name its students on a command line.
    pub(super) words: Vec<String>,
}

fn invalid((message, hint): Wrong) -> Error {
    hint.into_iter().fold(Error::invalid(message), Error::hint)
}

/// The words that name students on a command line.
fn named(names: &str) -> Vec<String> {
    match names.starts_with('-') {
        true => vec![format!("--students={}", quoted(names))],
        false => vec!["--students".to_owned(), quoted(names)],
    }
}

/// Some names in one line.
fn few(names: &[&str]) -> String {
    const FEW: usize = 10;
    let more = names.len().saturating_sub(FEW);
    let more = (more > 0).then(|| format!("{more} more"));
    names.iter().take(FEW).map(|name| (*name).to_owned()).chain(more).collect::<Vec<_>>().join(", ")
}

/// The students who were asked for.
pub(in crate::cli) struct Students {
    /// Their rows in the roster.
    pub(in crate::cli) rows: Vec<Row>,
    /// The rows of those who weren't asked for, and share an account with them.
    neighbours: Vec<Row>,
}

/// Reads the lab of each student, in their order, and returns what `keep` keeps of it; nothing of one that is wrong, or that
/// `keep` refuses, which is told. A fault that several have is told once.
///
/// # Errors
/// If the output can't be written.
pub(in crate::cli) fn labs<T>(
    globals: &Globals,
    Students { rows, neighbours }: &Students,
    voice: &Voice,
    keep: impl Fn(&Row, Source) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let mut faults: Vec<(Error, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<Place<'_>, &str> = BTreeMap::new();
    for row in neighbours {
        // What else is wrong with their labs is told to whoever asks for them.
        if let Ok(source) = files::load_with(globals, &row.values(&values(globals))) {
            places.insert(place(row, &source), &row.student);
        }
    }
    let mut labs = Vec::new();
    for row in rows {
        let read = lab_of(globals, row, &mut places);
        match read.and_then(|source| keep(row, source)) {
            Ok(kept) => {
                labs.push(Some(kept));
                continue;
            }
            Err(Ended::Error(error)) => match faults.iter_mut().find(|(known, _)| *known == error) {
                Some((_, students)) => students.push(&row.student),
                None => faults.push((error, vec![&row.student])),
            },
            Err(other) => return Err(other),
        }
        labs.push(None);
    }
    for (error, students) in &faults {
        let message = format!("for {}:\n{}", students.join(", "), error.message);
        voice.failed(&Error { message, ..error.clone() })?;
    }
    Ok(labs)
}

/// The account, the region and the name of a lab.
type Place<'r> = (&'r str, String, String);

fn place<'r>(row: &'r Row, source: &Source) -> Place<'r> {
    (&row.account, source.region().to_owned(), source.name().to_owned())
}

/// The lab of a student, which has to be one that no other has.
fn lab_of<'r>(globals: &Globals, row: &'r Row, places: &mut BTreeMap<Place<'r>, &'r str>) -> Result<Source> {
    let source = files::load_with(globals, &row.values(&values(globals)))?;
    sources::check(&globals.file, &source)?;
    let (lab, account) = (source.lab(), row.account.as_str());
    let region = &lab.place.region;
    if !lab.accounts.is_empty() && !lab.accounts.contains(&row.account) {
        let message = format!("the roster has the account {account}, and `accounts` of lab.yaml allows only others");
        return Err(Error::invalid(message).into());
    }
    if let Some(other) = row.region.as_ref().filter(|other| *other != region) {
        let message = format!("the roster has the region {other}, and the lab stands in {region}");
        let hint = "declare a variable `region`, and write `region: \"${var.region}\"`";
        return Err(Error::invalid(message).hint(hint).into());
    }
    if let Some(other) = places.insert(place(row, &source), &row.student) {
        let message =
            format!("{} and {other} would share the lab {} in {account}, {region}", row.student, lab.place.lab);
        let hint = "give each a lab of their own: `lab: \"NAME-${var.student}\"`, with a variable `student`";
        return Err(Error::invalid(message).hint(hint).into());
    }
    Ok(source)
}
