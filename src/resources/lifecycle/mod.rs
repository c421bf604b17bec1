//! The life of one object of each kind over the embedded account: made, found equal, changed, found equal, deleted.

mod lab;

use serde_json::{Value, json};

use super::Vpc;
use crate::model::Tags;
use crate::resource::{Waiting, retry};
use lab::{Lab, only};

/// Walks `spec` and then `changed` through a whole life. `count` is how many fields the change touches.
async fn live_a_life(lab: &mut Lab, address: &str, name: &str, spec: &Value, changed: &Value, count: usize) {
    let node = lab.node(address, name, spec);
    let managed = node.kind.managed().unwrap();
    assert!(lab.read(&node).await.is_none(), "{address} isn't there yet");

    let created = lab.create(&node).await;
    let diff = lab.edit(&node, &node.wanted.spec, &created).diff;
    assert!(diff.is_empty(), "{address} as create gives it: {diff:#?}");
    let (live, tags) = lab.read(&node).await.expect("it was made");
    let diff = lab.edit(&node, &node.wanted.spec, &live).diff;
    assert!(diff.is_empty(), "{address} as it was made: {diff:#?}");
    assert_eq!(tags, lab.target(&node).tags, "{address}");

    let changed = lab.node(address, name, changed);
    // What the first spec left out hasn't been read for it.
    let (live, _) = lab.read(&changed).await.expect("it is there");
    let edit = lab.edit(&changed, &changed.wanted.spec, &live);
    let diff = &edit.diff;
    assert_eq!(diff.fields.len(), count, "{address}: {diff:#?}");
    assert!(!diff.replaces(), "{address}: {diff:#?}");
    let target = lab.target(&changed);
    for round in ["once", "twice"] {
        let spec = &changed.wanted.spec;
        let updated = managed.update(spec, &lab.cloud, &target, &live, &lab.others, &edit).await.unwrap();
        let rest = lab.edit(&changed, spec, &updated).diff;
        assert!(rest.is_empty(), "{address} as update gives it {round}: {rest:#?}");
        let (live, _) = lab.read(&changed).await.expect("it is there");
        let rest = lab.edit(&changed, spec, &live).diff;
        assert!(rest.is_empty(), "{address} changed {round}: {rest:#?}");
    }

    let mut listed = managed.list(&lab.cloud, "ecs-lab").await.unwrap();
    listed.retain(|found| found.address == node.wanted.address);
    let (orphan, _) = only(listed).expect("it is listed by its tags");
    assert!(managed.list(&lab.cloud, "other").await.unwrap().is_empty());
    for round in ["once", "twice"] {
        let silent = Waiting::silent();
        let delete = || managed.delete(&lab.cloud, &orphan, &silent);
        let deleted = retry(&lab.cloud, &silent, delete).await;
        deleted.unwrap_or_else(|error| panic!("{address} deleted {round}: {error}"));
    }
    assert!(lab.read(&changed).await.is_none(), "{address} is gone");
}

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]})
}

