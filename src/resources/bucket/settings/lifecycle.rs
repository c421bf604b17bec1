//! What becomes of a bucket's objects in time.

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::canonical;
use crate::resource::document;

/// What becomes of the bucket's objects in time.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleConfiguration {
    /// The rules, all of which hold; none takes them away.
    pub rules: Vec<LifecycleRule>,
}

/// A rule for some objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleRule {
    /// The rule's name, which no other has.
    pub id: String,
    /// Whether the rule holds: `Enabled` or `Disabled`.
    pub status: String,
    /// The objects; `{}` for all.
    pub filter: LifecycleFilter,
    /// The end of objects.
    pub expiration: Option<Expiration>,
    /// The moves of objects to other classes of storage.
    pub transitions: Option<Vec<Transition>>,
    /// The end of old versions.
    pub noncurrent_version_expiration: Option<OldExpiration>,
    /// The moves of old versions to other classes of storage.
    pub noncurrent_version_transitions: Option<Vec<OldTransition>>,
    /// The end of uploads in parts that nobody completes.
    pub abort_incomplete_multipart_upload: Option<AbortUploads>,
}

/// A choice of objects: one of its fields, or `and` with several.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecycleFilter {
    /// The beginning of keys.
    pub prefix: Option<String>,
    /// A tag of the objects.
    pub tag: Option<TagChoice>,
    /// The bytes that an object has more than.
    pub object_size_greater_than: Option<i64>,
    /// The bytes that an object has less than.
    pub object_size_less_than: Option<i64>,
    /// Several of these at once.
    pub and: Option<Together>,
}

/// What has to hold at once of objects.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Together {
    /// The beginning of keys.
    pub prefix: Option<String>,
    /// Tags of the objects.
    pub tags: Option<Vec<TagChoice>>,
    /// The bytes that an object has more than.
    pub object_size_greater_than: Option<i64>,
    /// The bytes that an object has less than.
    pub object_size_less_than: Option<i64>,
}

/// A tag of objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagChoice {
    /// The tag's key.
    pub key: String,
    /// The tag's value.
    pub value: String,
}

/// The end of objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expiration {
    /// The days after which they end.
    pub days: Option<i32>,
    /// The day on which they end, as in `2027-01-31T00:00:00Z`.
    pub date: Option<String>,
    /// Whether marks of deletions go that nothing stands behind any more.
    pub expired_object_delete_marker: Option<bool>,
}

/// A move of objects to another class of storage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Transition {
    /// The days after which they move.
    pub days: Option<i32>,
    /// The day on which they move, as in `2027-01-31T00:00:00Z`.
    pub date: Option<String>,
    /// The class, as in `STANDARD_IA`.
    pub storage_class: String,
}

/// The end of old versions.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OldExpiration {
    /// The days after which they end, from when a newer version came.
    pub noncurrent_days: i32,
    /// The newest old versions that stay.
    pub newer_noncurrent_versions: Option<i32>,
}

/// A move of old versions to another class of storage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OldTransition {
    /// The days after which they move, from when a newer version came.
    pub noncurrent_days: i32,
    /// The class, as in `STANDARD_IA`.
    pub storage_class: String,
    /// The newest old versions that stay.
    pub newer_noncurrent_versions: Option<i32>,
}

/// The end of uploads in parts that nobody completes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AbortUploads {
    /// The days after which they end.
    pub days_after_initiation: i32,
}

pub(super) fn told(rules: &[types::LifecycleRule]) -> Value {
    document(&LifecycleConfiguration { rules: rules.iter().map(rule_told).collect() })
}

fn rule_told(rule: &types::LifecycleRule) -> LifecycleRule {
    let date = |date: Option<&DateTime>| date.and_then(|date| date.fmt(DateTimeFormat::DateTime).ok());
    let class = |class: Option<&types::TransitionStorageClass>| {
        class.map_or("", types::TransitionStorageClass::as_str).to_owned()
    };
    let transitions = rule.transitions().iter().map(|one| Transition {
        days: one.days(),
        date: date(one.date()),
        storage_class: class(one.storage_class()),
    });
    let old = rule.noncurrent_version_transitions().iter().map(|one| OldTransition {
        noncurrent_days: one.noncurrent_days().unwrap_or_default(),
        storage_class: class(one.storage_class()),
        newer_noncurrent_versions: one.newer_noncurrent_versions(),
    });
    let (transitions, old): (Vec<_>, Vec<_>) = (transitions.collect(), old.collect());
    LifecycleRule {
        id: rule.id().unwrap_or_default().to_owned(),
        status: rule.status().as_str().to_owned(),
        filter: rule.filter().map(filter_told).unwrap_or_default(),
        expiration: rule.expiration().map(|end| Expiration {
            days: end.days(),
            date: date(end.date()),
            expired_object_delete_marker: end.expired_object_delete_marker(),
        }),
        transitions: Some(transitions).filter(|list| !list.is_empty()),
        noncurrent_version_expiration: rule.noncurrent_version_expiration().map(|end| OldExpiration {
            noncurrent_days: end.noncurrent_days().unwrap_or_default(),
            newer_noncurrent_versions: end.newer_noncurrent_versions(),
        }),
        noncurrent_version_transitions: Some(old).filter(|list| !list.is_empty()),
        abort_incomplete_multipart_upload: rule
            .abort_incomplete_multipart_upload()
            .map(|abort| AbortUploads { days_after_initiation: abort.days_after_initiation().unwrap_or_default() }),
    }
}

