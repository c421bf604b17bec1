//! Application load balancers.

mod calls;
mod grants;
mod managed;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::security_group::SecurityGroup;
use super::vpc::{Vpc, subnet_ids};
use crate::cloud::{Cloud, Result, unless_gone};
use crate::model::{Diff, Known};
use crate::resource::{
    Checks, Found, Managed, NameRule, Names, Others, Output, Place, Problem, Readiness, Ref, Resource, SpecRef, Wanted,
};
use calls::attributes;
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

/// What AWS says of a load balancer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LoadBalancerLive {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// The host name that it answers under.
    pub dns_name: String,
    /// The hosted zone of its host name, for alias records.
    pub canonical_hosted_zone_id: String,
    /// Its type.
    pub r#type: String,
    /// Whether the internet reaches it.
    pub scheme: String,
    /// Its state: `provisioning`, `active`, `active_impaired` or `failed`.
    pub state: String,
    /// AWS's words on its state.
    pub state_reason: Option<String>,
    /// The ids of its subnets.
    pub subnets: BTreeSet<String>,
    /// The ids of its security groups.
    pub security_groups: BTreeSet<String>,
    /// Its addresses.
    pub ip_address_type: String,
    /// Attributes; empty where they weren't read, because no spec names one.
    pub attributes: BTreeMap<String, String>,
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
    type Live = LoadBalancerLive;

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

    fn diff(&self, live: &LoadBalancerLive, others: &Others) -> Diff {
        let mut diff = Diff::default();
        diff.replace("type", live.r#type.clone(), self.r#type.clone());
        diff.replace("scheme", live.scheme.clone(), self.scheme.clone());
        if let Some(places) = &self.subnets {
            // Without a lookup of the VPC there are only the spec's own words to compare and to show.
            let want = subnet_ids(Some(places), others).and_then(Result::ok).unwrap_or_else(|| places.clone());
            let want = want.into_iter().collect();
            diff.update("subnets", live.subnets.clone(), Some(want));
        }
        if self.security_groups.is_some() {
            let want = self.group_ids(others).map(Known::shown).collect();
            diff.update("securityGroups", live.security_groups.clone(), Some(want));
        }
        diff.update("ipAddressType", live.ip_address_type.clone(), self.ip_address_type.clone());
        for (key, want) in self.attributes.iter().flatten() {
            diff.update(format!("attributes.{key}"), live.attributes.get(key), Some(Some(want)));
        }
        diff
    }

    fn readiness(live: &LoadBalancerLive, _begun: Option<&LoadBalancerLive>) -> Readiness {
        let reason = live.state_reason.as_deref().unwrap_or("AWS gives no reason");
        match live.state.as_str() {
            "provisioning" => Readiness::Pending("AWS is provisioning it".to_owned()),
            "failed" => Readiness::Failed(reason.to_owned()),
            _ => Readiness::Ready(None),
        }
    }

    fn outputs(_place: &Place, name: &str, live: Option<&LoadBalancerLive>) -> Vec<Output> {
        vec![
            Output::fixed("name", name),
            Output::live("dnsName", live.map(|live| live.dns_name.as_str())),
            Output::live("arn", live.map(|live| live.arn.as_str())),
            Output::live("canonicalHostedZoneId", live.map(|live| live.canonical_hosted_zone_id.as_str())),
        ]
    }

    fn ids(live: &LoadBalancerLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &LoadBalancerLive) -> Vec<String> {
        live.security_groups.iter().cloned().collect()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<LoadBalancerLive>>> {
        let balancers = balancers(cloud).await?;
        let balancers = balancers.iter().filter_map(|balancer| {
            let one = wanted.iter().find(|one| one.name == balancer.name)?;
            Some((one, balancer.clone()))
        });
        let balancers: Vec<_> = balancers.collect();
        let arns: Vec<String> = balancers.iter().map(|(_, live)| live.arn.clone()).collect();
        let balancers = try_join_all(balancers.into_iter().map(|(one, mut live)| async move {
            if one.spec.attributes.is_some() {
                match unless_gone(attributes(cloud, &live.arn).await)? {
                    Some(attributes) => live.attributes = attributes,
                    None => return Ok(None),
                }
            }
            Ok(Some((one, live)))
        }));
        let (mut tags, balancers) = futures::try_join!(cloud.tags_of(Self::SERVICE, &arns), balancers)?;
        let found = balancers.into_iter().flatten().map(|(one, live)| {
            let tags = tags.remove(&live.arn).unwrap_or_default();
            Found::present(one.address, one.name, live, tags)
        });
        Ok(found.collect())
    }
}

impl LoadBalancer {
    fn group_ids<'a>(&'a self, others: &'a Others) -> impl Iterator<Item = Known<String>> {
        self.security_groups.iter().flatten().map(|group| others.live(group).map(|live| live.group_id.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::resources::{test_others, test_others_with};

    fn live() -> LoadBalancerLive {
        serde_json::from_value(json!({
            "arn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/ecs-lab-alb/50dc6c495c0c9188",
            "name": "ecs-lab-alb", "dnsName": "ecs-lab-alb-1.eu-west-1.elb.amazonaws.com",
            "canonicalHostedZoneId": "Z32O12XQLNTSW2", "type": "application", "scheme": "internet-facing",
            "state": "active", "stateReason": null, "subnets": ["subnet-a", "subnet-b", "subnet-c"],
            "securityGroups": ["sg-1"], "ipAddressType": "ipv4", "attributes": {"idle_timeout.timeout_seconds": "60"}}))
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
            let diff = spec(value.clone()).diff(&live(), &others);
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!((found, diff.replaces()), (paths, replaces), "{value}");
        }
    }

    #[test]
    fn a_zone_without_a_lookup_is_shown_as_it_is_written() {
        let diff = spec(json!({"subnets": ["eu-west-1a", "eu-west-1b"]})).diff(&live(), &test_others());
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
        let state =
            |state: &str| LoadBalancer::readiness(&LoadBalancerLive { state: state.to_owned(), ..live() }, None);
        assert_eq!(state("active"), Readiness::Ready(None));
        assert!(matches!(state("provisioning"), Readiness::Pending(_)));
        assert!(matches!(state("failed"), Readiness::Failed(_)));
    }
}
