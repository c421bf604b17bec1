//! What AWS takes, and what it prints: all of it may stand in a lab.

use super::*;

const TRUST: &str = r#"{ Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }] }"#;

fn value(text: &str, kind: &str, name: &str) -> serde_json::Value {
    let lab = read(&format!("{HEAD}{text}"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    lab.nodes[&Address::new(kind, name)].value.clone()
}

fn warnings(text: &str) -> String {
    let lab = read(&format!("{HEAD}{text}"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    lab.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_description_of_aws_is_taken_without_what_aws_sets() {
    let described = r#"
taskDefinitions:
  app:
    taskDefinition:
      taskDefinitionArn: arn:aws:ecs:eu-west-1:123456789012:task-definition/app:3
      family: app
      revision: 3
      status: ACTIVE
      requiresAttributes: [{ name: ecs.capability.task-eni }]
      containerDefinitions: [{ name: a, image: nginx, memory: 128 }]
    tags: []
"#;
    let container = serde_json::json!({"name": "a", "image": "nginx", "memory": 128});
    let want = serde_json::json!({"family": "app", "containerDefinitions": [container]});
    assert_eq!(value(described, "taskDefinition", "app"), want);
    insta::assert_snapshot!(warnings(described), @"
    lab.yaml:6:3: warning: taskDefinition.app: passed over what AWS sets itself: taskDefinitionArn, revision, status, requiresAttributes
      |
    6 |   app:
      |   ^^^
    ");
    let tagged = described
        .replace("tags: []", "tags: [{ key: \"aws:cloudformation:stack-name\", value: s }, { key: a, value: b }]");
    assert!(warnings(&tagged).contains("passed over the tag `aws:cloudformation:stack-name`"));
    let groups = "securityGroups: { a: { GroupId: sg-1, OwnerId: \"1\", GroupName: g, Description: d, IpPermissions: [{ \
                  IpProtocol: \"-1\", IpRanges: [{ CidrIp: 10.0.0.0/8 }] }], Tags: [{ Key: a, Value: b }] } }\n";
    let rules = serde_json::json!([{"ipProtocol": "-1", "ipRanges": [{"cidrIp": "10.0.0.0/8"}]}]);
    let want = serde_json::json!({"groupName": "g", "description": "d", "ipPermissions": rules});
    assert_eq!(value(groups, "securityGroup", "a"), want);
}

#[test]
fn nothing_in_other_words_is_nothing() {
    let text = "taskDefinitions: { a: { ipcMode: \"\", networkMode: \"\", taskRoleArn: \"\", cpu: \"\", volumes: null, \
                containerDefinitions: [{ name: a, image: nginx, memory: \"128\", user: \"\", essential: True, repositoryCredentials: { credentialsParameter: \"\" }, \
                portMappings: [{ containerPort: \"80\", appProtocol: \"\" }], environment: [{ name: EMPTY, value: \"\" }, { name: B, value: \
                True }] }] } }\n";
    let environment = serde_json::json!([{"name": "EMPTY", "value": ""}, {"name": "B", "value": "True"}]);
    let container = serde_json::json!({"name": "a", "image": "nginx", "memory": 128, "essential": true,
        "portMappings": [{"containerPort": 80}], "environment": environment});
    assert_eq!(value(text, "taskDefinition", "a"), serde_json::json!({"containerDefinitions": [container]}));
    let job = "clusters: { c: {} }\ntaskDefinitions: { x: { containerDefinitions: [{ name: a, image: nginx, memory: 128 }] } }\njobs: { j: { \
               cluster: c, taskDefinition: x, launchType: \"\", platformVersion: \"\", timeout: null } }\n";
    assert_eq!(below_head(job), "nothing");
    let repository =
        "repositories: { a: { imageTagMutability: \"\", imageScanningConfiguration: { scanOnPush: TRUE } } }\n";
    let want = serde_json::json!({"imageScanningConfiguration": {"scanOnPush": true}});
    assert_eq!(value(repository, "repository", "a"), want);
}

#[test]
fn what_labform_does_not_manage_is_named_unless_it_asks_for_nothing() {
    let service = |more: &str| {
        format!(
            "clusters: {{ c: {{}} }}\ntaskDefinitions: {{ x: {{ containerDefinitions: [{{ name: a, image: nginx, memory: 128 }}] }} }}\n\
             services: {{ s: {{ cluster: c, taskDefinition: x, {more} }} }}\n"
        )
    };
    let nothing = service(
        "launchType: \"\", runningCount: 2, events: [], volumeConfigurations: [], vpcLatticeConfigurations: [], \
         deploymentConfiguration: { strategy: ROLLING, bakeTimeInMinutes: 0, alarms: { alarmNames: [], enable: false } }",
    );
    let want = serde_json::json!({"cluster": "c", "taskDefinition": "x", "deploymentConfiguration": {"alarms": {"alarmNames": [], "enable": false}}});
    assert_eq!(value(&nothing, "service", "s"), want);
    insta::assert_snapshot!(below_head(&service("volumeConfigurations: [{}], deploymentConfiguration: { strategy: BLUE_GREEN }")), @"
    lab.yaml:6:49: service.s: labform doesn't manage `volumeConfigurations` yet
      |
    6 | services: { s: { cluster: c, taskDefinition: x, volumeConfigurations: [{}], deploymentConfiguration: { strategy: BLUE_GR
      |                                                 ^^^^^^^^^^^^^^^^^^^^
      = leave it out here, and set it in the console or with the AWS CLI: labform leaves alone what lab.yaml doesn't say

    lab.yaml:6:104: service.s: labform doesn't manage `deploymentConfiguration.strategy` yet
      |
    6 | services: { s: { cluster: c, taskDefinition: x, volumeConfigurations: [{}], deploymentConfiguration: { strategy: BLUE_GR
      |                                                                                                        ^^^^^^^^
      = leave it out here, and set it in the console or with the AWS CLI: labform leaves alone what lab.yaml doesn't say
    ");
}

#[test]
fn policies_are_taken_as_text_and_with_variables_of_iam() {
    let text = format!(
        "roles:\n  a:\n    assumeRolePolicyDocument: '{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\", \
         \"Principal\": {{\"AWS\": \"*\"}}, \"Action\": \"sts:AssumeRole\"}}]}}'\n  b:\n    \
         assumeRolePolicyDocument: {TRUST}\n    policies: [{{ policyName: p, policyDocument: {{ Statement: [{{ Effect: Allow, Action: \"s3:*\", Resource: \
         \"arn:aws:s3:::b/${{aws:username}}/${{*}}-${{?}}-${{$}}-${{lab}}-${{aws:PrincipalTag/team, 'none'}}\" }}] }} }}]\n"
    );
    let role = value(&text, "role", "b");
    let resource = "arn:aws:s3:::b/${aws:username}/${*}-${?}-${$}-demo-${aws:PrincipalTag/team, 'none'}";
    assert_eq!(role["policies"][0]["policyDocument"]["Statement"][0]["Resource"], resource);
    insta::assert_snapshot!(below_head("roles: { a: { assumeRolePolicyDocument: '{\"Version\": }' } }\n"), @r#"
    lab.yaml:4:41: role.a: the text is no policy in JSON: expected value at line 1 column 13
      |
    4 | roles: { a: { assumeRolePolicyDocument: '{"Version": }' } }
      |                                         ^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn tags_may_be_of_any_script_and_empty() {
    let lab =
        read("lab: demo\nregion: eu-west-1\ntags: { \"\u{c9}quipe \u{6f22}\": \"donn\u{e9}es\", vide: \"\" }\n", &[])
            .unwrap();
    assert_eq!((lab.tags["\u{c9}quipe \u{6f22}"].as_str(), lab.tags["vide"].as_str()), ("donn\u{e9}es", ""));
    insta::assert_snapshot!(errors("lab: demo\nregion: eu-west-1\ntags: { a: \"b;c\", \"\": x }\n"), @r#"
    lab.yaml:3:9: `b;c` is not a tag's value: `;` is its character 2, and AWS allows letters, digits, spaces and _ . : / = + - @
      |
    3 | tags: { a: "b;c", "": x }
      |         ^

    lab.yaml:3:19: a tag's key has 1 to 128 characters, and `` has 0
      |
    3 | tags: { a: "b;c", "": x }
      |                   ^^
    "#);
}

#[test]
fn a_role_of_the_account_may_be_named_shortly() {
    let text = |role: &str| {
        format!(
            "roles: {{ exec: {{ assumeRolePolicyDocument: {TRUST} }} }}\ntaskDefinitions: {{ a: {{ executionRoleArn: {role}, \
             containerDefinitions: [{{ name: a, image: nginx, memory: 128 }}] }} }}\n"
        )
    };
    let refs = |role: &str| {
        let lab = read(&format!("{HEAD}{}", text(role)), &[]).unwrap_or_else(|errors| panic!("{errors}"));
        lab.nodes[&Address::new("taskDefinition", "a")].refs.clone()
    };
    assert_eq!((refs("exec"), refs("ecsTaskExecutionRole")), (addresses(&["role.exec"]), BTreeSet::new()));
    insta::assert_snapshot!(below_head(&text("exce")), @"
    lab.yaml:5:43: taskDefinition.a: there is no role `exce` in the lab
      |
    5 | taskDefinitions: { a: { executionRoleArn: exce, containerDefinitions: [{ name: a, image: nginx, memory: 128 }] } }
      |                                           ^^^^
      = did you mean `exec`? for one of the account's, write its ARN
    ");
    insta::assert_snapshot!(below_head(&text("demo-exec")), @"
    lab.yaml:5:43: taskDefinition.a: `demo-exec` is the name in AWS of role.exec
      |
    5 | taskDefinitions: { a: { executionRoleArn: demo-exec, containerDefinitions: [{ name: a, image: nginx, memory: 128 }] } }
      |                                           ^^^^^^^^^
      = write `exec`
    ");
}

#[test]
fn groups_that_name_each_other_are_completed_later() {
    let text = "securityGroups:\n  a: { ipPermissions: [{ ipProtocol: \"-1\", userIdGroupPairs: [{ groupId: b }, { groupId: a }, { \
                groupId: c }] }] }\n  b: { ipPermissions: [{ ipProtocol: \"-1\", userIdGroupPairs: [{ groupId: a }] }] }\n  c: {}\n";
    let lab = read(&format!("{HEAD}{text}"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let of = |name: &str| &lab.nodes[&Address::new("securityGroup", name)];
    let (a, b) = ("securityGroup.a", "securityGroup.b");
    assert_eq!((&of("a").later, &of("b").later), (&addresses(&[a, b]), &addresses(&[a])));
    assert_eq!(of("a").refs, addresses(&["network.default", "securityGroup.c"]));
    assert_eq!(lab.with_dependencies(&addresses(&[b])), addresses(&["network.default", a, b, "securityGroup.c"]));
    assert_eq!(lab.order().len(), 4);
}

#[test]
fn two_clusters_may_have_a_service_of_one_name() {
    let text = |other: &str| {
        format!(
            "clusters: {{ blue: {{}}, green: {{}} }}\ntaskDefinitions: {{ x: {{ containerDefinitions: [{{ name: a, image: nginx, memory: \
             128 }}] }} }}\nservices:\n  one: {{ serviceName: web, cluster: blue, taskDefinition: x }}\n  two: {{ serviceName: web, \
             cluster: {other}, taskDefinition: x }}\n"
        )
    };
    assert_eq!(below_head(&text("green")), "nothing");
    insta::assert_snapshot!(below_head(&text("blue")), @"
    lab.yaml:8:23: service.two: its name in AWS would be `web`, and so would that of service.one
      |
    8 |   two: { serviceName: web, cluster: blue, taskDefinition: x }
      |                       ^^^
      = give one of them another `serviceName`
    ");
}
