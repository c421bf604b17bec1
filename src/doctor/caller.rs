//! Who is signed in, until when, and whether the clocks agree.

use std::env::consts::OS;
use std::time::{Duration, SystemTime};

use super::{Finding, State, Surroundings, account, proxy};
use crate::cloud::{self, Account, Cloud, CloudError, ErrorKind as CloudKind, NotSignedIn, identity_and_time};
use crate::error::{Error, ErrorKind};
use crate::model::shown_url;

const TOPIC: &str = "sign-in";
/// The difference of clocks from which on AWS takes no signature ("Troubleshoot Signature Version 4", IAM user guide).
const SKEW: Duration = Duration::from_mins(5);
/// The time that credentials should still be good: an apply of a load balancer with its service takes that long.
const ENOUGH: Duration = Duration::from_mins(15);
/// The time in which the credentials have to be there: a machine's metadata, the last place where they are looked for,
/// is asked for longer where there is none.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// The time in which another region has to answer.
const QUICKLY: Duration = Duration::from_millis(800);
/// The region that every account of a partition has.
const HOMES: [(&str, &str); 3] = [("cn-", "cn-north-1"), ("us-gov-", "us-gov-west-1"), ("", "us-east-1")];

/// The one who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    /// The account, and the caller's ARN.
    pub(super) account: Account,
}

/// Finds out who is signed in; nobody if the account isn't one that the lab allows.
pub(super) async fn look(it: &Surroundings<'_>) -> (Vec<Finding>, Option<Caller>) {
    let until = match tokio::time::timeout(PATIENCE, it.cloud.signed_in_until()).await {
        Ok(Ok(until)) => until,
        Ok(Err(error)) => return (vec![unsigned(it, "whoever gives the credentials", &error)], None),
        Err(_) => return (vec![without_keys(it)], None),
    };
    let (answer, time) = identity_and_time(it.cloud).await;
    let clock = time.map(|there| clock(there, SystemTime::now()));
    match answer {
        Ok(account) => {
            let refused = account::look(it, &account);
            let is_allowed = refused.iter().all(|one| one.state == State::Fine);
            let found = [signed_in(it, &account, until)].into_iter().chain(clock).chain(refused);
            (found.collect(), is_allowed.then_some(Caller { account }))
        }
        Err(error) => {
            let found = match elsewhere(it, &error).await {
                Some(region) => region,
                None => unsigned(it, &it.host(), &error),
            };
            (clock.into_iter().filter(|one| one.state != State::Fine).chain([found]).collect(), None)
        }
    }
}

fn signed_in(it: &Surroundings<'_>, account: &Account, until: Option<SystemTime>) -> Finding {
    let place = match &it.cloud.endpoint_url {
        Some(url) => format!(", at {}, not AWS", shown_url(url)),
        None if it.is_embedded() => ", on the embedded account".to_owned(),
        None => String::new(),
    };
    let who = format!("account {}{place}, as {}", account.id, account.arn);
    let Some(until) = until else { return Finding::fine(TOPIC, who) };
    let left = until.duration_since(it.cloud.now()).unwrap_or_default();
    let says = format!("{who}, until {} ({} min)", humantime::format_rfc3339_seconds(until), left.as_secs() / 60);
    match left < ENOUGH {
        true => Finding::warning(TOPIC, format!("{says}: an apply may take longer"), NotSignedIn::KeysExpired.hint()),
        false => Finding::fine(TOPIC, says),
    }
}

/// Compares AWS's clock with the one here.
fn clock(there: SystemTime, here: SystemTime) -> Finding {
    let topic = "clock";
    let (off, way) = match here.duration_since(there) {
        Ok(ahead) => (ahead, "ahead"),
        Err(behind) => (behind.duration(), "behind"),
    };
    if off < SKEW {
        return Finding::fine(topic, format!("agrees with AWS's to {} s", off.as_secs().max(1)));
    }
    let says = format!(
        "this computer's is {} min {way}: AWS takes what is signed within 5 min of its own",
        off.as_secs() / 60
    );
    let cure = match OS {
        "macos" => "`sudo sntp -sS time.apple.com`",
        "windows" => "`w32tm /resync`, as administrator",
        _ => "`sudo timedatectl set-ntp true`",
    };
    Finding::wrong(topic, says, cure)
}

