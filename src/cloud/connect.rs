//! Clients with credentials, for real AWS, another endpoint, or the embedded account.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource, TimeSource};
use aws_smithy_http_client::{Builder as HttpBuilder, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::{Cloud, Meter, Result, Seam};
use crate::sandbox::Sandbox;

/// The longest that one attempt may take: a connection that went dead must not hang an apply.
const ATTEMPT: Duration = Duration::from_secs(20);
/// The longest that one call may take, with its retries.
const OPERATION: Duration = Duration::from_secs(120);
/// Attempts of the SDK for throttling, 5xx and connection errors.
const ATTEMPTS: u32 = 8;

/// Where the account is.
#[derive(Clone, Debug)]
pub enum Endpoint {
    /// AWS itself, or the endpoint that the environment names.
    Aws,
    /// An emulator or a proxy at this URL.
    Url(String),
    /// The embedded account.
    Sandbox(Sandbox),
}

/// Who the credentials belong to (STS GetCallerIdentity).
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
        self.arn
            .split(':')
            .nth(1)
            .filter(|part| !part.is_empty())
            .unwrap_or("aws")
    }
}

/// Makes the clients for `region`. No call is made.
pub async fn connect(endpoint: &Endpoint, region: &str, profile: Option<&str>) -> Cloud {
    let meter = Meter::default();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
    if let Some(profile) = profile {
        loader = loader.profile_name(profile);
    }
    let (config, sleep, clock) = match endpoint {
        Endpoint::Sandbox(sandbox) => {
            let sleep = sandbox.sleep();
            // A virtual clock jumps ahead, which the SDK would take for its own timeouts running out.
            let config = loader
                .credentials_provider(Credentials::new(
                    "sandbox",
                    "sandbox",
                    None,
                    None,
                    "embedded account",
                ))
                .timeout_config(TimeoutConfig::disabled())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .sleep_impl(sleep.clone())
                .http_client(Seam::before(sandbox.http_client(), meter.clone()));
            (
                config,
                sleep,
                SharedTimeSource::new(SandboxTime(sandbox.clone())),
            )
        }
        Endpoint::Aws | Endpoint::Url(_) => {
            let timeouts = TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(3))
                .operation_attempt_timeout(ATTEMPT)
                .operation_timeout(OPERATION)
                .build();
            let mut config = loader
                .timeout_config(timeouts)
                .http_client(Seam::before(https(), meter.clone()));
            if let Endpoint::Url(url) = endpoint {
                config = config.endpoint_url(url);
            }
            (
                config,
                SharedAsyncSleep::new(TokioSleep::new()),
                SharedTimeSource::new(SystemTimeSource::new()),
            )
        }
    };
    let config = config.load().await;
    clients(&config, region, meter, sleep, clock)
}

/// Asks STS who the credentials belong to.
///
/// # Errors
/// Where the credentials are missing or refused.
pub async fn identity(cloud: &Cloud) -> Result<Account> {
    let answer = cloud.sts.get_caller_identity().send().await?;
    Ok(Account {
        id: answer.account().unwrap_or_default().to_owned(),
        arn: answer.arn().unwrap_or_default().to_owned(),
    })
}

fn clients(
    config: &SdkConfig,
    region: &str,
    meter: Meter,
    sleep: SharedAsyncSleep,
    clock: SharedTimeSource,
) -> Cloud {
    // An endpoint that isn't AWS has no name for each bucket.
    let s3 = aws_sdk_s3::config::Builder::from(config)
        .force_path_style(config.endpoint_url().is_some())
        .build();
    Cloud {
        region: region.to_owned(),
        endpoint_url: config.endpoint_url().map(str::to_owned),
        ecs: aws_sdk_ecs::Client::new(config),
        ecr: aws_sdk_ecr::Client::new(config),
        ec2: aws_sdk_ec2::Client::new(config),
        elbv2: aws_sdk_elasticloadbalancingv2::Client::new(config),
        iam: aws_sdk_iam::Client::new(config),
        logs: aws_sdk_cloudwatchlogs::Client::new(config),
        s3: aws_sdk_s3::Client::from_conf(s3),
        sts: aws_sdk_sts::Client::new(config),
        tagging: aws_sdk_resourcegroupstagging::Client::new(config),
        meter,
        index: None,
        memo: None,
        written: std::sync::Arc::default(),
        sleep,
        clock,
    }
}

fn https() -> SharedHttpClient {
    HttpBuilder::new()
        .tls_provider(tls::Provider::Rustls(
            tls::rustls_provider::CryptoMode::Ring,
        ))
        .build_https()
}

#[derive(Debug)]
struct SandboxTime(Sandbox);

impl TimeSource for SandboxTime {
    fn now(&self) -> std::time::SystemTime {
        self.0.now()
    }
}
