//! VPC endpoints: ways to services of AWS's that need no internet.

use std::collections::BTreeSet;
use std::time::Duration;

use labform_account::rules::REGION;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ecs::{list, text, texts};
use super::groups_apart::group_beyond;
use super::network::{
    NAME, OwnSubnet, OwnVpc, RouteTable, apart, around, default_to, flags, id_of, until_gone, vpcs_of, without_vpc,
};
use super::security_group::SecurityGroup;
use super::usage;
use crate::cloud::{Cloud, CloudError, EC2, Result, unless_gone};
use crate::model::{Address, Known, Usage};
use crate::resource::{
    Calls, Checks, Field, Grant, Habits, Home, Live, NameRule, Need, Others, Pasted, Place, Plain, Presence, Problem,
    Read, Readiness, Ref, Resource, Sending, SpecRef, UsageContext, Waiting, by_hand, call, document, owned, replace,
    update,
};

/// The longest that something waits for endpoints that AWS is making, which takes minutes.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The pause between two looks at them.
const PAUSE: Duration = Duration::from_secs(5);

/// A VPC endpoint: the fields of CreateVpcEndpoint.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The endpoint's VPC.
    pub vpc_id: Option<Ref<OwnVpc>>,
    /// The service, as in `com.amazonaws.eu-west-1.ecr.api`.
    pub service_name: String,
    /// The endpoint's type; `Gateway` if it is left out.
    pub vpc_endpoint_type: Option<EndpointType>,
    /// The route tables that lead to an endpoint of the type `Gateway`.
    pub route_table_ids: Option<Vec<Ref<RouteTable>>>,
    /// The subnets in which an endpoint of the type `Interface` stands, one a zone.
    pub subnet_ids: Option<Vec<Ref<OwnSubnet>>>,
    /// The groups that say who comes in; the VPC's default group if it is left out.
    pub security_group_ids: Option<Vec<Ref<SecurityGroup>>>,
    /// Whether the service's usual names lead to the endpoint; they do unless `false` is given.
    pub private_dns_enabled: Option<bool>,
    /// The policy for what goes through the endpoint; AWS lets everything through if it is left out.
    pub policy_document: Option<Value>,
}

/// The type of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EndpointType {
    /// A route to the service, which costs nothing: Amazon S3 and DynamoDB have it.
    Gateway,
    /// A network interface in each subnet.
    Interface,
}

const LIST: Read = owned("DescribeVpcEndpoints", "vpcEndpointSet");
/// The fields that are lists of ids, with the members of calls that make, add and remove them.
const LISTS: [(&str, &str, &str, &str); 3] = [
    ("routeTableIds", "routeTableId", "AddRouteTableId", "RemoveRouteTableId"),
    ("subnetIds", "subnetId", "AddSubnetId", "RemoveSubnetId"),
    ("securityGroupIds", "securityGroupId", "AddSecurityGroupId", "RemoveSecurityGroupId"),
];

