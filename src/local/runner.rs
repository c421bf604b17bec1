//! The runner of one service: one process stands for all of its tasks.
//!
//! A task becomes part of the process if its task definition is the file's own, whoever has registered it; what runs is what
//! the file says. Any other task stays pretended.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use labform_account::{Account, Checked, Ending, HostedTask, Runner as By, Stage};
use tokio::net::TcpStream;

use super::carry::{patience, with_secrets};
use super::environment::{Reach, environment};
use super::host::{Host, HostedService, NotOwn};
use super::own::{Own, foreign, ports};
use super::process::Process;
use super::running::Running;

/// The time after which the account is told that a process is still there.
const BEAT: Duration = Duration::from_secs(5);
/// The pause between two looks at a process that is to end.
const PAUSE: Duration = Duration::from_millis(50);
/// The exit code of a container that is told to end, and ends by that.
const TERMINATED: i64 = 143;

/// The pause before it is tried again to find out whether a task definition is the file's own.
const AGAIN: Duration = Duration::from_secs(1);

/// What was found out of a task definition.
enum Verdict {
    /// It is the file's own: this runs for it.
    Own(Own),
    /// It isn't.
    Foreign,
    /// It couldn't be found out at that time, for this reason.
    Open(Instant, String),
}

/// The runner of one service.
pub(super) struct Runner<'a, 'h> {
    host: &'a Host<'h>,
    service: &'a HostedService,
    /// The task definitions that were looked at, by ARN.
    verdicts: BTreeMap<String, Verdict>,
    running: Option<Running>,
    /// What the account knows of each task's health, by target group.
    told: BTreeMap<String, BTreeMap<String, Checked>>,
    beat: Instant,
}

impl<'a, 'h> Runner<'a, 'h> {
    /// The runner of `service`, which runs nothing yet.
    pub(super) fn new(host: &'a Host<'h>, service: &'a HostedService) -> Self {
        let (verdicts, told) = (BTreeMap::new(), BTreeMap::new());
        Self { host, service, verdicts, running: None, told, beat: Instant::now() }
    }

    /// Does what there is to do for the service's tasks, the oldest first.
    pub(super) async fn step(&mut self, tasks: Vec<HostedTask>) -> io::Result<()> {
        let tasks = self.take(tasks).await?;
        self.told.retain(|id, _| tasks.iter().any(|task| task.id == *id));
        self.follow(&tasks).await?;
        self.steer(&tasks).await?;
        self.tell_health(&tasks).await
    }

    /// Ends the process, and leaves the tasks to be pretended.
    pub(super) async fn end(&mut self) {
        let mut code = TERMINATED;
        if let Some(running) = &mut self.running {
            running.end();
            loop {
                match running.process.exit_code() {
                    Ok(None) => tokio::time::sleep(PAUSE).await,
                    Ok(Some(found)) => break code = found,
                    Err(_) => break,
                }
                running.kill_late();
            }
        }
        let lines = match self.running.take() {
            Some(running) => running.last_lines().await,
            None => Vec::new(),
        };
        let (region, key) = (self.host.region, &self.service.key);
        let leave = |account: &mut Account| {
            let tasks = account.hosted_tasks(region, key).into_iter();
            for HostedTask { id, stage, .. } in tasks.filter(|task| task.runner != By::Nobody) {
                account.report(region, &id, &lines);
                match stage {
                    Stage::Stopping => account.report_end(region, &id, &Ending::Exit(code)),
                    Stage::Starting | Stage::Running | Stage::Draining => account.pretend_task(region, &id),
                }
            }
        };
        if let Err(error) = self.host.sandbox.change(leave).await {
            self.tell(&format!("the embedded account: {error}"));
        }
    }

