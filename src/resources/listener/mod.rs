//! Listeners of load balancers. The file nests them below their load balancer; here each is a resource of its own.

mod action;
mod attributes;
mod certificates;
mod find;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::try_join_all;
use labform_account::rules::{LISTENER, LISTENER_ATTRIBUTES, is_of_network};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answered;
use super::balancing::{self, arns, listeners, listeners_of};
use super::certificate::{self, Certificate};
use super::ecs::texts;
use super::load_balancer::LoadBalancer;
use super::target_group::TargetGroup;
use crate::cloud::{Cloud, CloudError, ELASTIC_LOAD_BALANCING, Result, Service, unless_gone};
use crate::model::Tags;
use crate::resource::{
    Beside, CallRules, Checks, Content, Edit, Fate, Field, Found, Grant, Granted, Live, Managed, NameRule, Names, Need,
    Others, Output, Pasted, Place, Problem, Ref, RefOrArn, Resource, SpecRef, Target, Waiting, Wanted, When, breaches,
    changes, document, listed, update,
};
pub(super) use action::{Action, Actions, shared};

/// A listener: the fields of CreateListener. AWS knows a listener by its load balancer and its port.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// The listener's load balancer.
    pub load_balancer_arn: Ref<LoadBalancer>,
    /// The port that the listener listens on.
    pub port: i32,
    /// The protocol that the listener speaks: `HTTP` or `HTTPS`; `TCP`, `TLS`, `UDP` or `TCP_UDP` on a network load balancer.
    pub protocol: String,
    /// The name of the TLS policy, for `HTTPS` and `TLS`.
    pub ssl_policy: Option<String>,
    /// The certificates, for `HTTPS` and `TLS`: the default one first, then those that clients get who ask for one of their names.
    pub certificates: Option<Vec<Shown>>,
    /// The ALPN policy, for `TLS`, as in `[HTTP2Preferred]`.
    pub alpn_policy: Option<Vec<String>>,
    /// The actions on a request that no rule takes.
    pub default_actions: Vec<Action>,
    /// Attributes by AWS's key, as in `tcp.idle_timeout.seconds`.
    pub attributes: Option<BTreeMap<String, String>>,
}

/// A certificate that a listener shows.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shown {
    /// The certificate.
    pub certificate_arn: RefOrArn<Certificate>,
}

impl Resource for Listener {
    const KIND: &'static str = "listener";
    const SECTION: &'static str = "listeners";
    /// AWS gives listeners no names: this one only tells them apart within the lab.
    const NAME: NameRule = NameRule::new("port", 1..=255, "anything", |_| true);
    const FIELDS: &'static [Field] = &[
        update("port"),
        update("protocol"),
        update("sslPolicy"),
        update("certificates").normal(certificates::arns),
        update("alpnPolicy"),
        update("defaultActions"),
        update(attributes::FIELD),
    ];
    const RULES: CallRules = &[&LISTENER];
    const PASTED: Pasted = Pasted {
        around: &["listeners"],
        told: &["listenerArn"],
        beyond: &[
            ("alpnPolicy", "null"),
            ("defaultActions[].authenticateCognitoConfig.authenticationRequestExtraParams", "{}"),
            ("defaultActions[].authenticateOidcConfig.authenticationRequestExtraParams", "{}"),
            ("mutualAuthentication", r#"{"mode":"off"}"#),
        ],
        ..Pasted::PLAIN
    };
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        let own = [self.load_balancer_arn.at("loadBalancerArn")].into_iter().chain(self.actions().refs());
        own.chain(certificates::refs(self)).collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut problems = Vec::new();
        let balancer = &self.load_balancer_arn.name;
        let same = |other: &Self| other.port == self.port && other.load_balancer_arn.name == *balancer;
        if checks.all::<Self>().filter(|(_, other)| same(other)).count() > 1 {
            let message = format!("loadBalancer.{balancer} has another listener on port {}", self.port);
            problems.push(Problem::at("port", message));
        }
        let mut input = certificates::unknown(self);
        let kind = checks
            .get(&self.load_balancer_arn)
            .map(|balancer| if balancer.is_network() { "network" } else { "application" });
        input["loadBalancer"] = json!({ "type": kind });
        problems.extend(breaches(&LISTENER, &input));
        problems.extend(breaches(&LISTENER_ATTRIBUTES, &input));
        problems.extend(self.actions().problems());
        problems.extend(self.actions().misfits(&self.protocol, checks));
        for group in self.actions().target_groups() {
            let has = |other: &Self| other.actions().target_groups().iter().any(|one| one.name == group.name);
            let is_another = |other: &Self| other.load_balancer_arn.name != *balancer && has(other);
            let others = checks.all::<Self>().find(|(_, other)| is_another(other));
            problems.extend(others.map(|(address, _)| shared("defaultActions", group, address)));
        }
        for (n, certificate) in self.certificates.iter().flatten().enumerate() {
            let RefOrArn::Arn(arn) = &certificate.certificate_arn else { continue };
            let region = arn.split(':').nth(3).filter(|region| !region.is_empty() && !region.contains("${"));
            if let Some((own, region)) = checks.region().zip(region).filter(|(own, region)| own != region) {
                let message = format!("the certificate is in {region}, and a load balancer in {own} can't use it");
                problems.push(Problem::at(format!("certificates[{n}].certificateArn"), message));
            }
        }
        problems
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        self.actions().lacks(folder)
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        self.certificates.iter().flatten().find_map(|shown| certificate::obstacle(&shown.certificate_arn, others))
    }

    fn wanted(&self, _live: &Live, others: &Others) -> Value {
        let mut want = document(self);
        want["defaultActions"] = self.actions().wanted(others);
        if self.certificates.is_some() {
            want["certificates"] = certificates::wanted(self, others);
        }
        want
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
        let balancers = listed::<LoadBalancer>(cloud).await?;
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
            let found = found.map(|(one, live)| async move {
                let live = certificates::read(cloud, one, live).await?;
                Ok::<_, CloudError>((one, attributes::read(cloud, one, live).await?))
            });
            try_join_all(found).await
        }));
        let found = all.await?.into_iter().flatten().map(|(one, live)| {
            let (name, arn) = (live.name.clone(), live.arn.clone());
            Found::untagged(one.address, name, live, &arn)
        });
        Ok(found.collect())
    }
}

