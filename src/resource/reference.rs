//! References between resources: a plain name in the YAML, a type in Rust.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Resource;
use crate::model::Address;

/// The key in a schema that says which section's names a text may be; editors pass over it.
pub const REFERS_TO: &str = "x-section";

/// A reference to a resource of kind `R`: its name in the lab.
pub struct Ref<R> {
    /// The name below the kind's section.
    pub name: String,
    kind: PhantomData<fn() -> R>,
}

impl<R: Resource> Ref<R> {
    /// A reference to `name`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: PhantomData }
    }

    /// The address that the reference names.
    pub fn address(&self) -> Address {
        Address::new(R::KIND, &self.name)
    }

    /// The reference with the place at which it stands, for [`Resource::refs`].
    pub fn at(&self, path: impl Into<String>) -> SpecRef {
        SpecRef { path: path.into(), address: self.address(), section: R::SECTION, may_be_foreign: false }
    }
}

impl<R> Clone for Ref<R> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), kind: PhantomData }
    }
}

impl<R> fmt::Debug for Ref<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.name)
    }
}

impl<R> Serialize for Ref<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

impl<'de, R> Deserialize<'de> for Ref<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { name: String::deserialize(deserializer)?, kind: PhantomData })
    }
}

impl<R: Resource> JsonSchema for Ref<R> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}Reference", R::KIND).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("A name below `{}`, or below that of `existing`.", R::SECTION),
            REFERS_TO: R::SECTION,
        })
    }
}

/// A reference to a resource of the lab, or the ARN or the name in AWS of an object that the lab doesn't own (a role that
/// the course's account comes with, say). A name that the lab has is the lab's.
///
/// ```
/// use labform::resource::RefOrArn;
/// use labform::resources::Role;
///
/// let own: RefOrArn<Role> = serde_json::from_str(r#""tasks""#)?;
/// assert_eq!(own.at("taskRoleArn").map(|reference| reference.address.to_string()), Some("role.tasks".to_owned()));
/// let other: RefOrArn<Role> = serde_json::from_str(r#""arn:aws:iam::123456789012:role/course""#)?;
/// assert!(other.at("taskRoleArn").is_none());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum RefOrArn<R> {
    /// A resource of the lab; an object of that name in AWS if the lab has no such resource.
    Lab(Ref<R>),
    /// An object that somebody else keeps.
    Arn(String),
}

impl<R: Resource> RefOrArn<R> {
    /// The reference with the place at which it stands; none for an ARN.
    pub fn at(&self, path: impl Into<String>) -> Option<SpecRef> {
        match self {
            Self::Lab(reference) => Some(SpecRef { may_be_foreign: true, ..reference.at(path) }),
            Self::Arn(_) => None,
        }
    }
}

impl<R> Serialize for RefOrArn<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Lab(reference) => reference.serialize(serializer),
            Self::Arn(arn) => serializer.serialize_str(arn),
        }
    }
}

impl<'de, R> Deserialize<'de> for RefOrArn<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(if text.starts_with("arn:") { Self::Arn(text) } else { Self::Lab(Ref { name: text, kind: PhantomData }) })
    }
}

impl<R: Resource> JsonSchema for RefOrArn<R> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}ReferenceOrArn", R::KIND).into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": format!("A name below `{}`, or the name in AWS or the ARN of another one.", R::SECTION),
            REFERS_TO: R::SECTION,
        })
    }
}

/// A reference with the place in its resource at which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecRef {
    /// The field's path in the resource, as in `loadBalancers[0].targetGroupArn`.
    pub path: String,
    /// The address that the reference names.
    pub address: Address,
    /// The section of `lab.yaml` that would hold the resource.
    pub section: &'static str,
    /// Whether the name may be that of an object in AWS which isn't the lab's.
    pub may_be_foreign: bool,
}
