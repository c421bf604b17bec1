//! The calls to IAM for roles and their policies.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;

use super::{InlinePolicy, Role, RoleLive};
use crate::cloud::{Cause, Cloud, CloudError, Result, iam_tags};
use crate::model::{PolicyDocument, Tags};
use crate::resource::{Target, Waiting, retry};
use crate::resources::answered;

pub(super) async fn role(cloud: &Cloud, name: &str) -> Result<Option<(RoleLive, Tags)>> {
    let answer = cloud.iam.get_role().role_name(name).send().await;
    let answer = match answer.map_err(CloudError::from) {
        Err(error) if error.is_not_found() => return Ok(None),
        answer => answer?,
    };
    let Some(role) = answer.role() else {
        return Ok(None);
    };
    let tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned()));
    let trust = role.assume_role_policy_document().unwrap_or_default();
    let live = RoleLive {
        name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        role_id: role.role_id().to_owned(),
        description: role.description().map(str::to_owned),
        max_session_duration: role.max_session_duration(),
        assume_role_policy_document: document("GetRole", trust)?,
        managed_policy_arns: None,
        policies: None,
    };
    Ok(Some((live, tags.collect())))
}

fn document(operation: &str, text: &str) -> Result<PolicyDocument> {
    PolicyDocument::from_wire(text).map_err(|error| {
        let words = format!("IAM answered a policy that isn't JSON: {error}");
        CloudError::own_at(operation, Cause::MalformedPolicy, words)
    })
}

/// The ARNs of the attached policies; empty where there is no such role.
pub(super) async fn attached(cloud: &Cloud, name: &str) -> Result<BTreeSet<String>> {
    let mut pages = cloud.iam.list_attached_role_policies().role_name(name).into_paginator().send();
    let mut arns = BTreeSet::new();
    while let Some(page) = pages.next().await {
        match page.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => break,
            page => arns
                .extend(page?.attached_policies().iter().filter_map(|policy| policy.policy_arn().map(str::to_owned))),
        }
    }
    Ok(arns)
}

/// All inline policies, with the documents of those that the spec names; those documents are read at the same time as
/// the list.
pub(super) async fn inline(
    cloud: &Cloud,
    name: &str,
    policies: &[InlinePolicy],
) -> Result<BTreeMap<String, Option<PolicyDocument>>> {
    let documents = try_join_all(policies.iter().map(|policy| async move {
        let answer = cloud.iam.get_role_policy().role_name(name).policy_name(&policy.policy_name).send().await;
        match answer.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => Ok(None),
            answer => {
                let document = document("GetRolePolicy", answer?.policy_document())?;
                Ok(Some((policy.policy_name.clone(), Some(document))))
            }
        }
    }));
    let (names, documents) = futures::try_join!(inline_names(cloud, name), documents)?;
    let mut all: BTreeMap<_, _> = names.into_iter().map(|name| (name, None)).collect();
    all.extend(documents.into_iter().flatten());
    Ok(all)
}

/// The names of all inline policies; empty where there is no such role.
async fn inline_names(cloud: &Cloud, name: &str) -> Result<Vec<String>> {
    let mut pages = cloud.iam.list_role_policies().role_name(name).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        match page.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => break,
            page => names.extend(page?.policy_names().iter().cloned()),
        }
    }
    Ok(names)
}

/// The names of all roles whose path begins with `path`.
pub(super) async fn names_below(cloud: &Cloud, path: &str) -> Result<Vec<String>> {
    let mut pages = cloud.iam.list_roles().path_prefix(path).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.roles().iter().map(|role| role.role_name().to_owned()));
    }
    Ok(names)
}

