//! Words for sections that people know from elsewhere and a lab doesn't have.

/// The words, and what to say of each.
const FOREIGN: [(&[&str], &str); 8] = [
    (
        &["instances", "ec2", "autoScalingGroups", "launchTemplates"],
        "labform makes no machines: tasks run on Fargate, or on yours",
    ),
    (&["functions", "lambdas", "lambda"], "labform has no Lambda functions: a job runs once, a service runs on"),
    (&["databases", "rds", "dbInstances", "tables", "dynamodb"], "labform has no databases"),
    (&["queues", "topics", "sqs", "sns"], "labform has no queues and topics"),
    (&["certificates", "hostedZones", "records", "route53"], "labform makes no certificates and no DNS names"),
    (&["policies", "users", "groups"], "policies stand in their role, in `policies` and `managedPolicyArns`"),
    (&["containers", "tasks"], "containers stand in `taskDefinitions`, in `containerDefinitions`"),
    (
        &["Resources", "AWSTemplateFormatVersion", "resource", "provider", "version", "networks"],
        "a lab has sections of its own: see `labform schema`, and the examples",
    ),
];

/// Returns what to say of a section that a lab doesn't have.
pub(super) fn advice(section: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(words, _)| words.contains(&section)).map(|(_, advice)| *advice)
}
