//! Amazon ECS clusters.

mod holders;

use std::collections::BTreeSet;

use labform_account::rules::CLUSTER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ecs::{self, Strategy};
use super::held::held_by;
use super::{Namespace, named_as};
use crate::cloud::{Cause, Cloud, CloudError, ECS, LAB_TAG, Owner, Result};
use crate::model::Tags;
use crate::resource::{
    Beside, CallRules, Calls, Checks, Detail, Field, Grant, Live, NameRule, Names, Need, Observed, Others, Pasted,
    Place, Plain, Presence, Problem, Readiness, Ref, Resource as _, SpecRef, Target, Wanted, When, batch, breaches,
    call, change, document, ids, part, update,
};
pub(super) use holders::tenants;

/// An ECS cluster: the fields of CreateCluster.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// The cluster's name.
    pub cluster_name: Option<String>,
    /// The capacity providers that its tasks may run on, as in `FARGATE` and `FARGATE_SPOT`.
    pub capacity_providers: Option<BTreeSet<String>>,
    /// The capacity providers of tasks that say nothing about theirs.
    pub default_capacity_provider_strategy: Option<Strategy>,
    /// The cluster's settings, as in `containerInsights`.
    pub settings: Option<Vec<ClusterSetting>>,
    /// The namespace of services that take part in Service Connect and name none.
    pub service_connect_defaults: Option<ServiceConnectDefaults>,
}

/// The part in Service Connect of services that say nothing about theirs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceConnectDefaults {
    /// The namespace, a name below `namespaces`.
    pub namespace: Ref<Namespace>,
}

/// A setting of a cluster.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClusterSetting {
    /// The setting's name: `containerInsights`.
    pub name: String,
    /// The setting's value: `enabled`, `enhanced` or `disabled`.
    pub value: String,
}

/// PutClusterCapacityProviders requires both (API reference).
const BOTH_LISTS: &str = r#"{"capacityProviders": [], "defaultCapacityProviderStrategy": []}"#;