/// Makes one that may do nothing yet.
pub(super) async fn create(cloud: &Cloud, spec: &Role, target: &Target, path: &str) -> Result<RoleLive> {
    let answer = cloud
        .iam
        .create_role()
        .role_name(&target.name)
        .path(path)
        .set_description(spec.description.clone())
        .set_max_session_duration(spec.max_session_duration)
        .assume_role_policy_document(spec.assume_role_policy_document.to_wire())
        .set_tags(Some(iam_tags(&target.tags)))
        .send()
        .await?;
    let role = answered("CreateRole", answer.role())?;
    Ok(RoleLive {
        name: role.role_name().to_owned(),
        arn: role.arn().to_owned(),
        role_id: role.role_id().to_owned(),
        description: spec.description.clone(),
        max_session_duration: spec.max_session_duration,
        assume_role_policy_document: spec.assume_role_policy_document.clone(),
        managed_policy_arns: None,
        policies: None,
    })
}

pub(super) async fn update(cloud: &Cloud, spec: &Role, name: &str) -> Result<()> {
    cloud
        .iam
        .update_role()
        .role_name(name)
        .set_description(spec.description.clone())
        .set_max_session_duration(spec.max_session_duration)
        .send()
        .await?;
    Ok(())
}

pub(super) async fn set_trust(cloud: &Cloud, spec: &Role, name: &str) -> Result<()> {
    cloud
        .iam
        .update_assume_role_policy()
        .role_name(name)
        .policy_document(spec.assume_role_policy_document.to_wire())
        .send()
        .await?;
    Ok(())
}

pub(super) async fn put_policy(cloud: &Cloud, role: &str, policy: &InlinePolicy, waiting: &Waiting) -> Result<()> {
    retry(cloud, waiting, || async {
        let put = cloud.iam.put_role_policy().role_name(role);
        put.policy_name(&policy.policy_name).policy_document(policy.policy_document.to_wire()).send().await?;
        Ok(())
    })
    .await
}

pub(super) async fn attach(cloud: &Cloud, role: &str, arn: &str, waiting: &Waiting) -> Result<()> {
    retry(cloud, waiting, || async {
        let attach = cloud.iam.attach_role_policy().role_name(role);
        attach.policy_arn(arn).send().await?;
        Ok(())
    })
    .await
}

/// `live` with complete lists of its policies.
pub(super) async fn all_policies(cloud: &Cloud, live: &RoleLive) -> Result<RoleLive> {
    let attached = attached(cloud, &live.name);
    let (attached, names) = futures::try_join!(attached, inline_names(cloud, &live.name))?;
    Ok(RoleLive {
        managed_policy_arns: Some(attached),
        policies: Some(names.into_iter().map(|name| (name, None)).collect()),
        ..live.clone()
    })
}

/// Takes away the policies that `live` lists; one that is gone already is gone.
pub(super) async fn strip(cloud: &Cloud, live: &RoleLive) -> Result<()> {
    let attached = live.managed_policy_arns.iter().flatten();
    let attached = try_join_all(attached.map(|arn| async move {
        let detach = cloud.iam.detach_role_policy().role_name(&live.name);
        gone(detach.policy_arn(arn).send().await.map_err(CloudError::from))
    }));
    let policies = live.policies.iter().flatten();
    let policies = try_join_all(policies.map(|(policy, _)| async move {
        let delete = cloud.iam.delete_role_policy().role_name(&live.name);
        gone(delete.policy_name(policy).send().await.map_err(CloudError::from))
    }));
    futures::try_join!(attached, policies)?;
    Ok(())
}

fn gone<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// The instance profiles that hold the role, each with what will free it.
pub(super) async fn instance_profiles(cloud: &Cloud, live: &RoleLive) -> Result<Vec<String>> {
    let call = cloud.iam.list_instance_profiles_for_role();
    let mut pages = call.role_name(&live.name).into_paginator().send();
    let mut profiles = Vec::new();
    while let Some(page) = pages.next().await {
        profiles.extend(page?.instance_profiles().iter().map(|profile| {
            let profile = profile.instance_profile_name();
            format!(
                "instance profile {profile}: take the role out with `aws iam remove-role-from-instance-profile \
                 --instance-profile-name {profile} --role-name {}`",
                live.name
            )
        }));
    }
    Ok(profiles)
}
