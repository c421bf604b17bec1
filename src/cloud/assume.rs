//! Sessions of roles in other accounts, from the caller's own credentials.
//!
//! STS counts the calls of the caller's account in the region that is asked, so that all of them go one after the other
//! through one place. Which region that is: [`sts_region`].

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use labform_account::rules::WITHOUT_OPT_IN;

use super::{Cause, Cloud, CloudError, ErrorKind, Forbids, Result};

/// The time for which a role is assumed: AWS allows no more to a caller whose own credentials are a role's ("Roles terms and
/// concepts", IAM user guide: role chaining), and refuses more instead of giving less.
const HOUR: i32 = 3600;
/// The time between two calls, so that 50 go in a second: STS takes 600 a second of an account in a region, with all else
/// that others ask of it there ("IAM and AWS STS quotas", IAM user guide).
const APART: Duration = Duration::from_millis(20);
/// The time from the command's begin on in which a refusal may be that of a role which was made just before it: IAM takes
/// seconds to spread one.
const FRESH: Duration = Duration::from_secs(30);
/// The time until a role is asked for again.
const FIRST: Duration = Duration::from_secs(1);
/// The longest time between two calls for one role.
const LONGEST: Duration = Duration::from_secs(8);
/// Words by which STS says besides that a refusal is for good: who refuses isn't the role ("Troubleshoot access denied error
/// messages", IAM user guide).
const FOR_GOOD: [&str; 2] = ["identity-based policy", "MultiFactorAuthentication"];
/// The starts of the names of regions in other partitions, where no region has to be opted in to.
const OTHER_PARTITIONS: [&str; 2] = ["cn-", "us-gov-"];

/// A role that is assumed to get into an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// The external id that the role's trust may demand.
    pub external_id: Option<String>,
    /// The name of the session, which the account's own log shows.
    pub session_name: String,
}

/// Returns the region in which STS is asked for roles of accounts whose labs stand in `lab`: the caller's own, by the
/// environment or the profile, or else the lab's, or else us-east-1; the first of these that no account has to opt in to. In
/// such a region STS takes each caller and each account, and its tokens are good in all regions ("Manage AWS STS in an AWS
/// Region", IAM user guide).
pub async fn sts_region(profile: Option<&str>, lab: &str) -> String {
    let mut of_profile = ProfileFileRegionProvider::builder();
    if let Some(profile) = profile {
        of_profile = of_profile.profile_name(profile);
    }
    let own = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(of_profile.build());
    let own = own.region().await;
    chosen([own.as_ref().map(AsRef::as_ref), Some(lab)]).to_owned()
}

fn chosen(regions: [Option<&str>; 2]) -> &str {
    let is_open = |region: &&str| {
        WITHOUT_OPT_IN.contains(region) || OTHER_PARTITIONS.iter().any(|start| region.starts_with(start))
    };
    regions.into_iter().flatten().find(is_open).unwrap_or("us-east-1")
}

/// The caller who assumes roles, in the region of its clients.
#[derive(Clone, Debug)]
pub struct Assuming {
    cloud: Cloud,
    begun: SystemTime,
    /// The time of the next call.
    next: Arc<Mutex<SystemTime>>,
}

impl Assuming {
    /// The caller whose clients these are. What it is refused from now on for a while may be a role that was just made.
    pub fn of(cloud: &Cloud) -> Self {
        let begun = cloud.now();
        Self { cloud: cloud.clone(), begun, next: Arc::new(Mutex::new(begun)) }
    }

    /// Returns clients with the credentials of a role in `account`, which is the only one that they change. The role is
    /// assumed at once, and again before its session ends. `waits` is told if a refusal is waited out.
    ///
    /// # Errors
    /// If the role can't be assumed.
    pub async fn enter(&self, region: &str, account: &str, role: &Role, waits: impl Fn()) -> Result<Cloud> {
        let session = RoleSession { by: self.clone(), role: role.clone() };
        let mut wait = FIRST;
        let first = loop {
            match session.call().await {
                Err(error) if self.may_pass(&error) => {
                    if wait == FIRST {
                        waits();
                    }
                    self.cloud.sleep(wait).await;
                    wait = (wait * 2).min(LONGEST);
                }
                end => break end?,
            }
        };
        Ok(self.cloud.as_caller(region, account, session, first))
    }

    /// Returns whether a refusal may be that of a role which has yet to spread.
    fn may_pass(&self, error: &CloudError) -> bool {
        error.kind() == ErrorKind::Denied
            && Forbids::of(error.message()).is_none()
            && !FOR_GOOD.iter().any(|words| error.message().contains(words))
            && self.cloud.since(self.begun) < FRESH
    }

    /// Waits for the turn of the next call.
    async fn turn(&self) {
        let now = self.cloud.now();
        let at = {
            let mut next = self.next.lock().expect("nothing panics while it holds the lock");
            // A clock that was set back doesn't make anybody wait.
            let at = if *next > now + FRESH { now } else { now.max(*next) };
            *next = at + APART;
            at
        };
        let wait = at.duration_since(now).unwrap_or_default();
        if !wait.is_zero() {
            self.cloud.sleep(wait).await;
        }
    }
}

/// The credentials of a role.
struct RoleSession {
    by: Assuming,
    role: Role,
}

