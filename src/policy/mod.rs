//! The least-privilege IAM policies of a lab: the permissions that each command needs, and nothing more.
//!
//! Knows: which command needs what, and how permissions become a policy document. Must not know: what a kind needs,
//! which each kind says itself; AWS. Nothing here does I/O.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use crate::check;
use crate::cloud::{Account, partition};
use crate::jobs;
use crate::live;
use crate::resource::{Conditions, Grant, Need};
use crate::spec::Lab;

/// The most characters of a managed policy, without whitespace ("IAM and AWS STS quotas", IAM user guide).
pub const LIMIT: usize = 6144;

/// The characters of a document around its statements, and some more.
const HEAD: usize = 60;

/// Actions, as in `ecs:CreateCluster`.
type Actions = BTreeSet<String>;

/// The number that stands for the account if none is given. AWS gives no account this number.
const NO_ACCOUNT: &str = "000000000000";

/// A command that needs permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    /// `plan`, and all others that only read: `status`, `logs` and `output`.
    Plan,
    /// `apply`.
    Apply,
    /// `destroy`.
    Destroy,
    /// `run`.
    Run,
    /// `check`: what a grader needs, who reads nothing else.
    Check,
}

impl Command {
    /// The commands that need permissions.
    pub const ALL: [Self; 5] = [Self::Plan, Self::Apply, Self::Destroy, Self::Run, Self::Check];

    /// The command's word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Run => "run",
            Self::Check => "check",
        }
    }

    fn has(self, need: Need) -> bool {
        match need {
            Need::Read => true,
            Need::Compare => self != Self::Destroy,
            Need::Look => self == Self::Plan,
            Need::Change | Need::Explain => self == Self::Apply,
            Need::Delete => self == Self::Apply || self == Self::Destroy,
            Need::Destroy => self == Self::Destroy,
            Need::Run => self == Self::Run,
        }
    }
}

/// An IAM policy document that allows something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    statement: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'static str>,
    effect: &'static str,
    #[serde(serialize_with = "one_or_list")]
    action: Actions,
    #[serde(serialize_with = "one_or_list")]
    resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    condition: Conditions,
}

impl Policy {
    /// The policy that `command` needs for `lab`, which is at the place of [`account`].
    pub fn of(lab: &Lab, command: Command) -> Self {
        let (names, place) = (&lab.names(), &lab.place);
        // Only what a job uses needs permissions for running.
        let used: BTreeSet<_> = lab.jobs.keys().flat_map(|job| lab.job_refs(job)).collect();
        let of_nodes = lab.nodes.values().flat_map(|node| {
            let mut grants = node.kind.grants(&node.spec, &node.name, names, place);
            grants.retain(|grant| match grant.need {
                Need::Run => used.contains(&node.address),
                Need::Explain => lab.nodes.values().any(|user| user.refs.contains(&node.address)),
                Need::Read | Need::Compare | Need::Look | Need::Change | Need::Delete | Need::Destroy => true,
            });
            grants
        });
        let of_jobs = lab.jobs.values();
        let of_jobs = of_jobs.flat_map(|job| {
            let mut grants = jobs::grants(job, names, place);
            grants.push(jobs::stop_grants(job, names, place));
            grants
        });
        let all: Vec<Grant> = match command {
            Command::Check => check::grants(lab),
            _ => of_nodes.chain(of_jobs).chain(live::grants(lab)).collect(),
        };
        let needed = all.into_iter().filter(|grant| command.has(grant.need));
        Self { version: "2012-10-17", statement: statements(needed.map(in_any_account)) }
    }

    /// The same permissions in parts that AWS takes each as a managed policy, in the order of the statements.
    pub fn parts(&self) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for statement in self.statement.iter().flat_map(Statement::pieces) {
            let fits = parts.last_mut().is_some_and(|part| {
                part.statement.push(statement.clone());
                let fits = part.size() <= LIMIT;
                if !fits {
                    part.statement.pop();
                }
                fits
            });
            if !fits {
                parts.push(Self { version: self.version, statement: vec![statement] });
            }
        }
        parts
    }

    /// The same permissions without the last of those that may be left out, if AWS takes them as one managed policy only
    /// then.
    pub fn fitting(&self) -> Self {
        let needed = self.statement.iter().filter(|one| one.sid.is_none()).count();
        let cut = |count: usize| Self { version: self.version, statement: self.statement[..count].to_vec() };
        let counts = (needed..=self.statement.len()).rev();
        counts.map(cut).find(|one| one.size() <= LIMIT).unwrap_or_else(|| self.clone())
    }

    /// The number of characters that IAM counts.
    pub fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.chars().count())
    }
}

/// The account `id` as the place of `region` knows it; a stand-in for any if `id` is none. No call is made.
pub fn account(id: Option<&str>, region: &str) -> Account {
    let id = id.unwrap_or(NO_ACCOUNT);
    let partition = partition(region);
    Account { id: id.to_owned(), arn: format!("arn:{partition}:iam::{id}:root") }
}

