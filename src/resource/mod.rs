//! The contract of a kind of resource, and the one place where its types are erased.
//!
//! Knows: what every kind must be able to say and do. Must not know: any kind in particular.

mod any;
mod checks;
mod compare;
mod erased;
mod existing;
mod grant;
mod habits;
mod home;
mod ignore;
mod kind;
mod live;
mod object;
mod others;
mod pasted;
mod plain;
mod reference;
mod source;
mod tagged;
#[cfg(test)]
pub(crate) mod toy;
mod waiting;

pub use any::{AnyLive, AnySpec, as_live, as_spec};
pub use checks::{CallRules, Checks, NameRule, PathError, Problem, Severity, breaches, document_breaches};
pub use compare::{Field, changes, diff, document, known, part, replace, settled, update};
pub use erased::{AnyKind, AnyLookup, AnyManaged, AnyWanted};
pub use existing::{By, Candidate, Existing, Findable, Key, Sort};
pub use grant::{Conditions, Grant, Granted, Need, any_role_arn, role_arn, service_linked_role};
pub use habits::{Content, Habits, Replacing, Strays, Within};
pub use home::{Home, Made};
pub use ignore::{FieldPath, key, take_over};
pub use kind::Kind;
pub use live::Live;
pub use object::{Beside, Detail, Edit, Explanation, Fate, Found, LookedUp, Observed, Readiness, Target, Wanted, When};
pub use others::{Entry, NO_ACCOUNT, NO_VPC, Names, Others, Output, Place, UsageContext};
pub use pasted::Pasted;
pub use plain::{
    Call, Calls, Change, Plain, Presence, REST, Read, Sending, TagsAfter, all, batch, by_hand, call, change, each, ids,
    listed, owned, parts,
};
pub use reference::{REFERS_TO, Ref, RefOrArn, SpecRef};
pub use source::{SourceError, Sourced, Sources};
pub use tagged::{FoundOf, with_tags};
pub use waiting::{Waiting, retry};

use std::future::Future;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cloud::{Cloud, Result, Service};
use crate::model::{Address, Diff, Usage};

/// A kind of resource. `Self` is its section of `lab.yaml`: a struct that serde reads, with AWS's own names in
/// camelCase. The first half of the trait is pure; the second asks AWS.
///
/// A kind that makes objects is [`Managed`], too, one that only reads them is [`Kind::READ_ONLY`], and one whose objects
/// may be somebody else's is [`Findable`]. A simple kind is declared, and these traits follow: it is [`Plain`], and
/// [`LogGroup`](crate::resources::LogGroup) is the one to read first.
///
/// # Examples
/// ```
/// use labform::resource::{Field, Ref, SpecRef, diff, document, update};
/// use labform::resources::Cluster;
/// use serde_json::json;
///
/// #[derive(serde::Serialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Service {
///     cluster: Ref<Cluster>,
///     desired_count: Option<i32>,
/// }
///
/// const FIELDS: &[Field] = &[update("desiredCount")];
/// impl Service {
///     fn refs(&self) -> Vec<SpecRef> {
///         vec![self.cluster.at("cluster")]
///     }
/// }
///
/// let web = Service { cluster: Ref::new("main"), desired_count: None };
/// assert_eq!(web.refs()[0].address.to_string(), "cluster.main");
/// assert!(diff(FIELDS, &json!({"desiredCount": 2}), &document(&web)).is_empty());
/// ```
pub trait Resource: Granted + DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static {
    /// The word of the kind in addresses and messages, as in `logGroup`.
    const KIND: &'static str;
    /// The section of `lab.yaml` that holds the kind's resources, as in `logGroups`.
    const SECTION: &'static str;
    /// AWS's rule for physical names. A resource that gives no name is called `<lab>-<name>`, unless
    /// [`Habits::within`] says otherwise.
    const NAME: NameRule;
    /// The fields that are compared, in the order in which a plan shows their differences.
    const FIELDS: &'static [Field];
    /// The parts of AWS's own description of an object that may stand in the spec beside the kind's fields.
    const PASTED: Pasted = Pasted::PLAIN;
    /// AWS's rules for the calls whose input the spec's fields are: an editor is told what they ask of single values.
    const RULES: CallRules = &[];
    /// AWS's description of an object. Dependants read ids and ARNs here.
    type Live: Clone + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Reads a section of the spec.
    ///
    /// # Errors
    /// If the value doesn't have the kind's shape.
    fn parse(value: &Value) -> Result<Self, PathError> {
        serde_path_to_error::deserialize(value).map_err(PathError::of)
    }

    /// Returns the references to other resources, each with its place in the spec.
    fn refs(&self) -> Vec<SpecRef>;

    /// Returns what is wrong with the spec that its types can't say. `checks` gives the resources that it refers to.
    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
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

    /// Returns what the resource is made from beside lab.yaml, if anything.
    fn sourced(&self) -> Option<&dyn Sourced> {
        None
    }

    /// Returns what the spec needs of this machine, below the lab's `folder`, and isn't there.
    fn lacks(&self, _folder: &Path) -> Option<Problem> {
        None
    }

    /// Returns why what the spec asks for can't be had of the other resources as they are, if it can't.
    fn obstacle(&self, _others: &Others) -> Option<String> {
        None
    }

    /// Returns what the spec asks for of a live object, as a document in AWS's words: references are ids and ARNs, and
    /// `(known after apply)` if those aren't known yet.
    fn wanted(&self, _live: &Self::Live, _others: &Others) -> Value {
        document(self)
    }

    /// Returns what AWS says of a live object, as a document in the same words.
    fn document(live: &Self::Live) -> Value {
        document(live)
    }

