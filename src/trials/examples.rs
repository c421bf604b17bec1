//! The labs in `examples/`: what others do to them is found and mended, they heal wherever labform is killed, and those who
//! share an account leave each other alone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::crashes::sweep;
use super::speed::every;
use super::{Command, Deaf, World, calm, source, trial};
use crate::apply::{Emptying, Executor, Observer, foresee};
use crate::cloud::trouble::{Call, Trouble, Troubled};
use crate::cloud::{CERTIFICATE_MANAGER, ELASTIC_LOAD_BALANCING, identity, troubled};
use crate::live::{self, Evidence};
use crate::plan::{self, Scope};
use crate::resource::{NO_VPC, Place};

const LEARNER: &str = include_str!("../../examples/learner-account.yaml");
const STUDENT: &str = include_str!("../../examples/shared/student.yaml");
const TEACHER: &str = include_str!("../../examples/shared/teacher.yaml");
const EXAMPLES: [&str; 9] = [
    include_str!("../../examples/two-services.yaml"),
    include_str!("../../examples/private-nat.yaml"),
    include_str!("../../examples/private-endpoints.yaml"),
    include_str!("../../examples/own-network.yaml"),
    include_str!("../../examples/shared-files.yaml"),
    include_str!("../../examples/cloud-map.yaml"),
    include_str!("../../examples/service-connect.yaml"),
    LEARNER,
    STUDENT,
];
/// Of so many points one stays in the sample: an odd number, so that kills before and after a call take turns.
const SAMPLE: usize = 121;

