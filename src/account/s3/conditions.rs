//! The conditions that a call may lay down: of the object that it reads, copies, writes or deletes.

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::content::{Content, Version, current, versions};
use super::{header, no_such_key, not_implemented};
use crate::account::Account;
use crate::wire::{Fault, Request};

/// The names of the conditions of a read, as S3 writes them in its refusals.
struct Names {
    matches: &'static str,
    none_match: &'static str,
    modified: &'static str,
    unmodified: &'static str,
}

const OF_READS: Names = Names {
    matches: "If-Match",
    none_match: "If-None-Match",
    modified: "If-Modified-Since",
    unmodified: "If-Unmodified-Since",
};

const OF_COPIES: Names = Names {
    matches: "x-amz-copy-source-If-Match",
    none_match: "x-amz-copy-source-If-None-Match",
    modified: "x-amz-copy-source-If-Modified-Since",
    unmodified: "x-amz-copy-source-If-Unmodified-Since",
};

/// The reason why a read isn't carried out.
enum Unmet {
    /// The object isn't as the caller has to have it.
    Failed(&'static str),
    /// The object is as the caller has it already.
    NotModified(&'static str),
}

/// Refuses a read of a version that isn't as the caller wants it: 412, or 304 if the caller has it already.
pub(super) fn of_read(account: &Account, request: &Request, version: &Version, etag: &str) -> Result<(), Fault> {
    match unmet(account, request, &OF_READS, version, etag) {
        None => Ok(()),
        Some(Unmet::Failed(condition)) => Err(failed(condition)),
        Some(Unmet::NotModified(_)) => Err(Fault::client("NotModified", "Not Modified").with_status(304)),
    }
}

/// Refuses a copy of a version that isn't as the caller wants it.
pub(super) fn of_copy(account: &Account, request: &Request, version: &Version, etag: &str) -> Result<(), Fault> {
    match unmet(account, request, &OF_COPIES, version, etag) {
        None => Ok(()),
        Some(Unmet::Failed(condition) | Unmet::NotModified(condition)) => Err(failed(condition)),
    }
}

fn unmet(account: &Account, request: &Request, names: &Names, version: &Version, etag: &str) -> Option<Unmet> {
    let header = |name: &str| header(request, &name.to_ascii_lowercase());
    let modified = version.modified.millis(account).div_euclid(1000);
    // S3 passes over a date that it can't read, or that lies ahead.
    let date = |name: &str| {
        let seconds = DateTime::from_str(header(name)?, Format::HttpDate).ok()?.secs();
        Some(seconds)
    };
    // RFC 9110, 13.2.2: what is said of the ETag counts more than what is said of the date.
    match header(names.matches) {
        Some(wanted) if !names_etag(wanted, etag) => return Some(Unmet::Failed(names.matches)),
        None if date(names.unmodified).is_some_and(|date| modified > date) => {
            return Some(Unmet::Failed(names.unmodified));
        }
        _ => {}
    }
    let now = account.wall.max(account.now).div_euclid(1000);
    match header(names.none_match) {
        Some(known) if names_etag(known, etag) => Some(Unmet::NotModified(names.none_match)),
        None if date(names.modified).is_some_and(|date| modified <= date && date <= now) => {
            Some(Unmet::NotModified(names.modified))
        }
        _ => None,
    }
}

/// Refuses a write of a key whose object isn't as the caller wants it. `disturbed` tells whether the key was written since
/// the caller began, as it may have been during an upload in parts.
pub(super) fn of_write(
    account: &Account,
    request: &Request,
    place: (&str, &str),
    disturbed: Disturbed,
) -> Result<(), Fault> {
    let (bucket, key) = place;
    let found = current(account, bucket, key).map(|(_, content)| content);
    let conflict = |condition: &str| {
        let message = "The conditional request cannot succeed due to a conflicting operation against this resource.";
        let fault = Fault::client("ConditionalRequestConflict", message).with_status(409);
        fault.with("Condition", condition).with("Key", key)
    };
    match (header(request, "if-match"), header(request, "if-none-match")) {
        (None, None) => Ok(()),
        (Some(_), Some(_)) => {
            let fault = not_implemented("If-Match,If-None-Match");
            Err(fault.with("additionalMessage", "Multiple conditional request headers present in the request"))
        }
        (Some("*"), None) => Err(unaccepted("If-Match")),
        (Some(wanted), None) => match found {
            None => Err(no_such_key(key)),
            Some(content) if !names_etag(wanted, &content.etag) => Err(failed("If-Match")),
            Some(_) if disturbed == Disturbed::Yes => Err(conflict("If-Match")),
            Some(_) => Ok(()),
        },
        (None, Some("*")) => match found {
            Some(_) => Err(failed("If-None-Match")),
            None if disturbed == Disturbed::Yes => Err(conflict("If-None-Match")),
            None => Ok(()),
        },
        (None, Some(_)) => Err(unaccepted("If-None-Match")),
    }
}

/// Whether a key was written since an upload to it was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disturbed {
    Yes,
    No,
}

/// Refuses the deletion of an object that isn't as the caller wants it. What is asked of the version on top counts, also
/// for the deletion of another ("How to perform conditional deletes", S3 user guide).
pub(super) fn of_delete(account: &Account, wanted: Option<&str>, bucket: &str, key: &str) -> Result<(), Fault> {
    let Some(wanted) = wanted else {
        return Ok(());
    };
    let is_met = |content: &Content| names_etag(wanted, &content.etag);
    match versions(account, bucket, key).last() {
        None => Err(no_such_key(key)),
        Some(top) if top.content.as_ref().is_some_and(is_met) => Ok(()),
        Some(_) => Err(failed("If-Match")),
    }
}

/// Returns whether a list of ETags, with or without their quotes, holds this one.
pub(super) fn names_etag(list: &str, etag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    list.trim() == "*" || list.split(',').any(|one| bare(one) == bare(etag))
}

fn failed(condition: &str) -> Fault {
    let message = "At least one of the pre-conditions you specified did not hold";
    Fault::client("PreconditionFailed", message).with_status(412).with("Condition", condition)
}

fn unaccepted(name: &str) -> Fault {
    let message = format!("We don't accept the provided value of {name} header for this API");
    not_implemented(name).with("additionalMessage", message)
}
