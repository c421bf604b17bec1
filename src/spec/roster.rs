//! The roster of a class: who takes part, in which account, and with which values of the lab's variables.
//!
//! It is a table in CSV, or a list of maps with the same columns in YAML.

use std::collections::{BTreeMap, BTreeSet};

use labform_account::rules::{EXTERNAL_ID, ROLE_NAME, SESSION_NAME, TextRule};

use super::csv;
use super::errors::{Faults, Files, Mark, SpecErrors, suggest};
use super::names::{account, region};
use super::shard::Shard;
use super::tree::{self, Entry, Item, Tree};
use super::variables::Values;
use crate::cloud::of_identity_center;

/// The columns beside those of variables, `var.NAME`.
const COLUMNS: [&str; 7] = ["student", "account", "role", "externalId", "sessionName", "profile", "region"];
/// The beginning of a column with the values of a variable.
const VARIABLE: &str = "var.";
/// The longest name of a student.
const LONGEST: usize = 64;

/// The roster of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster(pub Vec<Row>);

/// A student of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The student's name in the roster, which no other has.
    pub student: String,
    /// The 12 digits of the student's account.
    pub account: String,
    /// The way into the account.
    pub access: Access,
    /// The region, if it isn't the lab's own.
    pub region: Option<String>,
    /// The values of variables, each with its place.
    pub variables: BTreeMap<String, (String, String)>,
}

/// The way into an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// The caller's own credentials are the account's.
    Own,
    /// The credentials of this profile are.
    Profile(String),
    /// The caller assumes a role.
    Role {
        /// The role's ARN.
        arn: String,
        /// The external id that the role's trust may demand.
        external_id: Option<String>,
        /// The name of the session.
        session_name: String,
    },
}

/// What is wrong with words that name students, and what may be meant.
pub type Wrong = (String, Option<String>);

/// The students of an account: those who are meant, and those who share it with them.
pub(crate) type Sharing<'a> = (Vec<&'a Row>, Vec<&'a Row>);

impl Roster {
    /// Reads a roster. `file` is the name that errors show; one that ends in `.csv` is a table, else it is YAML.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(file: &str, text: &str) -> Result<Self, SpecErrors> {
        let (mut files, mut faults) = (Files::default(), Faults::default());
        let number = files.add(file, text.to_owned());
        let tree = match file.to_lowercase().ends_with(".csv") {
            true => Some(csv::parse(&files, number, &mut faults)),
            false => tree::parse(&files, number, &mut faults),
        };
        let start = Mark { file: number, line: 1, column: 1, length: 1 };
        let rows = match tree.as_ref().map(|tree| &tree.item) {
            None => &[][..],
            Some(Item::List(rows)) => rows,
            Some(_) => {
                let hint = "begin each student with `- student: NAME`".to_owned();
                faults.push(start, "a roster is a list of students", Some(hint));
                &[]
            }
        };
        if rows.is_empty() && !faults.refuse() {
            faults.push(start, "the roster names no student", None);
        }
        let mut lines: BTreeMap<String, usize> = BTreeMap::new();
        let mut read = Vec::new();
        for tree in rows {
            let Some(row) = (Reading { file, tree, faults: &mut faults }).row() else { continue };
            let mark = tree.get("student").map_or(tree.mark, |entry| entry.value.mark);
            if let Some(line) = lines.insert(row.student.clone(), mark.line) {
                let hint = format!("the other is in line {line}");
                faults.push(mark, format!("the student `{}` stands here twice", row.student), Some(hint));
            }
            read.push(row);
        }
        files.told(faults)?;
        Ok(Self(read))
    }

    /// Returns the students of these words, or all if there are none, as far as they are in the shard. A word is a name, or
    /// several with commas between them.
    ///
    /// # Errors
    /// If a name isn't in the roster: what is wrong, and what may be meant.
    pub fn chosen(&self, words: &[String], shard: Option<Shard>) -> Result<Vec<&Row>, Wrong> {
        let named = self.named(words)?;
        let rows = self.0.iter().enumerate().filter(|(index, _)| shard.is_none_or(|shard| shard.has(*index)));
        Ok(rows.map(|(_, row)| row).filter(|row| named.contains(row.student.as_str())).collect())
    }

    /// Returns the accounts that the students of these words have, or all if there are no words, as far as they are in the
    /// shard: of each the students who are meant, and those who share it with them.
    ///
    /// # Errors
    /// If a name isn't in the roster: what is wrong, and what may be meant.
    pub fn accounts(&self, words: &[String], shard: Option<Shard>) -> Result<Vec<Sharing<'_>>, Wrong> {
        let named = self.named(words)?;
        let mut accounts: Vec<Vec<&Row>> = Vec::new();
        for row in &self.0 {
            match accounts.iter_mut().find(|known| known[0].account == row.account) {
                Some(known) => known.push(row),
                None => accounts.push(vec![row]),
            }
        }
        // An account is in one shard only: two would work on the same labs.
        let accounts = accounts.into_iter().enumerate();
        let accounts = accounts.filter(|(index, _)| shard.is_none_or(|shard| shard.has(*index)));
        let split = accounts.map(|(_, rows)| rows.into_iter().partition(|row| named.contains(row.student.as_str())));
        Ok(split.filter(|(meant, _): &Sharing<'_>| !meant.is_empty()).collect())
    }

    /// The names in these words, or all. A name that holds commas is a word of its own.
    fn named(&self, words: &[String]) -> Result<BTreeSet<&str>, Wrong> {
        let all: BTreeSet<&str> = self.0.iter().map(|row| row.student.as_str()).collect();
        let mut names = Vec::new();
        for word in words {
            let (is_name, parts) = (all.contains(word.as_str()), word.split(',').collect::<Vec<_>>());
            if is_name && parts.len() > 1 && parts.iter().all(|part| all.contains(part)) {
                let hint = "give that student another name in the roster".to_owned();
                return Err((format!("`{word}` is a student, and the names of several"), Some(hint)));
            }
            names.extend(if is_name { vec![word.as_str()] } else { parts });
        }
        if let Some(name) = names.iter().find(|name| !all.contains(*name)) {
            return Err((format!("the roster has no student `{name}`"), suggest(name, all)));
        }
        Ok(if words.is_empty() { all } else { all.into_iter().filter(|name| names.contains(name)).collect() })
    }
}