/// The example in the trials' region, as the lab of this name.
fn named(text: &str, lab: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some(("lab", _)) => format!("lab: {lab}"),
        Some(("region", _)) => "region: eu-west-1".to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// An account with what the examples look up.
async fn begun() -> World {
    let world = World::new().await;
    let cloud = world.neighbour().await;
    let asked = json!({"DomainName": "www.example.com"});
    cloud.call(&CERTIFICATE_MANAGER, "RequestCertificate", asked).await.unwrap();
    let trust = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    cloud.iam.create_role().role_name("LabRole").assume_role_policy_document(trust).send().await.unwrap();
    let execution = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy";
    cloud.iam.attach_role_policy().role_name("LabRole").policy_arn(execution).send().await.unwrap();
    world.settle_strangers();
    world
}

/// The same with the class of a teacher, in which Ben is already.
async fn class() -> World {
    let world = begun().await;
    for text in [TEACHER.to_owned(), named(STUDENT, "ben")] {
        world.apply(&text).await.done();
    }
    world.settle_strangers();
    world
}

async fn around(example: &str) -> (World, String) {
    let world = if example == STUDENT { class().await } else { begun().await };
    (world, named(example, "ecs-lab"))
}

impl World {
    /// Destroys by the owner tag, without a file.
    async fn destroy_by_tag(&self, lab: &str, script: impl Fn(&Call) -> Trouble + Send + Sync + 'static) -> Vec<Call> {
        let trouble = Troubled::new(&self.sandbox, script);
        let cloud = troubled(&self.sandbox, &trouble, "eu-west-1").await;
        let account = identity(&cloud).await.unwrap();
        let place = Place {
            lab: lab.to_owned(),
            account: account.id.clone(),
            region: cloud.region.clone(),
            partition: account.partition().to_owned(),
            vpc: NO_VPC.to_owned(),
        };
        let look = cloud.look();
        let found = live::list(&look, lab, None).await.unwrap();
        let plan = plan::plan_destroy(&place, &found, &Scope::all());
        let plan = foresee(&look, None, &found, plan).await;
        let observer: Arc<dyn Observer> = Arc::new(Deaf);
        let executor = Executor { cloud: &cloud, observer: &observer, stop: &CancellationToken::new() };
        let done = executor.tear_down(&plan, None, &found, &Scope::all(), Emptying::AsLabSays).await.unwrap();
        assert!(done.outcome.failed.is_empty() && done.left.is_empty(), "{done:#?}");
        self.no_foreign_change();
        trouble.calls()
    }
}

#[test]
fn what_disappears_of_an_example_is_made_again() {
    trial(async {
        for example in EXAMPLES {
            let (world, text) = around(example).await;
            world.apply(&text).await.done();
            let lab = source(&text).into_lab();
            let own = lab.nodes.values().filter(|node| node.kind.stands_alone()).map(|node| node.address.to_string());
            for address in every(27, own) {
                let world = world.fork();
                world.lose(&text, &address).await;
                let mended = world.apply(&text).await.done();
                assert!(mended.changes() > 0, "{address}");
            }
            world.destroy(&text).await.done();
        }
    });
}

#[test]
fn an_example_heals_wherever_labform_is_killed() {
    trial(async {
        for example in EXAMPLES {
            let (world, text) = around(example).await;
            sweep(&world, &Command::Apply, &text, SAMPLE).await;
            world.apply(&text).await.done();
            sweep(&world, &Command::Destroy(Scope::all()), &text, SAMPLE).await;
        }
    });
}

/// The rules of the class's listener: priority and first path of each.
async fn rules(world: &World) -> BTreeMap<String, String> {
    let cloud = world.neighbour().await;
    let ask = async |operation, input| cloud.call(&ELASTIC_LOAD_BALANCING, operation, input).await.unwrap();
    let balancers = ask("DescribeLoadBalancers", json!({"Names": ["course-class"]})).await;
    let arn = &balancers["LoadBalancers"][0]["LoadBalancerArn"];
    let listeners = ask("DescribeListeners", json!({"LoadBalancerArn": arn})).await;
    let rules = ask("DescribeRules", json!({"ListenerArn": listeners["Listeners"][0]["ListenerArn"]})).await;
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rules = rules["Rules"].as_array().unwrap().iter();
    rules.map(|rule| (word(&rule["Priority"]), word(&rule["Conditions"][0]["Values"][0]))).collect()
}

#[test]
fn students_share_a_load_balancer_and_a_cluster() {
    trial(async {
        let world = class().await;
        let anna = named(STUDENT, "ecs-lab");
        let shared = rules(&world).await;
        world.apply(&anna).await.done();
        for text in [TEACHER.to_owned(), named(STUDENT, "ben"), anna.clone()] {
            assert_eq!(world.apply(&text).await.done().changes(), 0);
        }
        let with_anna = rules(&world).await;
        assert_eq!(with_anna.len(), shared.len() + 1, "{with_anna:?}");
        assert_eq!((with_anna["1"].as_str(), with_anna["2"].as_str()), ("/ben", "/ecs-lab"));
        for by_tag in [false, true] {
            let world = world.fork();
            if by_tag {
                world.destroy_by_tag("ecs-lab", calm).await;
            } else {
                world.destroy(&anna).await.done();
            }
            assert_eq!(world.ours(), []);
            assert_eq!(rules(&world).await, shared);
            for text in [TEACHER.to_owned(), named(STUDENT, "ben")] {
                assert_eq!(world.apply(&text).await.done().changes(), 0);
            }
        }
    });
}

#[test]
fn a_teacher_who_goes_first_is_told_who_is_still_there() {
    trial(async {
        let world = class().await;
        let cloud = world.neighbour().await;
        let reading = live::read_pretended(&cloud, &source(TEACHER), Evidence::Direct).await.unwrap();
        let plan = plan::plan_destroy(&reading.lab.place, &reading.live, &Scope::all());
        let plan = foresee(&cloud, Some(&reading.lab), &reading.live, plan).await;
        let told = plan.changes.iter().flat_map(|change| {
            let words = change.beside.iter().filter_map(|beside| beside.what.split([':', '(']).next());
            words.map(|words| format!("{}: {}", change.address, words.trim())).collect::<Vec<_>>()
        });
        let told: Vec<String> = told.collect();
        assert_eq!(told, ["listener.class.http: rule 1", "cluster.class: service ben-web"]);
        let whose = plan.changes.iter().flat_map(|change| &change.beside).map(|beside| beside.what.as_str());
        assert!(whose.collect::<String>().contains("it belongs to the lab `ben`"));

        // Nobody waits for what only Ben can take away; once he has, all goes.
        let begun = world.sandbox.now();
        let destroy = async |text: &str| {
            let command = Command::Destroy(Scope::all());
            world.unasked(&command, text, async {}, calm).await
        };
        let said = destroy(TEACHER).await.failed();
        for address in ["cluster.class", "securityGroup.tasks", "subnet.main.public-a"] {
            let told =
                said.lines().find(|line| line.starts_with(address)).unwrap_or_else(|| panic!("{address}: {said}"));
            assert!(told.contains("held by what isn't the lab's: service ben-web: delete it with"), "{told}");
        }
        let took = world.took(begun);
        assert!(took < Duration::from_secs(10 * 60), "{took:?}");
        for text in [named(STUDENT, "ben"), TEACHER.to_owned()] {
            destroy(&text).await.done();
        }
    });
}

/// What IAM says to a learner, who may do nothing with it but pass LabRole on.
fn without_iam(call: &Call) -> Trouble {
    match call.service == "iam" {
        true => Trouble::Refused {
            status: 403,
            code: "AccessDenied",
            message: "User: arn:aws:sts::123456789012:assumed-role/voclabs/user1 is not authorized to perform this \
                      because no identity-based policy allows it"
                .to_owned(),
        },
        false => Trouble::None,
    }
}

#[test]
fn a_learner_needs_no_right_to_read_roles() {
    trial(async {
        let begun = begun().await;
        let text = named(LEARNER, "ecs-lab");
        let existing = ["existing:", "  # Looked up", "  roles:", "    lab: {"];
        let is_own = |line: &&str| !existing.iter().any(|head| line.starts_with(head));
        let own = text.lines().filter(is_own).collect::<Vec<_>>().join("\n");
        let by_name = own.replace("RoleArn: lab", "RoleArn: LabRole");
        let by_arn = own.replace("RoleArn: lab", "RoleArn: arn:aws:iam::123456789012:role/LabRole");
        for text in [&text, &by_name, &by_arn] {
            let world = begun.fork();
            assert!(world.run(&Command::Apply, text, without_iam).await.done().changes() > 0);
            assert_eq!(world.run(&Command::Apply, text, without_iam).await.done().changes(), 0);
            world.lose(text, "logGroup.web").await;
            assert!(world.run(&Command::Apply, text, without_iam).await.done().changes() > 0);
            let again = world.fork();
            world.run(&Command::Destroy(Scope::all()), text, without_iam).await.done();
            let calls = again.destroy_by_tag("ecs-lab", without_iam).await;
            assert_eq!((world.ours(), again.ours()), (Vec::new(), Vec::new()));
            assert!(calls.iter().all(|call| call.service != "iam" || !call.changes()));
        }
    });
}

#[test]
fn tasks_start_once_the_endpoints_that_they_need_are_made() {
    trial(async {
        let world = begun().await;
        world.apply(include_str!("../../examples/private-endpoints.yaml")).await.done();
        let tasks: Vec<_> = world.sandbox.inventory().into_iter().filter(|item| item.kind == "ecs:task").collect();
        assert!(!tasks.is_empty() && tasks.iter().all(|task| task.tombstone.is_none()), "{tasks:#?}");
    });
}
