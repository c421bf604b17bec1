//! A lab's whole life on an embedded account, with the calls of each command noted.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_ec2::types::{IpPermission, UserIdGroupPair};
use aws_sdk_ecs::types::{AwsVpcConfiguration, ContainerDefinition, NetworkConfiguration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::apply::{Emptying, Event, Executor, Observer, foresee, set_expiry, settle};
use crate::check::{Commands, Outcome};
use crate::cloud::{Cloud, CloudError, Endpoint, connect, identity};
use crate::jobs::{Asked, By, JobEvent, Request, StopRequest};
use crate::live::{Evidence, Reading, Snapshot};
use crate::logs::{Reader, sources};
use crate::plan::{Action, Plan, Scope, plan, plan_destroy};
use crate::status::details;
use labform_account::{Sandbox, TaskOutcome};

pub(super) const REGION: &str = "eu-west-1";

/// The calls of each command, by the keys of the seam.
pub(super) type Calls = BTreeMap<Command, BTreeSet<String>>;

pub(super) struct Life {
    pub(super) sandbox: Sandbox,
    pub(super) calls: Calls,
}

struct Silent;

impl Observer for Silent {
    fn event(&self, _event: Event) {}
}

/// Mends what keeps tasks from running, once told what it is.
struct Mends(Sandbox);

impl Observer for Mends {
    fn event(&self, event: Event) {
        if matches!(event, Event::Explained { .. }) {
            self.0.with(|account| account.simulation(REGION).end());
        }
    }
}

impl Life {
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::in_memory();
        sandbox.with(|account| account.simulation(REGION).images_are_there());
        Self { sandbox, calls: Calls::new() }
    }

    /// A session of its own, whose calls don't count.
    pub(super) async fn cloud(&self) -> Cloud {
        let cloud = connect(&Endpoint::Sandbox(self.sandbox.clone()), REGION, None).await;
        identity(&cloud).await.unwrap();
        cloud
    }

    fn note(&mut self, command: Command, cloud: &Cloud) {
        let calls = cloud.meter.by_operation().into_keys();
        self.calls.entry(command).or_default().extend(calls);
    }

    /// Reads all that there is, as a plan does and a run at its begin.
    pub(super) async fn read(&mut self, text: &str) {
        let cloud = self.cloud().await;
        live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
        self.note(Command::Plan, &cloud);
        self.note(Command::Run, &cloud);
    }

    /// Reads all that there is while IAM tells of one role after the other, as plans, runs and applies do then.
    pub(super) async fn read_each_role(&mut self, text: &str) {
        let all = "iam:GetAccountAuthorizationDetails".to_owned();
        self.sandbox.with(|account| account.quirks.denied.insert(all));
        let cloud = self.cloud().await;
        live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
        self.sandbox.with(|account| account.quirks.denied.clear());
        for command in [Command::Plan, Command::Run, Command::Apply] {
            self.note(command, &cloud);
        }
    }

    /// Looks closer, as `status` and `logs` do.
    pub(super) async fn look(&mut self, text: &str) {
        let cloud = self.cloud().await;
        let reading = live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
        let details = details(&cloud, &reading).await;
        assert!(details.unread.is_empty(), "{:?}", details.unread);
        let sources = sources(&reading.lab, None).unwrap_or_default();
        let mut reader = Reader::new(&cloud, sources, cloud.now());
        reader.read(&mut |_| Ok::<_, CloudError>(())).await.unwrap();
        self.note(Command::Plan, &cloud);
    }

    /// Plans and applies. Returns the number of changes.
    pub(super) async fn apply(&mut self, text: &str) -> usize {
        self.apply_told(text, &Silent).await
    }

    /// Applies while the tasks of `family` end with an error, until somebody is told why.
    pub(super) async fn apply_failing(&mut self, text: &str, family: &str) -> usize {
        let fate = TaskOutcome::exits(1, &["no"]);
        let account = self.sandbox.clone();
        account.with(|account| account.simulation(REGION).tasks_end(family, fate));
        self.apply_told(text, &Mends(account)).await
    }

    async fn apply_told(&mut self, text: &str, observer: &dyn Observer) -> usize {
        let cloud = self.cloud().await;
        let (lab, source) = (&Scope::all(), source(text));
        let reading = live::read_pretended(&cloud, &source, Evidence::Index).await.unwrap();
        let plan = plan(&reading.lab, &reading.live, lab).unwrap();
        carry_out(&cloud, &plan, Some(&reading), &reading.live).await;
        let all = reading.lab.order();
        let stop = CancellationToken::new();
        let settled = settle(&cloud, &reading.lab, &all, observer, &stop).await;
        let failed = settled.unwrap().failed;
        assert!(failed.is_empty(), "{failed:?}");
        self.note(Command::Apply, &cloud);
        plan.effective().count()
    }

    /// Moves the time until which the lab is to live, as an apply does at its end.
    pub(super) async fn move_expiry(&mut self, text: &str) {
        let cloud = self.cloud().await;
        let reading = live::read_pretended(&cloud, &source(text), Evidence::Index).await.unwrap();
        let (lab, until) = (&reading.lab, "2100-01-01T00:00:00Z");
        assert!(set_expiry(&cloud, &lab.place, Some(lab), until).await.unwrap() > 0);
        self.note(Command::Apply, &cloud);
    }

    /// Runs `job` to its end, or to the end of `timeout` if there is one.
    pub(super) async fn run(&mut self, text: &str, job: &str, timeout: Option<Duration>) {
        let cloud = self.cloud().await;
        let mut request = asked(&cloud, text, job).await;
        request.timeout = timeout.or(request.timeout);
        let writes = request.outputs.clone();
        let folder = tempfile::tempdir().unwrap();
        for input in &request.inputs {
            std::fs::write(folder.path().join(&input.file), "input").unwrap();
        }
        let account = self.cloud().await;
        let tell = |event| {
            if matches!(event, JobEvent::Started { .. }) {
                for output in &writes {
                    let put = account.s3.put_object().bucket(&output.bucket);
                    let put = put.key(&output.key).body(b"output".to_vec().into());
                    tokio::spawn(put.send());
                }
            }
        };
        let (_keep, stop_requests) = watch::channel(StopRequest::None);
        let run = jobs::run(&cloud, &request, folder.path(), &tell, stop_requests, || Ok(()));
        run.await.unwrap();
        self.note(Command::Run, &cloud);
    }

    /// Looks at the checkpoints, as `check` does.
    pub(super) async fn check(&mut self, text: &str) {
        let cloud = self.cloud().await;
        let source = source(text);
        let looked = check::check(&cloud, &source, &[], Path::new("."), Commands::Leave);
        let (_, verdicts) = looked.await.unwrap();
        let unseen = verdicts.iter().filter(|verdict| verdict.outcome == Outcome::Unknown);
        assert_eq!(unseen.count(), 0, "{verdicts:#?}");
        self.note(Command::Check, &cloud);
    }

    /// Starts `job` and leaves it.
    pub(super) async fn begin(&mut self, text: &str, job: &str) {
        let cloud = self.cloud().await;
        let request = asked(&cloud, text, job).await;
        let (stop_request, stop_requests) = watch::channel(StopRequest::None);
        let tell = |event| {
            if matches!(event, JobEvent::Started { .. }) {
                stop_request.send_replace(StopRequest::Leave);
            }
        };
        let run = jobs::run(&cloud, &request, Path::new("."), &tell, stop_requests, || Ok(()));
        assert_eq!(run.await.unwrap().by, By::Nobody);
        self.note(Command::Run, &cloud);
    }

    /// Starts a task of the lab's cluster that the lab knows nothing of.
    pub(super) async fn hold(&self, cluster: &str, definition: &str) {
        let cloud = self.cloud().await;
        let subnets = cloud.ec2.describe_subnets().send().await.unwrap();
        let subnet = subnets.subnets()[0].subnet_id().unwrap();
        let network = AwsVpcConfiguration::builder().subnets(subnet).build();
        let network = NetworkConfiguration::builder().awsvpc_configuration(network.unwrap());
        let run = cloud.ecs.run_task().cluster(cluster);
        let run = run.task_definition(definition).launch_type("FARGATE".into());
        let run = run.network_configuration(network.build());
        assert_eq!(run.send().await.unwrap().tasks().len(), 1);
    }

    /// Registers a revision of a family by hand, so that the lab's own isn't the latest any more.
    pub(super) async fn overtake(&self, family: &str) {
        let cloud = self.cloud().await;
        let container = ContainerDefinition::builder().name("by-hand").image("web").memory(64);
        let register = cloud.ecs.register_task_definition().family(family);
        let register = register.container_definitions(container.build());
        register.send().await.unwrap();
    }

    /// Lets the security group `one` name `other`, whose rules name it already, in both directions.
    pub(super) async fn entangle(&self, one: &str, other: &str) {
        let cloud = self.cloud().await;
        let groups = cloud.ec2.describe_security_groups().send().await.unwrap();
        let id = |name: &str| {
            let mut groups = groups.security_groups().iter();
            groups.find(|group| group.group_name() == Some(name)).unwrap().group_id().unwrap().to_owned()
        };
        let pair = UserIdGroupPair::builder().group_id(id(other)).build();
        let rule = IpPermission::builder().ip_protocol("-1").user_id_group_pairs(pair).build();
        let ingress = cloud.ec2.authorize_security_group_ingress();
        let ingress = ingress.group_id(id(one)).ip_permissions(rule.clone());
        ingress.send().await.unwrap();
        let egress = cloud.ec2.authorize_security_group_egress().group_id(id(one)).ip_permissions(rule);
        egress.send().await.unwrap();
    }

    /// Destroys by the file, and lists every service once more.
    pub(super) async fn destroy(&mut self, text: &str) {
        let cloud = self.cloud().await;
        let reading = live::read_pretended(&cloud, &source(text), Evidence::Direct).await.unwrap();
        let plan = plan_destroy(&reading.lab.place, &reading.live, &Scope::all());
        let plan = foresee(&cloud, Some(&reading.lab), &reading.live, plan).await;
        carry_out(&cloud, &plan, Some(&reading), &reading.live).await;
        let left = live::list(&cloud, &reading.lab.place.lab, Some(&reading.lab)).await.unwrap();
        assert_eq!(left.objects.len(), 0, "{:?}", left.objects);
        self.note(Command::Destroy, &cloud);
    }

    /// Destroys by the owner tag, without a file.
    pub(super) async fn destroy_by_tag(&mut self, text: &str) {
        let cloud = self.cloud().await;
        let place = source(text).into_lab().place;
        let found = live::list(&cloud, &place.lab, None).await.unwrap();
        let plan = plan_destroy(&place, &found, &Scope::all());
        let plan = foresee(&cloud, None, &found, plan).await;
        carry_out(&cloud, &plan, None, &found).await;
        self.note(Command::Destroy, &cloud);
    }
}

