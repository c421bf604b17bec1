//! What services keep, found by its type, so that the account holds all of it and knows none of it.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::ids::Ids;

/// What a service keeps in one region, or in the whole account.
pub(crate) trait State: Clone + Debug + Default + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// The word under which the account's file keeps it.
    const NAME: &'static str;

    /// What a new account finds in `region`.
    fn fresh(_region: &str, _ids: &mut Ids) -> Self {
        Self::default()
    }
}

/// A state whose type is forgotten.
trait AnyState: Any + Debug + Send + Sync {
    fn copy(&self) -> Box<dyn AnyState>;
    fn write(&self) -> serde_json::Result<Value>;
}

impl<S: State> AnyState for S {
    fn copy(&self) -> Box<dyn AnyState> {
        Box::new(self.clone())
    }

    fn write(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }
}

/// How a state of one type is made and read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept {
    name: &'static str,
    id: fn() -> TypeId,
    fresh: fn(&str, &mut Ids) -> Box<dyn AnyState>,
    read: fn(Value) -> serde_json::Result<Box<dyn AnyState>>,
}

impl Kept {
    /// States of the type `S`.
    pub(crate) const fn of<S: State>() -> Self {
        Self {
            name: S::NAME,
            id: TypeId::of::<S>,
            fresh: |region, ids| Box::new(S::fresh(region, ids)),
            read: |value| Ok(Box::new(serde_json::from_value::<S>(value)?)),
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

    /// The states as `write` wrote them, and no other. A service that the account didn't have then finds what a new account
    /// finds in `region`.
    pub(crate) fn read(
        kept: impl Iterator<Item = Kept>,
        mut written: BTreeMap<String, Value>,
        region: &str,
        ids: &mut Ids,
    ) -> serde_json::Result<Self> {
        let mut states = Self::default();
        for kept in kept {
            let state = match written.remove(kept.name) {
                Some(state) => (kept.read)(state)?,
                None => (kept.fresh)(region, ids),
            };
            states.0.insert((kept.id)(), (kept.name, state));
        }
        match written.into_keys().next() {
            Some(name) => Err(serde::de::Error::custom(format!("unknown field `{name}`"))),
            None => Ok(states),
        }
    }

    /// The states in a form to be kept in a file.
    pub(crate) fn write(&self) -> serde_json::Result<BTreeMap<String, Value>> {
        self.0.values().map(|(name, state)| Ok(((*name).to_owned(), state.write()?))).collect()
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
