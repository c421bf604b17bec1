//! The present source of an image: on this machine, or at another registry.

use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Image, Origin, PLATFORMS, context};
use crate::registry::{self, ErrorKind, Platform, RegistryError, Source};
use crate::resource::{Problem, SourceError, Sourced};

/// The time that another registry may take to say what an image is now, with all that it is asked again.
const PATIENCE: Duration = Duration::from_secs(15);
/// The advice on an image that not everybody may read.
const UNSIGNED: &str = "labform reads other registries without a login: check that the image is there and public, or save it with `docker save -o image.tar IMAGE` and give it as `archive:`";

impl Sourced for Image {
    fn name(&self) -> &str {
        self.origin().map_or("", Origin::value)
    }

    fn again(&self) -> &'static str {
        match self.context {
            Some(_) => "to be built from its context and pushed again",
            None => "to be pushed again",
        }
    }

    fn folder(&self) -> Option<&str> {
        self.context.as_deref()
    }

    fn host(&self) -> Option<String> {
        match self.origin()? {
            Origin::Mirror(reference) => registry::host(reference).ok(),
            Origin::Context(_) | Origin::Archive(_) => None,
        }
    }

    fn missing(&self, lab: &Path) -> Option<Problem> {
        match self.origin()? {
            Origin::Context(path) => self.check_context(lab, path).err(),
            Origin::Archive(path) => archive(lab, path).err(),
            Origin::Mirror(_) => None,
        }
    }

    fn takes_in(&self, lab: &Path, file: &Path) -> Option<String> {
        let context = lab.join(self.context.as_deref()?).canonicalize().ok()?;
        let parent = match file.parent()? {
            parent if parent.as_os_str().is_empty() => Path::new("."),
            parent => parent,
        };
        let file = parent.canonicalize().ok()?.join(file.file_name()?);
        let path = file.strip_prefix(&context).ok()?.to_str()?.replace('\\', "/");
        context::sends(self, &context, &path).ok()?.then_some(path)
    }

    fn find<'a>(&'a self, lab: &'a Path) -> BoxFuture<'a, Result<String, SourceError>> {
        self.find_source(lab).boxed()
    }
}

impl Image {
    async fn find_source(&self, lab: &Path) -> Result<String, SourceError> {
        let wrong = |field: &str, words: String| SourceError::Wrong(Problem::at(field, words));
        let platform = self.registry_platform();
        match self.origin() {
            None => Err(wrong("", "it has no source".to_owned())),
            Some(Origin::Context(path)) => {
                let folder = self.check_context(lab, path).map_err(SourceError::Wrong)?;
                let image = self.clone();
                let look = spawn_blocking(move || context::look(&image, &folder));
                let moment = look.await.map_err(io::Error::other).flatten();
                let moment = moment.map_err(|error| wrong("context", format!("`{path}`: {error}")));
                moment.map(|moment| moment.digest)
            }
            Some(origin @ Origin::Archive(path)) => {
                let source = archive(lab, path).map_err(SourceError::Wrong)?;
                let found = registry::find(&source, &platform).await;
                let found = found.map_err(|error| SourceError::Wrong(told(origin, &error)));
                found.map(|found| found.digest)
            }
            Some(origin @ Origin::Mirror(reference)) => {
                let source = mirror(reference);
                match timeout(PATIENCE, registry::find(&source, &platform)).await {
                    Ok(Ok(found)) => Ok(found.digest),
                    Ok(Err(error)) if error.is_silence() => Err(SourceError::Silent(error.to_string())),
                    Ok(Err(error)) => Err(SourceError::Wrong(told(origin, &error))),
                    Err(_) => {
                        let words = format!("{reference}: no answer in {} s", PATIENCE.as_secs());
                        Err(SourceError::Silent(words))
                    }
                }
            }
        }
    }

    /// The source as the registry floor takes it; none for an image that Docker builds.
    pub(super) fn registry_source(&self, lab: &Path) -> Result<Option<Source>, Problem> {
        match self.origin() {
            Some(Origin::Archive(path)) => archive(lab, path).map(Some),
            Some(Origin::Mirror(reference)) => Ok(Some(mirror(reference))),
            Some(Origin::Context(_)) | None => Ok(None),
        }
    }

