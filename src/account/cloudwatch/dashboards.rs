//! Dashboards, which are of no region.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refused;
use crate::account::{Account, seconds};
use crate::forms::{Pages, Tags};
use crate::input::{need, text, texts};
use crate::rules::{DASHBOARD, DASHBOARD_NAME};
use crate::shelf::{Body, Kind, Shelf};
use crate::states::Kept;
use crate::wire::{Answer, Fault};

/// A dashboard.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dashboard {
    /// The body as it was put.
    body: String,
    changed: i64,
}

impl Body for Dashboard {}

pub(super) static DASHBOARDS: Kind<Dashboard> = Kind {
    kept: Kept::global::<Shelf<Dashboard>>("cloudwatch/dashboards"),
    missing: |_, id| refused("ResourceNotFoundException", format!("Unknown resource: {id}")).with_status(404),
    pages: Pages {
        size: "",
        token: ("NextToken", "NextToken"),
        usual: 1000,
        bad_token: || refused("InvalidParameterValue", "The next token specified is invalid."),
        ..Pages::JSON
    },
    tags: Tags { id: "ResourceARN", ..Tags::JSON },
    ..Kind::new("cloudwatch:dashboard", "cloudwatch/dashboards")
};

/// Makes a dashboard, or writes over one, whose tags stay.
pub(super) fn put(account: &mut Account, input: &Value) -> Answer {
    let (name, body) = (need(input, "DashboardName")?, need(input, "DashboardBody")?);
    DASHBOARD_NAME.check(&name, || invalid("The value for field DashboardName contains invalid characters."))?;
    let document: Value =
        serde_json::from_str(&body).map_err(|_| invalid("The field DashboardBody must be a valid JSON object"))?;
    DASHBOARD.check(&document, invalid)?;
    let now = account.now;
    match DASHBOARDS.find_mut(account, &name) {
        Ok((_, dashboard)) => (dashboard.body, dashboard.changed) = (body, now),
        Err(_) => {
            let arn = format!("arn:aws:cloudwatch::{}:dashboard/{name}", account.id);
            DASHBOARDS.create(account, &name, arn, input, Dashboard { body, changed: now })?;
        }
    }
    Ok(json!({ "DashboardValidationMessages": [] }))
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let name = need(input, "DashboardName")?;
    let gone = || refused("ResourceNotFound", format!("Dashboard {name} does not exist")).with_status(404);
    let dashboard = DASHBOARDS.get(account, &name).ok_or_else(gone)?;
    Ok(json!({"DashboardArn": dashboard.arn, "DashboardBody": dashboard.body, "DashboardName": name}))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let prefix = text(input, "DashboardNamePrefix").unwrap_or_default();
    DASHBOARDS.list(
        account,
        input,
        "DashboardEntries",
        |name, _| name.starts_with(&prefix),
        |name, dashboard| {
            json!({"DashboardName": name, "DashboardArn": dashboard.arn, "Size": dashboard.body.len(),
            "LastModified": seconds(dashboard.changed)})
        },
    )
}

/// `DeleteDashboards`: those that aren't there are gone already.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    texts(input, "DashboardNames").iter().for_each(|name| drop(DASHBOARDS.delete(account, name)));
    Ok(json!({}))
}

fn invalid(message: impl Into<String>) -> Fault {
    refused("InvalidParameterInput", message)
}
