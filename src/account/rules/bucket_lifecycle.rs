//! Rules for PutBucketLifecycleConfiguration, for the document under the field `lifecycleConfiguration`.

use super::input::{at, between, each, is_given, items, number, one_of, text, unique};
use super::{Rule, Rules};

/// The page of the call.
const LIFECYCLE: &str = "PutBucketLifecycleConfiguration, Amazon S3 API";
/// The page of the elements.
const LIFECYCLE_ELEMENTS: &str = "Lifecycle configuration elements, Amazon S3 user guide";

/// The rules for PutBucketLifecycleConfiguration.
pub static BUCKET_LIFECYCLE: Rules = Rules::new(
    "PutBucketLifecycleConfiguration",
    r#"{"lifecycleConfiguration": {"rules": [
        {"id": "old", "status": "Enabled", "filter": {"and": {"prefix": "logs/", "tags": [{"key": "a", "value": "b"}]}},
            "transitions": [{"days": 30, "storageClass": "STANDARD_IA"}], "expiration": {"days": 90},
            "noncurrentVersionExpiration": {"noncurrentDays": 7}},
        {"id": "parts", "status": "Disabled", "filter": {"prefix": ""},
            "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7}}]}}"#,
    &[LIFECYCLE_RULES],
);

/// What a lifecycle rule does.
const ACTIONS: [&str; 5] = [
    "expiration",
    "transitions",
    "noncurrentVersionExpiration",
    "noncurrentVersionTransitions",
    "abortIncompleteMultipartUpload",
];
const CLASSES: [&str; 6] =
    ["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];

const LIFECYCLE_RULES: &[Rule] = &[
    Rule::new(
        "a lifecycle rule is Enabled or Disabled",
        LIFECYCLE,
        &[r#"lifecycleConfiguration.rules[0].status = "On""#],
        |input, found| one_of(input, "lifecycleConfiguration.rules[].status", &["Enabled", "Disabled"], found),
    ),
    Rule::new(
        "a lifecycle rule has a name of up to 255 characters, which no other has",
        LIFECYCLE,
        &[r#"lifecycleConfiguration.rules[1].id = "old""#, "lifecycleConfiguration.rules[0].id = repeat 256"],
        |input, found| {
            let path = "lifecycleConfiguration.rules[].id";
            for (path, _) in each(input, path).into_iter().filter(|(_, id)| text(id).is_some_and(|id| id.len() > 255)) {
                found.at(path, "a rule's name has 255 characters at most");
            }
            let words = |id: &str| (format!("another rule has the name `{id}`"), "Rule ID must be unique".to_owned());
            unique(input, path, words, found);
        },
    ),
    Rule::new(
        "a lifecycle rule does something",
        LIFECYCLE,
        &["lifecycleConfiguration.rules[1].abortIncompleteMultipartUpload = null @ lifecycleConfiguration.rules[1]"],
        |input, found| {
            for (path, rule) in each(input, "lifecycleConfiguration.rules[]") {
                if !ACTIONS.iter().any(|action| is_given(&rule[*action])) {
                    found
                        .at(path, "the rule says nothing of what becomes of the objects")
                        .hint("as in `expiration: { days: 30 }`")
                        .said("At least one action needs to be specified in a rule");
                }
            }
        },
    ),
    Rule::new(
        "a filter says one thing, or several in `and`",
        "LifecycleRuleFilter, Amazon S3 API",
        &[
            r#"lifecycleConfiguration.rules[1].filter.objectSizeLessThan = 9 @ lifecycleConfiguration.rules[1].filter"#,
            r#"lifecycleConfiguration.rules[0].filter.and.tags = null @ lifecycleConfiguration.rules[0].filter.and"#,
        ],
        |input, found| {
            let parts = |value: &serde_json::Value| {
                value.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()).count()
            };
            for (path, filter) in each(input, "lifecycleConfiguration.rules[].filter") {
                if parts(filter) > 1 {
                    found.at(path, "a filter says one thing").hint("write `and:` and put both below it");
                }
            }
            for (path, and) in each(input, "lifecycleConfiguration.rules[].filter.and") {
                let tags = and["tags"].as_array().map_or(0, Vec::len);
                if parts(and) + tags.saturating_sub(1) < 2 {
                    found
                        .at(path, "`and` has two things or more")
                        .hint("leave out `and` and write the one thing in its place");
                }
            }
        },
    ),
    Rule::new(
        "days are counted from 1",
        LIFECYCLE_ELEMENTS,
        &[
            "lifecycleConfiguration.rules[0].expiration.days = 0",
            "lifecycleConfiguration.rules[0].noncurrentVersionExpiration.noncurrentDays = 0",
            "lifecycleConfiguration.rules[1].abortIncompleteMultipartUpload.daysAfterInitiation = 0",
        ],
        |input, found| {
            let most = i64::from(i32::MAX);
            between(input, "lifecycleConfiguration.rules[].expiration.days", 1, most, found);
            between(input, "lifecycleConfiguration.rules[].noncurrentVersionExpiration.noncurrentDays", 1, most, found);
            let path = "lifecycleConfiguration.rules[].abortIncompleteMultipartUpload.daysAfterInitiation";
            between(input, path, 1, most, found);
        },
    ),
    Rule::new(
        "objects end by days, on a day, or as marks of deletions, by one of these",
        "LifecycleExpiration, Amazon S3 API",
        &[
            r#"lifecycleConfiguration.rules[0].expiration.date = "2027-01-31T00:00:00Z"
                @ lifecycleConfiguration.rules[0].expiration"#,
            r#"lifecycleConfiguration.rules[0].expiration = {"days": null, "date": null, "expiredObjectDeleteMarker": null}"#,
        ],
        |input, found| {
            for (path, end) in each(input, "lifecycleConfiguration.rules[].expiration") {
                let words = ["days", "date", "expiredObjectDeleteMarker"];
                if words.iter().filter(|word| is_given(&end[**word])).count() != 1 {
                    found.at(path, "an expiration has one of `days`, `date` and `expiredObjectDeleteMarker`");
                }
            }
        },
    ),
    Rule::new(
        "a day is a midnight in UTC, as in 2027-01-31T00:00:00Z",
        LIFECYCLE_ELEMENTS,
        &[r#"lifecycleConfiguration.rules[0].transitions[0] = {"date": "2027-01-31", "storageClass": "GLACIER"}
            @ lifecycleConfiguration.rules[0].transitions[0].date"#],
        |input, found| {
            let paths =
                ["lifecycleConfiguration.rules[].expiration.date", "lifecycleConfiguration.rules[].transitions[].date"];
            for (path, date) in paths.into_iter().flat_map(|path| each(input, path)) {
                let is_day = |text: &str| {
                    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
                    let (day, time) = text.split_at_checked(10).unwrap_or((text, ""));
                    let parts: Vec<&str> = day.split('-').collect();
                    let midnights = ["T00:00:00Z", "T00:00:00.000Z", "T00:00:00+00:00"];
                    parts.len() == 3 && parts.into_iter().all(digits) && midnights.contains(&time)
                };
                if let Some(date) = text(date).filter(|text| !is_day(text)) {
                    found.at(path, format!("`{date}` is no midnight in UTC, as in 2027-01-31T00:00:00Z"));
                }
            }
        },
    ),
    Rule::new(
        "objects move to one of S3's classes of storage",
        "TransitionStorageClass, Amazon S3 API",
        &[r#"lifecycleConfiguration.rules[0].transitions[0].storageClass = "COLD""#],
        |input, found| {
            one_of(input, "lifecycleConfiguration.rules[].transitions[].storageClass", &CLASSES, found);
            one_of(
                input,
                "lifecycleConfiguration.rules[].noncurrentVersionTransitions[].storageClass",
                &CLASSES,
                found,
            );
        },
    ),
    Rule::new(
        "objects end later than they move",
        LIFECYCLE_ELEMENTS,
        &["lifecycleConfiguration.rules[0].expiration.days = 30"],
        |input, found| {
            for (path, rule) in each(input, "lifecycleConfiguration.rules[]") {
                let end = number(at(rule, "expiration.days"));
                let moves = items("", &rule["transitions"]).into_iter().filter_map(|(_, one)| number(&one["days"]));
                if let (Some(end), Some(last)) = (end, moves.max())
                    && (1..=last).contains(&end)
                {
                    found
                        .at(format!("{path}.expiration.days"), format!("the objects move after {last} days and end after {end}"))
                        .said("'Days' in the Expiration action for filter must be greater than 'Days' in the Transition action");
                }
            }
        },
    ),
];
