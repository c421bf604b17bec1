//! The table of calls that a declared kind gives.

use serde_json::Value;

use super::Plain;
use crate::cloud::{Api, Result};
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

/// A call that reads objects.
///
/// ```no_run
/// use labform::resource::{batch, each};
///
/// let one_by_one = each("DescribeSecret", "SecretId");
/// let ten_at_once = batch("GetParameters", "Names", 10, "Parameters");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Read {
    pub(super) operation: &'static str,
    pub(super) key: &'static str,
    pub(super) with: &'static str,
    pub(super) how: How,
    pub(super) only_for: Option<(&'static str, &'static [&'static str])>,
    pub(super) is_private: bool,
    pub(super) under_way: Option<(&'static str, &'static str, &'static str)>,
    pub(super) also: &'static str,
    pub(super) part: &'static str,
    pub(super) check: fn(&str, &Value, usize) -> Result<()>,
}

/// The objects that a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A single object, by its name.
    Name,
    /// A single object, by its ARN.
    Arn,
    /// A single object, by the ARN that follows from its name.
    ArnOfName,
    /// All that is listed of a single object, by its ARN: a field of it.
    Parts(&'static str),
    /// Up to so many objects, by their names.
    Names(usize, &'static str),
    /// All objects, or those whose names begin with what the wanted ones have in common.
    All(&'static str),
    /// The names or ARNs of all objects.
    Ids(&'static str),
    /// All objects that carry the lab's owner tag.
    Owned(&'static str),
}

const fn read(operation: &'static str, key: &'static str, how: How) -> Read {
    Read {
        operation,
        key,
        with: "{}",
        how,
        only_for: None,
        is_private: false,
        under_way: None,
        also: "",
        part: "",
        check: |_, _, _| Ok(()),
    }
}

/// A call that reads one object, named in the member `key`, and fails if there is none.
pub const fn each(operation: &'static str, key: &'static str) -> Read {
    read(operation, key, How::Name)
}

/// A call that reads up to `most` objects, named in the list `key`, and leaves out those that aren't there; `items` is
/// the list in its answer, or several with `|` between them.
pub const fn batch(operation: &'static str, key: &'static str, most: usize, items: &'static str) -> Read {
    read(operation, key, How::Names(most, items))
}

/// A call that lists all objects, page by page, in the list `items` of its answers.
pub const fn all(operation: &'static str, items: &'static str) -> Read {
    read(operation, "", How::All(items))
}

/// A call that lists the names or ARNs of all objects, by which these are read then.
pub const fn ids(operation: &'static str, items: &'static str) -> Read {
    read(operation, "", How::Ids(items))
}

/// A call of Amazon EC2's that lists all objects with the lab's owner tag, page by page, in the list `items` of its
/// answers: they have no names by which they could be found.
pub const fn owned(operation: &'static str, items: &'static str) -> Read {
    read(operation, "", How::Owned(items))
}

/// A call that lists what one object has, named by its ARN in the member `key`, page by page: the field of the object that
/// is called as the list `items` of its answers.
pub const fn parts(operation: &'static str, key: &'static str, items: &'static str) -> Read {
    read(operation, key, How::Parts(items))
}

impl Read {
    /// The list in the call's answers that holds the objects; empty if an answer is about one.
    pub(super) fn items(&self) -> &'static str {
        match self.how {
            How::Names(_, items) | How::All(items) | How::Ids(items) | How::Owned(items) | How::Parts(items) => items,
            How::Name | How::Arn | How::ArnOfName => "",
        }
    }

    /// Lets the call always say this, too. The key may then be a JSON pointer into it, as in `/Filters/0/Values`.
    pub const fn with(self, json: &'static str) -> Self {
        Self { with: json, ..self }
    }

    /// Lets the call take an object's ARN instead of its name.
    pub const fn by_arn(self) -> Self {
        Self { how: How::Arn, ..self }
    }

    /// Lets the call take the ARN that follows from an object's name.
    pub const fn by_arn_of_name(self) -> Self {
        Self { how: How::ArnOfName, ..self }
    }

    /// Returns whether the call takes an ARN that another call has to tell.
    pub(super) fn needs_arn(&self) -> bool {
        matches!(self.how, How::Arn | How::Parts(_))
    }

    /// Lets the call name its object in the member `also`, too: what stands in the object has the same name.
    pub const fn named_in(self, also: &'static str) -> Self {
        Self { also, ..self }
    }

    /// Keeps what the call answers apart, in the member `part` of what is known of the object.
    pub const fn apart(self, part: &'static str) -> Self {
        Self { part, ..self }
    }

    /// Limits the listing to objects whose names begin with what stands in the member `key`.
    pub const fn by_prefix(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Limits the call to resources whose spec gives this field.
    pub const fn only_for(self, field: &'static str) -> Self {
        self.only_where(field, &[])
    }

    /// The same call, made only for a resource whose spec gives this field one of these words.
    pub const fn only_where(self, field: &'static str, words: &'static [&'static str]) -> Self {
        Self { only_for: Some((field, words)), ..self }
    }

    /// The same call, which IAM allows on the lab's own names alone: what it answers may be a secret of others.
    pub const fn private(self) -> Self {
        Self { is_private: true, ..self }
    }

    /// Lets the listing wait until AWS has carried out what may make or take away objects: another call, which always says
    /// this, lists it in `items`, and each with its `Status`.
    pub const fn after(self, operation: &'static str, json: &'static str, items: &'static str) -> Self {
        Self { under_way: Some((operation, json, items)), ..self }
    }

    /// Lets answers of success be checked: `check` gets the operation, an answer, and how many objects were asked for.
    pub const fn checked(self, check: fn(&str, &Value, usize) -> Result<()>) -> Self {
        Self { check, ..self }
    }
}

/// Returns the table of a kind.
pub(super) fn table<R: Plain>() -> &'static Calls {
    const { &R::CALLS }
}
