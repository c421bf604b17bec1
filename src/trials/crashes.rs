//! Killed at each call that changes something, just before and just after the account has done it.

use super::speed::every;
use super::{Command, End, LAB_8, World, calm, source, trial};
use crate::cloud::trouble::{Call, Trouble};
use crate::plan::{Narrowing, Scope};

/// The moments of a call at which a process may be killed.
const MOMENTS: [Trouble; 2] = [Trouble::KillBefore, Trouble::KillAfter];

/// The step of the sample among all points: an odd number, so that both moments take turns.
const SAMPLE: usize = 21;

/// Kills at the `change`-th call that changes something.
fn kill(change: usize, moment: &Trouble) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    let moment = moment.clone();
    move |call| match call.changes() && call.change == change {
        true => moment.clone(),
        false => Trouble::None,
    }
}

/// Kills `command` on the lab in `text` at each of its changes, starting from `world`; runs it again, which has to end
/// as if nothing had happened; then destroys everything. Of so many points one stays in the `sample`.
pub(super) async fn sweep(world: &World, command: &Command, text: &str, sample: usize) {
    let clean = world.fork();
    let changes = clean.run(command, text, calm).await.done().changes();
    let uncrashed = clean.shape();
    assert!(changes > 0, "{command:?} changes something");
    let points = (0..changes).flat_map(|change| MOMENTS.iter().map(move |moment| (change, moment)));
    let points = every(sample, points);
    for (change, moment) in &points {
        let point = format!("{moment:?} of change {change}");
        let world = world.fork();
        let killed = world.run(command, text, kill(*change, moment)).await.end;
        assert!(matches!(killed, End::Killed), "{point}: {killed:?}");
        let again = world.run(command, text, calm).await;
        assert!(matches!(again.end, End::Done), "{point}: {:?}", again.end);
        assert_eq!(world.shape(), uncrashed, "{point}");
        let end = world.destroy(text).await.end;
        assert!(matches!(end, End::Done), "{point}: destroy: {end:?}");
    }
    println!("{command:?}: killed at {} points of {}", points.len(), 2 * changes);
}

/// Lab 8 with some of its text exchanged.
fn edited(edits: &[(&str, &str)]) -> String {
    let mut text = LAB_8.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "lab.yaml has no `{from}`");
        text = text.replace(from, to);
    }
    text
}

async fn applied() -> World {
    let world = World::new().await;
    world.apply(LAB_8).await.done();
    world
}

#[test]
fn apply_is_killed_at_each_change() {
    trial(async {
        sweep(&World::new().await, &Command::Apply, LAB_8, SAMPLE).await;
    });
}

#[test]
fn destroy_is_killed_at_each_change() {
    trial(async {
        sweep(&applied().await, &Command::Destroy(Scope::all()), LAB_8, SAMPLE).await;
    });
}

#[test]
fn the_destroy_of_a_phase_is_killed_at_each_change() {
    trial(async {
        let lab = source(LAB_8).into_lab();
        let narrowing = Narrowing { phase: Some("web".to_owned()), ..Narrowing::default() };
        let scope = narrowing.for_destroy(&lab).unwrap();
        sweep(&applied().await, &Command::Destroy(scope), LAB_8, SAMPLE).await;
    });
}

#[test]
fn an_update_is_killed_at_each_change() {
    trial(async {
        let text = edited(&[
            ("desiredCount: 2", "desiredCount: 3"),
            ("retentionInDays: 7", "retentionInDays: 14"),
            ("environment: development", "environment: production"),
        ]);
        sweep(&applied().await, &Command::Apply, &text, SAMPLE).await;
    });
}

#[test]
fn a_replacement_is_killed_at_each_change() {
    trial(async {
        let text = edited(&[
            ("description: ", "description: New "),
            ("port: 3000", "port: 3001"),
            ("fromPort: 3000", "fromPort: 3001"),
            ("toPort: 3000", "toPort: 3001"),
            ("containerPort: 3000", "containerPort: 3001"),
            ("web-app.uri}:latest", "web-app.uri}:v2"),
        ]);
        sweep(&applied().await, &Command::Apply, &text, SAMPLE).await;
    });
}
