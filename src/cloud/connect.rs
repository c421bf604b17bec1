//! Clients with credentials, for real AWS, another endpoint, or the embedded account.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::operation::get_caller_identity::{GetCallerIdentityError, GetCallerIdentityOutput};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::stalled_stream_protection::{self, StalledStreamProtectionConfig};

use super::bucket_owner::BucketOwner;
use super::call::Callers;
use super::guard::Guard;
use super::http::https;
use super::overheard::Overhearing;
use super::retries::QuotaIsFinal;
use super::seam::Seam;
use super::sign_in::SignIn;
use super::{Cloud, Meter, Registry, Result};
use labform_account::Sandbox;

/// The longest that one attempt may take: a connection that went dead must not hang an apply.
const ATTEMPT: Duration = Duration::from_secs(20);
/// The longest that one call may take, with its retries.
const OPERATION: Duration = Duration::from_secs(120);
/// The longest that a body may bring nothing. It is longer than an attempt, whose own limit decides unless the body is
/// read later, as an object's is: the SDK's own protection would end a call for good where an attempt may be repeated.
const STALL: Duration = Duration::from_secs(30);
/// Attempts of the SDK for throttling, 5xx and connection errors.
const ATTEMPTS: u32 = 8;

/// The place of the account.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// AWS itself, or the endpoint that the environment names.
    Aws,
    /// An emulator or a proxy at this URL.
    Url(String),
    /// The embedded account.
    Sandbox(Sandbox),
}

/// The owner of the credentials (STS GetCallerIdentity).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's 12 digits.
    pub id: String,
    /// The caller's ARN.
    pub arn: String,
}

impl Account {
    /// The partition of the caller's ARN, as in `aws`.
    pub fn partition(&self) -> &str {
        self.arn.split(':').nth(1).filter(|part| !part.is_empty()).unwrap_or("aws")
    }

    /// Returns whether the account is one of a Learner Lab of AWS Academy, whose users have this one role. It lets nobody
    /// make roles.
    pub fn is_learner(&self) -> bool {
        self.arn.contains(":assumed-role/voclabs/")
    }
}

/// Makes the clients for `region`. No call is made.
pub async fn connect(endpoint: &Endpoint, region: &str, profile: Option<&str>) -> Cloud {
    if let Endpoint::Sandbox(sandbox) = endpoint {
        return embedded(virtual_time(region), sandbox, sandbox.http_client(), region).await;
    }
    let link = Link {
        client: https(),
        sleep: SharedAsyncSleep::new(TokioSleep::new()),
        clock: SharedTimeSource::new(SystemTimeSource::new()),
    };
    link.clients(real(endpoint, region, profile), region, profile).await
}

/// Makes the clients for an account in memory, and what they are overheard to change there.
pub async fn rehearse(sandbox: &Sandbox, region: &str) -> (Cloud, Overhearing) {
    let heard = Overhearing::default();
    let client = heard.before(sandbox.http_client());
    (embedded(virtual_time(region), sandbox, client, region).await, heard)
}

/// The settings for the embedded account.
fn virtual_time(region: &str) -> ConfigLoader {
    // A virtual clock jumps ahead, which the SDK would take for its own timeouts running out.
    let loader = loader(region).timeout_config(TimeoutConfig::disabled());
    let loader = loader.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    loader.credentials_provider(Credentials::new("sandbox", "sandbox", None, None, "embedded account"))
}

/// The settings for an account that isn't the embedded one.
fn real(endpoint: &Endpoint, region: &str, profile: Option<&str>) -> ConfigLoader {
    let mut loader = loader(region).timeout_config(timeouts()).stalled_stream_protection(stalled().build());
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    if let Endpoint::Url(url) = endpoint {
        loader = loader.endpoint_url(url);
    }
    loader
}

