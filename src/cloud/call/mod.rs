//! Calls by table: one signed call for every service that speaks AWS JSON, REST-JSON or AWS query (Amazon EC2's too), on
//! the SDK's own orchestrator.
//!
//! The requests are those that the service's SDK crate would send, and they are signed, retried, timed and counted as
//! there; the tests hold the two side by side. The crates have more: types, paginators, waiters, and endpoints of AWS
//! that follow other rules (FIPS, dual stack, isolated regions), which are refused here.

mod message;
mod query;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::invocation_id::InvocationIdInterceptor;
use aws_runtime::recursion_detection::RecursionDetectionInterceptor;
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::{
    DisableClockSkewCorrection, ServiceClockSkewClassifier, ServiceClockSkewInterceptor,
};
use aws_runtime::user_agent::{ApiMetadata, UserAgentInterceptor};
use aws_smithy_runtime::client::http::connection_poisoning::ConnectionPoisoningInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime::client::stalled_stream_protection::StalledStreamProtectionInterceptor;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, SensitiveOutput};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::{SharedRuntimePlugin, StaticRuntimePlugin};
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::region::SigningRegion;
use aws_types::service_config::ServiceConfigKey;
use aws_types::{SigningName, region::Region};
use serde_json::Value;

use super::retries::QuotaIsFinal;
use super::service::Api;
use super::{Cause, Cloud, CloudError, Result};
use crate::model::{canonical, random};
use message::{Unshown, answer, request};

impl Cloud {
    /// Calls `operation` of a service with the members in `document`, and returns the members of the answer. An idempotency token that AWS asks for is filled in.
    ///
    /// # Errors
    /// If AWS refuses, or an answer can't be read. An endpoint that labform would have to guess is refused before
    /// anything is sent.
    pub async fn call(&self, api: &'static Api, operation: &'static str, document: Value) -> Result<Value> {
        let refused = |words| CloudError::own_at(operation, Cause::UnknownEndpoint, words);
        let caller = self.callers.of(api).map_err(refused)?;
        let answer = caller.call(operation, with_token(api, operation, document)).await;
        answer.map_err(|error| CloudError::of(operation, &error))
    }

    /// Makes a call that reads and answers page by page, and returns the members of all its answers. In a look the same is
    /// asked once.
    ///
    /// # Errors
    /// As [`Cloud::call`].
    pub async fn pages(&self, api: &'static Api, operation: &'static str, document: Value) -> Result<Vec<Value>> {
        let question = format!("{} {operation} {}", api.word, canonical(&document));
        let answers = self.once(&question, self.each_page(api, operation, document)).await?;
        Ok(Arc::unwrap_or_clone(answers))
    }

    async fn each_page(&self, api: &'static Api, operation: &'static str, mut document: Value) -> Result<Vec<Value>> {
        let mut answers = Vec::new();
        loop {
            let mut answer = self.call(api, operation, document.clone()).await?;
            let (answered, asked) = api.next_page(&answer);
            let next = answer[answered].take();
            answers.push(answer);
            if next.as_str().is_none_or(str::is_empty) {
                return Ok(answers);
            }
            // The SDK's paginators end here without a word, and a part would pass for the whole.
            if next == document[asked] {
                let message = "the list has no end: a page names itself as the next one";
                return Err(CloudError::answered(operation, "", message));
            }
            document[asked] = next;
        }
    }
}

/// The clients of the services that are called by table, each made when its service is first called.
#[derive(Debug)]
pub(super) struct Callers {
    config: SdkConfig,
    made: Mutex<BTreeMap<&'static str, Arc<Caller>>>,
}

impl Callers {
    /// Prepares to make clients of this configuration.
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self { config: config.clone(), made: Mutex::default() }
    }

    fn of(&self, api: &'static Api) -> Result<Arc<Caller>, String> {
        let mut made = self.made.lock().expect("nothing panics while it holds the lock");
        if let Some(caller) = made.get(api.word) {
            return Ok(caller.clone());
        }
        let caller = Arc::new(Caller::new(&self.config, api)?);
        made.insert(api.word, caller.clone());
        Ok(caller)
    }
}

/// The client of one service. Holds what its calls share: the correction of the clock, above all.
#[derive(Debug)]
struct Caller {
    api: &'static Api,
    url: String,
    retries: RetryConfig,
    shared: SharedRuntimePlugin,
}

impl Caller {
    fn new(config: &SdkConfig, api: &'static Api) -> Result<Self, String> {
        let region = config.region().ok_or("no region is known")?;
        let shared = StaticRuntimePlugin::new()
            .with_config(settings(config, api, region).freeze())
            .with_runtime_components(components(config));
        Ok(Self {
            api,
            url: url(config, api, region.as_ref())?,
            retries: config.retry_config().cloned().unwrap_or_else(RetryConfig::standard),
            shared: SharedRuntimePlugin::new(shared),
        })
    }

