//! How a service goes from one task definition to the next.

use super::{CREATE, controller, is_daemon};
use crate::rules::Rule;
use crate::rules::input::{at, is_given, number, one_of};

/// The page of how a service goes from one task definition to the next.
const DEPLOYMENT: &str = "DeploymentConfiguration, Amazon ECS API";

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a DAEMON service starts no task before another one ends: it has 100 per cent at most",
        DEPLOYMENT,
        &[r#"launchType = "EC2" && platformVersion = null && networkConfiguration = null && schedulingStrategy =
          "DAEMON" && desiredCount = null && deploymentConfiguration.maximumPercent = 200"#],
        |input, found| {
            let maximum = number(at(input, "deploymentConfiguration.maximumPercent"));
            if is_daemon(input) && maximum.is_some_and(|maximum| maximum > 100) {
                found.here("deploymentConfiguration.maximumPercent");
            }
        },
    )
    .words("The daemon scheduling strategy does not support values above 100 for maximumPercent"),
    Rule::new(
        "tasks are moved between zones only if more than all may run, and not of a DAEMON service",
        CREATE,
        &[r#"availabilityZoneRebalancing = "ENABLED" && deploymentConfiguration = {"maximumPercent": 100,
              "minimumHealthyPercent": 50} @ availabilityZoneRebalancing"#],
        |input, found| {
            let maximum = number(at(input, "deploymentConfiguration.maximumPercent"));
            if input["availabilityZoneRebalancing"] == "ENABLED"
                && (is_daemon(input) || maximum.is_some_and(|maximum| maximum <= 100))
            {
                found.here("availabilityZoneRebalancing");
            }
        },
    )
    .words("AvailabilityZoneRebalancing does not support maximumPercent <= 100."),
    Rule::new(
        "a deployment may run at least 100 per cent of the tasks, and keeps at most 100",
        DEPLOYMENT,
        &["deploymentConfiguration.maximumPercent = 99", "deploymentConfiguration.minimumHealthyPercent = 101"],
        |input, found| {
            let percent = |field: &str| number(at(input, &format!("deploymentConfiguration.{field}")));
            if let Some(maximum) = percent("maximumPercent").filter(|maximum| *maximum < 100 && !is_daemon(input)) {
                found
                    .at("deploymentConfiguration.maximumPercent", format!("{maximum} is not a percentage from 100"))
                    .said("maximumPercent must be at least 100");
            }
            if let Some(minimum) = percent("minimumHealthyPercent").filter(|minimum| !(0..=100).contains(minimum)) {
                let message = format!("{minimum} is not a percentage from 0 to 100");
                found
                    .at("deploymentConfiguration.minimumHealthyPercent", message)
                    .said("minimumHealthyPercent must be at most 100");
            }
        },
    ),
    Rule::new(
        "a deployment can stop a task or start one: not both percentages are 100",
        DEPLOYMENT,
        &["deploymentConfiguration.maximumPercent = 100"],
        |input, found| {
            let percent = |field: &str| number(at(input, &format!("deploymentConfiguration.{field}")));
            let minimum = percent("minimumHealthyPercent").unwrap_or(if is_daemon(input) { 0 } else { 100 });
            if percent("maximumPercent") == Some(100) && minimum == 100 {
                found
                    .at(
                        "deploymentConfiguration.maximumPercent",
                        "no task could be stopped or started, so that no deployment would end",
                    )
                    .hint("raise `maximumPercent` or lower `minimumHealthyPercent`");
            }
        },
    )
    .words("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments"),
    Rule::new(
        "a service is deployed by ECS, CODE_DEPLOY or EXTERNAL; the circuit breaker is ECS's",
        "DeploymentController, DeploymentConfiguration, Amazon ECS API",
        &[
            r#"deploymentController.type = "CODEDEPLOY""#,
            r#"deploymentController.type = "CODE_DEPLOY" @ deploymentConfiguration.deploymentCircuitBreaker"#,
        ],
        |input, found| {
            let kinds = ["ECS", "CODE_DEPLOY", "EXTERNAL"];
            one_of(input, "deploymentController.type", &kinds, found);
            let breaker = "deploymentConfiguration.deploymentCircuitBreaker";
            let is_on = at(input, breaker)["enable"] == true;
            if let Some(kind) = controller(input).filter(|kind| is_on && kinds[1..].contains(kind)) {
                found
                    .at(breaker, format!("the circuit breaker watches what ECS deploys, not {kind}"))
                    .said("Deployment circuit breaker is only supported with the ECS deployment controller.");
            }
        },
    ),
    Rule::new(
        "alarms stop what ECS deploys, and which they are is said",
        "DeploymentAlarms, Amazon ECS API",
        &[
            r#"deploymentConfiguration.alarms = {"alarmNames": [], "enable": true, "rollback": true}"#,
            r#"deploymentController.type = "CODE_DEPLOY" && deploymentConfiguration.deploymentCircuitBreaker = null &&
              deploymentConfiguration.alarms = {"alarmNames": ["a"], "enable": true, "rollback": true}"#,
        ],
        |input, found| {
            let path = "deploymentConfiguration.alarms";
            let alarms = at(input, path);
            if alarms["enable"] != true {
                return;
            }
            match controller(input).filter(|kind| ["CODE_DEPLOY", "EXTERNAL"].contains(kind)) {
                Some(kind) => drop(found.at(path, format!("alarms stop what ECS deploys, not {kind}"))),
                None if !is_given(&alarms["alarmNames"]) => {
                    found.at(path, "no alarm is named").hint("name alarms of the lab's: `alarmNames: [errors]`");
                }
                None => {}
            }
        },
    ),
    Rule::new(
        "what an EXTERNAL deployer starts is its own: the service has no task definition and no load balancer",
        CREATE,
        &[r#"deploymentController.type = "EXTERNAL" && deploymentConfiguration = null && loadBalancers = null &&
          healthCheckGracePeriodSeconds = null @ taskDefinition"#],
        |input, found| {
            for field in ["taskDefinition", "loadBalancers"] {
                if controller(input) == Some("EXTERNAL") && is_given(&input[field]) {
                    found.here(field);
                }
            }
        },
    ),
    Rule::new(
        "CodeDeploy moves a service from one target group to another: it has a load balancer",
        CREATE,
        &[r#"deploymentController.type = "CODE_DEPLOY" && deploymentConfiguration = null &&
          healthCheckGracePeriodSeconds = null && loadBalancers = null"#],
        |input, found| {
            if controller(input) == Some("CODE_DEPLOY") && !is_given(&input["loadBalancers"]) {
                found.here("loadBalancers");
            }
        },
    ),
];
