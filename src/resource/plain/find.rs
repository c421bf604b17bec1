//! Objects of declared kinds that aren't the lab's.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::{Value, json};

use super::answers::object;
use super::ask::{Seen, arns_without_tags, described, in_list};
use super::calls::table;
use super::{Plain, Presence};
use crate::cloud::{Cloud, Result};
use crate::resource::{By, Candidate, Findable, Grant, Granted, Key, Live, Managed, Need, Place};

impl<R: Plain> Findable for R {
    fn keys() -> Vec<Key> {
        let calls = table::<R>();
        if R::HABITS.nameless {
            return vec![Key::id(&calls.api.case.field(calls.id), &id_form::<R>())];
        }
        let kind = calls.arn.split(['{', '*']).next().unwrap_or_default();
        let arn = Key::arn(calls.api.case.field(calls.id), format!("{}:{kind}", calls.api.namespace()));
        vec![Key::name(R::NAME.field), arn]
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
        if R::HABITS.nameless {
            return nameless::<R>(cloud, by).await;
        }
        let named = by.iter().filter_map(|by| match by {
            By::Name(name) => Some(name.clone()),
            By::Arn(arn) => Self::name_in(arn),
            By::Id(_) | By::Default | By::Tags(_) | By::Lab { .. } => None,
        });
        let names: Vec<String> = named.collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let tags = by.iter().filter_map(|by| by.tags(<R as Plain>::KIND)).collect::<Vec<_>>();
        let mut seen = match !tags.is_empty() {
            true => in_list::<R>(cloud, "").await?,
            false => described::<R>(cloud, "", &names, |_| None).await?,
        };
        seen.retain(|seen| R::presence(&seen.live) == Presence::There);
        let has_tags = tags.iter().any(|tags| !tags.is_empty());
        let arns = if has_tags { arns_without_tags::<R>(&seen) } else { Vec::new() };
        let mut tags = cloud.tags_of(<R as Managed>::SERVICE, &arns).await?;
        let candidates = seen.into_iter().map(|Seen { live, tags: own }| {
            let tags = own.or_else(|| tags.remove(&live.arn)).unwrap_or_default();
            Candidate { name: live.name.clone(), live, tags }
        });
        Ok(candidates.collect())
    }

    fn finding(by: &By, place: &Place) -> Vec<Grant> {
        match by {
            _ if R::HABITS.nameless => {
                let list = &table::<R>().list;
                let action = format!("{}:{}", table::<R>().api.namespace(), list.operation);
                vec![Grant::in_region(Need::Read, &[], place).allowing(action)]
            }
            By::Tags(_) | By::Lab { .. } => <R as Granted>::listing(place),
            By::Name(_) | By::Id(_) | By::Arn(_) | By::Default => {
                let calls = table::<R>();
                let reads = calls.read.iter().filter(|read| !read.needs_arn() && read.only_for.is_none());
                let actions = reads.map(|read| format!("{}:{}", calls.api.namespace(), read.operation));
                vec![actions.fold(Grant::in_region(Need::Read, &[], place), Grant::allowing)]
            }
        }
    }

    fn name_in(arn: &str) -> Option<String> {
        let (before, after) = table::<R>().arn.split_once("{name}")?;
        let rest = arn.splitn(6, ':').nth(5)?;
        let rest = match before.split_once('*') {
            Some((before, after)) => rest.strip_prefix(before)?.split_once(after)?.1,
            None => rest.strip_prefix(before)?,
        };
        let name = match after {
            after if after.ends_with('*') => rest.split_once(after.trim_end_matches('*'))?.0,
            // Letters that AWS adds.
            after if after.ends_with('?') => rest.get(..rest.len().checked_sub(after.len())?)?,
            _ => rest.trim_end_matches(":*"),
        };
        Some(name.to_owned())
    }
}

/// The beginning of the ids of objects without names, as in `subnet-`.
fn id_form<R: Plain>() -> String {
    format!("{}-", table::<R>().arn.split('/').next().unwrap_or_default())
}

/// Finds objects that have no names in Amazon EC2: by filters on ids and tags.
async fn nameless<R: Plain>(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
    let calls = table::<R>();
    let filter = |name: String, values: Vec<&str>| json!({"Name": name, "Value": values});
    let ids: Vec<&str> =
        by.iter().filter_map(|by| if let By::Id(id) = by { Some(id.as_str()) } else { None }).collect();
    let by_id = (!ids.is_empty()).then(|| json!([filter(format!("{}id", id_form::<R>()), ids)]));
    let by_tags = by.iter().filter_map(|by| by.tags(<R as Plain>::KIND));
    let by_tags =
        by_tags.map(|tags| tags.iter().map(|(key, value)| filter(format!("tag:{key}"), vec![value])).collect());
    let asked: Vec<Value> = by_id.into_iter().chain(by_tags).collect();
    let answers = try_join_all(asked.into_iter().map(|filters| async move {
        let asked = if filters == json!([]) { json!({}) } else { json!({ "Filter": filters }) };
        cloud.pages(calls.api, calls.list.operation, asked).await
    }));
    let mut found = BTreeMap::new();
    for page in answers.await?.into_iter().flatten() {
        let items = page[calls.list.items()].as_array().into_iter().flatten();
        for Seen { mut live, tags } in items.filter_map(|item| object(item.clone())).map(|one| Seen::new::<R>("", one))
        {
            live.name = live.arn.clone();
            let candidate = Candidate { name: live.arn.clone(), tags: tags.unwrap_or_default(), live };
            found.insert(candidate.name.clone(), candidate);
        }
    }
    Ok(found.into_values().collect())
}
