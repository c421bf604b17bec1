//! A plan as data: `plan --out` writes it, and `apply PLAN` compares with it.
//!
//! A saved plan is never an instruction. Applying it plans again, from the spec and what is live, and goes on only if
//! both plans say the same.

use serde::{Deserialize, Serialize};

use super::{Change, Plan, Scope};
use crate::error::Error;
use crate::model::{Address, canonical, digest};
use crate::resource::Place;

/// A plan, with what it was made for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SavedPlan {
    /// The version of labform that made the plan.
    pub version: String,
    /// The lab's name.
    pub lab: String,
    /// The account's 12 digits.
    pub account: String,
    /// The region.
    pub region: String,
    /// The resources that the plan was narrowed to; none for the whole lab.
    pub scope: Option<Vec<Address>>,
    /// The plan's changes.
    pub changes: Vec<Change>,
    /// The digest of all of the above.
    pub fingerprint: String,
}

impl SavedPlan {
    /// The plan as data.
    pub fn new(plan: &Plan, place: &Place, scope: &Scope) -> Self {
        let mut saved = Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lab: place.lab.clone(),
            account: place.account.clone(),
            region: place.region.clone(),
            scope: scope.chosen.as_ref().map(|chosen| chosen.iter().cloned().collect()),
            changes: plan.effective().map(|change| Change { object: None, ..change.clone() }).collect(),
            fingerprint: String::new(),
        };
        saved.fingerprint = saved.own_fingerprint();
        saved
    }

    /// Reads a saved plan.
    ///
    /// # Errors
    /// If the text isn't a plan, or was changed after it was written.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let saved: Self = serde_json::from_str(text)
            .map_err(|error| Error::refused(format!("this isn't a plan that labform wrote: {error}")))?;
        if saved.fingerprint != saved.own_fingerprint() {
            return Err(Error::refused("the plan was changed after it was written: its fingerprint doesn't match")
                .hint("make it again with `labform plan --out FILE`"));
        }
        Ok(saved)
    }

    /// The scope that the plan was narrowed to.
    pub fn scope(&self) -> Scope {
        Scope { chosen: self.scope.as_ref().map(|chosen| chosen.iter().cloned().collect()), ..Scope::all() }
    }

    /// Compares the plan with the one that the spec and what is live make now.
    ///
    /// # Errors
    /// If they differ: the saved plan is stale, or for another lab, account, region or version.
    pub fn matches(&self, now: &Self) -> Result<(), Error> {
        let told = [
            ("lab", &self.lab, &now.lab),
            ("account", &self.account, &now.account),
            ("region", &self.region, &now.region),
            ("labform version", &self.version, &now.version),
        ];
        if let Some((what, then, now)) = told.iter().find(|(_, then, now)| then != now) {
            return Err(Error::refused(format!("the plan was made for {what} {then}, and this is {now}")));
        }
        if self.fingerprint == now.fingerprint {
            return Ok(());
        }
        let differs = |change: &&Change| !now.changes.contains(change);
        let first =
            self.changes.iter().find(differs).or_else(|| now.changes.iter().find(|c| !self.changes.contains(c)));
        let what = first.map_or_else(String::new, |change| format!(" ({} differs)", change.address));
        Err(Error::refused(format!("the plan is stale: lab.yaml or the account has changed since it was made{what}"))
            .hint("look at the new plan with `labform plan --out FILE`, then apply that"))
    }

    fn own_fingerprint(&self) -> String {
        let bare = Self { fingerprint: String::new(), ..self.clone() };
        digest(&canonical(&serde_json::to_value(bare).expect("a plan has string keys")))
    }
}
