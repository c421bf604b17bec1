//! Schedules: the `schedule` of a job is a short form of one, one that names its job has the job's fields from there, and one
//! that names no role has a role of its own made.

use serde_json::{Value, json};

use super::errors::{Faults, Mark, suggest};
use super::include::Includer;
use super::outline::{Declared, Outline, take};
use super::tree::{Entry, Item, Tree};
use crate::model::Address;
use crate::resource::Resource as _;
use crate::resources::{JOB, Role, Schedule, TaskDefinition, kind, section};

/// The field of a job that holds its schedule.
pub(super) const SCHEDULE: &str = "schedule";
/// The fields that a schedule has from its job.
pub(super) const OF_JOB: [&str; 7] = [
    "cluster",
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "networkConfiguration",
    "overrides",
];
const ROLE: &str = "roleArn";

impl Outline {
    /// Takes the schedule out of a job, if it has one, and adds it to the resources.
    pub(super) fn take_schedule(&mut self, job: &mut Entry, includer: &mut Includer<'_>) {
        let Some(schedule) = take(&mut job.value, SCHEDULE) else { return };
        let kind = section(Schedule::SECTION).expect("the table of kinds holds schedules");
        let entry = Entry { key: job.key.clone(), ..schedule };
        let mut declared = self.declare(kind, entry, includer);
        if self.resources.iter().any(|other| other.address == declared.address) {
            let hint = "leave out the one below `schedules`".to_owned();
            includer.faults.push(declared.mark, format!("{} stands here twice", declared.address), Some(hint));
            return;
        }
        if let Some(Item::Map(fields)) = declared.body.as_mut().map(|body| &mut body.item) {
            let name = Tree { mark: declared.mark, item: Item::Text(job.key.clone()) };
            fields.push(Entry { key: JOB.to_owned(), mark: declared.mark, value: name });
        }
        self.resources.push(declared);
    }

    /// Gives each schedule what it leaves out: what its job says, and a role that may run its task and nothing else.
    pub(super) fn complete_schedules(&mut self, faults: &mut Faults) {
        for at in 0..self.resources.len() {
            if self.resources[at].address.kind == Schedule::KIND {
                self.take_from_job(at, faults);
                self.add_role(at);
            }
        }
    }

    fn take_from_job(&mut self, at: usize, faults: &mut Faults) {
        let Declared { address, body: Some(body), .. } = &mut self.resources[at] else { return };
        let Some(named) = body.get(JOB).map(|entry| entry.value.clone()) else { return };
        let Some(name) = named.text() else { return };
        let Some(job) = self.jobs.iter().find(|job| job.key == name) else {
            let hint = suggest(name, self.jobs.iter().map(|job| job.key.as_str()));
            faults.add(named.mark, Some(&address.to_string()), format!("there is no job `{name}`"), hint);
            return;
        };
        let missing = OF_JOB.iter().filter(|field| body.get(field).is_none());
        let missing: Vec<Entry> = missing.filter_map(|field| job.value.get(field)).cloned().collect();
        if let Item::Map(fields) = &mut body.item {
            fields.extend(missing);
        }
    }

    fn add_role(&mut self, at: usize) {
        let declared = &self.resources[at];
        let (mark, body) = (declared.mark, declared.body.as_ref());
        if let Some(body) = body.filter(|body| body.get(ROLE).is_none()) {
            let name = format!("{}-schedule", declared.address.name);
            let address = Address::new(Role::KIND, &name);
            let role = (!self.resources.iter().any(|other| other.address == address)).then(|| Declared {
                kind: kind(Role::KIND).expect("the table of kinds holds roles"),
                address,
                mark,
                phase: declared.phase.clone(),
                protect: declared.protect,
                tags: None,
                ignored: None,
                body: Some(tree(&self.role_of(&declared.address.name, body), declared.mark)),
                given: Vec::new(),
                passed: Vec::new(),
            });
            if let Some(Item::Map(fields)) = self.resources[at].body.as_mut().map(|body| &mut body.item) {
                let value = Tree { mark, item: Item::Text(name) };
                fields.push(Entry { key: ROLE.to_owned(), mark, value });
            }
            self.resources.extend(role);
        }
    }

