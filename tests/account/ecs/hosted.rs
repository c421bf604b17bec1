//! Services whose tasks a host runs, seen by the host and through the SDK's own clients.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::LoadBalancer;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, FixedResponseActionConfig, ProtocolEnum, RuleCondition, TargetTypeEnum,
};
use http::HeaderMap;

use crate::testing::{config, furnish, logs, network, pass, service, web_service};
use labform_account::{
    Asked, Balanced, Checked, Ending, FailingCheck, HostedTask, Hosting, Question, Runner, Sandbox, Stage, StandIn,
};

const REGION: &str = "eu-west-1";
const WEB: &str = "main/web";

/// An account with a service `web` of two tasks behind the load balancer `alb`.
struct World {
    sandbox: Sandbox,
    ecs: aws_sdk_ecs::Client,
    elb: aws_sdk_elasticloadbalancingv2::Client,
    group: String,
    dns_name: String,
}

impl World {
    /// The world, in which a host has said beforehand that it runs the services in `hosted`.
    async fn new(hosted: &[&str]) -> Self {
        let sandbox = Sandbox::in_memory();
        let ecs = furnish(&sandbox).await;
        let hosting = Hosting {
            services: hosted.iter().map(|key| (*key).to_owned()).collect(),
            balancers: [("alb:80".to_owned(), "http://127.0.0.1:8080".to_owned())].into(),
        };
        sandbox.with(|account| account.host(REGION, "lab", &hosting));
        let subnets = network(&sandbox).await.awsvpc_configuration().unwrap().subnets().to_vec();
        let elb = aws_sdk_elasticloadbalancingv2::Client::new(&config(&sandbox));
        let ec2 = aws_sdk_ec2::Client::new(&config(&sandbox));
        let vpc = ec2.describe_vpcs().send().await.unwrap().vpcs()[0].vpc_id().unwrap().to_owned();
        let made = elb.create_target_group().name("tg").protocol(ProtocolEnum::Http).port(3000).vpc_id(vpc);
        let made = made.target_type(TargetTypeEnum::Ip).health_check_path("/health").send().await.unwrap();
        let group = made.target_groups()[0].target_group_arn().unwrap().to_owned();
        let made = elb.create_load_balancer().name("alb").set_subnets(Some(subnets)).send().await.unwrap();
        let balancer = made.load_balancers()[0].clone();
        let forward = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(&group).build();
        let listener = elb.create_listener().load_balancer_arn(balancer.load_balancer_arn().unwrap());
        let listener = listener.protocol(ProtocolEnum::Http).port(80).default_actions(forward).send().await.unwrap();
        let gone = FixedResponseActionConfig::builder().status_code("410").message_body("gone").build();
        let gone = Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(gone).build();
        let old = RuleCondition::builder().field("path-pattern").values("/old/*").build();
        let rule = elb.create_rule().listener_arn(listener.listeners()[0].listener_arn().unwrap());
        rule.priority(1).conditions(old).actions(gone).send().await.unwrap();
        let behind = LoadBalancer::builder().target_group_arn(&group).container_name("app").container_port(3000);
        let request = web_service(&sandbox).await.desired_count(2).load_balancers(behind.build());
        request.send().await.unwrap();
        Self { sandbox, ecs, elb, group, dns_name: balancer.dns_name().unwrap().to_owned() }
    }

    fn tasks(&self) -> Vec<HostedTask> {
        self.sandbox.with(|account| account.hosted_tasks(REGION, WEB))
    }

    fn each(&self, change: impl Fn(&mut labform_account::Account, &str)) {
        let tasks = self.tasks();
        self.sandbox.with(|account| tasks.iter().for_each(|task| change(account, &task.id)));
    }

    fn report(&self, found: Checked) {
        let found = BTreeMap::from([(self.group.clone(), found)]);
        self.each(|account, id| account.report_checks(REGION, id, &found));
    }

