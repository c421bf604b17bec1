//! Listeners of load balancers. The file nests them below their load balancer; here each is a resource of its own.

mod action;
mod calls;

use std::future::ready;

use futures::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::found::{self, Live, gone, texts};
use super::load_balancer::{self, LoadBalancer, balancers};
use super::target_group::TargetGroup;
use crate::cloud::{self, Cloud, CloudError, Result, unless_gone};
use crate::resource::{
    Checks, Edit, Field, Found, Grant, Granted, Managed, NameRule, Names, Need, Others, Output, Place, Problem, Ref,
    Resource, SpecRef, Target, Waiting, Wanted, document, update,
};
use action::Action;
pub(super) use action::target_groups;
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// Its ARN.
    pub certificate_arn: String,
}

impl Resource for Listener {
    const KIND: &'static str = "listener";
    const SECTION: &'static str = "listeners";
    /// AWS gives listeners no names: this one only tells them apart within the lab.
    const NAME: NameRule =
        NameRule { field: "port", min: 1, max: 255, words: "anything", is_valid: |_| true, ignores_case: false };
    const FIELDS: &'static [Field] = &[
        update("port"),
        update("protocol"),
        update("sslPolicy"),
        update("certificates").normal(arns),
        update("alpnPolicy"),
        update("defaultActions"),
    ];
    type Live = Live;

    fn name(&self) -> Option<&str> {
        None
    }

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

    fn wanted(&self, _live: &Live, others: &Others) -> Value {
        self.body(others)
    }

    fn document(live: &Live) -> Value {
        live.document.clone()
    }

    fn outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("arn", live.map(|live| live.arn.as_str()))]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone()]
    }

    fn links(live: &Live) -> Vec<String> {
        let balancer = live.text("loadBalancerArn").to_owned();
        [balancer].into_iter().chain(texts(&live.document["targetGroupArns"])).collect()
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<Live>>> {
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
                let one = *wanted.iter().find(|one| live.document["port"] == one.spec.port)?;
                Some((one, live))
            });
            Ok::<Vec<_>, CloudError>(found.collect())
        }));
        let found = all.await?.into_iter().flatten();
        found::tagged(cloud, found, |_, live| ready(Ok(Some(live)))).await
    }
}

impl Managed for Listener {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        let balancers = balancers(cloud).await?;
        // The load balancer may be somebody else's, who has just deleted it.
        let all = cloud.each(balancers.iter(), |balancer| async { unless_gone(listeners(cloud, &balancer.arn).await) });
        let all: Vec<_> = all.await.into_iter().collect::<Result<_>>()?;
        let all = all.into_iter().flatten().flatten().collect();
        found::of_lab(cloud, Self::SERVICE, lab, all, |live: &Live| (&live.name, &live.arn)).await
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        calls::create(cloud, self, target, others).await
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        calls::modify(cloud, &live.arn, edit).await
    }

    async fn delete(cloud: &Cloud, live: &Live, _waiting: &Waiting) -> Result<()> {
        gone(cloud.elbv2.delete_listener().listener_arn(&live.arn).send().await)
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

impl Granted for Listener {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTags",
        ];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, _name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        // The call is asked for on the load balancer.
        let balancer = format!("loadbalancer/app/{}/*", names[&self.load_balancer_arn.address()]);
        let balancer = [place.arn("elasticloadbalancing", &balancer)];
        let mut grants = vec![
            Grant::on(Need::Change, &["elasticloadbalancing:CreateListener"], balancer).tagging(place),
            Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyListener"], place),
            Grant::on_owned(Need::Delete, &["elasticloadbalancing:DeleteListener"], place),
        ];
        grants.extend(load_balancer::tags(place));
        grants
    }
}

impl Listener {
    /// The target groups that it forwards to.
    pub fn target_groups(&self) -> Vec<&Ref<TargetGroup>> {
        self.default_actions.iter().filter_map(|action| action.target_group_arn.as_ref()).collect()
    }

    /// The fields of CreateListener but for the load balancer and the tags: actions in their order, with ARNs for names.
    fn body(&self, others: &Others) -> Value {
        let mut body = document(self);
        let mut actions: Vec<&Action> = self.default_actions.iter().collect();
        actions.sort_by_key(|action| action.order);
        body["defaultActions"] = actions.into_iter().map(|action| action.document(others)).collect();
        body
    }
}

/// The ARNs of certificates.
fn arns(certificates: &Value) -> Value {
    let certificates = certificates.as_array().into_iter().flatten();
    certificates.map(|certificate| certificate["certificateArn"].clone()).collect()
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

    fn live(actions: &Value) -> Live {
        let document = json!({"port": 80, "protocol": "HTTP", "certificates": [], "defaultActions": actions});
        Live { name: "web:80".to_owned(), arn: "l-1".to_owned(), document }
    }

    fn others() -> Others {
        test_others_with(&[(
            "targetGroup.web".parse().unwrap(),
            "targetGroup",
            json!({"arn": TG, "name": "tg", "document": {}}),
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
            let diff = spec(value.clone()).edit(&live(&have), &others(), &[]).diff;
            assert_eq!(diff.fields.len(), count, "{value} {diff:?}");
        }
    }

    #[test]
    fn a_target_group_that_has_yet_to_be_made_is_a_difference() {
        let have = live(&json!([{"type": "forward", "targetGroupArn": TG}]));
        let diff = spec(forward()).edit(&have, &crate::resources::test_others(), &[]).diff;
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
