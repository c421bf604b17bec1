//! Pages of S3's lists: keys in order, those below a delimiter rolled up into one entry.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::call::Call;
use super::{query, xml};
use crate::account::Account;
use crate::wire::Fault;

/// The most entries that S3 lists at a time, whatever the caller asks for.
const PAGE: usize = 1000;

/// The characters that `encoding-type=url` leaves as they are.
const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'/').remove(b'*');

/// The things that a call asks of a list.
pub(super) struct Asked<'a> {
    pub(super) prefix: &'a str,
    pub(super) delimiter: Option<&'a str>,
    encoding: Option<&'a str>,
    limit: usize,
}

/// An entry of a list.
pub(super) enum Entry<'a, T> {
    Item(&'a str, T),
    /// The beginning of keys that are rolled up.
    Prefix(&'a str),
}

/// A page of a list.
pub(super) struct Page<'a, T> {
    pub(super) entries: Vec<Entry<'a, T>>,
    pub(super) is_truncated: bool,
}

impl<T> Entry<'_, T> {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Item(key, _) | Self::Prefix(key) => key,
        }
    }
}

impl<T> Page<'_, T> {
    /// The last key or prefix of the page.
    pub(super) fn last(&self) -> Option<&str> {
        self.entries.last().map(Entry::key)
    }
}

impl<'a> Asked<'a> {
    /// Reads what a call asks for. `size` is the parameter that says how many entries it wants.
    pub(super) fn of(account: &Account, call: &Call<'a>, size: &str) -> Result<Self, Fault> {
        let encoding = query(call.request, "encoding-type");
        if let Some(other) = encoding.filter(|encoding| *encoding != "url") {
            return Err(bad_argument("Invalid Encoding Method specified in Request", "encoding-type", other));
        }
        let asked = match query(call.request, size).filter(|text| !text.is_empty()) {
            None => PAGE,
            Some(text) => {
                let number: i32 = text.parse().map_err(|_| {
                    let message = format!("Provided {size} not an integer or within integer range");
                    bad_argument(&message, size, text)
                })?;
                usize::try_from(number).map_err(|_| {
                    let message = format!("Argument {size} must be an integer between 0 and 2147483647");
                    bad_argument(&message, size, text)
                })?
            }
        };
        Ok(Self {
            prefix: query(call.request, "prefix").unwrap_or_default(),
            delimiter: query(call.request, "delimiter").filter(|delimiter| !delimiter.is_empty()),
            encoding,
            limit: account.page_size(asked.min(PAGE)).min(asked),
        })
    }

    /// What was asked, as each answer repeats it. `size` is the element of the number of entries.
    pub(super) fn shown(&self, size: &str) -> String {
        let mut shown = self.key("Prefix", self.prefix) + &xml::leaf(size, &self.limit.to_string());
        if let Some(delimiter) = self.delimiter {
            shown += &self.key("Delimiter", delimiter);
        }
        shown + &self.encoding.map(|kind| xml::leaf("EncodingType", kind)).unwrap_or_default()
    }

    /// A key or a part of one, in the encoding that the caller asked for.
    pub(super) fn key(&self, name: &str, key: &str) -> String {
        match self.encoding {
            Some(_) => xml::leaf(name, &utf8_percent_encode(key, ENCODED).to_string()),
            None => xml::leaf(name, key),
        }
    }

    pub(super) fn common_prefix(&self, prefix: &str) -> String {
        xml::element("CommonPrefixes", &self.key("Prefix", prefix))
    }

    /// The part of a key up to the delimiter behind the prefix, if it has one there.
    fn rolled_up<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter?;
        let rest = key.strip_prefix(self.prefix)?;
        let end = rest.find(delimiter)? + delimiter.len();
        Some(&key[..self.prefix.len() + end])
    }
}

/// The next page of `items`, which are those that come after the marker `after`.
pub(super) fn page<'a, T>(asked: &Asked<'_>, after: &str, items: impl Iterator<Item = (&'a str, T)>) -> Page<'a, T> {
    let mut entries: Vec<Entry<'a, T>> = Vec::new();
    // A page of no entries is whole.
    if asked.limit == 0 {
        return Page { entries, is_truncated: false };
    }
    for (key, item) in items {
        let entry = match asked.rolled_up(key) {
            // A marker inside of what is rolled up stands for all of it.
            Some(prefix) if after.starts_with(prefix) => continue,
            Some(prefix) if entries.last().is_some_and(|last| matches!(last, Entry::Prefix(one) if *one == prefix)) => {
                continue;
            }
            Some(prefix) => Entry::Prefix(prefix),
            None => Entry::Item(key, item),
        };
        if entries.len() == asked.limit {
            return Page { entries, is_truncated: true };
        }
        entries.push(entry);
    }
    Page { entries, is_truncated: false }
}

/// The fault of an argument that can't be.
pub(super) fn bad_argument(message: &str, name: &str, value: &str) -> Fault {
    Fault::client("InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
}
