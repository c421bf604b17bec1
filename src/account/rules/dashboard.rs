//! Rules for the body of PutDashboard.

use super::input::{items, one_of, text, up_to};
use super::texts::TextRule;
use super::{Rule, Rules};

/// The page of what a dashboard is made of.
const BODY: &str = "Dashboard Body Structure and Syntax, Amazon CloudWatch API";

/// The name of a dashboard.
pub const DASHBOARD_NAME: TextRule = TextRule {
    min: 1,
    max: 255,
    is_valid: |name| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
    source: "PutDashboard, Amazon CloudWatch API",
};

/// The rules for a dashboard's body.
pub static DASHBOARD: Rules = Rules::new(
    "PutDashboard",
    r#"{"widgets": [{"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
        "region": "eu-west-1", "metrics": [["AWS/ECS", "CPUUtilization", "ClusterName", "lab"]]}}]}"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new("a dashboard is a list of widgets, 500 at most", BODY, &["widgets = {}"], |input, found| {
        up_to(input, "widgets", 500, "", found);
        if input.get("widgets").is_some_and(|widgets| !widgets.is_array()) {
            found.here("widgets");
        }
    }),
    Rule::new("a widget is of a sort that CloudWatch has", BODY, &[r#"widgets[0].type = "graph""#], |input, found| {
        one_of(input, "widgets[].type", &["alarm", "custom", "explorer", "log", "metric", "text"], found);
    }),
    Rule::new("a widget has properties", BODY, &["widgets[0].properties = null"], |input, found| {
        for (path, widget) in items("widgets", &input["widgets"]) {
            if !widget["properties"].is_object() {
                found.here(format!("{path}.properties"));
            }
        }
    }),
    Rule::new(
        "a widget of metrics or of a log says whose region's they are",
        BODY,
        &["widgets[0].properties.region = null"],
        |input, found| {
            for (path, widget) in items("widgets", &input["widgets"]) {
                let of_region = text(&widget["type"]).is_some_and(|kind| ["log", "metric"].contains(&kind));
                if of_region && widget["properties"].is_object() && widget["properties"]["region"].is_null() {
                    found.here(format!("{path}.properties.region")).hint("write `region: ${region}`");
                }
            }
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::DASHBOARD_NAME;

    #[test]
    fn names_are_of_letters_digits_hyphens_and_underscores() {
        assert!(["a", "Lab_eu-west-1"].iter().all(|name| DASHBOARD_NAME.allows(name)));
        assert!(["", "a b", "a.b"].iter().all(|name| !DASHBOARD_NAME.allows(name)));
        assert!(DASHBOARD_NAME.allows(&"a".repeat(255)) && !DASHBOARD_NAME.allows(&"a".repeat(256)));
    }
}
