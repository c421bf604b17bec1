//! One student of a class while a command works on all: what has become of that student's lab so far.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::OwnedSemaphorePermit;
use tokio::task_local;

use super::gate::Gate;
use crate::apply::{Destroyed, Outcome, Settled};
use crate::error::{Error, hints};
use crate::model::Hourly;
use crate::plan::Plan;
use crate::report::class::{LeftObject, Row, SparedLab, State, added};
use crate::report::commands::completed;
use crate::report::{counted, doing};

/// The most causes that are told of one student.
const CAUSES: usize = 3;

task_local! {
    static MEMBER: Arc<Member>;
}

/// The student whom the command works for just now, if it works on a class.
pub(in crate::cli) fn member() -> Option<Arc<Member>> {
    MEMBER.try_with(Arc::clone).ok()
}

/// The way in which a student's part of the command speaks to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Speech {
    /// As if there were no other student.
    Whole,
    /// Nothing is said: of many at once nobody could follow it.
    Silent,
    /// What would be noted is, with the student's name before it.
    Named,
}

/// A student of a class.
pub(in crate::cli) struct Member {
    pub(in crate::cli) student: String,
    pub(in crate::cli) speech: Speech,
    gate: Arc<Gate>,
    turn: Mutex<Option<OwnedSemaphorePermit>>,
    told: Mutex<Told>,
}

/// What is known of a student's lab.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Told {
    /// The time when the work on it began.
    pub(super) begun: Option<Instant>,
    /// The account that the credentials are for, once that is known.
    account: String,
    /// What is done just now.
    pub(super) doing: String,
    /// The objects that are to be added, changed and destroyed, by the plan.
    pub(super) planned: Option<(usize, usize, usize)>,
    /// Whether what is to be done is asked about.
    pub(super) is_asked: bool,
    /// Whether somebody else made the lab.
    pub(super) is_others: bool,
    /// The steps that are still to be done.
    pub(super) to_do: usize,
    /// The steps that were done: those that added something, changed it and destroyed it.
    done: (usize, usize, usize),
    pub(super) deleted: usize,
    pub(super) left: Vec<LeftObject>,
    spared: Vec<SparedLab>,
    /// What came of it, in words.
    pub(super) result: String,
    /// The cost of the lab, if that was asked for.
    pub(super) cost: Option<Hourly>,
    causes: Vec<String>,
    /// How it ended, with the exit code and the time that it took.
    pub(super) end: Option<(State, u8, Option<Duration>)>,
}

impl Told {
    /// Returns whether the one question is about the student, too.
    pub(super) fn awaits_an_answer(&self) -> bool {
        self.is_asked && self.end.is_none()
    }

    /// What didn't go well, in one line.
    fn cause(&self) -> String {
        let more = self.causes.len().saturating_sub(CAUSES);
        let more = (more > 0).then(|| format!("and {more} more"));
        self.causes.iter().take(CAUSES).cloned().chain(more).collect::<Vec<_>>().join("; ")
    }
}

impl Member {
    /// A student who has not begun, and who may once there is a turn at the gate.
    pub(super) fn new(student: &str, speech: Speech, gate: &Arc<Gate>) -> Arc<Self> {
        let (turn, told) = Default::default();
        Arc::new(Self { student: student.to_owned(), speech, gate: gate.clone(), turn, told })
    }

