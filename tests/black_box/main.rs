//! The built command as a person runs it, against accounts that others wrote (moto, ministack) and the embedded one.
//!
//! One binary, because linking the AWS SDK once for each suite would cost more than the suites do.

mod account;
mod accounts;
mod archives;
mod aws;
mod canary;
mod checks;
mod ci;
mod class;
mod cost;
mod delay;
mod differences;
mod editor;
mod embedded;
mod emulator;
mod examples;
mod exit_codes;
mod explain;
mod faults;
mod fetched;
mod gradebooks;
mod holdings;
mod ignored;
mod images;
mod inventory;
mod job;
mod jobs;
mod lab8;
mod labform;
mod lane;
mod lifecycle;
#[path = "../lives/mod.rs"]
mod lives;
mod looks;
mod loopback;
mod network;
mod obstacles;
mod owners;
mod packages;
mod policy;
mod protect;
mod pushes;
mod pushes_apart;
mod races;
mod refused;
mod registry;
mod reports;
mod rosters;
mod runs;
mod screens;
mod secrets;
mod serve;
mod serve_lab8;
mod serve_s3;
mod signals;
mod sources;
mod speed;
mod stuck;
mod sweep;
mod tools;
mod venv;
mod whole_class;
mod wire;

use ::labform::resources::KINDS;
