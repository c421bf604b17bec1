//! The forms of tokens that services give out, by which a secret is known whatever it is called.
//!
//! The facts are those of the rules of gitleaks (`config/gitleaks.toml`, MIT licence), a detector that is kept: the rules
//! with a beginning of their own. Its rules for secrets without one look at names, as [`super::secret`] does.

/// The signs that may follow a token's beginning.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signs {
    /// The digits 0 to 9 and the letters a to f.
    Hex,
    /// Letters and digits.
    Word,
    /// Letters, digits, `_`, `-`, `.` and `=`.
    Free,
}

impl Signs {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Word => byte.is_ascii_alphanumeric(),
            Self::Free => byte.is_ascii_alphanumeric() || b"_-.=+/".contains(&byte),
        }
    }
}

use Signs::{Free, Hex, Word};

/// The beginning of a token, and the signs that follow it at least.
const TOKENS: [(&str, Signs, usize); 82] = [
    // AWS, with whose key ids nobody can do anything without the secret that stands beside them.
    ("AKIA", Word, 16),
    ("ASIA", Word, 16),
    ("ABIA", Word, 16),
    ("ACCA", Word, 16),
    // Places for source.
    ("ghp_", Word, 36),
    ("gho_", Word, 36),
    ("ghu_", Word, 36),
    ("ghs_", Word, 36),
    ("ghr_", Word, 36),
    ("github_pat_", Free, 82),
    ("glpat-", Free, 20),
    ("glptt-", Hex, 40),
    ("gldt-", Free, 20),
    ("glrt-", Free, 20),
    ("glcbt-", Free, 20),
    ("glft-", Free, 20),
    ("glffct-", Free, 20),
    ("glimt-", Free, 25),
    ("glsoat-", Free, 20),
    ("gloas-", Free, 64),
    ("glagent-", Free, 50),
    ("GR1348941", Free, 20),
    ("ATATT3", Free, 186),
    ("sgp_", Free, 40),
    // Packages.
    ("npm_", Word, 36),
    ("pypi-AgEIcHlwaS5vcmc", Free, 50),
    ("rubygems_", Hex, 48),
    ("CLOJARS_", Word, 60),
    ("AKCp", Word, 69),
    ("cmVmd", Word, 59),
    // Money.
    ("sk_live_", Word, 10),
    ("sk_test_", Word, 10),
    ("sk_prod_", Word, 10),
    ("rk_live_", Word, 10),
    ("rk_test_", Word, 10),
    ("rk_prod_", Word, 10),
    ("sq0atp-", Free, 22),
    ("EAAA", Free, 22),
    ("FLWSECK_TEST-", Word, 12),
    ("shpat_", Hex, 32),
    ("shpca_", Hex, 32),
    ("shppa_", Hex, 32),
    ("shpss_", Hex, 32),
    ("shippo_live_", Hex, 40),
    ("shippo_test_", Hex, 40),
    ("EZAK", Word, 54),
    ("EZTK", Word, 54),
    ("duffel_live_", Free, 43),
    ("duffel_test_", Free, 43),
    // Messages.
    ("xoxb-", Free, 18),
    ("xoxp-", Free, 28),
    ("xoxe-", Free, 28),
    ("xoxe.xox", Free, 28),
    ("xoxa-", Free, 8),
    ("xoxr-", Free, 8),
    ("xoxo-", Free, 8),
    ("xoxs-", Free, 8),
    ("xapp-", Free, 8),
    ("SG.", Free, 66),
    ("SK", Hex, 32),
    ("xkeysib-", Free, 64),
    // Clouds.
    ("AIza", Free, 35),
    ("LTAI", Word, 20),
    ("dop_v1_", Hex, 64),
    ("doo_v1_", Hex, 64),
    ("dor_v1_", Hex, 64),
    ("dapi", Hex, 32),
    ("HRKU-AA", Free, 58),
    ("fo1_", Free, 43),
    ("fm2_", Free, 100),
    ("hvs.", Free, 90),
    ("hvb.", Free, 138),
    ("dp.pt.", Word, 43),
    ("dt0c01.", Free, 80),
    // Models.
    ("hf_", Word, 34),
    ("api_org_", Word, 34),
    ("sk-ant-", Free, 90),
    ("sk-proj-", Free, 40),
    // Watching.
    ("glc_", Free, 32),
    ("glsa_", Free, 32),
    ("sntryu_", Hex, 64),
    ("sntrys_eyJ", Free, 60),
];

/// Returns whether a token of a known form stands in `text`.
pub(super) fn holds_a_token(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || text.contains("hooks.slack.com/services/")
        || text.contains("AGE-SECRET-KEY-1")
        || text.contains("T3BlbkFJ")
        || starts(text).any(|rest| begins_with_a_token(rest) || begins_with_a_jwt(rest))
}

/// The text from each beginning of a word on.
fn starts(text: &str) -> impl Iterator<Item = &str> {
    let mut before = None;
    text.char_indices().filter_map(move |(at, c)| {
        let is_inside = before.replace(c).is_some_and(|c: char| c.is_ascii_alphanumeric());
        (!is_inside).then(|| &text[at..])
    })
}

fn begins_with_a_token(text: &str) -> bool {
    TOKENS.iter().any(|(beginning, signs, least)| {
        let Some(rest) = text.strip_prefix(beginning) else {
            return false;
        };
        let length = rest.bytes().take_while(|byte| signs.has(*byte)).count();
        // The ids of keys have one length, and a longer word is no key.
        if *signs == Word && *least == 16 {
            return length == 16 && rest[..16].bytes().all(|byte| !byte.is_ascii_lowercase());
        }
        length >= *least
    })
}

/// A JSON Web Token: two JSON objects and a signature in base64, whose `{"` always reads `eyJ` (RFC 7519, 3.1).
fn begins_with_a_jwt(text: &str) -> bool {
    let word = text.split(|c: char| !(c.is_ascii_alphanumeric() || "_-.=".contains(c))).next().unwrap_or_default();
    let parts: Vec<&str> = word.split('.').collect();
    matches!(parts[..], [header, claims, _, ..]
        if header.starts_with("eyJ") && claims.starts_with("ey") && header.len() >= 10 && claims.len() >= 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_known_by_their_form() {
        let long =
            |beginning: &str, count: usize| format!("{beginning}{}", "a1B2c3D4".repeat(20).get(..count).unwrap());
        let hex = |beginning: &str, count: usize| format!("{beginning}{}", "0a1b2c3d".repeat(20).get(..count).unwrap());
        for token in [
            long("ghp_", 36),
            long("glpat-", 20),
            long("sk_live_", 24),
            "xoxb-123456789012-1234567890123-abcDEF".to_owned(),
            long("AIza", 35),
            hex("dop_v1_", 64),
            hex("SK", 32),
            "AKIAIOSFODNN7EXAMPLE".to_owned(),
            "-----BEGIN RSA PRIVATE KEY-----".to_owned(),
            "-----BEGIN OPENSSH PRIVATE KEY-----\nabc".to_owned(),
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl".to_owned(),
        ] {
            assert!(holds_a_token(&token), "{token}");
            assert!(holds_a_token(&format!("Bearer {token}; x")), "{token}");
        }
        for harmless in [
            "ghp_short",
            "sk-learn",
            "npm_config_registry",
            "SKU-1",
            "AKIAIOSFODNN7EXAMPLES",
            "AKIAiosfodnn7example",
            "-----BEGIN PUBLIC KEY-----",
            "eyJ.x.y",
            "key.eyes.com",
            "SG.web",
        ] {
            assert!(!holds_a_token(harmless), "{harmless}");
        }
    }
}
