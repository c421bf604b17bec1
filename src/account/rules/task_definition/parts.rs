//! The parts of a container that few labs need: health, limits, devices; and where a task may be placed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::containers;
use crate::rules::Rule;
use crate::rules::input::{between, each, is_given, items, number, one_of, text, up_to};

/// The page of health checks.
const HEALTH: &str = "HealthCheck, Amazon ECS API";
/// The kinds of resource limits.
const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a health check is a command behind CMD or CMD-SHELL",
        HEALTH,
        &[
            r#"containerDefinitions[0].healthCheck.command = ["curl -f http://localhost/"]"#,
            r#"containerDefinitions[0].healthCheck.command = ["CMD-SHELL"]"#,
            r#"containerDefinitions[0].healthCheck.command = []"#,
        ],
        |input, found| {
            for (path, check) in each(input, "containerDefinitions[].healthCheck") {
                let words: Vec<&str> =
                    check["command"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let is_right = match words.as_slice() {
                    ["NONE"] => true,
                    ["CMD" | "CMD-SHELL", rest @ ..] => rest.iter().any(|word| !word.is_empty()),
                    [first, ..] => first.contains("${"),
                    [] => false,
                };
                if !is_right {
                    found
                        .here(format!("{path}.command"))
                        .hint(r#"write it as in ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]"#);
                }
            }
        },
    ),
    Rule::new(
        "a health check is made each 5 to 300 seconds, takes 2 to 60, may fail 1 to 10 times, and counts after up to 300",
        HEALTH,
        &[
            "containerDefinitions[0].healthCheck.interval = 4",
            "containerDefinitions[0].healthCheck.timeout = 61",
            "containerDefinitions[0].healthCheck.retries = 0",
            "containerDefinitions[0].healthCheck.startPeriod = 301",
        ],
        |input, found| {
            for (field, from, to) in
                [("interval", 5, 300), ("timeout", 2, 60), ("retries", 1, 10), ("startPeriod", 0, 300)]
            {
                between(input, &format!("containerDefinitions[].healthCheck.{field}"), from, to, found);
            }
        },
    ),
    Rule::new(
        "a resource limit is one of those that ECS knows, given once, and the soft one isn't above the hard one",
        "Ulimit, Amazon ECS API",
        &[
            r#"containerDefinitions[0].ulimits = [{"name": "files", "softLimit": 1, "hardLimit": 1}] @
              containerDefinitions[0].ulimits[0].name"#,
            r#"containerDefinitions[0].ulimits = [{"name": "nofile", "softLimit": 2, "hardLimit": 1}] @
              containerDefinitions[0].ulimits[0].softLimit"#,
            r#"containerDefinitions[0].ulimits = [{"name": "nofile", "softLimit": 1, "hardLimit": 1}, {"name":
              "nofile", "softLimit": 1, "hardLimit": 2}] @ containerDefinitions[0].ulimits[1].name"#,
        ],
        |input, found| {
            one_of(input, "containerDefinitions[].ulimits[].name", &ULIMITS, found);
            for (path, container) in containers(input) {
                let mut seen = BTreeSet::new();
                for (path, limit) in items(&format!("{path}.ulimits"), &container["ulimits"]) {
                    let (soft, hard) = (number(&limit["softLimit"]), number(&limit["hardLimit"]));
                    // -1 is no limit.
                    if let (Some(soft), Some(hard)) = (soft, hard)
                        && hard != -1
                        && (soft > hard || soft == -1)
                    {
                        found.at(
                            format!("{path}.softLimit"),
                            format!("the soft limit {soft} is above the hard one, {hard}"),
                        );
                    }
                    if let Some(name) = limit["name"].as_str().filter(|name| !seen.insert(*name)) {
                        found.at(format!("{path}.name"), format!("`{name}` is given twice"));
                    }
                }
            }
        },
    ),
    Rule::new(
        "memory is swapped out with a readiness of 0 to 100, and a memory file system has a path and a size",
        "LinuxParameters, Tmpfs, Amazon ECS API",
        &[
            "requiresCompatibilities = null && containerDefinitions[0].linuxParameters.swappiness = 101",
            "requiresCompatibilities = null && containerDefinitions[0].linuxParameters.maxSwap = -1",
            r#"containerDefinitions[0].linuxParameters.tmpfs = [{"containerPath": "/tmp", "size": 0}] @
              containerDefinitions[0].linuxParameters.tmpfs[0].size"#,
            r#"containerDefinitions[0].linuxParameters.tmpfs = [{"containerPath": "tmp", "size": 16}] @
              containerDefinitions[0].linuxParameters.tmpfs[0].containerPath"#,
        ],
        |input, found| {
            between(input, "containerDefinitions[].linuxParameters.swappiness", 0, 100, found);
            between(input, "containerDefinitions[].linuxParameters.maxSwap", 0, i64::MAX, found);
            between(input, "containerDefinitions[].linuxParameters.tmpfs[].size", 1, i64::MAX, found);
            for (path, value) in each(input, "containerDefinitions[].linuxParameters.tmpfs[].containerPath") {
                if let Some(value) = text(value).filter(|path| !path.starts_with('/')) {
                    found.at(path, format!("`{value}` is not an absolute path"));
                }
            }
        },
    ),
    Rule::new(
        "a container is started again after it ran for 60 to 1800 seconds, unless it ended in one of up to 50 ways",
        "ContainerRestartPolicy, Amazon ECS API",
        &[r#"containerDefinitions[0].restartPolicy = {"enabled": true, "restartAttemptPeriod": 59} @
              containerDefinitions[0].restartPolicy.restartAttemptPeriod"#],
        |input, found| {
            between(input, "containerDefinitions[].restartPolicy.restartAttemptPeriod", 60, 1800, found);
            up_to(input, "containerDefinitions[].restartPolicy.ignoredExitCodes", 50, "", found);
        },
    ),
    Rule::new(
        "a device is a GPU, an InferenceAccelerator or a NeuronDevice",
        "ResourceRequirement, Amazon ECS API",
        &[r#"requiresCompatibilities = null && containerDefinitions[0].resourceRequirements = [{"type": "gpu",
              "value": "1"}] @ containerDefinitions[0].resourceRequirements[0].type"#],
        |input, found| {
            let kinds = ["GPU", "InferenceAccelerator", "NeuronDevice"];
            one_of(input, "containerDefinitions[].resourceRequirements[].type", &kinds, found);
        },
    ),
    Rule::new(
        "a task has ten placement constraints at most, each of the kind memberOf with an expression",
        "RegisterTaskDefinition, TaskDefinitionPlacementConstraint, Amazon ECS API",
        &[
            r#"requiresCompatibilities = null && placementConstraints = [{"type": "distinctInstance"}] @
              placementConstraints[0].type"#,
            r#"requiresCompatibilities = null && placementConstraints = [{"type": "memberOf"}] @
              placementConstraints[0].expression"#,
        ],
        |input, found| {
            one_of(input, "placementConstraints[].type", &["memberOf"], found);
            for (path, constraint) in each(input, "placementConstraints[]") {
                if constraint["type"] == "memberOf" && !is_given(&constraint["expression"]) {
                    found.at(format!("{path}.expression"), "memberOf needs an expression");
                }
            }
            up_to(input, "placementConstraints", 10, "", found);
        },
    ),
];
