//! The states of services, found by type, so that the account holds all of them and knows none.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::table::{Agenda, AnyTable, Object, Table};

/// The state of a service in a region, or for the whole account.
pub(crate) trait State: Clone + Debug + Default + Send + Sync + 'static {
    /// The table that the account's file keeps; none if it keeps nothing of the state.
    fn table(&mut self) -> Option<&mut dyn AnyTable> {
        None
    }

    /// Returns the time when something is due next.
    fn due(&mut self) -> Option<i64> {
        None
    }
}

impl<T: Object> State for Table<T> {
    fn table(&mut self) -> Option<&mut dyn AnyTable> {
        Some(self)
    }

    fn due(&mut self) -> Option<i64> {
        self.next()
    }
}

impl<E: Clone + Debug + Ord + Send + Sync + 'static> State for Agenda<E> {
    fn due(&mut self) -> Option<i64> {
        self.next()
    }
}

/// A state whose type is forgotten.
trait AnyState: Any + Debug + Send + Sync {
    fn copy(&self) -> Box<dyn AnyState>;
    fn any_table(&mut self) -> Option<&mut dyn AnyTable>;
    fn next_due(&mut self) -> Option<i64>;
}

impl<S: State> AnyState for S {
    fn copy(&self) -> Box<dyn AnyState> {
        Box::new(self.clone())
    }

    fn any_table(&mut self) -> Option<&mut dyn AnyTable> {
        self.table()
    }

    fn next_due(&mut self) -> Option<i64> {
        self.due()
    }
}

/// The making of states of one type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    /// The word under which the account's file keeps the state, as in `ecs/tasks`.
    name: &'static str,
    /// Whether there is a state for the whole account, and not one in each region.
    pub(crate) is_global: bool,
    id: fn() -> TypeId,
    empty: fn() -> Box<dyn AnyState>,
}

impl Kept {
    /// A state of the type `S` in each region.
    pub(crate) const fn of<S: State>(name: &'static str) -> Self {
        Self { name, is_global: false, id: TypeId::of::<S>, empty: || Box::new(S::default()) }
    }

    /// A state of the type `S` for the whole account.
    pub(crate) const fn global<S: State>(name: &'static str) -> Self {
        Self { is_global: true, ..Self::of::<S>(name) }
    }
}

/// A state of each type that is kept.
#[derive(Debug, Default)]
pub(crate) struct States(BTreeMap<TypeId, (&'static str, Box<dyn AnyState>)>);

impl Clone for States {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|(id, (name, state))| (*id, (*name, state.copy()))).collect())
    }
}

impl States {
    /// The states of an account in which nothing is.
    pub(crate) fn empty(kept: impl Iterator<Item = Kept>) -> Self {
        Self(kept.map(|kept| ((kept.id)(), (kept.name, (kept.empty)()))).collect())
    }

    /// Every table with its word.
    pub(crate) fn tables(&mut self) -> impl Iterator<Item = (&'static str, &mut dyn AnyTable)> {
        self.0.values_mut().filter_map(|(name, state)| Some((*name, state.any_table()?)))
    }

    /// Returns the time when something is due next.
    pub(crate) fn due(&mut self) -> Option<i64> {
        self.0.values_mut().filter_map(|(_, state)| state.next_due()).min()
    }

    /// The state of the type `S`.
    pub(crate) fn get<S: State>(&self) -> Option<&S> {
        let (_, state) = self.0.get(&TypeId::of::<S>())?;
        (&**state as &dyn Any).downcast_ref()
    }

    /// The state of the type `S`, to be changed.
    pub(crate) fn get_mut<S: State>(&mut self) -> Option<&mut S> {
        let (_, state) = self.0.get_mut(&TypeId::of::<S>())?;
        (&mut **state as &mut dyn Any).downcast_mut()
    }
}
