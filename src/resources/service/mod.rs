//! Amazon ECS services.

mod body;
mod check;
mod compare;
mod connect;
mod drain;
mod explain;
mod grants;
mod images;
mod live;
mod network;
mod reach;
mod registries;
mod shape;

use live::in_its_state;
pub use live::{Images, ServiceLive};
pub use shape::{NetworkConfiguration, Service};
use shape::{SchedulingStrategy, ServiceLoadBalancer};

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use futures::future::try_join_all;
use serde_json::{Map, Value, json};

use super::Cluster;
use super::ecs::{self, list};
use super::listener_rule::forwarding;
use super::network::together;
use super::usage;
use super::vpc_endpoint::until_made;
use crate::cloud::{self, Cloud, CloudError, ECS, Result, unless_gone};
use crate::model::{Address, Diff, Tags, Usage, canonical, digest};
use crate::resource::{
    CallRules, Checks, Content, Detail, Edit, Explanation, Field, Found, Habits, Home, Managed, NameRule, Names,
    Others, Output, Pasted, Place, Problem, Readiness, Resource, SpecRef, Target, UsageContext, Waiting, Wanted,
    changes, diff,
};
use labform_account::rules::{ECS_NAME, SERVICE};

impl Service {
    /// Returns all that the spec asks for. Which default subnets there are is AWS's to say, and may change.
    fn asked(&self, live: &ServiceLive, others: &Others) -> Value {
        let mut want = self.body(&live.subnets(), others).map_or(Value::Null, Value::Object);
        connect::keep(self, live, others, &mut want);
        if self.takes_every_subnet() {
            let network = want.pointer_mut("/networkConfiguration/awsvpcConfiguration").and_then(Value::as_object_mut);
            network.and_then(|network| network.remove("subnets"));
        }
        want
    }
}

impl Resource for Service {
    const KIND: &'static str = "service";
    const SECTION: &'static str = "services";
    const NAME: NameRule = NameRule::of("serviceName", ECS_NAME, "letters, digits, - and _");
    const FIELDS: &'static [Field] = compare::FIELDS;
    const RULES: CallRules = &[&SERVICE];
    const PASTED: Pasted = compare::PASTED;
    type Live = ServiceLive;

    fn refs(&self) -> Vec<SpecRef> {
        let mut refs = vec![self.cluster.at("cluster"), self.task_definition.at("taskDefinition")];
        for (index, balancer) in self.load_balancers.iter().flatten().enumerate() {
            let path = format!("loadBalancers[{index}].targetGroupArn");
            refs.push(balancer.target_group_arn.at(path));
        }
        for (index, registry) in self.service_registries.iter().flatten().enumerate() {
            refs.push(registry.registry_arn.at(format!("serviceRegistries[{index}].registryArn")));
        }
        refs.extend(connect::refs(self));
        if let Some(network) = &self.network_configuration {
            refs.extend(network.refs());
        }
        refs
    }

    fn usage(context: &UsageContext<'_>, document: &Value) -> Usage {
        usage::of_service(context, document)
    }

    fn place_in(section: &mut Value, home: &Home) {
        NetworkConfiguration::place_in(section, home);
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let apart = together(&self.refs(), checks);
        check::problems(self, checks).into_iter().chain(apart).collect()
    }

