//! Kinds that are declared: a simple kind says what is its own, and its verbs and IAM statements follow.
//!
//! Knows: how a service is asked to make, read, change and delete objects with names and tags. Must not know: any kind in
//! particular.

mod answers;
mod ask;
mod calls;
mod find;
mod grants;
mod meanwhile;
mod reads;
mod verbs;

pub use ask::listed;
pub use calls::{Call, Calls, Change, REST, by_hand, call, change};
pub use reads::{Read, all, batch, each, ids, owned, parts};

use std::future::{Future, ready};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::compare::{self, Field};
use super::{
    Beside, CallRules, Checks, Content, Grant, Habits, Home, Live, Made, NameRule, Names, Others, Output, Pasted,
    Place, Problem, Readiness, SpecRef, Target, UsageContext, Waiting, When,
};
use crate::cloud::{Cloud, CloudError, Result};
use crate::model::{Address, Tags, Usage};

/// A kind that is declared. `Self` is its section of `lab.yaml`, in AWS's names: reading, listing, comparing, creating,
/// updating and deleting follow from its tables, as do the IAM statements for that.
///
/// Hooks speak the words of `lab.yaml`, too: `kmsKeyId` for what the service calls `KmsKeyId`.
///
/// # Examples
/// A kind of AWS Secrets Manager, whole but for what is special about secrets:
///
/// ```
/// use labform::cloud::SECRETS_MANAGER;
/// use labform::resource::{AnyKind, Calls, Field, Kind, NameRule, Plain, REST, all, call, change, each, update};
///
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// #[serde(rename_all = "camelCase", deny_unknown_fields)]
/// struct Note {
///     /// The note's name.
///     name: Option<String>,
///     /// The note's purpose.
///     description: Option<String>,
/// }
///
/// impl Plain for Note {
///     const KIND: &'static str = "note";
///     const SECTION: &'static str = "notes";
///     const NAME: NameRule = NameRule::new("name", 1..=512, "letters", |name| name.chars().all(char::is_alphabetic));
///     const FIELDS: &'static [Field] = &[update("description").default(r#""""#)];
///     const CALLS: Calls = Calls {
///         api: &SECRETS_MANAGER,
///         arn: "secret:{name}-??????",
///         id: "ARN",
///         name: "Name",
///         made: "CreatedDate",
///         brings_tags: true,
///         create: call("CreateSecret", "Name"),
///         read: &[each("DescribeSecret", "SecretId")],
///         list: all("ListSecrets", "SecretList"),
///         updates: &[change(call("UpdateSecret", "SecretId"), REST)],
///         delete: call("DeleteSecret", "SecretId").with(r#"{"ForceDeleteWithoutRecovery": true}"#),
///         restore: None,
///     };
/// }
///
/// static NOTE: Kind<Note> = Kind::NEW;
/// assert_eq!(NOTE.name_rule().default_name("ecs-lab", "todo"), "ecs-lab-todo");
/// ```
pub trait Plain: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The kind's word in addresses and messages, as in `secret`.
    const KIND: &'static str;
    /// The kind's section of `lab.yaml`, as in `secrets`.
    const SECTION: &'static str;
    /// AWS's rule for physical names.
    const NAME: NameRule;
    /// The fields that are compared, and what a change of each takes.
    const FIELDS: &'static [Field];
    /// The calls by which the service is asked.
    const CALLS: Calls;
    /// The parts of AWS's own description of an object that may stand in the spec beside the kind's fields.
    const PASTED: Pasted = Pasted::PLAIN;
    /// AWS's rules for the calls whose input the spec's fields are.
    const RULES: CallRules = &[];
    /// The coming and going of the kind's objects.
    const HABITS: Habits = Habits::USUAL;

    /// Returns the resources that the spec refers to.
    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    /// Returns the resources that have to exist before this one although it doesn't refer to them.
    fn follows(&self, _checks: &Checks<'_>) -> Vec<Address> {
        Vec::new()
    }

    /// Returns what AWS charges by the hour for an object that is as `document` says: AWS's own, or a section of the spec.
    fn usage(_context: &UsageContext<'_>, _document: &Value) -> Usage {
        Usage::default()
    }

    /// Gives a section what it leaves out and follows from the network that the lab stands in.
    fn place_in(_section: &mut Value, _home: &Home) {}

    /// Returns what the section of the resource `name` makes, if it is a short form.
    fn makes(_name: &str, _section: &Value, _region: &str) -> Vec<Made> {
        Vec::new()
    }

    /// Returns what is wrong with the spec that its types can't say.
    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        Vec::new()
    }

    /// Returns what the spec needs of this machine, below the lab's `folder`, and isn't there.
    fn lacks(&self, _folder: &Path) -> Option<Problem> {
        None
    }

    /// Returns why what the spec asks for can't be had of the other resources as they are, if it can't.
    fn obstacle(&self, _others: &Others) -> Option<String> {
        None
    }

    /// Returns the fields that AWS is to have. A field of labform's own is `#[serde(skip_serializing)]`; one that refers
    /// to another resource is filled in here.
    fn wanted(&self, _others: &Others) -> Value {
        compare::document(self)
    }

    /// Puts what a live object has into what is wanted of it, where the spec leaves open which it is.
    fn keep(&self, _live: &Live, _others: &Others, _want: &mut Value) {}

    /// Brings AWS's answer into the words of the spec, if the service answers in other words than it is asked in. An
    /// answer may be about a part of the object only.
    fn heard(_document: &mut Value) {}

    /// Returns whether an object is there, by what AWS says of it.
    fn presence(_live: &Live) -> Presence {
        Presence::There
    }

    /// Returns whether a live object does its work yet.
    fn readiness(_live: &Live) -> Readiness {
        Readiness::Ready(None)
    }

    /// Returns what `${section.name.output}` may name beside `name` and `arn`.
    fn more_outputs(_place: &Place, _name: &str, _live: Option<&Live>) -> Vec<Output> {
        Vec::new()
    }

    /// Returns the ids and ARNs by which others refer to a live object, the one that AWS makes up first.
    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone()]
    }

    /// Returns the ids and ARNs of what a live object uses; the object has to be gone before they can go.
    fn links(_live: &Live) -> Vec<String> {
        Vec::new()
    }

    /// Returns what a destroy does with what an object holds, as the spec says.
    fn on_destroy(&self) -> Content {
        Content::Keep
    }

    /// Returns what the call that deletes an object says beside which one it is.
    fn deletion(_content: Content) -> Value {
        Value::Null
    }

    /// The call that makes the object.
    fn creation(&self) -> Call {
        Self::CALLS.create
    }

    /// Returns whether a live object of this name is the one that is meant, if names are unique in another object only, and
    /// notes in its document which that is.
    ///
    /// # Errors
    /// If that can't be read.
    fn is_it(&self, _cloud: &Cloud, _live: &mut Live, _names: &Names) -> impl Future<Output = Result<bool>> + Send {
        ready(Ok(true))
    }

    /// Returns the ARNs that IAM asks the call on which makes the object.
    fn made_on(&self, name: &str, _names: &Names, place: &Place) -> Vec<String> {
        grants::own_arns::<Self>(name, place)
    }

    /// Returns what IAM has to allow beside what follows from the calls.
    fn more_grants(&self, _name: &str, _place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    /// Looks closer at a live object of the spec, and notes in its document what the reading calls don't say. `tags` are
    /// the object's, if those calls bring them: [`Calls::brings_tags`], or a further read that asks for them.
    fn look(&self, _cloud: &Cloud, _live: &mut Live, _tags: Option<&Tags>) {}

    /// Reads what no call of the table says of a live object of the spec, and notes it in its document.
    ///
    /// # Errors
    /// If it can't be read.
    fn inspect(&self, _cloud: &Cloud, live: Live) -> impl Future<Output = Result<Live>> + Send {
        ready(Ok(live))
    }

    /// Completes what is sent to make an object, or to change the live one.
    ///
    /// # Errors
    /// The reason why it can't be completed.
    fn complete(&self, _cloud: &Cloud, _sending: &mut Sending<'_>) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Makes sure that the object which the creating call answered was made by it, if the service answers with success
    /// for one that is there already. `tags` are those in the answer.
    ///
    /// # Errors
    /// If the object is somebody else's.
    fn made(
        &self,
        _cloud: &Cloud,
        _target: &Target,
        live: Live,
        _tags: Tags,
    ) -> impl Future<Output = Result<Live>> + Send {
        ready(Ok(live))
    }

    /// Finds what stands in or beside a live object and isn't `lab`'s, and what becomes of it if the object is deleted.
    ///
    /// # Errors
    /// If it can't be read.
    fn beside(
        _cloud: &Cloud,
        _lab: &str,
        _spec: Option<&Self>,
        _live: &Live,
        _when: When,
    ) -> impl Future<Output = Result<Vec<Beside>>> + Send {
        ready(Ok(Vec::new()))
    }

    /// Takes away what keeps AWS from deleting an object, as far as `content` allows.
    ///
    /// # Errors
    /// AWS's refusal.
    fn free(_cloud: &Cloud, _live: &Live, _content: Content) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Brings the fields of a change that no single call makes to what is wanted: those of [`by_hand`]. It bears being
    /// called twice.
    ///
    /// # Errors
    /// AWS's refusal.
    fn close(
        &self,
        _cloud: &Cloud,
        _live: &Live,
        _fields: &Map<String, Value>,
    ) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Returns the refusal in an answer of success to the call that deletes an object, if there is one.
    fn untaken(_answer: &Value) -> Option<CloudError> {
        None
    }

    /// Waits until an object is gone whose delete AWS has taken, if it takes its time with it.
    ///
    /// # Errors
    /// If it can't be read, or isn't gone in time.
    fn gone(_cloud: &Cloud, _live: &Live, _waiting: &Waiting) -> impl Future<Output = Result<()>> + Send {
        ready(Ok(()))
    }

    /// Puts AWS's refusal to delete an object into words that help.
    fn refused(_cloud: &Cloud, _live: &Live, error: CloudError) -> impl Future<Output = CloudError> + Send {
        ready(error)
    }
}

/// A call that is to make or to change an object. The call may hold secrets, so that it has no `Debug`.
pub struct Sending<'a> {
    /// The object that is to be changed; none if one is to be made.
    pub live: Option<&'a Live>,
    /// The other resources of the lab.
    pub others: &'a Others,
    /// The fields that are sent, in the words of the spec.
    pub fields: Map<String, Value>,
    /// The tags: those of an object that is to be made; those to be written before an object is changed.
    pub tags: Tags,
    /// Gives the tags to be written once an object is changed, by what is known of it then: those that must not be true
    /// of an object whose change failed.
    pub after: Option<TagsAfter>,
}

/// Tags by what is known of an object.
pub type TagsAfter = Box<dyn FnOnce(&Live) -> Tags + Send>;

/// The presence of an object that AWS describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The object is there.
    There,
    /// The object is being deleted, and still holds on to others.
    Leaving,
    /// The object's deletion is scheduled: its name is taken until then, and it can be brought back.
    Recoverable,
    /// The object is gone, although AWS still describes it; its name is free.
    Gone,
}