impl RoleSession {
    async fn call(&self) -> Result<Credentials> {
        self.by.turn().await;
        let Role { arn, external_id, session_name } = &self.role;
        let call = self.by.cloud.sts.assume_role().role_arn(arn).role_session_name(session_name).duration_seconds(HOUR);
        let answer = call.set_external_id(external_id.clone()).send().await?;
        let Some(keys) = answer.credentials() else {
            return Err(CloudError::own_at("AssumeRole", Cause::Incomplete, "the answer holds no credentials"));
        };
        let token = Some(keys.session_token().to_owned());
        let expiry = SystemTime::try_from(*keys.expiration()).ok();
        Ok(Credentials::new(keys.access_key_id(), keys.secret_access_key(), token, expiry, "AssumeRole"))
    }
}

impl fmt::Debug for RoleSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleSession").field("role", &self.role).finish_non_exhaustive()
    }
}

impl ProvideCredentials for RoleSession {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.call().await.map_err(CredentialsError::provider_error) })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::future::join_all;
    use labform_account::Sandbox;

    use super::*;
    use crate::cloud::trouble::{Call, Trouble, Troubled};
    use crate::cloud::troubled;
    use crate::trials::trial;

    #[test]
    fn sts_is_asked_where_no_account_has_to_opt_in() {
        for (own, lab, expected) in [
            (Some("eu-west-3"), "eu-west-1", "eu-west-3"),
            (Some("eu-south-1"), "eu-west-1", "eu-west-1"),
            (None, "eu-west-1", "eu-west-1"),
            (None, "eu-south-1", "us-east-1"),
            (Some("me-south-1"), "eu-south-1", "us-east-1"),
            (None, "cn-north-1", "cn-north-1"),
            (Some("us-gov-west-1"), "us-gov-east-1", "us-gov-west-1"),
        ] {
            assert_eq!(chosen([own, Some(lab)]), expected, "{own:?}, {lab}");
        }
    }

    const ACCOUNT: &str = "123456789012";

    fn role() -> Role {
        let arn = format!("arn:aws:iam::{ACCOUNT}:role/member");
        Role { arn, external_id: None, session_name: "labform-ann".to_owned() }
    }

    /// Takes a role that is refused so many times in these words, so many seconds after the command's begin: returns the
    /// end, the calls, whether it was told that
    /// it waits, and the seconds that it took.
    async fn refused(times: usize, words: &'static str, late: u64) -> (Result<Cloud>, usize, u32, u64) {
        let sandbox = Sandbox::in_memory();
        let script = move |call: &Call| match call.operation == "AssumeRole" && call.nth < times {
            true => Trouble::Refused { status: 403, code: "AccessDenied", message: words.to_owned() },
            false => Trouble::None,
        };
        let trouble = Troubled::new(&sandbox, script);
        let cloud = troubled(&sandbox, &trouble, "eu-west-1").await;
        let assuming = Assuming::of(&cloud);
        cloud.sleep(Duration::from_secs(late)).await;
        let (begun, told) = (cloud.now(), Cell::new(0));
        let end = assuming.enter("eu-west-3", ACCOUNT, &role(), || told.set(told.get() + 1)).await;
        (end, trouble.calls().len(), told.get(), cloud.since(begun).as_secs())
    }

    const WORDS: &str = "User: me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/member";

    #[test]
    fn a_role_that_was_just_made_is_waited_for() {
        trial(async {
            let (end, calls, told, took) = refused(3, WORDS, 0).await;
            assert_eq!(end.unwrap().region, "eu-west-3");
            assert_eq!((calls, told, took), (4, 1, 7));
        });
    }

    #[test]
    fn a_refusal_is_waited_for_only_for_a_while() {
        trial(async {
            let (end, calls, _, took) = refused(usize::MAX, WORDS, 0).await;
            assert!(end.is_err());
            assert!((5..10).contains(&calls) && (30..40).contains(&took), "{calls} calls in {took} s");
            // Whoever comes later doesn't wait: the role had its time.
            let (end, calls, told, _) = refused(usize::MAX, WORDS, 31).await;
            assert!(end.is_err());
            assert_eq!((calls, told), (1, 0));
        });
    }

    #[test]
    fn a_refusal_for_good_is_not_waited_for() {
        trial(async {
            for words in [
                "User: me is not authorized to perform: sts:AssumeRole on resource: x with an explicit deny in a service control policy",
                "User: me is not authorized to perform: sts:AssumeRole because no VPC endpoint policy allows the sts:AssumeRole action",
                "User: me is not authorized to perform: sts:AssumeRole because no identity-based policy allows the sts:AssumeRole action",
            ] {
                let (end, calls, told, _) = refused(usize::MAX, words, 0).await;
                assert!(end.is_err());
                assert_eq!((calls, told), (1, 0), "{words}");
            }
        });
    }

    #[test]
    fn a_large_class_enters_at_a_pace_that_sts_takes() {
        trial(async {
            let sandbox = Sandbox::in_memory();
            let cloud = troubled(&sandbox, &Troubled::new(&sandbox, |_| Trouble::None), "eu-west-1").await;
            let (assuming, role) = (Assuming::of(&cloud), role());
            let entered = join_all((0..200).map(|_| assuming.enter("eu-west-1", ACCOUNT, &role, || ()))).await;
            assert!(entered.iter().all(Result::is_ok));
            let took = cloud.since(assuming.begun);
            assert!(took >= 199 * APART && took < 220 * APART, "{took:?}");
        });
    }
}
