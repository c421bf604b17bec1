//! Reading clusters, and what holds them.
//!
//! Knows: how ECS lists and describes. Must not know: the spec.

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::{ClusterLive, ClusterSetting};
use crate::cloud::{Cloud, CloudError, DocumentExchange, Result};
use crate::model::Tags;
use crate::resources::ecs::{self, list, text};

/// The ARNs of all clusters of the region.
pub(in crate::resources) async fn arns(cloud: &Cloud) -> Result<Vec<String>> {
    let mut pages = cloud.ecs.list_clusters().into_paginator().send();
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        arns.extend(page?.cluster_arns().iter().cloned());
    }
    Ok(arns)
}

/// A call that changes `fields` of the cluster `name`.
pub(super) fn changing<const N: usize>(name: &str, fields: [(&str, Option<Value>); N]) -> DocumentExchange {
    let fields = fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?)));
    let mut body: Map<String, Value> = fields.collect();
    body.insert("cluster".to_owned(), name.into());
    DocumentExchange::sending(Value::Object(body))
}

/// The clusters of these names or ARNs, with their tags.
pub(super) async fn describe(cloud: &Cloud, clusters: Vec<String>) -> Result<Vec<(ClusterLive, Tags)>> {
    use aws_sdk_ecs::types::ClusterField;
    let batches = clusters.chunks(100).map(|batch| async move {
        let exchange = DocumentExchange::keeping();
        cloud
            .ecs
            .describe_clusters()
            .set_clusters(Some(batch.to_vec()))
            .include(ClusterField::Tags)
            .include(ClusterField::Settings)
            .customize()
            .interceptor(exchange.clone())
            .send()
            .await?;
        let answer = exchange.answer();
        ecs::check_failures("DescribeClusters", &answer, "clusters", batch.len())?;
        let clusters = list(&answer, "clusters").map(|cluster| (live(cluster), ecs::tags_of(cluster)));
        Ok::<_, CloudError>(clusters.collect::<Vec<_>>())
    });
    Ok(try_join_all(batches).await?.concat())
}

/// Reads a cluster off an answer of ECS.
pub(super) fn live(cluster: &Value) -> ClusterLive {
    let providers = list(cluster, "capacityProviders").filter_map(Value::as_str);
    let settings = list(cluster, "settings");
    ClusterLive {
        name: text(cluster, "clusterName"),
        arn: text(cluster, "clusterArn"),
        status: text(cluster, "status"),
        capacity_providers: providers.map(str::to_owned).collect(),
        default_capacity_provider_strategy: ecs::strategy(cluster, "defaultCapacityProviderStrategy"),
        settings: settings
            .map(|setting| ClusterSetting { name: text(setting, "name"), value: text(setting, "value") })
            .collect(),
    }
}
