//! IAM roles, with their inline policies and the managed policies that are attached to them.

mod calls;
mod check;
mod find;
mod grants;
mod read;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use futures::future::try_join_all;
use labform_account::rules::ROLE_NAME;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ecs::{list, text, texts};
use super::held::held_by;
use crate::cloud::{self, Cloud, LAB_TAG, Owner, Result, role_path, unless_gone};
use crate::model::{Address, PolicyDocument};
use crate::resource::{
    Beside, Checks, Content, Edit, Fate, Field, Found, Habits, Live, Managed, NameRule, Names, Others, Output, Pasted,
    Place, Problem, Resource, SpecRef, Strays, Target, Waiting, Wanted, When, document, role_arn, update,
};
pub(super) use calls::{exists, names_below};
pub(super) use grants::lab_roles;

/// A role: the fields of CreateRole, and its policies in CloudFormation's words.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Role {
    /// The role's name.
    pub role_name: Option<String>,
    /// The role's purpose.
    pub description: Option<String>,
    /// The longest session, in seconds.
    pub max_session_duration: Option<i32>,
    /// The trust policy: those who may take the role on.
    pub assume_role_policy_document: PolicyDocument,
    /// The ARNs of all managed policies that are attached to the role.
    pub managed_policy_arns: Option<BTreeSet<String>>,
    /// All inline policies of the role.
    pub policies: Option<Vec<InlinePolicy>>,
    /// The ARN of the managed policy beyond which the role's policies allow nothing; `""` for none.
    pub permissions_boundary: Option<String>,
}

/// A policy that is part of a role.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InlinePolicy {
    /// The policy's name.
    pub policy_name: String,
    /// The permissions that the policy gives.
    pub policy_document: PolicyDocument,
}

