//! Docker Compose files (Compose specification, "Services top-level elements").

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::given_away::is_secret;
use super::part::{Build, Exposed, Part, Role, Way, below};
use super::ports::{NOT_HTTP, open, page, pair};
use super::sizes::{mebibytes, seconds, units};
use super::unread::unread;
use super::variables::{Given, give, interpolated, literal};
use super::{Draft, Note, health};
use crate::error::Error;

/// Reads a Compose file. Paths in it start at `base`.
pub(super) fn read(document: &Value, base: &str) -> Result<Draft, Error> {
    let name = document["name"].as_str().and_then(|name| interpolated(name).ok());
    let mut draft = Draft { name, ..Draft::default() };
    if document.get("include").is_some() {
        let words = "other files aren't read: `docker compose config` prints all in one".to_owned();
        draft.notes.push(Note { place: "include".to_owned(), words });
    }
    let services = document["services"].as_object().into_iter().flatten();
    super::few("services", services.clone().count())?;
    for (name, service) in services {
        let Some(fields) = service.as_object() else {
            return Err(Error::invalid(format!("services.{name}: it is no map of fields")));
        };
        draft.parts.push(Service { place: format!("services.{name}"), name, fields }.part(base)?);
    }
    if draft.parts.len() > 1 {
        let words = "services don't find each other by name on ECS: give each the other's address as a variable, or run \
                     both containers in one task definition, where they are `localhost` to each other";
        draft.notes.push(Note { place: "services".to_owned(), words: words.to_owned() });
    }
    open(&mut draft.parts);
    Ok(draft)
}

/// A service that is being read.
struct Service<'a> {
    place: String,
    name: &'a str,
    fields: &'a Map<String, Value>,
}

