//! Listeners of load balancers. The file nests them below their load balancer; here each is a resource of its own.

mod action;
mod calls;
mod grants;
mod managed;

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::load_balancer::{LoadBalancer, balancers};
use super::target_group::TargetGroup;
use crate::cloud::{Cloud, CloudError, Result, unless_gone};
use crate::model::Diff;
use crate::resource::{
    Checks, Found, Managed, NameRule, Names, Others, Output, Place, Problem, Ref, Resource, SpecRef, Wanted,
};
pub(super) use action::target_groups;
use action::{Action, cut};
pub(super) use calls::listeners;

/// A listener: the fields of CreateListener. Its load balancer and its port are what AWS knows it by.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// Its load balancer.
    pub load_balancer_arn: Ref<LoadBalancer>,
    /// The port that it listens on.
    pub port: i32,
    /// The protocol that it speaks, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The name of the TLS policy, for `HTTPS`.
    pub ssl_policy: Option<String>,
    /// The default certificate, for `HTTPS`.
    pub certificates: Option<Vec<Certificate>>,
    /// The ALPN policy.
    pub alpn_policy: Option<Vec<String>>,
    /// What becomes of a request.
    pub default_actions: Vec<Action>,
}

/// A certificate.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// Its ARN.
    pub certificate_arn: String,
}

/// What AWS says of a listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListenerLive {
    /// Its ARN.
    pub arn: String,
    /// The ARN of its load balancer.
    pub load_balancer_arn: String,
    /// The port that it listens on.
    pub port: i32,
    /// The protocol that it speaks.
    pub protocol: String,
    /// The name of the TLS policy.
    pub ssl_policy: Option<String>,
    /// The ARNs of its default certificate.
    pub certificates: Vec<String>,
    /// The ALPN policy.
    pub alpn_policy: Vec<String>,
    /// What becomes of a request: documents as in the spec, with ARNs for names.
    pub default_actions: Vec<Value>,
    /// The ARNs of all target groups that it forwards to.
    pub target_group_arns: Vec<String>,
}

impl Resource for Listener {
    const KIND: &'static str = "listener";
    const SECTION: &'static str = "listeners";
    /// AWS gives listeners no names: this one only tells them apart within the lab.
    const NAME: NameRule =
        NameRule { field: "port", min: 1, max: 255, words: "anything", is_valid: |_| true, ignores_case: false };
    type Live = ListenerLive;

    fn refs(&self) -> Vec<SpecRef> {
        let groups = self.default_actions.iter().enumerate();
        let groups = groups.filter_map(|(n, action)| {
            let group = action.target_group_arn.as_ref()?;
            Some(group.at(format!("defaultActions[{n}].targetGroupArn")))
        });
        [self.load_balancer_arn.at("loadBalancerArn")].into_iter().chain(groups).collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let balancer = &self.load_balancer_arn.name;
        let same = |other: &Self| other.port == self.port && other.load_balancer_arn.name == *balancer;
        if checks.all::<Self>().filter(|(_, other)| same(other)).count() > 1 {
            let message = format!("loadBalancer.{balancer} has another listener on port {}", self.port);
            problems.push(Problem::at("port", message));
        }
        if !(1..=65535).contains(&self.port) {
            problems.push(Problem::at("port", format!("{} is not a port", self.port)));
        }
        if !["HTTP", "HTTPS"].contains(&self.protocol.as_str()) {
            problems.push(Problem::at(
                "protocol",
                format!("a listener of an application load balancer speaks HTTP or HTTPS, not `{}`", self.protocol),
            ));
        }
        if self.protocol == "HTTPS" && self.certificates.as_ref().is_none_or(Vec::is_empty) {
            problems.push(Problem::at("certificates", "HTTPS needs a certificate"));
        }
        if self.default_actions.is_empty() {
            problems.push(Problem::at("defaultActions", "a listener needs an action"));
        }
        let actions = self.default_actions.iter().enumerate();
        problems.extend(actions.filter_map(|(n, action)| {
            let message = action.problem()?;
            Some(Problem::at(format!("defaultActions[{n}]"), message))
        }));
        problems
    }

    fn diff(&self, live: &ListenerLive, others: &Others) -> Diff {
        let mut diff = Diff::default();
        diff.update("port", live.port, Some(self.port));
        diff.update("protocol", live.protocol.as_str(), Some(self.protocol.as_str()));
        diff.update("sslPolicy", live.ssl_policy.as_deref(), self.ssl_policy.as_deref().map(Some));
        let certificates =
            self.certificates.as_ref().map(|all| all.iter().map(|one| one.certificate_arn.clone()).collect());
        diff.update("certificates", live.certificates.clone(), certificates);
        diff.update("alpnPolicy", live.alpn_policy.as_slice(), self.alpn_policy.as_deref());
        let want: Vec<Value> = self.in_order().map(|action| action.document(others)).collect();
        let have = match live.default_actions.as_slice() {
            have if have.len() == want.len() => have.iter().zip(&want).map(|(a, b)| cut(a, b)).collect(),
            have => have.to_vec(),
        };
        diff.update("defaultActions", have, Some(want));
        diff
    }

    fn outputs(_place: &Place, _name: &str, live: Option<&ListenerLive>) -> Vec<Output> {
        vec![Output::live("arn", live.map(|live| live.arn.as_str()))]
    }

