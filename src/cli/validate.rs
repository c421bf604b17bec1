//! `labform validate`.

use clap::Args;

use super::class::{Roster, labs};
use super::screen::{Json, Result, Voice};
use super::{Globals, files, sources};
use crate::error::{DONE, INVALID};
use crate::report::json_lab::valid_line;
use crate::report::{counted, visible};
use crate::spec::{Lab, Row};

/// Check lab.yaml without asking AWS
///
/// Everything that can be known is checked: fields, names, references, cycles, sizes. All errors are shown at once.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    pub(super) roster: Roster,
    #[command(flatten)]
    json: Json,
}

impl Validate {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(match self.roster.name() {
            Some(_) => self.check_class(globals, &voice),
            None => check(globals, &voice),
        })
    }

    fn check_class(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let students = self.roster.students()?;
        let labs = labs(globals, &students, voice, |_, source| Ok(source))?;
        let mut good = students.rows.iter().zip(&labs).filter_map(|(row, source)| Some((row, source.as_ref()?)));
        good.try_for_each(|(row, source)| tell(voice, row, source.lab()))?;
        Ok(if labs.iter().all(Option::is_some) { DONE } else { INVALID })
    }
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
