use serde_json::{Value, json};

use crate::account::{Account, Calls};
use crate::wire::Answer;
use crate::{SERVICES, Sandbox};

const ID: &str = "service/main/web";

/// Calls an operation, of Application Auto Scaling about the service unless it is one of another service.
fn call(account: &mut Account, operation: &str, mut input: Value) -> Answer {
    account.enter("eu-west-1");
    let (word, operation) = operation.split_once(':').unwrap_or(("application-autoscaling", operation));
    let service = SERVICES.iter().find(|one| one.name == word).expect("there is such a service");
    let Calls::Json(handle) = service.calls else { panic!("{word} speaks JSON") };
    if word == "application-autoscaling" && input["ResourceARN"].is_null() {
        input["ServiceNamespace"] = "ecs".into();
        input["ScalableDimension"] = "ecs:service:DesiredCount".into();
        if input["ResourceIds"].is_null() {
            input["ResourceId"] = ID.into();
        }
    }
    handle(account, operation, &input)
}

/// An account with a service that runs nothing.
fn with_service(sandbox: &Sandbox) {
    sandbox.with(|account| {
        let _ = call(account, "ecs:CreateCluster", json!({"clusterName": "main"}));
        call(account, "ecs:CreateCluster", json!({"clusterName": "main"})).unwrap();
        let container = json!({"name": "web", "image": "nginx", "memory": 128});
        let definition = json!({"family": "web", "containerDefinitions": [container]});
        call(account, "ecs:RegisterTaskDefinition", definition).unwrap();
        let service = json!({"cluster": "main", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2});
        call(account, "ecs:CreateService", service).unwrap();
    });
}

fn count(account: &mut Account) -> i64 {
    let asked = json!({"cluster": "main", "services": ["web"]});
    call(account, "ecs:DescribeServices", asked).unwrap()["services"][0]["desiredCount"].as_i64().unwrap()
}

fn bounds(account: &mut Account) -> (Value, Value) {
    let answer = call(account, "DescribeScalableTargets", json!({"ResourceIds": [ID]})).unwrap();
    let target = &answer["ScalableTargets"][0];
    (target["MinCapacity"].clone(), target["MaxCapacity"].clone())
}

fn code(answer: Answer) -> String {
    answer.expect_err("it is refused").code
}

#[test]
fn a_target_brings_its_service_between_its_bounds_and_goes_with_it() {
    let sandbox = Sandbox::in_memory();
    with_service(&sandbox);
    sandbox.with(|account| {
        let tags = json!({"MinCapacity": 3, "MaxCapacity": 5, "Tags": {"a": "b"}});
        let arn = call(account, "RegisterScalableTarget", tags.clone()).unwrap()["ScalableTargetARN"].clone();
        assert_eq!(count(account), 3);
        let told = call(account, "RegisterScalableTarget", tags).unwrap_err();
        assert!(told.message.contains("use the TagResource API"), "{told:?}");
        call(account, "RegisterScalableTarget", json!({"MinCapacity": 1, "MaxCapacity": 2})).unwrap();
        assert_eq!((count(account), bounds(account)), (2, (json!(1), json!(2))));
        let listed = call(account, "ListTagsForResource", json!({"ResourceARN": arn})).unwrap();
        assert_eq!(listed["Tags"], json!({"a": "b"}));
        let delete = json!({"cluster": "main", "service": "web", "force": true});
        call(account, "ecs:DeleteService", delete).unwrap();
        assert_eq!(code(call(account, "DeregisterScalableTarget", json!({}))), "ObjectNotFoundException");
        let again = json!({"MinCapacity": 1, "MaxCapacity": 2});
        assert_eq!(code(call(account, "RegisterScalableTarget", again)), "ValidationException");
    });
}

#[test]
fn policies_and_actions_need_a_target_and_go_with_it() {
    let sandbox = Sandbox::in_memory();
    with_service(&sandbox);
    sandbox.with(|account| {
        let tracking = json!({"TargetValue": 50, "PredefinedMetricSpecification": {
            "PredefinedMetricType": "ECSServiceAverageCPUUtilization"}});
        let policy = json!({"PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": tracking});
        assert_eq!(code(call(account, "PutScalingPolicy", policy.clone())), "ObjectNotFoundException");
        call(account, "RegisterScalableTarget", json!({"MinCapacity": 1, "MaxCapacity": 4})).unwrap();
        let put = call(account, "PutScalingPolicy", policy.clone()).unwrap();
        assert_eq!(put["Alarms"].as_array().map(Vec::len), Some(2));
        assert_eq!(call(account, "PutScalingPolicy", policy).unwrap(), put, "the same policy has the same alarms");
        let read = call(account, "DescribeScalingPolicies", json!({})).unwrap();
        let value = &read["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"];
        assert!(value.is_f64(), "{value}");
        let steps = json!({"AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]});
        let other = json!({"PolicyName": "cpu", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": steps});
        assert_eq!(code(call(account, "PutScalingPolicy", other)), "ValidationException");
        let gone = call(account, "DeleteScalingPolicy", json!({"PolicyName": "no"}));
        assert_eq!(code(gone), "ObjectNotFoundException");
        call(account, "DeregisterScalableTarget", json!({})).unwrap();
        assert_eq!(call(account, "DescribeScalingPolicies", json!({})).unwrap()["ScalingPolicies"], json!([]));
    });
}

#[tokio::test]
async fn an_action_sets_the_bounds_at_its_time_unless_the_clock_rests() {
    let sandbox = Sandbox::in_memory();
    with_service(&sandbox);
    let put = |sandbox: &Sandbox, least: i64, most: i64| {
        let sets = json!({"MinCapacity": least, "MaxCapacity": most});
        let action = json!({"ScheduledActionName": "it", "Schedule": "rate(1 minute)", "ScalableTargetAction": sets});
        sandbox.with(|account| call(account, "PutScheduledAction", action)).unwrap();
    };
    let pass = async || sandbox.visit_when_free(90_000, |_| ()).await.unwrap();
    sandbox.with(|account| {
        call(account, "RegisterScalableTarget", json!({"MinCapacity": 1, "MaxCapacity": 4})).unwrap();
    });
    put(&sandbox, 0, 0);
    pass().await;
    sandbox.with(|account| assert_eq!((count(account), bounds(account)), (0, (json!(0), json!(0)))));
    sandbox.with(|account| {
        let rests = json!({"SuspendedState": {"ScheduledScalingSuspended": true}});
        call(account, "RegisterScalableTarget", rests).unwrap();
    });
    put(&sandbox, 2, 3);
    pass().await;
    sandbox.with(|account| assert_eq!((count(account), bounds(account)), (0, (json!(0), json!(0)))));
}
