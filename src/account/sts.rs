//! STS: the caller's identity, and sessions of roles.
//!
//! The account that a role belongs to answers AssumeRole, whoever asks. It takes each of its roles to be there and to trust
//! everybody, with any external id, unless `Quirks::roles` says which do: a class's accounts have them before anything
//! is made in them.

use serde_json::{Value, json};

use crate::account::{Account, Calls, Service};
use crate::input::{need, number, text};
use crate::rules::{ASSUMED_SECONDS, EXTERNAL_ID, SESSION_NAME};
use crate::session::Session;
use crate::wire::{self, Answer, Call, Fault, Request};

/// STS in the list of services.
pub(crate) static SERVICE: Service = Service::new("sts", Calls::Query(handle));

/// The most seconds of a session that is asked for in a session ("Roles terms and concepts", IAM user guide).
const CHAINED: i64 = 3_600;

fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(json!({
            "Arn": account.caller(),
            "UserId": account.who.session.as_ref().map_or_else(|| "AIDASANDBOXSTUDENT000".to_owned(), Session::id),
            "Account": account.id,
        })),
        "AssumeRole" => assume(account, input),
        other => Err(wire::unknown_action("sts", other)),
    }
}

/// The digits of the account whose role the call asks for, if it is AssumeRole.
pub(crate) fn asked(call: &Call, request: &Request) -> Option<String> {
    if call.service != SERVICE.name || call.operation != "AssumeRole" {
        return None;
    }
    let arn = form_urlencoded::parse(&request.body).find(|(name, _)| name == "RoleArn")?.1;
    Some(role(&arn)?.0.to_owned())
}

/// The account and the name of a role, as its ARN gives them.
fn role(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    Some((account, path.rsplit('/').next()?))
}

fn assume(account: &Account, input: &Value) -> Answer {
    let arn = need(input, "RoleArn")?;
    let (id, role) = role(&arn).ok_or_else(|| invalid(format!("{arn} is invalid")))?;
    let name = need(input, "RoleSessionName")?;
    SESSION_NAME
        .check(&name, || breaks("roleSessionName", &name, "satisfy regular expression pattern: [\\w+=,.@-]*"))?;
    if let Some(external) = text(input, "ExternalId") {
        let pattern = "satisfy regular expression pattern: [\\w+=,.@:\\/-]*";
        EXTERNAL_ID.check(&external, || breaks("externalId", &external, pattern))?;
    }
    let asked = number(input, "DurationSeconds");
    ASSUMED_SECONDS
        .check(asked, |seconds| breaks("durationSeconds", &seconds.to_string(), "have value between 900 and 43200"))?;
    let seconds = asked.unwrap_or(3_600);
    if account.who.session.is_some() && seconds > CHAINED {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(invalid(message));
    }
    let is_there = account.quirks.roles.as_ref().is_none_or(|roles| roles.contains(role));
    if id != account.id || !is_there {
        // STS doesn't say whether the role isn't there or doesn't trust the caller.
        let caller = account.caller();
        let message = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Err(Fault::client("AccessDenied", message).with_status(403));
    }
    let expires = account.via.time(account.now, account.wall) / 1_000 * 1_000 + seconds * 1_000;
    let session = Session { account: id.to_owned(), role: role.to_owned(), name, expires };
    Ok(json!({
        "Credentials": session.credentials(),
        "AssumedRoleUser": { "AssumedRoleId": session.id(), "Arn": session.arn() },
    }))
}

fn breaks(member: &str, value: &str, constraint: &str) -> Fault {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: Member must {constraint}"
    ))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::client("ValidationError", message)
}
