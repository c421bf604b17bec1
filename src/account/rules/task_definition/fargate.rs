//! What Fargate doesn't take.

use serde_json::Value;

use super::{CONTAINER, GUIDE, REGISTER, containers, on_fargate};
use crate::rules::input::{at, each, is_given, is_on, never, number, one_of, text};
use crate::rules::{Found, Rule};

/// The page that lists what Fargate leaves out.
const DIFFERENCES: &str = "Amazon ECS task definition differences for Fargate, Amazon ECS developer guide";
/// The operating systems that Fargate has.
const SYSTEMS: [&str; 7] = [
    "LINUX",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2025_CORE",
    "WINDOWS_SERVER_2025_FULL",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "Fargate has no privileged containers",
        CONTAINER,
        &["containerDefinitions[0].privileged = true"],
        |input, found| {
            on_each(input, "containerDefinitions[].privileged", is_on, found);
        },
    )
    .words("Fargate requires that the 'privileged' setting be 'false'"),
    Rule::new(
        "on Fargate a container is given 2 to 120 seconds to stop or to start",
        CONTAINER,
        &["containerDefinitions[0].stopTimeout = 121", "containerDefinitions[0].startTimeout = 1"],
        |input, found| {
            for field in ["stopTimeout", "startTimeout"] {
                let wrong = |value: &Value| number(value).is_some_and(|seconds| !(2..=120).contains(&seconds));
                on_each(input, &format!("containerDefinitions[].{field}"), wrong, found);
            }
        },
    ),
    Rule::new(
        "Fargate adds no Linux capability but SYS_PTRACE",
        "KernelCapabilities, Amazon ECS API",
        &[r#"containerDefinitions[0].linuxParameters.capabilities.add = ["SYS_PTRACE", "NET_ADMIN"] @
          containerDefinitions[0].linuxParameters.capabilities.add[1]"#],
        |input, found| {
            for (path, value) in fargate_each(input, "containerDefinitions[].linuxParameters.capabilities.add[]") {
                if let Some(capability) = text(value).filter(|capability| *capability != "SYS_PTRACE") {
                    found.here(path).said(format!("{capability} is not allowed on Fargate."));
                }
            }
        },
    ),
    Rule::new(
        "Fargate has no host devices, no shared memory of another size, and no swap",
        "LinuxParameters, Amazon ECS API",
        &[
            r#"containerDefinitions[0].linuxParameters.devices = [{"hostPath": "/dev/kvm"}]"#,
            "containerDefinitions[0].linuxParameters.sharedMemorySize = 64",
            "containerDefinitions[0].linuxParameters.maxSwap = 64",
            "containerDefinitions[0].linuxParameters.swappiness = 10",
        ],
        |input, found| {
            refused(
                input,
                "containerDefinitions[].linuxParameters",
                &["devices", "sharedMemorySize", "maxSwap", "swappiness"],
                found,
            );
        },
    ),
    Rule::new(
        "Fargate has no Docker security options, and no container without a network",
        DIFFERENCES,
        &[
            r#"containerDefinitions[0].dockerSecurityOptions = ["no-new-privileges"]"#,
            "containerDefinitions[0].disableNetworking = true",
        ],
        |input, found| {
            refused(input, "containerDefinitions[]", &["dockerSecurityOptions"], found);
            on_each(input, "containerDefinitions[].disableNetworking", is_on, found);
        },
    ),
    Rule::new(
        "Fargate has no Docker volumes and no volumes of FSx for Windows",
        "Volume, Amazon ECS API",
        &[
            r#"volumes[0].dockerVolumeConfiguration = {"scope": "task"}"#,
            r#"volumes[0].fsxWindowsFileServerVolumeConfiguration = {"fileSystemId": "fs-0123", "rootDirectory":
              "share", "authorizationConfig": {"credentialsParameter":
              "arn:aws:ssm:eu-west-1:123456789012:parameter/x", "domain": "x"}}"#,
        ],
        |input, found| {
            refused(
                input,
                "volumes[]",
                &["dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration"],
                found,
            );
        },
    ),
    Rule::new(
        "on Fargate there is no host, and a bind mount has no path there",
        "Volume, Amazon ECS API",
        &[r#"volumes[0].host.sourcePath = "/data""#],
        |input, found| on_each(input, "volumes[].host.sourcePath", is_given, found),
    )
    .words("host.sourcePath should not be set for volumes in Fargate."),
    Rule::new(
        "a task on Fargate can't share its host's processes",
        REGISTER,
        &[r#"pidMode = "host""#],
        |input, found| on_each(input, "pidMode", |mode| mode == "host", found),
    ),
    Rule::new("Fargate has no ipcMode", REGISTER, &[r#"ipcMode = "task""#], |input, found| {
        on_each(input, "ipcMode", is_given, found);
    })
    .words("Tasks using the Fargate launch type do not support ipcMode."),
    Rule::new(
        "on Fargate there are no container instances to choose from",
        DIFFERENCES,
        &[r#"placementConstraints = [{"type": "memberOf", "expression": "attribute:ecs.os-type == linux"}]"#],
        |input, found| on_each(input, "placementConstraints", is_given, found),
    )
    .words("Fargate does not support task placement constraints."),
    Rule::new(
        "Fargate has no GPUs, and no other devices",
        DIFFERENCES,
        &[r#"containerDefinitions[0].resourceRequirements = [{"type": "GPU", "value": "1"}]"#],
        |input, found| on_each(input, "containerDefinitions[].resourceRequirements", is_given, found),
    )
    .words("Tasks using the Fargate launch type do not support GPU resource requirements."),
    Rule::new(
        "Fargate has no Elastic Inference accelerators",
        DIFFERENCES,
        &[r#"inferenceAccelerators = [{"deviceName": "a", "deviceType": "eia2.medium"}]"#],
        |input, found| on_each(input, "inferenceAccelerators", is_given, found),
    ),
    Rule::new(
        "on Fargate logs go by awslogs, splunk or awsfirelens",
        "LogConfiguration, Amazon ECS API",
        &[r#"containerDefinitions[0].logConfiguration = {"logDriver": "json-file"} @
          containerDefinitions[0].logConfiguration.logDriver"#],
        |input, found| {
            if on_fargate(input) {
                one_of(
                    input,
                    "containerDefinitions[].logConfiguration.logDriver",
                    &["awslogs", "splunk", "awsfirelens"],
                    found,
                );
            }
        },
    ),
    Rule::new(
        "a FireLens router on Fargate reads its configuration from a file of its image",
        "FirelensConfiguration, Amazon ECS API",
        &[r#"containerDefinitions[0].firelensConfiguration = {"type": "fluentbit", "options": {"config-file-type":
          "s3", "config-file-value": "arn:aws:s3:::b/k"}} @
          containerDefinitions[0].firelensConfiguration.options.config-file-type"#],
        |input, found| {
            on_each(
                input,
                "containerDefinitions[].firelensConfiguration.options.config-file-type",
                |kind| kind == "s3",
                found,
            );
        },
    ),
    Rule::new(
        "Fargate runs Linux, or Windows Server 2019, 2022 or 2025",
        GUIDE,
        &[r#"cpu = "1024" && memory = "2048" && runtimePlatform.operatingSystemFamily = "WINDOWS_SERVER_2016_FULL""#],
        |input, found| {
            if on_fargate(input) {
                one_of(input, "runtimePlatform.operatingSystemFamily", &SYSTEMS, found);
            }
        },
    ),
    Rule::new(
        "on Fargate ECS pulls an image of Amazon ECR under the execution role, and there is none",
        "amazon-ecs-agent issue 1266, and the refusal's own words",
        &[r#"executionRoleArn = null && containerDefinitions[0].logConfiguration = null &&
          containerDefinitions[0].image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1""#],
        |input, found| {
            for (path, container) in containers(input) {
                let image = container["image"].as_str().unwrap_or_default();
                if on_fargate(input) && !is_given(at(input, "executionRoleArn")) && image.contains(".dkr.ecr.") {
                    found.here(format!("{path}.image")).hint("give the task an `executionRoleArn`");
                }
            }
        },
    )
    .words("Fargate requires task definition to have execution role ARN to support ECR images."),
];

/// The values at `path` of a definition for Fargate.
fn fargate_each<'a>(input: &'a Value, path: &str) -> Vec<(String, &'a Value)> {
    if on_fargate(input) { each(input, path) } else { Vec::new() }
}

/// Notes the values at `path` that Fargate refuses.
fn on_each(input: &Value, path: &str, is_refused: impl Fn(&Value) -> bool, found: &mut Found) {
    for (path, _) in fargate_each(input, path).into_iter().filter(|(_, value)| is_refused(value)) {
        found.here(path);
    }
}

/// Notes the members of what is at `path` that Fargate refuses if they are given at all.
fn refused(input: &Value, path: &str, members: &[&str], found: &mut Found) {
    if on_fargate(input) {
        for member in members {
            let before = found.breaches.len();
            never(input, &format!("{path}.{member}"), found);
            for breach in &mut found.breaches[before..] {
                breach.said(format!("Fargate compatible task definitions do not support {member}"));
            }
        }
    }
}
