//! What is due, and when.

use std::collections::{BTreeMap, BTreeSet};

/// Times by what is due then. Of what is due at the same time the least comes first.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<E> {
    times: BTreeSet<(i64, E)>,
    entries: BTreeMap<E, i64>,
}

impl<E> Default for Agenda<E> {
    fn default() -> Self {
        Self { times: BTreeSet::new(), entries: BTreeMap::new() }
    }
}

impl<E: Clone + Ord> Agenda<E> {
    /// Puts `entry` down for `at`, and for no other time; for no time at all if there is none.
    pub(crate) fn put(&mut self, entry: E, at: Option<i64>) {
        if let Some(before) = self.entries.remove(&entry) {
            self.times.remove(&(before, entry.clone()));
        }
        if let Some(at) = at {
            self.times.insert((at, entry.clone()));
            self.entries.insert(entry, at);
        }
    }

    /// Puts `entry` down for `at`, unless it is due before.
    pub(crate) fn hasten(&mut self, entry: E, at: i64) {
        if self.entries.get(&entry).is_none_or(|due| *due > at) {
            self.put(entry, Some(at));
        }
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.times.first().map(|(at, _)| *at)
    }

    /// Takes off all that is due at `now`.
    pub(crate) fn take(&mut self, now: i64) -> BTreeSet<E> {
        let mut due = BTreeSet::new();
        while self.times.first().is_some_and(|(at, _)| *at <= now) {
            let (_, entry) = self.times.pop_first().expect("there is a first");
            self.entries.remove(&entry);
            due.insert(entry);
        }
        due
    }
}