impl Resource for Role {
    const KIND: &'static str = "role";
    const SECTION: &'static str = "roles";
    const NAME: NameRule =
        NameRule { ignores_case: true, ..NameRule::of("roleName", ROLE_NAME, "letters, digits and _+=,.@-") };
    const FIELDS: &'static [Field] = &[
        update("description").default(r#""""#),
        update("maxSessionDuration"),
        update("assumeRolePolicyDocument").policy(),
        update("managedPolicyArns").unordered().default("[]"),
        update("policies").policy().keyed("policyName").whole("an inline policy that the spec doesn't name"),
        update("permissionsBoundary").default(r#""""#),
    ];
    const PASTED: Pasted = Pasted {
        around: &["role", "roles"],
        told: &["arn", "createDate", "roleId", "roleLastUsed"],
        beyond: &[("path", r#""/""#)],
        ..Pasted::PLAIN
    };
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        check::problems(self)
    }

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn outputs(place: &Place, name: &str, live: Option<&Live>) -> Vec<Output> {
        let arn = role_arn(place, &role_path(&place.lab, &place.region), name);
        vec![
            Output::fixed("name", name),
            // An adopted role keeps the path that it was made under.
            Output::fixed("arn", live.map_or(arn, |live| live.arn.clone())),
        ]
    }

    fn incarnation(live: &Live) -> String {
        live.text("roleId").to_owned()
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.name.clone(), live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        let roles = try_join_all(wanted.iter().map(|one| read::role(cloud, one)));
        Ok(roles.await?.into_iter().flatten().collect())
    }
}

impl Managed for Role {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::IAM);
    const HABITS: Habits = Habits { strays: Strays::ByPath, ..Habits::USUAL };

    /// The tag index doesn't know roles: they are found by the lab's path. One whose tags give it the address of another
    /// kind isn't the lab's, and is listed under an address of its own, so that a destroy can tell of it.
    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        let arns = cloud.roles_of(lab).await?;
        let names: Vec<&str> = arns.iter().filter_map(|arn| arn.rsplit('/').next()).collect();
        // IAM moves no role to another path.
        cloud.learn_names(Self::KIND, names.iter().copied());
        let roles = try_join_all(names.iter().map(|name| calls::role(cloud, name))).await?;
        let found = roles.into_iter().flatten().filter_map(|(live, tags)| {
            let address = match Owner::of(&tags, Self::KIND, lab) {
                Owner::Lab(address) => address,
                Owner::Other(_) if tags.get(LAB_TAG)? == lab => Address::new(Self::KIND, &live.name),
                Owner::Other(_) => return None,
            };
            Some(Found::present(&address, live.name.clone(), live, tags))
        });
        Ok(found.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let path = role_path(&others.place.lab, &others.place.region);
        let live = calls::create(cloud, self, target, &path).await?;
        let want = document(self);
        let attached = self.managed_policy_arns.iter().flatten();
        let attached = try_join_all(attached.map(|arn| calls::attach(cloud, &live.name, arn, &target.waiting)));
        let policies = list(&want, "policies");
        let policies = try_join_all(policies.map(|one| calls::put_policy(cloud, &live.name, one, &target.waiting)));
        futures::try_join!(attached, policies)?;
        Ok(with_policies(live, &want))
    }

    async fn update(&self, cloud: &Cloud, target: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        let (name, want) = (live.name.as_str(), &edit.want);
        let mut live = live.clone();
        if edit.touches("description") || edit.touches("maxSessionDuration") {
            calls::update(cloud, name, want).await?;
            for field in ["description", "maxSessionDuration"] {
                live = want.get(field).into_iter().fold(live, |live, value| live.with(field, value));
            }
        }
        if edit.touches("assumeRolePolicyDocument") {
            calls::set_trust(cloud, name, &want["assumeRolePolicyDocument"]).await?;
            live = live.with("assumeRolePolicyDocument", &want["assumeRolePolicyDocument"]);
        }
        // It comes before what it is to bound.
        if edit.touches("permissionsBoundary") {
            let arn = text(want, "permissionsBoundary");
            calls::set_boundary(cloud, name, &arn, &target.waiting).await?;
            live = live.with("permissionsBoundary", arn);
        }
        // What is new comes first, so that a running task loses nothing that it keeps.
        let policies =
            list(want, "policies").filter(|one| edit.touches(&format!("policies.{}", text(one, "policyName"))));
        try_join_all(policies.map(|one| calls::put_policy(cloud, name, one, &target.waiting))).await?;
        let have = texts(&live.document["managedPolicyArns"]);
        let arns = want.get("managedPolicyArns").map_or_else(|| have.clone(), texts);
        let new = arns.iter().filter(|arn| !have.contains(arn));
        try_join_all(new.map(|arn| calls::attach(cloud, name, arn, &target.waiting))).await?;
        let excess: Vec<String> = have.into_iter().filter(|arn| !arns.contains(arn)).collect();
        calls::strip(cloud, name, &excess, &strays(&live, want)).await?;
        Ok(with_policies(live, want))
    }

    /// Deletes a role after its policies. Known ones go first; if AWS knows of more, it says so and they are listed.
    async fn delete(cloud: &Cloud, live: &Live, _content: Content, _waiting: &Waiting) -> Result<()> {
        let name = live.name.as_str();
        let known = list(&live.document, "policies").map(|one| text(one, "policyName")).collect::<Vec<_>>();
        calls::strip(cloud, name, &texts(&live.document["managedPolicyArns"]), &known).await?;
        match unless_gone(cloud.iam.delete_role().role_name(name).send().await).map(drop) {
            Err(error) if error.says("DeleteConflict", "instance profile") => {
                // Labform makes none, and takes the role out of none.
                Err(held_by(error, calls::instance_profiles(cloud, name).await).for_good())
            }
            Err(error) if error.is("DeleteConflict") => {
                let (arns, policies) = (calls::attached(cloud, name), calls::inline_names(cloud, name));
                let (arns, policies) = futures::try_join!(arns, policies)?;
                calls::strip(cloud, name, &arns, &policies).await?;
                Err(error)
            }
            answer => answer,
        }
    }

    fn unadoptable(place: &Place, live: &Live) -> Option<String> {
        let path = role_path(&place.lab, &place.region);
        (!live.arn.contains(&path)).then(|| {
            format!(
                "a lab's roles lie under the path {path}, and IAM moves none; refer to it by its ARN instead, or delete it"
            )
        })
    }

    /// Which policies are the lab's, only the spec says: without it none is told of.
    async fn beside(cloud: &Cloud, _: &str, spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        let Some(Self { managed_policy_arns, policies, .. }) = spec.filter(|_| when == When::Planned) else {
            return Ok(Vec::new());
        };
        // A role that is read to be deleted brings them along.
        let attached = match &live.document["managedPolicyArns"] {
            read @ Value::Array(_) => texts(read),
            _ => calls::attached(cloud, &live.name).await?,
        };
        let inline = match &live.document["policies"] {
            Value::Array(_) => list(&live.document, "policies").map(|one| text(one, "policyName")).collect(),
            _ => calls::inline_names(cloud, &live.name).await?,
        };
        let is_own = |arn: &String| managed_policy_arns.iter().flatten().any(|own| own == arn);
        let is_named = |name: &String| policies.iter().flatten().any(|own| own.policy_name == *name);
        let attached = attached.into_iter().filter(|arn| !is_own(arn)).map(|arn| format!("attachment of policy {arn}"));
        let inline = inline.into_iter().filter(|name| !is_named(name)).map(|name| format!("inline policy {name}"));
        Ok(attached.chain(inline).map(|what| Beside::new(what, Fate::Goes)).collect())
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

/// The names of the live inline policies that `want` doesn't name, if it names any.
fn strays(live: &Live, want: &Value) -> Vec<String> {
    let names = |document| list(document, "policies").map(|one| text(one, "policyName"));
    let wanted: Vec<String> = names(want).collect();
    let strays = names(&live.document).filter(|name| want.get("policies").is_some() && !wanted.contains(name));
    strays.collect()
}

/// `live` with the policies that `want` gives, all of them in place.
fn with_policies(live: Live, want: &Value) -> Live {
    let fields = ["managedPolicyArns", "policies"].into_iter();
    fields
        .filter_map(|field| Some((field, want.get(field)?)))
        .fold(live, |live, (field, value)| live.with(field, value))
}
