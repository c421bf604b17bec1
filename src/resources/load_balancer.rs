//! Application and network load balancers.

mod beside;
mod places;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use labform_account::rules::{self, LOAD_BALANCER_NAME};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::balancing::{attributes_heard, attributes_said, service_role};
use super::ecs::texts;
use super::groups_apart::group_apart;
use super::made_for;
use super::network::{default_to, own_subnet, together, ways};
use super::security_group::SecurityGroup;
use super::vpc::{Stands, Vpc, is_looked_up, subnet_ids};
use crate::cloud::{Cause, Cloud, CloudError, ELASTIC_LOAD_BALANCING, Result};
use crate::model::{AFTER_APPLY, Address, Known, Tags, Usage};
use crate::resource::{
    Beside, CallRules, Calls, Checks, Content, Field, Grant, Home, Live, Managed as _, NameRule, Names, Need, Others,
    Output, Pasted, Place, Plain, Problem, Read, Readiness, Ref, Sending, SpecRef, Target, UsageContext, When, all,
    breaches, call, change, document, each, replace, update,
};

use places::SubnetMapping;

/// A load balancer: the fields of CreateLoadBalancer, and its attributes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// The load balancer's name.
    pub name: Option<String>,
    /// The load balancer's type: `application`, which it is if this is left out, or `network`.
    pub r#type: Option<String>,
    /// Whether the internet reaches the load balancer: `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// The load balancer's subnets: names below `subnets`, zones of the lab's VPC, as in `eu-west-1a`, or ids. Left out,
    /// they are the public ones, or the private ones of an internal load balancer: all default subnets of the default VPC,
    /// and one a zone of another VPC that isn't the lab's. In a zone it stays in the subnet that it has.
    pub subnets: Option<Vec<String>>,
    /// The subnets of a network load balancer, each with the address that it has there. Another address is another load
    /// balancer.
    pub subnet_mappings: Option<Vec<SubnetMapping>>,
    /// The load balancer's security groups. A network load balancer that is made without has none, and never gets any.
    pub security_groups: Option<Vec<Ref<SecurityGroup>>>,
    /// The addresses of the load balancer: `ipv4` or `dualstack`.
    pub ip_address_type: Option<String>,
    /// Attributes by AWS's key, as in `idle_timeout.timeout_seconds`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// The listing of all load balancers, which listeners need, too: a missing name fails a whole DescribeLoadBalancers.
