//! The tables of the normal form of a task definition.
//!
//! Knows: paths of fields. Must not know: how they are applied.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::shape::TaskDefinition;

/// Values that mean the same as none, by path ("Task definition parameters", Amazon ECS developer guide).
pub(super) const DEFAULTS: [(&str, &str); 38] = [
    ("enableFaultInjection", "false"),
    ("ephemeralStorage.sizeInGiB", "20"),
    ("executionRoleArn", r#""""#),
    ("ipcMode", r#""""#),
    ("networkMode", r#""bridge""#),
    ("pidMode", r#""""#),
    ("proxyConfiguration.type", r#""APPMESH""#),
    ("runtimePlatform.cpuArchitecture", r#""X86_64""#),
    ("runtimePlatform.operatingSystemFamily", r#""LINUX""#),
    ("taskRoleArn", r#""""#),
    ("containerDefinitions[].cpu", "0"),
    ("containerDefinitions[].disableNetworking", "false"),
    ("containerDefinitions[].essential", "true"),
    ("containerDefinitions[].healthCheck.interval", "30"),
    ("containerDefinitions[].healthCheck.retries", "3"),
    ("containerDefinitions[].healthCheck.startPeriod", "0"),
    ("containerDefinitions[].healthCheck.timeout", "5"),
    ("containerDefinitions[].interactive", "false"),
    ("containerDefinitions[].linuxParameters.initProcessEnabled", "false"),
    ("containerDefinitions[].mountPoints[].readOnly", "false"),
    ("containerDefinitions[].portMappings[].hostPort", "0"),
    ("containerDefinitions[].portMappings[].protocol", r#""tcp""#),
    ("containerDefinitions[].privileged", "false"),
    ("containerDefinitions[].pseudoTerminal", "false"),
    ("containerDefinitions[].readonlyRootFilesystem", "false"),
    ("containerDefinitions[].restartPolicy.restartAttemptPeriod", "300"),
    ("containerDefinitions[].versionConsistency", r#""enabled""#),
    ("containerDefinitions[].volumesFrom[].readOnly", "false"),
    ("volumes[].configuredAtLaunch", "false"),
    ("volumes[].dockerVolumeConfiguration.autoprovision", "false"),
    ("volumes[].dockerVolumeConfiguration.driver", r#""local""#),
    ("volumes[].dockerVolumeConfiguration.scope", r#""task""#),
    ("volumes[].efsVolumeConfiguration.authorizationConfig.iam", r#""DISABLED""#),
    ("volumes[].efsVolumeConfiguration.rootDirectory", r#""/""#),
    ("volumes[].efsVolumeConfiguration.transitEncryption", r#""DISABLED""#),
    ("volumes[].efsVolumeConfiguration.transitEncryptionPort", "0"),
    ("volumes[].s3filesVolumeConfiguration.rootDirectory", r#""/""#),
    ("volumes[].s3filesVolumeConfiguration.transitEncryptionPort", "0"),
];

/// Lists whose order means nothing. Commands, DNS servers and environment files are read in their order.
pub(super) const UNORDERED: [&str; 24] = [
    "containerDefinitions",
    "containerDefinitions[].dependsOn",
    "containerDefinitions[].dockerSecurityOptions",
    "containerDefinitions[].environment",
    "containerDefinitions[].extraHosts",
    "containerDefinitions[].linuxParameters.capabilities.add",
    "containerDefinitions[].linuxParameters.capabilities.drop",
    "containerDefinitions[].linuxParameters.devices",
    "containerDefinitions[].linuxParameters.devices[].permissions",
    "containerDefinitions[].linuxParameters.tmpfs",
    "containerDefinitions[].logConfiguration.secretOptions",
    "containerDefinitions[].mountPoints",
    "containerDefinitions[].portMappings",
    "containerDefinitions[].resourceRequirements",
    "containerDefinitions[].restartPolicy.ignoredExitCodes",
    "containerDefinitions[].secrets",
    "containerDefinitions[].systemControls",
    "containerDefinitions[].ulimits",
    "containerDefinitions[].volumesFrom",
    "inferenceAccelerators",
    "placementConstraints",
    "proxyConfiguration.properties",
    "requiresCompatibilities",
    "volumes",
];

/// The section's JSON Schema: what it doesn't name was never ours to send, so that it isn't ours to compare (revision,
/// status, requiresAttributes, and whatever AWS adds).
pub(super) static SHAPE: LazyLock<Value> = LazyLock::new(|| {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<TaskDefinition>().to_value()
});

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A typing error in a path of the tables would make them say nothing.
    #[test]
    fn the_tables_name_fields_of_the_section() {
        let mut all = BTreeSet::new();
        fields(&SHAPE, "", &mut all);
        for path in DEFAULTS.iter().map(|(path, _)| path).chain(&UNORDERED) {
            assert!(all.contains(*path), "{path}");
        }
    }

    fn fields(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
        for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
            let path = match path {
                "" => key.clone(),
                _ => format!("{path}.{key}"),
            };
            found.insert(path.clone());
            fields(schema, &path, found);
            fields(&schema["items"], &format!("{path}[]"), found);
        }
    }
}
