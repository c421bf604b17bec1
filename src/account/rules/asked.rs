//! The account's services ask the rules: what breaks one is refused, in the rule's words.

use serde_json::{Map, Value, json};

use super::{ALL, Rules};
use crate::account::{Account, Calls};
use crate::sandbox::Sandbox;
use crate::wire::{Answer, Fault};
use crate::{SERVICES, s3};

const MADE: &str = "it";
/// The bucket that the good policy is about.
const BUCKET: &str = "lab-files";

/// Calls an operation of a service.
fn call(account: &mut Account, service: &str, operation: &str, input: &Value) -> Answer {
    account.enter("eu-west-1");
    let service = SERVICES.iter().find(|one| one.name == service).expect("there is such a service");
    match service.calls {
        Calls::Json(handle) | Calls::Query(handle) | Calls::Ec2(handle) | Calls::Rest(_, handle) => {
            handle(account, operation, input)
        }
        Calls::Http { .. } => panic!("no rule is S3's"),
    }
}

/// An input as a form: members with a capital, attributes as pairs.
fn form(input: &Value) -> Value {
    match input {
        Value::Object(members) => {
            let members = members.iter().map(|(key, value)| {
                let pairs = |(key, value): (&String, &Value)| json!({"Key": key, "Value": value});
                let value = match value.as_object().filter(|_| key == "attributes") {
                    Some(attributes) => attributes.iter().map(pairs).collect(),
                    None => form(value),
                };
                (key[..1].to_uppercase() + &key[1..], value)
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(form).collect(),
        other => other.clone(),
    }
}

/// Sets the document in the field of `input` for a bucket, which is made.
fn put(account: &mut Account, field: &str, root: &str, input: &Value) -> Answer {
    let about = match field {
        "ownershipControls" => field,
        "bucketEncryption" => "encryption",
        _ => field.trim_end_matches("Configuration"),
    };
    s3::put_setting(account, BUCKET, about, s3::in_xml(root, &input[field]))
}

/// The ids of two default subnets, and of their VPC.
fn network(account: &mut Account) -> (Vec<Value>, Value) {
    let answer = call(account, "ec2", "DescribeSubnets", &json!({})).expect("subnets are described");
    let subnets = answer["subnetSet"].as_array().expect("there are subnets");
    (subnets.iter().take(2).map(|subnet| subnet["subnetId"].clone()).collect(), subnets[0]["vpcId"].clone())
}

/// The ARN of a load balancer of a type, which is made.
fn balancer(account: &mut Account, kind: &Value) -> Answer {
    let input = json!({"Name": MADE, "Subnets": network(account).0, "Type": kind});
    let made = call(account, "elasticloadbalancing", "CreateLoadBalancer", &input)?;
    Ok(made["LoadBalancers"][0]["LoadBalancerArn"].clone())
}

/// The ARN of a listener of a protocol, which is made.
fn listener(account: &mut Account, protocol: &str) -> Answer {
    let is_network = super::is_of_network(protocol);
    let actions = match is_network {
        true => {
            let group = json!({"Name": MADE, "Protocol": "TCP", "Port": 80, "VpcId": network(account).1});
            let group = call(account, "elasticloadbalancing", "CreateTargetGroup", &group)?;
            json!([{"Type": "forward", "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"]}])
        }
        false => json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}]),
    };
    let balancer = balancer(account, &if is_network { "network" } else { "application" }.into())?;
    let mut input = json!({"LoadBalancerArn": balancer, "Protocol": protocol, "Port": 80, "DefaultActions": actions});
    if ["HTTPS", "TLS"].contains(&protocol) {
        let asked = json!({"DomainName": "www.example.com"});
        let made = call(account, "acm", "RequestCertificate", &asked)?;
        input["Certificates"] = json!([{"CertificateArn": made["CertificateArn"]}]);
    }
    let made = call(account, "elasticloadbalancing", "CreateListener", &input)?;
    Ok(made["Listeners"][0]["ListenerArn"].clone())
}

