//! Conditions of rules, as the spec gives them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A condition on a request: one of its values has to fit.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The field of the request: `path-pattern`, `host-header`, `http-request-method`, `source-ip`, `http-header` or
    /// `query-string`.
    pub field: String,
    /// The paths or hosts, as in `/api/*`: the short form of `pathPatternConfig` and `hostHeaderConfig`.
    pub values: Option<Vec<String>>,
    /// The paths, as in `/api/*`.
    pub path_pattern_config: Option<Values>,
    /// The hosts, as in `*.example.com`.
    pub host_header_config: Option<Values>,
    /// The methods, as in `GET`.
    pub http_request_method_config: Option<Values>,
    /// The addresses of clients, as in `203.0.113.0/24`.
    pub source_ip_config: Option<Values>,
    /// A header and what it says.
    pub http_header_config: Option<Header>,
    /// Parts of the query.
    pub query_string_config: Option<Query>,
}

/// The values of a condition.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Values {
    /// The values, of which one has to fit.
    pub values: Vec<String>,
}

/// A header and what it says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Header {
    /// The header's name, as in `User-Agent`.
    pub http_header_name: Option<String>,
    /// The values, of which one has to fit.
    pub values: Vec<String>,
}

/// Parts of the query.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Query {
    /// The parts, of which one has to fit.
    pub values: Vec<KeyValue>,
}

/// A part of the query, as in `version=v1`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KeyValue {
    /// The key; any if it is left out.
    pub key: Option<String>,
    /// The value.
    pub value: String,
}
