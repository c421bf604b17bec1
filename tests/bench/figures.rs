//! A benchmark: how long labform takes for a lab of 1,000 task definitions and 1,000 services, from text to plan.
//!
//! `cargo bench --profile dev` prints the figures; nothing here fails for being slow. What Lab 8 costs in calls, round
//! trips, time and memory is printed by `cargo test --test black_box cost -- --nocapture`.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use labform::apply::{Event, Executor, Observer};
use labform::cloud::{Account, Cloud, Endpoint, connect};
use labform::live::{self, Evidence, Object, Snapshot};
use labform::model::Address;
use labform::plan::{Scope, Steps, plan, plan_destroy};
use labform::resource::{Names, Sources};
use labform::spec::Source;
use labform_account::Sandbox;
use tokio_util::sync::CancellationToken;

const MANY: usize = 1000;
const HEAD: &str = "lab: big
region: eu-west-1
vpc: default
clusters:
  main: {}
securityGroups:
  tasks: { description: tasks }
";

struct Silent;

impl Observer for Silent {
    fn event(&self, _event: Event) {}
}

/// A lab of so many task definitions, each with a service.
fn lab(many: usize) -> String {
    let mut text = format!("{HEAD}taskDefinitions:\n");
    for number in 0..many {
        let container = "{ name: main, image: \"nginx:stable\", environment: [{ name: MODE, value: production }] }";
        writeln!(
            text,
            "  item{number:04}: {{ networkMode: awsvpc, requiresCompatibilities: [FARGATE], cpu: \"256\", \
             memory: \"512\", containerDefinitions: [{container}] }}"
        )
        .expect("writing to a string can't fail");
    }
    text.push_str("services:\n");
    for number in 0..many {
        writeln!(
            text,
            "  item{number:04}: {{ cluster: main, taskDefinition: item{number:04}, desiredCount: 1, launchType: FARGATE, \
             networkConfiguration: {{ awsvpcConfiguration: {{ securityGroups: [tasks], assignPublicIp: ENABLED }} }} }}"
        )
        .expect("writing to a string can't fail");
    }
    text
}

fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is live of a lab of one, recorded from the embedded account.
async fn recorded(cloud: &Cloud) -> Snapshot {
    let one = source(&lab(1));
    let reading = live::read(cloud, &one, Sources::new(), Evidence::Index).await.expect("it can be read");
    let first = plan(&reading.lab, &reading.live, &Scope::all()).expect("nothing is foreign");
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let stop = CancellationToken::new();
    let executor = Executor { cloud, observer: &observer, stop: &stop };
    let outcome = executor.run(&first, &reading.lab, &reading.live).await;
    assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
    live::read(cloud, &one, Sources::new(), Evidence::Index).await.expect("it can be read").live
}

/// The same for a lab of many: each recorded object of the one item again under each number.
fn copied(one: &Snapshot, many: usize) -> Snapshot {
    let copy = |object: &Object, number: usize| {
        let number = format!("item{number:04}");
        let renamed = |text: &str| text.replace("item0000", &number);
        let live = object.kind.live_to_json(&object.live).to_string();
        let live = serde_json::from_str(&renamed(&live)).expect("it was JSON before");
        let tags = object.tags.iter().map(|(key, value)| (key.clone(), renamed(value)));
        Object {
            address: Address::new(&object.address.kind, renamed(&object.address.name)),
            name: renamed(&object.name),
            live: object.kind.live_from_json(live).expect("it has the kind's shape"),
            tags: tags.collect(),
            ..object.clone()
        }
    };
    let objects = one.objects.iter().flat_map(|object| {
        let copies = if object.address.name == "item0000" { many } else { 1 };
        (0..copies).map(move |number| copy(object, number))
    });
    Snapshot::of(objects.collect())
}

fn timed<T>(what: &str, work: impl Fn() -> T) -> T {
    let mut best = Duration::MAX;
    for _ in 0..4 {
        let begun = Instant::now();
        drop(work());
        best = best.min(begun.elapsed());
    }
    println!("{what:60} {:5} ms (best of 4)", best.as_millis());
    work()
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("it needs nothing");
    let one = runtime.block_on(async {
        let cloud = connect(&Endpoint::Sandbox(Sandbox::in_memory()), "eu-west-1", None).await;
        recorded(&cloud).await
    });
    let text = lab(MANY);
    let account = Account { id: "123456789012".to_owned(), arn: "arn:aws:iam::123456789012:user/student".to_owned() };
    println!("{} task definitions and services, {} KiB of lab.yaml", 2 * MANY, text.len() / 1024);
    let parsed = timed("parse and check", || source(&text));
    let live = copied(&one, MANY);
    let lab = parsed.at(&account, &Names::new()).unwrap_or_else(|errors| panic!("{errors}"));
    let made =
        timed("plan from a recorded live state", || plan(&lab, &live, &Scope::all()).expect("nothing is foreign"));
    assert!(made.is_empty(), "{:?}", made.effective().next());
    timed("plan and steps from nothing", || {
        let nothing = Snapshot::default();
        let made = plan(&lab, &nothing, &Scope::all()).expect("nothing is foreign");
        Steps::new(&made, Some(&lab), &nothing)
    });
    timed("plan and steps of a destroy", || {
        let made = plan_destroy(&lab.place, &live, &Scope::all());
        Steps::new(&made, None, &live)
    });
}
