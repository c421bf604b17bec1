//! Named, tagged, paged objects, as nearly every service has them. A service says once how it speaks of its objects (a
//! [`Kind`]), and gets creating, finding, deleting, restoring, paging, tagging, and the lists of the tag index and the
//! inventory. The object's body, the checks of its calls and how they show it stay with the service.
//!
//! # To add a service on a shelf
//!
//! A file and its two rows in `lib.rs`. The file, for a service whose calls are JSON:
//!
//! ```text
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! struct Parameter { description: Option<String>, value: Hidden }       // what the account keeps of one; `Default` for
//!                                                                       // `delete_for`, if its name stays taken a while
//!
//! impl Body for Parameter { const IS_SECRET: bool = true; }             // or `impl Body for … {}`
//!
//! static PARAMETERS: Kind<Parameter> = Kind {
//!     missing: |_, id| Fault::client("ParameterNotFound", …),
//!     exists: |_, _| Fault::client("ParameterAlreadyExists", "The parameter already exists. …"),
//!     pages: Pages { size: "MaxResults", token: ("NextToken", "NextToken"), ..Pages::JSON },
//!     tags: Tags { id: "ResourceId", ..Tags::JSON },
//!     ..Kind::new("ssm:parameter", "ssm/parameters")                    // what isn't said is as most services have it
//! };
//!
//! pub(crate) static SERVICE: Service = Service { kinds: &[&PARAMETERS], ..Service::new("ssm", Calls::Json(handle)) };
//!
//! fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
//!     match operation {
//!         "PutParameter" => put(account, input),                        // PARAMETERS.create(account, name, arn, input, …)
//!         "GetParameter" => get(account, input),                        // PARAMETERS.find(account, id)
//!         "DescribeParameters" => PARAMETERS.list(account, input, "Parameters", |_, _| true, shown),
//!         "DeleteParameter" => delete(account, input),                  // PARAMETERS.delete(account, id)
//!         "AddTagsToResource" => PARAMETERS.tag(account, input),
//!         "RemoveTagsFromResource" => PARAMETERS.untag(account, input),
//!         "ListTagsForResource" => PARAMETERS.tags_of(account, input),   // in the member in which they are given
//!         other => Err(wire::unknown("ssm", other)),
//!     }
//! }
//! ```
//!
//! AWS's rule for a name, or for a number, is in `rules.rs`. An answer in which a member may be missing is `set(json!({
//! … }))`, which leaves out what is null.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Item;
use crate::account::{Account, AnyKind, Tagged};
use crate::forms::{Pages, Tags};
use crate::input::{need, texts};
use crate::states::Kept;
use crate::table::{Object, Table};
use crate::wire::{Answer, Fault};

/// The state of an object that a service keeps besides its ARN, its tags and when it was made.
pub(crate) trait Body: Clone + Debug + Send + Sync + Serialize + DeserializeOwned + 'static {
    /// See [`Object::IS_SECRET`].
    const IS_SECRET: bool = false;

    /// Returns the time when something happens to the object by itself, if anything does.
    fn due(&self) -> Option<i64> {
        None
    }
}

/// An object, to be read and changed as its body.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Thing<T> {
    /// The object's ARN.
    pub(crate) arn: String,
    /// The time when the object was made.
    pub(crate) created: i64,
    /// The object's tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// The time of the deletion, and that until which the name isn't free, if the object was deleted.
    pub(crate) deleted: Option<(i64, i64)>,
    /// Whether the object can't be restored.
    is_gone: bool,
    /// The other fields of the object.
    body: T,
}

/// Objects of one kind by name, or by another key that they are asked for by.
pub(crate) type Shelf<T> = Table<Thing<T>>;

impl<T> Deref for Thing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T> DerefMut for Thing<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.body
    }
}

impl<T: Body> Object for Thing<T> {
    const IS_SECRET: bool = T::IS_SECRET;

    /// An object is found by its ARN, too.
    fn owner(&self) -> Option<&str> {
        Some(&self.arn)
    }

