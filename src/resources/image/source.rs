//! What the source of an image is now: on this machine, or at another registry.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use tokio::task::spawn_blocking;

use super::{Image, Origin, context};
use crate::registry::{self, Platform, Source};
use crate::resource::Problem;

/// Why it isn't known what a source is now.
#[derive(Clone, Debug)]
pub enum SourceError {
    /// It can't be used as it is.
    Wrong(Problem),
    /// The other registry doesn't say, in these words.
    Silent(String),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(problem) => f.write_str(&problem.message),
            Self::Silent(words) => f.write_str(words),
        }
    }
}

impl Image {
    /// The digest of what its source is now. `lab` is the folder of lab.yaml.
    ///
    /// # Errors
    /// Where the source isn't there or isn't an image, or where another registry doesn't answer.
    pub async fn find_source(&self, lab: &Path) -> Result<String, SourceError> {
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
            Some(Origin::Archive(path)) => {
                let source = archive(lab, path).map_err(SourceError::Wrong)?;
                let found = registry::find(&source, &platform).await;
                let found = found.map_err(|error| {
                    let problem = Problem::at("archive", error.to_string());
                    SourceError::Wrong(match error.hint() {
                        Some(hint) => problem.hint(hint),
                        None => problem,
                    })
                });
                found.map(|found| found.digest)
            }
            Some(Origin::Mirror(reference)) => {
                let found = registry::find(&mirror(reference), &platform).await;
                let found = found.map_err(|error| SourceError::Silent(error.to_string()));
                found.map(|found| found.digest)
            }
        }
    }

    /// Where the registry floor finds it; none for what Docker builds.
    pub(super) fn registry_source(&self, lab: &Path) -> Result<Option<Source>, Problem> {
        match self.origin() {
            Some(Origin::Archive(path)) => archive(lab, path).map(Some),
            Some(Origin::Mirror(reference)) => Ok(Some(mirror(reference))),
            Some(Origin::Context(_)) | None => Ok(None),
        }
    }

    /// What it runs on, as the registry floor has it.
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
                let field = if self.dockerfile.is_some() {
                    "dockerfile"
                } else {
                    "context"
                };
                let file = format!("{path}/{}", self.dockerfile());
                Err(problem(field, &file, &why))
            }
        }
    }
}

/// What is missing of the source of `image`, without reading it.
pub fn missing(image: &Image, lab: &Path) -> Option<Problem> {
    match image.origin()? {
        Origin::Context(path) => image.check_context(lab, path).err(),
        Origin::Archive(path) => archive(lab, path).err(),
        Origin::Mirror(_) => None,
    }
}

fn archive(lab: &Path, path: &str) -> Result<Source, Problem> {
    let place = inside(lab, path).map_err(|why| problem("archive", path, &why))?;
    Ok(match place.is_dir() {
        true => Source::Layout(place),
        false => Source::Archive(place),
    })
}

fn mirror(reference: &str) -> Source {
    Source::Registry {
        reference: reference.to_owned(),
    }
}

/// `path` below `folder`, with its links followed: none may lead out. A lab that somebody else wrote must not send files
/// of the one who runs it.
fn inside(folder: &Path, path: &str) -> Result<PathBuf, String> {
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
