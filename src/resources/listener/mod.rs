//! Listeners of load balancers. The file nests them below their load balancer; here each is a resource of its own.

mod action;
#[cfg(test)]
mod tests;

use futures::future::try_join_all;
use labform_account::rules::LISTENER;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answered;
use super::balancing::{self, listeners};
use super::ecs::texts;
use super::load_balancer::LoadBalancer;
use super::target_group::TargetGroup;
use crate::cloud::{Cloud, CloudError, ELASTIC_LOAD_BALANCING, Result, Service, unless_gone};
use crate::resource::{
    Beside, CallRules, Checks, Content, Edit, Fate, Field, Found, Grant, Granted, Live, Managed, NameRule, Names, Need,
    Others, Output, Pasted, Place, Problem, Ref, Resource, SpecRef, Target, Waiting, Wanted, When, breaches, changes,
    document, listed, update,
};
use action::Action;

/// A listener: the fields of CreateListener. AWS knows a listener by its load balancer and its port.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listener {
    /// The listener's load balancer.
    pub load_balancer_arn: Ref<LoadBalancer>,
    /// The port that the listener listens on.
    pub port: i32,
    /// The protocol that the listener speaks, `HTTP` or `HTTPS`.
    pub protocol: String,
    /// The name of the TLS policy, for `HTTPS`.
    pub ssl_policy: Option<String>,
    /// The default certificate, for `HTTPS`.
    pub certificates: Option<Vec<Certificate>>,
    /// The ALPN policy.
    pub alpn_policy: Option<Vec<String>>,
    /// The actions on a request that no rule takes.
    pub default_actions: Vec<Action>,
}

/// A certificate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Certificate {
    /// The certificate's ARN.
    pub certificate_arn: String,
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
        update("certificates").normal(certificate_arns),
        update("alpnPolicy"),
        update("defaultActions"),
    ];
    const RULES: CallRules = &[&LISTENER];
    const PASTED: Pasted = Pasted {
        around: &["listeners"],
        told: &["listenerArn"],
        beyond: &[
            ("alpnPolicy", "null"),
            ("defaultActions[].authenticateCognitoConfig", "null"),
            ("defaultActions[].authenticateOidcConfig", "null"),
            ("defaultActions[].forwardConfig", "null"),
            ("mutualAuthentication", r#"{"mode":"off"}"#),
            ("rules", "[]"),
        ],
        ..Pasted::PLAIN
    };
    type Live = Live;

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
        problems.extend(breaches(&LISTENER, &document(self)));
        for (n, certificate) in self.certificates.iter().flatten().enumerate() {
            let arn = &certificate.certificate_arn;
            let region = arn.split(':').nth(3).filter(|region| !region.is_empty() && !region.contains("${"));
            if let Some((own, region)) = checks.region().zip(region).filter(|(own, region)| own != region) {
                let message = format!("the certificate is in {region}, and a load balancer in {own} can't use it");
                problems.push(Problem::at(format!("certificates[{n}].certificateArn"), message));
            }
        }
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
            Ok::<Vec<_>, CloudError>(found.collect())
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
        let balancers = listed::<LoadBalancer>(cloud).await?;
        // The load balancer may be somebody else's, who has just deleted it.
        let all = cloud.each(balancers.iter(), |balancer| async { unless_gone(listeners(cloud, &balancer.arn).await) });
        let all: Vec<_> = all.await.into_iter().collect::<Result<_>>()?;
        let all: Vec<Live> = all.into_iter().flatten().flatten().collect();
        let mut tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns(&all)).await?;
        let ours = all.into_iter().filter_map(|live| {
            let tags = tags.remove(&live.arn)?;
            Found::of_lab(Self::KIND, lab, live.name.clone(), live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<Live> {
        let balancer = others.live(&self.load_balancer_arn).now().expect("its load balancer is made before it");
        let mut fields = self.body(others);
        fields["loadBalancerArn"] = balancer.arn.as_str().into();
        let (tags, mut members) = (&ELASTIC_LOAD_BALANCING.tags, members(fields));
        members[tags.given] = tags.shape.written(&target.tags);
        send(cloud, "CreateListener", members).await
    }

    async fn update(&self, cloud: &Cloud, _: &Target, live: &Live, _: &Others, edit: &Edit) -> Result<Live> {
        // All else stays as it is (ModifyListener, API reference).
        let mut fields = changes(Self::FIELDS, &edit.diff, &live.document, &edit.want);
        fields.insert("listenerArn".to_owned(), live.arn.as_str().into());
        send(cloud, "ModifyListener", members(fields.into())).await
    }

    async fn delete(cloud: &Cloud, live: &Live, _content: Content, _waiting: &Waiting) -> Result<()> {
        let listener = json!({"ListenerArn": live.arn});
        unless_gone(cloud.call(&ELASTIC_LOAD_BALANCING, "DeleteListener", listener).await).map(drop)
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        if when == When::Refused {
            return Ok(Vec::new());
        }
        let rules = balancing::rules_of_others(cloud, lab, &live.arn).await?;
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
        let balancer = format!("loadbalancer/app/{}/*", names[&self.load_balancer_arn.address()]);
        let balancer = [place.arn("elasticloadbalancing", &balancer)];
        let mut grants = vec![
            Grant::on(Need::Change, &["elasticloadbalancing:CreateListener"], balancer).tagging(place),
            Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyListener"], place),
            Grant::on_owned(Need::Delete, &["elasticloadbalancing:DeleteListener"], place),
            // The rules of others, which go along with one.
            Grant::in_region(Need::Destroy, &["elasticloadbalancing:DescribeRules"], place),
        ];
        let tag = &["elasticloadbalancing:AddTags"];
        grants.push(Grant::while_creating(tag, "elasticloadbalancing:CreateAction"));
        grants.push(Grant::on_owned(Need::Change, tag, place));
        grants
    }
}

impl Listener {
    /// The target groups that the listener forwards to.
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

/// Fields as members of a call; several actions are numbered in their order.
fn members(mut fields: Value) -> Value {
    if let Some(actions) = fields["defaultActions"].as_array_mut().filter(|actions| actions.len() > 1) {
        actions.iter_mut().zip(1..).for_each(|(action, order)| action["order"] = order.into());
    }
    ELASTIC_LOAD_BALANCING.case.members(fields)
}

async fn send(cloud: &Cloud, operation: &'static str, members: Value) -> Result<Live> {
    let answer = cloud.call(&ELASTIC_LOAD_BALANCING, operation, members).await?;
    answered(operation, answer["Listeners"].get(0)).map(balancing::listener)
}

fn arns<'a>(lives: impl IntoIterator<Item = &'a Live>) -> Vec<String> {
    lives.into_iter().map(|live| live.arn.clone()).collect()
}

/// The ARNs of certificates.
fn certificate_arns(certificates: &Value) -> Value {
    let certificates = certificates.as_array().into_iter().flatten();
    certificates.map(|certificate| certificate["certificateArn"].clone()).collect()
}
