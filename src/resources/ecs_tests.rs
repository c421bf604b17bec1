//! The life of each Amazon ECS kind over the embedded account: made, found as wanted, changed, deleted, gone.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Cluster, Listener, LoadBalancer, SecurityGroup, Service, TargetGroup, TaskDefinition, Vpc};
use crate::cloud::{Cloud, Endpoint, connect, identity, owner_tags};
use crate::model::{Address, Known, Tags};
use crate::resource::{
    Content, Entry, Found, Managed, Names, Observed, Others, Place, Readiness, Resource, Target, Waiting, Wanted, retry,
};
use labform_account::Sandbox;

/// A lab of which some resources are live.
pub(super) struct Lab {
    pub(super) cloud: Cloud,
    others: Others,
    names: Names,
}

impl Lab {
    async fn open() -> Self {
        let sandbox = Sandbox::in_memory();
        let cloud = connect(&Endpoint::Sandbox(sandbox), "eu-west-1", None).await;
        let account = identity(&cloud).await.unwrap();
        let others = Others::new(Place {
            lab: "lab".to_owned(),
            partition: account.partition().to_owned(),
            account: account.id,
            region: "eu-west-1".to_owned(),
        });
        let names = Names::new();
        Self { cloud, others, names }
    }

    /// Learns of a live resource under its own name.
    fn knows<R: Resource>(&mut self, name: &str, live: R::Live) {
        let outputs = R::outputs(&self.others.place, name, Some(&live)).into_iter();
        let entry = Entry {
            name: name.to_owned(),
            outputs: outputs.filter_map(|output| Some((output.name, Known::Now(output.value?)))).collect(),
            live: Known::Now(Arc::new(live)),
        };
        self.others.insert(Address::new(R::KIND, name), entry);
        self.names.insert(Address::new(R::KIND, name), name.to_owned());
    }

    async fn read<R: Resource>(&self, spec: &R, name: &str) -> Option<Found<R::Live>> {
        let address = Address::new(R::KIND, name);
        let wanted = [Wanted { address: &address, name, spec, source: None }];
        let mut found = R::read(&self.cloud, &wanted, &self.names).await.unwrap();
        assert!(found.len() < 2);
        found.pop()
    }

    pub(super) async fn live<R: Resource>(&self, spec: &R, name: &str) -> R::Live {
        match self.read(spec, name).await.unwrap().observed {
            Observed::Present { live, .. } => live,
            _ => panic!("{name} is not there"),
        }
    }

    pub(super) async fn create<R: Managed>(&self, spec: &R, name: &str) -> R::Live {
        let target = target::<R>(name);
        let create = || spec.create(&self.cloud, &target, &self.others);
        retry(&self.cloud, &target.waiting, create).await.unwrap()
    }

    /// Makes a resource that others refer to.
    async fn make<R: Managed>(&mut self, name: &str, value: Value) {
        let live = self.create::<R>(&section(&value), name).await;
        self.knows::<R>(name, live);
    }

    /// Makes a resource and leads it through `steps`: each section of the spec with the fields that then differ.
    async fn live_through<R: Managed>(&self, name: &str, steps: &[(Value, &[&str])]) -> R::Live {
        let first: R = section(&steps[0].0);
        assert!(self.read(&first, name).await.is_none());
        let created = self.create(&first, name).await;
        assert_eq!(first.edit(&created, &self.others, &[]).diff.fields, [], "{name}");
        for (step, paths) in steps {
            let spec: R = section(step);
            let live = self.live(&spec, name).await;
            let edit = spec.edit(&live, &self.others, &[]);
            let found: Vec<&str> = edit.diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(found, *paths, "{step}");
            let target = target::<R>(name);
            for _ in 0..2 {
                let update = spec.update(&self.cloud, &target, &live, &self.others, &edit);
                let updated = update.await.unwrap();
                assert_eq!(spec.edit(&updated, &self.others, &[]).diff.fields, [], "{step}");
                let live = self.live(&spec, name).await;
                assert_eq!(spec.edit(&live, &self.others, &[]).diff.fields, [], "{step}");
            }
        }
        let listed = R::list(&self.cloud, "lab").await.unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!(listed[0].address, Address::new(R::KIND, name));
        assert!(R::list(&self.cloud, "other").await.unwrap().is_empty());
        self.live(&first, name).await
    }