/// Why nobody is signed in, or why no answer comes.
fn unsigned(it: &Surroundings<'_>, whom: &str, error: &CloudError) -> Finding {
    if error.kind() != CloudKind::Network {
        return Finding::error(TOPIC, &Error::from(error.clone()));
    }
    let says = match proxy::of(it).filter(|_| it.cloud.endpoint_url.is_none()) {
        Some((_, url)) => format!("no answer from {whom} through {}: {}", proxy::shown(url), error.message()),
        None => format!("no answer from {whom}: {}", error.message()),
    };
    Finding::wrong("AWS", says, it.way_to_aws().unwrap_or_default())
}

/// No credentials in time: either there are none, or whoever gives them doesn't answer.
fn without_keys(it: &Surroundings<'_>) -> Finding {
    let named = it.variable(&[
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ]);
    if it.profile.is_none() && named.is_none() && !cloud::has_files() {
        let says = "there are no AWS credentials on this computer";
        return Finding::wrong(TOPIC, says, NotSignedIn::NoCredentials.hint()).of(ErrorKind::NotSignedIn);
    }
    let says = format!("whoever gives the credentials did not answer within {:.1} s", PATIENCE.as_secs_f32());
    Finding { cure: it.way_to_aws(), ..Finding::new(TOPIC, State::Unknown, says) }
}

/// Whether the same credentials are good in a region that every account has: then this one isn't there, or isn't enabled.
/// A region that an account hasn't enabled knows none of its keys ("Managing AWS Regions", account management reference).
async fn elsewhere(it: &Surroundings<'_>, error: &CloudError) -> Option<Finding> {
    let region = it.region.filter(|_| it.cloud.endpoint_url.is_none() || it.is_embedded())?;
    let home = HOMES.iter().find(|(prefix, _)| region.starts_with(prefix)).map(|(_, home)| *home)?;
    let is_unknown_there = error.not_signed_in() == Some(NotSignedIn::WrongKeys);
    if home == region || !(is_unknown_there || error.kind() == CloudKind::Network) {
        return None;
    }
    let other: Cloud = it.cloud.in_region(home);
    tokio::time::timeout(QUICKLY, cloud::identity(&other)).await.ok()?.ok()?;
    Some(match is_unknown_there {
        true => {
            let says =
                format!("{region} is not enabled for this account: AWS knows these keys in {home}, and not there");
            let cure = format!(
                "`aws account enable-region --region-name {region}`, which takes minutes, or another `region:`"
            );
            Finding::wrong("region", says, cure)
        }
        false => {
            let says = format!("{} does not answer, and {home} does: is there a region {region}?", it.host());
            Finding::wrong("region", says, "`aws account list-regions` names those there are: correct `region:`")
        }
    })
}

impl Surroundings<'_> {
    /// The host that is asked first.
    pub(super) fn host(&self) -> String {
        match &self.cloud.endpoint_url {
            Some(url) => shown_url(url),
            None if self.is_embedded() => "the embedded account".to_owned(),
            None if self.cloud.region.starts_with("cn-") => format!("sts.{}.amazonaws.com.cn", self.cloud.region),
            None => format!("sts.{}.amazonaws.com", self.cloud.region),
        }
    }

    /// What may be wrong on the way to AWS, and the command that shows or mends it.
    pub(super) fn way_to_aws(&self) -> Option<String> {
        if let Some(url) = &self.cloud.endpoint_url {
            return Some(match self.endpoints.is_empty() {
                true => format!("start what is to answer at {}, or correct `--endpoint-url`", shown_url(url)),
                false => "`unset AWS_ENDPOINT_URL`, if AWS is meant".to_owned(),
            });
        }
        if self.is_embedded() {
            return None;
        }
        Some(match proxy::of(self) {
            Some((name, _)) => {
                format!(
                    "is that the proxy of this network? `unset {name}` goes without one; `curl -sI https://{}` shows it",
                    self.host()
                )
            }
            None => format!(
                "check the network, and whether it wants a sign-in in a browser or a proxy (`export HTTPS_PROXY=http://HOST:PORT`); \
                 `curl -sI https://{}` shows it",
                self.host()
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_with_the_minutes() {
        let there = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let said = |here: SystemTime| clock(there, here);
        assert_eq!(said(there + Duration::from_secs(20)).says, "agrees with AWS's to 20 s");
        let ahead = said(there + Duration::from_mins(10));
        assert!(ahead.says.starts_with("this computer's is 10 min ahead"), "{ahead:?}");
        let behind = said(there - Duration::from_mins(61));
        assert!(behind.says.starts_with("this computer's is 61 min behind") && behind.cure.is_some(), "{behind:?}");
    }
}