impl Service<'_> {
    fn part(&self, base: &str) -> Result<Part, Error> {
        let build = self.fields.get("build").filter(|build| !build.is_null());
        let image = match (build, self.text("image")?) {
            (Some(_), _) => String::new(),
            (None, Some(image)) => literal(&image),
            (None, None) => return Err(Error::invalid(format!("{}: it has neither `image` nor `build`", self.place))),
        };
        let mut container = super::fields(json!({ "name": super::names::part_name(self.name), "image": image }));
        for (field, to) in [("user", "user"), ("working_dir", "workingDirectory")] {
            container.extend(self.text(field)?.map(|text| (to.to_owned(), literal(&text).into())));
        }
        let mut unknown = Vec::new();
        for (field, to) in [("entrypoint", "entryPoint"), ("command", "command")] {
            match self.words(field) {
                Ok(words) => container.extend(words.map(|words| (to.to_owned(), words))),
                Err(name) => unknown.push((field, name)),
            }
        }
        for (field, to) in
            [("read_only", "readonlyRootFilesystem"), ("tty", "pseudoTerminal"), ("stdin_open", "interactive")]
        {
            container
                .extend((self.fields.get(field) == Some(&Value::Bool(true))).then(|| (to.to_owned(), true.into())));
        }
        if self.fields.get("init") == Some(&Value::Bool(true)) {
            container.insert("linuxParameters".to_owned(), json!({ "initProcessEnabled": true }));
        }
        let grace = self.text("stop_grace_period")?.and_then(|time| seconds(&time, 2, 120));
        container.extend(grace.map(|grace| ("stopTimeout".to_owned(), grace.into())));
        let check = self.health_check().unwrap_or_else(|name| {
            unknown.push(("healthcheck", name));
            None
        });
        let page = check.as_ref().and_then(|check| page(&check["command"]));
        container.extend(check.map(|check| ("healthCheck".to_owned(), check)));
        let (role, size) = self.deploy()?;
        let mut part = Part::sized(self.name, &container, role, size);
        self.ports(&mut part, page.as_deref().unwrap_or("/"))?;
        if let Some(build) = build {
            let build = self.build(build, base, &mut part)?;
            part.builds.insert(part.name.clone(), build);
        }
        let (name, variables) = (part.name.clone(), self.variables()?);
        let open = give(&mut part, &name, &format!("{}.environment", self.place), variables);
        if open.as_array().is_some_and(|open| !open.is_empty()) {
            part.definition["containerDefinitions"][0]["environment"] = open;
        }
        if self.text("platform")?.is_some_and(|platform| platform.starts_with("linux/arm64")) {
            let platform = json!({ "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" });
            part.definition.insert("runtimePlatform".to_owned(), platform);
        }
        for (place, why) in unread(self.fields) {
            part.note(format!("{}.{place}", self.place), why);
        }
        unknown.into_iter().for_each(|(field, name)| {
            let words = format!(
                "`${{{name}}}` has no value in this file: let a shell take it from a variable of the container"
            );
            part.note(format!("{}.{field}", self.place), words);
        });
        Ok(part)
    }

    /// A field that is a text, with its variables filled.
    fn text(&self, field: &str) -> Result<Option<String>, Error> {
        self.fields.get(field).and_then(plain).map(|text| self.filled(field, &text)).transpose()
    }

    fn filled(&self, field: &str, text: &str) -> Result<String, Error> {
        interpolated(text).map_err(|name| {
            Error::invalid(format!("{}.{field}: `${{{name}}}` has no value in this file", self.place))
                .hint(format!("write a default for it, as in `${{{name}:-…}}`"))
        })
    }

    /// A command: a list, or a line that is taken apart as a shell does.
    ///
    /// # Errors
    /// A variable in it that has no value.
    fn words(&self, field: &str) -> Result<Option<Value>, String> {
        let words = match self.fields.get(field) {
            Some(Value::Array(words)) => words
                .iter()
                .filter_map(plain)
                .map(|word| interpolated(&word))
                .collect::<Result<Vec<String>, String>>()?,
            Some(Value::String(line)) => {
                let line = interpolated(line)?;
                shlex::split(&line).unwrap_or_else(|| vec![line])
            }
            _ => return Ok(None),
        };
        Ok(Some(words.iter().map(|word| literal(word)).collect()))
    }

    fn variables(&self) -> Result<Vec<(String, Given)>, Error> {
        let of = |name: &str, value: Option<String>| {
            let value = match value {
                Some(value) => interpolated(&value).map_or(Given::Elsewhere(value), Given::Value),
                None => Given::Elsewhere(format!("${{{name}}}")),
            };
            (name.to_owned(), value)
        };
        match self.fields.get("environment") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Object(map)) => Ok(map.iter().map(|(name, value)| of(name, plain(value))).collect()),
            Some(Value::Array(list)) => {
                let lines = list.iter().filter_map(plain);
                let of_line = |line: String| match line.split_once('=') {
                    Some((name, value)) => of(name, Some(value.to_owned())),
                    None => of(&line, None),
                };
                Ok(lines.map(of_line).collect())
            }
            Some(_) => Err(Error::invalid(format!("{}.environment: it is neither a map nor a list", self.place))),
        }
    }

    fn build(&self, build: &Value, base: &str, part: &mut Part) -> Result<Build, Error> {
        let place = format!("{}.build", self.place);
        let text = |field: &str| build.get(field).and_then(plain).map(|text| self.filled("build", &text)).transpose();
        let context = match plain(build) {
            Some(context) => self.filled("build", &context)?,
            None => text("context")?.unwrap_or_else(|| ".".to_owned()),
        };
        let read = ["context", "dockerfile", "target", "args", "platforms"];
        let others = build.as_object().into_iter().flat_map(Map::keys).filter(|key| !read.contains(&key.as_str()));
        others.for_each(|key| part.note(format!("{place}.{key}"), "it isn't carried over"));
        let mut args = Map::new();
        let given: Vec<(String, Option<String>)> = match build.get("args") {
            Some(Value::Object(map)) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(plain)
                .map(|line| match line.split_once('=') {
                    Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                    None => (line, None),
                })
                .collect(),
            _ => Vec::new(),
        };
        for (name, value) in given {
            match value.and_then(|value| interpolated(&value).ok()) {
                Some(value) if is_secret(&name, &value) => {
                    part.note(
                        format!("{place}.args.{name}"),
                        "it looks like a secret, and who has the image can read it",
                    );
                }
                Some(value) => drop(args.insert(name, literal(&value).into())),
                None => part.note(format!("{place}.args.{name}"), "its value isn't known here: add it to `buildArgs`"),
            }
        }
        let context = below(base, &context, &place)?;
        Ok(Build { context, dockerfile: text("dockerfile")?, target: text("target")?, args })
    }

    /// # Errors
    /// A variable in its command that has no value.
    fn health_check(&self) -> Result<Option<Value>, String> {
        let Some(check) = self.fields.get("healthcheck").filter(|check| check["disable"] != true) else {
            return Ok(None);
        };
        let command: Vec<String> = match &check["test"] {
            Value::String(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
            Value::Array(words) if words.first().is_some_and(|word| word != "NONE") => {
                words.iter().filter_map(plain).collect()
            }
            _ => return Ok(None),
        };
        let command: Result<Vec<String>, String> = command.iter().map(|word| interpolated(word)).collect();
        let command: Vec<String> = command?.iter().map(|word| literal(word)).collect();
        let mut health = super::fields(json!({ "command": command }));
        let time = |field: &str, least, most| plain(&check[field]).and_then(|time| seconds(&time, least, most));
        // The bounds are those of HealthCheck (Amazon ECS API reference).
        let times = [
            ("interval", time("interval", 5, 300)),
            ("timeout", time("timeout", 2, 60)),
            ("startPeriod", time("start_period", 0, 300)),
            ("retries", check["retries"].as_u64().map(|times| times.clamp(1, 10))),
        ];
        health.extend(times.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.into()))));
        Ok(Some(Value::Object(health)))
    }

    /// The life of the service and the size of its task.
    fn deploy(&self) -> Result<(Role, (u64, u64)), Error> {
        let deploy = self.fields.get("deploy").unwrap_or(&Value::Null);
        let limit = |field: &str| {
            let of = |kind: &str| plain(&deploy["resources"][kind][field]);
            of("limits").or_else(|| of("reservations"))
        };
        let processors = limit("cpus").or(self.text("cpus")?);
        let memory = limit("memory").or(self.text("mem_limit")?).or(self.text("mem_reservation")?);
        let cpu = processors.as_deref().and_then(units).unwrap_or(0);
        let memory = memory.as_deref().and_then(mebibytes).unwrap_or(0);
        let role = match deploy["mode"].as_str() {
            Some("replicated-job" | "global-job") => Role::Job { timeout: None },
            _ => Role::Service { count: deploy["replicas"].as_u64().unwrap_or(1), exposed: None },
        };
        Ok((role, (cpu, memory)))
    }

    fn ports(&self, part: &mut Part, page: &str) -> Result<(), Error> {
        let place = format!("{}.ports", self.place);
        let list = |field: &str| self.fields.get(field).and_then(Value::as_array).into_iter().flatten();
        let mut mapped = BTreeSet::new();
        for port in list("ports") {
            let text = match plain(port) {
                Some(text) => self.filled("ports", &text)?,
                None => {
                    let part = |field: &str| plain(&port[field]).unwrap_or_default();
                    let (published, protocol) = (part("published"), part("protocol"));
                    let end = if protocol.is_empty() { String::new() } else { format!("/{protocol}") };
                    let begin = if published.is_empty() { published } else { format!("{published}:") };
                    format!("{begin}{}{end}", part("target"))
                }
            };
            let Some((published, target)) = pair(&text) else {
                part.note(&place, format!("`{text}` isn't one TCP port, and isn't opened"));
                continue;
            };
            mapped.insert(target);
            let name = part.name.clone();
            let Role::Service { exposed, .. } = &mut part.role else { continue };
            let here = ["127.", "localhost:", "[::1]:"];
            let host = plain(&port["host_ip"]).map(|host| format!("{host}:"));
            let is_own =
                [Some(text), host].into_iter().flatten().any(|text| here.iter().any(|own| text.starts_with(own)));
            if is_own || NOT_HTTP.contains(&target) || exposed.is_some() {
                let why = match (is_own, exposed.is_some()) {
                    (true, _) => "it is for this machine alone, and isn't opened",
                    (_, true) => "a second port isn't opened",
                    _ => "it isn't HTTP, and isn't opened",
                };
                part.note(&place, format!("{target}: {why}; the internet reaches nothing but the load balancer"));
                continue;
            }
            let way = Way::Port(published.unwrap_or(target));
            *exposed = Some(Exposed { container: name, port: target, way, health: health(page) });
        }
        mapped.extend(list("expose").filter_map(plain).filter_map(|text| pair(&text)).map(|(_, target)| target));
        if !mapped.is_empty() {
            let mapped: Vec<Value> = mapped.into_iter().map(|port| json!({ "containerPort": port })).collect();
            part.definition["containerDefinitions"][0]["portMappings"] = mapped.into();
        }
        Ok(())
    }
}

/// A scalar as a text.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
