//! Named, tagged, paged objects: what nearly every service repeats. A service says once how it speaks of its objects (a
//! [`Kind`]), and gets creating, finding, deleting, paging, tagging, and what the tag index and the inventory list. What an
//! object is, what its calls check and how they show it stays with the service.
//!
//! # To add a service on a shelf
//!
//! One file and one row in `services.rs`. The file, for a service whose calls are JSON:
//!
//! ```text
//! #[derive(Clone, Debug, Serialize, Deserialize)]
//! struct Secret { description: Option<String>, value: String }          // what the account keeps of one
//!
//! #[derive(Clone, Debug, Default)]
//! pub(crate) struct State { secrets: Shelf<Secret> }
//!
//! impl states::State for State {
//!     const NAME: &'static str = "secretsmanager";
//!     fn tables(&mut self) -> Vec<(&'static str, &mut dyn AnyTable)> { vec![("secrets", self.secrets.table())] }
//! }
//!
//! static SECRETS: Kind<Secret> = Kind {
//!     word: "secretsmanager:secret",
//!     shelf: |account| &mut account.here::<State>().secrets,
//!     shelf_ref: |account| &account.here_ref::<State>().secrets,
//!     missing: |_, _| Fault::client("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
//!     exists: |_, name| Fault::client("ResourceExistsException", format!("… the secret {name} already exists.")),
//!     pages: Pages { size: "MaxResults", token: "NextToken", usual: 100, most: 100 },
//!     tags: Tags { id: "SecretId", given: "Tags", keys: "TagKeys", pair: ("Key", "Value") },
//!     check_tags: |_| Ok(()),
//!     invalid: |message| Fault::client("InvalidParameterException", message),
//! };
//!
//! pub(crate) static SERVICE: Service = Service {
//!     regional: &[Kept::of::<State>()],
//!     tagged: |account| SECRETS.tagged(account),
//!     items: |account| SECRETS.items(account),
//!     ..Service::new("secretsmanager", Calls::Json(handle))
//! };
//!
//! fn handle(account: &mut Account, operation: &str, input: &Value) -> Answer {
//!     match operation {
//!         "CreateSecret" => create(account, input),                     // SECRETS.create(account, name, arn, tags, …)
//!         "DescribeSecret" => describe(account, input),                 // SECRETS.find(account, id)
//!         "ListSecrets" => SECRETS.list(account, input, "SecretList", shown),
//!         "TagResource" => SECRETS.tag(account, input),
//!         "UntagResource" => SECRETS.untag(account, input),
//!         other => Err(wire::unknown("secretsmanager", other)),
//!     }
//! }
//! ```

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Item;
use crate::account::{Account, Tagged};
use crate::input::{list, need, number, page, text, texts};
use crate::table::{AnyTable, Object, Table};
use crate::wire::{Answer, Fault};

/// What a service keeps of one object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Thing<T> {
    /// Its ARN.
    pub(crate) arn: String,
    /// When it was made.
    pub(crate) created: i64,
    /// Its tags.
    pub(crate) tags: BTreeMap<String, String>,
    /// What else there is to it.
    pub(crate) body: T,
}

impl<T: Clone + std::fmt::Debug + Send + Sync + Serialize + DeserializeOwned> Object for Thing<T> {
    /// An object is found by its ARN, too.
    fn owner(&self) -> Option<&str> {
        Some(&self.arn)
    }
}

/// Objects of one kind by name.
#[derive(Clone, Debug)]
pub(crate) struct Shelf<T>(Table<Thing<T>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<T: Clone + std::fmt::Debug + Send + Sync + Serialize + DeserializeOwned> Shelf<T> {
    /// What the account's file keeps.
    pub(crate) fn table(&mut self) -> &mut dyn AnyTable {
        &mut self.0
    }

    /// The objects by name, to be changed.
    pub(crate) fn things_mut(&mut self) -> &mut Table<Thing<T>> {
        &mut self.0
    }
}

/// How a service speaks of its objects.
pub(crate) struct Kind<T: 'static> {
    /// The kind's word in the inventory, as `service:type`.
    pub(crate) word: &'static str,
    /// Where the objects stand.
    pub(crate) shelf: fn(&mut Account) -> &mut Shelf<T>,
    /// The same, for reading.
    pub(crate) shelf_ref: fn(&Account) -> &Shelf<T>,
    /// The fault if there is no object of this name or ARN.
    pub(crate) missing: fn(&Account, &str) -> Fault,
    /// The fault if there is one of this name already.
    pub(crate) exists: fn(&Account, &str) -> Fault,
    /// How its lists are paged.
    pub(crate) pages: Pages,
    /// How its calls for tags are written.
    pub(crate) tags: Tags,
    /// Refuses tags that the service doesn't take.
    pub(crate) check_tags: fn(&BTreeMap<String, String>) -> Result<(), Fault>,
    /// The fault of an input that can't be.
    pub(crate) invalid: fn(String) -> Fault,
}

/// How lists are paged.
pub(crate) struct Pages {
    /// The member that asks for a size.
    pub(crate) size: &'static str,
    /// The member that is the token, asked for and answered.
    pub(crate) token: &'static str,
    /// The size if none is asked for.
    pub(crate) usual: usize,
    /// The greatest size that can be asked for.
    pub(crate) most: usize,
}

/// How tags are written in calls.
pub(crate) struct Tags {
    /// The member that says which object.
    pub(crate) id: &'static str,
    /// The member with the tags, given and answered.
    pub(crate) given: &'static str,
    /// The member with the keys of tags to be taken away.
    pub(crate) keys: &'static str,
    /// The members of one tag: for its key, and for its value.
    pub(crate) pair: (&'static str, &'static str),
}

