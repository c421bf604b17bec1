//! The verbs of a declared kind.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::ask::{Members, ask, described, object, pages, text};
use super::calls::{Call, table};
use super::{Plain, PlainLive, Presence, Sending};
use crate::cloud::{Cause, Cloud, CloudError, ErrorKind, LAB_TAG, Owner, Result, Service, unless_gone};
use crate::model::Tags;
use crate::resource::compare;
use crate::resource::{
    Checks, Content, Edit, Field, Found, Managed, NameRule, Names, Observed, Others, Output, Place, Problem, Resource,
    SpecRef, Target, Waiting, Wanted,
};

impl<R: Plain> Resource for R {
    const KIND: &'static str = <R as Plain>::KIND;
    const SECTION: &'static str = <R as Plain>::SECTION;
    const NAME: NameRule = <R as Plain>::NAME;
    const FIELDS: &'static [Field] = <R as Plain>::FIELDS;
    type Live = PlainLive;

    fn name(&self) -> Option<&str> {
        Plain::name(self)
    }

    fn refs(&self) -> Vec<SpecRef> {
        Plain::refs(self)
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        Plain::check(self, checks)
    }

    fn missing(&self, folder: &Path) -> Option<Problem> {
        Plain::missing(self, folder)
    }

    fn wanted(&self, _live: &PlainLive, others: &Others) -> Value {
        Plain::wanted(self, others)
    }

    fn document(live: &PlainLive) -> Value {
        table::<R>().case.fields(live.document.clone().into())
    }

    fn outputs(place: &Place, name: &str, live: Option<&PlainLive>) -> Vec<Output> {
        let known = (!table::<R>().arn.contains(['*', '?'])).then(|| arn::<R>(place, name));
        let arn = live.map(|live| live.arn.clone()).or(known);
        vec![Output::fixed("name", name), Output::live("arn", arn)]
    }

