//! What a delete says that has to wait, over the embedded account.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::ecs_tests::{ready_for_a_service, section, web_service};
use super::{Cluster, SecurityGroup, Service, TargetGroup};
use crate::cloud::{Answer, CloudError};
use crate::resource::{Managed, Waiting, retry};

/// How long a refusal was waited for, and its words.
fn waited(error: CloudError) -> String {
    let CloudError::Aws(Answer { waited: Some(waited), message, .. }) = error else { panic!("{error}") };
    format!("{} minutes: {message}", waited.as_secs() / 60)
}

#[tokio::test]
async fn a_delete_names_what_holds_it_and_what_frees_it() {
    let lab = ready_for_a_service().await;
    let service = lab.create::<Service>(&section(&web_service(2)), "web").await;
    lab.cloud.sleep(std::time::Duration::from_secs(300)).await;
    let silent = Waiting::silent();

    let group = lab.live::<SecurityGroup>(&section(&json!({})), "tasks").await;
    let delete = || SecurityGroup::delete(&lab.cloud, &group, &silent);
    let refusal = retry(&lab.cloud, &silent, delete).await.unwrap_err().to_string();
    let parts = [
        "after 20 minutes still: held by network interface eni-",
        "(in-use",
        "it goes with its task; ECS stops it with the service",
    ];
    assert!(parts.iter().all(|part| refusal.contains(part)), "{refusal}");

    let group = lab.live::<TargetGroup>(&section(&json!({})), "web").await;
    let delete = || TargetGroup::delete(&lab.cloud, &group, &silent);
    let refusal = retry(&lab.cloud, &silent, delete).await;
    assert_eq!(
        waited(refusal.unwrap_err()),
        "5 minutes: held by listener HTTP:80 of load balancer web, which forwards to it: the group is free a \
         moment after that listener is deleted, or forwards elsewhere"
    );

    let cluster = lab.live::<Cluster>(&section(&json!({})), "main").await;
    let delete = || Cluster::delete(&lab.cloud, &cluster, &silent);
    let refusal = retry(&lab.cloud, &silent, delete).await;
    assert_eq!(
        waited(refusal.unwrap_err()),
        "10 minutes: held by service web: delete it with `aws ecs delete-service --cluster main --service web \
         --force`, if it is yours; 2 tasks of service web: ECS stops them with the service, once its targets have drained"
    );

    let reasons = Arc::new(Mutex::new(Vec::new()));
    let heard = reasons.clone();
    let note = move |reason: &str| heard.lock().unwrap().push(reason.to_owned());
    let waiting = Waiting::new(note, tokio_util::sync::CancellationToken::new());
    Service::delete(&lab.cloud, &service, &waiting).await.unwrap();
    let mut reasons = reasons.lock().unwrap().clone();
    reasons.dedup();
    assert_eq!(
        reasons,
        [
            "draining: 2 targets of web drain (for up to 300 s: deregistration_delay.timeout_seconds)",
            "draining: its stopped tasks give their network interfaces back",
        ]
    );
}
