//! `labform adopt`.

use clap::Args;

use super::ask::Question;
use super::screen::{Json, Result, Voice, note};
use super::session::Session;
use super::stop::Stop;
use super::{Globals, ask, complete, files, stop};
use crate::apply;
use crate::cloud::Owner;
use crate::error::{DONE, Error, FAILED, PARTLY, hints};
use crate::live::{self, Evidence, Object, Reading};
use crate::model::Address;
use crate::plan::Narrowing;
use crate::report::visible;
use crate::resource::Sources;
use crate::spec::{Lab, Source};

/// Make an object of yours, that nobody owns, the lab's
///
/// For what is there already under the name that lab.yaml gives, and for what a killed apply left without its tags. It
/// is shown, you are asked, and it gets the lab's owner tags. An object that has an owner, be it a lab, a CloudFormation
/// stack or another tool, is never taken. From then on apply changes it, and destroy deletes it.
#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// The resource in lab.yaml, as in logGroup.web
    #[arg(required = true, value_name = "ADDRESS", add = complete::addresses())]
    addresses: Vec<Address>,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    json: Json,
}

impl Adopt {
    pub(super) fn run(&self, globals: &Globals) -> Result<u8> {
        let voice = self.json.voice()?;
        let adopted = files::load(globals)
            .and_then(|source| stop::run(async |stop| self.adopt(globals, &source, &voice, &stop).await));
        voice.tell(adopted)
    }

    async fn adopt(&self, globals: &Globals, source: &Source, voice: &Voice, stop: &Stop) -> Result<u8> {
        let narrowing = Narrowing { only: self.addresses.clone(), ..Narrowing::default() };
        narrowing.for_apply(source.lab())?;
        let session = stop.or(Session::open(globals, source.region())).await?;
        let read = live::read(&session.cloud, source, Sources::new(), Evidence::Direct);
        let Reading { lab, account, live } = stop.or(read).await?;
        session.introduce(voice, source.name(), &account)?;
        let mut chosen = Vec::new();
        for address in &self.addresses {
            let mut objects = live.at(address).map(|(_, object)| object);
            match adoptable(&lab, address, objects.find(|object| !object.stray))? {
                Some(object) => chosen.push(object),
                None => note(format_args!("{}: it is the lab's already", visible(address))),
            }
        }
        if chosen.is_empty() {
            return Ok(DONE);
        }
        voice.to_adopt(&chosen)?;
        if !self.yes {
            let lab = visible(&lab.place.lab);
            let asks = &format!("Make the above {lab}'s? From then on apply changes it, and destroy deletes it.");
            let (session, account) = (&session, &account);
            ask::confirm(stop, &Question { asks, plan: None, session, account, made: None, expected: "yes" }).await?;
        }
        let mut failed = 0;
        for object in &chosen {
            let node = &lab.nodes[&object.address];
            match stop.finish(apply::adopt(&session.cloud, &lab, node, object)).await {
                Ok(()) => voice.adopted(object)?,
                Err(error) => {
                    failed += 1;
                    let error = hints(&error)
                        .into_iter()
                        .fold(Error::failed(format!("{}: {error}", object.address)), Error::hint);
                    voice.failed(&error)?;
                }
            }
        }
        Ok(match failed {
            0 => DONE,
            all if all == chosen.len() => FAILED,
            _ => PARTLY,
        })
    }
}

/// Returns the live object of a resource if it may be adopted; none if it is the lab's already.
///
/// # Errors
/// If there is none, or if it isn't nobody's.
fn adoptable<'o>(lab: &Lab, address: &Address, object: Option<&'o Object>) -> Result<Option<&'o Object>> {
    let node = &lab.nodes[address];
    let name = &node.name;
    if !node.kind.stands_alone() {
        let message = format!("{address}: it has no tags of its own, and is the lab's with what it stands in");
        return Err(Error::refused(message).into());
    }
    let Some(object) = object else {
        return Err(Error::refused(format!("{address}: there is no `{name}` to adopt"))
            .hint("`labform apply` makes it")
            .into());
    };
    let whose = match object.owner(&lab.place.lab) {
        Owner::Lab(_) => return Ok(None),
        Owner::Other(whose) => whose,
    };
    if object.leaving {
        return Err(Error::refused(format!("{address}: `{name}` is being deleted")).into());
    }
    let managed = object.kind.managed();
    if let Some(why) = managed.and_then(|managed| managed.unadoptable(&lab.place, &object.live)) {
        return Err(Error::refused(format!("{address}: `{name}` can't be adopted: {why}")).into());
    }
    if !object.is_nobodys(&lab.place.lab) {
        return Err(Error::refused(format!("{address}: `{name}` isn't nobody's: {whose}"))
            .hint("labform takes nothing from an owner: let that one give it up, or choose another name in lab.yaml")
            .into());
    }
    Ok(Some(object))
}
