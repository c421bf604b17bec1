//! Access points.

use serde_json::{Value, json};

use super::kept::{AccessPoint, POINTS, available};
use super::{bad_request, bare, fault, state};
use crate::account::Account;
use crate::input::{need, set, text};
use crate::rules::{ACCESS_POINT_PATH, CREATION_TOKEN, POSIX_PERMISSIONS};
use crate::shelf::Thing;
use crate::wire::Answer;

/// The milliseconds after which an access point is available, and after which one is gone.
const MAKING: i64 = 2_000;
const DELETING: i64 = 2_000;

/// `CreateAccessPoint`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let token = text(input, "ClientToken").unwrap_or_default();
    CREATION_TOKEN.check(&token, || bad_request("The client token has 1 to 64 characters."))?;
    let system = available(account, input)?;
    let mut taken = account.all::<Thing<AccessPoint>>().iter().filter(|(_, point)| point.token == token);
    if let Some((id, _)) = taken.next() {
        let message = format!("Access point '{id}' already exists.");
        return Err(fault(409, "AccessPointAlreadyExists", message).with("AccessPointId", id.as_str()));
    }
    let mut root = input["RootDirectory"].clone();
    let path = text(&root, "Path").unwrap_or_else(|| "/".to_owned());
    ACCESS_POINT_PATH.check(&path, || bad_request(format!("Invalid path: '{path}'")))?;
    if let Some(digits) = text(&root["CreationInfo"], "Permissions") {
        POSIX_PERMISSIONS.check(&digits, || bad_request(format!("Invalid permissions: '{digits}'")))?;
    }
    root["Path"] = path.into();
    let point = AccessPoint { token, system, user: input["PosixUser"].clone(), root, gone: None };
    let id = format!("fsap-{}", account.unique_hex(17));
    let arn = account.arn("elasticfilesystem", &format!("access-point/{id}"));
    POINTS.create(account, &id, arn, input, point)?;
    let (id, point) = POINTS.find(account, &id)?;
    Ok(shown(account, id, point))
}

/// `DescribeAccessPoints`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let one = text(input, "AccessPointId").map(|id| POINTS.find(account, &id).map(|(id, _)| id.to_owned()));
    let one: Option<String> = one.transpose()?;
    let system = text(input, "FileSystemId");
    if one.is_some() && system.is_some() {
        return Err(bad_request("Give an access point's id or a file system's, not both."));
    }
    let is_wanted = |id: &str, point: &Thing<AccessPoint>| {
        one.as_ref().is_none_or(|one| one == id) && system.as_ref().is_none_or(|system| bare(system) == point.system)
    };
    POINTS.list(account, input, "AccessPoints", is_wanted, |id, point| shown(account, id, point))
}

fn shown(account: &Account, id: &str, point: &Thing<AccessPoint>) -> Value {
    set(json!({
        "ClientToken": point.token,
        "Name": point.tags.get("Name"),
        "Tags": POINTS.tags.write(&point.tags),
        "AccessPointId": id,
        "AccessPointArn": point.arn,
        "FileSystemId": point.system,
        "PosixUser": point.user,
        "RootDirectory": point.root,
        "OwnerId": account.id,
        "LifeCycleState": state(account.now, point.created, MAKING, point.gone),
    }))
}

/// `DeleteAccessPoint`.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, now) = (need(input, "AccessPointId")?, account.now);
    let point = POINTS.find_mut(account, &id)?.1;
    point.gone = point.gone.or(Some(now + DELETING));
    Ok(json!({}))
}
