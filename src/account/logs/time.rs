//! What happens by itself: groups come back, and lines get too old.

use super::streams::Stream;
use super::{DAY, State, entry_of, state};
use crate::account::Account;

/// What is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entry {
    /// A deleted group comes back.
    Return(String),
    /// The oldest line of a group gets too old.
    Expiry(String),
}

/// Makes the groups again that somebody still writes to, and lets go of lines that are too old.
pub(super) fn settle(account: &mut Account) {
    let now = account.now;
    for entry in state(account).agenda.take(now) {
        match entry {
            Entry::Return(name) => drop(entry_of(account, &name)),
            Entry::Expiry(name) => {
                let state = state(account);
                if let Some(group) = state.groups.get_mut(&name)
                    && let Some(days) = group.retention
                {
                    group.streams.values_mut().for_each(|stream| stream.forget_before(now - days * DAY));
                }
                put_down(state, name);
            }
        }
    }
}

/// Puts down when lines get too old, of the groups that calls have written.
pub(super) fn remember(account: &mut Account) {
    let state = state(account);
    for name in state.groups.touched().clone() {
        put_down(state, name);
    }
}

/// Puts down when the group's oldest line gets too old.
pub(super) fn put_down(state: &mut State, name: String) {
    let at = state.groups.get(&name).and_then(|group| {
        let oldest = group.streams.values().filter_map(Stream::oldest).min()?;
        Some(oldest + group.retention? * DAY + 1)
    });
    state.agenda.put(Entry::Expiry(name), at);
}
