//! The calls of a table that read objects.

use serde_json::Value;

use crate::cloud::Result;

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
