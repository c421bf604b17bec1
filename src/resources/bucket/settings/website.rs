//! The website that a bucket's objects are.

use aws_sdk_s3::operation::get_bucket_website::GetBucketWebsiteOutput;
use aws_sdk_s3::types;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::resource::document;

/// The website that the bucket's objects are; `{}` for none. Who reads it needs a policy that lets everybody in.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebsiteConfiguration {
    /// The page of a folder.
    pub index_document: Option<IndexDocument>,
    /// The page for what isn't there.
    pub error_document: Option<ErrorDocument>,
    /// Another host to which all requests are sent; nothing else is given then.
    pub redirect_all_requests_to: Option<RedirectAll>,
    /// The rules by which requests are sent elsewhere; the first that fits counts.
    pub routing_rules: Option<Vec<RoutingRule>>,
}

/// The page of a folder.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IndexDocument {
    /// The end of its key, as in `index.html`.
    pub suffix: String,
}

/// The page for what isn't there.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ErrorDocument {
    /// Its key, as in `error.html`.
    pub key: String,
}

/// Another host.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RedirectAll {
    /// The host's name.
    pub host_name: String,
    /// The protocol, `http` or `https`; that of the request if it is left out.
    pub protocol: Option<String>,
}

/// A rule by which requests are sent elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoutingRule {
    /// The requests; all if it is left out.
    pub condition: Option<Condition>,
    /// The way elsewhere.
    pub redirect: Redirect,
}

/// The requests that a rule is for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Condition {
    /// The status that would be answered, as in `404`.
    pub http_error_code_returned_equals: Option<String>,
    /// The beginning of the key, as in `docs/`.
    pub key_prefix_equals: Option<String>,
}

/// The way elsewhere.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// The host's name.
    pub host_name: Option<String>,
    /// The status of the answer, as in `301`.
    pub http_redirect_code: Option<String>,
    /// The protocol, `http` or `https`.
    pub protocol: Option<String>,
    /// What stands in place of the beginning of the key.
    pub replace_key_prefix_with: Option<String>,
    /// The key in place of the one that was asked for.
    pub replace_key_with: Option<String>,
}

pub(super) fn told(answer: &GetBucketWebsiteOutput) -> Value {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let protocol = |word: Option<&types::Protocol>| word.map(|word| word.as_str().to_owned());
    let rules = answer.routing_rules().iter().map(|rule| RoutingRule {
        condition: rule.condition().map(|condition| Condition {
            http_error_code_returned_equals: owned(condition.http_error_code_returned_equals()),
            key_prefix_equals: owned(condition.key_prefix_equals()),
        }),
        redirect: {
            let redirect = rule.redirect();
            Redirect {
                host_name: owned(redirect.and_then(types::Redirect::host_name)),
                http_redirect_code: owned(redirect.and_then(types::Redirect::http_redirect_code)),
                protocol: protocol(redirect.and_then(types::Redirect::protocol)),
                replace_key_prefix_with: owned(redirect.and_then(types::Redirect::replace_key_prefix_with)),
                replace_key_with: owned(redirect.and_then(types::Redirect::replace_key_with)),
            }
        },
    });
    let rules: Vec<RoutingRule> = rules.collect();
    document(&WebsiteConfiguration {
        index_document: answer.index_document().map(|page| IndexDocument { suffix: page.suffix().to_owned() }),
        error_document: answer.error_document().map(|page| ErrorDocument { key: page.key().to_owned() }),
        redirect_all_requests_to: answer
            .redirect_all_requests_to()
            .map(|to| RedirectAll { host_name: to.host_name().to_owned(), protocol: protocol(to.protocol()) }),
        routing_rules: Some(rules).filter(|rules| !rules.is_empty()),
    })
}

pub(super) fn sent(spec: &WebsiteConfiguration) -> types::WebsiteConfiguration {
    let protocol = |word: &Option<String>| word.as_deref().map(types::Protocol::from);
    let index = spec.index_document.as_ref().map(|page| types::IndexDocument::builder().suffix(&page.suffix));
    let error = spec.error_document.as_ref().map(|page| types::ErrorDocument::builder().key(&page.key));
    let all = spec.redirect_all_requests_to.as_ref().map(|to| {
        types::RedirectAllRequestsTo::builder().host_name(&to.host_name).set_protocol(protocol(&to.protocol))
    });
    let rules = spec.routing_rules.iter().flatten().map(|rule| {
        let condition = rule.condition.as_ref().map(|condition| {
            types::Condition::builder()
                .set_http_error_code_returned_equals(condition.http_error_code_returned_equals.clone())
                .set_key_prefix_equals(condition.key_prefix_equals.clone())
                .build()
        });
        let redirect = types::Redirect::builder()
            .set_host_name(rule.redirect.host_name.clone())
            .set_http_redirect_code(rule.redirect.http_redirect_code.clone())
            .set_protocol(protocol(&rule.redirect.protocol))
            .set_replace_key_prefix_with(rule.redirect.replace_key_prefix_with.clone())
            .set_replace_key_with(rule.redirect.replace_key_with.clone());
        types::RoutingRule::builder().set_condition(condition).redirect(redirect.build()).build()
    });
    let rules: Vec<types::RoutingRule> = rules.collect();
    types::WebsiteConfiguration::builder()
        .set_index_document(index.map(|page| page.build().expect("the end is given")))
        .set_error_document(error.map(|page| page.build().expect("the key is given")))
        .set_redirect_all_requests_to(all.map(|to| to.build().expect("the host is given")))
        .set_routing_rules(Some(rules).filter(|rules| !rules.is_empty()))
        .build()
}
