//! labform as Docker's credential helper: hands over the logins that the build which it started was given.
//!
//! Docker calls `docker-credential-<name> get` with a registry on standard input, and reads a JSON object from standard
//! output ("docker login", Credential helper protocol).

use std::env;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::resources::{CREDENTIALS, HELPER};

/// The helper's words if it doesn't know a registry, letter for letter: Docker goes on without a login then.
const UNKNOWN: &str = "credentials not found in native keychain";

/// The answer to Docker, if this process was started as its helper.
pub(super) fn main() -> Option<ExitCode> {
    let mut words = env::args_os();
    let program = words.next()?;
    if Path::new(&program).file_stem()? != HELPER {
        return None;
    }
    let mut asked = String::new();
    // What isn't text is no registry of ours.
    let _ = io::stdin().take(4096).read_to_string(&mut asked);
    let logins = env::var(CREDENTIALS).unwrap_or_default();
    let verb = words.next().unwrap_or_default();
    let (text, code) = answer(&verb.to_string_lossy(), asked.trim(), &logins);
    // Docker may have gone away.
    let _ = writeln!(io::stdout(), "{text}");
    Some(ExitCode::from(code))
}

fn answer(verb: &str, asked: &str, logins: &str) -> (String, u8) {
    let logins: Value = serde_json::from_str(logins).unwrap_or_default();
    match (verb, logins.get(asked)) {
        ("get", Some(login)) => {
            let mut login = login.clone();
            login["ServerURL"] = json!(asked);
            (login.to_string(), 0)
        }
        ("get", None) => (UNKNOWN.to_owned(), 1),
        ("list", _) => ("{}".to_owned(), 0),
        // A login that lives for one build is neither kept nor taken away.
        _ => (String::new(), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_registry_that_is_known_gets_its_login() {
        let logins = r#"{"registry.example": {"Username": "AWS", "Secret": "word"}}"#;
        assert_eq!(
            answer("get", "registry.example", logins),
            (r#"{"Secret":"word","ServerURL":"registry.example","Username":"AWS"}"#.to_owned(), 0)
        );
        assert_eq!(answer("get", "other.example", logins), (UNKNOWN.to_owned(), 1));
        assert_eq!(answer("get", "registry.example", ""), (UNKNOWN.to_owned(), 1));
        assert_eq!(answer("list", "", logins), ("{}".to_owned(), 0));
        assert_eq!(answer("store", "x", logins), (String::new(), 0));
    }
}
