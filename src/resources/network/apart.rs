//! What the lab's file alone tells of networks: nothing in one VPC uses what stands in another.

use super::OwnVpc;
use crate::model::Address;
use crate::resource::{Checks, Problem, Ref, SpecRef};

/// The field that names the VPC in which something stands.
const VPC: &str = "vpcId";

/// The VPC in which something stands: one that the lab names, or the one that is looked up.
type In = Option<Ref<OwnVpc>>;

/// The problems of a resource with these references, one of which is its VPC, that uses what stands in another one.
pub(in crate::resources) fn apart(refs: &[SpecRef], checks: &Checks<'_>) -> Vec<Problem> {
    vpc_in(refs).map(|vpc| beyond(vpc.as_ref(), refs, checks)).unwrap_or_default()
}

/// The problems of a resource that stands where the first thing in a VPC stands to which it refers.
pub(in crate::resources) fn together(refs: &[SpecRef], checks: &Checks<'_>) -> Vec<Problem> {
    let first = refs.iter().find_map(|reference| vpc_of(&reference.address, checks));
    first.map(|vpc| beyond(vpc.as_ref(), refs, checks)).unwrap_or_default()
}

fn beyond(vpc: Option<&Ref<OwnVpc>>, refs: &[SpecRef], checks: &Checks<'_>) -> Vec<Problem> {
    let is_own = |vpc: &Ref<OwnVpc>| checks.get(vpc).is_some();
    let is_another = |other: Option<&Ref<OwnVpc>>| match (vpc, other) {
        // Two names that the lab looks up may be those of one VPC.
        (Some(one), Some(other)) => one.name != other.name && is_own(one) && is_own(other),
        (Some(own), None) | (None, Some(own)) => is_own(own),
        (None, None) => false,
    };
    let problems = refs.iter().filter_map(|reference| {
        let other = vpc_of(&reference.address, checks).filter(|other| is_another(other.as_ref()))?;
        let words = format!("{} stands in {}, and this in {}", reference.address, named(other.as_ref()), named(vpc));
        Some(Problem::at(reference.path.clone(), words).hint("AWS joins only what stands in one VPC"))
    });
    problems.collect()
}

fn named(vpc: Option<&Ref<OwnVpc>>) -> String {
    vpc.map_or_else(|| "the VPC that is looked up".to_owned(), |own| own.address().to_string())
}

/// The VPC of the resource at `address`; none if it isn't one of the lab's own that stands in a VPC.
fn vpc_of(address: &Address, checks: &Checks<'_>) -> Option<In> {
    vpc_in(checks.references(address)?)
}

fn vpc_in(refs: &[SpecRef]) -> Option<In> {
    let vpc = &refs.iter().find(|reference| reference.path == VPC)?.address;
    let own = Ref::<OwnVpc>::new(&vpc.name);
    Some((own.address() == *vpc).then_some(own))
}
