//! How roles are listed, made, changed and deleted.

use futures::future::try_join_all;
use std::collections::BTreeSet;

use super::calls::{self, role};
use super::{InlinePolicy, Role, RoleLive};
use crate::cloud::{self, Cloud, CloudError, Result, role_path};
use crate::model::Diff;
use crate::resource::{Content, Found, Habits, Managed, Others, Place, Strays, Target, Waiting};
use crate::resources::held::held_by;

impl Managed for Role {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::IAM);
    const HABITS: Habits = Habits { strays: Strays::ByPath, ..Habits::USUAL };

    /// The tag index doesn't know roles: they are found by the lab's path.
    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<RoleLive>>> {
        let names = calls::names_below(cloud, &role_path(lab, &cloud.region)).await?;
        let roles = try_join_all(names.iter().map(|name| role(cloud, name))).await?;
        let found = roles.into_iter().flatten().flat_map(|(live, tags)| {
            crate::resources::owned(lab, vec![live], |live| (live.name.clone(), Some(tags.clone())))
        });
        Ok(found.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<RoleLive> {
        let path = role_path(&others.place.lab, &others.place.region);
        let live = calls::create(cloud, self, target, &path).await?;
        let attached = self.managed_policy_arns.iter().flatten();
        let attached = try_join_all(attached.map(|arn| calls::attach(cloud, &live.name, arn, &target.waiting)));
        let policies = self.policies.iter().flatten();
        let policies = try_join_all(policies.map(|one| calls::put_policy(cloud, &live.name, one, &target.waiting)));
        futures::try_join!(attached, policies)?;
        Ok(self.with_policies(live))
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &RoleLive,
        _others: &Others,
        diff: &Diff,
    ) -> Result<RoleLive> {
        let name = live.name.as_str();
        let mut live = live.clone();
        if diff.touches("description") || diff.touches("maxSessionDuration") {
            calls::update(cloud, self, name).await?;
            live.description = self.description.clone().or(live.description);
            live.max_session_duration = self.max_session_duration.or(live.max_session_duration);
        }
        if diff.touches("assumeRolePolicyDocument") {
            calls::set_trust(cloud, self, name).await?;
            live.assume_role_policy_document = self.assume_role_policy_document.clone();
        }
        // What is new comes first, so that a running task loses nothing that it keeps.
        let policies = self.policies.iter().flatten();
        let policies = policies.filter(|one| diff.touches(&format!("policies.{}", one.policy_name)));
        try_join_all(policies.map(|one| calls::put_policy(cloud, name, one, &target.waiting))).await?;
        let none = BTreeSet::new();
        let have = live.managed_policy_arns.as_ref().unwrap_or(&none);
        let want = self.managed_policy_arns.as_ref().unwrap_or(have);
        try_join_all(want.difference(have).map(|arn| calls::attach(cloud, name, arn, &target.waiting))).await?;
        let excess = RoleLive {
            managed_policy_arns: Some(have.difference(want).cloned().collect()),
            policies: Some(self.strays(&live)),
            ..live.clone()
        };
        calls::strip(cloud, &excess).await?;
        Ok(self.with_policies(live))
    }

    /// A role goes after its policies. Those that are known go first; where AWS knows of more, it says so and they are
    /// listed.
    async fn delete(cloud: &Cloud, live: &RoleLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        calls::strip(cloud, live).await?;
        let delete = cloud.iam.delete_role().role_name(&live.name);
        match delete.send().await.map_err(CloudError::from) {
            Err(error) if error.says("DeleteConflict", "instance profile") => {
                Err(held_by(error, calls::instance_profiles(cloud, live).await))
            }
            Err(error) if error.is("DeleteConflict") => {
                calls::strip(cloud, &calls::all_policies(cloud, live).await?).await?;
                Err(error)
            }
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &RoleLive) -> String {
        live.arn.clone()
    }
}

impl Role {
    /// `live` with the policies that the spec gives, all of them in place.
    fn with_policies(&self, live: RoleLive) -> RoleLive {
        let policies = self.policies.as_ref().map(|policies| {
            let pair = |one: &InlinePolicy| (one.policy_name.clone(), Some(one.policy_document.clone()));
            policies.iter().map(pair).collect()
        });
        RoleLive {
            managed_policy_arns: self.managed_policy_arns.clone().or(live.managed_policy_arns),
            policies: policies.or(live.policies),
            ..live
        }
    }
}
