//! Page size one, through the SDK's own paginators.

use aws_sdk_ec2::types::{IpPermission, IpRange};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_types::SdkConfig;

use super::{Quirks, set};
use crate::elbv2::Place;
use crate::testing::{config, create_service, furnish, logs, pass, register, web_service};
use labform_account::Sandbox;

/// How many items each page of a list has.
async fn sizes<P, E: std::fmt::Debug>(
    mut pages: PaginationStream<Result<P, E>>,
    items: impl Fn(&P) -> usize,
) -> Vec<usize> {
    let mut sizes = Vec::new();
    while let Some(page) = pages.next().await {
        sizes.push(items(&page.unwrap()));
    }
    sizes
}

fn one_a_page(sandbox: &Sandbox) {
    let page_size = Some(1);
    set(sandbox, Quirks { page_size, ..Quirks::default() });
}

fn assert_one_a_page(lists: &[(&str, Vec<usize>)]) {
    for (list, sizes) in lists {
        assert!(sizes.len() > 1, "{list}: {sizes:?}");
        assert!(sizes.iter().all(|size| *size == 1), "{list}: {sizes:?}");
    }
}

/// The sizes of a list's pages, by its operation.
macro_rules! pages {
    ($request:expr, $items:ident) => {
        sizes($request.into_paginator().send(), |page| page.$items().len()).await
    };
}

#[tokio::test]
async fn lists_of_containers_and_their_logs() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    register(&ecs, "other").await;
    let other = ecs.create_cluster().cluster_name("other");
    other.send().await.unwrap();
    create_service(&sandbox).await;
    web_service(&sandbox).await.service_name("second").send().await.unwrap();
    pass(&sandbox, 60).await;
    let ecr = aws_sdk_ecr::Client::new(&config(&sandbox));
    let logs = logs(&sandbox);
    let more = logs.create_log_group().log_group_name("/more");
    more.send().await.unwrap();
    for name in ["one", "two"] {
        let repository = ecr.create_repository().repository_name(name);
        repository.send().await.unwrap();
        sandbox.with(|account| account.push_pretended_image("eu-west-1", "one", name)).unwrap();
    }
    one_a_page(&sandbox);
    let lists = [
        ("ecs:ListClusters", pages!(ecs.list_clusters(), cluster_arns)),
        ("ecs:ListTaskDefinitions", pages!(ecs.list_task_definitions(), task_definition_arns)),
        ("ecs:ListTaskDefinitionFamilies", pages!(ecs.list_task_definition_families(), families)),
        ("ecs:ListServices", pages!(ecs.list_services().cluster("main"), service_arns)),
        ("ecs:ListTasks", pages!(ecs.list_tasks().cluster("main"), task_arns)),
        ("ecr:DescribeRepositories", pages!(ecr.describe_repositories(), repositories)),
        ("ecr:ListImages", pages!(ecr.list_images().repository_name("one"), image_ids)),
        ("ecr:DescribeImages", pages!(ecr.describe_images().repository_name("one"), image_details)),
        ("logs:DescribeLogGroups", pages!(logs.describe_log_groups(), log_groups)),
        ("logs:DescribeLogStreams", pages!(logs.describe_log_streams().log_group_name("/lab"), log_streams)),
        ("logs:FilterLogEvents", pages!(logs.filter_log_events().log_group_name("/lab"), events)),
    ];
    assert_one_a_page(&lists);
    let named = ecr.describe_repositories().repository_names("one");
    let named = named.repository_names("two").send().await.unwrap();
    assert_eq!(named.repositories().len(), 2, "what is named isn't paged");
}

#[tokio::test]
async fn the_events_of_one_stream() {
    let sandbox = Sandbox::in_memory();
    furnish(&sandbox).await;
    create_service(&sandbox).await;
    pass(&sandbox, 60).await;
    let logs = logs(&sandbox);
    let streams = logs.describe_log_streams().log_group_name("/lab").send().await.unwrap();
    let stream = streams.log_streams()[0].log_stream_name().unwrap();
    one_a_page(&sandbox);
    let get = logs.get_log_events().log_group_name("/lab").log_stream_name(stream).start_from_head(true);
    let first = get.clone().send().await.unwrap();
    assert_eq!(first.events().len(), 1);
    let token = first.next_forward_token().unwrap();
    let second = get.next_token(token).send().await.unwrap();
    assert!(second.events().is_empty(), "a service's task says one line");
}