impl Row {
    /// The values that the row gives a lab's variables, under those that are `given` otherwise: a lab that has the
    /// variables `student` and `region` gets those of the row, too.
    pub fn values(&self, given: &Values) -> Values {
        let mut values = given.clone();
        for (name, value) in &self.variables {
            values.given.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let offered = [("student", Some(&self.student)), ("region", self.region.as_ref())].into_iter();
        let offered =
            offered.filter_map(|(name, value)| Some((name.to_owned(), (value?.clone(), "the roster".to_owned()))));
        values.offered.extend(offered);
        values
    }
}

/// The reading of one student.
struct Reading<'a, 'f> {
    file: &'a str,
    tree: &'a Tree,
    faults: &'f mut Faults,
}

impl Reading<'_, '_> {
    fn row(&mut self) -> Option<Row> {
        let Some(entries) = self.tree.entries() else {
            let message = format!("a student is a map of columns, and this is {}", self.tree.words());
            self.faults.push(self.tree.mark, message, None);
            return None;
        };
        for Entry { key, mark, .. } in entries {
            if !COLUMNS.contains(&key.as_str()) && key.strip_prefix(VARIABLE).is_none_or(str::is_empty) {
                let hint = suggest(key, COLUMNS.into_iter().chain(["var.NAME"]));
                self.faults.push(*mark, format!("unknown column `{key}`"), hint);
            }
        }
        let student = self.text("student", |name| {
            let fits = (1..=LONGEST).contains(&name.chars().count());
            (!fits).then(|| ("a student's name is too long".to_owned(), format!("take at most {LONGEST} characters")))
        });
        let account = self.text("account", |text| {
            let (message, hint) = account(text)?;
            // 1.23457E+11, or a number that has lost its zeros at the front.
            let is_number = (9..12).contains(&text.len()) && text.parse::<f64>().is_ok();
            let hint = match is_number {
                true => {
                    "a spreadsheet has taken it for a number: make the column a text there, and type it anew".to_owned()
                }
                false => hint,
            };
            Some((message, hint))
        });
        for (column, is_there) in [("student", student.is_some()), ("account", account.is_some())] {
            if !is_there && given(self.tree, column).is_none() {
                self.faults.push(self.tree.mark, format!("there is no `{column}`"), None);
            }
        }
        let region = self.text("region", region);
        let access = self.access(account.as_deref().unwrap_or_default(), student.as_deref().unwrap_or_default());
        let mut variables = BTreeMap::new();
        for Entry { key, value, .. } in entries.iter().filter(|entry| !matches!(entry.value.item, Item::Null)) {
            let Some(name) = key.strip_prefix(VARIABLE) else { continue };
            let place = format!("{}:{}:{}", self.file, value.mark.line, value.mark.column);
            match scalar(value) {
                Some(text) => drop(variables.insert(name.to_owned(), (text, place))),
                None => self.faults.push(value.mark, format!("expected one value, found {}", value.words()), None),
            }
        }
        Some(Row { student: student?, account: account?, access: access?, region, variables })
    }

