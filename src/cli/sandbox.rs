//! `labform sandbox`.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::{Args, Subcommand};

use super::prepare::Prepare;
use super::screen::Result;
use super::serve::Serve;
use super::{Globals, embedded, session, stop};
use crate::error::DONE;
use crate::local::{Local, LocalRun, carry_out};

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

impl Sandbox {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        match &self.command {
            Command::Prepare(prepare) => prepare.run(globals),
            Command::Serve(serve) => serve.run(globals),
            Command::ExecTask(task) => task.run(globals),
        }
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
    /// The command
    #[arg(last = true)]
    command: Vec<String>,
}

impl ExecTask {
    fn run(&self, globals: &Globals) -> Result<u8> {
        let is_expected = Arc::new(AtomicBool::new(true));
        let open = is_expected.clone();
        thread::spawn(move || {
            // However it ends, nobody holds it any more.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            open.store(false, Ordering::Relaxed);
        });
        stop::run(async |stop| {
            let embedded = globals.sandbox.clone().flatten().unwrap_or_default();
            let (sandbox, path) = stop.or(session::open_sandbox(embedded.file)).await?;
            let run = LocalRun {
                region: self.region.clone(),
                started_by: self.started_by.clone(),
                local: Local { command: self.command.clone(), directory: self.directory.clone() },
                home: embedded::home(&path)?,
            };
            let is_expected = || is_expected.load(Ordering::Relaxed);
            carry_out(&sandbox, &run, &is_expected, stop.token()).await;
            Ok(DONE)
        })
    }
}
