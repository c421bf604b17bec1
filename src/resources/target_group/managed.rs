//! How target groups are listed, made, changed and deleted.

use super::calls::{self, groups};
use super::holders::holders;
use super::{TargetGroup, TargetGroupLive};
use crate::cloud::{self, Cloud, CloudError, Result};
use crate::model::Diff;
use crate::resource::{Content, Found, Habits, Managed, Others, Place, Replacing, Target, Waiting};
use crate::resources::held::held_by;
use crate::resources::made_for;

impl Managed for TargetGroup {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);

    /// A target group can't be made anew under its own name while a listener forwards to it.
    const HABITS: Habits = Habits { replacing: Replacing::CreateFirst, ..Habits::USUAL };

    fn is_current(&self, live: &TargetGroupLive) -> bool {
        self.fixed(live).is_empty()
    }

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<TargetGroupLive>>> {
        let groups = groups(cloud).await?;
        let arns: Vec<String> = groups.iter().map(|group| group.arn.clone()).collect();
        let tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        Ok(crate::resources::owned(lab, groups, |group| (group.name.clone(), tags.get(&group.arn).cloned())))
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<TargetGroupLive> {
        let live = calls::create(cloud, self, target, others).await?;
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        self.set_attributes(cloud, live).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &TargetGroupLive,
        _others: &Others,
        diff: &Diff,
    ) -> Result<TargetGroupLive> {
        let checks = |path: &str| !path.starts_with("attributes.");
        let live = match diff.fields.iter().any(|field| checks(&field.path)) {
            true => {
                TargetGroupLive { attributes: live.attributes.clone(), ..calls::modify(cloud, self, &live.arn).await? }
            }
            false => live.clone(),
        };
        match diff.touches("attributes") {
            true => self.set_attributes(cloud, live).await,
            false => Ok(live),
        }
    }

    /// AWS deletes a target group that is gone already with success (DeleteTargetGroup, API reference).
    async fn delete(cloud: &Cloud, live: &TargetGroupLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        let delete = cloud.elbv2.delete_target_group();
        let answer = delete.target_group_arn(&live.arn).send().await;
        match answer.map_err(CloudError::from) {
            Err(error) if error.is("ResourceInUse") => Err(held_by(error, holders(cloud, &live.arn).await)),
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &TargetGroupLive) -> String {
        live.arn.clone()
    }
}

impl TargetGroup {
    async fn set_attributes(&self, cloud: &Cloud, mut live: TargetGroupLive) -> Result<TargetGroupLive> {
        if let Some(attributes) = &self.attributes {
            calls::set_attributes(cloud, &live.arn, attributes).await?;
            live.attributes.extend(attributes.clone());
        }
        Ok(live)
    }
}
