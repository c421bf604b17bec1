//! `labform validate`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::screen::{Ended, Json, Result, Voice};
use super::values::values;
use super::{Globals, files, sources};
use crate::error::{DONE, Error, INVALID};
use crate::report::json_lab::valid_line;
use crate::report::{counted, visible};
use crate::spec::{Lab, Row, Shard, Source};

/// Check lab.yaml without asking AWS
///
/// Everything that can be known is checked: fields, names, references, cycles, sizes. All errors are shown at once.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Check it for each student of a class, with the values that this roster gives: a table (.csv), or YAML
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    /// Only these students of the roster
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "roster")]
    students: Vec<String>,
    /// Only this part of the roster, as in 3/10, the third of ten
    #[arg(long, value_name = "PART", requires = "roster")]
    shard: Option<Shard>,
    #[command(flatten)]
    json: Json,
}

impl Validate {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(match &self.roster {
            Some(roster) => self.check_class(globals, roster, &voice),
            None => check(globals, &voice),
        })
    }

    /// Checks the lab of each student. A fault that several have is told once.
    fn check_class(&self, globals: &Globals, roster: &Path, voice: &Voice) -> Result<u8> {
        let roster = files::load_roster(roster)?;
        let rows = roster
            .chosen(&self.students, self.shard)
            .map_err(|(message, hint)| hint.into_iter().fold(Error::invalid(message), Error::hint))?;
        let mut faults: Vec<(Error, Vec<&str>)> = Vec::new();
        let mut places: BTreeMap<(&str, String, String), &str> = BTreeMap::new();
        for row in &rows {
            match lab_of(globals, row, &mut places) {
                Ok(source) => tell(voice, row, source.lab())?,
                Err(Ended::Error(error)) => match faults.iter_mut().find(|(known, _)| *known == error) {
                    Some((_, students)) => students.push(&row.student),
                    None => faults.push((error, vec![&row.student])),
                },
                Err(other) => return Err(other),
            }
        }
        for (error, students) in &faults {
            let message = format!("for {}:\n{}", students.join(", "), error.message);
            voice.failed(&Error { message, ..error.clone() })?;
        }
        Ok(if faults.is_empty() { DONE } else { INVALID })
    }
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

fn tell(voice: &Voice, row: &Row, lab: &Lab) -> Result<()> {
    let place = &lab.place;
    let words = || format!("{}: lab {} in {}, {}", row.student, place.lab, row.account, place.region);
    voice.data(
        |out| writeln!(out, "{} is valid: {}", visible(words()), counts(lab).join(", ")),
        || {
            let mut line = valid_line(lab);
            line["student"] = row.student.as_str().into();
            vec![line]
        },
    )
}

fn check(globals: &Globals, voice: &Voice) -> Result<u8> {
    let source = files::load(globals)?;
    sources::check(&globals.file, &source)?;
    let lab = source.lab();
    voice.warnings(&lab.warnings)?;
    voice.data(
        |out| writeln!(out, "{} is valid: {}", globals.file.display(), counts(lab).join(", ")),
        || vec![valid_line(lab)],
    )?;
    Ok(DONE)
}

fn counts(lab: &Lab) -> Vec<String> {
    let rest = [
        (lab.jobs.len(), "job"),
        (lab.checkpoints.len(), "checkpoint"),
        (lab.phases().len(), "phase"),
        (lab.warnings.len(), "warning"),
    ];
    let rest = rest.into_iter().filter(|(count, _)| *count > 0);
    [(lab.nodes.len(), "resource")].into_iter().chain(rest).map(|(count, word)| counted(count, word)).collect()
}
