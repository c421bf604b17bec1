//! A connection to one account.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy as _;
use serde_json::json;

use super::Globals;
use super::embedded::{Embedded, EmbeddedAccount, Jobs};
use super::endpoints::endpoints;
use super::files::{self, Readers, make_folder};
use super::screen::{Result, Voice, learn, note};
use crate::cloud::{self, Account, Cloud, Endpoint, Registry};
use crate::error::Error;
use crate::model::shown_url;
use crate::report::commands::works_in;
use crate::report::{BOLD, DIM, YELLOW, paint, visible};
use labform_account::{Pace, Sandbox};

/// The seconds of the embedded account's time in a second of the wall's while somebody waits.
pub(super) const SPEED: u32 = 60;

/// The time after which somebody who waits for the embedded account is told so.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection to one account.
#[derive(Debug)]
pub(super) struct Session {
    /// The clients.
    pub(super) cloud: Cloud,
    /// The place of the account.
    endpoint: Endpoint,
    /// The embedded account, if the session is one with it.
    pub(super) embedded: Option<EmbeddedAccount>,
    region: String,
    profile: Option<String>,
    whereabouts: Option<String>,
    /// The endpoints that the environment or the profile puts in the place of AWS's, by what names them.
    pub(super) endpoints: BTreeMap<String, String>,
}

impl Session {
    /// Connects to `region` as the arguments say, and shows what isn't AWS itself. No call is made.
    pub(super) async fn open(globals: &Globals, region: &str) -> Result<Self> {
        let session = Self::open_silently(globals, region).await?;
        for (from, url) in &session.endpoints {
            let warning = paint(YELLOW, "not AWS itself:");
            note(format_args!("{warning} {} says {}", visible(from), visible(shown_url(url))));
        }
        Ok(session)
    }

    /// Connects as [`open`](Self::open) does, and shows nothing.
    pub(super) async fn open_silently(globals: &Globals, region: &str) -> Result<Self> {
        if let Some(student) = &globals.student {
            works_in(region);
            return Ok(student.session.in_region(region));
        }
        let (mut whereabouts, mut account) = (None, None);
        let endpoint = match (&globals.sandbox, &globals.endpoint_url) {
            (Some(embedded), _) => {
                let Embedded { file, jobs } = embedded.clone().unwrap_or_default();
                let (sandbox, file) = open_sandbox(file).await?;
                whereabouts = Some(format!("embedded account in {}", file.display()));
                let endpoint = Endpoint::Sandbox(sandbox.clone());
                account = Some(EmbeddedAccount { sandbox, file, region: region.to_owned(), jobs });
                endpoint
            }
            (None, Some(url)) => {
                whereabouts = Some(format!("endpoint {}", shown_url(url)));
                Endpoint::Url(url.clone())
            }
            (None, None) => Endpoint::Aws,
        };
        works_in(region);
        let mut cloud = cloud::connect(&endpoint, region, globals.profile.as_deref()).await;
        cloud.folder = files::folder(&globals.file);
        if let Some(url) = &globals.registry_url {
            cloud.registry = registry(&cloud.registry, url)?;
        }
        let mut elsewhere = BTreeMap::new();
        if matches!(endpoint, Endpoint::Aws) {
            elsewhere = endpoints(env_text(), cloud.endpoint_url.as_deref());
            whereabouts = cloud.endpoint_url.as_ref().map(|url| format!("endpoint {}", shown_url(url)));
        }
        let (region, profile) = (region.to_owned(), globals.profile.clone());
        Ok(Self { cloud, endpoint, embedded: account, region, profile, whereabouts, endpoints: elsewhere })
    }

    /// The same account in another region.
    pub(super) fn in_region(&self, region: &str) -> Self {
        let is_there = region == self.cloud.region;
        self.by(if is_there { self.cloud.clone() } else { self.cloud.in_region(region) })
    }

    /// The same place by other clients.
    pub(super) fn by(&self, cloud: Cloud) -> Self {
        let region = cloud.region.clone();
        let embedded = self.embedded.clone();
        Self {
            embedded: embedded.map(|account| EmbeddedAccount { region: region.clone(), ..account }),
            cloud,
            endpoint: self.endpoint.clone(),
            region,
            profile: self.profile.clone(),
            whereabouts: self.whereabouts.clone(),
            endpoints: BTreeMap::new(),
        }
    }

    /// The same place with the credentials of a profile, which are fetched once.
    pub(super) async fn with_profile(&self, profile: &str) -> Self {
        let cloud = self.cloud.with_profile(&self.endpoint, profile).await.keeping();
        let mut session = self.by(cloud);
        session.profile = Some(profile.to_owned());
        session
    }

