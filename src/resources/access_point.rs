//! Amazon EFS access points.

use labform_account::rules::{ACCESS_POINT_PATH, CREATION_TOKEN, POSIX_PERMISSIONS};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FileSystem;
use super::file_system::until_gone;
use crate::cloud::{Cloud, EFS, Result};
use crate::resource::{
    Calls, Checks, Field, Habits, Live, NameRule, Names, Others, Output, Pasted, Place, Plain, Presence, Problem, Read,
    Readiness, Ref, SpecRef, Waiting, all, call, document, part, replace,
};

/// An access point: the fields of CreateAccessPoint. A changed one is another one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessPoint {
    /// The access point's name, which AWS gives to no other in the account and the region.
    pub client_token: Option<String>,
    /// The file system.
    pub file_system_id: Ref<FileSystem>,
    /// The user as whom all that comes in reads and writes.
    pub posix_user: Option<PosixUser>,
    /// The directory that looks like the whole file system from here; all of it if it is left out.
    pub root_directory: Option<RootDirectory>,
}

/// A user of a file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PosixUser {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's group.
    pub gid: u32,
    /// The numbers of the user's other groups.
    pub secondary_gids: Option<Vec<u32>>,
}

/// A directory of a file system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RootDirectory {
    /// The directory's path, as in `/data`; `/` if it is left out.
    pub path: Option<String>,
    /// The owner and the permissions with which AWS makes the directory if it isn't there.
    pub creation_info: Option<CreationInfo>,
}

/// The owner and the permissions of a directory that AWS makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreationInfo {
    /// The number of the user.
    pub owner_uid: u32,
    /// The number of the group.
    pub owner_gid: u32,
    /// The permissions, as in `"0755"`.
    pub permissions: String,
}

const LIST: Read = all("DescribeAccessPoints", "AccessPoints");

impl Plain for AccessPoint {
    const KIND: &'static str = "accessPoint";
    const SECTION: &'static str = "accessPoints";
    const NAME: NameRule = NameRule::of("clientToken", CREATION_TOKEN, "any text in one line");
    const FIELDS: &'static [Field] = &[
        replace("fileSystemId"),
        replace("posixUser"),
        part("posixUser.secondaryGids").unordered(),
        replace("rootDirectory"),
        part("rootDirectory.path").default(r#""/""#),
    ];
    const PASTED: Pasted = Pasted {
        around: &["accessPoints"],
        told: &["accessPointArn", "accessPointId", "lifeCycleState", "name", "ownerId"],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EFS,
        arn: "access-point/*",
        id: "AccessPointArn",
        name: "ClientToken",
        made: "",
        brings_tags: true,
        create: call("CreateAccessPoint", "ClientToken"),
        read: &[LIST],
        list: LIST,
        updates: &[],
        delete: call("DeleteAccessPoint", "AccessPointId").by_id(),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["service"], ..Habits::USUAL };

    fn refs(&self) -> Vec<SpecRef> {
        vec![self.file_system_id.at("fileSystemId")]
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let Some(root) = &self.root_directory else { return Vec::new() };
        let path = root.path.as_deref().unwrap_or("/");
        let is_known = |text: &str| !text.contains("${");
        let odd = (is_known(path) && !ACCESS_POINT_PATH.allows(path)).then(|| {
            Problem::at("rootDirectory.path", format!("`{path}` is no directory that AWS takes"))
                .hint("write `/`, or up to four names, each after a slash, as in `/data/web`")
        });
        let info = root.creation_info.as_ref();
        let digits = info.map(|info| info.permissions.as_str()).filter(|digits| is_known(digits));
        let permissions = digits.filter(|digits| !POSIX_PERMISSIONS.allows(digits)).map(|digits| {
            Problem::at("rootDirectory.creationInfo.permissions", format!("`{digits}` are no permissions"))
                .hint("write three or four digits from 0 to 7 in quotes, as in \"0755\"")
        });
        let unmade = (path != "/" && info.is_none()).then(|| {
            let message =
                format!("AWS makes `{path}` only if it is told whose it is: until it is there, no task starts");
            Problem::at("rootDirectory.creationInfo", message)
                .hint("write `creationInfo: { ownerUid: 1000, ownerGid: 1000, permissions: \"0755\" }`")
                .warning()
        });
        [odd, permissions, unmade].into_iter().flatten().collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        want["fileSystemId"] = others.output(&self.file_system_id, "id").shown().into();
        want
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
            "error" => Readiness::Failed("it is in the state error".to_owned()),
            _ => Readiness::Ready(None),
        }
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("id", live.map(Live::id))]
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.id().to_owned(), live.arn.clone()]
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("fileSystemId").to_owned()]
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        until_gone(cloud, ("DescribeAccessPoints", "AccessPointId", "AccessPoints"), live.id(), waiting).await
    }

    /// IAM is asked whether the file system may get one.
    fn made_on(&self, _name: &str, _names: &Names, place: &Place) -> Vec<String> {
        vec![place.arn("elasticfilesystem", "file-system/*")]
    }
}