fn inline(name: &str, action: &str) -> Value {
    json!({"policyName": name, "policyDocument": {"Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}})
}

#[tokio::test]
async fn a_bucket_lives() {
    let lab = &mut Lab::new().await;
    let spec = json!({"versioningConfiguration": {"status": "Enabled"}, "publicAccessBlockConfiguration":
        {"blockPublicAcls": true, "ignorePublicAcls": true, "blockPublicPolicy": true, "restrictPublicBuckets": true}});
    let changed = json!({"versioningConfiguration": {"status": "Suspended"}, "publicAccessBlockConfiguration":
        {"blockPublicPolicy": false}});
    live_a_life(lab, "bucket.images", "ecs-lab-images", &spec, &changed, 2).await;
    live_a_life(lab, "bucket.plain", "ecs-lab-plain", &json!({}), &json!({}), 0).await;
}

#[tokio::test]
async fn a_bucket_is_emptied_only_where_that_is_allowed() {
    let mut lab = Lab::new().await;
    let spec = |on_destroy: Value| json!({"versioningConfiguration": {"status": "Enabled"}, "onDestroy": on_destroy});
    let node = lab.node("bucket.images", "ecs-lab-images", &spec(json!(null)));
    lab.create(&node).await;
    let s3 = lab.cloud.s3.clone();
    for key in ["input/a.png", "input/a.png", "output/r\u{e9}sultat 1.json"] {
        let put = s3.put_object().bucket("ecs-lab-images").key(key);
        put.body(b"{}".to_vec().into()).send().await.unwrap();
    }
    let delete = s3.delete_object().bucket("ecs-lab-images");
    delete.key("input/a.png").send().await.unwrap();

    let managed = node.kind.managed().unwrap();
    let (kept, _) = lab.read(&node).await.unwrap();
    let refusal = managed.delete(&lab.cloud, &kept, &Waiting::silent()).await.unwrap_err().to_string();
    assert!(refusal.contains("4 versions") && refusal.contains("onDestroy: empty"), "{refusal}");

    let node = lab.node("bucket.images", "ecs-lab-images", &spec(json!("empty")));
    let (given, _) = lab.read(&node).await.unwrap();
    managed.delete(&lab.cloud, &given, &Waiting::silent()).await.unwrap();
    assert!(lab.read(&node).await.is_none());
}

#[tokio::test]
async fn a_repository_lives() {
    let lab = &mut Lab::new().await;
    let policy = |count: u32| {
        json!({"rules": [{"rulePriority": 1, "description": "keep the last", "action": {"type": "expire"},
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": count}}]})
    };
    let spec = json!({"imageScanningConfiguration": {"scanOnPush": true}, "lifecyclePolicyText": policy(10)});
    let changed = json!({"imageScanningConfiguration": {"scanOnPush": false}, "imageTagMutability": "IMMUTABLE",
        "lifecyclePolicyText": policy(5)});
    live_a_life(lab, "repository.web-app", "ecs-lab/web-app", &spec, &changed, 3).await;
}

#[tokio::test]
async fn a_role_lives() {
    let lab = &mut Lab::new().await;
    let managed = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    let spec = json!({"assumeRolePolicyDocument": trust(), "managedPolicyArns": [managed("ReadOnlyAccess")],
        "policies": [inline("A", "s3:GetObject"), inline("B", "s3:PutObject")]});
    let mut wider = trust();
    wider["Statement"][0]["Principal"]["Service"] = json!(["ecs-tasks.amazonaws.com", "ecs.amazonaws.com"]);
    let changed = json!({"assumeRolePolicyDocument": wider, "description": "task", "maxSessionDuration": 7200,
        "managedPolicyArns": [managed("AmazonS3ReadOnlyAccess")],
        "policies": [inline("A", "s3:ListBucket"), inline("C", "s3:PutObject")]});
    // The description, the duration, the trust, the attached policies; A changed, C new, B a stray.
    live_a_life(lab, "role.task", "ecs-lab-task", &spec, &changed, 7).await;
}

fn from_group(group: &str, description: &str) -> Value {
    json!({"ipProtocol": "tcp", "fromPort": 3000, "toPort": 3000,
        "userIdGroupPairs": [{"groupId": group, "description": description}]})
}

#[tokio::test]
async fn a_security_group_lives() {
    let lab = &mut Lab::new().await;
    let alb = lab.node("securityGroup.alb", "ecs-lab-alb-sg", &json!({"description": "load balancer"}));
    lab.create(&alb).await;
    let http = |cidr: &str| json!({"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "ipRanges": [{"cidrIp": cidr}]});
    let everything = json!({"ipProtocol": "-1", "ipRanges": [{"cidrIp": "0.0.0.0/0"}]});
    let spec = json!({"ipPermissions": [from_group("alb", "HTTP"), http("10.0.0.0/8")],
        "ipPermissionsEgress": [everything]});
    let https = json!({"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipv6Ranges": [{"cidrIpv6": "::/0"}]});
    let changed = json!({"ipPermissionsEgress": [https],
        "ipPermissions": [from_group("alb", "from the load balancer"), from_group("self", ""), http("10.0.0.0/16")]});
    // One rule described anew, two new and one gone; out one new and one gone.
    live_a_life(lab, "securityGroup.tasks", "ecs-lab-ecs-sg", &spec, &changed, 6).await;
}

#[tokio::test]
async fn a_security_group_in_use_says_what_uses_it() {
    let mut lab = Lab::new().await;
    let alb = lab.node("securityGroup.alb", "ecs-lab-alb-sg", &json!({}));
    let alb_live = lab.create(&alb).await;
    let tasks = lab.node("securityGroup.tasks", "ecs-lab-ecs-sg", &json!({"ipPermissions": [from_group("alb", "")]}));
    let tasks_live = lab.create(&tasks).await;
    assert_eq!(tasks.kind.links(&tasks_live), alb.kind.ids(&alb_live));
    let managed = alb.kind.managed().unwrap();
    let silent = Waiting::silent();
    let delete = || managed.delete(&lab.cloud, &alb_live, &silent);
    let refusal = retry(&lab.cloud, &silent, delete).await.unwrap_err().to_string();
    let rule = "after 20 minutes still: held by the rule `tcp 3000 from sg-";
    assert!(refusal.contains(rule) && refusal.contains("(ecs-lab-ecs-sg): take that rule out"), "{refusal}");
    let (_, kept) = lab.read(&tasks).await.map(|(live, tags)| (tasks.kind.links(&live), tags)).unwrap();
    assert_eq!(kept, lab.target(&tasks).tags);
}

#[tokio::test]
async fn a_group_of_somebody_else_is_found_without_tags() {
    let mut lab = Lab::new().await;
    let alb = lab.node("securityGroup.alb", "ecs-lab-alb-sg", &json!({}));
    let vpc = lab.others.live(&Vpc::reference()).now().unwrap().vpc_id.clone();
    let create = lab.cloud.ec2.create_security_group().group_name("ecs-lab-alb-sg");
    create.description("by hand").vpc_id(vpc).send().await.unwrap();
    let (_, tags) = lab.read(&alb).await.expect("it is in the way");
    assert_eq!(tags, Tags::new());
}

#[tokio::test]
async fn a_load_balancer_with_a_listener_lives() {
    let lab = &mut Lab::new().await;
    let group = lab.node("securityGroup.alb", "ecs-lab-alb-sg", &json!({}));
    let group_live = lab.create(&group).await;
    let balancer = |change: Value| {
        let mut spec = json!({"type": "application", "scheme": "internet-facing"});
        spec.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        spec
    };
    let changed = balancer(json!({"securityGroups": ["alb"], "subnets": ["eu-west-1a", "eu-west-1b"],
        "attributes": {"idle_timeout.timeout_seconds": "30"}}));
    live_a_life(lab, "loadBalancer.web", "ecs-lab-alb", &balancer(json!({})), &changed.clone(), 3).await;
    let target = |path: &str| {
        json!({"protocol": "HTTP", "port": 3000, "targetType": "ip", "healthCheckPath": path,
            "healthCheckIntervalSeconds": 30, "healthCheckTimeoutSeconds": 5, "healthyThresholdCount": 2,
            "matcher": {"httpCode": "200"}, "attributes": {"deregistration_delay.timeout_seconds": "30"}})
    };
    live_a_life(lab, "targetGroup.web", "ecs-lab-tg", &target("/health"), &target("/"), 1).await;

    let node = lab.node("loadBalancer.web", "ecs-lab-alb", &changed);
    let balancer = lab.create(&node).await;
    let tg = lab.node("targetGroup.web", "ecs-lab-tg", &target("/health"));
    let tg_live = lab.create(&tg).await;
    let listener =
        |action: Value| json!({"loadBalancerArn": "web", "port": 80, "protocol": "HTTP", "defaultActions": [action]});
    let forward = listener(json!({"type": "forward", "targetGroupArn": "web"}));
    let redirect = listener(json!({"type": "redirect", "redirectConfig":
        {"statusCode": "HTTP_301", "protocol": "HTTPS", "port": "443"}}));
    live_a_life(lab, "listener.web.http", "ecs-lab-web-http", &forward, &redirect, 1).await;

    for (node, live) in [(&node, &balancer), (&tg, &tg_live), (&group, &group_live)] {
        let managed = node.kind.managed().unwrap();
        let silent = Waiting::silent();
        let delete = || managed.delete(&lab.cloud, live, &silent);
        retry(&lab.cloud, &silent, delete).await.unwrap();
        assert!(lab.read(node).await.is_none(), "{} is gone", node.wanted.address);
    }
}

#[tokio::test]
async fn a_listener_shares_the_list_of_load_balancers() {
    let mut lab = Lab::new().await;
    let node = lab.node("loadBalancer.web", "ecs-lab-alb", &json!({}));
    let listener = lab.node(
        "listener.web.http",
        "",
        &json!({"loadBalancerArn": "web", "port": 80,
        "protocol": "HTTP", "defaultActions": []}),
    );
    lab.create(&node).await;
    let calls = |lab: &Lab| lab.cloud.meter.total();
    let before = calls(&lab);
    lab.cloud = lab.cloud.with_tag_index("ecs-lab");
    assert!(lab.read(&node).await.is_some() && lab.read(&listener).await.is_none());
    // The list, the tag index, the listeners.
    assert_eq!(calls(&lab) - before, 3);
}
