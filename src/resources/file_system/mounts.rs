//! The mount targets of a file system: where in a network tasks reach it.
//!
//! They carry no tags, so that they are their file system's: a part of it, which is found, made and deleted through it.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::try_join_all;
use labform_account::rules::MOUNT_TARGET_GROUPS;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::FileSystem;
use crate::cloud::{Cloud, EFS, Result, unless_gone};
use crate::model::AFTER_APPLY;
use crate::resource::{Live, Others, Problem, Readiness, Ref, SpecRef, Waiting, document};
use crate::resources::SecurityGroup;
use crate::resources::ecs::{list, text, texts};
use crate::resources::groups_apart::group_apart;
use crate::resources::network::own_subnet;
use crate::resources::vpc::{Stands, Vpc, is_looked_up, subnet_ids};

/// The field that holds the mount targets.
const FIELD: &str = "mountTargets";
/// The field of what AWS says of them beside what the spec may: their states, by subnet.
const STATES: &str = "mountTargetStates";
/// The longest that something waits for mount targets that AWS is making, which takes a minute or two.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// The pause between two looks at them.
const PAUSE: Duration = Duration::from_secs(5);

/// A place at which tasks reach a file system: the fields of CreateMountTarget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MountTarget {
    /// The subnet: a name below `subnets`, a zone of the lab's VPC, as in `eu-west-1a`, or an id.
    pub subnet_id: String,
    /// The groups that say who comes in, by TCP port 2049; the VPC's default group if it is left out.
    pub security_groups: Option<Vec<Ref<SecurityGroup>>>,
}

impl FileSystem {
    fn mounts(&self) -> impl Iterator<Item = (String, &MountTarget)> {
        let all = self.mount_targets.iter().flatten().enumerate();
        all.map(|(n, target)| (format!("{FIELD}[{n}]"), target))
    }

    /// The references to subnets and groups.
    pub(super) fn mount_refs(&self) -> Vec<SpecRef> {
        let mut refs = Vec::new();
        for (at, target) in self.mounts() {
            refs.extend(own_subnet(&target.subnet_id).map(|own| own.at(format!("{at}.subnetId"))));
            refs.extend(is_looked_up(Some(target.place())).then(|| Vpc::reference().at(format!("{at}.subnetId"))));
            let groups = target.security_groups.iter().flatten().enumerate();
            refs.extend(groups.map(|(n, group)| group.at(format!("{at}.securityGroups[{n}]"))));
        }
        refs
    }

    /// What is wrong with the mount targets by themselves.
    pub(super) fn mount_problems(&self) -> Vec<Problem> {
        let (mut problems, mut seen) = (Vec::new(), BTreeSet::new());
        for (at, target) in self.mounts() {
            if !seen.insert(&target.subnet_id) {
                let message = format!("there are two mount targets in `{}`", target.subnet_id);
                problems.push(Problem::at(format!("{at}.subnetId"), message).hint("AWS takes one in each zone"));
            }
            let count = target.security_groups.as_ref().map(Vec::len);
            if let Some(count) = count.filter(|count| !(1..=MOUNT_TARGET_GROUPS).contains(count)) {
                let message = format!("a mount target has 1 to {MOUNT_TARGET_GROUPS} groups, and this one has {count}");
                let hint = "leave `securityGroups` out for the default group of the VPC";
                problems.push(Problem::at(format!("{at}.securityGroups"), message).hint(hint));
            }
        }
        if let (Some(zone), true) = (&self.availability_zone_name, seen.len() > 1) {
            let message = format!("the file system has its data in {zone} only, and one mount target there");
            problems.push(
                Problem::at(FIELD, message).hint("keep the one in that zone, or leave out `availabilityZoneName`"),
            );
        }
        problems
    }

    /// Why a mount target can't stand where the spec puts it, if it can't.
    pub(super) fn mount_obstacle(&self, others: &Others) -> Option<String> {
        self.mounts().find_map(|(_, target)| {
            let groups = target.security_groups.as_ref();
            let misplaced = subnet_ids(Some(target.place()), Stands::Inside, &[], others).and_then(Result::err);
            group_apart(groups, Some(target.place()), others).or(misplaced)
        })
    }

    /// Writes ids of subnets and groups into what is wanted, as far as they are known: in a zone those that are `kept`.
    pub(super) fn want_mounts(&self, kept: &[String], others: &Others, want: &mut Value) {
        if self.mount_targets.is_none() {
            return;
        }
        let wanted = self.mounts().map(|(_, target)| {
            let mut want = document(target);
            let subnet = subnet_ids(Some(target.place()), Stands::Inside, kept, others);
            let subnet = subnet.map(|ids| ids.ok().and_then(|ids| ids.into_iter().next()));
            want["subnetId"] = match subnet {
                Some(id) => id.unwrap_or_else(|| target.subnet_id.clone()).into(),
                None => AFTER_APPLY.into(),
            };
            if let Some(groups) = &target.security_groups {
                let ids = groups.iter().map(|group| others.live(group).map(|live| live.group_id.clone()).shown());
                want["securityGroups"] = json!(ids.collect::<BTreeSet<_>>());
            }
            want
        });
        want[FIELD] = wanted.collect();
    }
}

impl MountTarget {
    fn place(&self) -> &[String] {
        std::slice::from_ref(&self.subnet_id)
    }
}

/// Puts the groups of live mount targets into what is wanted of them, where the spec names none.
pub(super) fn keep_groups(live: &Live, want: &mut Value) {
    for want in want[FIELD].as_array_mut().into_iter().flatten().filter(|want| want["securityGroups"].is_null()) {
        let have = list(&live.document, FIELD).find(|have| have["subnetId"] == want["subnetId"]);
        if let Some(groups) = have.map(|have| have["securityGroups"].clone()) {
            want["securityGroups"] = groups;
        }
    }
}

