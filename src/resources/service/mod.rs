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
mod managed;
mod network;
mod reach;
mod registries;
mod scaling;
mod shape;

use live::in_its_state;
pub use live::{Images, ServiceLive};
pub use scaling::bounds;
pub use shape::{NetworkConfiguration, Service};
use shape::{SchedulingStrategy, ServiceLoadBalancer};

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::Cluster;
use super::ecs::{self, list};
use super::listener_rule::forwarding;
use super::network::together;
use super::usage;
use crate::cloud::{Cloud, CloudError, ECS, Result, unless_gone};
use crate::model::{Address, Diff, Tags, Usage};
use crate::resource::{
    CallRules, Checks, Detail, Explanation, Field, Found, Home, NameRule, Names, Others, Output, Pasted, Place,
    Problem, Readiness, Resource, SpecRef, UsageContext, Wanted, diff,
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
        if let (Some(scaling), Some(want)) = (&self.scaling, want.as_object_mut()) {
            scaling.want(want, &live.document);
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
        for (index, alarm) in self.alarms().iter().flat_map(|alarms| &alarms.alarm_names).enumerate() {
            refs.push(alarm.at(format!("deploymentConfiguration.alarms.alarmNames[{index}]")));
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
    /// a way to their images, and the file systems that they mount.
    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        let groups = self.load_balancers.iter().flatten().map(|balancer| &balancer.target_group_arn);
        let forwarding = groups.flat_map(|group| forwarding(checks, group)).map(|(address, _)| address.clone());
        let ways = self.network_configuration.as_ref().map(|network| network.ways(checks)).unwrap_or_default();
        let mounted = network::mounted(&self.task_definition, checks);
        forwarding.chain(ways).chain(mounted).chain(connect::follows(self, checks)).collect()
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
        scaling::left_over(&mut diff, want, &live.document);
        diff
    }

    fn readiness(live: &ServiceLive, begun: Option<&ServiceLive>) -> Readiness {
        let setback = begun.and_then(|begun| live.setback(begun));
        setback.map_or_else(|| live.readiness(), Readiness::Failed)
    }

    fn outputs(_place: &Place, name: &str, live: Option<&ServiceLive>) -> Vec<Output> {
        let arn = live.map(|live| live.arn.as_str());
        let policies = live.into_iter().flat_map(|live| &live.policies);
        let policies = policies.map(|(policy, arn)| Output::entry(scaling::FIELD, policy, arn));
        let all = [Output::fixed("name", name), Output::live("arn", arn), Output::each(scaling::FIELD, "POLICY")];
        all.into_iter().chain(policies).collect()
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
            let (mut services, mut scalings) = futures::try_join!(
                describe(cloud, cluster, wanted.iter().map(|one| one.name.to_owned()).collect()),
                scalings(cloud, cluster, &wanted),
            )?;
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
                let scaling = scalings.remove(&live.name);
                let live = scaling.into_iter().fold(live, ServiceLive::scaled);
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

/// The scaling of those of the services whose spec says something of it.
async fn scalings(
    cloud: &Cloud,
    cluster: &str,
    wanted: &[&Wanted<'_, Service>],
) -> Result<BTreeMap<String, scaling::Read>> {
    let scaled: Vec<_> = wanted.iter().filter(|one| one.spec.scaling.is_some()).collect();
    let names: Vec<&str> = scaled.iter().map(|one| one.name).collect();
    let is_compared = scaled.iter().any(|one| one.detail == Detail::Fields);
    scaling::read(cloud, cluster, &names, if is_compared { Detail::Fields } else { Detail::Presence }).await
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
