//! What an editor is told of a lab.yaml is what `validate` says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::emulator::Emulator;
use crate::labform::Folder;

/// Prints for each of the labs, on a line of its own, whether it fits the schema.
const FITS: &str = "
import json, yaml, jsonschema
validator = jsonschema.Draft202012Validator(json.load(open('schema.json')))
for lab in json.load(open('labs.json')):
    print(validator.is_valid(yaml.safe_load(lab)))
";

const HEAD: &str = "lab: demo\nregion: eu-west-1\nvpc: default\n# more\n";
/// Where mistakes are made: the part of a lab that holds them at `HERE`.
const TASK: &str = "taskDefinitions: { it: { containerDefinitions: [{ name: it, image: nginx, memory: 128 }], HERE } }";
const CONTAINER: &str =
    "taskDefinitions: { it: { containerDefinitions: [{ name: it, image: nginx, memory: 128, HERE }] } }";
const SERVICE: &str = "clusters: { main: {} }
taskDefinitions: { it: { containerDefinitions: [{ name: it, image: nginx, memory: 128 }] } }
services: { it: { cluster: main, taskDefinition: it, HERE } }";
const TARGETS: &str = "targetGroups: { it: { protocol: HTTP, port: 80, HERE } }";
const BALANCER: &str = "loadBalancers: { it: { HERE } }";
const ROLE: &str = r#"roles: { it: { assumeRolePolicyDocument: { Version: "2012-10-17", Statement: [
  { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }] }, HERE } }"#;
const RULE: &str = "securityGroups: { it: { description: x, ipPermissions: [{ ipProtocol: tcp, HERE }] } }";

