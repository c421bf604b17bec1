//! What holds an object that AWS refuses to delete: named, with what will free it.
//!
//! Knows: how a refusal is put into words. Must not know: any kind in particular.

use std::future::Future;
use std::time::Duration;

use crate::cloud::{Cloud, CloudError, Result};
use crate::resource::{Waiting, retry};

/// The most holders that are named one by one.
const NAMED: usize = 5;

/// AWS's refusal in words that name the holders. Where they can't be found out, AWS's own words stay.
pub(super) fn held_by(refusal: CloudError, holders: Result<Vec<String>>) -> CloudError {
    let message = match holders {
        Ok(holders) if holders.is_empty() => return refusal,
        Ok(holders) => format!("held by {}", listed(&holders)),
        Err(error) => format!(
            "{} (what holds it can't be read: {error})",
            refusal.message.trim()
        ),
    };
    CloudError { message, ..refusal }
}

/// The first few of `words`, and how many more there are.
pub(super) fn listed(words: &[String]) -> String {
    let named = words[..words.len().min(NAMED)].join("; ");
    match words.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}; and {more} more"),
    }
}

/// Tries to delete what `is_held` says is in use still, until it goes or `deadline` has run out.
///
/// # Errors
/// The last error of `attempt`; where that is a refusal, it says for how long the holders have held on.
pub(super) async fn until_free<T, F: Future<Output = Result<T>>>(
    cloud: &Cloud,
    waiting: &Waiting,
    deadline: Duration,
    is_held: impl Fn(&CloudError) -> bool,
    attempt: impl FnMut() -> F,
) -> Result<T> {
    match retry(cloud, waiting, deadline, &is_held, attempt).await {
        Err(error) if is_held(&error) => {
            let minutes = deadline.as_secs() / 60;
            let message = format!("after {minutes} minutes still {}", error.message);
            Err(CloudError { message, ..error })
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_holders_and_never_less_than_aws_does() {
        let refusal = || CloudError::answered("DeleteX", "InUse", "it is in use");
        let message = |holders| held_by(refusal(), holders).message;
        let names = |count: usize| (1..=count).map(|number| format!("h{number}")).collect();
        assert_eq!(message(Ok(Vec::new())), "it is in use");
        assert_eq!(message(Ok(names(2))), "held by h1; h2");
        assert_eq!(
            message(Ok(names(7))),
            "held by h1; h2; h3; h4; h5; and 2 more"
        );
        let denied = CloudError::answered("DescribeY", "AccessDenied", "no");
        assert_eq!(
            message(Err(denied)),
            "it is in use (what holds it can't be read: DescribeY: AccessDenied: no)"
        );
    }
}
