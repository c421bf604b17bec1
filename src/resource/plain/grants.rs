//! What IAM has to allow for a declared kind, by its table of calls.

use super::Plain;
use super::calls::{Call, table};
use super::verbs::arn;
use crate::resource::{Grant, Granted, Names, Need, Place};

impl<R: Plain> Granted for R {
    fn listing(place: &Place) -> Vec<Grant> {
        let calls = table::<R>();
        let tags = Some(calls.api.tags.read).filter(|_| !calls.bring_tags());
        let actions = tags.into_iter().chain([calls.list.0]).map(action::<R>);
        vec![actions.fold(Grant::in_region(Need::Read, &[], place), Grant::allowing)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let (calls, arn) = (table::<R>(), [arn::<R>(place, name)]);
        let change = |need, call: &Call| {
            let grant = match call.knows_tags {
                true => Grant::on_owned(need, &[], place),
                false => Grant::on(need, &[], arn.clone()),
            };
            grant.allowing(action::<R>(call.operation))
        };
        let reads = calls.read.iter().map(|read| action::<R>(read.operation));
        let tag = action::<R>(calls.api.tags.write);
        let create = Grant::on(Need::Change, &[], arn.clone()).allowing(action::<R>(calls.create.operation));
        let mut grants = vec![
            reads.fold(Grant::in_region(Need::Read, &[], place), Grant::allowing),
            create.allowing(tag.clone()).tagging(place),
            Grant::on_owned(Need::Change, &[], place).allowing(tag),
            change(Need::Change, &calls.update),
            change(Need::Delete, &calls.delete),
        ];
        grants.extend(calls.restore.iter().map(|call| change(Need::Change, call)));
        grants.extend(self.more_grants(place));
        grants
    }
}

/// The action that an operation asks for.
fn action<R: Plain>(operation: &str) -> String {
    format!("{}:{operation}", table::<R>().api.signing)
}
