//! The policies against the calls that really leave: none that isn't allowed, nothing allowed that isn't used.

mod apply_document;
mod calls;
mod documents;
mod guests;
mod life;

use std::sync::OnceLock;
use std::time::Duration;

use super::*;
use crate::model::PolicyDocument;
use crate::resource::Names;
use crate::spec::Source;
use crate::trials::{lives, trial};
use calls::Facts;
use labform_account::Item;
use life::{Calls, Life, REGION};

const LAB_8: &str = include_str!("../../../tests/lab8.yaml");
const JOB_ALONE: &str = include_str!("../../../examples/job-alone.yaml");
const SERVICE: &str = include_str!("../../../examples/service-without-load-balancer.yaml");
/// A lab that pushes an image, and a service that runs it.
const IMAGES: &str = include_str!("images.yaml");

fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

fn policies(text: &str, id: Option<&str>) -> BTreeMap<Command, Policy> {
    let source = source(text);
    let lab = source.at(&account(id, source.region()), &Names::new()).unwrap();
    Command::ALL.map(|command| (command, Policy::of(&lab, command))).into()
}

fn allowed(policy: &Policy) -> BTreeSet<String> {
    policy.statement.iter().flat_map(|one| &one.action).map(|action| (*action).to_owned()).collect()
}

/// The same lab with nothing in it.
fn emptied(text: &str) -> String {
    let head = ["lab:", "region:"];
    let lines = text.lines().filter(|line| head.iter().any(|key| line.starts_with(key)));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The actions that the calls of `command` needed.
fn used(facts: &Facts, calls: &Calls, command: Command) -> BTreeSet<String> {
    calls.get(&command).into_iter().flatten().flat_map(|call| facts.actions(call)).collect()
}

async fn life_of_lab_8() -> Life {
    let mut life = Life::new();
    life.read(LAB_8).await;
    life.apply_failing(LAB_8, "ecs-web-app").await;
    life.read(&emptied(LAB_8)).await;
    life.run(LAB_8, "classifier", None).await;
    life.read_each_role(LAB_8).await;
    life.look(LAB_8).await;
    life.run(LAB_8, "classifier", Some(Duration::ZERO)).await;
    life.apply(&emptied(LAB_8)).await;
    life.apply(LAB_8).await;
    fill(&life).await;
    life.begin(LAB_8, "classifier").await;
    life.destroy(LAB_8).await;
    life.apply(LAB_8).await;
    life.overtake("image-classifier").await;
    life.read(&emptied(LAB_8)).await;
    life.entangle("ecs-lab-alb-sg", "ecs-lab-ecs-sg").await;
    life.destroy_by_tag(LAB_8).await;
    life
}

async fn life_of(text: &str) -> Life {
    lived(Life::new(), text).await
}

async fn lived(mut life: Life, text: &str) -> Life {
    life.read(text).await;
    life.apply(text).await;
    life.read(text).await;
    let tagged = text.replacen(
        "
region: ",
        "
tags: { owner: me }
region: ",
        1,
    );
    assert!(life.apply(&tagged).await > 0);
    life.move_expiry(text).await;
    for job in source(text).into_lab().jobs.into_keys() {
        life.run(text, &job, None).await;
    }
    life.look(text).await;
    life.read(&emptied(text)).await;
    life.destroy(text).await;
    life
}

/// Lab 8 whose job gets a file and gives one.
fn with_files() -> String {
    let files = "timeout: 30m\n    inputs: [{ file: a.txt, bucket: images, key: input/a }]\n    outputs: [{ bucket: images, \
                 key: output/a }]\n";
    LAB_8.replace("timeout: 30m\n", files)
}

/// Lab 8 with a checkpoint of each sort that asks AWS.
fn with_checks() -> String {
    let checks = r#"
checks:
  definition: { taskDefinition: image-classifier }
  ended: { task: { cluster: main, taskDefinition: image-classifier, exitCode: 0 } }
  image: { image: { repository: web-app } }
  log: { log: { logGroup: image-classifier, contains: "classified" } }
  page: { url: { url: "http://${loadBalancers.web.dnsName}/" } }
  secret: { secret: it }
  service: { service: web }
  stored: { object: { bucket: images, key: output/a } }
secrets: { it: { generateSecretString: {} } }
outputs:
"#;
    with_files().replace("\noutputs:\n", checks)
}

async fn life_with_checks() -> Life {
    let (mut life, text) = (Life::new(), with_checks());
    life.apply(&text).await;
    life.run(&text, "classifier", None).await;
    fill(&life).await;
    life.check(&text).await;
    life
}

async fn life_with_files() -> Life {
    let (mut life, text) = (Life::new(), with_files());
    life.apply(&text).await;
    life.run(&text, "classifier", None).await;
    life
}

/// A cluster that somebody else's task holds, to be destroyed and to be left out of the file.
async fn life_of_a_held_cluster() -> Life {
    let mut life = Life::new();
    life.apply(JOB_ALONE).await;
    life.hold("one-job-main", "one-job-hello").await;
    life.apply(&emptied(JOB_ALONE)).await;
    life.apply(JOB_ALONE).await;
    life.hold("one-job-main", "one-job-hello").await;
    life.destroy(JOB_ALONE).await;
    life
}

/// The life of a resource: the labs in which it stood, what was made as it, and the calls of each command.
struct OfKind {
    kind: lives::Life,
    texts: Vec<String>,
    made: Vec<Item>,
    calls: Calls,
}

/// The lives of all kinds, which are lived once.
fn of_kinds() -> &'static [OfKind] {
    static ALL: OnceLock<Vec<OfKind>> = OnceLock::new();
    ALL.get_or_init(|| lives::side_by_side(lives::all(), |kind| trial(life_of_kind(kind))))
}

