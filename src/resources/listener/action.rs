//! What becomes of a request: actions as the spec gives them and as AWS answers them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

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
        let mut document = Map::new();
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
