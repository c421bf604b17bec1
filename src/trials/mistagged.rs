//! Objects of strangers that carry the lab's owner tags with the address of another kind: obeyed, they would be deleted
//! in the name of what they aren't.

use serde_json::json;

use super::{SMALL, World, trial};
use crate::cloud::{Cloud, ECS, LAB_TAG, RESOURCE_TAG, role_path};
use crate::live;
use crate::plan::{Scope, plan_destroy};
use crate::resource::Place;

/// Makes a security group, a log group, a cluster and a role that say to be another kind's, some under addresses of the
/// lab.
async fn mistag(cloud: &Cloud) {
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let group = cloud.ec2.create_security_group().group_name("anna").description("x");
    let group = group.vpc_id(vpcs.vpcs()[0].vpc_id().unwrap()).send().await.unwrap();
    let tag = |key: &str, value: &str| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build();
    let tags = cloud.ec2.create_tags().resources(group.group_id().unwrap());
    tags.tags(tag(LAB_TAG, "ecs-lab")).tags(tag(RESOURCE_TAG, "cluster.main")).send().await.unwrap();
    let group = cloud.logs.create_log_group().log_group_name("/anna");
    group.tags(LAB_TAG, "ecs-lab").tags(RESOURCE_TAG, "cluster.old").send().await.unwrap();
    let tags = json!([{"key": LAB_TAG, "value": "ecs-lab"}, {"key": RESOURCE_TAG, "value": "logGroup.old"}]);
    cloud.call(&ECS, "CreateCluster", json!({"clusterName": "anna", "tags": tags})).await.unwrap();
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]});
    let tag = |key: &str, value: &str| aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
    let role = cloud.iam.create_role().role_name("anna").path(role_path("ecs-lab", "eu-west-1"));
    let role = role.assume_role_policy_document(trust.to_string());
    role.tags(tag(LAB_TAG, "ecs-lab")).tags(tag(RESOURCE_TAG, "cluster.main")).send().await.unwrap();
}

#[test]
fn an_object_of_another_kind_than_its_tag_says_is_not_the_labs() {
    trial(async {
        let world = World::new().await;
        world.apply(SMALL).await.done();
        let cloud = world.neighbour().await;
        mistag(&cloud).await;
        world.settle_strangers();
        assert_eq!(world.apply(SMALL).await.done().changes(), 0);

        let live = live::list(&cloud, "ecs-lab", None).await.unwrap();
        let words = ["ecs-lab", "123456789012", "eu-west-1", "aws", "default"].map(str::to_owned);
        let [lab, account, region, partition, vpc] = words;
        let plan = plan_destroy(&Place { lab, account, region, partition, vpc }, &live, &Scope::all());
        assert!(plan.changes.len() > 10 && plan.changes.iter().all(|change| !change.name.contains("anna")));

        let said = world.destroy(SMALL).await.failed();
        for words in [
            "securityGroup.sg-",
            "its labform:resource tag says `cluster.main`, and it is a securityGroup",
            "logGroup.anna: ",
            "its labform:resource tag says `cluster.old`, and it is a logGroup",
            "cluster.anna: ",
            "its labform:resource tag says `logGroup.old`, and it is a cluster",
            "role.anna: ",
            "its labform:resource tag says `cluster.main`, and its kind is role: it isn't the lab's",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(world.shape(), std::collections::BTreeMap::new());
    });
}

/// A tag that says another kind on an object with a name of the lab's: the lab's own create finds it in its way.
#[test]
fn an_object_with_a_name_of_the_labs_that_says_to_be_another_is_named_by_what_it_is() {
    trial(async {
        let world = World::new().await;
        let cloud = world.neighbour().await;
        let group = cloud.logs.create_log_group().log_group_name("/ecs/ecs-lab/app");
        group.tags(LAB_TAG, "ecs-lab").tags(RESOURCE_TAG, "cluster.main").send().await.unwrap();
        world.settle_strangers();
        let ran = world.apply(SMALL).await;
        assert_eq!(ran.changes(), 0);
        let said = ran.failed();
        let words = "logGroup.app: `/ecs/ecs-lab/app` exists already, and its labform:resource tag says `cluster.main`, \
                     and its kind is logGroup";
        assert!(said.contains(words), "{said}");
    });
}
