//! The rules of listeners.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::listeners::Listener;
use super::tags::check_new;
use super::{LISTENERS, RULES, actions, invalid, remove_rule};
use crate::account::Account;
use crate::input::{list, need, number, set, text, texts};
use crate::rules::{self, CONDITIONS};
use crate::shelf::{Body, Thing};
use crate::wire::{Answer, Fault};

/// The most rules of a load balancer ("Quotas for your Application Load Balancers", user guide).
const MOST: usize = 100;

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) listener: String,
    pub(super) priority: i64,
    /// Conditions and actions as they read back: with everything filled in that AWS fills in.
    pub(super) conditions: Vec<Value>,
    pub(super) actions: Vec<Value>,
}

impl Body for Rule {}

pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "ListenerArn")?;
    let priority = number(input, "Priority").ok_or_else(|| invalid("A priority must be specified"))?;
    check_new(input)?;
    check(account, &arn, input)?;
    let listener = LISTENERS.find(account, &arn)?.1;
    let of_balancer = |rule: &&Thing<Rule>| {
        LISTENERS.get(account, &rule.listener).is_some_and(|one| one.load_balancer == listener.load_balancer)
    };
    if account.all::<Thing<Rule>>().values().filter(of_balancer).count() >= MOST {
        let message = format!("The maximum number of rules for load balancer '{}' was reached", listener.load_balancer);
        return Err(Fault::client("TooManyRules", message));
    }
    if of_listener(account, &arn).any(|rule| rule.priority == priority) {
        return Err(in_use(priority));
    }
    let rule = Rule {
        priority,
        conditions: conditions(input),
        actions: actions::taken(account, listener.place(), list(input, "Actions"), &[])?,
        listener: arn,
    };
    let id = account.unique_hex(16);
    let arn = format!("{}/{id}", rule_path(&rule.listener));
    let shown = render(&arn, &rule);
    RULES.create(account, &arn, arn.clone(), input, rule)?;
    Ok(json!({ "Rules": [shown] }))
}

/// `DescribeRules`: those of one listener, the default one last, or those of the given ARNs.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let arns = texts(input, "RuleArns");
    let shown: Vec<Value> = match text(input, "ListenerArn") {
        Some(arn) => {
            let (_, listener) = LISTENERS.find(account, &arn)?;
            let mut rules: Vec<&Thing<Rule>> = of_listener(account, &arn).collect();
            rules.sort_by_key(|rule| rule.priority);
            rules.iter().map(|rule| render(&rule.arn, rule)).chain([default(&arn, listener)]).collect()
        }
        None if arns.is_empty() => {
            return Err(invalid("You must specify either listener rule ARNs or a listener ARN"));
        }
        None => {
            let rules = arns.iter().map(|arn| match default_of(account, arn) {
                Some((listener, of)) => Ok(default(listener, of)),
                None => Ok(render(arn, RULES.find(account, arn)?.1)),
            });
            rules.collect::<Result<_, Fault>>()?
        }
    };
    super::PAGES.of(account, input, "Rules", shown, |rule| rule)
}

/// `ModifyRule`: lists that the request leaves out stay, others are replaced whole.
pub(super) fn modify(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "RuleArn")?;
    refuse_default(account, &arn, "modified")?;
    let (_, old) = RULES.find(account, &arn)?;
    let mut whole = render(&arn, old);
    whole.as_object_mut().into_iter().for_each(|whole| whole.extend(input.as_object().cloned().unwrap_or_default()));
    check(account, &old.listener, &whole)?;
    let listener = LISTENERS.find(account, &old.listener)?.1.place();
    let rule = Rule {
        listener: old.listener.clone(),
        priority: old.priority,
        conditions: if list(input, "Conditions").is_empty() { old.conditions.clone() } else { conditions(input) },
        actions: match list(input, "Actions") {
            [] => old.actions.clone(),
            given => actions::taken(account, listener, given, &old.actions)?,
        },
    };
    let shown = render(&arn, &rule);
    **RULES.find_mut(account, &arn)?.1 = rule;
    Ok(json!({ "Rules": [shown] }))
}

