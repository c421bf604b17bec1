//! Operations: what a change is that takes its time. What becomes of one is settled when it begins.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{PAGES, passes, refused};
use crate::account::{Account, seconds};
use crate::input::{set, text};
use crate::table::Object;
use crate::wire::{Answer, Fault};

/// The milliseconds after which an operation is no longer only submitted.
const SUBMITTED: i64 = 2_000;
/// The milliseconds for which an operation can be asked for.
const KEPT: i64 = 3_600_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Operation {
    kind: String,
    /// The ids of what the operation is about, by `NAMESPACE`, `SERVICE` and `INSTANCE`.
    targets: Value,
    begun: i64,
    ends: i64,
    /// The code and the words of its failure.
    failure: Option<(String, String)>,
}

impl Object for Operation {
    fn due(&self) -> Option<i64> {
        Some(self.begun + KEPT)
    }
}

impl Operation {
    fn status(&self, now: i64) -> &'static str {
        match now {
            now if now < self.begun + SUBMITTED => "SUBMITTED",
            now if now < self.ends => "PENDING",
            _ if self.failure.is_some() => "FAIL",
            _ => "SUCCESS",
        }
    }
}

/// Begins an operation that takes so many milliseconds, and fails if it is to. Returns its id.
pub(super) fn begin(
    account: &mut Account,
    kind: &str,
    targets: Value,
    takes: i64,
    failure: Option<(String, String)>,
) -> String {
    let id = account.unique_hex(32);
    let (begun, ends) = (account.now, account.now + takes);
    let operation = Operation { kind: kind.to_owned(), targets, begun, ends, failure };
    account.all_mut().insert(id.clone(), operation);
    id
}

/// The id of the operation of this kind on a target that isn't over.
pub(super) fn under_way(account: &Account, kind: &str, target: &str, id: &str) -> Option<String> {
    let is_it = |one: &Operation| one.kind == kind && one.targets[target] == id && account.now < one.ends;
    account.all::<Operation>().iter().find(|(_, one)| is_it(one)).map(|(id, _)| id.clone())
}

/// The refusal of a change that is being made.
pub(super) fn duplicate(operation: &str) -> Fault {
    let fault = Fault::client("DuplicateRequest", "Another operation of type is in progress.");
    fault.with("DuplicateOperationId", operation)
}

pub(super) fn get(account: &Account, input: &Value) -> Answer {
    let id = text(input, "OperationId").unwrap_or_default();
    let Some(operation) = account.all::<Operation>().get(&id) else {
        return Err(Fault::client("OperationNotFound", format!("No operation found with ID: {id}")));
    };
    let status = operation.status(account.now);
    let failure = operation.failure.as_ref().filter(|_| status == "FAIL");
    Ok(json!({ "Operation": set(json!({
        "Id": id,
        "OwnerAccount": account.id,
        "Type": operation.kind,
        "Status": status,
        "ErrorCode": failure.map(|(code, _)| code),
        "ErrorMessage": failure.map(|(_, words)| words),
        "CreateDate": seconds(operation.begun),
        "UpdateDate": seconds(account.now.min(operation.ends)),
        "Targets": operation.targets,
    })) }))
}

pub(super) fn list(account: &Account, input: &Value) -> Answer {
    let known = ["NAMESPACE_ID", "SERVICE_ID", "STATUS", "TYPE", "UPDATE_DATE"];
    let filters = crate::input::list(input, "Filters").iter();
    if let Some(other) = filters.filter_map(|one| one["Name"].as_str()).find(|name| !known.contains(name)) {
        return Err(refused(format!("{other} is no filter of operations.")));
    }
    let wanted = account.all::<Operation>().iter().filter(|(_, one)| {
        passes(input, |name| match name {
            "NAMESPACE_ID" => text(&one.targets, "NAMESPACE"),
            "SERVICE_ID" => text(&one.targets, "SERVICE"),
            "STATUS" => Some(one.status(account.now).to_owned()),
            "TYPE" => Some(one.kind.clone()),
            _ => None,
        })
    });
    PAGES.of(account, input, "Operations", wanted, |(id, one)| json!({"Id": id, "Status": one.status(account.now)}))
}