/// Few statements that allow these grants: a document has a limit.
///
/// Under the same conditions all actions and all resources share a statement, because AWS ignores an ARN of a type
/// that an action isn't about, and what the conditions let through is the lab's own. Without conditions, and on `*`,
/// only actions on the same resources do.
///
/// What may be left out has a statement of its own, whose name says so, and which is of the same resources for all.
fn statements(grants: impl Iterator<Item = Grant>) -> Vec<Statement> {
    let (optional, grants): (Vec<Grant>, Vec<Grant>) = grants.partition(|grant| grant.optional.is_some());
    let mut shared: BTreeMap<Conditions, (Actions, BTreeSet<String>)> = BTreeMap::new();
    let mut single: BTreeMap<(Conditions, String), Actions> = BTreeMap::new();
    for grant in grants {
        for resource in grant.resources {
            if grant.conditions.is_empty() || resource == "*" {
                let key = (grant.conditions.clone(), resource);
                single.entry(key).or_default().extend(grant.actions.iter().map(ToString::to_string));
            } else {
                let (actions, resources) = shared.entry(grant.conditions.clone()).or_default();
                actions.extend(grant.actions.iter().map(ToString::to_string));
                resources.insert(resource);
            }
        }
    }
    let mut alike: BTreeMap<(Actions, Conditions), BTreeSet<String>> = BTreeMap::new();
    for ((conditions, resource), actions) in single {
        let resources = alike.entry((actions, conditions)).or_default();
        resources.insert(resource);
    }
    for (conditions, (actions, resources)) in shared {
        alike.insert((actions, conditions), resources);
    }
    let mut statements: Vec<Statement> = Vec::new();
    for ((action, condition), resource) in alike {
        let next = Statement { sid: None, effect: "Allow", action, resource, condition };
        if !statements.last_mut().is_some_and(|last| last.takes_in(&next)) {
            statements.push(next);
        }
    }
    for Grant { optional: sid, actions, resources, conditions: condition, .. } in optional {
        let resource: BTreeSet<String> = resources.into_iter().collect();
        let is_same = |one: &&Statement| one.resource == resource && one.condition == condition;
        let mut action: Actions = actions.iter().map(ToString::to_string).collect();
        for allowed in statements.iter().filter(is_same).filter(|one| one.sid.is_none()) {
            action.retain(|one| !allowed.action.contains(one));
        }
        match statements.iter_mut().find(|one| one.sid == sid) {
            Some(statement) => statement.action.append(&mut action),
            None if action.is_empty() => {}
            None => statements.push(Statement { sid, effect: "Allow", action, resource, condition }),
        }
    }
    statements
}

impl Statement {
    /// The same permissions in statements that fit a document each, as far as there is anything to be parted.
    fn pieces(&self) -> Vec<Self> {
        let size = serde_json::to_string(self).map_or(0, |text| text.chars().count());
        let half = |all: &BTreeSet<String>| all.iter().nth(all.len() / 2).cloned();
        let larger = if self.action.len() > self.resource.len() { &self.action } else { &self.resource };
        let middle = half(larger).filter(|_| larger.len() > 1 && size > LIMIT - HEAD);
        let Some(middle) = middle else {
            return vec![self.clone()];
        };
        let (mut one, mut other) = (self.clone(), self.clone());
        if self.action.len() > self.resource.len() {
            other.action = one.action.split_off(&middle);
        } else {
            other.resource = one.resource.split_off(&middle);
        }
        [one, other].iter().flat_map(Self::pieces).collect()
    }

    /// Takes in `other` if they differ only in the values of their one condition, any of which is enough for AWS.
    fn takes_in(&mut self, other: &Self) -> bool {
        if (&self.action, &self.resource) != (&other.action, &other.resource) {
            return false;
        }
        let mut others = other.condition.clone();
        match only_condition(&mut self.condition).zip(only_condition(&mut others)) {
            Some(((operator, key, values), (other_operator, other_key, more)))
                if (operator, &key) == (other_operator, &other_key) =>
            {
                values.append(more);
                true
            }
            _ => false,
        }
    }
}

/// The operator, the key and the values of the condition if there is exactly one.
fn only_condition(conditions: &mut Conditions) -> Option<(&'static str, String, &mut BTreeSet<String>)> {
    let mut all = conditions
        .iter_mut()
        .flat_map(|(operator, keys)| keys.iter_mut().map(|(key, values)| (*operator, key.clone(), values)));
    all.next().filter(|_| all.next().is_none())
}

/// A list of one as that one, which IAM takes too, and which is shorter.
fn one_or_list<T: Serialize + Ord, S: Serializer>(all: &BTreeSet<T>, to: S) -> Result<S::Ok, S::Error> {
    match all.first() {
        Some(one) if all.len() == 1 => one.serialize(to),
        _ => all.serialize(to),
    }
}

/// `grant` in any account if its own is the stand-in.
fn in_any_account(grant: Grant) -> Grant {
    let any = |text: String| text.replace(NO_ACCOUNT, "*");
    let mut conditions = grant.conditions;
    for values in conditions.values_mut().flat_map(BTreeMap::values_mut) {
        *values = std::mem::take(values).into_iter().map(any).collect();
    }
    Grant { resources: grant.resources.into_iter().map(any).collect(), conditions, ..grant }
}
