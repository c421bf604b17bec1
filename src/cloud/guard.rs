//! The conditions of every call that leaves: real keys never go in the clear, and nothing is changed in an account that
//! STS has not named.

use std::sync::{Mutex, MutexGuard};

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

use super::refusal::Blocked;
use super::{Cause, CloudError, Result};

fn blocked(cause: Cause, message: String) -> ConnectorError {
    ConnectorError::user(Blocked { cause, message }.into())
}

/// The beginnings of the operations that change nothing.
const READS: [&str; 7] = ["Describe", "List", "Get", "BatchGet", "Filter", "GET ", "HEAD "];

/// Returns whether an operation may change something.
pub(super) fn changes(operation: &str) -> bool {
    !READS.iter().any(|prefix| operation.starts_with(prefix))
}

/// The account that all calls of one process are for.
#[derive(Debug, Default)]
pub(super) struct Guard(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    account: Option<String>,
    /// The access key that STS was asked with last.
    asked: Option<String>,
    /// The access key that STS says belongs to the account.
    verified: Option<String>,
}

impl Guard {
    /// A guard that lets nothing be changed in any account but this one.
    pub(super) fn of(account: &str) -> Self {
        Self(Mutex::new(Known { account: Some(account.to_owned()), ..Known::default() }))
    }

    /// Lets a call to `region` pass, or says why not.
    pub(super) fn check(&self, request: &HttpRequest, operation: &str, region: &str) -> Result<(), ConnectorError> {
        let scope = Scope::of(request);
        if is_in_the_clear(request.uri()) && is_real(scope.key) {
            let why = "is plain HTTP beyond this machine, and these are real credentials: nothing was sent";
            return Err(blocked(Cause::InTheClear, format!("{} {why}", request.uri())));
        }
        let mut known = self.known();
        if operation == "GetCallerIdentity" {
            known.asked = Some(scope.key.to_owned());
        }
        if !changes(operation) || scope.brings_credentials() {
            return Ok(());
        }
        // IAM has one endpoint for all regions.
        if scope.service != "iam" && scope.region != region {
            let message = format!("{operation} is signed for {}, not for {region}", scope.region);
            return Err(blocked(Cause::OtherRegion, message));
        }
        if known.verified.as_deref() == Some(scope.key) {
            return Ok(());
        }
        Err(blocked(Cause::Unverified, "credentials that AWS STS has not named yet".to_owned()))
    }

    /// Takes note that STS has named `account` for the credentials that it was asked with.
    ///
    /// # Errors
    /// If they belong to another account than before.
    pub(super) fn named(&self, account: &str) -> Result<()> {
        let mut known = self.known();
        let before = known.account.get_or_insert_with(|| account.to_owned());
        if before != account {
            let message = format!(
                "the credentials are to be for account {before} and are for account {account} now: nothing more is changed"
            );
            return Err(CloudError::own_at("GetCallerIdentity", Cause::OtherAccount, message));
        }
        known.verified = known.asked.clone();
        Ok(())
    }

    /// The account, once STS has named it.
    pub(super) fn account(&self) -> Option<String> {
        self.known().account.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

/// The scope of a request's signature: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
struct Scope<'a> {
    key: &'a str,
    region: &'a str,
    service: &'a str,
}

impl<'a> Scope<'a> {
    fn of(request: &'a HttpRequest) -> Self {
        let header = request.headers().get("authorization").unwrap_or_default();
        let credential = header.split_once("Credential=").map_or("", |(_, rest)| rest);
        let mut parts = credential.split('/');
        let mut part = || parts.next().unwrap_or_default();
        let (key, _date, region, service) = (part(), part(), part(), part());
        Self { key, region, service }
    }

