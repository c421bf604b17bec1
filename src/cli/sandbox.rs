//! `labform sandbox`.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use tokio::runtime::Builder;

use super::calls::Calls;
use super::prepare::Prepare;
use super::screen::{Result, note};
use super::{Globals, session, stop};
use crate::error::{DONE, Error};
use crate::local::{LocalRun, carry_out};
use crate::report::visible;
use labform_account::{Accounts, Server};

/// The port of the embedded account, if nothing else is said.
pub(super) const PORT: u16 = 4588;

/// Use the embedded AWS account from other programs
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(super) struct Sandbox {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Prepare(Prepare),
    Serve(Serve),
    #[command(hide = true)]
    ExecTask(ExecTask),
}

/// Answer the AWS CLI and SDKs on this machine, until Ctrl-C
///
/// Prints the lines that make a shell's AWS clients use it, and logs each call on stderr: the account's time,
/// service:Operation, HTTP status. The account is the one of --sandbox, so labform can work on it at the same time.
/// Stopping it is its regular end: exit code 0.
///
/// With --accounts it is a whole class: an access key of twelve digits is that account's, keys that AssumeRole gives out
/// belong to the account of the role (arn:aws:iam::ACCOUNT:role/NAME, whatever its name), and any other key to the account
/// of --sandbox. A line says whose call it is. A file DIR/ACCOUNT.json.faults lets one of them misbehave, as in
/// {"callsPerSecond": 1} or {"roles": []}, which leaves no role to assume. At the end it says how many calls there were of
/// each account, and in its busiest second.
#[derive(Debug, Args)]
struct Serve {
    /// The port on 127.0.0.1; 0 for any free one
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// How many times as fast as yours the account's time passes
    #[arg(long, value_name = "N", default_value_t = session::SPEED,
        value_parser = clap::value_parser!(u32).range(1..=3600))]
    speed: u32,
    /// Serve other accounts, too, each in a file of this folder that is made at its first use
    #[arg(long, value_name = "DIR")]
    accounts: Option<PathBuf>,
    /// Answer each call this much later, as over a long line
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    latency: Duration,
    /// Throttle: refuse the calls beyond so many a second in one region of one account
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    throttle: Option<u32>,
}

impl Sandbox {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        match &self.command {
            Command::Prepare(prepare) => prepare.run(globals),
            Command::Serve(serve) => serve.run(globals),
            Command::ExecTask(task) => task.run(globals),
        }
    }
}

impl Serve {
    fn run(&self, globals: &Globals) -> Result<u8> {
        // Accounts don't wait for each other.
        stop::run_on(&mut Builder::new_multi_thread(), async |stop| {
            let embedded = globals.sandbox.clone().flatten().unwrap_or_default();
            let (sandbox, path) = stop.or(session::open_sandbox(embedded.file)).await?;
            let accounts = match &self.accounts {
                Some(folder) => Accounts::beside(sandbox, folder)
                    .map_err(|error| Error::failed(format!("--accounts {}: {error}", folder.display())))?,
                None => sandbox.into(),
            };
            let server = Server::bind(accounts, self.port, self.speed).await.map_err(|error| {
                Error::failed(format!("port {} on 127.0.0.1: {error}", self.port))
                    .hint("another program may have it: --port 0 takes any free one")
            })?;
            let is_class = self.accounts.is_some();
            let server = server.with_latency(self.latency).with_limit(self.throttle);
            let mut stdout = anstream::stdout();
            stdout.write_all(shell_lines(&server.url()).as_bytes())?;
            stdout.flush()?;
            note(format_args!(
                "serving the embedded account in {}; its time passes {} times as fast as yours; Ctrl-C ends it",
                path.display(),
                self.speed
            ));
            let (calls, since) = (Arc::new(Mutex::new(Calls::default())), Instant::now());
            let counting = calls.clone();
            server
                .run(stop.token(), move |answered| {
                    let mut calls = counting.lock().expect("nothing panics while it holds the lock");
                    calls.count(&answered.account, &answered.region, since.elapsed().as_secs());
                    drop(calls);
                    let at = humantime::format_rfc3339_seconds(answered.at);
                    let who = match is_class {
                        true => format!("{} {} ", visible(&answered.account), visible(&answered.region)),
                        false => String::new(),
                    };
                    note(format_args!("{at} {who}{} {}", visible(&answered.what), answered.status));
                })
                .await;
            let calls = calls.lock().expect("nothing panics while it holds the lock");
            calls.lines().iter().for_each(|line| note(visible(line)));
            Ok(DONE)
        })
    }
}

/// Run the command of a job's next task on this computer, for `run` with --sandbox=exec
///
/// Whoever started it holds its standard input open for as long as a task may still be started.
#[derive(Debug, Args)]
struct ExecTask {
    /// The region of the task
    #[arg(long)]
    region: String,
    /// What RunTask is told as `startedBy`
    #[arg(long)]
    started_by: String,
    /// The folder that the command runs in
    #[arg(long)]
    directory: PathBuf,
}

impl ExecTask {
    fn run(&self, globals: &Globals) -> Result<u8> {
        let run = LocalRun {
            region: self.region.clone(),
            started_by: self.started_by.clone(),
            directory: self.directory.clone(),
        };
        let is_expected = Arc::new(AtomicBool::new(true));
        let open = is_expected.clone();
        thread::spawn(move || {
            // However it ends, nobody holds it any more.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            open.store(false, Ordering::Relaxed);
        });
        stop::run(async |stop| {
            let embedded = globals.sandbox.clone().flatten().unwrap_or_default();
            let (sandbox, _) = stop.or(session::open_sandbox(embedded.file)).await?;
            let is_expected = || is_expected.load(Ordering::Relaxed);
            carry_out(&sandbox, &run, &is_expected, stop.token()).await;
            Ok(DONE)
        })
    }
}

/// The lines to paste into a shell. Nobody checks the keys, but clients don't start without any.
fn shell_lines(url: &str) -> String {
    format!(
        "export AWS_ENDPOINT_URL={url}\n\
         export AWS_ACCESS_KEY_ID=sandbox\n\
         export AWS_SECRET_ACCESS_KEY=sandbox\n\
         export AWS_REGION=eu-west-1\n\
         export AWS_DEFAULT_REGION=eu-west-1\n"
    )
}
