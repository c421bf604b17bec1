//! Manifests of AWS Copilot's (AWS Copilot CLI documentation, "Manifest").

use serde_json::{Map, Value, json};

use super::given_away::is_secret;
use super::part::{Build, Exposed, Origin, Part, Role, Way, below};
use super::sizes::seconds;
use super::variables::{Given, give, hide, literal};
use super::{Draft, Note, health};
use crate::error::Error;

/// The sorts of manifests that a lab can hold.
const SORTS: [&str; 3] = ["Load Balanced Web Service", "Backend Service", "Scheduled Job"];
/// The fields that are read, and those that mean nothing here.
const READ: &str =
    "name type image cpu memory platform count entrypoint command variables secrets http on timeout exec";
/// What becomes of the others.
const WHY: [(&str, &str); 9] = [
    (
        "environments",
        "what differs from environment to environment isn't carried over: `variables` of the lab can hold it",
    ),
    ("env_file", "files of variables aren't read: write them into `environment`, and secrets into `secrets`"),
    ("sidecars", "add them to the task definition's `containerDefinitions`"),
    ("storage", "a task's files go with the task; an existing file system is one of the task definition's `volumes`"),
    ("network", "the tasks stand in the default VPC, in its public subnets"),
    ("nlb", "a network load balancer is one of `loadBalancers`, of `type: network`"),
    ("retries", "a job is run once: run it again with `labform run`"),
    ("publish", "labform manages no topics"),
    ("taskdef_overrides", "write it into the task definition"),
];

/// Reads manifests, each with its path. Paths in them start at `base`.
pub(super) fn read(manifests: &[(String, Value)], base: &str) -> Result<Draft, Error> {
    super::few("manifests", manifests.len())?;
    let mut draft = Draft::default();
    for (path, manifest) in manifests {
        let sort = manifest["type"].as_str().unwrap_or_default();
        let place = if path.is_empty() { "type".to_owned() } else { format!("{path}: type") };
        match (SORTS.contains(&sort), manifest.as_object()) {
            (true, Some(fields)) => draft.parts.push(Manifest { path, sort, fields }.part(base)?),
            _ => draft
                .notes
                .push(Note { place, words: format!("`{sort}` isn't carried over: {} are", SORTS.join(", ")) }),
        }
    }
    let serve = draft.parts.iter().filter(|part| matches!(part.role, Role::Service { .. })).count();
    if serve > 1 {
        let words = "services don't find each other by name: Copilot sets Service Connect up for that, which labform doesn't \
                     manage";
        draft.notes.push(Note { place: "network.connect".to_owned(), words: words.to_owned() });
    }
    Ok(draft)
}

/// A manifest that is being read.
struct Manifest<'a> {
    path: &'a str,
    sort: &'a str,
    fields: &'a Map<String, Value>,
}

