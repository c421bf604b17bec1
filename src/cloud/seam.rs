//! The HTTP seam: every call to AWS passes here, whatever client sends it.
//!
//! Limits how many calls are under way for each service and in all; a retry that sleeps holds no permit, because a
//! permit is held for one attempt only. Counts the calls for benchmarks and tests. Lets nothing pass that the guard
//! refuses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::guard::Guard;
use super::route;
use super::services::{at_once, routes_of};
use super::whole::whole;

/// Calls under way at once, in all.
const IN_ALL: usize = 32;

/// Counts the calls that went through the seam, by service and operation.
#[derive(Clone, Debug, Default)]
pub struct Meter(Arc<Mutex<BTreeMap<String, usize>>>);

impl Meter {
    /// All calls so far, retries included.
    pub fn total(&self) -> usize {
        self.by_operation().values().sum()
    }

    /// The calls so far, by service and operation, as in `ecs:DescribeClusters`.
    pub fn by_operation(&self) -> BTreeMap<String, usize> {
        self.0.lock().expect("nothing panics while it holds the lock").clone()
    }

    fn count(&self, service: &str, operation: &str) {
        let mut counts = self.0.lock().expect("nothing panics while it holds the lock");
        *counts.entry(format!("{service}:{operation}")).or_default() += 1;
    }
}

/// An HTTP client that limits and counts the calls of the one behind it.
#[derive(Clone, Debug)]
pub(super) struct Seam {
    inner: SharedHttpClient,
    gates: Arc<Gates>,
    meter: Meter,
    guard: Arc<Guard>,
    region: String,
}

#[derive(Debug)]
struct Gates {
    all: Arc<Semaphore>,
    services: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl Gates {
    fn of(&self, service: &str) -> Arc<Semaphore> {
        let mut services = self.services.lock().expect("nothing panics while it holds the lock");
        services.entry(service.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(at_once(service)))).clone()
    }
}

impl Seam {
    /// Puts the seam before `inner`, which is to be called for `region`.
    pub(super) fn before(inner: SharedHttpClient, meter: Meter, guard: Arc<Guard>, region: &str) -> Self {
        let gates = Gates { all: Arc::new(Semaphore::new(IN_ALL)), services: Mutex::default() };
        Self { inner, gates: Arc::new(gates), meter, guard, region: region.to_owned() }
    }
}

impl HttpClient for Seam {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Connector { inner, seam: self.clone() })
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    seam: Seam,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = service_of(&request);
        let operation = operation_of(&request);
        let (inner, seam) = (self.inner.clone(), self.seam.clone());
        HttpConnectorFuture::new(async move {
            seam.guard.check(&request, &operation, &seam.region)?;
            let gate = seam.gates.of(&service);
            let _own = gate.acquire().await.expect("the gates are never closed");
            let _all = seam.gates.all.acquire().await.expect("the gates are never closed");
            seam.meter.count(&service, &operation);
            whole(&operation, inner.call(request).await?).await
        })
    }
}

/// The service that a request is signed for: the third part of the credential scope.
pub(super) fn service_of(request: &HttpRequest) -> String {
    let scope = request.headers().get("authorization").unwrap_or_default();
    scope.split('/').nth(3).unwrap_or("unsigned").to_owned()
}

/// The operation that a request asks for, in the way of its protocol: a target header (JSON), a form field (query), or
/// method and address (REST-JSON), or method and sub-resource (S3).
pub(super) fn operation_of(request: &HttpRequest) -> String {
    if let Some((operation, _)) = routed(request) {
        return operation.to_owned();
    }
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let form = request.body().bytes().unwrap_or_default();
    let action = form_urlencoded::parse(form).find(|(key, _)| key == "Action");
    match action {
        Some((_, action)) => action.into_owned(),
        None => {
            let query = request.uri().split_once('?').map_or("", |(_, query)| query);
            let resource = query.split('&').find(|part| !part.starts_with("x-id="));
            format!("{} {}", request.method(), resource.unwrap_or("object"))
        }
    }
}

/// The operation that a request in REST-JSON asks for, with the members that stand in its address.
pub(super) fn routed(request: &HttpRequest) -> Option<(&'static str, Map<String, Value>)> {
    route::found(routes_of(&service_of(request))?, request.method(), request.uri())
}
