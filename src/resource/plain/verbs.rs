//! The verbs of a declared kind.

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::ask::{Members, Seen, ask, described, in_list, object};
use super::calls::{Call, Change, How, Takes, table};
use super::{Plain, Presence, Sending};
use crate::cloud::{Cause, Cloud, CloudError, ErrorKind, LAB_TAG, Owner, Result, Service, unless_gone};
use crate::model::Tags;
use crate::resource::compare::{changes, overlaid};
use crate::resource::{
    Beside, Checks, Content, Edit, Field, Found, Habits, Live, Managed, NameRule, Names, Observed, Others, Output,
    Pasted, Place, Problem, Readiness, Replacing, Resource, SpecRef, Target, Waiting, Wanted, When,
};

impl<R: Plain> Resource for R {
    const KIND: &'static str = <R as Plain>::KIND;
    const SECTION: &'static str = <R as Plain>::SECTION;
    const NAME: NameRule = <R as Plain>::NAME;
    const FIELDS: &'static [Field] = <R as Plain>::FIELDS;
    const PASTED: Pasted = <R as Plain>::PASTED;
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        Plain::refs(self)
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        Plain::check(self, checks)
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        Plain::lacks(self, folder)
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        Plain::obstacle(self, others)
    }

    fn wanted(&self, _live: &Live, others: &Others) -> Value {
        Plain::wanted(self, others)
    }

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn readiness(live: &Live, _begun: Option<&Live>) -> Readiness {
        <R as Plain>::readiness(live)
    }

    fn outputs(place: &Place, name: &str, live: Option<&Live>) -> Vec<Output> {
        let arn = table::<R>().arn.replace("{name}", name);
        let known = (!arn.contains(['*', '?'])).then(|| arn_of::<R>(place, name));
        let mut outputs =
            vec![Output::fixed("name", name), Output::live("arn", live.map(|live| live.arn.clone()).or(known))];
        outputs.extend(R::more_outputs(place, name, live));
        outputs
    }

    fn ids(live: &Live) -> Vec<String> {
        <R as Plain>::ids(live)
    }

    fn incarnation(live: &Live) -> String {
        let made = &live.document[table::<R>().api.case.field(table::<R>().made)];
        if made.is_null() { live.arn.clone() } else { made.to_string() }
    }

    fn links(live: &Live) -> Vec<String> {
        <R as Plain>::links(live)
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        let by_name: BTreeMap<&str, &Wanted<'_, R>> = wanted.iter().map(|one| (one.name, one)).collect();
        let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        let seen = described::<R>(cloud, &names, |name| by_name.get(name).map(|one| one.spec)).await?;
        let succeeds = |one: &&Wanted<'_, R>, name: &str| {
            R::HABITS.replacing == Replacing::CreateFirst && R::NAME.is_successor(one.name, name)
        };
        let ours = seen.into_iter().filter_map(|seen| {
            let name = seen.live.name.as_str();
            let one = by_name.get(name).copied().or_else(|| wanted.iter().find(|one| succeeds(one, name)))?;
            Some((one, seen))
        });
        let ours: Vec<_> = ours.collect();
        let arns = arns_without_tags::<R>(ours.iter().map(|(_, seen)| seen));
        let looks = try_join_all(ours.into_iter().map(|(one, seen)| looked_at(cloud, one, seen)));
        let (tags, ours) = futures::try_join!(cloud.tags_of(R::SERVICE, &arns), looks)?;
        let found = ours.into_iter().flatten().map(|(one, Seen { live, tags: own })| {
            let tags = own.or_else(|| tags.get(&live.arn).cloned()).unwrap_or_default();
            let (name, address) = (live.name.clone(), one.address.clone());
            let observed = match R::presence(&live) {
                Presence::There => Observed::Present { live, tags },
                Presence::Leaving => Observed::Leaving { live, tags },
                Presence::Recoverable => Observed::Recoverable { live, tags },
                Presence::Gone => Observed::Tombstone,
            };
            Found { address, name, observed }
        });
        Ok(found.collect())
    }
}

impl<R: Plain> Managed for R {
    const SERVICE: Service = Service::Table(R::CALLS.api);
    const HABITS: Habits = <R as Plain>::HABITS;

