//! The streams of a log group, and reading their events.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{GROUPS, group, not_found};
use crate::account::Account;
use crate::input::{page, set, text, texts};
use crate::wire::{Answer, Fault, invalid};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stream {
    created: i64,
    events: Vec<Event>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    at: i64,
    message: String,
}

impl Stream {
    pub(super) fn new(created: i64) -> Self {
        Self { created, events: Vec::new() }
    }

    pub(super) fn forget_before(&mut self, time: i64) {
        if self.events.first().is_some_and(|event| event.at < time) {
            self.events.retain(|event| event.at >= time);
        }
    }

    /// The time of the first line.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.events.first().map(|event| event.at)
    }

    pub(super) fn write(&mut self, at: i64, message: &str) {
        self.events.push(Event { at, message: message.to_owned() });
    }
}

pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
    let group = group(account, input)?;
    let mut streams: Vec<(&String, &Stream)> =
        group.streams.iter().filter(|(name, _)| name.starts_with(prefix)).collect();
    if input["orderBy"] == "LastEventTime" {
        streams.sort_by_key(|(_, stream)| stream.events.last().map(|event| event.at));
    }
    if input["descending"] == true {
        streams.reverse();
    }
    let shown = streams.into_iter().map(|(name, stream)| {
        let last = stream.events.last().map(|event| event.at);
        set(json!({
            "logStreamName": name,
            "creationTime": stream.created,
            "arn": format!("{}:log-stream:{name}", group.arn),
            "storedBytes": 0,
            "firstEventTimestamp": stream.oldest(),
            "lastEventTimestamp": last,
            "lastIngestionTime": last,
        }))
    });
    GROUPS.pages.of(account, input, "logStreams", shown, |shown| shown)
}

/// Returns a page of a stream. A token is a place in it; at an end of the stream the same token comes back.
pub(super) fn get_events(account: &Account, input: &Value) -> Answer {
    let limit = events_a_page(account, input)?;
    let name = input["logStreamName"].as_str().unwrap_or_default();
    let stream = group(account, input)?
        .streams
        .get(name)
        .ok_or_else(|| not_found("The specified log stream does not exist."))?;
    let events: Vec<&Event> = stream.events.iter().filter(|event| is_within(event, input)).collect();
    let token = input["nextToken"].as_str().map(|token| {
        let (way, place) = token.split_once('/')?;
        let place = place.parse::<usize>().ok()?.min(events.len());
        match way {
            "b" => Some((place.saturating_sub(limit), place)),
            "f" => Some((place, events.len().min(place + limit))),
            _ => None,
        }
    });
    let (from, to) = match token {
        Some(range) => range.ok_or_else(GROUPS.pages.bad_token)?,
        None if input["startFromHead"] == true => (0, events.len().min(limit)),
        None => (events.len().saturating_sub(limit), events.len()),
    };
    let shown: Vec<Value> = events[from..to]
        .iter()
        .map(|event| json!({"timestamp": event.at, "ingestionTime": event.at, "message": event.message}))
        .collect();
    Ok(json!({"events": shown, "nextForwardToken": format!("f/{to}"), "nextBackwardToken": format!("b/{from}")}))
}

/// Returns a page of the events of a group's streams, in the order of their time.
pub(super) fn filter_events(account: &Account, input: &Value) -> Answer {
    let names = texts(input, "logStreamNames");
    if !names.is_empty() && input["logStreamNamePrefix"].is_string() {
        return Err(invalid("logStreamNames and logStreamNamePrefix can't be given both."));
    }
    let prefix = input["logStreamNamePrefix"].as_str().unwrap_or_default();
    let pattern = input["filterPattern"].as_str().unwrap_or_default().trim_matches('"').to_owned();
    let limit = events_a_page(account, input)?;
    let token = text(input, "nextToken");
    let group = group(account, input)?;
    let mut found: Vec<(i64, Value)> = Vec::new();
    for (name, stream) in &group.streams {
        if !name.starts_with(prefix) || !(names.is_empty() || names.contains(name)) {
            continue;
        }
        for (at, event) in stream.events.iter().enumerate() {
            if is_up_to(event, input) && event.message.contains(&pattern) {
                let id = format!("{}-{name}-{at}", event.at);
                let shown = json!({
                    "logStreamName": name, "timestamp": event.at, "ingestionTime": event.at,
                    "message": event.message, "eventId": id,
                });
                found.push((event.at, shown));
            }
        }
    }
    found.sort_by_key(|(at, _)| *at);
    let page = page("events", found.into_iter().map(|(_, event)| event), token, limit);
    let (events, next) = page.ok_or_else(GROUPS.pages.bad_token)?;
    Ok(set(json!({"events": events, "searchedLogStreams": [], "nextToken": next})))
}

fn events_a_page(account: &Account, input: &Value) -> Result<usize, Fault> {
    const MOST: i64 = 10_000;
    let asked = input["limit"].as_i64().unwrap_or(MOST);
    let bound = match asked {
        ..1 => "greater than or equal to 1",
        1..=MOST => return Ok(account.page_size(usize::try_from(asked).unwrap_or(1))),
        _ => "less than or equal to 10000",
    };
    Err(invalid(format!(
        "1 validation error detected: Value '{asked}' at 'limit' failed to satisfy constraint: Member must have value \
         {bound}"
    )))
}

/// Returns whether `input` wants an event: GetLogEvents leaves out the end itself, FilterLogEvents doesn't (API
/// reference).
fn is_within(event: &Event, input: &Value) -> bool {
    is_up_to(event, input) && input["endTime"].as_i64() != Some(event.at)
}

fn is_up_to(event: &Event, input: &Value) -> bool {
    let (start, end) = (input["startTime"].as_i64(), input["endTime"].as_i64());
    start.is_none_or(|start| event.at >= start) && end.is_none_or(|end| event.at <= end)
}
