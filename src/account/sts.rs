//! STS: the caller's identity.

use serde_json::{Value, json};

use super::account::{Account, Calls, Service};
use super::wire::{self, Answer};

/// STS in the list of services.
pub(crate) static SERVICE: Service = Service::new("sts", Calls::Query(handle));

fn handle(account: &mut Account, operation: &str, _input: &Value) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(json!({
            "Arn": account.caller(),
            "UserId": "AIDASANDBOXSTUDENT000",
            "Account": account.id,
        })),
        other => Err(wire::unknown_action("sts", other)),
    }
}