    /// Does work for the student.
    pub(super) async fn work<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        MEMBER.scope(self.clone(), work).await
    }

    /// Waits until it is this student's turn.
    pub(super) async fn take_turn(&self) {
        let turn = self.gate.turn().await;
        *self.turn.lock().expect(HELD) = Some(turn);
    }

    /// Lets others have their turn, and takes the next one once the question has been answered with yes.
    pub(in crate::cli) async fn agree(&self, is_others: bool) {
        self.tell(|told| (told.is_asked, told.is_others) = (true, is_others));
        self.wait_for_others().await;
    }

    /// Lets others have their turn, and takes the next one once the question that may be asked of them has been answered.
    pub(in crate::cli) async fn wait_for_others(&self) {
        self.doing("waiting for your answer");
        drop(self.turn.lock().expect(HELD).take());
        self.gate.agree().await;
        self.take_turn().await;
    }

    /// What is known so far.
    pub(super) fn told(&self) -> Told {
        self.lock().clone()
    }

    /// What has become of the lab so far, as a report has it. The place is the account, the region and the lab; `next` is the
    /// command that goes on.
    pub(super) fn row(&self, [account, region, lab]: [&str; 3], next: String) -> Row {
        let told = self.told();
        let (state, cause, took) = match told.end {
            Some((state, _, took)) => (state, told.cause(), took),
            None if told.begun.is_some() => (State::Unfinished, "it was stopped before its end".to_owned(), None),
            None => (State::Unfinished, "it was not begun".to_owned(), None),
        };
        let spared = Some(told.spared.len()).filter(|count| *count > 0);
        let spared = spared.map(|count| format!("{} spared", counted(count, "lab")));
        let result = [told.result].into_iter().filter(|words| !words.is_empty()).chain(spared);
        let next = if state == State::Clean { String::new() } else { next };
        Row {
            name: self.student.clone(),
            account: if account.is_empty() { told.account } else { account.to_owned() },
            region: region.to_owned(),
            lab: lab.to_owned(),
            state,
            deleted: told.deleted,
            left: told.left,
            spared: told.spared,
            result: result.collect::<Vec<_>>().join(", "),
            took,
            cause,
            next,
        }
    }

    /// Learns whose account it is.
    pub(in crate::cli) fn account(&self, id: &str) {
        self.tell(|told| id.clone_into(&mut told.account));
    }

    /// Begins the work.
    pub(super) fn begins(&self) {
        self.tell(|told| {
            told.begun = Some(Instant::now());
            "signing in".clone_into(&mut told.doing);
        });
    }

    /// Ends the work with an exit code, or with an error's own words beside it.
    pub(super) fn ends(&self, command: &str, code: u8, error: Option<&Error>) {
        if let Some(error) = error {
            self.error(error);
        }
        drop(self.turn.lock().expect(HELD).take());
        self.tell(|told| {
            let state = State::of(command, code);
            if told.causes.is_empty() && matches!(state, State::Failed | State::Unfinished) {
                told.causes.push(match (state, told.begun) {
                    (State::Unfinished, None) => "it was not begun".to_owned(),
                    (State::Unfinished, _) => "it was interrupted".to_owned(),
                    _ => format!("it ended with {code}"),
                });
            }
            told.doing.clear();
            told.end = Some((state, code, told.begun.map(|begun| begun.elapsed())));
        });
    }

    /// Says in words what came of it.
    pub(in crate::cli) fn result(&self, words: impl Into<String>) {
        self.tell(|told| told.result = words.into());
    }

    /// Says what is done just now.
    pub(in crate::cli) fn doing(&self, words: impl Into<String>) {
        self.tell(|told| told.doing = words.into());
    }

    /// Learns what isn't as it is to be, or couldn't be looked at.
    pub(in crate::cli) fn missed(&self, what: &str) {
        self.cause_is(what);
    }

    /// Learns of an error.
    pub(in crate::cli) fn error(&self, error: &Error) {
        let words = [&error.message].into_iter().chain(&error.hints).map(String::as_str).collect::<Vec<_>>();
        self.cause_is(&words.join("; "));
    }

    /// Learns what is to be done.
    pub(in crate::cli) fn planned(&self, plan: &Plan) {
        let left = plan.kept.iter().map(|kept| LeftObject {
            address: kept.address.to_string(),
            name: kept.name.clone(),
            why: completed(&kept.reason).into_owned(),
        });
        let counts = plan.counts();
        self.tell(|told| {
            told.planned = Some(counts);
            told.to_do = counts.0 + counts.1 + counts.2;
            told.result = added(counts, ["to add", "to change", "to destroy"]);
            for one in left {
                let is_same = |known: &LeftObject| known.address == one.address && known.name == one.name;
                if !told.left.iter().any(is_same) {
                    told.left.push(one);
                }
            }
        });
    }

    /// Learns what the lab costs.
    pub(in crate::cli) fn costs(&self, cost: Hourly) {
        self.tell(|told| {
            told.cost = Some(cost);
            if !cost.is_free() {
                told.result += &format!("; {cost} an hour");
            }
        });
    }

    /// Learns how many objects of how many labs are to be destroyed.
    pub(in crate::cli) fn planned_in_all(&self, labs: usize, objects: usize) {
        self.tell(|told| {
            (told.planned, told.to_do) = (Some((0, 0, objects)), objects);
            told.result = format!("{}, {objects} to destroy", counted(labs, "lab"));
        });
    }

    /// Learns of a lab that is left alone.
    pub(in crate::cli) fn spares(&self, lab: SparedLab) {
        self.tell(|told| told.spared.push(lab));
    }

    /// Learns which steps were done, and which were not, beside those of other labs.
    pub(in crate::cli) fn carried_out(&self, outcome: &Outcome) {
        let counts = outcome.counts();
        self.tell(|told| {
            let before = told.done;
            told.done = (before.0 + counts.0, before.1 + counts.1, before.2 + counts.2);
            told.result = added(told.done, ["added", "changed", "destroyed"]);
        });
        for failure in &outcome.failed {
            let words = format!("{}: {}: {}", failure.address, doing(Some(failure.op)), failure.error);
            let all: Vec<String> = [words].into_iter().chain(hints(&failure.error)).collect();
            self.cause_is(&all.join("; "));
        }
    }

    /// Learns what doesn't do its work.
    pub(in crate::cli) fn unready(&self, settled: &Settled) {
        for (address, stuck) in settled.failed.iter().chain(&settled.left) {
            self.cause_is(&format!("{address}: {}", stuck.reason));
        }
    }

    /// Learns what was deleted and what is left.
    pub(in crate::cli) fn destroyed(&self, plan: &Plan, destroyed: &Destroyed) {
        let left = destroyed.left.iter().map(|left| LeftObject {
            address: left.address.to_string(),
            name: left.name.clone(),
            why: completed(&left.why).into_owned(),
        });
        self.tell(|told| {
            told.deleted += plan.changes.iter().filter(|change| destroyed.is_gone(&change.address)).count();
            told.left.extend(left);
        });
    }

    fn cause_is(&self, words: &str) {
        let words = completed(words).into_owned();
        self.tell(|told| {
            if !told.causes.contains(&words) {
                told.causes.push(words);
            }
        });
    }

    pub(super) fn tell(&self, tell: impl FnOnce(&mut Told)) {
        tell(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().expect(HELD)
    }
}

const HELD: &str = "nothing panics while it holds the lock";
