//! `labform destroy` of many labs, told by their tags alone: those whose time is over, those that are old, or all.

use std::path::Path;
use std::time::{Duration, SystemTime};

use clap::Args;
use humantime::{format_duration, parse_duration};

use super::ask::{self, Question};
use super::labs::{AccountLabs, Regions};
use super::reporting::Reporting;
use super::screen::{Ended, Result, Voice, learn, note};
use super::stop::Stop;
use super::teardown::{Found, Planned};
use super::{Globals, record};
use crate::apply::Emptying;
use crate::cloud::{Expires, Record};
use crate::error::{DONE, Error, INTERRUPTED, NOTHING_THERE, PARTLY};
use crate::live::KnownLab;
use crate::report::certificate::unlisted;
use crate::report::class::SparedLab;
use crate::report::commands::quoted;
use crate::report::json_class::spared_line;
use crate::report::{counted, visible};
use crate::resource::Place;

/// The arguments that choose labs by their tags.
#[derive(Debug, Args)]
pub(super) struct Many {
    #[command(flatten)]
    which: Which,
    /// The account in which that may be done; may be repeated
    #[arg(long, value_name = "ID", requires = "which", group = "where", conflicts_with = "roster")]
    account: Vec<String>,
    #[command(flatten)]
    regions: Regions,
}

/// The labs that are chosen.
#[derive(Debug, Args)]
#[group(id = "which", multiple = false, requires = "where",
    conflicts_with_all = ["narrow", "lab", "file", "var"])]
struct Which {
    /// Without lab.yaml: each lab whose `labform:expires` is past
    #[arg(long)]
    expired: bool,
    /// Without lab.yaml: each lab that is older than that by its `labform:since`, as in 12h or 2d
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    older_than: Option<Duration>,
    /// Without lab.yaml: each lab of the account, whoever made it; needs --yes and --max-deletes
    #[arg(long, requires_all = ["yes", "max_deletes"])]
    all_labs: bool,
}

/// The manner in which labs are destroyed.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    /// The folder for the report, if one is asked for.
    pub(super) report: Option<&'a Path>,
    pub(super) emptying: Emptying,
    /// The most objects that may go in all labs together.
    pub(super) max_deletes: Option<usize>,
    pub(super) must_exist: bool,
    pub(super) asks: bool,
}

/// What is to become of a lab of the account.
enum Fate {
    /// It is to be destroyed.
    Goes(Box<(Found, Planned)>),
    /// It is left alone, for this reason.
    Spared(String),
    /// Nothing of it is there any more.
    Gone,
}

impl Which {
    /// Returns why a lab is left alone; nothing if it is chosen. What its tags don't say, or what can't be read, means
    /// that it stays.
    fn spares(&self, record: &Record, now: SystemTime) -> Option<String> {
        match (self.older_than, &record.since, &record.expires) {
            _ if self.all_labs => None,
            (Some(_), None, _) => Some("no tag says since when it is there".to_owned()),
            (Some(least), Some(since), _) => {
                let age = now.duration_since(*since).unwrap_or_default();
                (age < least)
                    .then(|| format!("it is there for {}", format_duration(Duration::from_secs(age.as_secs()))))
            }
            (None, _, None) => Some("no tag says until when it is to live".to_owned()),
            (None, _, Some(Expires::At(at))) if *at <= now => None,
            (None, ..) => {
                let (.., expires) = record::texts(record);
                Some(format!("it expires {}", expires.unwrap_or_default()))
            }
        }
    }
}

impl Many {
    /// Returns whether labs are to be chosen by their tags.
    pub(super) fn is_asked(&self) -> bool {
        self.which.expired || self.which.older_than.is_some() || self.which.all_labs
    }

    /// The regions that are named.
    pub(super) fn regions(&self) -> &[String] {
        &self.regions.regions
    }

    /// The words of these arguments, for the same again.
    pub(super) fn words(&self) -> Vec<String> {
        let Which { expired, older_than, all_labs } = self.which;
        // That one isn't taken without an answer beforehand.
        let flags = [("--expired", expired), ("--all-labs", all_labs), ("--yes", all_labs)];
        let flags = flags.into_iter().filter(|(_, is_given)| *is_given).map(|(flag, _)| flag.to_owned());
        let older = older_than.iter().map(|time| ("--older-than", format_duration(*time).to_string()));
        let account = self.account.iter().map(|id| ("--account", id.clone()));
        let regions = self.regions.regions.iter().map(|region| ("--regions", region.clone()));
        let pairs = older.chain(account).chain(regions).flat_map(|(name, value)| [name.to_owned(), quoted(&value)]);
        flags.chain(pairs).collect()
    }

