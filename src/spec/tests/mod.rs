//! Tests of the spec as a whole: all that it reads, and every error as people see it.

mod attacks;
mod existing;
mod fields;
mod files;
mod homes;
mod ignored;
mod images;
mod jobs;
mod labs;
mod references;
mod roster;
mod ruled;
mod scheduled;
mod shown;
mod taken;
mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::*;
use crate::cloud::Account;
use crate::model::{Address, Known};
use crate::resource::{Entry, Others};

/// A head to which the tests add what they are about; it has three lines.
const HEAD: &str = "lab: demo\nregion: eu-west-1\nvpc: default\n";

fn read(text: &str, files: &[(&str, &str)]) -> Result<Lab, SpecErrors> {
    let load = |path: &str| match files.iter().find(|(name, _)| *name == path) {
        Some((_, text)) => Ok((*text).to_owned()),
        None => Err(io::Error::new(io::ErrorKind::NotFound, "no such file")),
    };
    Ok(Source::parse("lab.yaml", text, &load)?.into_lab())
}

/// The faults of a lab, as they are shown.
fn errors(text: &str) -> String {
    errors_with(text, &[])
}

fn errors_with(text: &str, files: &[(&str, &str)]) -> String {
    match read(text, files) {
        Ok(_) => "nothing".to_owned(),
        Err(errors) => errors.to_string(),
    }
}

/// The faults of the head with `text` behind it.
fn below_head(text: &str) -> String {
    errors(&format!("{HEAD}{text}"))
}

fn project_file(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the project has it")
}

fn addresses(texts: &[&str]) -> BTreeSet<Address> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}
