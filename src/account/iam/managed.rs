//! AWS's own managed policies, as far as this account knows them.
//!
//! *Caveats.* AWS has some 1,500 of them and adds more every week. Those that courses use are listed here. A name that
//! isn't listed is taken, unless it looks like a listed one that was misspelt or lacks its path.

/// The names of policies by the path before them ("AWS managed policies", AWS managed policy reference guide).
const NAMES: [(&str, &str); 3] = [
    (
        "",
        "AdministratorAccess AmazonAPIGatewayAdministrator AmazonAPIGatewayInvokeFullAccess AmazonAthenaFullAccess \
         AmazonBedrockFullAccess AmazonBedrockReadOnly AmazonCognitoDeveloperAuthenticatedIdentities \
         AmazonCognitoPowerUser AmazonCognitoReadOnly AmazonDocDBFullAccess AmazonDocDBReadOnlyAccess \
         AmazonDynamoDBFullAccess AmazonDynamoDBReadOnlyAccess AmazonEC2ContainerRegistryFullAccess \
         AmazonEC2ContainerRegistryPowerUser AmazonEC2ContainerRegistryPullOnly AmazonEC2ContainerRegistryReadOnly \
         AmazonEC2FullAccess AmazonEC2ReadOnlyAccess AmazonECS_FullAccess \
         AmazonECSInfrastructureRolePolicyForLoadBalancers AmazonECSInfrastructureRolePolicyForManagedInstances \
         AmazonECSInfrastructureRolePolicyForVpcLattice AmazonECSInstanceRolePolicyForManagedInstances \
         AmazonEKS_CNI_Policy AmazonEKSClusterPolicy AmazonEKSFargatePodExecutionRolePolicy AmazonEKSServicePolicy \
         AmazonEKSVPCResourceController AmazonEKSWorkerNodePolicy AmazonElastiCacheFullAccess \
         AmazonElastiCacheReadOnlyAccess AmazonElasticContainerRegistryPublicFullAccess \
         AmazonElasticContainerRegistryPublicPowerUser AmazonElasticContainerRegistryPublicReadOnly \
         AmazonElasticFileSystemClientFullAccess AmazonElasticFileSystemClientReadOnlyAccess \
         AmazonElasticFileSystemClientReadWriteAccess AmazonElasticFileSystemFullAccess \
         AmazonElasticFileSystemReadOnlyAccess AmazonESFullAccess AmazonESReadOnlyAccess AmazonEventBridgeFullAccess \
         AmazonEventBridgeReadOnlyAccess AmazonEventBridgeSchedulerFullAccess AmazonEventBridgeSchedulerReadOnlyAccess \
         AmazonFSxFullAccess AmazonFSxReadOnlyAccess AmazonKinesisFirehoseFullAccess \
         AmazonKinesisFirehoseReadOnlyAccess AmazonKinesisFullAccess AmazonKinesisReadOnlyAccess AmazonLexFullAccess \
         AmazonMCSFullAccess AmazonMCSReadOnlyAccess AmazonMQFullAccess AmazonMQReadOnlyAccess AmazonMSKFullAccess \
         AmazonMSKReadOnlyAccess AmazonOpenSearchServiceFullAccess AmazonOpenSearchServiceReadOnlyAccess \
         AmazonPollyFullAccess AmazonPrometheusQueryAccess AmazonPrometheusRemoteWriteAccess AmazonQFullAccess \
         AmazonRDSDataFullAccess AmazonRDSFullAccess AmazonRDSReadOnlyAccess AmazonRedshiftFullAccess \
         AmazonRekognitionFullAccess AmazonRekognitionReadOnlyAccess AmazonRoute53DomainsFullAccess \
         AmazonRoute53FullAccess AmazonRoute53ReadOnlyAccess AmazonS3FullAccess AmazonS3ReadOnlyAccess \
         AmazonSageMakerFullAccess AmazonSageMakerReadOnly AmazonSESFullAccess AmazonSESReadOnlyAccess \
         AmazonSNSFullAccess AmazonSNSReadOnlyAccess AmazonSQSFullAccess AmazonSQSReadOnlyAccess AmazonSSMFullAccess \
         AmazonSSMManagedEC2InstanceDefaultPolicy AmazonSSMManagedInstanceCore AmazonSSMReadOnlyAccess \
         AmazonTextractFullAccess AmazonTranscribeFullAccess AmazonVPCFullAccess AmazonVPCReadOnlyAccess \
         AutoScalingConsoleFullAccess AutoScalingFullAccess AutoScalingReadOnlyAccess AWSAppMeshEnvoyAccess \
         AWSAppMeshFullAccess AWSAppMeshReadOnly AWSBillingReadOnlyAccess AWSCertificateManagerFullAccess \
         AWSCertificateManagerReadOnly AWSCloud9Administrator AWSCloud9User AWSCloudFormationFullAccess \
         AWSCloudFormationReadOnlyAccess AWSCloudMapDiscoverInstanceAccess AWSCloudMapFullAccess \
         AWSCloudMapReadOnlyAccess AWSCloudMapRegisterInstanceAccess AWSCodeBuildAdminAccess \
         AWSCodeBuildDeveloperAccess AWSCodeBuildReadOnlyAccess AWSCodeCommitFullAccess AWSCodeCommitPowerUser \
         AWSCodeCommitReadOnly AWSCodeDeployFullAccess AWSCodeDeployRoleForECS AWSCodeDeployRoleForECSLimited \
         AWSCodePipeline_FullAccess AWSCodePipeline_ReadOnlyAccess AWSGlueConsoleFullAccess \
         AWSKeyManagementServicePowerUser AWSLambda_FullAccess AWSLambda_ReadOnlyAccess AWSLambdaExecute \
         AWSLambdaInvocation-DynamoDB AWSOrganizationsReadOnlyAccess AWSResourceExplorerReadOnlyAccess \
         AWSStepFunctionsConsoleFullAccess AWSStepFunctionsFullAccess AWSStepFunctionsReadOnlyAccess AWSSupportAccess \
         AWSXRayDaemonWriteAccess AWSXrayFullAccess AWSXrayReadOnlyAccess AWSXrayWriteOnlyAccess CloudFrontFullAccess \
         CloudFrontReadOnlyAccess CloudWatchAgentAdminPolicy CloudWatchAgentServerPolicy CloudWatchEventsFullAccess \
         CloudWatchEventsReadOnlyAccess CloudWatchFullAccess CloudWatchFullAccessV2 CloudWatchLogsFullAccess \
         CloudWatchLogsReadOnlyAccess CloudWatchReadOnlyAccess ComprehendFullAccess ElasticLoadBalancingFullAccess \
         ElasticLoadBalancingReadOnly IAMFullAccess IAMReadOnlyAccess IAMUserChangePassword IAMUserSSHKeys \
         IVSFullAccess IVSReadOnlyAccess OAMFullAccess OAMReadOnlyAccess PowerUserAccess ReadOnlyAccess \
         ResourceGroupsandTagEditorFullAccess ResourceGroupsandTagEditorReadOnlyAccess SecretsManagerReadWrite \
         SecurityAudit TranslateFullAccess",
    ),
    (
        "job-function/",
        "Billing DatabaseAdministrator DataScientist NetworkAdministrator SupportUser SystemAdministrator \
         ViewOnlyAccess",
    ),
    (
        "service-role/",
        "AmazonAPIGatewayPushToCloudWatchLogs AmazonEC2ContainerServiceAutoscaleRole \
         AmazonEC2ContainerServiceEventsRole AmazonEC2ContainerServiceforEC2Role AmazonEC2ContainerServiceRole \
         AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity \
         AmazonECSInfrastructureRolePolicyForVolumes AmazonECSTaskExecutionRolePolicy AWSCodeDeployRole \
         AWSCodeDeployRoleForLambda AWSGlueServiceRole AWSLambdaBasicExecutionRole AWSLambdaDynamoDBExecutionRole \
         AWSLambdaENIManagementAccess AWSLambdaKinesisExecutionRole AWSLambdaRole AWSLambdaSQSQueueExecutionRole \
         AWSLambdaVPCAccessExecutionRole",
    ),
];