/// The name of Application Auto Scaling.
const SCALING: &str = "application-autoscaling";

/// Names the scalable target of the service that `scalable` makes.
fn named(members: &mut Value) {
    let target = [
        ("ServiceNamespace", "ecs"),
        ("ResourceId", "service/it/it"),
        ("ScalableDimension", "ecs:service:DesiredCount"),
    ];
    target.into_iter().for_each(|(member, value)| members[member] = value.into());
}

/// Makes a service, and a scalable target of it if it is to have one.
fn scalable(account: &mut Account, has_target: bool) -> Result<(), Fault> {
    crate::iam::ensure_service_linked_role(account, "ecs.amazonaws.com");
    call(account, "ecs", "CreateCluster", &json!({"clusterName": MADE}))?;
    let container = json!({"name": "web", "image": "nginx", "memory": 128});
    call(account, "ecs", "RegisterTaskDefinition", &json!({"family": MADE, "containerDefinitions": [container]}))?;
    let service = json!({"cluster": MADE, "serviceName": MADE, "taskDefinition": MADE});
    call(account, "ecs", "CreateService", &service)?;
    if has_target {
        let mut members = json!({"MinCapacity": 1, "MaxCapacity": 4});
        named(&mut members);
        call(account, SCALING, "RegisterScalableTarget", &members)?;
    }
    Ok(())
}

