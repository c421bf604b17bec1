//! The policies of Lab 8, for people to review.

use std::fmt::Write as _;

use super::*;
use crate::resource::AnyKind;
use crate::resources::KINDS;

/// A policy with less punctuation than JSON, without the lists of those kinds that Lab 8 has nothing of.
pub(super) fn plain(command: Command) -> String {
    let policy = &policies(LAB_8, Some("123456789012"))[&command];
    let mut text = String::new();
    let others = lists_of_other_kinds();
    for statement in &policy.statement {
        let Statement { sid, action, resource, condition, .. } = statement;
        if *sid == Some("OptionalOtherKinds") {
            assert!(action.is_subset(&others), "{action:?}");
            continue;
        }
        if let Some(sid) = sid {
            writeln!(text, "{sid}:").unwrap();
        }
        for one in action.difference(&others) {
            writeln!(text, "{one}").unwrap();
        }
        for one in resource {
            writeln!(text, "  on {one}").unwrap();
        }
        for (operator, keys) in condition {
            for (key, values) in keys {
                writeln!(text, "  where {key} {operator} {values:?}").unwrap();
            }
        }
    }
    text
}

/// The actions by which those kinds are listed that Lab 8 has nothing of, and no other.
fn lists_of_other_kinds() -> Actions {
    let lab = source(LAB_8).into_lab();
    let is_used = |kind: &&&dyn AnyKind| lab.nodes.values().any(|node| node.kind.kind() == kind.kind());
    let (used, others): (Vec<_>, Vec<_>) = KINDS.iter().partition(is_used);
    let lists = |kinds: Vec<&&'static dyn AnyKind>| -> Actions {
        let grants = kinds.into_iter().flat_map(|kind| kind.listing(&lab.place));
        grants.flat_map(|grant| grant.actions).map(|action| action.to_string()).collect()
    };
    let used = lists(used);
    lists(others).difference(&used).cloned().collect()
}

