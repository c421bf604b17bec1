//! Actions on requests, as the spec gives them and as AWS answers them: those of listeners and of their rules.

use std::path::Path;

use labform_account::rules::misfit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::TargetGroup;
use crate::cloud::CloudError;
use crate::model::Address;
use crate::model::Known;
use crate::resource::{Checks, Others, Problem, Ref, SpecRef, document};
use crate::resources::balancing::sorted;
use crate::resources::given::Given;

/// The path of the secret within an action.
const SECRET: &str = "authenticateOidcConfig.clientSecret";

/// An action on a request.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Action {
    /// The kind of action: `forward`, `redirect`, `fixed-response`, `authenticate-oidc` or `authenticate-cognito`.
    pub r#type: String,
    /// The target group that the request is forwarded to.
    pub target_group_arn: Option<Ref<TargetGroup>>,
    /// The target groups that requests are spread over.
    pub forward_config: Option<Forward>,
    /// The answer that the request gets.
    pub fixed_response_config: Option<FixedResponse>,
    /// The place that the request is redirected to.
    pub redirect_config: Option<Redirect>,
    /// The provider of OpenID Connect with whom clients sign in.
    pub authenticate_oidc_config: Option<Oidc>,
    /// The pool of Amazon Cognito in which clients sign in.
    pub authenticate_cognito_config: Option<Cognito>,
    /// The action's place among the others.
    #[serde(skip_serializing)]
    pub order: Option<i32>,
}

/// The target groups that requests are spread over.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Forward {
    /// One to five target groups.
    pub target_groups: Vec<Weighted>,
    /// Whether a client stays with the target group that it got first.
    pub target_group_stickiness_config: Option<Stickiness>,
}

/// A target group with its share of the requests.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Weighted {
    /// The target group.
    pub target_group_arn: Ref<TargetGroup>,
    /// The target group's share, 0 to 999, of the sum of all; 1 if it is left out.
    pub weight: Option<i32>,
}

/// Whether a client stays with the target group that it got first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Stickiness {
    /// Whether it does.
    pub enabled: bool,
    /// The seconds for which it does, 1 to 604800.
    pub duration_seconds: Option<i32>,
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

/// A provider of OpenID Connect.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Oidc {
    /// The provider's identifier, as in `https://accounts.example.com`.
    pub issuer: String,
    /// The address at which clients sign in.
    pub authorization_endpoint: String,
    /// The address that gives tokens.
    pub token_endpoint: String,
    /// The address that tells who a client is.
    pub user_info_endpoint: String,
    /// The application's id at the provider.
    pub client_id: String,
    /// The place of the application's secret at the provider. AWS never shows it, so that a new one alone is no
    /// difference: it is sent whenever the actions change.
    #[serde(skip_serializing)]
    pub client_secret: Given,
    /// The name of the cookie that keeps the session.
    pub session_cookie_name: Option<String>,
    /// The claims that are asked for, as in `openid email`.
    pub scope: Option<String>,
    /// The seconds for which a session lasts, up to 604800.
    pub session_timeout: Option<i32>,
    /// The treatment of a client that hasn't signed in: `authenticate`, `allow` or `deny`.
    pub on_unauthenticated_request: Option<String>,
}

/// A pool of Amazon Cognito.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cognito {
    /// The ARN of the pool.
    pub user_pool_arn: String,
    /// The id of the application in the pool.
    pub user_pool_client_id: String,
    /// The domain of the pool.
    pub user_pool_domain: String,
    /// The name of the cookie that keeps the session.
    pub session_cookie_name: Option<String>,
    /// The claims that are asked for, as in `openid email`.
    pub scope: Option<String>,
    /// The seconds for which a session lasts, up to 604800.
    pub session_timeout: Option<i32>,
    /// The treatment of a client that hasn't signed in: `authenticate`, `allow` or `deny`.
    pub on_unauthenticated_request: Option<String>,
}

/// The actions of a listener or a rule, and the field that holds them.
#[derive(Clone, Copy, Debug)]
pub struct Actions<'a>(pub &'static str, pub &'a [Action]);

