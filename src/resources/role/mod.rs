//! IAM roles, with their inline policies and the managed policies that are attached to them.

mod calls;
mod grants;
mod managed;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{OptionFuture, try_join_all};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cloud::{Cloud, CloudError, LAB_TAG, Result, role_path};
use crate::model::{Diff, Effect, PolicyDocument, Shape};
use crate::resource::{Checks, Found, NameRule, Names, Others, Output, Place, Problem, Resource, SpecRef, Wanted};
use calls::{attached, inline, role};
pub(super) use grants::lab_roles;

/// A role: the fields of CreateRole, and its policies in CloudFormation's words.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// Its name.
    pub role_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session_duration: Option<i32>,
    /// Who may take it on.
    pub assume_role_policy_document: PolicyDocument,
    /// The ARNs of all managed policies that are attached to it.
    pub managed_policy_arns: Option<BTreeSet<String>>,
    /// All its inline policies.
    pub policies: Option<Vec<InlinePolicy>>,
}

/// A policy that is part of a role.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InlinePolicy {
    /// Its name.
    pub policy_name: String,
    /// What it allows.
    pub policy_document: PolicyDocument,
}

/// What AWS says of a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its id, which no later role of its name has.
    #[serde(default)]
    pub role_id: String,
    /// What it is for.
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session_duration: Option<i32>,
    /// Who may take it on.
    pub assume_role_policy_document: PolicyDocument,
    /// The ARNs of all managed policies that are attached to it; none where they weren't listed.
    pub managed_policy_arns: Option<BTreeSet<String>>,
    /// All its inline policies by name; none where they weren't listed. Documents are read only of those that the
    /// spec names.
    pub policies: Option<BTreeMap<String, Option<PolicyDocument>>>,
}

impl Resource for Role {
    const KIND: &'static str = "role";
    const SECTION: &'static str = "roles";
    const NAME: NameRule = NameRule {
        field: "roleName",
        min: 1,
        max: 64,
        words: "letters, digits and _+=,.@-",
        is_valid: is_iam_name,
        ignores_case: true,
    };
    type Live = RoleLive;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let allowed = 3600..=43200;
        if let Some(seconds) = self.max_session_duration.filter(|n| !allowed.contains(n)) {
            problems
                .push(Problem::at("maxSessionDuration", format!("{seconds} is not between 3600 and 43200 seconds")));
        }
        if !self.assume_role_policy_document.0.is_object() {
            problems.push(Problem::at("assumeRolePolicyDocument", "it is not a policy document"));
        }
        let arns = self.managed_policy_arns.iter().flatten();
        problems.extend(arns.filter(|arn| !arn.starts_with("arn:")).map(|arn| {
            Problem::at("managedPolicyArns", format!("`{arn}` is not an ARN"))
                .hint("AWS's own policies have ARNs as in arn:aws:iam::aws:policy/ReadOnlyAccess")
        }));
        let mut names = BTreeSet::new();
        for (n, policy) in self.policies.iter().flatten().enumerate() {
            let name = &policy.policy_name;
            if !names.insert(name) {
                let words = format!("there are two policies `{name}`");
                problems.push(Problem::at(format!("policies[{n}].policyName"), words));
            }
            if name.is_empty() || name.len() > 128 || !is_iam_name(name) {
                problems.push(Problem::at(
                    format!("policies[{n}].policyName"),
                    format!("`{name}` is not a valid name: AWS allows 1 to 128 letters, digits and _+=,.@-"),
                ));
            }
            if !policy.policy_document.0.is_object() {
                problems.push(Problem::at(format!("policies[{n}].policyDocument"), "it is not a policy document"));
            }
        }
        problems
    }

    fn diff(&self, live: &RoleLive, _others: &Others) -> Diff {
        let mut diff = Diff::default();
        diff.update("description", live.description.as_deref().unwrap_or_default(), self.description.as_deref());
        diff.update("maxSessionDuration", live.max_session_duration, self.max_session_duration.map(Some));
        compare(
            &mut diff,
            "assumeRolePolicyDocument",
            Some(&live.assume_role_policy_document),
            &self.assume_role_policy_document,
        );
        diff.update(
            "managedPolicyArns",
            live.managed_policy_arns.clone().unwrap_or_default(),
            self.managed_policy_arns.clone(),
        );
        let Some(policies) = &self.policies else {
            return diff;
        };
        let have = live.policies.clone().unwrap_or_default();
        for policy in policies {
            let document = have.get(&policy.policy_name).and_then(Option::as_ref);
            let path = format!("policies.{}", policy.policy_name);
            compare(&mut diff, &path, document, &policy.policy_document);
        }
        for name in self.strays(live).keys() {
            diff.push(
                format!("policies.{name}"),
                Value::String("an inline policy that the spec doesn't name".to_owned()),
                Value::Null,
                Effect::Update,
                Shape::Value,
            );
        }
        diff
    }

    fn outputs(place: &Place, name: &str, live: Option<&RoleLive>) -> Vec<Output> {
        let arn = format!(
            "arn:{}:iam::{}:role{}{name}",
            place.partition,
            place.account,
            role_path(&place.lab, &place.region)
        );
        vec![
            Output::fixed("name", name),
            // An adopted role keeps the path that it was made under.
            Output::fixed("arn", live.map_or(arn, |live| live.arn.clone())),
        ]
    }

    fn incarnation(live: &RoleLive) -> String {
        live.role_id.clone()
    }

    fn ids(live: &RoleLive) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<RoleLive>>> {
        let roles = try_join_all(wanted.iter().map(|one| async move {
            let attached: OptionFuture<_> =
                one.spec.managed_policy_arns.as_ref().map(|_| attached(cloud, one.name)).into();
            let policies: OptionFuture<_> =
                one.spec.policies.as_ref().map(|policies| inline(cloud, one.name, policies)).into();
            let (role, attached, policies) = futures::join!(role(cloud, one.name), attached, policies);
            let Some((live, mut tags)) = role? else {
                return Ok(None);
            };
            if let Some(lab) = tags.get_mut(LAB_TAG)
                && !live.arn.contains(&role_path(lab, &cloud.region))
            {
                // IAM has no regions: a namesake of this lab in another region has roles of the same names.
                lab.push_str(" in another region");
            }
            let live = RoleLive { managed_policy_arns: attached.transpose()?, policies: policies.transpose()?, ..live };
            Ok::<_, CloudError>(Some(Found::present(one.address, one.name, live, tags)))
        }));
        Ok(roles.await?.into_iter().flatten().collect())
    }
}

impl Role {
    /// The live inline policies that the spec doesn't name, where it gives any.
    fn strays(&self, live: &RoleLive) -> BTreeMap<String, Option<PolicyDocument>> {
        let Some(policies) = &self.policies else {
            return BTreeMap::new();
        };
        let is_wanted = |name: &String| policies.iter().any(|policy| policy.policy_name == *name);
        let mut strays = live.policies.clone().unwrap_or_default();
        strays.retain(|name, _| !is_wanted(name));
        strays
    }
}

/// `[\w+=,.@-]+` (CreateRole, API reference).
fn is_iam_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c))
}

fn compare(diff: &mut Diff, path: &str, have: Option<&PolicyDocument>, want: &PolicyDocument) {
    if have != Some(want) {
        let have = have.map(PolicyDocument::normal).unwrap_or_default();
        diff.document(path, &have, &want.normal());
    }
}