#[tokio::test]
async fn lists_of_networks_and_load_balancers() {
    let place = Place::new().await;
    let Place { sandbox, elb, ec2, group, .. } = &place;
    let anyone = IpRange::builder().cidr_ip("0.0.0.0/0").build();
    let anyone = IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80).ip_ranges(anyone);
    let allow = ec2.authorize_security_group_ingress().group_id(group).ip_permissions(anyone.build());
    allow.send().await.unwrap();
    place.load_balancer("one").await;
    let load_balancer = place.load_balancer("two").await;
    for (name, port) in [("one", 80), ("two", 81)] {
        let target_group = place.target_group(name).await;
        place.listener(&load_balancer, port, &target_group).await;
    }
    one_a_page(sandbox);
    let lists = [
        ("ec2:DescribeSubnets", pages!(ec2.describe_subnets(), subnets)),
        ("ec2:DescribeSecurityGroups", pages!(ec2.describe_security_groups(), security_groups)),
        ("ec2:DescribeSecurityGroupRules", pages!(ec2.describe_security_group_rules(), security_group_rules)),
        ("ec2:DescribeNetworkInterfaces", pages!(ec2.describe_network_interfaces(), network_interfaces)),
        ("elasticloadbalancing:DescribeLoadBalancers", pages!(elb.describe_load_balancers(), load_balancers)),
        ("elasticloadbalancing:DescribeTargetGroups", pages!(elb.describe_target_groups(), target_groups)),
        (
            "elasticloadbalancing:DescribeListeners",
            pages!(elb.describe_listeners().load_balancer_arn(load_balancer), listeners),
        ),
    ];
    assert_one_a_page(&lists);
}

#[tokio::test]
async fn lists_of_roles_and_what_they_have() {
    let sandbox = Sandbox::in_memory();
    let iam = aws_sdk_iam::Client::new(&config(&sandbox));
    let document = |principal: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{principal}"Action":"s3:GetObject"}}]}}"#)
    };
    for name in ["one", "two"] {
        let tag = aws_sdk_iam::types::Tag::builder().key(name).value("x");
        let trust =
            document(r#""Principal":{"Service":"ecs-tasks.amazonaws.com"},"#).replace("s3:GetObject", "sts:AssumeRole");
        let role = iam.create_role().role_name(name).assume_role_policy_document(trust);
        role.send().await.unwrap();
        let tags = iam.tag_role().role_name("one").tags(tag.build().unwrap());
        tags.send().await.unwrap();
        let inline = iam.put_role_policy().role_name("one").policy_name(name);
        let inline = inline.policy_document(document(r#""Resource":"*","#));
        inline.send().await.unwrap();
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        let attached = iam.attach_role_policy().role_name("one").policy_arn(arn);
        attached.send().await.unwrap();
    }
    one_a_page(&sandbox);
    let lists = [
        ("iam:ListRoles", pages!(iam.list_roles(), roles)),
        (
            "iam:GetAccountAuthorizationDetails",
            pages!(
                iam.get_account_authorization_details().filter(aws_sdk_iam::types::EntityType::Role),
                role_detail_list
            ),
        ),
        ("iam:ListRolePolicies", pages!(iam.list_role_policies().role_name("one"), policy_names)),
        ("iam:ListAttachedRolePolicies", pages!(iam.list_attached_role_policies().role_name("one"), attached_policies)),
        ("iam:ListRoleTags", pages!(iam.list_role_tags().role_name("one"), tags)),
    ];
    assert_one_a_page(&lists);
}

#[tokio::test]
async fn lists_of_buckets_and_of_what_is_tagged() {
    let sandbox = Sandbox::in_memory();
    let config: SdkConfig = config(&sandbox);
    let s3 = aws_sdk_s3::Client::new(&config);
    let logs = logs(&sandbox);
    let index = aws_sdk_resourcegroupstagging::Client::new(&config);
    for name in ["lab-one", "lab-two"] {
        let here = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest1).build();
        let bucket = s3.create_bucket().bucket(name).create_bucket_configuration(here);
        bucket.send().await.unwrap();
        let group = logs.create_log_group().log_group_name(name).tags("a", "b");
        group.send().await.unwrap();
    }
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let keep = s3.put_bucket_versioning().bucket("lab-one").versioning_configuration(enabled);
    keep.send().await.unwrap();
    for key in ["a", "a", "b"] {
        let object = s3.put_object().bucket("lab-one").key(key).body(ByteStream::from_static(b"x"));
        object.send().await.unwrap();
    }
    one_a_page(&sandbox);
    let lists = [
        ("s3:ListBuckets", pages!(s3.list_buckets(), buckets)),
        ("s3:ListObjectsV2", pages!(s3.list_objects_v2().bucket("lab-one"), contents)),
        ("tagging:GetResources", pages!(index.get_resources(), resource_tag_mapping_list)),
    ];
    assert_one_a_page(&lists);

    let list = s3.list_object_versions().bucket("lab-one");
    let mut page = list.clone().send().await.unwrap();
    let mut pages = 1;
    while page.is_truncated() == Some(true) {
        assert_eq!(page.versions().len(), 1);
        let next = list
            .clone()
            .key_marker(page.next_key_marker().unwrap())
            .version_id_marker(page.next_version_id_marker().unwrap());
        page = next.send().await.unwrap();
        pages += 1;
    }
    assert_eq!(pages, 3);
}
