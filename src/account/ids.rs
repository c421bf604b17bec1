//! Ids that look like AWS's and are the same in every run.

use sha2::{Digest, Sha256};

/// The account that there is if nothing says which.
pub(crate) const FIRST: &str = "123456789012";

/// Makes the ids of one account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ids {
    counter: u64,
}

impl Ids {
    /// The number of ids that were made.
    pub(crate) fn get(&self) -> u64 {
        self.counter
    }

    /// Goes on after so many ids.
    pub(crate) fn set(&mut self, counter: u64) {
        self.counter = counter;
    }

    /// `digits` new hexadecimal digits, at most 64, that no other `account` has.
    pub(crate) fn hex(&mut self, account: &str, digits: usize) -> String {
        self.counter += 1;
        let number = if account == FIRST { "" } else { account };
        let mut text = hash(&format!("sandbox {number}{}", self.counter));
        text.truncate(digits);
        text
    }
}

/// The hexadecimal digest that ids and request ids are cut from.
pub(crate) fn hash(text: &str) -> String {
    digest(text.as_bytes())
}

/// The hexadecimal digest of bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 32 of the digits in the form of a UUID.
pub(crate) fn dashed(hex: &str) -> String {
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
}
