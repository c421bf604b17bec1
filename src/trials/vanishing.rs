//! Objects of others that go between a listing and the call that asks for more of them.

use aws_sdk_ecs::types::{ContainerDefinition, NetworkMode};
use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, FixedResponseActionConfig, ProtocolEnum};

use super::{Command, SMALL, World, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::Scope;

/// Each call that asks for more of one object of a listing: its operation, what of a stranger's object its body holds,
/// and the code and words with which AWS says that there is no such object.
const ASKED: [(&str, &str, &str, &str); 7] = [
    ("ListServices", "cluster/ecs-lab\"", "ClusterNotFoundException", "Cluster not found."),
    (
        "DescribeListeners",
        "loadbalancer%2Fapp%2Ftheirs%2F",
        "LoadBalancerNotFound",
        "One or more load balancers not found",
    ),
    ("DescribeTags", "ecs-lab-tg2", "TargetGroupNotFound", "One or more target groups not found"),
    ("ListTagsForResource", "repository/ecs-lab/web\"", "RepositoryNotFoundException", "The repository does not exist"),
    (
        "ListTagsForResource",
        "log-group:/ecs/ecs-lab\"",
        "ResourceNotFoundException",
        "The specified log group does not exist.",
    ),
    ("GetRole", "RoleName=ecs-lab-role", "NoSuchEntity", "The role cannot be found."),
    ("DescribeTaskDefinition", "\"theirs\"", "ClientException", "Unable to describe task definition."),
];

/// Makes what the strangers don't have from the beginning: a load balancer with a listener, and a task definition.
async fn furnish(world: &World) {
    let cloud = world.neighbour().await;
    let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
    let subnets = subnets.subnets().iter().filter_map(|one| one.subnet_id());
    let theirs = cloud.elbv2.create_load_balancer().name("theirs");
    let theirs = theirs.set_subnets(Some(subnets.map(str::to_owned).collect())).send().await.unwrap();
    let hello = FixedResponseActionConfig::builder().status_code("200");
    let hello = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(hello.build());
    let listener = cloud.elbv2.create_listener().port(80).protocol(ProtocolEnum::Http);
    let listener = listener.default_actions(hello.build());
    let balancer = theirs.load_balancers()[0].load_balancer_arn().unwrap();
    listener.load_balancer_arn(balancer).send().await.unwrap();
    let container = ContainerDefinition::builder().name("x").image("x").build();
    let register = cloud.ecs.register_task_definition().family("theirs").container_definitions(container);
    let register = register.network_mode(NetworkMode::Awsvpc).cpu("256").memory("512");
    register.send().await.unwrap();
    world.settle_strangers();
}

fn asks(call: &Call, operation: &str, object: &str) -> bool {
    call.operation == operation && call.body.contains(object)
}

#[test]
fn a_strangers_object_that_goes_between_two_calls_stops_nothing() {
    trial(async {
        let world = World::new().await;
        furnish(&world).await;
        world.apply(SMALL).await.done();
        let gone = |call: &Call| {
            let is_of = |row: &&(&str, &str, _, _)| asks(call, row.0, row.1);
            match ASKED.iter().find(is_of) {
                Some((_, _, code, words)) => Trouble::Refused { status: 400, code, message: (*words).to_owned() },
                None => Trouble::None,
            }
        };
        let destroy = Command::Destroy(Scope::all());
        let ran = world.run(&destroy, SMALL, gone).await.done();
        for (operation, object, ..) in ASKED {
            let met = ran.calls.iter().any(|call| asks(call, operation, object));
            assert!(met, "{operation} of {object} is never called");
        }
    });
}