fn filter_told(filter: &types::LifecycleRuleFilter) -> LifecycleFilter {
    let tag = |tag: &types::Tag| TagChoice { key: tag.key().to_owned(), value: tag.value().to_owned() };
    LifecycleFilter {
        prefix: filter.prefix().map(str::to_owned),
        tag: filter.tag().map(tag),
        object_size_greater_than: filter.object_size_greater_than(),
        object_size_less_than: filter.object_size_less_than(),
        and: filter.and().map(|and| Together {
            prefix: and.prefix().map(str::to_owned),
            tags: Some(and.tags().iter().map(tag).collect()).filter(|tags: &Vec<_>| !tags.is_empty()),
            object_size_greater_than: and.object_size_greater_than(),
            object_size_less_than: and.object_size_less_than(),
        }),
    }
}

pub(super) fn sent(spec: &LifecycleConfiguration) -> types::BucketLifecycleConfiguration {
    let rules = spec.rules.iter().map(rule_sent).collect();
    types::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().expect("the rules are given")
}

fn rule_sent(rule: &LifecycleRule) -> types::LifecycleRule {
    let end = rule.expiration.as_ref().map(|end| {
        types::LifecycleExpiration::builder()
            .set_days(end.days)
            .set_date(moment(&end.date))
            .set_expired_object_delete_marker(end.expired_object_delete_marker)
            .build()
    });
    let transitions = rule.transitions.iter().flatten().map(|one| {
        types::Transition::builder()
            .set_days(one.days)
            .set_date(moment(&one.date))
            .storage_class(one.storage_class.as_str().into())
            .build()
    });
    let old_end = rule.noncurrent_version_expiration.as_ref().map(|end| {
        types::NoncurrentVersionExpiration::builder()
            .noncurrent_days(end.noncurrent_days)
            .set_newer_noncurrent_versions(end.newer_noncurrent_versions)
            .build()
    });
    let old = rule.noncurrent_version_transitions.iter().flatten().map(|one| {
        types::NoncurrentVersionTransition::builder()
            .noncurrent_days(one.noncurrent_days)
            .storage_class(one.storage_class.as_str().into())
            .set_newer_noncurrent_versions(one.newer_noncurrent_versions)
            .build()
    });
    let abort = rule.abort_incomplete_multipart_upload.as_ref().map(|abort| {
        let abort = types::AbortIncompleteMultipartUpload::builder().days_after_initiation(abort.days_after_initiation);
        abort.build()
    });
    let (transitions, old): (Vec<_>, Vec<_>) = (transitions.collect(), old.collect());
    types::LifecycleRule::builder()
        .id(&rule.id)
        .status(rule.status.as_str().into())
        .filter(filter_sent(&rule.filter))
        .set_expiration(end)
        .set_transitions(Some(transitions).filter(|list| !list.is_empty()))
        .set_noncurrent_version_expiration(old_end)
        .set_noncurrent_version_transitions(Some(old).filter(|list| !list.is_empty()))
        .set_abort_incomplete_multipart_upload(abort)
        .build()
        .expect("the status is given")
}

fn filter_sent(filter: &LifecycleFilter) -> types::LifecycleRuleFilter {
    let tag = |tag: &TagChoice| {
        types::Tag::builder().key(&tag.key).value(&tag.value).build().expect("key and value are given")
    };
    let and = filter.and.as_ref().map(|and| {
        types::LifecycleRuleAndOperator::builder()
            .set_prefix(and.prefix.clone())
            .set_tags(and.tags.as_ref().map(|tags| tags.iter().map(tag).collect()))
            .set_object_size_greater_than(and.object_size_greater_than)
            .set_object_size_less_than(and.object_size_less_than)
            .build()
    });
    // A filter that says nothing is for all objects, which an empty prefix says to every server.
    let is_bare = document(filter) == Value::Object(Map::new());
    types::LifecycleRuleFilter::builder()
        .set_prefix(filter.prefix.clone().or_else(|| is_bare.then(String::new)))
        .set_tag(filter.tag.as_ref().map(tag))
        .set_object_size_greater_than(filter.object_size_greater_than)
        .set_object_size_less_than(filter.object_size_less_than)
        .set_and(and)
        .build()
}

fn moment(date: &Option<String>) -> Option<DateTime> {
    DateTime::from_str(date.as_ref()?, DateTimeFormat::DateTimeWithOffset).ok()
}

/// The rules with everything made equal that means the same: their order, an empty prefix, and dates by their moment.
pub(in crate::resources::bucket) fn alike(rules: &Value) -> Value {
    let mut rules = plain(rules.clone()).unwrap_or_else(|| Value::Array(Vec::new()));
    if let Some(rules) = rules.as_array_mut() {
        rules.sort_by_cached_key(canonical);
    }
    rules
}

/// A value without what says nothing; none if nothing is left.
fn plain(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Bool(false) => None,
        Value::Object(parts) => {
            let parts = parts.into_iter().filter_map(|(key, value)| match (key.as_str(), value) {
                ("prefix", Value::String(text)) if text.is_empty() => None,
                ("date", Value::String(text)) => {
                    let text = moment(&Some(text.clone())).and_then(|at| at.fmt(DateTimeFormat::DateTime).ok());
                    Some((key, text.map_or(Value::Null, Value::from)))
                }
                (_, value) => Some((key, plain(value)?)),
            });
            let parts: Map<String, Value> = parts.collect();
            (!parts.is_empty()).then_some(Value::Object(parts))
        }
        Value::Array(items) => Some(items.into_iter().filter_map(plain).collect()),
        leaf => Some(leaf),
    }
}
