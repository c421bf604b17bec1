//! What keeps a task from starting, in the order in which Fargate comes upon it, in the words of "Stopped tasks error
//! messages" (Amazon ECS developer guide).

use serde_json::Value;

use super::task::Task;
use super::{last_segment, mounts, normal, task_definition};
use crate::account::Account;
use crate::ecr::{self, Place};
use crate::input::{list, text, texts};
use crate::simulation::{SimulatedRun, Simulation};
use crate::wire::Fault;
use crate::{ec2, iam, logs, secretsmanager, ssm};

/// The service that takes on the roles of tasks.
const TASKS: &str = "ecs-tasks.amazonaws.com";
const NO_AUTH: &str = "ResourceInitializationError: unable to pull secrets or registry auth";
const NO_RESOURCE: &str = "execution resource retrieval failed: unable to retrieve";

/// Returns why ECS can't take on a role of the task definition of this ARN, if it can't.
pub(super) fn unassumable(account: &Account, definition: &str) -> Option<String> {
    let revision = task_definition::by_arn(account, definition)?;
    let own = format!("arn:aws:iam::{}:", account.id);
    let roles = normal::roles(account, &revision.body).into_iter().filter(|role| role.starts_with(&own));
    let is_good = |role: &String| iam::role_created(account, role).is_some() && iam::trusts(account, role, TASKS);
    let role = roles.into_iter().find(|role| !is_good(role))?;
    Some(format!(
        "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being \
         passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this \
         role."
    ))
}

/// Returns why the task can't start, if it can't: its `stoppedReason`.
pub(super) fn obstacle(account: &mut Account, task: &Task) -> Option<String> {
    let caller = Caller::of(account, task);
    let cut_off = CutOff::of(account, task);
    // Who runs the command elsewhere needs neither the image nor the way to it.
    let is_pretended = task.run != Some(SimulatedRun::Reported);
    no_registry(account, task, &caller, &cut_off)
        .filter(|_| is_pretended)
        .or_else(|| no_secret(account, task, &caller, &cut_off))
        .or_else(|| no_image(account, task, &caller, &cut_off).filter(|_| is_pretended))
        .or_else(|| no_log_service(account, task, &cut_off).filter(|_| is_pretended))
        .or_else(|| no_log(account, task, &caller))
        .or_else(|| mounts::no_volume(account, task).filter(|_| is_pretended))
}

/// The execution role of a task, in use.
struct Caller {
    /// The role's ARN; none if the task has none, or it is another account's.
    role: Option<String>,
    /// The ARN of the role's session.
    session: String,
}

impl Caller {
    fn of(account: &Account, task: &Task) -> Self {
        let own = task.overrides["executionRoleArn"].as_str().map(str::to_owned);
        let role = own.or_else(|| {
            let body = &task_definition::by_arn(account, &task.definition)?.body;
            normal::role(account, body.get("executionRoleArn")?.as_str()?)
        });
        let name = role.as_deref().map(last_segment).unwrap_or_default();
        Self { session: format!("arn:aws:sts::{}:assumed-role/{name}/{}", account.id, task.id), role }
    }

    /// IAM's words if the role may surely not do `action`.
    fn denial(&self, account: &Account, action: &str, resource: &str) -> Option<String> {
        let role = self.role.as_ref()?;
        iam::is_denied(account, role, action, resource).then(|| {
            format!(
                "AccessDeniedException: User: {} is not authorized to perform: {action} on resource: {resource} because \
                 no identity-based policy allows the {action} action",
                self.session
            )
        })
    }
}

/// The services of AWS's that a starting task may need, by the words of their endpoints.
const SERVICES: [&str; 6] = ["ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager", "ssm"];

/// What a task doesn't reach.
struct CutOff {
    internet: bool,
    services: Vec<&'static str>,
}

impl CutOff {
    fn of(account: &Account, task: &Task) -> Self {
        let network = task.network();
        let Some(subnet) = &task.subnet else { return Self { internet: false, services: Vec::new() } };
        let reach = if network["assignPublicIp"] == "ENABLED" { ec2::Reach::Public } else { ec2::Reach::Private };
        let groups = texts(&network, "securityGroups");
        let start = ec2::Start { subnet, groups: &groups, reach };
        let services = SERVICES.into_iter().filter(|service| !start.reaches(account, service));
        Self { internet: !start.reaches_internet(account), services: services.collect() }
    }