/// `SetRulePriorities`: all at once, so that two rules can change places.
pub(super) fn set_priorities(account: &mut Account, input: &Value) -> Answer {
    let mut wanted = Vec::new();
    for pair in list(input, "RulePriorities") {
        let (arn, priority) = (need(pair, "RuleArn")?, number(pair, "Priority").unwrap_or_default());
        refuse_default(account, &arn, "moved")?;
        if !(1..=50000).contains(&priority) {
            return Err(invalid(format!("Priority '{priority}' must be between 1 and 50000")));
        }
        wanted.push((RULES.find(account, &arn)?.1.listener.clone(), arn, priority));
    }
    for (listener, arn, priority) in &wanted {
        let moved = |rule: &Thing<Rule>| wanted.iter().find(|(_, arn, _)| *arn == rule.arn).map(|(.., to)| *to);
        let others = of_listener(account, listener).filter(|rule| rule.arn != *arn);
        if others.map(|rule| moved(rule).unwrap_or(rule.priority)).any(|other| other == *priority) {
            return Err(in_use(*priority));
        }
    }
    let mut shown = Vec::new();
    for (_, arn, priority) in wanted {
        let (_, rule) = RULES.find_mut(account, &arn)?;
        rule.priority = priority;
        shown.push(render(&arn, rule));
    }
    Ok(json!({ "Rules": shown }))
}

pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let arn = need(input, "RuleArn")?;
    refuse_default(account, &arn, "deleted")?;
    remove_rule(account, &arn)?;
    Ok(json!({}))
}

pub(super) fn of_listener<'a>(account: &'a Account, listener: &'a str) -> impl Iterator<Item = &'a Thing<Rule>> {
    account.all::<Thing<Rule>>().values().filter(move |rule| rule.listener == listener)
}

/// Asks the rules for the input, which know the listener as well.
fn check(account: &Account, listener: &str, input: &Value) -> Result<(), Fault> {
    let mut input = rules::small(input);
    if let Some(listener) = LISTENERS.get(account, listener) {
        input["listener"] = json!({ "protocol": listener.protocol, "port": listener.port });
    }
    rules::LISTENER_RULE.check(&input, invalid)
}

fn in_use(priority: i64) -> Fault {
    Fault::client("PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

fn refuse_default(account: &Account, arn: &str, what: &str) -> Result<(), Fault> {
    match default_of(account, arn) {
        Some(_) => Err(Fault::client("OperationNotPermitted", format!("Default rule '{arn}' cannot be {what}"))),
        None => Ok(()),
    }
}

/// The conditions of a request as they read back: those on paths and hosts in both forms, lists whose order means nothing
/// in one of AWS's own, but for hosts (cdk-real-drift, `noise.ts`).
fn conditions(input: &Value) -> Vec<Value> {
    let filled = |condition: &Value| {
        let mut full = condition.clone();
        let field = text(condition, "Field").unwrap_or_default();
        let (_, config) = CONDITIONS.into_iter().find(|(known, _)| *known == field).unwrap_or_default();
        let config = config[..1].to_uppercase() + &config[1..];
        if !list(condition, "Values").is_empty() {
            full[&config] = json!({ "Values": condition["Values"] });
        }
        if let Some(values) = full[&config]["Values"].as_array_mut().filter(|_| field != "host-header") {
            values.sort_by_cached_key(ToString::to_string);
        }
        full["Values"] = match field.as_str() {
            "path-pattern" | "host-header" => full[&config]["Values"].clone(),
            _ => Value::Null,
        };
        set(full)
    };
    list(input, "Conditions").iter().map(filled).collect()
}

/// The ARN of a listener as those of its rules begin.
fn rule_path(listener: &str) -> String {
    listener.replace(":listener/", ":listener-rule/")
}

/// The default rule of a listener, which has no tags and no end of its own.
fn default(arn: &str, listener: &Listener) -> Value {
    json!({
        "RuleArn": format!("{}/{}", rule_path(arn), arn.rsplit('/').next().unwrap_or_default()),
        "Priority": "default",
        "IsDefault": true,
        "Conditions": [],
        "Actions": listener.actions,
    })
}

/// The listener whose default rule has this ARN.
fn default_of<'a>(account: &'a Account, rule: &str) -> Option<(&'a str, &'a Listener)> {
    let (listener, id) = rule.rsplit_once('/')?;
    let listener = listener.replace(":listener-rule/", ":listener/");
    let (arn, found) = account.all::<Thing<Listener>>().get_key_value(&listener)?;
    arn.ends_with(&format!("/{id}")).then_some((arn.as_str(), &**found))
}

fn render(arn: &str, rule: &Rule) -> Value {
    json!({
        "RuleArn": arn,
        "Priority": rule.priority.to_string(),
        "IsDefault": false,
        "Conditions": rule.conditions,
        "Actions": rule.actions,
    })
}
