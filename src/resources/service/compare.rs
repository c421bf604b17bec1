//! The fields of a service that are compared.
//!
//! Knows: which fields UpdateService changes, and what AWS fills in. Must not know: AWS clients.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{Diff, Effect, canonical};
use crate::resource::{Field, Pasted, part, replace, update};

/// The field for what Application Auto Scaling does with a service.
pub(super) const SCALING: &str = "scaling";

/// The fields with the change that each takes ("UpdateService", API reference), and with the value that AWS leaves out
/// of its answer (API reference, CreateService).
pub(super) const FIELDS: &[Field] = &[
    update("taskDefinition"),
    update("desiredCount"),
    update("scaling"),
    part("scaling.suspendedState.dynamicScalingInSuspended").default("false"),
    part("scaling.suspendedState.dynamicScalingOutSuspended").default("false"),
    part("scaling.suspendedState.scheduledScalingSuspended").default("false"),
    part("scaling.scalingPolicies").keyed("policyName").whole("a policy that the spec doesn't name"),
    part("scaling.scheduledActions").keyed("scheduledActionName").whole("an action that the spec doesn't name"),
    replace("launchType"),
    update("capacityProviderStrategy").unordered().default("[]"),
    update("platformVersion"),
    update("networkConfiguration"),
    part("networkConfiguration.awsvpcConfiguration.assignPublicIp").default(r#""DISABLED""#),
    part("networkConfiguration.awsvpcConfiguration.securityGroups").unordered().default("[]"),
    part("networkConfiguration.awsvpcConfiguration.subnets").unordered(),
    update("loadBalancers").unordered().default("[]"),
    update("serviceRegistries").default("[]"),
    update("serviceConnectConfiguration"),
    part("serviceConnectConfiguration.enabled").default("false"),
    part("serviceConnectConfiguration.services").unordered().default("[]"),
    update("healthCheckGracePeriodSeconds").default("0"),
    update("deploymentConfiguration"),
    part("deploymentConfiguration.deploymentCircuitBreaker.enable").default("false"),
    part("deploymentConfiguration.deploymentCircuitBreaker.rollback").default("false"),
    part("deploymentConfiguration.alarms.alarmNames").unordered().default("[]"),
    part("deploymentConfiguration.alarms.enable").default("false"),
    part("deploymentConfiguration.alarms.rollback").default("false"),
    update("enableExecuteCommand").default("false"),
    update("enableECSManagedTags").default("false"),
    update("propagateTags").default(r#""NONE""#),
    replace("schedulingStrategy"),
    update("availabilityZoneRebalancing"),
    update("placementConstraints").unordered().default("[]"),
    update("placementStrategy").alike(placed).default("[]"),
    replace("deploymentController"),
    part("deploymentController.type").default(r#""ECS""#),
    replace("cluster"),
];

/// The parts of what DescribeServices answers, and of what CreateService takes and labform doesn't manage ("Service",
/// Amazon ECS API).
pub(super) const PASTED: Pasted = Pasted {
    around: &["services", "service"],
    told: &[
        "clusterArn",
        "createdAt",
        "createdBy",
        "currentServiceDeployment",
        "currentServiceRevisions",
        "deployments",
        "events",
        "pendingCount",
        "platformFamily",
        "resourceManagementType",
        "roleArn",
        "runningCount",
        "serviceArn",
        "status",
        "taskSets",
    ],
    beyond: &[
        ("deploymentConfiguration.bakeTimeInMinutes", "0"),
        ("deploymentConfiguration.canaryConfiguration", "null"),
        ("deploymentConfiguration.lifecycleHooks", "[]"),
        ("deploymentConfiguration.linearConfiguration", "null"),
        ("deploymentConfiguration.strategy", r#""ROLLING""#),
        ("loadBalancers[].advancedConfiguration", "null"),
        ("loadBalancers[].loadBalancerName", r#""""#),
        ("role", "null"),
        ("serviceConnectConfiguration.accessLogConfiguration", "null"),
        ("serviceConnectConfiguration.containerConfigurations", "[]"),
        ("serviceConnectConfiguration.services[].clientAliases[].testTrafficRules", "null"),
        ("serviceConnectConfiguration.services[].timeout", "null"),
        ("serviceConnectConfiguration.services[].tls", "null"),
        ("volumeConfigurations", "[]"),
        ("vpcLatticeConfigurations", "[]"),
    ],
    is_loose: true,
};

/// The fields that UpdateService changes of a service whose deployments something other than ECS makes: all but the last
/// of one that CodeDeploy deploys, too ("UpdateService", API reference).
const BESIDE_DEPLOYMENTS: [&str; 8] = [
    "desiredCount",
    "scaling",
    "enableECSManagedTags",
    "healthCheckGracePeriodSeconds",
    "placementConstraints",
    "placementStrategy",
    "propagateTags",
    "deploymentConfiguration",
];

/// Takes the fields out of `want` that only a deployment by `controller` changes. Returns them.
pub(super) fn left_to(controller: &str, want: &mut Value) -> Value {
    let changed = match controller {
        "ECS" => return Value::Null,
        "CODE_DEPLOY" => &BESIDE_DEPLOYMENTS[..],
        _ => &BESIDE_DEPLOYMENTS[..BESIDE_DEPLOYMENTS.len() - 1],
    };
    let is_left = |name: &str| {
        let field = FIELDS.iter().find(|field| field.path == name);
        !changed.contains(&name) && field.is_some_and(|field| field.effect == Some(Effect::Update))
    };
    let Some(fields) = want.as_object_mut() else { return Value::Null };
    let names: Vec<String> = fields.keys().filter(|name| is_left(name)).cloned().collect();
    names.into_iter().filter_map(|name| fields.remove_entry(&name)).collect()
}

/// The words for what differs and only a deployment by `controller` changes; none if nothing does.
pub(super) fn left_words(diff: &Diff, controller: &str) -> Option<String> {
    let fields: BTreeSet<&str> = diff.fields.iter().filter_map(|field| field.path.split('.').next()).collect();
    (!fields.is_empty()).then(|| {
        let fields = fields.into_iter().collect::<Vec<_>>().join(", ");
        format!("{fields}: not as in lab.yaml, and left so: ECS lets only a deployment by {controller} change that")
    })
}

/// A placement strategy as AWS writes it: `cpu` as `CPU`, `host` as `instanceId`.
fn placed(strategy: &Value) -> Value {
    canonical(strategy).to_lowercase().replace(r#""host""#, r#""instanceid""#).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ServiceLive;
    use super::*;
    use crate::resource::{changes, diff};

    fn live() -> ServiceLive {
        ServiceLive::new(&json!({
            "serviceArn": "arn:service", "clusterArn": "arn:cluster", "taskDefinition": "arn:web:2", "desiredCount": 2,
            "launchType": "FARGATE", "platformVersion": "LATEST", "schedulingStrategy": "REPLICA",
            "loadBalancers": [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 3000, "extra": {}}],
            "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "ENABLED"}},
            "deploymentConfiguration": {"maximumPercent": 200, "minimumHealthyPercent": 100, "strategy": "ROLLING"},
            "placementStrategy": [{"type": "spread", "field": "instanceId"}, {"type": "binpack", "field": "CPU"}],
        }))
    }

    fn compared(want: &Value) -> Diff {
        diff(FIELDS, &live().document, want)
    }

    #[test]
    fn what_aws_fills_in_or_shuffles_is_no_difference() {
        let same = json!({
            "cluster": "arn:cluster", "taskDefinition": "arn:web:2", "desiredCount": 2, "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-a", "subnet-b"]}},
            "loadBalancers": [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 3000}],
            "deploymentConfiguration": {
                "maximumPercent": 200, "deploymentCircuitBreaker": {"enable": false, "rollback": false}},
            "healthCheckGracePeriodSeconds": 0, "enableExecuteCommand": false, "enableECSManagedTags": false,
            "propagateTags": "NONE", "deploymentController": {"type": "ECS"}, "placementConstraints": [],
            "capacityProviderStrategy": [],
            "placementStrategy": [{"type": "spread", "field": "host"}, {"type": "binpack", "field": "cpu"}],
        });
        assert_eq!(compared(&same), Diff::default());
        assert_eq!(compared(&json!({})), Diff::default());
    }

    #[test]
    fn each_changed_field_is_a_difference() {
        let network = |configuration: Value| json!({"awsvpcConfiguration": configuration});
        for (field, want, path, replaces) in [
            ("taskDefinition", json!("(known after apply)"), "taskDefinition", false),
            ("desiredCount", json!(3), "desiredCount", false),
            ("launchType", json!("EC2"), "launchType", true),
            ("cluster", json!("arn:other"), "cluster", true),
            ("schedulingStrategy", json!("DAEMON"), "schedulingStrategy", true),
            ("deploymentController", json!({"type": "EXTERNAL"}), "deploymentController.type", true),
            ("loadBalancers", json!([]), "loadBalancers", false),
            (
                "loadBalancers",
                json!([{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 80}]),
                "loadBalancers",
                false,
            ),
            (
                "networkConfiguration",
                network(json!({"subnets": ["subnet-a"]})),
                "networkConfiguration.awsvpcConfiguration.subnets",
                false,
            ),
            (
                "networkConfiguration",
                network(json!({"assignPublicIp": "DISABLED"})),
                "networkConfiguration.awsvpcConfiguration.assignPublicIp",
                false,
            ),
            (
                "deploymentConfiguration",
                json!({"deploymentCircuitBreaker": {"enable": true}}),
                "deploymentConfiguration.deploymentCircuitBreaker.enable",
                false,
            ),
            ("propagateTags", json!("SERVICE"), "propagateTags", false),
            (
                "placementStrategy",
                json!([{"type": "binpack", "field": "cpu"}, {"type": "spread", "field": "host"}]),
                "placementStrategy",
                false,
            ),
        ] {
            let diff = compared(&json!({field: want}));
            let paths: Vec<&str> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!((paths, diff.replaces()), (vec![path], replaces), "{field}");
        }
    }

    #[test]
    fn what_only_a_deployment_changes_is_left_to_it() {
        let asked = json!({
            "cluster": "arn:cluster", "taskDefinition": "arn:web:3", "desiredCount": 3, "loadBalancers": [],
            "networkConfiguration": {}, "deploymentConfiguration": {"maximumPercent": 150},
        });
        let left = |controller: &str| {
            let mut want = asked.clone();
            let left = left_to(controller, &mut want);
            let words = left_words(&diff(FIELDS, &live().document, &left), controller);
            (want.as_object().unwrap().len(), left, words)
        };
        assert_eq!(left("ECS"), (6, Value::Null, None));
        let (kept, fields, words) = left("CODE_DEPLOY");
        assert_eq!((kept, fields["taskDefinition"].as_str()), (3, Some("arn:web:3")));
        let words = words.unwrap();
        assert!(words.starts_with("loadBalancers, taskDefinition: not as in lab.yaml"), "{words}");
        assert_eq!(left("EXTERNAL").0, 2);
    }

    #[test]
    fn an_update_holds_whole_fields_and_only_those_that_differ() {
        let want = json!({
            "desiredCount": 2, "propagateTags": "SERVICE",
            "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "DISABLED"}},
        });
        let changes = changes(FIELDS, &compared(&want), &live().document, &want);
        assert_eq!(
            Value::Object(changes),
            json!({"propagateTags": "SERVICE", "networkConfiguration": {"awsvpcConfiguration": {
                "subnets": ["subnet-b", "subnet-a"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"}}})
        );
    }
}
