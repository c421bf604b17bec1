//! The broken states: what is wrong, what is said of it, the cure, and the exit code.

use super::{Broken, Lab, broken, deny, instead, quota, refused};
use crate::cloud::trouble::{Garbled, Trouble};
use crate::error::{FAILED, INVALID, NOT_SIGNED_IN, REFUSED};

const LEARNER: &str = "arn:aws:sts::123456789012:assumed-role/voclabs/user1=ann";
const NO_SUBNETS: (&str, &str) = ("DescribeSubnets", "<DescribeSubnetsResponse><subnetSet/></DescribeSubnetsResponse>");
const NO_VPCS: (&str, &str) = ("DescribeVpcs", "<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>");
const ONE_SUBNET: (&str, &str) = (
    "DescribeSubnets",
    "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId>\
     <availabilityZone>us-east-1a</availabilityZone></item></subnetSet></DescribeSubnetsResponse>",
);

const OTHER_ZONES: (&str, &str) = (
    "DescribeAvailabilityZones",
    "<DescribeAvailabilityZonesResponse><availabilityZoneInfo><item><zoneName>us-east-1d</zoneName></item><item>\
     <zoneName>us-east-1a</zoneName></item></availabilityZoneInfo></DescribeAvailabilityZonesResponse>",
);
const FORBIDDEN: &str = "You are not authorized to perform this operation. User: arn:aws:iam::1:user/me is not authorized to \
    perform: ec2:DescribeSubnets with an explicit deny in a service control policy";
const BY_ENDPOINT: &str = "User: arn:aws:iam::1:user/me is not authorized to perform: ecs:DescribeClusters on resource: * because \
    no VPC endpoint policy allows the ecs:DescribeClusters action";

