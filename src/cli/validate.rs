//! `labform validate`.

use clap::Args;
use std::io::Write as _;

use super::screen::{Result, Voice};
use super::{Globals, files, sources};
use crate::error::DONE;
use crate::report::counted;

/// Check lab.yaml without asking AWS
///
/// Everything that can be known is checked: fields, names, references, cycles, sizes. All errors are shown at once.
#[derive(Debug, Args)]
pub(super) struct Validate {}

impl Validate {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let source = files::load(&globals.file)?;
        sources::check(&globals.file, &source)?;
        let lab = source.lab();
        Voice::People.warnings(&lab.warnings)?;
        let mut counts = vec![counted(lab.nodes.len(), "resource")];
        counts.extend((!lab.jobs.is_empty()).then(|| counted(lab.jobs.len(), "job")));
        counts.extend((!lab.phases().is_empty()).then(|| counted(lab.phases().len(), "phase")));
        counts.extend((!lab.warnings.is_empty()).then(|| counted(lab.warnings.len(), "warning")));
        writeln!(anstream::stdout(), "{} is valid: {}", globals.file.display(), counts.join(", "))?;
        Ok(DONE)
    }
}
