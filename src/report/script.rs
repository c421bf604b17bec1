//! A plan as commands of the AWS CLI, and as a script of them.
//!
//! What a call answers with, and a later one is made with, is kept in a variable of the shell's.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::Value;

use super::cli_command::{VARIABLE, captured, command, kebab, word};
use super::style::visible;
use crate::cloud::Overheard;
use crate::model::{Address, HIDDEN};

/// What creating calls answer that later ones are made with: the operation, the way to it in the CLI's answer, and the end of
/// the variable's name ("Response elements" and "Response syntax" of each in its API reference).
const ANSWERS: [(&str, &str, &str); 23] = [
    ("AllocateAddress", "AllocationId", "ID"),
    ("AssociateRouteTable", "AssociationId", "ASSOCIATION"),
    ("AuthorizeSecurityGroupEgress", "SecurityGroupRules[0].SecurityGroupRuleId", "EGRESS"),
    ("AuthorizeSecurityGroupIngress", "SecurityGroupRules[0].SecurityGroupRuleId", "INGRESS"),
    ("CreateCluster", "cluster.clusterArn", "ARN"),
    ("CreateInternetGateway", "InternetGateway.InternetGatewayId", "ID"),
    ("CreateListener", "Listeners[0].ListenerArn", "ARN"),
    ("CreateLoadBalancer", "LoadBalancers[0].LoadBalancerArn", "ARN"),
    ("CreateNatGateway", "NatGateway.NatGatewayId", "ID"),
    ("CreateRepository", "repository.repositoryUri", "URI"),
    ("CreateRepository", "repository.repositoryArn", "ARN"),
    ("CreateRole", "Role.Arn", "ARN"),
    ("CreateRouteTable", "RouteTable.RouteTableId", "ID"),
    ("CreateRule", "Rules[0].RuleArn", "ARN"),
    ("CreateSecret", "ARN", "ARN"),
    ("CreateSecurityGroup", "GroupId", "ID"),
    ("CreateService", "service.serviceArn", "ARN"),
    ("CreateSubnet", "Subnet.SubnetId", "ID"),
    ("CreateTargetGroup", "TargetGroups[0].TargetGroupArn", "ARN"),
    ("CreateVpc", "Vpc.VpcId", "ID"),
    ("CreateVpcEndpoint", "VpcEndpoint.VpcEndpointId", "ID"),
    ("RegisterTaskDefinition", "taskDefinition.taskDefinitionArn", "ARN"),
    ("CreateLoadBalancer", "LoadBalancers[0].DNSName", "DNS_NAME"),
];

/// A step of a plan with the calls that it takes.
#[derive(Debug)]
pub struct ExplainedStep {
    /// The resource.
    pub address: Address,
    /// What becomes of it, as in `will be created`.
    pub words: &'static str,
    /// The calls; none if AWS isn't asked, as of an image, which goes to a registry.
    pub calls: Vec<Overheard>,
}

/// What a command looks up before all others: the account, and the network that AWS made for it.
#[derive(Clone, Debug)]
pub struct LookedUpFirst {
    /// The variable that keeps it.
    pub variable: String,
    /// The value in the account that the steps were told of.
    pub value: String,
    /// The command that prints it.
    pub command: String,
}

/// A step with its commands.
struct Commands {
    heading: String,
    commands: Vec<String>,
}

/// Writes the commands of each step, for people.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_steps(out: &mut dyn Write, first: &[LookedUpFirst], steps: &[ExplainedStep]) -> io::Result<()> {
    writeln!(out, "\nThe commands of the AWS CLI that do the same:")?;
    let told = Told::of(first, steps);
    if !told.first.is_empty() {
        writeln!(out)?;
    }
    told.first.iter().try_for_each(|line| writeln!(out, "  {}", line.replace('\n', "\n  ")))?;
    for step in &told.steps {
        writeln!(out, "\n  # {}", step.heading)?;
        for command in &step.commands {
            writeln!(out, "  {}", command.replace('\n', "\n  "))?;
        }
    }
    Ok(())
}

