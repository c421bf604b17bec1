//! What becomes of a request: actions as the spec gives them and as AWS answers them.

use aws_sdk_elasticloadbalancingv2 as elb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TargetGroup;
use crate::model::Known;
use crate::resource::{Others, Ref};

/// What becomes of a request.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// `forward`, `redirect` or `fixed-response`.
    pub r#type: String,
    /// Where it is forwarded.
    pub target_group_arn: Option<Ref<TargetGroup>>,
    /// The answer that it gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_response_config: Option<FixedResponse>,
    /// Where it is redirected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_config: Option<Redirect>,
    /// The action's place among the others.
    pub order: Option<i32>,
}

/// An answer that the load balancer gives by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FixedResponse {
    /// The HTTP code, as in `404`.
    pub status_code: String,
    /// The type of the body, as in `text/plain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_body: Option<String>,
}

/// Where a request is redirected. What is left out stays as the request has it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// `HTTP_301` or `HTTP_302`.
    pub status_code: String,
    /// The protocol, as in `HTTPS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// The port, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl Action {
    pub(super) fn problem(&self) -> Option<String> {
        let (field, is_given) = match self.r#type.as_str() {
            "forward" => ("targetGroupArn", self.target_group_arn.is_some()),
            "redirect" => ("redirectConfig", self.redirect_config.is_some()),
            "fixed-response" => ("fixedResponseConfig", self.fixed_response_config.is_some()),
            other => {
                return Some(format!("labform knows forward, redirect and fixed-response, not `{other}`"));
            }
        };
        (!is_given).then(|| format!("{} needs {field}", self.r#type))
    }

    /// The action as a document, with the ARN of its target group.
    pub(super) fn document(&self, others: &Others) -> Value {
        let mut document = serde_json::Map::new();
        document.insert("type".to_owned(), json!(self.r#type));
        if let Some(group) = &self.target_group_arn {
            let arn = others.live(group).map(|live| live.arn.clone());
            document.insert("targetGroupArn".to_owned(), json!(Known::shown(arn)));
        }
        if let Some(config) = &self.fixed_response_config {
            document.insert("fixedResponseConfig".to_owned(), json!(config));
        }
        if let Some(config) = &self.redirect_config {
            document.insert("redirectConfig".to_owned(), json!(config));
        }
        Value::Object(document)
    }
}

/// An action as the API takes it, from its document; `order` is its place among several.
pub(super) fn to_wire(document: &Value, order: Option<i32>) -> elb::types::Action {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let fixed = document.get("fixedResponseConfig").map(|config| {
        elb::types::FixedResponseActionConfig::builder()
            .set_status_code(text(&config["statusCode"]))
            .set_content_type(text(&config["contentType"]))
            .set_message_body(text(&config["messageBody"]))
            .build()
    });
    let redirect = document.get("redirectConfig").map(|config| {
        elb::types::RedirectActionConfig::builder()
            .set_status_code(config["statusCode"].as_str().map(Into::into))
            .set_protocol(text(&config["protocol"]))
            .set_port(text(&config["port"]))
            .set_host(text(&config["host"]))
            .set_path(text(&config["path"]))
            .set_query(text(&config["query"]))
            .build()
    });
    elb::types::Action::builder()
        .set_type(document["type"].as_str().map(Into::into))
        .set_target_group_arn(text(&document["targetGroupArn"]))
        .set_fixed_response_config(fixed)
        .set_redirect_config(redirect)
        .set_order(order)
        .build()
}

/// The target groups of an action: AWS answers a forward to one group in two places at once.
pub(in crate::resources) fn target_groups(action: &elb::types::Action) -> Vec<String> {
    let forward = action.forward_config().into_iter();
    let weighted: Vec<String> = forward
        .flat_map(elb::types::ForwardActionConfig::target_groups)
        .filter_map(|group| group.target_group_arn().map(str::to_owned))
        .collect();
    match action.target_group_arn() {
        Some(arn) if weighted.is_empty() => vec![arn.to_owned()],
        _ => weighted,
    }
}

/// An action that AWS answered, as the spec would say it.
pub(super) fn document(action: &elb::types::Action) -> Value {
    let mut document = serde_json::Map::new();
    let kind = action.r#type().map(elb::types::ActionTypeEnum::as_str);
    document.insert("type".to_owned(), json!(kind));
    match target_groups(action).as_slice() {
        [] => {}
        [one] => drop(document.insert("targetGroupArn".to_owned(), json!(one))),
        several => drop(document.insert("targetGroupArn".to_owned(), json!(several))),
    }
    if let Some(config) = action.fixed_response_config() {
        let config = json!({
            "statusCode": config.status_code(),
            "contentType": config.content_type(),
            "messageBody": config.message_body(),
        });
        document.insert("fixedResponseConfig".to_owned(), config);
    }
    if let Some(config) = action.redirect_config() {
        let config = json!({
            "statusCode": config.status_code().map(elb::types::RedirectActionStatusCodeEnum::as_str),
            "protocol": config.protocol(),
            "port": config.port(),
            "host": config.host(),
            "path": config.path(),
            "query": config.query(),
        });
        document.insert("redirectConfig".to_owned(), config);
    }
    Value::Object(document)
}
