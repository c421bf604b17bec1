//! Amazon EFS file systems.

mod data;
mod mounts;
#[cfg(test)]
mod tests;

use labform_account::rules::CREATION_TOKEN;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::OnDestroy;
use super::network::together;
use super::secret::key;
use crate::cloud::{Cloud, EFS, Result, unless_gone};
use crate::model::{Unit, Usage};
use crate::resource::{
    Calls, Checks, Content, Field, Grant, Habits, Live, NameRule, Names, Need, Others, Output, Pasted, Place, Plain,
    Presence, Problem, Read, Readiness, SpecRef, UsageContext, Waiting, all, by_hand, call, change, document, part,
    replace, service_linked_role, update,
};
pub(super) use data::until_gone;
pub use mounts::MountTarget;
pub(super) use mounts::until_mounted;

/// A file system: the fields of CreateFileSystem, PutLifecycleConfiguration and CreateMountTarget.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSystem {
    /// The file system's name, which AWS gives to no other in the account and the region.
    pub creation_token: Option<String>,
    /// The way in which the file system works: `generalPurpose`, which it is if this is left out, or `maxIO`.
    pub performance_mode: Option<PerformanceMode>,
    /// Whether the data is encrypted at rest.
    pub encrypted: Option<bool>,
    /// The KMS key that encrypts it; the account's own for Amazon EFS if it is left out.
    pub kms_key_id: Option<String>,
    /// The way in which throughput grows: `bursting`, which it is if this is left out, `elastic` or `provisioned`.
    pub throughput_mode: Option<ThroughputMode>,
    /// The throughput in MiB/s, of `provisioned`; AWS charges for it by the hour.
    pub provisioned_throughput_in_mibps: Option<f64>,
    /// The zone, as in `eu-west-1a`, of a file system that has its data in one zone only.
    pub availability_zone_name: Option<String>,
    /// The times after which files that nobody reads go to cheaper storage, and whether they come back.
    pub lifecycle_policies: Option<Vec<LifecyclePolicy>>,
    /// The places at which tasks reach the file system, one a zone.
    pub mount_targets: Option<Vec<MountTarget>>,
    /// The fate of the data when the file system is destroyed.
    #[serde(skip_serializing)]
    pub on_destroy: Option<OnDestroy>,
}

/// The way in which a file system works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PerformanceMode {
    /// Operations take as little time as can be.
    #[serde(rename = "generalPurpose")]
    GeneralPurpose,
    /// Many more operations at once, each of which takes longer.
    #[serde(rename = "maxIO")]
    MaxIo,
}

/// The way in which throughput grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ThroughputMode {
    /// Throughput grows with the data, and may be higher for a while.
    Bursting,
    /// Throughput is what it has to be, and AWS charges for what goes through.
    Elastic,
    /// Throughput is fixed.
    Provisioned,
}

/// A time after which files move: one of the three.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LifecyclePolicy {
    /// The time after which a file goes to Infrequent Access, as in `AFTER_30_DAYS`.
    #[serde(rename = "transitionToIA")]
    pub transition_to_ia: Option<String>,
    /// The moment at which a file comes back: `AFTER_1_ACCESS`.
    pub transition_to_primary_storage_class: Option<String>,
    /// The time after which a file goes to Archive, as in `AFTER_90_DAYS`.
    pub transition_to_archive: Option<String>,
}

const LIST: Read = all("DescribeFileSystems", "FileSystems");

