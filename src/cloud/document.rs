//! Whole JSON documents through the SDK: a body that a user pastes goes to AWS unchanged, and what AWS answers is
//! kept whole, so that no field is lost in a conversion.
//!
//! Only for services that speak JSON (Amazon ECS).

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// An interceptor for one call: replaces the request's body before it is signed, and keeps the answer's.
#[derive(Clone, Debug)]
pub struct DocumentExchange {
    request: Option<Arc<Value>>,
    answer: Arc<Mutex<Value>>,
}

impl DocumentExchange {
    /// Sends `document` as the body of the call.
    pub fn sending(document: Value) -> Self {
        Self { request: Some(Arc::new(document)), answer: Arc::default() }
    }

    /// Leaves the request as the SDK makes it, and keeps the answer.
    pub fn keeping() -> Self {
        Self { request: None, answer: Arc::default() }
    }

    /// The answer's body; null before the call has succeeded.
    pub fn answer(&self) -> Value {
        self.answer.lock().expect("nothing panics while it holds the lock").take()
    }
}

#[dyn_dispatch_hint]
impl Intercept for DocumentExchange {
    fn name(&self) -> &'static str {
        "labform document"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(document) = &self.request {
            let body = serde_json::to_vec(document.as_ref())?;
            let request = context.request_mut();
            request.headers_mut().insert("content-length", body.len().to_string());
            *request.body_mut() = SdkBody::from(body);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        if let Ok(document) = serde_json::from_slice(body) {
            *self.answer.lock().expect("nothing panics while it holds the lock") = document;
        }
        Ok(())
    }
}
