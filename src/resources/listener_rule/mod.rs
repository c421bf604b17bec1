//! Rules of listeners: which requests don't go where the listener sends them by default.
//!
//! AWS gives a rule no name. It is the lab's by its tags; one of somebody else that has its priority is in its way.

mod condition;
mod priority;

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::try_join_all;
use labform_account::rules::LISTENER_RULE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answered;
use super::balancing::{self, arns, conditions, listeners_of, rules};
use super::ecs::texts;
use super::listener::{Action, Actions, Listener, shared};
use super::load_balancer::LoadBalancer;
use super::target_group::TargetGroup;
use crate::cloud::{Cloud, CloudError, ELASTIC_LOAD_BALANCING, LAB_TAG, Owner, Result, Service, unless_gone};
use crate::model::{Address, Tags};
use crate::resource::{
    CallRules, Checks, Content, Edit, Field, Found, Grant, Granted, Live, Managed, NameRule, Names, Need, Others,
    Output, Pasted, Place, Problem, Ref, Resource, SpecRef, Target, Waiting, Wanted, breaches, changes, document,
    listed, update,
};
use condition::Condition;
use priority::Priority;

/// The times for which another priority is chosen, because somebody was faster.
const TRIES: usize = 10;

/// A rule: the fields of CreateRule. Below `rules` of a listener, the listener is left out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListenerRule {
    /// The rule's listener: `web.http` for `http` below `listeners` of the load balancer `web`.
    pub listener: Ref<Listener>,
    /// The rule's place among the listener's rules.
    pub priority: Priority,
    /// The conditions on a request, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// The actions on such a request.
    pub actions: Vec<Action>,
}

impl Resource for ListenerRule {
    const KIND: &'static str = "listenerRule";
    const SECTION: &'static str = "listenerRules";
    /// AWS gives rules no names: this one only tells them apart within the lab.
    const NAME: NameRule = NameRule::new("name", 1..=255, "anything", |_| true);
    const FIELDS: &'static [Field] = &[update("priority"), update("conditions"), update("actions")];
    const RULES: CallRules = &[&LISTENER_RULE];
    const PASTED: Pasted = Pasted {
        around: &["rules"],
        told: &["isDefault", "ruleArn"],
        beyond: &[
            ("actions[].authenticateCognitoConfig.authenticationRequestExtraParams", "{}"),
            ("actions[].authenticateOidcConfig.authenticationRequestExtraParams", "{}"),
            ("conditions[].hostHeaderConfig.regexValues", "[]"),
            ("conditions[].httpHeaderConfig.regexValues", "[]"),
            ("conditions[].pathPatternConfig.regexValues", "[]"),
            ("conditions[].regexValues", "[]"),
            ("transforms", "[]"),
        ],
        ..Pasted::PLAIN
    };
    type Live = Live;

    fn refs(&self) -> Vec<SpecRef> {
        [self.listener.at("listener")].into_iter().chain(self.actions().refs()).collect()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let mut input = document(self);
        let listener = checks.get(&self.listener);
        input["listener"] = listener.map_or(Value::Null, document);
        let mut problems = breaches(&LISTENER_RULE, &input);
        problems.extend(self.actions().problems());
        problems
            .extend(listener.map(|listener| self.actions().misfits(&listener.protocol, checks)).into_iter().flatten());
        for group in self.actions().target_groups() {
            let is_another = |other: Option<&Ref<LoadBalancer>>| {
                listener.zip(other).is_some_and(|(own, other)| own.load_balancer_arn.name != other.name)
            };
            let others = forwarding(checks, group).into_iter().find(|(_, other)| is_another(*other));
            problems.extend(others.map(|(address, _)| shared("actions", group, address)));
        }
        let same = |other: &Self| {
            other.listener.name == self.listener.name
                && other.priority == self.priority
                && matches!(self.priority, Priority::At(_))
        };
        let others = checks.all::<Self>().filter(|(_, other)| same(other));
        if let (Priority::At(number), 2..) = (self.priority, others.count()) {
            let message = format!("another rule of listener.{} has the priority {number}", self.listener.name);
            problems.push(Problem::at("priority", message).hint("give each its own, or write `priority: auto`"));
        }
        problems
    }

