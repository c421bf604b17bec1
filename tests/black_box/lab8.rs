//! Lab 8 without its images, as a student takes it, on each account.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::differences::{Step, differs};
use crate::emulator::Emulator;
use crate::inventory::{by_name, by_tag};
use crate::labform::Folder;

const REGION: &str = "eu-west-1";
const LAB: &str = "ecs-lab";

/// The lab's file without images.
pub(crate) const FILE: &str = include_str!("../lab8.yaml");

/// The same without what its job pretends, so that the job's command says how it ends.
pub(crate) fn unpretended() -> &'static str {
    let block = FILE.split_once("    sandbox: ");
    block.expect("the job has such a block").0
}

/// The half that step 8 takes down.
const WEB: [&str; 4] = [
    "listener ecs-lab-alb:80",
    "loadBalancer ecs-lab-alb",
    "service ecs-lab-cluster/web-service",
    "targetGroup ecs-lab-tg",
];

/// What stays after step 8.
const REST: [&str; 13] = [
    "bucket ecs-lab-images-ACCOUNT-eu-west-1",
    "cluster ecs-lab-cluster",
    "logGroup /ecs/ecs-lab/image-classifier",
    "logGroup /ecs/ecs-lab/web-app",
    "repository ecs-lab/image-classifier",
    "repository ecs-lab/web-app",
    "role ecs-lab-image-classifier-task-role",
    "role ecs-lab-task-execution-role",
    "role ecs-lab-web-app-task-role",
    "securityGroup ecs-lab-alb-sg",
    "securityGroup ecs-lab-ecs-sg",
    "taskDefinition ecs-web-app",
    "taskDefinition image-classifier",
];

/// A text of the lab's file, what takes its place, and the headings of the plan for it.
type Edit = (&'static str, &'static str, &'static [&'static str]);

const EDITS: [Edit; 5] = [
    (
        "\n    port: 3000",
        "\n    port: 3001",
        &[
            "listener.web.http will be updated in-place",
            "service.web will be updated in-place",
            "targetGroup.web must be replaced",
        ],
    ),
    (
        "Security group for ECS tasks",
        "What the tasks are behind",
        &["securityGroup.tasks must be replaced", "service.web will be updated in-place"],
    ),
    ("logs:DescribeLogStreams", "logs:DescribeLogGroups", &["role.task-execution will be updated in-place"]),
    (
        "{ name: PORT, value: \"3000\" }",
        "{ name: PORT, value: \"3001\" }",
        &["service.web will be updated in-place", "taskDefinition.web will be updated in-place"],
    ),
    ("desiredCount: 2", "desiredCount: 1", &["service.web will be updated in-place"]),
];

#[test]
fn on_the_embedded_account() {
    whole(&Account::embedded(REGION));
}

#[test]
fn on_moto() {
    whole(&Account::emulated(Emulator::moto(), REGION));
}

#[test]
fn on_ministack() {
    whole(&Account::emulated(Emulator::ministack(), REGION));
}

/// The path of a student, with a few accidents.
fn whole(account: &Account) {
    account.folder.write("lab.yaml", FILE);
    account.labform(&["validate"]).exits(0);
    account.apply().says("url = http://");
    account.is_unchanged();
    assert_eq!(by_name(account, LAB), everything(account), "{}", account.name);
    assert!(!by_tag(account, LAB).is_empty(), "{}", account.name);

    drift_is_named_and_repaired(account);
    the_web_half_goes_and_comes_back(account);
    edits_are_planned_and_applied(account);

    // From another folder, without the file.
    let elsewhere = Folder::empty();
    account.labform_in(&elsewhere, &["destroy", "--lab", LAB, "--region", REGION, "--yes"]).exits(0);
    assert_eq!(by_name(account, LAB), BTreeSet::new(), "{}", account.name);
    assert_eq!(by_tag(account, LAB), BTreeSet::new(), "{}", account.name);
}

fn drift_is_named_and_repaired(account: &Account) {
    let arn =
        account.text("elbv2 describe-load-balancers --names ecs-lab-alb --query LoadBalancers[0].LoadBalancerArn");
    let listener =
        account.text(&format!("elbv2 describe-listeners --load-balancer-arn {arn} --query Listeners[0].ListenerArn"));
    account.aws(&format!("elbv2 delete-listener --listener-arn {listener}"));
    let group = account.text(
        "ec2 describe-security-groups --filters Name=group-name,Values=ecs-lab-ecs-sg --query SecurityGroups[0].GroupId",
    );
    account.aws(&format!(
        "ec2 authorize-security-group-ingress --group-id {group} --protocol tcp --port 22 --cidr 0.0.0.0/0"
    ));
    account.aws("logs put-retention-policy --log-group-name /ecs/ecs-lab/web-app --retention-in-days 30");
    account.aws("ecs update-service --cluster ecs-lab-cluster --service web-service --desired-count 1");

    let expected = [
        "listener.web.http will be created",
        "logGroup.web-app will be updated in-place",
        "securityGroup.tasks will be updated in-place",
        "service.web will be updated in-place",
    ];
    account.plans(&expected);
    account.apply();
    account.is_unchanged();
}

fn the_web_half_goes_and_comes_back(account: &Account) {
    account.labform(&["destroy", "--phase", "web", "--yes"]).exits(0);
    assert_eq!(by_name(account, LAB), rest(account), "{}", account.name);
    account.apply();
    account.is_unchanged();
    assert_eq!(by_name(account, LAB), everything(account), "{}", account.name);
}

/// Each edit stays in the file for those after it, so that each plan shows one edit only.
fn edits_are_planned_and_applied(account: &Account) {
    let mut file = FILE.to_owned();
    for (from, to, expected) in EDITS {
        if expected[0].starts_with("securityGroup.") && differs(account, Step::GroupIsFoundByPattern) {
            continue;
        }
        assert_eq!(file.matches(from).count(), 1, "{from}");
        file = file.replace(from, to);
        account.folder.write("lab.yaml", &file);
        account.plans(expected);
        account.apply();
        account.is_unchanged();
    }
    let revisions = account.aws("ecs list-task-definitions --family-prefix ecs-web-app --query taskDefinitionArns");
    let last = revisions.as_array().into_iter().flatten().next_back().and_then(serde_json::Value::as_str);
    assert!(
        last.is_some_and(|arn| arn.ends_with("ecs-web-app:2")),
        "{}: one edit is one revision: {revisions}",
        account.name
    );
}

fn rest(account: &Account) -> BTreeSet<String> {
    REST.iter().map(|name| name.replace("ACCOUNT", account.id)).collect()
}

fn everything(account: &Account) -> BTreeSet<String> {
    rest(account).into_iter().chain(WEB.map(String::from)).collect()
}

#[test]
fn the_classifier_runs_to_its_end() {
    let account = Account::embedded(REGION);
    account.folder.write("lab.yaml", FILE);
    account.apply();
    let run = account.labform(&["run", "classifier"]).exits(0);
    for state in ["PROVISIONING", "PENDING", "RUNNING", "STOPPED"] {
        assert!(run.stderr.contains(state), "{state} is not shown: {run}");
    }
    assert!(!run.stdout.is_empty(), "the log is not shown: {run}");
}
