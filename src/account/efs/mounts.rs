//! Mount targets, each of which has a network interface.

use serde_json::{Value, json};

use super::kept::{Mount, POINTS, SYSTEMS, available, state_of};
use super::{bad_request, bare, fault, state};
use crate::account::Account;
use crate::ec2::{self, Eni, Reach};
use crate::input::{need, page, text, texts};
use crate::rules::{MOUNT_TARGET_GROUPS, TagMap};
use crate::wire::{Answer, Fault};

/// The milliseconds after which a mount target is available, and after which one is gone (the waits of the Terraform AWS
/// provider's tests).
const MAKING: i64 = 60_000;
const DELETING: i64 = 45_000;
/// The size of pages, whatever a call asks for (DescribeMountTargets, API reference).
const PAGE: usize = 10;
/// The port of NFS.
const NFS: i64 = 2049;

/// Takes mount targets away whose time has come.
pub(super) fn settle(account: &mut Account) {
    let now = account.now;
    for id in account.all_mut::<Mount>().take_due(now) {
        if let Some(mount) = account.all_mut::<Mount>().remove(&id) {
            ec2::delete_eni(account, &mount.interface);
        }
    }
}

/// `CreateMountTarget`.
pub(super) fn create(account: &mut Account, input: &Value) -> Answer {
    let (system, subnet) = (available(account, input)?, need(input, "SubnetId")?);
    if input.get("IpAddress").is_some() {
        return Err(bad_request("The sandbox takes a free address of the subnet"));
    }
    let Some((vpc, zone)) = ec2::subnet_place(account, &subnet) else {
        return Err(fault(400, "SubnetNotFound", format!("The subnet ID '{subnet}' does not exist")));
    };
    if SYSTEMS.find(account, &system)?.1.zone.as_ref().is_some_and(|own| *own != zone) {
        let message = format!("The file system '{system}' has its data in another zone than {zone}.");
        return Err(fault(400, "AvailabilityZonesMismatch", message));
    }
    for other in account.all::<Mount>().values().filter(|other| other.system == system) {
        let conflict = |message: &str| Err(fault(409, "MountTargetConflict", message));
        if other.vpc != vpc {
            return conflict("requested subnet for new mount target is not in the same VPC as existing mount targets");
        }
        if other.zone == zone {
            return conflict("mount target already exists in this AZ");
        }
    }
    let mut groups = checked(account, texts(input, "SecurityGroups"), &vpc)?;
    if groups.is_empty() {
        groups.extend(ec2::default_group(account, &vpc));
    }
    let id = format!("fsmt-{}", account.unique_hex(17));
    let description = format!("EFS mount target for {system} ({id})");
    let eni = Eni {
        subnet: &subnet,
        groups: &groups,
        description: &description,
        requester: "amazon-efs",
        reach: Reach::Private,
        tags: TagMap::new(),
    };
    let interface = ec2::create_eni(account, eni);
    let mount = Mount { system, subnet, vpc, zone, interface, groups, created: account.now, gone: None };
    account.all_mut().insert(id.clone(), mount);
    Ok(shown(account, &id, &account.all::<Mount>()[&id]))
}

/// Groups that a mount target in this VPC may have.
fn checked(account: &Account, groups: Vec<String>, vpc: &str) -> Result<Vec<String>, Fault> {
    if groups.len() > MOUNT_TARGET_GROUPS {
        return Err(fault(400, "SecurityGroupLimitExceeded", "A mount target has at most five security groups."));
    }
    let missing = groups.iter().find(|group| ec2::group_vpc(account, group).as_deref() != Some(vpc));
    missing.map_or(Ok(()), |group| {
        let message = format!("One or more of the security groups specified does not exist: {group}");
        Err(fault(400, "SecurityGroupNotFound", message))
    })?;
    Ok(groups)
}

/// `DescribeMountTargets`.
pub(super) fn describe(account: &Account, input: &Value) -> Answer {
    let one = text(input, "MountTargetId");
    let system = match (text(input, "FileSystemId"), &one) {
        (Some(system), None) => Some(SYSTEMS.find(account, &system)?.0.to_owned()),
        (None, Some(id)) => find(account, id).map(|_| None)?,
        _ => return Err(bad_request("Give the id of a file system, or that of a mount target.")),
    };
    let all = account.all::<Mount>().iter();
    let all = all.filter(|(id, mount)| {
        one.as_ref().is_none_or(|one| one == *id) && system.as_ref().is_none_or(|system| *system == mount.system)
    });
    let page = page("MountTargets", all, text(input, "Marker"), account.page_size(PAGE));
    let (mounts, next) = page.ok_or_else(|| bad_request("The marker is invalid."))?;
    let mounts: Value = mounts.into_iter().map(|(id, mount)| shown(account, id, mount)).collect();
    let mut answer = json!({ "MountTargets": mounts });
    if let Some(next) = next {
        answer["NextMarker"] = next.into();
    }
    Ok(answer)
}

