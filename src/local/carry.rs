//! The life of a task: from the account's word that it is RUNNING to the report of its end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::environment::{Reach, environment};
use super::{Local, list};
use labform_account::{Assignment, Ending, Instruction, Sandbox, Server};

/// The pause between two looks at the process and at the account.
const PAUSE: Duration = Duration::from_millis(100);
/// The number of pauses that may pass without a word to the account.
const QUIET: u32 = 5;
/// The seconds that a process has from SIGTERM to SIGKILL if its container definition says nothing of it, and the most that it
/// may say (`stopTimeout`, ContainerDefinition, API reference).
const STOP_TIMEOUT: [u64; 2] = [30, 120];

/// A task of a job whose command runs on this computer.
#[derive(Clone, Debug)]
pub struct LocalRun {
    /// The region of the task.
    pub region: String,
    /// The text that RunTask is given as `startedBy`.
    pub started_by: String,
    /// The command, which is what the user was shown: whatever task the account has, nothing else is run.
    pub local: Local,
    /// The home folder of its process.
    pub home: PathBuf,
}

/// Waits for the task that is wanted, as long as one `is_expected`, and carries it out. `stop` ends it as StopTask would.
pub async fn carry_out(sandbox: &Sandbox, wanted: &LocalRun, is_expected: &dyn Fn() -> bool, stop: &CancellationToken) {
    let Some(assignment) = assignment(sandbox, wanted, is_expected, stop).await else {
        return;
    };
    let account = Account { sandbox, region: &wanted.region, task: &assignment.task };
    loop {
        match account.report(&[]) {
            Instruction::Wait if !stop.is_cancelled() => tokio::time::sleep(PAUSE).await,
            Instruction::GoOn => break,
            Instruction::Wait | Instruction::Stop => {
                let why = "CannotStartContainerError: stopped before the command began";
                return account.report_end(&Ending::NeverStarted(why.to_owned()));
            }
        }
    }
    let ending = run(&account, &assignment, wanted, stop).await;
    account.report_end(&ending);
}

async fn assignment(
    sandbox: &Sandbox,
    wanted: &LocalRun,
    is_expected: &dyn Fn() -> bool,
    stop: &CancellationToken,
) -> Option<Assignment> {
    loop {
        // Asked before the look, so that what was started just before nobody was left is seen.
        let is_last = !is_expected() || stop.is_cancelled();
        let look = |account: &mut labform_account::Account| account.take_over(&wanted.region, &wanted.started_by);
        let found = sandbox.with(look);
        if found.is_some() || is_last {
            return found;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The account, as the one who carries out a task of it talks to it.
struct Account<'a> {
    sandbox: &'a Sandbox,
    region: &'a str,
    task: &'a str,
}

impl Account<'_> {
    fn report(&self, lines: &[String]) -> Instruction {
        self.sandbox.with(|account| account.report(self.region, self.task, lines))
    }

    fn report_end(&self, ending: &Ending) {
        self.sandbox.with(|account| account.report_end(self.region, self.task, ending));
    }
}

#[cfg(unix)]
async fn run(account: &Account<'_>, assignment: &Assignment, wanted: &LocalRun, stop: &CancellationToken) -> Ending {
    use super::process::Process;

    let never = |why: String| Ending::NeverStarted(format!("CannotStartContainerError: {why}"));
    let container = assignment.containers.first().unwrap_or(&Value::Null);
    let local = &wanted.local;
    // Its time is that of the wall, as the process's is.
    let server = match Server::bind(account.sandbox.clone(), 0, 1).await {
        Ok(server) => server,
        Err(error) => return never(format!("no port on 127.0.0.1 for the account: {error}")),
    };
    let url = server.url();
    let reach = Reach { home: &wanted.home, url: &url, region: account.region };
    let (container, unknown) =
        with_secrets(container, |value_from| account.sandbox.with(|all| all.secret_value(account.region, value_from)));
    let container = &container;
    let environment = environment(container, |name| std::env::var_os(name), &reach);
    if !unknown.is_empty() {
        account.report(&[format!(
            "not pretended: the account doesn't have these secrets, so that they are not set: {}",
            unknown.join(", ")
        )]);
    }
    let process = match Process::start(local, &environment) {
        Ok(process) => process,
        Err(error) => {
            let program = local.command.first().map_or("", String::as_str);
            let folder = local.directory.display();
            return never(format!("exec: \"{program}\" in {folder}: {error}"));
        }
    };
    let served = CancellationToken::new();
    let (ending, ()) = tokio::join!(
        async {
            let ending = follow(account, process, container, stop).await;
            served.cancel();
            ending
        },
        server.run(&served, |_| {})
    );
    ending
}

#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "it is awaited where processes have groups")]
async fn run(_: &Account<'_>, _: &Assignment, _: &LocalRun, _: &CancellationToken) -> Ending {
    Ending::NeverStarted("CannotStartContainerError: this system has no process groups".to_owned())
}

/// Reports what the process writes until it ends, and ends it if the account says so.
#[cfg(unix)]
async fn follow(
    account: &Account<'_>,
    mut process: super::process::Process,
    container: &Value,
    stop: &CancellationToken,
) -> Ending {
    use super::process::AT_ONCE;

    let mut deadline: Option<Instant> = None;
    let mut quiet = 0;
    let code = loop {
        match process.exit_code() {
            Ok(None) => {}
            Ok(Some(code)) => break code,
            Err(_) => break 1,
        }
        let lines = process.lines();
        quiet += 1;
        if !lines.is_empty() || quiet >= QUIET || stop.is_cancelled() {
            quiet = 0;
            let order = account.report(&lines);
            let is_to_end = order == Instruction::Stop || stop.is_cancelled();
            if is_to_end && deadline.is_none() {
                deadline = Some(Instant::now() + patience(container));
                process.terminate();
            }
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            process.kill();
        }
        // One that writes a lot waits for its lines to be taken.
        if lines.len() < AT_ONCE {
            tokio::time::sleep(PAUSE).await;
        }
    };
    process.kill();
    account.report(&process.last_lines().await);
    Ending::Exit(code)
}

/// The time that the process of a container has from SIGTERM to SIGKILL.
pub(super) fn patience(container: &Value) -> Duration {
    let [usual, most] = STOP_TIMEOUT;
    Duration::from_secs(container["stopTimeout"].as_u64().unwrap_or(usual).min(most))
}

/// The container with those of its secrets in its environment that `value` gives, and the names of the others.
pub(super) fn with_secrets(container: &Value, mut value: impl FnMut(&str) -> Option<String>) -> (Value, Vec<String>) {
    let (mut variables, mut unknown) = (list(container, "environment").to_vec(), Vec::new());
    for secret in list(container, "secrets") {
        match value(secret["valueFrom"].as_str().unwrap_or_default()) {
            Some(value) => variables.push(json!({ "name": secret["name"], "value": value })),
            None => unknown.push(secret["name"].as_str().unwrap_or_default().to_owned()),
        }
    }
    let mut container = container.clone();
    container["environment"] = variables.into();
    (container, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_longer_for_an_end_than_fargate_would() {
        let seconds = |timeout: Value| patience(&json!({ "stopTimeout": timeout })).as_secs();
        assert_eq!([seconds(Value::Null), seconds(json!(2)), seconds(json!(u64::MAX))], [30, 2, 120]);
    }
}
