//! Rules in security groups that aren't the lab's.
//!
//! A rule is the lab's by its own tags, whoever has the group: others' rules in it stay as they are. A rule that somebody
//! else has made for the same traffic is in the way of one.

mod calls;
mod grants;

use ipnet::IpNet;
use labform_account::rules::PERMISSION;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::network::NAME;
use super::security_group::GroupId;
use crate::cloud::{Cause, Cloud, CloudError, EC2, LAB_TAG, Owner, Result, Service, unless_gone};
use crate::model::{Known, Tags};
use crate::resource::{
    CallRules, Checks, Content, Edit, Field, Found, Habits, Live, Managed, NameRule, Names, Others, Output, Pasted,
    Place, Problem, Resource, SpecRef, Target, Waiting, Wanted, breaches, diff, document, replace, update,
};

/// A rule: the fields of SecurityGroupRule, Amazon EC2 API.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecurityGroupRule {
    /// The group in which the rule stands: a name below `securityGroups` of `existing`, or an id.
    pub group_id: GroupId,
    /// Whether the traffic goes out; it comes in if this is left out.
    pub is_egress: Option<bool>,
    /// The protocol: `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for all.
    pub ip_protocol: String,
    /// The first port, or the type of ICMP.
    pub from_port: Option<i32>,
    /// The last port, or the code of ICMP.
    pub to_port: Option<i32>,
    /// The IPv4 addresses on the other side, as in `10.0.0.0/16`.
    pub cidr_ipv4: Option<String>,
    /// The IPv6 addresses on the other side, as in `2001:db8::/32`.
    pub cidr_ipv6: Option<String>,
    /// The group on the other side: a name below `securityGroups`, an id, or `self` for the group of the rule.
    pub referenced_group_id: Option<GroupId>,
    /// The prefix list on the other side, as in `pl-0a1b`.
    pub prefix_list_id: Option<String>,
    /// The reason why the traffic is allowed.
    pub description: Option<String>,
}

/// The fields that say who is on the other side, each with its place in a permission.
const SIDES: [(&str, &str, &str, &str); 4] = [
    ("cidrIpv4", "ipRanges", "cidrIp", "ipRanges[0].cidrIp"),
    ("cidrIpv6", "ipv6Ranges", "cidrIpv6", "ipv6Ranges[0].cidrIpv6"),
    ("referencedGroupId", "userIdGroupPairs", "groupId", "userIdGroupPairs[0].groupId"),
    ("prefixListId", "prefixListIds", "prefixListId", "prefixListIds[0].prefixListId"),
];