/// Mistakes that both refuse.
const MISTAKES: &[(&str, &[&str])] = &[
    (
        "HERE",
        &[
            "accounts: [\"12\"]",
            "accounts: [123456789012]",
            "maxDeletes: -1",
            "budget: \"0.20\"",
            "budget: 0.20",
            "budget: cheap/h",
            "tags: { \"aws:x\": y }",
            "tags: { \"labform:lab\": y }",
            "clusterz: {}",
            "clusters: { a: { clusterNam: b } }",
            "clusters: { a: { clusterName: \"a b\" } }",
            "clusters: { \"a b\": {} }",
            "clusters: { a: { settings: [{ name: insights, value: enabled }] } }",
            "clusters: { a: { settings: [{ name: containerInsights, value: \"on\" }] } }",
            "logGroups: { a: { retentionInDays: 8 } }",
            "logGroups: { a: { retentionInDays: \"7\" } }",
            "logGroups: { a: { logGroupName: \"a b\" } }",
            "repositories: { a: { repositoryName: Web } }",
            "repositories: { a: { repositoryName: -web } }",
            "repositories: { a: { imageTagMutability: FROZEN } }",
            "repositories: { a: { encryptionConfiguration: { encryptionType: AES } } }",
            "buckets: { a: { bucket: My_Bucket } }",
            "buckets: { a: { bucket: my-bucket- } }",
            "taskDefinitions: { it: { containerDefinitions: [{ name: it, image: nginx, memory: 3 }] } }",
            "taskDefinitions: { it: { containerDefinitions: [] } }",
            "targetGroups: { it: { protocol: http, port: 80 } }",
            "targetGroups: { it: { protocol: HTTP, port: 70000 } }",
            "jobs: { it: { cluster: main } }",
            "existing: { clusterz: {} }",
            "existing: { clusters: { a: x } }",
            "existing: { clusters: { \"a b\": { clusterName: x } } }",
            "existing: { clusters: { a: { clusterNam: x } } }",
            "existing: { clusters: { a: {} } }",
            "existing: { clusters: { a: { clusterName: x, tags: { b: c } } } }",
            "existing: { clusters: { a: { lab: x } } }",
            "existing: { clusters: { a: { name: x } } }",
            "existing: { clusters: { a: { clusterArn: x } } }",
            "existing: { clusters: { a: { tags: {} } } }",
            "existing: { clusters: { a: { tags: { b: 1 } } } }",
            "existing: { listeners: { a: { port: 80 } } }",
            "existing: { listeners: { a: { loadBalancerArn: x, port: true } } }",
            "existing: { securityGroups: { a: { groupId: vpc-1 } } }",
            "existing: { vpcs: { a: { vpcId: default } } }",
        ],
    ),
    (
        TASK,
        &[
            "cpu: [256]",
            "networkMode: vpc",
            "requiresCompatibilities: [FARGAT]",
            "family: \"a b\"",
            "pidMode: cluster",
            "ipcMode: all",
            "volumes: [{ nam: data }]",
            "ephemeralStorage: { sizeInGiB: 20 }",
            "runtimePlatform: { cpuArchitecture: ARM }",
            "runtimePlatform: { operatingSystemFamily: DEBIAN }",
            "placementConstraints: [{ type: distinctInstance }]",
        ],
    ),
    (
        CONTAINER,
        &[
            "imag: x",
            "essential: maybe",
            "portMappings: [{ containerPort: 70000 }]",
            "portMappings: [{ containerPort: 80, protocol: icmp }]",
            "healthCheck: { comand: [CMD, a] }",
            "healthCheck: { command: [CMD, a], interval: 2 }",
            "healthCheck: { command: [CMD, a], timeout: 61 }",
            "healthCheck: { command: [CMD, a], retries: 0 }",
            "healthCheck: { command: [CMD, a], startPeriod: 301 }",
            "ulimits: [{ name: files, softLimit: 1, hardLimit: 1 }]",
            "logConfiguration: { logDriver: cloudwatch }",
            "environment: { A: b }",
            "environment: [{ nam: A, value: b }]",
            "environmentFiles: [{ type: https, value: \"arn:aws:s3:::b/k.env\" }]",
            "linuxParameters: { swappiness: 101 }",
            "linuxParameters: { tmpfs: [{ containerPath: /t, size: 0 }] }",
            "restartPolicy: { enabled: true, restartAttemptPeriod: 59 }",
            "resourceRequirements: [{ type: gpu, value: \"1\" }]",
            "firelensConfiguration: { type: logstash }",
            "dependsOn: [{ containerName: x, condition: READY }]",
        ],
    ),
    (
        SERVICE,
        &[
            "desiredCount: -1",
            "desiredcount: 1",
            "launchType: FARGAT",
            "platformVersion: \"2.0\"",
            "schedulingStrategy: ALWAYS",
            "propagateTags: ALL",
            "healthCheckGracePeriodSeconds: -1",
            "placementStrategy: [{ type: first }]",
            "placementConstraints: [{ type: unique }]",
            "deploymentController: { type: CODEDEPLOY }",
            "capacityProviderStrategy: [{ capacityProvider: FARGATE, weight: 1001 }]",
            "capacityProviderStrategy: [{ capacityProvider: FARGATE, weight: 1, base: 100001 }]",
            "loadBalancers: [{ containerName: it, containerPort: 0, targetGroupArn: x }]",
            "networkConfiguration: { awsvpcConfiguration: { assignPublicIp: always } }",
            "networkConfiguration: { awsvpcConfiguration: { securityGroups: [a, b, c, d, e, f] } }",
        ],
    ),
    (
        TARGETS,
        &[
            "name: -a",
            "targetType: instances",
            "protocolVersion: HTTP3",
            "healthCheckProtocol: ICMP",
            "healthCheckIntervalSeconds: 3",
            "unhealthyThresholdCount: 11",
        ],
    ),
    (
        BALANCER,
        &[
            "subnets: []",
            "scheme: public",
            "ipAddressType: ipv6",
            "name: \"a.b\"",
            "listeners: { a: { protocol: HTTP } }",
        ],
    ),
    (ROLE, &["roleName: \"a b\"", "maxSessionDuration: 60", "policies: [{ policyName: a }]"]),
    (RULE, &["fromPort: -2, toPort: 80", "fromPort: 80, toPort: 70000", "ipRanges: [{ cidr: 0.0.0.0/0 }]"]),
];

