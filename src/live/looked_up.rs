//! Objects that the lab uses and doesn't own.

use futures::future::try_join_all;

use super::Object;
use super::object::{Evidence, found};
use crate::cloud::Cloud;
use crate::error::Error;
use crate::model::Address;
use crate::resource::{AnyKind, AnyLive, AnySpec, Found, LookedUp as Known, Names, Problem, Resource as _};
use crate::resources::{EXISTING, Vpc};
use crate::spec::{Lab, Node, Source};

/// What was looked up, and what wasn't found.
#[derive(Debug, Default)]
pub(super) struct LookedUp {
    pub(super) objects: Vec<Object>,
    problems: Vec<(Address, Problem)>,
    several: Vec<(Vec<Object>, Problem)>,
}

impl LookedUp {
    /// The names in AWS of what was found.
    pub(super) fn names(&self) -> Names {
        self.objects.iter().map(|object| (object.address.clone(), object.name.clone())).collect()
    }

    /// What was found.
    ///
    /// # Errors
    /// If something wasn't, at its places in the lab's file.
    pub(super) fn told(self, source: &Source) -> Result<Vec<Object>, Error> {
        source.refuse(self.problems)?;
        Ok(self.objects)
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.problems.extend(other.problems);
        self.several.extend(other.several);
    }

    /// Of several objects that may be meant, takes the only one that stands in the lab's VPC: each VPC has a security group
    /// of the name `default`.
    pub(super) fn narrowed(mut self) -> Self {
        let vpcs = self.objects.iter().filter(|object| object.kind.kind() == Vpc::KIND);
        let vpcs: Vec<String> = vpcs.flat_map(|vpc| vpc.kind.ids(&vpc.live)).collect();
        for (mut all, problem) in std::mem::take(&mut self.several) {
            let address = all[0].address.clone();
            let is_there = |object: &Object| {
                let links = object.kind.lookup().map(|lookup| lookup.links(&object.live));
                links.is_some_and(|links| links.iter().any(|id| vpcs.contains(id)))
            };
            all.retain(is_there);
            match all.len() {
                1 => self.objects.append(&mut all),
                _ => self.problems.push((address, problem)),
            }
        }
        self
    }
}

/// Looks up what the lab uses and doesn't own, as far as it is `wanted`: a call or two for each kind, all at once.
pub(super) async fn look_up(cloud: &Cloud, lab: &Lab, wanted: impl Fn(&Node) -> bool) -> Result<LookedUp, Error> {
    let wanted: Vec<&Node> = lab.nodes.values().filter(|node| node.is_looked_up() && wanted(node)).collect();
    let kinds = EXISTING.iter().filter_map(|kind| {
        let of_kind = wanted.iter().filter(|node| node.kind.kind() == kind.kind());
        let specs: Vec<_> = of_kind.map(|node| (node.address.clone(), node.spec.clone())).collect();
        (!specs.is_empty()).then_some(look_up_kind(cloud, *kind, specs))
    });
    let mut all = LookedUp::default();
    try_join_all(kinds).await?.into_iter().for_each(|found| all.extend(found));
    Ok(all)
}

async fn look_up_kind(
    cloud: &Cloud,
    kind: &'static dyn AnyKind,
    specs: Vec<(Address, AnySpec)>,
) -> Result<LookedUp, Error> {
    let lookup = kind.lookup().expect("a kind of what isn't the lab's looks it up");
    let (mut there, mut all) = (Vec::new(), LookedUp::default());
    let looked = lookup.look_up(cloud, &specs).await?;
    let objects = |there: Vec<Found<AnyLive>>| found(kind, there, Evidence::Direct, cloud.now());
    for one in looked {
        match one {
            Known::One(found) => there.push(found),
            Known::Several(some, problem) => all.several.push((objects(some), problem)),
            Known::None(address, problem) => all.problems.push((address, problem)),
        }
    }
    all.objects = objects(there);
    Ok(all)
}
