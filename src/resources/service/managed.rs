//! How services are made, changed and deleted.
//!
//! Knows: the calls that change one, and their order. Must not know: what differs.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::live::in_its_state;
use super::shape::SchedulingStrategy;
use super::{Service, ServiceLive, body, describe, drain, images, network, scaling};
use crate::cloud::{self, Cloud, CloudError, ECS, Result, unless_gone};
use crate::model::{canonical, digest};
use crate::resource::{Content, Edit, Found, Habits, Managed, Others, Place, Resource as _, Target, Waiting, changes};
use crate::resources::ecs;

impl Managed for Service {
    const SERVICE: cloud::Service = cloud::Service::Table(&cloud::ECS);
    // ECS gives a service's tags to its tasks and their network interfaces; its scalable target gets those of its owner.
    const HABITS: Habits = Habits {
        copies: &["task/", "network-interface/", "scalable-target/"],
        unique_in: Some("cluster"),
        ..Habits::USUAL
    };

    /// ListServices hides services that are draining; the tag index still lists those.
    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<ServiceLive>>> {
        let index = cloud.with_tag_index(lab);
        let (clusters, indexed) = futures::try_join!(crate::resources::cluster::arns(cloud), index.indexed())?;
        let indexed = &indexed;
        let reads = cloud.each(clusters.iter(), |cluster| async move {
            let call = cloud.ecs.list_services().cluster(cluster).max_results(100);
            let mut pages = call.into_paginator().send();
            let in_cluster = cluster.replace(":cluster/", ":service/");
            let is_in = |arn: &&String| arn.rsplit_once('/').is_some_and(|(of, _)| of == in_cluster);
            let mut services: BTreeSet<String> = indexed.keys().filter(is_in).cloned().collect();
            while let Some(page) = pages.next().await {
                // The cluster may be somebody else's, who has just deleted it.
                let Some(page) = unless_gone(page)? else {
                    break;
                };
                services.extend(page.service_arns().iter().cloned());
            }
            describe(cloud, cluster, services.into_iter().collect()).await
        });
        let services: Result<Vec<_>> = reads.await.into_iter().collect();
        let services = services?.into_iter().flatten();
        let services = services.filter(|(live, _)| live.status != "INACTIVE");
        let ours = services.filter_map(|(live, tags)| Found::of_lab(Self::KIND, lab, live.name.clone(), live, tags));
        Ok(ours.map(in_its_state).collect())
    }

    /// Makes a service, and doesn't wait for its tasks or for the load balancer.
    ///
    /// # Guarantees
    /// The client token follows from all that is asked for, so that a call whose answer was lost makes no second
    /// service. If AWS remembers the token of a service that was deleted since, a new token is used once.
    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<ServiceLive> {
        let mut body = self.known_body("CreateService", others)?;
        network::until_reachable(cloud, others, &target.waiting).await?;
        body.insert("serviceName".to_owned(), target.name.clone().into());
        body.insert("tags".to_owned(), ecs::tags(&target.tags));
        if self.scheduling_strategy != Some(SchedulingStrategy::Daemon) {
            let asked = i64::from(self.desired_count.unwrap_or(1));
            let first = self.scaling.as_ref().map_or(asked, |scaling| scaling.first_count(asked));
            body.insert("desiredCount".to_owned(), first.into());
        }
        let asked = canonical(&Value::Object(body.clone()));
        let live = match send(cloud, body.clone(), &asked).await {
            Ok(live) if live.status != "INACTIVE" => live,
            Err(error) if !error.message().contains("not idempotent") => return Err(error),
            _ => {
                let since = cloud.now().duration_since(SystemTime::UNIX_EPOCH);
                let now = since.unwrap_or_default().as_millis();
                send(cloud, body, &format!("{asked}{now}")).await.map_err(made_meanwhile)?
            }
        };
        match self.scaling.as_ref().filter(|scaling| !scaling.is_none()) {
            Some(scaling) => scaling::begin(cloud, live, scaling, &target.tags).await,
            None => Ok(live),
        }
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &ServiceLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<ServiceLive> {
        body::refuse_unknown("UpdateService", &edit.want)?;
        if !edit.touches(scaling::FIELD) {
            let scaling = (live.document[scaling::FIELD].clone(), live.policies.clone());
            return Ok(change(cloud, live, edit).await?.scaled(scaling));
        }
        scaling::register(cloud, live, edit, &target.tags).await?;
        let changed = change(cloud, live, edit).await?;
        Ok(changed.scaled(scaling::complete(cloud, live, edit).await?))
    }

    async fn delete(cloud: &Cloud, live: &ServiceLive, _content: Content, waiting: &Waiting) -> Result<()> {
        if live.status != "DRAINING" {
            if !live.document[scaling::FIELD].is_null() {
                scaling::deregister(cloud, live).await?;
            }
            let call = cloud.ecs.delete_service().cluster(&live.cluster_arn);
            let call = call.service(&live.arn).force(true).send();
            match call.await.map_err(CloudError::from) {
                // Without tasks nothing has to drain.
                Ok(answer) if answer.service().and_then(|service| service.status()) == Some("INACTIVE") => {
                    return Ok(());
                }
                Err(error) if error.is_not_found() => return Ok(()),
                // Somebody else has begun to delete it.
                Err(error) if !error.is("ServiceNotActiveException") => return Err(error),
                _ => {}
            }
        }
        drain::wait(cloud, live, waiting).await
    }

    fn arn(_place: &Place, _name: &str, live: &ServiceLive) -> String {
        live.arn.clone()
    }
}

/// Closes the differences that UpdateService closes.
async fn change(cloud: &Cloud, live: &ServiceLive, edit: &Edit) -> Result<ServiceLive> {
    let mut body = changes(Service::FIELDS, &edit.diff, &live.document, &edit.want);
    body.remove(scaling::FIELD);
    let has_new_image = edit.touches(images::FIELD);
    if body.is_empty() && !has_new_image {
        return Ok(live.clone());
    }
    if has_new_image || body.contains_key("capacityProviderStrategy") {
        // Running tasks keep the image that they were started with. AWS refuses another strategy without it, too
        // (UpdateService, API reference).
        body.insert("forceNewDeployment".to_owned(), true.into());
    }
    body.insert("cluster".to_owned(), live.cluster_arn.clone().into());
    body.insert("service".to_owned(), live.arn.clone().into());
    Ok(ServiceLive::new(&cloud.call(&ECS, "UpdateService", body.into()).await?["service"]))
}

/// ECS's refusal to make a service of a name that is taken, in words that say so.
fn made_meanwhile(error: CloudError) -> CloudError {
    if !error.message().contains("not idempotent") {
        return error;
    }
    let message = format!("somebody else made a service of this name at this moment ({})", error.message().trim());
    error.reworded(message)
}

async fn send(cloud: &Cloud, mut body: Map<String, Value>, token: &str) -> Result<ServiceLive> {
    let token = format!("labform-{}", digest(token));
    body.insert("clientToken".to_owned(), token.into());
    Ok(ServiceLive::new(&cloud.call(&ECS, "CreateService", body.into()).await?["service"]))
}
