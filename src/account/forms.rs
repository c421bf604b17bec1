//! The forms in which services write what all of them have: pages of lists, and tags.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::account::Account;
use crate::input::{list, page, text};
use crate::wire::{Answer, Fault, invalid};

/// The form of pages of lists.
#[derive(Clone, Copy)]
pub(crate) struct Pages {
    /// The member that asks for a size.
    pub(crate) size: &'static str,
    /// The member that is the token, asked for and answered.
    pub(crate) token: (&'static str, &'static str),
    /// The size if none is asked for.
    pub(crate) usual: usize,
    /// The least and the greatest size that can be asked for.
    pub(crate) sizes: (usize, usize),
    /// The fault of another size.
    pub(crate) refuse: fn(&str) -> Fault,
    /// The fault of a token that isn't the list's.
    pub(crate) bad_token: fn() -> Fault,
}

impl Pages {
    /// The form of many services that speak JSON.
    pub(crate) const JSON: Self = Self {
        size: "maxResults",
        token: ("nextToken", "nextToken"),
        usual: 100,
        sizes: (1, 100),
        refuse: |size| invalid(format!("maxResults {size} is not between 1 and 100.")),
        bad_token: || invalid("The specified nextToken is invalid."),
    };

    /// A page of `items` under `key`, each as it is `shown`.
    pub(crate) fn of<T>(
        &self,
        account: &Account,
        input: &Value,
        key: &str,
        items: impl IntoIterator<Item = T>,
        shown: impl Fn(T) -> Value,
    ) -> Answer {
        let (least, most) = self.sizes;
        let asked = match text(input, self.size) {
            None => self.usual,
            Some(asked) => {
                let size = asked.parse().ok().filter(|size| (least..=most).contains(size));
                size.ok_or_else(|| (self.refuse)(&asked))?
            }
        };
        let page = page(key, items, text(input, self.token.0), account.page_size(asked));
        let (items, next) = page.ok_or_else(self.bad_token)?;
        let mut answer = json!({ key: items.into_iter().map(shown).collect::<Value>() });
        if let Some(next) = next {
            answer[self.token.1] = next.into();
        }
        Ok(answer)
    }
}

/// The form of tags in calls.
#[derive(Clone, Copy)]
pub(crate) struct Tags {
    /// The member that names the object.
    pub(crate) id: &'static str,
    /// The member with the tags, given and answered.
    pub(crate) given: &'static str,
    /// The member with the keys of tags to be taken away.
    pub(crate) keys: &'static str,
    /// The members of a tag: for its key, and for its value; none if tags are one object.
    pub(crate) pair: Option<(&'static str, &'static str)>,
    /// Refuses tags that the service doesn't take.
    pub(crate) check: fn(&BTreeMap<String, String>) -> Result<(), Fault>,
}

impl Tags {
    /// The form of many services that speak JSON.
    pub(crate) const JSON: Self =
        Self { id: "ResourceArn", given: "Tags", keys: "TagKeys", pair: Some(("Key", "Value")), check: |_| Ok(()) };

    /// The tags in an input.
    pub(crate) fn read(&self, input: &Value) -> BTreeMap<String, String> {
        let Some((key, of)) = self.pair else {
            let tags = input[self.given].as_object().into_iter().flatten();
            return tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect();
        };
        let tags = list(input, self.given).iter();
        tags.filter_map(|tag| Some((text(tag, key)?, text(tag, of).unwrap_or_default()))).collect()
    }

    /// The tags as the service writes them.
    pub(crate) fn write(&self, tags: &BTreeMap<String, String>) -> Value {
        match self.pair {
            Some((key, of)) => tags.iter().map(|(name, value)| json!({ key: name, of: value })).collect(),
            None => json!(tags),
        }
    }
}
