//! A bad network, a throttled account and a slow AWS, one kind of trouble at a time.

use std::time::Duration;

use super::shape::Shape;
use super::speed::{every, everything};
use super::{Command, LAB_8, Ran, World, calm, trial};
use crate::cloud::trouble::{Call, Garbled, Trouble};
use crate::cloud::{Of, Passing, passing};
use crate::plan::Scope;

/// The step of the sample among the refusals that are given for good.
const SAMPLE: usize = 4;

const DESTROY: fn() -> Command = || Command::Destroy(Scope::all());

/// Applies Lab 8, and destroys it, both with `script`; the next run in calm has to do what wasn't done in one go.
async fn goes_through(script: impl Fn(&Call) -> Trouble + Copy + Send + Sync + 'static) -> [Ran; 2] {
    let world = World::new().await;
    let applied = world.run(&Command::Apply, LAB_8, script).await.done();
    let destroyed = world.run(&DESTROY(), LAB_8, script).await.done();
    [applied, destroyed]
}

/// Applies and destroys likewise, if the trouble may be too much for one run.
async fn heals(script: impl Fn(&Call) -> Trouble + Copy + Send + Sync + 'static) {
    let world = World::new().await;
    world.run(&Command::Apply, LAB_8, script).await;
    world.apply(LAB_8).await.done();
    world.run(&DESTROY(), LAB_8, script).await;
    world.destroy(LAB_8).await.done();
}

/// The words of each service that is asked too often ("Request throttling" of each API reference).
fn throttled(service: &str) -> Trouble {
    let (status, code) = match service {
        "ec2" => (503, "RequestLimitExceeded"),
        "s3" => (503, "SlowDown"),
        "iam" | "elasticloadbalancing" | "sts" => (400, "Throttling"),
        "tagging" => (400, "ThrottledException"),
        _ => (400, "ThrottlingException"),
    };
    Trouble::Refused { status, code, message: "Rate exceeded".to_owned() }
}

#[test]
fn the_answers_of_all_changes_are_lost() {
    trial(async {
        goes_through(|call| match call.changes() && call.nth % 2 == 0 {
            true => Trouble::AnswerLost,
            false => Trouble::None,
        })
        .await;
    });
}

#[test]
fn every_change_arrives_twice() {
    trial(async {
        goes_through(|call| match call.changes() {
            true => Trouble::Twice,
            false => Trouble::None,
        })
        .await;
    });
}

#[test]
fn each_operation_is_throttled_at_first() {
    trial(async {
        let runs = goes_through(|call| match call.nth < 3 {
            true => throttled(&call.service),
            false => Trouble::None,
        })
        .await;
        for ran in runs {
            let clusters = ran.calls.iter().filter(|call| call.operation == "CreateCluster");
            assert!(clusters.count() <= 8, "no call is made more often than the SDK may");
        }
    });
}

#[test]
fn connections_are_reset_and_answers_are_slow() {
    trial(async {
        goes_through(|call| match call.number % 5 {
            0 => Trouble::Reset,
            1 => Trouble::Slow(Duration::from_secs(4)),
            _ => Trouble::None,
        })
        .await;
    });
}

#[test]
fn a_call_that_is_never_answered_is_made_again() {
    trial(async {
        let world = World::new().await;
        let begun = world.sandbox.now();
        let hang = |call: &Call| match call.operation == "CreateCluster" && call.nth == 0 {
            true => Trouble::Hang,
            false => Trouble::None,
        };
        world.run(&Command::Apply, LAB_8, hang).await.done();
        let took = world.took(begun);
        assert!(took < Duration::from_secs(300), "{took:?}");
    });
}

/// An attempt's own limit decides of an answer that stalls half way, and the call is made again: the SDK's protection of
/// streams would end the command.
#[test]
fn an_answer_that_stalls_half_way_is_asked_for_again() {
    trial(async {
        let stall = |call: &Call| match !call.changes() && call.nth == 0 {
            true => Trouble::Stalled,
            false => Trouble::None,
        };
        for ran in goes_through(stall).await {
            let again = |call: &&Call| call.operation == "DescribeServices" && call.nth > 0;
            assert!(ran.calls.iter().any(|call| again(&call)), "{:#?}", ran.calls);
        }
    });
}

#[test]
fn a_service_that_never_answers_ends_the_command_by_its_deadline() {
    trial(async {
        let world = World::new().await;
        let begun = world.sandbox.now();
        let hang = |call: &Call| match call.operation == "CreateCluster" {
            true => Trouble::Hang,
            false => Trouble::None,
        };
        let said = world.run(&Command::Apply, LAB_8, hang).await.failed();
        assert!(said.contains("cluster.main: CreateCluster"), "{said}");
        let took = world.took(begun);
        assert!(took < Duration::from_secs(15 * 60), "{took:?}");
        world.apply(LAB_8).await.done();
    });
}

#[test]
fn garbled_answers_are_never_taken_for_absence() {
    for how in [Garbled::Half, Garbled::Html, Garbled::Empty] {
        trial(async move {
            for period in [3, 7] {
                let garble = move |call: &Call| match call.number % period {
                    2 => Trouble::Garbled(how),
                    _ => Trouble::None,
                };
                heals(garble).await;
            }
        });
    }
}