    fn lacks(&self, folder: &Path) -> Option<Problem> {
        self.actions().lacks(folder)
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
        let listener = live.text("listenerArn").to_owned();
        [listener].into_iter().chain(texts(&live.document["targetGroupArns"])).collect()
    }

    /// Finds the lab's listeners by their tags, because a spec doesn't know where they are, those of others by the names
    /// that they were found to have, then their rules.
    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], names: &Names) -> Result<Vec<Found<Live>>> {
        let balancers = listed::<LoadBalancer>(cloud).await?;
        let holds = |balancer: &&Live| wanted.iter().any(|one| one.spec.balancer(names) == Some(&balancer.name));
        let listeners = listeners_of(cloud, balancers.iter().filter(holds)).await?;
        let tags = cloud.tags_of(Self::SERVICE, &arns(&listeners)).await?;
        let all = try_join_all(listeners.iter().map(|listener| async {
            let is_its = |one: &&Wanted<'_, Self>| {
                let address = one.spec.listener.address();
                let owner = tags.get(&listener.arn).map(|tags| Owner::of(tags, Listener::KIND, one.lab));
                let is_existing = names.get(&address) == Some(&listener.name);
                is_existing || owner.is_some_and(|owner| owner.is(&address))
            };
            let wanted: Vec<_> = wanted.iter().filter(is_its).collect();
            if wanted.is_empty() {
                return Ok(Vec::new());
            }
            let rules = unless_gone(rules(cloud, listener).await)?.unwrap_or_default();
            let tags = cloud.tags_of(Self::SERVICE, &arns(&rules)).await?;
            Ok::<_, CloudError>(wanted.iter().flat_map(|one| one.spec.among(one, &rules, &tags)).collect())
        }));
        Ok(all.await?.concat())
    }
}

