use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{answer, call};
use crate::account::Calls;
use crate::clock::Via;
use crate::testing::{self, form};
use crate::wire::Request;
use crate::{SERVICES, Sandbox};

/// A request without a body, signed for a service of a region.
fn request(region: &str, service: &str, headers: &[(&str, &str)]) -> Request {
    let scope = format!("AWS4-HMAC-SHA256 Credential=KEY/20261128/{region}/{service}/aws4_request, …");
    let mut all = BTreeMap::from([("authorization".to_owned(), scope)]);
    all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let (method, path) = (if service == "s3" { "GET" } else { "POST" }.to_owned(), "/".to_owned());
    Request { method, path, query: Vec::new(), headers: all, body: Vec::new() }
}

fn said(sandbox: &Sandbox, request: &Request) -> (u16, String) {
    let reply = sandbox.with(|account| answer(account, &call(SERVICES, request), request));
    (reply.status, String::from_utf8(reply.body).unwrap())
}

#[test]
fn a_token_that_no_list_has_given_is_refused() {
    let sandbox = Sandbox::in_memory();
    testing::call(&sandbox, "logs", "CreateLogGroup", &json!({ "logGroupName": "a" })).unwrap();
    testing::call(&sandbox, "ecr", "CreateRepository", &json!({ "repositoryName": "aa" })).unwrap();
    let cases = [
        ("ecs", "ListClusters", "nextToken", "InvalidParameterException"),
        ("ecs", "ListTaskDefinitions", "nextToken", "InvalidParameterException"),
        ("ecr", "DescribeRepositories", "nextToken", "InvalidParameterException"),
        ("logs", "DescribeLogGroups", "nextToken", "InvalidParameterException"),
        ("logs", "DescribeLogStreams", "nextToken", "InvalidParameterException"),
        ("logs", "FilterLogEvents", "nextToken", "InvalidParameterException"),
        ("ssm", "DescribeParameters", "NextToken", "InvalidNextToken"),
        ("secretsmanager", "ListSecrets", "NextToken", "InvalidNextTokenException"),
        ("tagging", "GetResources", "PaginationToken", "InvalidParameterException"),
    ];
    for (service, operation, member, code) in cases {
        for token in ["garbage", "1", "MQ=="] {
            let input = json!({ member: token, "logGroupName": "a" });
            let refused = testing::call(&sandbox, service, operation, &input);
            assert_eq!(refused, Err(code.to_owned()), "{service}:{operation} {token}");
        }
    }
    let cases = [
        ("ec2", "DescribeVpcs", "NextToken", "InvalidPaginationToken"),
        ("elasticloadbalancing", "DescribeLoadBalancers", "Marker", "ValidationError"),
        ("iam", "ListRoles", "Marker", "ValidationError"),
    ];
    for (service, operation, member, code) in cases {
        let (status, text) = form(&sandbox, service, operation, &format!("{member}=garbage"));
        assert!(status == 400 && text.contains(&format!("<Code>{code}</Code>")), "{service}:{operation}: {text}");
    }
    let (status, text) = form(&sandbox, "iam", "ListRoles", "MaxItems=many");
    assert!(status == 400 && text.contains("ValidationError"), "{text}");
}

#[test]
fn a_token_of_one_list_is_none_of_another() {
    let sandbox = Sandbox::in_memory();
    for name in ["a", "b"] {
        testing::call(&sandbox, "logs", "CreateLogGroup", &json!({ "logGroupName": name })).unwrap();
    }
    let list = |input: &Value| testing::call(&sandbox, "logs", "DescribeLogGroups", input);
    let token = list(&json!({ "limit": 1 })).unwrap()["nextToken"].clone();
    assert_eq!(list(&json!({ "nextToken": token })).unwrap()["logGroups"][0]["logGroupName"], "b");
    let other = testing::call(&sandbox, "ecs", "ListClusters", &json!({ "nextToken": token }));
    assert_eq!(other, Err("InvalidParameterException".to_owned()));
}

#[test]
fn a_service_that_is_not_there_is_missing_in_its_own_protocol() {
    let sandbox = Sandbox::in_memory();
    let (status, text) = form(&sandbox, "autoscaling", "DescribeAutoScalingGroups", "");
    assert_eq!(status, 400);
    assert!(text.starts_with("<ErrorResponse>") && text.contains("has no service &quot;autoscaling&quot;"), "{text}");
    let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
    let (status, text) = said(&sandbox, &request("eu-west-1", "dynamodb", &[target]));
    assert_eq!(
        (status, serde_json::from_str::<Value>(&text).unwrap()["__type"].as_str()),
        (400, Some("UnknownServiceException"))
    );
    let mut unsigned = request("", "", &[]);
    unsigned.headers.clear();
    assert!(said(&sandbox, &unsigned).1.contains("isn't signed"));
}