#[test]
fn reads_are_stale_for_a_while() {
    for changes in [1, 3, 12] {
        trial(async move {
            heals(move |call| match !call.changes() && call.number % 3 == 0 {
                true => Trouble::Stale(changes),
                false => Trouble::None,
            })
            .await;
        });
    }
}

#[test]
fn a_full_quota_is_no_throttle() {
    for (operation, resource) in [
        ("RegisterTaskDefinition", "taskDefinition."),
        ("CreateRepository", "repository."),
        ("CreateLogGroup", "logGroup."),
    ] {
        trial(async move {
            let world = World::new().await;
            let begun = world.sandbox.now();
            let full = move |call: &Call| match call.operation == operation {
                true => Trouble::Refused {
                    status: 400,
                    code: "LimitExceededException",
                    message: "Resource limit exceeded.".to_owned(),
                },
                false => Trouble::None,
            };
            let ran = world.run(&Command::Apply, LAB_8, full).await;
            let tries = ran.calls.iter().filter(|call| call.operation == operation);
            assert_eq!(tries.count(), 2, "one for each of the two {resource}");
            let said = ran.failed();
            assert!(said.contains(resource) && said.contains("LimitExceeded"), "{said}");
            let took = world.took(begun);
            assert!(took < Duration::from_secs(300), "{took:?}");
            world.apply(LAB_8).await.done();
        });
    }
}

#[test]
fn tags_that_may_not_be_read_are_nobodys() {
    trial(async {
        let world = World::new().await;
        world.apply(LAB_8).await.done();
        let denied = |call: &Call| match ["DescribeTags", "ListTagsForResource", "GET tagging"]
            .contains(&call.operation.as_str())
        {
            true => {
                Trouble::Refused { status: 400, code: "AccessDeniedException", message: "not authorized".to_owned() }
            }
            false => Trouble::None,
        };
        let ran = world.run(&DESTROY(), LAB_8, denied).await;
        assert_eq!(ran.changes(), 0, "nothing is deleted whose tags can't be read");
        let said = ran.failed();
        assert!(said.contains("AccessDenied"), "{said}");
        world.destroy(LAB_8).await.done();
    });
}

/// Every row of the table of passing refusals, given three times, passes. Given for good, it ends by its deadline, and
/// names what was refused.
#[test]
fn each_refusal_that_passes_passes_and_ends_by_its_deadline() {
    trial(async {
        let fresh = World::new().await;
        let lab = Shape::with_everything().yaml();
        let made = fresh.fork();
        made.apply(&lab).await.done();
        for (number, row) in passing().enumerate() {
            // Of each row one operation stays in the sample.
            for operation in every(row.operations.len(), row.operations) {
                let trial = Refusal { row, operation };
                trial.passes_after(3, &fresh, &Command::Apply, &lab).await;
                trial.passes_after(3, &made, &DESTROY(), &lab).await;
            }
            if !everything() && !number.is_multiple_of(SAMPLE) {
                continue;
            }
            let trial = Refusal { row, operation: row.operations[0] };
            trial.lasts(&fresh, &Command::Apply, &lab).await;
            trial.lasts(&made, &DESTROY(), &lab).await;
        }
    });
}

/// An operation that is refused with a row of the table.
#[derive(Clone, Copy)]
struct Refusal {
    row: &'static Passing,
    operation: &'static str,
}

impl Refusal {
    fn meets(self, call: &Call) -> bool {
        let wire = match self.operation {
            "PutBucketVersioning" => "PUT versioning",
            "PutPublicAccessBlock" => "PUT publicAccessBlock",
            "PutBucketTagging" => "PUT tagging",
            "PutBucketOwnershipControls" => "PUT ownershipControls",
            "PutBucketEncryption" => "PUT encryption",
            "PutBucketPolicy" => "PUT policy",
            "PutBucketLifecycleConfiguration" => "PUT lifecycle",
            "PutBucketCors" => "PUT cors",
            "PutBucketWebsite" => "PUT website",
            "CreateBucket" => "PUT ",
            "DeleteBucket" => "DELETE ",
            other => other,
        };
        call.operation == wire
    }

    fn answer(self) -> Trouble {
        let is_missing = self.row.code.contains("NotFound") || self.row.code.starts_with("NoSuch");
        Trouble::Refused {
            status: if is_missing { 404 } else { 400 },
            code: self.row.code,
            message: format!("refused: {}", self.row.says.unwrap_or("no")),
        }
    }

    async fn passes_after(self, times: usize, world: &World, command: &Command, lab: &str) {
        let script = move |call: &Call| match self.meets(call) && call.nth < times {
            true => self.answer(),
            false => Trouble::None,
        };
        // What only passes for an object that is new is an error for one that isn't.
        if self.row.of == Of::Any {
            world.fork().run(command, lab, script).await.done();
        }
    }

    async fn lasts(self, world: &World, command: &Command, lab: &str) {
        let world = world.fork();
        let script = move |call: &Call| match self.meets(call) {
            true => self.answer(),
            false => Trouble::None,
        };
        let ran = world.run(command, lab, script).await;
        if ran.calls.iter().any(|call| self.meets(call)) {
            let said = ran.failed();
            assert!(said.contains(self.row.code), "{}: {said}", self.operation);
            world.run(command, lab, calm).await.done();
        } else {
            ran.done();
        }
    }
}
