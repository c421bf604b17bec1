//! Files that somebody has changed.

use std::io::ErrorKind;

use serde_json::json;

use super::tests::{Folder, make, names};
use crate::testing::call;

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 300, failure_persistence: None, ..Default::default() })]

    /// A file that somebody has changed is refused by one error, or says what it said at the end of some visit.
    #[test]
    fn a_changed_file_is_refused_in_one_way(change in change(), at in 0.0_f64..1.0, byte in proptest::num::u8::ANY) {
        let (whole, states) = journal();
        let folder = Folder::new();
        folder.write(&change.of(whole, at, byte));
        match folder.open() {
            Ok(sandbox) => proptest::prop_assert!(states.contains(&names(&sandbox))),
            Err(error) => {
                proptest::prop_assert_eq!(error.kind(), ErrorKind::InvalidData);
                proptest::prop_assert!(error.to_string().contains("sandbox account"), "{}", error);
            }
        }
    }
}

/// A change of a file.
#[derive(Clone, Copy, Debug)]
enum Change {
    Byte,
    Insertion,
    Cut,
    LineGone,
    LineTwice,
    MemberGone,
    Number,
}

fn change() -> impl proptest::strategy::Strategy<Value = Change> {
    use Change::{Byte, Cut, Insertion, LineGone, LineTwice, MemberGone, Number};
    proptest::sample::select(vec![Byte, Insertion, Cut, LineGone, LineTwice, MemberGone, Number])
}

impl Change {
    fn of(self, whole: &[u8], at: f64, byte: u8) -> Vec<u8> {
        let place = |length: usize| ((length as f64) * at) as usize;
        let mut changed = whole.to_vec();
        let text = String::from_utf8(whole.to_vec()).unwrap();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let line = place(lines.len());
        match self {
            Self::Byte => changed[place(whole.len())] = byte,
            Self::Insertion => changed.insert(place(whole.len()), byte),
            Self::Cut => changed.truncate(place(whole.len())),
            Self::LineGone => drop(lines.remove(line)),
            Self::LineTwice => lines.insert(line, lines[line]),
            Self::MemberGone | Self::Number => {
                // The first member behind the place loses its name, or its number gets many digits.
                let from = place(whole.len());
                let found = whole[from..].iter().position(|one| match self {
                    Self::Number => one.is_ascii_digit(),
                    _ => *one == b'"',
                });
                let Some(found) = found else { return changed };
                let more: &[u8] = if matches!(self, Self::Number) { b"99999999999999999" } else { b"\"x" };
                changed.splice(from + found..=from + found, more.iter().copied());
            }
        }
        match self {
            Self::LineGone | Self::LineTwice => lines.concat().into_bytes(),
            _ => changed,
        }
    }
}

/// A file of some services' objects, and the names that each of its visits leaves.
fn journal() -> (&'static [u8], &'static [Vec<String>]) {
    static MADE: std::sync::OnceLock<(Vec<u8>, Vec<Vec<String>>)> = std::sync::OnceLock::new();
    let (whole, states) = MADE.get_or_init(|| {
        let folder = Folder::new();
        let sandbox = folder.open().unwrap();
        let mut states = vec![Vec::new()];
        for name in ["a", "b", "c"] {
            make(&sandbox, name);
            call(&sandbox, "ssm", "PutParameter", &json!({ "Name": name, "Type": "String", "Value": "x" })).unwrap();
            call(&sandbox, "ecr", "CreateRepository", &json!({ "repositoryName": format!("r/{name}") })).unwrap();
            states.push(names(&sandbox));
        }
        (folder.text(), states)
    });
    (whole, states)
}
