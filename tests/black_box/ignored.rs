//! `ignoreChanges`: what somebody else sets behind labform's back stays, and the lab goes on owning the rest.

use serde_json::{Value, json};

use crate::account::Account;
use crate::emulator::Emulator;

const SECTIONS: &str = r#"
vpc: default
securityGroups: { tasks: { groupName: LAB-tasks } }
clusters: { main: { clusterName: LAB } }
taskDefinitions:
  web:
    family: LAB-web
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: 256
    memory: 512
    ignoreChanges: [containerDefinitions.web.image]
    containerDefinitions:
      - { name: web, image: "public.ecr.aws/nginx/nginx:1.26", environment: [{ name: LEVEL, value: info }] }
services:
  web:
    serviceName: LAB-web
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    ignoreChanges: [desiredCount]
    networkConfiguration:
      awsvpcConfiguration: { subnets: ["${region}a"], securityGroups: [tasks], assignPublicIp: ENABLED }
"#;
const CI: &str = "public.ecr.aws/nginx/nginx:1.27";

/// Registers the newest revision of the family once more with CI's image and the same tags, as a deploying CI does, and
/// lets the service run three tasks of it.
fn deploy(account: &Account, lab: &str) {
    let query = format!("ecs describe-task-definition --task-definition {lab}-web --include TAGS");
    let described = account.aws(&query);
    let mut revision = described["taskDefinition"].clone();
    revision["containerDefinitions"][0]["image"] = json!(CI);
    let given = ["family", "networkMode", "requiresCompatibilities", "cpu", "memory", "containerDefinitions"];
    let mut body: Value = given.iter().map(|field| ((*field).to_owned(), revision[*field].clone())).collect();
    body["tags"] = described["tags"].clone();
    let registered = account.aws(&format!("ecs register-task-definition --cli-input-json {body}"));
    // By its ARN: moto shows a service's task definition as it was given, and not as the revision that it is.
    let arn = registered["taskDefinition"]["taskDefinitionArn"].as_str().expect("a revision has an ARN");
    let update = format!("ecs update-service --cluster {lab} --service {lab}-web --task-definition {arn}");
    account.aws(&format!("{update} --desired-count 3"));
}

/// The service's count, and the image, the level and the memory of the revision that it runs.
fn running(account: &Account, lab: &str) -> Value {
    let service = account.aws(&format!("ecs describe-services --cluster {lab} --services {lab}-web"));
    let service = &service["services"][0];
    let arn = service["taskDefinition"].as_str().expect("a service runs a revision");
    let definition = account.aws(&format!("ecs describe-task-definition --task-definition {arn}"));
    let definition = &definition["taskDefinition"];
    let web = &definition["containerDefinitions"][0];
    json!([service["desiredCount"], web["image"], web["environment"][0]["value"], definition["memory"]])
}

fn lives_beside_a_ci(account: &Account) {
    let lab = "ignores";
    account.write_lab(lab, &[SECTIONS]);
    account.apply();
    // At create the file's values hold.
    assert_eq!(running(account, lab), json!([1, "public.ecr.aws/nginx/nginx:1.26", "info", "512"]));

    deploy(account, lab);
    account.is_unchanged();
    account.apply();
    assert_eq!(running(account, lab), json!([3, CI, "info", "512"]));

    // Other edits of the file go through, of the very container and of the service.
    let edited = SECTIONS.replace("value: info", "value: debug").replace("memory: 512", "memory: 1024");
    let edited =
        edited.replace("    launchType: FARGATE\n", "    launchType: FARGATE\n    enableECSManagedTags: true\n");
    account.write_lab(lab, &[&edited]);
    account.plans(&["service.web will be updated in-place", "taskDefinition.web will be updated in-place"]);
    account.apply();
    assert_eq!(running(account, lab), json!([3, CI, "debug", "1024"]));
    account.is_unchanged();

    // Without the word the file's values hold again.
    let own = edited.replace("    ignoreChanges: [containerDefinitions.web.image]\n", "");
    account.write_lab(lab, &[&own.replace("    ignoreChanges: [desiredCount]\n", "")]);
    account.apply();
    assert_eq!(running(account, lab), json!([1, "public.ecr.aws/nginx/nginx:1.26", "debug", "1024"]));
    account.labform(&["destroy", "--yes"]).exits(0);
}

#[test]
fn a_count_and_an_image_that_a_ci_sets_stay_on_the_embedded_account() {
    lives_beside_a_ci(&Account::embedded("eu-west-1"));
}

#[test]
fn a_count_and_an_image_that_a_ci_sets_stay_on_moto() {
    lives_beside_a_ci(&Account::emulated(Emulator::moto(), "eu-north-1"));
}

#[test]
fn attributes_and_tags_that_others_set_stay() {
    let account = Account::embedded("eu-west-1");
    let group = r#"
vpc: default
targetGroups:
  web:
    name: ignores-tg
    protocol: HTTP
    port: 80
    targetType: ip
    healthCheckPath: /
    tags: { cost: lab, team: a }
    attributes: { deregistration_delay.timeout_seconds: "30", slow_start.duration_seconds: "60" }
    ignoreChanges: [healthCheckPath, 'attributes."slow_start.duration_seconds"', tags.cost]
"#;
    account.write_lab("ignores", &[group]);
    account.apply();
    let arn = account.text("elbv2 describe-target-groups --names ignores-tg --query TargetGroups[0].TargetGroupArn");
    account.aws(&format!("elbv2 modify-target-group --target-group-arn {arn} --health-check-path /live"));
    let attributes = "Key=slow_start.duration_seconds,Value=90";
    account.aws(&format!("elbv2 modify-target-group-attributes --target-group-arn {arn} --attributes {attributes}"));
    account.aws(&format!("elbv2 add-tags --resource-arns {arn} --tags Key=cost,Value=course"));
    account.is_unchanged();

    let edited = group.replace("team: a", "team: b").replace("\"30\"", "\"20\"");
    let edited = edited.replace("healthCheckPath: /\n", "healthCheckPath: /\n    healthCheckIntervalSeconds: 20\n");
    account.write_lab("ignores", &[&edited]);
    account.apply();
    account.is_unchanged();
    let path = "elbv2 describe-target-groups --names ignores-tg --query TargetGroups[0].HealthCheckPath";
    assert_eq!(account.text(path), "/live");
    let value = |key: &str| {
        let query = format!("Attributes[?Key=='{key}'].Value|[0]");
        account.text(&format!("elbv2 describe-target-group-attributes --target-group-arn {arn} --query {query}"))
    };
    assert_eq!(value("slow_start.duration_seconds"), "90");
    assert_eq!(value("deregistration_delay.timeout_seconds"), "20");
    let tags = account.aws(&format!("elbv2 describe-tags --resource-arns {arn} --query TagDescriptions[0].Tags"));
    let tag =
        |key: &str| tags.as_array().into_iter().flatten().find(|tag| tag["Key"] == key).map(|tag| tag["Value"].clone());
    assert_eq!((tag("cost"), tag("team")), (Some(json!("course")), Some(json!("b"))));
}