    fn from(&self, service: &str) -> bool {
        self.services.contains(&service)
    }
}

fn images(task: &Task) -> impl Iterator<Item = &str> {
    task.containers.iter().filter_map(|one| one["image"].as_str())
}

fn no_registry(account: &Account, task: &Task, caller: &Caller, cut_off: &CutOff) -> Option<String> {
    images(task).find(|image| ecr::is_address(image))?;
    if cut_off.from("ecr.api") {
        return Some(format!(
            "{NO_AUTH}: The task cannot pull registry auth from Amazon ECR: There is a connection issue between the task \
             and Amazon ECR. Check your task network configuration. RequestError: send request failed caused by: Post \
             \"https://api.ecr.{}.amazonaws.com/\": dial tcp: i/o timeout",
            account.region
        ));
    }
    let denial = caller.denial(account, "ecr:GetAuthorizationToken", "*")?;
    Some(format!("{NO_AUTH}: {NO_RESOURCE} ecr registry auth: service call has been retried 1 time(s): {denial}"))
}

fn no_secret(account: &mut Account, task: &Task, caller: &Caller, cut_off: &CutOff) -> Option<String> {
    let secrets = task.containers.iter().flat_map(|container| list(container, "secrets"));
    let all: Vec<&str> = secrets.filter_map(|secret| secret["valueFrom"].as_str()).collect();
    all.into_iter().find_map(|from| {
        let is_secret = from.contains(":secret:");
        if cut_off.from(if is_secret { "secretsmanager" } else { "ssm" }) {
            let (service, word) = if is_secret { ("AWS Secrets Manager", "asm") } else { ("AWS Systems Manager", "ssm") };
            return Some(format!(
                "{NO_AUTH}: {NO_RESOURCE} secret from {word}: There is a connection issue between the task and {service}. \
                 Check your task network configuration. context deadline exceeded"
            ));
        }
        let action = if is_secret { "secretsmanager:GetSecretValue" } else { "ssm:GetParameters" };
        let arn: Vec<&str> = from.split(':').take(if is_secret { 7 } else { 6 }).collect();
        let denial = if from.starts_with("arn:") { caller.denial(account, action, &arn.join(":")) } else { None };
        let is_denied = denial.is_some();
        let why = denial.or_else(|| {
            let fault = secret(account, from)?.err()?;
            Some(format!("{}: {}", fault.code, fault.message))
        })?;
        Some(match is_secret {
            true => format!(
                "{NO_AUTH}: {NO_RESOURCE} secret from asm: service call has been retried 1 time(s): failed to fetch \
                 secret {from} from secrets manager: {why}"
            ),
            false if is_denied => {
                format!("{NO_AUTH}: {NO_RESOURCE} secrets from ssm: service call has been retried 1 time(s): {why}")
            }
            false => format!(
                "{NO_AUTH}: {NO_RESOURCE} secrets from ssm: service call has been retried 1 time(s): invalid ssm \
                 parameters: {from}"
            ),
        })
    })
}

fn no_image(account: &Account, task: &Task, caller: &Caller, cut_off: &CutOff) -> Option<String> {
    let is_pretended = account.here::<Simulation>().has_all_images();
    images(task).find_map(|image| {
        let place = ecr::place(account, image);
        let begin = |times| {
            format!(
                "CannotPullContainerError: pull image manifest has been retried {times} time(s): failed to resolve ref"
            )
        };
        let host = image.split('/').next().unwrap_or_default();
        let forbidden = |tag: &str| {
            let begin = begin(1);
            format!(
                "{begin} {image}: pulling from host {host} failed with status code [manifests {tag}]: 403 Forbidden"
            )
        };
        match place {
            Place::Elsewhere if cut_off.internet => {
                let begin = begin(5);
                Some(format!("{begin} {image}: failed to do request: Head \"{image}\": dial tcp: i/o timeout"))
            }
            Place::Elsewhere => None,
            Place::Foreign { tag } => Some(forbidden(tag)),
            Place::Own { .. } if cut_off.from("ecr.dkr") => {
                let begin = begin(5);
                Some(format!("{begin} {image}: failed to do request: Head \"https://{image}\": dial tcp: i/o timeout"))
            }
            // The layers of ECR's images are in a bucket of Amazon S3.
            Place::Own { .. } if cut_off.from("s3") => Some(format!(
                "CannotPullContainerError: failed to copy: httpReadSeeker: failed open: failed to do request: Get \
                 \"https://prod-{region}-starport-layer-bucket.s3.{region}.amazonaws.com\": dial tcp: i/o timeout",
                region = account.region
            )),
            Place::Own { arn, tag, digest } => {
                let pulls = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
                if pulls.iter().any(|action| caller.denial(account, action, &arn).is_some()) {
                    return Some(forbidden(tag));
                }
                let begin = begin(1);
                (digest.is_none() && !is_pretended).then(|| format!("{begin} {image}: {image}: not found"))
            }
        }
    })
}