    /// Returns whether the call can only be of a credential provider, which asks before STS can name anybody: IAM
    /// Identity Center, AssumeRoleWithWebIdentity and a machine's metadata take unsigned calls, AssumeRole goes to STS.
    /// Neither changes an account.
    fn brings_credentials(&self) -> bool {
        self.key.is_empty() || self.service == "sts"
    }
}

/// Returns whether a URL is plain HTTP to another machine.
fn is_in_the_clear(url: &str) -> bool {
    url.strip_prefix("http://").is_some_and(|rest| !is_this_machine(host(rest)))
}

/// Returns whether a URL leads to the machine that asks.
pub fn leads_here(url: &str) -> bool {
    url.split_once("://").is_some_and(|(_, rest)| is_this_machine(host(rest)))
}

/// Returns the host of a URL, of which `rest` stands behind the scheme.
fn host(rest: &str) -> &str {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A name and a password may stand before it.
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Returns whether a host is the machine that asks.
pub(super) fn is_this_machine(host: &str) -> bool {
    let is_loopback = |address: std::net::IpAddr| address.is_loopback();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(is_loopback)
}

/// Returns whether an access key looks like one that AWS gives out (IAM user guide, "Understanding unique ID
/// prefixes"). Keys of its documentation end in EXAMPLE, and emulators take any word.
fn is_real(key: &str) -> bool {
    let is_given_out = key.starts_with("AKIA") || key.starts_with("ASIA");
    is_given_out && key.len() >= 20 && !key.ends_with("EXAMPLE")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_types::body::SdkBody;

    #[test]
    fn only_the_host_of_a_url_tells_where_it_leads() {
        for (url, is_here) in [
            ("http://127.0.0.1:4566", true),
            ("http://localhost/x", true),
            ("http://[::1]:4566/", true),
            ("http://me:secret@127.0.0.1:1", true),
            ("http://127.0.0.1:4566@evil.example/", false),
            ("http://127.0.0.1.evil.example", false),
            ("https://proxy.example/127.0.0.1", false),
            ("https://sts.amazonaws.com/?at=localhost", false),
            ("https://10.127.0.1", false),
        ] {
            assert_eq!(leads_here(url), is_here, "{url}");
            assert_eq!(is_in_the_clear(&url.replace("https:", "http:")), !is_here, "{url}");
        }
    }

    const KEY: &str = "AKIAIOSFODNN7REALKEY";

    fn request(url: &str, key: &str, region: &str, service: &str) -> HttpRequest {
        let scope =
            format!("AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/{service}/aws4_request, SignedHeaders=host");
        let request = http::Request::builder().uri(url).header("authorization", scope).body(SdkBody::empty()).unwrap();
        HttpRequest::try_from(request).unwrap()
    }

    fn passes(guard: &Guard, url: &str, key: &str, region: &str, operation: &str) -> bool {
        let request = request(url, key, region, "ecs");
        guard.check(&request, operation, "eu-west-1").is_ok()
    }

    #[test]
    fn real_keys_never_go_in_the_clear() {
        let cases = [
            ("https://ecs.eu-west-1.amazonaws.com/", KEY, true),
            ("http://127.0.0.1:5000/", KEY, true),
            ("http://[::1]:5000/", KEY, true),
            ("http://localhost:5000/", KEY, true),
            ("http://images.s3.localhost:5000/", KEY, true),
            ("http://moto:5000/", "test", true),
            ("http://moto:5000/", "AKIAIOSFODNN7EXAMPLE", true),
            ("http://moto:5000/", KEY, false),
            ("http://127.0.0.1.evil.example/", KEY, false),
            ("http://localhost.evil.example/", KEY, false),
        ];
        for (url, key, passed) in cases {
            let guard = Guard::default();
            assert_eq!(passes(&guard, url, key, "eu-west-1", "ListClusters"), passed, "{url} {key}");
        }
    }

    #[test]
    fn nothing_is_changed_before_sts_has_named_the_account_or_after_the_keys_have_changed() {
        let guard = Guard::default();
        let passes = |key: &str, operation: &str| passes(&guard, "https://a.example/", key, "eu-west-1", operation);
        assert!(passes("one", "DescribeClusters"));
        assert!(!passes("one", "CreateCluster"));
        assert!(passes("one", "GetCallerIdentity"));
        assert!(!passes("one", "CreateCluster"));
        guard.named("1").unwrap();
        assert!(passes("one", "CreateCluster"));
        assert!(!passes("two", "DeleteCluster"));
        assert!(passes("two", "GetCallerIdentity"));
        let error = guard.named("2").unwrap_err();
        assert!(error.is_own(Cause::OtherAccount), "{error}");
        assert!(!passes("two", "DeleteCluster"));
        guard.named("1").unwrap();
        assert!(passes("two", "DeleteCluster"));
    }

    #[test]
    fn credentials_are_fetched_before_sts_has_named_the_account() {
        let guard = Guard::default();
        let assume = request("https://sts.eu-west-3.amazonaws.com/", KEY, "eu-west-3", "sts");
        assert!(guard.check(&assume, "AssumeRole", "eu-west-1").is_ok());
        let metadata = http::Request::builder().uri("http://169.254.169.254/latest/api/token");
        let metadata = HttpRequest::try_from(metadata.body(SdkBody::empty()).unwrap()).unwrap();
        assert!(guard.check(&metadata, "PUT object", "eu-west-1").is_ok());
        assert!(!passes(&guard, "https://a.example/", KEY, "eu-west-1", "RunTask"));
    }

    #[test]
    fn nothing_is_changed_in_another_region() {
        let guard = Guard::default();
        guard
            .check(&request("https://a.example/", "one", "us-east-1", "sts"), "GetCallerIdentity", "eu-west-1")
            .unwrap();
        guard.named("1").unwrap();
        let url = "https://a.example/";
        assert!(passes(&guard, url, "one", "eu-west-1", "CreateCluster"));
        assert!(!passes(&guard, url, "one", "eu-west-2", "CreateCluster"));
        let iam = request(url, "one", "us-east-1", "iam");
        assert!(guard.check(&iam, "CreateRole", "eu-west-1").is_ok());
    }
}