    fn ids(live: &PlainLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn incarnation(live: &PlainLive) -> String {
        let made = live.document.get(table::<R>().made);
        made.map_or_else(|| live.arn.clone(), Value::to_string)
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<PlainLive>>> {
        let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        let mut documents = described::<R>(cloud, &names).await?;
        let mut lives = Vec::new();
        for one in wanted {
            if let Some(mut document) = documents.remove(one.name) {
                one.spec.look(cloud, &mut document).await?;
                lives.push((one.address, live::<R>(one.name, document)));
            }
        }
        let tags = match tags_in_answers::<R>(lives.iter().map(|(_, live)| live)) {
            Some(tags) => tags,
            None => {
                let arns: Vec<String> = lives.iter().map(|(_, live)| live.arn.clone()).collect();
                cloud.tags_of(R::SERVICE, &arns).await?
            }
        };
        let found = lives.into_iter().map(|(address, live)| {
            let tags = tags.get(&live.arn).cloned().unwrap_or_default();
            let (name, presence) = (live.name.clone(), R::presence(&live.document));
            let observed = match presence {
                Presence::There => Observed::Present { live, tags },
                Presence::Recoverable => Observed::Recoverable { live, tags },
            };
            Found { address: address.clone(), name, observed }
        });
        Ok(found.collect())
    }
}

impl<R: Plain> Managed for R {
    const SERVICE: Service = Service::Json(R::CALLS.api);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<PlainLive>>> {
        let calls = table::<R>();
        let listed = pages(cloud, calls, calls.list.0, Members::new(), calls.list.1).await?;
        let there = listed.into_iter().filter(|document| R::presence(document) == Presence::There);
        let name = calls.case.member("name");
        let lives: Vec<PlainLive> = there.map(|document| live::<R>(&text(&document, &name), document)).collect();
        let tags = match tags_in_answers::<R>(&lives) {
            Some(tags) => tags,
            None => {
                let arns: Vec<String> = lives.iter().map(|live| live.arn.clone()).collect();
                cloud.tags_of_listed(R::SERVICE, lab, &arns).await?
            }
        };
        let ours = lives.into_iter().filter_map(|live| {
            let tags = tags.get(&live.arn)?.clone();
            match Owner::of(&tags, lab) {
                Owner::Lab(address) => Some(Found::present(&address, live.name.clone(), live, tags)),
                Owner::Other(_) => None,
            }
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<PlainLive> {
        let calls = table::<R>();
        let mut sending = Sending { members: members::<R>(self.wanted(others)), tags: target.tags.clone() };
        self.complete(cloud, None, &mut sending).await?;
        let tags = &calls.api.tags;
        sending.members.insert(tags.given.to_owned(), tags.shape.written(&sending.tags));
        match ask(cloud, calls, &calls.create, &target.name, sending.members).await {
            Ok(answer) => {
                let id = answer.get(calls.id).and_then(Value::as_str);
                let arn = id.map_or_else(|| arn::<R>(&others.place, &target.name), str::to_owned);
                Ok(PlainLive { name: target.name.clone(), arn, document: answer })
            }
            Err(error) if [ErrorKind::AlreadyExists, ErrorKind::Other].contains(&error.kind()) => {
                brought_back(self, cloud, target, others).await?.ok_or(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &PlainLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<PlainLive> {
        let (calls, have) = (table::<R>(), R::document(live));
        let changed = match calls.update.is_whole {
            true => whole::<R>(&have, &edit.want),
            false => compare::changes(R::FIELDS, &edit.diff, &have, &edit.want),
        };
        let mut sending = Sending { members: members::<R>(changed.into()), tags: Tags::new() };
        self.complete(cloud, Some(live), &mut sending).await?;
        if !sending.tags.is_empty() {
            cloud.write_tags(R::SERVICE, &live.arn, &sending.tags).await?;
        }
        ask(cloud, calls, &calls.update, calls.update.names(live), sending.members).await?;
        Ok(live.clone())
    }

    async fn delete(cloud: &Cloud, live: &PlainLive, _waiting: &Waiting) -> Result<()> {
        let calls = table::<R>();
        let members = R::deletion(Content::Keep);
        unless_gone(ask(cloud, calls, &calls.delete, calls.delete.names(live), members).await).map(drop)
    }

    fn arn(_place: &Place, _name: &str, live: &PlainLive) -> String {
        live.arn.clone()
    }
}

impl Call {
    /// What this call names a live object by.
    fn names(self, live: &PlainLive) -> &str {
        if self.takes_name { &live.name } else { &live.arn }
    }
}

/// Brings back the object under the name of `target` if its deletion is scheduled and it is the lab's, and gives it what
/// the spec says; none if there is no such object.
async fn brought_back<R: Plain>(
    spec: &R,
    cloud: &Cloud,
    target: &Target,
    others: &Others,
) -> Result<Option<PlainLive>> {
    let calls = table::<R>();
    let Some(restore) = &calls.restore else { return Ok(None) };
    let Some(mut document) = described::<R>(cloud, &[&target.name]).await?.remove(&target.name) else {
        return Ok(None);
    };
    if R::presence(&document) == Presence::There {
        return Ok(None);
    }
    let tags = answered_tags::<R>(&document).unwrap_or_default();
    if let Owner::Other(whose) = Owner::of(&tags, &target.tags[LAB_TAG]) {
        let message = format!("`{}` is scheduled for deletion, which keeps its name taken, and {whose}", target.name);
        return Err(CloudError::own(Cause::NotOurs, message));
    }
    spec.look(cloud, &mut document).await?;
    let live = live::<R>(&target.name, document);
    ask(cloud, calls, restore, restore.names(&live), Members::new()).await?;
    let edit = spec.edit(&live, others, &[]);
    if !edit.diff.is_empty() {
        spec.update(cloud, target, &live, others, &edit).await?;
    }
    cloud.write_tags(R::SERVICE, &live.arn, &target.tags).await?;
    Ok(Some(live))
}

fn live<R: Plain>(name: &str, document: Members) -> PlainLive {
    PlainLive { name: name.to_owned(), arn: text(&document, table::<R>().id), document }
}

pub(super) fn arn<R: Plain>(place: &Place, name: &str) -> String {
    let calls = table::<R>();
    place.arn(calls.api.signing, &calls.arn.replace("{name}", name))
}

/// The tags of these objects by ARN, if the calls that read and list them bring tags.
fn tags_in_answers<'a, R: Plain>(lives: impl IntoIterator<Item = &'a PlainLive>) -> Option<BTreeMap<String, Tags>> {
    let of = |live: &PlainLive| Some((live.arn.clone(), answered_tags::<R>(&live.document)?));
    table::<R>().bring_tags().then(|| lives.into_iter().filter_map(of).collect())
}

fn answered_tags<R: Plain>(document: &Members) -> Option<Tags> {
    let tags = &table::<R>().api.tags;
    tags.shape.read(document.get(tags.shown).unwrap_or(&Value::Null))
}

/// The fields in the service's spelling, without the name, which each call says in its own way.
fn members<R: Plain>(document: Value) -> Members {
    let mut fields = object(document).unwrap_or_default();
    fields.remove(R::NAME.field);
    object(table::<R>().case.members(fields.into())).unwrap_or_default()
}

/// All fields of the table: as the spec has them, and as they are if it leaves them out.
fn whole<R: Plain>(have: &Value, want: &Value) -> Members {
    let names = R::FIELDS.iter().filter_map(|field| field.path.split('.').next());
    let fields = names.filter_map(|name| {
        let value = want.get(name).or_else(|| have.get(name).filter(|value| !value.is_null()))?;
        Some((name.to_owned(), value.clone()))
    });
    fields.collect()
}
