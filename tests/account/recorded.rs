//! The account's answers against what AWS was recorded to answer: the fields that it always sends.
//!
//! The tables in `recorded/` are scripts: each row is a call, and may keep values of its answer for later ones. A row with
//! `recorded` is compared. Sources are [C] Cloud Custodian's recordings (cloud-custodian/cloud-custodian, folders of
//! `tests/data/placebo`), [L] LocalStack's snapshots of AWS (localstack/localstack, files of `tests/aws/services`), and
//! [M] moto's tests that are marked as verified on AWS (getmoto/moto). A field that the account lacks stands in `unlike`,
//! with its reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::raw::call;
use crate::testing::pass;
use labform_account::Sandbox;

const TABLES: [(&str, &str); 6] = [
    ("ec2", include_str!("recorded/ec2.yaml")),
    ("iam", include_str!("recorded/iam.yaml")),
    ("logs and ecr", include_str!("recorded/logs_ecr.yaml")),
    ("elbv2", include_str!("recorded/elbv2.yaml")),
    ("ecs", include_str!("recorded/ecs.yaml")),
    ("s3", include_str!("recorded/s3.yaml")),
];

/// A call, and what AWS was recorded to answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The call, as in `ecs:ListClusters`.
    call: String,
    /// The input; `$name` in it stands for a value that was kept.
    #[serde(default)]
    with: Value,
    /// The places in the answer whose values are kept, by name.
    #[serde(default)]
    keeps: BTreeMap<String, String>,
    /// The seconds that pass before the call.
    #[serde(default)]
    after: u64,
    /// The source.
    recorded: Option<String>,
    /// The fields that AWS always sends, those of an element in brackets behind it: `services[](serviceArn deployments[](id))`.
    #[serde(default)]
    fields: String,
    /// The fields that AWS doesn't send here.
    #[serde(default)]
    never: String,
    /// The code and the message of AWS's refusal.
    fails: Option<(String, String)>,
    /// The fields that AWS sends and the account doesn't, and why.
    #[serde(default)]
    unlike: BTreeMap<String, String>,
}

#[tokio::test]
async fn answers_have_the_fields_that_aws_was_recorded_to_send() {
    let sandbox = Sandbox::in_memory();
    let mut kept = BTreeMap::new();
    let (mut calls, mut unlike, mut problems) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (table, text) in TABLES {
        let rows: Vec<Row> = serde_saphyr::from_str(text).unwrap_or_else(|error| panic!("{table}: {error}"));
        for row in rows {
            pass(&sandbox, row.after).await;
            let answer = call(&sandbox, &row.call, &filled(&row.with, &kept)).await;
            problems.extend(compare(&row, &answer, &kept));
            if row.recorded.is_some() {
                calls.insert(row.call.clone());
            }
            if !row.unlike.is_empty() {
                unlike.insert(row.call.clone());
            }
            let answer = answer.unwrap_or_default();
            for (name, place) in &row.keeps {
                let value = values(&answer, place).first().and_then(|value| value.as_str().map(str::to_owned));
                kept.insert(name.clone(), value.unwrap_or_else(|| format!("{} gave no {place}", row.call)));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!((calls.len(), unlike.len()), (99, 0), "calls with a recording, and those that lack something");
}

/// What differs between an answer and what was recorded.
fn compare(row: &Row, answer: &Result<Value, (String, String)>, kept: &BTreeMap<String, String>) -> Vec<String> {
    let call = &row.call;
    match (answer, &row.fails) {
        (Err(refusal), Some(expected)) => {
            let expected = (expected.0.clone(), with_kept(&expected.1, kept));
            if *refusal == expected { Vec::new() } else { vec![format!("{call}: {refusal:?} instead of {expected:?}")] }
        }
        (Err((code, message)), None) => vec![format!("{call}: {code}: {message}")],
        (Ok(answer), Some(expected)) => vec![format!("{call}: {answer} instead of {expected:?}")],
        (Ok(answer), None) => {
            let missing = |field: &String| !is_everywhere(answer, field);
            let (fields, never) = (fields(&row.fields), fields(&row.never));
            let lacks = fields.iter().filter(|field| !row.unlike.contains_key(*field) && missing(field));
            let lacks = lacks.map(|field| format!("{call}: {field} is missing in {answer}"));
            let has = never.iter().filter(|field| !values(answer, field).is_empty());
            let has = has.map(|field| format!("{call}: {field} is in {answer}"));
            let mended = row
                .unlike
                .keys()
                .filter(|field| !missing(field))
                .map(|field| format!("{call}: {field} is there by now: take it out of `unlike`"));
            lacks.chain(has).chain(mended).collect()
        }
    }
}

/// The input with what was kept in it.
fn filled(input: &Value, kept: &BTreeMap<String, String>) -> Value {
    match input {
        Value::String(text) => with_kept(text, kept).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, kept)).collect(),
        Value::Object(members) => members.iter().map(|(key, value)| (key.clone(), filled(value, kept))).collect(),
        other => other.clone(),
    }
}

fn with_kept(text: &str, kept: &BTreeMap<String, String>) -> String {
    kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// The places of fields, each from the root.
fn fields(text: &str) -> Vec<String> {
    let (mut found, mut above, mut word) = (Vec::new(), vec![String::new()], String::new());
    for c in text.chars().chain([' ']) {
        let place = format!("{}{word}", above.last().expect("brackets are in pairs"));
        match c {
            '(' => above.push(format!("{place}.")),
            ')' | ' ' | '\n' if !word.is_empty() => found.push(place),
            ')' | ' ' | '\n' => {}
            c => {
                word.push(c);
                continue;
            }
        }
        word.clear();
        if c == ')' {
            above.pop();
        }
    }
    found
}

/// Returns whether the field is in each of the elements that are to have it, of which there is one at least.
fn is_everywhere(answer: &Value, field: &str) -> bool {
    let (part, rest) = field.split_once('.').map_or((field, None), |(part, rest)| (part, Some(rest)));
    match (answer.get(part.trim_end_matches("[]")), rest) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(value), Some(rest)) if part.ends_with("[]") => {
            // A list of one in S3's XML is its element.
            let all = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            !all.is_empty() && all.iter().all(|one| is_everywhere(one, rest))
        }
        (Some(value), Some(rest)) => is_everywhere(value, rest),
    }
}

/// The values at a place, of each element where `[]` stands behind a name.
fn values<'a>(answer: &'a Value, place: &str) -> Vec<&'a Value> {
    place.split('.').fold(vec![answer], |found, part| {
        let name = part.trim_end_matches("[]");
        let next = found.into_iter().filter_map(|value| value.get(name));
        match part.ends_with("[]") {
            true => next.flat_map(|value| value.as_array().into_iter().flatten()).collect(),
            false => next.collect(),
        }
    })
}

#[test]
fn a_field_that_is_missing_is_seen() {
    let places = fields("a b[](c d(e) f[])\n g");
    assert_eq!(places, ["a", "b[].c", "b[].d.e", "b[].f[]", "g"]);
    let answer =
        serde_json::json!({ "a": 1, "b": [{ "c": 1, "d": { "e": 1 }, "f": [] }, { "c": 1, "d": {}, "f": [] }] });
    let missing: Vec<&String> = places.iter().filter(|place| !is_everywhere(&answer, place)).collect();
    assert_eq!(missing, ["b[].d.e", "g"]);
    assert!(!is_everywhere(&serde_json::json!({ "b": [] }), "b[].c"), "nothing was compared");
}
