//! What labs cost by the hour, and the order in which a destroy ends that.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::{LAB_8, World, source, trial};
use crate::apply::{Emptying, Event, Executor, Observer};
use crate::cloud::{Cloud, Endpoint, connect};
use crate::live::{self, Evidence};
use crate::model::Hourly;
use crate::plan::{self, Costs, Plan, Scope, lab_costs, live_costs};

async fn cloud(world: &World, text: &str) -> Cloud {
    connect(&Endpoint::Sandbox(world.sandbox.clone()), source(text).region(), None).await
}

async fn planned(world: &World, text: &str) -> Plan {
    let reading = live::read_pretended(&cloud(world, text).await, &source(text), Evidence::Index).await.unwrap();
    plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap()
}

async fn planned_destroy(world: &World, text: &str) -> Plan {
    let reading = live::read_to_destroy(&cloud(world, text).await, &source(text)).await.unwrap();
    plan::plan_destroy(&reading.lab.place, &reading.live, &Scope::all())
}

/// Two sums of prices that are the same but for their last bits.
fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// The hour of Lab 8 that somebody has summed by hand from a bill.
fn by_hand() -> f64 {
    let sum: Value = serde_json::from_str(include_str!("../../tests/lab8-costs.json")).unwrap();
    let number = |value: &Value| value.as_f64().unwrap();
    let lines = sum["lines"].as_array().unwrap();
    for line in lines {
        let paid = number(&line["amount"]) * number(&line["paid"]) / number(&line["hours"]);
        assert!((paid - number(&line["anHour"])).abs() < 1e-5, "{line} is {paid}");
    }
    let total: f64 = lines.iter().map(|line| number(&line["anHour"])).sum();
    assert!(same(total, number(&sum["anHour"])), "{total}");
    total
}

#[test]
fn lab_8_costs_within_two_percent_of_what_a_bill_says() {
    trial(async {
        let by_hand = by_hand();
        let near = |Hourly { usd, is_least }: Hourly, what: &str| {
            assert!(!is_least, "{what}");
            assert!((usd / by_hand - 1.0).abs() < 0.02, "{what}: {usd}, not {by_hand}");
        };
        near(lab_costs(source(LAB_8).lab()).after(), "the file alone");
        let world = World::new().await;
        let first = planned(&world, LAB_8).await.costs;
        near(first.after(), "the first plan");
        assert!(first.now().is_free());
        world.apply(LAB_8).await.done();
        let up = planned(&world, LAB_8).await.costs;
        near(up.now(), "what is live");
        assert!(up.now().is_like(up.after()), "{up:?}");
        let destroyed = planned_destroy(&world, LAB_8).await.costs;
        assert!(destroyed.now().is_like(up.now()) && destroyed.after().is_free(), "{destroyed:?}");
        let reading = live::read_to_destroy(&cloud(&world, LAB_8).await, &source(LAB_8)).await.unwrap();
        assert!(live_costs(&reading.lab.place, &reading.live).now().is_like(up.now()));
    });
}

/// The costs of a resource, now and after.
fn of(costs: &Costs, address: &str) -> (f64, f64) {
    let cost = costs.resources.iter().find(|cost| cost.address.to_string() == address);
    cost.map_or((0.0, 0.0), |cost| (cost.now.usd, cost.after.usd))
}

#[test]
fn an_edit_costs_what_it_makes_of_what_is_live() {
    trial(async {
        let world = World::new().await;
        world.apply(LAB_8).await.done();
        let (task, address) = (0.25 * 0.040_48 + 0.5 * 0.004_445, 0.005);
        let two = 2.0 * (task + address);
        let edited = async |from: &str, to: &str| {
            let text = LAB_8.replace(from, to);
            assert_ne!(text, LAB_8, "lab.yaml has no `{from}`");
            planned(&world, &text).await.costs
        };
        for (from, to, after) in [
            ("desiredCount: 2", "desiredCount: 3", 3.0 * (task + address)),
            ("desiredCount: 2", "desiredCount: 0", 0.0),
            ("desiredCount: 2", "desiredCount: 3\n    ignoreChanges: [desiredCount]", two),
            // The task definition is changed, and the service runs the new revision.
            ("cpu: \"256\"\n    memory: \"512\"", "cpu: \"512\"\n    memory: \"1024\"", 2.0 * (2.0 * task + address)),
        ] {
            let costs = edited(from, to).await;
            let (now, then) = of(&costs, "service.web");
            assert!(same(now, two) && same(then, after), "{to}: {costs:?}");
        }
        let smaller = edited("scheme: internet-facing", "scheme: internal").await;
        let (now, after) = of(&smaller, "loadBalancer.web");
        assert!(same(now, 0.0252 + 3.0 * address) && same(after, 0.0252), "{smaller:?}");
    });
}

