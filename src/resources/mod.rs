//! The kinds, one file each, in the order in which a lab is created.
//!
//! A kind that would be too long for one file is a folder: `mod.rs` says what its section means, `managed.rs` how one is
//! made and deleted, `calls.rs` what is sent to AWS, `grants.rs` what IAM has to allow for that.
//!
//! To add a kind: write one file here that implements [`Plain`](crate::resource::Plain), add its word to the table below,
//! and give it a life and an example. Nothing else has to know it: the spec, the graph, plans, steps and reports work on
//! any kind.

mod access_point;
mod alarm;
mod balancing;
mod bucket;
mod causes;
mod certificate;
mod cloud_map;
mod cluster;
mod dashboard;
mod ecs;
#[cfg(test)]
mod fields_tests;
mod file_system;
mod given;
mod groups_apart;
mod held;
mod image;
mod interfaces;
mod kms;
mod listener;
mod listener_rule;
mod load_balancer;
mod log_group;
mod network;
mod overrides;
mod parameter;
mod repository;
mod role;
#[cfg(test)]
mod rules_tests;
mod schedule;
mod secret;
mod security_group;
mod security_group_rule;
mod service;
mod target_group;
mod task_definition;
mod topic;
mod usage;
mod vpc;
mod vpc_endpoint;
mod way_out;

pub use access_point::AccessPoint;
pub use alarm::{Alarm, Dimension, Metric, MetricDataQuery, MetricStat};
pub use bucket::{Bucket, BucketLive};
pub use causes::{TIMED_OUT, explain_job, explain_refusal};
pub use certificate::{Certificate, CertificateLive};
use cloud_map::named_as;
pub use cloud_map::{DiscoveryService, Namespace};
pub use cluster::{Cluster, ClusterSetting};
pub use dashboard::{Dashboard, DashboardBody};
pub use ecs::{CapacityProviderStrategyItem, Strategy, body as ecs_body, list as ecs_list, text as ecs_text};
pub use file_system::{FileSystem, MountTarget};
pub use image::{CREDENTIALS, HELPER, Image, ImageLive, pushed_image};
pub use listener::Listener;
pub use listener_rule::ListenerRule;
pub use load_balancer::LoadBalancer;
pub use log_group::LogGroup;
pub use network::{Address, InternetGateway, NatGateway, OwnSubnet, OwnVpc, RouteTable, available_zones, home};
pub use overrides::{ContainerOverride, Overrides};
pub use parameter::Parameter;
pub use repository::Repository;
pub use role::Role;
pub use schedule::{JOB, Schedule};
pub use secret::Secret;
pub use security_group::{SecurityGroup, SecurityGroupLive};
pub use security_group_rule::SecurityGroupRule;
pub use service::{Images, NetworkConfiguration, Service, ServiceLive, bounds};
pub use target_group::TargetGroup;
pub use task_definition::{
    Compatibility, ContainerDefinition, KeyValuePair, NetworkMode, Size, TaskDefinition, TaskDefinitionLive, misnamed,
    readable, unknown_open,
};
pub use topic::{Subscription, Topic};
pub use usage::of_tasks;
pub use vpc::{SubnetLive, Vpc, VpcLive, default_vpc};
pub use vpc_endpoint::VpcEndpoint;
pub use way_out::problem as way_out_problem;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cloud::{Cause, Cloud, CloudError, LAB_TAG, Owner, Result, Service as AwsService};
use crate::resource::{AnyKind, Content, Existing, Kind, Target};

/// Every kind, in the order in which a lab is created.
pub static KINDS: &[&dyn AnyKind] = &[
    &Kind::<Certificate>::READ_ONLY,
    &Kind::<OwnVpc>::NEW,
    &Kind::<OwnSubnet>::NEW,
    &Kind::<InternetGateway>::NEW,
    &Kind::<Address>::NEW,
    &Kind::<NatGateway>::NEW,
    &Kind::<RouteTable>::NEW,
    &Kind::<Bucket>::NEW,
    &Kind::<Repository>::NEW,
    &Kind::<Image>::NEW,
    &Kind::<LogGroup>::NEW,
    &Kind::<Secret>::NEW,
    &Kind::<Parameter>::NEW,
    &Kind::<Role>::NEW,
    &Kind::<SecurityGroup>::NEW,
    &Kind::<SecurityGroupRule>::NEW,
    &Kind::<VpcEndpoint>::NEW,
    &Kind::<FileSystem>::NEW,
    &Kind::<AccessPoint>::NEW,
    &Kind::<TargetGroup>::NEW,
    &Kind::<LoadBalancer>::NEW,
    &Kind::<Listener>::NEW,
    &Kind::<ListenerRule>::NEW,
    &Kind::<Topic>::NEW,
    &Kind::<Namespace>::NEW,
    &Kind::<DiscoveryService>::NEW,
    &Kind::<Cluster>::NEW,
    &Kind::<TaskDefinition>::NEW,
    &Kind::<Alarm>::NEW,
    &Kind::<Dashboard>::NEW,
    &Kind::<Service>::NEW,
    &Kind::<Schedule>::NEW,
];

