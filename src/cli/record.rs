//! What is told of who made a lab, and of the time until which it is to live.

use humantime::format_rfc3339_seconds;
use serde_json::{Value, json};

use super::screen::{Result, Voice, note};
use crate::cloud::{Account, Expires, Record};
use crate::report::visible;

/// Tells who made the lab if `account` is another caller, and until when the lab is to live if its objects say so. Returns
/// the words for a question about a lab of somebody else's.
pub(super) fn tell(voice: &Voice, lab: &str, record: &Record, account: &Account) -> Result<Option<String>> {
    let by = record.by.as_deref().filter(|by| *by != account.caller());
    let (_, since, expires) = texts(record);
    if by.is_none() && expires.is_none() {
        return Ok(None);
    }
    voice.session(&line("record", lab, record))?;
    let made = by.map(|by| {
        let since = since.as_ref().map_or_else(String::new, |since| format!(" on {since}"));
        format!("made by {}{since}, not by you", visible(by))
    });
    made.iter().for_each(|made| note(format_args!("{made}")));
    if let Some(expires) = &expires {
        note(format_args!("expires {}", visible(expires)));
    }
    note("");
    Ok(made)
}

/// Who made the lab, since when and until when it is there.
pub(super) fn texts(record: &Record) -> (Option<String>, Option<String>, Option<String>) {
    let since = record.since.map(|since| format_rfc3339_seconds(since).to_string());
    let expires = record.expires.as_ref().map(|expires| match expires {
        Expires::At(at) => format_rfc3339_seconds(*at).to_string(),
        Expires::Never(text) => text.clone(),
    });
    (record.by.clone(), since, expires)
}

/// A line for programs with a lab's record.
pub(super) fn line(sort: &str, lab: &str, record: &Record) -> Value {
    let (by, since, expires) = texts(record);
    json!({"type": sort, "lab": lab, "by": by, "since": since, "expires": expires})
}
