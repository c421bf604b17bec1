//! A class with an account for each student: Lab 8 goes up in all of them and comes down again, although five accounts are
//! in a state in which it can't.

use std::fs;
use std::thread;
use std::time::Duration;

use aws_sdk_ecs::types::{AwsVpcConfiguration, NetworkConfiguration};
use aws_sdk_s3::types::{Tag, Tagging};
use aws_smithy_async::rt::sleep::AsyncSleep as _;
use labform_account::Sandbox;
use serde_json::Value;

use ::labform::cloud::{Cloud, Endpoint, connect, identity};

use crate::accounts::{Class, REGION};
use crate::labform::{Run, watch_for};
use crate::speed::everything;

/// The state of an account in which no destroy can end well.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// Somebody else's service has the name of the lab's, in the lab's cluster.
    Twin,
    /// Somebody else's security group names one of the lab's.
    Holder,
    /// The role isn't there any more.
    Role,
    /// Every call is refused, as one too many.
    Throttle,
    /// A bucket's tag says that it is to be kept.
    Protected,
}

const TROUBLES: [Trouble; 5] = [Trouble::Twin, Trouble::Holder, Trouble::Role, Trouble::Throttle, Trouble::Protected];

impl Trouble {
    /// The words that a report has for it.
    fn words(self) -> &'static str {
        match self {
            Self::Twin => "ClusterContainsServicesException",
            Self::Holder => "held by what isn't the lab's: the rule `tcp 80 from sg-",
            Self::Role => "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::",
            Self::Throttle => "AWS asks to slow down",
            Self::Protected => "it is protected",
        }
    }

    /// How a destroy ends there: what couldn't be begun has failed.
    fn state(self) -> &'static str {
        match self {
            Self::Role | Self::Throttle => "failed",
            Self::Twin | Self::Holder | Self::Protected => "left",
        }
    }

    /// The faults of the account, if that is what it takes.
    fn faults(self) -> Option<&'static str> {
        match self {
            Self::Role => Some(r#"{"roles": []}"#),
            Self::Throttle => Some(r#"{"callsPerSecond": 0}"#),
            Self::Twin | Self::Holder | Self::Protected => None,
        }
    }

    /// Brings an account into the state, behind labform's back.
    async fn make(self, account: &Stranger) {
        let Stranger { sandbox, cloud, .. } = account;
        match self {
            Self::Twin => {
                let within = ("ecs-lab-cluster", "web-service");
                let gone = cloud.ecs.delete_service().cluster(within.0).service(within.1).force(true);
                gone.send().await.expect("the lab has a service");
                sandbox.sleep().sleep(Duration::from_secs(600)).await;
                let subnets =
                    cloud.ec2.describe_subnets().send().await.expect("EC2 answers").subnets.unwrap_or_default();
                let network = AwsVpcConfiguration::builder()
                    .set_subnets(subnets.into_iter().map(|subnet| subnet.subnet_id).collect())
                    .build()
                    .expect("it has subnets");
                let network = NetworkConfiguration::builder().awsvpc_configuration(network).build();
                let twin = cloud.ecs.create_service().cluster(within.0).service_name(within.1);
                let twin = twin.task_definition("image-classifier").network_configuration(network);
                twin.send().await.expect("the name is free");
            }
            Self::Holder => {
                let other = cloud.ec2.create_security_group().group_name("other").description("of somebody else");
                let other = other.send().await.expect("the name is free");
                let pair = aws_sdk_ec2::types::UserIdGroupPair::builder()
                    .group_id(account.group("ecs-lab-ecs-sg").await)
                    .build();
                let rule = aws_sdk_ec2::types::IpPermission::builder().ip_protocol("tcp").from_port(80).to_port(80);
                let rule = rule.user_id_group_pairs(pair).build();
                let opened = cloud.ec2.authorize_security_group_ingress().set_group_id(other.group_id);
                opened.ip_permissions(rule).send().await.expect("the group is there");
            }
            Self::Protected => account.tag_bucket(|tags| tags.push(tag("labform:protect", "true"))).await,
            Self::Role | Self::Throttle => {}
        }
    }

    /// Brings the account out of the state.
    async fn mend(self, account: &Stranger) {
        let Stranger { cloud, .. } = account;
        match self {
            Self::Twin => {
                let gone = cloud.ecs.delete_service().cluster("ecs-lab-cluster").service("web-service").force(true);
                gone.send().await.expect("it is there");
            }
            Self::Holder => {
                let gone = cloud.ec2.delete_security_group().group_id(account.group("other").await);
                gone.send().await.expect("nothing holds it");
            }
            Self::Protected => account.tag_bucket(|tags| tags.retain(|tag| tag.key != "labform:protect")).await,
            Self::Role | Self::Throttle => {}
        }
    }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().expect("it has a key and a value")
}

