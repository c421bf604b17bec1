//! Revisions of the lab's own families that somebody else registers: a CI that deploys, the console.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Command, SMALL, World, calm, source, trial};
use crate::cloud::{Cloud, ECS, RESOURCE_TAG};
use crate::live::{self, Evidence};
use crate::plan::{self, Plan, Scope};

const FAMILY: &str = "ecs-lab-web";
/// The fields of a revision that a next one keeps, beside its containers.
const KEPT: [&str; 6] = ["family", "networkMode", "requiresCompatibilities", "cpu", "memory", "executionRoleArn"];
const CI: &str = "public.ecr.aws/nginx/nginx:1.27";

/// The newest revision of the family, or the one of an ARN, as ECS describes it.
async fn revision(cloud: &Cloud, family_or_arn: &str) -> Value {
    let asked = json!({"taskDefinition": family_or_arn, "include": ["TAGS"]});
    cloud.call(&ECS, "DescribeTaskDefinition", asked).await.unwrap()
}

/// Registers the newest revision once more with the CI's image, another level, and without the lab's tags, as the usual
/// CI does.
async fn registers(cloud: &Cloud, image: &str, level: &str) -> String {
    let newest = revision(cloud, FAMILY).await["taskDefinition"].take();
    let mut body: Value = KEPT.iter().map(|field| ((*field).to_owned(), newest[*field].clone())).collect();
    body["containerDefinitions"] = newest["containerDefinitions"].clone();
    body["containerDefinitions"][0]["image"] = image.into();
    body["containerDefinitions"][0]["environment"] = json!([{"name": "LEVEL", "value": level}]);
    body["tags"] = json!([{"key": "commit", "value": "1f3c"}]);
    let answer = cloud.call(&ECS, "RegisterTaskDefinition", body).await.unwrap();
    answer["taskDefinition"]["taskDefinitionArn"].as_str().unwrap().to_owned()
}

/// Registers the lab's newest revision once more, with its tags: what AWS does late of a call whose answer was lost.
async fn repeats(cloud: &Cloud) {
    let mut newest = revision(cloud, FAMILY).await;
    let (tags, mut newest) = (newest["tags"].take(), newest["taskDefinition"].take());
    let mut body: Value = KEPT.iter().map(|field| ((*field).to_owned(), newest[*field].take())).collect();
    body["containerDefinitions"] = newest["containerDefinitions"].take();
    body["tags"] = tags;
    cloud.call(&ECS, "RegisterTaskDefinition", body).await.unwrap();
}

/// Lets the service run `count` tasks of a revision, and tags it as a CI does.
async fn deploys(cloud: &Cloud, arn: &str, count: i64) {
    let update = json!({"cluster": "ecs-lab-main", "service": FAMILY, "taskDefinition": arn, "desiredCount": count});
    let answer = cloud.call(&ECS, "UpdateService", update).await.unwrap();
    let tags = json!([{"key": "release", "value": arn}]);
    let service = &answer["service"]["serviceArn"];
    cloud.call(&ECS, "TagResource", json!({"resourceArn": service, "tags": tags})).await.unwrap();
}

/// The number, the image and the level of the revision that the service runs, and how many of it.
async fn runs(cloud: &Cloud) -> Value {
    let asked = json!({"cluster": "ecs-lab-main", "services": [FAMILY]});
    let service = cloud.call(&ECS, "DescribeServices", asked).await.unwrap()["services"][0].take();
    let definition = revision(cloud, service["taskDefinition"].as_str().unwrap()).await["taskDefinition"].take();
    let web = &definition["containerDefinitions"][0];
    json!([definition["revision"], web["image"], web["environment"][0]["value"], service["desiredCount"]])
}

async fn planned(cloud: &Cloud, text: &str) -> Plan {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Index).await.unwrap();
    plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap()
}

#[test]
fn a_revision_of_somebody_else_is_drift_and_stays_when_the_lab_goes() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        let cloud = world.neighbour().await;
        let uri = runs(&cloud).await[1].clone();
        let theirs = registers(&cloud, CI, "debug").await;
        deploys(&cloud, &theirs, 1).await;
        world.settle_strangers();

        let plan = planned(&cloud, SMALL).await;
        let told = |address: &str| plan.effective().find(|change| change.address.to_string() == address).unwrap();
        let reason = told("taskDefinition.web").reason.clone().unwrap();
        assert!(reason.starts_with("new revision: revision 2 was registered by arn:aws:"), "{reason}");
        assert!(told("service.web").diff.touches("taskDefinition"));
        assert_eq!(plan.effective().count(), 2);

        world.apply(SMALL).await.done();
        assert_eq!(runs(&cloud).await, json!([3, uri, null, 1]));
        assert_eq!(revision(&cloud, &theirs).await["taskDefinition"]["status"], "ACTIVE");

        // In one go, and the other's stays.
        registers(&cloud, CI, "info").await;
        world.settle_strangers();
        world.destroy(SMALL).await.done();
        let left = revision(&cloud, FAMILY).await;
        assert_eq!(left["taskDefinition"]["revision"], 4);
        assert_eq!(revision(&cloud, &theirs).await["taskDefinition"]["status"], "ACTIVE");
        world.destroy(SMALL).await.done();
        assert_eq!(world.shape(), std::collections::BTreeMap::new());
        let said = world.apply(SMALL).await.failed();
        assert!(said.contains("taskDefinition.web: `ecs-lab-web` exists already"), "{said}");
    });
}

