//! Permissions that IAM has to give for a kind, as data.
//!
//! Knows: actions, ARNs and conditions as the Service Authorization Reference lists them. Must not know: how they
//! become documents.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Names, Place};
use crate::cloud::LAB_TAG;

/// Conditions as a statement holds them: operator, key, values.
pub type Conditions = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// The need for which an action is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The need to see what is there, and whose it is: every command has it.
    Read,
    /// The need to see in what it differs from the spec: every command has it but destroy.
    Compare,
    /// The need to make or to change an object: apply has it.
    Change,
    /// The need to delete an object: destroy has it, and apply for what it replaces and what has left the file.
    Delete,
    /// The need to delete what apply never deletes: the content of an object.
    Destroy,
    /// The need to look closer than a plan does: `status` and `logs` have it.
    Look,
    /// The need to run a job.
    Run,
    /// The need to say why what uses the kind doesn't become ready: apply has it.
    Explain,
}

/// Actions that are allowed on some resources under some conditions.
///
/// ```
/// use labform::resource::{Grant, Need};
///
/// let group = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web";
/// let grant = Grant::on(Need::Delete, &["logs:DeleteLogGroup"], [group]);
/// assert_eq!((grant.actions.len(), grant.resources), (1, vec![group.to_owned()]));
/// ```
#[derive(Clone, Debug)]
pub struct Grant {
    /// The need for the actions.
    pub need: Need,
    /// The actions, as in `ecs:CreateCluster`.
    pub actions: Vec<Cow<'static, str>>,
    /// ARNs, in which `*` and `?` stand for any characters and for any one.
    pub resources: Vec<String>,
    /// The conditions that a request has to meet besides.
    pub conditions: Conditions,
    /// The name of the statement that allows this and nothing else, if it may be left out; none for what is needed.
    pub optional: Option<&'static str>,
}

/// The permissions that IAM has to give for a kind: the actions of the calls that its code makes (AWS's Service
/// Authorization Reference; actions are not always named as operations are).
pub trait Granted {
    /// Returns the permissions for listing every object that carries the lab's owner tag, whatever the lab holds.
    fn listing(place: &Place) -> Vec<Grant>;

    /// Returns the permissions for all else that is done to the object `name`. `names` are those of the whole lab.
    fn grants(&self, name: &str, names: &Names, place: &Place) -> Vec<Grant>;
}

impl Grant {
    /// Allows these actions on the objects with these ARNs.
    pub fn on<T: Into<String>>(
        need: Need,
        actions: &'static [&'static str],
        resources: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            need,
            actions: actions.iter().map(|action| Cow::Borrowed(*action)).collect(),
            resources: resources.into_iter().map(Into::into).collect(),
            conditions: Conditions::new(),
            optional: None,
        }
    }

    /// Allows actions that AWS can't limit to single objects, or that list them all, in the lab's region.
    pub fn in_region(need: Need, actions: &'static [&'static str], place: &Place) -> Self {
        Self::on(need, actions, ["*"]).only("StringEquals", "aws:RequestedRegion", [place.region.as_str()])
    }

    /// Allows changes of whatever carries the lab's owner tag in its region, whatever its name: also of an object that
    /// has left the file, or had another name in it.
    pub fn on_owned(need: Need, actions: &'static [&'static str], place: &Place) -> Self {
        let key = format!("aws:ResourceTag/{LAB_TAG}");
        Self::in_region(need, actions, place).only("StringEquals", key, [place.lab.as_str()])
    }

    /// Allows giving an object its tags in the call that creates it, and in no other, so that nobody can make an object
    /// the lab's that isn't. `key` is the service's word for that call, as in `ecs:CreateAction`; the call has a grant
    /// of its own.
    pub fn while_creating(actions: &'static [&'static str], key: &'static str) -> Self {
        Self::on(Need::Change, actions, ["*"]).only("Null", key, ["false"])
    }

    /// Limits the grant to what the service of this host asks KMS for.
    pub fn through(self, host: &str, place: &Place) -> Self {
        self.only("StringEquals", "kms:ViaService", [format!("{host}.{}.amazonaws.com", place.region)])
    }

    /// Allows what may be left out, in a statement of this name: letters and digits (Sid, "IAM JSON policy elements").
    pub fn optional(mut self, name: &'static str) -> Self {
        self.optional = Some(name);
        self
    }

    /// Allows this action, too.
    pub fn allowing(mut self, action: String) -> Self {
        self.actions.push(Cow::Owned(action));
        self
    }

    /// Limits the grant to requests that give the object the lab's owner tag.
    pub fn tagging(self, place: &Place) -> Self {
        let key = format!("aws:RequestTag/{LAB_TAG}");
        self.only("StringEquals", key, [place.lab.as_str()])
    }

    /// Limits the grant to requests in which `key` has one of `values`.
    pub fn only<T: Into<String>>(
        mut self,
        operator: &'static str,
        key: impl Into<String>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.conditions.entry(operator).or_default().insert(key.into(), values);
        self
    }
}

/// The ARN of the role `name` that stands under `path`, as in `/` or `/labform/ecs-lab/eu-west-1/`.
pub fn role_arn(place: &Place, path: &str, name: &str) -> String {
    let Place { partition, account, .. } = place;
    format!("arn:{partition}:iam::{account}:role{path}{name}")
}

/// The ARN of the role `name` wherever it stands. A role that isn't there has no path, so that IAM is asked for its bare
/// name.
pub fn any_role_arn(place: &Place, name: &str) -> String {
    role_arn(place, "/", &format!("*{name}"))
}

/// The permission for the role by which `service` acts in the account: AWS makes it at the service's first use, with the
/// permissions of whoever uses it first ("Using service-linked roles", IAM user guide).
pub fn service_linked_role(service: &str) -> Grant {
    let create = Grant::on(Need::Change, &["iam:CreateServiceLinkedRole"], ["*"]);
    create.only("StringEquals", "iam:AWSServiceName", [service])
}
