//! What tasks run on, be it a service or a call that starts them: launch type, strategy, version of Fargate, network.

use super::{CREATE, on_fargate};
use crate::rules::Rule;
use crate::rules::cluster::strategy;
use crate::rules::input::{at, is_given, one_of, up_to};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "what is run has a launch type or a capacity provider strategy, not both",
        CREATE,
        &[r#"capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 1}]"#],
        |input, found| {
            if is_given(&input["launchType"]) && is_given(&input["capacityProviderStrategy"]) {
                found.here("capacityProviderStrategy").hint("leave out `launchType`");
            }
        },
    )
    .words("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again."),
    strategy::WEIGHTS.of(
        &[
            r#"launchType = null && capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 0}]"#,
            r#"launchType = null && capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 1001}] @
              capacityProviderStrategy[0].weight"#,
        ],
        |input, found| strategy::weights(input, "capacityProviderStrategy", found),
    ),
    strategy::PROVIDERS.of(
        &[
            r#"launchType = null && capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 1, "base":
              1}, {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 1}]"#,
            r#"launchType = null && capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 1},
              {"capacityProvider": "FARGATE", "weight": 2}] @ capacityProviderStrategy[1].capacityProvider"#,
            r#"launchType = null && capacityProviderStrategy = [{"capacityProvider": "FARGATE", "weight": 1},
              {"capacityProvider": "mine", "weight": 2}]"#,
        ],
        |input, found| strategy::providers(input, "capacityProviderStrategy", found),
    ),
    Rule::new(
        "Fargate alone has versions: LATEST, or one from 1.0.0 to 1.4.0",
        CREATE,
        &[r#"platformVersion = "2.0""#, r#"launchType = "EC2" && networkConfiguration = null @ platformVersion"#],
        |input, found| {
            let versions = ["LATEST", "1.4.0", "1.3.0", "1.2.0", "1.1.0", "1.0.0"];
            one_of(input, "platformVersion", &versions, found);
            let is_elsewhere = is_given(&input["launchType"]) && !on_fargate(input);
            if is_elsewhere && is_given(&input["platformVersion"]) {
                found
                    .here("platformVersion")
                    .said("The platform version must be null when specifying an EC2 launch type.");
            }
        },
    ),
    Rule::new(
        "only tasks on Fargate get public addresses from ECS; a task has 16 subnets and 5 security groups at most",
        "AwsVpcConfiguration, Amazon ECS API",
        &[
            r#"launchType = "EC2" && platformVersion = null @
              networkConfiguration.awsvpcConfiguration.assignPublicIp"#,
            r#"networkConfiguration.awsvpcConfiguration.securityGroups = ["a", "b", "c", "d", "e", "f"]"#,
        ],
        |input, found| {
            let network = "networkConfiguration.awsvpcConfiguration";
            let is_elsewhere = is_given(&input["launchType"]) && !on_fargate(input);
            if is_elsewhere && at(input, network)["assignPublicIp"] == "ENABLED" {
                found
                    .at(format!("{network}.assignPublicIp"), "only tasks on Fargate get public addresses from ECS")
                    .said("Assign public IP is not supported for this launch type.");
            }
            for (field, most) in [("subnets", 16), ("securityGroups", 5)] {
                up_to(input, &format!("{network}.{field}"), most, "", found);
            }
        },
    ),
];
