//! What happens by itself: interfaces go back, targets have drained, and the tag index forgets.

use std::collections::BTreeSet;

use super::{State, state, state_ref};
use crate::account::Account;
use crate::ec2;

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// An interface that goes back.
    Interface(String),
    /// The end of the draining of a group's targets.
    Group(String),
    /// The end of a listener in the tag index.
    Ghost(String),
}

/// Gives back the interfaces whose time is over, and forgets what has drained and what the index has seen off.
pub(super) fn settle(account: &mut Account) {
    let now = account.now;
    for entry in state(account).agenda.take(now) {
        match entry {
            Entry::Interface(eni) => {
                state(account).leaving.remove(&eni);
                ec2::delete_eni(account, &eni);
            }
            Entry::Group(arn) => {
                if let Some(group) = state(account).target_groups.get_mut(&arn) {
                    group.targets.retain(|_, target| target.drained_at.is_none_or(|at| at > now));
                }
                put_down_group(state(account), &arn);
            }
            Entry::Ghost(arn) => drop(state(account).ghosts.remove(&arn)),
        }
    }
}

/// Puts down what calls have written.
pub(super) fn remember(account: &mut Account) {
    let state = state(account);
    for eni in state.leaving.touched().clone() {
        let at = state.leaving.get(&eni).copied();
        state.agenda.put(Entry::Interface(eni), at);
    }
    for arn in state.ghosts.touched().clone() {
        let at = state.ghosts.get(&arn).map(|ghost| ghost.until);
        state.agenda.put(Entry::Ghost(arn), at);
    }
    for arn in state.target_groups.touched().clone() {
        put_down_group(state, &arn);
    }
}

/// Puts down when the next of the group's targets has drained.
pub(super) fn put_down_group(state: &mut State, arn: &str) {
    let group = state.target_groups.get(arn);
    let next = group.and_then(|group| group.targets.values().filter_map(|target| target.drained_at).min());
    state.agenda.put(Entry::Group(arn.to_owned()), next);
}

/// Target groups whose targets may fare otherwise than before.
pub(crate) enum Touched {
    /// Those with these ARNs.
    Some(BTreeSet<String>),
    /// Any.
    Any,
}

/// The target groups that calls have written since time last went on.
pub(crate) fn touched_groups(account: &Account) -> Touched {
    let state = state_ref(account);
    if state.listeners.touched().is_empty() {
        Touched::Some(state.target_groups.touched().clone())
    } else {
        Touched::Any
    }
}
