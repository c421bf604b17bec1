//! Actions on requests, as the spec gives them and as AWS answers them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TargetGroup;
use crate::model::Known;
use crate::resource::{Others, Ref, document};

/// An action on a request.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// The kind of action: `forward`, `redirect` or `fixed-response`.
    pub r#type: String,
    /// The target group that the request is forwarded to.
    pub target_group_arn: Option<Ref<TargetGroup>>,
    /// The answer that the request gets.
    pub fixed_response_config: Option<FixedResponse>,
    /// The place that the request is redirected to.
    pub redirect_config: Option<Redirect>,
    /// The action's place among the others.
    #[serde(skip_serializing)]
    pub order: Option<i32>,
}

/// An answer that the load balancer gives by itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FixedResponse {
    /// The HTTP code, as in `404`.
    pub status_code: String,
    /// The type of the body, as in `text/plain`.
    pub content_type: Option<String>,
    /// The body.
    pub message_body: Option<String>,
}

/// The place that a request is redirected to. A part that is left out stays as the request has it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redirect {
    /// The HTTP code: `HTTP_301` or `HTTP_302`.
    pub status_code: String,
    /// The protocol, as in `HTTPS`.
    pub protocol: Option<String>,
    /// The port, as text.
    pub port: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The path.
    pub path: Option<String>,
    /// The query.
    pub query: Option<String>,
}

impl Action {
    /// The action as a document, with the ARN of its target group.
    pub(super) fn document(&self, others: &Others) -> Value {
        let mut document = document(self);
        if let Some(group) = &self.target_group_arn {
            let arn = others.live(group).map(|live| live.arn.clone());
            document["targetGroupArn"] = Known::shown(arn).into();
        }
        document
    }
}