/// What both take.
const RIGHT: [&str; 10] = [
    "existing: { clusters: { a: { clusterName: x }, b: { tags: { c: d } }, c: { lab: x, name: a.b } }, loadBalancers: { a: { name: x } },
  vpcs: { a: { vpcId: vpc-1 } }, listeners: { a: { loadBalancerArn: x, port: 80 } }, roles: { a: { roleName: x } } }",
    "# nothing",
    "clusters: { a: { clusterName: \"${lab}-main\" } }",
    "logGroups: { a: { logGroupName: /ecs/web, retentionInDays: 7 }, b: { retentionInDays: 0 } }",
    "repositories: { a: { repositoryName: team/web } }",
    "expires: 8h\nvariables: { n: { default: 7, pattern: \"[0-9]+\" } }\nlogGroups: { a: { retentionInDays: \"${var.n}\" } }",
    "tags: { owner: me, empty: \"\", \"a:b\": c }",
    "buckets: { a: { bucket: a.b-c } }",
    "targetGroups: { it: { name: a, protocol: HTTP, port: 80, healthCheckProtocol: HTTPS } }",
    "taskDefinitions: { it: { containerDefinitions: [{ name: it, image: nginx, memory: 128, stopTimeout: 600 }] } }",
];

/// The labs that others than this file vouch for.
fn labs() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let examples = fs::read_dir(root.join("examples")).expect("there are examples");
    let paths = examples.map(|entry| entry.expect("the folder can be read").path()).filter(|path| path.is_file());
    let all = paths.chain([root.join("lab.yaml"), root.join("tests/lab8.yaml")]);
    all.map(|path| fs::read_to_string(path).expect("a lab is text")).collect()
}

/// Whether each lab fits the schema.
fn fits(folder: &Folder, labs: &[String]) -> Vec<bool> {
    folder.write("schema.json", &folder.run(&["schema"]).exits(0).stdout);
    folder.write("labs.json", &serde_json::to_string(labs).expect("texts are JSON"));
    let python = Command::new(Emulator::python()).args(["-c", FITS]).current_dir(folder.path()).output();
    let python = python.expect("Python starts");
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    String::from_utf8_lossy(&python.stdout).lines().map(|line| line == "True").collect()
}

#[test]
fn an_editor_refuses_what_validate_refuses() {
    let folder = Folder::empty();
    let heads = ["lab: My_Lab", "lab: a-very-long-name-for-a-lab"].map(|line| HEAD.replace("lab: demo", line));
    let regions = ["region: eu-west1", "region: Ireland"].map(|line| HEAD.replace("region: eu-west-1", line));
    let parts = MISTAKES.iter().flat_map(|(part, mistakes)| mistakes.iter().map(|one| part.replace("HERE", one)));
    let wrong: Vec<String> =
        heads.into_iter().chain(regions).chain(parts.map(|part| HEAD.replace("# more", &part))).collect();
    let right: Vec<String> = RIGHT.iter().map(|part| HEAD.replace("# more", part)).chain(labs()).collect();
    let is_valid = |lab: &String| {
        folder.write("lab.yaml", lab);
        folder.run(&["validate"]).code == Some(0)
    };
    let (told, taken) = (fits(&folder, &wrong), fits(&folder, &right));
    let unlike = |labs: &[String], fits: &[bool], wanted: bool, is_judged: bool| {
        let labs = labs.iter().zip(fits);
        let unlike = labs.filter(|(lab, fits)| **fits != wanted || is_judged && is_valid(lab) != wanted);
        unlike.map(|(lab, fits)| format!("fits: {fits}\n{lab}")).collect::<Vec<_>>()
    };
    assert_eq!((told.len(), taken.len()), (wrong.len(), right.len()));
    let (missed, refused) = (unlike(&wrong, &told, false, true), unlike(&right[..RIGHT.len()], &taken, true, true));
    assert!(missed.is_empty(), "{} of {} are missed:\n{}", missed.len(), wrong.len(), missed.join("\n"));
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    // The files that those take in are elsewhere.
    let refused = unlike(&right[RIGHT.len()..], &taken[RIGHT.len()..], true, false);
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