    async fn delete<R: Managed>(&self, step: &Value, name: &str, live: &R::Live) {
        let waiting = Waiting::silent();
        let delete = || R::delete(&self.cloud, live, Content::Keep, &waiting);
        retry(&self.cloud, &waiting, delete).await.unwrap();
        let left = self.read::<R>(&section(step), name).await;
        let is_gone = left.is_none_or(|left| matches!(left.observed, Observed::Tombstone));
        assert!(is_gone, "{name}");
        assert!(R::list(&self.cloud, "lab").await.unwrap().is_empty());
        R::delete(&self.cloud, live, Content::Keep, &waiting).await.unwrap();
    }
}

pub(super) fn section<R: Resource>(value: &Value) -> R {
    serde_json::from_value(value.clone()).unwrap()
}

fn target<R: Resource>(name: &str) -> Target {
    let address = Address::new(R::KIND, name);
    let tags = owner_tags("lab", &address, "digest", &Tags::new());
    Target { address, name: name.to_owned(), tags, waiting: Waiting::silent() }
}

#[tokio::test]
async fn a_cluster_lives() {
    let lab = Lab::open().await;
    let fargate = json!({"capacityProviders": ["FARGATE"],
        "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]});
    let spot = json!({"capacityProviders": ["FARGATE", "FARGATE_SPOT"],
        "settings": [{"name": "containerInsights", "value": "enabled"}]});
    let steps: [(Value, &[&str]); 3] =
        [(fargate.clone(), &[]), (spot, &["capacityProviders", "settings.containerInsights"]), (json!({}), &[])];
    let live = lab.live_through::<Cluster>("main", &steps).await;
    assert_eq!(live.document["defaultCapacityProviderStrategy"].as_array().unwrap().len(), 1);
    lab.delete::<Cluster>(&fargate, "main", &live).await;
}

#[tokio::test]
async fn a_cluster_of_someone_else_is_not_adopted() {
    let lab = Lab::open().await;
    let spec: Cluster = section(&json!({}));
    lab.create(&spec, "other").await;
    let taken = Target { name: "other".to_owned(), ..target::<Cluster>("main") };
    let error = spec.create(&lab.cloud, &taken, &lab.others).await.unwrap_err();
    assert!(error.message().contains("it is this lab's cluster.other"), "{error}");
}

#[tokio::test]
async fn a_task_definition_lives() {
    let lab = Lab::open().await;
    let web = |image: &str, environment: Value| {
        json!({
            "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": 256, "memory": "0.5 GB",
            "volumes": [{"name": "cache"}],
            "containerDefinitions": [{
                "name": "web", "image": image, "portMappings": [{"containerPort": 3000}], "environment": environment,
                "healthCheck": {"command": ["CMD-SHELL", "exit 0"], "startPeriod": 60},
                "mountPoints": [{"sourceVolume": "cache", "containerPath": "/cache"}],
            }],
        })
    };
    let variables = json!([{"name": "PORT", "value": "3000"}, {"name": "NODE_ENV", "value": "production"}]);
    let first = web("nginx:1", variables.clone());
    let steps: [(Value, &[&str]); 3] = [
        (first.clone(), &[]),
        (web("nginx:2", variables), &["definition"]),
        (web("nginx:2", json!([])), &["definition"]),
    ];
    // A family whose name begins alike, and a revision of the same family that is somebody else's.
    let other: TaskDefinition = section(&first);
    let stranger = Target { tags: Tags::new(), ..target::<TaskDefinition>("web-app") };
    let stranger = other.create(&lab.cloud, &stranger, &lab.others).await.unwrap();
    let earlier = Target { tags: Tags::new(), ..target::<TaskDefinition>("web") };
    let earlier = other.create(&lab.cloud, &earlier, &lab.others).await.unwrap();
    let call = lab.cloud.ecs.deregister_task_definition().task_definition(&earlier.arn);
    call.send().await.unwrap();

    let live = lab.live_through::<TaskDefinition>("web", &steps).await;
    assert_eq!(live.revision, 6);
    lab.delete::<TaskDefinition>(&first, "web", &live).await;
    for (arn, status) in [(live.arn, "DELETE_IN_PROGRESS"), (earlier.arn, "INACTIVE"), (stranger.arn, "ACTIVE")] {
        let answer = lab.cloud.ecs.describe_task_definition().task_definition(&arn).send().await;
        let left = answer.ok().and_then(|answer| answer.task_definition?.status);
        let left = left.map_or("DELETE_IN_PROGRESS".to_owned(), |left| left.to_string());
        assert_eq!(left, status, "{arn}");
    }
}

#[tokio::test]
async fn a_first_revision_is_deleted_with_two_calls() {
    let lab = Lab::open().await;
    let spec = json!({"cpu": "256", "memory": "512", "containerDefinitions": [{"name": "web", "image": "nginx"}]});
    let live = lab.create::<TaskDefinition>(&section(&spec), "web").await;
    let before = lab.cloud.meter.total();
    TaskDefinition::delete(&lab.cloud, &live, Content::Keep, &Waiting::silent()).await.unwrap();
    assert_eq!(lab.cloud.meter.total() - before, 2);
}

/// All that a service needs: cluster, task definition, security group, and a target group behind a listener.
pub(super) async fn ready_for_a_service() -> Lab {
    let mut lab = Lab::open().await;
    let vpc = lab.live::<Vpc>(&Vpc {}, "default").await;
    lab.knows::<Vpc>("default", vpc);
    lab.make::<SecurityGroup>("tasks", json!({"description": "tasks"})).await;
    let group = json!({"protocol": "HTTP", "port": 3000, "targetType": "ip"});
    lab.make::<TargetGroup>("web", group).await;
    lab.make::<LoadBalancer>("web", json!({})).await;
    let listener = json!({"loadBalancerArn": "web", "protocol": "HTTP", "port": 80,
        "defaultActions": [{"type": "forward", "targetGroupArn": "web"}]});
    lab.make::<Listener>("web", listener).await;
    lab.make::<Cluster>("main", json!({})).await;
    let definition = json!({
        "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512",
        "containerDefinitions": [{"name": "web", "image": "nginx", "portMappings": [{"containerPort": 3000}]}],
    });
    lab.make::<TaskDefinition>("web", definition).await;
    lab
}

pub(super) fn web_service(desired: i32) -> Value {
    json!({
        "cluster": "main", "taskDefinition": "web", "desiredCount": desired, "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": {
            "subnets": ["eu-west-1b", "eu-west-1a"], "securityGroups": ["tasks"], "assignPublicIp": "ENABLED"}},
        "loadBalancers": [{"targetGroupArn": "web", "containerName": "web", "containerPort": 3000}],
        "deploymentConfiguration": {"deploymentCircuitBreaker": {"enable": true, "rollback": true}},
        "propagateTags": "SERVICE", "enableECSManagedTags": true,
    })
}

#[tokio::test]
async fn a_service_lives() {
    let lab = ready_for_a_service().await;
    let first = web_service(2);
    let mut everywhere = first.clone();
    let network = &mut everywhere["networkConfiguration"]["awsvpcConfiguration"];
    network.as_object_mut().unwrap().remove("subnets");
    everywhere["enableExecuteCommand"] = json!(true);
    let steps: [(Value, &[&str]); 3] = [
        (first.clone(), &[]),
        (web_service(3), &["desiredCount"]),
        (everywhere, &["desiredCount", "enableExecuteCommand"]),
    ];
    let live = lab.live_through::<Service>("web", &steps).await;
    lab.delete::<Service>(&first, "web", &live).await;
}

#[tokio::test]
async fn a_service_becomes_ready_and_can_be_made_again() {
    let lab = ready_for_a_service().await;
    let spec: Service = section(&web_service(2));
    for _ in 0..2 {
        let live = lab.create(&spec, "web").await;
        assert!(matches!(Service::readiness(&live, None), Readiness::Pending(_)), "{live:?}");
        let mut waits = 0;
        while Service::readiness(&lab.live(&spec, "web").await, None) != Readiness::Ready(None) {
            waits += 1;
            assert!(waits < 100);
            lab.cloud.sleep(Duration::from_secs(10)).await;
        }
        let waiting = Waiting::silent();
        Service::delete(&lab.cloud, &live, Content::Keep, &waiting).await.unwrap();
    }
}

#[tokio::test]
async fn a_cluster_goes_when_its_service_is_gone() {
    let lab = ready_for_a_service().await;
    let service = lab.create::<Service>(&section(&web_service(1)), "web").await;
    let cluster = lab.live::<Cluster>(&section(&json!({})), "main").await;
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let heard = reasons.clone();
    let note = move |reason: &str| heard.lock().unwrap().push(reason.to_owned());
    let waiting = Waiting::new(note, tokio_util::sync::CancellationToken::new());
    let silent = Waiting::silent();
    let (service, cluster) = tokio::join!(
        Service::delete(&lab.cloud, &service, Content::Keep, &silent),
        retry(&lab.cloud, &waiting, || Cluster::delete(&lab.cloud, &cluster, Content::Keep, &waiting))
    );
    service.unwrap();
    cluster.unwrap();
    assert!(!reasons.lock().unwrap().is_empty());
}