impl Resource for SecurityGroupRule {
    const KIND: &'static str = "securityGroupRule";
    const SECTION: &'static str = "securityGroupRules";
    const NAME: NameRule = NAME;
    const FIELDS: &'static [Field] = &[
        replace("groupId"),
        replace("isEgress").default("false"),
        update("ipProtocol"),
        update("fromPort"),
        update("toPort"),
        update("cidrIpv4").from_birth(),
        update("cidrIpv6").from_birth(),
        update("referencedGroupId").from_birth(),
        update("prefixListId").from_birth(),
        update("description").default(r#""""#),
    ];
    const RULES: CallRules = &[];
    const PASTED: Pasted = Pasted {
        around: &["securityGroupRules"],
        told: &["groupOwnerId", "referencedGroupInfo", "securityGroupRuleArn", "securityGroupRuleId"],
        ..Pasted::PLAIN
    };
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        let groups = [("groupId", Some(&self.group_id)), ("referencedGroupId", self.referenced_group_id.as_ref())];
        let named = groups.into_iter().filter_map(|(field, group)| match group? {
            GroupId::Lab(group) => Some(group.at(field)),
            GroupId::Own | GroupId::Id(_) => None,
        });
        named.collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        match &self.group_id {
            GroupId::Own => {
                let hint = "name one below `securityGroups` of `existing`, or write its id";
                problems.push(Problem::at("groupId", "`self` is no group here").hint(hint));
            }
            // A group of the lab's own says all its rules by itself.
            GroupId::Lab(group) if checks.get(group).is_some() => {
                let field = if self.is_out() { "ipPermissionsEgress" } else { "ipPermissions" };
                let message = format!("`{}` is a group of the lab's own, whose rules stand in it", group.name);
                problems.push(Problem::at("groupId", message).hint(format!("write the rule into its `{field}`")));
            }
            GroupId::Lab(_) | GroupId::Id(_) => {}
        }
        let fields = document(self);
        let given: Vec<&str> =
            SIDES.iter().map(|(field, ..)| *field).filter(|field| fields.get(field).is_some()).collect();
        if let [_, second, ..] = given.as_slice() {
            let message = "a rule has one other side";
            problems.push(Problem::at(*second, message).hint("make two rules of it, each with a name of its own"));
        }
        let found = breaches(&PERMISSION, &json!({ "ipPermissions": [permission(&fields)] })).into_iter();
        problems.extend(found.map(|found| Problem { path: place(&found.path), ..found }));
        problems
    }

    fn wanted(&self, _live: &Live, others: &Others) -> Value {
        self.body(others)
    }

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn outputs(place: &Place, name: &str, live: Option<&Live>) -> Vec<Output> {
        let arn = live.map(|live| Self::arn(place, name, live));
        vec![Output::live("id", live.map(|live| live.arn.as_str())), Output::live("arn", arn)]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &Live) -> Vec<String> {
        ["groupId", "referencedGroupId"].map(|field| live.text(field).to_owned()).to_vec()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        let Some(lab) = wanted.first().map(|one| one.lab) else { return Ok(Vec::new()) };
        let rules = calls::owned(cloud, lab).await?;
        let found = wanted.iter().flat_map(|one| {
            let is_it = |tags: &Tags| Owner::of(tags, Self::KIND, lab).is(one.address);
            let its = rules.iter().filter(move |(_, tags)| is_it(tags));
            its.map(|(live, tags)| Found::present(one.address, one.name, live.clone(), tags.clone()))
        });
        Ok(found.collect())
    }
}

impl Managed for SecurityGroupRule {
    const SERVICE: Service = Service::Table(&EC2);
    const HABITS: Habits = Habits::NAMELESS;