    /// Takes the tasks that are to run here, and leaves the others. Returns the former.
    async fn take(&mut self, tasks: Vec<HostedTask>) -> io::Result<Vec<HostedTask>> {
        let (mut mine, mut taken, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for task in tasks {
            let is_to_run = matches!(task.stage, Stage::Starting | Stage::Running);
            match task.runner {
                By::Host => mine.push(task),
                By::Nobody | By::Wanted if is_to_run && self.is_own(&task).await => {
                    taken.push(task.id.clone());
                    mine.push(task);
                }
                By::Wanted => left.push(task.id),
                By::Nobody => {}
            }
        }
        let region = self.host.region;
        if !taken.is_empty() || !left.is_empty() {
            let change = |account: &mut Account| {
                taken.iter().for_each(|id| account.take_task(region, id));
                left.iter().for_each(|id| account.pretend_task(region, id));
            };
            self.host.sandbox.change(change).await?;
        }
        Ok(mine)
    }

    /// Returns whether the task's definition is the file's own.
    async fn is_own(&mut self, task: &HostedTask) -> bool {
        let told = match self.verdicts.get(&task.definition) {
            Some(Verdict::Own(_)) => return true,
            Some(Verdict::Foreign) => return false,
            Some(Verdict::Open(at, _)) if at.elapsed() < AGAIN => return false,
            Some(Verdict::Open(_, why)) => Some(why.clone()),
            None => None,
        };
        let own = (self.host.own)(self.service).await;
        let judged = own.and_then(|own| match foreign(&own.container, task) {
            None => Ok(own),
            Some(field) => {
                Err(NotOwn::Never(format!("its `{field}` isn't that of the file that this was started with")))
            }
        });
        let definition = task.definition.rsplit('/').next().unwrap_or_default();
        let verdict = match judged {
            Ok(own) => Verdict::Own(own),
            Err(NotOwn::Never(why)) => {
                self.tell(&format!("pretended: {definition} isn't run on this computer: {why}"));
                Verdict::Foreign
            }
            Err(NotOwn::NotYet(why)) => {
                if told.as_ref() != Some(&why) {
                    self.tell(&format!("pretended until it can be run on this computer: {definition}: {why}"));
                }
                Verdict::Open(Instant::now(), why)
            }
        };
        let is_own = matches!(verdict, Verdict::Own(_));
        self.verdicts.insert(task.definition.clone(), verdict);
        is_own
    }

    /// Hands on what the process writes, and how it ends.
    async fn follow(&mut self, tasks: &[HostedTask]) -> io::Result<()> {
        let Some(running) = &mut self.running else { return Ok(()) };
        let code = match running.process.exit_code() {
            Ok(code) => code,
            Err(_) => Some(1),
        };
        let mut lines = running.process.lines();
        let own: Vec<&HostedTask> = tasks.iter().filter(|task| running.tasks.contains(&task.id)).collect();
        let is_told = running.deadline.is_some();
        if let Some(code) = code {
            let ended = self.running.take().expect("it was there a line above");
            lines.extend(ended.last_lines().await);
            if !is_told {
                self.tell(&format!("its command has ended with exit code {code}"));
            }
        }
        let is_due = self.beat.elapsed() >= BEAT;
        if lines.is_empty() && code.is_none() && !is_due {
            return Ok(());
        }
        self.beat = Instant::now();
        let region = self.host.region;
        let change = |account: &mut Account| {
            for task in own {
                account.report(region, &task.id, &lines);
                // Who was told to end has ended for the tasks that are to end, and for no others.
                if let Some(code) = code.filter(|_| !is_told || task.stage == Stage::Stopping) {
                    account.report_end(region, &task.id, &Ending::Exit(code));
                }
            }
        };
        self.host.sandbox.change(change).await
    }

    /// Starts what is to run, and ends what isn't.
    async fn steer(&mut self, tasks: &[HostedTask]) -> io::Result<()> {
        let of = |stage: Stage| tasks.iter().filter(move |task| task.stage == stage);
        let wanted = of(Stage::Running).next_back().or_else(|| of(Stage::Draining).next_back());
        if let Some(running) = &mut self.running {
            let is_good = wanted.is_some_and(|wanted| running.stands_for(wanted, tasks));
            if is_good {
                let same = of(Stage::Running).filter(|task| task.deployment == running.deployment);
                running.tasks.extend(same.map(|task| task.id.clone()));
            } else {
                running.end();
            }
            running.kill_late();
            if running.deadline.is_some() {
                return Ok(());
            }
        }
        let ended: Vec<&str> = of(Stage::Stopping).map(|task| task.id.as_str()).collect();
        if !ended.is_empty() {
            let region = self.host.region;
            let end = |account: &mut Account| {
                ended.iter().for_each(|id| account.report_end(region, id, &Ending::Exit(TERMINATED)));
            };
            self.host.sandbox.change(end).await?;
        }
        match wanted.filter(|wanted| self.running.is_none() && wanted.stage == Stage::Running) {
            Some(wanted) => self.start(wanted, tasks).await,
            None => Ok(()),
        }
    }

    /// Starts the process for the deployment of `wanted`.
    async fn start(&mut self, wanted: &HostedTask, tasks: &[HostedTask]) -> io::Result<()> {
        let Some(Verdict::Own(own)) = self.verdicts.get(&wanted.definition) else { return Ok(()) };
        let own = own.clone();
        let same = |task: &&HostedTask| task.stage == Stage::Running && task.deployment == wanted.deployment;
        let tasks: BTreeSet<String> = tasks.iter().filter(same).map(|task| task.id.clone()).collect();
        let command = own.local.line();
        let region = self.host.region;
        let started = self.process(&own).await?;
        let (line, end) = match &started {
            Ok(process) => {
                let (folder, id) = (own.local.directory.display(), process.id());
                self.tell(&format!("ON THIS COMPUTER, with your rights: {command} in {folder}, as process {id}"));
                (format!("not pretended: {command} runs on this computer"), None)
            }
            Err(why) => {
                self.tell(why);
                (
                    format!("not pretended: {why}"),
                    Some(Ending::NeverStarted(format!("CannotStartContainerError: {why}"))),
                )
            }
        };
        let report = |account: &mut Account| {
            for id in &tasks {
                account.report(region, id, std::slice::from_ref(&line));
                end.iter().for_each(|end| account.report_end(region, id, end));
            }
        };
        self.host.sandbox.change(report).await?;
        self.told.clear();
        let (deployment, patience) = (wanted.deployment.clone(), patience(&own.container));
        let ports = ports(&own.container);
        self.running = started.ok().map(|process| {
            let checks = Vec::new();
            Running { process, deployment, tasks, ports, checks, patience, deadline: None }
        });
        Ok(())
    }

    /// The process of a container, or why it can't be started.
    async fn process(&self, own: &Own) -> io::Result<Result<Process, String>> {
        for port in ports(&own.container) {
            if is_taken(port).await {
                return Ok(Err(format!("another program on this computer listens on port {port}")));
            }
        }
        let Host { sandbox, region, url, home, .. } = self.host;
        let fill = |account: &mut Account| with_secrets(&own.container, |from| account.secret_value(region, from));
        let (container, unknown) = sandbox.change(fill).await?;
        if !unknown.is_empty() {
            return Ok(Err(format!("the account doesn't have these secrets: {}", unknown.join(", "))));
        }
        let environment = environment(&container, |name| std::env::var_os(name), &Reach { home, url, region });
        let program = own.local.command.first().map_or("", String::as_str);
        let folder = own.local.directory.display();
        let started = Process::start(&own.local, &environment);
        Ok(started.map_err(|error| format!("exec: \"{program}\" in {folder}: {error}")))
    }

    /// Tells the account how the tasks fare.
    async fn tell_health(&mut self, tasks: &[HostedTask]) -> io::Result<()> {
        let Some(running) = self.running.as_mut().filter(|running| running.deadline.is_none()) else { return Ok(()) };
        let is_live = |task: &&HostedTask| matches!(task.stage, Stage::Running | Stage::Draining);
        let live: Vec<&HostedTask> =
            tasks.iter().filter(is_live).filter(|task| running.tasks.contains(&task.id)).collect();
        running.checks.retain(|watched| live.iter().any(|task| task.checks.contains(&watched.check)));
        let mut news = Vec::new();
        for task in live {
            let found: BTreeMap<String, Checked> =
                task.checks.iter().map(|check| (check.group.clone(), running.found(check, task.grace))).collect();
            if self.told.get(&task.id) != Some(&found) {
                self.told.insert(task.id.clone(), found.clone());
                news.push((&task.id, found));
            }
        }
        if news.is_empty() {
            return Ok(());
        }
        let region = self.host.region;
        let report = |account: &mut Account| {
            news.iter().for_each(|(id, found)| account.report_checks(region, id, found));
        };
        self.host.sandbox.change(report).await
    }

    fn tell(&self, words: &str) {
        (self.host.tell)(&self.service.address, words);
    }
}

/// Returns whether something listens at a port of this computer.
async fn is_taken(port: u16) -> bool {
    const PATIENCE: Duration = Duration::from_millis(300);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    matches!(tokio::time::timeout(PATIENCE, TcpStream::connect(address)).await, Ok(Ok(_)))
}

#[cfg(test)]
mod tests;
