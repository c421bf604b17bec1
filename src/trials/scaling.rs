//! Services that Application Auto Scaling scales: what is its own, and what is the lab's.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, source, trial};
use crate::cloud::{APPLICATION_AUTO_SCALING, Cloud};
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};

/// A lab with a service that has this scaling and this count.
fn lab(scaling: &Value, count: Option<i64>) -> String {
    let container = json!({"name": "web", "image": "nginx"});
    let mut service = json!({"cluster": "it", "taskDefinition": "it", "launchType": "FARGATE", "desiredCount": count,
        "networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "ENABLED"}}, "scaling": scaling});
    service.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({"lab": "ecs-lab", "region": "eu-west-1", "vpc": "default",
        "clusters": {"it": {}},
        "taskDefinitions": {"it": {"networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
            "memory": "512", "containerDefinitions": [container]}},
        "services": {"it": service}})
    .to_string()
}

/// Bounds with an action that puts the service to sleep.
fn asleep_by(schedule: &str) -> Value {
    json!({"minCapacity": 1, "maxCapacity": 4, "scheduledActions": [{"scheduledActionName": "sleep",
        "schedule": schedule, "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0}}]})
}

async fn count(cloud: &Cloud) -> i32 {
    let asked = cloud.ecs.describe_services().cluster("ecs-lab-it").services("ecs-lab-it");
    asked.send().await.unwrap().services()[0].desired_count()
}

async fn set_count(cloud: &Cloud, count: i32) {
    let update = cloud.ecs.update_service().cluster("ecs-lab-it").service("ecs-lab-it").desired_count(count);
    update.send().await.unwrap();
}

async fn targets(cloud: &Cloud) -> usize {
    let asked = json!({"ServiceNamespace": "ecs"});
    let answer = cloud.call(&APPLICATION_AUTO_SCALING, "DescribeScalableTargets", asked).await.unwrap();
    answer["ScalableTargets"].as_array().unwrap().len()
}

#[test]
fn the_count_between_the_bounds_is_the_scalers() {
    trial(async {
        let world = World::new().await;
        let text = lab(&json!({"minCapacity": 2, "maxCapacity": 4}), None);
        world.apply(&text).await.done();
        let cloud = world.neighbour().await;
        assert_eq!(count(&cloud).await, 2, "it starts at the least");
        set_count(&cloud, 3).await;
        world.nothing_to_do(&source(&text)).await;
        set_count(&cloud, 9).await;
        assert!(world.apply(&text).await.done().changes() > 0);
        assert_eq!(count(&cloud).await, 4);
        world.destroy(&text).await.done();
        assert_eq!(targets(&cloud).await, 0);
    });
}

#[test]
fn bounds_that_an_action_sets_are_no_difference() {
    trial(async {
        let world = World::new().await;
        let text = lab(&asleep_by("rate(30 minutes)"), Some(2));
        world.apply(&text).await.done();
        let cloud = world.neighbour().await;
        cloud.sleep(Duration::from_mins(31)).await;
        assert_eq!(count(&cloud).await, 0);
        world.nothing_to_do(&source(&text)).await;
        world.destroy(&text).await.done();
    });
}

#[test]
fn a_service_whose_scaling_rests_runs_the_count_of_the_file() {
    trial(async {
        let world = World::new().await;
        let mut scaling = asleep_by("rate(30 minutes)");
        scaling["suspendedState"] = json!({"dynamicScalingInSuspended": true, "dynamicScalingOutSuspended": true,
            "scheduledScalingSuspended": true});
        let text = lab(&scaling, Some(0));
        world.apply(&text).await.done();
        let cloud = world.neighbour().await;
        cloud.sleep(Duration::from_mins(31)).await;
        world.apply(&text).await.done();
        assert_eq!(count(&cloud).await, 0);
        scaling.as_object_mut().unwrap().remove("suspendedState");
        scaling["suspendedState"] = json!({"dynamicScalingInSuspended": false, "dynamicScalingOutSuspended": false,
            "scheduledScalingSuspended": false});
        scaling["scheduledActions"] = json!([]);
        world.apply(&lab(&scaling, None)).await.done();
        assert_eq!(count(&cloud).await, 1, "it is scaled again");
    });
}

#[test]
fn a_scaling_that_somebody_else_took_away_is_made_again() {
    trial(async {
        let world = World::new().await;
        let text = lab(&asleep_by("at(2100-01-01T00:00:00)"), None);
        world.apply(&text).await.done();
        let cloud = world.neighbour().await;
        let asked = json!({"ServiceNamespace": "ecs", "ResourceId": "service/ecs-lab-it/ecs-lab-it",
            "ScalableDimension": "ecs:service:DesiredCount"});
        cloud.call(&APPLICATION_AUTO_SCALING, "DeregisterScalableTarget", asked).await.unwrap();
        assert!(world.apply(&text).await.done().changes() > 0);
        assert_eq!(targets(&cloud).await, 1);
        world.apply(&lab(&json!({}), None)).await.done();
        assert_eq!(targets(&cloud).await, 0);
    });
}

/// The ARN of a policy of steps is known once the service is there, and is what an alarm names.
#[test]
fn a_policy_is_told_by_its_arn() {
    trial(async {
        let world = World::new().await;
        let policy = json!({"policyName": "up", "policyType": "StepScaling", "stepScalingPolicyConfiguration": {
            "adjustmentType": "ChangeInCapacity",
            "stepAdjustments": [{"metricIntervalLowerBound": 0, "scalingAdjustment": 1}]}});
        let scaling = json!({"minCapacity": 1, "maxCapacity": 4, "scalingPolicies": [policy]});
        let mut text: Value = serde_json::from_str(&lab(&scaling, None)).unwrap();
        text["outputs"] = json!({"up": "${services.it.scaling.up}"});
        let text = text.to_string();
        world.apply(&text).await.done();
        let cloud = world.neighbour().await;
        let reading = live::read_pretended(&cloud, &source(&text), Evidence::Index).await.unwrap();
        let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
        let arn = plan.outputs["up"].clone().now().expect("it is known");
        assert!(arn.starts_with("arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:"), "{arn}");
        assert!(arn.ends_with(":resource/ecs/service/ecs-lab-it/ecs-lab-it:policyName/up"), "{arn}");
    });
}