const LIST: Read = all("DescribeLoadBalancers", "LoadBalancers").with(r#"{"PageSize": 400}"#);

impl Plain for LoadBalancer {
    const KIND: &'static str = "loadBalancer";
    const SECTION: &'static str = "loadBalancers";
    const NAME: NameRule = NameRule::of(
        "name",
        LOAD_BALANCER_NAME,
        "letters, digits and -, no - at either end, and not `internal-` at the beginning",
    );
    const FIELDS: &'static [Field] = &[
        replace("type"),
        replace("scheme"),
        replace("vpcId"),
        update("subnets").unordered(),
        replace("subnetMappings").unordered(),
        update("securityGroups").unordered().from_birth(),
        update("ipAddressType"),
        update("attributes"),
    ];
    const RULES: CallRules = &[&rules::LOAD_BALANCER];
    const PASTED: Pasted = Pasted {
        around: &["loadBalancers"],
        told: &[
            "availabilityZones",
            "canonicalHostedZoneId",
            "createdTime",
            "dnsName",
            "loadBalancerArn",
            "state",
            "vpcId",
        ],
        beyond: &[
            ("customerOwnedIpv4Pool", "null"),
            ("enablePrefixForIpv6SourceNat", "null"),
            ("enforceSecurityGroupInboundRulesOnPrivateLinkTraffic", "null"),
            ("ipamPools", "null"),
        ],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &ELASTIC_LOAD_BALANCING,
        arn: "loadbalancer/*/{name}/*",
        id: "LoadBalancerArn",
        name: "LoadBalancerName",
        made: "",
        brings_tags: false,
        create: call("CreateLoadBalancer", "Name"),
        read: &[LIST, each("DescribeLoadBalancerAttributes", "LoadBalancerArn").by_arn().only_for("attributes")],
        list: LIST,
        updates: &[
            change(call("SetSubnets", "LoadBalancerArn"), &["subnets"]),
            change(call("SetSecurityGroups", "LoadBalancerArn"), &["securityGroups"]),
            change(call("SetIpAddressType", "LoadBalancerArn"), &["ipAddressType"]),
            change(call("ModifyLoadBalancerAttributes", "LoadBalancerArn"), &["attributes"]).given().after_create(),
        ],
        // AWS deletes a load balancer that is gone already with success (DeleteLoadBalancer, API reference).
        delete: call("DeleteLoadBalancer", "LoadBalancerArn"),
        restore: None,
    };
    fn refs(&self) -> Vec<SpecRef> {
        let groups = self.security_groups.iter().flatten().enumerate();
        let groups = groups.map(|(n, group)| group.at(format!("securityGroups[{n}]")));
        self.place_refs().into_iter().chain(groups).collect()
    }

    /// One that the internet reaches needs an internet gateway in its VPC (CreateLoadBalancer, API reference).
    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        ways(self.places().as_deref(), checks)
    }

    fn usage(context: &UsageContext<'_>, document: &Value) -> Usage {
        places::usage(context, document)
    }

    fn place_in(section: &mut Value, home: &Home) {
        let is_internal = section["scheme"] == "internal" && !home.private.is_empty();
        let subnets = if is_internal { &home.private } else { &home.public };
        if section["subnetMappings"].is_null() {
            default_to(section, "subnets", subnets.as_slice());
        }
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = together(&self.refs(), checks);
        if self.r#type.as_deref() == Some("gateway") {
            let problem = Problem::at("type", "labform doesn't make gateway load balancers");
            problems.push(problem.hint("write `application` or `network`"));
        }
        let fields = document(self);
        problems.extend(breaches(&rules::LOAD_BALANCER, &fields));
        problems.extend(breaches(&rules::LOAD_BALANCER_ATTRIBUTES, &fields));
        if !self.is_network() && self.security_groups.as_ref().is_some_and(Vec::is_empty) {
            let hint = "name one, or leave `securityGroups` out for the default group of the VPC";
            problems.push(Problem::at("securityGroups", "a load balancer needs a security group").hint(hint));
        }
        problems
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        let places = self.places();
        let apart = group_apart(self.security_groups.as_ref(), places.as_deref(), others);
        if apart.is_some() {
            return apart;
        }
        match subnet_ids(places.as_deref(), self.stands(), &[], others)? {
            Ok(ids) if ids.len() < 2 && !self.is_network() => {
                let vpc = Vpc::of_lab(others).now().filter(|_| is_looked_up(places.as_deref()));
                let has = vpc.map_or_else(String::new, |vpc| {
                    let whose = if vpc.is_default { "the default VPC" } else { &vpc.vpc_id };
                    format!(", and {whose} has them in one")
                });
                Some(format!("a load balancer needs subnets in two zones{has}"))
            }
            Err(words) => Some(words),
            Ok(_) => None,
        }
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        self.want_places(&[], others, &mut want);
        if let Some(places) = self.places() {
            // It can't move to another VPC.
            let own = places.iter().filter_map(|place| own_subnet(place));
            let mut vpcs = own.map(|own| others.live(&own).map(|live| live.text("vpcId").to_owned()).shown());
            if let Some(vpc) = vpcs.clone().find(|vpc| vpc != AFTER_APPLY).or_else(|| vpcs.next()) {
                want["vpcId"] = vpc.into();
            }
        }
        if self.security_groups.is_some() {
            want["securityGroups"] = json!(self.group_ids(others).map(Known::shown).collect::<BTreeSet<_>>());
        }
        want
    }

    fn keep(&self, live: &Live, others: &Others, want: &mut Value) {
        self.want_places(&texts(&live.document["subnets"]), others, want);
    }

    fn heard(document: &mut Value) {
        attributes_heard(document);
        places::heard(document);
        // An empty list has no items by which it could be told from a text.
        if document["securityGroups"] == "" {
            document["securityGroups"] = json!([]);
        }
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        attributes_said(&mut sending.fields);
        if sending.live.is_none() {
            let subnets = subnet_ids(self.places().as_deref(), self.stands(), &[], sending.others)
                .expect("the VPC is there before anything is made in it")
                .map_err(|words| CloudError::own_at("CreateLoadBalancer", Cause::NoSubnet, words))?;
            if self.subnet_mappings.is_none() {
                sending.fields.insert("subnets".to_owned(), subnets.into());
            }
            sending.fields.retain(|field, value| *value != json!([]) && field != "vpcId");
        }
        Ok(())
    }

    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        Ok(live)
    }

    fn on_destroy(&self) -> Content {
        match self.attributes.as_ref().and_then(|attributes| attributes.get(beside::PROTECTION)) {
            Some(value) if value == "true" => Content::Unprotected,
            _ => Content::Keep,
        }
    }

    async fn beside(cloud: &Cloud, lab: &str, spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        match when {
            When::Planned => beside::beside(cloud, lab, spec.map(Plain::on_destroy), live).await,
            When::Refused => Ok(Vec::new()),
        }
    }

    async fn free(cloud: &Cloud, live: &Live, content: Content) -> Result<()> {
        match content {
            Content::Unprotected => beside::unprotect(cloud, live).await,
            Content::Keep | Content::Empty | Content::For(_) => Ok(()),
        }
    }

    fn made_on(&self, name: &str, _names: &Names, place: &Place) -> Vec<String> {
        let kind = if self.is_network() { "net" } else { "app" };
        vec![place.arn("elasticloadbalancing", &format!("loadbalancer/{kind}/{name}/*"))]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        // What goes along with one, and whether it is protected; listeners are listed anyhow.
        let look = &["elasticloadbalancing:DescribeLoadBalancerAttributes"];
        let lift = &["elasticloadbalancing:ModifyLoadBalancerAttributes"];
        let lift = Grant::on_owned(Need::Destroy, lift, place);
        let lift = Some(lift).filter(|_| Plain::on_destroy(self) == Content::Unprotected);
        [service_role(), Grant::in_region(Need::Destroy, look, place)].into_iter().chain(lift).collect()
    }

    fn readiness(live: &Live) -> Readiness {
        let state = &live.document["state"];
        match state["code"].as_str() {
            Some("provisioning") => Readiness::Pending("AWS is provisioning it".to_owned()),
            Some("failed") => Readiness::Failed(state["reason"].as_str().unwrap_or("AWS gives no reason").to_owned()),
            _ => Readiness::Ready(None),
        }
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        let of = |name: &'static str| Output::live(name, live.map(|live| live.text(name)));
        // Metrics know it by the end of its ARN: `app/<name>/<id>`.
        let end = live.and_then(|live| live.arn.split_once(":loadbalancer/")).map(|(_, end)| end);
        vec![of("dnsName"), of("canonicalHostedZoneId"), Output::live("fullName", end)]
    }

    fn links(live: &Live) -> Vec<String> {
        let used = ["securityGroups", "subnets"].into_iter().flat_map(|field| texts(&live.document[field]));
        used.chain([live.text("vpcId").to_owned()]).collect()
    }

    async fn refused(_cloud: &Cloud, _live: &Live, error: CloudError) -> CloudError {
        if !error.says("OperationNotPermitted", "deletion protection") {
            return error;
        }
        let advice = "set its attribute deletion_protection.enabled to \"false\" first";
        let message = format!("{}; {advice}", error.message());
        error.reworded(message)
    }
}

impl LoadBalancer {
    /// Returns whether it is a network load balancer.
    pub(super) fn is_network(&self) -> bool {
        self.r#type.as_deref() == Some("network")
    }

    /// Returns where it stands in a VPC that isn't the lab's.
    fn stands(&self) -> Stands {
        if self.scheme.as_deref() == Some("internal") { Stands::Inside } else { Stands::Facing }
    }

    fn group_ids<'a>(&'a self, others: &'a Others) -> impl Iterator<Item = Known<String>> {
        self.security_groups.iter().flatten().map(|group| others.live(group).map(|live| live.group_id.clone()))
    }
}