    /// A target group has to belong to a load balancer before ECS takes it (CreateService, API reference), and tasks need
    /// a way to their images.
    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        let groups = self.load_balancers.iter().flatten().map(|balancer| &balancer.target_group_arn);
        let forwarding = groups.flat_map(|group| forwarding(checks, group)).map(|(address, _)| address.clone());
        let ways = self.network_configuration.as_ref().map(|network| network.ways(checks)).unwrap_or_default();
        forwarding.chain(ways).chain(connect::follows(self, checks)).collect()
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        self.body(&[], others).err()
    }

    /// A thing that can't be had is an obstacle, and no difference.
    fn wanted(&self, live: &ServiceLive, others: &Others) -> Value {
        let mut want = self.asked(live, others);
        compare::left_to(self.controller(), &mut want);
        want
    }

    fn aside(&self, live: &ServiceLive, others: &Others) -> Option<String> {
        let left = compare::left_to(self.controller(), &mut self.asked(live, others));
        compare::left_words(&diff(Self::FIELDS, &live.document, &left), self.controller())
    }

    fn document(live: &ServiceLive) -> Value {
        live.document.clone()
    }

    fn diff(&self, want: &Value, live: &ServiceLive, others: &Others) -> Diff {
        let mut diff = diff(Self::FIELDS, &live.document, want);
        // Another task definition starts new tasks, which pull anew.
        if !want.is_null() && self.is_deployed_by_ecs() && !diff.touches("taskDefinition") {
            images::compare(&mut diff, live, others);
        }
        diff
    }

    fn readiness(live: &ServiceLive, begun: Option<&ServiceLive>) -> Readiness {
        let setback = begun.and_then(|begun| live.setback(begun));
        setback.map_or_else(|| live.readiness(), Readiness::Failed)
    }

    fn outputs(_place: &Place, name: &str, live: Option<&ServiceLive>) -> Vec<Output> {
        let arn = live.map(|live| live.arn.as_str());
        vec![Output::fixed("name", name), Output::live("arn", arn)]
    }

    fn incarnation(live: &ServiceLive) -> String {
        live.created_at.to_string()
    }

    fn ids(live: &ServiceLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &ServiceLive) -> Vec<String> {
        live.links()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<ServiceLive>>> {
        let mut clusters: BTreeMap<&str, Vec<&Wanted<'_, Self>>> = BTreeMap::new();
        for one in wanted {
            let cluster = names.get(&one.spec.cluster.address());
            if let Some(cluster) = cluster.filter(|name| cloud.may_be_there(Cluster::KIND, name)) {
                clusters.entry(cluster).or_default().push(one);
            }
        }
        let has_images = images::has_images(names);
        let reads = clusters.into_iter().map(|(cluster, wanted)| async move {
            let names = wanted.iter().map(|one| one.name.to_owned()).collect();
            let mut services = describe(cloud, cluster, names).await?;
            if has_images && wanted.iter().any(|one| one.detail == Detail::Fields) {
                let active = services.iter_mut().filter(|(live, _)| live.status == "ACTIVE");
                try_join_all(active.map(|(live, _)| async {
                    live.images = images::read(cloud, live).await?;
                    Ok::<_, CloudError>(())
                }))
                .await?;
            }
            let found = services.into_iter().filter_map(move |(live, tags)| {
                let one = wanted.iter().find(|one| one.name == live.name)?;
                Some(in_its_state(Found::present(one.address, live.name.clone(), live, tags)))
            });
            Ok::<_, CloudError>(found)
        });
        Ok(try_join_all(reads).await?.into_iter().flatten().collect())
    }

    async fn explain(cloud: &Cloud, live: &ServiceLive) -> Result<Option<Explanation>> {
        explain::explain(cloud, live).await
    }
}

impl Managed for Service {
    const SERVICE: cloud::Service = cloud::Service::Table(&cloud::ECS);
    // ECS gives a service's tags to its tasks and their network interfaces.
    const HABITS: Habits =
        Habits { copies: &["task/", "network-interface/"], unique_in: Some("cluster"), ..Habits::USUAL };

    /// ListServices hides services that are draining; the tag index still lists those.
    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<ServiceLive>>> {
        let index = cloud.with_tag_index(lab);
        let (clusters, indexed) = futures::try_join!(super::cluster::arns(cloud), index.indexed())?;
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
        until_made(cloud, others, &target.waiting).await?;
        body.insert("serviceName".to_owned(), target.name.clone().into());
        body.insert("tags".to_owned(), ecs::tags(&target.tags));
        if self.scheduling_strategy != Some(SchedulingStrategy::Daemon) {
            body.entry("desiredCount").or_insert(1.into());
        }
        let asked = canonical(&Value::Object(body.clone()));
        match send(cloud, body.clone(), &asked).await {
            Ok(live) if live.status != "INACTIVE" => Ok(live),
            Err(error) if !error.message().contains("not idempotent") => Err(error),
            _ => {
                let since = cloud.now().duration_since(SystemTime::UNIX_EPOCH);
                let now = since.unwrap_or_default().as_millis();
                send(cloud, body, &format!("{asked}{now}")).await.map_err(made_meanwhile)
            }
        }
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &ServiceLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<ServiceLive> {
        body::refuse_unknown("UpdateService", &edit.want)?;
        let mut body = changes(Self::FIELDS, &edit.diff, &live.document, &edit.want);
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

    async fn delete(cloud: &Cloud, live: &ServiceLive, _content: Content, waiting: &Waiting) -> Result<()> {
        if live.status != "DRAINING" {
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

/// The services of these names or ARNs. A cluster that isn't there has none.
async fn describe(cloud: &Cloud, cluster: &str, services: Vec<String>) -> Result<Vec<(ServiceLive, Tags)>> {
    let services = documents(cloud, cluster, &services).await?;
    let services = services.iter().map(|service| {
        let (live, tags) = (ServiceLive::new(service), ecs::tags_of(service));
        cloud.learn_tags(&live.arn, &tags);
        (live, tags)
    });
    Ok(services.collect())
}

/// The services as ECS answers them.
async fn documents(cloud: &Cloud, cluster: &str, services: &[String]) -> Result<Vec<Value>> {
    let batches = services.chunks(10).map(|batch| async move {
        let asked = json!({"cluster": cluster, "services": batch, "include": ["TAGS"]});
        let Some(answer) = unless_gone(cloud.call(&ECS, "DescribeServices", asked).await)? else {
            return Ok(Vec::new());
        };
        ecs::check_failures("DescribeServices", &answer, "services", batch.len())?;
        Ok::<_, CloudError>(list(&answer, "services").cloned().collect::<Vec<_>>())
    });
    Ok(try_join_all(batches).await?.concat())
}