fn shown(account: &Account, id: &str, mount: &Mount) -> Value {
    json!({
        "OwnerId": account.id,
        "MountTargetId": id,
        "FileSystemId": mount.system,
        "SubnetId": mount.subnet,
        "LifeCycleState": state(account.now, mount.created, MAKING, mount.gone),
        "IpAddress": ec2::eni_address(account, &mount.interface),
        "NetworkInterfaceId": mount.interface,
        "AvailabilityZoneName": mount.zone,
        "VpcId": mount.vpc,
    })
}

fn find<'a>(account: &'a Account, id: &str) -> Result<&'a Mount, Fault> {
    let missing = || fault(404, "MountTargetNotFound", format!("Mount target '{id}' does not exist."));
    account.all::<Mount>().get(id).ok_or_else(missing)
}

/// `DeleteMountTarget`.
pub(super) fn delete(account: &mut Account, input: &Value) -> Answer {
    let (id, now) = (need(input, "MountTargetId")?, account.now);
    find(account, &id)?;
    if let Some(mount) = account.all_mut::<Mount>().get_mut(&id) {
        mount.gone = mount.gone.or(Some(now + DELETING));
    }
    Ok(json!({}))
}

/// `DescribeMountTargetSecurityGroups`.
pub(super) fn groups(account: &Account, input: &Value) -> Answer {
    Ok(json!({ "SecurityGroups": find(account, &need(input, "MountTargetId")?)?.groups }))
}

/// `ModifyMountTargetSecurityGroups`.
pub(super) fn regroup(account: &mut Account, input: &Value) -> Answer {
    let id = need(input, "MountTargetId")?;
    let mount = find(account, &id)?.clone();
    if state(account.now, mount.created, MAKING, mount.gone) != "available" {
        let message = format!("The mount target '{id}' has to be available.");
        return Err(fault(409, "IncorrectMountTargetState", message));
    }
    let mut groups = checked(account, texts(input, "SecurityGroups"), &mount.vpc)?;
    if groups.is_empty() {
        groups.extend(ec2::default_group(account, &mount.vpc));
    }
    ec2::regroup_eni(account, &mount.interface, &groups);
    account.all_mut().insert(id, Mount { groups, ..mount });
    Ok(json!({}))
}

/// What becomes of an attempt to mount a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// The file system is mounted.
    Mounted,
    /// The name of the file system leads nowhere.
    Unresolved,
    /// Nothing answers at the mount target.
    Shut,
    /// The access point isn't there, or is another file system's.
    NoPoint,
}

/// Tries to mount a file system in a subnet, by a network interface that is there: through the mount target of the subnet's
/// zone ("Mounting EFS file systems", user guide). One that was never made here counts as one that somebody else mounts.
pub(crate) fn reach(account: &Account, system: &str, point: Option<&str>, subnet: &str, interface: &String) -> Reached {
    let Some((vpc, zone)) = ec2::subnet_place(account, subnet) else { return Reached::Unresolved };
    let system = bare(system);
    let Ok((_, found)) = SYSTEMS.find(account, system) else { return Reached::Mounted };
    let is_there = state_of(account, found) == "available";
    let mut mounts = account.all::<Mount>().values().filter(|mount| mount.system == system && is_there);
    let is_open = |mount: &&Mount| state(account.now, mount.created, MAKING, mount.gone) == "available";
    let Some(mount) = mounts.find(|mount| mount.vpc == vpc && mount.zone == zone && is_open(mount)) else {
        return Reached::Unresolved;
    };
    let address = ec2::eni_address(account, &mount.interface);
    match ec2::gets_through(account, [interface], &address, NFS) {
        Some(true) if point.is_none_or(|point| POINTS.is_of(account, point, system)) => Reached::Mounted,
        Some(true) => Reached::NoPoint,
        _ => Reached::Shut,
    }
}
