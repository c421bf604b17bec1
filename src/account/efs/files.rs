//! File systems.

use serde_json::{Value, json};

use super::kept::{FileSystem, Mount, SYSTEMS, available, state_of};
use super::{bad_request, fault};
use crate::account::{Account, seconds};
use crate::input::{is_true, list, need, set, text};
use crate::rules::CREATION_TOKEN;
use crate::shelf::Thing;
use crate::wire::{Answer, Fault};

/// The milliseconds after which a file system is gone.
const DELETING: i64 = 4_000;
const HOUR: i64 = 60 * 60 * 1000;
/// The milliseconds between two changes of the way in which throughput grows (UpdateFileSystem, API reference).
const BETWEEN: i64 = 24 * HOUR;
/// The bytes that a file system has in which nothing was ever written.
const FRESH: i64 = 6144;

/// `CreateFileSystem`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let token = text(input, "CreationToken").unwrap_or_default();
    CREATION_TOKEN.check(&token, || bad_request("The creation token has 1 to 64 characters."))?;
    let mut taken = account.all::<Thing<FileSystem>>().iter().filter(|(_, system)| system.token == token);
    if let Some((id, _)) = taken.next() {
        let message = format!("File system '{id}' already exists with creation token '{token}'");
        return Err(fault(409, "FileSystemAlreadyExists", message).with("FileSystemId", id.as_str()));
    }
    let (encrypted, key) = (is_true(input, "Encrypted"), text(input, "KmsKeyId"));
    if key.is_some() && !encrypted {
        return Err(bad_request("KmsKeyId can be given only if Encrypted is true."));
    }
    let own_key = || account.arn("kms", "key/0a1b2c3d-0000-4000-8000-elasticfiles");
    let key = if encrypted { Some(key.unwrap_or_else(own_key)) } else { None };
    let throughput = text(input, "ThroughputMode").unwrap_or_else(|| "bursting".to_owned());
    let system = FileSystem {
        token,
        performance: text(input, "PerformanceMode").unwrap_or_else(|| "generalPurpose".to_owned()),
        encrypted,
        key,
        mibps: mibps(input, &throughput)?,
        throughput,
        zone: text(input, "AvailabilityZoneName"),
        lifecycle: Vec::new(),
        written: Vec::new(),
        changed: None,
        gone: None,
    };
    let id = format!("fs-{}", account.unique_hex(17));
    let arn = account.arn("elasticfilesystem", &format!("file-system/{id}"));
    SYSTEMS.create(account, &id, arn, input, system)?;
    let (id, system) = SYSTEMS.find(account, &id)?;
    Ok(shown(account, id, system))
}

/// The throughput that a call asks for, which only the mode `provisioned` has.
fn mibps(input: &Value, mode: &str) -> Result<Option<f64>, Fault> {
    let asked = input["ProvisionedThroughputInMibps"].as_f64();
    match (mode, asked) {
        ("provisioned", Some(asked)) if asked >= 1.0 => Ok(Some(asked)),
        ("provisioned", _) => {
            Err(bad_request("Provisioned throughput needs ProvisionedThroughputInMibps of 1 or more."))
        }
        ("bursting" | "elastic", None) => Ok(None),
        ("bursting" | "elastic", Some(_)) => {
            Err(bad_request("ProvisionedThroughputInMibps can be given only with the throughput mode provisioned."))
        }
        (other, _) => Err(bad_request(format!("'{other}' is no throughput mode."))),
    }
}

/// `DescribeFileSystems`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let (id, token) = (text(input, "FileSystemId"), text(input, "CreationToken"));
    let wanted = match (&id, &token) {
        (Some(id), None) => Some(SYSTEMS.find(account, id)?.0.to_owned()),
        _ => None,
    };
    let is_wanted = |id: &str, system: &Thing<FileSystem>| {
        wanted.as_ref().is_none_or(|wanted| wanted == id) && token.as_ref().is_none_or(|token| *token == system.token)
    };
    if let (Some(_), Some(_)) = (&id, &token) {
        return Err(bad_request("Give a file system's id or a creation token, not both."));
    }
    let answer = SYSTEMS.list(account, input, "FileSystems", is_wanted, |id, system| shown(account, id, system))?;
    match token {
        Some(token) if list(&answer, "FileSystems").is_empty() => {
            let message = format!("File system does not exist with creation token '{token}'.");
            Err(fault(404, "FileSystemNotFound", message))
        }
        _ => Ok(answer),
    }
}

