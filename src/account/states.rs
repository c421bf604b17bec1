//! What services keep, found by its type, so that the account holds all of it and knows none of it.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::ids::Ids;
use crate::table::AnyTable;

/// What a service keeps in one region, or in the whole account.
pub(crate) trait State: Clone + Debug + Default + Send + Sync + 'static {
    /// The word under which the account's file keeps it.
    const NAME: &'static str;

    /// What a new account finds in `region`.
    fn fresh(_region: &str, _ids: &mut Ids) -> Self {
        Self::default()
    }

    /// The tables of what is kept in the account's file, each with its word.
    fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)>;
}

/// A state whose type is forgotten.
trait AnyState: Any + Debug + Send + Sync {
    fn copy(&self) -> Box<dyn AnyState>;
    fn all_tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)>;
}

impl<S: State> AnyState for S {
    fn copy(&self) -> Box<dyn AnyState> {
        Box::new(self.clone())
    }

    fn all_tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> {
        self.tables()
    }
}

/// How a state of one type is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    name: &'static str,
    id: fn() -> TypeId,
    fresh: fn(&str, &mut Ids) -> Box<dyn AnyState>,
    empty: fn() -> Box<dyn AnyState>,
}

impl Kept {
    /// States of the type `S`.
    pub(crate) const fn of<S: State>() -> Self {
        Self {
            name: S::NAME,
            id: TypeId::of::<S>,
            fresh: |region, ids| Box::new(S::fresh(region, ids)),
            empty: || Box::new(S::default()),
        }
    }
}

/// One state of each type that is kept.
#[derive(Debug, Default)]
pub(crate) struct States(BTreeMap<TypeId, (&'static str, Box<dyn AnyState>)>);

impl Clone for States {
    fn clone(&self) -> Self {
        Self(self.0.iter().map(|(id, (name, state))| (*id, (*name, state.copy()))).collect())
    }
}

impl States {
    /// What a new account finds in `region`.
    pub(crate) fn fresh(kept: impl Iterator<Item = Kept>, region: &str, ids: &mut Ids) -> Self {
        Self(kept.map(|kept| ((kept.id)(), (kept.name, (kept.fresh)(region, ids)))).collect())
    }

    /// States in which nothing is.
    pub(crate) fn empty(kept: impl Iterator<Item = Kept>) -> Self {
        Self(kept.map(|kept| ((kept.id)(), (kept.name, (kept.empty)()))).collect())
    }

    /// Every table, with its state's word and its own.
    pub(crate) fn tables(&mut self) -> impl Iterator<Item = (&'static str, &'static str, &mut dyn AnyTable)> {
        self.0.values_mut().flat_map(|(state, tables)| {
            let state = *state;
            tables.all_tables().into_iter().map(move |(name, table)| (state, name, table))
        })
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
