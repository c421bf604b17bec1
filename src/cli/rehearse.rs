//! The rehearsal of a plan: it is carried out in an account in memory, and the calls that it takes are kept.

use std::sync::{Arc, Mutex};

use labform_account::Sandbox;
use tokio_util::sync::CancellationToken;

use super::screen::Result;
use super::session::Session;
use super::stop::Stop;
use crate::apply::{Event, Executor, Observer};
use crate::cloud::{Account, Overhearing, rehearse};
use crate::error::Error;
use crate::live::{self, Evidence, Reading};
use crate::model::Address;
use crate::plan::{self, Action, Op, Plan, Scope};
use crate::report::script::{ExplainedStep, LookedUpFirst};
use crate::resource::Sources;
use crate::resources::Vpc;
use crate::spec::Source;

/// What a plan takes, as calls.
pub(super) struct Explained {
    pub(super) first: Vec<LookedUpFirst>,
    pub(super) steps: Vec<ExplainedStep>,
}

/// Keeps the calls of each step.
struct Listener {
    heard: Overhearing,
    steps: Mutex<Vec<ExplainedStep>>,
}

impl Observer for Listener {
    fn event(&self, event: Event) {
        let mut steps = self.steps.lock().expect("nothing panics while it holds the lock");
        match event {
            Event::Started { address, op, .. } => {
                let words = match op {
                    Op::Create => "will be created",
                    Op::Update => "will be updated",
                    Op::Complete => "will be completed",
                    Op::Delete => "will be destroyed",
                };
                self.heard.take();
                steps.push(ExplainedStep { address, words, calls: Vec::new() });
            }
            Event::Done { .. } | Event::Failed { .. } => {
                // Steps go one by one.
                if let Some(step) = steps.last_mut() {
                    step.calls = self.heard.take();
                }
            }
            _ => {}
        }
    }
}

/// Carries the plan out in an account in memory: in a copy of the embedded account, or in a fresh one if the plan only makes
/// objects. Waiting takes no time there, and nothing of it reaches anybody.
///
/// # Errors
/// If the plan changes what only the real account has; what goes wrong in the rehearsal.
pub(super) async fn explained(
    session: &Session,
    source: &Source,
    found: Sources,
    (reading, plan): (&Reading, &Plan),
    scope: &Scope,
    stop: &Stop,
) -> Result<Explained> {
    let sandbox = match &session.embedded {
        Some(embedded) => embedded.sandbox.rehearsal(),
        None if is_new(plan, reading) => Sandbox::in_memory_of(&reading.account.id),
        None => {
            let message = "the commands for what is live already are told of the embedded account only";
            let hint =
                "`labform plan --sandbox --explain` tells those for an account in which nothing of the lab is made";
            return Err(Error::refused(message).hint(hint).into());
        }
    };
    let (mut cloud, heard) = rehearse(&sandbox, source.region()).await;
    cloud.folder.clone_from(&session.cloud.folder);
    let look = cloud.look();
    let reading = stop.or(live::read(&look, source, found, Evidence::Index)).await?;
    let plan = plan::plan(&reading.lab, &reading.live, scope)?;
    let listener = Arc::new(Listener { heard, steps: Mutex::default() });
    let observer: Arc<dyn Observer> = listener.clone();
    let executor = Executor { cloud: &cloud, observer: &observer, stop: &CancellationToken::new() };
    let outcome =
        stop.or(async { Ok::<_, Error>(executor.one_by_one(&plan, &reading.lab, &reading.live).await) }).await?;
    if let Some(failure) = outcome.failed.first() {
        let error = Error::from(failure.error.clone());
        let message = format!("{}: {}", failure.address, error.message);
        return Err(Error { message, ..error }
            .hint("the commands of the plan can't be told: an apply would end here")
            .into());
    }
    let steps = std::mem::take(&mut *listener.steps.lock().expect("nothing panics while it holds the lock"));
    Ok(Explained { first: first(&reading.account, &reading), steps })
}

/// Returns whether the plan only makes objects, and the account has none of the lab's yet.
fn is_new(plan: &Plan, reading: &Reading) -> bool {
    let is_own = |address: &Address| reading.lab.nodes.get(address).is_some_and(|node| !node.is_looked_up());
    plan.changes.iter().all(|change| change.action == Action::Create || !is_own(&change.address))
}

/// What the script looks up before all: the account's number, and the default VPC with its subnets.
fn first(account: &Account, reading: &Reading) -> Vec<LookedUpFirst> {
    let looked = |variable: String, value: &str, command: String| LookedUpFirst {
        variable,
        value: value.to_owned(),
        command: format!("{command} --output text"),
    };
    let command = "aws sts get-caller-identity --query Account".to_owned();
    let mut first = vec![looked("ACCOUNT".to_owned(), &account.id, command)];
    let default = reading.live.all::<Vpc>().find(|(_, vpc)| vpc.is_default);
    if let Some((_, vpc)) = default {
        let command = "aws ec2 describe-vpcs --filters Name=is-default,Values=true --query 'Vpcs[0].VpcId'";
        first.push(looked("VPC_ID".to_owned(), &vpc.vpc_id, command.to_owned()));
        for subnet in &vpc.subnets {
            let zone = &subnet.availability_zone;
            let end = zone.rsplit('-').next().unwrap_or(zone).to_ascii_uppercase();
            let command = format!(
                "aws ec2 describe-subnets --filters Name=default-for-az,Values=true \\\n    Name=availability-zone,Values={zone} \
                 --query 'Subnets[0].SubnetId'"
            );
            first.push(looked(format!("SUBNET_{end}"), &subnet.subnet_id, command));
        }
    }
    first
}