    fn access(&mut self, account: &str, student: &str) -> Option<Access> {
        let has = |column: &str| given(self.tree, column);
        if let (Some(_), Some(profile)) = (has("role"), has("profile")) {
            self.faults.push(
                profile.value.mark,
                "there are a `role` and a `profile`",
                Some("keep one of them".to_owned()),
            );
            return None;
        }
        if let (None, Some(only)) = (has("role"), has("externalId").or_else(|| has("sessionName"))) {
            self.faults.push(only.value.mark, format!("`{}` is for a `role`, and there is none", only.key), None);
            return None;
        }
        if let Some(profile) = self.text("profile", |_| None) {
            return Some(Access::Profile(profile));
        }
        let Some(role) = self.text("role", |_| None) else { return Some(Access::Own) };
        let arn = if role.starts_with("arn:") { role } else { format!("arn:aws:iam::{account}:role/{role}") };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let name = parts.get(5).and_then(|resource| resource.strip_prefix("role/")?.rsplit('/').next());
        let mark = has("role").map_or(self.tree.mark, |entry| entry.value.mark);
        if parts.get(2) != Some(&"iam") || !name.is_some_and(|name| ROLE_NAME.allows(name)) {
            let hint = "write its name, with its path if it has one, or its ARN".to_owned();
            self.faults.push(mark, format!("`{arn}` is not a role"), Some(hint));
        } else if parts.get(4) != Some(&account) {
            self.faults.push(mark, format!("the role isn't in the account {account}"), None);
        } else if name.is_some_and(|name| of_identity_center(name).is_some()) {
            // Its trust lets in only what IAM Identity Center signs.
            let hint = "give a `profile` that signs in with IAM Identity Center, as `aws configure sso` writes it";
            self.faults.push(mark, "nobody assumes a role of IAM Identity Center's by name", Some(hint.to_owned()));
        }
        let session_name = match given(self.tree, "sessionName") {
            Some(_) => self.text("sessionName", |text| misses(SESSION_NAME, text)),
            None => Some(session_name(student)),
        };
        let external_id = self.text("externalId", |text| misses(EXTERNAL_ID, text));
        Some(Access::Role { arn, external_id, session_name: session_name? })
    }

    /// The text in a column, if there is one that `problem` finds nothing wrong with.
    fn text(&mut self, column: &str, problem: impl Fn(&str) -> Option<(String, String)>) -> Option<String> {
        let value = &given(self.tree, column)?.value;
        // A number loses its zeros at the front.
        let text = if column == "student" { scalar(value) } else { value.text().map(str::to_owned) };
        let Some(text) = text else {
            let message = format!("expected a text, found {}", value.words());
            self.faults.push(value.mark, message, Some("put it in quotes".to_owned()));
            return None;
        };
        match problem(&text) {
            Some((message, hint)) => {
                self.faults.push(value.mark, message, Some(hint));
                None
            }
            None => Some(text),
        }
    }
}

/// The cell in a column, unless it is empty.
fn given<'a>(row: &'a Tree, column: &str) -> Option<&'a Entry> {
    row.get(column).filter(|entry| !matches!(entry.value.item, Item::Null))
}

fn misses(rule: TextRule, text: &str) -> Option<(String, String)> {
    let (min, max) = (rule.min, rule.max);
    (!rule.allows(text)).then(|| {
        (
            format!("AWS doesn't take `{text}`"),
            format!("take {min} to {max} letters, digits and signs ({})", rule.source),
        )
    })
}

fn scalar(value: &Tree) -> Option<String> {
    match &value.item {
        Item::Text(text) => Some(text.clone()),
        Item::Number(number) => Some(number.to_string()),
        Item::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The name of a student's session, which the account's own log shows.
fn session_name(student: &str) -> String {
    let sign = |sign: char| if SESSION_NAME.allows(&format!("aa{sign}")) { sign } else { '-' };
    let name: String = format!("labform-{student}").chars().map(sign).take(SESSION_NAME.max).collect();
    name
}