impl Managed for Listener {
    const SERVICE: Service = Service::Table(&ELASTIC_LOAD_BALANCING);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        let all = listeners_of(cloud, listed::<LoadBalancer>(cloud).await?.iter()).await?;
        let mut tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns(&all)).await?;
        let ours = all.into_iter().filter_map(|live| {
            let tags = tags.remove(&live.arn)?;
            Found::of_lab(Self::KIND, lab, live.name.clone(), live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let balancer = others.live(&self.load_balancer_arn).now().expect("its load balancer is made before it");
        let mut fields = document(self).as_object().cloned().unwrap_or_default();
        fields.insert("defaultActions".to_owned(), self.actions().wanted(others));
        if self.certificates.is_some() {
            fields.insert("certificates".to_owned(), certificates::wanted(self, others));
        }
        fields.insert("loadBalancerArn".to_owned(), balancer.arn.as_str().into());
        self.send(cloud, "CreateListener", fields, Some(&target.tags)).await
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        // All else stays as it is (ModifyListener, API reference).
        let mut fields = changes(Self::FIELDS, &edit.diff, &live.document, &edit.want);
        if fields.keys().all(|field| field == attributes::FIELD) {
            return attributes::write(cloud, live.clone(), fields.remove(attributes::FIELD)).await;
        }
        fields.insert("listenerArn".to_owned(), live.arn.as_str().into());
        self.send(cloud, "ModifyListener", fields, None).await
    }

    async fn delete(cloud: &Cloud, live: &Live, _content: Content, _waiting: &Waiting) -> Result<()> {
        let listener = json!({"ListenerArn": live.arn});
        unless_gone(cloud.call(&ELASTIC_LOAD_BALANCING, "DeleteListener", listener).await).map(drop)
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        if when == When::Refused {
            return Ok(Vec::new());
        }
        let rules = balancing::rules_of_others(cloud, lab, live).await?;
        Ok(rules.into_iter().map(|rule| Beside::new(rule, Fate::Goes)).collect())
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
        let kind = if is_of_network(&self.protocol) { "net" } else { "app" };
        let balancer = format!("loadbalancer/{kind}/{}/*", names[&self.load_balancer_arn.address()]);
        let balancer = [place.arn("elasticloadbalancing", &balancer)];
        let mut grants = vec![
            Grant::on(Need::Change, &["elasticloadbalancing:CreateListener"], balancer).tagging(place),
            Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyListener"], place),
            Grant::on_owned(Need::Delete, &["elasticloadbalancing:DeleteListener"], place),
        ];
        grants.extend(certificates::grants(self, place));
        grants.extend(attributes::grants(self, place));
        let tag = &["elasticloadbalancing:AddTags"];
        grants.push(Grant::while_creating(tag, "elasticloadbalancing:CreateAction"));
        grants.push(Grant::on_owned(Need::Change, tag, place));
        grants
    }
}

impl Listener {
    /// The listener's default actions.
    pub fn actions(&self) -> Actions<'_> {
        Actions("defaultActions", &self.default_actions)
    }

    async fn send(
        &self,
        cloud: &Cloud,
        operation: &'static str,
        mut fields: Map<String, Value>,
        tags: Option<&Tags>,
    ) -> Result<Live> {
        self.actions().complete(&mut fields, &cloud.folder)?;
        let shown = certificates::split(self, &mut fields);
        let attributes = fields.remove(attributes::FIELD);
        let answer = balancing::send(cloud, operation, fields, tags).await?;
        let mut listener = answered(operation, answer["Listeners"].get(0)).map(balancing::listener)?;
        if let Some(shown) = shown {
            listener = certificates::show(cloud, listener, shown).await?;
        }
        attributes::write(cloud, listener, attributes).await
    }
}
