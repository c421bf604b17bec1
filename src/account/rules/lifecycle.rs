//! Rules for PutLifecyclePolicy: for the document, which the call carries as a text.

use std::collections::BTreeSet;

use serde_json::Value;

use super::input::{each, is_given, number, one_of, text};
use super::{Found, Rule, Rules};

/// The page of the parameters.
const PAGE: &str = "Lifecycle policy properties, Amazon ECR user guide";
/// The counts that are of days.
const SINCE: [&str; 3] = ["sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned"];

/// The rules for the lifecycle policy of a repository.
pub static LIFECYCLE_POLICY: Rules = Rules::new(
    "PutLifecyclePolicy",
    r#"{"rules": [
        {"rulePriority": 1, "description": "old", "selection": {"tagStatus": "tagged", "tagPatternList": ["v*"],
            "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}, "action": {"type": "expire"}},
        {"rulePriority": 2, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10},
            "action": {"type": "expire"}}
    ]}"#,
    &[RULES],
);

const RULES: &[Rule] = &[
    Rule::new(
        "a lifecycle policy has a list of 1 to 50 rules, and nothing else",
        PAGE,
        &["rules = []", r#"Rules = []"#],
        |input, found| {
            let count = input["rules"].as_array().map_or(0, Vec::len);
            if !(1..=50).contains(&count) {
                found
                    .at("rules", "a lifecycle policy has a list of 1 to 50 `rules`")
                    .hint("write `rules:` with a list, as PutLifecyclePolicy takes it");
            }
            foreign(input, "", &["rules"], found);
        },
    ),
    Rule::new(
        "a rule has a priority, a selection and an action, and perhaps a description",
        PAGE,
        &["rules[0].action = null", r#"rules[0].priority = 1"#, r#"rules[0].selection.tags = ["a"]"#],
        |input, found| {
            let selection = [
                "tagStatus",
                "tagPrefixList",
                "tagPatternList",
                "countType",
                "countUnit",
                "countNumber",
                "storageClass",
            ];
            for (path, rule) in each(input, "rules[]") {
                for member in
                    ["rulePriority", "selection", "action"].into_iter().filter(|member| !is_given(&rule[*member]))
                {
                    found.at(format!("{path}.{member}"), format!("a rule needs `{member}`"));
                }
                foreign(rule, &path, &["rulePriority", "description", "selection", "action"], found);
                foreign(&rule["selection"], &format!("{path}.selection"), &selection, found);
                foreign(&rule["action"], &format!("{path}.action"), &["type", "targetStorageClass"], found);
            }
        },
    ),
    Rule::new(
        "no two rules have one priority, which is a number from 1",
        PAGE,
        &["rules[0].rulePriority = 0", "rules[1].rulePriority = 1"],
        |input, found| {
            let mut seen = BTreeSet::new();
            for (path, priority) in each(input, "rules[].rulePriority") {
                match number(priority) {
                    Some(priority) if priority < 1 => {
                        found.at(path, format!("{priority} is no priority: AWS takes 1 and above"));
                    }
                    Some(priority) if !seen.insert(priority) => {
                        found
                            .at(path, format!("another rule has the priority {priority}"))
                            .said("Lifecycle policy validation failure: Duplicate priority in multiple rules");
                    }
                    _ => {}
                }
            }
        },
    ),
    Rule::new(
        "one rule is for any image at most, and it has the highest priority of all",
        PAGE,
        &[
            "rules[1].rulePriority = 3 && rules[0].rulePriority = 4 @ rules[1].rulePriority",
            r#"rules[0].selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}"#,
        ],
        |input, found| {
            let last = each(input, "rules[].rulePriority").iter().filter_map(|(_, priority)| number(priority)).max();
            let any: Vec<_> = each(input, "rules[]")
                .into_iter()
                .filter(|(_, rule)| rule["selection"]["tagStatus"] == "any")
                .collect();
            if let [first, _, ..] = any.as_slice() {
                found.at(format!("{}.selection", first.0), "another rule is for any image, too");
            } else if let Some((path, rule)) = any.first()
                && number(&rule["rulePriority"]) != last
            {
                found
                    .at(
                        format!("{path}.rulePriority"),
                        "what is left for `any` comes last: its rule has the highest number",
                    )
                    .hint(format!("write `rulePriority: {}`", last.unwrap_or(0) + 1));
            }
        },
    ),
    Rule::new(
        "a rule is for images that are tagged, untagged, or any; tagged ones are chosen by prefixes or by patterns",
        PAGE,
        &[
            r#"rules[0].selection.tagStatus = "all""#,
            "rules[0].selection.tagPatternList = null @ rules[0].selection",
            r#"rules[0].selection.tagPrefixList = ["v"] @ rules[0].selection"#,
            r#"rules[0].selection.tagStatus = "untagged" @ rules[0].selection"#,
        ],
        |input, found| {
            one_of(input, "rules[].selection.tagStatus", &["tagged", "untagged", "any"], found);
            for (path, selection) in each(input, "rules[].selection") {
                let lists =
                    ["tagPrefixList", "tagPatternList"].into_iter().filter(|list| is_given(&selection[*list])).count();
                match (selection["tagStatus"].as_str(), lists) {
                    (None, _) => {
                        found.at(format!("{path}.tagStatus"), "a selection needs `tagStatus`");
                    }
                    (Some("tagged"), 0) => {
                        found
                            .at(path, "tagged images are chosen by `tagPrefixList` or `tagPatternList`")
                            .said("Must specify tagPrefixList or tagPatternList");
                    }
                    (Some("tagged"), 2) => {
                        found.at(path, "tagged images are chosen by prefixes or by patterns, not both");
                    }
                    (Some("untagged" | "any"), 1..) => {
                        found.at(path, "only tagged images have tags to be chosen by");
                    }
                    _ => {}
                }
            }
        },
    ),
    Rule::new(
        "a pattern for tags holds up to four *",
        PAGE,
        &[r#"rules[0].selection.tagPatternList = ["*a*b*c*d*"] @ rules[0].selection.tagPatternList[0]"#],
        |input, found| {
            for (path, pattern) in each(input, "rules[].selection.tagPatternList[]") {
                if text(pattern).is_some_and(|pattern| pattern.matches('*').count() > 4) {
                    found.here(path);
                }
            }
        },
    ),
    Rule::new(
        "images are counted from 1, or by days since they were pushed, pulled or moved",
        PAGE,
        &[
            r#"rules[1].selection.countType = "imageCount""#,
            "rules[1].selection.countNumber = 0",
            r#"rules[1].selection.countUnit = "days""#,
            "rules[0].selection.countUnit = null",
        ],
        |input, found| {
            let types = ["imageCountMoreThan", SINCE[0], SINCE[1], SINCE[2]];
            one_of(input, "rules[].selection.countType", &types, found);
            for (path, selection) in each(input, "rules[].selection") {
                let count_type = selection["countType"].as_str();
                if count_type.is_none() {
                    found.at(format!("{path}.countType"), "a selection needs `countType`");
                }
                if number(&selection["countNumber"]).is_none_or(|count| count < 1) {
                    found.at(format!("{path}.countNumber"), "a selection needs a `countNumber` of 1 or more");
                }
                let unit = format!("{path}.countUnit");
                match (count_type.is_some_and(|word| SINCE.contains(&word)), selection["countUnit"].as_str()) {
                    (true, None) => {
                        found.at(unit, "a time needs a unit").hint("write `countUnit: days`");
                    }
                    (true, Some(other)) if !["day", "days", "hours"].contains(&other) => {
                        found.at(unit, format!("there is no unit `{other}`"));
                    }
                    (false, Some(_)) if count_type == Some("imageCountMoreThan") => {
                        found.at(unit, "a number of images has no unit");
                    }
                    _ => {}
                }
            }
        },
    ),
    Rule::new(
        "an image expires, or is moved to the archive",
        PAGE,
        &[r#"rules[0].action.type = "delete""#, r#"rules[0].action.type = "transition" @ rules[0].action"#],
        |input, found| {
            one_of(input, "rules[].action.type", &["expire", "transition"], found);
            for (path, action) in each(input, "rules[].action") {
                if action["type"] == "transition" && action["targetStorageClass"] != "archive" {
                    found.at(path, "an image is moved to `targetStorageClass: archive`");
                }
            }
        },
    ),
];

/// Notes the members of an object that aren't among these.
fn foreign(value: &Value, path: &str, known: &[&str], found: &mut Found) {
    for key in value.as_object().into_iter().flatten().map(|(key, _)| key).filter(|key| !known.contains(&key.as_str()))
    {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        found.at(path, format!("unknown field `{key}`")).hint(format!("AWS knows {}", known.join(", ")));
    }
}
