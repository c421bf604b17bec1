//! `labform doctor`.

use std::collections::BTreeMap;

use clap::Args;

use super::screen::{Ended, Json, Result, Voice};
use super::session::{Session, env_text};
use super::stop::{self, Stop};
use super::{Globals, files};
use crate::doctor::{self, Finding, Spec, Surroundings};
use crate::error::Error;
use crate::report::findings::{finding_lines, write_findings};
use crate::spec::region_problem;

/// The region whose STS is asked as long as none is known.
const ANY: &str = "us-east-1";

/// Say what is wrong with this computer, this sign-in and this account, and what mends it
///
/// Looks at lab.yaml, region, proxy, Docker, sign-in, clock, account, network, rights, roles of services, and quotas, as
/// far as the lab needs them. Nothing is changed, and all is known in less than 5 seconds. Exit codes: 0 if nothing is
/// wrong, though there may be warnings; else that of the first thing that is: 4 the account isn't one of `accounts`, 5
/// lab.yaml is wrong, 6 not signed in, 1 anything else, or something didn't answer.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The region to look at without a lab.yaml [default: AWS_REGION or AWS_DEFAULT_REGION]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    #[command(flatten)]
    json: Json,
}

impl Doctor {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(stop::run(async |stop| {
            let found = self.examine(globals, &stop).await?;
            tell(&voice, &found)?;
            Ok(doctor::exit_code(&found))
        }))
    }

    async fn examine(&self, globals: &Globals, stop: &Stop) -> Result<Vec<Finding>> {
        if let Some((message, hint)) = self.region.as_deref().and_then(region_problem) {
            return Err(Error::usage(format!("--region: {message}")).hint(hint).into());
        }
        let environment: BTreeMap<String, String> = env_text().collect();
        let read = files::load(globals);
        let is_missing = globals.file.as_os_str() == "lab.yaml" && !globals.file.exists();
        let lab = match &read {
            Ok(source) => Spec::Lab(source),
            Err(_) if is_missing => Spec::None,
            Err(Ended::Error(error)) => Spec::Wrong(error),
            Err(Ended::Interrupted | Ended::ClosedPipe) => Spec::None,
        };
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().filter_map(|name| environment.get(*name));
        let named = named.map(String::as_str).find(|region| region_problem(region).is_none());
        let region = match &lab {
            Spec::Lab(source) => Some(source.region()),
            Spec::None | Spec::Wrong(_) => self.region.as_deref().or(named),
        };
        let session = stop.or(Session::open_silently(globals, region.unwrap_or(ANY))).await?;
        let cloud = session.cloud.hasty(doctor::CALL);
        let surroundings = Surroundings {
            cloud: &cloud,
            lab,
            region,
            profile: globals.profile.as_deref(),
            environment: &environment,
            endpoints: &session.endpoints,
        };
        stop.or(async { Ok::<_, Ended>(doctor::examine(&surroundings).await) }).await
    }
}

fn tell(voice: &Voice, found: &[Finding]) -> Result<()> {
    voice.data(|out| write_findings(out, found), || finding_lines(found))
}