    /// The same account, for a question about several regions.
    pub(super) fn over<'a>(&self, regions: impl Iterator<Item = &'a str>) -> Self {
        let regions: BTreeSet<&str> = regions.collect();
        let mut session = self.in_region(&self.region);
        session.region = regions.into_iter().collect::<Vec<_>>().join(", ");
        session
    }

    /// The place that a question is about, line by line: AWS or another account, its region, and the caller.
    pub(super) fn place(&self, account: &Account) -> Vec<String> {
        let aws = if self.whereabouts.is_none() { "AWS account" } else { "account" };
        let first = format!("in {aws} {}", self.account(account));
        let where_else = self.whereabouts.iter().map(|place| format!("on the {}, not AWS", visible(place)));
        let caller = format!("as {}", visible(&account.arn));
        [first].into_iter().chain(where_else).chain([caller]).collect()
    }

    fn account(&self, account: &Account) -> String {
        let (id, region) = (paint(BOLD, visible(&account.id)), paint(BOLD, visible(&self.region)));
        let profile = self.profile.iter().map(|profile| format!(", profile {}", visible(profile)));
        format!("{id}, region {region}{}", profile.collect::<String>())
    }

    /// Shows which account it is: people on stderr, programs by a line of their own.
    pub(super) fn introduce(&self, voice: &Voice, lab: &str, account: &Account) -> Result<()> {
        learn(|member| member.account(&account.id));
        let jobs = self.embedded.as_ref().map(|account| match account.jobs {
            Jobs::Pretended => "pretended",
            Jobs::Run => "run here",
        });
        voice.session(&json!({
            "type": "session", "lab": lab, "account": account.id, "caller": account.arn, "region": self.region,
            "endpoint": self.whereabouts, "jobs": jobs,
        }))?;
        note(format_args!("lab {}, account {}", paint(BOLD, visible(lab)), self.account(account)));
        self.show_caller(Some(account));
        Ok(())
    }

    /// Shows which account it is, for a command that is about several labs.
    pub(super) fn introduce_account(&self, voice: &Voice, account: &Account) -> Result<()> {
        voice.session(&json!({
            "type": "account", "account": account.id, "caller": account.arn, "endpoint": self.whereabouts,
        }))?;
        note(format_args!("account {}", paint(BOLD, visible(&account.id))));
        self.show_caller(Some(account));
        Ok(())
    }

    /// Shows where the calls go if that isn't AWS, and who makes them.
    pub(super) fn show_caller(&self, caller: Option<&Account>) {
        self.whereabouts.iter().for_each(|place| note(format_args!("on the {}", visible(place))));
        let caller = caller.map(|caller| paint(DIM, format_args!("as {}", visible(&caller.arn))).to_string());
        note(format_args!("{}\n", caller.unwrap_or_default()));
    }
}

/// The registry at `url`, if the account has none of its own.
fn registry(own: &Registry, url: &str) -> Result<Registry> {
    if *own == Registry::Ecr {
        let message = "--registry-url is for emulators: at AWS itself images go to Amazon ECR";
        return Err(Error::refused(message)
            .hint("leave out --registry-url, and LABFORM_REGISTRY_URL in the environment")
            .into());
    }
    if *own == Registry::Pretended {
        return Ok(Registry::Pretended);
    }
    let wrong = |why| Error::usage(format!("--registry-url {}: {why}", shown_url(url)));
    Ok(Registry::at(url).map_err(wrong)?)
}

/// The variables of the environment that are text.
pub(super) fn env_text() -> impl Iterator<Item = (String, String)> {
    let text = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value.into_string().ok()?));
    env::vars_os().filter_map(text)
}

impl Drop for Session {
    fn drop(&mut self) {
        tracing::debug!(calls = ?self.cloud.meter.by_operation(), "{} calls to AWS", self.cloud.meter.total());
    }
}

/// Opens the embedded account in `file`, or in the user's own one. Returns it with that file's path.
pub(super) async fn open_sandbox(file: Option<PathBuf>) -> Result<(Sandbox, PathBuf)> {
    let path = match file {
        Some(path) => path,
        None => state_file()?,
    };
    let sandbox = opened(&path).await.map_err(|error| {
        Error::failed(format!("the embedded account: {error}"))
            .hint("name another file with --sandbox=PATH: a fresh account begins where there is none")
    })?;
    Ok((sandbox, path))
}

/// The account in a file, once no other process is using it; whoever waits for that is told.
async fn opened(path: &Path) -> io::Result<Sandbox> {
    let opening = Sandbox::open_when_free(path, Pace::Factor(SPEED));
    tokio::pin!(opening);
    if let Ok(opened) = tokio::time::timeout(PATIENCE, &mut opening).await {
        return opened;
    }
    let user = Sandbox::user(path).map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
    note(format_args!("waiting for the embedded account in {}: {user} is using it", path.display()));
    opening.await
}

/// The place of the user's own embedded account, if the user has a home.
pub(super) fn state_path() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Some(folder.join("labform").join("sandbox.json"))
}

fn state_file() -> Result<PathBuf> {
    let homeless =
        || Error::failed("there is no home folder to keep the embedded account in").hint("name a file: --sandbox=PATH");
    let file = state_path().ok_or_else(homeless)?;
    make_folder(&file, Readers::Owner)?;
    Ok(file)
}