const SHARED: &str = "
lab: course
region: eu-west-1
clusters: { main: { capacityProviders: [FARGATE], defaultCapacityProviderStrategy: [{ capacityProvider: FARGATE, weight: 1 }] } }
";

const GUEST: &str = "
lab: anna
region: eu-west-1
vpc: default
existing: { clusters: { shared: { clusterName: course-main } } }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: \"256\"
    memory: \"512\"
    containerDefinitions: [{ name: web, image: \"public.ecr.aws/nginx/nginx:1.27\" }]
services:
  web:
    cluster: shared
    taskDefinition: web
    desiredCount: 1
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
";

#[test]
fn what_tasks_in_a_shared_cluster_cost_is_known_once_the_cluster_is_read() {
    trial(async {
        let (address, task) = (0.005, 0.25 * 0.040_48 + 0.5 * 0.004_445);
        let file = lab_costs(source(GUEST).lab());
        assert_eq!(file.after(), Hourly { usd: address, is_least: true }, "{file:?}");
        let world = World::new().await;
        world.apply(SHARED).await.done();
        let read = planned(&world, GUEST).await.costs;
        assert!(read.after().is_like(Hourly::known(address + task)), "{read:?}");
    });
}

#[test]
fn a_region_without_a_list_of_its_own_is_told_so() {
    let words = |region: &str| {
        let text = LAB_8.replace("region: eu-west-1", &format!("region: {region}"));
        lab_costs(source(&text).lab()).basis.words()
    };
    assert_eq!(words("eu-west-1"), "by eu-west-1's list of 2026-07");
    assert_eq!(words("sa-east-1"), "by us-east-1's list of 2026-03, as none of sa-east-1 is known");
    assert_eq!(words("eu-west-3"), "by eu-west-3's list of 2026-09-11, for some by us-east-1's of 2026-03");
}

/// None of these waits for another.
const APART: &str = r#"
lab: apart
region: eu-west-1
logGroups: { a: {}, b: {} }
secrets: { key: { generateSecretString: {} } }
clusters: { main: {} }
addresses: { ip: {} }
"#;

/// The steps, in the order in which they were begun.
#[derive(Debug, Default)]
struct Begun(Mutex<Vec<String>>);

impl Observer for Begun {
    fn event(&self, event: Event) {
        if let Event::Started { address, .. } = event {
            self.0.lock().unwrap().push(address.to_string());
        }
    }
}

/// Applies a lab, destroys it, and returns the order in which its resources went.
async fn destroyed(text: &str) -> Vec<String> {
    let world = World::new().await;
    world.apply(text).await.done();
    let cloud = cloud(&world, text).await;
    let reading = live::read_to_destroy(&cloud, &source(text)).await.unwrap();
    let plan = plan::plan_destroy(&reading.lab.place, &reading.live, &Scope::all());
    let begun = Arc::new(Begun::default());
    let observer: Arc<dyn Observer> = begun.clone();
    let executor = Executor { cloud: &cloud, observer: &observer, stop: &CancellationToken::new() };
    let (lab, scope) = (Some(&reading.lab), Scope::all());
    let destroyed = executor.tear_down(&plan, lab, &reading.live, &scope, Emptying::AsLabSays).await.unwrap();
    assert!(destroyed.is_whole());
    begun.0.lock().unwrap().clone()
}

#[test]
fn a_destroy_begins_with_the_dearest_and_with_what_stands_before_it() {
    trial(async {
        let order = destroyed(APART).await;
        assert_eq!(order[..2], ["address.ip", "secret.key"], "{order:?}");
        // A load balancer waits for its listener.
        let order = destroyed(LAB_8).await;
        assert_eq!(order[..2], ["listener.web.http", "service.web"], "{order:?}");
    });
}
