//! Listeners that aren't the lab's.

use serde_json::json;

use super::Listener;
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result, unless_gone};
use crate::resource::{
    By, Candidate, Findable, Grant, Granted, Key, Live, Managed, Need, Place, Resource as _, listed,
};
use crate::resources::LoadBalancer;
use crate::resources::balancing::{arns, listener, listeners_of};
use crate::resources::ecs::list;

impl Findable for Listener {
    fn keys() -> Vec<Key> {
        vec![Key::arn("listenerArn", "elasticloadbalancing:listener/")]
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
        let mut found: Vec<Live> = Vec::new();
        for arn in by.iter().filter_map(|by| if let By::Arn(arn) = by { Some(arn) } else { None }) {
            let call = cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeListeners", json!({"ListenerArns": [arn]}));
            let answer = unless_gone(call.await)?.unwrap_or_default();
            found.extend(list(&answer, "Listeners").map(listener));
        }
        let tags: Vec<_> = by.iter().filter_map(|by| by.tags(Self::KIND)).collect();
        if !tags.is_empty() {
            found.extend(listeners_of(cloud, listed::<LoadBalancer>(cloud).await?.iter()).await?);
            found.sort_by(|one, other| one.arn.cmp(&other.arn));
            found.dedup_by(|one, other| one.arn == other.arn);
        }
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
