//! Saved plans, as files.

use std::path::Path;

use super::files::{MAX_PLAN, Readers, read, save};
use super::screen::Result;
use crate::error::Error;
use crate::plan::SavedPlan;

/// Reads a saved plan.
///
/// # Errors
/// If the file can't be read, or isn't one.
pub(super) fn load_plan(file: &Path) -> Result<SavedPlan> {
    if file.extension().is_some_and(|end| end == "yaml" || end == "yml") {
        let message = format!("{} is no saved plan: `labform plan --out FILE` saves one", file.display());
        return Err(Error::usage(message)
            .hint(format!("name a lab with -f: `labform apply -f {}`", file.display()))
            .into());
    }
    let text = read(file, MAX_PLAN).map_err(|error| Error::failed(format!("{}: {error}", file.display())))?;
    Ok(SavedPlan::parse(&text)?)
}

/// Saves a plan in a file that only its owner can read.
///
/// # Errors
/// If the file can't be written, or is something else.
pub(super) fn save_plan(file: &Path, plan: &SavedPlan) -> Result<()> {
    let mut text = serde_json::to_string_pretty(plan).expect("a plan has string keys");
    text.push('\n');
    save(file, text.as_bytes(), Readers::Owner, |text| SavedPlan::parse(text).is_ok(), "a plan")
}