impl Managed for ListenerRule {
    const SERVICE: Service = Service::Table(&ELASTIC_LOAD_BALANCING);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<Live>>> {
        let listeners = listeners_of(cloud, listed::<LoadBalancer>(cloud).await?.iter()).await?;
        let all = cloud.each(listeners.iter(), |listener| async { unless_gone(rules(cloud, listener).await) });
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
        let listener = others.live(&self.listener).now().expect("its listener is made before it");
        let mut fields = self.body(others).as_object().cloned().unwrap_or_default();
        fields.remove("listener");
        fields.insert("listenerArn".to_owned(), listener.arn.as_str().into());
        self.actions().complete(&mut fields, &cloud.folder)?;
        for attempt in 1.. {
            let priority = self.priority.free(cloud, listener, target).await?;
            fields.insert("priority".to_owned(), priority.into());
            match balancing::send(cloud, "CreateRule", fields.clone(), Some(&target.tags)).await {
                // Whoever has it now is looked at.
                Err(error) if error.is("PriorityInUse") && attempt < TRIES => {
                    if made_already(cloud, listener, target).await? {
                        return Err(error);
                    }
                }
                answer => {
                    return answered("CreateRule", answer?["Rules"].get(0)).map(|rule| balancing::rule(rule, listener));
                }
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn update(&self, cloud: &Cloud, target: &Target, live: &Live, others: &Others, edit: &Edit) -> Result<Live> {
        let listener = others.live(&self.listener).now().expect("its listener is made before it");
        let mut fields = changes(Self::FIELDS, &edit.diff, &live.document, &edit.want);
        let mut now = live.clone();
        if let Some(priority) = fields.remove("priority") {
            self.priority.take(cloud, listener, live, target).await?;
            now = now.with("priority", priority);
        }
        if fields.is_empty() {
            return Ok(now);
        }
        // All else stays as it is (ModifyRule, API reference).
        fields.insert("ruleArn".to_owned(), live.arn.as_str().into());
        self.actions().complete(&mut fields, &cloud.folder)?;
        let answer = balancing::send(cloud, "ModifyRule", fields, None).await?;
        answered("ModifyRule", answer["Rules"].get(0)).map(|rule| balancing::rule(rule, listener))
    }

    async fn delete(cloud: &Cloud, live: &Live, _content: Content, _waiting: &Waiting) -> Result<()> {
        let rule = json!({"RuleArn": live.arn});
        unless_gone(cloud.call(&ELASTIC_LOAD_BALANCING, "DeleteRule", rule).await).map(drop)
    }

    fn arn(_place: &Place, _name: &str, live: &Live) -> String {
        live.arn.clone()
    }
}

impl Granted for ListenerRule {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &[
            "elasticloadbalancing:DescribeListeners",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeRules",
            "elasticloadbalancing:DescribeTags",
        ];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, _name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        let balancer = self.balancer(names).unwrap_or("*");
        let listener = [place.arn("elasticloadbalancing", &format!("listener/app/{balancer}/*"))];
        let change = &["elasticloadbalancing:ModifyRule", "elasticloadbalancing:SetRulePriorities"];
        let tag = &["elasticloadbalancing:AddTags"];
        vec![
            Grant::on(Need::Change, &["elasticloadbalancing:CreateRule"], listener).tagging(place),
            Grant::on_owned(Need::Change, change, place),
            Grant::on_owned(Need::Delete, &["elasticloadbalancing:DeleteRule"], place),
            Grant::while_creating(tag, "elasticloadbalancing:CreateAction"),
            Grant::on_owned(Need::Change, tag, place),
        ]
    }
}

impl ListenerRule {
    /// The rule's actions.
    pub fn actions(&self) -> Actions<'_> {
        Actions("actions", &self.actions)
    }

    /// The name in AWS of the load balancer of the rule's listener. The name of somebody else's listener in AWS begins
    /// with it, the name of the lab's own with the load balancer's name in the lab.
    fn balancer<'a>(&self, names: &'a Names) -> Option<&'a str> {
        let existing = names.get(&self.listener.address()).and_then(|listener| listener.split_once(':'));
        let own = self.listener.name.split('.').next().unwrap_or_default();
        let own = || names.get(&Address::new(LoadBalancer::KIND, own)).map(String::as_str);
        existing.map(|(balancer, _)| balancer).or_else(own)
    }

    /// The fields of CreateRule but for the tags: with ARNs for names. A priority that is found by itself isn't compared.
    fn body(&self, others: &Others) -> Value {
        let mut body = document(self);
        if self.priority == Priority::Auto {
            body["priority"] = Value::Null;
        }
        body["conditions"] = conditions(&body["conditions"]);
        body["actions"] = self.actions().wanted(others);
        body
    }

    /// Those of a listener's rules that are this one by their tags, and the one of somebody else that has its priority.
    fn among(&self, wanted: &Wanted<'_, Self>, rules: &[Live], tags: &BTreeMap<String, Tags>) -> Vec<Found<Live>> {
        let priority = json!(self.priority);
        let found = rules.iter().filter_map(|rule| {
            let tags = tags.get(&rule.arn).cloned().unwrap_or_default();
            let is_it = match Owner::of(&tags, Self::KIND, wanted.lab) {
                Owner::Lab(address) => address == *wanted.address,
                Owner::Other(_) => rule.document["priority"] == priority,
            };
            is_it.then(|| Found::present(wanted.address, rule.name.clone(), rule.clone(), tags))
        });
        found.collect()
    }
}

/// The listeners and rules of the lab that forward to a target group, each with its load balancer if that
/// is the lab's.
pub(super) fn forwarding<'a>(
    checks: &Checks<'a>,
    group: &Ref<TargetGroup>,
) -> Vec<(&'a Address, Option<&'a Ref<LoadBalancer>>)> {
    let is_target = |actions: Actions<'_>| actions.target_groups().iter().any(|one| one.name == group.name);
    let listeners = checks.all::<Listener>().filter(|(_, listener)| is_target(listener.actions()));
    let listeners = listeners.map(|(address, listener)| (address, Some(&listener.load_balancer_arn)));
    let rules = checks.all::<ListenerRule>().filter(|(_, rule)| is_target(rule.actions()));
    let rules =
        rules.map(|(address, rule)| (address, checks.get(&rule.listener).map(|listener| &listener.load_balancer_arn)));
    listeners.chain(rules).collect()
}

/// Returns whether a call whose answer was lost has made the rule.
async fn made_already(cloud: &Cloud, listener: &Live, target: &Target) -> Result<bool> {
    let rules = rules(cloud, listener).await?;
    let tags = cloud.with_direct_tags().tags_of(ListenerRule::SERVICE, &arns(&rules)).await?;
    let is_it = |tags: &Tags| Owner::of(tags, ListenerRule::KIND, &target.tags[LAB_TAG]).is(&target.address);
    Ok(tags.values().any(is_it))
}