/// The states, with what is said of each, the cure, and the exit code.
pub(super) fn states() -> Vec<(Broken, [&'static str; 3], u8)> {
    const CALLER: &str = "GetCallerIdentity";
    const POLICY: &str = "`labform policy apply > apply.json`";
    vec![
        (
            broken("keys that have expired").network(|call| refused(call, CALLER, "ExpiredToken", "expired")),
            ["sign-in", "the keys have expired", "sign in anew"],
            NOT_SIGNED_IN,
        ),
        (
            broken("keys that AWS doesn't know")
                .network(|call| refused(call, CALLER, "InvalidClientTokenId", "invalid")),
            ["sign-in", "AWS doesn't know these keys", "`aws sts get-caller-identity`"],
            NOT_SIGNED_IN,
        ),
        (
            broken("a clock that AWS refuses").network(|call| refused(call, CALLER, "RequestTimeTooSkewed", "")),
            ["sign-in", "this computer's clock is wrong", "set the clock by the network"],
            NOT_SIGNED_IN,
        ),
        (
            broken("another account").lab(Lab::With("accounts: [\"999999999999\"]\n")),
            ["accounts", "`accounts` allows only 999999999999", "--profile"],
            REFUSED,
        ),
        (
            broken("a region that isn't enabled").lab(Lab::In("af-south-1")).network(|call| match call.nth {
                0 => refused(call, CALLER, "InvalidClientTokenId", "invalid"),
                _ => Trouble::None,
            }),
            ["region", "af-south-1 is not enabled", "`aws account enable-region --region-name af-south-1`"],
            FAILED,
        ),
        (
            broken("a region that there isn't").lab(Lab::In("eu-west-9")).network(|call| match call.nth {
                0 | 1 if call.operation == CALLER => Trouble::Reset,
                _ => Trouble::None,
            }),
            ["region", "is there a region eu-west-9?", "`aws account list-regions`"],
            FAILED,
        ),
        (
            broken("no network").network(|_| Trouble::Reset),
            ["AWS", "no answer from sts.us-east-1.amazonaws.com", "`curl -sI https://sts.us-east-1.amazonaws.com`"],
            FAILED,
        ),
        (
            broken("a network that swallows everything").network(|_| Trouble::Hang),
            ["AWS", "no answer from sts.us-east-1.amazonaws.com", "check the network"],
            FAILED,
        ),
        (
            broken("a hotel's page in AWS's place").network(|_| Trouble::Garbled(Garbled::Html)),
            ["sign-in", "isn't an answer of AWS's", "a network that wants you to sign in"],
            FAILED,
        ),
        (
            broken("no default VPC").network(|call| instead(call, &[NO_SUBNETS, NO_VPCS])),
            ["network", "us-east-1 has no default VPC", "`aws ec2 create-default-vpc`"],
            FAILED,
        ),
        (
            broken("a default VPC without subnets").network(|call| instead(call, &[NO_SUBNETS])),
            ["network", "has no default subnets", "`aws ec2 create-default-subnet --availability-zone us-east-1a`"],
            FAILED,
        ),
        (
            broken("a default VPC of one zone").network(|call| instead(call, &[ONE_SUBNET])),
            ["network", "a load balancer needs two zones", "--availability-zone us-east-1b`"],
            FAILED,
        ),
        (
            broken("a default VPC of one zone in an account without a zone b")
                .network(|call| instead(call, &[ONE_SUBNET, OTHER_ZONES])),
            ["network", "a load balancer needs two zones", "--availability-zone us-east-1d`"],
            FAILED,
        ),
        (
            broken("a default VPC of one zone, and nobody who tells of others")
                .account(|quirks| deny(quirks, &["ec2:DescribeAvailabilityZones"]))
                .network(|call| instead(call, &[ONE_SUBNET])),
            ["network", "a load balancer needs two zones", "`aws ec2 describe-availability-zones`"],
            FAILED,
        ),
        (
            broken("the default VPC forbidden by the organization")
                .network(|call| refused(call, "DescribeSubnets", "UnauthorizedOperation", FORBIDDEN)),
            [
                "rights",
                "may not ec2:DescribeSubnets, which a plan asks to read: the default VPC",
                "manages the organization",
            ],
            FAILED,
        ),
        (
            broken("a kind forbidden by a VPC endpoint")
                .network(|call| refused(call, "DescribeClusters", "AccessDeniedException", BY_ENDPOINT)),
            ["rights", "may not ecs:DescribeClusters, which a plan asks to read: cluster", "manages that network"],
            FAILED,
        ),
        (
            broken("an empty variable before the proxy's")
                .environment(&[("HTTPS_PROXY", ""), ("https_proxy", "http://proxy:3128")]),
            ["proxy", "HTTPS_PROXY is empty, and comes before https_proxy", "`unset HTTPS_PROXY`"],
            0,
        ),
        (
            broken("a profile with a space").environment(&[("AWS_PROFILE", "my labs"), ("AWS_ACCESS_KEY_ID", "AKIA")]),
            ["keys", "AWS_PROFILE is my labs", "`labform doctor --profile 'my labs'`"],
            0,
        ),
        (
            broken("no role for ECS"),
            ["service roles", "AWSServiceRoleForECS is missing", "--aws-service-name ecs.amazonaws.com`"],
            0,
        ),
        (
            broken("no role for load balancers where nobody can make one").account(|quirks| {
                quirks.caller = Some(LEARNER.to_owned());
            }),
            ["service roles", "AWSServiceRoleForElasticLoadBalancing is missing, and this account", "ask your teacher"],
            FAILED,
        ),
        (
            broken("ec2 denied").account(|quirks| deny(quirks, &["ec2:DescribeSecurityGroups"])),
            ["rights", "may not ec2:DescribeSecurityGroups, which a plan asks to read: securityGroup", POLICY],
            FAILED,
        ),
        (
            broken("the default VPC denied").account(|quirks| deny(quirks, &["ec2:DescribeSubnets"])),
            ["rights", "may not ec2:DescribeSubnets, which a plan asks to read: the default VPC", POLICY],
            FAILED,
        ),
        (
            broken("ecs denied").account(|quirks| deny(quirks, &["ecs:DescribeClusters"])),
            ["rights", "may not ecs:DescribeClusters, which a plan asks to read: cluster", POLICY],
            FAILED,
        ),
        (
            broken("load balancers denied")
                .account(|quirks| deny(quirks, &["elasticloadbalancing:DescribeLoadBalancers"])),
            ["rights", "may not elasticloadbalancing:DescribeLoadBalancers, which", POLICY],
            FAILED,
        ),
        (
            broken("ecr denied").account(|quirks| deny(quirks, &["ecr:DescribeRepositories"])),
            ["rights", "may not ecr:DescribeRepositories, which a plan asks to read: repository", POLICY],
            FAILED,
        ),
        (
            broken("logs denied").account(|quirks| deny(quirks, &["logs:DescribeLogGroups"])),
            ["rights", "may not logs:DescribeLogGroups, which a plan asks to read: logGroup", POLICY],
            FAILED,
        ),
        (
            broken("the tag index denied").account(|quirks| deny(quirks, &["tagging:GetResources"])),
            ["rights", "may not tag:GetResources", POLICY],
            FAILED,
        ),
        (
            broken("iam denied").lab(Lab::With(ROLE)).account(|quirks| {
                deny(quirks, &["iam:GetRole", "iam:GetAccountAuthorizationDetails"]);
            }),
            ["rights", "an account that lets nobody make roles can't have role.execution", "LabRole"],
            FAILED,
        ),
        (
            broken("no vCPUs").network(|call| quota(call, "L-3032A538", "1.0")),
            [
                "quotas",
                "1 vCPUs of tasks on Fargate in us-east-1; the lab takes 2",
                "--quota-code L-3032A538 --desired-value 2`",
            ],
            FAILED,
        ),
        (
            broken("no room for a load balancer").network(|call| quota(call, "L-53DA6B97", "0.0")),
            ["quotas", "0 application load balancers in us-east-1; the lab takes 1", "--quota-code L-53DA6B97"],
            FAILED,
        ),
        (
            broken("a learner's account without roles").lab(Lab::With(ROLE)).account(|quirks| {
                quirks.caller = Some(LEARNER.to_owned());
            }),
            ["learner account", "lets nobody make roles: it can't have role.execution", "`executionRoleArn: LabRole`"],
            FAILED,
        ),
        (
            broken("a learner's account in another region").lab(Lab::In("eu-west-1")).account(|quirks| {
                quirks.caller = Some(LEARNER.to_owned());
            }),
            ["learner account", "has us-east-1 and us-west-2 only, and not eu-west-1", "`region: us-east-1`"],
            FAILED,
        ),
        (
            broken("a proxy's address that is none").environment(&[("HTTPS_PROXY", "http://me:hunter2@proxy:31z8")]),
            ["proxy", "HTTPS_PROXY is `http://***@proxy:31z8`: its port is no number", "`unset HTTPS_PROXY`"],
            FAILED,
        ),
        (
            broken("a proxy that isn't one of HTTP").environment(&[("ALL_PROXY", "socks5://127.0.0.1:1080")]),
            ["proxy", "proxies of HTTP only", "`unset ALL_PROXY`"],
            FAILED,
        ),
        (
            broken("a proxy that lets nobody through")
                .environment(&[("https_proxy", "http://me:hunter2@proxy:3128")])
                .network(|_| Trouble::Reset),
            ["AWS", "through http://***@proxy:3128", "`unset https_proxy`"],
            FAILED,
        ),
        (
            broken("an emulator's endpoint left behind").environment(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")]),
            ["endpoint", "AWS_ENDPOINT_URL is http://127.0.0.1:4566: calls go there", "`unset AWS_ENDPOINT_URL`"],
            0,
        ),
        (
            broken("another region in the environment").environment(&[("AWS_REGION", "eu-west-3")]),
            ["region", "AWS_REGION is eu-west-3, and the lab's region is us-east-1", "`export AWS_REGION=us-east-1`"],
            0,
        ),
        (
            broken("keys before the profile").environment(&[("AWS_PROFILE", "labs"), ("AWS_ACCESS_KEY_ID", "AKIA")]),
            [
                "keys",
                "AWS_PROFILE is labs, and the keys in AWS_ACCESS_KEY_ID come before it",
                "`unset AWS_ACCESS_KEY_ID",
            ],
            0,
        ),
        (broken("no lab.yaml").lab(Lab::None), ["lab.yaml", "there is none here", "`labform doctor -f FILE`"], 0),
        (
            broken("a lab.yaml that is wrong").lab(Lab::Wrong),
            ["lab.yaml", "unknown field `desiredcount`", "`labform validate`"],
            INVALID,
        ),
        (
            broken("a lab that uses what isn't there")
                .lab(Lab::With("existing: { clusters: { shared: { clusterName: course } } }\n")),
            ["existing", "there is no cluster `course`", ""],
            INVALID,
        ),
    ]
}

/// A role of the lab's own.
const ROLE: &str = r#"
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }]
"#;