    fn ids(live: &ListenerLive) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &ListenerLive) -> Vec<String> {
        let groups = live.target_group_arns.iter();
        [&live.load_balancer_arn].into_iter().chain(groups).cloned().collect()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<ListenerLive>>> {
        let balancers = balancers(cloud).await?;
        let all = try_join_all(balancers.iter().map(|balancer| async {
            let is_theirs =
                |one: &&Wanted<'_, Self>| names.get(&one.spec.load_balancer_arn.address()) == Some(&balancer.name);
            let wanted: Vec<_> = wanted.iter().filter(is_theirs).collect();
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let listeners = unless_gone(listeners(cloud, &balancer.arn).await)?.into_iter().flatten();
            let found = listeners.filter_map(|live| {
                let one = wanted.iter().find(|one| one.spec.port == live.port)?;
                Some((one.address, physical_name(&balancer.name, live.port), live))
            });
            Ok::<Vec<_>, CloudError>(found.collect())
        }));
        let found: Vec<_> = all.await?.into_iter().flatten().collect();
        let arns: Vec<String> = found.iter().map(|(_, _, live)| live.arn.clone()).collect();
        let mut tags = cloud.tags_of(Self::SERVICE, &arns).await?;
        let found = found.into_iter().map(|(address, name, live)| {
            let tags = tags.remove(&live.arn).unwrap_or_default();
            Found::present(address, name, live, tags)
        });
        Ok(found.collect())
    }
}

impl Listener {
    /// The target groups that it forwards to.
    pub fn target_groups(&self) -> Vec<&Ref<TargetGroup>> {
        self.default_actions.iter().filter_map(|action| action.target_group_arn.as_ref()).collect()
    }

    fn in_order(&self) -> impl Iterator<Item = &Action> {
        let mut actions: Vec<&Action> = self.default_actions.iter().collect();
        actions.sort_by_key(|action| action.order);
        actions.into_iter()
    }
}

/// What plans and messages call a listener.
fn physical_name(balancer: &str, port: i32) -> String {
    format!("{balancer}:{port}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::resources::test_others_with;

    const TG: &str = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/tg/1";

    fn spec(value: Value) -> Listener {
        serde_json::from_value(value).unwrap()
    }

    fn forward() -> Value {
        json!({"loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
            "defaultActions": [{"type": "forward", "targetGroupArn": "web"}]})
    }

    fn live(actions: &Value) -> ListenerLive {
        serde_json::from_value(json!({"arn": "l-1", "loadBalancerArn": "lb-1", "port": 80, "protocol": "HTTP",
            "sslPolicy": null, "certificates": [], "alpnPolicy": [], "defaultActions": actions,
            "targetGroupArns": [TG]}))
        .unwrap()
    }

    fn others() -> Others {
        test_others_with(&[(
            "targetGroup.web".parse().unwrap(),
            "targetGroup",
            json!({"arn": TG, "name": "tg",
            "vpcId": null, "protocol": "HTTP", "port": 80, "targetType": "ip", "protocolVersion": null,
            "healthCheckProtocol": null, "healthCheckPort": null, "healthCheckPath": null,
            "healthCheckIntervalSeconds": null, "healthCheckTimeoutSeconds": null, "healthyThresholdCount": null,
            "unhealthyThresholdCount": null, "httpCode": null, "attributes": {}}),
        )])
    }

    #[test]
    fn actions_are_compared_in_what_the_spec_gives() {
        let redirect = |config: Value| {
            json!({"loadBalancerArn": "web", "port": 80, "protocol": "HTTP",
                "defaultActions": [{"type": "redirect", "redirectConfig": config}]})
        };
        let redirected = json!([{"type": "redirect", "redirectConfig": {"statusCode": "HTTP_301", "protocol": "HTTPS",
            "port": "443", "host": "#{host}", "path": "/#{path}", "query": "#{query}"}}]);
        let cases = [
            (forward(), json!([{"type": "forward", "targetGroupArn": TG}]), 0),
            (forward(), json!([{"type": "forward", "targetGroupArn": "another"}]), 1),
            (forward(), json!([{"type": "forward", "targetGroupArn": [TG, "another"]}]), 1),
            (forward(), redirected.clone(), 1),
            (forward(), json!([]), 1),
            (redirect(json!({"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"})), redirected.clone(), 0),
            (redirect(json!({"statusCode": "HTTP_302", "protocol": "HTTPS"})), redirected, 1),
        ];
        for (value, have, count) in cases {
            let diff = spec(value.clone()).diff(&live(&have), &others());
            assert_eq!(diff.fields.len(), count, "{value} {diff:?}");
        }
    }

    #[test]
    fn a_target_group_that_has_yet_to_be_made_is_a_difference() {
        let have = live(&json!([{"type": "forward", "targetGroupArn": TG}]));
        let diff = spec(forward()).diff(&have, &crate::resources::test_others());
        assert_eq!(diff.fields[0].want[0]["targetGroupArn"], "(known after apply)");
    }

    #[test]
    fn it_refers_to_its_load_balancer_and_target_groups() {
        let spec = spec(forward());
        let refs: Vec<_> = spec.refs().iter().map(|one| one.address.to_string()).collect();
        assert_eq!(refs, ["loadBalancer.web", "targetGroup.web"]);
        assert_eq!(spec.target_groups()[0].name, "web");
    }

    #[test]
    fn mistakes_are_found_before_a_call() {
        let with = |change: Value| {
            let mut value = forward();
            value.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            value
        };
        let cases = [
            (forward(), vec![]),
            (with(json!({"port": 0})), vec!["port"]),
            (with(json!({"protocol": "TCP"})), vec!["protocol"]),
            (with(json!({"protocol": "HTTPS"})), vec!["certificates"]),
            (with(json!({"defaultActions": []})), vec!["defaultActions"]),
            (
                with(json!({"defaultActions": [{"type": "forward"}, {"type": "dance"}]})),
                vec!["defaultActions[0]", "defaultActions[1]"],
            ),
        ];
        for (value, paths) in cases {
            let problems = spec(value.clone()).check(&Checks::new(&BTreeMap::new()));
            let found: Vec<_> = problems.iter().map(|problem| problem.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
        }
    }
}
