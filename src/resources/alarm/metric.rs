//! The metrics that an alarm watches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One part of what a metric is told by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dimension {
    /// Its name, as in `ClusterName`.
    pub name: String,
    /// Its value, as in `${clusters.main.name}`.
    pub value: String,
}

/// One of several metrics, or an expression over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricDataQuery {
    /// The short name by which expressions know it; it begins with a small letter.
    pub id: String,
    /// The metric, unless it is an expression.
    pub metric_stat: Option<MetricStat>,
    /// The expression over the others, or a query, as in `errors / requests * 100`.
    pub expression: Option<String>,
    /// Its name for people.
    pub label: Option<String>,
    /// Whether it is what the alarm watches; true if it is left out.
    pub return_data: Option<bool>,
    /// The seconds of a period of an expression.
    pub period: Option<i32>,
    /// The account that the metric is in, if it isn't the lab's.
    pub account_id: Option<String>,
}

/// A metric, and what is made of its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricStat {
    /// The metric.
    pub metric: Metric,
    /// The seconds of a period.
    pub period: i32,
    /// The statistic of a period, as in `Average` or `p90`.
    pub stat: String,
    /// The unit of the values that count; all if it is left out.
    pub unit: Option<String>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metric {
    /// The namespace of the metric, as in `AWS/ApplicationELB`.
    pub namespace: Option<String>,
    /// Its name, as in `RequestCount`.
    pub metric_name: Option<String>,
    /// What it is the metric of.
    pub dimensions: Option<Vec<Dimension>>,
}
