//! Addresses: how people name a resource of the lab.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The address of a resource of the lab: `kind.name`, singular, as in `service.web`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The kind's word, as in `service`.
    pub kind: String,
    /// The user's own name; it may hold dots, as in `listener.web.http`.
    pub name: String,
}

impl Address {
    /// The address of `name` among the resources of `kind`.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind, self.name)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('.') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(Self::new(kind, name)),
            _ => Err(format!("`{text}` is not an address: write kind.name, as in service.web")),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_is_written() {
        let listener: Address = "listener.web.http".parse().expect("it is an address");
        assert_eq!((listener.kind.as_str(), listener.name.as_str()), ("listener", "web.http"));
        assert_eq!(listener.to_string(), "listener.web.http");
        for wrong in ["service", "service.", ".web", ""] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
