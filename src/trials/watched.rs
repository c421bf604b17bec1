//! What watches a lab: alarms whose state changes, and dashboards, which are of no region.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{Command, World, calm, trial};
use crate::cloud::CLOUDWATCH;
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;

const DASHBOARD: &str = "
lab: ecs-lab
region: eu-west-1
dashboards: { web: { dashboardBody: { widgets: [] } } }
";

/// A service whose deployments its alarm stops.
const WATCHED: &str = "
lab: ecs-lab
region: eu-west-1
vpc: default
clusters: { main: {} }
topics: { alerts: { subscriptions: [{ protocol: email, endpoint: anna@example.com }] } }
alarms:
  busy:
    namespace: AWS/ECS
    metricName: CPUUtilization
    statistic: Average
    dimensions: [{ name: ClusterName, value: \"${clusters.main.name}\" }, { name: ServiceName, value: \"${services.web.name}\" }]
    period: 60
    evaluationPeriods: 3
    threshold: 80
    comparisonOperator: GreaterThanThreshold
    alarmActions: [\"${topics.alerts.arn}\"]
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: \"256\"
    memory: \"512\"
    containerDefinitions: [{ name: web, image: nginx }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
    deploymentConfiguration: { alarms: { alarmNames: [busy], enable: true, rollback: true } }
";

/// Lets the alarm of [`WATCHED`] go into this state.
async fn set(world: &World, state: &str) {
    let asked = json!({"AlarmName": "ecs-lab-busy", "StateValue": state, "StateReason": "a test"});
    world.neighbour().await.call(&CLOUDWATCH, "SetAlarmState", asked).await.unwrap();
}

#[test]
fn the_state_of_an_alarm_and_mail_that_nobody_confirmed_are_no_difference() {
    trial(async {
        let world = World::new().await;
        world.apply(WATCHED).await.done();
        for state in ["OK", "ALARM", "INSUFFICIENT_DATA"] {
            set(&world, state).await;
            assert_eq!(world.apply(WATCHED).await.done().changes(), 0, "{state}");
        }
        world.destroy(WATCHED).await.done();
    });
}

#[test]
fn a_deployment_during_which_the_alarm_goes_off_is_stopped() {
    trial(async {
        let world = World::new().await;
        world.apply(WATCHED).await.done();
        // An alarm that is on when a deployment begins doesn't stop it.
        set(&world, "ALARM").await;
        let next = WATCHED.replace("image: nginx", "image: nginx:2");
        world.apply(&next).await.done();
        set(&world, "OK").await;
        let last = WATCHED.replace("image: nginx", "image: nginx:3");
        let (sandbox, has_begun) = (world.sandbox.clone(), AtomicBool::new(false));
        let goes_off = move |call: &Call| {
            if call.operation == "UpdateService" {
                has_begun.store(true, Ordering::Relaxed);
            } else if has_begun.swap(false, Ordering::Relaxed) {
                sandbox.with(|account| {
                    account.enter("eu-west-1");
                    account.set_off("ecs-lab-busy");
                });
            }
            Trouble::None
        };
        let said = world.run(&Command::Apply, &last, goes_off).await.failed();
        assert!(said.contains("alarm detected"), "{said}");
    });
}

#[test]
fn dashboards_of_one_lab_in_two_regions_stand_beside_each_other() {
    let there = DASHBOARD.replace("eu-west-1", "eu-central-1");
    let named = |lab: &str| lab.replace("dashboardBody", "dashboardName: one, dashboardBody");
    trial(async {
        let world = World::new().await;
        // The oracle knows one object for each address.
        let run = async |command: Command, text: &str| world.unasked(&command, text, async {}, calm).await;
        run(Command::Apply, &there).await.done();
        run(Command::Apply, DASHBOARD).await.done();
        run(Command::Destroy(Scope::all()), DASHBOARD).await.done();
        assert_eq!(run(Command::Apply, &there).await.done().changes(), 0, "it is still there");
        run(Command::Apply, &named(&there)).await.done();
        let said = run(Command::Apply, &named(DASHBOARD)).await.failed();
        let whose = "dashboard.web: `one` exists already, and it belongs to the lab `ecs-lab` in eu-central-1";
        assert!(said.starts_with(whose), "{said}");
    });
}
