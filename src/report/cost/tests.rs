//! What a lab costs, as people and programs are told.

use super::*;
use crate::apply::Outcome;
use crate::model::{Basis, Unit};
use crate::plan::{Action, Op};
use crate::report::lines;
use crate::report::testing::{change, lab_plan, plain};

fn cost(address: &str, now: f64, after: f64, words: &str) -> Cost {
    let (now, after) = (Hourly::known(now), Hourly::known(after));
    Cost { address: address.parse().unwrap(), now, after, words: words.to_owned() }
}

fn unknown(address: &str, words: &str) -> Cost {
    let some = Hourly { usd: 0.0, is_least: true };
    Cost { now: some, after: some, ..cost(address, 0.0, 0.0, words) }
}

fn costs(resources: Vec<Cost>) -> Costs {
    let basis = Basis::of("eu-west-1", &[Unit::FargateCpu].into());
    Costs { resources, jobs: vec![cost("job.ask", 0.0, 0.049_37, "1 task of 1 vCPU and 2 GB")], basis }
}

fn shown(costs: &Costs, asked: Asked) -> String {
    let mut out = Vec::new();
    write_costs(&mut out, costs, asked).unwrap();
    let text = plain(&out);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    text
}

#[test]
fn a_plan_tells_what_begins_ends_and_changes_to_cost() {
    let tasks = "3 tasks of 0.25 vCPU and 0.5 GB, 3 public addresses";
    let all = costs(vec![
        unknown("service.old", "2 tasks whose size isn't known"),
        cost("service.web", 0.0347, 0.0520, tasks),
        cost("natGateway.main", 0.048, 0.0, "NAT gateway"),
        cost("loadBalancer.web", 0.0, 0.0402, "load balancer, 3 public addresses"),
        cost("secret.key", 0.000_55, 0.000_55, "secret"),
    ]);
    insta::assert_snapshot!(shown(&all, Asked::Plan), @r"

    Cost: at least $0.093 an hour after this, $0.083 + ? now; at least $68 if
          forgotten for a month.
        ?                 service.old: 2 tasks whose size isn't known
      ~ $0.035 -> $0.052  service.web: 3 tasks of 0.25 vCPU and 0.5 GB, 3 public
          addresses
      - $0.048            natGateway.main: NAT gateway
      + $0.040            loadBalancer.web: load balancer, 3 public addresses
        $0.001            secret.key: secret
        $0.049            job.ask while it runs: 1 task of 1 vCPU and 2 GB
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
}

#[test]
fn several_labs_are_summed() {
    let told = |costs: &[Hourly]| {
        let mut out = Vec::new();
        write_sum(&mut out, costs).unwrap();
        plain(&out)
    };
    let lab = Hourly::known(0.0749);
    assert_eq!(told(&[lab; 40]), "\nCost: about $3.00 an hour for 40 labs; $2187 if forgotten for a month.\n");
    let open = Hourly { usd: 0.0, is_least: true };
    let least = "\nCost: at least $0.075 an hour for 2 labs; at least $55 if forgotten for a month.\n";
    assert_eq!(told(&[lab, open]), least);
    assert_eq!(told(&[Hourly::default(); 3]), "");
}

#[test]
fn programs_are_told_which_sums_are_not_whole() {
    let old = || unknown("service.old", "2 tasks whose size isn't known");
    let line = costs_line(&costs(vec![old(), cost("secret.key", 0.000_55, 0.000_55, "secret")]));
    assert_eq!(lines::problem(&lines::complete(&line, "2026-11-30T00:00:00.000Z")), None);
    let sums = ["after", "afterIsLeast", "nowIsLeast"].map(|field| line[field].clone());
    assert_eq!(sums, [json!(0.000_55), json!(true), json!(true)]);
    let parts = line["resources"].as_array().unwrap().iter().map(|part| part["afterIsLeast"].as_bool().unwrap());
    assert_eq!(parts.collect::<Vec<_>>(), [true, false]);
    assert_eq!(line["jobs"][0]["whileRunningIsLeast"], false);
}

#[test]
fn what_costs_nothing_by_the_hour_is_not_spoken_of() {
    let free = costs(Vec::new());
    assert_eq!(shown(&free, Asked::Plan), "");
    assert_eq!(shown(&free, Asked::Now), "");
    insta::assert_snapshot!(shown(&free, Asked::Whole), @r"

    Cost: nothing by the hour.
        $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
    let gone = costs(vec![cost("loadBalancer.web", 0.04, 0.0, "load balancer")]);
    insta::assert_snapshot!(shown(&gone, Asked::Plan), @r"

    Cost: nothing by the hour after this, $0.040 now.
      - $0.040  loadBalancer.web: load balancer
        $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
    let open = costs(vec![unknown("service.old", "2 tasks whose size isn't known")]);
    insta::assert_snapshot!(shown(&open, Asked::Now), @r"

    Cost: an unknown amount.
        ?  service.old: 2 tasks whose size isn't known
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
    let same = costs((0..11).map(|n| cost(&format!("service.s{n}"), 0.02, 0.02, "1 task")).collect());
    insta::assert_snapshot!(shown(&same, Asked::Plan), @r"

    Cost: about $0.220 an hour, as now; $161 if forgotten for a month.
        $0.020  service.s0: 1 task
        $0.020  service.s1: 1 task
        $0.020  service.s2: 1 task
        $0.020  service.s3: 1 task
        $0.020  service.s4: 1 task
        $0.020  service.s5: 1 task
        $0.020  service.s6: 1 task
        $0.020  service.s7: 1 task
        $0.060  3 more
        $0.049  job.ask while it runs: 1 task of 1 vCPU and 2 GB
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
    let two = costs(same.resources[..2].to_vec());
    insta::assert_snapshot!(shown(&two, Asked::Now), @r"

    Cost: about $0.040 an hour; $29 if forgotten for a month.
        $0.020  service.s0: 1 task
        $0.020  service.s1: 1 task
    About, by eu-west-1's list of 2026-07; without free tiers, traffic and storage.
    ");
}

#[test]
fn a_destroy_ends_with_what_stopped_costing() {
    let both = vec![cost("loadBalancer.web", 0.04, 0.0, "load balancer"), cost("service.web", 0.035, 0.0, "tasks")];
    let mut plan =
        lab_plan(vec![change("loadBalancer.web", "web", Action::Delete), change("service.web", "web", Action::Delete)]);
    plan.costs = costs(both);
    let told = |gone: &[&str]| {
        let done = gone.iter().map(|address| (address.parse().unwrap(), Op::Delete)).collect();
        let outcome = Outcome { done, ..Outcome::default() };
        let destroyed = Destroyed { outcome, ..Destroyed::default() };
        let mut out = Vec::new();
        write_stopped(&mut out, &plan, &destroyed).unwrap();
        plain(&out)
    };
    assert_eq!(
        told(&["loadBalancer.web", "service.web"]),
        "Stopped costing: about $0.075 an hour; nothing of it goes on.\n"
    );
    assert_eq!(
        told(&["service.web"]),
        "Stopped costing: about $0.035 an hour; about $0.040 an hour goes on:\n      loadBalancer.web.\n"
    );
    let none = "Stopped costing: nothing; about $0.075 an hour goes on: loadBalancer.web,\n      service.web.\n";
    assert_eq!(told(&[]), none);
}
