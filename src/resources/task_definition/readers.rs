//! The permissions of an execution role of the lab's for the secrets that ECS reads under it.
//!
//! Knows: the lab's roles, secrets and parameters, as far as the file tells. Must not know: live objects.

use super::TaskDefinition;
use crate::model::{Address, fits};
use crate::resource::{Checks, Problem, RefOrArn, Resource};
use crate::resources::{Parameter, Role, Secret};

/// AWS's policies that let nobody read a secret (AWS managed policy reference). What others allow isn't known here.
const BLIND: [&str; 4] = [
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerRegistryPullOnly",
    "CloudWatchLogsFullAccess",
];

/// A value that ECS reads for a container.
struct Read<'a> {
    path: String,
    value: &'a str,
}

/// Returns what is wrong with the role: the values that ECS is not allowed to read under it.
pub(super) fn problems(definition: &TaskDefinition, checks: &Checks<'_>) -> Vec<Problem> {
    let Some(RefOrArn::Lab(reference)) = &definition.execution_role_arn else {
        return Vec::new();
    };
    let Some(role) = checks.get(reference).filter(|role| is_told(role)) else {
        return Vec::new();
    };
    let problems = reads(definition).filter_map(|Read { path, value }| {
        let action = if is_secret(value) { "secretsmanager:GetSecretValue" } else { "ssm:GetParameters" };
        let may = |action, is_meant: &dyn Fn(&str) -> bool| {
            role.policies.iter().flatten().any(|policy| policy.policy_document.allows(action, is_meant))
        };
        let lacks = match may(action, &|pattern| takes_in(pattern, value, checks)) {
            false => action,
            true if has_own_key(value, checks) && !may("kms:Decrypt", &|_| true) => "kms:Decrypt",
            true => return None,
        };
        let message = format!("`{}` doesn't allow {lacks} on this: no task starts", reference.name);
        let what = if lacks == action { base(value) } else { "the key" };
        let hint = format!("add to its policies: `Effect: Allow`, `Action: {lacks}`, `Resource` the ARN of {what}");
        Some(Problem::at(path, message).hint(hint).warning())
    });
    problems.collect()
}

fn reads(definition: &TaskDefinition) -> impl Iterator<Item = Read<'_>> {
    let containers = definition.container_definitions.iter().enumerate();
    containers.flat_map(|(n, container)| {
        let at = move |rest: String| format!("containerDefinitions[{n}].{rest}");
        let secrets = container.secrets.iter().flatten().enumerate();
        let secrets = secrets.map(move |(m, one)| (format!("secrets[{m}].valueFrom"), &one.value_from));
        let log = container.log_configuration.iter().flat_map(|log| log.secret_options.iter().flatten()).enumerate();
        let log = log.map(|(m, one)| (format!("logConfiguration.secretOptions[{m}].valueFrom"), &one.value_from));
        let login = container.repository_credentials.iter();
        let login =
            login.map(|one| ("repositoryCredentials.credentialsParameter".to_owned(), &one.credentials_parameter));
        secrets.chain(log).chain(login).map(move |(rest, value)| Read { path: at(rest), value })
    })
}

/// Returns whether the file tells all that the role allows.
fn is_told(role: &Role) -> bool {
    let is_blind = |arn: &String| {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        arn.contains(":iam::aws:policy/") && BLIND.contains(&name)
    };
    role.managed_policy_arns.iter().flatten().all(is_blind)
}

fn is_secret(value: &str) -> bool {
    value.starts_with("${secrets.") || value.split(':').nth(2) == Some("secretsmanager")
}

/// The reference or the ARN in `value`, behind which a JSON key, a stage and a version may stand.
fn base(value: &str) -> &str {
    let end = match value.find('}') {
        Some(end) if value.starts_with("${") => end + 1,
        _ => value.match_indices(':').nth(6).map_or(value.len(), |(at, _)| at),
    };
    &value[..end]
}

/// The name in the file of the secret or the parameter that `base` refers to.
fn referred(base: &str) -> Option<&str> {
    let inner = base.strip_prefix("${")?.strip_suffix('}')?;
    Some(inner.split_once('.')?.1.rsplit_once('.')?.0)
}

/// Returns whether what `value` refers to is encrypted with a key that isn't AWS's own.
fn has_own_key(value: &str, checks: &Checks<'_>) -> bool {
    let Some(name) = referred(base(value)) else {
        return false;
    };
    let key = match is_secret(value) {
        true => spec::<Secret>(name, checks).and_then(|secret| secret.kms_key_id.as_deref()),
        false => spec::<Parameter>(name, checks).and_then(|parameter| parameter.key_id.as_deref()),
    };
    key.is_some_and(|key| !key.starts_with("alias/aws/"))
}

fn spec<'a, R: Resource>(name: &str, checks: &Checks<'a>) -> Option<&'a R> {
    checks.all::<R>().find_map(|(address, spec)| (address.name == name).then_some(spec))
}

/// Returns whether a pattern of ARNs in a policy takes in what `value` names, as far as the file tells.
fn takes_in(pattern: &str, value: &str, checks: &Checks<'_>) -> bool {
    let base = base(value);
    let is_reference = |text: &str| text.starts_with("${");
    if fits(pattern, base) || is_reference(pattern) {
        // Of two references each names its own, and what another text is the ARN of isn't known here.
        return fits(pattern, base) || !is_reference(base);
    }
    let kind = if is_secret(value) { Secret::KIND } else { Parameter::KIND };
    let name = match referred(base) {
        Some(name) => checks.name(&Address::new(kind, name)).map(|(name, _)| name),
        None => Some(base),
    };
    let Some(name) = name else {
        return true;
    };
    let object = match base.splitn(6, ':').nth(5) {
        Some(object) => object.to_owned(),
        None if is_secret(value) => format!("secret:{name}-AbCdEf"),
        None => format!("parameter/{}", name.trim_start_matches('/')),
    };
    let service = if is_secret(value) { "secretsmanager" } else { "ssm" };
    match pattern.splitn(6, ':').collect::<Vec<_>>()[..] {
        // Which account and region a lab is made in isn't said here.
        [_, _, of, _, _, objects] => fits(of, service) && fits(&opened(objects), &object),
        _ => fits(pattern, &format!("arn:aws:{service}:::{object}")),
    }
}

/// A pattern with `*` for each reference in it, whose value isn't known.
fn opened(pattern: &str) -> String {
    let mut pieces = pattern.split("${");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |opened, piece| format!("{opened}*{}", piece.split_once('}').map_or("", |(_, rest)| rest)))
}
