//! An account inside this process: each call is one locked visit to it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::SERVICES;
use crate::account::Account;
use crate::clock::{self, Pace, Via};
use crate::ids::FIRST;
use crate::lock::{Held, PATIENCE, PAUSE, Wait};
use crate::session::Caller;
use crate::store::{self, LOCK, Store};
use crate::{Item, answer, ecs, files, lock, wire};

/// An AWS account inside this process. Clones share it.
#[derive(Clone, Debug)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    store: Mutex<Store>,
    pub(crate) pace: Pace,
    pub(crate) sleepers: clock::Sleepers,
}

impl Sandbox {
    /// Opens the account in the file at `path`; a fresh account if there is no file.
    ///
    /// # Errors
    ///
    /// If the file can't be read, or doesn't hold an account: a damaged file is never taken for a fresh account.
    pub fn open(path: &Path, pace: Pace) -> io::Result<Self> {
        let mut store = Store::at(path, FIRST, SERVICES)?;
        let held = store.wait(PATIENCE)?;
        store.load_held(held)?;
        Ok(Self::over(store, pace))
    }

    /// Opens the account as [`Sandbox::open`] does, and lets others in this process go on while it waits for a process
    /// that is using the account.
    ///
    /// # Errors
    ///
    /// As [`Sandbox::open`], and if that process doesn't let go of the account.
    pub async fn open_when_free(path: &Path, pace: Pace) -> io::Result<Self> {
        let sandbox = Self::over(Store::at(path, FIRST, SERVICES)?, pace);
        let held = sandbox.hold().await?;
        sandbox.store().load_held(held)?;
        Ok(sandbox)
    }

    /// The account of these digits in the file at `path`, which is read at the first visit.
    pub(crate) fn of(id: &str, path: &Path, pace: Pace) -> io::Result<Self> {
        Ok(Self::over(Store::at(path, id, SERVICES)?, pace))
    }

    /// The account's twelve digits, as this process last saw them.
    pub(crate) fn id(&self) -> String {
        self.store().account().id.clone()
    }

    /// The path of a file beside the account's, if that has one.
    pub(crate) fn beside(&self, suffix: &str) -> Option<PathBuf> {
        self.store().path.as_ref().map(|path| store::beside(path, suffix))
    }

    /// The process that is using the account in the file at `path`, or did so last.
    #[must_use]
    pub fn user(path: &Path) -> Option<u32> {
        lock::holder(&store::beside(&files::resolve(path).ok()?, LOCK))
    }

    /// A fresh account that no file backs and in which waiting takes no time: for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::over(Store::in_memory(SERVICES), Pace::Instant)
    }

    /// A fresh account of these digits, as [`Sandbox::in_memory`] makes one.
    #[must_use]
    pub fn in_memory_of(id: &str) -> Self {
        let sandbox = Self::in_memory();
        sandbox.with(|account| id.clone_into(&mut account.id));
        sandbox
    }

    /// The account as it is now, in memory, where waiting takes no time: what happens there reaches nobody.
    #[must_use]
    pub fn rehearsal(&self) -> Self {
        Self::over(self.store().copy(), Pace::Instant)
    }

    /// The account as it is now, which what happens from here on doesn't reach.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn fork(&self) -> Self {
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
    /// If the request's body or the account's file can't be read, or the file can't be written.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = wire::Request::read(request).await?;
        self.inner.sleepers.note();
        let call = answer::call(SERVICES, &request);
        let reply = self.visit_when_free(0, |account| answer::answer(account, &call, &request)).await;
        // Asking once more helps nobody: whoever has the account was waited for already.
        reply.map_err(|error| ConnectorError::other(error.into(), None))?.into_http()
    }

    /// The account's time, as this process last saw it. The time never goes back.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let millis = u64::try_from(self.now_millis()).unwrap_or(0);
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// Changes the account behind labform's back, as another person's call would.
    ///
    /// # Panics
    ///
    /// If the account's file can't be read or written.
    pub fn with<R>(&self, change: impl FnOnce(&mut Account) -> R) -> R {
        match self.visit(change) {
            Ok(result) => result,
            Err(error) => panic!("the sandbox's file: {error}"),
        }
    }

    /// Changes the account once no other process is using it.
    ///
    /// # Errors
    ///
    /// If the account's file can't be read or written, and if that process doesn't let go of it.
    pub async fn change<R>(&self, change: impl FnOnce(&mut Account) -> R) -> io::Result<R> {
        self.visit_when_free(0, change).await
    }

    /// Every object of the account, in all regions, tombstones included.
    ///
    /// # Panics
    ///
    /// If the account's file can't be read or written.
    #[must_use]
    pub fn inventory(&self) -> Vec<Item> {
        self.with(Account::items)
    }

    /// Visits the account, locked: load, bring up to the present, change, save.
    fn visit<R>(&self, change: impl FnOnce(&mut Account) -> R) -> io::Result<R> {
        let held = self.store().wait(PATIENCE)?;
        self.visit_held(held, 0, change)
    }

    /// Visits the account `later` milliseconds later, and lets others in this process go on while another one has it.
    pub(crate) async fn visit_when_free<R>(&self, later: i64, change: impl FnOnce(&mut Account) -> R) -> io::Result<R> {
        let held = self.hold().await?;
        self.visit_held(held, later, change)
    }

    fn visit_held<R>(&self, held: Held, later: i64, change: impl FnOnce(&mut Account) -> R) -> io::Result<R> {
        self.store().visit_held(held, |saved| {
            let target = saved.clock.now().saturating_add(later);
            saved.clock.reach(target);
            saved.account.now = saved.clock.visit();
            saved.account.wall = clock::wall();
            saved.account.via = Via::Process;
            saved.account.who = Caller::default();
            saved.account.settle();
            let result = change(&mut saved.account);
            saved.account.remember();
            result
        })
    }

    /// Takes the account's lock once no other process has it.
    async fn hold(&self) -> io::Result<Held> {
        let wait = Wait::new(PATIENCE);
        loop {
            let held = self.store().lock()?;
            if !matches!(held, Held::ByAnother) {
                return Ok(held);
            }
            self.store().goes_on(&wait)?;
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Returns whether something outside of the account really runs for it, as this process last saw it: then the
    /// account's time passes as fast as the clock on the wall, because that something lives by it.
    pub(crate) fn is_in_real_time(&self) -> bool {
        ecs::has_outside_work(self.store().account())
    }

    pub(crate) fn now_millis(&self) -> i64 {
        self.store().clock().now()
    }

    /// Moves the account's time on to `target`, if it is not yet there.
    pub(crate) async fn reach(&self, target: i64) -> io::Result<()> {
        let held = self.hold().await?;
        self.store().visit_held(held, |saved| saved.clock.reach(target))
    }

    /// Moves the account's time on by `by` milliseconds.
    #[cfg(test)]
    pub(crate) fn advance(&self, by: i64) -> io::Result<()> {
        let held = self.store().wait(PATIENCE)?;
        self.visit_held(held, by, |_| ())
    }

    /// The store, also after a panic in a test's closure, which must not hide the account from the rest of the test.
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