    /// The image's platform, as the registry floor takes it.
    pub(super) fn registry_platform(&self) -> Platform {
        Platform::from_str(self.platform()).expect("the platform is one of the table")
    }

    /// The context's folder, with the Dockerfile in it.
    pub(super) fn check_context(&self, lab: &Path, path: &str) -> Result<PathBuf, Problem> {
        let folder = inside(lab, path).map_err(|why| problem("context", path, &why))?;
        if !folder.is_dir() {
            return Err(problem("context", path, "it isn't a folder"));
        }
        match inside(&folder, self.dockerfile()) {
            Ok(file) if file.is_file() => Ok(folder),
            Ok(_) => Err(problem("dockerfile", self.dockerfile(), "it isn't a file")),
            Err(why) => {
                let field = if self.dockerfile.is_some() { "dockerfile" } else { "context" };
                let file = format!("{path}/{}", self.dockerfile());
                Err(problem(field, &file, &why))
            }
        }
    }
}

/// The error of a registry or an archive, as a problem of the spec.
fn told(origin: Origin<'_>, error: &RegistryError) -> Problem {
    let problem = Problem::at(origin.field(), error.to_string());
    let hint = match (&error.kind, origin) {
        (ErrorKind::WrongPlatform(there), _) => {
            let there = there.iter().map(Platform::to_string);
            let mut runs = there.filter(|platform| PLATFORMS.contains(&platform.as_str()));
            let offer = |platform| {
                format!("take it as it is with `platform: {platform}`, or give one for the platform that is wanted")
            };
            runs.next().map(offer)
        }
        (ErrorKind::Denied, Origin::Mirror(_)) => Some(UNSIGNED.to_owned()),
        (ErrorKind::Corrupt, Origin::Mirror(_)) => {
            Some("a mirror is a container image for Linux or Windows: name another one".to_owned())
        }
        _ => None,
    };
    match hint.or_else(|| error.hint().map(str::to_owned)) {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Returns what is wrong with the name of another registry's image, as far as the name alone shows.
pub(super) fn mirror_problem(reference: &str) -> Option<Problem> {
    let problem = |why: &str| Problem::at("mirror", format!("can't take `{reference}`: {why}"));
    let host = match registry::host(reference) {
        Ok(host) => host,
        Err(error) => {
            let hint = "write it as in `public.ecr.aws/nginx/nginx:1.27`";
            return Some(problem(&error.message).hint(hint));
        }
    };
    let is_private = host.contains(".dkr.ecr.") || host.contains(".dkr-ecr.");
    is_private.then(|| problem("Amazon ECR shows nobody its private images").hint(UNSIGNED))
}

fn archive(lab: &Path, path: &str) -> Result<Source, Problem> {
    let place = inside(lab, path).map_err(|why| problem("archive", path, &why))?;
    match (place.is_dir(), place.is_file()) {
        (true, _) => Ok(Source::Layout(place)),
        (false, true) => Ok(Source::Archive(place)),
        (false, false) => Err(problem("archive", path, "it is neither a file nor a folder")),
    }
}

fn mirror(reference: &str) -> Source {
    Source::Registry { reference: reference.to_owned() }
}

/// `path` below `folder`, with its links followed: none may lead out. A lab that somebody else wrote must not send files
/// of the one who runs it.
pub(in crate::resources) fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
    let told = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        _ => error.to_string().to_lowercase(),
    };
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let folder = folder.canonicalize().map_err(told)?;
    let place = folder.join(path).canonicalize().map_err(told)?;
    match place.starts_with(&folder) {
        true => Ok(place),
        false => Err("it leads out of its folder".to_owned()),
    }
}

fn problem(field: &str, path: &str, why: &str) -> Problem {
    let problem = Problem::at(field, format!("can't take `{path}`: {why}"));
    problem.hint("paths start at the folder of lab.yaml, and a Dockerfile's at the context")
}
