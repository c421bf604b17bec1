//! Objects by key, with those marked that a visit wrote: the account's file takes up these and no others, and time goes
//! on for these.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::hash::{Hash as _, Hasher as _};
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// An object that a table can hold.
pub(crate) trait Object: Clone + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// Whether the text of an object must not stay in the account's file once the object has changed or is gone.
    const IS_SECRET: bool = false;

    /// The owner of the object, if objects are asked for by that.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// Returns the time when something happens to the object by itself, if anything does.
    fn due(&self) -> Option<i64> {
        None
    }
}

/// Objects of one type by key. For reading, the table is a map.
#[derive(Clone, Debug)]
pub(crate) struct Table<T> {
    objects: BTreeMap<String, T>,
    /// The keys of the objects that belong to somebody, by owner.
    owned: BTreeMap<String, BTreeSet<String>>,
    /// The keys that the file doesn't have yet.
    changed: BTreeSet<String>,
    /// The keys that were written since time last went on.
    touched: BTreeSet<String>,
    /// The keys that were written since the table was last asked when something is due.
    unplanned: BTreeSet<String>,
    /// The times when something happens to objects, by key.
    agenda: Agenda<String>,
    /// The digests of the objects that the file has.
    kept: BTreeMap<String, u64>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            owned: BTreeMap::new(),
            changed: BTreeSet::new(),
            touched: BTreeSet::new(),
            unplanned: BTreeSet::new(),
            agenda: Agenda::default(),
            kept: BTreeMap::new(),
        }
    }
}

impl<T> Deref for Table<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.objects
    }
}

impl<T: Object> Table<T> {
    /// The object at `key`, to be changed.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        if self.objects.contains_key(key) {
            self.note(key);
        }
        self.objects.get_mut(key)
    }

    /// The object at `key`, made if there is none, to be changed.
    pub(crate) fn at(&mut self, key: &str, make: impl FnOnce() -> T) -> &mut T {
        if !self.objects.contains_key(key) {
            self.insert(key.to_owned(), make());
        }
        self.get_mut(key).expect("it was made a line above")
    }

    /// Puts an object at `key`. Returns the one that was there.
    pub(crate) fn insert(&mut self, key: String, object: T) -> Option<T> {
        if let Some(owner) = object.owner() {
            self.owned.entry(owner.to_owned()).or_default().insert(key.clone());
        }
        self.note(&key);
        self.objects.insert(key, object)
    }

    /// Takes the object at `key` away.
    pub(crate) fn remove(&mut self, key: &str) -> Option<T> {
        let object = self.objects.remove(key)?;
        self.note(key);
        if let Some(owner) = object.owner()
            && let Some(keys) = self.owned.get_mut(owner)
        {
            keys.remove(key);
            if keys.is_empty() {
                self.owned.remove(owner);
            }
        }
        Some(object)
    }

    fn note(&mut self, key: &str) {
        for keys in [&mut self.changed, &mut self.touched, &mut self.unplanned] {
            keys.insert(key.to_owned());
        }
    }

    /// Returns the time when something happens next to an object.
    pub(crate) fn next(&mut self) -> Option<i64> {
        for key in std::mem::take(&mut self.unplanned) {
            let at = self.objects.get(&key).and_then(T::due);
            self.agenda.put(key, at);
        }
        self.agenda.next()
    }

    /// The keys of the objects to which something happens up to `now`.
    pub(crate) fn take_due(&mut self, now: i64) -> BTreeSet<String> {
        self.next();
        self.agenda.take(now)
    }

    /// Takes the objects away to which something happens up to `now`: their end. Returns their keys.
    pub(crate) fn expire(&mut self, now: i64) -> BTreeSet<String> {
        let due = self.take_due(now);
        due.iter().for_each(|key| drop(self.remove(key)));
        due
    }

    /// Takes away the objects that `wanted` doesn't want.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&str, &T) -> bool) {
        let objects = self.objects.iter();
        let unwanted: Vec<String> =
            objects.filter(|(key, one)| !wanted(key, one)).map(|(key, _)| key.clone()).collect();
        for key in unwanted {
            self.remove(&key);
        }
    }

    /// The keys of the objects that belong to `owner`.
    pub(crate) fn owned_by(&self, owner: &str) -> impl Iterator<Item = &str> {
        self.owned.get(owner).into_iter().flatten().map(String::as_str)
    }

    /// The objects that belong to `owner`.
    pub(crate) fn of(&self, owner: &str) -> impl Iterator<Item = &T> {
        self.owned.get(owner).into_iter().flatten().filter_map(|key| self.objects.get(key))
    }

    /// The keys that were written since time last went on.
    pub(crate) fn touched(&self) -> &BTreeSet<String> {
        &self.touched
    }
}

/// A table whose objects' type is forgotten.
pub(crate) trait AnyTable {
    /// Returns whether the visit wrote anything, or took over what another process wrote.
    fn is_changed(&self) -> bool;
    /// Forgets the keys that were touched.
    fn rest(&mut self);
    /// Forgets the changes, as a table does that no file backs.
    fn forget(&mut self);
    /// Hands over the visit's changes, by key, in JSON: nothing for an object that is gone. Objects that are as they
    /// were are left out. Returns whether the text before has to go.
    fn changes(&mut self, write: &mut dyn FnMut(&str, Option<&str>)) -> serde_json::Result<bool>;
    /// Hands over everything.
    fn all(&self, write: &mut dyn FnMut(&str, Option<&str>)) -> serde_json::Result<()>;
    /// Takes over an object that another process wrote.
    fn take_over(&mut self, key: &str, text: Option<&str>) -> serde_json::Result<()>;
}

impl<T: Object> AnyTable for Table<T> {
    fn is_changed(&self) -> bool {
        !self.changed.is_empty() || !self.touched.is_empty()
    }

    fn rest(&mut self) {
        self.touched.clear();
    }

    fn forget(&mut self) {
        self.changed.clear();
        self.touched.clear();
    }

    fn changes(&mut self, write: &mut dyn FnMut(&str, Option<&str>)) -> serde_json::Result<bool> {
        let mut is_stale = false;
        for key in std::mem::take(&mut self.changed) {
            let text = self.objects.get(&key).map(serde_json::to_string).transpose()?;
            let now = text.as_deref().map(digest);
            let before = match now {
                Some(now) => self.kept.insert(key.clone(), now),
                None => self.kept.remove(&key),
            };
            if now != before {
                write(&key, text.as_deref());
                is_stale |= before.is_some();
            }
        }
        Ok(is_stale && T::IS_SECRET)
    }

    fn all(&self, write: &mut dyn FnMut(&str, Option<&str>)) -> serde_json::Result<()> {
        for (key, object) in &self.objects {
            write(key, Some(&serde_json::to_string(object)?));
        }
        Ok(())
    }

    fn take_over(&mut self, key: &str, text: Option<&str>) -> serde_json::Result<()> {
        match text {
            Some(text) => {
                self.kept.insert(key.to_owned(), digest(text));
                self.insert(key.to_owned(), serde_json::from_str(text)?);
            }
            None => {
                self.kept.remove(key);
                self.remove(key);
            }
        }
        self.changed.remove(key);
        Ok(())
    }
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The times of entries. Among those that are due at the same time the least comes first.
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

    /// Returns the time when something is due next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.times.first().map(|(at, _)| *at)
    }

    /// Takes off the entries that are due at `now`.
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
