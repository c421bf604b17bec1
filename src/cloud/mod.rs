//! The seam to AWS.
//!
//! Knows: clients, credentials, endpoints, one error type, how many calls may be under way, owner tags.
//! Must not know: kinds of resources, the spec, plans.

mod answer;
mod apart;
mod api_tag_calls;
mod api_tags;
mod assume;
mod bucket_owner;
mod call;
mod case;
mod connect;
mod each;
mod ec2_tags;
mod error;
mod forbids;
mod guard;
mod hasty;
mod http;
mod memo;
mod not_signed_in;
mod overheard;
mod overheard_storage;
mod own_tags;
mod owner;
mod record;
mod refusal;
mod registry;
mod retries;
mod roles;
mod route;
mod seam;
mod service;
mod services;
mod sign_in;
mod tag_lists;
mod tags;
#[cfg(test)]
pub(crate) mod trouble;
mod whole;

pub use answer::{Answer, ErrorKind};
pub use api_tags::{ApiTags, Shape};
pub use assume::{Assuming, Role, sts_region};
pub use case::Case;
#[cfg(test)]
pub(crate) use connect::troubled;
pub use connect::{Account, Endpoint, connect, identity, rehearse};
pub use error::{CloudError, unless_gone};
pub use forbids::Forbids;
pub use guard::leads_here;
pub use hasty::identity_and_time;
pub use http::PROXIES;
pub use not_signed_in::NotSignedIn;
pub use overheard::{Overheard, Overhearing};
pub use owner::{
    LAB_TAG, NAME_TAG, Owner, PROTECT_TAG, REGION_TAG, RESOURCE_TAG, SPEC_TAG, is_nobodys, is_protected,
    lab_and_region, lab_in, owner_tags, role_path, role_region,
};
pub use record::{BY_TAG, EXPIRES_TAG, Expires, Record, SINCE_TAG, of_identity_center};
pub use refusal::{Cause, EXISTS, Refusal};
pub use registry::Registry;
pub use retries::{Of, Passing, SPREADS};
pub use roles::AllRoles;
pub use route::Routes;
pub use seam::Meter;
pub use service::{Api, Own, Protocol, Service, partition};
pub use services::*;
pub use sign_in::has_files;
pub use tag_lists::{ec2_tags, iam_tags, s3_tags};
pub use tags::TagIndex;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep as _, SharedAsyncSleep};
use aws_smithy_async::time::SharedTimeSource;

/// The outcome of a call to AWS.
pub type Result<T, E = CloudError> = std::result::Result<T, E>;

/// The clients of one region, and the clock by which labform waits. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// The region that every regional client talks to.
    pub region: String,
    /// The endpoint that takes AWS's place, by `--endpoint-url` or the environment; none for AWS itself.
    pub endpoint_url: Option<String>,
    /// The registry that images are pushed to.
    pub registry: Registry,
    /// The lab's folder: what is built and pushed lies below it.
    pub folder: PathBuf,
    /// Amazon ECS.
    pub ecs: aws_sdk_ecs::Client,
    /// Amazon ECR.
    pub ecr: aws_sdk_ecr::Client,
    /// Amazon EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// Elastic Load Balancing, version 2.
    pub elbv2: aws_sdk_elasticloadbalancingv2::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// Amazon CloudWatch Logs.
    pub logs: aws_sdk_cloudwatchlogs::Client,
    /// Amazon S3.
    pub s3: aws_sdk_s3::Client,
    /// AWS STS.
    pub sts: aws_sdk_sts::Client,
    /// The Resource Groups Tagging API.
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    /// Counts the calls that leave through this seam.
    pub meter: Meter,
    index: Option<Arc<TagIndex>>,
    memo: Option<memo::Memo>,
    callers: Arc<call::Callers>,
    guard: Arc<guard::Guard>,
    written: Arc<Mutex<BTreeSet<String>>>,
    fresh: Arc<Mutex<BTreeMap<String, SystemTime>>>,
    /// Whether IAM has refused to tell of all roles at once.
    roles_untold: Arc<AtomicBool>,
    sleep: SharedAsyncSleep,
    clock: SharedTimeSource,
    made: Arc<connect::Made>,
}

impl Cloud {
    /// Waits, on the clock of the account: an embedded account's clock may run faster than the wall's.
    pub async fn sleep(&self, duration: Duration) {
        self.sleep.sleep(duration).await;
    }

    /// The objects whose tags were written through this seam.
    fn written(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.written.lock().expect("nothing panics while it holds the lock")
    }

    /// The account that the credentials belong to, once STS has named it.
    pub fn account(&self) -> Option<String> {
        self.guard.account()
    }

    /// The ARN of what `rest` names in the caller's account and region.
    ///
    /// # Errors
    /// If nobody has named the account yet, and STS doesn't.
    pub async fn arn(&self, service: &str, rest: &str) -> Result<String> {
        let account = match self.account() {
            Some(account) => account,
            None => identity(self).await?.id,
        };
        Ok(format!("arn:{}:{service}:{}:{account}:{rest}", partition(&self.region), self.region))
    }

    /// The advice if something isn't there that others make on AWS; only on the embedded account.
    pub fn prepares(&self) -> Option<&'static str> {
        let words =
            "nobody else makes anything in the embedded account: `labform sandbox prepare` makes what others do";
        (self.registry == Registry::Pretended).then_some(words)
    }

    /// Takes note that the object with this id or ARN was made or changed just now.
    pub fn changed(&self, id: &str) {
        let mut fresh = self.fresh.lock().expect("nothing panics while it holds the lock");
        fresh.insert(id.to_owned(), self.now());
    }

    /// Returns whether this process has made or changed the object with this id or ARN.
    pub fn has_changed(&self, id: &str) -> bool {
        self.fresh.lock().expect("nothing panics while it holds the lock").contains_key(id)
    }

    /// Returns whether a refusal that the table knows is believed to pass: some are given for good, too.
    pub fn believes(&self, row: &Passing, error: &CloudError) -> bool {
        let fresh = self.fresh.lock().expect("nothing panics while it holds the lock");
        let is_fresh = |(id, at): (&String, &SystemTime)| {
            let age = self.now().duration_since(*at).unwrap_or_default();
            error.message().contains(id.as_str()) && age < SPREADS
        };
        row.of == Of::Any || fresh.iter().any(is_fresh)
    }

    /// The account's time.
    pub fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// The account's time that has passed since then.
    pub fn since(&self, then: SystemTime) -> Duration {
        self.now().duration_since(then).unwrap_or_default()
    }

    /// Returns this cloud with tags read through the tag index of `lab`: one call instead of one for each object.
    ///
    /// # Caveats
    /// The index lags and remembers deleted objects, so that it may serve to show a plan and never to decide that an
    /// object may be changed ("Resource Groups Tagging API Reference", GetResources).
    pub fn with_tag_index(&self, lab: &str) -> Self {
        Self { index: Some(Arc::new(TagIndex::new(lab))), ..self.clone() }
    }

    /// Returns this cloud with every tag read from the service that owns the object.
    pub fn with_direct_tags(&self) -> Self {
        Self { index: None, ..self.clone() }
    }
}