/// Writes a script for a shell that does what the steps do.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_script(
    out: &mut dyn Write,
    (lab, region): (&str, &str),
    first: &[LookedUpFirst],
    steps: &[ExplainedStep],
) -> io::Result<()> {
    let told = Told::of(first, steps);
    writeln!(out, "#!/bin/sh")?;
    writeln!(out, "# What `labform apply` would do now for the lab {}, as commands of the AWS CLI.", visible(lab))?;
    writeln!(out, "# labform also waits, and asks again where AWS isn't ready yet; this script does neither.")?;
    writeln!(out, "set -eu")?;
    let region = word(region);
    writeln!(out, "export AWS_REGION={region} AWS_DEFAULT_REGION={region} AWS_PAGER=")?;
    for (name, address) in &told.secrets {
        writeln!(out, ": \"${{{name}:?set it to the value of {address}}}\"")?;
    }
    told.first.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    for step in &told.steps {
        writeln!(out, "\n# {}", step.heading)?;
        step.commands.iter().try_for_each(|command| writeln!(out, "{command}"))?;
    }
    Ok(())
}

/// All commands.
struct Told {
    /// Those that look something up.
    first: Vec<String>,
    steps: Vec<Commands>,
    /// The variables that hold secrets, each with what it is of.
    secrets: BTreeMap<String, String>,
}

impl Told {
    fn of(first: &[LookedUpFirst], steps: &[ExplainedStep]) -> Self {
        let answers = answers(steps);
        let mut told = Self { first: Vec::new(), steps: Vec::new(), secrets: BTreeMap::new() };
        for looked in first.iter().filter(|looked| is_used(steps, None, &looked.value)) {
            // One that is looked up may be a part of how another is.
            told.first.push(format!("{}=$({})", looked.variable, looked.command));
        }
        for (at, step) in steps.iter().enumerate() {
            let mut commands = Vec::new();
            for (nth, call) in step.calls.iter().enumerate() {
                let here = (at, nth);
                let before = answers.iter().filter(|answer| answer.from < here);
                let mut known: Vec<(&str, &str)> =
                    before.map(|answer| (answer.value.as_str(), answer.variable.as_str())).collect();
                known.extend(first.iter().map(|looked| (looked.value.as_str(), looked.variable.as_str())));
                known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
                let secret = format!("{}_VALUE", variable(&step.address));
                let input = filled(&call.input, &known, &secret, &mut || {
                    told.secrets.insert(secret.clone(), step.address.to_string());
                });
                let own = answers.iter().filter(|answer| answer.from == here);
                let own: Vec<&Answer> = own.filter(|answer| is_used(steps, Some(here), &answer.value)).collect();
                let own: Vec<(&str, &str)> = own.iter().map(|one| (one.variable.as_str(), one.path)).collect();
                commands.push(captured(command(call, &input), &own));
            }
            if commands.is_empty() {
                commands.push("# no call of AWS's API: the image goes to its registry, as by `docker push`".to_owned());
            }
            told.steps.push(Commands { heading: format!("{} {}", visible(&step.address), step.words), commands });
        }
        told
    }
}

/// A value that AWS answers with.
struct Answer {
    /// The step and its call that it is an answer of.
    from: (usize, usize),
    path: &'static str,
    variable: String,
    value: String,
}

/// The values that later calls may be made with.
fn answers(steps: &[ExplainedStep]) -> Vec<Answer> {
    let calls = steps
        .iter()
        .enumerate()
        .flat_map(|(at, step)| step.calls.iter().enumerate().map(move |(nth, call)| ((at, nth), &step.address, call)));
    let answers = calls.flat_map(|(from, address, call)| {
        ANSWERS.iter().filter(|(operation, ..)| *operation == call.operation).filter_map(move |(_, path, end)| {
            let value = answered(&call.answer, path)?;
            Some(Answer { from, path, variable: format!("{}_{end}", variable(address)), value })
        })
    });
    answers.collect()
}

/// Returns whether a call is made with the value: a later one, if it comes from a call itself.
fn is_used(steps: &[ExplainedStep], from: Option<(usize, usize)>, value: &str) -> bool {
    steps.iter().enumerate().any(|(at, step)| {
        let mut calls = step.calls.iter().enumerate();
        calls.any(|(nth, call)| from.is_none_or(|from| (at, nth) > from) && holds(&call.input, value))
    })
}

fn holds(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.contains(text),
        Value::Array(items) => items.iter().any(|item| holds(item, text)),
        Value::Object(members) => members.values().any(|member| holds(member, text)),
        _ => false,
    }
}

