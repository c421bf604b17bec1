//! An account full of other people's objects, in which AWS answers a few calls a second and no more.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode};

use super::{Command, World, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;
use labform_account::Sandbox;

const LAB: &str = "
lab: ecs-lab
region: eu-west-1
logGroups: { app: { logGroupName: /app } }
";
/// The calls of which AWS answers this many a second.
const LIMITED: [(&str, u32); 2] = [("ListTagsForResource", 5), ("DescribeTaskDefinition", 20)];

/// The calls that each operation may take at once, and since when that many are saved up.
type Buckets = BTreeMap<String, (f64, SystemTime)>;

/// Returns whether AWS answers the call: a bucket of tokens that fills up by `a_second`.
fn is_answered(buckets: &mut Buckets, call: &Call, a_second: u32, now: SystemTime) -> bool {
    let most = f64::from(a_second);
    let bucket = buckets.entry(call.operation.clone()).or_insert((most, now));
    let waited = now.duration_since(bucket.1).unwrap_or_default();
    *bucket = ((bucket.0 + waited.as_secs_f64() * most).min(most), now);
    let has_one = bucket.0 >= 1.0;
    if has_one {
        bucket.0 -= 1.0;
    }
    has_one
}

fn limited(account: &Sandbox) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    let (account, buckets) = (account.clone(), Mutex::new(Buckets::new()));
    move |call| {
        let limit = LIMITED.iter().find(|(operation, _)| *operation == call.operation);
        let Some((_, a_second)) = limit else {
            return Trouble::None;
        };
        let mut buckets = buckets.lock().unwrap();
        match is_answered(&mut buckets, call, *a_second, account.now()) {
            true => Trouble::None,
            false => Trouble::Refused { status: 400, code: "ThrottlingException", message: "Rate exceeded".to_owned() },
        }
    }
}

async fn furnish(world: &World) {
    let cloud = world.neighbour().await;
    let container = ContainerDefinition::builder().name("x").image("x").build();
    for number in 0..300 {
        let group = cloud.logs.create_log_group().log_group_name(format!("/aws/lambda/{number}"));
        group.send().await.unwrap();
        let register = cloud.ecs.register_task_definition().family(format!("theirs-{number}"));
        let register = register.container_definitions(container.clone()).network_mode(NetworkMode::Awsvpc);
        let register = register.cpu("256").memory("512");
        register.send().await.unwrap();
    }
    world.settle_strangers();
}

#[test]
fn a_destroy_among_hundreds_of_others_objects_ends_well() {
    trial(async {
        let world = World::new().await;
        furnish(&world).await;
        world.apply(LAB).await.done();
        let begun = world.sandbox.now();
        let destroy = Command::Destroy(Scope::all());
        let ran = world.run(&destroy, LAB, limited(&world.sandbox)).await.done();
        for (operation, a_second) in LIMITED {
            let tries = ran.calls.iter().filter(|call| call.operation == operation).count();
            assert!(tries >= 300, "{operation}: {tries} calls at {a_second} a second");
            assert!(tries < 1_500, "{operation}: {tries} calls are a storm");
        }
        let took = world.took(begun);
        assert!(took < Duration::from_secs(240), "{took:?}");
    });
}
