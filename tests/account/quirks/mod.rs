//! Each quirk through the SDK's own clients.

mod pages;
mod roles;

use std::time::Duration;

use aws_sdk_ecs::error::ProvideErrorMetadata;
use aws_sdk_ecs::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::testing::{config, furnish, logs, pass, web_task};
use labform_account::Quirks;
use labform_account::{Pace, Sandbox};

const MINUTE: Duration = Duration::from_secs(60);

fn set(sandbox: &Sandbox, quirks: Quirks) {
    sandbox.with(|account| account.quirks = quirks);
}

/// Code and message of a refusal.
#[track_caller]
fn refusal<T: std::fmt::Debug, E>(result: Result<T, SdkError<E, HttpResponse>>) -> (String, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    let error = result.unwrap_err();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(error.code()), text(error.message()))
}

#[tokio::test]
async fn the_index_shows_the_account_as_it_was() {
    let sandbox = Sandbox::in_memory();
    let logs = logs(&sandbox);
    let index = aws_sdk_resourcegroupstagging::Client::new(&config(&sandbox));
    let create = async |name: &str| {
        let group = logs.create_log_group().log_group_name(name).tags("owner", "me");
        group.send().await.unwrap();
    };
    let listed = async || {
        let found = index.get_resources().send().await.unwrap();
        let arns = found.resource_tag_mapping_list().iter();
        arns.map(|one| one.resource_arn().unwrap().rsplit(':').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    create("/old").await;
    set(&sandbox, Quirks { index_lag: MINUTE, ..Quirks::default() });
    assert_eq!(listed().await, ["/old"], "it was there before");
    create("/new").await;
    let gone = logs.delete_log_group().log_group_name("/old");
    gone.send().await.unwrap();
    assert_eq!(listed().await, ["/old"]);
    pass(&sandbox, 61).await;
    assert_eq!(listed().await, ["/new"]);
    set(&sandbox, Quirks::default());
    create("/now").await;
    assert_eq!(listed().await, ["/new", "/now"]);
}

#[tokio::test]
async fn a_task_appears_later_than_it_is_run_and_has_an_interface() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    set(&sandbox, Quirks { tasks_hidden: Duration::from_secs(10), ..Quirks::default() });
    let run = web_task(&sandbox).await.enable_ecs_managed_tags(true);
    let started = run.send().await.unwrap();
    let arn = started.tasks()[0].task_arn().unwrap();
    let describe = async || ecs.describe_tasks().cluster("main").tasks(arn).send().await.unwrap();
    assert_eq!(describe().await.failures()[0].reason(), Some("MISSING"));
    pass(&sandbox, 11).await;
    assert_eq!(describe().await.tasks()[0].task_arn(), Some(arn));
    let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox));
    let interfaces = ec2.describe_network_interfaces().send().await.unwrap();
    let interface = &interfaces.network_interfaces()[0];
    let description = interface.description().unwrap();
    assert!(description.starts_with("arn:aws:ecs:eu-west-1:123456789012:attachment/"), "{description}");
    assert_eq!(interface.requester_managed(), Some(true));
    assert!(interface.tag_set().iter().any(|tag| tag.key() == Some("aws:ecs:clusterName")));
}

