//! Security groups: found, refused, deleted.

use std::collections::BTreeSet;

use aws_sdk_ec2::error::ProvideErrorMetadata;
use aws_sdk_ec2::types::{IpPermission, SecurityGroup, Tag};

use super::{client, create, filter, group, port_from, port_from_group, vpc};
use labform_account::Sandbox;

#[tokio::test]
async fn a_new_account_has_a_default_vpc_in_three_zones() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let vpc = vpc(&client).await;
    let subnets = client
        .describe_subnets()
        .filters(filter("vpc-id", &vpc))
        .filters(filter("default-for-az", "true"))
        .filters(filter("state", "available"))
        .send()
        .await
        .unwrap();
    let zones: BTreeSet<_> = subnets.subnets().iter().filter_map(|subnet| subnet.availability_zone()).collect();
    assert_eq!(zones, BTreeSet::from(["eu-west-1a", "eu-west-1b", "eu-west-1c"]));
    let gateways = client.describe_internet_gateways().filters(filter("attachment.vpc-id", &vpc)).send().await.unwrap();
    assert_eq!(gateways.internet_gateways().len(), 1);

    sandbox.with(|account| account.remove_default_vpc("eu-west-1"));
    assert!(client.describe_vpcs().send().await.unwrap().vpcs().is_empty());
    let refused = client.create_security_group().group_name("a").description("b").send().await.unwrap_err();
    assert_eq!(refused.code(), Some("VPCIdNotSpecified"));
}

#[tokio::test]
async fn requests_that_ec2_refuses() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let id = create(&client, "web").await;
    let vpc = vpc(&client).await;
    let cases = [
        ("WEB", "for a test", vpc.as_str(), "InvalidGroup.Duplicate"),
        ("sg-web", "for a test", &vpc, "InvalidParameterValue"),
        ("other", "it's an apostrophe", &vpc, "InvalidParameterValue"),
        ("other", "for a test", "vpc-0", "InvalidVpcID.NotFound"),
    ];
    for (name, description, vpc, code) in cases {
        let request = client.create_security_group().group_name(name).description(description).vpc_id(vpc);
        assert_eq!(request.send().await.unwrap_err().code(), Some(code), "{name}: {description}");
    }
    let cases = [
        (port_from(80, "not a network"), "InvalidParameterValue"),
        (port_from_group(80, "sg-0"), "InvalidGroup.NotFound"),
        (IpPermission::builder().ip_protocol("tcp").build(), "InvalidParameterValue"),
    ];
    for (permission, code) in cases {
        let request = client.authorize_security_group_ingress().group_id(&id).ip_permissions(permission.clone());
        assert_eq!(request.send().await.unwrap_err().code(), Some(code), "{permission:?}");
    }
    let missing = client.describe_security_groups().group_ids("sg-0").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("InvalidGroup.NotFound"));
    let missing = client.delete_security_group().group_id("sg-0").send().await.unwrap_err();
    assert_eq!(missing.code(), Some("InvalidGroup.NotFound"));
    let unknown = client.describe_security_groups().filters(filter("colour", "red")).send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("InvalidParameterValue"));
}

#[tokio::test]
async fn a_group_that_another_names_or_a_vpc_needs_stays() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let (lb, web) = (create(&client, "lb").await, create(&client, "web").await);
    for group in [&web, &lb] {
        let request = client.authorize_security_group_ingress().group_id(group);
        request.ip_permissions(port_from_group(80, &lb)).send().await.unwrap();
    }
    let refused = client.delete_security_group().group_id(&lb).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("DependencyViolation"));
    assert_eq!(refused.message(), Some(format!("resource {lb} has a dependent object").as_str()));
    client.delete_security_group().group_id(&web).send().await.unwrap();
    client.delete_security_group().group_id(&lb).send().await.unwrap();

    let default = client.describe_security_groups().filters(filter("group-name", "default")).send().await.unwrap();
    let default = default.security_groups()[0].group_id().unwrap();
    let refused = client.delete_security_group().group_id(default).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("CannotDelete"));
}

#[tokio::test]
async fn groups_are_found_by_name_by_tag_and_page_by_page() {
    let sandbox = Sandbox::in_memory();
    let client = client(&sandbox);
    let mut made = BTreeSet::new();
    for number in 0..7 {
        made.insert(create(&client, &format!("lab-{number}")).await);
    }
    for (name, value, count) in [
        ("group-name", "lab-*", 7),
        ("group-name", "lab-?", 7),
        ("group-name", "lab-3", 1),
        ("group-name", "LAB-3", 0),
        ("tag:owner", "lab", 7),
        ("tag:owner", "somebody", 0),
        ("tag-key", "owner", 7),
    ] {
        let found = client.describe_security_groups().filters(filter(name, value)).send().await.unwrap();
        assert_eq!(found.security_groups().len(), count, "{name} = {value}");
    }
    let pages = client.describe_security_groups().filters(filter("tag-key", "owner")).into_paginator().page_size(5);
    let found: Vec<SecurityGroup> = pages.items().send().collect::<Result<_, _>>().await.unwrap();
    assert_eq!(found.iter().map(|group| group.group_id().unwrap().to_owned()).collect::<BTreeSet<_>>(), made);
    assert_eq!(found.len(), 7);

    let id = made.first().unwrap();
    let tag = Tag::builder().key("more").value("1").build();
    client.create_tags().resources(id).tags(tag).send().await.unwrap();
    assert_eq!(group(&client, id).await.tags().len(), 2);
    client.delete_tags().resources(id).tags(Tag::builder().key("owner").build()).send().await.unwrap();
    assert_eq!(group(&client, id).await.tags()[0].key(), Some("more"));
    let missing = client.create_tags().resources("sg-0").tags(Tag::builder().key("a").value("b").build());
    assert_eq!(missing.send().await.unwrap_err().code(), Some("InvalidGroup.NotFound"));
}