/// The clients for the embedded account behind calls that get into trouble.
#[cfg(test)]
pub(crate) async fn troubled(sandbox: &Sandbox, troubled: &super::trouble::Troubled, region: &str) -> Cloud {
    let loader = loader(region)
        .timeout_config(timeouts())
        // A file is read in real time, in which the virtual clock may jump: an upload would seem to stall.
        .stalled_stream_protection(stalled().upload_enabled(false).build())
        .time_source(SandboxTime(sandbox.clone()))
        .credentials_provider(troubled.keys())
        // The keys may change from one call to the next.
        .identity_cache(aws_config::identity::IdentityCache::no_cache());
    embedded(loader, sandbox, troubled.client(), region).await
}

/// The clients behind an HTTP client that a test scripts, with keys, a fixed clock and waiting that takes no time.
#[cfg(test)]
pub(super) async fn scripted(client: SharedHttpClient, region: &str) -> Cloud {
    let time = std::time::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    let keys = Credentials::new("AKIDEXAMPLE", "not a secret", Some("a session".to_owned()), None, "a test");
    let loader = loader(region).timeout_config(timeouts()).credentials_provider(keys);
    let loader = loader.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    let loader = loader.time_source(aws_smithy_async::time::StaticTimeSource::new(time));
    embedded(loader, &Sandbox::in_memory(), client, region).await
}

fn loader(region: &str) -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
}

async fn embedded(loader: ConfigLoader, sandbox: &Sandbox, client: SharedHttpClient, region: &str) -> Cloud {
    let link = Link { client, sleep: sandbox.sleep(), clock: SharedTimeSource::new(SandboxTime(sandbox.clone())) };
    let loader = loader.sleep_impl(link.sleep.clone());
    Cloud { registry: Registry::Pretended, ..link.clients(loader, region, None).await }
}

/// The way to an account, and whose time counts.
struct Link {
    client: SharedHttpClient,
    sleep: SharedAsyncSleep,
    clock: SharedTimeSource,
}

impl Link {
    /// The clients with the credentials of `profile`, which is asked for by name and comes before the environment, as it
    /// does for the AWS CLI ("Configuration and credential precedence", AWS CLI user guide).
    async fn clients(self, loader: ConfigLoader, region: &str, profile: Option<&str>) -> Cloud {
        let (meter, guard) = (Meter::default(), Arc::new(Guard::default()));
        let client = self.client;
        let seam = Seam::before(client.clone(), meter.clone(), guard.clone(), region);
        let mut loader = loader.http_client(seam.clone());
        if let Some(profile) = profile {
            let place = ProviderConfig::without_region().with_region(Some(Region::new(region.to_owned())));
            let provider = ProfileFileCredentialsProvider::builder().profile_name(profile);
            loader = loader.credentials_provider(provider.configure(&place.with_http_client(seam)).build());
        }
        let mut config = loader.load().await;
        if let Some(credentials) = config.credentials_provider() {
            let credentials = SharedCredentialsProvider::new(SignIn::before(credentials, profile));
            config = config.into_builder().credentials_provider(credentials).build();
        }
        let made = Made { config, client };
        Cloud { meter, ..clients(made, region, &guard, self.sleep, self.clock) }
    }
}

/// What the clients of a region were made of, which those of another can share.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) config: SdkConfig,
    /// The HTTP client behind the seam.
    client: SharedHttpClient,
}

impl Cloud {
    /// Returns the clients of another region of the same account, with the same credentials and connections.
    pub fn in_region(&self, region: &str) -> Self {
        self.with(self.made.config.clone(), region, self.meter.clone(), &self.guard)
    }

    /// Returns clients made of `config` over the same connections.
    pub(super) fn with(&self, config: SdkConfig, region: &str, meter: Meter, guard: &Arc<Guard>) -> Self {
        let client = self.made.client.clone();
        let seam = Seam::before(client.clone(), meter.clone(), guard.clone(), region);
        let place = Region::new(region.to_owned());
        let config = config.into_builder().region(place).http_client(seam).build();
        Self {
            registry: self.registry.clone(),
            folder: self.folder.clone(),
            meter,
            ..clients(Made { config, client }, region, guard, self.sleep.clone(), self.clock.clone())
        }
    }