#[tokio::test]
async fn a_log_group_comes_back_once_and_without_tags() {
    let sandbox = Sandbox::in_memory();
    let logs = logs(&sandbox);
    let names = async || {
        let groups = logs.describe_log_groups().send().await.unwrap();
        groups.log_groups().iter().map(|group| group.log_group_name().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let delete = async || {
        let group = logs.delete_log_group().log_group_name("/lab");
        group.send().await.unwrap();
    };
    let group = logs.create_log_group().log_group_name("/lab");
    group.tags("owner", "me").send().await.unwrap();
    set(
        &sandbox,
        Quirks { log_groups_return: [("/lab".to_owned(), Duration::from_secs(5))].into(), ..Quirks::default() },
    );
    delete().await;
    assert!(names().await.is_empty());
    pass(&sandbox, 6).await;
    assert_eq!(names().await, ["/lab"]);
    let returned = sandbox.inventory();
    let group = returned.iter().find(|item| item.kind == "logs:log-group");
    assert!(group.unwrap().tags.is_empty());
    delete().await;
    pass(&sandbox, 60).await;
    assert!(names().await.is_empty());
}

#[tokio::test]
async fn a_task_that_still_writes_brings_its_log_group_back() {
    let sandbox = Sandbox::in_memory();
    furnish(&sandbox).await;
    let logs = logs(&sandbox);
    let run = web_task(&sandbox).await;
    run.send().await.unwrap();
    pass(&sandbox, 30).await;
    let group = logs.delete_log_group().log_group_name("/lab");
    group.send().await.unwrap();
    pass(&sandbox, 60).await;
    let groups = logs.describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups().len(), 1, "its last line is written");
}

#[tokio::test]
async fn what_is_denied_is_refused_in_the_services_own_words() {
    let sandbox = Sandbox::in_memory();
    let ecs = furnish(&sandbox).await;
    let config = config(&sandbox);
    let denied = [
        "ec2:DescribeVpcs",
        "ecr:DescribeRepositories",
        "ecs:ListClusters",
        "elasticloadbalancing:DescribeTags",
        "iam:GetRole",
        "logs:ListTagsForResource",
        "s3:ListBuckets",
        "sts:GetCallerIdentity",
        "tagging:GetResources",
    ];
    set(&sandbox, Quirks { denied: denied.map(String::from).into(), ..Quirks::default() });
    let ec2 = aws_sdk_ec2::Client::new(&config);
    let ecr = aws_sdk_ecr::Client::new(&config);
    let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config);
    let iam = aws_sdk_iam::Client::new(&config);
    let logs = logs(&sandbox);
    let s3 = aws_sdk_s3::Client::new(&config);
    let sts = aws_sdk_sts::Client::new(&config);
    let index = aws_sdk_resourcegroupstagging::Client::new(&config);
    let refused = [
        refusal(ec2.describe_vpcs().send().await),
        refusal(ecr.describe_repositories().send().await),
        refusal(ecs.list_clusters().send().await),
        refusal(elb.describe_tags().resource_arns("x").send().await),
        refusal(iam.get_role().role_name("execution").send().await),
        refusal(logs.list_tags_for_resource().resource_arn("x").send().await),
        refusal(s3.list_buckets().send().await),
        refusal(sts.get_caller_identity().send().await),
        refusal(index.get_resources().send().await),
    ];
    for (action, (code, message)) in denied.iter().zip(refused) {
        let expected = match action.split(':').next().unwrap() {
            "ec2" => "UnauthorizedOperation",
            "elasticloadbalancing" | "iam" | "s3" | "sts" => "AccessDenied",
            _ => "AccessDeniedException",
        };
        assert_eq!(code, expected, "{action}");
        let action = action.replace("tagging:", "tag:");
        let words = format!("is not authorized to perform: {action}");
        assert!(message.contains(&words), "{action}: {message}");
    }
    let allowed = ecs.describe_clusters().clusters("main").send().await;
    assert!(allowed.unwrap().request_id().is_some());
}

#[tokio::test]
async fn what_denies_a_bucket_has_no_body_to_say_so() {
    let sandbox = Sandbox::in_memory();
    let s3 = aws_sdk_s3::Client::new(&config(&sandbox));
    set(&sandbox, Quirks { denied: ["s3:HeadBucket".to_owned()].into(), ..Quirks::default() });
    let head = s3.head_bucket().bucket("lab-bucket").send().await;
    let status = head.unwrap_err().raw_response().unwrap().status().as_u16();
    assert_eq!(status, 403);
}

#[tokio::test]
async fn quirks_stay_with_their_process_whoever_writes_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("aws.json");
    let open = || Sandbox::open(&path, Pace::Instant).unwrap();
    let (first, second) = (open(), open());
    set(&first, Quirks { page_size: Some(1), ..Quirks::default() });
    let logs = [logs(&first), logs(&second)];
    for name in ["/a", "/b"] {
        let group = logs[1].create_log_group().log_group_name(name);
        group.send().await.unwrap();
    }
    for (client, expected) in logs.iter().zip([1, 2]) {
        let page = client.describe_log_groups().send().await.unwrap();
        assert_eq!(page.log_groups().len(), expected);
    }
}
