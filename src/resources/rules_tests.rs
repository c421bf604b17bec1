//! What the embedded account refuses without looking at what it keeps, the kinds' checks refuse at its place: both ask
//! the rules, whose examples are tried here.

use std::collections::BTreeMap;

use labform_account::rules::{ALL, Rules};
use serde_json::{Value, json};

use super::kind;
use crate::model::Address;
use crate::resource::{AnySpec, Checks, Problem, Severity};

/// The section of a kind that makes the call, and the field that the input is.
fn section(rules: &Rules, input: Value) -> (&'static str, Value, &'static str) {
    match rules.call {
        "RegisterTaskDefinition" => ("taskDefinition", input, ""),
        "CreateService" => ("service", input, ""),
        "CreateCluster" => ("cluster", input, ""),
        "CreateRepository" => ("repository", input, ""),
        "PutBucketOwnershipControls"
        | "PutBucketEncryption"
        | "PutBucketLifecycleConfiguration"
        | "PutBucketCors"
        | "PutBucketWebsite" => ("bucket", input, ""),
        "PutBucketPolicy" => ("bucket", json!({"policy": input}), "policy"),
        "SetRepositoryPolicy" => ("repository", json!({"policyText": input}), "policyText"),
        "CreateLogGroup" => ("logGroup", input, ""),
        "PutLifecyclePolicy" => ("repository", json!({"lifecyclePolicyText": input}), "lifecyclePolicyText"),
        "CreateRole" => ("role", json!({"assumeRolePolicyDocument": input}), "assumeRolePolicyDocument"),
        "PutRolePolicy" => {
            let trust = ALL.iter().find(|rules| rules.call == "CreateRole").expect("it is listed").good();
            let policies = json!([{"policyName": "it", "policyDocument": input}]);
            let section = json!({"assumeRolePolicyDocument": trust, "policies": policies});
            ("role", section, "policies[0].policyDocument")
        }
        "AuthorizeSecurityGroupIngress" => ("securityGroup", input, ""),
        "CreateTargetGroup" => ("targetGroup", input, ""),
        "ModifyTargetGroupAttributes" => {
            let protocol = input["protocol"].as_str().unwrap_or("HTTP");
            let section = json!({"protocol": protocol, "port": 80, "attributes": input["attributes"]});
            ("targetGroup", section, "")
        }
        "CreateLoadBalancer" | "ModifyLoadBalancerAttributes" => ("loadBalancer", input, ""),
        "CreateListener" => ("listener", without(input, "loadBalancer"), ""),
        "ModifyListenerAttributes" => {
            let protocol = input["protocol"].as_str().unwrap_or("HTTP");
            let certificate = json!([{"certificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}]);
            let certificates = ["HTTPS", "TLS"].contains(&protocol).then_some(certificate);
            let answer = json!({"type": "fixed-response", "fixedResponseConfig": {"statusCode": "200"}});
            let section = json!({
                "loadBalancerArn": "web", "port": 443, "protocol": protocol, "defaultActions": [answer],
                "certificates": certificates, "attributes": input["attributes"],
            });
            ("listener", section, "")
        }
        "CreateRule" => {
            let mut section = without(input, "listener");
            section["listener"] = section["listenerArn"].take();
            ("listenerRule", without(section, "listenerArn"), "")
        }
        "PutMetricAlarm" => ("alarm", input, ""),
        "PutDashboard" => ("dashboard", json!({"dashboardBody": input}), "dashboardBody"),
        "CreateTopic" => ("topic", input, ""),
        "Subscribe" => ("topic", json!({"subscriptions": [input]}), "subscriptions[0]"),
        "RegisterScalableTarget" => ("service", scaled(&input), "scaling"),
        "PutScalingPolicy" => {
            ("service", scaled(&with_bounds("scalingPolicies", &input)), "scaling.scalingPolicies[0]")
        }
        "PutScheduledAction" => {
            ("service", scaled(&with_bounds("scheduledActions", &input)), "scaling.scheduledActions[0]")
        }
        other => panic!("no kind makes the call {other}"),
    }
}

/// A service behind a load balancer that is scaled like this.
fn scaled(scaling: &Value) -> Value {
    let balancer = json!({"targetGroupArn": "web", "containerName": "web", "containerPort": 80});
    json!({"cluster": "main", "taskDefinition": "web", "loadBalancers": [balancer], "scaling": scaling})
}

fn with_bounds(list: &str, entry: &Value) -> Value {
    json!({"minCapacity": 1, "maxCapacity": 4, list: [entry]})
}

fn without(mut input: Value, member: &str) -> Value {
    input.as_object_mut().into_iter().for_each(|members| drop(members.remove(member)));
    input
}

/// The sections that an input tells of beside the one that is its own.
fn others(rules: &Rules, input: &Value) -> BTreeMap<Address, AnySpec> {
    let other = match rules.call {
        "CreateListener" => Some(("loadBalancer", input["loadBalancer"].clone())),
        "CreateRule" => {
            let (protocol, port) = (&input["listener"]["protocol"], &input["listener"]["port"]);
            let fields = json!({"loadBalancerArn": "web", "defaultActions": [], "protocol": protocol, "port": port});
            Some(("listener", fields))
        }
        _ => None,
    };
    let specs = other.into_iter().filter_map(|(word, section)| {
        let spec = kind(word).expect("there is such a kind").parse(&section).ok()?;
        Some((Address::new(word, "web"), spec))
    });
    specs.collect()
}

/// The rules for calls that kinds make: tasks are run for jobs, which are tried among the tests of the spec.
fn of_kinds() -> impl Iterator<Item = &'static Rules> {
    ALL.into_iter().filter(|rules| rules.call != "RunTask")
}

/// The errors of the section, unless it isn't even one.
fn errors(rules: &Rules, input: Value) -> Option<Vec<Problem>> {
    let others = others(rules, &input);
    let (word, section, _) = section(rules, input);
    let kind = kind(word).expect("there is such a kind");
    let spec = kind.parse(&section).ok()?;
    let problems = kind.check(&spec, &Checks::new(&others)).into_iter();
    Some(problems.filter(|problem| problem.severity == Severity::Error).collect())
}

#[test]
fn what_breaks_a_rule_is_refused_at_its_place() {
    for rules in of_kinds() {
        for example in rules.examples() {
            let (_, _, field) = section(rules, Value::Null);
            let place = match (field, example.path.as_str()) {
                ("", path) => path.to_owned(),
                (field, "") => field.to_owned(),
                (field, path) => format!("{field}.{path}"),
            };
            // A word that the section's types don't know is refused by them.
            let Some(errors) = errors(rules, example.input) else { continue };
            let is_told = errors.iter().any(|problem| problem.path == place);
            assert!(is_told, "{}: {}: {errors:?}", rules.call, example.changes);
        }
    }
}

#[test]
fn what_breaks_no_rule_is_taken() {
    for rules in of_kinds() {
        // A service also wants what its load balancer needs.
        let errors = errors(rules, rules.good()).expect("it is a section");
        let is_of_rules = |problem: &&Problem| problem.path != "loadBalancers[0].targetGroupArn";
        assert_eq!(errors.iter().filter(is_of_rules).collect::<Vec<_>>(), Vec::<&Problem>::new(), "{}", rules.call);
    }
}
