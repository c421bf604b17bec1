//! The text of the first lab.yaml, section by section.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::names::{secret_name, variable_name};
use super::network::{exposed, network};
use super::part::{Build, Hidden, Part, Role, Way};
use super::section::{Resource, resource, section};
use super::yaml::{block, comment, text};
use super::{Draft, Note};

/// A secret of the lab, whose value comes from a variable where labform runs.
#[derive(Debug)]
pub(super) struct SecretOfLab<'a> {
    pub(super) name: String,
    pub(super) variable: String,
    /// The parts, and what hides the value in each.
    uses: Vec<(usize, &'a Hidden)>,
}

/// The secrets of a lab: one for all variables of one name, unless their values may differ.
pub(super) fn secrets(parts: &[Part]) -> Vec<SecretOfLab<'_>> {
    let mut secrets: Vec<SecretOfLab<'_>> = Vec::new();
    let mut names = BTreeSet::new();
    for (at, hidden) in parts.iter().enumerate().flat_map(|(at, part)| part.secrets.iter().map(move |one| (at, one))) {
        let is_same = |other: &&mut SecretOfLab<'_>| {
            let (_, other) = other.uses[0];
            other.name == hidden.name && other.origin == hidden.origin
        };
        if let Some(same) = secrets.iter_mut().find(is_same) {
            same.uses.push((at, hidden));
            continue;
        }
        let variable = free_variable(&secrets, &parts[at].name, hidden);
        let name = free(&secret_name(&variable), "-", |name| names.contains(name));
        names.insert(name.clone());
        secrets.push(SecretOfLab { name, variable, uses: vec![(at, hidden)] });
    }
    secrets
}

