//! Values that must not stand in lab.yaml: their places, and what they are on this machine.

use std::borrow::Cow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fmt, fs, io};

use argon2::Argon2;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::image::inside;
use crate::cloud::{Cause, CloudError};
use crate::model::{Secret, hexadecimal, path_problem};
use crate::resource::Problem;

/// The most bytes of a value (SecretString, CreateSecret, API reference).
const MOST: usize = 65_536;
/// The tag with the salt of the value that an object was given last.
pub(super) const SALT_TAG: &str = "labform:salt";
/// The beginnings of the variables that hold the caller's own credentials and labform's settings.
const OWN: [&str; 2] = ["AWS_", "LABFORM_"];

/// The place of a value: `{ env: DB_PASSWORD }` or `{ file: db.secret }`. The serialized form is words for people,
/// never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A variable of the environment in which labform runs.
    Env(String),
    /// A file below the lab's folder that version control doesn't keep.
    File(String),
    /// The place lab.yaml itself, which is refused. The value isn't kept.
    InTheOpen,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    env: Option<String>,
    file: Option<String>,
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if !value.is_object() {
            return Ok(Self::InTheOpen);
        }
        match serde_json::from_value::<Fields>(value).map_err(D::Error::custom)? {
            Fields { env: Some(name), file: None } => Ok(Self::Env(name)),
            Fields { env: None, file: Some(path) } => Ok(Self::File(path)),
            Fields { .. } => Err(D::Error::custom("one of `env` and `file` says where the value is")),
        }
    }
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the value of ${name}"),
            Self::File(path) => write!(f, "what is in {path}"),
            Self::InTheOpen => f.write_str("a value in lab.yaml"),
        }
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Given {
    fn schema_name() -> Cow<'static, str> {
        "Given".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "description": "The place of the value: `{ env: DB_PASSWORD }` in the environment, or `{ file: db.secret }` in \
                            a file that git ignores.",
            "properties": {
                "env": { "type": "string", "description": "The variable that holds it." },
                "file": { "type": "string", "description": "The file that holds it." },
            },
            "additionalProperties": false,
            "minProperties": 1,
            "maxProperties": 1,
        })
    }
}

impl Given {
    /// Returns what is wrong with the place of the value in `field`, as far as lab.yaml alone shows.
    pub fn problem(&self, field: &str) -> Option<Problem> {
        let problem = |message: String| Problem::at(field, message).secret();
        match self {
            Self::InTheOpen => {
                let hint = format!(
                    "write `{field}: {{ env: DB_PASSWORD }}` and set that variable where you run labform, or \
                     `{field}: {{ file: db.secret }}` with a file beside lab.yaml that git ignores"
                );
                Some(problem("a secret value must not stand in lab.yaml, which others read".to_owned()).hint(hint))
            }
            Self::Env(name) if OWN.iter().any(|own| name.starts_with(own)) => {
                Some(problem(format!("`{name}` is for labform itself")).hint("give the value a variable of its own"))
            }
            Self::Env(name) if !is_variable(name) => {
                Some(problem("that isn't the name of an environment variable".to_owned()))
            }
            Self::File(path) => path_problem(path).map(|why| problem(format!("can't take `{path}`: {why}"))),
            Self::Env(_) => None,
        }
    }

    /// Returns the value on this machine.
    ///
    /// # Errors
    /// The fault of the value at `field`, and what to type.
    pub fn value(&self, field: &str, folder: &Path) -> Result<Secret, Problem> {
        let missing = |message: String, hint: String| Problem::at(field, message).hint(hint).secret();
        let (value, place) = match self {
            Self::InTheOpen => (String::new(), "lab.yaml".to_owned()),
            Self::Env(name) => {
                let hint =
                    format!("type `read -rs {name} && export {name}`, then the value, and run the command again");
                let value = env::var(name).ok().filter(|value| !value.is_empty());
                (
                    value.ok_or_else(|| missing(format!("`{name}` isn't set in the environment"), hint))?,
                    format!("${name}"),
                )
            }
            Self::File(path) => {
                let hint = format!("put the value into `{path}`, beside lab.yaml, and `{path}` into .gitignore");
                let text = inside(folder, path).and_then(|file| fs::read_to_string(file).map_err(told));
                let text = text.map_err(|why| missing(format!("can't take `{path}`: {why}"), hint))?;
                let value = text.strip_suffix('\n').unwrap_or(&text);
                (value.strip_suffix('\r').unwrap_or(value).to_owned(), path.clone())
            }
        };
        match value.len() {
            1..=MOST => Ok(Secret::new(value)),
            size => Err(missing(format!("{place} holds {size} bytes"), format!("a value has 1 to {MOST}"))),
        }
    }

    /// Returns the value on this machine, to be sent.
    ///
    /// # Errors
    /// The fault of the value at `field`.
    pub fn sent(&self, field: &str, folder: &Path) -> Result<Secret, CloudError> {
        self.value(field, folder).map_err(|problem| CloudError::own(Cause::NoSource, problem.message))
    }

