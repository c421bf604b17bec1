//! The calls of a declared kind.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::{Map, Value};

use super::Plain;
use super::answers::{Members, common_prefix, json, name_of, object, object_in, text};
use super::calls::{Call, table};
use super::reads::{How, Read};
use crate::cloud::{Cause, Cloud, CloudError, LAB_TAG, RESOURCE_TAG, Result, unless_gone};
use crate::model::{AFTER_APPLY, Address, Tags, canonical};
use crate::resource::compare::overlaid;
use crate::resource::{Detail, Live, Wanted, compare};

/// An object as AWS shows it.
pub(super) struct Seen {
    pub(super) live: Live,
    /// The object's tags; none if the answer doesn't hold them, or in a form that can't be read.
    pub(super) tags: Option<Tags>,
}

impl Seen {
    /// Reads an object off an answer, which may hold it in a member or in a list of one.
    pub(super) fn new<R: Plain>(name: &str, answer: Members) -> Self {
        let (calls, mut members) = (table::<R>(), object_in::<R>(answer));
        let shown = members.remove(calls.api.tags.shown);
        let brings_tags = calls.brings_tags || shown.is_some();
        let tags = if brings_tags { calls.api.tags.shape.read(&shown.unwrap_or_default()) } else { None };
        let mut document = calls.api.case.fields(members.into());
        R::heard(&mut document);
        for field in R::FIELDS.iter().filter(|field| field.is_unordered) {
            // Plans show a list whose order means nothing by its names, whatever the order of an answer.
            if let Some(Value::Array(items)) = document.get_mut(field.path) {
                items.sort_by_cached_key(|item| (name_of(item).map(str::to_owned), canonical(item)));
            }
        }
        let name = if name.is_empty() { document[calls.api.case.field(calls.name)].as_str() } else { Some(name) };
        let arn = document[calls.api.case.field(calls.id)].as_str().unwrap_or_default().to_owned();
        Self { live: Live { name: name.unwrap_or_default().to_owned(), arn, document }, tags }
    }
}

/// Returns those of the objects that AWS has, as far as their names, or the owner tags of `lab`, lead to them. `spec` gives
/// the section of an object by its name, if it is compared: what is read only for that isn't asked for otherwise.
pub(super) async fn described<'a, R: Plain>(
    cloud: &Cloud,
    lab: &str,
    names: &[&str],
    spec: impl Fn(&str) -> Option<&'a R>,
) -> Result<Vec<Seen>> {
    let mut reads = table::<R>().read.iter().filter(|read| !read.needs_arn());
    let Some(first) = reads.next() else { return Ok(Vec::new()) };
    let first = first.ask::<R>(cloud, lab, names.to_vec()).await?;
    // Nothing more is asked of what isn't there.
    let there: BTreeSet<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let asked = reads.map(|read| {
        let is_for = |name: &&&str| read.only_for.is_none() || spec(name).is_some_and(|spec| read.is_for(spec));
        let names = names.iter().filter(|name| there.contains(**name)).filter(is_for);
        read.ask::<R>(cloud, lab, names.copied().collect())
    });
    let mut more: BTreeMap<String, Members> = BTreeMap::new();
    for (name, members) in try_join_all(asked).await?.into_iter().flatten() {
        more.entry(name).or_default().extend(members);
    }
    let found = first.into_iter().map(|(name, mut members)| {
        members.extend(more.remove(&name).unwrap_or_default());
        Seen::new::<R>(&name, members)
    });
    Ok(found.collect())
}

/// An object of the spec with what is read of it alone; none if it is gone by then.
pub(super) async fn looked_at<'a, R: Plain>(
    cloud: &Cloud,
    one: &'a Wanted<'a, R>,
    mut seen: Seen,
) -> Result<Option<(&'a Wanted<'a, R>, Seen)>> {
    if one.detail == Detail::Presence {
        return Ok(Some((one, seen)));
    }
    for read in table::<R>().read.iter().filter(|read| read.needs_arn() && read.is_for(one.spec)) {
        let Some((_, more)) = read.ask::<R>(cloud, one.lab, vec![&seen.live.arn]).await?.pop() else { return Ok(None) };
        let more = Seen::new::<R>(one.name, more);
        seen.live.document = overlaid(&seen.live.document, more.live.document);
        seen.tags = seen.tags.or(more.tags);
    }
    one.spec.look(cloud, &mut seen.live, seen.tags.as_ref());
    seen.live = one.spec.inspect(cloud, seen.live).await?;
    Ok(Some((one, seen)))
}