    fn due(&self) -> Option<i64> {
        self.deleted.map(|(_, until)| until).or_else(|| self.body.due())
    }
}

/// A service's words for its objects.
pub(crate) struct Kind<T> {
    /// The kind's word in the inventory, as `service:type`.
    pub(crate) word: &'static str,
    /// The table in which the objects are kept.
    pub(crate) kept: Kept,
    /// Returns the fault if there is no object of this name or ARN.
    pub(crate) missing: fn(&Account, &str) -> Fault,
    /// Returns the fault if there is one of this name already.
    pub(crate) exists: fn(&Account, &str) -> Fault,
    /// Returns the fault if the object of this name may not be changed, as it is.
    pub(crate) fixed: fn(&str, &Thing<T>) -> Option<Fault>,
    /// The word in the inventory for an object that can still be restored.
    pub(crate) tombstone: &'static str,
    /// Lets the things happen to the object of this name that its body says are due.
    pub(crate) happens: fn(&mut Account, &str),
    /// The form of pages of lists.
    pub(crate) pages: Pages,
    /// The form of tags in calls.
    pub(crate) tags: Tags,
}

impl<T: Body> Kind<T> {
    /// A kind of this word in the inventory, which the account's file keeps under `kept`.
    pub(crate) const fn new(word: &'static str, kept: &'static str) -> Self {
        Self {
            word,
            kept: Kept::of::<Shelf<T>>(kept),
            missing: |_, id| Fault::client("ResourceNotFoundException", format!("{id} doesn't exist.")),
            exists: |_, name| Fault::client("ResourceExistsException", format!("{name} already exists.")),
            fixed: |_, _| None,
            tombstone: "DELETED",
            happens: |_, _| {},
            pages: Pages::JSON,
            tags: Tags::JSON,
        }
    }

