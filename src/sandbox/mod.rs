//! The embedded AWS account: a model of the AWS calls that labform makes, behind the SDK's own HTTP client.
//!
//! Real SDK code signs, serialises and retries; what would have gone to the network is answered here. The account
//! lives in one JSON file, so that separate processes see the same one, and has a clock of its own, so that waiting for
//! a load balancer costs seconds. It knows AWS's rules and refusals; it must not know labform: nothing here may look at
//! a spec, a plan or an owner tag.
//!
//! *Caveats.* It shows what its authors know of AWS. It proves labform's logic, not AWS's behaviour, and it is chosen
//! explicitly, never as a fallback.

mod account;
mod clock;
mod ec2;
mod ecr;
mod ecs;
mod elbv2;
mod iam;
mod input;
mod logs;
mod quirks;
mod s3;
mod serve;
mod store;
mod sts;
mod tagging;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

pub use account::{Account, Region};
pub use clock::Pace;
pub use ecs::{Assignment, Ending, FailingCheck, Fate, Order, Play, Put, Rehearsal};
pub use quirks::Quirks;
pub use serve::{Answered, Server};

use clock::Sleeper;
use store::Store;

/// An AWS account inside this process. Clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Mutex<Store>,
    pace: Pace,
    sleepers: clock::Sleepers,
}

/// One object that exists in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is, as `service:type`, such as `ecs:cluster`.
    pub kind: &'static str,
    /// Its ARN, or its id or name where AWS gives it no ARN.
    pub id: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The status that says it is gone though AWS still describes it, such as `INACTIVE`.
    pub tombstone: Option<&'static str>,
}

impl Sandbox {
    /// Opens the account in the file at `path`; a fresh account where there is no file.
    ///
    /// # Errors
    ///
    /// The file can't be read, or what it holds is not an account: a damaged file is never taken for a fresh account.
    pub fn open(path: &Path, pace: Pace) -> io::Result<Self> {
        Ok(Self::over(Store::open(path)?, pace))
    }

    /// A fresh account that no file backs and where waiting takes no time: for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::over(Store::in_memory(), Pace::Instant)
    }

    /// The account as it is now, which what happens from here on doesn't reach.
    #[cfg(test)]
    pub(crate) fn fork(&self) -> Self {
        Self::over(self.store().copy(), self.inner.pace)
    }

    fn over(store: Store, pace: Pace) -> Self {
        Self { inner: Arc::new(Inner { store: Mutex::new(store), pace, sleepers: clock::Sleepers::default() }) }
    }

    /// The HTTP client to give to the SDK's configuration.
    #[must_use]
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector(self.clone()))
    }

    /// Answers one signed request, as the endpoint of its service would.
    ///
    /// # Errors
    ///
    /// The request's body or the account's file can't be read, or the file can't be written.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = wire::Request::read(request).await?;
        self.inner.sleepers.note();
        let call = request.call();
        self.visit(|account| wire::answer(account, &call, &request))
            .map_err(|error| ConnectorError::io(error.into()))?
            .into_http()
    }

    /// The sleep to give to the SDK's configuration, and to wait with: it passes virtual time.
    #[must_use]
    pub fn sleep(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(Sleeper(self.clone()))
    }

    /// The account's time, as this process last saw it. It never goes back.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.now_millis()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// Changes the account behind labform's back, as another person's call would.
    ///
    /// # Panics
    ///
    /// When the account's file can't be read or written.
    pub fn with<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        match self.visit(change) {
            Ok(result) => result,
            Err(error) => panic!("the sandbox's file: {error}"),
        }
    }

    /// Every object of the account, in all regions, tombstones included.
    ///
    /// # Panics
    ///
    /// When the account's file can't be read or written.
    #[must_use]
    pub fn inventory(&self) -> Vec<Item> {
        self.with(Account::items)
    }

    /// One locked visit to the account: load, bring up to the present, change, save.
    fn visit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> io::Result<R> {
        self.store().visit(|saved| {
            saved.account.now = saved.clock.now();
            saved.account.wall = clock::wall();
            saved.account.settle();
            let result = change(&mut saved.account);
            saved.account.remember();
            result
        })
    }

    /// Whether something outside of the account really runs for it, as this process last saw it: then the account's
    /// time passes as fast as the clock on the wall, because that something lives by it.
    fn is_in_real_time(&self) -> bool {
        self.store().account().has_outside_work()
    }

    fn now_millis(&self) -> i64 {
        self.store().clock().now()
    }

    /// Moves the account's time on to `target`, where it is not yet there.
    fn reach(&self, target: i64) -> io::Result<()> {
        self.store().visit(|saved| saved.clock.reach(target))
    }

    /// Moves the account's time on by `by` milliseconds.
    fn advance(&self, by: i64) -> io::Result<()> {
        self.store().visit(|saved| {
            let target = saved.clock.now().saturating_add(by);
            saved.clock.reach(target);
        })
    }

    /// A panic in a test's closure must not hide the account from the rest of the test.
    fn store(&self) -> MutexGuard<'_, Store> {
        self.inner.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of the network in the SDK's stack.
#[derive(Clone, Debug)]
struct Connector(Sandbox);

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sandbox = self.0.clone();
        HttpConnectorFuture::new(async move { sandbox.answer(request).await })
    }
}