    /// Returns what differs between what is wanted and what is live. A field left out of the spec isn't compared.
    fn diff(&self, want: &Value, live: &Self::Live, _others: &Others) -> Diff {
        diff(Self::FIELDS, &Self::document(live), want)
    }

    /// Returns what of a live object differs from the spec and is left to others, for people.
    fn aside(&self, _live: &Self::Live, _others: &Others) -> Option<String> {
        None
    }

    /// Returns what is wanted of a live object, and what differs. The live values of the fields that are `ignored` are
    /// wanted as they are.
    fn edit(&self, live: &Self::Live, others: &Others, ignored: &[FieldPath]) -> Edit {
        let wanted = self.wanted(live, others);
        let want = match ignored {
            [] => wanted,
            ignored => take_over(Self::FIELDS, &Self::document(live), wanted, ignored),
        };
        Edit { diff: self.diff(&want, live, others), want }
    }

    /// Returns whether a live object does its work yet. `begun` is the object as it was when the wait for it began: an
    /// object that went back to what it was before (a service to its last deployment) has failed although it works.
    fn readiness(_live: &Self::Live, _begun: Option<&Self::Live>) -> Readiness {
        Readiness::Ready(None)
    }

    /// Returns what `${section.name.output}` may name: values that follow from the name and place, and values that only a
    /// live object has.
    fn outputs(place: &Place, name: &str, live: Option<&Self::Live>) -> Vec<Output>;

    /// Returns the ids and ARNs by which others refer to a live object, the one that AWS makes up first.
    fn ids(live: &Self::Live) -> Vec<String>;

    /// Returns what somebody else did beside a live object that explains how it differs, for people.
    fn drift(_live: &Self::Live) -> Option<String> {
        None
    }

    /// Returns what tells a live object from another that has its name later: an id, or when it was made.
    fn incarnation(live: &Self::Live) -> String {
        Self::ids(live).into_iter().next().unwrap_or_default()
    }

    /// Returns the ids and ARNs of what a live object uses; the object has to be gone before they can go.
    fn links(_live: &Self::Live) -> Vec<String> {
        Vec::new()
    }

    /// Reads the wanted objects, in as few calls as AWS allows. An object that isn't there is left out, and tags that no
    /// answer holds are left to [`Found::untagged`].
    ///
    /// # Errors
    /// If one can't be read.
    fn read(
        cloud: &Cloud,
        wanted: &[Wanted<'_, Self>],
        names: &Names,
    ) -> impl Future<Output = Result<Vec<Found<Self::Live>>>> + Send;

    /// Finds out why a live object doesn't do its work yet or won't; nothing if nothing speaks of a failure.
    ///
    /// # Errors
    /// AWS's refusal to tell.
    fn explain(_cloud: &Cloud, _live: &Self::Live) -> impl Future<Output = Result<Option<Explanation>>> + Send {
        std::future::ready(Ok(None))
    }
}

/// A kind that labform makes and deletes. No other implements this trait, so that no code can delete its objects.
///
/// The verbs are AWS's calls and little else: tags go into the call that creates an object, deleting one that is gone
/// already is a success, and a call that AWS refuses for a while is repeated.
pub trait Managed: Resource {
    /// The AWS service whose objects they are, and which reads and writes their tags.
    const SERVICE: Service;
    /// The coming and going of the kind's objects.
    const HABITS: Habits = Habits::USUAL;

    /// Returns what a destroy does with what the object holds, as the spec says. An apply never deletes that.
    fn on_destroy(&self) -> Content {
        Content::Keep
    }

    /// Makes sure before anything is changed that the object can be made, or that its difference to `live` can be closed.
    ///
    /// # Errors
    /// The reason why it can't.
    fn preflight(
        &self,
        _cloud: &Cloud,
        _live: Option<&Self::Live>,
        _others: &Others,
    ) -> impl Future<Output = Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Lists every object of this kind that carries the lab's owner tag, without a spec and without the tag index.
    ///
    /// # Errors
    /// If one can't be read.
    fn list(cloud: &Cloud, lab: &str) -> impl Future<Output = Result<Vec<Found<Self::Live>>>> + Send;

    /// Makes an object, with its tags in the call that creates it. Returns what is known of it by then.
    ///
    /// # Errors
    /// AWS's refusal. The next plan finds what is done by then by its tags.
    fn create(
        &self,
        cloud: &Cloud,
        target: &Target,
        others: &Others,
    ) -> impl Future<Output = Result<Self::Live>> + Send;

    /// Brings a live object to what `edit` wants. The call bears being made twice.
    ///
    /// # Errors
    /// AWS's refusal.
    fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &Self::Live,
        others: &Others,
        edit: &Edit,
    ) -> impl Future<Output = Result<Self::Live>> + Send;

    /// Deletes a live object, and what it holds if `content` says so, without a spec. One that is gone is a success.
    ///
    /// Callers repeat a delete if AWS's refusal passes, and make sure each time that it is still the same object.
    ///
    /// # Errors
    /// AWS's refusal, with what holds the object, or that it isn't gone in time.
    fn delete(
        cloud: &Cloud,
        live: &Self::Live,
        content: Content,
        waiting: &Waiting,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Returns why a live object can't become a lab's that didn't make it, if it can't.
    fn unadoptable(_place: &Place, _live: &Self::Live) -> Option<String> {
        None
    }

    /// Finds what stands in or beside a live object with this `spec`, if it has one, and isn't `lab`'s.
    ///
    /// # Errors
    /// If it can't be read.
    fn beside(
        _cloud: &Cloud,
        _lab: &str,
        _spec: Option<&Self>,
        _live: &Self::Live,
        _when: When,
    ) -> impl Future<Output = Result<Vec<Beside>>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// Returns the ARN that tags are written to.
    fn arn(place: &Place, name: &str, live: &Self::Live) -> String;
}
