//! Ctrl-C once and twice, a machine that shuts down, a terminal that is closed, a reader that has gone: at several
//! moments of apply and destroy. The next run goes on from there.

use std::time::{Duration, Instant};

use crate::faults::Fault;
use crate::lab8;
use crate::labform::{Run, Signal, watch};
use crate::lane::Lane;
use crate::speed::every;

const APPLY: &[&str] = &["apply", "--yes", "--no-wait"];
const DESTROY: &[&str] = &["destroy", "--yes"];

/// Signals once labform has begun so many calls that change something.
const MOMENTS: [usize; 4] = [1, 6, 12, 18];

/// Sends `signals` one after the other, the first when as many calls have changed something.
fn signalled(lane: &Lane, command: &[&str], moment: usize, signals: &[Signal]) -> Run {
    lane.proxy.play(|_| Fault::None);
    let mut left = signals.iter();
    let mut last: Option<Instant> = None;
    lane.account.labform_signalled(command, &mut || {
        let next = match last {
            None => lane.proxy.writes().len() >= moment,
            Some(last) => last.elapsed() > Duration::from_millis(5),
        };
        if !next {
            return None;
        }
        last = Some(Instant::now());
        left.next().copied()
    })
}

fn goes_on(signals: &[Signal]) {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.account.labform(APPLY).exits(0);
    let expected = lane.ours();
    lane.account.labform(DESTROY).exits(0);
    for moment in every::<Vec<_>, _>(2, MOMENTS) {
        let stopped = signalled(&lane, APPLY, moment, signals).exits(130);
        println!("{stopped}");
        lane.account.labform(APPLY).exits(0);
        assert_eq!(lane.ours(), expected, "{stopped}");
        let stopped = signalled(&lane, DESTROY, moment, signals).exits(130);
        println!("{stopped}");
        lane.account.labform(DESTROY).exits(0);
        assert!(lane.ours().is_empty(), "{stopped}\n{:#?}", lane.ours());
    }
}

#[test]
fn ctrl_c() {
    goes_on(&[Signal::Int]);
}

#[test]
fn ctrl_c_twice() {
    goes_on(&[Signal::Int, Signal::Int]);
}

#[test]
fn a_machine_that_shuts_down() {
    goes_on(&[Signal::Term]);
}

#[test]
fn a_terminal_that_is_closed() {
    goes_on(&[Signal::Hup]);
}

/// Before the first change, nothing has been changed.
#[test]
fn ctrl_c_while_it_reads() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    let mut once = Some(Signal::Int);
    lane.proxy.play(|call| match call.operation.as_str() {
        "GetResources" => Fault::BlackHole,
        _ => Fault::None,
    });
    let run = lane.account.labform_signalled(APPLY, &mut || {
        lane.proxy.calls().iter().any(|call| call.operation == "GetResources").then(|| once.take()).flatten()
    });
    let run = run.exits(130);
    assert!(run.took < Duration::from_secs(15), "it waited: {run}");
    assert!(lane.proxy.writes().is_empty(), "{run}");
    assert!(lane.ours().is_empty(), "{run}");
}

/// `labform apply | head -1`.
#[test]
fn a_reader_that_has_gone() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    for command in [APPLY, DESTROY] {
        let (reader, writer) = std::io::pipe().expect("the system has pipes");
        drop(reader);
        let mut deaf = lane.account.command(command);
        deaf.stdout(writer);
        let run = watch(deaf, &mut || None);
        println!("{run}");
        assert!(!run.stderr.contains("panicked"), "{run}");
        lane.account.labform(command).exits(0);
    }
    assert!(lane.ours().is_empty());
}
