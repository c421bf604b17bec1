//! The roster that a command line names, and the lab of each of its students.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use crate::cli::screen::{Ended, Result, Voice};
use crate::cli::values::values;
use crate::cli::{Globals, files, sources};
use crate::error::Error;
use crate::report::commands::quoted;
use crate::spec::{Row, Shard, Source};

/// The arguments that name a roster, and a part of it.
#[derive(Debug, Args)]
pub(in crate::cli) struct Roster {
    /// For each student of a class, with the account and the values that this roster gives: a table (.csv), or YAML
    #[arg(long, value_name = "FILE", group = "where")]
    roster: Option<PathBuf>,
    /// Only these students of the roster
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "roster")]
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
        let students = (!self.students.is_empty()).then(|| ("--students", self.students.join(",")));
        let shard = self.shard.map(|shard| ("--shard", shard.to_string()));
        let pairs = students.into_iter().chain(shard).flat_map(|(name, value)| [name.to_owned(), quoted(&value)]);
        self.only().into_iter().chain(pairs).collect()
    }

    /// The words of these arguments for one student.
    pub(super) fn words_for(&self, student: &str) -> Vec<String> {
        self.only().into_iter().chain(["--students".to_owned(), quoted(student)]).collect()
    }

    fn only(&self) -> Vec<String> {
        self.name().into_iter().flat_map(|name| ["--roster".to_owned(), quoted(&name)]).collect()
    }

    /// The students who were asked for.
    ///
    /// # Errors
    /// If the roster can't be read or is wrong, or if a name isn't in it.
    pub(in crate::cli) fn rows(&self) -> Result<Vec<Row>> {
        let Some(file) = &self.roster else { return Ok(Vec::new()) };
        let roster = files::load_roster(file)?;
        let chosen = roster.chosen(&self.students, self.shard);
        let chosen = chosen.map_err(|(message, hint)| hint.into_iter().fold(Error::invalid(message), Error::hint))?;
        Ok(chosen.into_iter().cloned().collect())
    }
}

/// Reads the lab of each student, in their order, and returns what `keep` keeps of it; nothing of one that is wrong, or that
/// `keep` refuses, which is told. A fault that several have is told once.
///
/// # Errors
/// If the output can't be written.
pub(in crate::cli) fn labs<T>(
    globals: &Globals,
    rows: &[Row],
    voice: &Voice,
    keep: impl Fn(&Row, Source) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let mut faults: Vec<(Error, Vec<&str>)> = Vec::new();
    let mut places: BTreeMap<(&str, String, String), &str> = BTreeMap::new();
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

/// The lab of a student, which has to be one that no other has.
fn lab_of<'r>(
    globals: &Globals,
    row: &'r Row,
    places: &mut BTreeMap<(&'r str, String, String), &'r str>,
) -> Result<Source> {
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
    if let Some(other) = places.insert((account, region.clone(), lab.place.lab.clone()), &row.student) {
        let message =
            format!("{} and {other} would share the lab {} in {account}, {region}", row.student, lab.place.lab);
        let hint = "give each a lab of their own: `lab: \"NAME-${var.student}\"`, with a variable `student`";
        return Err(Error::invalid(message).hint(hint).into());
    }
    Ok(source)
}
