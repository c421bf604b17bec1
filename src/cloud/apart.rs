//! Clients of many accounts, or of many labs of one, which are worked on side by side: over one set of connections, each
//! with its own credentials, limits and guard.
//!
//! The caller's own credentials are asked for once, and kept until shortly before they expire: the SDK's provider for a role
//! asks its source at each AssumeRole, and IAM Identity Center takes some 20 such calls a second. The SDK's cache holds 64
//! identities, so that each account has one of its own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::identity::IdentityCache;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::time::SharedTimeSource;
use tokio::sync::Mutex;

use super::guard::Guard;
use super::{Cloud, Meter};

/// The time before their expiry at which credentials are fetched anew.
const AHEAD: Duration = Duration::from_secs(5 * 60);
/// The time for which credentials are kept that say nothing of an expiry, as the SDK keeps them.
const UNSAID: Duration = Duration::from_secs(15 * 60);

impl Cloud {
    /// Returns the same clients with credentials that are fetched once, whoever asks.
    pub fn keeping(&self) -> Self {
        let config = &self.made.config;
        let Some(own) = config.credentials_provider() else { return self.clone() };
        let kept = Kept::of(own, self.clock.clone());
        let config = config.clone().into_builder().credentials_provider(SharedCredentialsProvider::new(kept)).build();
        self.with(config, &self.region, self.meter.clone(), &self.guard)
    }

    /// Fetches the credentials, so that the calls to come find them kept.
    ///
    /// # Errors
    /// If there are none.
    pub async fn fetch_keys(&self) -> Result<(), CredentialsError> {
        match self.made.config.credentials_provider() {
            Some(provider) => provider.provide_credentials().await.map(drop),
            None => Ok(()),
        }
    }

    /// Returns clients with the same credentials for one more lab in `account`, which is the only one that they change.
    pub fn apart(&self, region: &str, account: &str) -> Self {
        let cache = IdentityCache::lazy().build();
        let config = self.made.config.clone().into_builder().identity_cache(cache).build();
        self.with(config, region, Meter::default(), &Arc::new(Guard::of(account)))
    }

    /// Returns clients with the credentials that `from` gives in `account`, which is the only one that they change. `first`
    /// is what it has given just now.
    pub(super) fn as_caller(
        &self,
        region: &str,
        account: &str,
        from: impl ProvideCredentials + 'static,
        first: Credentials,
    ) -> Self {
        let kept = Kept { kept: Mutex::new(Some((self.clock.now(), first))), ..Kept::of(from, self.clock.clone()) };
        let config = self.made.config.clone().into_builder();
        let config = config.identity_cache(IdentityCache::lazy().build());
        let config = config.credentials_provider(SharedCredentialsProvider::new(kept)).build();
        self.with(config, region, Meter::default(), &Arc::new(Guard::of(account)))
    }
}

/// Credentials that are fetched once, and again before they expire.
struct Kept {
    from: SharedCredentialsProvider,
    clock: SharedTimeSource,
    /// The credentials, and when they were fetched. Who asks while they are being fetched waits, and fetches none.
    kept: Mutex<Option<(SystemTime, Credentials)>>,
}

impl Kept {
    fn of(from: impl ProvideCredentials + 'static, clock: SharedTimeSource) -> Self {
        Self { from: SharedCredentialsProvider::new(from), clock, kept: Mutex::default() }
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        if let Some((at, credentials)) = &*kept
            && credentials.expiry().map_or(*at + UNSAID, |expiry| expiry - AHEAD) > now
        {
            return Ok(credentials.clone());
        }
        let credentials = self.from.provide_credentials().await?;
        *kept = Some((now, credentials.clone()));
        Ok(credentials)
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("from", &self.from).finish_non_exhaustive()
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
    use std::time::UNIX_EPOCH;

    use aws_smithy_async::time::TimeSource;

    use super::*;

    #[derive(Clone, Debug, Default)]
    struct Source {
        seconds: Arc<AtomicU64>,
        fetched: Arc<AtomicUsize>,
        lives: Option<Duration>,
    }

    impl TimeSource for Source {
        fn now(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(self.seconds.load(Ordering::Relaxed))
        }
    }

    impl ProvideCredentials for Source {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                tokio::task::yield_now().await;
                self.fetched.fetch_add(1, Ordering::Relaxed);
                let expiry = self.lives.map(|lives| self.now() + lives);
                Ok(Credentials::new("key", "secret", None, expiry, "a test"))
            })
        }
    }

    #[tokio::test]
    async fn credentials_are_fetched_once_and_again_before_they_expire() {
        for (lives, fresh_until) in [(Some(3600), 3600 - 300), (None, 900)] {
            let source = Source { lives: lives.map(Duration::from_secs), ..Source::default() };
            let kept = Kept::of(source.clone(), SharedTimeSource::new(source.clone()));
            let fetched = async |at: u64| {
                source.seconds.store(at, Ordering::Relaxed);
                let asks = (0..5).map(|_| kept.provide_credentials());
                assert!(futures::future::join_all(asks).await.iter().all(Result::is_ok));
                source.fetched.load(Ordering::Relaxed)
            };
            assert_eq!(fetched(0).await, 1);
            assert_eq!(fetched(fresh_until - 1).await, 1);
            assert_eq!(fetched(fresh_until).await, 2);
        }
    }
}
