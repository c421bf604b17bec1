//! `labform sandbox prepare`.

use std::collections::BTreeSet;
use std::io::Write as _;

use clap::Args;
use serde_json::json;

use super::screen::{Result, note};
use super::{Globals, files, session, stop};
use crate::cloud::{CERTIFICATE_MANAGER, Cloud, CloudError, Endpoint, connect, identity};
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
                    make_role(&cloud, role).await?;
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
                        make_role(&cloud, &role).await?;
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

/// Makes a role that tasks may have, unless it is there.
async fn make_role(cloud: &Cloud, name: &str) -> Result<()> {
    let made = cloud.iam.create_role().role_name(name).assume_role_policy_document(TRUST).send().await;
    match made.map_err(CloudError::from) {
        Err(error) if error.already_exists() => return Ok(()),
        made => drop(made.map_err(Error::from)?),
    }
    let attached = cloud.iam.attach_role_policy().role_name(name).policy_arn(EXECUTION).send().await;
    attached.map_err(CloudError::from).map_err(Error::from)?;
    Ok(())
}
