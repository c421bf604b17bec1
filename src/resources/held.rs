//! The holders of an object that AWS refuses to delete: named, with what will free it.
//!
//! Knows: how a refusal is put into words. Must not know: any kind in particular.

use crate::cloud::{CloudError, Result};

/// The most holders that are named one by one.
const NAMED: usize = 5;

/// Returns AWS's refusal in words that name the holders. If they can't be found out, AWS's own words stay.
pub(super) fn held_by(refusal: CloudError, holders: Result<Vec<String>>) -> CloudError {
    let message = match holders {
        Ok(holders) if holders.is_empty() => return refusal,
        Ok(holders) => format!("held by {}", listed(&holders)),
        Err(error) => format!("{} (what holds it can't be read: {error})", refusal.message().trim()),
    };
    refusal.reworded(message)
}

/// Lists the first few of `words`, and how many more there are.
pub(super) fn listed(words: &[String]) -> String {
    let named = words[..words.len().min(NAMED)].join("; ");
    match words.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_holders_and_never_less_than_aws_does() {
        let refusal = || CloudError::answered("DeleteX", "InUse", "it is in use");
        let message = |holders| held_by(refusal(), holders).message().to_owned();
        let names = |count: usize| (1..=count).map(|number| format!("h{number}")).collect();
        assert_eq!(message(Ok(Vec::new())), "it is in use");
        assert_eq!(message(Ok(names(2))), "held by h1; h2");
        assert_eq!(message(Ok(names(7))), "held by h1; h2; h3; h4; h5; and 2 more");
        let denied = CloudError::answered("DescribeY", "AccessDenied", "no");
        assert_eq!(message(Err(denied)), "it is in use (what holds it can't be read: DescribeY: AccessDenied: no)");
    }
}
