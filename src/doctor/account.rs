//! Whether the account is one that the lab allows.

use super::{Finding, Surroundings};
use crate::cloud::Account;
use crate::live;

/// Holds the account against `accounts` of lab.yaml.
pub(super) fn look(it: &Surroundings<'_>, account: &Account) -> Vec<Finding> {
    let topic = "accounts";
    let Some(lab) = it.lab() else { return Vec::new() };
    match live::guard(&lab.accounts, account) {
        Err(error) => vec![Finding::error(topic, &error)],
        Ok(()) if lab.accounts.is_empty() => Vec::new(),
        Ok(()) => vec![Finding::fine(topic, format!("{} is one that lab.yaml allows", account.id))],
    }
}
