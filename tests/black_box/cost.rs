//! What Lab 8 and a lab in private subnets cost: calls, round trips one after the other, time with 50 ms added to each call, memory.
//!
//! Calls, depth and memory are asserted; the time is printed, because what runs beside this test slows it down.
//! `cargo test --test black_box cost -- --nocapture` runs it alone and shows the figures. All calls of a command count,
//! those of its plan and of the looks that prove it as well as those that change something.

use std::fmt;
use std::time::Duration;

use crate::account::Account;
use crate::delay::{Proxy, Trace};
use crate::emulator::Emulator;
use crate::lab8;

/// What a command may cost: calls in all, and calls and round trips of its own.
struct Limit {
    command: &'static str,
    all: usize,
    calls: usize,
    depth: usize,
}

/// Of the first plan, the apply, the plan after it, and the destroy.
const LAB_8: [Limit; 4] = [
    Limit { command: "plan", all: 14, calls: 14, depth: 3 },
    Limit { command: "apply", all: 81, calls: 32, depth: 7 + NOT_ON_AWS.len() },
    Limit { command: "plan", all: 21, calls: 18, depth: 3 },
    Limit { command: "destroy", all: 72, calls: 25, depth: 4 },
];
/// Of `examples/private-nat.yaml`, likewise: its services wait for a NAT gateway, and nothing else does.
const PRIVATE: [Limit; 4] = [
    Limit { command: "plan", all: 16, calls: 16, depth: 4 },
    Limit { command: "apply", all: 88, calls: 48, depth: 15 },
    Limit { command: "plan", all: 20, calls: 20, depth: 4 },
    Limit { command: "destroy", all: 80, calls: 30, depth: 9 },
];
/// Of a debug build, whose own code is a large part of it.
const PEAK_KIB: u64 = 80 * 1024;

/// Calls that make up for what an account that isn't AWS's drops in CreateBucket. Each is one more round trip, because
/// a role waits for the bucket that it names.
const NOT_ON_AWS: [&str; 2] = ["?tagging", "?publicAccessBlock"];

/// Reads that AWS's tag index spares, and moto's doesn't, which leaves repositories and listeners out.
const NOT_INDEXED: [&str; 2] = ["ecr ListTagsForResource", "elasticloadbalancing DescribeTags"];

/// What a command did cost.
struct Cost<'a> {
    limit: &'a Limit,
    all: Trace,
    trace: Trace,
    took: Duration,
    peak_kib: u64,
}

impl fmt::Display for Cost<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Limit { command, all, calls, depth } = self.limit;
        let (made, deep) = (self.trace.0.len(), self.trace.depth());
        write!(f, "{command:8}{:3} calls in all (at most {all}), ", self.all.0.len())?;
        write!(f, "{made:3} of its own (at most {calls}), {deep} deep (at most {depth}), ")?;
        write!(f, "{:4} ms, {} KiB", self.took.as_millis(), self.peak_kib)
    }
}

#[test]
fn lab_8_costs_few_calls() {
    costs_few_calls(lab8::FILE, "ecs-lab", &LAB_8, ["eu-west-3", "sa-east-1"]);
}

#[test]
fn a_lab_in_private_subnets_costs_few_calls() {
    let file = include_str!("../../examples/private-nat.yaml");
    costs_few_calls(file, "private-nat", &PRIVATE, ["ca-central-1", "ap-south-1"]);
}

fn costs_few_calls(file: &str, name: &str, limits: &[Limit; 4], [shown, asserted]: [&'static str; 2]) {
    for cost in life(file, name, limits, shown, Duration::from_millis(50)) {
        println!("{cost}");
    }
    // With a longer delay, a call that a busy machine begins late doesn't look as if it had waited for another.
    for cost in life(file, name, limits, asserted, Duration::from_millis(250)) {
        let Cost { limit, all, trace, peak_kib, .. } = &cost;
        assert!(all.0.len() <= limit.all, "{cost}\n{all}");
        assert!(trace.0.len() <= limit.calls, "{cost}\n{trace}");
        assert!(trace.depth() <= limit.depth, "{cost}\n{trace}");
        assert!(*peak_kib < PEAK_KIB, "{cost}");
    }
}

/// The lab's life in a region of moto where it has left no tombstones yet, with `delay` added to each call.
fn life<'l>(
    file: &str,
    name: &str,
    [first, apply, plan, destroy]: &'l [Limit; 4],
    region: &'static str,
    delay: Duration,
) -> [Cost<'l>; 4] {
    let moto = Emulator::idle_moto();
    let proxy = Proxy::before(&moto.url(), delay);
    let account = Account::at(moto, &proxy.url, region);
    let file = file.replace(name, &format!("te-{region}")).replace("eu-west-1", account.region);
    account.folder.write("lab.yaml", &file);
    let cost = |limit, args: &[&str], part: fn(Trace) -> Trace| {
        let run = account.labform(args).exits(0);
        let (all, peak_kib) = (proxy.take(), run.peak_kib.unwrap_or_default());
        Cost { limit, trace: part(all.clone()), all, took: run.took, peak_kib }
    };
    // A server that has just started reads its models at the first call of each service.
    cost(plan, &["plan"], |all| all);
    [
        cost(first, &["plan"], |all| all),
        cost(apply, &["apply", "--yes", "--no-wait"], |all| all.own().without(&NOT_ON_AWS)),
        cost(plan, &["plan", "--detailed-exitcode"], |all| all.without(&NOT_INDEXED)),
        cost(destroy, &["destroy", "--yes"], Trace::own),
    ]
}
