//! Docker's settings for one build: the user's own, and labform as the helper that hands over its logins.
//!
//! The login to the registry goes neither to disk nor into arguments: Docker asks a credential helper for it, which is
//! labform itself under another name, and that reads it from its environment. The folder is its owner's alone, and of
//! the user's settings it holds those that a build needs and no secret can stand in.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::model::holds_a_secret;
use crate::registry::Login;

/// The beginning of the folder's name.
const PREFIX: &str = "labform-docker-";
/// The name under which labform is Docker's credential helper.
pub const HELPER: &str = "docker-credential-labform";
/// The variable in which the helper finds the logins: a JSON object of `Username` and `Secret` by registry.
pub const CREDENTIALS: &str = "LABFORM_DOCKER_CREDENTIALS";

/// The settings that a build goes by.
const TAKEN: [&str; 6] = ["cliPluginsExtraDirs", "credHelpers", "credsStore", "currentContext", "features", "proxies"];

/// A folder of Docker's settings for one build: the user's own, and labform as the helper for the registry.
pub(super) struct Desk {
    folder: TempDir,
    /// The user's own settings.
    own: Option<PathBuf>,
    logins: Map<String, Value>,
    /// The settings that a build may miss: a password stands in them.
    pub(super) left_out: Vec<&'static str>,
}

impl Desk {
    pub(super) fn new(host: &str, login: &Login) -> io::Result<Self> {
        let own = env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let own = own.or_else(|| Some(env::home_dir()?.join(".docker")));
        let mut desk = Self { folder: own_folder()?, own, logins: Map::new(), left_out: Vec::new() };
        desk.sign_in(host, login);
        fs::create_dir(desk.config())?;
        fs::create_dir(desk.programs())?;
        let helper = desk.programs().join(format!("{HELPER}{}", env::consts::EXE_SUFFIX));
        link(&env::current_exe()?, &helper)?;
        let settings = desk.settings();
        let mut file = own_file(&desk.config().join("config.json"))?;
        file.write_all(settings.to_string().as_bytes())?;
        Ok(desk)
    }

    fn sign_in(&mut self, host: &str, login: &Login) {
        if let Login::Basic { user, password } = login {
            let login = json!({ "Username": user, "Secret": password.reveal() });
            self.logins.insert(host.to_owned(), login);
        }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// The user's settings with labform as the helper for every login that isn't another helper's: those that stand in
    /// the user's file are handed over, and not written down once more.
    fn settings(&mut self) -> Value {
        let read = self.own.as_ref().and_then(|own| fs::read(own.join("config.json")).ok());
        let read = read.and_then(|text| serde_json::from_slice(&text).ok());
        let mut settings: Map<String, Value> = read.unwrap_or_default();
        if let Some(Value::Object(logins)) = settings.remove("auths") {
            for (host, login) in logins {
                if let (Some(login), false) = (written(&login), self.logins.contains_key(&host)) {
                    self.logins.insert(host, login);
                }
            }
        }
        settings.retain(|name, _| TAKEN.contains(&name.as_str()));
        for name in TAKEN {
            if settings.get(name).is_some_and(has_password) {
                settings.remove(name);
                self.left_out.push(name);
            }
        }
        let mut helpers: Map<String, Value> = match settings.remove("credHelpers") {
            Some(Value::Object(helpers)) => helpers,
            _ => Map::new(),
        };
        helpers.extend(self.logins.keys().map(|host| (host.clone(), "labform".into())));
        settings.insert("credHelpers".to_owned(), Value::Object(helpers));
        if let Some(own) = &self.own {
            let plugins = settings.entry("cliPluginsExtraDirs").or_insert_with(|| json!([]));
            if let Some(plugins) = plugins.as_array_mut() {
                plugins.push(own.join("cli-plugins").to_string_lossy().into());
            }
            let contexts = own.join("contexts");
            if link_folder(&contexts, &self.config().join("contexts")).is_err() {
                settings.remove("currentContext");
            }
        }
        Value::Object(settings)
    }

    pub(super) fn environment(&self) -> io::Result<BTreeMap<&'static str, OsString>> {
        let path = env::var_os("PATH").unwrap_or_default();
        let path = [self.programs()].into_iter().chain(env::split_paths(&path));
        let path = env::join_paths(path).map_err(io::Error::other)?;
        let mut environment = BTreeMap::from([
            ("DOCKER_CONFIG", self.config().into()),
            ("PATH", path),
            (CREDENTIALS, Value::Object(self.logins.clone()).to_string().into()),
        ]);
        if let (Some(own), None) = (&self.own, env::var_os("BUILDX_CONFIG")) {
            environment.insert("BUILDX_CONFIG", own.join("buildx").into());
        }
        Ok(environment)
    }
}

