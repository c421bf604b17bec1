//! Application load balancers.

mod calls;
mod grants;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::found::{self, Live, gone, texts};
use super::made_for;
use super::security_group::SecurityGroup;
use super::vpc::{Vpc, subnet_ids};
use crate::cloud::{self, Cause, Cloud, CloudError, Result, unless_gone};
use crate::model::Known;
use crate::resource::{
    Checks, Edit, Field, Found, Managed, NameRule, Names, Others, Output, Place, Problem, Readiness, Ref, Resource,
    ServiceLinkedRole, SpecRef, Target, Waiting, Wanted, document, replace, update,
};
pub(super) use calls::balancers;
pub(super) use grants::{service_role, tags};

/// A load balancer: the fields of CreateLoadBalancer, and its attributes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancer {
    /// Its name.
    pub name: Option<String>,
    /// Its type: `application`.
    pub r#type: Option<String>,
    /// Whether the internet reaches it: `internet-facing` or `internal`.
    pub scheme: Option<String>,
    /// Where it stands: zones, as in `eu-west-1a`, or ids of subnets. All default subnets where it is left out.
    pub subnets: Option<Vec<String>>,
    /// Its security groups.
    pub security_groups: Option<Vec<Ref<SecurityGroup>>>,
    /// Its addresses: `ipv4` or `dualstack`.
    pub ip_address_type: Option<String>,
    /// Attributes by AWS's key, as in `idle_timeout.timeout_seconds`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// Whether AWS takes `name` for a load balancer or a target group, apart from its length.
pub(super) fn is_balancing_name(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.starts_with('-') && !name.ends_with('-')
}

impl Resource for LoadBalancer {
    const KIND: &'static str = "loadBalancer";
    const SECTION: &'static str = "loadBalancers";
    const NAME: NameRule = NameRule {
        field: "name",
        min: 1,
        max: 32,
        words: "letters, digits and -, no - at either end, and not `internal-` at the beginning",
        is_valid: |name| is_balancing_name(name) && !name.starts_with("internal-"),
        ignores_case: false,
    };
    const FIELDS: &'static [Field] = &[
        replace("type"),
        replace("scheme"),
        update("subnets").unordered(),
        update("securityGroups").unordered(),
        update("ipAddressType"),
        update("attributes"),
    ];
    type Live = Live;

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn refs(&self) -> Vec<SpecRef> {
        let groups = self.security_groups.iter().flatten().enumerate();
        let groups = groups.map(|(n, group)| group.at(format!("securityGroups[{n}]")));
        [Vpc::reference().at("subnets")].into_iter().chain(groups).collect()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(kind) = self.r#type.as_deref().filter(|kind| *kind != "application") {
            problems.push(
                Problem::at("type", format!("labform doesn't make {kind} load balancers"))
                    .hint("write `application`, or leave it out"),
            );
        }
        let schemes = ["internet-facing", "internal"];
        if let Some(scheme) = self.scheme.as_deref().filter(|word| !schemes.contains(word)) {
            problems.push(
                Problem::at("scheme", format!("there is no scheme `{scheme}`")).hint(format!("AWS takes {schemes:?}")),
            );
        }
        if let Some(subnets) = &self.subnets
            && subnets.iter().collect::<BTreeSet<_>>().len() < 2
        {
            problems.push(Problem::at("subnets", "a load balancer needs subnets in at least two zones"));
        }
        problems
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        match subnet_ids(self.subnets.as_deref(), others)? {
            Ok(ids) if ids.len() < 2 => {
                let message = "a load balancer needs subnets in two zones, and the default VPC has them in one";
                Some(message.to_owned())
            }
            ids => ids.err(),
        }
    }

    fn wanted(&self, _live: &Live, others: &Others) -> Value {
        let mut want = document(self);
        if let Some(places) = &self.subnets {
            // Without a lookup of the VPC there are only the spec's own words to compare and to show.
            let ids = subnet_ids(Some(places), others).and_then(Result::ok).unwrap_or_else(|| places.clone());
            want["subnets"] = json!(ids.into_iter().collect::<BTreeSet<_>>());
        }
        if self.security_groups.is_some() {
            want["securityGroups"] = json!(self.group_ids(others).map(Known::shown).collect::<BTreeSet<_>>());
        }
        want
    }

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn readiness(live: &Live) -> Readiness {
        match live.text("state") {
            "provisioning" => Readiness::Pending("AWS is provisioning it".to_owned()),
            "failed" => {
                let reason = live.document["stateReason"].as_str();
                Readiness::Failed(reason.unwrap_or("AWS gives no reason").to_owned())
            }
            _ => Readiness::Ready,
        }
    }

    fn outputs(_place: &Place, name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![
            Output::fixed("name", name),
            Output::live("dnsName", live.map(|live| live.text("dnsName"))),
            Output::live("arn", live.map(|live| live.arn.as_str())),
            Output::live("canonicalHostedZoneId", live.map(|live| live.text("canonicalHostedZoneId"))),
        ]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &Live) -> Vec<String> {
        texts(&live.document["securityGroups"])
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<Live>>> {
        let balancers = balancers(cloud).await?;
        found::named(cloud, wanted, balancers.to_vec(), |one, live| async move {
            if one.spec.attributes.is_none() {
                return Ok(Some(live));
            }
            let attributes = unless_gone(calls::attributes(cloud, &live.arn).await)?;
            Ok(attributes.map(|attributes| live.with("attributes", attributes)))
        })
        .await
    }
}

