//! Programs that labs use on this computer.

use std::io;
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::{Finding, Surroundings};

/// The word for the plugin of Systems Manager's Session Manager.
pub(super) const TOPIC: &str = "session manager";

/// Asks a program for something that it answers at once. It is stopped if nobody waits any more.
pub(super) async fn ask(program: &str, words: &[&str]) -> io::Result<Output> {
    Command::new(program).args(words).stdin(Stdio::null()).kill_on_drop(true).output().await
}

/// Whether `aws ecs execute-command` finds its plugin, if a service of the lab lets it in.
pub(super) async fn session_manager(it: &Surroundings<'_>) -> Vec<Finding> {
    let is_open = it.lab().is_some_and(|lab| lab.nodes.values().any(|node| node.value["enableExecuteCommand"] == true));
    if !is_open || it.is_embedded() {
        return Vec::new();
    }
    vec![match ask("session-manager-plugin", &["--version"]).await {
        Ok(output) if output.status.success() => {
            Finding::fine(TOPIC, format!("session-manager-plugin {}", String::from_utf8_lossy(&output.stdout).trim()))
        }
        Ok(_) | Err(_) => {
            let says = "there is no session-manager-plugin, without which `aws ecs execute-command` reaches no task";
            Finding::warning(TOPIC, says, install())
        }
    }]
}

/// The way to the plugin ("Install the Session Manager plugin for the AWS CLI", Systems Manager user guide).
fn install() -> &'static str {
    match std::env::consts::OS {
        "macos" => "`brew install --cask session-manager-plugin`",
        "windows" => "`winget install Amazon.SessionManagerPlugin`",
        _ => {
            "`curl -O https://s3.amazonaws.com/session-manager-downloads/plugin/latest/ubuntu_64bit/session-manager-plugin.deb && \
             sudo dpkg -i session-manager-plugin.deb` (https://docs.aws.amazon.com/systems-manager/latest/userguide has others)"
        }
    }
}