    /// Another's rule for the same traffic is found before anything is changed: AWS takes none a second time.
    async fn preflight(&self, cloud: &Cloud, live: Option<&Live>, others: &Others) -> Result<()> {
        let twin = self.twin(cloud, others, |rule| live.is_some_and(|live| live.arn == rule.arn)).await?;
        twin.map_or(Ok(()), Err)
    }

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        if !cloud.has_in_ec2(lab, "security-group-rule").await? {
            return Ok(Vec::new());
        }
        let rules = calls::owned(cloud, lab).await?.into_iter();
        let ours = rules.filter_map(|(live, tags)| {
            let name = live.name.clone();
            Found::of_lab(Self::KIND, lab, name, live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let want = self.body(others);
        match calls::authorize(cloud, &want, &permission(&want), &target.tags).await {
            Err(error) if error.is("InvalidPermission.Duplicate") => {
                // A call whose answer was lost made it.
                let rules = calls::owned(cloud, &target.tags[LAB_TAG]).await?;
                let is_it = |tags: &Tags| Owner::of(tags, Self::KIND, &target.tags[LAB_TAG]).is(&target.address);
                match rules.into_iter().find(|(_, tags)| is_it(tags)) {
                    Some((live, _)) => Ok(live),
                    None => Err(self.twin(cloud, others, |_| false).await?.unwrap_or(error)),
                }
            }
            made => made,
        }
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        let mut whole = live.document.clone();
        for (field, value) in edit.want.as_object().into_iter().flatten() {
            whole[field] = value.clone();
        }
        calls::modify(cloud, live, &whole).await?;
        Ok(Live { document: whole, ..live.clone() })
    }

    async fn delete(cloud: &Cloud, live: &Live, _content: Content, _waiting: &Waiting) -> Result<()> {
        unless_gone(calls::revoke(cloud, live).await).map(drop)
    }

    fn arn(place: &Place, _name: &str, live: &Live) -> String {
        place.arn("ec2", &format!("security-group-rule/{}", live.arn))
    }
}

impl SecurityGroupRule {
    fn is_out(&self) -> bool {
        self.is_egress == Some(true)
    }

    /// The id of the rule's group, as far as it is known.
    fn group(&self, others: &Others) -> Known<String> {
        id(&self.group_id, others).unwrap_or(Known::AfterApply)
    }

    /// The refusal of this rule because of one that somebody else has made for the same traffic, if there is one.
    async fn twin(&self, cloud: &Cloud, others: &Others, is_it: impl Fn(&Live) -> bool) -> Result<Option<CloudError>> {
        let Known::Now(group) = self.group(others) else { return Ok(None) };
        let (want, lab) = (without(&self.body(others), "description"), &others.place.lab);
        let is_same = |rule: &Live| diff(Self::FIELDS, &rule.document, &want).is_empty() && !is_it(rule);
        let rules = calls::in_group(cloud, &group).await?;
        let found = rules.iter().filter(|(rule, _)| is_same(rule)).find_map(|(rule, tags)| {
            match Owner::of(tags, Self::KIND, lab) {
                Owner::Lab(_) => None,
                Owner::Other(whose) => Some(format!("{} allows the same already, and {whose}", rule.arn)),
            }
        });
        Ok(found.map(|message| CloudError::own(Cause::NotOurs, message)))
    }

    /// The fields as AWS answers them: with ids for names, and ranges without the bits of hosts.
    fn body(&self, others: &Others) -> Value {
        let mut body = document(self);
        let group = self.group(others);
        let other = self.referenced_group_id.as_ref();
        if let Some(other) = other.map(|other| id(other, others).unwrap_or_else(|| group.clone())) {
            body["referencedGroupId"] = other.shown().into();
        }
        body["groupId"] = group.shown().into();
        body["isEgress"] = self.is_out().into();
        body["ipProtocol"] = protocol(&self.ip_protocol).into();
        for field in ["cidrIpv4", "cidrIpv6"] {
            if let Some(range) = body[field].as_str().and_then(|text| text.parse::<IpNet>().ok()) {
                body[field] = range.trunc().to_string().into();
            }
        }
        body
    }
}

/// The id of a group, as far as it is known; none for the rule's own.
fn id(group: &GroupId, others: &Others) -> Option<Known<String>> {
    match group {
        GroupId::Own => None,
        GroupId::Id(id) => Some(Known::Now(id.clone())),
        GroupId::Lab(group) => Some(others.live(group).map(|live| live.group_id.clone())),
    }
}

/// A protocol as AWS answers it.
fn protocol(written: &str) -> String {
    match written.to_ascii_lowercase().as_str() {
        "6" => "tcp",
        "17" => "udp",
        "1" => "icmp",
        "58" => "icmpv6",
        "all" => "-1",
        other => other,
    }
    .to_owned()
}

/// The same traffic as a permission, in which AWS takes it.
fn permission(fields: &Value) -> Value {
    let mut permission = json!({});
    for field in ["ipProtocol", "fromPort", "toPort"] {
        if let Some(value) = fields.get(field) {
            permission[field] = value.clone();
        }
    }
    for (field, list, member, _) in SIDES {
        if let Some(value) = fields.get(field) {
            let mut side = json!({ member: value });
            if let Some(description) = fields.get("description") {
                side["description"] = description.clone();
            }
            permission[list] = json!([side]);
        }
    }
    permission
}

/// The field at a place in that permission.
fn place(path: &str) -> String {
    let path = path.trim_start_matches("ipPermissions[0]").trim_start_matches('.');
    let side = SIDES.iter().find(|(.., place)| *place == path);
    side.map_or(path, |(field, ..)| field).to_owned()
}

fn without(fields: &Value, field: &str) -> Value {
    let fields = fields.as_object().into_iter().flatten();
    fields.filter(|(key, _)| *key != field).map(|(key, value)| (key.clone(), value.clone())).collect()
}