impl Plain for VpcEndpoint {
    const KIND: &'static str = "vpcEndpoint";
    const SECTION: &'static str = "vpcEndpoints";
    const NAME: NameRule = NAME;
    const FIELDS: &'static [Field] = &[
        replace("vpcId"),
        replace("serviceName"),
        replace("vpcEndpointType").default(r#""Gateway""#),
        update("routeTableIds").unordered(),
        update("subnetIds").unordered(),
        update("securityGroupIds").unordered(),
        update("privateDnsEnabled"),
        update("policyDocument").policy(),
    ];
    const PASTED: Pasted = Pasted {
        around: &["vpcEndpoints", "vpcEndpoint"],
        told: &[
            "creationTimestamp",
            "dnsEntries",
            "groups",
            "networkInterfaceIds",
            "ownerId",
            "requesterManaged",
            "state",
            "vpcEndpointId",
        ],
        beyond: &[("dnsOptions", "null"), ("ipAddressType", r#""ipv4""#)],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "vpc-endpoint/*",
        id: "vpcEndpointId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateVpcEndpoint", "")
            .with(r#"{"TagSpecification": [{"ResourceType": "vpc-endpoint", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[by_hand(&["routeTableIds", "subnetIds", "securityGroupIds", "privateDnsEnabled", "policyDocument"])],
        delete: call("DeleteVpcEndpoints", "VpcEndpointId.1"),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["service"], ..Habits::NAMELESS };

    fn refs(&self) -> Vec<SpecRef> {
        let vpc = self.vpc_id.iter().map(|vpc| vpc.at("vpcId"));
        let tables = at(self.route_table_ids.as_ref(), "routeTableIds");
        let subnets = at(self.subnet_ids.as_ref(), "subnetIds");
        let groups = at(self.security_group_ids.as_ref(), "securityGroupIds");
        vpc.chain(tables).chain(subnets).chain(groups).collect()
    }

    fn place_in(section: &mut Value, home: &Home) {
        default_to(section, "vpcId", home.vpc.as_str());
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let is_gateway = !self.is_interface();
        let mut problems: Vec<Problem> = self.vpc_id.is_none().then(without_vpc).into_iter().collect();
        let lists = [
            ("routeTableIds", self.route_table_ids.is_some() && !is_gateway, "Gateway"),
            ("subnetIds", self.subnet_ids.is_some() && is_gateway, "Interface"),
            ("securityGroupIds", self.security_group_ids.is_some() && is_gateway, "Interface"),
            ("privateDnsEnabled", self.private_dns_enabled.is_some() && is_gateway, "Interface"),
        ];
        for (field, _, of) in lists.into_iter().filter(|(_, is_wrong, _)| *is_wrong) {
            let message = format!("only an endpoint of the type {of} takes this");
            problems.push(Problem::at(field, message).hint(format!("write `vpcEndpointType: {of}`, or leave it out")));
        }
        problems.extend(apart(&Plain::refs(self), checks));
        let place = self.service_name.strip_prefix("com.amazonaws.").and_then(|rest| rest.split('.').next());
        if let Some((place, region)) =
            place.zip(checks.region()).filter(|(place, region)| REGION.allows(place) && place != region)
        {
            let message = format!("the service is one of {place}, and the lab is in {region}");
            problems.push(
                Problem::at("serviceName", message).hint("write `com.amazonaws.${region}.` in front of its word"),
            );
        }
        let vpc = self.vpc_id.as_ref().and_then(|vpc| checks.get(vpc));
        let has_no_names = vpc.is_some_and(|vpc| vpc.enable_dns_hostnames != Some(true));
        if !is_gateway && self.private_dns_enabled != Some(false) && has_no_names {
            let message = "the service's usual names lead here only in a VPC that gives names to hosts";
            let hint = "give the VPC `enableDnsHostnames: true`, or write `privateDnsEnabled: false`";
            problems.push(Problem::at("privateDnsEnabled", message).hint(hint));
        }
        problems
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        let vpc = id_of(self.vpc_id.as_ref()?, others).now()?;
        group_beyond(self.security_group_ids.as_ref(), &vpc, others)
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(vpc) = &self.vpc_id {
            want["vpcId"] = id_of(vpc, others).shown().into();
        }
        let group_id = |one: &Ref<SecurityGroup>| others.live(one).map(|live| live.group_id.clone());
        let ids = [
            ("routeTableIds", self.route_table_ids.as_ref().map(|all| ids(all, |one| id_of(one, others)))),
            ("subnetIds", self.subnet_ids.as_ref().map(|all| ids(all, |one| id_of(one, others)))),
            ("securityGroupIds", self.security_group_ids.as_ref().map(|all| ids(all, group_id))),
        ];
        for (field, ids) in ids.into_iter().filter_map(|(field, ids)| Some((field, ids?))) {
            want[field] = json!(ids);
        }
        want
    }

    fn heard(document: &mut Value) {
        flags(document, &["privateDnsEnabled"]);
        for (set, field) in [("routeTableIdSet", "routeTableIds"), ("subnetIdSet", "subnetIds")] {
            if let Some(ids) = document.get(set).map(texts) {
                document[field] = ids.into();
            }
        }
        let groups = list(document, "groupSet").map(|group| text(group, "groupId"));
        let groups: Vec<String> = groups.collect();
        if document.get("groupSet").is_some() {
            document["securityGroupIds"] = groups.into();
        }
        if let Some(policy) = document["policyDocument"].as_str().and_then(|text| serde_json::from_str(text).ok()) {
            document["policyDocument"] = policy;
        }
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if sending.live.is_none() {
            for (field, member, ..) in LISTS {
                if let Some(ids) = sending.fields.remove(field) {
                    sending.fields.insert(member.to_owned(), ids);
                }
            }
        }
        Ok(())
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        let asked = json!({"VpcEndpointId": [live.arn]});
        let answer = cloud.call(&EC2, "DescribeVpcEndpoints", asked).await?;
        let mut now = list(&answer, "vpcEndpointSet").next().cloned().unwrap_or_default();
        Self::heard(&mut now);
        let mut change = json!({"VpcEndpointId": live.arn});
        for (field, _, add, remove) in LISTS {
            let Some(want) = fields.get(field).map(texts) else { continue };
            let (want, have): (BTreeSet<_>, BTreeSet<_>) =
                (want.into_iter().collect(), texts(&now[field]).into_iter().collect());
            change[add] = json!(want.difference(&have).collect::<Vec<_>>());
            change[remove] = json!(have.difference(&want).collect::<Vec<_>>());
        }
        if let Some(names) = fields.get("privateDnsEnabled") {
            change["PrivateDnsEnabled"] = names.clone();
        }
        if let Some(policy) = fields.get("policyDocument") {
            change["PolicyDocument"] = policy.to_string().into();
        }
        cloud.call(&EC2, "ModifyVpcEndpoint", change).await.map(drop)
    }

    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        usage::of_endpoint(document)
    }

    fn presence(live: &Live) -> Presence {
        match live.text("state") {
            "deleted" => Presence::Gone,
            "deleting" => Presence::Leaving,
            _ => Presence::There,
        }
    }

    fn readiness(live: &Live) -> Readiness {
        match live.text("state") {
            "pending" => Readiness::Pending("AWS is making it (pending)".to_owned()),
            "failed" | "rejected" | "expired" => Readiness::Failed(format!("it is {}", live.text("state"))),
            _ => Readiness::Ready(None),
        }
    }

    fn links(live: &Live) -> Vec<String> {
        let lists = LISTS.into_iter().flat_map(|(field, ..)| texts(&live.document[field]));
        lists.chain([live.text("vpcId").to_owned()]).collect()
    }

    /// What couldn't be deleted is told in an answer of success (DeleteVpcEndpoints, API reference).
    fn untaken(answer: &Value) -> Option<CloudError> {
        let error = &list(answer, "unsuccessful").next()?["error"];
        Some(CloudError::answered("DeleteVpcEndpoints", &text(error, "code"), text(error, "message")))
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        let read = ("DescribeVpcEndpoints", "VpcEndpointId", "vpcEndpointSet");
        until_gone(cloud, read, &live.arn, waiting).await
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let around = around(&["ec2:CreateVpcEndpoint"], &["vpc", "subnet", "route-table", "security-group"], place);
        vec![around, Grant::on_owned(Need::Change, &["ec2:ModifyVpcEndpoint"], place)]
    }
}

/// Waits until AWS has made the endpoints among `others`, so that what is started then reaches AWS's services. Those that
/// aren't made in time are told of when everything is to work.
///
/// # Errors
/// If they can't be read.
pub(super) async fn until_made(cloud: &Cloud, others: &Others, waiting: &Waiting) -> Result<()> {
    let known = others.all::<VpcEndpoint>().filter_map(|(_, live)| live.now());
    let mut pending: Vec<String> =
        known.filter(|live| is_pending(live.text("state"))).map(|live| live.arn.clone()).collect();
    let end = cloud.now() + PATIENCE;
    while !pending.is_empty() && cloud.now() < end {
        waiting.pause(cloud, "AWS is making the VPC's endpoints", PAUSE).await?;
        let asked = json!({ "VpcEndpointId": pending });
        let answer = unless_gone(cloud.call(&EC2, "DescribeVpcEndpoints", asked).await)?.unwrap_or_default();
        let still = list(&answer, "vpcEndpointSet").filter(|one| is_pending(&text(one, "state")));
        pending = still.map(|one| text(one, "vpcEndpointId")).collect();
    }
    Ok(())
}

fn is_pending(state: &str) -> bool {
    state.eq_ignore_ascii_case("pending")
}

/// The references of a list at `path`.
fn at<R: Resource>(all: Option<&Vec<Ref<R>>>, path: &str) -> Vec<SpecRef> {
    all.into_iter().flatten().enumerate().map(|(n, one)| one.at(format!("{path}[{n}]"))).collect()
}

fn ids<R>(all: &[Ref<R>], id: impl Fn(&Ref<R>) -> Known<String>) -> BTreeSet<String> {
    all.iter().map(|one| id(one).shown()).collect()
}

impl VpcEndpoint {
    /// Returns whether the endpoint stands in subnets.
    pub(super) fn is_interface(&self) -> bool {
        self.vpc_endpoint_type == Some(EndpointType::Interface)
    }

    /// Returns whether the endpoint leads from a subnet with this route table to a service, as `ecr.api`.
    pub(super) fn leads(&self, vpc: &Ref<OwnVpc>, table: Option<&str>, service: &str) -> bool {
        let is_here = self.vpc_id.as_ref().is_some_and(|own| own.name == vpc.name);
        let is_it = self.service_name.splitn(4, '.').nth(3) == Some(service);
        let tables = self.route_table_ids.iter().flatten();
        let is_in_table = || tables.clone().any(|one| Some(one.name.as_str()) == table);
        is_here && is_it && (self.is_interface() && self.private_dns_enabled != Some(false) || is_in_table())
    }
}

/// The endpoints in the VPCs of these places.
pub(super) fn endpoints(places: Option<&[String]>, checks: &Checks<'_>) -> Vec<Address> {
    let vpcs = vpcs_of(places, checks);
    let is_there = |endpoint: &VpcEndpoint| endpoint.vpc_id.as_ref().is_some_and(|vpc| vpcs.contains(&vpc.name));
    let all = checks.all::<VpcEndpoint>().filter(|(_, endpoint)| is_there(endpoint));
    all.map(|(address, _)| address.clone()).collect()
}
