//! The table of calls that a declared kind gives.

use super::Plain;
use super::reads::Read;
use crate::cloud::Api;
use crate::model::Effect;
use crate::resource::Live;

/// The calls by which a service is asked for a kind's objects. Members are spelt as AWS spells them; the service's row
/// in `cloud::services` says what it calls tags.
#[derive(Debug)]
pub struct Calls {
    /// The service.
    pub api: &'static Api,
    /// The end of an object's ARN, as in `secret:{name}-??????`, where `?` stands for a letter that AWS adds.
    pub arn: &'static str,
    /// The member of answers that holds an object's ARN, or the id by which Amazon EC2 names it.
    pub id: &'static str,
    /// The member of answers that holds an object's name; empty if the kind's objects have none, and are [`owned`].
    pub name: &'static str,
    /// The member that tells an object from another that gets its name later, as in `CreatedDate`; empty if the ARN does.
    pub made: &'static str,
    /// Whether the calls that read and list objects bring their tags along. One that reads some of them may name the call
    /// for tags as a further read.
    pub brings_tags: bool,
    /// The call that makes an object.
    pub create: Call,
    /// The calls that read the objects of the spec. The answers of several are put together; the first says what is
    /// there.
    pub read: &'static [Read],
    /// The call that lists all objects.
    pub list: Read,
    /// The calls that change an object, in this order.
    pub updates: &'static [Change],
    /// The call that deletes an object.
    pub delete: Call,
    /// The call that brings back an object whose deletion is scheduled, if the service can.
    pub restore: Option<Call>,
}

/// A call about one object.
///
/// ```no_run
/// use labform::resource::{call, change};
///
/// // Sets all fields at once, by name, and writes over what is there.
/// let put = call("PutParameter", "Name").with(r#"{"Overwrite": true}"#).by_name();
/// let update = change(put, &["value", "type"]).whole();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub(super) operation: &'static str,
    pub(super) key: &'static str,
    pub(super) with: &'static str,
    pub(super) within: &'static str,
    pub(super) takes_name: bool,
    pub(super) takes_id: bool,
    pub(super) knows_tags: bool,
    pub(super) shows_object: bool,
}

/// A call that says in the member `key` which object is meant: by its ARN once there is one. The key is empty if the call
/// makes an object without a name.
pub const fn call(operation: &'static str, key: &'static str) -> Call {
    Call {
        operation,
        key,
        with: "{}",
        within: "",
        takes_name: false,
        takes_id: false,
        knows_tags: true,
        shows_object: true,
    }
}

impl Call {
    /// Lets the call always say this, too. The key may then be a JSON pointer into it, as in `/AlarmNames/0`.
    pub const fn with(self, json: &'static str) -> Self {
        Self { with: json, ..self }
    }

    /// Makes the call one that makes an object and answers without its ARN.
    pub const fn answers_without_object(self) -> Self {
        Self { shows_object: false, ..self }
    }

    /// Lets the call take the object's name instead of its ARN.
    pub const fn by_name(self) -> Self {
        Self { takes_name: true, ..self }
    }

    /// Lets the call take the last part of the object's ARN.
    pub const fn by_id(self) -> Self {
        Self { takes_id: true, ..self }
    }

    /// Tells that IAM can't limit the call to objects with the lab's tag, only to those with its names.
    pub const fn blind_to_tags(self) -> Self {
        Self { knows_tags: false, ..self }
    }

    /// Tells that IAM asks for the call on what is in the object: on its ARN with this behind it, as in `:*`.
    pub const fn within(self, rest: &'static str) -> Self {
        Self { within: rest, ..self }
    }

    /// The name, the id or the ARN by which this call names a live object.
    pub(super) fn names(self, live: &Live) -> &str {
        match (self.takes_name, self.takes_id) {
            (true, _) => &live.name,
            (false, true) => live.id(),
            (false, false) => &live.arn,
        }
    }
}

/// A call that changes some fields of an object.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub(super) call: Call,
    pub(super) fields: &'static [&'static str],
    pub(super) takes: Takes,
    pub(super) follows_create: bool,
    pub(super) reset: Option<Call>,
    pub(super) is_by_hand: bool,
}

/// The fields that a call takes, among its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// The fields that differ, each with all its parts.
    Differing,
    /// The fields that the spec gives.
    Given,
    /// All fields.
    All,
}

/// The fields of a kind that no other of its calls takes.
pub const REST: &[&str] = &[];

/// A call that takes these fields.
pub const fn change(call: Call, fields: &'static [&'static str]) -> Change {
    Change { call, fields, takes: Takes::Differing, follows_create: false, reset: None, is_by_hand: false }
}

/// A change of these fields by calls of the kind's own: [`Plain::close`].
pub const fn by_hand(fields: &'static [&'static str]) -> Change {
    Change { is_by_hand: true, ..change(call("", ""), fields) }
}

impl Change {
    /// Lets the call take all its fields and not only changed ones, because it resets what it leaves out.
    pub const fn whole(self) -> Self {
        Self { takes: Takes::All, ..self }
    }

    /// Lets the call take those of its fields that the spec gives, and leave everything else as it is, also within a
    /// field.
    pub const fn given(self) -> Self {
        Self { takes: Takes::Given, ..self }
    }

    /// Lets the call follow the one that makes an object, too, which doesn't take its fields.
    pub const fn after_create(self) -> Self {
        Self { follows_create: true, ..self }
    }

    /// Lets another call bring the fields back to what AWS has of its own, because this one takes no value for that.
    pub const fn or_reset(self, call: Call) -> Self {
        Self { reset: Some(call), ..self }
    }

    /// Returns the fields that this call of a kind takes.
    pub(super) fn fields<R: Plain>(&self) -> Vec<&'static str> {
        if self.fields != REST {
            return self.fields.to_vec();
        }
        let names = R::FIELDS.iter().filter(|field| field.effect == Some(Effect::Update));
        let names = names.filter_map(|field| field.path.split('.').next());
        names.filter(|name| table::<R>().updates.iter().all(|change| !change.fields.contains(name))).collect()
    }
}

/// Returns the table of a kind.
pub(super) fn table<R: Plain>() -> &'static Calls {
    const { &R::CALLS }
}
