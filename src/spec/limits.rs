//! What an editor is told of values beyond their types: which names, numbers and lengths AWS takes.
//!
//! Numbers are AWS's own ("Request parameters" of the operation that takes the field); names follow from the rules that
//! `validate` asks.

use labform_account::rules::RETENTIONS;
use serde_json::{Map, Value, json};

use crate::resource::NameRule;

/// The least and the greatest number of fields, wherever they stand.
const NUMBERS: [(&str, i64, i64); 12] = [
    ("containerPort", 1, 65_535),
    ("fromPort", -1, 65_535),
    ("healthCheckGracePeriodSeconds", 0, 2_147_483_647),
    ("healthCheckIntervalSeconds", 5, 300),
    ("healthCheckTimeoutSeconds", 2, 120),
    ("healthyThresholdCount", 2, 10),
    ("hostPort", 0, 65_535),
    ("maxSessionDuration", 3_600, 43_200),
    ("port", 1, 65_535),
    ("stopTimeout", 0, 120),
    ("toPort", -1, 65_535),
    ("unhealthyThresholdCount", 2, 10),
];

/// Narrows the numbers in all definitions.
pub(super) fn narrow(definitions: &mut Map<String, Value>) {
    for definition in definitions.values_mut() {
        for (name, field) in definition["properties"].as_object_mut().into_iter().flatten() {
            if let Some((_, least, most)) = NUMBERS.iter().find(|(known, ..)| known == name) {
                field["minimum"] = (*least).into();
                field["maximum"] = (*most).into();
            }
            if name == "retentionInDays" {
                let days = RETENTIONS.iter().map(|days| json!(days));
                field["enum"] = days.chain([json!(0), Value::Null]).collect();
            }
        }
    }
}

/// Narrows the field that gives a kind's name. What `${…}` will be isn't known to an editor.
pub(super) fn name(rule: &NameRule, fields: &mut Map<String, Value>) {
    let Some(field) = fields.get_mut(rule.field) else {
        return;
    };
    let root = if rule.is_path { "/" } else { "" };
    let allowed = |sign: &char| (rule.is_valid)(&format!("{root}aa{sign}aa"));
    let signs: String = (' '..='~').filter(allowed).map(in_class).collect();
    let (least, most) = (rule.min, rule.max);
    field["pattern"] = format!("^(?:[{signs}]{{{least},{most}}}|.*\\$\\{{.*)$").into();
}

/// A sign as it stands in a class of a regular expression.
fn in_class(sign: char) -> String {
    if matches!(sign, '\\' | ']' | '[' | '^' | '-') { format!("\\{sign}") } else { sign.to_string() }
}
