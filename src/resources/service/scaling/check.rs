//! Faults of a scaling that AWS would refuse, or that would never scale.
//!
//! Knows: rules between the scaling and its service. Must not know: live objects.

use std::collections::BTreeSet;

use labform_account::rules::{SCALABLE_TARGET, SCALING_POLICY, SCHEDULED_ACTION};

use super::super::{SchedulingStrategy, Service};
use super::normal::is_moment;
use super::{ACTIONS, FIELD, POLICIES, Scaling, within};
use crate::resource::{Problem, document, document_breaches};
use crate::resources::ecs::list;

/// The metric that a load balancer counts.
const REQUESTS: &str = "ALBRequestCountPerTarget";

/// Returns what is wrong with the scaling of `service`.
pub(in super::super) fn problems(service: &Service) -> Vec<Problem> {
    let Some(scaling) = service.scaling.as_ref().filter(|scaling| !scaling.is_none()) else { return Vec::new() };
    let whole = document(scaling);
    let mut problems = document_breaches(&SCALABLE_TARGET, FIELD, &whole, "a scaling");
    for ((entries, name), rules) in [(POLICIES, &SCALING_POLICY), (ACTIONS, &SCHEDULED_ACTION)] {
        let mut seen = BTreeSet::new();
        for (index, entry) in list(&whole, entries).enumerate() {
            let path = format!("{FIELD}.{entries}[{index}]");
            problems.extend(document_breaches(rules, &path, entry, "an object"));
            if !seen.insert(entry[name].to_string()) {
                let words = format!("there is another one named {}", entry[name]);
                problems.push(Problem::at(format!("{path}.{name}"), words));
            }
        }
    }
    problems.extend(time_problems(scaling));
    problems.extend(count_problem(service, scaling));
    problems.extend(deployer_problem(service));
    problems.extend(metric_problems(service, scaling));
    problems
}

fn time_problems(scaling: &Scaling) -> Vec<Problem> {
    let actions = scaling.scheduled_actions.iter().flatten().enumerate();
    let times = actions.flat_map(|(index, action)| {
        let times = [("startTime", &action.start_time), ("endTime", &action.end_time)];
        times.map(|(field, time)| (format!("{FIELD}.{}[{index}].{field}", ACTIONS.0), time.as_deref()))
    });
    let wrong = times.filter_map(|(path, time)| Some((path, time.filter(|time| !is_moment(time))?)));
    let wrong = wrong.map(|(path, time)| {
        Problem::at(path, format!("`{time}` is not a moment")).hint("write one as 2026-12-01T00:00:00Z")
    });
    wrong.collect()
}

/// The count of the file is that of a new service.
fn count_problem(service: &Service, scaling: &Scaling) -> Option<Problem> {
    let bounds = scaling.bounds().filter(|(least, most)| least <= most && !scaling.rests())?;
    let count = service.desired_count.filter(|count| within((*count).into(), bounds) != i64::from(*count))?;
    let message = format!("{count} is not between minCapacity {} and maxCapacity {}", bounds.0, bounds.1);
    Some(Problem::at("desiredCount", message).hint("leave it out: between these the scaling sets it"))
}

fn deployer_problem(service: &Service) -> Option<Problem> {
    if service.scheduling_strategy == Some(SchedulingStrategy::Daemon) {
        return Some(Problem::at(FIELD, "a DAEMON service runs one task on each instance, and nothing scales it"));
    }
    let message = "Application Auto Scaling takes no service of an EXTERNAL deployer: that scales its task sets";
    (service.controller() == "EXTERNAL").then(|| Problem::at(FIELD, message))
}

/// The requests per target are counted by the load balancer that the service is behind.
fn metric_problems(service: &Service, scaling: &Scaling) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, policy) in scaling.scaling_policies.iter().flatten().enumerate() {
        let tracking = policy.target_tracking_scaling_policy_configuration.as_ref();
        let metric = tracking.and_then(|tracking| tracking.predefined_metric_specification.as_ref());
        if metric.is_none_or(|metric| metric.predefined_metric_type != REQUESTS) {
            continue;
        }
        let path = format!(
            "{FIELD}.{}[{index}].targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification",
            POLICIES.0
        );
        if service.load_balancers.as_ref().is_none_or(Vec::is_empty) {
            let message = "no load balancer counts requests to this service";
            let problem = Problem::at(format!("{path}.predefinedMetricType"), message);
            problems.push(problem.hint("give `loadBalancers`, or take ECSServiceAverageCPUUtilization"));
        } else if service.controller() == "CODE_DEPLOY" {
            let message = "CodeDeploy moves the service to another target group, whose requests it wouldn't count";
            problems.push(Problem::at(format!("{path}.resourceLabel"), message).warning());
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(change: Value) -> Vec<(String, String)> {
        let mut section = json!({
            "cluster": "main", "taskDefinition": "web",
            "scaling": {"minCapacity": 1, "maxCapacity": 4, "scalingPolicies": [
                {"policyName": "cpu", "policyType": "TargetTrackingScaling",
                    "targetTrackingScalingPolicyConfiguration": {"targetValue": 50, "predefinedMetricSpecification": {
                        "predefinedMetricType": "ECSServiceAverageCPUUtilization"}}}]},
        });
        let Value::Object(change) = change else { panic!("a change is an object") };
        for (pointer, value) in change {
            let (place, key) = pointer.rsplit_once('/').unwrap();
            section.pointer_mut(place).unwrap()[key] = value;
        }
        let problems = problems(&serde_json::from_value(section).unwrap());
        problems.into_iter().map(|problem| (problem.path, problem.message)).collect()
    }

    #[test]
    fn what_cant_scale_is_told_at_its_place() {
        let metric =
            "/scaling/scalingPolicies/0/targetTrackingScalingPolicyConfiguration/predefinedMetricSpecification";
        let requests = json!({"predefinedMetricType": REQUESTS, "resourceLabel": "app/a/1/targetgroup/b/2"});
        let twice = json!({"scheduledActionName": "a", "schedule": "rate(1 day)", "startTime": "tomorrow",
            "scalableTargetAction": {"minCapacity": 1}});
        let path = "scaling.scalingPolicies[0].targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification";
        for (change, paths) in [
            (json!({}), vec![]),
            (json!({"/scaling": {}, "/schedulingStrategy": "DAEMON"}), vec![]),
            (json!({"/desiredCount": 4}), vec![]),
            (json!({"/desiredCount": 5}), vec!["desiredCount".to_owned()]),
            (json!({"/schedulingStrategy": "DAEMON"}), vec!["scaling".to_owned()]),
            (json!({"/deploymentController": {"type": "EXTERNAL"}}), vec!["scaling".to_owned()]),
            (json!({metric: requests}), vec![format!("{path}.predefinedMetricType")]),
            (
                json!({"/scaling/scheduledActions": [twice, twice]}),
                vec![
                    "scaling.scheduledActions[1].scheduledActionName".to_owned(),
                    "scaling.scheduledActions[0].startTime".to_owned(),
                    "scaling.scheduledActions[1].startTime".to_owned(),
                ],
            ),
            (json!({"/scaling/minCapacity": 5}), vec!["scaling.maxCapacity".to_owned()]),
        ] {
            let found = found(change.clone());
            assert_eq!(found.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), paths, "{change}: {found:?}");
        }
    }
}