    async fn call(
        &self,
        operation: &'static str,
        document: Value,
    ) -> Result<Value, SdkError<ErrorMetadata, HttpResponse>> {
        let api = self.api;
        let call = Operation::builder()
            .service_name(api.id)
            .operation_name(operation)
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(&self.url)
            .standard_retry(&self.retries)
            .runtime_plugin(self.shared.clone())
            .serializer(move |Unshown(document)| request(api, operation, &document))
            .deserializer(move |response| answer(api, operation, response))
            .build();
        call.invoke(Unshown(document)).await.map(|Unshown(answer)| answer)
    }
}

/// The settings of all calls of a service, which the SDK looks up by type. A setting that isn't given is left out,
/// because an empty one would take the SDK's default away.
fn settings(config: &SdkConfig, api: &'static Api, region: &Region) -> Layer {
    let mut settings = Layer::new("labform");
    settings.store_put(AuthSchemeOptionResolverParams::new(()));
    settings.store_put(SigV4OperationSigningConfig::default());
    settings.store_put(SigningName::from_static(api.signing));
    settings.store_put(SigningRegion::from(region.clone()));
    settings.store_put(region.clone());
    settings.store_put(RetryPartition::new(format!("{}-{region}", api.word)));
    settings.store_put(ApiMetadata::new(api.word, env!("CARGO_PKG_VERSION")));
    settings.store_put(SensitiveOutput);
    if let Some(timeouts) = config.timeout_config() {
        settings.store_put(timeouts.clone());
    }
    if let Some(protection) = config.stalled_stream_protection() {
        settings.store_put(protection);
    }
    if let Some(app) = config.app_name() {
        settings.store_put(app.clone());
    }
    if let Some(is_disabled) = config.disable_clock_skew_correction() {
        settings.store_put(DisableClockSkewCorrection::from(is_disabled));
    }
    settings
}

/// The parts that all calls of a service go through, as in the SDK's crates: an orchestrator of one's own starts without retries,
/// signatures and most headers.
fn components(config: &SdkConfig) -> RuntimeComponentsBuilder {
    let mut parts = RuntimeComponentsBuilder::new("labform");
    parts.set_http_client(config.http_client());
    parts.set_sleep_impl(config.sleep_impl());
    parts.set_time_source(config.time_source());
    parts.set_identity_cache(config.identity_cache());
    if let Some(credentials) = config.credentials_provider() {
        parts.set_identity_resolver(SCHEME_ID, credentials);
    }
    parts
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_retry_classifier(HttpStatusCodeClassifier::default())
        .with_retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
        .with_retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
        .with_retry_classifier(ServiceClockSkewClassifier::<ErrorMetadata>::new())
        .with_retry_classifier(QuotaIsFinal)
        .with_interceptor(ConnectionPoisoningInterceptor::new())
        .with_interceptor(StalledStreamProtectionInterceptor::default())
        .with_interceptor(ServiceClockSkewInterceptor::new())
        .with_interceptor(RequestInfoInterceptor::new())
        .with_interceptor(UserAgentInterceptor::new())
        .with_interceptor(InvocationIdInterceptor::new())
        .with_interceptor(RecursionDetectionInterceptor::new())
}

/// The endpoint that is given, or AWS's own in `region`; the reason why there is none, if it would have to be guessed.
fn url(config: &SdkConfig, api: &Api, region: &str) -> Result<String, String> {
    let asks_for = [(config.use_fips(), "a FIPS"), (config.use_dual_stack(), "a dual-stack")];
    if let Some((_, what)) = asks_for.iter().find(|(asked, _)| *asked == Some(true)) {
        return Err(format!("{what} endpoint is asked for, and labform knows none for {}: nothing was sent", api.id));
    }
    if let Some(given) = given(config, api) {
        return Ok(given);
    }
    let domain = if region.contains("-iso") {
        let id = api.id;
        return Err(format!("labform knows no endpoint for {id} in the isolated region {region}: nothing was sent"));
    } else if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("eusc-") {
        "amazonaws.eu"
    } else {
        "amazonaws.com"
    };
    Ok(format!("https://{}.{region}.{domain}", api.host))
}

/// The endpoint that the command line gives; otherwise the environment's or the profile's for this service, then for all.
fn given(config: &SdkConfig, api: &Api) -> Option<String> {
    let own = || {
        let key = ServiceConfigKey::builder().service_id(api.id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        config.service_config()?.load_config(key.build().ok()?)
    };
    let is_for_all = config.get_origin("endpoint_url").is_client_config();
    let own = if is_for_all { None } else { own() };
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

/// The document with the idempotency token that AWS asks for, made before the first attempt, so that all attempts bring
/// the same one.
fn with_token(api: &Api, operation: &str, mut document: Value) -> Value {
    let (member, operations) = api.tokens;
    if let (true, Some(members)) = (operations.contains(&operation), document.as_object_mut()) {
        members.entry(member).or_insert_with(|| random().into());
    }
    document
}

#[cfg(test)]
mod tests;
