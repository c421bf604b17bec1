//! AWS Cloud Map: namespaces, and the services in them with which tasks are registered.

mod discovery_service;
mod instances;
mod namespace;
mod operation;

pub use discovery_service::DiscoveryService;
pub use namespace::Namespace;

use serde_json::{Value, json};

use super::ecs::{list, text};
use crate::cloud::{CLOUD_MAP, Cloud, Result};
use crate::resource::Live;

/// Puts the name of a namespace for its ARN in `want`, where ECS answers with the name.
pub(super) fn named_as(namespace: &Live, have: &Value, want: &mut Value) {
    if *have == namespace.name.as_str() {
        *want = have.clone();
    }
}

/// The ids of the account's own namespaces of this name.
async fn namespaces(cloud: &Cloud, name: &str) -> Result<Vec<String>> {
    let pages = cloud.pages(&CLOUD_MAP, namespace::LISTING, namespace::own()).await?;
    let all = pages.iter().flat_map(|page| list(page, "Namespaces"));
    Ok(all.filter(|one| one["Name"] == name).map(|one| text(one, "Id")).collect())
}

/// The services in the namespace with this id, as Cloud Map lists them.
async fn services_in(cloud: &Cloud, namespace: &str) -> Result<Vec<Value>> {
    let asked = json!({"Filters": [{"Name": "NAMESPACE_ID", "Values": [namespace], "Condition": "EQ"}]});
    let pages = cloud.pages(&CLOUD_MAP, "ListServices", asked).await?;
    Ok(pages.iter().flat_map(|page| list(page, "Services")).cloned().collect())
}
