//! The tables of the normal form of a task definition.
//!
//! Knows: paths of fields. Must not know: how they are applied.

use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::shape::TaskDefinition;
use crate::resource::{Field, Pasted, part, update};

/// A definition is compared whole. First come values that mean the same as none ("Task definition parameters", Amazon ECS
/// developer guide), then lists whose order means nothing: commands, DNS servers and environment files are read in theirs.
pub(super) const FIELDS: &[Field] = &[
    update(""),
    part("enableFaultInjection").default("false"),
    part("ephemeralStorage.sizeInGiB").default("20"),
    part("executionRoleArn").default(r#""""#),
    part("ipcMode").default(r#""""#),
    part("networkMode").default(r#""bridge""#),
    part("pidMode").default(r#""""#),
    part("proxyConfiguration.type").default(r#""APPMESH""#),
    part("runtimePlatform.cpuArchitecture").default(r#""X86_64""#),
    part("runtimePlatform.operatingSystemFamily").default(r#""LINUX""#),
    part("taskRoleArn").default(r#""""#),
    part("containerDefinitions[].cpu").default("0"),
    part("containerDefinitions[].disableNetworking").default("false"),
    part("containerDefinitions[].essential").default("true"),
    part("containerDefinitions[].healthCheck.interval").default("30"),
    part("containerDefinitions[].healthCheck.retries").default("3"),
    part("containerDefinitions[].healthCheck.startPeriod").default("0"),
    part("containerDefinitions[].healthCheck.timeout").default("5"),
    part("containerDefinitions[].interactive").default("false"),
    part("containerDefinitions[].linuxParameters.initProcessEnabled").default("false"),
    part("containerDefinitions[].mountPoints[].readOnly").default("false"),
    part("containerDefinitions[].portMappings[].hostPort").default("0"),
    part("containerDefinitions[].portMappings[].protocol").default(r#""tcp""#),
    part("containerDefinitions[].privileged").default("false"),
    part("containerDefinitions[].pseudoTerminal").default("false"),
    part("containerDefinitions[].readonlyRootFilesystem").default("false"),
    part("containerDefinitions[].restartPolicy.restartAttemptPeriod").default("300"),
    part("containerDefinitions[].versionConsistency").default(r#""enabled""#),
    part("containerDefinitions[].volumesFrom[].readOnly").default("false"),
    part("volumes[].configuredAtLaunch").default("false"),
    part("volumes[].dockerVolumeConfiguration.autoprovision").default("false"),
    part("volumes[].dockerVolumeConfiguration.driver").default(r#""local""#),
    part("volumes[].dockerVolumeConfiguration.scope").default(r#""task""#),
    part("volumes[].efsVolumeConfiguration.authorizationConfig.iam").default(r#""DISABLED""#),
    part("volumes[].efsVolumeConfiguration.rootDirectory").default(r#""/""#),
    part("volumes[].efsVolumeConfiguration.transitEncryption").default(r#""DISABLED""#),
    part("volumes[].efsVolumeConfiguration.transitEncryptionPort").default("0"),
    part("volumes[].s3filesVolumeConfiguration.rootDirectory").default(r#""/""#),
    part("volumes[].s3filesVolumeConfiguration.transitEncryptionPort").default("0"),
    part("containerDefinitions").unordered(),
    part("containerDefinitions[].dependsOn").unordered(),
    part("containerDefinitions[].dockerSecurityOptions").unordered(),
    part("containerDefinitions[].environment").unordered(),
    part("containerDefinitions[].extraHosts").unordered(),
    part("containerDefinitions[].linuxParameters.capabilities.add").unordered(),
    part("containerDefinitions[].linuxParameters.capabilities.drop").unordered(),
    part("containerDefinitions[].linuxParameters.devices").unordered(),
    part("containerDefinitions[].linuxParameters.devices[].permissions").unordered(),
    part("containerDefinitions[].linuxParameters.tmpfs").unordered(),
    part("containerDefinitions[].logConfiguration.secretOptions").unordered(),
    part("containerDefinitions[].mountPoints").unordered(),
    part("containerDefinitions[].portMappings").unordered(),
    part("containerDefinitions[].resourceRequirements").unordered(),
    part("containerDefinitions[].restartPolicy.ignoredExitCodes").unordered(),
    part("containerDefinitions[].secrets").unordered(),
    part("containerDefinitions[].systemControls").unordered(),
    part("containerDefinitions[].ulimits").unordered(),
    part("containerDefinitions[].volumesFrom").unordered(),
    part("inferenceAccelerators").unordered(),
    part("placementConstraints").unordered(),
    part("proxyConfiguration.properties").unordered(),
    part("requiresCompatibilities").unordered(),
    part("volumes").unordered(),
];

/// The parts of what DescribeTaskDefinition answers ("TaskDefinition", Amazon ECS API).
pub(super) const PASTED: Pasted = Pasted {
    around: &["taskDefinition"],
    told: &[
        "compatibilities",
        "deleteRequestedAt",
        "deregisteredAt",
        "registeredAt",
        "registeredBy",
        "requiresAttributes",
        "revision",
        "status",
        "taskDefinitionArn",
    ],
    beyond: &[],
    is_loose: true,
};

/// The section's JSON Schema: a field that it doesn't name was never ours to send, so that it isn't ours to compare
/// (revision, status, requiresAttributes, and whatever AWS adds).
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
        for field in &FIELDS[1..] {
            assert!(all.contains(field.path), "{}", field.path);
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
