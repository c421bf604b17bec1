//! Objects that the lab uses and doesn't own, and those that it takes for such.

use super::Scope;
use crate::cloud::Owner;
use crate::error::Error;
use crate::live::{Object, Snapshot};
use crate::model::Address;
use crate::resource::{NO_VPC, Resource as _};
use crate::resources::Vpc;
use crate::spec::Lab;

/// An object that the lab uses and doesn't own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedUp {
    /// The address by which the lab calls it.
    pub address: Address,
    /// The object's physical name.
    pub name: String,
    /// The object's ids and ARNs.
    pub ids: Vec<String>,
}

/// What was looked up for the resources in `scope`, without the account's default VPC.
pub(super) fn looked_up(live: &Snapshot, scope: &Scope) -> Vec<LookedUp> {
    let mut all: Vec<&Object> = live.objects.iter().filter(|object| object.kind.managed().is_none()).collect();
    // The VPC that the lab is in stands there twice if `existing` names it: as that, and as the lab's place.
    let is_named =
        |one: &&Object| live.objects.iter().any(|other| other.kind.kind() != Vpc::KIND && ids(one) == ids(other));
    all.retain(|one| one.kind.kind() != Vpc::KIND || one.name != NO_VPC && !is_named(one));
    let shown = all.into_iter().filter(|one| scope.contains(&one.address));
    shown.map(|one| LookedUp { address: one.address.clone(), name: one.name.clone(), ids: ids(one) }).collect()
}

/// Refuses a lab that takes an object of its own for somebody else's: what it owns and doesn't have is destroyed.
pub(super) fn refuse_own(lab: &Lab, live: &Snapshot) -> Result<(), Error> {
    let own = |one: &Object| matches!(one.owner(&lab.place.lab), Owner::Lab(_)) && one.stands_alone();
    let own: Vec<&Object> = live.objects.iter().filter(|object| own(object)).collect();
    let taken = live.objects.iter().filter(|object| object.kind.lookup().is_some()).filter_map(|object| {
        let is_of_kind = |one: &Object| object.kind.kind() == Vpc::KIND || one.kind.kind() == object.kind.kind();
        let it = own.iter().find(|one| is_of_kind(one) && ids(one).first() == ids(object).first())?;
        Some(format!(
            "{}: `{}` is {} of this lab, and `existing` is for what isn't the lab's",
            object.address, object.name, it.address
        ))
    });
    let taken: Vec<String> = taken.collect();
    match taken.is_empty() {
        true => Ok(()),
        false => {
            let hint = "a lab refers to its own by their names, and destroys what it owns and lab.yaml doesn't have";
            Err(Error::refused(taken.join("\n")).hint(hint).hint("nothing was changed"))
        }
    }
}

fn ids(object: &Object) -> Vec<String> {
    object.kind.ids(&object.live)
}