#[test]
fn plan_of_lab_8() {
    insta::assert_snapshot!(plain(Command::Plan), @r#"
    ec2:DescribeSecurityGroups
    ec2:DescribeTags
    ecr:DescribeRepositories
    ecr:GetLifecyclePolicy
    ecr:ListTagsForResource
    ecs:DescribeClusters
    ecs:DescribeServices
    ecs:DescribeTaskDefinition
    ecs:ListClusters
    ecs:ListServices
    ecs:ListTaskDefinitionFamilies
    ecs:ListTaskDefinitions
    elasticloadbalancing:DescribeListeners
    elasticloadbalancing:DescribeLoadBalancers
    elasticloadbalancing:DescribeTags
    elasticloadbalancing:DescribeTargetGroups
    elasticloadbalancing:DescribeTargetHealth
    logs:DescribeLogGroups
    logs:ListTagsForResource
    tag:GetResources
      on *
      where aws:RequestedRegion StringEquals {"eu-west-1"}
    ecs:DescribeTasks
      on arn:aws:ecs:eu-west-1:123456789012:task/ecs-lab-cluster/*
    ecs:ListTasks
      on *
      where ecs:cluster ArnEquals {"arn:aws:ecs:eu-west-1:123456789012:cluster/ecs-lab-cluster"}
    iam:GetRole
      on arn:aws:iam::123456789012:role/*ecs-lab-image-classifier-task-role
      on arn:aws:iam::123456789012:role/*ecs-lab-task-execution-role
      on arn:aws:iam::123456789012:role/*ecs-lab-web-app-task-role
    iam:GetRole
    iam:GetRolePolicy
    iam:ListAttachedRolePolicies
    iam:ListRolePolicies
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
    iam:ListRoles
    s3:GetBucketTagging
    s3:ListAllMyBuckets
      on *
    logs:FilterLogEvents
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/image-classifier:*
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/web-app:*
    s3:GetBucketPublicAccessBlock
    s3:GetBucketVersioning
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1
    OptionalAllRolesAtOnce:
    iam:GetAccountAuthorizationDetails
      on *
    "#);
}

#[test]
fn destroy_of_lab_8() {
    insta::assert_snapshot!(plain(Command::Destroy), @r#"
    ec2:DeleteSecurityGroup
    ec2:RevokeSecurityGroupEgress
    ec2:RevokeSecurityGroupIngress
    ecr:DeleteRepository
    ecs:DeleteCluster
    ecs:DeleteService
    ecs:DeleteTaskDefinitions
    elasticloadbalancing:DeleteListener
    elasticloadbalancing:DeleteLoadBalancer
    elasticloadbalancing:DeleteTargetGroup
    logs:DeleteLogGroup
      on *
      where aws:RequestedRegion StringEquals {"eu-west-1"}
      where aws:ResourceTag/labform:lab StringEquals {"ecs-lab"}
    ec2:DescribeNetworkInterfaces
    ec2:DescribeSecurityGroups
    ec2:DescribeTags
    ecr:DescribeRepositories
    ecr:ListTagsForResource
    ecs:DeregisterTaskDefinition
    ecs:DescribeClusters
    ecs:DescribeServices
    ecs:DescribeTaskDefinition
    ecs:DescribeTasks
    ecs:ListClusters
    ecs:ListContainerInstances
    ecs:ListServices
    ecs:ListTaskDefinitionFamilies
    ecs:ListTaskDefinitions
    ecs:ListTasks
    elasticloadbalancing:DescribeListeners
    elasticloadbalancing:DescribeLoadBalancerAttributes
    elasticloadbalancing:DescribeLoadBalancers
    elasticloadbalancing:DescribeTags
    elasticloadbalancing:DescribeTargetGroupAttributes
    elasticloadbalancing:DescribeTargetGroups
    elasticloadbalancing:DescribeTargetHealth
    logs:DescribeLogGroups
    logs:ListTagsForResource
    tag:GetResources
      on *
      where aws:RequestedRegion StringEquals {"eu-west-1"}
    ecs:StopTask
      on arn:aws:ecs:eu-west-1:123456789012:task/ecs-lab-cluster/*
    iam:DeleteRole
    iam:DeleteRolePolicy
    iam:DetachRolePolicy
    iam:GetRole
    iam:ListAttachedRolePolicies
    iam:ListInstanceProfilesForRole
    iam:ListRolePolicies
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
    iam:GetRole
      on arn:aws:iam::123456789012:role/*ecs-lab-image-classifier-task-role
      on arn:aws:iam::123456789012:role/*ecs-lab-task-execution-role
      on arn:aws:iam::123456789012:role/*ecs-lab-web-app-task-role
    iam:ListRoles
    s3:GetBucketTagging
    s3:ListAllMyBuckets
      on *
    s3:AbortMultipartUpload
    s3:DeleteObject
    s3:DeleteObjectVersion
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1/*
    s3:DeleteBucket
    s3:ListBucketMultipartUploads
    s3:ListBucketVersions
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1
    OptionalAllRolesAtOnce:
    iam:GetAccountAuthorizationDetails
      on *
    "#);
}

#[test]
fn run_of_lab_8() {
    insta::assert_snapshot!(plain(Command::Run), @r#"
    ec2:DescribeSecurityGroups
    ec2:DescribeTags
    ecr:DescribeRepositories
    ecr:GetLifecyclePolicy
    ecr:ListTagsForResource
    ecs:DescribeClusters
    ecs:DescribeServices
    ecs:DescribeTaskDefinition
    ecs:ListClusters
    ecs:ListServices
    ecs:ListTaskDefinitionFamilies
    ecs:ListTaskDefinitions
    elasticloadbalancing:DescribeListeners
    elasticloadbalancing:DescribeLoadBalancers
    elasticloadbalancing:DescribeTags
    elasticloadbalancing:DescribeTargetGroups
    logs:DescribeLogGroups
    logs:ListTagsForResource
    tag:GetResources
      on *
      where aws:RequestedRegion StringEquals {"eu-west-1"}
    ecs:DescribeTasks
    ecs:StopTask
      on arn:aws:ecs:eu-west-1:123456789012:task/ecs-lab-cluster/*
    ecs:ListTasks
      on *
      where ecs:cluster ArnEquals {"arn:aws:ecs:eu-west-1:123456789012:cluster/ecs-lab-cluster"}
    ecs:RunTask
      on arn:aws:ecs:eu-west-1:123456789012:task-definition/image-classifier:*
      where ecs:cluster ArnEquals {"arn:aws:ecs:eu-west-1:123456789012:cluster/ecs-lab-cluster"}
    ecs:TagResource
      on arn:aws:ecs:eu-west-1:123456789012:task/ecs-lab-cluster/*
      where ecs:CreateAction StringEquals {"RunTask"}
    iam:GetRole
      on arn:aws:iam::123456789012:role/*ecs-lab-image-classifier-task-role
      on arn:aws:iam::123456789012:role/*ecs-lab-task-execution-role
      on arn:aws:iam::123456789012:role/*ecs-lab-web-app-task-role
    iam:GetRole
    iam:GetRolePolicy
    iam:ListAttachedRolePolicies
    iam:ListRolePolicies
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
    iam:ListRoles
    s3:GetBucketTagging
    s3:ListAllMyBuckets
      on *
    iam:PassRole
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/ecs-lab-image-classifier-task-role
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/ecs-lab-task-execution-role
      where iam:PassedToService StringEquals {"ecs-tasks.amazonaws.com"}
    logs:GetLogEvents
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/image-classifier:log-stream:*
    s3:GetBucketPublicAccessBlock
    s3:GetBucketVersioning
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1
    OptionalAllRolesAtOnce:
    iam:GetAccountAuthorizationDetails
      on *
    "#);
}

/// A role that isn't the lab's is looked up before a task definition names it, and by those alone who do that.
#[test]
fn who_makes_task_definitions_may_look_for_the_roles_that_they_name() {
    let lab = |role: &str| {
        format!(
            "lab: demo\nregion: eu-west-1\ntaskDefinitions: {{ it: {{ executionRoleArn: {role}, \
             containerDefinitions: [{{ name: it, image: nginx, memory: 128 }}] }} }}\nclusters: {{ main: {{}} }}\n\
             jobs: {{ it: {{ cluster: main, taskDefinition: it }} }}\n"
        )
    };
    let asked = |role: &str, command: Command| {
        let policy = &policies(&lab(role), Some("123456789012"))[&command];
        let get = policy.statement.iter().filter(|one| one.action.contains("iam:GetRole"));
        let resources = get.flat_map(|one| one.resource.iter().map(ToString::to_string));
        resources.filter(|arn| !arn.contains("role/labform/")).collect::<Vec<_>>()
    };
    let arn = "arn:aws:iam::123456789012:role/course/exec";
    for command in [Command::Apply, Command::Run] {
        let named = ["arn:aws:iam::123456789012:role/*/exec", "arn:aws:iam::123456789012:role/exec"];
        assert_eq!(asked("exec", command), named);
        assert_eq!(asked(arn, command), [arn]);
    }
    for command in [Command::Plan, Command::Destroy] {
        assert_eq!(asked("exec", command), Vec::<String>::new());
    }
}
