//! What a bad network does to calls: answers lost, calls repeated, throttled, garbled, and never answered.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use crate::faults::{Call, Fault};
use crate::lab8;
use crate::labform::Run;
use crate::lane::Lane;
use crate::loopback::Message;
use crate::speed::every;
use crate::wire::{Refusal, refuse};

const APPLY: &[&str] = &["apply", "--yes", "--no-wait"];
const DESTROY: &[&str] = &["destroy", "--yes"];

type Script = fn(&Call) -> Fault;

/// Each call that changes something is done by the account, and labform hears nothing of it.
fn lost(call: &Call) -> Fault {
    match call.write.is_some() && call.same == 1 {
        true => Fault::LostByClose,
        false => Fault::None,
    }
}

/// The same, and something between them says 502.
fn lost_behind_502(call: &Call) -> Fault {
    match call.write.is_some() && call.same == 1 {
        true => Fault::LostBy502,
        false => Fault::None,
    }
}

fn twice(call: &Call) -> Fault {
    match call.write {
        Some(_) => Fault::Twice,
        None => Fault::None,
    }
}

fn throttled_at_first(call: &Call) -> Fault {
    match call.nth <= 2 {
        true => Fault::Answer(refuse(call, Refusal::Throttled)),
        false => Fault::None,
    }
}

fn broken_at_first(call: &Call) -> Fault {
    match call.nth == 1 {
        true => Fault::Answer(refuse(call, Refusal::Internal)),
        false => Fault::None,
    }
}

fn cut_at_first(call: &Call) -> Fault {
    match call.nth == 1 {
        true => Fault::Cut,
        false => Fault::None,
    }
}

fn reset_at_first(call: &Call) -> Fault {
    match call.nth == 1 {
        true => Fault::Reset,
        false => Fault::None,
    }
}

/// Lab 8 is made and taken down through `script`: at once, or the same command ends it.
fn passes(script: Script) {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let expected = without_revisions(lane.ours());
    lane.account.labform(DESTROY).exits(0);

    for command in [APPLY, DESTROY] {
        lane.proxy.play(script);
        let run = lane.account.labform(command);
        println!("{run}");
        lane.proxy.play(|_| Fault::None);
        match has_twin(&run) {
            // With the twin, moto takes away what both share, so that it is made once more.
            true => assert!((0..3).any(|_| lane.account.labform(command).code == Some(0))),
            false => drop(run.exits(0)),
        }
        if command == APPLY {
            assert_eq!(without_revisions(lane.ours()), expected);
            lane.account.is_unchanged();
        }
    }
    assert!(lane.ours().is_empty(), "{:#?}", lane.ours());
}

macro_rules! passes {
    ($($test:ident $script:ident)*) => {$(
        #[test]
        fn $test() {
            passes($script);
        }
    )*};
}

passes! {
    the_answer_to_every_change_is_lost lost
    the_answer_to_every_change_is_lost_behind_502 lost_behind_502
    every_change_arrives_twice twice
    every_operation_is_throttled_at_first throttled_at_first
    every_operation_breaks_at_first broken_at_first
    the_first_answer_of_every_operation_is_cut_off cut_at_first
    every_operation_is_reset_at_first reset_at_first
}

/// What is wrong with an answer, and how it gets so.
type Garbled = (&'static str, fn() -> Fault);

/// How an answer may be wrong.
const GARBLED: [Garbled; 5] = [
    ("HTML with 200", || {
        Fault::Change(|answer| {
            answer.set_body(b"<html><body>Sign in to the network</body></html>".to_vec());
        })
    }),
    ("half of the answer", || Fault::Change(|answer| answer.set_body(answer.body[..answer.body.len() / 2].to_vec()))),
    ("nothing with 200", || Fault::Change(|answer| answer.set_body(Vec::new()))),
    ("a page that says 404", || {
        Fault::Change(|answer| {
            answer.first = "HTTP/1.1 404 Not Found".to_owned();
            answer.set_body(b"<html><body>No such page</body></html>".to_vec());
        })
    }),
    ("a redirection to itself", || Fault::Answer(redirection())),
];

fn redirection() -> Message {
    let headers = [("location", "/"), ("content-length", "0")];
    Message {
        first: "HTTP/1.1 307 Temporary Redirect".to_owned(),
        headers: headers.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        body: Vec::new(),
    }
}

/// One read of each protocol that tells whether something is there.
const READS: [(&str, &str); 7] = [
    ("ecs", "DescribeClusters"),
    ("ecs", "DescribeServices"),
    ("logs", "DescribeLogGroups"),
    ("ec2", "DescribeSecurityGroups"),
    ("elasticloadbalancing", "DescribeTargetGroups"),
    ("iam", "GetRole"),
    ("ecr", "DescribeRepositories"),
];

/// Whatever the answer to a read looks like, what is there is never made a second time.
#[test]
fn what_cannot_be_read_is_not_taken_for_absent() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let expected = lane.ours();
    let pairs = GARBLED.into_iter().flat_map(|garbled| READS.into_iter().map(move |read| (garbled, read)));
    // Not a divisor of the reads: each of them and each kind of garbling stays in the sample.
    for ((what, fault), (service, operation)) in every::<Vec<_>, _>(3, pairs) {
        let chosen = move |call: &Call| call.service == service && call.operation == operation;
        lane.proxy.play(move |call| match call.operation.as_str() {
            _ if chosen(call) => fault(),
            // Roles are read one by one only if IAM doesn't tell of all at once.
            "GetAccountAuthorizationDetails" => Fault::Answer(refuse(call, Refusal::Denied)),
            _ => Fault::None,
        });
        let run = lane.account.labform(APPLY);
        println!("{what}: {run}");
        let calls = lane.proxy.calls();
        assert!(calls.iter().any(chosen), "{operation} is not called: {calls:#?}");
        let writes = lane.proxy.writes();
        assert!(writes.is_empty(), "{what}: {run}\n{writes:#?}");
        assert_eq!(run.code, Some(1), "{what}: {run}");
        assert!(run.stderr.contains(&format!("error: {operation}: ")), "{what}: {run}");
    }
    assert_eq!(lane.ours(), expected);
}