    /// Destroys the labs that are chosen, one after the other; one that fails holds up no other.
    pub(super) async fn destroy(&self, globals: &Globals, how: Manner<'_>, voice: &Voice, stop: &Stop) -> Result<u8> {
        let of_student = globals.student.as_ref().map(|student| vec![student.row.account.clone()]);
        let labs = self.regions.find(globals, of_student.as_ref().unwrap_or(&self.account), stop).await?;
        labs.session.introduce_account(voice, &labs.account)?;
        let mut worst = labs.tell_unread(voice)?;
        // What isn't destroyed: what was looked at and is left alone, with the reason, and what couldn't be looked at.
        let unread = labs.unread.iter().map(|(what, error)| ([what.as_str(), ""], Err(Ended::Error(error.clone()))));
        let (mut chosen, mut others): (Vec<(Found, Planned)>, Vec<_>) = (Vec::new(), unread.collect());
        for lab in &labs.labs {
            let place = [lab.lab.as_str(), lab.region.as_str()];
            match self.look_at(&labs, lab, voice, stop).await {
                Ok(Fate::Goes(it)) => chosen.push(*it),
                Ok(Fate::Spared(why)) => {
                    spare(voice, place, &why)?;
                    others.push((place, Ok(why)));
                }
                Ok(Fate::Gone) => {}
                Err(Ended::Error(error)) => {
                    worst = worst.max(failed(voice, &lab.lab, &error)?);
                    others.push((place, Err(Ended::Error(error))));
                }
                Err(other) => return Err(other),
            }
        }
        let places = chosen.iter().map(|(found, _)| (found.place.lab.as_str(), found.place.region.as_str()));
        let places = places.chain(others.iter().map(|([lab, region], _)| (*lab, *region)));
        let id = &labs.account.id;
        let mut reporting = Reporting::begin_all(how.report, "destroy", &format!("account {id}"), id, places)?;
        for (at, (_, other)) in others.into_iter().enumerate() {
            reporting.turn_to(chosen.len() + at);
            match other {
                Ok(why) => reporting.spared(why)?,
                Err(ended) => reporting.end(&Err(ended))?,
            }
        }
        let objects = chosen.iter().map(|(_, planned)| planned.plan.counts().2).sum::<usize>();
        if chosen.is_empty() {
            note(format_args!("{} in {id}, and nothing to destroy", counted(labs.labs.len(), "lab")));
            let nothing = if how.must_exist { NOTHING_THERE } else { DONE };
            return Ok(if worst == DONE { nothing } else { worst });
        }
        learn(|member| member.planned_in_all(chosen.len(), objects));
        how.allow(objects)?;
        if how.asks && objects > 0 {
            ask(&labs, &chosen, objects, stop).await?;
        }
        for (at, (found, planned)) in chosen.into_iter().enumerate() {
            let Place { lab, region, .. } = &found.place;
            reporting.turn_to(at);
            reporting.kept(&planned.plan);
            let result = if planned.plan.is_empty() {
                Ok(PARTLY)
            } else {
                note(format_args!("\nlab {} in {}", visible(lab), visible(region)));
                found.carry_out(planned, how.emptying, voice, stop, &mut reporting).await
            };
            reporting.end(&result)?;
            let code = match result {
                Ok(INTERRUPTED) => return Ok(INTERRUPTED),
                Ok(code) => code,
                Err(Ended::Error(error)) => failed(voice, lab, &error)?,
                Err(other) => return Err(other),
            };
            worst = worst.max(code);
        }
        Ok(worst)
    }

    /// Looks at a lab at the services that own its objects, and shows what is to be destroyed.
    async fn look_at(&self, labs: &AccountLabs, lab: &KnownLab, voice: &Voice, stop: &Stop) -> Result<Fate> {
        let now = labs.session.cloud.now();
        // The index may lag: it chooses what is looked at, and the objects' own tags decide.
        if let Some(why) = self.which.spares(&lab.record, now) {
            return Ok(Fate::Spared(why));
        }
        let session = labs.session.in_region(&lab.region);
        session.introduce(voice, &lab.lab, &labs.account)?;
        let found = Found::by_tag(session, &labs.account, &lab.lab, stop).await?;
        if found.live.objects.is_empty() {
            return match unlisted(found.unlooked(&found.live.unlisted)) {
                None => Ok(Fate::Gone),
                Some(words) => Err(Error::failed(words).into()),
            };
        }
        if let Some(why) = self.which.spares(&found.live.record(&lab.lab), now) {
            return Ok(Fate::Spared(why));
        }
        let planned = found.plan(voice, stop).await?;
        planned.plan.refuse_forbidden()?;
        Ok(Fate::Goes(Box::new((found, planned))))
    }
}

/// Tells that a lab is left alone, and why.
fn spare(voice: &Voice, [lab, region]: [&str; 2], why: &str) -> Result<()> {
    note(format_args!("{} in {} is left alone: {why}", visible(lab), visible(region)));
    let spared = SparedLab { lab: lab.to_owned(), region: region.to_owned(), why: why.to_owned() };
    voice.data(|_| Ok(()), || vec![spared_line(&spared)])?;
    learn(|member| member.spares(spared));
    Ok(())
}

/// Asks whether the labs are to be destroyed.
async fn ask(labs: &AccountLabs, chosen: &[(Found, Planned)], objects: usize, stop: &Stop) -> Result<()> {
    let others = chosen.iter().filter(|(_, planned)| planned.made.is_some()).count();
    let made = (others > 0).then(|| format!("{} made by others, not by you", counted(others, "lab")));
    let (objects, count) = (counted(objects, "object"), counted(chosen.len(), "lab"));
    let asks = &format!("Destroy {objects} in {count}? There is no way back.");
    let session = &labs.session.over(chosen.iter().map(|(found, _)| found.place.region.as_str()));
    let (account, expected) = (&labs.account, labs.account.id.as_str());
    ask::confirm(stop, &Question { asks, plan: None, session, account, made, expected }).await
}

/// Shows why the work on a lab ended early, and returns the exit code for that.
fn failed(voice: &Voice, lab: &str, error: &Error) -> Result<u8> {
    voice.failed(&Error { message: format!("{lab}: {}", error.message), ..error.clone() })?;
    Ok(PARTLY)
}

impl Manner<'_> {
    fn allow(self, objects: usize) -> Result<()> {
        match self.max_deletes {
            Some(most) if objects > most => Err(Error::refused(format!(
                "the plans delete {}, and at most {most} may go",
                counted(objects, "object")
            ))
            .hint("nothing was changed")
            .hint(format!("if that is what you want, give `--max-deletes {objects}`"))
            .into()),
            _ => Ok(()),
        }
    }
}
