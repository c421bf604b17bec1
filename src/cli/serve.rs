//! `labform sandbox serve`.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Args;
use tokio::runtime::Builder;

use super::calls::Calls;
use super::hosting::{Consent, Services};
use super::screen::{Result, note};
use super::{Globals, files, session, stop};
use crate::error::{DONE, Error};
use crate::report::visible;
use labform_account::{Accounts, Server};

/// The port of the embedded account, if nothing else is said.
pub(super) const PORT: u16 = 4588;

/// Answer the AWS CLI and SDKs on this machine, until Ctrl-C
///
/// Prints the lines that make a shell's AWS clients use it, and logs each call on stderr: the account's time,
/// service:Operation, HTTP status. The account is the one of --sandbox, so labform can work on it at the same time.
/// Stopping it is its regular end: exit code 0.
///
/// With --accounts it is a whole class: an access key of twelve digits is that account's, keys that AssumeRole gives out
/// belong to the account of the role (arn:aws:iam::ACCOUNT:role/NAME, whatever its name), and any other key to the account
/// of --sandbox. A line says whose call it is. A file DIR/ACCOUNT.json.faults lets one of them misbehave, as in
/// {"callsPerSecond": 1}, {"denied": ["iam:ListRoles"]} or {"roles": []}, which leaves no role to assume. At the end it says
/// how many calls there were of each account, and in its busiest second.
///
/// With --exec the services of the lab run: labform shows the command of each, with its folder, ports and variables, and asks.
/// Then it keeps it as a process on this computer, with your rights, for as long as the account's service has tasks: one for
/// all of them, because they share a port. An address on 127.0.0.1 stands for each port of a load balancer, and health
/// checks are made. Nothing but the commands of the lab.yaml that it was started with is run: a task definition that says
/// anything else stays pretended.
#[derive(Debug, Args)]
pub(super) struct Serve {
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
    /// Run the lab's services on this computer
    #[arg(long, conflicts_with = "accounts")]
    exec: bool,
    /// Don't ask before commands run on this computer
    #[arg(short, long, requires = "exec")]
    yes: bool,
}

impl Serve {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        // Accounts don't wait for each other.
        stop::run_on(&mut Builder::new_multi_thread(), async |stop| {
            let embedded = globals.sandbox.clone().flatten().unwrap_or_default();
            let (sandbox, path) = stop.or(session::open_sandbox(embedded.file)).await?;
            let source = if self.exec { Some(files::load(globals)?) } else { None };
            let consent = if self.yes { Consent::Given } else { Consent::Asked };
            // No port is taken before the user has agreed.
            let services = match &source {
                Some(source) => Some(Services::offered(globals, source, (&sandbox, &path), consent, &stop).await?),
                None => None,
            };
            let accounts = match &self.accounts {
                Some(folder) => Accounts::beside(sandbox.clone(), folder)
                    .map_err(|error| Error::failed(format!("--accounts {}: {error}", folder.display())))?,
                None => sandbox.clone().into(),
            };
            let server = Server::bind(accounts, self.port, self.speed).await.map_err(|error| {
                Error::failed(format!("port {} on 127.0.0.1: {error}", self.port))
                    .hint("another program may have it: --port 0 takes any free one")
            })?;
            let is_class = self.accounts.is_some();
            let server = server.with_latency(self.latency).with_limit(self.throttle);
            let url = server.url();
            let mut stdout = anstream::stdout();
            stdout.write_all(shell_lines(&url).as_bytes())?;
            stdout.flush()?;
            note(format_args!(
                "serving the embedded account in {}; its time passes {} times as fast as yours; Ctrl-C ends it",
                path.display(),
                self.speed
            ));
            let (calls, since) = (Arc::new(Mutex::new(Calls::default())), Instant::now());
            let counting = calls.clone();
            let answering = server.run(stop.token(), move |answered| {
                let mut counted = counting.lock().expect("nothing panics while it holds the lock");
                counted.count(&answered.account, &answered.region, since.elapsed().as_secs());
                drop(counted);
                let at = humantime::format_rfc3339_seconds(answered.at);
                let who = match is_class {
                    true => format!("{} {} ", visible(&answered.account), visible(&answered.region)),
                    false => String::new(),
                };
                note(format_args!("{at} {who}{} {}", visible(&answered.what), answered.status));
            });
            let running = async {
                if let Some(services) = services {
                    services.run(&url, &stop).await;
                }
            };
            tokio::join!(answering, running);
            let calls = calls.lock().expect("nothing panics while it holds the lock");
            calls.lines().iter().for_each(|line| note(visible(line)));
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