/// Answers that are odd and whole: a padded one, fields that nobody knows yet.
#[test]
fn an_odd_answer_is_read() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let odd: [fn(&Call) -> Fault; 2] = [
        |call| match call.operation.as_str() {
            "DescribeClusters" | "DescribeTargetGroups" => Fault::Change(|answer| {
                let mut body = answer.body.clone();
                body.resize(body.len() + 10_000_000, b' ');
                answer.set_body(body);
            }),
            _ => Fault::None,
        },
        |call| match call.service.as_str() {
            "ecs" | "ecr" | "logs" | "tagging" => Fault::Change(|answer| {
                let body = String::from_utf8_lossy(&answer.body).replacen('{', r#"{"aFieldOfNextYear":{"a":[1]},"#, 1);
                let body = body.replace(":1]},}", ":1]}}");
                answer.set_body(body.into_bytes());
            }),
            _ => Fault::None,
        },
    ];
    for script in odd {
        lane.proxy.play(script);
        lane.account.is_unchanged();
    }
}

/// A status that nobody knows yet is not "absent".
#[test]
fn an_unknown_status_is_not_taken_for_absent() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    lane.proxy.play(|call| match call.operation.as_str() {
        "DescribeClusters" | "DescribeServices" => Fault::Change(|answer| {
            let body = String::from_utf8_lossy(&answer.body).replace("\"ACTIVE\"", "\"HIBERNATING\"");
            answer.set_body(body.into_bytes());
        }),
        "DescribeLoadBalancers" => Fault::Change(|answer| {
            let body = String::from_utf8_lossy(&answer.body).replace("<Code>active", "<Code>hibernating");
            answer.set_body(body.into_bytes());
        }),
        _ => Fault::None,
    });
    let run = lane.account.labform(APPLY);
    let writes = lane.proxy.writes();
    let creates = writes.iter().filter(|call| call.operation.starts_with("Create"));
    assert_eq!(creates.count(), 0, "{run}\n{writes:#?}");
    println!("{run}");
}

/// Calls that are taken and not answered cost an attempt's time, and no more.
#[test]
fn a_call_that_is_never_answered_is_made_again() {
    let scripts: [(&str, Script); 4] = [
        ("a read, unanswered", |call| match (call.operation.as_str(), call.nth) {
            ("DescribeClusters", 1) => Fault::BlackHole,
            _ => Fault::None,
        }),
        ("a create, unanswered", |call| match (call.operation.as_str(), call.nth) {
            ("CreateTargetGroup", 1) => Fault::BlackHole,
            _ => Fault::None,
        }),
        ("a read, answered too slowly", |call| match (call.operation.as_str(), call.nth) {
            ("DescribeTargetGroups", 1) => Fault::Trickle,
            _ => Fault::None,
        }),
        ("a create, answered too slowly", |call| match (call.operation.as_str(), call.nth) {
            ("CreateCluster", 1) => Fault::Trickle,
            _ => Fault::None,
        }),
    ];
    thread::scope(|scope| {
        for (what, script) in scripts {
            scope.spawn(move || {
                let lane = Lane::fresh("eu-west-1");
                lane.account.folder.write("lab.yaml", lab8::FILE);
                lane.proxy.play(script);
                let run = lane.account.labform(APPLY).exits(0);
                assert!(run.took < Duration::from_secs(60), "{what}: {run}");
                println!("{what}: {:?}", run.took);
                lane.proxy.play(|_| Fault::None);
                lane.account.is_unchanged();
                let ours = lane.ours();
                assert!(ours.values().all(|count| *count == 1), "{what}: {ours:#?}");
                lane.account.labform(DESTROY).exits(0);
                assert!(lane.ours().is_empty(), "{what}");
            });
        }
    });
}

/// The objects with one revision for each family: RegisterTaskDefinition takes no token, so that one whose answer is lost
/// leaves two equal revisions.
fn without_revisions(ours: BTreeMap<String, usize>) -> BTreeMap<String, usize> {
    let once = |(name, count): (String, usize)| match name.starts_with("taskDefinition ") {
        true => (name, 1),
        false => (name, count),
    };
    ours.into_iter().map(once).collect()
}

/// Whether moto has made a second load balancer of the same name, where AWS answers with the first (CreateLoadBalancer,
/// API reference). labform must have seen it.
fn has_twin(run: &Run) -> bool {
    let is_seen = run.stdout.contains("left behind when loadBalancer.web was replaced");
    is_seen && run.code == Some(1) && run.stderr.contains("still differs from lab.yaml")
}
