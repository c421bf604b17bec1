//! `labform sandbox prepare`.

use std::collections::BTreeSet;
use std::io::Write as _;

use clap::Args;
use serde_json::json;

use super::screen::{Result, note};
use super::{Globals, files, session, stop};
use crate::cloud::{self, CERTIFICATE_MANAGER, Cloud, CloudError, Endpoint, connect, identity};
use crate::error::{DONE, Error};
use crate::report::visible;
use crate::resource::{RefOrArn, Resource as _, as_spec};
use crate::resources::{Certificate, Role, TaskDefinition, Vpc};
use crate::spec::Lab;

/// Make in the embedded account what the lab looks up there, and on AWS others have made
///
/// Makes the roles that `existing` or a task definition names, for tasks to have, and the certificates, and prints what it made: a lab for a
/// learner's account or with HTTPS comes up with --sandbox then. Of the rest it tells that a lab has to make it. It never
/// speaks to AWS.
#[derive(Debug, Args)]
pub(super) struct Prepare {}

/// Lets tasks have a role.
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}"#;
/// The description of a role that was made here. A run that was killed may have left it without its policy.
const MADE: &str = "Made by labform sandbox prepare";
/// What a task's start takes: to pull images, and to write logs.
const EXECUTION: &str = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";

impl Prepare {
    #[expect(clippy::unused_self, reason = "a command has no options yet")]
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        stop::run(async |stop| {
            let source = files::load(globals)?;
            let embedded = globals.sandbox.clone().flatten().unwrap_or_default();
            let (sandbox, _) = stop.or(session::open_sandbox(embedded.file)).await?;
            let cloud = connect(&Endpoint::Sandbox(sandbox), source.region(), None).await;
            identity(&cloud).await.map_err(Error::from)?;
            let lab = source.lab();
            for node in lab.nodes.values() {
                let named = as_spec::<TaskDefinition>(&node.spec).map(|definition| roles_of_others(definition, lab));
                for role in named.unwrap_or_default() {
                    make_role(&cloud, role).await.map_err(Error::from)?;
                    writeln!(anstream::stdout(), "role {}", visible(role))?;
                }
                let name = node.kind.lookup().and_then(|lookup| lookup.name(&node.spec));
                let what = match (as_spec::<Certificate>(&node.spec), name) {
                    (Some(certificate), _) => {
                        // The same request with the same token is the same certificate (RequestCertificate, ACM API).
                        let token = certificate.domain_name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                        let asked = json!({"DomainName": certificate.domain_name, "IdempotencyToken": token});
                        cloud.call(&CERTIFICATE_MANAGER, "RequestCertificate", asked).await.map_err(Error::from)?;
                        format!("certificate {}", certificate.domain_name)
                    }
                    (None, Some(role)) if node.kind.kind() == Role::KIND => {
                        make_role(&cloud, &role).await.map_err(Error::from)?;
                        format!("role {role}")
                    }
                    (None, Some(_)) if node.kind.kind() != Vpc::KIND => {
                        note(format_args!("not made: {}: apply the lab that makes it", node.address));
                        continue;
                    }
                    _ => continue,
                };
                writeln!(anstream::stdout(), "{}", visible(what))?;
            }
            Ok(DONE)
        })
    }
}

/// The roles that a task definition names and the lab doesn't describe.
fn roles_of_others<'a>(definition: &'a TaskDefinition, lab: &Lab) -> Vec<&'a str> {
    let roles = [&definition.execution_role_arn, &definition.task_role_arn].into_iter().flatten();
    let others = roles.filter_map(|role| match role {
        RefOrArn::Lab(role) if !lab.nodes.contains_key(&role.address()) => Some(role.name.as_str()),
        RefOrArn::Lab(_) | RefOrArn::Arn(_) => None,
    });
    others.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Makes a role that tasks may have, and completes one that was made here before. One that others made stays as it is.
async fn make_role(cloud: &Cloud, name: &str) -> cloud::Result<()> {
    let role = cloud.iam.create_role().role_name(name).description(MADE).assume_role_policy_document(TRUST);
    match role.send().await.map_err(CloudError::from) {
        Err(error) if error.already_exists() => {
            let there = cloud.iam.get_role().role_name(name).send().await?;
            if there.role().and_then(|role| role.description()) != Some(MADE) {
                return Ok(());
            }
        }
        made => drop(made?),
    }
    // Attaching what is attached already changes nothing (AttachRolePolicy, API reference).
    cloud.iam.attach_role_policy().role_name(name).policy_arn(EXECUTION).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use labform_account::Sandbox;

    use super::*;

    /// The policies of a role, and its description.
    async fn role(cloud: &Cloud, name: &str) -> (usize, Option<String>) {
        let attached = cloud.iam.list_attached_role_policies().role_name(name).send().await.unwrap();
        let role = cloud.iam.get_role().role_name(name).send().await.unwrap();
        let description = role.role().and_then(|role| role.description()).map(str::to_owned);
        (attached.attached_policies().len(), description)
    }

    #[tokio::test]
    async fn a_role_that_a_killed_run_left_is_completed_and_that_of_others_is_not() {
        let cloud = connect(&Endpoint::Sandbox(Sandbox::in_memory()), "eu-west-1", None).await;
        identity(&cloud).await.unwrap();
        for (name, description) in [("left", Some(MADE)), ("course", Some("the teacher's")), ("bare", None)] {
            let role = cloud.iam.create_role().role_name(name).assume_role_policy_document(TRUST);
            role.set_description(description.map(str::to_owned)).send().await.unwrap();
        }
        for name in ["left", "course", "bare", "fresh", "left", "fresh"] {
            make_role(&cloud, name).await.unwrap();
        }
        let made = (1, Some(MADE.to_owned()));
        assert_eq!((role(&cloud, "left").await, role(&cloud, "fresh").await), (made.clone(), made));
        assert_eq!(role(&cloud, "course").await, (0, Some("the teacher's".to_owned())));
        assert_eq!(role(&cloud, "bare").await, (0, None));
    }
}
