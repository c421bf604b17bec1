//! Operations of Cloud Map's: what it answers with for the changes that take their time.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{CLOUD_MAP, Cause, Cloud, CloudError, Result, unless_gone};
use crate::resource::{Live, Waiting};
use crate::resources::ecs::{list, text};

/// The longest that an operation may take (the Terraform provider's constant).
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// The pause between two looks at one.
const PAUSE: Duration = Duration::from_secs(3);

/// Waits until the operation that `answer` names is done. Returns the ids of what it is about, by `NAMESPACE`, `SERVICE`
/// and `INSTANCE`.
///
/// # Errors
/// Why it failed, with Cloud Map's code.
pub(super) async fn done(cloud: &Cloud, answer: &Value, waiting: &Waiting) -> Result<Value> {
    let asked = json!({ "OperationId": answer["OperationId"] });
    let end = cloud.now() + PATIENCE;
    loop {
        let now = cloud.call(&CLOUD_MAP, "GetOperation", asked.clone()).await?["Operation"].take();
        match text(&now, "Status").as_str() {
            "SUCCESS" => return Ok(now["Targets"].clone()),
            "FAIL" => return Err(failed(&now)),
            status => pause(cloud, status, end, waiting).await?,
        }
    }
}

/// Waits until a namespace is gone whose delete Cloud Map has taken.
///
/// # Errors
/// Why it isn't.
pub(super) async fn gone(cloud: &Cloud, namespace: &Live, waiting: &Waiting) -> Result<()> {
    let of = |name: &str, value: &str| json!({"Name": name, "Values": [value], "Condition": "EQ"});
    let asked = json!({"Filters": [of("NAMESPACE_ID", namespace.id()), of("TYPE", "DELETE_NAMESPACE")]});
    let end = cloud.now() + PATIENCE;
    loop {
        let anew = cloud.anew();
        let left = anew.call(&CLOUD_MAP, "GetNamespace", json!({"Id": namespace.id()})).await;
        if unless_gone(left)?.is_none() {
            return Ok(());
        }
        let pages = anew.pages(&CLOUD_MAP, "ListOperations", asked.clone()).await?;
        let mut all: Vec<&Value> = pages.iter().flat_map(|page| list(page, "Operations")).collect();
        let is_over = |one: &&Value| ["FAIL", "SUCCESS"].contains(&text(one, "Status").as_str());
        if !all.is_empty() && all.iter().all(is_over) {
            all.retain(|one| one["Status"] == "FAIL");
            if let Some(one) = all.first() {
                let asked = json!({ "OperationId": one["Id"] });
                return Err(failed(&cloud.call(&CLOUD_MAP, "GetOperation", asked).await?["Operation"]));
            }
        }
        pause(cloud, "DELETING", end, waiting).await?;
    }
}

async fn pause(cloud: &Cloud, status: &str, end: std::time::SystemTime, waiting: &Waiting) -> Result<()> {
    if cloud.now() + PAUSE > end {
        let message = format!("Cloud Map is still at it after {} minutes: {status}", PATIENCE.as_secs() / 60);
        return Err(CloudError::own_at("GetOperation", Cause::StillDeleting, message));
    }
    waiting.pause(cloud, &format!("Cloud Map is at it ({})", status.to_lowercase()), PAUSE).await
}

/// The failure of an operation as an error.
fn failed(operation: &Value) -> CloudError {
    CloudError::answered(&text(operation, "Type"), &text(operation, "ErrorCode"), text(operation, "ErrorMessage"))
}
