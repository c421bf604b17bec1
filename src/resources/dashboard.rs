//! Amazon CloudWatch dashboards. They are the account's, and of no region: their names and their tags say which lab's they
//! are in which region. They carry tags since June 2026, of which the tag index doesn't know (cloud-custodian, pull request
//! 11090).

use labform_account::rules::{DASHBOARD, DASHBOARD_NAME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::made_for;
use crate::cloud::{CLOUDWATCH, Cloud, Result};
use crate::model::{Tags, Unit, Usage};
use crate::resource::{
    CallRules, Calls, Checks, Field, Habits, Live, Managed as _, NameRule, Pasted, Plain, Problem, Strays, Target,
    UsageContext, all, call, change, document_breaches, each, update,
};

/// A dashboard: the fields of PutDashboard.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dashboard {
    /// The dashboard's name, unique among all regions; `<lab>-<region>-<name>` if it is left out.
    pub dashboard_name: Option<String>,
    /// The dashboard, as a JSON document: its widgets and their places.
    pub dashboard_body: DashboardBody,
}

/// A dashboard's widgets and their places: the JSON document, or the text of one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct DashboardBody(pub Value);

impl Plain for Dashboard {
    const KIND: &'static str = "dashboard";
    const SECTION: &'static str = "dashboards";
    const NAME: NameRule =
        NameRule { has_region: true, ..NameRule::of("dashboardName", DASHBOARD_NAME, "letters, digits, - and _") };
    const FIELDS: &'static [Field] = &[update("dashboardBody").document(normal)];
    const RULES: CallRules = &[];
    const PASTED: Pasted = Pasted { told: &["dashboardArn", "lastModified", "size"], ..Pasted::PLAIN };
    const CALLS: Calls = Calls {
        api: &CLOUDWATCH,
        arn: "dashboard/{name}",
        id: "DashboardArn",
        name: "DashboardName",
        made: "",
        brings_tags: false,
        create: call("PutDashboard", "DashboardName").answers_without_object(),
        read: &[each("GetDashboard", "DashboardName")],
        list: all("ListDashboards", "DashboardEntries"),
        // IAM knows no tags of a dashboard that is changed or deleted (Service Authorization Reference).
        updates: &[change(call("PutDashboard", "DashboardName").by_name().blind_to_tags(), &["dashboardBody"])],
        delete: call("DeleteDashboards", "/DashboardNames/0")
            .with(r#"{"DashboardNames": [null]}"#)
            .by_name()
            .blind_to_tags(),
        restore: None,
    };
    const HABITS: Habits = Habits { overwrites: true, of_account: true, strays: Strays::ByListing, ..Habits::USUAL };

    fn usage(_context: &UsageContext<'_>, _document: &Value) -> Usage {
        Usage::one(Unit::Dashboard, "dashboard")
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        document_breaches(&DASHBOARD, "dashboardBody", &self.dashboard_body.0, "a dashboard's document")
    }

    /// PutDashboard writes over what is there.
    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        Ok(live)
    }
}

/// A dashboard as a document, whichever way it is written.
fn normal(body: &Value) -> Value {
    let parsed = body.as_str().and_then(|text| serde_json::from_str(text).ok());
    parsed.unwrap_or_else(|| body.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::Resource;
    use crate::resources::test_others;

    #[test]
    fn a_dashboard_is_the_same_in_whichever_way_it_is_written() {
        let body = json!({"widgets": [{"type": "text", "properties": {"markdown": "a"}}]});
        let live = Live {
            name: "it".to_owned(),
            arn: "arn:it".to_owned(),
            document: json!({"dashboardBody": format!("{body:#}")}),
        };
        let differs = |body: Value| {
            let spec: Dashboard = serde_json::from_value(json!({ "dashboardBody": body })).unwrap();
            !Resource::edit(&spec, &live, &test_others(), &[]).diff.is_empty()
        };
        assert!(!differs(body.clone()) && !differs(body.to_string().into()));
        assert!(differs(json!({"widgets": []})));
    }
}