/// Somebody else at work in an account.
struct Stranger {
    id: String,
    sandbox: Sandbox,
    cloud: Cloud,
}

impl Stranger {
    async fn enter(class: &Class, id: &str) -> Self {
        let sandbox = class.account(id);
        let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), REGION, None).await;
        identity(&cloud).await.expect("STS answers");
        Self { id: id.to_owned(), sandbox, cloud }
    }

    /// The id of the security group of this name.
    async fn group(&self, name: &str) -> String {
        let name = aws_sdk_ec2::types::Filter::builder().name("group-name").values(name).build();
        let found = self.cloud.ec2.describe_security_groups().filters(name).send().await.expect("EC2 answers");
        let [group] = found.security_groups() else { panic!("{found:?}") };
        group.group_id().unwrap_or_default().to_owned()
    }

    /// Changes the tags of the lab's bucket.
    async fn tag_bucket(&self, change: impl FnOnce(&mut Vec<Tag>)) {
        let bucket = format!("ecs-lab-images-{}-{REGION}", self.id);
        let found = self.cloud.s3.get_bucket_tagging().bucket(&bucket).send().await.expect("the bucket has tags");
        let mut tags = found.tag_set;
        change(&mut tags);
        let tags = Tagging::builder().set_tag_set(Some(tags)).build().expect("it has tags");
        self.cloud.s3.put_bucket_tagging().bucket(bucket).tagging(tags).send().await.expect("the bucket is there");
    }
}

/// The students by name, with their accounts: those in trouble come last.
fn students(many: usize) -> Vec<(String, String)> {
    (1..=many).map(|number| (format!("s{number:04}"), format!("{:012}", 700_000_000_000 + number))).collect()
}

/// Each call takes so long, as over a line to AWS.
const LATENCY: &str = "50ms";
/// The most memory of a command, whatever the number of students.
const PEAK_KIB: u64 = 250 * 1024;
/// A command on the class. It prints the time that it took, and of that the processors', which a debug build needs most of.
fn on_class(class: &Class, words: &str) -> Run {
    let before = class.server.busy();
    let words: Vec<&str> = words.split(' ').chain(["--roster", "class.csv", "--yes", "--report", "out"]).collect();
    // All of them have one machine, and not an hour of it.
    let run = watch_for(class.command("teacher", &words), Duration::from_secs(3_000), &mut || None);
    assert!(run.peak_kib.is_none_or(|peak| peak < PEAK_KIB), "{:?} KiB: {run}", run.peak_kib);
    let processors = thread::available_parallelism().map_or(1, |count| count.get() as u32);
    let busy = (run.busy + class.server.busy().saturating_sub(before)) / processors;
    println!("{}: {:.1?}, of which {busy:.1?} are the processors', {:?} KiB", run.command, run.took, run.peak_kib);
    run
}

fn report(class: &Class, name: &str) -> String {
    fs::read_to_string(class.folder.path().join("out").join(name)).expect("there is a report")
}

/// The rows of the report.
fn reported(class: &Class) -> Vec<Value> {
    let report: Value = serde_json::from_str(&report(class, "report.json")).expect("it is JSON");
    report["rows"].as_array().expect("it has rows").clone()
}