/// Asks the account for what `input` says, after whatever has to be there for it.
fn asked(rules: &Rules, input: &Value) -> Answer {
    let trust = ALL.iter().find(|rules| rules.call == "CreateRole").expect("it is listed").good;
    let role = |name: &str| json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
    Sandbox::in_memory().with(|account| match rules.call {
        "RegisterTaskDefinition" => {
            call(account, "iam", "CreateRole", &role("exec"))?;
            call(account, "ecs", rules.call, input)
        }
        "CreateRole" => {
            let members = json!({"RoleName": MADE, "AssumeRolePolicyDocument": input.to_string()});
            call(account, "iam", rules.call, &members)
        }
        "PutRolePolicy" => {
            call(account, "iam", "CreateRole", &role(MADE))?;
            let members = json!({"RoleName": MADE, "PolicyName": MADE, "PolicyDocument": input.to_string()});
            call(account, "iam", rules.call, &members)
        }
        "AuthorizeSecurityGroupIngress" => {
            let vpc = network(account).1;
            let group = json!({"GroupName": MADE, "GroupDescription": MADE, "VpcId": vpc});
            let made = call(account, "ec2", "CreateSecurityGroup", &group)?;
            let mut members = form(input);
            members["GroupId"] = made["groupId"].clone();
            call(account, "ec2", rules.call, &members)
        }
        "CreateLogGroup" => call(account, "logs", rules.call, input),
        "PutBucketOwnershipControls" => put(account, "ownershipControls", "OwnershipControls", input),
        "PutBucketEncryption" => put(account, "bucketEncryption", "ServerSideEncryptionConfiguration", input),
        "PutBucketLifecycleConfiguration" => put(account, "lifecycleConfiguration", "LifecycleConfiguration", input),
        "PutBucketCors" => put(account, "corsConfiguration", "CORSConfiguration", input),
        "PutBucketWebsite" => put(account, "websiteConfiguration", "WebsiteConfiguration", input),
        "PutBucketPolicy" => s3::put_setting(account, BUCKET, "policy", input.to_string()),
        "SetRepositoryPolicy" => {
            call(account, "ecr", "CreateRepository", &json!({"repositoryName": MADE}))?;
            let members = json!({"repositoryName": MADE, "policyText": input.to_string()});
            call(account, "ecr", rules.call, &members)
        }
        "CreateRepository" => call(account, "ecr", rules.call, input),
        "PutLifecyclePolicy" => {
            call(account, "ecr", "CreateRepository", &json!({"repositoryName": MADE}))?;
            let members = json!({"repositoryName": MADE, "lifecyclePolicyText": input.to_string()});
            call(account, "ecr", rules.call, &members)
        }
        "ModifyTargetGroupAttributes" => {
            let protocol = &input["protocol"];
            let group = match protocol.is_null() {
                true => json!({"Name": MADE, "TargetType": "lambda"}),
                false => json!({"Name": MADE, "Protocol": protocol, "Port": 80, "VpcId": network(account).1}),
            };
            let made = call(account, "elasticloadbalancing", "CreateTargetGroup", &group)?;
            let mut members = form(input);
            members["TargetGroupArn"] = made["TargetGroups"][0]["TargetGroupArn"].clone();
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "ModifyLoadBalancerAttributes" => {
            let mut members = form(input);
            members["LoadBalancerArn"] = balancer(account, &input["type"])?;
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "ModifyListenerAttributes" => {
            let mut members = form(input);
            members["ListenerArn"] = listener(account, input["protocol"].as_str().unwrap_or_default())?;
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "CreateTargetGroup" => {
            let mut members = form(input);
            members["VpcId"] = network(account).1;
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "CreateListener" => {
            let mut members = form(input);
            members["LoadBalancerArn"] = balancer(account, &input["loadBalancer"]["type"])?;
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "CreateRule" => {
            let mut members = form(input);
            if input["listener"]["protocol"] == "TCP" {
                members["ListenerArn"] = listener(account, "TCP")?;
            }
            call(account, "elasticloadbalancing", rules.call, &members)
        }
        "RegisterScalableTarget" | "PutScalingPolicy" | "PutScheduledAction" => {
            scalable(account, rules.call != "RegisterScalableTarget")?;
            let mut members = form(input);
            named(&mut members);
            call(account, SCALING, rules.call, &members)
        }
        "CreateLoadBalancer" => call(account, "elasticloadbalancing", rules.call, &form(input)),
        "PutMetricAlarm" => {
            let mut members = form(input);
            members["AlarmName"] = MADE.into();
            call(account, "monitoring", rules.call, &members)
        }
        "PutDashboard" => {
            let members = json!({"DashboardName": MADE, "DashboardBody": input.to_string()});
            call(account, "monitoring", rules.call, &members)
        }
        "CreateTopic" => {
            let Value::Object(attributes) = form(input) else { return call(account, "sns", rules.call, input) };
            let entries: Value = attributes.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
            call(account, "sns", rules.call, &json!({"Name": MADE, "Attributes": {"entry": entries}}))
        }
        "Subscribe" => {
            let mut members = form(input);
            members["TopicArn"] = call(account, "sns", "CreateTopic", &json!({"Name": MADE}))?["TopicArn"].clone();
            call(account, "sns", rules.call, &members)
        }
        _ => call(account, "ecs", rules.call, input),
    })
}

#[test]
fn what_breaks_a_rule_is_refused_in_the_rules_words() {
    let mut wrong = Vec::new();
    for rules in ALL {
        for example in rules.examples() {
            let words = rules.breaches(&example.input).remove(0).words();
            let refused = asked(rules, &example.input).map_err(|fault| fault.message);
            if !refused.as_ref().is_err_and(|message| message.contains(&words)) {
                wrong.push(format!("{}: {}: {refused:?} instead of {words:?}", rules.call, example.changes));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What else has to be there is there for these.
#[test]
fn what_breaks_no_rule_is_taken() {
    let whole = ["CreateLoadBalancer", "CreateListener", "CreateRule", "CreateService", "RunTask", "CreateCluster"];
    for rules in ALL.into_iter().filter(|rules| !whole.contains(&rules.call)) {
        let taken = asked(rules, &rules.good());
        assert!(taken.is_ok(), "{}: {taken:?}", rules.call);
    }
}
