//! Tokens of pages: texts that only the account makes, so that one which somebody made up is told from a place in a list.

use aws_smithy_types::base64;

use crate::ids::hash;

/// The digits by which a token is known.
const SEAL: usize = 8;

/// The token that stands for `place`.
pub(crate) fn seal(place: &str) -> String {
    base64::encode(format!("{}{place}", &hash(&format!("token {place}"))[..SEAL]))
}

/// The place that a token stands for, if the account made it.
pub(crate) fn open(token: &str) -> Option<String> {
    let text = String::from_utf8(base64::decode(token).ok()?).ok()?;
    let place = text.get(SEAL..)?;
    (seal(place) == token).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{open, seal};

    #[test]
    fn only_what_was_sealed_is_opened() {
        for place in ["", "100", "a/é b", "\u{1}"] {
            assert_eq!(open(&seal(place)).as_deref(), Some(place));
        }
        for token in ["", "100", "garbage", "MTAw", "é", &seal("1")[1..], &format!("{}=", seal("12"))] {
            assert_eq!(open(token), None, "{token}");
        }
    }
}