impl Plain for Cluster {
    const KIND: &'static str = "cluster";
    const SECTION: &'static str = "clusters";
    const NAME: NameRule = NameRule::new(
        "clusterName",
        1..=255,
        "letters, digits, - and _, and not `default`, which ECS means where no cluster is given",
        |name| name != "default" && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
    );
    const FIELDS: &'static [Field] = &[
        update("capacityProviders").unordered(),
        update("defaultCapacityProviderStrategy").unordered(),
        part("defaultCapacityProviderStrategy[].weight").default("0"),
        part("defaultCapacityProviderStrategy[].base").default("0"),
        update("settings").keyed("name"),
        update("serviceConnectDefaults"),
    ];
    const RULES: CallRules = &[&CLUSTER];
    const PASTED: Pasted = Pasted {
        around: &["clusters", "cluster"],
        told: &[
            "activeServicesCount",
            "attachments",
            "attachmentsStatus",
            "clusterArn",
            "pendingTasksCount",
            "registeredContainerInstancesCount",
            "runningTasksCount",
            "statistics",
            "status",
        ],
        beyond: &[("configuration", "null")],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &ECS,
        arn: "cluster/{name}",
        id: "clusterArn",
        name: "clusterName",
        made: "",
        brings_tags: true,
        create: call("CreateCluster", "clusterName"),
        read: &[batch("DescribeClusters", "clusters", 100, "clusters")
            .with(r#"{"include": ["TAGS", "SETTINGS"]}"#)
            .checked(|operation, answer, asked| ecs::check_failures(operation, answer, "clusters", asked))],
        list: ids("ListClusters", "clusterArns"),
        updates: &[
            change(call("UpdateCluster", "cluster").by_name(), &["settings", "serviceConnectDefaults"]),
            change(
                call("PutClusterCapacityProviders", "cluster").by_name().with(BOTH_LISTS),
                &["capacityProviders", "defaultCapacityProviderStrategy"],
            )
            .whole(),
        ],
        delete: call("DeleteCluster", "cluster"),
        restore: None,
    };

    fn refs(&self) -> Vec<SpecRef> {
        let defaults = self.service_connect_defaults.iter();
        defaults.map(|defaults| defaults.namespace.at("serviceConnectDefaults.namespace")).collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(defaults) = &self.service_connect_defaults {
            // AWS makes a namespace of its own for a name that there isn't (CreateCluster, API reference).
            let arn = others.live(&defaults.namespace).map(|live| live.arn.clone());
            want["serviceConnectDefaults"]["namespace"] = arn.shown().into();
        }
        want
    }

    fn keep(&self, live: &Live, others: &Others, want: &mut Value) {
        let defaults = self.service_connect_defaults.as_ref();
        if let Some(namespace) = defaults.and_then(|defaults| others.live(&defaults.namespace).now()) {
            let field = "serviceConnectDefaults";
            named_as(namespace, &live.document[field]["namespace"], &mut want[field]["namespace"]);
        }
    }

    fn links(live: &Live) -> Vec<String> {
        let namespace = live.document["serviceConnectDefaults"]["namespace"].as_str();
        namespace.into_iter().map(str::to_owned).collect()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let providers = self.capacity_providers.iter().flatten();
        let mistaken = providers.filter(|name| ["EC2", "EXTERNAL", "MANAGED_INSTANCES"].contains(&name.as_str()));
        let warnings = mistaken.map(|name| {
            let message = format!("`{name}` is a launch type, and hardly the name of a capacity provider");
            Problem::at("capacityProviders", message).hint("AWS's own are `FARGATE` and `FARGATE_SPOT`").warning()
        });
        breaches(&CLUSTER, &document(self)).into_iter().chain(warnings).collect()
    }

    fn presence(live: &Live) -> Presence {
        match live.text("status") {
            "INACTIVE" => Presence::Gone,
            "DEPROVISIONING" => Presence::Leaving,
            _ => Presence::There,
        }
    }

    fn readiness(live: &Live) -> Readiness {
        match live.text("status") {
            "ACTIVE" => Readiness::Ready(None),
            "FAILED" => Readiness::Failed("its capacity providers could not be set up".to_owned()),
            status => Readiness::Pending(status.to_lowercase()),
        }
    }

    fn more_grants(&self, name: &str, place: &Place) -> Vec<Grant> {
        // What holds a cluster; its services are listed anyhow.
        let holders = &["ecs:DescribeTasks", "ecs:ListContainerInstances", "ecs:ListTasks"];
        let own = [ecs::service_role(), Grant::in_region(Need::Delete, holders, place)];
        own.into_iter().chain(ecs::look_at_tasks(name, place)).collect()
    }

    /// # Guarantees
    /// Never adopts: CreateCluster answers with success for a cluster that somebody else has under this name, so that
    /// only the tags of what it answers tell whose it is (API reference, CreateCluster).
    async fn made(&self, cloud: &Cloud, target: &Target, mut live: Live, mut tags: Tags) -> Result<Live> {
        let lab = &target.tags[LAB_TAG];
        if !Owner::of(&tags, &target.address.kind, lab).is(&target.address) {
            let (address, name, detail) = (&target.address, target.name.as_str(), Detail::Fields);
            let wanted = Wanted { address, name, spec: self, source: None, lab, detail };
            let found = Self::read(cloud, &[wanted], &Names::new()).await?.pop().map(|found| found.observed);
            if let Some(Observed::Present { live: l, tags: t } | Observed::Leaving { live: l, tags: t }) = found {
                (live, tags) = (l, t);
            }
        }
        let whose = match Owner::of(&tags, &target.address.kind, lab) {
            Owner::Lab(address) if address == target.address => return Ok(live),
            Owner::Lab(address) => format!("it is this lab's {address}"),
            Owner::Other(words) => words,
        };
        let message = format!("there is a cluster `{}` already: {whose}", target.name);
        Err(CloudError::own_at("CreateCluster", Cause::ClusterExists, message))
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, _when: When) -> Result<Vec<Beside>> {
        holders::beside(cloud, lab, &live.arn).await
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.code().starts_with("ClusterContains") {
            return error;
        }
        let holders = holders::holders(cloud, &live.arn, &error).await;
        held_by(error, holders)
    }
}

/// The ARNs of all clusters of the region.
pub(super) async fn arns(cloud: &Cloud) -> Result<Vec<String>> {
    holders::arns(cloud, "ListClusters", json!({}), "clusterArns").await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn spec(value: Value) -> Cluster {
        serde_json::from_value(value).expect("it is a cluster")
    }

    #[test]
    fn a_strategy_names_providers_of_the_cluster() {
        let specs = BTreeMap::new();
        let problems = |section: Value| Plain::check(&spec(section), &Checks::new(&specs)).len();
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
            let live = Live { name: "main".to_owned(), arn: "c".to_owned(), document: json!({"status": status}) };
            assert_eq!(<Cluster as Plain>::readiness(&live) == Readiness::Ready(None), ready, "{status}");
        }
    }
}
