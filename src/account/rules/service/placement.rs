//! Where a service's tasks run.

use super::{CREATE, on_fargate};
use crate::rules::Rule;
use crate::rules::input::{each, is_given, one_of, text, up_to};

/// The page of the choice of container instances.
const PLACEMENT: &str = "PlacementStrategy, PlacementConstraint, Amazon ECS API";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "on Fargate there are no container instances to choose from",
        CREATE,
        &[r#"placementConstraints = [{"type": "distinctInstance"}]"#, r#"placementStrategy = [{"type": "random"}]"#],
        |input, found| {
            for field in ["placementConstraints", "placementStrategy"] {
                if on_fargate(input) && is_given(&input[field]) {
                    found.here(field);
                }
            }
        },
    ),
    Rule::new(
        "a placement strategy is random without a field, spread over one, or binpack by cpu or memory; five at most",
        PLACEMENT,
        &[
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementStrategy =
              [{"type": "pack"}] @ placementStrategy[0].type"#,
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementStrategy =
              [{"type": "random", "field": "cpu"}] @ placementStrategy[0].field"#,
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementStrategy =
              [{"type": "binpack", "field": "instanceId"}] @ placementStrategy[0].field"#,
        ],
        |input, found| {
            one_of(input, "placementStrategy[].type", &["random", "spread", "binpack"], found);
            for (path, one) in each(input, "placementStrategy[]") {
                let kind = text(&one["type"]).unwrap_or_default();
                let field = one["field"].as_str().unwrap_or_default();
                let path = format!("{path}.field");
                match kind {
                    "random" if !field.is_empty() => {
                        found
                            .at(path, "random chooses by nothing")
                            .hint("leave out `field`")
                            .said("random field should not be specified");
                    }
                    "binpack" if !["cpu", "memory"].contains(&&*field.to_lowercase()) && !field.contains("${") => {
                        found
                            .at(path, "binpack packs by cpu or memory")
                            .said(format!("binpack field '{field}' is invalid"));
                    }
                    _ => {}
                }
            }
            up_to(input, "placementStrategy", 5, "Maximum number of strategies is 5", found);
        },
    ),
    Rule::new(
        "a placement constraint is distinctInstance without an expression, or memberOf with one",
        PLACEMENT,
        &[
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementConstraints =
              [{"type": "unique"}] @ placementConstraints[0].type"#,
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementConstraints =
              [{"type": "distinctInstance", "expression": "a == b"}] @ placementConstraints[0].expression"#,
            r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && placementConstraints =
              [{"type": "memberOf"}] @ placementConstraints[0].expression"#,
        ],
        |input, found| {
            one_of(input, "placementConstraints[].type", &["distinctInstance", "memberOf"], found);
            for (path, one) in each(input, "placementConstraints[]") {
                let (path, has_one) = (format!("{path}.expression"), is_given(&one["expression"]));
                match text(&one["type"]) {
                    Some("distinctInstance") if has_one => {
                        found
                            .at(path, "distinctInstance has no expression")
                            .said("distinctInstance expression should not be specified");
                    }
                    Some("memberOf") if !has_one => {
                        found.at(path, "memberOf needs an expression");
                    }
                    _ => {}
                }
            }
        },
    ),
];