/// The subnets in which a live file system has mount targets.
pub(super) fn subnets(live: &Live) -> Vec<String> {
    list(&live.document, FIELD).map(|target| text(target, "subnetId")).collect()
}

/// The mount targets of the file system of this id, also those that AWS is deleting.
///
/// # Errors
/// If they can't be read.
pub(super) async fn targets(cloud: &Cloud, id: &str) -> Result<Vec<Value>> {
    let asked = json!({ "FileSystemId": id });
    let pages = unless_gone(cloud.pages(&EFS, "DescribeMountTargets", asked).await)?.unwrap_or_default();
    let all = pages.iter().flat_map(|page| list(page, "MountTargets"));
    Ok(all.filter(|target| target["LifeCycleState"] != "deleted").cloned().collect())
}

pub(super) fn is_leaving(target: &Value) -> bool {
    target["LifeCycleState"] == "deleting"
}

/// Notes the mount targets of a live file system, with the groups of each.
///
/// # Errors
/// If they can't be read.
pub(super) async fn read(cloud: &Cloud, mut live: Live) -> Result<Live> {
    let mut targets = targets(cloud, live.id()).await?;
    targets.retain(|target| !is_leaving(target));
    let groups = try_join_all(targets.iter().map(|target| groups(cloud, target))).await?;
    let shown = targets
        .iter()
        .zip(groups)
        .map(|(target, groups)| json!({ "subnetId": target["SubnetId"], "securityGroups": groups }));
    live.document[FIELD] = shown.collect();
    let states = targets.iter().map(|target| (text(target, "SubnetId"), target["LifeCycleState"].clone()));
    live.document[STATES] = Value::Object(states.collect());
    Ok(live)
}

/// The groups of a mount target, by their ids; none if it is gone by now.
async fn groups(cloud: &Cloud, target: &Value) -> Result<BTreeSet<String>> {
    let asked = json!({ "MountTargetId": target["MountTargetId"] });
    let answer = unless_gone(cloud.call(&EFS, "DescribeMountTargetSecurityGroups", asked).await)?;
    Ok(texts(&answer.unwrap_or_default()["SecurityGroups"]).into_iter().collect())
}

/// Returns whether a file system's mount targets do their work.
pub(super) fn readiness(live: &Live) -> Readiness {
    let states = live.document[STATES].as_object();
    let in_state =
        |word: &str| states.into_iter().flatten().find(|(_, state)| *state == word).map(|(subnet, _)| subnet);
    match (in_state("creating").or_else(|| in_state("updating")), in_state("error")) {
        (_, Some(subnet)) => Readiness::Failed(format!("its mount target in {subnet} is in the state error")),
        (Some(subnet), None) => Readiness::Pending(format!("AWS is making its mount target in {subnet}")),
        (None, None) => Readiness::Ready(None),
    }
}

/// Brings the mount targets of the file system of this id to those that are wanted. It bears being called twice.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn close(cloud: &Cloud, id: &str, want: &Value) -> Result<()> {
    let mut have = targets(cloud, id).await?;
    have.retain(|target| !is_leaving(target));
    let wants = || want.as_array().into_iter().flatten();
    let is_at = |want: &Value, target: &Value| want["subnetId"] == target["SubnetId"];
    for target in have.iter().filter(|target| !wants().any(|want| is_at(want, target))) {
        delete(cloud, target).await?;
    }
    for want in wants() {
        let groups = &want["securityGroups"];
        let Some(target) = have.iter().find(|target| is_at(want, target)) else {
            let mut asked = json!({ "FileSystemId": id, "SubnetId": want["subnetId"] });
            if !groups.is_null() {
                asked["SecurityGroups"] = groups.clone();
            }
            cloud.call(&EFS, "CreateMountTarget", asked).await?;
            continue;
        };
        let wanted: BTreeSet<String> = texts(groups).into_iter().collect();
        if !groups.is_null() && self::groups(cloud, target).await? != wanted {
            let asked = json!({ "MountTargetId": target["MountTargetId"], "SecurityGroups": wanted });
            cloud.call(&EFS, "ModifyMountTargetSecurityGroups", asked).await?;
        }
    }
    Ok(())
}

/// Begins to delete a mount target, which AWS takes its time for.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn delete(cloud: &Cloud, target: &Value) -> Result<()> {
    let asked = json!({ "MountTargetId": target["MountTargetId"] });
    unless_gone(cloud.call(&EFS, "DeleteMountTarget", asked).await).map(drop)
}

/// Waits until AWS has made the mount targets of the file systems among `others`, without which no task that mounts one
/// starts. Those that aren't made in time are told of when everything is to work.
///
/// # Errors
/// If they can't be read.
pub(in crate::resources) async fn until_mounted(cloud: &Cloud, others: &Others, waiting: &Waiting) -> Result<()> {
    let end = cloud.now() + PATIENCE;
    let known = others.all::<FileSystem>().filter_map(|(_, live)| live.now());
    let is_pending = |live: &&Live| {
        let states = live.document[STATES].as_object();
        let is_made = states.is_some_and(|states| states.values().all(|state| state == "available"));
        !subnets(live).is_empty() && !is_made
    };
    let pending: Vec<&Live> = known.filter(is_pending).collect();
    for live in pending {
        loop {
            let targets = targets(cloud, live.id()).await?;
            if cloud.now() > end || !targets.iter().any(|target| target["LifeCycleState"] == "creating") {
                break;
            }
            waiting.pause(cloud, "AWS is making the file system's mount targets", PAUSE).await?;
        }
    }
    Ok(())
}
