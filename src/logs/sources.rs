//! The log groups and streams that an address means.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::model::Address;
use crate::resource::{Ref, Resource as _, as_spec};
use crate::resources::{LogGroup, Service, TaskDefinition};
use crate::spec::{JOB, Lab, suggest};

/// Lines of one log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The group's name.
    pub group: String,
    /// The beginnings of the streams' names; all streams of the group are meant if there is none.
    pub prefixes: BTreeSet<String>,
}

impl Source {
    /// Returns whether the source takes in the stream of this name.
    pub(super) fn has(&self, stream: &str) -> bool {
        let mut prefixes = self.prefixes.iter();
        self.prefixes.is_empty() || prefixes.any(|prefix| stream.starts_with(prefix))
    }
}

/// The sources of the log lines of `address`: of a log group all, of a task definition those of its containers, and of a
/// service or a job those of its task definition, because streams are named after containers and tasks only. Without an
/// address: those of all the lab's log groups.
///
/// # Errors
/// If the lab has no such address, or what it names has no log.
pub fn sources(lab: &Lab, address: Option<&Address>) -> Result<Vec<Source>, Error> {
    let Some(address) = address else {
        let groups = lab.nodes.values().filter(|node| node.address.kind == LogGroup::KIND);
        let all: Vec<Source> = groups.map(|node| whole(&node.name)).collect();
        if all.is_empty() {
            return Err(Error::invalid("the lab has no log groups")
                .hint("name a service, a task definition or a job: `labform logs ADDRESS`"));
        }
        return Ok(all);
    };
    if let Some(job) = (address.kind == JOB).then(|| lab.jobs.get(&address.name)).flatten() {
        return definition(lab, address, &job.task_definition);
    }
    let Some(node) = lab.nodes.get(address) else {
        return Err(unknown(lab, address));
    };
    if let Some(service) = as_spec::<Service>(&node.spec) {
        return definition(lab, address, &service.task_definition);
    }
    match address.kind.as_str() {
        TaskDefinition::KIND => definition(lab, address, &Ref::new(&address.name)),
        LogGroup::KIND => Ok(vec![whole(&node.name)]),
        _ => Err(Error::invalid(format!("{address}: it writes no log"))
            .hint("a service, a job, a task definition and a log group do")),
    }
}

fn whole(group: &str) -> Source {
    Source { group: group.to_owned(), prefixes: BTreeSet::new() }
}

/// The sources that the containers of a task definition log to.
fn definition(lab: &Lab, address: &Address, of: &Ref<TaskDefinition>) -> Result<Vec<Source>, Error> {
    let node = lab.nodes.get(&of.address());
    let definition = node.and_then(|node| as_spec::<TaskDefinition>(&node.spec));
    let containers = definition.map(|definition| definition.container_definitions.iter());
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut whole = BTreeSet::new();
    for container in containers.into_iter().flatten() {
        let log = container.log_configuration.as_ref();
        let log = log.filter(|log| log.log_driver == "awslogs");
        let options = log.and_then(|log| log.options.as_ref());
        let option = |name: &str| options.and_then(|options| options.get(name));
        let Some(group) = option("awslogs-group") else {
            continue;
        };
        let prefixes = groups.entry(group).or_default();
        match option("awslogs-stream-prefix") {
            Some(prefix) => drop(prefixes.insert(format!("{prefix}/{}/", container.name))),
            // Its streams are named by chance.
            None => drop(whole.insert(group)),
        }
    }
    let sources = groups.into_iter().map(|(group, prefixes)| Source {
        prefixes: if whole.iter().any(|one| one.as_str() == group) { BTreeSet::new() } else { prefixes },
        group: group.to_owned(),
    });
    let sources: Vec<Source> = sources.collect();
    if sources.is_empty() {
        return Err(Error::invalid(format!("{address}: its containers write no log that CloudWatch keeps"))
            .hint("give them a `logConfiguration` with `logDriver: awslogs` in lab.yaml, then `labform apply`"));
    }
    Ok(sources)
}

fn unknown(lab: &Lab, address: &Address) -> Error {
    let kinds = [LogGroup::KIND, TaskDefinition::KIND, Service::KIND];
    let nodes = lab.nodes.keys().filter(|known| kinds.contains(&known.kind.as_str()));
    let jobs = lab.jobs.keys().map(|name| format!("job.{name}"));
    let known: Vec<String> = nodes.map(Address::to_string).chain(jobs).collect();
    let error = Error::invalid(format!("the lab has no `{address}`"));
    match suggest(&address.to_string(), known.iter().map(String::as_str)) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Source as File;

    const LAB_8: &str = include_str!("../../tests/lab8.yaml");

    fn found(text: &str, address: &str) -> Result<Vec<(String, Vec<String>)>, String> {
        let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
        let file = File::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"));
        let lab = file.lab();
        let address = (!address.is_empty()).then(|| address.parse().unwrap());
        let found = sources(lab, address.as_ref()).map_err(|error| error.to_string())?;
        let pair = |source: Source| (source.group, source.prefixes.into_iter().collect());
        Ok(found.into_iter().map(pair).collect())
    }

    #[test]
    fn an_address_stands_for_groups_and_streams() {
        let web = ("/ecs/ecs-lab/web-app", "ecs/web-app/");
        let job = ("/ecs/ecs-lab/image-classifier", "ecs/image-classifier/");
        let some = |(group, prefix): (&str, &str)| (group.to_owned(), vec![prefix.to_owned()]);
        let all = |(group, _): (&str, &str)| (group.to_owned(), Vec::new());
        let cases = [
            ("service.web", vec![some(web)]),
            ("taskDefinition.web", vec![some(web)]),
            ("job.classifier", vec![some(job)]),
            ("logGroup.web-app", vec![all(web)]),
            ("", vec![all(job), all(web)]),
        ];
        for (address, expected) in cases {
            assert_eq!(found(LAB_8, address), Ok(expected), "{address}");
        }
    }

    #[test]
    fn what_has_no_log_is_said_with_what_has() {
        let cases = [
            ("service.wbe", "did you mean `service.web`?"),
            ("job.clasifier", "did you mean `job.classifier`?"),
            ("cluster.main", "a service, a job, a task definition and a log group do"),
        ];
        for (address, hint) in cases {
            let error = found(LAB_8, address).unwrap_err();
            assert!(error.contains(hint), "{error}");
        }
        let silent = "lab: a\nregion: eu-west-1\ntaskDefinitions:\n  \
            a: { memory: 64, containerDefinitions: [{ name: a, image: b }] }\n";
        assert!(found(silent, "taskDefinition.a").unwrap_err().contains("logConfiguration"));
        assert!(found(silent, "").unwrap_err().contains("no log groups"));
    }
}
