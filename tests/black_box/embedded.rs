//! The embedded account as `labform sandbox serve` puts it behind a port, so that clients that others wrote reach it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::emulator::supervised;
use crate::labform::processor_time;

/// The account's file in its folder.
pub(crate) const FILE: &str = "account.json";

/// A running server. It ends with the value, or with the process that started it.
pub(crate) struct Served {
    /// The endpoint that it printed.
    pub(crate) url: String,
    supervisor: Child,
}

impl Served {
    /// Serves the account in the file at `path`, the one that `--sandbox=PATH` opens.
    ///
    /// # Panics
    /// Where the server doesn't say where it is.
    pub(crate) fn start(path: &Path, options: &[&str]) -> Self {
        let mut supervisor = supervised(Path::new(env!("CARGO_BIN_EXE_labform")))
            .args(["sandbox", "serve", "--port", "0"])
            .arg(format!("--sandbox={}", path.display()))
            .args(options)
            .stderr(Stdio::null())
            .spawn()
            .expect("sh starts");
        let stdout = supervisor.stdout.as_mut().expect("stdout is a pipe");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("the server says where it is");
        let url = line.trim().strip_prefix("export AWS_ENDPOINT_URL=");
        Self { url: url.expect("the first line is the endpoint").to_owned(), supervisor }
    }
}

impl Served {
    /// For how long processors have worked for the server.
    pub(crate) fn busy(&self) -> Duration {
        let supervisor = self.supervisor.id();
        let children = fs::read_to_string(format!("/proc/{supervisor}/task/{supervisor}/children")).unwrap_or_default();
        children.split_whitespace().filter_map(|id| id.parse().ok()).map(processor_time).sum()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // The supervisor kills its whole group, so that its own end is a signal's.
        let _ = self.supervisor.wait();
    }
}