/// The policies that grant an execution role something, by what that is.
const GRANTS: [(&str, &str); 5] = [
    (
        "ecr",
        "AdministratorAccess AmazonEC2ContainerRegistryFullAccess AmazonEC2ContainerRegistryPowerUser \
         AmazonEC2ContainerRegistryPullOnly AmazonEC2ContainerRegistryReadOnly AmazonEC2ContainerServiceforEC2Role \
         AmazonECSTaskExecutionRolePolicy AmazonEKSFargatePodExecutionRolePolicy AmazonSageMakerFullAccess \
         PowerUserAccess ReadOnlyAccess",
    ),
    (
        "logs",
        "AdministratorAccess AmazonAPIGatewayPushToCloudWatchLogs AmazonEC2ContainerServiceforEC2Role \
         AmazonECSTaskExecutionRolePolicy AmazonEKSServicePolicy AmazonFSxFullAccess AmazonSageMakerFullAccess \
         AmazonSSMFullAccess AWSGlueServiceRole AWSLambdaBasicExecutionRole AWSLambdaDynamoDBExecutionRole \
         AWSLambdaExecute AWSLambdaKinesisExecutionRole AWSLambdaSQSQueueExecutionRole AWSLambdaVPCAccessExecutionRole \
         CloudWatchAgentAdminPolicy CloudWatchAgentServerPolicy CloudWatchFullAccess CloudWatchFullAccessV2 \
         CloudWatchLogsFullAccess DatabaseAdministrator PowerUserAccess SystemAdministrator",
    ),
    (
        "log groups",
        "AdministratorAccess AmazonAPIGatewayPushToCloudWatchLogs AmazonECS_FullAccess AmazonEKSServicePolicy \
         AmazonFSxFullAccess AmazonMQFullAccess AmazonSageMakerFullAccess AmazonSSMFullAccess AWSGlueServiceRole \
         AWSLambdaBasicExecutionRole AWSLambdaDynamoDBExecutionRole AWSLambdaExecute AWSLambdaKinesisExecutionRole \
         AWSLambdaSQSQueueExecutionRole AWSLambdaVPCAccessExecutionRole CloudWatchAgentAdminPolicy \
         CloudWatchAgentServerPolicy CloudWatchFullAccess CloudWatchFullAccessV2 CloudWatchLogsFullAccess \
         DatabaseAdministrator PowerUserAccess SystemAdministrator",
    ),
    (
        "secrets",
        "AdministratorAccess AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity \
         AmazonEventBridgeFullAccess AmazonRDSDataFullAccess AmazonRedshiftFullAccess AmazonSageMakerFullAccess \
         CloudWatchEventsFullAccess PowerUserAccess SecretsManagerReadWrite",
    ),
    (
        "parameters",
        "AdministratorAccess AmazonECS_FullAccess AmazonSSMFullAccess AmazonSSMManagedInstanceCore \
         AmazonSSMReadOnlyAccess PowerUserAccess ReadOnlyAccess",
    ),
];

