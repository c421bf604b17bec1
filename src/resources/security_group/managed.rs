//! The listing, making, changing and deleting of security groups.

use super::calls;
use super::holders;
use super::read::groups;
use super::rule::{Direction, Moves, Peer, default_egress};
use super::{SecurityGroup, SecurityGroupLive};
use crate::cloud::{self, Cloud, LAB_TAG, Result};
use crate::resource::{
    Beside, Content, Edit, Found, Habits, Managed, Others, Place, Replacing, Resource as _, Target, Waiting, When,
};
use crate::resources::vpc::vpc_id;
use std::collections::BTreeSet;

use serde_json::{Value, json};

impl Managed for SecurityGroup {
    const SERVICE: cloud::Service = cloud::Service::Table(&cloud::EC2);

    /// A group can't go while anything uses it.
    const HABITS: Habits =
        Habits { replacing: Replacing::CreateFirst, completes: true, goes_after: &["fileSystem"], ..Habits::USUAL };

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<SecurityGroupLive>>> {
        if !cloud.has_in_ec2(lab, "security-group").await? {
            return Ok(Vec::new());
        }
        let tag = format!("tag:{LAB_TAG}");
        let groups = groups(cloud, &tag, vec![lab.to_owned()]).await?;
        let ours =
            groups.into_iter().filter_map(|(live, tags)| Found::of_lab(Self::KIND, lab, live.name.clone(), live, tags));
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<SecurityGroupLive> {
        let vpc_id = vpc_id(self.vpc_id.as_ref(), others).now();
        let vpc_id = vpc_id.expect("the VPC is there before anything is made in it");
        // AWS asks for a description and can't change it, so that one made up must never change by itself.
        let description =
            self.description.clone().unwrap_or_else(|| format!("{} of {}", target.address, others.place.lab));
        let group_id = calls::create(cloud, target, &description, &vpc_id).await?;
        let live = SecurityGroupLive {
            group_id,
            name: target.name.clone(),
            vpc_id,
            description,
            rules: BTreeSet::from([default_egress()]),
        };
        let mut want = self.wanted(&live, others);
        make_known(&mut want, target, &live);
        close(cloud, target, live, &want).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &SecurityGroupLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<SecurityGroupLive> {
        close(cloud, target, live.clone(), &edit.want).await
    }

    async fn delete(cloud: &Cloud, live: &SecurityGroupLive, _content: Content, waiting: &Waiting) -> Result<()> {
        calls::delete(cloud, &live.group_id, waiting).await
    }

    async fn beside(
        cloud: &Cloud,
        lab: &str,
        _spec: Option<&Self>,
        live: &SecurityGroupLive,
        when: When,
    ) -> Result<Vec<Beside>> {
        match when {
            When::Planned => Ok(Vec::new()),
            When::Refused => holders::beside(cloud, lab, &live.group_id).await,
        }
    }

    fn arn(place: &Place, _name: &str, live: &SecurityGroupLive) -> String {
        live.arn(place)
    }
}

/// Names the new group in its own rules, and leaves out those that name groups which are yet to be made: the group is
/// completed then.
fn make_known(want: &mut Value, target: &Target, live: &SecurityGroupLive) {
    let own = target.address.to_string();
    for direction in [Direction::Ingress, Direction::Egress] {
        let Some(rules) = direction.rules(want) else { continue };
        let known = rules.into_iter().filter_map(|mut rule| {
            match &rule.traffic.peer {
                Peer::Unmade(address) if *address == own => rule.traffic.peer = Peer::Group(live.group_id.clone()),
                Peer::Unmade(_) => return None,
                _ => {}
            }
            Some(rule)
        });
        want[direction.field()] = json!(known.collect::<BTreeSet<_>>());
    }
}

/// Makes the rules as wanted: first allows what is new, so that nothing is cut off in between.
async fn close(cloud: &Cloud, target: &Target, mut live: SecurityGroupLive, want: &Value) -> Result<SecurityGroupLive> {
    for direction in [Direction::Ingress, Direction::Egress] {
        let Some(want) = direction.rules(want) else {
            continue;
        };
        let have = live.rules(direction);
        let moves = Moves::between(&have, &want);
        let rules = calls::Rules { cloud, waiting: &target.waiting, id: &live.group_id, direction };
        rules.make(&moves).await?;
        live.rules.retain(|rule| !have.contains(rule));
        live.rules.extend(want);
    }
    Ok(live)
}