/// The value at `path` of an answer: in JSON along it, in XML the first of the last name on it.
fn answered(answer: &str, path: &str) -> Option<String> {
    let last = path.rsplit('.').next()?;
    if let Ok(document) = serde_json::from_str::<Value>(answer) {
        let mut steps = path.split('.');
        return steps.try_fold(&document, |value, step| value.get(step))?.as_str().map(str::to_owned);
    }
    let document = roxmltree::Document::parse(answer).ok()?;
    let found = document.descendants().find(|node| node.tag_name().name().eq_ignore_ascii_case(last))?;
    found.text().map(str::to_owned)
}

/// The variable of a resource: `SECURITY_GROUP_WEB` of `securityGroup.web`.
fn variable(address: &Address) -> String {
    let kind = kebab(&address.kind);
    let signs = format!("{kind}_{}", address.name);
    signs.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_uppercase() } else { '_' }).collect()
}

/// The input with the variables for what is `known`, and for secrets.
fn filled(value: &Value, known: &[(&str, &str)], secret: &str, hidden: &mut dyn FnMut()) -> Value {
    let [begin, end] = VARIABLE;
    match value {
        Value::String(text) if text == HIDDEN => {
            hidden();
            format!("{begin}{secret}{end}").into()
        }
        Value::String(text) => {
            let with = |text: String, (value, name): &(&str, &str)| text.replace(value, &format!("{begin}{name}{end}"));
            known.iter().fold(text.clone(), with).into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, known, secret, hidden)).collect(),
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), filled(value, known, secret, hidden))).collect()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(service: &str, operation: &str, input: Value, answer: &str) -> Overheard {
        let (service, operation, answer) = (service.to_owned(), operation.to_owned(), answer.to_owned());
        Overheard { service, operation, input, answer }
    }

    #[test]
    fn a_script_keeps_what_later_calls_are_made_with() {
        let step = |kind: &str, name: &str, calls: Vec<Overheard>| ExplainedStep {
            address: Address::new(kind, name),
            words: "will be created",
            calls,
        };
        let group = "<CreateSecurityGroupResponse><groupId>sg-1</groupId></CreateSecurityGroupResponse>";
        let permissions = json!([{ "FromPort": 80, "UserIdGroupPairs": [{ "GroupId": "sg-1" }] }]);
        let steps = [
            step(
                "securityGroup",
                "web",
                vec![
                    call("ec2", "CreateSecurityGroup", json!({ "GroupName": "it's", "VpcId": "vpc-1" }), group),
                    call("ec2", "AuthorizeSecurityGroupIngress", json!({ "IpPermissions": permissions }), ""),
                ],
            ),
            step("image", "web", Vec::new()),
            step(
                "secret",
                "db",
                vec![call("secretsmanager", "CreateSecret", json!({ "Name": "db", "SecretString": HIDDEN }), "{}")],
            ),
            step(
                "service",
                "web",
                vec![call("ecs", "CreateService", json!({ "groups": ["sg-1", "a"], "on": true }), "{}")],
            ),
        ];
        let first = [("VPC_ID", "vpc-1"), ("ACCOUNT", "123456789012")].map(|(variable, value)| LookedUpFirst {
            variable: variable.to_owned(),
            value: value.to_owned(),
            command: "aws ec2 describe-vpcs".to_owned(),
        });
        let mut out = Vec::new();
        write_script(&mut out, ("demo", "eu-west-1"), &first, &steps).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
        #!/bin/sh
        # What `labform apply` would do now for the lab demo, as commands of the AWS CLI.
        # labform also waits, and asks again where AWS isn't ready yet; this script does neither.
        set -eu
        export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_PAGER=
        : "${SECRET_DB_VALUE:?set it to the value of secret.db}"
        VPC_ID=$(aws ec2 describe-vpcs)

        # securityGroup.web will be created
        SECURITY_GROUP_WEB_ID=$(aws ec2 create-security-group \
            --group-name 'it'\''s' \
            --vpc-id "${VPC_ID}" \
            --query GroupId --output text)
        aws ec2 authorize-security-group-ingress \
            --ip-permissions '[{"FromPort":80,"UserIdGroupPairs":[{"GroupId":"'"${SECURITY_GROUP_WEB_ID}"'"}]}]'

        # image.web will be created
        # no call of AWS's API: the image goes to its registry, as by `docker push`

        # secret.db will be created
        aws secretsmanager create-secret \
            --name db \
            --secret-string "${SECRET_DB_VALUE}"

        # service.web will be created
        aws ecs create-service --groups "${SECURITY_GROUP_WEB_ID}" a --on
        "#);
    }
}