/// The ARNs of the objects whose tags have to be asked for.
pub(super) fn arns_without_tags<'a, R: Plain>(seen: impl IntoIterator<Item = &'a Seen>) -> Vec<String> {
    match table::<R>().brings_tags {
        true => Vec::new(),
        false => seen.into_iter().filter(|seen| seen.tags.is_none()).map(|seen| seen.live.arn.clone()).collect(),
    }
}

/// Returns all objects of a kind that has names, whosever they are.
///
/// # Errors
/// AWS's refusal.
pub async fn listed<R: Plain>(cloud: &Cloud) -> Result<Vec<Live>> {
    Ok(in_list::<R>(cloud, "").await?.into_iter().map(|seen| seen.live).collect())
}

/// Returns all objects of a kind: whosever they are if they have names, else those of `lab`.
pub(super) async fn in_list<R: Plain>(cloud: &Cloud, lab: &str) -> Result<Vec<Seen>> {
    let list = &table::<R>().list;
    let items = list.all::<R>(cloud, lab).await?;
    if let How::Ids(_) = list.how {
        let ids: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        return described::<R>(cloud, lab, &ids, |_| None).await;
    }
    let seen = items.into_iter().filter_map(object);
    Ok(seen.map(|members| Seen::new::<R>(&list.name_in::<R>(lab, &members), members)).collect())
}

impl Read {
    /// Returns whether the call is made for a resource with this spec.
    pub(super) fn is_for<R: Plain>(&self, spec: &R) -> bool {
        let Some((field, words)) = self.only_for else { return true };
        let is_one = |value: &Value| words.is_empty() || words.iter().any(|word| value == word);
        compare::document(spec).get(field).is_some_and(is_one)
    }

    /// Returns the answers on the objects of these names or ARNs, by name or ARN.
    pub(super) async fn ask<R: Plain>(
        &self,
        cloud: &Cloud,
        lab: &str,
        names: Vec<&str>,
    ) -> Result<Vec<(String, Members)>> {
        let items = match self.how {
            How::Name | How::Arn | How::ArnOfName => {
                let asks = cloud.each(names.iter(), |name| async move {
                    let id = match self.how {
                        How::ArnOfName => own_arn::<R>(cloud, name).await?,
                        _ => (*name).to_owned(),
                    };
                    let body = self.body(Some(id.into()));
                    let answer = unless_gone(cloud.call(table::<R>().api, self.operation, body.into()).await)?;
                    let found = answer.and_then(object).map(|answer| match self.part {
                        "" => object_in::<R>(answer),
                        part => Map::from_iter([(part.to_owned(), answer.into())]),
                    });
                    Ok(found.map(|found| ((*name).to_owned(), found)))
                });
                return asks.await.into_iter().filter_map(Result::transpose).collect();
            }
            How::Parts(items) => {
                let asks = cloud.each(names.iter(), |name| async move {
                    let listed = unless_gone(self.pages::<R>(cloud, self.body(Some((*name).into())), 0).await)?;
                    Ok(listed.map(|listed| {
                        ((*name).to_owned(), Members::from_iter([(items.to_owned(), apart::<R>(listed))]))
                    }))
                });
                return asks.await.into_iter().filter_map(Result::transpose).collect();
            }
            How::Names(most, _) => {
                let asks = cloud.each(names.chunks(most), |names| {
                    self.pages::<R>(cloud, self.body(Some(names.into())), names.len())
                });
                asks.await.into_iter().collect::<Result<Vec<_>>>()?.concat()
            }
            How::Owned(_) => self.all::<R>(cloud, lab).await?,
            How::All(_) | How::Ids(_) if self.key.is_empty() => self.all::<R>(cloud, lab).await?,
            How::All(_) | How::Ids(_) => {
                let prefix = Some(common_prefix(&names)).filter(|prefix| !prefix.is_empty());
                self.pages::<R>(cloud, self.body(prefix.map(Value::from)), 0).await?
            }
        };
        let named = |members: Members| (self.name_in::<R>(lab, &members), members);
        Ok(items.into_iter().filter_map(object).map(named).collect())
    }

