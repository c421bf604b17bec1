//! `labform extend`.

use clap::Args;

use super::screen::{Json, Result, Voice};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, files, record, stop};
use crate::apply::set_expiry;
use crate::cloud::{self, Expires};
use crate::error::{DONE, Error, NOTHING_THERE};
use crate::live;
use crate::model::Expiry;
use crate::report::visible;
use crate::resource::{NO_VPC, Place};
use crate::spec::region_problem;

/// Move the time until which the lab is to live
///
/// It is kept in the tags of the lab's objects, where `labform destroy --expired` reads it. The next `labform apply` sets
/// it to what lab.yaml says, if that says anything.
#[derive(Debug, Args)]
pub(super) struct Extend {
    /// The time from now, as in 8h or 2d, a date, or never [default: `expires` of lab.yaml]
    #[arg(value_parser = expiry)]
    until: Option<Expiry>,
    /// The lab's name, where there is no lab.yaml
    #[arg(long, value_name = "NAME", requires_all = ["region", "until"], conflicts_with_all = ["file", "var"])]
    lab: Option<String>,
    /// The lab's region, where there is no lab.yaml
    #[arg(long, value_name = "REGION", requires = "lab")]
    region: Option<String>,
    #[command(flatten)]
    json: Json,
}

fn expiry(text: &str) -> std::result::Result<Expiry, String> {
    text.parse().map_err(str::to_owned)
}

impl Extend {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        voice.tell(self.prepare(globals, &voice))
    }

    fn prepare(&self, globals: &Globals, voice: &Voice) -> Result<u8> {
        if let (Some(lab), Some(region), Some(until)) = (&self.lab, &self.region, self.until) {
            if let Some((message, hint)) = region_problem(region) {
                return Err(Error::invalid(message).hint(hint).into());
            }
            return stop::run(async |stop| extend(globals, (lab, region, &[]), until, voice, &stop).await);
        }
        let source = files::load(globals)?;
        let lab = source.lab();
        let until = self
            .until
            .or(lab.expires)
            .ok_or_else(|| Error::usage("lab.yaml has no `expires`").hint("say until when: `labform extend 2d`"))?;
        let which = (source.name(), source.region(), lab.accounts.as_slice());
        stop::run(async |stop| extend(globals, which, until, voice, &stop).await)
    }
}

async fn extend(
    globals: &Globals,
    (lab, region, accounts): (&str, &str, &[String]),
    until: Expiry,
    voice: &Voice,
    stop: &Stop,
) -> Result<u8> {
    let session = stop.or(Session::open(globals, region)).await?;
    let cloud = &session.cloud;
    let account = stop.or(async { Ok::<_, Error>(cloud::identity(cloud).await?) }).await?;
    session.introduce(voice, lab, &account)?;
    live::guard(accounts, &account)?;
    let place = Place {
        lab: lab.to_owned(),
        account: account.id.clone(),
        region: region.to_owned(),
        partition: account.partition().to_owned(),
        vpc: NO_VPC.to_owned(),
    };
    let before = stop.or(live::list(cloud, lab, None)).await?;
    let mut record = before.record(lab);
    record::tell(voice, lab, &record, &account)?;
    if before.objects.is_empty() {
        voice.failed(&Error::failed(format!("the lab {} has nothing in {}", visible(lab), visible(region))))?;
        return Ok(NOTHING_THERE);
    }
    let expires = until.after(cloud.now());
    stop.finish(set_expiry(cloud, &place, None, &expires)).await?;
    record.expires = Some(Expires::of(&expires));
    voice.data(
        |out| writeln!(out, "{} expires {expires}", visible(lab)),
        || vec![record::line("record", lab, &record)],
    )?;
    Ok(DONE)
}
