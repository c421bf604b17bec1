//! Rules for single values of AWS Cloud Map.

use super::texts::{NumberRule, TextRule};

/// The name of a namespace: that of one with DNS, which has fewer characters than others.
pub const NAMESPACE_NAME: TextRule = TextRule {
    min: 1,
    max: 253,
    is_valid: |name| name.chars().all(|c| c.is_ascii_graphic()) && !name.starts_with("arn:"),
    source: "CreatePrivateDnsNamespace, AWS Cloud Map API",
};

/// The name of a service in a namespace: labels with dots between them.
pub const DISCOVERY_NAME: TextRule = TextRule {
    min: 1,
    max: 127,
    is_valid: |name| {
        let is_of = |label: &str| label.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
        let is_bounded = |label: &str| !label.starts_with('-') && !label.ends_with('-');
        let is_label = |label: &str| (1..=63).contains(&label.len()) && is_of(label) && is_bounded(label);
        name.split('.').all(is_label)
    },
    source: "CreateService, AWS Cloud Map API",
};

/// The seconds for which a record in DNS is kept.
pub const RECORD_TTL: NumberRule =
    NumberRule { allows: |seconds| (0..=2_147_483_647).contains(&seconds), source: "DnsRecord, AWS Cloud Map API" };

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_as_awss_pages_say() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}");
        for name in ["a", "api", "_http._tcp", "Api-1", &longest] {
            assert!(DISCOVERY_NAME.allows(name), "{name}");
        }
        for name in ["", "-a", "a-", "a b", "a..b", &format!("{label}a"), &format!("{longest}.a")] {
            assert!(!DISCOVERY_NAME.allows(name), "{name}");
        }
        assert!(NAMESPACE_NAME.allows("lab.internal") && !NAMESPACE_NAME.allows("arn:aws:x"));
        assert!(!NAMESPACE_NAME.allows("a b") && !NAMESPACE_NAME.allows(&"a".repeat(254)));
    }

    #[test]
    fn a_record_is_kept_for_no_less_than_nothing() {
        assert!((RECORD_TTL.allows)(0) && !(RECORD_TTL.allows)(-1));
    }
}
