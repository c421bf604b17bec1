//! The environment of a job's command on this computer: what its task would have, and the way to the embedded account.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::list;

/// The variables of the caller's environment that are passed on. All else stays behind: it may hold credentials and other
/// secrets.
pub const PASSED: [&str; 3] = ["PATH", "LANG", "TMPDIR"];
/// The variables by which AWS SDKs find other credentials, or another address, than those that are set here.
const LEADS_AWAY: [&str; 10] = [
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_EXPIRATION",
];

/// The home folder of all that runs for the account in `file`, which is empty at first: the caller's own holds keys, as in
/// `~/.aws` and `~/.ssh`.
///
/// # Errors
/// If there is something else in its place, or it can't be made.
pub fn home(file: &Path) -> io::Result<PathBuf> {
    let mut folder = std::path::absolute(file)?.into_os_string();
    folder.push(".home");
    let folder = PathBuf::from(folder);
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(&folder) {
        // A link may lead to the caller's own.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !fs::symlink_metadata(&folder)?.is_dir() => {
            Err(io::Error::new(error.kind(), format!("{} is no folder", folder.display())))
        }
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(io::Error::new(error.kind(), format!("{}: {error}", folder.display())))
        }
        _ => Ok(folder),
    }
}

/// The place of the embedded account, and of what runs for it.
pub(super) struct Reach<'a> {
    /// The home folder.
    pub(super) home: &'a Path,
    /// The endpoint.
    pub(super) url: &'a str,
    /// The region of the task.
    pub(super) region: &'a str,
}

/// The environment of the command of `container`. `caller` gives the variables of the caller.
///
/// Variables that would lead an AWS SDK away from the embedded account are left out: other endpoints, profiles, and
/// the files in the home folder. The embedded account checks no keys, but clients don't start without any.
pub(super) fn environment(
    container: &Value,
    caller: impl Fn(&str) -> Option<OsString>,
    reach: &Reach<'_>,
) -> BTreeMap<OsString, OsString> {
    let passed = PASSED.into_iter().filter_map(|name| Some((name.into(), caller(name)?)));
    let mut environment: BTreeMap<OsString, OsString> = passed.collect();
    environment.insert("HOME".into(), reach.home.into());
    let mut set = |name: &str, value: &str| drop(environment.insert(name.into(), value.into()));
    // What Fargate sets ("Amazon ECS environment variables", developer guide).
    set("AWS_REGION", reach.region);
    set("AWS_DEFAULT_REGION", reach.region);
    set("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE");
    for variable in list(container, "environment") {
        let text = |field: &str| variable[field].as_str().unwrap_or_default();
        if !leads_away(text("name")) {
            set(text("name"), text("value"));
        }
    }
    set("AWS_ENDPOINT_URL", reach.url);
    set("AWS_ACCESS_KEY_ID", "sandbox");
    set("AWS_SECRET_ACCESS_KEY", "sandbox");
    set("AWS_CONFIG_FILE", "/dev/null");
    set("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
    set("AWS_EC2_METADATA_DISABLED", "true");
    environment
}

/// Returns whether a variable would lead an AWS SDK to another account, or isn't one that a process can have.
fn leads_away(name: &str) -> bool {
    let is_none = name.is_empty() || name.contains(['=', '\0']);
    is_none || name.starts_with("AWS_ENDPOINT_URL") || LEADS_AWAY.contains(&name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_task_would_have_and_the_way_to_the_account_is_there() {
        let caller = |name: &str| {
            let value = match name {
                "PATH" => "/bin",
                "HOME" => "/me",
                "AWS_SECRET_ACCESS_KEY" | "GITHUB_TOKEN" => "secret",
                _ => return None,
            };
            Some(value.into())
        };
        let container = json!({"environment": [
            {"name": "NODE_ENV", "value": "production"},
            {"name": "AWS_DEFAULT_REGION", "value": "eu-north-1"},
            {"name": "AWS_ENDPOINT_URL_S3", "value": "https://s3.example"},
            {"name": "AWS_ACCESS_KEY_ID", "value": "AKIDREAL"},
            {"name": "AWS_PROFILE", "value": "mine"},
            {"name": "AWS_WEB_IDENTITY_TOKEN_FILE", "value": "/me/token"},
            {"name": "a=b", "value": "c"},
        ]});
        let reach = Reach { home: Path::new("/account.home"), url: "http://127.0.0.1:1", region: "eu-west-1" };
        let found = environment(&container, caller, &reach);
        let found: Vec<String> =
            found.iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect();
        let expected = [
            "AWS_ACCESS_KEY_ID=sandbox",
            "AWS_CONFIG_FILE=/dev/null",
            "AWS_DEFAULT_REGION=eu-north-1",
            "AWS_EC2_METADATA_DISABLED=true",
            "AWS_ENDPOINT_URL=http://127.0.0.1:1",
            "AWS_EXECUTION_ENV=AWS_ECS_FARGATE",
            "AWS_REGION=eu-west-1",
            "AWS_SECRET_ACCESS_KEY=sandbox",
            "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
            "HOME=/account.home",
            "NODE_ENV=production",
            "PATH=/bin",
        ];
        assert_eq!(found, expected);
    }

    #[cfg(unix)]
    #[test]
    fn the_home_folder_is_beside_the_account_and_never_the_callers_own() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("account.json");
        let own = home(&file).unwrap();
        assert_eq!(own, folder.path().join("account.json.home"));
        assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(home(&file).unwrap(), own);
        fs::remove_dir(&own).unwrap();
        std::os::unix::fs::symlink(folder.path(), &own).unwrap();
        assert!(home(&file).unwrap_err().to_string().contains("account.json.home is no folder"));
    }
}
