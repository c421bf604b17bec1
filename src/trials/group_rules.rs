//! Rules in the group of somebody else, beside others' rules for the same traffic.

use serde_json::json;

use super::{World, trial};
use crate::cloud::EC2;

const LAB: &str = r#"{"lab": "ecs-lab", "region": "eu-west-1", "vpc": "default",
    "existing": {"securityGroups": {"shared": {"groupName": "default"}}},
    "logGroups": {"bystander": {}},
    "securityGroupRules": {"it": {"groupId": "shared", "ipProtocol": "6", "fromPort": 5432, "toPort": 5432,
        "cidrIpv4": "10.0.9.9/16"}}}"#;

#[test]
fn a_rule_that_somebody_has_made_is_in_the_way_and_stays() {
    trial(async {
        let world = World::new().await;
        let cloud = world.neighbour().await;
        let asked = json!({"Filter": [{"Name": "group-name", "Value": ["default"]}]});
        let groups = cloud.call(&EC2, "DescribeSecurityGroups", asked).await.unwrap();
        let allowed = json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432,
            "IpRanges": [{"CidrIp": "10.0.0.0/16", "Description": "theirs"}]}]);
        let asked = json!({"GroupId": groups["securityGroupInfo"][0]["groupId"], "IpPermissions": allowed});
        cloud.call(&EC2, "AuthorizeSecurityGroupIngress", asked.clone()).await.unwrap();
        world.settle_strangers();
        let ran = world.apply(LAB).await;
        let said = ran.failed();
        assert!(said.contains("securityGroupRule.it: ") && said.contains("allows the same already"), "{said}");
        world.destroy(LAB).await.done();
        cloud.call(&EC2, "RevokeSecurityGroupIngress", asked).await.unwrap();
        world.settle_strangers();
        world.apply(LAB).await.done();
        assert_eq!(world.apply(LAB).await.done().changes(), 0);
    });
}
