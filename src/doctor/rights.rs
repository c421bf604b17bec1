//! Whether the caller may read what a plan reads: asked for by the same calls.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::caller::Caller;
use super::learner::{self, own_roles};
use super::{Finding, Spec, Surroundings, is_default};
use crate::cloud::{Cause, CloudError, ErrorKind as CloudKind, Forbids};
use crate::error::Error;
use crate::live::{self, Evidence};
use crate::resource::{Names, Resource as _};
use crate::resources::Role;
use crate::spec::Node;

const TOPIC: &str = "rights";
/// The advice if something is denied.
const CURE: &str = "`labform policy apply > apply.json` writes the policy that this lab takes: give it to whoever manages \
    the account";

/// Reads as a plan does, each kind for itself, so that one that is denied hides no other.
pub(super) async fn look(it: &Surroundings<'_>, caller: &Caller) -> Vec<Finding> {
    let Spec::Lab(source) = it.lab else { return Vec::new() };
    let cloud = &it.cloud.look();
    // The default VPC is looked at by itself.
    let (lab, mut found) = match live::lab_with(cloud, source, |node| !is_default(node)).await {
        Ok((lab, _)) => (Ok(lab), Vec::new()),
        Err(error) => (source.at(&caller.account, &Names::new()), vec![Finding::error("existing", &error)]),
    };
    let lab = match lab {
        Ok(lab) => lab,
        Err(errors) => return vec![Finding::error("lab.yaml", &errors.into())],
    };
    let indexed = cloud.with_tag_index(&lab.place.lab);
    let mut kinds: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for node in lab.nodes.values().filter(|node| !node.is_looked_up() && !lab.is_adrift(node)) {
        kinds.entry(node.kind.kind()).or_default().push(node);
    }
    let (names, name, by_index) = (&lab.names(), &lab.place.lab, &indexed);
    let read = kinds.iter().map(|(kind, nodes)| async move {
        (*kind, live::named(by_index, name, nodes, names, Evidence::Index).await.err())
    });
    let index = async { ("the lab's objects", indexed.indexed().await.err()) };
    let (read, index) = futures::join!(join_all(read), index);
    let failed: Vec<(&str, CloudError)> =
        read.into_iter().chain([index]).filter_map(|(kind, error)| Some((kind, error?))).collect();
    if failed.is_empty() && found.is_empty() {
        let says =
            format!("all that a plan reads may be read, of {} kinds; what only an apply asks isn't tried", kinds.len());
        return vec![Finding::fine(TOPIC, says)];
    }
    let mut denials: BTreeMap<(String, &str), Vec<&str>> = BTreeMap::new();
    for (kind, error) in failed.iter().filter(|(_, error)| !error.is_own(Cause::NoDefaultVpc)) {
        match error.kind() {
            CloudKind::Denied => denials.entry((action(error), cure(error))).or_default().push(kind),
            _ => found.push(Finding::unanswered(it, TOPIC, error)),
        }
    }
    found.dedup();
    found.extend(denials.iter().map(|((action, cure), kinds)| {
        let (finding, roles) = (denial(action, cure, &kinds.join(", ")), own_roles(&lab));
        if roles.is_empty() || !kinds.contains(&Role::KIND) {
            return finding;
        }
        let says = format!("{}; an account that lets nobody make roles can't have {}", finding.says, roles.join(", "));
        let cure = format!("{cure}; if nobody gets such rights there, {}", learner::CURE);
        Finding::wrong(TOPIC, says, cure)
    }));
    found
}

/// What is told of a call that was denied, without which `what` can't be read.
pub(super) fn denied(error: &CloudError, what: &str) -> Finding {
    denial(&action(error), cure(error), what)
}

fn denial(action: &str, cure: &str, what: &str) -> Finding {
    Finding::wrong(TOPIC, format!("the credentials may not {action}, which a plan asks to read: {what}"), cure)
}

fn cure(error: &CloudError) -> &'static str {
    Forbids::of(error.message()).map_or(CURE, Forbids::hint)
}

/// The action that AWS denied, by its own words.
pub(super) fn action(error: &CloudError) -> String {
    let named = error.message().split_once("to perform: ").and_then(|(_, rest)| rest.split_whitespace().next());
    named.map_or_else(|| Error::from(error.clone()).message, str::to_owned)
}
