//! `labform labs`.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use serde_json::json;

use super::screen::{Json, Result, Voice, note};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, record, stop};
use crate::cloud::{self, Account, Cloud, ErrorKind};
use crate::error::{DONE, Error, PARTLY};
use crate::live::{self, KnownLab};
use crate::model::Hourly;
use crate::plan::live_costs;
use crate::report::cost::write_sum;
use crate::report::labs::write_labs;
use crate::report::visible;
use crate::resource::{NO_VPC, Place};
use crate::spec::region_problem;

/// The region in which it is asked for the regions that there are; each account can use it.
const HOME: &str = "us-east-1";
/// The labs whose objects are read at the same time.
const AT_ONCE: usize = 4;

/// What a lab costs by the hour, or why that can't be told.
type LabCost = std::result::Result<Hourly, Error>;

/// Show the labs of the account: where, since when, until when, and whose
///
/// Labs are told by the owner tags of their objects, so that no lab.yaml is needed. The numbers are those of AWS's tag
/// index, which lags by minutes behind what is made and deleted.
#[derive(Debug, Args)]
pub(super) struct Labs {
    #[command(flatten)]
    regions: Regions,
    /// Read the objects of each lab, too, and tell about what they cost by the hour
    #[arg(long)]
    cost: bool,
    #[command(flatten)]
    json: Json,
}

/// The argument `--regions`.
#[derive(Debug, Args)]
pub(super) struct Regions {
    /// The regions to look at, as in eu-west-1,us-east-1 [default: all that the account can use]
    #[arg(long, value_name = "REGIONS", value_delimiter = ',', value_parser = region)]
    pub(super) regions: Vec<String>,
}

fn region(text: &str) -> std::result::Result<String, String> {
    region_problem(text).map_or_else(|| Ok(text.to_owned()), |(message, hint)| Err(format!("{message}; {hint}")))
}

/// The labs of an account.
pub(super) struct AccountLabs {
    pub(super) session: Session,
    pub(super) account: Account,
    /// The labs, by region and name.
    pub(super) labs: Vec<KnownLab>,
    /// The regions that couldn't be looked at, each with the reason, and IAM if it lists no roles.
    pub(super) unread: Vec<(String, Error)>,
}

impl Labs {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(stop::run(async |stop| self.show(globals, &voice, &stop).await))
    }

    async fn show(&self, globals: &Globals, voice: &Voice, stop: &Stop) -> Result<u8> {
        let found = self.regions.find(globals, &[], stop).await?;
        found.session.introduce_account(voice, &found.account)?;
        let costs = if self.cost { found.costs(stop).await? } else { vec![None; found.labs.len()] };
        let rows: Vec<[String; 7]> = found.labs.iter().zip(&costs).map(|(lab, cost)| row(lab, cost.as_ref())).collect();
        let lines = || {
            found.labs.iter().zip(&costs).map(|(lab, cost)| {
                let mut line = record::line("lab", &lab.lab, &lab.record);
                line["region"] = json!(lab.region);
                line["objects"] = json!(lab.objects);
                let cost = cost.as_ref().and_then(|cost| cost.as_ref().ok());
                line["cost"] = json!(cost.map(|cost| cost.usd));
                line["costIsLeast"] = json!(cost.map(|cost| cost.is_least));
                line
            })
        };
        let known: Vec<Hourly> = costs.iter().flatten().filter_map(|cost| cost.as_ref().ok()).copied().collect();
        voice.data(
            |out| match rows.is_empty() {
                true => writeln!(out, "No labs."),
                false => write_labs(out, &rows).and_then(|()| write_sum(out, &known)),
            },
            || lines().collect(),
        )?;
        for (lab, cost) in found.labs.iter().zip(&costs) {
            if let Some(Err(error)) = cost {
                note(format_args!("{}: what it costs can't be told: {error}", visible(&lab.lab)));
            }
        }
        found.tell_unread(voice)
    }
}