impl LoadBalancer {
    fn group_ids<'a>(&'a self, others: &'a Others) -> impl Iterator<Item = Known<String>> {
        self.security_groups.iter().flatten().map(|group| others.live(group).map(|live| live.group_id.clone()))
    }
}

impl Managed for LoadBalancer {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);
    const SERVICE_LINKED_ROLE: Option<ServiceLinkedRole> = Some(ServiceLinkedRole {
        name: "AWSServiceRoleForElasticLoadBalancing",
        service: "elasticloadbalancing.amazonaws.com",
    });

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        found::of_lab(cloud, Self::SERVICE, lab, balancers(cloud).await?.to_vec(), |live| (&live.name, &live.arn)).await
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let subnets = subnet_ids(self.subnets.as_deref(), others)
            .expect("the VPC is looked up before anything is made in it")
            .map_err(|words| CloudError::own_at("CreateLoadBalancer", Cause::NoSubnet, words))?;
        let groups = self.group_ids(others).map(|id| id.now().expect("its security groups are made before it"));
        let live = calls::create(cloud, self, target, subnets, groups.collect()).await?;
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        match self.attributes {
            Some(_) => calls::set_attributes(cloud, live, &json!(self.attributes)).await,
            None => Ok(live),
        }
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        let mut live = live.clone();
        if edit.touches("subnets") {
            live = calls::set_subnets(cloud, live, &edit.want["subnets"]).await?;
        }
        if edit.touches("securityGroups") {
            live = calls::set_security_groups(cloud, live, &edit.want["securityGroups"]).await?;
        }
        if edit.touches("ipAddressType") {
            live = calls::set_ip_address_type(cloud, live, &edit.want["ipAddressType"]).await?;
        }
        match edit.touches("attributes") {
            true => calls::set_attributes(cloud, live, &edit.want["attributes"]).await,
            false => Ok(live),
        }
    }

    /// AWS deletes a load balancer that is gone already with success (DeleteLoadBalancer, API reference).
    async fn delete(cloud: &Cloud, live: &Live, _waiting: &Waiting) -> Result<()> {
        match gone(cloud.elbv2.delete_load_balancer().load_balancer_arn(&live.arn).send().await) {
            Err(error) if error.says("OperationNotPermitted", "deletion protection") => {
                let advice = "set its attribute deletion_protection.enabled to \"false\" first";
                let message = format!("{}; {advice}", error.message());
                Err(error.reworded(message))
            }
            answer => answer,
        }
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::{test_others, test_others_with};

    fn live() -> Live {
        serde_json::from_value(json!({
            "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/ecs-lab-alb/50dc6c495c0c9188",
            "name": "ecs-lab-alb", "document": {"type": "application", "scheme": "internet-facing",
            "state": "active", "stateReason": null, "subnets": ["subnet-a", "subnet-b", "subnet-c"],
            "securityGroups": ["sg-1"], "ipAddressType": "ipv4", "attributes": {"idle_timeout.timeout_seconds": "60"}}}))
        .unwrap()
    }

    fn spec(value: Value) -> LoadBalancer {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_what_the_spec_gives_is_compared() {
        let others = test_others_with(&[
            (
                Vpc::reference().address(),
                "vpc",
                json!({"vpcId": "vpc-1", "subnets": [
                {"subnetId": "subnet-a", "availabilityZone": "eu-west-1a"},
                {"subnetId": "subnet-b", "availabilityZone": "eu-west-1b"},
                {"subnetId": "subnet-c", "availabilityZone": "eu-west-1c"}]}),
            ),
            (
                "securityGroup.alb".parse().unwrap(),
                "securityGroup",
                json!({"groupId": "sg-1", "name": "alb",
                "vpcId": "vpc-1", "description": "", "rules": []}),
            ),
        ]);
        let cases = [
            (json!({}), vec![], false),
            (json!({"type": "application", "scheme": "internet-facing", "securityGroups": ["alb"]}), vec![], false),
            (json!({"subnets": ["eu-west-1c", "subnet-a", "eu-west-1b"]}), vec![], false),
            (json!({"subnets": ["eu-west-1a", "eu-west-1b"]}), vec!["subnets"], false),
            (json!({"securityGroups": ["other"]}), vec!["securityGroups"], false),
            (json!({"scheme": "internal"}), vec!["scheme"], true),
            (json!({"attributes": {"idle_timeout.timeout_seconds": "60"}}), vec![], false),
            (
                json!({"attributes": {"idle_timeout.timeout_seconds": "30"}}),
                vec!["attributes.idle_timeout.timeout_seconds"],
                false,
            ),
        ];
        for (value, paths, replaces) in cases {
            let diff = spec(value.clone()).edit(&live(), &others, &[]).diff;
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!((found, diff.replaces()), (paths, replaces), "{value}");
        }
    }

    #[test]
    fn a_zone_without_a_lookup_is_shown_as_it_is_written() {
        let diff = spec(json!({"subnets": ["eu-west-1a", "eu-west-1b"]})).edit(&live(), &test_others(), &[]).diff;
        assert_eq!(diff.fields[0].want, json!(["eu-west-1a", "eu-west-1b"]));
    }

    #[test]
    fn mistakes_are_found_before_a_call() {
        let cases = [
            (json!({"type": "application", "subnets": ["a", "b"]}), vec![]),
            (json!({"type": "network"}), vec!["type"]),
            (json!({"scheme": "public"}), vec!["scheme"]),
            (json!({"subnets": ["a", "a"]}), vec!["subnets"]),
        ];
        for (value, paths) in cases {
            let problems = spec(value.clone()).check(&Checks::new(&BTreeMap::new()));
            let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
        }
        for (name, is_valid) in [("ecs-lab-alb", true), ("internal-alb", false), ("alb-", false)] {
            assert_eq!(LoadBalancer::NAME.problem(name).is_none(), is_valid, "{name}");
        }
    }

    #[test]
    fn its_state_says_whether_it_is_ready() {
        let state = |state: &str| LoadBalancer::readiness(&live().with("state", state));
        assert_eq!(state("active"), Readiness::Ready);
        assert!(matches!(state("provisioning"), Readiness::Pending(_)));
        assert!(matches!(state("failed"), Readiness::Failed(_)));
    }
}
