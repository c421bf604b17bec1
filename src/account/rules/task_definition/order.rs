//! The containers that wait for each other.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{containers, named, names};
use crate::rules::Rule;
use crate::rules::input::{each, is_given, items, text};

/// The page of dependencies.
const DEPENDENCY: &str = "ContainerDependency, Amazon ECS API";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a container waits for another container of its task",
        DEPENDENCY,
        &[
            r#"containerDefinitions[0].dependsOn = [{"containerName": "db", "condition": "START"}] @
              containerDefinitions[0].dependsOn[0].containerName"#,
            r#"containerDefinitions[0].dependsOn = [{"containerName": "web", "condition": "START"}] @
              containerDefinitions[0].dependsOn[0].containerName"#,
        ],
        |input, found| {
            for (path, container) in containers(input) {
                for (path, name) in items(&format!("{path}.dependsOn"), &container["dependsOn"]) {
                    let Some(name) = text(&name["containerName"]) else { continue };
                    let path = format!("{path}.containerName");
                    if named(input, name).is_none() {
                        found
                            .at(path, format!("the task has no container `{name}`"))
                            .hint(names(input))
                            .said(format!("Cannot depend on container {name} because it does not exist"));
                    } else if container["name"] == name {
                        found.at(path, format!("`{name}` waits for itself"));
                    }
                }
            }
        },
    ),
    Rule::new(
        "containers don't wait for each other in a circle",
        DEPENDENCY,
        &[r#"containerDefinitions[0].dependsOn = [{"containerName": "init", "condition": "START"}] &&
              containerDefinitions[1].dependsOn = [{"containerName": "web", "condition": "START"}] @
              containerDefinitions[0].dependsOn"#],
        |input, found| {
            let circle = containers(input).into_iter().find_map(|(path, container)| {
                let first = container["name"].as_str()?;
                let way = circle(input, first, &mut vec![first])?;
                Some((format!("{path}.dependsOn"), way))
            });
            if let Some((path, way)) = circle {
                found.at(path, format!("these containers wait for each other: {way}"));
            }
        },
    ),
    Rule::new(
        "a container that others wait to be HEALTHY has a health check",
        DEPENDENCY,
        &[r#"containerDefinitions[0].dependsOn = [{"containerName": "init", "condition": "HEALTHY"}] @
              containerDefinitions[0].dependsOn[0].condition"#],
        |input, found| {
            for (path, name) in awaited(input, &["HEALTHY"]) {
                if named(input, name).is_some_and(|container| !is_given(&container["healthCheck"])) {
                    found
                        .at(path, format!("`{name}` has no health check, so that it is never HEALTHY"))
                        .said("A dependency container with HEALTHY condition must have health check configured");
                }
            }
        },
    ),
    Rule::new(
        "a container that others wait to end is not essential",
        DEPENDENCY,
        &[r#"containerDefinitions[1].dependsOn = [{"containerName": "web", "condition": "SUCCESS"}] @
              containerDefinitions[1].dependsOn[0].condition"#],
        |input, found| {
            for (path, name) in awaited(input, &["SUCCESS", "COMPLETE"]) {
                if named(input, name).is_some_and(|container| container["essential"] != false) {
                    found
                        .at(path, format!("`{name}` is essential: its end ends the task"))
                        .hint(format!("write `essential: false` in `{name}`"))
                        .said(
                            "A dependency container with SUCCESS or COMPLETE condition cannot be an essential \
                             container",
                        );
                }
            }
        },
    ),
];

/// The places of conditions like these, each with the container that is waited for.
fn awaited<'a>(input: &'a Value, conditions: &[&str]) -> Vec<(String, &'a str)> {
    let all = each(input, "containerDefinitions[].dependsOn[]").into_iter();
    let like =
        all.filter(|(_, one)| one["condition"].as_str().is_some_and(|condition| conditions.contains(&condition)));
    like.filter_map(|(path, one)| Some((format!("{path}.condition"), one["containerName"].as_str()?))).collect()
}

/// The way from the last of `way` back to its first, through more than one container.
fn circle<'a>(input: &'a Value, first: &str, way: &mut Vec<&'a str>) -> Option<String> {
    let last = *way.last()?;
    let next: BTreeSet<&str> =
        each(named(input, last)?, "dependsOn[].containerName").iter().filter_map(|(_, name)| name.as_str()).collect();
    for name in next {
        if name == first && way.len() > 1 {
            return Some(format!("{} -> {name}", way.join(" -> ")));
        }
        if !way.contains(&name) {
            way.push(name);
            if let Some(found) = circle(input, first, way) {
                return Some(found);
            }
            way.pop();
        }
    }
    None
}
