//! Rules for a service's part in Service Connect.

use crate::rules::Rule;
use crate::rules::input::{between, up_to};

/// The rules.
pub(super) const RULES: &[Rule] = &[Rule::new(
    "a service has one alias in Service Connect at most, and ports are from 1 to 65535",
    "ServiceConnectService, Amazon ECS API",
    &[
        r#"serviceConnectConfiguration.services[0].clientAliases = [{"port": 80}, {"port": 81}]"#,
        "serviceConnectConfiguration.services[0].clientAliases[0].port = 0",
        "serviceConnectConfiguration.services[0].ingressPortOverride = 65536",
    ],
    |input, found| {
        up_to(input, "serviceConnectConfiguration.services[].clientAliases", 1, "", found);
        between(input, "serviceConnectConfiguration.services[].clientAliases[].port", 1, 65535, found);
        between(input, "serviceConnectConfiguration.services[].ingressPortOverride", 1, 65535, found);
    },
)];
