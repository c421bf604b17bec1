//! Elastic Load Balancing seen through the SDK's own client.

mod load_balancers;
mod network;
mod rules;
mod target_groups;

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ProtocolEnum, Tag, TargetHealthStateEnum, TargetTypeEnum,
};

use crate::testing::config;
use labform_account::Sandbox;

/// An account with a security group, seen through both clients.
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    pub(crate) elb: Client,
    pub(crate) ec2: aws_sdk_ec2::Client,
    vpc: String,
    subnets: Vec<String>,
    pub(crate) group: String,
}

impl Place {
    pub(crate) async fn new() -> Self {
        let sandbox = Sandbox::in_memory();
        let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox));
        let subnets = ec2.describe_subnets().send().await.unwrap();
        let vpc = subnets.subnets()[0].vpc_id().unwrap().to_owned();
        let group = ec2.create_security_group().group_name("lb").description("d").send().await.unwrap();
        Self {
            elb: Client::new(&config(&sandbox)),
            sandbox,
            ec2,
            vpc,
            subnets: subnets.subnets().iter().map(|subnet| subnet.subnet_id().unwrap().to_owned()).collect(),
            group: group.group_id().unwrap().to_owned(),
        }
    }

    pub(crate) async fn load_balancer(&self, name: &str) -> String {
        let request = self.elb.create_load_balancer().name(name).set_subnets(Some(self.subnets.clone()));
        let tag = Tag::builder().key("owner").value("lab").build();
        let made = request.security_groups(&self.group).tags(tag).send().await.unwrap();
        made.load_balancers()[0].load_balancer_arn().unwrap().to_owned()
    }

    pub(crate) async fn target_group(&self, name: &str) -> String {
        let request = self.elb.create_target_group().name(name).protocol(ProtocolEnum::Http).port(3000);
        let request = request.vpc_id(&self.vpc).target_type(TargetTypeEnum::Ip).health_check_path("/health");
        let made = request.healthy_threshold_count(2).send().await.unwrap();
        made.target_groups()[0].target_group_arn().unwrap().to_owned()
    }

    pub(crate) async fn listener(&self, load_balancer: &str, port: i32, group: &str) -> String {
        let request = self.elb.create_listener().load_balancer_arn(load_balancer).port(port);
        let made = request.protocol(ProtocolEnum::Http).default_actions(forward(group)).send().await.unwrap();
        made.listeners()[0].listener_arn().unwrap().to_owned()
    }

    async fn health(&self, group: &str) -> Option<TargetHealthStateEnum> {
        let health = self.elb.describe_target_health().target_group_arn(group).send().await.unwrap();
        health.target_health_descriptions().first()?.target_health()?.state().cloned()
    }

    async fn deleting_the_group(&self) -> Option<String> {
        let deleted = self.ec2.delete_security_group().group_id(&self.group).send().await;
        deleted.err().and_then(|error| error.code().map(str::to_owned))
    }
}

fn forward(group: &str) -> Action {
    Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(group).build()
}
