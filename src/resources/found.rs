//! Reading and listing, as far as it is the same for every simple kind: objects first, then whose they are.
//!
//! Knows: how objects meet the spec's names, and where tags come from. Must not know: any kind in particular.

use std::future::Future;

use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::owned;
use crate::cloud::{Cloud, CloudError, Result, Service};
use crate::resource::{Found, Managed, Replacing, Wanted};

/// What AWS says of an object of a simple kind.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Its fields: those of the spec in the spec's words, and what else AWS says.
    pub document: Value,
}

impl Live {
    /// The text in a field; empty if there is none.
    pub fn text(&self, field: &str) -> &str {
        self.document[field].as_str().unwrap_or_default()
    }

    /// The same with `value` in a field.
    pub(super) fn with(mut self, field: &str, value: impl Serialize) -> Self {
        self.document[field] = serde_json::json!(value);
        self
    }

    /// The same with the fields of a map in it replaced.
    pub(super) fn with_entries(mut self, field: &str, entries: &Value) -> Self {
        for (key, value) in entries.as_object().into_iter().flatten() {
            self.document[field][key] = value.clone();
        }
        self
    }
}

/// Those of `objects` that bear a name of the spec, or that of a successor if the kind makes such, with their tags. `more`
/// reads what only the spec asks for; none if the object is gone by then.
pub(super) async fn named<'w, R, F>(
    cloud: &Cloud,
    wanted: &'w [Wanted<'w, R>],
    objects: impl IntoIterator<Item = Live>,
    more: impl Fn(&'w Wanted<'w, R>, Live) -> F,
) -> Result<Vec<Found<Live>>>
where
    R: Managed<Live = Live>,
    F: Future<Output = Result<Option<Live>>>,
{
    let succeeds =
        |name: &str, live: &Live| R::REPLACING == Replacing::CreateFirst && R::NAME.is_successor(name, &live.name);
    let is_it = |one: &Wanted<'_, R>, live: &Live| live.name == one.name || succeeds(one.name, live);
    let ours = objects.into_iter().filter_map(|live| Some((wanted.iter().find(|one| is_it(one, &live))?, live)));
    tagged(cloud, ours, more).await
}

/// What was found of the spec, with its tags; `more` as above.
pub(super) async fn tagged<'w, R, F>(
    cloud: &Cloud,
    ours: impl Iterator<Item = (&'w Wanted<'w, R>, Live)>,
    more: impl Fn(&'w Wanted<'w, R>, Live) -> F,
) -> Result<Vec<Found<Live>>>
where
    R: Managed<Live = Live>,
    F: Future<Output = Result<Option<Live>>>,
{
    let (arns, ours): (Vec<_>, Vec<_>) = ours.map(|(one, live)| (live.arn.clone(), (one, more(one, live)))).unzip();
    let ours =
        ours.into_iter().map(|(one, live)| async move { Ok::<_, CloudError>(live.await?.map(|live| (one, live))) });
    let (mut tags, ours) = futures::try_join!(cloud.tags_of(R::SERVICE, &arns), try_join_all(ours))?;
    let found = ours.into_iter().flatten().map(|(one, live)| {
        let tags = tags.remove(&live.arn).unwrap_or_default();
        Found::present(one.address, live.name.clone(), live, tags)
    });
    Ok(found.collect())
}

/// Those of `objects` that carry the lab's owner tag.
pub(super) async fn of_lab<L>(
    cloud: &Cloud,
    service: Service,
    lab: &str,
    objects: Vec<L>,
    name_and_arn: impl Fn(&L) -> (&str, &str),
) -> Result<Vec<Found<L>>> {
    let arns: Vec<String> = objects.iter().map(|live| name_and_arn(live).1.to_owned()).collect();
    let tags = cloud.tags_of_listed(service, lab, &arns).await?;
    Ok(owned(lab, objects, |live| {
        let (name, arn) = name_and_arn(live);
        (name.to_owned(), tags.get(arn).cloned())
    }))
}

/// The texts of a list.
pub(super) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// The answer to a delete: that the object is gone already is a success.
pub(super) fn gone<T, E: Into<CloudError>>(answer: Result<T, E>) -> Result<()> {
    match answer.map_err(Into::into) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
