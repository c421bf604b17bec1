//! Ctrl-C in the middle of a step that takes many calls, and between two scans.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Deaf, World, source, trial};
use crate::apply::{Destroyed, Emptying, Executor, Observer};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{Cause, LAB_TAG, RESOURCE_TAG, troubled};
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};

const BUCKET: &str = "
lab: ecs-lab
region: eu-west-1
buckets: { images: { bucket: the-images, onDestroy: empty } }
";
const FAMILY: &str = "
lab: ecs-lab
region: eu-west-1
taskDefinitions:
  web: { family: web, cpu: 256, memory: 512, containerDefinitions: [{ name: web, image: web }] }
";
const LOG_GROUP: &str = "
lab: ecs-lab
region: eu-west-1
logGroups: { app: { logGroupName: /app } }
";

/// Destroys the lab in `text`, and asks to stop if `stop` is cancelled. Returns the calls, too.
async fn destroyed(
    world: &World,
    text: &str,
    stop: &CancellationToken,
    script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
) -> (Destroyed, Vec<Call>) {
    let trouble = Troubled::new(&world.sandbox, script);
    let source = source(text);
    let cloud = troubled(&world.sandbox, &trouble, source.region()).await;
    let observer: Arc<dyn Observer> = Arc::new(Deaf);
    let executor = Executor { cloud: &cloud, observer: &observer, stop };
    let reading = live::read_pretended(&cloud, &source, Evidence::Direct).await.unwrap();
    let scope = Scope::all();
    let plan = plan::plan_destroy(&reading.lab.place, &reading.live, &scope);
    let tear_down = executor.tear_down(&plan, Some(&reading.lab), &reading.live, &scope, Emptying::AsLabSays);
    let destroyed = tear_down.await.unwrap();
    world.no_foreign_change();
    (destroyed, trouble.calls())
}

/// Asks to stop at the first call of `operation`: at most one more may change anything, and the next destroy goes on.
async fn stops_at(operation: &'static str, world: &World, text: &str) {
    let stop = CancellationToken::new();
    let asked = stop.clone();
    let script = move |call: &Call| {
        if call.operation == operation {
            asked.cancel();
        }
        Trouble::None
    };
    let (destroyed, calls) = destroyed(world, text, &stop, script).await;
    let changes = calls.iter().filter(|call| call.changes());
    let after = changes.skip_while(|call| call.operation != operation);
    let after: Vec<&str> = after.map(|call| call.operation.as_str()).collect();
    assert_eq!(after.first(), Some(&operation));
    assert!(after.len() < 3, "{after:?}");
    let [failed] = destroyed.outcome.failed.as_slice() else { panic!("{:?}", destroyed.outcome.failed) };
    assert!(failed.error.is_own(Cause::Interrupted), "{}", failed.error);
    world.destroy(text).await.done();
}

#[test]
fn a_bucket_is_emptied_no_further() {
    trial(async {
        let world = World::new().await;
        world.apply(BUCKET).await.done();
        let keys = (0..3_500).map(|number| format!("{number}.jpg"));
        world.sandbox.with(|account| account.fill_bucket("the-images", keys));
        stops_at("POST delete", &world, BUCKET).await;
    });
}

#[test]
fn no_more_revisions_are_deleted() {
    trial(async {
        let world = World::new().await;
        world.apply(FAMILY).await.done();
        let cloud = world.neighbour().await;
        let tag = |key: &str, value: &str| aws_sdk_ecs::types::Tag::builder().key(key).value(value).build();
        let container = aws_sdk_ecs::types::ContainerDefinition::builder().name("web").image("web").build();
        for _ in 0..20 {
            let register = cloud.ecs.register_task_definition().family("web").cpu("256").memory("512");
            let register = register.container_definitions(container.clone()).tags(tag(LAB_TAG, "ecs-lab"));
            let register = register.tags(tag(RESOURCE_TAG, "taskDefinition.web"));
            register.send().await.unwrap();
        }
        stops_at("DeregisterTaskDefinition", &world, FAMILY).await;
    });
}

#[test]
fn nobody_waits_for_another_scan() {
    trial(async {
        let world = World::new().await;
        world.apply(LOG_GROUP).await.done();
        // AWS goes on showing the group that it has deleted.
        let script = |call: &Call| match call.service == "logs" && call.change > 0 && !call.changes() {
            true => Trouble::Stale(1),
            false => Trouble::None,
        };
        let stop = CancellationToken::new();
        let cloud = world.neighbour().await;
        // The scans are 2, 4, 8 and 16 seconds apart: the last pause has just begun.
        let asks = async {
            cloud.sleep(Duration::from_secs(15)).await;
            stop.cancel();
            world.sandbox.now()
        };
        let ((destroyed, _), asked) = futures::join!(destroyed(&world, LOG_GROUP, &stop, script), asks);
        assert_eq!(destroyed.outcome.counts(), (0, 0, 1));
        assert_eq!(destroyed.left, []);
        let took = world.took(asked);
        assert!(took < Duration::from_secs(10), "{took:?}");
    });
}