/// Every kind whose objects may be somebody else's, to be named in `existing:`.
pub static EXISTING: &[&dyn AnyKind] = &[
    &Kind::<Existing<Vpc>>::LOOKED_UP,
    &Kind::<Existing<OwnVpc>>::LOOKED_UP,
    &Kind::<Existing<OwnSubnet>>::LOOKED_UP,
    &Kind::<Existing<Bucket>>::LOOKED_UP,
    &Kind::<Existing<Repository>>::LOOKED_UP,
    &Kind::<Existing<LogGroup>>::LOOKED_UP,
    &Kind::<Existing<Secret>>::LOOKED_UP,
    &Kind::<Existing<Parameter>>::LOOKED_UP,
    &Kind::<Existing<Role>>::LOOKED_UP,
    &Kind::<Existing<SecurityGroup>>::LOOKED_UP,
    &Kind::<Existing<FileSystem>>::LOOKED_UP,
    &Kind::<Existing<AccessPoint>>::LOOKED_UP,
    &Kind::<Existing<TargetGroup>>::LOOKED_UP,
    &Kind::<Existing<LoadBalancer>>::LOOKED_UP,
    &Kind::<Existing<Listener>>::LOOKED_UP,
    &Kind::<Existing<Topic>>::LOOKED_UP,
    &Kind::<Existing<Cluster>>::LOOKED_UP,
];

/// The fate of the content of a bucket, a repository or a file system when it is destroyed. Left out, one that isn't empty is not
/// destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnDestroy {
    /// The content is deleted, too.
    Empty,
}

impl OnDestroy {
    /// The treatment of the content by a delete, if a spec gives `word`.
    fn content(word: Option<Self>) -> Content {
        word.map_or(Content::Keep, |Self::Empty| Content::Empty)
    }
}

/// The kind whose word in addresses is `word`: the lab's own, if labform makes any.
pub fn kind(word: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().chain(EXISTING).copied().find(|kind| kind.kind() == word)
}

/// The kind whose section of `lab.yaml` is `section`: the lab's own, if labform makes any.
pub fn section(section: &str) -> Option<&'static dyn AnyKind> {
    KINDS.iter().chain(EXISTING).copied().find(|kind| kind.section() == section)
}

/// The kind of somebody else's objects that the section `section` of `existing:` names.
pub fn existing(section: &str) -> Option<&'static dyn AnyKind> {
    EXISTING.iter().copied().find(|kind| kind.section() == section)
}

/// Makes sure that the create that answered with an object has made it: Elastic Load Balancing answers with the object
/// of somebody else if that has the same name and settings (CreateLoadBalancer, CreateTargetGroup, API reference).
///
/// # Errors
/// If the object is somebody else's, or its tags can't be read.
async fn made_for(cloud: &Cloud, service: AwsService, target: &Target, arn: &str) -> Result<()> {
    let mut tags = cloud.anew().tags_of(service, &[arn.to_owned()]).await?;
    // What isn't found a moment after its create is new.
    match tags.remove(arn).map(|tags| Owner::of(&tags, &target.address.kind, &target.tags[LAB_TAG])) {
        Some(Owner::Other(whose)) => {
            let message = format!("`{}` exists already, and {whose}", target.name);
            Err(CloudError::own(Cause::NotOurs, message))
        }
        Some(Owner::Lab(_)) | None => Ok(()),
    }
}

/// Returns what AWS's answer to a create has to hold.
fn answered<T>(operation: &str, answer: Option<T>) -> Result<T> {
    let missing = || CloudError::answered(operation, "", "AWS answered without the object");
    answer.ok_or_else(missing)
}

/// Others of a lab in eu-west-1 that knows nothing yet.
#[cfg(test)]
fn test_others() -> crate::resource::Others {
    crate::resource::Others::new(crate::resource::Place {
        lab: "ecs-lab".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        vpc: crate::resource::NO_VPC.to_owned(),
    })
}

/// The same others with these live objects: address, kind, and AWS's description of each as a document.
#[cfg(test)]
fn test_others_with(objects: &[(crate::model::Address, &str, serde_json::Value)]) -> crate::resource::Others {
    use crate::model::Known;
    let mut others = test_others();
    for (address, word, document) in objects {
        let found = kind(word).expect("the kind is in the table");
        let live = found.live_from_json(document.clone());
        let live = live.expect("the document is a live object of its kind");
        let outputs = found.outputs(&others.place, &address.name, Some(&live));
        let outputs = outputs.into_iter().map(|output| {
            let value = output.value.map_or(Known::AfterApply, Known::Now);
            (output.name, value)
        });
        let entry =
            crate::resource::Entry { name: address.name.clone(), outputs: outputs.collect(), live: Known::Now(live) };
        others.insert(address.clone(), entry);
    }
    others
}