    /// Returns clients as [`connect`] does with the credentials of `profile`, over the same connections.
    pub async fn with_profile(&self, endpoint: &Endpoint, profile: &str) -> Self {
        // The embedded account knows no profiles.
        if let Endpoint::Sandbox(_) = endpoint {
            return self.clone();
        }
        let Self { made, sleep, clock, .. } = self;
        let link = Link { client: made.client.clone(), sleep: sleep.clone(), clock: clock.clone() };
        let clients = link.clients(real(endpoint, &self.region, Some(profile)), &self.region, Some(profile)).await;
        Self { registry: self.registry.clone(), folder: self.folder.clone(), ..clients }
    }
}

/// Asks STS who the credentials belong to.
///
/// # Errors
/// If the credentials are missing or refused, or belong to another account than when STS was asked before.
pub async fn identity(cloud: &Cloud) -> Result<Account> {
    identity_by(cloud, cloud.sts.get_caller_identity().send().await)
}

/// Returns who the credentials belong to by an answer of STS.
pub(super) fn identity_by(
    cloud: &Cloud,
    answer: std::result::Result<GetCallerIdentityOutput, SdkError<GetCallerIdentityError, HttpResponse>>,
) -> Result<Account> {
    let answer = answer?;
    let id = answer.account().unwrap_or_default();
    cloud.guard.named(id)?;
    Ok(Account { id: id.to_owned(), arn: answer.arn().unwrap_or_default().to_owned() })
}

fn clients(made: Made, region: &str, guard: &Arc<Guard>, sleep: SharedAsyncSleep, clock: SharedTimeSource) -> Cloud {
    let config = &made.config;
    let ecs = aws_sdk_ecs::config::Builder::from(config).retry_classifier(QuotaIsFinal);
    let ecr = aws_sdk_ecr::config::Builder::from(config).retry_classifier(QuotaIsFinal);
    let logs = aws_sdk_cloudwatchlogs::config::Builder::from(config).retry_classifier(QuotaIsFinal);
    // An endpoint that isn't AWS has no name for each bucket.
    let s3 = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(config.endpoint_url().is_some())
        .interceptor(BucketOwner(guard.clone()))
        .build();
    Cloud {
        region: region.to_owned(),
        endpoint_url: config.endpoint_url().map(str::to_owned),
        registry: match config.endpoint_url() {
            Some(_) => Registry::Missing,
            None => Registry::Ecr,
        },
        folder: PathBuf::from("."),
        ecs: aws_sdk_ecs::Client::from_conf(ecs.build()),
        ecr: aws_sdk_ecr::Client::from_conf(ecr.build()),
        ec2: aws_sdk_ec2::Client::new(config),
        elbv2: aws_sdk_elasticloadbalancingv2::Client::new(config),
        iam: aws_sdk_iam::Client::new(config),
        logs: aws_sdk_cloudwatchlogs::Client::from_conf(logs.build()),
        s3: aws_sdk_s3::Client::from_conf(s3),
        sts: aws_sdk_sts::Client::new(config),
        tagging: aws_sdk_resourcegroupstagging::Client::new(config),
        meter: Meter::default(),
        guard: guard.clone(),
        callers: Arc::new(Callers::new(config)),
        index: None,
        memo: None,
        written: Arc::default(),
        fresh: Arc::default(),
        roles_untold: Arc::default(),
        sleep,
        clock,
        made: Arc::new(made),
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(3))
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

fn stalled() -> stalled_stream_protection::Builder {
    StalledStreamProtectionConfig::enabled().grace_period(STALL)
}

#[derive(Debug)]
struct SandboxTime(Sandbox);

impl TimeSource for SandboxTime {
    fn now(&self) -> std::time::SystemTime {
        self.0.now()
    }
}
