//! The policy of apply of Lab 8, for people to review.

use super::documents::plain;
use super::*;

#[test]
fn apply_of_lab_8() {
    insta::assert_snapshot!(plain(Command::Apply), @r#"
    ec2:AuthorizeSecurityGroupEgress
    ec2:AuthorizeSecurityGroupIngress
    ec2:CreateTags
    ec2:DeleteSecurityGroup
    ec2:RevokeSecurityGroupEgress
    ec2:RevokeSecurityGroupIngress
    ec2:UpdateSecurityGroupRuleDescriptionsEgress
    ec2:UpdateSecurityGroupRuleDescriptionsIngress
    ecr:DeleteRepository
    ecr:PutImageScanningConfiguration
    ecr:PutLifecyclePolicy
    ecr:TagResource
    ecs:DeleteCluster
    ecs:DeleteService
    ecs:DeleteTaskDefinitions
    ecs:PutClusterCapacityProviders
    ecs:TagResource
    ecs:UpdateService
    elasticloadbalancing:AddTags
    elasticloadbalancing:DeleteListener
    elasticloadbalancing:DeleteLoadBalancer
    elasticloadbalancing:DeleteTargetGroup
    elasticloadbalancing:ModifyListener
    elasticloadbalancing:ModifyTargetGroup
    elasticloadbalancing:SetSecurityGroups
    logs:DeleteLogGroup
    logs:PutRetentionPolicy
    logs:TagResource
      on *
      where aws:RequestedRegion StringEquals {"eu-west-1"}
      where aws:ResourceTag/labform:lab StringEquals {"ecs-lab"}
    ec2:CreateSecurityGroup
      on arn:aws:ec2:eu-west-1:123456789012:vpc/*
    ec2:CreateSecurityGroup
    ecr:CreateRepository
    ecr:TagResource
    ecs:CreateCluster
    ecs:CreateService
    ecs:RegisterTaskDefinition
    elasticloadbalancing:CreateListener
    elasticloadbalancing:CreateLoadBalancer
    elasticloadbalancing:CreateTargetGroup
    iam:CreateRole
    logs:CreateLogGroup
    logs:TagResource
    s3:CreateBucket
    s3:TagResource
      on arn:aws:ec2:eu-west-1:123456789012:security-group/*
      on arn:aws:ecr:eu-west-1:123456789012:repository/ecs-lab/image-classifier
      on arn:aws:ecr:eu-west-1:123456789012:repository/ecs-lab/web-app
      on arn:aws:ecs:eu-west-1:123456789012:cluster/ecs-lab-cluster
      on arn:aws:ecs:eu-west-1:123456789012:service/ecs-lab-cluster/web-service
      on arn:aws:ecs:eu-west-1:123456789012:task-definition/ecs-web-app:*
      on arn:aws:ecs:eu-west-1:123456789012:task-definition/image-classifier:*
      on arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/ecs-lab-alb/*
      on arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg-????????/*
      on arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/ecs-lab-tg/*
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/image-classifier
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/image-classifier:*
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/web-app
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/web-app:*
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1
      where aws:RequestTag/labform:lab StringEquals {"ecs-lab"}
    ec2:CreateTags
      on *
      where ec2:CreateAction Null {"false"}
    ec2:DescribeNetworkInterfaces
    ec2:DescribeSecurityGroups
    ec2:DescribeTags
    ecr:DescribeRepositories
    ecr:GetLifecyclePolicy
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
    ecs:TagResource
      on *
      where ecs:CreateAction Null {"false"}
    elasticloadbalancing:AddTags
      on *
      where elasticloadbalancing:CreateAction Null {"false"}
    iam:AttachRolePolicy
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
      where iam:PolicyARN ArnEquals {"arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"}
    iam:CreateServiceLinkedRole
      on *
      where iam:AWSServiceName StringEquals {"ecs.amazonaws.com", "elasticloadbalancing.amazonaws.com"}
    iam:DeleteRole
    iam:DeleteRolePolicy
    iam:DetachRolePolicy
    iam:GetRole
    iam:GetRolePolicy
    iam:ListAttachedRolePolicies
    iam:ListInstanceProfilesForRole
    iam:ListRolePolicies
    iam:PutRolePolicy
    iam:TagRole
    iam:UpdateAssumeRolePolicy
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
    iam:GetRole
      on arn:aws:iam::123456789012:role/*ecs-lab-image-classifier-task-role
      on arn:aws:iam::123456789012:role/*ecs-lab-task-execution-role
      on arn:aws:iam::123456789012:role/*ecs-lab-web-app-task-role
    iam:ListRoles
    s3:GetBucketTagging
    s3:ListAllMyBuckets
      on *
    iam:PassRole
      on arn:aws:iam::123456789012:role/labform/ecs-lab/eu-west-1/*
      where iam:PassedToService StringEquals {"ecs-tasks.amazonaws.com"}
    logs:GetLogEvents
      on arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/ecs-lab/web-app:log-stream:*
    s3:DeleteBucket
    s3:GetBucketPublicAccessBlock
    s3:GetBucketVersioning
    s3:ListBucketVersions
    s3:PutBucketPublicAccessBlock
    s3:PutBucketTagging
    s3:PutBucketVersioning
      on arn:aws:s3:::ecs-lab-images-123456789012-eu-west-1
    OptionalAllRolesAtOnce:
    iam:GetAccountAuthorizationDetails
      on *
    "#);
}
