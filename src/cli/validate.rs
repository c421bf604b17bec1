//! `labform validate`.

use clap::Args;

use super::screen::{Json, Result, Voice};
use super::{Globals, files, sources};
use crate::error::DONE;
use crate::report::counted;
use crate::report::json_lab::valid_line;
use crate::spec::Lab;

/// Check lab.yaml without asking AWS
///
/// Everything that can be known is checked: fields, names, references, cycles, sizes. All errors are shown at once.
#[derive(Debug, Args)]
pub(super) struct Validate {
    #[command(flatten)]
    json: Json,
}

impl Validate {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(check(globals, &voice))
    }
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