async fn asked(cloud: &Cloud, text: &str, job: &str) -> Request {
    let reading = live::read_pretended(cloud, &source(text), Evidence::Index).await.unwrap();
    let plan = plan(&reading.lab, &reading.live, &Scope::all()).unwrap();
    jobs::request(&reading.lab, job, &Asked::default(), &plan.others).unwrap()
}

async fn carry_out(cloud: &Cloud, plan: &Plan, reading: Option<&Reading>, live: &Snapshot) {
    let observer: Arc<dyn Observer> = Arc::new(Silent);
    let executor = Executor { cloud, observer: &observer, stop: &CancellationToken::new() };
    let lab = reading.map(|reading| &reading.lab);
    let is_destroy = plan.effective().all(|change| change.action == Action::Delete);
    let outcome = if is_destroy {
        let shown = jobs::running_tasks(cloud, lab, live, plan).await.unwrap();
        jobs::stop_tasks(&executor, lab, live, plan, shown).await.unwrap();
        executor.tear_down(plan, lab, live, &Scope::all(), Emptying::AsLabSays).await.unwrap().outcome
    } else {
        executor.run(plan, lab.expect("only a destroy needs no lab"), live).await
    };
    assert!(outcome.failed.is_empty(), "{:#?}", outcome.failed);
}
