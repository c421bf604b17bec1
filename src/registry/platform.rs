//! The platforms that images run on.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// An operating system and an architecture, as in `linux/amd64`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(into = "String")]
pub struct Platform {
    /// The operating system, as in `linux`.
    pub os: String,
    /// The architecture in Go's words, as in `amd64` or `arm64`.
    pub architecture: String,
    /// The architecture's variant, as in `v8`.
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no platform: write an operating system and an architecture, as in linux/amd64")]
pub struct NotAPlatform(String);

impl Platform {
    /// Returns whether an image of this platform is one for `wanted`. A part that one of them leaves open is no
    /// difference, and arm64 has one variant only, v8, which most images don't name.
    pub fn is_for(&self, wanted: &Self) -> bool {
        let variants = (self.variant(), wanted.variant());
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && !matches!(variants, (Some(has), Some(wants)) if has != wants)
    }

    fn variant(&self) -> Option<&str> {
        match (self.architecture.as_str(), self.variant.as_deref()) {
            ("arm64", Some("v8")) => None,
            (_, variant) => variant,
        }
    }

    /// A platform with its architecture in Go's words, whichever words it came in.
    pub(super) fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let architecture = match architecture {
            "x86_64" | "x86-64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant: variant.filter(|word| !word.is_empty()).map(str::to_owned),
        }
    }
}

impl FromStr for Platform {
    type Err = NotAPlatform;

    fn from_str(text: &str) -> Result<Self, NotAPlatform> {
        let lower = text.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let is_word =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        match parts[..] {
            _ if !parts.iter().all(is_word) => Err(NotAPlatform(text.to_owned())),
            [os, architecture] => Ok(Self::new(os, architecture, None)),
            [os, architecture, variant] => Ok(Self::new(os, architecture, Some(variant))),
            _ => Err(NotAPlatform(text.to_owned())),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(text: &str) -> Platform {
        text.parse().unwrap()
    }

    #[test]
    fn a_platform_is_read_and_shown() {
        for (text, shown) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64/v8"),
            ("Linux/X86_64", "linux/amd64"),
            ("linux/aarch64", "linux/arm64"),
        ] {
            assert_eq!(platform(text).to_string(), shown);
        }
        for text in ["", "amd64", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b"] {
            assert!(text.parse::<Platform>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_left_open_is_no_difference() {
        for (has, wants, is_for) in [
            ("linux/amd64", "linux/amd64", true),
            ("linux/arm64", "linux/amd64", false),
            ("windows/amd64", "linux/amd64", false),
            ("linux/arm64/v8", "linux/arm64", true),
            ("linux/arm64", "linux/arm64/v8", true),
            ("linux/arm/v6", "linux/arm/v7", false),
            ("linux/arm/v7", "linux/arm", true),
        ] {
            assert_eq!(platform(has).is_for(&platform(wants)), is_for, "{has} {wants}");
        }
    }
}
