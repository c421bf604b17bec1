//! `labform logs`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::Duration;

use clap::Args;

use super::screen::{Ended, Json, Result, Voice, note};
use super::session::Session;
use super::{Globals, complete, files, stop};
use crate::cloud::CloudError;
use crate::error::{DONE, Error};
use crate::live;
use crate::logs::{Line, Reader, sources};
use crate::model::Address;
use crate::report::json::log_line;
use crate::report::log::write_line;
use crate::report::visible;

/// The pause between two readings: CloudWatch Logs takes a few readings a second from an account.
const PAUSE: Duration = Duration::from_secs(2);

/// Show the log lines of a service, a job, a task definition or a log group
///
/// Lines of all their tasks are shown in the order of time, each behind its container's name and the beginning of its
/// task's id. AWS names log streams after containers and tasks, so that a service and a job of one task definition show
/// the same lines.
///
/// Ctrl-C ends --follow with exit code 130, as it ends `tail -f`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// What wrote the lines, as in service.web, job.classifier, taskDefinition.web or logGroup.web [default: all log
    /// groups of the lab]
    #[arg(add = complete::logging())]
    address: Option<Address>,
    /// Go on with new lines until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// How far back to begin, as in 90s, 10m or 2h
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    since: Duration,
    #[command(flatten)]
    json: Json,
}

impl Logs {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.show(globals, &voice))
    }

    fn show(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        let source = files::load(globals)?;
        // An address that isn't there is told before the first call.
        sources(source.lab(), self.address.as_ref())?;
        stop::run(async |stop| {
            let session = stop.or(Session::open(globals, source.region())).await?;
            let cloud = &session.cloud;
            let (lab, account) = stop.or(live::lab(cloud, &source)).await?;
            session.introduce(voice, source.name(), &account)?;
            let sources = sources(&lab, self.address.as_ref())?;
            let groups = sources.len();
            let since = cloud.now().checked_sub(self.since);
            let mut reader = Reader::new(cloud, sources, since.unwrap_or(std::time::UNIX_EPOCH));
            let mut count = 0_usize;
            let mut tell = |line: Line| {
                count += 1;
                show(voice, &line).map_err(Failed::Told)
            };
            let mut noted = BTreeSet::new();
            loop {
                tokio::select! {
                    read = reader.read(&mut tell) => read.map_err(|failed| self.ended(failed))?,
                    () = stop.token().cancelled() => return Err(Ended::Interrupted),
                }
                let missing = reader.missing();
                if missing.len() == groups && !self.follow {
                    return Err(self.missing(&missing).into());
                }
                for group in missing {
                    if noted.insert(group.to_owned()) {
                        note(format_args!(
                            "there is no log group {} yet: `labform apply` makes those of the lab",
                            visible(group)
                        ));
                    }
                }
                if !self.follow {
                    break;
                }
                tokio::select! {
                    () = cloud.sleep(PAUSE) => {}
                    () = stop.token().cancelled() => return Err(Ended::Interrupted),
                }
            }
            if count == 0 {
                note(format_args!(
                    "no lines in the last {}; --since 1d looks further back",
                    humantime::format_duration(self.since)
                ));
            }
            Ok(DONE)
        })
    }

    /// The end of a reading, with its purpose in front of the error.
    fn ended(&self, failed: Failed) -> Ended {
        match failed {
            Failed::Told(ended) => ended,
            Failed::Read(error) => {
                let error = Error::from(error);
                let of = self.address.as_ref().map(|address| format!("{address}: "));
                let message = format!("{}reading the log: {}", of.unwrap_or_default(), error.message);
                Error { message, ..error }.into()
            }
        }
    }

    fn missing(&self, groups: &[&str]) -> Error {
        let of = self.address.as_ref().map(|address| format!("{address}: "));
        let there = match groups {
            [one] => format!("there is no log group `{one}`"),
            many => format!("there are no log groups `{}`", many.join("`, `")),
        };
        Error::failed(format!("{}{there}", of.unwrap_or_default())).hint(
            "`labform apply` makes the log groups of the lab; a task that logs to one that isn't there can't start",
        )
    }
}

/// The reason why a reading ended early.
enum Failed {
    Read(CloudError),
    Told(Ended),
}

impl From<CloudError> for Failed {
    fn from(error: CloudError) -> Self {
        Self::Read(error)
    }
}

fn show(voice: &Voice, line: &Line) -> Result<()> {
    match voice {
        Voice::People => {
            let mut out = anstream::stdout().lock();
            write_line(&mut out, line)?;
            out.flush()?;
        }
        Voice::Programs(lines) => lines.write(&log_line(line))?,
    }
    Ok(())
}
