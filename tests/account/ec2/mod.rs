//! EC2 seen through the SDK's own client.

mod groups;
mod network;
mod regions;
mod rules;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, IpPermission, IpRange, ResourceType, SecurityGroup, Tag, TagSpecification, UserIdGroupPair,
};

use crate::testing::config;
use labform_account::Sandbox;

fn client(sandbox: &Sandbox) -> Client {
    Client::new(&config(sandbox))
}

fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

fn port_from(port: i32, cidr: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(cidr).description("web").build();
    IpPermission::builder().ip_protocol("6").from_port(port).to_port(port).ip_ranges(range).build()
}

fn port_from_group(port: i32, group: &str) -> IpPermission {
    let pair = UserIdGroupPair::builder().group_id(group).build();
    IpPermission::builder().ip_protocol("tcp").from_port(port).to_port(port).user_id_group_pairs(pair).build()
}

async fn vpc(client: &Client) -> String {
    let vpcs = client.describe_vpcs().filters(filter("is-default", "true")).send().await.unwrap();
    vpcs.vpcs()[0].vpc_id().unwrap().to_owned()
}

async fn create(client: &Client, name: &str) -> String {
    let tag = Tag::builder().key("owner").value("lab").build();
    let tags = TagSpecification::builder().resource_type(ResourceType::SecurityGroup).tags(tag).build();
    let request = client.create_security_group().group_name(name).description("for a test").vpc_id(vpc(client).await);
    request.tag_specifications(tags).send().await.unwrap().group_id().unwrap().to_owned()
}

async fn group(client: &Client, id: &str) -> SecurityGroup {
    client.describe_security_groups().group_ids(id).send().await.unwrap().security_groups()[0].clone()
}
