//! The sites whose pages may use a bucket's objects (cross-origin resource sharing).

use aws_sdk_s3::types;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resource::document;

/// The sites whose pages may use the bucket's objects.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CorsConfiguration {
    /// The rules, of which the first that fits a request counts; none takes them away.
    pub cors_rules: Vec<CorsRule>,
}

/// A rule for pages of other sites.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CorsRule {
    /// The rule's name.
    pub id: Option<String>,
    /// The methods: `GET`, `PUT`, `POST`, `DELETE`, `HEAD`.
    pub allowed_methods: Vec<String>,
    /// The sites, as in `https://www.example.com`; `*` may stand once in one.
    pub allowed_origins: Vec<String>,
    /// The headers that a page may send.
    pub allowed_headers: Option<Vec<String>>,
    /// The headers of answers that a page may read.
    pub expose_headers: Option<Vec<String>>,
    /// The seconds for which a browser may remember the answer.
    pub max_age_seconds: Option<i32>,
}

pub(super) fn told(rules: &[types::CorsRule]) -> Value {
    let given = |list: &[String]| Some(list.to_vec()).filter(|list| !list.is_empty());
    let rules = rules.iter().map(|rule| CorsRule {
        id: rule.id().map(str::to_owned),
        allowed_methods: rule.allowed_methods().to_vec(),
        allowed_origins: rule.allowed_origins().to_vec(),
        allowed_headers: given(rule.allowed_headers()),
        expose_headers: given(rule.expose_headers()),
        max_age_seconds: rule.max_age_seconds(),
    });
    document(&CorsConfiguration { cors_rules: rules.collect() })
}

pub(super) fn sent(spec: &CorsConfiguration) -> types::CorsConfiguration {
    let rules = spec.cors_rules.iter().map(|rule| {
        let sent = types::CorsRule::builder()
            .set_id(rule.id.clone())
            .set_allowed_methods(Some(rule.allowed_methods.clone()))
            .set_allowed_origins(Some(rule.allowed_origins.clone()))
            .set_allowed_headers(rule.allowed_headers.clone())
            .set_expose_headers(rule.expose_headers.clone())
            .set_max_age_seconds(rule.max_age_seconds);
        sent.build().expect("methods and sites are given")
    });
    types::CorsConfiguration::builder().set_cors_rules(Some(rules.collect())).build().expect("the rules are given")
}
