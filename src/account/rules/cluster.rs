//! Rules for CreateCluster, and for capacity provider strategies wherever they stand.

use super::input::{at, each, is_given, one_of, text};
use super::{Rule, Rules};

/// The page of the call.
const CREATE: &str = "CreateCluster, Amazon ECS API";

/// The rules for CreateCluster.
pub static CLUSTER: Rules = Rules::new(
    "CreateCluster",
    r#"{
        "clusterName": "main", "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 4}],
        "settings": [{"name": "containerInsights", "value": "enabled"}]
    }"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    strategy::WEIGHTS.of(
        &[r#"defaultCapacityProviderStrategy = [{"capacityProvider": "FARGATE"}]"#],
        |input, found| strategy::weights(input, "defaultCapacityProviderStrategy", found),
    ),
    strategy::PROVIDERS.of(
        &["defaultCapacityProviderStrategy[1].base = 1 @ defaultCapacityProviderStrategy"],
        |input, found| strategy::providers(input, "defaultCapacityProviderStrategy", found),
    ),
    Rule::new(
        "a cluster's default strategy names capacity providers of the cluster",
        CREATE,
        &[r#"capacityProviders = ["FARGATE"] @ defaultCapacityProviderStrategy"#],
        |input, found| {
            let own: Vec<&str> =
                each(input, "capacityProviders[]").iter().filter_map(|(_, name)| name.as_str()).collect();
            for (_, name) in each(input, "defaultCapacityProviderStrategy[].capacityProvider") {
                if let Some(name) = text(name).filter(|name| !own.contains(name)) {
                    let message = format!("`{name}` is not a capacity provider of the cluster");
                    found
                        .at("defaultCapacityProviderStrategy", message)
                        .hint(format!("add `{name}` to capacityProviders"));
                }
            }
        },
    )
    .words(
        "The specified capacity provider strategy contains a capacity provider that is not associated with the cluster. \
         Associate the capacity provider with the cluster and try again.",
    ),
    Rule::new(
        "a cluster's setting is containerInsights: enabled, enhanced or disabled",
        "ClusterSetting, Amazon ECS API",
        &[r#"settings[0].name = "insights""#, r#"settings[0].value = "on""#],
        |input, found| {
            one_of(input, "settings[].name", &["containerInsights"], found);
            one_of(input, "settings[].value", &["enabled", "enhanced", "disabled"], found);
        },
    ),
    Rule::new(
        "where commands' output goes is said with OVERRIDE, and with nothing else",
        "ExecuteCommandConfiguration, Amazon ECS API",
        &[
            r#"configuration.executeCommandConfiguration = {"logging": "OVERRIDE"}"#,
            r#"configuration.executeCommandConfiguration = {"logging": "DEFAULT", "logConfiguration":
              {"cloudWatchLogGroupName": "a"}}"#,
        ],
        |input, found| {
            let path = "configuration.executeCommandConfiguration";
            let command = at(input, path);
            let is_overridden = command["logging"] == "OVERRIDE";
            if is_given(command) && is_overridden != is_given(&command["logConfiguration"]) {
                found.here(path);
            }
        },
    ),
];

/// Rules for capacity provider strategies.
pub(super) mod strategy {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use crate::rules::input::{at, between, each, items, number, text};
    use crate::rules::{Found, Rule};

    /// What AWS asks for, and where it says so.
    pub(crate) struct Asked(&'static str, &'static str);

    impl Asked {
        /// The rule of a call that takes a strategy.
        pub(crate) const fn of(self, broken_by: &'static [&'static str], find: fn(&Value, &mut Found)) -> Rule {
            Rule::new(self.0, self.1, broken_by, find)
        }
    }

    /// What AWS asks for of shares.
    pub(crate) const WEIGHTS: Asked = Asked(
        "of a strategy's capacity providers one has a weight above 0; weights go to 1000, bases to 100000",
        "CapacityProviderStrategyItem, Amazon ECS API",
    );
    /// What AWS asks for of providers.
    pub(crate) const PROVIDERS: Asked = Asked(
        "a strategy names up to 20 capacity providers once each, of Fargate or of others, and one of them has a base",
        "CapacityProviderStrategyItem, Amazon ECS API",
    );

    /// Notes what is wrong with the shares of the strategy in `field`.
    pub(crate) fn weights(input: &Value, field: &str, found: &mut Found) {
        let all = items(field, at(input, field));
        if !all.is_empty() && all.iter().all(|(_, item)| number(&item["weight"]).unwrap_or(0) == 0) {
            found.at(field, "no capacity provider has a weight above 0").hint("add `weight: 1`").said(
                "Invalid capacity provider strategy. At least one capacity provider must have a weight greater \
                 than zero.",
            );
        }
        between(input, &format!("{field}[].weight"), 0, 1000, found);
        between(input, &format!("{field}[].base"), 0, 100_000, found);
    }

    /// Notes what is wrong with the providers of the strategy in `field`.
    pub(crate) fn providers(input: &Value, field: &str, found: &mut Found) {
        let all = items(field, at(input, field));
        if all.iter().filter(|(_, item)| number(&item["base"]).unwrap_or(0) > 0).count() > 1 {
            found.at(field, "only one capacity provider of a strategy can have a base").said(
                "There are multiple capacity providers in the specified capacity provider strategy with a base value \
                 defined.",
            );
        }
        let names = each(input, &format!("{field}[].capacityProvider"));
        let mut seen = BTreeSet::new();
        for (path, name) in &names {
            if let Some(name) = text(name).filter(|name| !seen.insert(*name)) {
                found.at(path.as_str(), format!("`{name}` stands in the strategy twice"));
            }
        }
        let fargate = seen.iter().filter(|name| name.starts_with("FARGATE")).count();
        if fargate > 0 && fargate < seen.len() {
            found.at(field, "a strategy is of Fargate's capacity providers or of others, not of both").said(
                "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and \
                 Fargate providers.",
            );
        }
        if names.len() > 20 {
            found.at(field, "a strategy names up to 20 capacity providers");
        }
    }
}
