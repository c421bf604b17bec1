//! labform: a declarative reconciler for AWS lab environments.
//!
//! One file describes a lab; AWS is the only state. labform reads `lab.yaml`, reads what is live, shows the difference,
//! and closes it in dependency order. Anyone, on any machine, after any crash, runs the same command again and ends in
//! the same place.
//!
//! ```text
//!   lab.yaml ──spec──▶ Lab ─┐
//!                           ├─plan─▶ Plan ─▶ Steps ──apply──▶ AWS ──live──▶ the plan is empty
//!   AWS ─────live────▶ Snapshot                 │
//!                                              events ──report──▶ screen, pipe, JSON
//! ```
//!
//! The modules below are floors, from the ground up; imports go down only. The embedded account, which `cloud` connects to
//! as to any endpoint, is a crate of its own (`src/account`): it is a model of AWS, and knows nothing of labform.
//!
//! The rules that hold everywhere:
//! - `model`, `spec`, `plan`, `policy`, `draft` and `report` do no I/O.
//! - `plan` never writes to AWS; only `apply` and the floors above it change AWS; only `cli` prompts.
//! - `lab.yaml` and the owner tags are the only memory.
//! - Nothing without the lab's owner tag is ever changed; every change of an existing object passes one gate.
//! - After an apply the plan is empty; after a destroy nothing with the owner tag is left but documented tombstones.

pub mod model;

pub mod registry;

pub mod cloud;

pub mod resource;

pub mod resources;

pub mod spec;

pub mod error;

pub mod live;

pub mod plan;

pub mod apply;

pub mod jobs;

pub mod local;

pub mod logs;

pub mod status;

pub mod check;

pub mod policy;

pub mod doctor;

pub mod draft;

pub mod report;

pub mod cli;

#[cfg(test)]
mod trials;
