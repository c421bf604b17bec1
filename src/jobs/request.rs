//! The request to RunTask: the job of the spec with what the command line adds, and with the ids and ARNs that its
//! references stand for.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::owner_tags;
use crate::error::Error;
use crate::model::{AFTER_APPLY, Address, Known, canonical, digest, random};
use crate::resource::Others;
use crate::resources::{ContainerOverride, KeyValuePair, Overrides, ecs_body, ecs_list, ecs_text};
use crate::spec::{JOB, Job, Lab};

/// The most characters of a task's overrides, as JSON (TaskOverride, API reference).
const LONGEST_OVERRIDES: usize = 8192;

/// The additions of the command line to a job.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Arguments that take the place of the job's own command: they stand behind the command of the container's definition.
    pub args: Vec<String>,
    /// Environment variables, by name.
    pub set: BTreeMap<String, String>,
    /// The choice between following a task of the job that is running and starting one.
    pub attach: Attach,
}

impl Asked {
    /// The choice that holds: a task that does something else isn't followed in place of what is asked for expressly.
    fn attach_to(&self) -> Attach {
        match self.attach {
            Attach::ToRunning if !(self.args.is_empty() && self.set.is_empty()) => Attach::ToSame,
            attach => attach,
        }
    }
}

/// The choice between following a task that is running and starting one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attach {
    /// The running task is followed, and no other is started.
    #[default]
    ToRunning,
    /// The running task is followed if it does what is asked for, and else nothing is started.
    ToSame,
    /// Another task is started beside the running one.
    Never,
}

/// A job that can be run.
#[derive(Clone, Debug)]
pub struct Request {
    /// The job's name.
    pub name: String,
    /// The choice between following a task that is running and starting one.
    pub attach: Attach,
    /// A word that tells this request from an equal one, if each is to start a task of its own; else empty.
    pub own_token: String,
    /// The body of RunTask, without its client token.
    pub document: Value,
    /// The task definition, as DescribeTaskDefinition answers it.
    pub definition: Value,
    /// The longest that the task may take.
    pub timeout: Option<Duration>,
    /// The files that are put into buckets before.
    pub inputs: Vec<Input>,
    /// The objects that are fetched after.
    pub outputs: Vec<Output>,
}

/// A file that is put into a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The file's path from the lab's folder.
    pub file: String,
    /// The bucket's name in AWS.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// An object that is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The bucket's name in AWS.
    pub bucket: String,
    /// The object's key.
    pub key: String,
    /// The file that the object is written to, by its path from the lab's folder.
    pub file: Option<String>,
}

/// Checks what is asked of the job `name` as far as that needs no AWS.
///
/// # Errors
/// If there is no such job, and if it isn't clear which container is meant.
pub fn check(lab: &Lab, name: &str, asked: &Asked) -> Result<(), Error> {
    let Some(job) = lab.jobs.get(name) else {
        return Err(unknown(lab, name));
    };
    if asked.args.is_empty() && asked.set.is_empty() {
        return Ok(());
    }
    let definition = lab.nodes.get(&job.task_definition.address()).map_or(&Value::Null, |node| &node.value);
    main_container(name, job, definition).map(drop)
}

fn unknown(lab: &Lab, name: &str) -> Error {
    let error = Error::invalid(format!("the lab has no job `{name}`"));
    let near = |known: &&String| strsim::jaro_winkler(known, name) > 0.7;
    let known: Vec<&str> = lab.jobs.keys().map(String::as_str).collect();
    match lab.jobs.keys().find(near) {
        _ if known.is_empty() => error.hint("jobs stand in lab.yaml below `jobs`"),
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it has: {}", known.join(", "))),
    }
}

