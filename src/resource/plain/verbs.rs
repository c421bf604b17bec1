//! The verbs of a declared kind.

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::answers::{Members, object};
use super::ask::{Seen, arns_without_tags, ask, described, in_list, looked_at};
use super::calls::{Call, Change, Takes, table};
use super::meanwhile::{brought_back, settled, sole, vacated};
use super::{Plain, Presence, Sending};
use crate::cloud::{Cloud, CloudError, ErrorKind, Result, Service, unless_gone};
use crate::model::{Address, Tags, Usage};
use crate::resource::compare::{changes, overlaid};
use crate::resource::{
    Beside, CallRules, Checks, Content, Detail, Edit, Field, Found, Habits, Home, Live, Made, Managed, NameRule, Names,
    Observed, Others, Output, Pasted, Place, Problem, Readiness, Replacing, Resource, SpecRef, Target, UsageContext,
    Waiting, Wanted, When, retry,
};

impl<R: Plain> Resource for R {
    const KIND: &'static str = <R as Plain>::KIND;
    const SECTION: &'static str = <R as Plain>::SECTION;
    const NAME: NameRule = <R as Plain>::NAME;
    const FIELDS: &'static [Field] = <R as Plain>::FIELDS;
    const PASTED: Pasted = <R as Plain>::PASTED;
    const RULES: CallRules = <R as Plain>::RULES;
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        Plain::refs(self)
    }

    fn usage(context: &UsageContext<'_>, document: &Value) -> Usage {
        <R as Plain>::usage(context, document)
    }

    fn place_in(section: &mut Value, home: &Home) {
        <R as Plain>::place_in(section, home);
    }

    fn makes(name: &str, section: &Value, region: &str) -> Vec<Made> {
        <R as Plain>::makes(name, section, region)
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        Plain::check(self, checks)
    }

    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        Plain::follows(self, checks)
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        Plain::lacks(self, folder)
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        Plain::obstacle(self, others)
    }

    fn wanted(&self, live: &Live, others: &Others) -> Value {
        let mut want = Plain::wanted(self, others);
        self.keep(live, others, &mut want);
        want
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
        let arn = Output::live("arn", live.map(|live| Self::arn(place, name, live)).or(known));
        let mut outputs = match R::HABITS.nameless {
            true => vec![Output::live("id", live.map(|live| live.arn.clone())), arn],
            false => vec![Output::fixed("name", name), arn],
        };
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

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], objects: &Names) -> Result<Vec<Found<Live>>> {
        let by_name: BTreeMap<&str, &Wanted<'_, R>> = wanted.iter().map(|one| (one.name, one)).collect();
        let names: Vec<&str> = wanted.iter().map(|one| one.name).collect();
        let lab = wanted.first().map_or("", |one| one.lab);
        let spec = |name: &str| by_name.get(name).map(|one| (one.spec, one.detail));
        let compared = |name: &str| spec(name).filter(|(_, detail)| *detail == Detail::Fields).map(|(spec, _)| spec);
        let mut seen = described::<R>(cloud, lab, &names, compared).await?;
        if seen.iter().any(|seen| seen.live.arn.is_empty()) {
            // Servers that follow AWS's older answers say the ARN only where they tell more (moto's DescribeParameters).
            seen = described::<R>(cloud, lab, &names, |name| spec(name).map(|(spec, _)| spec)).await?;
        }
        let succeeds = |one: &&Wanted<'_, R>, name: &str| {
            R::HABITS.replacing == Replacing::CreateFirst && R::NAME.is_successor(one.name, name)
        };
        let ours = seen.into_iter().filter_map(|seen| {
            let name = seen.live.name.as_str();
            let one = by_name.get(name).copied().or_else(|| wanted.iter().find(|one| succeeds(one, name)))?;
            Some((one, seen))
        });
        let ours = try_join_all(ours.map(|(one, mut seen)| async move {
            let is_it = one.spec.is_it(cloud, &mut seen.live, objects).await?;
            Ok::<_, CloudError>(is_it.then_some((one, seen)))
        }));
        let ours = ours.await?.into_iter().flatten();
        let ours = try_join_all(ours.map(|(one, seen)| looked_at(cloud, one, seen))).await?;
        let found = ours.into_iter().flatten().map(|(one, seen)| {
            let untagged = arns_without_tags::<R>([&seen]).pop();
            let Seen { live, tags } = seen;
            let tags = tags.unwrap_or_default();
            let (name, address) = (live.name.clone(), one.address.clone());
            let observed = match R::presence(&live) {
                Presence::There => Observed::Present { live, tags },
                Presence::Leaving => Observed::Leaving { live, tags },
                Presence::Recoverable => Observed::Recoverable { live, tags },
                Presence::Gone => Observed::Tombstone,
            };
            Found { address, name, observed, untagged }
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
        let word = R::CALLS.arn.trim_end_matches("/*");
        if R::HABITS.nameless && !cloud.has_in_ec2(lab, word).await? {
            cloud.learn_names(<R as Plain>::KIND, [].into_iter());
            return Ok(Vec::new());
        }
        settled::<R>(cloud).await?;
        let mut seen = in_list::<R>(cloud, lab).await?;
        seen.retain(|seen| matches!(R::presence(&seen.live), Presence::There | Presence::Leaving));
        cloud.learn_names(<R as Plain>::KIND, seen.iter().map(|seen| seen.live.name.as_str()));
        let tags = cloud.tags_of_listed(R::SERVICE, lab, &arns_without_tags::<R>(&seen)).await?;
        let ours = seen.into_iter().filter_map(|Seen { live, tags: own }| {
            let tags = own.or_else(|| tags.get(&live.arn).cloned())?;
            Found::of_lab(<R as Plain>::KIND, lab, live.name.clone(), live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let calls = table::<R>();
        vacated::<R>(cloud, target).await?;
        let mut fields = object(self.wanted(others)).unwrap_or_default();
        let later = calls.updates.iter().filter(|change| change.follows_create);
        let later: Vec<_> = later.map(|change| (change, change.take::<R>(&mut fields))).collect();
        let mut sending =
            Sending { live: None, others, fields: fields.clone(), tags: target.tags.clone(), after: None };
        self.complete(cloud, &mut sending).await?;
        let (sent, tags) = (sending.fields, sending.tags);
        let answer = match ask::<R>(cloud, &self.creation(), &target.name, sent, Some(&tags)).await {
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
        if R::HABITS.nameless {
            live = sole::<R>(cloud, target, live).await?;
        }
        live.document = overlaid(&live.document, fields.into());
        for (change, fields) in later.into_iter().filter(|(change, fields)| !change.says_nothing::<R>(fields)) {
            // Of what has no name, a second create would make another.
            let send = || change.send(self, cloud, others, live.clone(), fields.clone());
            live = retry(cloud, &target.waiting, send).await?;
        }
        Ok(live)
    }

    async fn update(&self, cloud: &Cloud, target: &Target, live: &Live, others: &Others, edit: &Edit) -> Result<Live> {
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
            // What the object has to be left alone for passes, and the calls before it needn't be made again.
            let send = || change.send(self, cloud, others, live.clone(), fields.clone());
            live = retry(cloud, &target.waiting, send).await?;
        }
        Ok(live)
    }

    async fn beside(cloud: &Cloud, lab: &str, spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        Plain::beside(cloud, lab, spec, live, when).await
    }

    async fn delete(cloud: &Cloud, live: &Live, content: Content, waiting: &Waiting) -> Result<()> {
        R::free(cloud, live, content).await?;
        let delete = &table::<R>().delete;
        let says = R::deletion(content).as_object().cloned().unwrap_or_default();
        let answer = ask::<R>(cloud, delete, delete.names(live), says, None).await;
        let answer = answer.and_then(|answer| R::untaken(&answer.into()).map_or(Ok(()), Err));
        match unless_gone(answer) {
            Err(error) => Err(R::refused(cloud, live, error).await),
            Ok(_) => R::gone(cloud, live, waiting).await,
        }
    }

    fn arn(place: &Place, _name: &str, live: &Live) -> String {
        let calls = table::<R>();
        match R::HABITS.nameless {
            true => place.arn(calls.api.namespace(), &calls.arn.replace('*', &live.arn)),
            false => live.arn.clone(),
        }
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
            _ if self.is_by_hand => {
                spec.close(cloud, &live, &sending.fields).await?;
                Map::new()
            }
            // What is reset already has nothing to take away.
            Some(reset) => {
                unless_gone(ask::<R>(cloud, reset, reset.names(&live), Map::new(), None).await)?.unwrap_or_default()
            }
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

/// The ARN of the object of this name.
pub(super) fn arn_of<R: Plain>(place: &Place, name: &str) -> String {
    let calls = table::<R>();
    let place = if R::HABITS.of_account { &place.everywhere() } else { place };
    place.arn(calls.api.namespace(), &calls.arn.replace("{name}", name))
}
