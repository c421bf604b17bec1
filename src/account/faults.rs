//! A file beside an account's, by which whoever runs the server lets that one account misbehave: `<file>.faults`, in
//! JSON. The server reads it at each call, so that it can be written and taken away while clients work.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use serde::Deserialize;

/// The end of the name of the file.
pub(crate) const FAULTS: &str = ".faults";

/// The faults of one account.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Faults {
    /// The calls that each region answers in a second; all if it isn't said.
    pub(crate) calls_per_second: Option<u32>,
    /// The names of the roles that can be assumed; all if it isn't said.
    pub(crate) roles: Option<BTreeSet<String>>,
    /// The operations that nobody may do, as in `iam:ListRoles`.
    #[serde(default)]
    pub(crate) denied: BTreeSet<String>,
}

impl Faults {
    /// The faults in the file at `path`; none if there is no file.
    pub(crate) fn read(path: &Path) -> io::Result<Self> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(about(path, &error)),
        };
        serde_json::from_slice(&text).map_err(|error| about(path, &error.into()))
    }
}

fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::Faults;

    #[test]
    fn a_file_says_what_fails_and_one_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json.faults");
        assert_eq!(Faults::read(&path).unwrap(), Faults::default());
        std::fs::write(&path, r#"{"callsPerSecond": 2, "roles": ["student"], "denied": ["iam:ListRoles"]}"#).unwrap();
        let (roles, denied) = (Some(["student".to_owned()].into()), ["iam:ListRoles".to_owned()].into());
        assert_eq!(Faults::read(&path).unwrap(), Faults { calls_per_second: Some(2), roles, denied });
        std::fs::write(&path, r#"{"callPerSecond": 2}"#).unwrap();
        let error = Faults::read(&path).unwrap_err().to_string();
        assert!(error.contains("a.json.faults: ") && error.contains("callPerSecond"), "{error}");
    }
}