    async fn health(&self) -> Vec<String> {
        let health = self.elb.describe_target_health().target_group_arn(&self.group).send().await.unwrap();
        let shown = health.target_health_descriptions().iter().map(|one| one.target_health().unwrap().clone());
        shown
            .map(|one| {
                [one.state().map_or("", |state| state.as_str()), one.description().unwrap_or_default()].join(" ")
            })
            .map(|text| text.trim().to_owned())
            .collect()
    }

    fn ask(&self, path: &str) -> Balanced {
        let headers = HeaderMap::new();
        let (source, number) = ([127, 0, 0, 1].into(), 0);
        let asked = Asked { method: "GET", host: "localhost", path, query: "", headers: &headers, source, number };
        self.sandbox.with(|account| account.balance(REGION, "alb", 80, &asked))
    }

    fn stand_in(&self) -> Option<StandIn> {
        self.sandbox.with(|account| account.stand_in(REGION, &self.dns_name, 80))
    }
}

#[tokio::test]
async fn a_host_decides_when_the_tasks_are_well() {
    let world = World::new(&[WEB]).await;
    let tasks = world.tasks();
    assert_eq!(
        tasks.iter().map(|task| (task.stage, task.runner)).collect::<Vec<_>>(),
        [(Stage::Starting, Runner::Wanted); 2]
    );
    let [check] = tasks[0].checks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!((check.port, check.healthy, check.unhealthy), (3000, 5, 2));
    assert_eq!(check.asks, Question::Page { path: "/health".to_owned(), codes: "200".to_owned() });
    world.each(|account, id| account.take_task(REGION, id));
    pass(&world.sandbox, 600).await;
    assert!(world.tasks().iter().all(|task| task.stage == Stage::Running && task.runner == Runner::Host));
    assert_eq!(world.health().await, ["initial Target registration is in progress"; 2]);
    assert!(matches!(world.ask("/"), Balanced::Unavailable(_)));

    world.report(Checked::Healthy);
    pass(&world.sandbox, 10).await;
    assert_eq!(world.health().await, ["healthy"; 2]);
    assert!(service(&world.sandbox).await.events()[0].message().unwrap().contains("steady state"));
    assert_eq!(world.ask("/"), Balanced::Port(3000));
    assert!(matches!(world.ask("/old/a"), Balanced::Fixed(fixed) if fixed.status == 410 && fixed.body == "gone"));
    assert_eq!(world.stand_in(), Some(StandIn::Url("http://127.0.0.1:8080".to_owned())));

    let failed: Vec<String> = world.tasks().into_iter().map(|task| task.id).collect();
    world.report(Checked::Unhealthy(FailingCheck::Code(500)));
    pass(&world.sandbox, 1).await;
    let events: Vec<String> =
        service(&world.sandbox).await.events().iter().filter_map(|event| event.message().map(str::to_owned)).collect();
    let words = "due to (reason Health checks failed with these codes: [500]).";
    assert!(events.iter().any(|event| event.ends_with(words)), "{events:?}");
    // They serve until their connections have drained, and others start beside them.
    pass(&world.sandbox, 60).await;
    let tasks = world.tasks();
    let of = |stage: Stage| tasks.iter().filter(|task| task.stage == stage).map(|task| &task.id).collect::<Vec<_>>();
    assert_eq!(of(Stage::Draining), failed.iter().collect::<Vec<_>>());
    assert_eq!(of(Stage::Running).len(), 2);
    pass(&world.sandbox, 260).await;
    assert!(world.tasks().iter().filter(|task| failed.contains(&task.id)).all(|task| task.stage == Stage::Stopping));
    let end = |account: &mut labform_account::Account| {
        failed.iter().for_each(|id| account.report_end(REGION, id, &Ending::Exit(143)));
    };
    world.sandbox.with(end);
    pass(&world.sandbox, 60).await;
    let ended = world.ecs.describe_tasks().cluster("main").tasks(&failed[0]).send().await.unwrap();
    assert_eq!(ended.tasks()[0].containers()[0].exit_code(), Some(143));
    assert_eq!(ended.tasks()[0].last_status(), Some("STOPPED"));
}

