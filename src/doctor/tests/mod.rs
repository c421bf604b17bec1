//! Broken states, each of which the doctor names with its cure: the embedded account, and what happens to its calls.

mod states;

use std::collections::BTreeMap;

use labform_account::{Account, Quirks, Sandbox};

use super::{CALL, Finding, Spec, State, Surroundings, examine, exit_code};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{Registry, troubled};
use crate::error::Error;
use crate::spec::Source;
use states::states;

/// A lab with something of each service.
const LAB: &str = r#"
lab: ecs-lab
region: us-east-1
vpc: default
buckets: { images: { bucket: ecs-lab-images } }
repositories: { web: {} }
logGroups: { web: {} }
securityGroups: { web: { description: HTTP } }
loadBalancers: { web: { securityGroups: [web] } }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "1024"
    memory: "2048"
    containerDefinitions: [{ name: web, image: "public.ecr.aws/nginx/nginx:1.27" }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 2
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
"#;
/// A broken state.
struct Broken {
    state: &'static str,
    /// What stands in lab.yaml besides, or the whole of it.
    lab: Lab,
    /// The environment, and the endpoints that it names.
    environment: &'static [(&'static str, &'static str)],
    account: fn(&mut Quirks),
    /// What happens to calls.
    network: fn(&Call) -> Trouble,
}

/// What there is of lab.yaml.
enum Lab {
    None,
    With(&'static str),
    In(&'static str),
    Wrong,
}

const fn broken(state: &'static str) -> Broken {
    Broken { state, lab: Lab::With(""), environment: &[], account: |_| (), network: |_| Trouble::None }
}

impl Broken {
    const fn lab(self, lab: Lab) -> Self {
        Self { lab, ..self }
    }

    const fn environment(self, environment: &'static [(&'static str, &'static str)]) -> Self {
        Self { environment, ..self }
    }

    const fn account(self, account: fn(&mut Quirks)) -> Self {
        Self { account, ..self }
    }

    const fn network(self, network: fn(&Call) -> Trouble) -> Self {
        Self { network, ..self }
    }

    async fn found(&self) -> Vec<Finding> {
        let sandbox = Sandbox::in_memory();
        sandbox.with(|account: &mut Account| (self.account)(&mut account.quirks));
        let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let text = match self.lab {
            Lab::None => String::new(),
            Lab::With(more) => format!("{LAB}{more}"),
            Lab::In(region) => LAB.replace("us-east-1", region),
            Lab::Wrong => LAB.replace("desiredCount", "desiredcount"),
        };
        let read = Source::parse("lab.yaml", &text, &none).map_err(Error::from);
        let lab = match (&self.lab, &read) {
            (Lab::None, _) => Spec::None,
            (_, Ok(source)) => Spec::Lab(source),
            (_, Err(error)) => Spec::Wrong(error),
        };
        let region = if let Spec::Lab(source) = &lab { source.region() } else { "us-east-1" }.to_owned();
        let trouble = Troubled::new(&sandbox, self.network);
        let mut cloud = troubled(&sandbox, &trouble, &region).await.hasty(CALL);
        // What the embedded account spares is looked at, too.
        cloud.registry = Registry::Ecr;
        let environment: BTreeMap<String, String> =
            self.environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut endpoints = environment.clone();
        endpoints.retain(|name, _| name.starts_with("AWS_ENDPOINT_URL"));
        let surroundings = Surroundings {
            cloud: &cloud,
            lab,
            region: Some(&region),
            profile: None,
            environment: &environment,
            endpoints: &endpoints,
        };
        examine(&surroundings).await
    }
}

fn refused(call: &Call, operation: &str, code: &'static str, message: &str) -> Trouble {
    match call.operation == operation {
        true => Trouble::Refused { status: 400, code, message: message.to_owned() },
        false => Trouble::None,
    }
}

fn instead(call: &Call, answers: &[(&str, &str)]) -> Trouble {
    let answer = answers.iter().find(|(operation, _)| *operation == call.operation);
    answer.map_or(Trouble::None, |(_, answer)| Trouble::Instead((*answer).to_owned()))
}

fn quota(call: &Call, code: &str, value: &str) -> Trouble {
    match call.operation == "GetServiceQuota" && call.body.contains(code) {
        true => Trouble::Instead(format!(r#"{{"Quota": {{"Value": {value}}}}}"#)),
        false => Trouble::None,
    }
}

fn deny(quirks: &mut Quirks, actions: &[&str]) {
    quirks.denied = actions.iter().map(|action| (*action).to_owned()).collect();
}

#[tokio::test]
async fn each_broken_state_is_named_with_its_cure() {
    let mut missed = Vec::new();
    for (broken, [topic, says, cure], code) in states() {
        let (state, found) = (broken.state, broken.found().await);
        let is_it = |one: &Finding| {
            let cured = one.cure.as_deref().unwrap_or_default();
            one.topic == topic && one.state != State::Fine && one.says.contains(says) && cured.contains(cure)
        };
        if !found.iter().any(is_it) || exit_code(&found) != code || format!("{found:?}").contains("hunter2") {
            missed.push(format!("{state}: {} {found:#?}", exit_code(&found)));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn a_quota_that_nobody_may_read_is_no_fault() {
    let found =
        broken("quotas denied").account(|quirks| deny(quirks, &["servicequotas:GetServiceQuota"])).found().await;
    let quota = found.iter().find(|one| one.topic == "quotas").expect("quotas were looked at");
    assert_eq!(quota.state, State::Warning, "{quota:?}");
    assert!(quota.says.contains("servicequotas:GetServiceQuota"), "{quota:?}");
    assert_eq!(exit_code(&found), 0, "{found:#?}");
}

#[tokio::test]
async fn nothing_is_changed() {
    let sandbox = Sandbox::in_memory();
    let trouble = Troubled::new(&sandbox, |_| Trouble::None);
    let cloud = troubled(&sandbox, &trouble, "us-east-1").await.hasty(CALL);
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    let source = Source::parse("lab.yaml", LAB, &none).expect("the lab is valid");
    let (environment, endpoints) = (BTreeMap::new(), BTreeMap::new());
    let surroundings = Surroundings {
        cloud: &cloud,
        lab: Spec::Lab(&source),
        region: Some("us-east-1"),
        profile: None,
        environment: &environment,
        endpoints: &endpoints,
    };
    let found = examine(&surroundings).await;
    assert!(found.iter().all(|one| !matches!(one.state, State::Wrong(_) | State::Unknown)), "{found:#?}");
    let calls = trouble.calls();
    let changing: Vec<&Call> = calls.iter().filter(|call| call.changes()).collect();
    assert!(changing.is_empty(), "{changing:?}");
    assert!(calls.len() < 40, "{}", calls.len());
}
