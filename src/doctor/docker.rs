//! Docker, if the lab builds images.

use std::collections::BTreeSet;
use std::process::Output;

use futures::join;

use super::tools::ask;
use super::{Finding, Surroundings};
use crate::cloud::Cause;
use crate::resource::{Resource as _, as_spec};
use crate::resources::Image;
use crate::spec::Lab;

/// The word for what is looked at here.
pub(super) const TOPIC: &str = "docker";

/// Whether Docker is there, runs, and builds for the platforms of the lab's images.
pub(super) async fn look(it: &Surroundings<'_>) -> Vec<Finding> {
    let platforms = it.lab().map(built).unwrap_or_default();
    if platforms.is_empty() || it.is_embedded() {
        return Vec::new();
    }
    let server = ["version", "--format", "{{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}"];
    let (plugin, server, builder) =
        join!(ask("docker", &["buildx", "version"]), ask("docker", &server), ask("docker", &["buildx", "inspect"]));
    let server = match &server {
        Err(error) => {
            return vec![wrong(Cause::DockerMissing, format!("there is no program `docker` that starts: {error}"))];
        }
        Ok(output) if !output.status.success() => {
            return vec![wrong(Cause::DockerNotRunning, format!("Docker doesn't run: {}", first_line(output)))];
        }
        Ok(output) => first_line(output),
    };
    if let Some(output) = plugin.as_ref().ok().filter(|output| !output.status.success()) {
        return vec![wrong(Cause::BuildxMissing, format!("this Docker has no buildx: {}", first_line(output)))];
    }
    let builds = builder.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let builds = builds.lines().find_map(|line| line.trim().strip_prefix("Platforms:")).map(platforms_in);
    let lacks = builds.as_ref().and_then(|builds| platforms.iter().find(|wanted| !builds.contains(wanted.as_str())));
    vec![match lacks {
        Some(wanted) => {
            let says = format!("Docker {server} can't build for {wanted}, as lab.yaml asks");
            wrong(Cause::NoEmulation, says)
        }
        None => {
            Finding::fine(TOPIC, format!("Docker {server} with buildx, for {}", Vec::from_iter(platforms).join(", ")))
        }
    }]
}

/// The platforms that the lab's images are built for.
fn built(lab: &Lab) -> BTreeSet<String> {
    let images = lab.nodes.values().filter(|node| node.kind.kind() == Image::KIND);
    let images = images.filter_map(|node| as_spec::<Image>(&node.spec));
    images.filter(|image| image.context.is_some()).map(|image| image.platform().to_owned()).collect()
}

/// The platforms of a builder: those that it prefers are marked with a star.
fn platforms_in(list: &str) -> BTreeSet<&str> {
    list.split(',').map(|one| one.trim().trim_end_matches('*')).collect()
}

fn wrong(cause: Cause, says: String) -> Finding {
    Finding::wrong(TOPIC, says, cause.hint().unwrap_or_default())
}

/// What a program said first.
fn first_line(output: &Output) -> String {
    let said = if output.status.success() { &output.stdout } else { &output.stderr };
    String::from_utf8_lossy(said)
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it gave no reason")
        .trim()
        .to_owned()
}