impl AccountLabs {
    /// Reads each lab, and returns what it costs by the hour. One that can't be read holds up no other.
    async fn costs(&self, stop: &Stop) -> Result<Vec<Option<LabCost>>> {
        let cost = async |lab: &KnownLab| {
            let cloud = self.session.cloud.in_region(&lab.region);
            let live = live::list(&cloud, &lab.lab, None).await?;
            let place = Place {
                lab: lab.lab.clone(),
                account: self.account.id.clone(),
                region: lab.region.clone(),
                partition: self.account.partition().to_owned(),
                vpc: NO_VPC.to_owned(),
            };
            Ok(live_costs(&place, &live).now())
        };
        let costs = stream::iter(&self.labs).map(cost).buffered(AT_ONCE).map(Some).collect();
        stop.or(async { Ok::<_, Error>(costs.await) }).await
    }
}

impl Regions {
    /// Finds the labs of the account in these regions. It has to be one of `accounts`, unless there are none.
    ///
    /// # Errors
    /// If nobody is signed in, if the account is another one, or if it doesn't tell its regions or roles.
    pub(super) async fn find(&self, globals: &Globals, accounts: &[String], stop: &Stop) -> Result<AccountLabs> {
        let first = self.regions.first().map_or(HOME, String::as_str);
        let session = stop.or(Session::open(globals, first)).await?;
        let cloud = &session.cloud;
        let look = async {
            let account = cloud::identity(cloud).await?;
            if !accounts.is_empty() && !accounts.contains(&account.id) {
                let message = format!("these credentials are for account {} ({})", account.id, account.arn);
                return Err(Error::refused(format!("{message}, and --account allows only {}", accounts.join(", "))));
            }
            let regions = match self.regions.as_slice() {
                [] => cloud.regions().await?,
                some => some.iter().cloned().collect::<BTreeSet<_>>(),
            };
            let (roles, denied) = match cloud.role_places(None).await {
                Err(error) if error.kind() == ErrorKind::Denied => (BTreeMap::new(), Some(error)),
                roles => (roles?, None),
            };
            // In a learner's account nobody makes any.
            let denied = denied.filter(|_| !account.is_learner()).map(|error| ("IAM".to_owned(), Error::from(error)));
            Ok::<_, Error>((account, regions, roles, denied))
        };
        let (account, regions, roles, denied) = stop.or(look).await?;
        let looks = regions.into_iter().map(|region| look_at(cloud, region, &roles));
        let all = stop.or(async { Ok::<_, Error>(join_all(looks).await) }).await?;
        let (mut labs, mut unread) = (Vec::new(), Vec::from_iter(denied));
        for (region, found) in all {
            match found {
                Ok(found) => labs.extend(found),
                Err(error) => unread.push((region, error)),
            }
        }
        Ok(AccountLabs { session, account, labs, unread })
    }
}

async fn look_at(
    cloud: &Cloud,
    region: String,
    roles: &BTreeMap<(String, String), usize>,
) -> (String, std::result::Result<Vec<KnownLab>, Error>) {
    let found = live::labs(&cloud.in_region(&region), roles).await;
    (region, found)
}

impl AccountLabs {
    /// Names what couldn't be looked at, and returns the exit code for that.
    ///
    /// # Errors
    /// If the output can't be written.
    pub(super) fn tell_unread(&self, voice: &Voice) -> Result<u8> {
        for (region, error) in &self.unread {
            let message = format!("{region} was not looked at: {}", error.message);
            voice.failed(&Error { message, ..error.clone() })?;
        }
        Ok(if self.unread.is_empty() { DONE } else { PARTLY })
    }
}

fn row(lab: &KnownLab, cost: Option<&LabCost>) -> [String; 7] {
    let (by, since, expires) = record::texts(&lab.record);
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let cost = cost.map(|cost| cost.as_ref().map_or_else(|_| "?".to_owned(), ToString::to_string));
    let cost = cost.unwrap_or_default();
    [lab.lab.clone(), lab.region.clone(), lab.objects.to_string(), cost, or(since), or(expires), or(by)]
}