#[test]
fn a_text_that_is_no_region_is_refused_by_every_service() {
    let sandbox = Sandbox::in_memory();
    for service in SERVICES {
        for region in ["x", "eu-west-1a", "", "EU-WEST-1"] {
            let request = request(region, service.name, &[]);
            let reply = sandbox.with(|account| answer(account, &call(SERVICES, &request), &request));
            let text = String::from_utf8(reply.body).unwrap();
            // REST-JSON says the code in a header, XML and JSON say it in the body.
            let is_rest = matches!(service.calls, Calls::Rest(..));
            let code = reply.headers.iter().find(|(name, _)| name == "x-amzn-errortype").map_or("", |(_, code)| code);
            let said = if is_rest { code } else { text.as_str() };
            assert!(reply.status == 403 && said.contains("InvalidSignatureException"), "{}: {text}", service.name);
            assert_eq!(text.trim_start().starts_with('<'), !is_rest && !text.contains("__type"), "{text}");
        }
    }
    assert!(sandbox.inventory().is_empty(), "no such region got a VPC");
}

#[test]
fn a_dry_run_changes_nothing_and_says_what_would_fail() {
    let sandbox = Sandbox::in_memory();
    let make =
        |more: &str| form(&sandbox, "ec2", "CreateSecurityGroup", &format!("GroupName=web&GroupDescription=x&{more}"));
    let (status, text) = make("DryRun=true");
    assert!(status == 412 && text.contains("<Code>DryRunOperation</Code>"), "{text}");
    assert_eq!(make("DryRun=false").0, 200, "it wasn't there");
    let (status, text) = make("DryRun=true");
    assert!(status == 400 && text.contains("InvalidGroup.Duplicate"), "{text}");
}

#[test]
fn terraforms_questions_are_answered() {
    let sandbox = Sandbox::in_memory();
    let (_, vpcs) = form(&sandbox, "ec2", "DescribeVpcs", "");
    let vpc = vpcs.split("<vpcId>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
    for (attribute, expected) in [("enableDnsSupport", "true"), ("enableNetworkAddressUsageMetrics", "false")] {
        let (_, text) = form(&sandbox, "ec2", "DescribeVpcAttribute", &format!("VpcId={vpc}&Attribute={attribute}"));
        assert!(text.contains(&format!("<{attribute}><value>{expected}</value></{attribute}>")), "{text}");
    }
    for (more, code) in [
        (format!("VpcId={vpc}&Attribute=colour"), "InvalidParameterValue"),
        ("VpcId=vpc-0&Attribute=enableDnsSupport".to_owned(), "InvalidVpcID.NotFound"),
    ] {
        let (_, text) = form(&sandbox, "ec2", "DescribeVpcAttribute", &more);
        assert!(text.contains(code), "{text}");
    }
    let (_, text) = form(&sandbox, "elasticloadbalancing", "DescribeListenerAttributes", "ListenerArn=x");
    assert!(text.contains("<Code>ListenerNotFound</Code>"), "{text}");
}

#[test]
fn a_client_of_the_server_is_not_refused_for_a_fresh_account() {
    let create = |via: Via| {
        let mut request = request("eu-west-1", "ecs", &[("x-amz-target", "ECS.CreateCluster")]);
        request.body = br#"{"clusterName": "main"}"#.to_vec();
        Sandbox::in_memory().with(|account| {
            account.via = via;
            answer(account, &call(SERVICES, &request), &request).status
        })
    };
    assert_eq!((create(Via::Process), create(Via::Server)), (400, 200));
}

#[test]
fn tasks_are_spread_over_the_zones() {
    let sandbox = Sandbox::in_memory();
    let ecs = |operation: &str, input: Value| testing::call(&sandbox, "ecs", operation, &input);
    drop(ecs("CreateCluster", json!({})));
    ecs("CreateCluster", json!({})).unwrap();
    let (_, text) = form(&sandbox, "ec2", "DescribeSubnets", "");
    let subnets: Vec<&str> = text.split("<subnetId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    assert_eq!(subnets.len(), 3);
    ecs(
        "RegisterTaskDefinition",
        json!({
            "family": "web", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256",
            "memory": "512", "containerDefinitions": [{ "name": "app", "image": "example/app:1" }],
        }),
    )
    .unwrap();
    let network = json!({ "awsvpcConfiguration": { "subnets": subnets } });
    let run = json!({ "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network, "count": 6 });
    let tasks = ecs("RunTask", run).unwrap()["tasks"].clone();
    let mut zones: Vec<&str> =
        tasks.as_array().unwrap().iter().map(|task| task["availabilityZone"].as_str().unwrap()).collect();
    zones.sort_unstable();
    let [a, b, c] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
    assert_eq!(zones, [a, a, b, b, c, c]);
}
