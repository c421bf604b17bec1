//! The ways into the accounts of a class, from the caller's own credentials.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::cli::Globals;
use crate::cli::screen::{Result, learn, note};
use crate::cli::session::Session;
use crate::cloud::{self, Account, Assuming, ErrorKind, Forbids, Role};
use crate::error::Error;
use crate::spec::{Access, Row};

/// The time for which a profile may hold up the others: what fetches its credentials has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(30);
/// The path of the roles that IAM Identity Center makes; a region may stand in it.
const CENTER_PATH: &str = "aws-reserved/sso.amazonaws.com/*";

/// The caller's own connection, and those of the profiles that the roster names.
pub(super) struct Hub {
    own: Session,
    /// The caller, if any student's account is entered with the caller's own credentials.
    pub(super) caller: Option<Account>,
    assuming: Assuming,
    profiles: Mutex<BTreeMap<String, Arc<Session>>>,
}

impl Hub {
    /// Connects as the arguments say, and asks once who the caller is. `region` is that of a lab: the caller's account need
    /// not have opted in to it.
    ///
    /// # Errors
    /// If students' accounts are entered with the caller's own credentials, and these are missing or refused.
    pub(super) async fn open(globals: &Globals, region: &str, rows: &[Row]) -> Result<Self> {
        let home = match globals.sandbox {
            Some(_) => region.to_owned(),
            None => cloud::sts_region(globals.profile.as_deref(), region).await,
        };
        let opened = Session::open(globals, &home).await?;
        let own = opened.by(opened.cloud.keeping());
        let is_asked = rows.iter().any(|row| !matches!(row.access, Access::Profile(_)));
        let caller = match is_asked {
            true => Some(cloud::identity(&own.cloud).await.map_err(Error::from)?),
            false => None,
        };
        let assuming = Assuming::of(&own.cloud);
        Ok(Self { own, caller, assuming, profiles: Mutex::default() })
    }

    /// Says who enters, and where that isn't AWS.
    pub(super) fn introduce(&self) {
        self.own.show_caller(self.caller.as_ref());
    }

    /// Enters a student's account, which is the only one that the connection changes. No other call is made in an account
    /// that isn't the roster's.
    ///
    /// # Errors
    /// If it can't be entered, or is another one.
    pub(super) async fn enter(&self, row: &Row, region: &str) -> Result<Session, Error> {
        let account = row.account.as_str();
        let (session, caller) = match (&row.access, &self.caller) {
            (Access::Role { arn, external_id, session_name }, Some(caller)) => {
                let role =
                    Role { arn: arn.clone(), external_id: external_id.clone(), session_name: session_name.clone() };
                let entered = self.assuming.enter(region, account, &role, waits).await;
                return Ok(self.own.by(entered.map_err(|error| refused(error, &role, caller))?));
            }
            (Access::Profile(profile), _) => {
                let session = self.profile(profile, region).await;
                let caller = cloud::identity(&session.cloud).await?;
                (session.by(session.cloud.apart(region, account)), caller)
            }
            (_, caller) => {
                let caller = caller.clone().expect("the caller was asked for");
                (self.own.by(self.own.cloud.apart(region, account)), caller)
            }
        };
        if caller.id != account {
            let message = format!(
                "the roster has the account {account}, and these credentials are for account {} ({})",
                caller.id, caller.arn
            );
            let hint = "give the student a `role` or a `profile` in the roster, or sign in to that account";
            return Err(Error::refused(message).hint(hint));
        }
        Ok(session)
    }

    /// The connection of a profile, which is opened in the region of a lab: its account can use that one.
    async fn profile(&self, name: &str, region: &str) -> Arc<Session> {
        let mut profiles = self.profiles.lock().await;
        if let Some(known) = profiles.get(name) {
            return known.clone();
        }
        let session = Arc::new(self.own.in_region(region).with_profile(name).await);
        // One after the other: a thousand at once would race for one refresh token of IAM Identity Center, and its portal
        // takes some 20 calls a second. Why it fails, the next call says.
        let _ = timeout(PATIENCE, session.cloud.fetch_keys()).await;
        profiles.insert(name.to_owned(), session.clone());
        session
    }
}

/// Says that a role is waited for.
fn waits() {
    let words = "the role can't be taken yet; one that was just made takes some seconds";
    learn(|member| member.doing(words));
    note(words);
}

