//! Objects of strangers under the lab's own names, from the beginning or all of a sudden.

use std::time::Duration;

use serde_json::json;

use super::{Command, End, SMALL, SMALL_ADDRESSES, World, calm, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::cloud::{ECS, Endpoint, connect, identity};
use crate::plan::Scope;

async fn applied() -> World {
    let world = World::new().await;
    world.apply(SMALL).await.done();
    world
}

/// Swaps a stranger's object in after the plan, a minute before the first step.
pub(super) async fn swapped_in(address: &str, command: &Command, text: &str, world: &World) {
    let meanwhile = async {
        world.swap(address, &json!({}));
        world.neighbour().await.sleep(Duration::from_secs(60)).await;
    };
    let ran = world.run_late(command, text, meanwhile, calm).await;
    match ran.end {
        End::Failed(said) => assert!(said.contains("left alone"), "{address}: {said}"),
        end => panic!("{address}: {end:?}"),
    }
}

#[test]
fn a_strangers_object_that_is_swapped_in_after_the_plan_survives_the_apply() {
    trial(async {
        let applied = applied().await;
        let text = SMALL.replace("environment: development", "environment: production");
        for address in SMALL_ADDRESSES {
            swapped_in(address, &Command::Apply, &text, &applied.fork()).await;
        }
    });
}

/// S3's own region answers the create of a bucket that the account has already with success.
#[test]
fn a_strangers_bucket_that_appears_after_the_plan_is_not_taken_over_in_us_east_1() {
    trial(async {
        let text = "lab: ecs-lab\nregion: us-east-1\nbuckets:\n  a: { bucket: shared, versioningConfiguration: { status: Enabled } }\n";
        let world = World::new().await;
        world.fork().apply(text).await.done();
        let appears = async {
            let endpoint = Endpoint::Sandbox(world.sandbox.clone());
            let colleague = connect(&endpoint, "us-east-1", None).await;
            identity(&colleague).await.unwrap();
            let create = colleague.s3.create_bucket().bucket("shared");
            create.send().await.unwrap();
            world.settle_strangers();
        };
        let ran = world.run_late(&Command::Apply, text, appears, calm).await;
        let said = ran.failed();
        assert!(said.contains("bucket.a: "), "{said}");
        assert!(said.contains("BucketAlreadyOwnedByYou"), "{said}");
    });
}

/// Another process of the same lab has deleted a service and made it again: the name and the tags are the same.
#[test]
fn a_service_that_was_made_again_after_the_plan_is_not_deleted_by_it() {
    trial(async {
        let world = applied().await;
        let again = async {
            world.edit(|mut account| {
                let made_later = |service: &mut serde_json::Value| {
                    let created = service["created"].as_i64().unwrap();
                    service["created"] = (created + 1_000).into();
                };
                let regions = account["regions"].as_object_mut().unwrap();
                let services = regions.values_mut().filter_map(|region| region["ecs"]["services"].as_object_mut());
                services.flat_map(|services| services.values_mut()).for_each(made_later);
                account
            });
            world.neighbour().await.sleep(Duration::from_secs(60)).await;
        };
        let destroy = Command::Destroy(Scope::all());
        let said = world.run_late(&destroy, SMALL, again, calm).await.failed();
        assert!(said.contains("another object has its name now"), "{said}");
    });
}

#[test]
fn a_strangers_object_that_is_swapped_in_survives_the_destroy() {
    trial(async {
        let applied = applied().await;
        for address in SMALL_ADDRESSES {
            let destroy = Command::Destroy(Scope::all());
            swapped_in(address, &destroy, SMALL, &applied.fork()).await;
        }
    });
}

/// Refusals of a delete that pass, each of an object that is known by its name: its address, the call, AWS's code and
/// its words.
const PASSES: [(&str, &str, &str, &str); 5] = [
    (
        "cluster.main",
        "DeleteCluster",
        "ClusterContainsTasksException",
        "The Cluster cannot be deleted while Tasks are active.",
    ),
    (
        "service.web",
        "DeleteService",
        "InvalidParameterException",
        "The service cannot be stopped while deployments are active.",
    ),
    (
        "logGroup.app",
        "DeleteLogGroup",
        "OperationAbortedException",
        "A conflicting operation is currently in progress.",
    ),
    ("bucket.images", "DELETE ", "OperationAborted", "A conflicting conditional operation is currently in progress."),
    ("role.execution", "DeleteRole", "ConcurrentModification", "Another request changes the role."),
];

#[test]
fn a_strangers_object_that_is_swapped_in_while_a_delete_waits_survives() {
    trial(async {
        let applied = applied().await;
        for (address, operation, code, words) in PASSES {
            let world = applied.fork();
            let somebody = world.clone();
            let refused = move |call: &Call| {
                if call.operation != operation || call.nth > 2 {
                    return Trouble::None;
                }
                if call.nth == 2 {
                    somebody.swap(address, &json!({}));
                }
                Trouble::Refused { status: 400, code, message: words.to_owned() }
            };
            let destroy = Command::Destroy(Scope::all());
            let ran = world.run(&destroy, SMALL, refused).await;
            let tries = ran.calls.iter().filter(|call| call.operation == operation);
            assert_eq!(tries.count(), 3, "{address}");
            let said = ran.failed();
            let left = format!("{address}: labform: NotOurs");
            assert!(said.contains(&left), "{address}: {said}");
        }
    });
}

#[test]
fn a_service_that_somebody_makes_at_the_same_moment_is_told_as_such() {
    trial(async {
        let world = applied().await;
        assert!(world.delete_by_hand(SMALL, "service.web").await);
        let appears = async {
            let cloud = world.neighbour().await;
            let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
            let network = json!({"awsvpcConfiguration": {"subnets": [subnets.subnets()[0].subnet_id().unwrap()]}});
            let service = json!({"cluster": "ecs-lab-main", "serviceName": "ecs-lab-web", "desiredCount": 0,
                "taskDefinition": "ecs-lab-web", "launchType": "FARGATE", "networkConfiguration": network});
            cloud.call(&ECS, "CreateService", service).await.unwrap();
            world.settle_strangers();
        };
        let said = world.run_late(&Command::Apply, SMALL, appears, calm).await.failed();
        for words in
            ["service.web: CreateService: ", "somebody else made a service of this name at this moment", "whose it is"]
        {
            assert!(said.contains(words), "{words}: {said}");
        }
    });
}
