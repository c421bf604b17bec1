//! Where credentials come from, and why there are none.

use std::error::Error;

use aws_config::profile::ProfileSet;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_types::os_shim_internal::{Env, Fs};
use serde_json::Value;

use super::not_signed_in::NotSignedIn;
use super::refusal::{Blocked, Cause, found};
use crate::model::nearest;

/// Credentials from where the SDK finds them; if there are none, it is told why in labform's words.
#[derive(Debug)]
pub(super) struct SignIn {
    credentials: SharedCredentialsProvider,
    profile: Option<String>,
}

impl SignIn {
    /// Asks `credentials`, which are to come from `profile` if the user named one.
    pub(super) fn before(credentials: SharedCredentialsProvider, profile: Option<&str>) -> Self {
        Self { credentials, profile: profile.map(str::to_owned) }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let error = match self.credentials.provide_credentials().await {
            Ok(credentials) => return Ok(credentials),
            Err(error) => error,
        };
        // What the guard refused is no trouble with credentials.
        if found::<Blocked>(&error).is_some() {
            return Err(error);
        }
        let files = Files::load(self.profile.as_deref()).await;
        match why(&files, &error) {
            Some((reason, message)) => {
                Err(CredentialsError::provider_error(Blocked { cause: Cause::NotSignedIn(reason), message }))
            }
            None => Err(error),
        }
    }
}

impl ProvideCredentials for SignIn {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.credentials.fallback_on_interrupt()
    }
}

/// What the user's files say about signing in.
struct Files {
    profiles: ProfileSet,
    /// The profile that was asked for by name, and by what.
    asked: Option<(&'static str, String)>,
    /// The start pages of IAM Identity Center that somebody has signed in at on this machine.
    signed_in: Vec<String>,
    /// Which of the two keys of the environment are there.
    keys: (bool, bool),
}

impl Files {
    async fn load(profile: Option<&str>) -> Self {
        let (env, fs) = (Env::real(), Fs::real());
        let set = |name: &str| env.get(name).ok().filter(|value| !value.is_empty());
        let asked = match profile {
            Some(name) => Some(("--profile", name.to_owned())),
            None => set("AWS_PROFILE").map(|name| ("AWS_PROFILE", name)),
        };
        let wanted = asked.as_ref().map(|(_, name)| name.clone().into());
        let profiles = aws_config::profile::load(&fs, &env, &EnvConfigFiles::default(), wanted).await;
        Self {
            // Files that can't be read hold no profile; the SDK says so in its own words.
            profiles: profiles.unwrap_or_default(),
            asked,
            signed_in: signed_in(),
            keys: (set("AWS_ACCESS_KEY_ID").is_some(), set("AWS_SECRET_ACCESS_KEY").is_some()),
        }
    }

