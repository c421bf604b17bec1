//! Priorities: the order in which a listener asks its rules. Each stands for one rule of a listener.
//!
//! Knows: how room is made for one. Must not know: what rules do.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

use super::ListenerRule;
use crate::cloud::{Cause, Cloud, CloudError, ELASTIC_LOAD_BALANCING, LAB_TAG, Owner, Result, Service};
use crate::resource::{Live, Resource as _, Target};
use crate::resources::balancing::rules;

/// The greatest priority.
const MOST: i64 = 50_000;

/// A rule's priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// This one.
    At(i64),
    /// A free one behind all others when the rule is made; whichever it has from then on.
    Auto,
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // AWS answers a text.
        let number = value.as_i64().or_else(|| value.as_str()?.parse().ok());
        match number {
            Some(number) => Ok(Self::At(number)),
            None if value == "auto" => Ok(Self::Auto),
            None => Err(D::Error::custom("a priority is a number from 1 to 50000, or `auto`")),
        }
    }
}

impl Serialize for Priority {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::At(number) => serializer.serialize_i64(*number),
            Self::Auto => serializer.serialize_str("auto"),
        }
    }
}

impl JsonSchema for Priority {
    fn schema_name() -> Cow<'static, str> {
        "Priority".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The rule's place: a listener asks the rule with the least number first. `auto` takes a free number \
                            behind all others when the rule is made.",
            "anyOf": [{ "type": "integer", "minimum": 1, "maximum": MOST }, { "const": "auto" }],
        })
    }
}

impl Priority {
    /// Returns the number that a rule of `listener` that has yet to be made for `target` can take. Another rule of the lab
    /// that has it moves away.
    ///
    /// # Errors
    /// If a rule of somebody else has it.
    pub(super) async fn free(self, cloud: &Cloud, listener: &Live, target: &Target) -> Result<i64> {
        let rules = rules(cloud, listener).await?;
        let Self::At(number) = self else { return Ok(unused(&rules)) };
        let Some(holder) = held_by(&rules, number) else { return Ok(number) };
        // What was made by a call whose answer was lost stays: the next call is refused, and the rule is found.
        if owner(cloud, holder, target).await? != target.address {
            set(cloud, &[(holder, unused(&rules))]).await?;
        }
        Ok(number)
    }

    /// Moves a rule of `listener` to this priority. Another rule of the lab that has it takes the rule's own.
    ///
    /// # Errors
    /// If a rule of somebody else has it, or AWS refuses.
    pub(super) async fn take(self, cloud: &Cloud, listener: &Live, live: &Live, target: &Target) -> Result<()> {
        let rules = rules(cloud, listener).await?;
        // A rule that changes places with this one may have moved it already.
        let now = rules.iter().find(|rule| rule.arn == live.arn).unwrap_or(live);
        let own = number(now);
        match self {
            Self::At(wanted) if own != wanted => match held_by(&rules, wanted) {
                Some(holder) => {
                    owner(cloud, holder, target).await?;
                    set(cloud, &[(now, wanted), (holder, own)]).await
                }
                None => set(cloud, &[(now, wanted)]).await,
            },
            Self::At(_) | Self::Auto => Ok(()),
        }
    }
}

fn number(rule: &Live) -> i64 {
    rule.document["priority"].as_i64().unwrap_or_default()
}

fn held_by(rules: &[Live], priority: i64) -> Option<&Live> {
    rules.iter().find(|rule| number(rule) == priority)
}

/// The priority behind all others; the least that is free if that is the greatest there is.
fn unused(rules: &[Live]) -> i64 {
    let last = rules.iter().map(number).max().unwrap_or_default();
    let free = || (1..MOST).find(|number| held_by(rules, *number).is_none()).unwrap_or(MOST);
    if last < MOST { last + 1 } else { free() }
}

/// The resource of the lab that `holder` is.
async fn owner(cloud: &Cloud, holder: &Live, target: &Target) -> Result<crate::model::Address> {
    let service = Service::Table(&ELASTIC_LOAD_BALANCING);
    let mut tags = cloud.with_direct_tags().tags_of(service, std::slice::from_ref(&holder.arn)).await?;
    let tags = tags.remove(&holder.arn).unwrap_or_default();
    match Owner::of(&tags, ListenerRule::KIND, &target.tags[LAB_TAG]) {
        Owner::Lab(address) => Ok(address),
        Owner::Other(whose) => {
            let message = format!("its priority is taken by {} ({}), and {whose}", holder.name, holder.arn);
            Err(CloudError::own(Cause::NotOurs, message))
        }
    }
}

async fn set(cloud: &Cloud, priorities: &[(&Live, i64)]) -> Result<()> {
    let pairs = priorities.iter().map(|(rule, to)| json!({"RuleArn": rule.arn, "Priority": to}));
    let asked = json!({"RulePriorities": pairs.collect::<Value>()});
    cloud.call(&ELASTIC_LOAD_BALANCING, "SetRulePriorities", asked).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_priority_is_a_number_or_found_by_itself() {
        let read = |value: Value| serde_json::from_value::<Priority>(value).ok();
        assert_eq!(read(json!(10)), Some(Priority::At(10)));
        assert_eq!(read(json!("10")), Some(Priority::At(10)));
        assert_eq!(read(json!("auto")), Some(Priority::Auto));
        assert_eq!((read(json!("first")), read(json!([1]))), (None, None));
    }

    #[test]
    fn the_one_that_is_taken_by_itself_is_behind_all_others() {
        let rules = |taken: &[i64]| {
            let rule =
                |number: &i64| Live { name: String::new(), arn: String::new(), document: json!({"priority": number}) };
            taken.iter().map(rule).collect::<Vec<_>>()
        };
        for (taken, free) in [(vec![], 1), (vec![10, 20], 21), (vec![1, MOST], 2), (vec![MOST, 2], 1)] {
            assert_eq!(unused(&rules(&taken)), free, "{taken:?}");
        }
    }
}
