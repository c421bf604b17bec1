//! Where containers write.

use super::{containers, on_fargate};
use crate::rules::Rule;
use crate::rules::input::{each, is_given, one_of};

/// The page of log drivers.
const LOGS: &str = "LogConfiguration, Amazon ECS API";
/// The page of FireLens.
const FIRELENS: &str = "FirelensConfiguration, Amazon ECS API";
/// The drivers that ECS knows.
const DRIVERS: [&str; 8] = ["awsfirelens", "awslogs", "fluentd", "gelf", "journald", "json-file", "splunk", "syslog"];
/// The options that a driver can't do without.
const NEEDED: [(&str, &[&str]); 2] =
    [("awslogs", &["awslogs-group", "awslogs-region"]), ("splunk", &["splunk-token", "splunk-url"])];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a log driver is one that ECS knows",
        LOGS,
        &[r#"requiresCompatibilities = null && containerDefinitions[0].logConfiguration = {"logDriver":
              "cloudwatch"} @ containerDefinitions[0].logConfiguration.logDriver"#],
        |input, found| {
            if !on_fargate(input) {
                one_of(input, "containerDefinitions[].logConfiguration.logDriver", &DRIVERS, found);
            }
        },
    ),
    Rule::new(
        "awslogs is told the log group and the region, on Fargate also a prefix; splunk its token and its URL",
        LOGS,
        &[
            "containerDefinitions[0].logConfiguration.options.awslogs-group = null @
              containerDefinitions[0].logConfiguration.options",
            "containerDefinitions[0].logConfiguration.options.awslogs-stream-prefix = null @
              containerDefinitions[0].logConfiguration.options",
            r#"containerDefinitions[0].logConfiguration = {"logDriver": "splunk", "options": {"splunk-url":
              "https://x"}} @ containerDefinitions[0].logConfiguration.options"#,
        ],
        |input, found| {
            for (path, logs) in each(input, "containerDefinitions[].logConfiguration") {
                let driver = logs["logDriver"].as_str().unwrap_or_default();
                let needed =
                    NEEDED.iter().filter(|(of, _)| *of == driver).flat_map(|(_, options)| options.iter().copied());
                let prefix = (on_fargate(input) && driver == "awslogs").then_some("awslogs-stream-prefix");
                let secret: Vec<&str> =
                    each(logs, "secretOptions[].name").iter().filter_map(|(_, name)| name.as_str()).collect();
                let missing = |option: &&str| !is_given(&logs["options"][*option]) && !secret.contains(option);
                for option in needed.chain(prefix).filter(missing) {
                    found
                        .at(format!("{path}.options"), format!("{driver} needs `{option}`"))
                        .said(format!("Log driver {driver} requires options: {option}"));
                }
            }
        },
    ),
    Rule::new(
        "lines are cut at a pattern or at a date, and are written blocking or non-blocking",
        LOGS,
        &[
            r#"containerDefinitions[0].logConfiguration.options.awslogs-datetime-format = "%Y" &&
              containerDefinitions[0].logConfiguration.options.awslogs-multiline-pattern = "^a""#,
            r#"containerDefinitions[0].logConfiguration.options.mode = "async""#,
        ],
        |input, found| {
            for (path, options) in each(input, "containerDefinitions[].logConfiguration.options") {
                if is_given(&options["awslogs-datetime-format"]) && is_given(&options["awslogs-multiline-pattern"]) {
                    found.at(
                        format!("{path}.awslogs-multiline-pattern"),
                        "awslogs-datetime-format says already where a line begins",
                    );
                }
            }
            one_of(input, "containerDefinitions[].logConfiguration.options.mode", &["blocking", "non-blocking"], found);
        },
    ),
    Rule::new(
        "on Fargate logs are written under the execution role, and there is none",
        "the refusal's own words",
        &["executionRoleArn = null @ containerDefinitions[0].logConfiguration"],
        |input, found| {
            for (path, container) in containers(input) {
                let is_awslogs = container["logConfiguration"]["logDriver"] == "awslogs";
                if on_fargate(input) && is_awslogs && !is_given(&input["executionRoleArn"]) {
                    found.here(format!("{path}.logConfiguration")).hint("give the task an `executionRoleArn`");
                }
            }
        },
    )
    .words("Fargate requires task definition to have execution role ARN to support log driver awslogs."),
    Rule::new(
        "a container that logs by awsfirelens has a router beside it",
        FIRELENS,
        &[r#"containerDefinitions[0].logConfiguration = {"logDriver": "awsfirelens"} @
              containerDefinitions[0].logConfiguration.logDriver"#],
        |input, found| {
            let routers = each(input, "containerDefinitions[].firelensConfiguration");
            for (path, driver) in each(input, "containerDefinitions[].logConfiguration.logDriver") {
                if driver == "awsfirelens" && routers.is_empty() {
                    found
                        .at(path, "no container of the task routes logs")
                        .hint("give one a `firelensConfiguration`, as in `{ type: fluentbit }`");
                }
            }
        },
    ),
    Rule::new(
        "a task has one log router, fluentd or fluentbit",
        FIRELENS,
        &[
            r#"containerDefinitions[0].firelensConfiguration = {"type": "fluent-bit"} @
              containerDefinitions[0].firelensConfiguration.type"#,
            r#"containerDefinitions[0].firelensConfiguration = {"type": "fluentbit"} &&
              containerDefinitions[1].firelensConfiguration = {"type": "fluentd"}"#,
        ],
        |input, found| {
            one_of(input, "containerDefinitions[].firelensConfiguration.type", &["fluentd", "fluentbit"], found);
            if let Some((path, _)) = each(input, "containerDefinitions[].firelensConfiguration").into_iter().nth(1) {
                found.at(path, "another container routes the task's logs already");
            }
        },
    ),
    Rule::new(
        "a router's file is of the kind s3 or file",
        FIRELENS,
        &[r#"containerDefinitions[0].firelensConfiguration = {"type": "fluentbit", "options": {"config-file-type":
              "ssm"}} @ containerDefinitions[0].firelensConfiguration.options.config-file-type"#],
        |input, found| {
            one_of(
                input,
                "containerDefinitions[].firelensConfiguration.options.config-file-type",
                &["s3", "file"],
                found,
            );
        },
    ),
];
