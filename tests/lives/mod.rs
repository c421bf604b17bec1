//! The lives of each kind, as data: what the library's trials, the built command and the policies are tried with.
//!
//! A file is named by its kind, and by a word of its own behind that if the kind has more than one. It says where in lab.yaml the resource stands whose life it is (`at`), what has to be
//! around it (`base`), how it is made (`it`), how it is edited and what the plan says then (`edits`), and more that one
//! of the tests reads.

use std::fs;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::KINDS;

/// What a file may say beside what every test reads.
const PARTS: [&str; 6] = ["twin", "survives", "comesBack", "policy", "listed", "differs"];

/// The life of one resource of a kind.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    /// The kind's word in addresses.
    pub(crate) kind: &'static str,
    /// The word of the life, which no other has, as it can stand in names.
    pub(crate) word: String,
    at: String,
    base: Value,
    it: Value,
    edits: Vec<Edit>,
    parts: Map<String, Value>,
}

/// How the resource is edited.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    /// What changes of the resource, as a JSON merge patch (RFC 7396).
    change: Value,
    /// What [`changes`] finds in the plan then.
    plan: String,
}

/// The lives of all kinds, in the order in which a lab is created.
///
/// # Panics
/// If a kind has no life, or its file can't be read.
pub(crate) fn all() -> Vec<Life> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lives");
    let files = fs::read_dir(folder).expect("the folder is there").map(|file| file.expect("it can be listed").path());
    let mut files: Vec<String> = files.map(|path| path.to_string_lossy().into_owned()).collect();
    files.sort();
    let kinds = KINDS.iter().filter(|kind| kind.managed().is_some());
    let lives = kinds.flat_map(|kind| {
        let (first, others) = (format!("{folder}/{}.yaml", kind.kind()), format!("{folder}/{}.", kind.kind()));
        let others = files.iter().filter(|path| path.starts_with(&others) && **path != first).cloned();
        let others: Vec<String> = others.collect();
        [first].into_iter().chain(others).map(|path| Life::of(kind.kind(), &path)).collect::<Vec<_>>()
    });
    lives.collect()
}

/// The same; only the lives of one kind if `LABFORM_LIFE` names it.
///
/// # Panics
/// If there is no such kind.
pub(crate) fn chosen() -> Vec<Life> {
    let one = std::env::var("LABFORM_LIFE").ok();
    let lives: Vec<Life> = all().into_iter().filter(|life| one.as_ref().is_none_or(|one| one == life.kind)).collect();
    assert!(!lives.is_empty(), "{one:?} is no kind");
    lives
}

impl Life {
    fn of(kind: &'static str, path: &str) -> Self {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let parts: Value = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let Value::Object(mut parts) = parts else { panic!("{path} holds no life") };
        let mut take = |key: &str, default: Value| parts.remove(key).unwrap_or(default);
        let (at, it, edits) = (take("at", Value::Null), take("it", Value::Null), take("edits", json!([])));
        let base = take("base", json!({}));
        let read = |error: serde_json::Error| -> ! { panic!("{path}: {error}") };
        let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".yaml");
        let life = Self {
            kind,
            word: stem.replace('.', "-").to_lowercase(),
            at: serde_json::from_value(at).unwrap_or_else(|error| read(error)),
            base,
            it,
            edits: serde_json::from_value(edits).unwrap_or_else(|error| read(error)),
            parts,
        };
        assert!(life.parts.keys().all(|key| PARTS.contains(&key.as_str())), "{path} says more than {PARTS:?}");
        life
    }

    /// The resource's address.
    pub(crate) fn address(&self) -> String {
        let names: Vec<&str> = self.at.split('.').skip(1).step_by(2).collect();
        format!("{}.{}", self.kind, names.join("."))
    }

    /// What one of the tests reads; nothing if the file doesn't say it.
    pub(crate) fn part<T: DeserializeOwned + Default>(&self, name: &str) -> T {
        let part = self.parts.get(name).cloned();
        part.map(|part| serde_json::from_value(part).unwrap_or_else(|error| panic!("{}: {error}", self.kind)))
            .unwrap_or_default()
    }

    /// The domains whose certificates have to be in the account: a lab looks them up, and makes none.
    pub(crate) fn domains(&self) -> Vec<String> {
        let certificates = self.base["certificates"].as_object().into_iter().flatten();
        certificates.filter_map(|(_, one)| one["domainName"].as_str().map(str::to_owned)).collect()
    }

    /// lab.yaml with what has to be around the resource.
    pub(crate) fn base(&self, lab: &str, region: &str) -> String {
        self.text(lab, region, &Value::Null)
    }

    /// lab.yaml as the resource is made.
    pub(crate) fn first(&self, lab: &str, region: &str) -> String {
        self.text(lab, region, &self.it)
    }

    /// lab.yaml after each edit, with the lines that the plan prints then.
    pub(crate) fn edits(&self, lab: &str, region: &str) -> Vec<(String, Vec<String>)> {
        let mut it = self.it.clone();
        let edited = self.edits.iter().map(|edit| {
            patch(&mut it, &edit.change);
            let plan = edit.plan.replace("${region}", region);
            (self.text(lab, region, &it), plan.lines().map(String::from).collect())
        });
        edited.collect()
    }

    fn text(&self, lab: &str, region: &str, it: &Value) -> String {
        let it = self.at.split('.').rev().fold(it.clone(), |inner, key| json!({ key: inner }));
        let mut document = json!({ "lab": lab, "region": region });
        patch(&mut document, &self.base);
        patch(&mut document, &it);
        document.to_string()
    }
}

/// What `labform plan` prints of its changes: their headings, and a line for each field. Ids that AWS makes up are masked,
/// as in `sg-ID`.
pub(crate) fn changes(plan: &str) -> Vec<String> {
    // Which side has changed, is told of each alike.
    let is_heading = |line: &&str| line.starts_with("  # ") && !line.contains("since the last apply");
    let is_field = |line: &&str| line.strip_prefix("      ").is_some_and(|rest| rest.starts_with(['+', '-', '~']));
    let lines = plan.lines().filter(|line| is_heading(line) || is_field(line));
    lines.map(|line| line.trim().split_inclusive([' ', ']', ',']).map(masked).collect()).collect()
}

fn masked(word: &str) -> String {
    let end = word.trim_end_matches([' ', ']', ',']);
    match end.rsplit_once('-') {
        Some((kind, id)) if id.len() >= 8 && id.chars().all(|c| c.is_ascii_hexdigit()) => {
            format!("{kind}-ID{}", &word[end.len()..])
        }
        _ => word.to_owned(),
    }
}

/// Patches a document as RFC 7396 says.
fn patch(document: &mut Value, change: &Value) {
    let Value::Object(change) = change else {
        *document = change.clone();
        return;
    };
    let mut fields = document.as_object().cloned().unwrap_or_default();
    for (key, change) in change {
        match change {
            Value::Null => drop(fields.remove(key)),
            change => patch(fields.entry(key).or_insert(Value::Null), change),
        }
    }
    *document = fields.into();
}
