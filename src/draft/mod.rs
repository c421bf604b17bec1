//! The first `lab.yaml`: made of a few answers, or of what describes the same application to another tool.
//!
//! Knows: what services and jobs on Fargate take, and what Docker Compose, AWS Copilot and a task definition say of them.
//! Must not know: AWS, files (their text is handed in), questions. Nothing here does I/O.

mod compose;
mod copilot;
mod given_away;
mod names;
mod network;
mod part;
mod ports;
mod section;
mod sizes;
mod task;
#[cfg(test)]
mod tests;
mod text;
mod unread;
mod variables;
mod yaml;

pub use names::{lab_name, lab_problem};

use serde_json::{Map, Value, json};

use crate::error::Error;
use given_away::hush;
use part::{Exposed, Part, Role, Way, apart};

/// The image of a web service that nobody has named one for.
const WEB: &str = "public.ecr.aws/nginx/nginx:1.27";
/// The image of a job that nobody has named one for.
const JOB: &str = "public.ecr.aws/docker/library/busybox:1.37";
/// The most services or manifests that one lab is made of.
pub const MOST: usize = 100;

/// The parts of a lab that is begun anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A service behind a load balancer.
    Web,
    /// A container that runs once.
    Job,
    /// Both of them.
    Both,
}

/// A word on what couldn't be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The place of what isn't carried over, as in `services.web.volumes`.
    pub place: String,
    /// What becomes of it.
    pub words: String,
}

/// A lab before it is written.
#[derive(Debug, Default)]
pub struct Draft {
    /// The name that the source has, if it has one.
    pub name: Option<String>,
    /// The region that the source names, if it names one.
    pub region: Option<String>,
    /// The file that the lab is made of, if it is made of one.
    origin: Option<String>,
    parts: Vec<Part>,
    /// The words on no part alone.
    notes: Vec<Note>,
}

impl Draft {
    /// A lab that is begun anew, with an image of one's own if there is one, which listens on `port`.
    pub fn new(what: What, image: Option<&str>, port: u16) -> Self {
        let mut parts = Vec::new();
        if matches!(what, What::Web | What::Both) {
            let container = json!({
                "name": "web", "image": image.unwrap_or(WEB), "portMappings": [{ "containerPort": port }],
            });
            let exposed = Exposed { container: "web".to_owned(), port, way: Way::Port(80), health: health("/") };
            parts.push(Part::of("web", &fields(container), Role::Service { count: 1, exposed: Some(exposed) }));
        }
        if matches!(what, What::Job | What::Both) {
            let mut container = json!({ "name": "job", "image": JOB, "command": ["echo", "hello from a container"] });
            if let Some(image) = image.filter(|_| what == What::Job) {
                container = json!({ "name": "job", "image": image });
            }
            parts.push(Part::of("job", &fields(container), Role::Job { timeout: Some("15m".to_owned()) }));
        }
        Self { parts, ..Self::default() }
    }

    /// A lab of what stands in one file: a Compose file, a manifest of AWS Copilot's, or a task definition. Paths in it
    /// start at `base`, a folder below that of lab.yaml.
    ///
    /// # Errors
    /// If the file is none of these, or says what no lab can hold.
    pub fn of_file(file: &str, text: &str, base: &str) -> Result<Self, Error> {
        let document = document(file, text)?;
        let has = |field: &str| document.get(field).is_some();
        let draft = if has("services") {
            compose::read(&document, base)
        } else if has("containerDefinitions") || has("taskDefinition") {
            task::read(&document)
        } else if has("type") && has("name") {
            copilot::read(&[(String::new(), document)], base)
        } else {
            let error = Error::invalid("it is no Compose file, no manifest of AWS Copilot's and no task definition");
            Err(error
                .hint("a Compose file has `services`, a manifest `type`, and a task definition `containerDefinitions`"))
        };
        draft.and_then(|draft| draft.made_of(file)).map_err(|error| at(file, error))
    }

    /// A lab of the manifests below the folder `copilot/` of AWS Copilot's, each with its path there, and of what stands in
    /// its `.workspace`. Paths in them start at `base`, the folder that `copilot/` stands in.
    ///
    /// # Errors
    /// If there are none that a lab can hold, or one can't be read.
    pub fn of_copilot(
        folder: &str,
        workspace: Option<&str>,
        manifests: &[(String, String)],
        base: &str,
    ) -> Result<Self, Error> {
        let mut documents = Vec::new();
        for (path, text) in manifests {
            documents.push((path.clone(), document(&format!("{folder}/{path}"), text)?));
        }
        let draft = copilot::read(&documents, base).and_then(|draft| draft.made_of(folder));
        let application = workspace.and_then(|text| text.lines().find_map(|line| line.strip_prefix("application:")));
        let name = application.map(|name| name.trim().to_owned());
        draft.map(|draft| Self { name, ..draft }).map_err(|error| at(folder, error))
    }

    /// What couldn't be carried over.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().chain(self.parts.iter().flat_map(|part| &part.notes))
    }

    /// The variables of the environment that have to be set where labform runs, because their values are secrets.
    pub fn variables(&self) -> Vec<String> {
        text::secrets(&self.parts).into_iter().map(|secret| secret.variable).collect()
    }

    /// The text of lab.yaml.
    pub fn text(&self, lab: &str, region: &str) -> String {
        text::write(self, lab, region)
    }

    fn made_of(self, file: &str) -> Result<Self, Error> {
        if self.parts.is_empty() {
            let told = self.notes.iter().map(|note| format!("{}: {}", note.place, note.words));
            let error = Error::invalid("nothing in it can be carried over");
            return Err(told.fold(error, Error::hint));
        }
        let mut parts = apart(self.parts);
        parts.iter_mut().for_each(hush);
        Ok(Self { parts, origin: Some(file.to_owned()), ..self })
    }
}

/// The fields by which a load balancer finds out whether a target is healthy.
fn health(path: &str) -> Map<String, Value> {
    fields(json!({ "healthCheckPath": path }))
}

fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn document(file: &str, text: &str) -> Result<Value, Error> {
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    let document: Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| Error::invalid(format!("{file}: {}", error.to_string().replace('\n', " "))))?;
    match document {
        Value::Object(_) => Ok(document),
        _ => Err(Error::invalid(format!("{file}: it holds no map of fields"))),
    }
}

/// # Errors
/// If there are more of something than a lab is made of.
fn few(what: &str, count: usize) -> Result<(), Error> {
    if count <= MOST {
        return Ok(());
    }
    let error = Error::invalid(format!("it has {count} {what}, and a lab is made of {MOST} at most"));
    Err(error.hint("take out those that you don't need, or make several labs"))
}

fn at(file: &str, error: Error) -> Error {
    Error { message: format!("{file}: {}", error.message), ..error }
}