    fn on_destroy(&self) -> Content {
        Plain::on_destroy(self)
    }

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        let mut seen = in_list::<R>(cloud).await?;
        seen.retain(|seen| matches!(R::presence(&seen.live), Presence::There | Presence::Leaving));
        let tags = cloud.tags_of_listed(R::SERVICE, lab, &arns_without_tags::<R>(&seen)).await?;
        let ours = seen.into_iter().filter_map(|Seen { live, tags: own }| {
            let tags = own.or_else(|| tags.get(&live.arn).cloned())?;
            Found::of_lab(<R as Plain>::KIND, lab, live.name.clone(), live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let calls = table::<R>();
        let mut fields = object(self.wanted(others)).unwrap_or_default();
        let later = calls.updates.iter().filter(|change| change.follows_create);
        let later: Vec<_> = later.map(|change| (change, change.take::<R>(&mut fields))).collect();
        let mut sending =
            Sending { live: None, others, fields: fields.clone(), tags: target.tags.clone(), after: None };
        self.complete(cloud, &mut sending).await?;
        let (sent, tags) = (sending.fields, sending.tags);
        let answer = match ask::<R>(cloud, &calls.create, &target.name, sent, Some(&tags)).await {
            Ok(answer) => answer,
            Err(error) if [ErrorKind::AlreadyExists, ErrorKind::Other].contains(&error.kind()) => {
                return brought_back(self, cloud, target, others).await?.ok_or(error);
            }
            Err(error) => return Err(error),
        };
        let mut seen = Seen::new::<R>(&target.name, answer);
        match (seen.live.arn.is_empty(), calls.create.shows_object) {
            (false, _) => {}
            (true, false) => seen.live.arn = arn_of::<R>(&others.place, &target.name),
            (true, true) => {
                return Err(CloudError::answered(calls.create.operation, "", "AWS answered without the object"));
            }
        }
        let mut live = self.made(cloud, target, seen.live, seen.tags.unwrap_or_default()).await?;
        live.document = overlaid(&live.document, fields.into());
        for (change, fields) in later.into_iter().filter(|(change, fields)| !change.says_nothing::<R>(fields)) {
            live = change.send(self, cloud, others, live, fields).await?;
        }
        Ok(live)
    }

    async fn update(&self, cloud: &Cloud, _target: &Target, live: &Live, others: &Others, edit: &Edit) -> Result<Live> {
        let mut differing = changes(R::FIELDS, &edit.diff, &live.document, &edit.want);
        let mut given = object(edit.want.clone()).unwrap_or_default();
        let mut all = object(live.document.clone()).unwrap_or_default();
        all.retain(|_, value| !value.is_null());
        all.extend(given.clone());
        let mut live = live.clone();
        for change in table::<R>().updates {
            let differing = change.take::<R>(&mut differing);
            if differing.is_empty() {
                continue;
            }
            let fields = match change.takes {
                Takes::Differing => differing,
                Takes::Given => change.take::<R>(&mut given),
                Takes::All => change.take::<R>(&mut all),
            };
            live = change.send(self, cloud, others, live, fields).await?;
        }
        Ok(live)
    }

    async fn beside(cloud: &Cloud, lab: &str, spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        Plain::beside(cloud, lab, spec, live, when).await
    }

    async fn delete(cloud: &Cloud, live: &Live, content: Content, _waiting: &Waiting) -> Result<()> {
        R::free(cloud, live, content).await?;
        let delete = &table::<R>().delete;
        let says = R::deletion(content).as_object().cloned().unwrap_or_default();
        match unless_gone(ask::<R>(cloud, delete, delete.names(live), says, None).await) {
            Err(error) => Err(R::refused(cloud, live, error).await),
            Ok(_) => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

impl Call {
    /// The name or ARN by which this call names a live object.
    fn names(self, live: &Live) -> &str {
        if self.takes_name { &live.name } else { &live.arn }
    }
}

impl Change {
    /// Returns whether a new object has these fields already: there are none, or each as AWS has it of its own.
    fn says_nothing<R: Plain>(&self, fields: &Members) -> bool {
        fields.is_empty() || self.resets::<R>(fields).is_some()
    }

    /// The call that brings these fields back to what AWS has of its own, if that is what they ask for.
    pub(super) fn resets<R: Plain>(&self, fields: &Members) -> Option<&Call> {
        let is_default =
            |path: &str, value: &Value| R::FIELDS.iter().any(|field| field.path == path && field.means_nothing(value));
        self.reset.as_ref().filter(|_| fields.iter().all(|(path, value)| is_default(path, value)))
    }

    /// Takes out of `fields` those that this call takes.
    fn take<R: Plain>(&self, fields: &mut Members) -> Members {
        self.fields::<R>().into_iter().filter_map(|field| fields.remove_entry(field)).collect()
    }

    /// Makes the call with these fields, and returns the object as it is then.
    async fn send<R: Plain>(
        &self,
        spec: &R,
        cloud: &Cloud,
        others: &Others,
        live: Live,
        fields: Members,
    ) -> Result<Live> {
        let mut sending = Sending { live: Some(&live), others, fields: fields.clone(), tags: Tags::new(), after: None };
        spec.complete(cloud, &mut sending).await?;
        if !sending.tags.is_empty() {
            cloud.write_tags(R::SERVICE, &live.arn, &sending.tags).await?;
        }
        let answer = match self.resets::<R>(&fields) {
            Some(reset) => ask::<R>(cloud, reset, reset.names(&live), Map::new(), None).await?,
            None => ask::<R>(cloud, &self.call, self.call.names(&live), sending.fields, None).await?,
        };
        let said = Seen::new::<R>(&live.name, answer).live.document;
        let document = overlaid(&overlaid(&live.document, said), fields.into());
        let after = sending.after;
        let live = Live { document, ..live };
        if let Some(tags) = after {
            cloud.write_tags(R::SERVICE, &live.arn, &tags(&live)).await?;
        }
        Ok(live)
    }
}

/// An object of the spec with what is read of it alone; none if it is gone by then.
async fn looked_at<'a, R: Plain>(
    cloud: &Cloud,
    one: &'a Wanted<'a, R>,
    mut seen: Seen,
) -> Result<Option<(&'a Wanted<'a, R>, Seen)>> {
    for read in table::<R>().read.iter().filter(|read| read.how == How::Arn && read.is_for(one.spec)) {
        let Some((_, more)) = read.ask::<R>(cloud, vec![&seen.live.arn]).await?.pop() else { return Ok(None) };
        let more = Seen::new::<R>(one.name, more).live.document;
        seen.live.document = overlaid(&seen.live.document, more);
    }
    one.spec.look(cloud, &mut seen.live, seen.tags.as_ref());
    Ok(Some((one, seen)))
}

/// Brings back the object under the name of `target` if its deletion is scheduled and it is the lab's, and changes it
/// to the spec; none if no such object is known.
async fn brought_back<R: Plain>(spec: &R, cloud: &Cloud, target: &Target, others: &Others) -> Result<Option<Live>> {
    let Some(restore) = &table::<R>().restore else { return Ok(None) };
    // If it can't be read, what AWS said of the create is the error that helps.
    let described = described::<R>(cloud, &[&target.name], |_| Some(spec)).await;
    let Some(Seen { mut live, tags }) = described.ok().and_then(|mut seen| seen.pop()) else { return Ok(None) };
    if R::presence(&live) != Presence::Recoverable {
        return Ok(None);
    }
    if let Owner::Other(whose) = Owner::of(&tags.clone().unwrap_or_default(), <R as Plain>::KIND, &target.tags[LAB_TAG])
    {
        let message = format!("`{}` is scheduled for deletion, which keeps its name taken, and {whose}", target.name);
        return Err(CloudError::own(Cause::NotOurs, message));
    }
    spec.look(cloud, &mut live, tags.as_ref());
    ask::<R>(cloud, restore, restore.names(&live), Map::new(), None).await?;
    let edit = spec.edit(&live, others, &[]);
    if !edit.diff.is_empty() {
        live = spec.update(cloud, target, &live, others, &edit).await?;
    }
    cloud.write_tags(R::SERVICE, &live.arn, &target.tags).await?;
    Ok(Some(live))
}

/// The ARN of the object of this name.
pub(super) fn arn_of<R: Plain>(place: &Place, name: &str) -> String {
    let calls = table::<R>();
    place.arn(calls.api.signing, &calls.arn.replace("{name}", name))
}

/// The ARNs of the objects whose tags have to be asked for.
fn arns_without_tags<'a, R: Plain>(seen: impl IntoIterator<Item = &'a Seen>) -> Vec<String> {
    match table::<R>().brings_tags {
        true => Vec::new(),
        false => seen.into_iter().filter(|seen| seen.tags.is_none()).map(|seen| seen.live.arn.clone()).collect(),
    }
}