/// Returns that the log's service can't be reached, if it can't.
fn no_log_service(account: &Account, task: &Task, cut_off: &CutOff) -> Option<String> {
    let logs = |container: &Value| container["logConfiguration"]["logDriver"] == "awslogs";
    (cut_off.from("logs") && task.containers.iter().any(logs)).then(|| {
        format!(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed \
             to create Cloudwatch log stream: RequestError: send request failed caused by: Post \
             \"https://logs.{}.amazonaws.com/\": dial tcp: i/o timeout : exit status 1",
            account.region
        )
    })
}

fn no_log(account: &Account, task: &Task, caller: &Caller) -> Option<String> {
    task.containers.iter().filter(|one| one["logConfiguration"]["logDriver"] == "awslogs").find_map(|container| {
        let options = &container["logConfiguration"]["options"];
        let group = options["awslogs-group"].as_str()?;
        let is_there = logs::group_exists(account, group);
        let arn = account.arn("logs", &format!("log-group:{group}"));
        let begin = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: \
                     failed to create Cloudwatch log";
        if !is_there && options["awslogs-create-group"] != "true" {
            return Some(format!(
                "{begin} stream: ResourceNotFoundException: The specified log group does not exist ({group}). : exit \
                 status 1"
            ));
        }
        let makes_group = || caller.denial(account, "logs:CreateLogGroup", &arn).filter(|_| !is_there);
        if let Some(denial) = makes_group() {
            return Some(format!("{begin} group: {denial} : exit status 1"));
        }
        // Some policies name the group, and others its streams.
        let stream = format!("{arn}:log-stream:{}", stream(container, task));
        let action = "logs:CreateLogStream";
        let denial = caller.denial(account, action, &arn).and_then(|_| caller.denial(account, action, &stream))?;
        Some(format!("{begin} stream: {denial} : exit status 1"))
    })
}

/// The name of the log stream of a container.
pub(super) fn stream(container: &Value, task: &Task) -> String {
    let name = container["name"].as_str().unwrap_or_default();
    match container["logConfiguration"]["options"]["awslogs-stream-prefix"].as_str() {
        Some(prefix) => format!("{prefix}/{name}/{}", task.id),
        None => task.id.clone(),
    }
}

/// The value of a container's secret `value_from`, or why it can't start; none if another account or service has it.
fn secret(account: &mut Account, value_from: &str) -> Option<Result<String, Fault>> {
    if value_from.starts_with(&account.arn("ssm", "parameter/")) {
        return Some(ssm::value(account, value_from));
    }
    if !value_from.starts_with(&account.arn("secretsmanager", "secret:")) {
        return None;
    }
    // Behind the ARN may stand the key of a JSON document, a stage and a version.
    let parts: Vec<&str> = value_from.split(':').collect();
    let (arn, key) = (parts[..7].join(":"), parts.get(7).copied().unwrap_or_default());
    Some(secretsmanager::value(account, &arn).map(|whole| {
        let document: Value = serde_json::from_str(&whole).unwrap_or_default();
        text(&document, key).unwrap_or(whole)
    }))
}

impl Account {
    /// The value that a container of `region` gets for its secret `value_from`; none if the account doesn't have it.
    pub fn secret_value(&mut self, region: &str, value_from: &str) -> Option<String> {
        self.enter(region);
        secret(self, value_from)?.ok()
    }
}
