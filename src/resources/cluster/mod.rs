//! Amazon ECS clusters.

mod calls;
mod grants;
mod holders;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

use super::ecs::{self, Strategy};
use super::held::held_by;
use crate::cloud::{self, Cause, Cloud, CloudError, DocumentExchange, Owner, Result};
use crate::model::Tags;
use crate::resource::{
    Checks, Edit, Field, Found, Managed, NameRule, Names, Observed, Others, Output, Place, Problem, Readiness,
    Resource, ServiceLinkedRole, SpecRef, Target, Waiting, Wanted, document, update,
};
pub(super) use calls::arns;
use calls::{changing, describe, live};
use holders::holders;

/// An ECS cluster: the fields of CreateCluster.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Its name.
    pub cluster_name: Option<String>,
    /// What its tasks may run on, as in `FARGATE` and `FARGATE_SPOT`.
    pub capacity_providers: Option<BTreeSet<String>>,
    /// What tasks run on that say nothing about it.
    pub default_capacity_provider_strategy: Option<Strategy>,
    /// Its settings, as in `containerInsights`.
    pub settings: Option<Vec<ClusterSetting>>,
}

/// A setting of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSetting {
    /// Its name: `containerInsights`.
    pub name: String,
    /// Its value: `enabled`, `enhanced` or `disabled`.
    pub value: String,
}

/// What AWS says of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterLive {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// `ACTIVE`, `PROVISIONING`, `DEPROVISIONING`, `FAILED` or `INACTIVE`.
    pub status: String,
    /// What its tasks may run on.
    pub capacity_providers: BTreeSet<String>,
    /// What tasks run on that say nothing about it.
    pub default_capacity_provider_strategy: Strategy,
    /// Its settings.
    pub settings: Vec<ClusterSetting>,
}

impl Resource for Cluster {
    const KIND: &'static str = "cluster";
    const SECTION: &'static str = "clusters";
    const NAME: NameRule = NameRule {
        field: "clusterName",
        min: 1,
        max: 255,
        words: "letters, digits, - and _, and not `default`, which ECS means where no cluster is given",
        is_valid: |name| name != "default" && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
        ignores_case: false,
    };
    const FIELDS: &'static [Field] = &[
        update("capacityProviders").unordered(),
        update("defaultCapacityProviderStrategy").unordered(),
        update("settings").keyed("name"),
    ];
    type Live = ClusterLive;

    fn name(&self) -> Option<&str> {
        self.cluster_name.as_deref()
    }

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let field = "defaultCapacityProviderStrategy";
        let Some(strategy) = &self.default_capacity_provider_strategy else {
            return Vec::new();
        };
        let providers = self.capacity_providers.iter().flatten();
        let providers: BTreeSet<&str> = providers.map(String::as_str).collect();
        let foreign = strategy.iter().filter(|item| !providers.contains(item.capacity_provider.as_str())).map(|item| {
            let name = &item.capacity_provider;
            Problem::at(field, format!("`{name}` is not a capacity provider of the cluster"))
                .hint(format!("add `{name}` to capacityProviders"))
        });
        foreign.chain(ecs::strategy_problem(field, strategy)).collect()
    }

    fn readiness(live: &ClusterLive) -> Readiness {
        match live.status.as_str() {
            "ACTIVE" => Readiness::Ready,
            "FAILED" => Readiness::Failed("its capacity providers could not be set up".to_owned()),
            status => Readiness::Pending(status.to_lowercase()),
        }
    }

    fn outputs(place: &Place, name: &str, _live: Option<&ClusterLive>) -> Vec<Output> {
        let arn = place.arn("ecs", &format!("cluster/{name}"));
        vec![Output::fixed("name", name), Output::fixed("arn", arn)]
    }

    fn ids(live: &ClusterLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<ClusterLive>>> {
        let names = wanted.iter().map(|one| one.name.to_owned()).collect();
        let clusters = describe(cloud, names).await?;
        let found = clusters.into_iter().filter_map(|(live, tags)| {
            let one = wanted.iter().find(|one| one.name == live.name)?;
            Some(Found {
                address: one.address.clone(),
                name: live.name.clone(),
                observed: match live.status.as_str() {
                    "INACTIVE" => Observed::Tombstone,
                    "DEPROVISIONING" => Observed::Leaving { live, tags },
                    _ => Observed::Present { live, tags },
                },
            })
        });
        Ok(found.collect())
    }
}

impl Managed for Cluster {
    const SERVICE: cloud::Service = cloud::Service::Json(&cloud::ECS);
    const SERVICE_LINKED_ROLE: Option<ServiceLinkedRole> =
        Some(ServiceLinkedRole { name: "AWSServiceRoleForECS", service: "ecs.amazonaws.com" });

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<ClusterLive>>> {
        let clusters = describe(cloud, arns(cloud).await?).await?;
        let (clusters, tags): (Vec<_>, BTreeMap<_, _>) = clusters
            .into_iter()
            .filter(|(live, _)| live.status != "INACTIVE")
            .map(|(live, tags)| (live.clone(), (live.arn, tags)))
            .unzip();
        Ok(super::owned(lab, clusters, |live| (live.name.clone(), tags.get(&live.arn).cloned())))
    }