impl<'a> Actions<'a> {
    /// The target groups that are forwarded to, with their places.
    fn groups(self) -> impl Iterator<Item = (String, &'a Ref<TargetGroup>)> {
        self.1.iter().enumerate().flat_map(move |(n, action)| {
            let path = format!("{}[{n}]", self.0);
            let weighted = action.forward_config.iter().flat_map(|config| &config.target_groups).enumerate();
            let one = action.target_group_arn.as_ref().map(|group| (format!("{path}.targetGroupArn"), group));
            let weighted = weighted.map(move |(m, group)| {
                (format!("{path}.forwardConfig.targetGroups[{m}].targetGroupArn"), &group.target_group_arn)
            });
            one.into_iter().chain(weighted)
        })
    }

    /// The target groups that are forwarded to.
    pub fn target_groups(self) -> Vec<&'a Ref<TargetGroup>> {
        self.groups().map(|(_, group)| group).collect()
    }

    /// The references to target groups.
    pub fn refs(self) -> Vec<SpecRef> {
        self.groups().map(|(path, group)| group.at(path)).collect()
    }

    /// The secrets, with their places.
    fn secrets(self) -> impl Iterator<Item = (String, &'a Given)> {
        self.1.iter().enumerate().filter_map(move |(n, action)| {
            let config = action.authenticate_oidc_config.as_ref()?;
            Some((format!("{}[{n}].{SECRET}", self.0), &config.client_secret))
        })
    }

    /// Returns what is wrong with the places of secrets.
    pub fn problems(self) -> impl Iterator<Item = Problem> {
        self.secrets().filter_map(|(path, given)| given.problem(&path))
    }

    /// Returns which secret isn't on this machine, if one isn't.
    pub fn lacks(self, folder: &Path) -> Option<Problem> {
        self.secrets().find_map(|(path, given)| given.missing(&path, folder))
    }

    /// The actions in their order, with the ARNs of their target groups.
    pub fn wanted(self, others: &Others) -> Value {
        let arn = |group: &Ref<TargetGroup>| Value::from(Known::shown(others.live(group).map(|live| live.arn.clone())));
        self.in_order()
            .map(|action| {
                let mut document = document(action);
                if let Some(group) = &action.target_group_arn {
                    document["targetGroupArn"] = arn(group);
                }
                if let Some(config) = &action.forward_config {
                    let groups = config.target_groups.iter();
                    let groups = groups.map(|group| {
                    json!({"targetGroupArn": arn(&group.target_group_arn), "weight": group.weight.unwrap_or(1)})
                });
                    document["forwardConfig"]["targetGroups"] = sorted(groups);
                }
                document
            })
            .collect()
    }

    /// Returns which target groups speak what a listener of `protocol` doesn't forward.
    pub fn misfits(self, protocol: &str, checks: &Checks<'_>) -> Vec<Problem> {
        let problems = self.groups().filter_map(|(path, group)| {
            let group = checks.get(group)?;
            let said = |field: &Option<String>| field.clone().unwrap_or_default();
            let words = misfit(protocol, &said(&group.protocol), &said(&group.protocol_version))?;
            Some(Problem::at(path, words))
        });
        problems.collect()
    }

    /// Completes what is sent: several actions are numbered, and secrets are put in.
    ///
    /// # Errors
    /// If a secret isn't on this machine.
    pub fn complete(self, fields: &mut Map<String, Value>, folder: &Path) -> Result<(), CloudError> {
        let Some(sent) = fields.get_mut(self.0).and_then(Value::as_array_mut) else { return Ok(()) };
        let is_one = sent.len() == 1;
        for ((document, action), order) in sent.iter_mut().zip(self.in_order()).zip(1..) {
            if !is_one {
                document["order"] = order.into();
            }
            if let Some(config) = &action.authenticate_oidc_config {
                let secret = config.client_secret.sent(SECRET, folder)?;
                document["authenticateOidcConfig"]["clientSecret"] = secret.reveal().into();
            }
        }
        Ok(())
    }

    fn in_order(self) -> impl Iterator<Item = &'a Action> {
        let mut actions: Vec<&Action> = self.1.iter().collect();
        actions.sort_by_key(|action| action.order);
        actions.into_iter()
    }
}

/// The problem of actions that forward to a target group to which another load balancer forwards at `address`: a group has
/// one ("Target groups", user guide for Application Load Balancers).
pub(in crate::resources) fn shared(path: &str, group: &Ref<TargetGroup>, address: &Address) -> Problem {
    let words = format!("`{}` takes what one load balancer forwards, and {address} is of another", group.name);
    Problem::at(path, words).hint("make a target group for each load balancer")
}
