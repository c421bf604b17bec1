//! Addresses that were signed, for whoever has one: they are good for a while. Nobody checks who signed, here as elsewhere
//! in the account.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::query;
use crate::account::Account;
use crate::input::timestamp;
use crate::wire::{Fault, Request};

/// The parameters of a signed address.
const PARAMETERS: [&str; 6] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];
/// The most seconds for which an address is good: a week.
const LONGEST: i64 = 604_800;

/// Refuses a signed address that isn't whole, or is good no longer. Who signs goes by the clock on the wall.
pub(super) fn check(account: &Account, request: &Request) -> Result<(), Fault> {
    let given = PARAMETERS.map(|name| query(request, name));
    let [Some(algorithm), Some(_), Some(_), Some(date), Some(_), Some(expires)] = given else {
        let message = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                       X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
        return if given.iter().any(Option::is_some) { Err(wrong(message)) } else { Ok(()) };
    };
    if algorithm != "AWS4-HMAC-SHA256" {
        return Err(wrong("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""));
    }
    let seconds = expires.parse().ok().filter(|seconds| (0..=LONGEST).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        let message = "X-Amz-Expires must be a number of seconds that is non-negative and less than a week (604800)";
        wrong(message)
    })?;
    let signed =
        parse(date).ok_or_else(|| wrong("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""))?;
    let ends = (signed + seconds) * 1000;
    if account.wall <= ends {
        return Ok(());
    }
    let fault = Fault::client("AccessDenied", "Request has expired").with_status(403);
    let fault = fault.with("X-Amz-Expires", expires).with("Expires", timestamp(ends));
    Err(fault.with("ServerTime", timestamp(account.wall)))
}

/// The seconds since 1970 of `yyyyMMdd'T'HHmmss'Z'`.
fn parse(date: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| date.get(range);
    if date.len() != 16 {
        return None;
    }
    let text =
        format!("{}-{}-{}{}:{}:{}", part(0..4)?, part(4..6)?, part(6..8)?, part(8..11)?, part(11..13)?, part(13..16)?);
    Some(DateTime::from_str(&text, Format::DateTime).ok()?.secs())
}

fn wrong(message: &str) -> Fault {
    Fault::client("AuthorizationQueryParametersError", message)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_date_is_read_as_it_is_signed() {
        assert_eq!(parse("20261129T120000Z"), Some(1_795_953_600));
        for wrong in ["", "2026-11-29T12:00", "20261329T120000Z", "20261129 120000Z", "20261129T1200ééZ"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