#[tokio::test]
async fn a_task_whose_process_ends_has_stopped_and_another_starts() {
    let world = World::new(&[WEB]).await;
    world.each(|account, id| account.take_task(REGION, id));
    pass(&world.sandbox, 30).await;
    let lines = ["no database".to_owned()];
    world.each(|account, id| {
        account.report(REGION, id, &lines);
        account.report_end(REGION, id, &Ending::Exit(3));
    });
    pass(&world.sandbox, 60).await;
    let stopped = world.ecs.list_tasks().cluster("main").service_name("web");
    let stopped = stopped.desired_status(aws_sdk_ecs::types::DesiredStatus::Stopped).send().await.unwrap();
    let arn = stopped.task_arns()[0].clone();
    let task = world.ecs.describe_tasks().cluster("main").tasks(&arn).send().await.unwrap().tasks()[0].clone();
    assert_eq!(
        (task.containers()[0].exit_code(), task.stopped_reason()),
        (Some(3), Some("Essential container in task exited"))
    );
    let stream = format!("ecs/app/{}", arn.rsplit('/').next().unwrap());
    let log = logs(&world.sandbox).get_log_events().log_group_name("/lab").log_stream_name(stream);
    let log = log.start_from_head(true).send().await.unwrap();
    let said: Vec<&str> = log.events().iter().filter_map(|event| event.message()).collect();
    assert_eq!(said[0], "no database");
    assert!(said[1].starts_with("not pretended: the container ended with exit code 3"), "{said:?}");
    assert!(world.tasks().iter().all(|task| task.runner == Runner::Wanted), "it is for the host to take the next, too");
}

#[tokio::test]
async fn what_no_host_runs_is_pretended() {
    let world = World::new(&[]).await;
    pass(&world.sandbox, 300).await;
    assert_eq!(world.health().await, ["healthy"; 2]);
    assert!(world.tasks().iter().all(|task| task.runner == Runner::Nobody));
    let Balanced::Unavailable(why) = world.ask("/") else { panic!("nothing runs") };
    assert!(why.contains("pretended"), "{why}");
    // A host may take them all the same, and leave them again.
    world.each(|account, id| account.take_task(REGION, id));
    assert_eq!(world.health().await, ["initial Target registration is in progress"; 2]);
    world.report(Checked::Healthy);
    assert_eq!(world.ask("/"), Balanced::Port(3000));
    world.each(|account, id| account.pretend_task(REGION, id));
    assert_eq!(world.health().await, ["healthy"; 2]);
    assert!(matches!(world.ask("/"), Balanced::Unavailable(_)));
    world.sandbox.with(|account| account.unhost(REGION, "lab"));
    assert_eq!(world.stand_in(), Some(StandIn::Nothing));
    let none = world.sandbox.with(|account| account.stand_in(REGION, "other.eu-west-1.elb.amazonaws.com", 80));
    assert_eq!(none, None);
}

/// A client can name any address and port as a target: nothing but a port that a host answers at is ever asked.
#[tokio::test]
async fn targets_that_a_client_registers_lead_nowhere() {
    let world = World::new(&[WEB]).await;
    world.each(|account, id| account.take_task(REGION, id));
    pass(&world.sandbox, 30).await;
    let interfaces =
        aws_sdk_ec2::Client::new(&config(&world.sandbox)).describe_network_interfaces().send().await.unwrap();
    let of_task = interfaces
        .network_interfaces()
        .iter()
        .find(|one| one.description().is_some_and(|text| text.contains("attachment")));
    let address = of_task.and_then(|one| one.private_ip_address()).unwrap();
    for (address, port) in [("127.0.0.1", 22), (address, 22)] {
        let target = aws_sdk_elasticloadbalancingv2::types::TargetDescription::builder().id(address).port(port).build();
        world.elb.register_targets().target_group_arn(&world.group).targets(target).send().await.unwrap();
    }
    pass(&world.sandbox, 600).await;
    assert!(world.health().await.contains(&"healthy".to_owned()), "the account can't know better");
    assert!(matches!(world.ask("/"), Balanced::Unavailable(_)));
}
