//! The tag index: the answers of the Resource Groups Tagging API from the services' own tags. IAM's are not in it.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde_json::{Value, json};

use super::account::{Account, Calls, Service};
use super::clock::millis;
use super::input::{list, tag_list, text};
use super::states::{self, Kept};
use super::token;
use super::wire::{self, Answer, Fault, invalid};

type Tags = BTreeMap<String, String>;

/// The memory of the index in a region: nothing that the account's file keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// The objects that are or were there, by ARN, while the index lags.
    lagging: Option<BTreeMap<String, Seen>>,
    /// The objects that are there, by ARN, since somebody asked and until something changes.
    present: Option<BTreeMap<String, Tags>>,
}

/// A time in the life of a tagged object.
#[derive(Clone, Debug)]
struct Seen {
    tags: Tags,
    since: i64,
    /// The time when the object was deleted.
    gone: Option<i64>,
}

impl states::State for State {}

/// The tag index in the list of services.
pub(crate) static SERVICE: Service =
    Service { keeps: &[Kept::of::<State>("tagging")], remember, ..Service::new("tagging", Calls::Json(handle)) };

fn state(account: &mut Account) -> &mut State {
    account.here_mut()
}

fn state_ref(account: &Account) -> &State {
    account.here()
}

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "GetResources" => get_resources(account, input),
        other => Err(wire::unknown("tagging", other)),
    }
}

/// Keeps the objects in mind that the call made and deleted, while the index lags.
fn remember(account: &mut Account) {
    if account.is_changed() {
        state(account).present = None;
    }
    let lag = millis(account.quirks.index_lag);
    if lag == 0 {
        state(account).lagging = None;
        return;
    }
    let now = account.now;
    let mut present = present(account);
    let index = state(account);
    // What was there before the lag began is old.
    let first_seen = if index.lagging.is_some() { now } else { i64::MIN };
    let lagging = index.lagging.get_or_insert_default();
    lagging.retain(|_, seen| seen.gone.is_none_or(|gone| gone + lag > now));
    for (arn, seen) in lagging.iter_mut().filter(|(_, seen)| seen.gone.is_none()) {
        match present.remove(arn) {
            Some(tags) => seen.tags = tags,
            None => seen.gone = Some(now),
        }
    }
    for (arn, tags) in present {
        let new = Seen { tags, since: first_seen, gone: None };
        lagging.insert(arn, new);
    }
}

fn present(account: &Account) -> BTreeMap<String, Tags> {
    account.services().iter().flat_map(|service| service.all_tagged(account)).collect()
}

/// The objects that the index lists.
fn indexed(account: &mut Account) -> &BTreeMap<String, Tags> {
    let now = account.now;
    if let Some(lagging) = &state_ref(account).lagging {
        let then = now - millis(account.quirks.index_lag);
        let seen = lagging.iter().filter(|(_, seen)| seen.since <= then && seen.gone.is_none_or(|gone| gone > then));
        let listed = seen.map(|(arn, seen)| (arn.clone(), seen.tags.clone())).collect();
        return state(account).present.insert(listed);
    }
    if account.is_changed() || state_ref(account).present.is_none() {
        state(account).present = Some(present(account));
    }
    state(account).present.get_or_insert_default()
}

fn get_resources(account: &mut Account, input: &Value) -> Answer {
    let size = input["ResourcesPerPage"].as_u64().unwrap_or(100);
    if !(1..=100).contains(&size) {
        return Err(Fault::client("InvalidParameterException", "ResourcesPerPage must be between 1 and 100."));
    }
    let size = account.page_size(usize::try_from(size).unwrap_or(100));
    let kinds: Vec<&str> = list(input, "ResourceTypeFilters").iter().filter_map(Value::as_str).collect();
    let after = text(input, "PaginationToken").filter(|token| !token.is_empty());
    let bad_token = || invalid("The PaginationToken isn't one that GetResources has answered.");
    let after = after.map(|token| token::open(&token).ok_or_else(bad_token)).transpose()?;
    let after = after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
    let mut found = indexed(account).range::<str, _>((after, Bound::Unbounded)).filter(|(arn, tags)| {
        (kinds.is_empty() || kinds.iter().any(|kind| is_of_kind(arn, kind)))
            && list(input, "TagFilters").iter().all(|filter| has_tag(tags, filter))
    });
    let page: Vec<_> = found.by_ref().take(size).collect();
    // The last page has an empty token, not none.
    let next = found.next().and(page.last()).map_or_else(String::new, |(arn, _)| token::seal(arn));
    let shown = page.iter().map(|(arn, tags)| json!({"ResourceARN": arn, "Tags": tag_list(tags)}));
    Ok(json!({"ResourceTagMappingList": shown.collect::<Value>(), "PaginationToken": next}))
}

/// Returns whether an ARN is of a kind: `ecs` is every kind of the service, `ecs:cluster` one of them.
fn is_of_kind(arn: &str, kind: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    match kind.split_once(':') {
        None => service == kind,
        Some((of, kind)) => service == of && resource.split(['/', ':']).next() == Some(kind),
    }
}

fn has_tag(tags: &Tags, filter: &Value) -> bool {
    let mut values = list(filter, "Values").iter().filter_map(Value::as_str).peekable();
    let Some(value) = filter["Key"].as_str().and_then(|key| tags.get(key)) else {
        return false;
    };
    values.peek().is_none() || values.any(|wanted| wanted == value)
}

#[cfg(test)]
mod tests {
    use super::is_of_kind;

    #[test]
    fn kinds_are_read_from_the_arn() {
        let cases = [
            ("arn:aws:ecs:eu-west-1:1:cluster/c", "ecs", true),
            ("arn:aws:ecs:eu-west-1:1:cluster/c", "ecs:cluster", true),
            ("arn:aws:ecs:eu-west-1:1:cluster/c", "ecs:service", false),
            ("arn:aws:logs:eu-west-1:1:log-group:/ecs/x", "logs:log-group", true),
            ("arn:aws:s3:::bucket", "s3", true),
            ("arn:aws:ec2:eu-west-1:1:security-group/sg-1", "ecs", false),
        ];
        for (arn, kind, expected) in cases {
            assert_eq!(is_of_kind(arn, kind), expected, "{arn} {kind}");
        }
    }
}
