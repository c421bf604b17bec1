//! The calls to IAM for roles and their policies.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, Role as RoleAnswer, RoleDetail, Tag};
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::Role;
use crate::cloud::{Cause, Cloud, CloudError, Result, iam_tags, unless_gone};
use crate::model::{PolicyDocument, Tags, canonical};
use crate::resource::{Live, Target, Waiting, retry};
use crate::resources::answered;

/// The call that tells of all roles at once.
const ALL: &str = "GetAccountAuthorizationDetails";

/// Reads a role off an answer, without its policies.
fn live(role: &RoleAnswer, trust: &Value) -> Live {
    let live = plain(role.arn(), role.role_name(), role.role_id(), trust);
    let live = live.with("description", role.description()).with("maxSessionDuration", role.max_session_duration());
    live.with(
        "permissionsBoundary",
        role.permissions_boundary().and_then(AttachedPermissionsBoundary::permissions_boundary_arn),
    )
}

/// What all answers say of a role.
fn plain(arn: &str, name: &str, id: &str, trust: &Value) -> Live {
    let document = json!({ "roleId": id, "assumeRolePolicyDocument": trust });
    Live { name: name.to_owned(), arn: arn.to_owned(), document }
}

/// Reads a role off the answer that tells of all at once, which leaves description and longest session out.
pub(super) fn told(role: &RoleDetail) -> Result<(Live, Tags)> {
    let trust = policy(ALL, role.assume_role_policy_document().unwrap_or_default())?;
    let [arn, name, id] = [role.arn(), role.role_name(), role.role_id()].map(Option::unwrap_or_default);
    let boundary = role.permissions_boundary().and_then(AttachedPermissionsBoundary::permissions_boundary_arn);
    Ok((plain(arn, name, id, &trust).with("permissionsBoundary", boundary), tags(role.tags())))
}

/// The ARNs of the attached policies in that answer.
pub(super) fn attached_in(role: &RoleDetail) -> Vec<String> {
    arns(role.attached_managed_policies())
}

/// The inline policies in that answer as the spec lists them, with the documents of those that are `wanted`.
pub(super) fn inline_in(role: &RoleDetail, wanted: &[&str]) -> Result<Value> {
    let mut all = BTreeMap::new();
    for one in role.role_policy_list() {
        let name = one.policy_name().unwrap_or_default();
        let document = || policy(ALL, one.policy_document().unwrap_or_default());
        all.insert(name.to_owned(), if wanted.contains(&name) { document()? } else { Value::Null });
    }
    Ok(entries(all))
}

fn tags(tags: &[Tag]) -> Tags {
    tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn arns(policies: &[AttachedPolicy]) -> Vec<String> {
    let mut arns: Vec<String> = policies.iter().filter_map(|one| one.policy_arn().map(str::to_owned)).collect();
    arns.sort();
    arns
}

fn entries(policies: BTreeMap<String, Value>) -> Value {
    let entry = |(name, document)| json!({ "policyName": name, "policyDocument": document });
    policies.into_iter().map(entry).collect()
}

pub(super) async fn role(cloud: &Cloud, name: &str) -> Result<Option<(Live, Tags)>> {
    let answer = cloud.iam.get_role().role_name(name).send().await;
    let answer = match answer.map_err(CloudError::from) {
        Err(error) if error.is_not_found() => return Ok(None),
        answer => answer?,
    };
    let Some(role) = answer.role() else {
        return Ok(None);
    };
    let trust = policy("GetRole", role.assume_role_policy_document().unwrap_or_default())?;
    Ok(Some((live(role, &trust), tags(role.tags()))))
}

/// Returns whether the account has a role of this name.
pub(in crate::resources) async fn exists(cloud: &Cloud, name: &str) -> Result<bool> {
    match cloud.iam.get_role().role_name(name).send().await.map_err(CloudError::from) {
        Err(error) if error.is_not_found() => Ok(false),
        answer => answer.map(|_| true),
    }
}

fn policy(operation: &str, text: &str) -> Result<Value> {
    let policy = PolicyDocument::from_wire(text).map_err(|error| {
        let words = format!("IAM answered a policy that isn't JSON: {error}");
        CloudError::own_at(operation, Cause::MalformedPolicy, words)
    });
    Ok(policy?.0)
}

/// The ARNs of the attached policies; empty if there is no such role.
pub(super) async fn attached(cloud: &Cloud, name: &str) -> Result<Vec<String>> {
    let policies = cloud.iam.list_attached_role_policies().role_name(name).into_paginator().items().send();
    Ok(arns(&unless_missing(policies.collect::<Result<Vec<_>, _>>().await)?))
}

/// The names of all inline policies; empty if there is no such role.
pub(super) async fn inline_names(cloud: &Cloud, name: &str) -> Result<Vec<String>> {
    let names = cloud.iam.list_role_policies().role_name(name).into_paginator().items().send();
    unless_missing(names.collect::<Result<Vec<_>, _>>().await)
}

fn unless_missing<T: Default, E: Into<CloudError>>(answer: Result<T, E>) -> Result<T> {
    match answer.map_err(Into::into) {
        Err(error) if error.is_not_found() => Ok(T::default()),
        answer => answer,
    }
}

/// All inline policies as the spec lists them, with the documents of those that it names; those documents are read at the
/// same time as the list.
pub(super) async fn inline(cloud: &Cloud, name: &str, wanted: &[&str]) -> Result<Value> {
    let documents = try_join_all(wanted.iter().map(|wanted| async move {
        let answer = cloud.iam.get_role_policy().role_name(name).policy_name(*wanted).send().await;
        match answer.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => Ok(None),
            answer => Ok(Some(((*wanted).to_owned(), policy("GetRolePolicy", answer?.policy_document())?))),
        }
    }));
    let (names, documents) = futures::try_join!(inline_names(cloud, name), documents)?;
    let mut all: BTreeMap<String, Value> = names.into_iter().map(|name| (name, Value::Null)).collect();
    all.extend(documents.into_iter().flatten());
    Ok(entries(all))
}

