//! A part of a lab that is being made: what runs as one service or as one job.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Note;
use super::names::part_name;
use super::sizes::size;
use crate::error::Error;
use crate::model::{Secret, path_problem, shown_url};

/// What runs as one service or one job.
#[derive(Debug)]
pub(super) struct Part {
    /// The name in lab.yaml of all that belongs to it.
    pub(super) name: String,
    /// The fields of its task definition, but for roles, logs and what is built.
    pub(super) definition: Map<String, Value>,
    /// The images that Docker builds, by the names of their containers.
    pub(super) builds: BTreeMap<String, Build>,
    /// The variables whose values must not stand in lab.yaml.
    pub(super) secrets: Vec<Hidden>,
    pub(super) role: Role,
    pub(super) notes: Vec<Note>,
}

/// The life of a part.
#[derive(Debug)]
pub(super) enum Role {
    /// So many tasks that run on.
    Service { count: u64, exposed: Option<Exposed> },
    /// A task that runs once.
    Job { timeout: Option<String> },
}

/// A port that the internet reaches through the load balancer.
#[derive(Debug)]
pub(super) struct Exposed {
    pub(super) container: String,
    pub(super) port: u16,
    pub(super) way: Way,
    /// The fields of the target group's health check.
    pub(super) health: Map<String, Value>,
}

/// The way through the load balancer.
#[derive(Debug)]
pub(super) enum Way {
    /// A port of the load balancer's.
    Port(u16),
    /// A path at port 80, without slashes around it; all that no other takes if it is empty.
    Path(String),
}

/// An image that Docker builds.
#[derive(Debug, Default)]
pub(super) struct Build {
    pub(super) context: String,
    pub(super) dockerfile: Option<String>,
    pub(super) target: Option<String>,
    pub(super) args: Map<String, Value>,
}

/// A variable whose value must not stand in lab.yaml.
#[derive(Debug)]
pub(super) struct Hidden {
    pub(super) container: String,
    pub(super) name: String,
    pub(super) origin: Origin,
}

/// Where a hidden value comes from, which tells two of one name apart. It is never written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The source has it.
    Value(Secret),
    /// The source says in these words where it is.
    Elsewhere(String),
}

impl Part {
    /// A part of one container on the smallest task that Fargate has.
    pub(super) fn of(name: &str, container: &Map<String, Value>, role: Role) -> Self {
        Self::sized(name, container, role, (0, 0))
    }

    /// A part of one container on a task that has so many CPU units and MiB at least.
    pub(super) fn sized(name: &str, container: &Map<String, Value>, role: Role, wanted: (u64, u64)) -> Self {
        let (cpu, memory) = size(wanted.0, wanted.1);
        let definition = super::fields(json!({
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": cpu.to_string(),
            "memory": memory.to_string(),
            "containerDefinitions": [container],
        }));
        Self {
            name: part_name(name),
            definition,
            builds: BTreeMap::new(),
            secrets: Vec::new(),
            role,
            notes: Vec::new(),
        }
    }

    /// Notes what isn't carried over.
    pub(super) fn note(&mut self, place: impl Into<String>, words: impl Into<String>) {
        self.notes.push(Note { place: place.into(), words: words.into() });
    }

    pub(super) fn containers(&self) -> impl Iterator<Item = &Value> {
        self.definition["containerDefinitions"].as_array().into_iter().flatten()
    }
}

/// The parts, each with a name of its own.
pub(super) fn apart(mut parts: Vec<Part>) -> Vec<Part> {
    let mut taken = BTreeSet::new();
    for part in &mut parts {
        let mut number = 1;
        let wanted = part.name.clone();
        while !taken.insert(part.name.clone()) {
            number += 1;
            part.name = format!("{wanted}-{number}");
        }
    }
    parts
}

/// The folder `path` below `base`, as lab.yaml names it.
///
/// # Errors
/// If it lies where no image is built from.
pub(super) fn below(base: &str, path: &str, place: &str) -> Result<String, Error> {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let whole = parts.join("/");
    let why = if path.starts_with('/') { Some("it isn't a relative path") } else { path_problem(&whole) };
    match why.filter(|_| !whole.is_empty()) {
        Some(why) => Err(Error::invalid(format!("{place}: labform builds nothing from `{}`: {why}", shown_url(path)))
            .hint("write lab.yaml into a folder that holds it: `labform init --from … -f FOLDER/lab.yaml`")),
        None if whole.is_empty() => Ok(".".to_owned()),
        None => Ok(whole),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn folders_are_those_below_the_labs() {
        let below = |base, path| super::below(base, path, "x").map_err(|error| error.message);
        assert_eq!(below("", ".").as_deref(), Ok("."));
        assert_eq!(below("app", "./web/../api").as_deref(), Ok("app/api"));
        assert_eq!(below("app", "..").as_deref(), Ok("."));
        assert!(below("", "../x").unwrap_err().contains("leads out"));
        assert!(below("", "/x").unwrap_err().contains("relative"));
    }
}
