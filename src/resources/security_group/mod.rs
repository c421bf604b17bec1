//! Security groups with their rules.

mod calls;
mod find;
mod grants;
mod holders;
mod managed;
mod permission;
mod read;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use labform_account::rules::{PERMISSION, SECURITY_GROUP_TEXT};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::network::{OwnVpc, apart, default_to};
use super::vpc::{Vpc, vpc_id, vpc_ref};
use crate::cloud::{Cloud, LAB_TAG, Result};
use crate::model::{Diff, Effect, Shape};
use crate::resource::{
    Checks, Field, Found, Home, NameRule, Names, Others, Output, Pasted, Place, Problem, Ref, Resource, SpecRef,
    Wanted, breaches, diff, document, replace, update,
};
pub(super) use permission::{From, GroupId};
use permission::{Permission, text_problem};
use read::groups;
use rule::{Direction, Moves, Peer, Rule, Traffic};

/// A security group: the fields of CreateSecurityGroup, and its rules.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroup {
    /// The security group's name.
    pub group_name: Option<String>,
    /// The group's purpose. AWS can't change it.
    pub description: Option<String>,
    /// The group's VPC, a name below `vpcs`; the lab's if it is left out. AWS can't change it.
    pub vpc_id: Option<Ref<OwnVpc>>,
    /// The traffic that is allowed in.
    pub ip_permissions: Option<Vec<Permission>>,
    /// The traffic that is allowed out; AWS allows everything if it is left out.
    pub ip_permissions_egress: Option<Vec<Permission>>,
}

/// AWS's description of a security group.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroupLive {
    /// The group's id, as in `sg-0a1b`.
    pub group_id: String,
    /// The group's name.
    pub name: String,
    /// The id of the group's VPC.
    pub vpc_id: String,
    /// The group's purpose.
    pub description: String,
    /// The group's rules, in and out.
    pub rules: BTreeSet<Rule>,
}

impl Resource for SecurityGroup {
    const KIND: &'static str = "securityGroup";
    const SECTION: &'static str = "securityGroups";
    const NAME: NameRule = NameRule {
        ignores_case: true,
        ..NameRule::new(
            "groupName",
            1..=255,
            "letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, and not `sg-` at the beginning",
            |name| !name.starts_with("sg-") && SECURITY_GROUP_TEXT.allows(name),
        )
    };
    const FIELDS: &'static [Field] =
        &[replace("description"), replace("vpcId"), update("ipPermissions"), update("ipPermissionsEgress")];
    const PASTED: Pasted = Pasted {
        around: &["securityGroups"],
        told: &["groupId", "ownerId", "securityGroupArn", "vpcId"],
        beyond: &[
            ("ipPermissions[].userIdGroupPairs[].userId", "null"),
            ("ipPermissionsEgress[].userIdGroupPairs[].userId", "null"),
        ],
        ..Pasted::PLAIN
    };
    type Live = SecurityGroupLive;

    fn place_in(section: &mut Value, home: &Home) {
        default_to(section, "vpcId", home.vpc.as_str());
    }

    fn refs(&self) -> Vec<SpecRef> {
        let mut refs = vec![vpc_ref(self.vpc_id.as_ref())];
        for (direction, n, permission) in self.permissions() {
            for (m, pair) in permission.user_id_group_pairs.iter().enumerate() {
                if let GroupId::Lab(group) = &pair.group_id {
                    let list = format!("{}[{n}].userIdGroupPairs", direction.field());
                    refs.push(group.at(format!("{list}[{m}].groupId")));
                }
            }
        }
        refs
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = apart(&self.refs(), checks);
        if let Some(words) = self.description.as_deref() {
            let empty = words.is_empty().then(|| "AWS asks for a description of 1 to 255 characters".to_owned());
            problems.extend(empty.or_else(|| text_problem(words)).map(|words| Problem::at("description", words)));
        }
        let fields = document(self);
        for direction in [Direction::Ingress, Direction::Egress].map(Direction::field) {
            // The two calls for rules have one form.
            let found = breaches(&PERMISSION, &json!({ "ipPermissions": fields[direction] })).into_iter();
            problems.extend(
                found.map(|found| Problem { path: found.path.replacen("ipPermissions", direction, 1), ..found }),
            );
        }
        for (direction, n, permission) in self.permissions() {
            let place = format!("{}[{n}]", direction.field());
            if let Some(words) = permission.idle_ports() {
                problems.push(Problem::at(format!("{place}.fromPort"), words).warning());
            }
            let found = permission.problems().into_iter();
            problems.extend(found.map(|(path, words)| Problem::at(place.clone() + &path, words)));
        }
        problems.extend(self.twins());
        problems
    }

    /// Rules stand there flat, because AWS groups, merges and splits what it is given.
    fn wanted(&self, live: &SecurityGroupLive, others: &Others) -> Value {
        let mut want = json!({ "description": self.description });
        if self.vpc_id.is_some() {
            want["vpcId"] = vpc_id(self.vpc_id.as_ref(), others).shown().into();
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            want[direction.field()] = json!(self.rules(direction, &live.group_id, others));
        }
        want
    }

    fn document(live: &SecurityGroupLive) -> Value {
        let rules = |direction| json!(live.rules(direction));
        json!({ "description": live.description, "vpcId": live.vpc_id, "ipPermissions": rules(Direction::Ingress),
            "ipPermissionsEgress": rules(Direction::Egress) })
    }

