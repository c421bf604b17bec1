//! Questions whose answers nobody wants to wait for: who signed in, until when, and by whose clock.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;

use super::connect::{Account, identity_by};
use super::{Cloud, Result};

/// The time between the two attempts.
const PAUSE: Duration = Duration::from_millis(100);

impl Cloud {
    /// Returns the same clients, each of whose calls ends within `limit` and is tried twice at most, so that the reason for
    /// which no answer comes is known in time. Credentials are fetched once.
    pub fn hasty(&self, limit: Duration) -> Self {
        let kept = self.keeping();
        let config = kept.made.config.clone().into_builder();
        let retries = RetryConfig::standard().with_max_attempts(2).with_initial_backoff(PAUSE);
        let config = match kept.made.config.timeout_config() {
            // An embedded account's clock may jump ahead.
            Some(timeouts) if timeouts.has_timeouts() => {
                let timeouts = TimeoutConfig::builder().connect_timeout(limit).operation_timeout(limit);
                config.timeout_config(timeouts.build())
            }
            _ => config,
        };
        kept.with(config.retry_config(retries).build(), &self.region, self.meter.clone(), &kept.guard)
    }

    /// Returns until when the credentials are good, if they say so.
    ///
    /// # Errors
    /// If there are none.
    pub async fn signed_in_until(&self) -> Result<Option<SystemTime>> {
        match self.made.config.credentials_provider() {
            Some(provider) => Ok(provider.provide_credentials().await?.expiry()),
            None => Ok(None),
        }
    }
}

/// Asks STS who the credentials belong to. Returns with its answer what the clock says there, if any answer came.
pub async fn identity_and_time(cloud: &Cloud) -> (Result<Account>, Option<SystemTime>) {
    let heard = Heard::default();
    let call = cloud.sts.get_caller_identity().customize().interceptor(heard.clone());
    let account = identity_by(cloud, call.send().await);
    let time = *heard.0.lock().expect("nothing panics while it holds the lock");
    (account, time)
}

/// The time in the last answer that said any.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Option<SystemTime>>>);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Heard {
    fn name(&self) -> &'static str {
        "time of an answer"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let said = context.response().headers().get("date");
        let said = said.and_then(|text| DateTime::from_str(text, Format::HttpDate).ok());
        if let Some(time) = said.and_then(|time| SystemTime::try_from(time).ok()) {
            *self.0.lock().expect("nothing panics while it holds the lock") = Some(time);
        }
        Ok(())
    }
}
