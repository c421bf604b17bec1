//! The environment of a job's command on this computer: what its task would have, and the way to the embedded account.

use std::collections::BTreeMap;
use std::ffi::OsString;

use serde_json::Value;

use super::list;

/// The variables of the caller's environment that are passed on. All else stays behind: it may hold credentials and other
/// secrets.
pub const PASSED: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];

/// The address of the embedded account.
pub(super) struct Reach<'a> {
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
    is_none
        || name.starts_with("AWS_ENDPOINT_URL")
        || ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_PROFILE", "AWS_SESSION_TOKEN"].contains(&name)
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
                "HOME" => "/home",
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
            {"name": "HOME", "value": "/root-of-the-image"},
            {"name": "a=b", "value": "c"},
        ]});
        let reach = Reach { url: "http://127.0.0.1:1", region: "eu-west-1" };
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
            "HOME=/root-of-the-image",
            "NODE_ENV=production",
            "PATH=/bin",
        ];
        assert_eq!(found, expected);
    }
}