/// The error of a role that can't be assumed. STS says the same of one that isn't there, of one that trusts somebody else,
/// and of a wrong external id, so that all of it is to be looked at.
fn refused(error: cloud::CloudError, role: &Role, caller: &Account) -> Error {
    let is_denied = error.kind() == ErrorKind::Denied && Forbids::of(error.message()).is_none();
    let error = Error::from(error);
    if !is_denied {
        return error;
    }
    let trusted = principal(caller);
    let external_id = match &role.external_id {
        Some(_) => {
            "if its trust has a condition on `sts:ExternalId`, that has to be the roster's `externalId`".to_owned()
        }
        None => {
            "its trust may have no condition on `sts:ExternalId`, because the roster has no `externalId`".to_owned()
        }
    };
    let mut told = Error { hints: Vec::new(), ..error };
    let trust = match center_trust(caller) {
        Some(condition) => format!("its trust policy lets {condition} do sts:AssumeRole"),
        None => format!("its trust policy lets {trusted} do sts:AssumeRole"),
    };
    for hint in [
        "STS doesn't tell which of these it is:".to_owned(),
        format!("there is a role {}, with just that name and path, in upper and lower case", role.arn),
        trust,
        external_id,
        format!("a policy of {trusted} allows sts:AssumeRole on {}", role.arn),
        "the role, and what allows it, is some minutes old: what is new takes that long to spread".to_owned(),
    ] {
        told = told.hint(hint);
    }
    told
}

/// The ARN that a trust policy names for the caller: a session's role, by what its ARN tells.
fn principal(caller: &Account) -> String {
    let parts: Vec<&str> = caller.arn.split(':').collect();
    match parts.as_slice() {
        [arn, partition, "sts", region, account, resource] => {
            let role = resource.split('/').nth(1).unwrap_or_default();
            let path = if cloud::of_identity_center(role).is_some() { CENTER_PATH } else { "" };
            format!("{arn}:{partition}:iam:{region}:{account}:role/{path}{role}")
        }
        _ => caller.arn.clone(),
    }
}

/// The words for those whom a trust policy lets in, if the caller has a role of IAM Identity Center's: its path holds a
/// region that the session doesn't tell, and its name an end that is made up anew ("Referencing permission sets in resource
/// policies", IAM Identity Center user guide).
fn center_trust(caller: &Account) -> Option<String> {
    let role = caller.arn.split('/').nth(1)?;
    let name = cloud::of_identity_center(role)?;
    let (partition, id) = (caller.partition(), &caller.id);
    Some(format!(
        "arn:{partition}:iam::{id}:root, on the condition `\"ArnLike\": {{\"aws:PrincipalArn\": \
         \"arn:{partition}:iam::{id}:role/{CENTER_PATH}{name}_*\"}}`,"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::CloudError;

    #[test]
    fn a_role_that_is_refused_comes_with_what_is_to_be_looked_at() {
        let role = |external_id: Option<&str>| Role {
            arn: "arn:aws:iam::210987654321:role/labform-member".to_owned(),
            external_id: external_id.map(str::to_owned),
            session_name: "labform-ann".to_owned(),
        };
        let arn = "arn:aws:sts::123456789012:assumed-role/hub/me@uni.example";
        let caller = Account { id: "123456789012".to_owned(), arn: arn.to_owned() };
        let denied = || CloudError::answered("AssumeRole", "AccessDenied", "User: x is not authorized");
        insta::assert_snapshot!(refused(denied(), &role(Some("tp-8")), &caller), @r"
        AssumeRole: AccessDenied: User: x is not authorized
        hint: STS doesn't tell which of these it is:
        hint: there is a role arn:aws:iam::210987654321:role/labform-member, with just that name and path, in upper and lower case
        hint: its trust policy lets arn:aws:iam::123456789012:role/hub do sts:AssumeRole
        hint: if its trust has a condition on `sts:ExternalId`, that has to be the roster's `externalId`
        hint: a policy of arn:aws:iam::123456789012:role/hub allows sts:AssumeRole on arn:aws:iam::210987654321:role/labform-member
        hint: the role, and what allows it, is some minutes old: what is new takes that long to spread
        ");
        let arn = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Lab_0f1e2d3c4b5a6978/me@uni.example";
        let center = Account { id: "123456789012".to_owned(), arn: arn.to_owned() };
        let told = refused(denied(), &role(None), &center).to_string();
        let condition = "lets arn:aws:iam::123456789012:root, on the condition `\"ArnLike\": {\"aws:PrincipalArn\": \
                         \"arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Lab_*\"}`, do";
        assert!(told.contains(condition), "{told}");
        assert!(refused(denied(), &role(None), &caller).to_string().contains("the roster has no `externalId`"));
        let words =
            "User: x is not authorized to perform: sts:AssumeRole with an explicit deny in a service control policy";
        let forbidden = refused(CloudError::answered("AssumeRole", "AccessDenied", words), &role(None), &caller);
        assert!(forbidden.hints.len() == 1 && forbidden.hints[0].contains("organization"), "{forbidden}");
        let slow = CloudError::answered("AssumeRole", "Throttling", "Rate exceeded");
        assert_eq!(refused(slow, &role(None), &caller).hints.len(), 1);
    }
}