impl Tags {
    /// The tags in an input.
    pub(crate) fn read(&self, input: &Value) -> BTreeMap<String, String> {
        let (key, of) = self.pair;
        let tags = list(input, self.given).iter();
        tags.filter_map(|tag| Some((text(tag, key)?, text(tag, of).unwrap_or_default()))).collect()
    }

    /// The tags as the service writes them.
    pub(crate) fn write(&self, tags: &BTreeMap<String, String>) -> Value {
        let (key, of) = self.pair;
        tags.iter().map(|(name, value)| json!({ key: name, of: value })).collect()
    }
}

impl<T: Clone + std::fmt::Debug + Send + Sync + Serialize + DeserializeOwned> Kind<T> {
    /// Makes an object with the tags of the call. Nothing may be made under a name that is taken.
    pub(crate) fn create(
        &self,
        account: &mut Account,
        name: &str,
        arn: String,
        input: &Value,
        body: T,
    ) -> Result<(), Fault> {
        if (self.shelf_ref)(account).0.contains_key(name) {
            return Err((self.exists)(account, name));
        }
        let tags = self.tags.read(input);
        (self.check_tags)(&tags)?;
        let thing = Thing { arn, created: account.now, tags, body };
        (self.shelf)(account).0.insert(name.to_owned(), thing);
        Ok(())
    }

    /// The object of this name or ARN, with its name.
    pub(crate) fn find<'a>(&self, account: &'a Account, id: &str) -> Result<(&'a str, &'a Thing<T>), Fault> {
        let things = &(self.shelf_ref)(account).0;
        let name = things.owned_by(id).next().unwrap_or(id);
        let found = things.get_key_value(name).ok_or_else(|| (self.missing)(account, id))?;
        Ok((found.0.as_str(), found.1))
    }

    /// The object of this name or ARN, to be changed.
    pub(crate) fn find_mut<'a>(&self, account: &'a mut Account, id: &str) -> Result<&'a mut Thing<T>, Fault> {
        let name = self.find(account, id)?.0.to_owned();
        Ok((self.shelf)(account).0.get_mut(&name).expect("it was found a line above"))
    }

    /// Takes the object of this name or ARN away.
    pub(crate) fn delete(&self, account: &mut Account, id: &str) -> Result<Thing<T>, Fault> {
        let name = self.find(account, id)?.0.to_owned();
        Ok((self.shelf)(account).0.remove(&name).expect("it was found a line above"))
    }

    /// One page of all objects, under `key`.
    pub(crate) fn list(
        &self,
        account: &Account,
        input: &Value,
        key: &str,
        shown: impl Fn(&Account, &str, &Thing<T>) -> Value,
    ) -> Answer {
        let things = (self.shelf_ref)(account).0.iter();
        self.paged(account, input, key, things.map(|(name, thing)| shown(account, name, thing)).collect())
    }

    /// One page of `items`, under `key`.
    pub(crate) fn paged(&self, account: &Account, input: &Value, key: &str, items: Vec<Value>) -> Answer {
        let Pages { size, token, usual, most } = self.pages;
        let asked = match number(input, size).map(usize::try_from) {
            None => usual,
            Some(Ok(asked)) if (1..=most).contains(&asked) => asked,
            Some(_) => {
                let given = text(input, size).unwrap_or_default();
                return Err((self.invalid)(format!(
                    "Invalid parameter at '{size}': {given} is not between 1 and {most}"
                )));
            }
        };
        let (items, next) = page(items, text(input, token), account.page_size(asked));
        let mut answer = json!({ key: items });
        if let Some(next) = next {
            answer[token] = next.into();
        }
        Ok(answer)
    }

    /// Adds the tags of the call to those of the object that it names by ARN, or by its name.
    pub(crate) fn tag(&self, account: &mut Account, input: &Value) -> Answer {
        let id = need(input, self.tags.id)?;
        let mut all = self.find(account, &id)?.1.tags.clone();
        all.extend(self.tags.read(input));
        (self.check_tags)(&all)?;
        self.find_mut(account, &id)?.tags = all;
        Ok(json!({}))
    }

    /// Takes the tags of these keys away.
    pub(crate) fn untag(&self, account: &mut Account, input: &Value) -> Answer {
        let keys = texts(input, self.tags.keys);
        self.find_mut(account, &need(input, self.tags.id)?)?.tags.retain(|key, _| !keys.contains(key));
        Ok(json!({}))
    }

    /// The tags of the object.
    pub(crate) fn tags_of(&self, account: &Account, input: &Value) -> Answer {
        let (_, thing) = self.find(account, &need(input, self.tags.id)?)?;
        Ok(json!({ self.tags.given: self.tags.write(&thing.tags) }))
    }

    /// What the tag index lists.
    pub(crate) fn tagged(&self, account: &Account) -> Tagged {
        let things = (self.shelf_ref)(account).0.values().filter(|thing| !thing.tags.is_empty());
        things.map(|thing| (thing.arn.clone(), thing.tags.clone())).collect()
    }

    /// Every object.
    pub(crate) fn items(&self, account: &Account) -> Vec<Item> {
        let item = |thing: &Thing<T>| Item {
            kind: self.word,
            id: thing.arn.clone(),
            tags: thing.tags.clone(),
            tombstone: None,
        };
        (self.shelf_ref)(account).0.values().map(item).collect()
    }
}
