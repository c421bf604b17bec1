//! Permissions that IAM has to give for a declared kind, by its table of calls.

use super::Plain;
use super::calls::{Call, table};
use super::reads::{How, Read};
use super::verbs::arn_of;
use crate::resource::{Grant, Granted, Names, Need, Place, Replacing, document};

impl<R: Plain> Granted for R {
    fn listing(place: &Place) -> Vec<Grant> {
        let calls = table::<R>();
        let tags = Some(calls.api.tags.read).filter(|_| !calls.brings_tags || R::HABITS.nameless);
        let reads = calls.read.iter().filter(|_| matches!(calls.list.how, How::Ids(_))).map(|read| read.operation);
        let under_way = calls.list.under_way.map(|(operation, ..)| operation);
        let actions = tags.into_iter().chain(reads).chain(under_way).chain([calls.list.operation]).map(action::<R>);
        vec![actions.fold(Grant::in_region(Need::Read, &[], place), Grant::allowing)]
    }

    fn grants(&self, name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        let (calls, given) = (table::<R>(), document(self));
        let arns = self.made_on(name, names, place);
        let on = |need, call: &Call| {
            let arns = arns.iter().map(|arn| format!("{arn}{}", call.within));
            Grant::on(need, &[], arns).allowing(action::<R>(call.operation))
        };
        let change = |need, call: &Call| match call.knows_tags {
            true => Grant::on_owned(need, &[], place).allowing(action::<R>(call.operation)),
            false => on(need, call),
        };
        let reads = calls.read.iter().filter(|read| read.is_for(self));
        let read = |read: &Read| {
            let need = if read.only_for.is_some() { Need::Compare } else { Need::Read };
            let grant = match read.is_private {
                true => Grant::on(need, &[], arns.clone()),
                false => Grant::in_region(need, &[], place),
            };
            grant.allowing(action::<R>(read.operation))
        };
        let tag = action::<R>(calls.api.tags.write);
        let creating = match calls.api.tags.creating {
            Some(key) => Grant::while_creating(&[], key),
            None => Grant::on(Need::Change, &[], arns.clone()).tagging(place),
        };
        let mut grants = vec![
            on(Need::Change, &self.creation()).tagging(place),
            creating.allowing(tag.clone()),
            Grant::on_owned(Need::Change, &[], place).allowing(tag),
            change(Need::Delete, &calls.delete),
        ];
        let updates = calls.updates.iter().filter(|change| !change.is_by_hand);
        let updates = updates.filter(|change| change.fields::<R>().iter().any(|field| given.get(field).is_some()));
        grants.extend(reads.map(read));
        let updates = updates.map(|update| {
            let given = update
                .fields::<R>()
                .into_iter()
                .filter_map(|field| Some((field.to_owned(), given.get(field)?.clone())));
            update.resets::<R>(&given.collect()).unwrap_or(&update.call)
        });
        grants.extend(updates.chain(&calls.restore).map(|call| change(Need::Change, call)));
        grants.extend(self.more_grants(name, place));
        grants
    }
}

/// The ARNs of the object of this name, and of those that may take its place.
pub(super) fn own_arns<R: Plain>(name: &str, place: &Place) -> Vec<String> {
    let successor = (R::HABITS.replacing == Replacing::CreateFirst).then(|| R::NAME.successor(name, "????????"));
    [Some(name.to_owned()), successor].into_iter().flatten().map(|name| arn_of::<R>(place, &name)).collect()
}

/// The action that an operation asks for.
fn action<R: Plain>(operation: &str) -> String {
    format!("{}:{operation}", table::<R>().api.namespace())
}
