//! Reads: filters with wildcards, ids that must exist, pages.

use std::collections::BTreeMap;

use serde_json::Value;

use super::filter::passes;
use super::tags;
use crate::account::Account;
use crate::forms::Pages;
use crate::input::texts;
use crate::wire::{Answer, Fault};

pub(super) const PAGES: Pages = Pages {
    size: "MaxResults",
    token: ("NextToken", "nextToken"),
    sizes: (5, 1000),
    usual: 1000,
    refuse: |size| {
        let message = format!("Value ( {size} ) for parameter maxResults is invalid. Expecting 5 to 1000.");
        Fault::client("InvalidParameterValue", message)
    },
    bad_token: || Fault::client("InvalidPaginationToken", "The specified pagination token is not valid or is expired."),
};

/// The form of a describe call.
pub(super) struct Describe {
    /// The member with the answer.
    pub(super) set: &'static str,
    /// The member that asks by id.
    pub(super) id: &'static str,
    /// The code and the noun of the fault if there is no such id.
    pub(super) missing: (&'static str, &'static str),
    /// The filters, each with the place that it looks at if that isn't called as the filter is.
    pub(super) filters: &'static str,
}

impl Describe {
    /// Chooses by id, or everything if the request names no id; filters, and cuts a page.
    pub(super) fn answer<T>(
        &self,
        account: &Account,
        input: &Value,
        all: &BTreeMap<String, T>,
        shown: impl Fn(&String, &T) -> Value,
    ) -> Answer {
        self.answer_some(account, input, all, |id, one| Some(shown(id, one)))
    }

    /// Answers as [`Describe::answer`] does, with those things alone that are shown at all.
    pub(super) fn answer_some<T>(
        &self,
        account: &Account,
        input: &Value,
        all: &BTreeMap<String, T>,
        shown: impl Fn(&String, &T) -> Option<Value>,
    ) -> Answer {
        let ids = texts(input, self.id);
        let (code, noun) = self.missing;
        let missing = |id: &String| Fault::client(code, format!("The {noun} '{id}' does not exist"));
        let chosen: Vec<(&String, &T)> = match ids.as_slice() {
            [] => all.iter().collect(),
            ids => ids.iter().map(|id| all.get_key_value(id).ok_or_else(|| missing(id))).collect::<Result<_, _>>()?,
        };
        let mut kept = Vec::new();
        for (id, one) in chosen {
            let Some(mut shown) = shown(id, one) else { continue };
            if passes(account, id, &shown, input, self.filters)? {
                shown["tagSet"] = tags::render(account, id);
                kept.push(shown);
            }
        }
        PAGES.of(account, input, self.set, kept, |shown| shown)
    }
}