/// Returns whether there is a policy at this place, which is what stands behind `arn:aws:iam::aws:policy/`.
pub(super) fn exists(place: &str) -> bool {
    let (path, name) = split(place);
    let listed = || NAMES.iter().flat_map(|(path, names)| names.split_whitespace().map(move |name| (*path, name)));
    if listed().any(|known| known == (path, name)) {
        return true;
    }
    let name = name.to_ascii_lowercase();
    !name.is_empty() && !listed().any(|(_, known)| is_near(&known.to_ascii_lowercase(), &name))
}

/// Returns whether the policy at this place grants what `word` says; none if that isn't known.
pub(super) fn grants(place: &str, word: &str) -> Option<bool> {
    let (path, name) = split(place);
    let has = |names: &str| names.split_whitespace().any(|known| known == name);
    NAMES.iter().find(|(known, names)| *known == path && has(names))?;
    Some(GRANTS.iter().any(|(granted, names)| *granted == word && has(names)))
}

fn split(place: &str) -> (&str, &str) {
    place.rfind('/').map_or(("", place), |at| place.split_at(at + 1))
}

/// Returns whether two words differ by two letters at most.
fn is_near(a: &str, b: &str) -> bool {
    const MOST: usize = 2;
    if a.len().abs_diff(b.len()) > MOST {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            next.push((row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1));
        }
        row = next;
    }
    row.last().is_some_and(|distance| *distance <= MOST)
}

#[cfg(test)]
mod tests {
    use super::{GRANTS, NAMES, exists, grants};

    #[test]
    fn a_policy_is_known_by_its_name_and_its_path() {
        let cases = [
            ("service-role/AmazonECSTaskExecutionRolePolicy", true),
            ("AmazonECSTaskExecutionRolePolicy", false),
            ("service-role/AmazonECSTaskExecutionPolicy", true),
            ("service-role/AmazonECSTaskExecutionRolePolic", false),
            ("AmazonS3FullAcess", false),
            ("AmazonS3FullAccess", true),
            ("AmazonSSMFullAccess", true),
            ("amazons3fullaccess", false),
            ("SomethingThatAwsMadeYesterday", true),
            ("", false),
        ];
        for (place, expected) in cases {
            assert_eq!(exists(place), expected, "{place}");
        }
    }

    #[test]
    fn grants_are_of_policies_that_are_listed() {
        let all: Vec<&str> = NAMES.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
        for name in GRANTS.iter().flat_map(|(_, names)| names.split_whitespace()) {
            assert!(all.contains(&name), "{name}");
        }
        assert_eq!(grants("service-role/AmazonECSTaskExecutionRolePolicy", "ecr"), Some(true));
        assert_eq!(grants("AmazonS3FullAccess", "ecr"), Some(false));
        assert_eq!(grants("SomethingThatAwsMadeYesterday", "ecr"), None);
    }
}