/// The resource of a kind is made and edited, gets a tag, is left out of the file, and is destroyed with a file and without.
async fn life_of_kind(kind: lives::Life) -> OfKind {
    let mut texts = vec![kind.first("own", REGION)];
    texts.extend(kind.edits("own", REGION).into_iter().map(|(text, _)| text));
    let (mut life, mut made, address) = (Life::new(), Vec::new(), kind.address());
    let base = kind.base("own", REGION);
    kind.certify(&life.cloud().await).await;
    life.apply(&base).await;
    for text in &texts {
        life.read(text).await;
        life.apply(text).await;
        made.extend(life.sandbox.inventory());
    }
    let is_it = |item: &Item| item.tags.get("labform:resource").is_some_and(|of| *of == address);
    // What AWS makes for a service carries its tags, too.
    let beside = ["ecs:task", "application-autoscaling:scalable-target"];
    made.retain(|item| !beside.contains(&item.kind) && is_it(item));
    let first = &texts[0];
    assert!(life.apply(&lives::tagged(first)).await > 0);
    life.look(first).await;
    life.read(&base).await;
    life.apply(&base).await;
    for text in [first, &texts[texts.len() - 1]] {
        life.apply(text).await;
        life.destroy(text).await;
    }
    // Without a file nobody says that a repository may be emptied.
    if kind.stands_alone() {
        life.apply(first).await;
        life.destroy_by_tag(first).await;
    }
    OfKind { kind, texts, made, calls: life.calls }
}

/// Puts something into the bucket and the repository.
async fn fill(life: &Life) {
    let cloud = life.cloud().await;
    crate::cloud::identity(&cloud).await.unwrap();
    let bucket = "ecs-lab-images-123456789012-eu-west-1";
    for _ in 0..2 {
        let put = cloud.s3.put_object().bucket(bucket).key("input/image.jpg");
        put.body(b"image".to_vec().into()).send().await.unwrap();
    }
    let pushed = life.sandbox.with(|account| account.push_pretended_image("eu-west-1", "ecs-lab/web-app", "latest"));
    pushed.unwrap();
}