    /// Returns the words for a live value: those of this place, unless this machine has a value and it isn't the one that
    /// `is_live`. One that this machine doesn't have can't be compared.
    pub fn live(&self, field: &str, folder: &Path, is_live: impl FnOnce(&Secret) -> bool) -> Value {
        match self.value(field, folder) {
            Ok(value) if !is_live(&value) => "another value".into(),
            Ok(_) | Err(_) => self.to_string().into(),
        }
    }

    /// Returns the reason why the value can't be taken on this machine before anything is sent, if it can't.
    pub fn missing(&self, field: &str, folder: &Path) -> Option<Problem> {
        if let Self::File(path) = self
            && is_tracked(folder, path)
        {
            let message = format!("git keeps `{path}`, so that everybody who gets the repository reads the value");
            let hint = format!("type `git rm --cached {path}`, add it to .gitignore, and put a new value into it");
            return Some(Problem::at(field, message).hint(hint).secret());
        }
        self.value(field, folder).err()
    }
}

/// A hash of a value, in 64 digits, by which it is compared without being read. The hash is slow, so that guessing the
/// value stays dear for those who may see hash and salt.
pub(super) fn slow_hash(value: &Secret, salt: &str) -> String {
    let mut hash = [0; 32];
    let hashed = Argon2::default().hash_password_into(value.reveal().as_bytes(), salt.as_bytes(), &mut hash);
    hashed.map_or_else(|_| String::new(), |()| hexadecimal(&hash))
}

fn is_variable(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.chars().all(word)
}

/// Returns whether git keeps the file. Without git, or outside of a repository, nothing does.
fn is_tracked(folder: &Path, path: &str) -> bool {
    let mut git = Command::new("git");
    // A repository's own settings must not start a program here.
    git.args(["-c", "core.fsmonitor=false", "--literal-pathspecs", "ls-files", "--error-unmatch", "--", path]);
    let quiet = git.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
fn told(error: io::Error) -> String {
    error.to_string().to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::random;

    fn given(value: Value) -> Given {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_value_in_lab_yaml_is_refused_and_not_kept() {
        for value in [json!("hunter2"), json!(1234), json!(["hunter2"])] {
            let given = given(value);
            let problem = given.problem("secretString").unwrap();
            assert!(problem.is_secret && problem.hint.is_some_and(|hint| hint.contains("env:")));
            assert_eq!(
                (format!("{given:?}"), given.to_string()),
                ("InTheOpen".to_owned(), "a value in lab.yaml".to_owned())
            );
        }
        for wrong in [json!({}), json!({"env": "A", "file": "b"}), json!({"value": "hunter2"})] {
            let error = serde_json::from_value::<Given>(wrong).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn only_what_is_nobody_elses_is_taken() {
        let fits = |value: Value| given(value).problem("secretString").is_none();
        assert!(fits(json!({"env": "DB_PASSWORD"})) && fits(json!({"file": "db.secret"})));
        for refused in ["AWS_SECRET_ACCESS_KEY", "LABFORM_X", "hunter2!", "1A", ""] {
            assert!(!fits(json!({"env": refused})), "{refused}");
        }
        for refused in ["../db.secret", "/etc/passwd", ".env"] {
            assert!(!fits(json!({"file": refused})), "{refused}");
        }
    }

    #[test]
    fn a_value_is_taken_from_where_it_is_and_its_absence_says_what_to_type() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("db.secret"), "hunter2\r\n").unwrap();
        fs::write(folder.path().join("empty"), "\n").unwrap();
        let value = |value: Value| given(value).value("secretString", folder.path());
        assert_eq!(value(json!({"file": "db.secret"})).unwrap().reveal(), "hunter2");
        assert_eq!(value(json!({"env": "CARGO_PKG_NAME"})).unwrap().reveal(), "labform");
        let unset = value(json!({"env": "NO_SUCH_PASSWORD"})).unwrap_err();
        assert!(unset.hint.is_some_and(|hint| hint.contains("read -rs NO_SUCH_PASSWORD")));
        for missing in ["none.secret", "empty"] {
            let problem = value(json!({"file": missing})).unwrap_err();
            assert!(problem.message.contains(missing) && problem.hint.is_some(), "{problem:?}");
        }
    }

    #[test]
    fn a_file_that_git_keeps_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| Command::new("git").args(words).current_dir(folder.path()).output().unwrap();
        git(&["init", "-q"]);
        fs::write(folder.path().join("db.secret"), "hunter2").unwrap();
        let problem = || given(json!({"file": "db.secret"})).missing("secretString", folder.path());
        assert_eq!(problem(), None);
        git(&["add", "db.secret"]);
        assert!(problem().is_some_and(|problem| problem.message.contains("git keeps")));
    }

    #[test]
    fn a_hash_depends_on_value_and_salt_and_shows_neither() {
        let (salt, value) = (random(), Secret::new("hunter2"));
        let hash = slow_hash(&value, &salt);
        assert_eq!((hash.len(), &hash), (64, &slow_hash(&value, &salt)));
        assert_ne!(hash, slow_hash(&Secret::new("hunter3"), &salt));
        assert_ne!(hash, slow_hash(&value, &random()));
        assert!(!hash.contains(&salt));
    }
}