    /// # Guarantees
    /// Never adopts: CreateCluster answers with success for a cluster that somebody else has under this name, so that
    /// only the tags of what it answers tell whose it is (API reference, CreateCluster).
    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<ClusterLive> {
        let mut body = ecs::body(self);
        body.insert("clusterName".to_owned(), target.name.clone().into());
        body.insert("tags".to_owned(), ecs::tags(&target.tags));
        let exchange = DocumentExchange::sending(Value::Object(body));
        cloud.ecs.create_cluster().customize().interceptor(exchange.clone()).send().await?;
        let answer = exchange.answer();
        let mut live = live(&answer["cluster"]);
        let mut tags = ecs::tags_of(&answer["cluster"]);
        let is_ours = |tags: &Tags| Owner::of(tags, &others.place.lab).is(&target.address);
        if !is_ours(&tags) {
            for read in describe(cloud, vec![target.name.clone()]).await? {
                (live, tags) = read;
            }
        }
        if is_ours(&tags) {
            return Ok(live);
        }
        let whose = match Owner::of(&tags, &others.place.lab) {
            Owner::Lab(address) => format!("it is this lab's {address}"),
            Owner::Other(words) => words,
        };
        Err(CloudError::own_at(
            "CreateCluster",
            Cause::ClusterExists,
            format!("there is a cluster `{}` already: {whose}", target.name),
        ))
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &ClusterLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<ClusterLive> {
        let mut live = live.clone();
        if edit.touches("settings") {
            let exchange = changing(&target.name, [("settings", edit.want.get("settings").cloned())]);
            cloud.ecs.update_cluster().customize().interceptor(exchange.clone()).send().await?;
            live = self::live(&exchange.answer()["cluster"]);
        }
        if edit.touches("capacityProviders") || edit.touches("defaultCapacityProviderStrategy") {
            // The call replaces both, so that what the spec leaves out is sent as it is.
            let have = document(&live);
            let field = |name| (name, edit.want.get(name).or_else(|| have.get(name)).cloned());
            let fields = ["capacityProviders", "defaultCapacityProviderStrategy"].map(field);
            let exchange = changing(&target.name, fields);
            cloud.ecs.put_cluster_capacity_providers().customize().interceptor(exchange.clone()).send().await?;
            live = self::live(&exchange.answer()["cluster"]);
        }
        Ok(live)
    }

    async fn delete(cloud: &Cloud, live: &ClusterLive, _waiting: &Waiting) -> Result<()> {
        let call = cloud.ecs.delete_cluster().cluster(&live.arn).send();
        match call.await.map_err(CloudError::from) {
            Err(error) if error.code().starts_with("ClusterContains") => {
                let holders = holders(cloud, &live.arn, &error).await;
                Err(held_by(error, holders))
            }
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &ClusterLive) -> String {
        live.arn.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resources::test_others;

    fn spec(value: Value) -> Cluster {
        serde_json::from_value(value).expect("it is a cluster")
    }

    #[test]
    fn only_what_the_spec_gives_is_compared() {
        let live = live(&json!({
            "clusterName": "main", "status": "ACTIVE", "capacityProviders": ["FARGATE_SPOT", "FARGATE"],
            "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
            "settings": [{"name": "containerInsights", "value": "disabled"}],
        }));
        for (section, paths) in [
            (json!({}), vec![]),
            (json!({"capacityProviders": ["FARGATE", "FARGATE_SPOT"]}), vec![]),
            (json!({"capacityProviders": ["FARGATE"]}), vec!["capacityProviders"]),
            (json!({"defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]}), vec![]),
            (
                json!({"defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 2}]}),
                vec!["defaultCapacityProviderStrategy"],
            ),
            (
                json!({"settings": [{"name": "containerInsights", "value": "enabled"}]}),
                vec!["settings.containerInsights"],
            ),
        ] {
            let diff = spec(section.clone()).edit(&live, &test_others(), &[]).diff;
            let found: Vec<&str> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(found, paths, "{section}");
            assert!(!diff.replaces());
        }
    }

    #[test]
    fn a_strategy_names_providers_of_the_cluster() {
        let specs = BTreeMap::new();
        let problems = |section: Value| spec(section).check(&Checks::new(&specs)).len();
        let strategy = json!([{"capacityProvider": "FARGATE", "weight": 1}]);
        let fargate = json!({"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": strategy});
        assert_eq!(problems(fargate), 0);
        assert_eq!(problems(json!({"defaultCapacityProviderStrategy": strategy})), 1);
        let weightless = json!([{"capacityProvider": "FARGATE"}]);
        let weightless = json!({"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": weightless});
        assert_eq!(problems(weightless), 1);
    }

    #[test]
    fn a_cluster_is_ready_when_it_is_active() {
        for (status, ready) in [("ACTIVE", true), ("PROVISIONING", false), ("FAILED", false)] {
            let live = live(&json!({"status": status}));
            assert_eq!(Cluster::readiness(&live) == Readiness::Ready, ready, "{status}");
        }
    }
}