impl Plain for FileSystem {
    const KIND: &'static str = "fileSystem";
    const SECTION: &'static str = "fileSystems";
    const NAME: NameRule = NameRule::of("creationToken", CREATION_TOKEN, "any text in one line");
    const FIELDS: &'static [Field] = &[
        replace("performanceMode").default(r#""generalPurpose""#),
        replace("encrypted").default("false"),
        replace("kmsKeyId").alike(key),
        update("throughputMode").default(r#""bursting""#),
        update("provisionedThroughputInMibps").alike(|mibps| mibps.as_f64().into()),
        replace("availabilityZoneName"),
        update("lifecyclePolicies").unordered(),
        update("mountTargets").unordered(),
        part("mountTargets[].securityGroups").unordered(),
    ];
    const PASTED: Pasted = Pasted {
        around: &["fileSystems"],
        told: &[
            "availabilityZoneId",
            "creationTime",
            "fileSystemArn",
            "fileSystemId",
            "lifeCycleState",
            "name",
            "numberOfMountTargets",
            "ownerId",
            "sizeInBytes",
        ],
        beyond: &[("fileSystemProtection", r#"{"replicationOverwriteProtection": "ENABLED"}"#)],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EFS,
        arn: "file-system/*",
        id: "FileSystemArn",
        name: "CreationToken",
        made: "",
        brings_tags: true,
        create: call("CreateFileSystem", "CreationToken"),
        read: &[LIST],
        list: LIST,
        updates: &[
            change(
                call("UpdateFileSystem", "FileSystemId").by_id(),
                &["throughputMode", "provisionedThroughputInMibps"],
            )
            .given(),
            change(call("PutLifecycleConfiguration", "FileSystemId").by_id(), &["lifecyclePolicies"]).after_create(),
            by_hand(&["mountTargets"]).after_create(),
        ],
        delete: call("DeleteFileSystem", "FileSystemId").by_id(),
        restore: None,
    };
    /// What it stands in may be replaced without it, because its data may not.
    const HABITS: Habits = Habits { holds: false, goes_after: &["service"], ..Habits::USUAL };

    fn refs(&self) -> Vec<SpecRef> {
        self.mount_refs()
    }

    /// What is stored is charged for by its size, as what a bucket stores.
    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        match document["provisionedThroughputInMibps"].as_f64() {
            Some(mibps) => Usage {
                amounts: vec![(Unit::FileThroughput, mibps)],
                words: vec![format!("file system with {mibps} MiB/s")],
                ..Usage::default()
            },
            None => Usage::default(),
        }
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let is_provisioned = self.throughput_mode == Some(ThroughputMode::Provisioned);
        let has_throughput = self.provisioned_throughput_in_mibps.is_some();
        let throughput = (is_provisioned != has_throughput).then(|| {
            let message = "`throughputMode: provisioned` and `provisionedThroughputInMibps` go together";
            Problem::at("provisionedThroughputInMibps", message).hint("give both, or neither")
        });
        let is_open = self.kms_key_id.is_some() && self.encrypted != Some(true);
        let key = is_open.then(|| {
            Problem::at("kmsKeyId", "a key encrypts nothing of a file system that isn't encrypted")
                .hint("write `encrypted: true`")
        });
        let mut problems: Vec<Problem> = throughput.into_iter().chain(key).collect();
        problems.extend(self.mount_problems());
        problems.extend(together(&Plain::refs(self), checks));
        problems
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        self.mount_obstacle(others)
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        self.want_mounts(&[], others, &mut want);
        want
    }

    fn keep(&self, live: &Live, others: &Others, want: &mut Value) {
        self.want_mounts(&mounts::subnets(live), others, want);
        mounts::keep_groups(live, want);
    }

    /// AWS tells of mount targets and of the lifecycle in other calls.
    async fn inspect(&self, cloud: &Cloud, mut live: Live) -> Result<Live> {
        if self.lifecycle_policies.is_some() {
            let asked = json!({ "FileSystemId": live.id() });
            let answer = unless_gone(cloud.call(&EFS, "DescribeLifecycleConfiguration", asked).await)?;
            let said = EFS.case.fields(answer.unwrap_or_default());
            live.document["lifecyclePolicies"] = said["lifecyclePolicies"].clone();
        }
        match self.mount_targets {
            Some(_) => mounts::read(cloud, live).await,
            None => Ok(live),
        }
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        match fields.get("mountTargets") {
            Some(want) => mounts::close(cloud, live.id(), want).await,
            None => Ok(()),
        }
    }

    fn presence(live: &Live) -> Presence {
        match live.text("lifeCycleState") {
            "deleted" => Presence::Gone,
            "deleting" => Presence::Leaving,
            _ => Presence::There,
        }
    }

    fn readiness(live: &Live) -> Readiness {
        match live.text("lifeCycleState") {
            "creating" => Readiness::Pending("AWS is making it (creating)".to_owned()),
            "updating" => Readiness::Pending("AWS is changing it (updating)".to_owned()),
            "error" => Readiness::Failed("it is in the state error".to_owned()),
            _ => mounts::readiness(live),
        }
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("id", live.map(Live::id))]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.id().to_owned(), live.arn.clone()]
    }

    fn on_destroy(&self) -> Content {
        OnDestroy::content(self.on_destroy)
    }

    async fn free(cloud: &Cloud, live: &Live, content: Content) -> Result<()> {
        data::free(cloud, live, content).await
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        until_gone(cloud, ("DescribeFileSystems", "FileSystemId", "FileSystems"), live.id(), waiting).await
    }

    /// AWS can't limit the making of file systems to their names.
    fn made_on(&self, _name: &str, _names: &Names, _place: &Place) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let read = |need, actions| Grant::in_region(need, actions, place);
        // What its data is protected by.
        let mut grants = vec![read(Need::Delete, &["elasticfilesystem:DescribeMountTargets"])];
        if self.lifecycle_policies.is_some() {
            grants.push(read(Need::Compare, &["elasticfilesystem:DescribeLifecycleConfiguration"]));
        }
        if self.mount_targets.is_some() {
            let targets = &[
                "elasticfilesystem:CreateMountTarget",
                "elasticfilesystem:DeleteMountTarget",
                "elasticfilesystem:ModifyMountTargetSecurityGroups",
            ];
            let interfaces = &[
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:ModifyNetworkInterfaceAttribute",
            ];
            let reads =
                &["elasticfilesystem:DescribeMountTargetSecurityGroups", "elasticfilesystem:DescribeMountTargets"];
            grants.extend([
                read(Need::Compare, reads),
                Grant::on_owned(Need::Change, targets, place),
                read(Need::Change, interfaces),
                service_linked_role("elasticfilesystem.amazonaws.com"),
            ]);
        }
        if self.on_destroy == Some(OnDestroy::Empty) {
            grants.push(Grant::on_owned(Need::Destroy, &["elasticfilesystem:DeleteMountTarget"], place));
            grants.push(read(Need::Destroy, &["ec2:DeleteNetworkInterface"]));
        }
        grants
    }
}
