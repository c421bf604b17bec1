//! The table of calls that a declared kind gives.

use serde_json::Value;

use super::Plain;
use crate::cloud::Api;

/// How a service is asked for the objects of a kind. What it calls tags, the service's row in `cloud::services` says.
#[derive(Debug)]
pub struct Calls {
    /// The service.
    pub api: &'static Api,
    /// How the service spells the members of its calls.
    pub case: Case,
    /// What an object's ARN ends in, as in `secret:{name}-??????`, where `?` stands for a letter that AWS adds.
    pub arn: &'static str,
    /// The member that holds an object's ARN.
    pub id: &'static str,
    /// The member that tells an object from another that gets its name later, as in `CreatedDate`; empty if the ARN does.
    pub made: &'static str,
    /// Makes an object.
    pub create: Call,
    /// Read objects by name. What several calls say of an object is put together; the first says whether it is there.
    pub read: &'static [Read],
    /// The operation that lists all objects, page by page, and the list in its answer.
    pub list: (&'static str, &'static str),
    /// Changes an object.
    pub update: Call,
    /// Deletes an object.
    pub delete: Call,
    /// Brings back an object whose deletion is scheduled, if the service can.
    pub restore: Option<Call>,
}

impl Calls {
    /// Whether the calls that read and list objects bring their tags.
    pub(super) fn bring_tags(&self) -> bool {
        self.read.iter().any(|read| read.operation == self.api.tags.read)
    }
}

/// How a service spells the members of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// As in `KmsKeyId`.
    Pascal,
    /// As in `kmsKeyId`, which is the spelling of `lab.yaml`.
    Camel,
}

/// A call about one object.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub(super) operation: &'static str,
    pub(super) key: &'static str,
    pub(super) with: &'static str,
    pub(super) is_whole: bool,
    pub(super) takes_name: bool,
    pub(super) knows_tags: bool,
}

/// A call that says in the member `key` which object is meant: by its ARN once there is one.
pub const fn call(operation: &'static str, key: &'static str) -> Call {
    Call { operation, key, with: "{}", is_whole: false, takes_name: false, knows_tags: true }
}

impl Call {
    /// The same call, which always says this, too.
    pub const fn with(self, json: &'static str) -> Self {
        Self { with: json, ..self }
    }

    /// The same call, which resets what it leaves out: it takes all fields of the table, and not only those that change.
    pub const fn whole(self) -> Self {
        Self { is_whole: true, ..self }
    }

    /// The same call, which takes the object's name instead of its ARN.
    pub const fn by_name(self) -> Self {
        Self { takes_name: true, ..self }
    }

    /// The same call, which IAM can't limit to objects with the lab's tag, only to those with its names.
    pub const fn blind_to_tags(self) -> Self {
        Self { knows_tags: false, ..self }
    }
}

/// A call that reads objects by name.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub(super) operation: &'static str,
    pub(super) key: &'static str,
    pub(super) with: &'static str,
    /// The most names that one call takes, and the list in its answer; none for a call about one object.
    pub(super) batch: Option<(usize, &'static str)>,
}

/// A call that reads one object, named in the member `key`, and fails if there is none.
pub const fn each(operation: &'static str, key: &'static str) -> Read {
    Read { operation, key, with: "{}", batch: None }
}

/// A call that reads up to `most` objects, named in the list `key`, and leaves out those that aren't there; `items` is
/// the list in its answer.
pub const fn batch(operation: &'static str, key: &'static str, most: usize, items: &'static str) -> Read {
    Read { operation, key, with: "{}", batch: Some((most, items)) }
}

impl Read {
    /// The same call, which always says this, too. The key may then be a JSON pointer into it, as in `/Filters/0/Values`.
    pub const fn with(self, json: &'static str) -> Self {
        Self { with: json, ..self }
    }
}

/// Returns the table of a kind.
pub(super) fn table<R: Plain>() -> &'static Calls {
    const { &R::CALLS }
}

impl Case {
    /// A member of this name, in the service's spelling.
    pub(super) fn member(self, field: &str) -> String {
        match self {
            Self::Pascal => first_letter(field, char::to_ascii_uppercase),
            Self::Camel => field.to_owned(),
        }
    }

    /// A document of the spec in the service's spelling.
    pub fn members(self, document: Value) -> Value {
        keys(document, &|field| self.member(field))
    }

    /// What the service says, in the spelling of the spec.
    pub(super) fn fields(self, members: Value) -> Value {
        match self {
            Self::Pascal => keys(members, &|member| first_letter(member, char::to_ascii_lowercase)),
            Self::Camel => members,
        }
    }
}

fn first_letter(name: &str, change: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().iter().map(change).chain(letters).collect()
}

fn keys(value: Value, spell: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (spell(&key), keys(value, spell))).collect(),
        Value::Array(items) => items.into_iter().map(|item| keys(item, spell)).collect(),
        leaf => leaf,
    }
}