    /// Returns the name of an object: the one that it has, or that its owner tag gives it in `lab`.
    fn name_in<R: Plain>(&self, lab: &str, members: &Members) -> String {
        let calls = table::<R>();
        let How::Owned(_) = self.how else { return text(members, calls.name) };
        let tags = calls.api.tags.shape.read(members.get(calls.api.tags.shown).unwrap_or(&Value::Null));
        let address = tags.unwrap_or_default().get(RESOURCE_TAG).and_then(|text| text.parse::<Address>().ok());
        let own = address.filter(|address| address.kind == R::KIND);
        own.map(|address| R::NAME.default_name(lab, &address.name)).unwrap_or_default()
    }

    /// Returns all that the call lists; of what has no names, all that is `lab`'s.
    async fn all<R: Plain>(&self, cloud: &Cloud, lab: &str) -> Result<Vec<Value>> {
        let mut body = self.body(None);
        if let How::Owned(_) = self.how {
            let filter = serde_json::json!({"Name": format!("tag:{LAB_TAG}"), "Value": [lab]});
            let filters = body.entry("Filter").or_insert_with(|| Value::Array(Vec::new()));
            filters.as_array_mut().expect("filters are a list").push(filter);
        }
        self.pages::<R>(cloud, body, 0).await
    }

    /// Returns all that the call lists, page by page. `asked` is the number of objects that it has to tell of.
    async fn pages<R: Plain>(&self, cloud: &Cloud, body: Members, asked: usize) -> Result<Vec<Value>> {
        let items = self.items();
        let mut found = Vec::new();
        for mut answer in cloud.pages(table::<R>().api, self.operation, body.into()).await? {
            (self.check)(self.operation, &answer, asked)?;
            for items in items.split('|') {
                if let Value::Array(page) = answer[items].take() {
                    found.extend(page);
                }
            }
        }
        Ok(found)
    }

    fn body(&self, names: Option<Value>) -> Members {
        let mut body = json(self.with);
        if let Some(names) = names {
            if !self.also.is_empty() {
                body[self.also] = names.clone();
            }
            match body.pointer_mut(self.key) {
                Some(place) => *place = names,
                None => body[self.key] = names,
            }
        }
        object(body).unwrap_or_default()
    }
}

/// Makes a call about the object of this name or ARN, with these fields of its, and returns the members of the answer.
pub(super) async fn ask<R: Plain>(
    cloud: &Cloud,
    call: &Call,
    object_name: &str,
    mut fields: Members,
    tags: Option<&Tags>,
) -> Result<Members> {
    let calls = table::<R>();
    if fields.values().any(|value| canonical(value).contains(AFTER_APPLY)) {
        return Err(CloudError::own_at(call.operation, Cause::NotSent, "something that it refers to isn't there"));
    }
    for field in R::FIELDS.iter().filter(|field| field.is_document()) {
        // A document within a document goes as text.
        match fields.get_mut(field.path) {
            None | Some(Value::String(_)) => {}
            Some(document) => *document = canonical(document).into(),
        }
    }
    let mut body = json(call.with);
    let given = object(calls.api.case.members(fields.into())).unwrap_or_default();
    given.into_iter().for_each(|(member, value)| body[member] = value);
    match body.pointer_mut(call.key) {
        _ if call.key.is_empty() => {}
        Some(place) => *place = object_name.into(),
        None => body[call.key] = object_name.into(),
    }
    if let Some(tags) = tags.map(|tags| calls.api.tags.shape.written(tags)) {
        match calls.api.tags.given_to_new.and_then(|place| body.pointer_mut(place)) {
            Some(place) => *place = tags,
            None => body[calls.api.tags.given] = tags,
        }
    }
    let answer = cloud.call(calls.api, call.operation, body).await?;
    Ok(object(answer).unwrap_or_default())
}

/// What a list says of an object, without what names the object itself.
fn apart<R: Plain>(items: Vec<Value>) -> Value {
    let without = |mut item: Value| {
        if let Some(members) = item.as_object_mut() {
            members.remove(table::<R>().id);
        }
        item
    };
    items.into_iter().map(without).collect()
}

/// The ARN of the object of this name in the caller's account.
async fn own_arn<R: Plain>(cloud: &Cloud, name: &str) -> Result<String> {
    let calls = table::<R>();
    cloud.arn(calls.api.namespace(), &calls.arn.replace("{name}", name)).await
}
