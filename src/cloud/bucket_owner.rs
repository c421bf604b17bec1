//! Tells S3 whose a bucket has to be: a name that somebody else has taken meanwhile is refused by S3 itself.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::guard::Guard;

/// The calls that are about no bucket that is there.
const WITHOUT: [&str; 2] = ["CreateBucket", "ListBuckets"];

/// Puts `x-amz-expected-bucket-owner` ("Verifying bucket ownership", S3 user guide) on every call about a bucket, once
/// the account is known.
#[derive(Debug)]
pub(super) struct BucketOwner(pub(super) Arc<Guard>);

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for BucketOwner {
    fn name(&self) -> &'static str {
        "expected bucket owner"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let is_about_one = config.load::<Metadata>().is_some_and(|call| !WITHOUT.contains(&call.name()));
        if let (true, Some(account)) = (is_about_one, self.0.account()) {
            let headers = context.request_mut().headers_mut();
            headers.insert("x-amz-expected-bucket-owner", account);
        }
        Ok(())
    }
}