#[test]
fn each_policy_of_lab_8_is_a_document_that_aws_takes_as_one_managed_policy() {
    for (command, policy) in policies(LAB_8, Some("123456789012")) {
        let text = serde_json::to_string(&policy).unwrap();
        let document: PolicyDocument = serde_json::from_str(&text).unwrap();
        assert_eq!(document.0["Version"], "2012-10-17");
        let (fitting, needed) = (policy.fitting(), policy.statement.iter().filter(|one| one.sid.is_none()));
        assert!(fitting.size() <= LIMIT, "{command:?}: {}", policy.size());
        assert_eq!(fitting.statement.iter().filter(|one| one.sid.is_none()).count(), needed.count());
        assert_eq!(policy.size(), text.len(), "AWS counts no whitespace");
    }
}

#[tokio::test]
async fn no_call_is_left_out_and_nothing_is_allowed_that_no_call_needs() {
    let own = Some("123456789012");
    let mut lives = vec![
        (vec![LAB_8.to_owned()], life_of_lab_8().await.calls),
        (vec![JOB_ALONE.to_owned()], life_of_a_held_cluster().await.calls),
        (vec![with_files()], life_with_files().await.calls),
        (vec![with_checks()], life_with_checks().await.calls),
    ];
    lives.extend(guests::lives().await);
    for text in [JOB_ALONE, SERVICE, IMAGES] {
        lives.push((vec![text.to_owned()], life_of(text).await.calls));
    }
    lives.extend(of_kinds().iter().map(|one| (one.texts.clone(), one.calls.clone())));
    let facts = Facts::all();
    let mut problems = BTreeSet::new();
    for command in Command::ALL {
        let used_by_all: BTreeSet<String> = lives.iter().flat_map(|(_, calls)| used(&facts, calls, command)).collect();
        for (texts, calls) in &lives {
            let allowed = texts.iter().flat_map(|text| allowed(&policies(text, own)[&command]));
            let allowed: BTreeSet<String> = allowed.collect();
            let needed = used(&facts, calls, command);
            let lab = texts[0].lines().find(|line| line.contains("lab")).unwrap_or_default();
            problems.extend(needed.difference(&allowed).map(|action| format!("{command:?} needs {action}: {lab}")));
            let idle = allowed.difference(&used_by_all).filter(|action| !facts.idle.contains_key(*action));
            problems.extend(idle.map(|action| format!("{command:?} never uses {action}")));
        }
    }
    for (action, why) in facts.idle {
        println!("{action} is allowed and not used: {why}");
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Returns whether `pattern` stands for `text`, as IAM reads `*` and `?`.
fn stands_for(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, end) => end.is_none(),
        (Some('*'), Some(_)) => stands_for(&pattern[1..], text) || stands_for(pattern, &text[1..]),
        (Some('*'), None) => stands_for(&pattern[1..], text),
        (Some('?'), Some(_)) => stands_for(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) => a == b && stands_for(&pattern[1..], &text[1..]),
        (Some(_), None) => false,
    }
}

#[test]
fn apply_may_make_the_objects_of_the_lab_under_their_names_and_no_others() {
    let own = Some("123456789012");
    for OfKind { kind, texts, made, .. } in of_kinds() {
        let may_make = |id: Option<&str>, action: &str, arn: &str| {
            let policies = texts.iter().map(|text| policies(text, id).remove(&Command::Apply));
            let statements = policies.flatten().flat_map(|policy| policy.statement);
            let mut makes = statements.filter(|one| one.action.contains(action));
            makes.any(|one| one.resource.iter().any(|pattern| stands_for(pattern, arn)))
        };
        for (action, behind) in Facts::of(kind).makes {
            assert!(!made.is_empty(), "{}", kind.kind);
            for item in made {
                let arn = arn(item) + &behind;
                assert!(may_make(own, &action, &arn), "{action} on {arn}");
                assert!(may_make(None, &action, &arn), "{action} on {arn} in any account");
                let elsewhere = arn.replace("123456789012", "210987654321");
                assert!(!may_make(own, &action, &elsewhere), "{action} on {elsewhere}");
            }
        }
    }
}

/// The object's ARN.
fn arn(item: &Item) -> String {
    match item.kind.split_once(':') {
        Some((service, of)) if !item.id.starts_with("arn:") => {
            format!("arn:aws:{service}:eu-west-1:123456789012:{of}/{}", item.id)
        }
        _ => item.id.clone(),
    }
}
