//! How listeners are listed, made, changed and deleted.

use std::collections::BTreeMap;

use super::calls::{self, listeners};
use super::{Listener, ListenerLive, physical_name};
use crate::cloud::{self, Cloud, CloudError, Result, unless_gone};
use crate::model::Diff;
use crate::resource::{Content, Found, Managed, Others, Place, Target, Waiting};
use crate::resources::load_balancer::balancers;

impl Managed for Listener {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<ListenerLive>>> {
        let balancers = balancers(cloud).await?;
        let all = cloud.each(balancers.iter(), |balancer| async move {
            // The load balancer may be somebody else's, who has just deleted it.
            let listeners = unless_gone(listeners(cloud, &balancer.arn).await)?.into_iter().flatten();
            let named = listeners.map(|live| (physical_name(&balancer.name, live.port), live));
            Ok(named.collect::<Vec<_>>())
        });
        let all: Result<Vec<_>> = all.await.into_iter().collect();
        let all: Vec<_> = all?.into_iter().flatten().collect();
        let names: BTreeMap<String, String> = all.iter().map(|(name, live)| (live.arn.clone(), name.clone())).collect();
        let arns: Vec<String> = names.keys().cloned().collect();
        let tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        let listeners = all.into_iter().map(|(_, live)| live).collect();
        Ok(crate::resources::owned(lab, listeners, |live: &ListenerLive| {
            (names[&live.arn].clone(), tags.get(&live.arn).cloned())
        }))
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<ListenerLive> {
        calls::create(cloud, self, target, others).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &ListenerLive,
        others: &Others,
        _diff: &Diff,
    ) -> Result<ListenerLive> {
        calls::modify(cloud, self, &live.arn, others).await
    }

    async fn delete(cloud: &Cloud, live: &ListenerLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        let delete = cloud.elbv2.delete_listener().listener_arn(&live.arn);
        match delete.send().await.map_err(CloudError::from) {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &ListenerLive) -> String {
        live.arn.clone()
    }
}
