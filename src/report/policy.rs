//! IAM policies, as JSON that AWS takes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::policy::{Command, Policy};

/// Writes one policy document.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_policy(out: &mut dyn Write, policy: &Policy) -> io::Result<()> {
    write_json(out, policy)
}

/// Writes one object that holds the policy document of each command under its word.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_policies(out: &mut dyn Write, policies: &BTreeMap<Command, Policy>) -> io::Result<()> {
    write_json(out, policies)
}

fn write_json(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