impl Manifest<'_> {
    fn place(&self, field: &str) -> String {
        let begin = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        format!("{begin}{field}")
    }

    fn get(&self, field: &str) -> &Value {
        self.fields.get(field).unwrap_or(&Value::Null)
    }

    fn part(&self, base: &str) -> Result<Part, Error> {
        let name = self.get("name").as_str().unwrap_or("app");
        let container_name = super::names::part_name(name);
        let image = self.get("image");
        let location = image["location"].as_str().map(literal).unwrap_or_default();
        let mut container = super::fields(json!({ "name": container_name, "image": location }));
        for (field, to) in [("entrypoint", "entryPoint"), ("command", "command")] {
            container.extend(words(self.get(field)).map(|words| (to.to_owned(), words)));
        }
        let port = image["port"].as_u64().and_then(|port| u16::try_from(port).ok());
        if let Some(port) = port {
            container.insert("portMappings".to_owned(), json!([{ "containerPort": port }]));
        }
        container.extend(check(&image["healthcheck"]).map(|check| ("healthCheck".to_owned(), check)));
        let size = |field: &str| self.get(field).as_u64().unwrap_or(0);
        let mut part = Part::sized(name, &container, Role::Job { timeout: None }, (size("cpu"), size("memory")));
        part.role = self.role(&mut part, &container_name, port);
        if let Some(build) = image.get("build") {
            let build = self.build(build, base, &mut part)?;
            part.builds.insert(container_name.clone(), build);
        } else if location.is_empty() {
            return Err(Error::invalid(format!("{}: it has neither `build` nor `location`", self.place("image"))));
        }
        self.variables(&mut part, &container_name);
        let platform = self.get("platform");
        if platform.as_str().or(platform["architecture"].as_str()).is_some_and(|platform| platform.ends_with("arm64")) {
            let platform = json!({ "cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX" });
            part.definition.insert("runtimePlatform".to_owned(), platform);
        }
        for field in self.fields.keys().filter(|field| !READ.split_whitespace().any(|read| read == *field)) {
            let why = WHY.iter().find(|(known, _)| known == field).map_or("it isn't carried over", |(_, why)| why);
            part.note(self.place(field), why);
        }
        Ok(part)
    }

    fn role(&self, part: &mut Part, container: &str, port: Option<u16>) -> Role {
        if self.sort == "Scheduled Job" {
            let schedule = self.get("on")["schedule"].as_str().unwrap_or_default();
            if !schedule.is_empty() && schedule != "none" {
                let words =
                    format!("`{schedule}` isn't carried over: `labform run` runs a job, by cron or a CI for instance");
                part.note(self.place("on.schedule"), words);
            }
            return Role::Job { timeout: self.get("timeout").as_str().map(str::to_owned) };
        }
        let count = match self.get("count") {
            Value::Object(range) => {
                part.note(self.place("count"), "labform doesn't scale services: the least of the range is written");
                let least = range
                    .get("range")
                    .map(|range| range["min"].as_u64().map_or_else(|| text(range), |n| n.to_string()));
                least.and_then(|range| range.split('-').next()?.trim().parse().ok()).unwrap_or(1)
            }
            count => count.as_u64().unwrap_or(1),
        };
        let http = self.get("http");
        let exposed = match (self.sort, port) {
            (_, None) => None,
            ("Backend Service", _) => {
                if http.is_object() {
                    part.note(self.place("http"), "a load balancer that only the VPC reaches isn't made");
                }
                None
            }
            _ if http == &Value::Bool(false) => None,
            (_, Some(port)) => {
                let path = http["path"].as_str().unwrap_or("/").trim_matches('/').to_owned();
                let known = ["path", "healthcheck"];
                let others =
                    http.as_object().into_iter().flat_map(Map::keys).filter(|key| !known.contains(&key.as_str()));
                others.for_each(|key| part.note(self.place(&format!("http.{key}")), "it isn't carried over"));
                let health = target_health(&http["healthcheck"]);
                Some(Exposed { container: container.to_owned(), port, way: Way::Path(literal(&path)), health })
            }
        };
        Role::Service { count, exposed }
    }

    fn build(&self, build: &Value, base: &str, part: &mut Part) -> Result<Build, Error> {
        let place = self.place("image.build");
        let of = |field: &str| build[field].as_str().map(str::to_owned);
        let dockerfile = build.as_str().map(str::to_owned).or_else(|| of("dockerfile"));
        // Without a context, it is the Dockerfile's folder ("image.build").
        let folder =
            dockerfile.as_deref().and_then(|file| Some(file.rsplit_once('/')?.0.to_owned())).unwrap_or_default();
        let context = of("context");
        let inner = |file: &str| {
            let begin = context.as_deref().unwrap_or(&folder).trim_start_matches("./").trim_end_matches('/');
            let file = file.trim_start_matches("./");
            match begin {
                "" | "." => file.to_owned(),
                begin => file
                    .strip_prefix(begin)
                    .map_or_else(|| file.to_owned(), |file| file.trim_start_matches('/').to_owned()),
            }
        };
        let args = build["args"].as_object().cloned().unwrap_or_default().into_iter();
        let args = args.filter(|(name, value)| {
            let is_open = !is_secret(name, &text(value));
            if !is_open {
                part.note(format!("{place}.args.{name}"), "it looks like a secret, and who has the image can read it");
            }
            is_open
        });
        let args = args.map(|(name, value)| (name, literal(&text(&value)).into())).collect();
        Ok(Build {
            context: below(base, context.as_deref().unwrap_or(&folder), &place)?,
            dockerfile: dockerfile.map(|file| inner(&file)).filter(|file| file != "Dockerfile"),
            target: of("target"),
            args,
        })
    }

    fn variables(&self, part: &mut Part, container: &str) {
        let given = self.get("variables").as_object().into_iter().flatten();
        let given = given.map(|(name, value)| {
            let is_value = !value.is_object() && !value.is_null();
            (name.clone(), if is_value { Given::Value(text(value)) } else { Given::Elsewhere(value.to_string()) })
        });
        let given = given.collect();
        let open = give(part, container, &self.place("variables"), given);
        if open.as_array().is_some_and(|open| !open.is_empty()) {
            part.definition["containerDefinitions"][0]["environment"] = open;
        }
        for (name, from) in self.get("secrets").as_object().into_iter().flatten() {
            let words = "its value stays where Copilot has it: give it where you run labform";
            part.note(self.place(&format!("secrets.{name}")), words);
            hide(part, container, name, Origin::Elsewhere(from.to_string()));
        }
    }
}

/// A container's health check, within AWS's bounds (HealthCheck, Amazon ECS API reference).
fn check(check: &Value) -> Option<Value> {
    let command = words(&check["command"])?;
    let mut health = super::fields(json!({ "command": command }));
    let time = |field: &str, least, most| seconds(check[field].as_str()?, least, most);
    let times = [
        ("interval", time("interval", 5, 300)),
        ("timeout", time("timeout", 2, 60)),
        ("startPeriod", time("start_period", 0, 300)),
        ("retries", check["retries"].as_u64().map(|times| times.clamp(1, 10))),
    ];
    health.extend(times.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?.into()))));
    Some(Value::Object(health))
}

/// The health check of a target group, within AWS's bounds (CreateTargetGroup, Elastic Load Balancing API reference).
fn target_health(check: &Value) -> Map<String, Value> {
    let path = check.as_str().or(check["path"].as_str()).unwrap_or("/");
    let mut fields = health(&literal(path));
    let time = |field: &str, least, most| seconds(check[field].as_str()?, least, most).map(Value::from);
    let count = |field: &str| check[field].as_u64().map(|times| times.clamp(2, 10).into());
    let codes = &check["success_codes"];
    let codes = (!codes.is_null()).then(|| json!({ "httpCode": text(codes) }));
    let all = [
        ("healthCheckIntervalSeconds", time("interval", 5, 300)),
        ("healthCheckTimeoutSeconds", time("timeout", 2, 120)),
        ("healthyThresholdCount", count("healthy_threshold")),
        ("unhealthyThresholdCount", count("unhealthy_threshold")),
        ("matcher", codes),
    ];
    fields.extend(all.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))));
    fields
}

/// A command: a list, or a line.
fn words(value: &Value) -> Option<Value> {
    let words: Vec<String> = match value {
        Value::Array(words) => words.iter().map(text).collect(),
        Value::String(line) => shlex::split(line)?,
        _ => return None,
    };
    Some(words.iter().map(|word| literal(word)).collect())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