/// The container that arguments and variables of the command line are for: the only one that the job's overrides name, else
/// the only essential one.
///
/// # Errors
/// If there are several.
pub fn main_container(name: &str, job: &Job, definition: &Value) -> Result<String, Error> {
    let overrides = job.overrides.iter().flat_map(|all| all.container_overrides.iter().flatten());
    let named: Vec<String> = overrides.map(|one| one.name.clone()).collect();
    let containers = ecs_list(definition, "containerDefinitions");
    let essential = containers.filter(|one| one["essential"] != Value::Bool(false)).map(|one| ecs_text(one, "name"));
    let essential: Vec<String> = essential.collect();
    match (named.as_slice(), essential.as_slice()) {
        ([one], _) | (_, [one]) => Ok(one.clone()),
        (_, choices) => Err(Error::invalid(format!(
            "job.{name}: it isn't clear which of its containers is meant: {}",
            choices.join(", ")
        ))
        .hint("name the one in the job's `overrides.containerOverrides`")),
    }
}

/// The call that runs the job `name` of `lab`, with what the command line adds.
///
/// # Errors
/// If something that the job needs isn't there, and if RunTask would take it for too long.
pub fn request(lab: &Lab, name: &str, asked: &Asked, others: &Others) -> Result<Request, Error> {
    let Some(job) = lab.job_with(name, others) else {
        return Err(unknown(lab, name));
    };
    let mut job = job?;
    let missing = |what: String| {
        Error::failed(format!("job.{name}: {what}")).never_ran().hint("`labform apply` makes what the job needs")
    };
    let Known::Now(definition) = others.live(&job.task_definition) else {
        let address = job.task_definition.address();
        return Err(missing(format!("{address} isn't there")));
    };
    let definition = definition.document.clone();
    add(name, &mut job, asked, &definition)?;
    let document = document(lab, name, &job, others).map_err(missing)?;
    let overrides = canonical(&document["overrides"]).chars().count();
    if overrides > LONGEST_OVERRIDES {
        let message =
            format!("job.{name}: its overrides have {overrides} characters, and RunTask takes {LONGEST_OVERRIDES}");
        return Err(Error::invalid(message).hint("put what is long into an object in a bucket"));
    }
    // Inputs and outputs belong to the job's own command.
    let is_own = asked.args.is_empty();
    let inputs = job.inputs.iter().flatten().filter(|_| is_own);
    let outputs = job.outputs.iter().flatten().filter(|_| is_own);
    Ok(Request {
        name: name.to_owned(),
        attach: asked.attach_to(),
        own_token: match asked.attach {
            Attach::Never => random(),
            Attach::ToRunning | Attach::ToSame => String::new(),
        },
        document,
        definition,
        timeout: job.deadline(),
        inputs: inputs
            .map(|one| Input { file: one.file.clone(), bucket: others.name(&one.bucket).shown(), key: one.key.clone() })
            .collect(),
        outputs: outputs
            .map(|one| Output {
                bucket: others.name(&one.bucket).shown(),
                key: one.key.clone(),
                file: one.file.clone(),
            })
            .collect(),
    })
}

/// Adds arguments and variables to the override of the main container.
fn add(name: &str, job: &mut Job, asked: &Asked, definition: &Value) -> Result<(), Error> {
    if asked.args.is_empty() && asked.set.is_empty() {
        return Ok(());
    }
    let main = main_container(name, job, definition)?;
    let overrides = job.overrides.get_or_insert_with(Overrides::default);
    let all = overrides.container_overrides.get_or_insert_default();
    if !all.iter().any(|one| one.name == main) {
        all.push(ContainerOverride::of(&main));
    }
    let mut own = all.iter_mut().filter(|one| one.name == main);
    let own = own.next().expect("it is there or was just added");
    if !asked.args.is_empty() {
        let mut containers = ecs_list(definition, "containerDefinitions");
        let container = containers.find(|one| one["name"] == main.as_str());
        let command = container.and_then(|one| one["command"].as_array());
        let command = command.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        own.command = Some(command.chain(asked.args.iter().cloned()).collect());
    }
    if asked.set.is_empty() {
        return Ok(());
    }
    let environment = own.environment.get_or_insert_default();
    environment.retain(|pair| !asked.set.contains_key(&pair.name));
    environment
        .extend(asked.set.iter().map(|(name, value)| KeyValuePair { name: name.clone(), value: Some(value.clone()) }));
    Ok(())
}

