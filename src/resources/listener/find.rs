//! Listeners that aren't the lab's.

use std::collections::BTreeSet;

use serde_json::json;

use super::Listener;
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result, unless_gone};
use crate::resource::{
    By, Candidate, Findable, Grant, Granted, Key, Live, Managed, Need, Place, Resource as _, listed,
};
use crate::resources::LoadBalancer;
use crate::resources::balancing::{arns, listener, listeners, listeners_of};
use crate::resources::ecs::{list, text};

impl Findable for Listener {
    fn keys() -> Vec<Key> {
        vec![Key::arn("listenerArn", "elasticloadbalancing:listener/")]
    }

    /// Listeners are called by their load balancers and their ports.
    fn joint() -> Option<[&'static str; 2]> {
        Some(["loadBalancerArn", "port"])
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
        let mut found: Vec<Live> = Vec::new();
        for arn in by.iter().filter_map(|by| if let By::Arn(arn) = by { Some(arn) } else { None }) {
            let call = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeListeners", json!({"ListenerArns": [arn]}));
            let answer = unless_gone(call.await)?.unwrap_or_default();
            found.extend(list(&answer, "Listeners").map(listener));
        }
        let named: BTreeSet<&str> = by.iter().filter_map(|by| balancer_in(by)).collect();
        for name in named {
            let call = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeLoadBalancers", json!({"Names": [name]}));
            let answer = unless_gone(call.await)?.unwrap_or_default();
            for balancer in list(&answer, "LoadBalancers") {
                found.extend(
                    unless_gone(listeners(cloud, &text(balancer, "LoadBalancerArn")).await)?.unwrap_or_default(),
                );
            }
        }
        let tags: Vec<_> = by.iter().filter_map(|by| by.tags(Self::KIND)).collect();
        if !tags.is_empty() {
            found.extend(listeners_of(cloud, listed::<LoadBalancer>(cloud).await?.iter()).await?);
        }
        found.sort_by(|one, other| one.arn.cmp(&other.arn));
        found.dedup_by(|one, other| one.arn == other.arn);
        let arns = if tags.iter().any(|tags| !tags.is_empty()) { arns(&found) } else { Vec::new() };
        let mut tags = cloud.tags_of(Self::SERVICE, &arns).await?;
        let candidates = found.into_iter().map(|live| {
            let tags = tags.remove(&live.arn).unwrap_or_default();
            Candidate { name: live.name.clone(), live, tags }
        });
        Ok(candidates.collect())
    }

    fn finding(by: &By, place: &Place) -> Vec<Grant> {
        match by {
            By::Arn(_) => vec![Grant::in_region(Need::Read, &["elasticloadbalancing:DescribeListeners"], place)],
            _ => Self::listing(place),
        }
    }
}

/// The load balancer of a listener that is found by its name.
fn balancer_in(by: &By) -> Option<&str> {
    let By::Name(name) = by else { return None };
    name.rsplit_once(':').map(|(balancer, _)| balancer)
}
