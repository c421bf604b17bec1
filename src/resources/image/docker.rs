//! Builds and pushes with `docker buildx build`. Nothing passes through a shell.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;

use super::Image;
use super::desk::Desk;
use super::running::Running;
use crate::cloud::{Cause, CloudError, Result};
use crate::registry::{Location, Login};
use crate::resource::Waiting;

/// The number of Docker's last lines that an error shows.
const LINES: usize = 10;
/// The time that Docker may take to say that it is there.
const LIMIT: Duration = Duration::from_secs(15);
/// The time between two shown lines of Docker's.
const OFTEN: Duration = Duration::from_millis(500);

/// Makes sure that Docker can build.
///
/// # Errors
/// If Docker isn't installed, can't build with buildx, doesn't run, or doesn't answer.
pub(super) async fn check() -> Result<()> {
    ask(&["buildx", "version"], Cause::BuildxMissing, "this Docker has no buildx").await?;
    let server = ["version", "--format", "{{.Server.Version}}"];
    ask(&server, Cause::DockerNotRunning, "Docker doesn't run").await
}

async fn ask(words: &[&str], cause: Cause, meaning: &str) -> Result<()> {
    let mut command = Command::new("docker");
    command.args(words);
    let (mut running, mut lines) = Running::start(command).map_err(|error| unstartable(&error))?;
    let answer = async {
        let mut first = None;
        let reading = async {
            first = lines.recv().await;
            // What it says besides has to be read, or it waits.
            while lines.recv().await.is_some() {}
        };
        let status = running.ended(reading).await?;
        Ok((status, first))
    };
    let silent = || {
        let message = format!("no answer in {} s", LIMIT.as_secs());
        failed(Cause::DockerNotRunning, message)
    };
    match timeout(LIMIT, answer).await.map_err(|_| silent())? {
        Ok((status, _)) if status.success() => Ok(()),
        Ok((_, line)) => {
            let line = line.as_deref().unwrap_or("it gave no reason");
            Err(failed(cause, format!("{meaning}: {line}")))
        }
        Err(error) => Err(unstartable(&error)),
    }
}

fn unstartable(error: &io::Error) -> CloudError {
    match error.kind() {
        io::ErrorKind::NotFound => failed(Cause::DockerMissing, "there is no program `docker`"),
        _ => failed(Cause::DockerMissing, format!("`docker` can't be started: {error}")),
    }
}

fn failed(cause: Cause, message: impl Into<String>) -> CloudError {
    CloudError::own_at("docker", cause, message)
}

/// A build.
pub(super) struct Build<'a> {
    pub(super) image: &'a Image,
    /// The context.
    pub(super) folder: PathBuf,
    pub(super) place: &'a Location,
    /// The tag that the image is pushed under.
    pub(super) tag: &'a str,
    pub(super) login: Login,
}

impl Build<'_> {
    /// Builds and pushes. If the future is dropped, Docker is stopped.
    ///
    /// # Errors
    /// If Docker fails, with its last lines.
    pub(super) async fn run(&self, waiting: &Waiting) -> Result<()> {
        let unprepared = |error: io::Error| failed(Cause::DockerMissing, format!("a folder for its login: {error}"));
        let desk = Desk::new(&self.place.host, &self.login).map_err(unprepared)?;
        let mut command = Command::new("docker");
        command.args(self.arguments()).envs(desk.environment().map_err(unprepared)?);
        waiting.on("docker buildx build");
        let started = Running::start(command);
        let (mut running, lines) = started.map_err(|error| unstartable(&error))?;
        let mut last = VecDeque::new();
        let reading = follow(lines, waiting, &mut last);
        match running.ended(reading).await.map_err(|error| unstartable(&error))? {
            status if status.success() => Ok(()),
            status => {
                let last: Vec<String> = last.into();
                let mut message = format!("{status}; its last lines:\n{}", last.join("\n"));
                for name in &desk.left_out {
                    let words = "of Docker's settings was left out: a password stands in it";
                    message = format!("{message}\n`{name}` {words}");
                }
                let is_strange = message.contains("exec format error");
                let cause = if is_strange { Cause::NoEmulation } else { Cause::BuildFailed };
                Err(CloudError::own_at("docker buildx build", cause, message))
            }
        }
    }

    fn arguments(&self) -> Vec<OsString> {
        let image = self.image;
        let mut words: Vec<OsString> = vec!["buildx".into(), "build".into()];
        let mut flag = |text: String| words.push(text.into());
        flag(format!("--platform={}", image.platform()));
        // A statement of where it comes from would make an index of the one image.
        flag("--provenance=false".to_owned());
        flag("--progress=plain".to_owned());
        flag("--push".to_owned());
        let Location { host, repository, .. } = self.place;
        flag(format!("--tag={host}/{repository}:{}", self.tag));
        if let Some(target) = &image.target {
            flag(format!("--target={target}"));
        }
        for (name, value) in image.build_args.iter().flatten() {
            flag(format!("--build-arg={name}={value}"));
        }
        words.push("--file".into());
        words.push(self.folder.join(image.dockerfile()).into());
        words.push(self.folder.clone().into());
        words
    }
}

/// Says what Docker does, and keeps its last lines.
async fn follow(mut lines: UnboundedReceiver<String>, waiting: &Waiting, last: &mut VecDeque<String>) {
    let mut said = None::<Instant>;
    while let Some(line) = lines.recv().await {
        if said.is_none_or(|said| said.elapsed() >= OFTEN) {
            said = Some(Instant::now());
            waiting.on(&line);
        }
        if last.len() == LINES {
            last.pop_front();
        }
        last.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_words_for_docker_are_a_list() {
        let image: Image = serde_json::from_value(json!({
            "repository": "web", "context": "web", "platform": "linux/arm64", "target": "run stage",
            "buildArgs": {"A": "1; rm -rf /", "B": "$(id)"}, "dockerfile": "docker/Dockerfile",
        }))
        .unwrap();
        let place = Location::new("127.0.0.1:5000", "ecs-lab/web");
        let build = Build {
            image: &image,
            folder: PathBuf::from("lab").join("web"),
            place: &place,
            tag: "labform-building-1",
            login: Login::Anonymous,
        };
        let words: Vec<String> = build.arguments().into_iter().map(|word| word.into_string().unwrap()).collect();
        assert_eq!(
            words,
            [
                "buildx",
                "build",
                "--platform=linux/arm64",
                "--provenance=false",
                "--progress=plain",
                "--push",
                "--tag=127.0.0.1:5000/ecs-lab/web:labform-building-1",
                "--target=run stage",
                "--build-arg=A=1; rm -rf /",
                "--build-arg=B=$(id)",
                "--file",
                "lab/web/docker/Dockerfile",
                "lab/web",
            ]
        );
    }
}