/// The names of all roles whose path begins with `path`.
pub(in crate::resources) async fn names_below(cloud: &Cloud, path: &str) -> Result<Vec<String>> {
    let roles = cloud.iam.list_roles().path_prefix(path).into_paginator().items().send();
    let roles: Vec<RoleAnswer> = roles.collect::<Result<_, _>>().await?;
    Ok(roles.iter().map(|role| role.role_name().to_owned()).collect())
}

/// Makes a role that may do nothing yet.
pub(super) async fn create(cloud: &Cloud, spec: &Role, target: &Target, path: &str) -> Result<Live> {
    let answer = cloud
        .iam
        .create_role()
        .role_name(&target.name)
        .path(path)
        .set_description(spec.description.clone())
        .set_max_session_duration(spec.max_session_duration)
        .set_permissions_boundary(spec.permissions_boundary.clone().filter(|arn| !arn.is_empty()))
        .assume_role_policy_document(spec.assume_role_policy_document.to_wire())
        .set_tags(Some(iam_tags(&target.tags)))
        .send()
        .await?;
    let live = live(answered("CreateRole", answer.role())?, &spec.assume_role_policy_document.0);
    let live = live.with("description", &spec.description).with("maxSessionDuration", spec.max_session_duration);
    Ok(live.with("permissionsBoundary", &spec.permissions_boundary))
}

/// Makes the description and the longest session what is wanted.
pub(super) async fn update(cloud: &Cloud, name: &str, want: &Value) -> Result<()> {
    let seconds = want["maxSessionDuration"].as_i64().and_then(|seconds| i32::try_from(seconds).ok());
    let description = want["description"].as_str().map(str::to_owned);
    let update = cloud.iam.update_role().role_name(name);
    update.set_description(description).set_max_session_duration(seconds).send().await?;
    Ok(())
}

pub(super) async fn set_trust(cloud: &Cloud, name: &str, policy: &Value) -> Result<()> {
    let update = cloud.iam.update_assume_role_policy().role_name(name);
    update.policy_document(canonical(policy)).send().await?;
    Ok(())
}

/// Bounds the role's permissions by the policy of this ARN; by none if it is empty.
pub(super) async fn set_boundary(cloud: &Cloud, role: &str, arn: &str, waiting: &Waiting) -> Result<()> {
    if arn.is_empty() {
        return unless_gone(cloud.iam.delete_role_permissions_boundary().role_name(role).send().await).map(drop);
    }
    retry(cloud, waiting, || async {
        cloud.iam.put_role_permissions_boundary().role_name(role).permissions_boundary(arn).send().await?;
        Ok(())
    })
    .await
}

pub(super) async fn put_policy(cloud: &Cloud, role: &str, policy: &Value, waiting: &Waiting) -> Result<()> {
    let name = policy["policyName"].as_str().unwrap_or_default();
    retry(cloud, waiting, || async {
        let put = cloud.iam.put_role_policy().role_name(role).policy_name(name);
        put.policy_document(canonical(&policy["policyDocument"])).send().await?;
        Ok(())
    })
    .await
}

pub(super) async fn attach(cloud: &Cloud, role: &str, arn: &str, waiting: &Waiting) -> Result<()> {
    retry(cloud, waiting, || async {
        cloud.iam.attach_role_policy().role_name(role).policy_arn(arn).send().await?;
        Ok(())
    })
    .await
}

/// Takes these policies away; that one is gone already is a success.
pub(super) async fn strip(cloud: &Cloud, role: &str, arns: &[String], policies: &[String]) -> Result<()> {
    let attached = try_join_all(arns.iter().map(|arn| async move {
        unless_gone(cloud.iam.detach_role_policy().role_name(role).policy_arn(arn).send().await).map(drop)
    }));
    let policies = try_join_all(policies.iter().map(|policy| async move {
        unless_gone(cloud.iam.delete_role_policy().role_name(role).policy_name(policy).send().await).map(drop)
    }));
    futures::try_join!(attached, policies)?;
    Ok(())
}

/// The instance profiles that hold the role, each with what will free it.
pub(super) async fn instance_profiles(cloud: &Cloud, role: &str) -> Result<Vec<String>> {
    let profiles = cloud.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
    let profiles = profiles.collect::<Result<Vec<_>, _>>().await?;
    let words = profiles.iter().map(|profile| {
        let profile = profile.instance_profile_name();
        format!(
            "instance profile {profile}: take the role out with `aws iam remove-role-from-instance-profile \
             --instance-profile-name {profile} --role-name {role}`"
        )
    });
    Ok(words.collect())
}