    /// The role of a schedule: it runs the task definition in the cluster, and passes the roles that are in that to its tasks
    /// ("Setting up the execution role", EventBridge Scheduler user guide). A condition on the group's ARN, which AWS
    /// documents, fails now and then when a schedule is made; that on the account holds.
    fn role_of(&self, name: &str, schedule: &Tree) -> Value {
        let named = |field: &str| schedule.get(field).and_then(|entry| entry.value.text()).unwrap_or_default();
        let (cluster, definition) = (named("cluster"), named("taskDefinition"));
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let ecs = |rest: &str| format!("arn:{partition}:ecs:${{region}}:${{account}}:{rest}");
        let mut statements = vec![
            json!({
                "Effect": "Allow",
                "Action": "ecs:RunTask",
                "Resource": ecs(&format!("task-definition/${{taskDefinitions.{definition}.name}}:*")),
                "Condition": { "ArnEquals": { "ecs:cluster": format!("${{clusters.{cluster}.arn}}") } },
            }),
            json!({
                "Effect": "Allow",
                "Action": "ecs:TagResource",
                "Resource": ecs("task/*"),
                "Condition": { "StringEquals": { "ecs:CreateAction": "RunTask" } },
            }),
        ];
        let passed = self.roles_of(definition, partition);
        if !passed.is_empty() {
            statements.push(json!({
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": passed,
                "Condition": { "StringEquals": { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
            }));
        }
        json!({
            "description": format!("Runs the tasks of schedule {name}"),
            "assumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow",
                    "Principal": { "Service": "scheduler.amazonaws.com" },
                    "Action": "sts:AssumeRole",
                    "Condition": { "StringEquals": { "aws:SourceAccount": "${account}" } },
                }],
            },
            "policies": [{
                "policyName": "run",
                "policyDocument": { "Version": "2012-10-17", "Statement": statements },
            }],
        })
    }

    /// The ARNs of the roles that a task definition passes to its tasks, in the words of lab.yaml.
    fn roles_of(&self, definition: &str, partition: &str) -> Vec<String> {
        let address = Address::new(TaskDefinition::KIND, definition);
        let declared = self.resources.iter().find(|declared| declared.address == address);
        let body = declared.and_then(|declared| declared.body.as_ref());
        let roles = ["executionRoleArn", "taskRoleArn"].into_iter().filter_map(|field| body?.get(field)?.value.text());
        let mut arns: Vec<String> = Vec::new();
        for role in roles {
            let is_named = self.resources.iter().any(|one| one.address == Address::new(Role::KIND, role));
            arns.extend(match role {
                arn if arn.starts_with("arn:") || arn.contains("${") => vec![arn.to_owned()],
                name if is_named => vec![format!("${{roles.{name}.arn}}")],
                // A role that isn't the lab's has a path that nobody knows.
                name => ["", "*/"].map(|path| format!("arn:{partition}:iam::${{account}}:role/{path}{name}")).to_vec(),
            });
        }
        arns.sort();
        arns.dedup();
        arns
    }
}

/// A value that stands at one place of the lab.
fn tree(value: &Value, mark: Mark) -> Tree {
    let item = match value {
        Value::Null => Item::Null,
        Value::Bool(value) => Item::Bool(*value),
        Value::Number(value) => Item::Number(value.clone()),
        Value::String(text) => Item::Text(text.clone()),
        Value::Array(items) => Item::List(items.iter().map(|item| tree(item, mark)).collect()),
        Value::Object(fields) => {
            let entry = |(key, value): (&String, &Value)| Entry { key: key.clone(), mark, value: tree(value, mark) };
            Item::Map(fields.iter().map(entry).collect())
        }
    };
    Tree { mark, item }
}