#[test]
fn an_image_that_is_ignored_is_taken_from_the_newest_revision_and_nothing_else_of_it() {
    trial(async {
        let ignoring = SMALL
            .replace(
                "    networkMode: awsvpc\n",
                "    networkMode: awsvpc\n    ignoreChanges: [containerDefinitions.web.image]\n",
            )
            .replace("    taskDefinition: web\n", "    taskDefinition: web\n    ignoreChanges: [desiredCount]\n");
        assert_ne!(ignoring, SMALL);
        let ignoring = &ignoring;
        let world = World::new().await;
        world.apply(ignoring).await.done();
        let cloud = world.neighbour().await;

        let theirs = registers(&cloud, CI, "debug").await;
        deploys(&cloud, &theirs, 3).await;
        world.settle_strangers();
        world.apply(ignoring).await.done();
        assert_eq!(runs(&cloud).await, json!([3, CI, null, 3]));

        // A revision that differs in the ignored field only is what lab.yaml asks for.
        let newer = "public.ecr.aws/nginx/nginx:1.28";
        let mut same = revision(&cloud, FAMILY).await["taskDefinition"].take();
        same["containerDefinitions"][0]["image"] = newer.into();
        let mut body: Value = KEPT.iter().map(|field| ((*field).to_owned(), same[*field].clone())).collect();
        body["containerDefinitions"] = same["containerDefinitions"].clone();
        let answer = cloud.call(&ECS, "RegisterTaskDefinition", body).await.unwrap();
        deploys(&cloud, answer["taskDefinition"]["taskDefinitionArn"].as_str().unwrap(), 2).await;
        world.settle_strangers();
        world.nothing_to_do(&source(ignoring)).await;
        assert_eq!(runs(&cloud).await, json!([4, newer, null, 2]));

        // Tags of the lab go onto the lab's own revision, never onto another's.
        let retagged = ignoring.replace("environment: development", "environment: production");
        world.apply(&retagged).await.done();
        assert!(revision(&cloud, &format!("{FAMILY}:4")).await["tags"].as_array().is_none_or(Vec::is_empty));

        let larger = retagged.replace("memory: \"512\"", "memory: \"1024\"");
        world.apply(&larger).await.done();
        assert_eq!(runs(&cloud).await, json!([5, newer, null, 2]));
        let own = revision(&cloud, FAMILY).await;
        assert_eq!(own["taskDefinition"]["memory"], "1024");
        assert!(own["tags"].as_array().unwrap().iter().any(|tag| tag["key"] == RESOURCE_TAG));
        world.destroy(&larger).await.done();
    });
}

#[test]
fn a_revision_that_is_registered_after_the_plan_is_not_passed_over() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        let cloud = world.neighbour().await;
        let edited = SMALL.replace("memory: \"512\"", "memory: \"1024\"");
        let deploys = async {
            registers(&cloud, CI, "info").await;
            world.settle_strangers();
        };
        let said = world.run_late(&Command::Apply, &edited, deploys, calm).await.failed();
        assert!(said.contains("Overtaken: revision 2 was registered by arn:aws:"), "{said}");
        world.apply(&edited).await.done();
        assert_eq!(runs(&cloud).await[0], 3);
    });
}

#[test]
fn the_labs_revision_is_found_behind_many_of_others() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        let cloud = world.neighbour().await;
        for _ in 0..25 {
            registers(&cloud, CI, "info").await;
        }
        world.settle_strangers();
        let direct = live::read_surely(&cloud, &source(SMALL)).await.unwrap();
        let plan = plan::plan(&direct.lab, &direct.live, &Scope::all()).unwrap();
        let change = plan.effective().find(|change| change.address.kind == "taskDefinition").unwrap();
        assert!(change.reason.as_ref().unwrap().contains("revision 26 was registered by"));
        assert!(change.ids[0].ends_with(":1"), "{:?}", change.ids);
        world.destroy(SMALL).await.done();
        assert_eq!(revision(&cloud, FAMILY).await["taskDefinition"]["revision"], 26);
    });
}

#[test]
fn a_revision_of_the_labs_that_comes_after_the_plan_goes_with_its_family() {
    trial(async {
        // As long as what the plan read decides, and longer.
        for wait in [0, 10].map(Duration::from_secs) {
            let world = World::new().await;
            world.apply(SMALL).await.done();
            let cloud = world.neighbour().await;
            let late = async {
                repeats(&cloud).await;
                cloud.sleep(wait).await;
            };
            world.run_late(&Command::Destroy(Scope::all()), SMALL, late, calm).await.done();
            assert_eq!(world.shape(), std::collections::BTreeMap::new());
        }
    });
}