fn shown(account: &Account, id: &str, system: &Thing<FileSystem>) -> Value {
    let now = account.now;
    // The size of an hour is told once the hour is over.
    let hours = (now - system.created) / HOUR;
    let metered = system.created + hours * HOUR;
    let written: i64 = system.written.iter().filter(|(at, _)| *at <= metered).map(|(_, bytes)| bytes).sum();
    let size = set(json!({
        "Value": FRESH + written,
        "Timestamp": (hours > 0).then(|| seconds(metered)),
        "ValueInIA": 0,
        "ValueInStandard": FRESH + written,
        "ValueInArchive": 0,
    }));
    let mounted = account.all::<Mount>().values().filter(|mount| mount.system == id).count();
    set(json!({
        "OwnerId": account.id,
        "CreationToken": system.token,
        "FileSystemId": id,
        "FileSystemArn": system.arn,
        "CreationTime": seconds(system.created),
        "LifeCycleState": state_of(account, system),
        "Name": system.tags.get("Name"),
        "NumberOfMountTargets": mounted,
        "SizeInBytes": size,
        "PerformanceMode": system.performance,
        "Encrypted": system.encrypted,
        "KmsKeyId": system.key,
        "ThroughputMode": system.throughput,
        "ProvisionedThroughputInMibps": system.mibps,
        "AvailabilityZoneName": system.zone,
        "Tags": SYSTEMS.tags.write(&system.tags),
        "FileSystemProtection": { "ReplicationOverwriteProtection": "ENABLED" },
    }))
}

/// `UpdateFileSystem`.
pub(super) fn update(account: &mut Account, input: &Value) -> Answer {
    let (id, now) = (available(account, input)?, account.now);
    let (_, system) = SYSTEMS.find_mut(account, &id)?;
    let mode = text(input, "ThroughputMode").unwrap_or_else(|| system.throughput.clone());
    let mibps = mibps(input, &mode)?;
    if mode != system.throughput {
        if system.changed.is_some_and(|changed| now < changed + BETWEEN) {
            let message = "The throughput mode can be changed once in 24 hours.";
            return Err(fault(429, "TooManyRequests", message));
        }
        system.changed = Some(now);
    }
    (system.throughput, system.mibps) = (mode, mibps);
    let (id, system) = SYSTEMS.find(account, &id)?;
    Ok(shown(account, id, system))
}

/// `DeleteFileSystem`: with all that is in it.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let id = SYSTEMS.find(account, &need(input, "FileSystemId")?)?.0.to_owned();
    if account.all::<Mount>().values().any(|mount| mount.system == id) {
        let message = format!("File system '{id}' is in use by its mount targets.");
        return Err(fault(409, "FileSystemInUse", message));
    }
    let now = account.now;
    let system = SYSTEMS.find_mut(account, &id)?.1;
    system.gone = system.gone.or(Some(now + DELETING));
    Ok(json!({}))
}

/// `PutLifecycleConfiguration`.
pub(super) fn put_lifecycle(account: &mut Account, input: &Value) -> Answer {
    let id = available(account, input)?;
    let policies = list(input, "LifecyclePolicies").to_vec();
    // Each is about one transition (LifecyclePolicy, API reference).
    let is_one = |policy: &Value| policy.as_object().is_some_and(|members| members.len() == 1);
    if policies.len() > 3 || !policies.iter().all(is_one) {
        return Err(bad_request("A lifecycle has up to three policies, each with one transition."));
    }
    SYSTEMS.find_mut(account, &id)?.1.lifecycle = policies;
    lifecycle(account, input)
}

/// `DescribeLifecycleConfiguration`.
pub(super) fn lifecycle(account: &Account, input: &Value) -> Answer {
    let system = SYSTEMS.find(account, &need(input, "FileSystemId")?)?.1;
    Ok(json!({ "LifecyclePolicies": system.lifecycle }))
}

impl Account {
    /// Lets a task write so many bytes into the file system that was made in `region` by this token.
    pub fn write_files(&mut self, region: &str, token: &str, bytes: i64) {
        self.enter(region);
        let now = self.now;
        let mut systems = self.all::<Thing<FileSystem>>().iter();
        let id = systems.find(|(_, system)| system.token == token).map(|(id, _)| id.clone());
        if let Some(system) = id.and_then(|id| self.all_mut::<Thing<FileSystem>>().get_mut(&id)) {
            system.written.push((now, bytes));
        }
    }
}