/// Asserts that each form of the report has a row for each student, and names those in trouble with their next command.
#[track_caller]
fn reports_name(class: &Class, many: usize, troubled: &[(String, String)]) {
    let [page, junit, markdown] = ["report.html", "report.xml", "report.md"].map(|name| report(class, name));
    assert_eq!(page.matches("<tr class=").count(), many);
    let document = roxmltree::Document::parse(&junit).expect("it is XML");
    let of = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
    assert_eq!((of("testcase"), of("failure") + of("error"), of("skipped")), (many, troubled.len(), 0));
    let rows = markdown.lines().filter(|line| line.starts_with("| s0"));
    assert_eq!(rows.count(), troubled.len(), "{markdown}");
    for (name, _) in troubled {
        let next = format!("labform destroy --roster class.csv --students {name} ");
        for (form, text) in [("page", &page), ("JUnit", &junit), ("Markdown", &markdown)] {
            assert!(text.contains(&next), "{form}: {next}");
        }
    }
}

#[test]
fn a_class_comes_down_but_where_it_cannot_and_there_once_that_is_mended() {
    let students = students(if everything() { 100 } else { 7 });
    let ids: Vec<&str> = students.iter().map(|(_, id)| id.as_str()).collect();
    let class = Class::start(&ids, &["--latency", LATENCY]);
    class.folder.write("lab.yaml", include_str!("../lab8.yaml"));
    let rows: String = students.iter().map(|(name, id)| format!("{name},{id},labform-member,tp8\n")).collect();
    class.folder.write("class.csv", &format!("student,account,role,externalId\n{rows}"));
    for command in ["apply", "destroy"] {
        on_class(&class, &format!("{command} --students {}", students[0].0)).exits(0);
    }
    on_class(&class, "apply").exits(0).says(&format!("{0} of {0} done.", students.len()));

    let troubled = &students[students.len() - TROUBLES.len()..];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let faults = |id: &str| class.folder.path().join(format!("accounts/{id}.json.faults"));
    for ((_, id), trouble) in troubled.iter().zip(TROUBLES) {
        runtime.block_on(async { trouble.make(&Stranger::enter(&class, id).await).await });
        if let Some(text) = trouble.faults() {
            fs::write(faults(id), text).expect("the folder is ours");
        }
    }

    let run = on_class(&class, "destroy").exits(3);
    let clean = students.len() - TROUBLES.len();
    assert!(run.stdout.contains(&format!("{clean} of {} clean", students.len())), "{run}");
    let rows = reported(&class);
    let states = rows.iter().filter(|row| row["state"] == "clean").count();
    assert_eq!((rows.len(), states), (students.len(), clean), "{run}");
    for ((name, _), trouble) in troubled.iter().zip(TROUBLES) {
        let row = rows.iter().find(|row| row["name"] == **name).expect("each student has a row");
        let next = format!("labform destroy --roster class.csv --students {name}");
        assert!(row.to_string().contains(trouble.words()), "{trouble:?}: {row}");
        assert_eq!(row["state"], trouble.state(), "{trouble:?}: {row}");
        assert!(row["next"].as_str().is_some_and(|words| words.starts_with(&next)), "{trouble:?}: {row}");
        assert!(run.stdout.contains(&next) && run.stdout.contains(trouble.words()), "{trouble:?}: {run}");
    }
    reports_name(&class, students.len(), troubled);
    for (_, id) in &students[..clean] {
        assert_eq!(class.owned(id), 0, "{id}");
    }

    for ((_, id), trouble) in troubled.iter().zip(TROUBLES) {
        if trouble.faults().is_some() {
            fs::remove_file(faults(id)).expect("it was written");
        }
        runtime.block_on(async { trouble.mend(&Stranger::enter(&class, id).await).await });
    }
    let run = on_class(&class, "destroy");
    run.exits(0).says(&format!("{0} of {0} clean.", students.len()));
    assert!(reported(&class).iter().all(|row| row["state"] == "clean"));
    reports_name(&class, students.len(), &[]);
    for (_, id) in &students {
        assert_eq!(class.owned(id), 0, "{id}");
    }
}