    fn diff(&self, want: &Value, live: &SecurityGroupLive, _others: &Others) -> Diff {
        let mut diff = diff(&[replace("description"), replace("vpcId")], &Self::document(live), want);
        for direction in [Direction::Ingress, Direction::Egress] {
            let Some(want) = direction.rules(want) else {
                continue;
            };
            let moves = Moves::between(&live.rules(direction), &want);
            let mut push = |have: Option<&Rule>, want: Option<&Rule>| {
                let shown = |rule: Option<&Rule>| rule.map_or(Value::Null, |rule| rule.to_string().into());
                diff.push(direction.field(), shown(have), shown(want), Effect::Update, Shape::Value);
            };
            moves.add.iter().for_each(|rule| push(None, Some(rule)));
            for (old, new) in &moves.describe {
                push(Some(old), Some(new));
            }
            moves.remove.iter().for_each(|rule| push(Some(rule), None));
        }
        diff
    }

    fn outputs(place: &Place, name: &str, live: Option<&SecurityGroupLive>) -> Vec<Output> {
        vec![
            Output::live("id", live.map(|live| live.group_id.as_str())),
            Output::fixed("name", name),
            Output::live("arn", live.map(|live| live.arn(place))),
        ]
    }

    fn ids(live: &SecurityGroupLive) -> Vec<String> {
        vec![live.group_id.clone()]
    }

    fn links(live: &SecurityGroupLive) -> Vec<String> {
        let peers = live.rules.iter().map(|rule| &rule.traffic.peer);
        let groups = peers.filter_map(|peer| match peer {
            Peer::Group(id) if *id != live.group_id => Some(id.clone()),
            _ => None,
        });
        groups.chain([live.vpc_id.clone()]).collect::<BTreeSet<_>>().into_iter().collect()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<SecurityGroupLive>>> {
        let own = wanted.iter().flat_map(|one| {
            let successors = Self::NAME.successor(one.name, "????????");
            [one.name.to_owned(), successors]
        });
        let mut groups = groups(cloud, "group-name", own.collect()).await?;
        let one = |name: &str| wanted.iter().find(|one| name == one.name || Self::NAME.is_successor(one.name, name));
        // A name is taken in one VPC only. What the lab tagged stands in its own VPC; of the rest only the
        // looked-up VPC's groups are in the way of those that stand there, and AWS refuses a second one elsewhere.
        let is_there = |name: &str| one(name).is_some_and(|one| one.spec.vpc_id.is_none());
        groups.retain(|(live, tags)| tags.contains_key(LAB_TAG) || is_there(&live.name));
        if groups.iter().any(|(_, tags)| !tags.contains_key(LAB_TAG)) {
            let vpcs = Vpc::ids_in(cloud, names).await?;
            groups.retain(|(live, tags)| tags.contains_key(LAB_TAG) || vpcs.contains(&live.vpc_id));
        }
        let found = groups.into_iter().filter_map(|(live, tags)| {
            let one = one(&live.name)?;
            Some(Found::present(one.address, live.name.clone(), live, tags))
        });
        Ok(found.collect())
    }
}

impl SecurityGroup {
    /// Returns whether the spec says who comes in, so that nobody else does.
    pub(super) fn gives_what_comes_in(&self) -> bool {
        self.ip_permissions.is_some()
    }

    /// Returns whether somebody may come in to a port of `tcp` or `udp`.
    pub(super) fn lets_in(&self, protocol: &str, port: i32, from: From<'_>) -> bool {
        self.ip_permissions.iter().flatten().any(|permission| permission.lets_in(protocol, port, from))
    }

    fn permissions(&self) -> impl Iterator<Item = (Direction, usize, &Permission)> {
        [Direction::Ingress, Direction::Egress].into_iter().flat_map(|direction| {
            let permissions = self.given(direction).into_iter().flatten().enumerate();
            permissions.map(move |(n, permission)| (direction, n, permission))
        })
    }

    /// The rules that stand there a second time with another description: AWS keeps one of two rules for the same
    /// traffic, with one description. Those that are alike are one rule.
    fn twins(&self) -> Vec<Problem> {
        let mut seen: BTreeMap<Traffic, (String, String)> = BTreeMap::new();
        let mut problems = Vec::new();
        for (direction, n, permission) in self.permissions() {
            for side in permission.sides(GroupId::written) {
                let place = format!("{}[{n}]{}", direction.field(), side.place);
                let Some(peer) = side.peer else { continue };
                let rule = permission.rule(direction, peer, side.description);
                match seen.get(&rule.traffic) {
                    Some((first, description)) if *description != rule.description => {
                        let message =
                            format!("AWS keeps one description of a rule, and {first} has another for this one");
                        problems.push(Problem::at(place, message).hint("leave out one of the two"));
                    }
                    Some(_) => {}
                    None => drop(seen.insert(rule.traffic, (place, rule.description))),
                }
            }
        }
        problems
    }

    fn given(&self, direction: Direction) -> Option<&Vec<Permission>> {
        match direction {
            Direction::Ingress => self.ip_permissions.as_ref(),
            Direction::Egress => self.ip_permissions_egress.as_ref(),
        }
    }

    /// The rules that the spec asks for; none if it leaves the direction out.
    fn rules(&self, direction: Direction, own: &str, others: &Others) -> Option<BTreeSet<Rule>> {
        let permissions = self.given(direction)?.iter();
        Some(permissions.flat_map(|permission| permission.rules(direction, own, others)).collect())
    }
}

impl SecurityGroupLive {
    fn arn(&self, place: &Place) -> String {
        place.arn("ec2", &format!("security-group/{}", self.group_id))
    }

    fn rules(&self, direction: Direction) -> BTreeSet<Rule> {
        self.rules.iter().filter(|rule| rule.traffic.direction == direction).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
