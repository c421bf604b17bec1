//! Labs of any shape, for the swarm.

use std::fmt::Write as _;

use proptest::prelude::*;

/// The content of a lab. Each number is a variant of a field, so that two shapes differ in what a person may edit.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    retention: Option<u8>,
    role: Option<u8>,
    bucket: Option<u8>,
    repository: Option<u8>,
    group: u8,
    web: Option<Web>,
}

/// A service with what it needs.
#[derive(Clone, Debug)]
struct Web {
    count: u8,
    image: u8,
    balanced: Option<u8>,
}

pub(super) fn shapes() -> impl Strategy<Value = Shape> {
    let part = || proptest::option::of(0_u8..3);
    let web = (1_u8..4, 0_u8..3, part()).prop_map(|(count, image, balanced)| Web { count, image, balanced });
    let parts = (part(), part(), part(), part(), 0_u8..3, proptest::option::of(web));
    parts.prop_map(|(retention, role, bucket, repository, group, web)| Shape {
        retention,
        role,
        bucket,
        repository,
        group,
        web,
    })
}

impl Shape {
    /// A shape with one of each.
    pub(super) fn with_everything() -> Self {
        let web = Web { count: 1, image: 0, balanced: Some(0) };
        Self { retention: Some(0), role: Some(0), bucket: Some(0), repository: Some(0), group: 0, web: Some(web) }
    }

    /// The lab.yaml of the shape.
    pub(super) fn yaml(&self) -> String {
        let mut yaml = "lab: swarm\nregion: eu-west-1\nvpc: default\n".to_owned();
        let mut add = |text: &str| yaml.write_str(text).expect("a string takes text");
        if let Some(variant) = self.retention {
            let days = [1, 7, 30][usize::from(variant)];
            add(&format!("logGroups:\n  app: {{ retentionInDays: {days} }}\n"));
        }
        if let Some(variant) = self.role {
            add(&format!(
                "roles:\n  app:\n    assumeRolePolicyDocument: {{ Version: '2012-10-17', Statement: [{{ Effect: Allow, \
                 Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: 'sts:AssumeRole' }}] }}\n    policies:\n      \
                 - policyName: p{variant}\n        policyDocument: {{ Version: '2012-10-17', Statement: [{{ Effect: Allow, \
                 Action: 's3:GetObject', Resource: '*' }}] }}\n"
            ));
        }
        if let Some(variant) = self.bucket {
            let status = ["Enabled", "Suspended", "Enabled"][usize::from(variant)];
            add(&format!(
                "buckets:\n  data: {{ bucket: \"${{lab}}-${{account}}-{variant}\", versioningConfiguration: {{ status: {status} }}, onDestroy: empty }}\n"
            ));
        }
        if let Some(variant) = self.repository {
            let scan = variant == 1;
            add(&format!("repositories:\n  app: {{ imageScanningConfiguration: {{ scanOnPush: {scan} }} }}\n"));
        }
        let group = self.group;
        add(&format!(
            "securityGroups:\n  app:\n    description: variant {group}\n    ipPermissions: [{{ ipProtocol: tcp, fromPort: 80, toPort: 8{group}, ipRanges: [{{ cidrIp: 0.0.0.0/0 }}] }}]\n"
        ));
        if let Some(web) = &self.web {
            self.add_web(web, &mut yaml);
        }
        yaml
    }

    fn add_web(&self, web: &Web, yaml: &mut String) {
        let Web { count, image, balanced } = web;
        let mut add = |text: &str| yaml.write_str(text).expect("a string takes text");
        let role = match self.role {
            Some(_) => "    taskRoleArn: app\n",
            None => "",
        };
        add(&format!(
            "clusters:\n  main: {{}}\ntaskDefinitions:\n  web:\n    networkMode: awsvpc\n    requiresCompatibilities: [FARGATE]\n    \
             cpu: '256'\n    memory: '512'\n{role}    containerDefinitions:\n      - {{ name: web, image: 'nginx:{image}', \
             portMappings: [{{ containerPort: 80 }}] }}\n"
        ));
        add(&format!(
            "services:\n  web:\n    cluster: main\n    taskDefinition: web\n    desiredCount: {count}\n    launchType: FARGATE\n    \
             networkConfiguration: {{ awsvpcConfiguration: {{ subnets: ['${{region}}a', '${{region}}b'], securityGroups: [app], assignPublicIp: ENABLED }} }}\n"
        ));
        if let Some(variant) = balanced {
            add(&format!(
                "    loadBalancers: [{{ targetGroupArn: web, containerName: web, containerPort: 80 }}]\n\
                 targetGroups:\n  web: {{ protocol: HTTP, port: 8{variant}, targetType: ip }}\n\
                 loadBalancers:\n  web:\n    type: application\n    securityGroups: [app]\n    listeners:\n      \
                 http: {{ port: 80, protocol: HTTP, defaultActions: [{{ type: forward, targetGroupArn: web }}] }}\n"
            ));
        }
    }
}