/// The login that an entry of `auths` in Docker's settings holds.
fn written(login: &Value) -> Option<Value> {
    if let Some(token) = login["identitytoken"].as_str() {
        return Some(json!({ "Username": "<token>", "Secret": token }));
    }
    let text = aws_smithy_types::base64::decode(login["auth"].as_str()?).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (user, password) = text.split_once(':')?;
    Some(json!({ "Username": user, "Secret": password }))
}

/// Returns whether a password stands in a value, as in the URL of a proxy.
fn has_password(value: &Value) -> bool {
    match value {
        Value::String(text) => holds_a_secret(text),
        Value::Array(values) => values.iter().any(has_password),
        Value::Object(fields) => fields.values().any(has_password),
        _ => false,
    }
}

#[cfg(unix)]
fn own_folder() -> io::Result<TempDir> {
    use std::os::unix::fs::PermissionsExt as _;

    let own = fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().prefix(PREFIX).permissions(own).tempdir()
}

#[cfg(not(unix))]
fn own_folder() -> io::Result<TempDir> {
    TempDir::with_prefix(PREFIX)
}

/// A new file that its owner alone may read.
fn own_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn link(program: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, link)
}

#[cfg(not(unix))]
fn link(program: &Path, link: &Path) -> io::Result<()> {
    fs::copy(program, link).map(drop)
}

#[cfg(unix)]
fn link_folder(folder: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(folder, link)
}

#[cfg(not(unix))]
fn link_folder(folder: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(folder, link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn desk(own: &Path) -> Desk {
        let mut desk = Desk {
            folder: tempfile::tempdir().unwrap(),
            own: Some(own.to_owned()),
            logins: Map::new(),
            left_out: Vec::new(),
        };
        let login = Login::Basic { user: "AWS".to_owned(), password: Secret::new("word") };
        desk.sign_in("registry.example", &login);
        fs::create_dir(desk.config()).unwrap();
        desk
    }

    #[test]
    fn no_login_is_written_down_and_the_users_settings_stay() {
        let own = tempfile::tempdir().unwrap();
        let settings = json!({
            "auths": {
                "https://index.docker.io/v1/": {"auth": "bWU6aHVudGVyMg=="},
                "token.example": {"identitytoken": "long"},
                "kept.example": {},
            },
            "credHelpers": {"other.example": "pass"},
            "credsStore": "desktop", "currentContext": "colima", "cliPluginsExtraDirs": ["plugins"],
            "HttpHeaders": {"X-Meta-Auth": "hunter3"}, "plugins": {"x": {"key": "hunter3"}},
            "proxies": {"default": {"httpProxy": "http://me:hunter3@proxy.example"}},
        });
        fs::write(own.path().join("config.json"), settings.to_string()).unwrap();
        let mut desk = desk(own.path());
        let settings = desk.settings();
        let helpers = json!({
            "https://index.docker.io/v1/": "labform", "token.example": "labform",
            "registry.example": "labform", "other.example": "pass",
        });
        assert_eq!(settings["credHelpers"], helpers);
        assert_eq!(desk.left_out, ["proxies"]);
        assert_eq!(settings["credsStore"], "desktop");
        assert_eq!(settings["currentContext"], "colima");
        let plugins = own.path().join("cli-plugins");
        assert_eq!(settings["cliPluginsExtraDirs"], json!(["plugins", plugins]));
        for secret in ["word", "hunter2", "hunter3", "bWU6", "long"] {
            assert!(!settings.to_string().contains(secret), "{secret}");
        }
        let logins = json!({
            "registry.example": {"Username": "AWS", "Secret": "word"},
            "https://index.docker.io/v1/": {"Username": "me", "Secret": "hunter2"},
            "token.example": {"Username": "<token>", "Secret": "long"},
        });
        assert_eq!(Value::Object(desk.logins.clone()), logins);
        let environment = desk.environment().unwrap();
        let told: Value = serde_json::from_str(environment[CREDENTIALS].to_str().unwrap()).unwrap();
        assert_eq!(told, logins);
        let path = env::split_paths(&environment["PATH"]).next();
        assert_eq!(path, Some(desk.programs()));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_the_folder() {
        use std::os::unix::fs::PermissionsExt as _;

        let desk = Desk::new("registry.example", &Login::Anonymous).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(desk.folder.path()), 0o700);
        assert_eq!(mode(&desk.config().join("config.json")), 0o600);
    }
}