    /// The start page of IAM Identity Center that the profile signs in at, be it by way of another profile.
    fn start_page(&self, profile: &str) -> Option<&str> {
        let mut name = profile;
        // Profiles may refer to each other in a circle.
        for _ in 0..8 {
            let profile = self.profiles.get_profile(name)?;
            let session = profile.get("sso_session").and_then(|session| self.profiles.sso_session(session));
            let page =
                session.and_then(|session| session.get("sso_start_url")).or_else(|| profile.get("sso_start_url"));
            if page.is_some() {
                return page;
            }
            name = profile.get("source_profile")?;
        }
        None
    }
}

/// Returns whether there is a file of profiles: where there is none, no profile gives credentials ("Shared config and
/// credentials files", AWS SDKs and tools reference guide).
pub fn has_files() -> bool {
    let named = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let own = |name: &str| Some(etcetera::home_dir().ok()?.join(".aws").join(name));
    let config = named("AWS_CONFIG_FILE").or_else(|| own("config"));
    let keys = named("AWS_SHARED_CREDENTIALS_FILE").or_else(|| own("credentials"));
    [config, keys].into_iter().flatten().any(|path| path.is_file())
}

/// The start pages that the cache of the AWS CLI holds a token for ("SSO token provider", AWS SDKs and tools reference
/// guide).
fn signed_in() -> Vec<String> {
    let Ok(home) = etcetera::home_dir() else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(home.join(".aws/sso/cache")).into_iter().flatten().flatten();
    let tokens = entries.filter_map(|entry| {
        let token: Value = serde_json::from_str(&std::fs::read_to_string(entry.path()).ok()?).ok()?;
        token.get("accessToken")?;
        Some(token.get("startUrl")?.as_str()?.to_owned())
    });
    tokens.collect()
}

/// The reason for `error` in the user's words; none if it isn't about signing in, as without a network.
fn why(files: &Files, error: &CredentialsError) -> Option<(NotSignedIn, String)> {
    let name = files.asked.as_ref().map_or("default", |(_, name)| name);
    if let (Some((by, name)), None) = (&files.asked, files.profiles.get_profile(name)) {
        let known: Vec<&str> = files.profiles.profiles().collect();
        let instead = match nearest(name, known.iter().copied()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None if known.is_empty() => ", which has no profile at all".to_owned(),
            None => format!(", which has: {}", sorted(known).join(", ")),
        };
        return Some((
            NotSignedIn::NoProfile,
            format!("{by} is `{name}`, and there is no such profile in ~/.aws/config{instead}"),
        ));
    }
    if let Some(page) = files.start_page(name) {
        if !files.signed_in.iter().any(|known| known.trim_end_matches(['/', '#']) == page.trim_end_matches(['/', '#']))
        {
            let message = format!("nobody has signed in with profile `{name}` on this computer yet");
            return Some((NotSignedIn::NeverSignedIn, message));
        }
        if found::<ConnectorError>(error).is_some() {
            return None;
        }
        let words = innermost(error);
        if !words.contains("is not authorized") {
            return Some((NotSignedIn::SessionExpired, format!("the session of profile `{name}` has expired")));
        }
    }
    match (files.keys, files.profiles.get_profile(name)) {
        ((true, false), _) => {
            Some((NotSignedIn::NoCredentials, "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY isn't".to_owned()))
        }
        ((false, true), _) => {
            Some((NotSignedIn::NoCredentials, "AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID isn't".to_owned()))
        }
        (_, Some(_)) => {
            Some((NotSignedIn::Failed, format!("profile `{name}` gives no credentials: {}", innermost(error))))
        }
        (_, None) => Some((NotSignedIn::NoCredentials, "there are no AWS credentials on this computer".to_owned())),
    }
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}

/// The words of the first cause: what stands around it is about the SDK.
fn innermost(error: &(dyn Error + 'static)) -> String {
    match error.source() {
        Some(source) => innermost(source),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const CONFIG: &str = "[profile aws-labs]\nsso_session = course\n[sso-session course]\n\
        sso_start_url = https://course.example/start\n[profile student]\nsource_profile = aws-labs\n\
        role_arn = arn:aws:iam::123456789012:role/x\n[profile process]\ncredential_process = /bin/false\n\
        [profile circle]\nsource_profile = circle\nrole_arn = arn:aws:iam::123456789012:role/x\n";

    async fn files(profile: Option<&str>, signed_in: &[&str], keys: (bool, bool)) -> Files {
        let fs = Fs::from_slice(&[("/me/.aws/config", CONFIG)]);
        let env = Env::from_slice(&[("HOME", "/me")]);
        let wanted = profile.map(|name| name.to_owned().into());
        Files {
            profiles: aws_config::profile::load(&fs, &env, &EnvConfigFiles::default(), wanted).await.unwrap(),
            asked: profile.map(|name| ("--profile", name.to_owned())),
            signed_in: signed_in.iter().map(|&page| page.to_owned()).collect(),
            keys,
        }
    }

    #[tokio::test]
    async fn each_reason_has_its_sentence() {
        let expired = || CredentialsError::provider_error("the SSO token has expired and cannot be refreshed");
        let none = (false, false);
        let here: &[&str] = &["https://course.example/start/"];
        let mut told = BTreeMap::new();
        for (what, profile, signed_in, keys, error) in [
            ("nothing", None, here, none, CredentialsError::not_loaded_no_source()),
            ("half of the keys", None, here, (true, false), CredentialsError::not_loaded_no_source()),
            ("typo", Some("aws-lab"), here, none, expired()),
            ("other", Some("production"), here, none, expired()),
            ("never", Some("aws-labs"), &[], none, expired()),
            ("expired", Some("aws-labs"), here, none, expired()),
            ("by way of another", Some("student"), here, none, expired()),
            ("process", Some("process"), here, none, CredentialsError::provider_error("it ended with exit status 1")),
            ("circle", Some("circle"), here, none, CredentialsError::provider_error("a circle")),
        ] {
            let (reason, message) = why(&files(profile, signed_in, keys).await, &error).unwrap();
            told.insert(what, format!("{reason:?}: {message}"));
        }
        insta::assert_snapshot!(told.into_iter().map(|(what, told)| format!("{what}: {told}")).collect::<Vec<_>>().join("\n"), @r"
        by way of another: SessionExpired: the session of profile `student` has expired
        circle: Failed: profile `circle` gives no credentials: a circle
        expired: SessionExpired: the session of profile `aws-labs` has expired
        half of the keys: NoCredentials: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY isn't
        never: NeverSignedIn: nobody has signed in with profile `aws-labs` on this computer yet
        nothing: NoCredentials: there are no AWS credentials on this computer
        other: NoProfile: --profile is `production`, and there is no such profile in ~/.aws/config, which has: aws-labs, circle, process, student
        process: Failed: profile `process` gives no credentials: it ended with exit status 1
        typo: NoProfile: --profile is `aws-lab`, and there is no such profile in ~/.aws/config; did you mean `aws-labs`?
        ");
    }

    #[tokio::test]
    async fn without_a_network_the_session_may_be_good() {
        let lost = CredentialsError::provider_error(ConnectorError::io("no route to host".into()));
        let files = files(Some("aws-labs"), &["https://course.example/start"], (false, false)).await;
        assert!(why(&files, &lost).is_none());
    }
}