    /// The object of exactly this name.
    pub(crate) fn get<'a>(&self, account: &'a Account, name: &str) -> Option<&'a Thing<T>> {
        account.all::<Thing<T>>().get(name)
    }

    /// Makes an object with the tags of the call. Nothing may be made under a name that is taken.
    pub(crate) fn create(
        &self,
        account: &mut Account,
        name: &str,
        arn: String,
        input: &Value,
        body: T,
    ) -> Result<(), Fault> {
        if self.get(account, name).is_some() {
            return Err((self.exists)(account, name));
        }
        let tags = self.tags.read(input);
        (self.tags.check)(&tags)?;
        let thing = Thing { arn, created: account.now, tags, deleted: None, is_gone: false, body };
        account.all_mut().insert(name.to_owned(), thing);
        Ok(())
    }

    /// The object of this name or ARN, with its name.
    pub(crate) fn find<'a>(&self, account: &'a Account, id: &str) -> Result<(&'a str, &'a Thing<T>), Fault> {
        let things = account.all::<Thing<T>>();
        let name = things.owned_by(id).next().unwrap_or(id);
        let found = things.get_key_value(name).filter(|(_, thing)| !thing.is_gone);
        found.map(|(name, thing)| (name.as_str(), thing)).ok_or_else(|| (self.missing)(account, id))
    }

    /// The object of this name or ARN, with its name, to be changed.
    pub(crate) fn find_mut<'a>(&self, account: &'a mut Account, id: &str) -> Result<(String, &'a mut Thing<T>), Fault> {
        let (name, thing) = self.find(account, id)?;
        (self.fixed)(name, thing).map_or(Ok(()), Err)?;
        let name = name.to_owned();
        let thing = account.all_mut().get_mut(&name).expect("it was found three lines above");
        Ok((name, thing))
    }

    /// Takes the object of this name or ARN away.
    pub(crate) fn delete(&self, account: &mut Account, id: &str) -> Result<Thing<T>, Fault> {
        let name = self.find(account, id)?.0.to_owned();
        Ok(account.all_mut().remove(&name).expect("it was found a line above"))
    }

    /// Deletes the object for `window` milliseconds, in which it can be restored. Returns name, ARN, and until when.
    pub(crate) fn keep_for(
        &self,
        account: &mut Account,
        id: &str,
        window: i64,
    ) -> Result<(String, String, i64), Fault> {
        let now = account.now;
        let (name, thing) = self.find_mut(account, id)?;
        thing.deleted = Some((now, now + window));
        Ok((name, thing.arn.clone(), now + window))
    }

    /// Deletes the object for good, even one that could be restored. Its name is free after `window` milliseconds.
    pub(crate) fn delete_for(
        &self,
        account: &mut Account,
        id: &str,
        window: i64,
    ) -> Result<(String, String, i64), Fault>
    where
        T: Default,
    {
        let name = self.find(account, id)?.0.to_owned();
        let gone = self.delete(account, &name)?;
        let (deleted, arn) = (Some((account.now, account.now + window)), gone.arn.clone());
        account.all_mut().insert(name.clone(), Thing { deleted, is_gone: true, body: T::default(), ..gone });
        Ok((name, arn, account.now + window))
    }

    /// Restores the object if it was deleted. Returns its name and its ARN.
    pub(crate) fn restore(&self, account: &mut Account, id: &str) -> Result<(String, String), Fault> {
        let name = self.find(account, id)?.0.to_owned();
        let thing = account.all_mut::<Thing<T>>().get_mut(&name).expect("it was found a line above");
        thing.deleted = None;
        Ok((name, thing.arn.clone()))
    }

    /// Returns a page of all objects that are `wanted` under `key`, each as it is `shown`.
    pub(crate) fn list(
        &self,
        account: &Account,
        input: &Value,
        key: &str,
        wanted: impl Fn(&str, &Thing<T>) -> bool,
        shown: impl Fn(&str, &Thing<T>) -> Value,
    ) -> Answer {
        let things = account.all::<Thing<T>>().iter().filter(|(name, thing)| !thing.is_gone && wanted(name, thing));
        self.pages.of(account, input, key, things, |(name, thing)| shown(name, thing))
    }

    /// Adds the tags of the call to those of the object that it names by ARN, or by its name.
    pub(crate) fn tag(&self, account: &mut Account, input: &Value) -> Answer {
        let (_, thing) = self.find_mut(account, &need(input, self.tags.id)?)?;
        let mut all = thing.tags.clone();
        all.extend(self.tags.read(input));
        (self.tags.check)(&all)?;
        thing.tags = all;
        Ok(json!({}))
    }

    /// Takes the tags of these keys away.
    pub(crate) fn untag(&self, account: &mut Account, input: &Value) -> Answer {
        let keys = texts(input, self.tags.keys);
        self.find_mut(account, &need(input, self.tags.id)?)?.1.tags.retain(|key, _| !keys.contains(key));
        Ok(json!({}))
    }

    /// The tags of the object.
    pub(crate) fn tags_of(&self, account: &Account, input: &Value) -> Answer {
        let (_, thing) = self.find(account, &need(input, self.tags.id)?)?;
        Ok(json!({ self.tags.given: self.tags.write(&thing.tags) }))
    }
}

impl<T> Debug for Kind<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word)
    }
}

impl<T: Body> AnyKind for Kind<T> {
    fn kept(&self) -> Kept {
        self.kept
    }

    fn tagged(&self, account: &Account) -> Tagged {
        let items = self.items(account).into_iter().filter(|item| item.tombstone.is_none());
        items.map(|item| (item.id, item.tags)).collect()
    }

    fn items(&self, account: &Account) -> Vec<Item> {
        let item = |thing: &Thing<T>| Item {
            kind: self.word,
            id: thing.arn.clone(),
            tags: thing.tags.clone(),
            tombstone: thing.deleted.map(|_| self.tombstone),
        };
        account.all().values().map(item).collect()
    }

    fn settle(&self, account: &mut Account) {
        let now = account.now;
        for name in account.all_mut::<Thing<T>>().take_due(now) {
            if account.all::<Thing<T>>()[&name].deleted.is_some() {
                account.all_mut::<Thing<T>>().remove(&name);
            } else {
                (self.happens)(account, &name);
            }
        }
    }
}
