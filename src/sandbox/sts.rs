//! STS: who calls.

use serde_json::{Value, json};

use super::account::Account;
use super::wire::{self, Answer};

pub(super) fn handle(account: &mut Account, operation: &str, _input: &Value) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(json!({
            "Arn": account.caller(),
            "UserId": "AIDASANDBOXSTUDENT000",
            "Account": account.id,
        })),
        other => Err(wire::unknown("sts", other)),
    }
}
