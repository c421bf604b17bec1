//! A lab that is destroyed while its job runs.

use super::super::Command;
use super::*;
use crate::plan::{Narrowing, Scope};

async fn running() -> World {
    let world = applied().await;
    let left = Process::of(LAB_8).asking("RUNNING", StopRequest::Leave).run(&world, calm).await;
    assert_eq!(left.ended().by, By::Nobody);
    assert_eq!(on(&world), 1);
    world
}

#[track_caller]
fn stops_first(calls: &[Call]) {
    let at = |wanted: &dyn Fn(&Call) -> bool| calls.iter().position(wanted).unwrap();
    let stop = at(&|call| call.operation == "StopTask");
    let other = at(&|call| call.changes() && call.operation != "StopTask");
    assert!(stop < other, "{:?}", calls[other]);
}

#[test]
fn a_destroy_stops_the_task_first() {
    trial(async {
        let world = running().await;
        let ran = world.destroy(LAB_8).await.done();
        assert_eq!(on(&world), 0);
        stops_first(&ran.calls);
    });
}

#[test]
fn a_task_that_starts_while_destroy_asks_is_stopped_too() {
    trial(async {
        let world = applied().await;
        let meanwhile = async {
            let leaves = Process::of(LAB_8).asking("RUNNING", StopRequest::Leave);
            assert_eq!(leaves.run(&world, calm).await.ended().by, By::Nobody);
        };
        let destroy = Command::Destroy(Scope::all());
        let ran = world.run_late(&destroy, LAB_8, meanwhile, calm).await.done();
        assert_eq!(on(&world), 0);
        stops_first(&ran.calls);
    });
}

#[test]
fn a_job_that_has_left_the_file_is_stopped_with_what_it_needs() {
    trial(async {
        let world = running().await;
        let (text, _) = LAB_8.split_once("\njobs:\n").unwrap();
        let lab = source(text).lab(None).unwrap();
        let stops = |call: &Call| call.operation == "StopTask";
        for (only, stopped) in
            [("service.web", false), ("logGroup.image-classifier", true), ("taskDefinition.image-classifier", true)]
        {
            let only = Narrowing { only: vec![only.parse().unwrap()], ..Narrowing::default() };
            let command = Command::Destroy(only.for_destroy(&lab).unwrap());
            let world = world.fork();
            let ran = world.run(&command, text, calm).await.done();
            assert_eq!(ran.calls.iter().any(stops), stopped, "{command:?}");
        }
    });
}

#[test]
fn a_destroy_that_is_killed_while_it_stops_the_task_is_run_again() {
    trial(async {
        let world = running().await;
        for moment in [Trouble::KillBefore, Trouble::KillAfter, Trouble::AnswerLost] {
            let world = world.fork();
            let script = {
                let moment = moment.clone();
                move |call: &Call| match call.operation.as_str() {
                    "StopTask" if call.nth == 0 => moment.clone(),
                    _ => Trouble::None,
                }
            };
            world.run(&Command::Destroy(Scope::all()), LAB_8, script).await;
            world.destroy(LAB_8).await.done();
            assert_eq!(on(&world), 0, "{moment:?}");
        }
    });
}

#[test]
fn only_a_job_whose_needs_go_is_stopped() {
    trial(async {
        let world = running().await;
        let lab = source(LAB_8).lab(None).unwrap();
        let web = Narrowing { phase: Some("web".to_owned()), ..Narrowing::default() };
        let web = Command::Destroy(web.for_destroy(&lab).unwrap());
        let stops = |call: &Call| call.operation == "StopTask";
        let ran = world.fork().run(&web, LAB_8, calm).await.done();
        assert!(!ran.calls.iter().any(stops), "the job needs nothing of the web half");
        let group = Narrowing { only: vec!["logGroup.image-classifier".parse().unwrap()], ..Narrowing::default() };
        let group = Command::Destroy(group.for_destroy(&lab).unwrap());
        let ran = world.run(&group, LAB_8, calm).await.done();
        assert!(ran.calls.iter().any(stops));
        assert_eq!(on(&world), 0);
    });
}

#[test]
fn a_task_of_somebody_else_in_the_cluster_is_left_and_named() {
    trial(async {
        let world = running().await;
        let endpoint = crate::cloud::Endpoint::Sandbox(world.sandbox.clone());
        let cloud = crate::cloud::connect(&endpoint, REGION, None).await;
        crate::cloud::identity(&cloud).await.unwrap();
        let ours = tasks(&world).remove(0).id;
        let described = cloud.ecs.describe_tasks().cluster("ecs-lab-cluster").tasks(&ours);
        let described = described.send().await.unwrap();
        let subnet = described.tasks()[0].attachments()[0].details().iter();
        let subnet = subnet.filter(|one| one.name() == Some("subnetId")).find_map(|one| one.value());
        let network = aws_sdk_ecs::types::AwsVpcConfiguration::builder().subnets(subnet.unwrap());
        let network =
            aws_sdk_ecs::types::NetworkConfiguration::builder().awsvpc_configuration(network.build().unwrap());
        let run = cloud.ecs.run_task().cluster("ecs-lab-cluster").task_definition("ecs-web-app");
        let run = run.launch_type("FARGATE".into()).started_by("ecs-lab-2/theirs");
        let theirs = run.network_configuration(network.build()).send().await.unwrap();
        let theirs = theirs.tasks()[0].task_arn().unwrap().to_owned();
        let ran = world.run(&Command::Destroy(Scope::all()), LAB_8, calm).await;
        assert_eq!(on(&world), 0, "{:?}", ran.end);
        let stopped: Vec<&Call> = ran.calls.iter().filter(|call| call.operation == "StopTask").collect();
        assert_eq!(stopped.len(), 1);
        assert!(stopped[0].body.contains(&ours) && !stopped[0].body.contains(&theirs));
    });
}
