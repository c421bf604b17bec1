//! The whole way from a spec to an empty plan, and back to an empty account, on the embedded account.

use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use super::{Applied, Destroyed, Emptying, Event, Executor, Observer, Outcome, Unread, Wait};
use crate::cloud::{Cloud, Endpoint, connect};
use crate::live::{self, Evidence, Reading};
use crate::model::Address;
use crate::plan::{Action, Op, Plan, Scope, plan, plan_destroy};
use crate::spec::Source;
use labform_account::{Item, Sandbox};

/// The actions of a plan, by address.
type Planned<'a> = &'a [(&'a str, Action)];

const LAB_8: &str = include_str!("../../tests/lab8.yaml");

#[derive(Default)]
struct Log(Mutex<Vec<Event>>);

impl Observer for Log {
    fn event(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

async fn account() -> (Sandbox, Cloud) {
    let sandbox = Sandbox::in_memory();
    sandbox.with(|account| account.simulation("eu-west-1").images_are_there());
    let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), "eu-west-1", None).await;
    (sandbox, cloud)
}

async fn planned(cloud: &Cloud, source: &Source) -> (Reading, Plan) {
    let reading = live::read_pretended(cloud, source, Evidence::Index).await.unwrap();
    let plan = plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
    (reading, plan)
}

/// Lets `command` use an executor, and returns its value with all the events that it told.
async fn executed<T>(cloud: &Cloud, command: impl AsyncFnOnce(Executor<'_>) -> T) -> (T, Vec<Event>) {
    let log = Arc::new(Log::default());
    let observer: Arc<dyn Observer> = log.clone();
    let stop = CancellationToken::new();
    let executor = Executor { cloud, observer: &observer, stop: &stop };
    let given = command(executor).await;
    let events = std::mem::take(&mut *log.0.lock().unwrap());
    (given, events)
}

async fn run(cloud: &Cloud, plan: &Plan, reading: &Reading) -> Outcome {
    executed(cloud, async |executor| executor.run(plan, &reading.lab, &reading.live).await).await.0
}

async fn converge(cloud: &Cloud, mut reading: Reading, plan: Plan) -> Applied {
    let scope = Scope::all();
    let converge = executed(cloud, async |executor| {
        let wait = Wait::UntilReady;
        executor.converge(&scope, &mut reading, plan, wait).await
    });
    converge.await.0.unwrap()
}

/// Applies `text`, which proves that nothing is left to do. Returns the actions that were planned.
async fn apply(cloud: &Cloud, text: &str) -> Vec<(String, Action)> {
    let source = source(text);
    let (reading, plan) = planned(cloud, &source).await;
    let planned = plan.effective().map(|change| (change.address.to_string(), change.action)).collect();
    let counts = plan.counts();
    let end = converge(cloud, reading, plan).await;
    let Applied::Proven(outcome, _) = end else {
        panic!("{end:#?}");
    };
    assert_eq!(outcome.counts(), counts, "what was planned was done");
    planned
}

async fn torn_down(cloud: &Cloud, text: &str) -> (Result<Destroyed, Box<Unread>>, Vec<Event>) {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Direct).await.unwrap();
    let scope = Scope::all();
    let plan = plan_destroy(&reading.lab.place, &reading.live, &scope);
    let lab = Some(&reading.lab);
    executed(cloud, async |executor| executor.tear_down(&plan, lab, &reading.live, &scope, Emptying::AsLabSays).await)
        .await
}

async fn destroy(cloud: &Cloud, text: &str) -> (Destroyed, Vec<Event>) {
    let (end, events) = torn_down(cloud, text).await;
    (end.unwrap(), events)
}

/// The objects of the lab that are left: everything that carries an owner tag and isn't gone.
fn left(sandbox: &Sandbox) -> Vec<Item> {
    let owned = |item: &Item| item.tombstone.is_none() && item.tags.contains_key("labform:lab");
    sandbox.inventory().into_iter().filter(owned).collect()
}

#[tokio::test]
async fn what_was_deleted_is_told_where_what_is_left_cant_be_read() {
    let (sandbox, cloud) = account().await;
    apply(&cloud, LAB_8).await;
    // Only a listing of the whole account asks that.
    let denied = "ecs:ListTaskDefinitionFamilies".to_owned();
    sandbox.with(|account| account.quirks.denied = [denied].into());
    let (end, _) = torn_down(&cloud, LAB_8).await;
    let unread = end.unwrap_err();
    assert_eq!(unread.outcome.counts(), (0, 0, 17));
    let said = unread.error.to_string();
    for words in ["ListTaskDefinitionFamilies", "what is left could not be read"] {
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn lab_8_is_created_and_destroyed() {
    let (sandbox, cloud) = account().await;
    let made = apply(&cloud, LAB_8).await;
    assert_eq!(made.len(), 17);
    assert!(made.iter().all(|(_, action)| *action == Action::Create), "{made:?}");
    assert_eq!(left(&sandbox).len(), 17);

    let (destroyed, events) = destroy(&cloud, LAB_8).await;
    assert!(destroyed.is_whole(), "{destroyed:#?}");
    assert_eq!(destroyed.outcome.counts(), (0, 0, 17));
    assert_eq!(left(&sandbox), []);
    let gone = |address: &str| {
        let is_it = |event: &Event| match event {
            Event::Done { address: done, op: Op::Delete, .. } => done.to_string() == address,
            _ => false,
        };
        events.iter().position(is_it).unwrap()
    };
    let held = [
        "role.task-execution",
        "role.web-app-task",
        "logGroup.web-app",
        "repository.web-app",
        "cluster.main",
        "targetGroup.web",
        "securityGroup.tasks",
    ];
    for held in held {
        assert!(gone("service.web") < gone(held), "the service holds {held}");
    }
    let mut others: Vec<&str> = Vec::new();
    let after = sandbox.inventory();
    for item in after.iter().filter(|item| item.tombstone.is_none()) {
        others.push(item.kind);
    }
    let network = ["ec2:vpc", "ec2:subnet", "ec2:subnet", "ec2:subnet"];
    let fresh = ["ec2:internet-gateway", "ec2:security-group", "ec2:route-table"];
    let service_linked = ["iam:role", "iam:role"];
    assert_eq!(others, [&network[..], &fresh[..], &service_linked[..]].concat());
}

#[tokio::test]
async fn each_edit_of_lab_8_is_planned_as_a_person_expects_and_applied_in_one_go() {
    let (sandbox, cloud) = account().await;
    apply(&cloud, LAB_8).await;
    let edits: [(&str, &str, Planned<'_>); 5] = [
        ("desiredCount: 2", "desiredCount: 3", &[("service.web", Action::Update)]),
        (
            "description: Security group for ECS tasks",
            "description: Security group for the tasks",
            &[("securityGroup.tasks", Action::ReplaceCreateFirst), ("service.web", Action::Update)],
        ),
        (
            "    port: 3000\n",
            "    port: 3001\n",
            &[
                ("targetGroup.web", Action::ReplaceCreateFirst),
                ("listener.web.http", Action::Update),
                ("service.web", Action::Update),
            ],
        ),
        (
            "{ name: NODE_ENV, value: production }\n          - { name: PORT",
            "{ name: NODE_ENV, value: staging }\n          - { name: PORT",
            &[("taskDefinition.web", Action::Update), ("service.web", Action::Update)],
        ),
        (
            "retentionInDays: 7",
            "retentionInDays: 14",
            &[("logGroup.image-classifier", Action::Update), ("logGroup.web-app", Action::Update)],
        ),
    ];
    let mut text = LAB_8.to_owned();
    for (from, to, expected) in edits {
        assert!(text.contains(from), "lab.yaml has no `{from}`");
        text = text.replace(from, to);
        let made = apply(&cloud, &text).await;
        let made: Vec<(&str, Action)> = made.iter().map(|(address, action)| (address.as_str(), *action)).collect();
        assert_eq!(made, expected, "{to}");
    }
    let groups = left(&sandbox).into_iter().filter(|item| item.kind == "ec2:security-group").count();
    assert_eq!(groups, 2, "the replaced group is gone");
    let names = async || {
        let all = cloud.ec2.describe_security_groups().send().await.unwrap();
        let names = all.security_groups().iter();
        let mut names: Vec<String> = names.map(|one| one.group_name().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert!(!names().await.contains(&"ecs-lab-ecs-sg".to_owned()));
    apply(&cloud, &text.replace("the tasks", "all tasks")).await;
    assert!(
        names().await.contains(&"ecs-lab-ecs-sg".to_owned()),
        "the name of lab.yaml is free again, and taken: {:?}",
        names().await
    );
}

/// `converge` would set right in a second round what the first forgot.
#[tokio::test]
async fn one_round_closes_a_difference_and_that_of_its_tags() {
    let (_, cloud) = account().await;
    let text = "lab: one\nregion: eu-west-1\ntags: { stage: a }\nlogGroups:\n  a: { retentionInDays: 7 }\n  b: {}\n";
    apply(&cloud, text).await;
    let edited = source(&text.replace("stage: a", "stage: b").replace('7', "14"));
    let (reading, plan) = planned(&cloud, &edited).await;
    assert_eq!(run(&cloud, &plan, &reading).await.counts(), (0, 2, 0));
    let (_, again) = planned(&cloud, &edited).await;
    assert!(again.is_empty(), "{:#?}", again.changes);
}

#[tokio::test]
async fn what_leaves_the_spec_is_deleted() {
    let (_, cloud) = account().await;
    let two = "lab: two\nregion: eu-west-1\nlogGroups:\n  a: {}\n  b: {}\n";
    apply(&cloud, two).await;
    let one = apply(&cloud, &two.replace("  b: {}\n", "")).await;
    assert_eq!(one, [("logGroup.b".to_owned(), Action::Delete)]);
    let renamed = apply(&cloud, &two.replace("  a: {}\n  b: {}", "  a: { logGroupName: other }")).await;
    let a = "logGroup.a".to_owned();
    assert_eq!(renamed, [(a.clone(), Action::Create), (a, Action::Delete)]);
}

#[tokio::test]
async fn a_failed_step_skips_what_needs_it_and_nothing_else() {
    let (_, cloud) = account().await;
    let source = source(LAB_8);
    let (reading, plan) = planned(&cloud, &source).await;
    // Somebody else makes a group of the same name between plan and apply.
    let create = cloud.logs.create_log_group().log_group_name("/ecs/ecs-lab/web-app");
    create.send().await.unwrap();
    let outcome = run(&cloud, &plan, &reading).await;
    let failed: Vec<String> = outcome.failed.iter().map(|failure| failure.address.to_string()).collect();
    assert_eq!(failed, ["logGroup.web-app"]);
    let skipped: Vec<String> = outcome.skipped.iter().map(|(address, _)| Address::to_string(address)).collect();
    assert_eq!(skipped, ["taskDefinition.web", "service.web"]);
    assert_eq!(outcome.done.len(), 14);
    assert_eq!(outcome.counts(), (14, 0, 0));
}

#[tokio::test]
async fn an_object_that_changed_hands_after_the_plan_is_left_alone() {
    let (_, cloud) = account().await;
    let text = "lab: swap\nregion: eu-west-1\nlogGroups:\n  a: { retentionInDays: 7 }\n";
    apply(&cloud, text).await;
    let (reading, plan) = planned(&cloud, &source(&text.replace('7', "14"))).await;
    cloud.logs.delete_log_group().log_group_name("swap-a").send().await.unwrap();
    cloud.logs.create_log_group().log_group_name("swap-a").send().await.unwrap();
    let outcome = run(&cloud, &plan, &reading).await;
    assert_eq!(outcome.failed.len(), 1);
    assert!(outcome.failed[0].error.is_own(crate::cloud::Cause::NotOurs), "{}", outcome.failed[0].error);
    let groups = cloud.logs.describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups()[0].retention_in_days(), None, "nothing was changed");
}

#[tokio::test]
async fn a_replacement_deletes_no_images_whatever_a_destroy_may() {
    let (sandbox, cloud) = account().await;
    let text = "lab: holds\nregion: eu-west-1\nrepositories:\n  a: { repositoryName: holds/a, onDestroy: empty";
    apply(&cloud, &format!("{text} }}\n")).await;
    let push = |account: &mut labform_account::Account| account.push_pretended_image("eu-west-1", "holds/a", "latest");
    sandbox.with(push).unwrap();
    let encrypted = format!("{text}, encryptionConfiguration: {{ encryptionType: KMS }} }}\n");
    let source = source(&encrypted);
    let (reading, plan) = planned(&cloud, &source).await;
    assert!(plan.effective().all(|change| change.action.replaces()));
    let end = converge(&cloud, reading, plan).await;
    let Applied::Incomplete(outcome) = end else {
        panic!("the repository was replaced");
    };
    assert!(outcome.failed[0].error.is("RepositoryNotEmptyException"));
    let images = cloud.ecr.list_images().repository_name("holds/a").send().await;
    assert_eq!(images.unwrap().image_ids().len(), 1);
}
