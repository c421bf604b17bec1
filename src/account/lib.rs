//! An embedded AWS account: a model of AWS's calls, behind the SDK's own HTTP client.
//!
//! Real SDK code signs, serialises and retries; calls that would have gone to the network are answered here. The
//! account lives in one file, so that separate processes see the same one, and has a clock of its own, so that waiting
//! for a load balancer costs seconds. A [`Server`] puts one account behind a port, or many: [`Accounts`]; a [`Balancer`]
//! answers for a load balancer whose tasks somebody really runs. The crate knows AWS's rules and refusals, and nothing of who
//! calls.
//!
//! *Caveats.* The account shows what its authors know of AWS. Tests on it prove its callers' logic, not AWS's
//! behaviour, and it is to be chosen explicitly, never as a fallback. Tasks and targets fail for what the account holds:
//! images, roles, groups of rules, routes (`ecs/start.rs`, `ec2/traffic.rs`). What it can't know it takes: what a container
//! does, what answers at a port and under a path, and what `iam/rights.rs` and `iam/managed.rs` name.
//!
//! # To add a service
//!
//! A file of its own with `pub(crate) static SERVICE: Service`: its name in signatures, what answers its calls (`handle`,
//! with one arm an operation), and what it keeps; and its two rows below. If its objects have names and tags and are
//! listed in pages, they stand on a shelf: see `shelf.rs`, which has an example.

mod account;
mod accounts;
mod acm;
mod answer;
mod balancer;
mod blobs;
mod clock;
mod cloudwatch;
#[cfg(any(test, feature = "testing"))]
mod document;
mod ec2;
mod ecr;
mod ecs;
mod efs;
mod elbv2;
mod faults;
mod files;
mod forms;
mod hidden;
mod iam;
mod ids;
mod input;
mod item;
mod journal;
mod limit;
mod lock;
mod logs;
mod port;
mod probe;
mod quirks;
mod quotas;
pub mod rules;
mod s3;
mod sandbox;
mod scaling;
mod scheduler;
mod secretsmanager;
mod serve;
mod servicediscovery;
mod session;
mod shelf;
mod simulation;
mod sleep;
mod sns;
mod ssm;
mod states;
mod store;
mod sts;
mod table;
mod tagging;
#[cfg(test)]
mod testing;
mod token;
mod wire;

pub use account::Account;
pub use accounts::Accounts;
pub use balancer::{Balancer, BalancerPort, Passed};
pub use clock::Pace;
pub use ecs::{Assignment, Balanced, Ending, HostedTask, Hosting, Instruction, Runner, Stage, StandIn};
pub use elbv2::{Asked, Checked, Fixed, HealthCheck, Question, Redirect};
pub use item::Item;
pub use quirks::{Quirks, Rewrites};
pub use sandbox::Sandbox;
pub use serve::{Answered, Server};
pub use simulation::{FailingCheck, PutObject, SimulatedRun, Simulation, TaskOutcome};

/// The services, in the order in which time passes in them.
pub(crate) static SERVICES: &[&account::Service] = &[
    &acm::SERVICE,
    &cloudwatch::SERVICE,
    &cloudwatch::DASHBOARDS_OF_ALL,
    &ec2::SERVICE,
    &ecr::SERVICE,
    &ecs::SERVICE,
    &efs::SERVICE,
    &elbv2::SERVICE,
    &logs::SERVICE,
    &quotas::SERVICE,
    &scaling::SERVICE,
    &scheduler::SERVICE,
    &secretsmanager::SERVICE,
    &sns::SERVICE,
    &servicediscovery::SERVICE,
    &ssm::SERVICE,
    &tagging::SERVICE,
    &iam::SERVICE,
    &s3::SERVICE,
    &sts::SERVICE,
];