/// A variable where labform runs that no other secret has, and labform itself doesn't read. Windows takes no notice of case.
fn free_variable(secrets: &[SecretOfLab<'_>], part: &str, hidden: &Hidden) -> String {
    let is_taken = |variable: &str| {
        let own = ["AWS_", "LABFORM_"].iter().any(|own| variable.starts_with(own));
        own || secrets.iter().any(|other| other.variable.eq_ignore_ascii_case(variable))
    };
    let mut variable = variable_name(&hidden.name);
    for before in [part, &hidden.container] {
        if is_taken(&variable) {
            variable = format!("{}_{variable}", variable_name(before).to_ascii_uppercase());
        }
    }
    free(&variable, "_", is_taken)
}

/// The name, with a number behind it if it is taken.
fn free(name: &str, sign: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number| format!("{name}{sign}{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .expect("there is always one more number")
}

/// Writes `draft` as the lab of this name in this region.
pub(super) fn write(draft: &Draft, lab: &str, region: &str) -> String {
    let mut out = String::new();
    let secrets = secrets(&draft.parts);
    head(&mut out, draft, &secrets, lab);
    out.push_str(&format!("\nlab: {}\nregion: {}\n", text(lab), text(region)));
    out.push_str("# accounts: [\"123456789012\"]   # yours, from `aws sts get-caller-identity`\n");
    out.push_str("vpc: default                   # looked up, never made or deleted\n");
    let parts = &draft.parts;
    images(&mut out, parts);
    let logs = parts.iter().map(|part| resource(&part.name, json!({ "retentionInDays": 7 })));
    section(&mut out, "logGroups", "What the containers write, for a week: `labform logs` shows it.", logs);
    let values = secrets.iter().map(|secret| {
        let value = json!({ "secretString": { "env": secret.variable }, "recoveryWindowInDays": 0 });
        resource(&secret.name, value)
    });
    let words = "Values that stand neither here nor in a task definition: they come from variables where labform runs. Deleted \
                 at once by `labform destroy`; without `recoveryWindowInDays: 0` AWS keeps them for 30 days.";
    section(&mut out, "secrets", words, values);
    let words = "The role by which ECS itself pulls the images, writes the logs and reads the secrets.";
    section(&mut out, "roles", words, [resource("execution", role(&secrets))]);
    network(&mut out, parts);
    section(&mut out, "clusters", "", [resource("main", json!({}))]);
    let definitions = parts.iter().enumerate().map(|(at, part)| definition(at, part, &secrets));
    let words = "What runs, as RegisterTaskDefinition takes it.";
    section(&mut out, "taskDefinitions", words, definitions);
    lives(&mut out, parts);
    let urls = parts.iter().filter_map(|part| Some((part, exposed(part)?)));
    let mut outputs = Map::new();
    for (part, exposed) in urls {
        let (name, end) = match &exposed.way {
            Way::Port(80) => ("url".to_owned(), String::new()),
            Way::Path(path) if path.is_empty() && !outputs.contains_key("url") => ("url".to_owned(), String::new()),
            Way::Port(port) => (format!("{}-url", part.name), format!(":{port}")),
            Way::Path(path) if path.is_empty() => (format!("{}-url", part.name), format!("/{}", part.name)),
            Way::Path(path) => (format!("{}-url", part.name), format!("/{path}")),
        };
        outputs.insert(name, format!("http://${{loadBalancers.web.dnsName}}{end}").into());
    }
    if !outputs.is_empty() {
        out.push_str("\n# Printed after an apply, and by `labform output`.\noutputs:\n");
        block(&mut out, 2, &outputs);
    }
    out
}

fn head(out: &mut String, draft: &Draft, secrets: &[SecretOfLab<'_>], lab: &str) {
    let origin = draft.origin.as_deref().map_or_else(String::new, |file| format!(" from {file}"));
    comment(
        out,
        0,
        &format!(
            "The lab {lab}, written by `labform init`{origin}. Its fields are those of the AWS API, under AWS's names: `labform \
             explain service` says what they mean."
        ),
    );
    let runs = draft.parts.iter().find(|part| matches!(part.role, Role::Job { .. }));
    let run = runs.map(|part| (format!("labform run {}", part.name), "runs the job once, and shows its log"));
    let commands = [
        ("labform apply --sandbox".to_owned(), "makes it in an embedded account: no AWS account is needed"),
        ("labform plan".to_owned(), "what would be made in yours, and nothing is touched"),
        ("labform apply".to_owned(), "makes it there"),
    ];
    let last = [("labform destroy".to_owned(), "takes it all down again")];
    out.push_str("#\n");
    for (command, words) in commands.into_iter().chain(run).chain(last) {
        out.push_str(&format!("#   {command:<28} {words}\n"));
    }
    if !secrets.is_empty() {
        let names: Vec<&str> = secrets.iter().map(|secret| secret.variable.as_str()).collect();
        out.push_str("#\n");
        let first = names[0];
        comment(
            out,
            0,
            &format!(
                "Before an apply, set {}: type `read -rs {first} && export {first}`, then the value.",
                names.join(", ")
            ),
        );
    }
    for (at, note) in draft.notes.iter().enumerate() {
        if at == 0 {
            out.push_str("#\n");
        }
        comment(out, 0, &not_carried(note));
    }
}

fn not_carried(note: &Note) -> String {
    format!("Not carried over: {}: {}", note.place, note.words)
}

fn images(out: &mut String, parts: &[Part]) {
    let built = || {
        parts
            .iter()
            .flat_map(|part| part.builds.iter().map(move |(container, build)| (part, image(part, container), build)))
    };
    let repositories = built().map(|(_, name, _)| resource(&name, json!({ "onDestroy": "empty" })));
    let words = "Where the images are kept; `onDestroy: empty` lets a destroy delete them.";
    section(out, "repositories", words, repositories);
    let images = built().map(|(part, name, build)| resource(&name, source(part, &name, build)));
    let words = "Built by Docker and pushed by `labform apply`, where what the folders hold has changed.";
    section(out, "images", words, images);
}

/// The name of the image of a container.
fn image(part: &Part, container: &str) -> String {
    if part.containers().count() == 1 { part.name.clone() } else { format!("{}-{container}", part.name) }
}

fn source(part: &Part, repository: &str, build: &Build) -> Value {
    let is_arm = part.definition.get("runtimePlatform").is_some_and(|platform| platform["cpuArchitecture"] == "ARM64");
    let fields = [
        ("dockerfile", build.dockerfile.clone().map(Value::from)),
        ("target", build.target.clone().map(Value::from)),
        ("buildArgs", (!build.args.is_empty()).then(|| build.args.clone().into())),
        ("platform", is_arm.then(|| "linux/arm64".into())),
    ];
    let mut source = super::fields(json!({ "repository": repository, "context": build.context }));
    source.extend(fields.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    source.into()
}

fn role(secrets: &[SecretOfLab<'_>]) -> Value {
    let mut role = json!({
        "assumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" },
            ],
        },
        "managedPolicyArns": ["arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"],
    });
    if !secrets.is_empty() {
        let arns = secrets.iter().map(|secret| format!("${{secrets.{}.arn}}", secret.name));
        let statement = json!({
            "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arns.collect::<Vec<_>>(),
        });
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        role["policies"] = json!([{ "policyName": "ReadSecrets", "policyDocument": document }]);
    }
    role
}

fn definition(at: usize, part: &Part, secrets: &[SecretOfLab<'_>]) -> Resource {
    let mut definition = part.definition.clone();
    definition.insert("executionRoleArn".to_owned(), "execution".into());
    for container in definition["containerDefinitions"].as_array_mut().into_iter().flatten() {
        let name = container["name"].as_str().unwrap_or_default().to_owned();
        if part.builds.contains_key(&name) {
            container["image"] = format!("${{images.{}.uri}}", image(part, &name)).into();
        }
        let hidden = secrets.iter().flat_map(|secret| secret.uses.iter().map(move |used| (secret, used)));
        let hidden = hidden.filter(|(_, (part, hidden))| *part == at && hidden.container == name);
        let hidden = hidden.map(|(secret, (_, hidden))| {
            json!({ "name": hidden.name, "valueFrom": format!("${{secrets.{}.arn}}", secret.name) })
        });
        let hidden: Vec<Value> = hidden.collect();
        if !hidden.is_empty() {
            container["secrets"] = hidden.into();
        }
        container["logConfiguration"] = json!({ "logDriver": "awslogs", "options": {
            "awslogs-group": format!("${{logGroups.{}.name}}", part.name), "awslogs-region": "${region}",
            "awslogs-stream-prefix": "ecs",
        } });
    }
    Resource { name: part.name.clone(), notes: part.notes.iter().map(not_carried).collect(), value: definition.into() }
}

/// Writes what runs on, and what runs once.
fn lives(out: &mut String, parts: &[Part]) {
    let place = json!({ "awsvpcConfiguration": { "securityGroups": ["tasks"], "assignPublicIp": "ENABLED" } });
    let of = |part: &Part| {
        super::fields(json!({
            "cluster": "main", "taskDefinition": part.name, "launchType": "FARGATE", "networkConfiguration": place,
        }))
    };
    let services = parts.iter().filter_map(|part| {
        let Role::Service { count, exposed } = &part.role else { return None };
        let mut service = of(part);
        service.insert("desiredCount".to_owned(), (*count).into());
        service.extend(exposed.as_ref().map(|exposed| {
            let target = json!({
                "targetGroupArn": part.name, "containerName": exposed.container, "containerPort": exposed.port,
            });
            ("loadBalancers".to_owned(), json!([target]))
        }));
        Some(resource(&part.name, service.into()))
    });
    let words =
        "So many tasks run on. Their addresses are public, because a default VPC has no other way to the images.";
    section(out, "services", words, services);
    let jobs = parts.iter().filter_map(|part| {
        let Role::Job { timeout } = &part.role else { return None };
        let mut job = of(part);
        job.extend(timeout.clone().map(|timeout| ("timeout".to_owned(), timeout.into())));
        job.insert("sandbox".to_owned(), json!({ "takes": "5s" }));
        Some(resource(&part.name, job.into()))
    });
    let words = "What `labform run` runs once; `sandbox` is what `--sandbox` pretends of it.";
    section(out, "jobs", words, jobs);
}
