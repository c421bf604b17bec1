//! Objects of others under names of the lab's: nothing is planned beside them.

use std::collections::BTreeSet;

use super::Scope;
use super::looked_up::refuse_own;
use crate::cloud::{LAB_TAG, Owner, lab_and_region};
use crate::error::Error;
use crate::live::{Object, Snapshot};
use crate::spec::Lab;

/// The objects that have a name of the lab's without belonging to it: they are never touched.
pub fn foreign<'a>(lab: &'a Lab, live: &'a Snapshot, scope: &'a Scope) -> impl Iterator<Item = (&'a Object, String)> {
    live.objects.iter().chain(&live.recoverable).filter_map(|object| {
        let named = object.kind.managed().is_some() && lab.nodes.contains_key(&object.address);
        match object.owner(&lab.place.lab) {
            Owner::Other(whose) if named && scope.contains(&object.address) => Some((object, whose)),
            _ => None,
        }
    })
}

pub(super) fn refuse_foreign(lab: &Lab, live: &Snapshot, scope: &Scope) -> Result<(), Error> {
    refuse_own(lab, live)?;
    let found: Vec<(&Object, String)> = foreign(lab, live, scope).collect();
    if found.is_empty() {
        return Ok(());
    }
    let message = found
        .iter()
        .map(|(object, whose)| format!("{}: `{}` exists already, and {whose}", object.address, object.name))
        .collect::<Vec<_>>()
        .join("\n");
    let mut error = Error::refused(message).hint("labform never touches what it didn't make");
    let (name, region) = (&lab.place.lab, &lab.place.region);
    let nobodys =
        found.iter().filter(|(object, _)| object.is_nobodys(name)).map(|(object, _)| object.address.to_string());
    let nobodys: Vec<String> = nobodys.collect();
    if !nobodys.is_empty() {
        let addresses = nobodys.join(" ");
        error = error.hint(format!("if it is yours, `labform adopt {addresses}` makes it the lab's: it asks before"));
    }
    let labs: BTreeSet<&String> =
        found.iter().filter_map(|(object, _)| object.tags.get(LAB_TAG)).filter(|owner| *owner != name).collect();
    for (lab, elsewhere) in labs.into_iter().map(|owner| lab_and_region(owner)) {
        let region = elsewhere.unwrap_or(region);
        // What deletes another lab isn't advised: it may be a classmate's.
        error = error.hint(match lab == name {
            true => format!(
                "if this lab was in {region} before: what it has there is still there and costs money; `labform destroy \
                 --lab {lab} --region {region}` deletes it"
            ),
            false => format!(
                "if this lab was called `{lab}` before: what `{lab}` has is still there and costs money; `labform labs` \
                 says who made it"
            ),
        });
    }
    let has_another = error.hints.len() > 1;
    Err(error.hint(if has_another {
        "else choose another name in lab.yaml"
    } else {
        "choose another name in lab.yaml"
    }))
}
