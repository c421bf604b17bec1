//! The judge of whether labform kept its word, by the whole account and not by what labform says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Command, End, Ran, World, calm};
use crate::cloud::trouble::Troubled;
use crate::cloud::{Cloud, Endpoint, LAB_TAG, Owner, RESOURCE_TAG, connect, troubled};
use crate::live;
use crate::model::Address;
use crate::plan::{self, Scope};
use crate::resources::kind;
use crate::spec::Source;
use labform_account::{Item, Sandbox};

/// Everything in the account that isn't a lab's, as it was before labform came.
#[derive(Clone, Debug)]
pub(super) struct Strangers(BTreeMap<String, Value>);

impl Strangers {
    /// Puts objects of others into a fresh account: under names like the lab's, with another lab's tag, with no tag.
    pub(super) async fn settle_in(sandbox: &Sandbox) -> Self {
        let endpoint = Endpoint::Sandbox(sandbox.clone());
        let cloud = connect(&endpoint, "eu-west-1", None).await;
        crate::cloud::identity(&cloud).await.unwrap();
        furnish(&cloud).await;
        let strangers = Self::of(sandbox);
        assert!(strangers.0.len() > 7, "{:?}", strangers.0.keys());
        strangers
    }

    /// Everything that isn't the lab's at this moment.
    fn of(sandbox: &Sandbox) -> Self {
        Self(foreign(sandbox))
    }
}

async fn furnish(cloud: &Cloud) {
    let group = cloud.logs.create_log_group().log_group_name("/ecs/ecs-lab");
    group.send().await.unwrap();
    let group = cloud.logs.create_log_group().log_group_name("/ecs/ecs-lab/web-app2");
    group.tags(LAB_TAG, "ecs-lab-2").tags(RESOURCE_TAG, "logGroup.web-app").send().await.unwrap();
    let bucket = cloud.s3.create_bucket().bucket("ecs-lab-images");
    let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint(aws_sdk_s3::types::BucketLocationConstraint::EuWest1);
    bucket.create_bucket_configuration(place.build()).send().await.unwrap();
    cloud.ecr.create_repository().repository_name("ecs-lab/web").send().await.unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role = cloud.iam.create_role().role_name("ecs-lab-role").path("/labform/ecs-lab/eu-west-1/");
    role.assume_role_policy_document(trust).send().await.unwrap();
    cloud.ecs.create_cluster().cluster_name("ecs-lab").send().await.unwrap_err();
    cloud.ecs.create_cluster().cluster_name("ecs-lab").send().await.unwrap();
    let vpcs = cloud.ec2.describe_vpcs().send().await.unwrap();
    let vpc = vpcs.vpcs()[0].vpc_id().unwrap();
    let group = cloud.ec2.create_security_group().group_name("ecs-lab-ecs").description("x").vpc_id(vpc);
    group.send().await.unwrap();
    let group = cloud.elbv2.create_target_group().name("ecs-lab-tg2").port(80).vpc_id(vpc);
    group.protocol(aws_sdk_elasticloadbalancingv2::types::ProtocolEnum::Http).send().await.unwrap();
}

/// Returns whether the first line of a failure names a resource or an operation of AWS's, and says something of it.
pub(super) fn names_what_failed(words: &str) -> bool {
    let is_resource = |what: &str| {
        let address = what.parse::<Address>();
        address.is_ok_and(|address| kind(&address.kind).is_some())
    };
    let is_operation =
        |what: &str| what.starts_with(|c: char| c.is_ascii_uppercase()) && what.chars().all(char::is_alphanumeric);
    let first = words.lines().next().unwrap_or_default().split_once(": ");
    first.is_some_and(|(what, why)| (is_resource(what) || is_operation(what)) && !why.is_empty())
}

/// The parts of the account that stand under the id or the name of an object that isn't the lab's, by their place.
fn foreign(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let account = sandbox.with(labform_account::Account::document);
    let items = sandbox.inventory().into_iter();
    // Services of AWS make network interfaces and tasks, and take them away again.
    let is_by_aws = |item: &Item| BY_AWS.contains(&item.kind) || item.tags.contains_key("AmazonECSManaged");
    let (labs, foreign): (Vec<Item>, Vec<Item>) = items.filter(|item| !is_by_aws(item)).partition(is_labs);
    let names = |items: &[Item]| items.iter().flat_map(names).collect::<BTreeSet<_>>();
    let (labs, foreign) = (names(&labs), names(&foreign));
    let mut found = BTreeMap::new();
    collect(&account, "", &labs, &foreign, &mut found);
    found
}

/// The labs of the trials.
const LABS: [&str; 2] = ["ecs-lab", "swarm"];
/// The kinds of what AWS makes for a service, and gives the service's tags.
const BY_AWS: [&str; 3] = ["application-autoscaling:scalable-target", "ec2:network-interface", "ecs:task"];