/// The body of RunTask.
fn document(lab: &Lab, name: &str, job: &Job, others: &Others) -> Result<Value, String> {
    let mut body = Value::Object(ecs_body(job));
    let needed = [
        ("cluster", job.cluster.address(), others.output(&job.cluster, "arn")),
        ("taskDefinition", job.task_definition.address(), others.output(&job.task_definition, "arn")),
    ];
    for (field, address, arn) in needed {
        let arn = arn.now().ok_or_else(|| format!("{address} isn't there"))?;
        body[field] = arn.into();
    }
    if let Some(network) = &job.network_configuration {
        body["networkConfiguration"] = network.body(&[], others)?;
    }
    body["startedBy"] = format!("{}/{name}", lab.place.lab).into();
    if canonical(&body).contains(AFTER_APPLY) {
        return Err("something that it refers to isn't there".to_owned());
    }
    let address = Address::new(JOB, name);
    let tags = owner_tags(&lab.place.lab, &address, &digest(&canonical(&body)), &lab.tags);
    let tags = tags.iter().map(|(key, value)| json!({"key": key, "value": value}));
    body["tags"] = tags.collect();
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(overrides: &Value) -> Job {
        let job = json!({"cluster": "main", "taskDefinition": "ask", "overrides": overrides});
        serde_json::from_value(job).unwrap()
    }

    fn definition(containers: &Value) -> Value {
        json!({"containerDefinitions": containers})
    }

    #[test]
    fn arguments_are_for_the_container_that_overrides_name_or_for_the_only_essential_one() {
        let two = definition(&json!([{"name": "main"}, {"name": "proxy", "essential": true}]));
        let sidecar = definition(&json!([{"name": "proxy", "essential": false}, {"name": "main"}]));
        let over = |names: &[&str]| {
            let names = names.iter().map(|name| json!({"name": name}));
            json!({"containerOverrides": names.collect::<Value>()})
        };
        let main = |overrides: Value, definition: &Value| {
            main_container("ask", &job(&overrides), definition).map_err(|error| error.to_string())
        };
        assert_eq!(main(over(&["proxy"]), &two), Ok("proxy".to_owned()));
        assert_eq!(main(Value::Null, &sidecar), Ok("main".to_owned()));
        assert_eq!(main(over(&["main", "proxy"]), &sidecar), Ok("main".to_owned()));
        let error = main(over(&["main", "proxy"]), &two).unwrap_err();
        assert_eq!(
            error,
            "job.ask: it isn't clear which of its containers is meant: main, proxy\n\
             hint: name the one in the job's `overrides.containerOverrides`"
        );
    }

    #[test]
    fn arguments_stand_behind_the_command_of_the_definition_and_variables_take_the_place_of_the_jobs() {
        let own = json!({"containerOverrides": [{"name": "ask", "command": ["node", "own.js"], "environment": [
            {"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}]});
        let asked = |args: &[&str], set: &[(&str, &str)]| Asked {
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            set: set.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            attach: Attach::ToRunning,
        };
        let over = |overrides: Value, definition: Value, asked: &Asked| {
            let mut job = job(&overrides);
            add("ask", &mut job, asked, &definition).unwrap();
            ecs_body(&job)["overrides"]["containerOverrides"].clone()
        };
        let node = definition(&json!([{"name": "ask", "command": ["node", "classifier.js"]}]));
        assert_eq!(
            over(own.clone(), node.clone(), &asked(&["https://a/tiger.jpg"], &[("B", "3"), ("C", "")])),
            json!([{"name": "ask", "command": ["node", "classifier.js", "https://a/tiger.jpg"], "environment": [
                {"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": ""}]}])
        );
        assert_eq!(
            over(Value::Null, definition(&json!([{"name": "ask"}])), &asked(&["-x"], &[])),
            json!([{"name": "ask", "command": ["-x"]}])
        );
        assert_eq!(over(own.clone(), node, &asked(&[], &[]))[0]["command"], json!(["node", "own.js"]));
    }
}