fn is_labs(item: &Item) -> bool {
    let kind = match item.kind {
        "ec2:elastic-ip" => "address".to_owned(),
        kind => kind.rsplit(':').next().unwrap_or_default().replace('-', ""),
    };
    let address = item.tags.get(RESOURCE_TAG).and_then(|text| text.parse::<Address>().ok());
    let is_it = |address: &Address| BY_AWS.contains(&item.kind) || address.kind.eq_ignore_ascii_case(&kind);
    let is_of = |address: &Address, lab: &str| matches!(Owner::of(&item.tags, &address.kind, lab), Owner::Lab(_));
    address.filter(is_it).is_some_and(|address| LABS.iter().any(|lab| is_of(&address, lab)))
}

/// The keys under which the account may keep an object: its id, or the name in it.
fn names(item: &Item) -> Vec<String> {
    let id = item.id.trim_end_matches(":*");
    let resource = id.rsplit(':').next().unwrap_or(id);
    let name = match item.kind.starts_with("iam:") {
        true => resource.rsplit('/').next(),
        false => resource.split_once('/').map(|(_, name)| name),
    };
    [Some(id), Some(resource), name].into_iter().flatten().map(str::to_owned).collect()
}

/// The parts of an object that change without a call on it: ECS registers targets, and tells what its services do.
const BY_ITSELF: [&str; 4] = ["targets", "deployments", "events", "steady"];

fn collect(
    value: &Value,
    path: &str,
    labs: &BTreeSet<String>,
    foreign: &BTreeSet<String>,
    found: &mut BTreeMap<String, Value>,
) {
    for (key, part) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        if foreign.contains(key) {
            // AWS makes a VPC's default security group and its main route table along with it, and deletes them so.
            let is_along = part["name"] == "default" || part["is_main"] == true;
            if is_along && part["vpc"].as_str().is_some_and(|vpc| labs.contains(vpc)) {
                continue;
            }
            let mut part = part.clone();
            // The lab's own rules may stand in the groups of others.
            if let Some(rules) = part.get_mut("rules").and_then(Value::as_object_mut) {
                rules.retain(|id, _| !labs.contains(id));
            }
            for moving in BY_ITSELF {
                part.as_object_mut().map(|part| part.remove(moving));
            }
            found.insert(path, part);
        } else if !labs.contains(key) {
            collect(part, &path, labs, foreign, found);
        }
    }
}

impl World {
    /// The objects that carry a lab's owner tag, without what AWS describes although it is gone, and without tasks.
    pub(crate) fn ours(&self) -> Vec<Item> {
        let lasts = |item: &Item| item.tombstone.is_none() && item.kind != "ecs:task";
        self.sandbox.inventory().into_iter().filter(|item| lasts(item) && is_labs(item)).collect()
    }

    /// Asks whether what a command did is what it may do.
    pub(super) async fn ask_oracle(&self, ran: &Ran, command: &Command, source: &Source) {
        self.no_foreign_change();
        match (&ran.end, command) {
            (End::Done, Command::Apply) => {
                self.no_duplicates();
                self.nothing_to_do(source).await;
            }
            (End::Done, Command::Destroy(scope)) if *scope == Scope::all() => {
                assert_eq!(self.ours(), [], "destroy said that nothing is left");
            }
            (End::Failed(words), _) => {
                assert!(names_what_failed(words), "a failure names what failed: {words}");
            }
            _ => {}
        }
    }

    pub(super) fn strangers(&self) -> Strangers {
        self.strangers.lock().unwrap().clone()
    }

    /// Takes what isn't the lab's now for what was there before labform came.
    pub(super) fn settle_strangers(&self) {
        *self.strangers.lock().unwrap() = Strangers::of(&self.sandbox);
    }

    /// Asserts that no object of others is changed.
    pub(super) fn no_foreign_change(&self) {
        let now = foreign(&self.sandbox);
        for (path, before) in &self.strangers().0 {
            assert_eq!(now.get(path), Some(before), "{path} isn't the lab's");
        }
    }

    /// Asserts that each resource is there at most once; a task definition has revisions by design.
    pub(super) fn no_duplicates(&self) {
        let mut seen = BTreeMap::new();
        for item in self.ours() {
            if item.kind == "ecs:task-definition" {
                continue;
            }
            let address = item.tags[RESOURCE_TAG].clone();
            let twin = seen.insert((item.kind, address.clone()), item.id.clone());
            assert_eq!(twin, None, "{address} is there twice: {}", item.id);
        }
    }

    /// Asserts that a plan that is made on a good day is empty.
    pub(crate) async fn nothing_to_do(&self, source: &Source) {
        let calm = Troubled::new(&self.sandbox, calm);
        let cloud = troubled(&self.sandbox, &calm, source.region()).await;
        let reading = live::read_surely(&cloud, source).await.unwrap();
        let plan = plan::plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
        let changes: Vec<_> = plan.effective().collect();
        assert!(changes.is_empty(), "apply said that nothing is left to do: {changes:#?}");
    }

    /// The number of objects under each address: equal for two accounts in which the same was done.
    pub(crate) fn shape(&self) -> BTreeMap<String, usize> {
        let mut shape = BTreeMap::new();
        for item in self.ours() {
            let address = item.tags[RESOURCE_TAG].clone();
            let count: &mut usize = shape.entry(address).or_default();
            *count = match item.kind {
                // Each crash may leave a revision of its own, which the next destroy finds.
                "ecs:task-definition" => 1,
                _ => *count + 1,
            };
        }
        shape
    }
}
