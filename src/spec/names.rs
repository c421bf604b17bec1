//! The names that a lab gives itself: of the lab, its region, its accounts, phases and resources.

use super::errors::{Faults, Mark};
use crate::model::{Budget, Expiry, nearest};

/// The name of an object whose name only the account tells. Policies take it for any.
pub(super) const ANY: &str = "*";
/// The longest name of a lab: it begins the names of load balancers, which AWS cuts off at 32 characters.
const LAB_NAME: usize = 20;
/// The longest name of a resource in its lab.
const LOCAL_NAME: usize = 64;

/// Returns what is wrong with the name of a lab, and what to write instead; none if nothing is.
pub fn lab_name(name: &str) -> Option<(String, String)> {
    let fits = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
        && !name.ends_with('-')
        && !name.contains("--")
        && name.len() <= LAB_NAME;
    (!fits).then(|| {
        let hint = format!("take at most {LAB_NAME} lower-case letters, digits and single hyphens, a letter first");
        (format!("`{name}` is not a name for a lab"), hint)
    })
}

/// The regions that somebody may have meant ("Regions", AWS general reference); others are taken too.
const REGIONS: [&str; 18] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ca-central-1",
    "sa-east-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-central-1",
    "eu-central-2",
    "eu-north-1",
    "eu-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-south-1",
];

/// Returns what is wrong with the name of a region, and what to write instead; none if nothing is.
pub fn region(region: &str) -> Option<(String, String)> {
    let mut parts = region.split('-');
    let letters = |part: &str| part.bytes().all(|c| c.is_ascii_lowercase()) && part.len() > 1;
    let fits = parts.next().is_some_and(|part| part.len() == 2 && letters(part))
        && parts.next_back().is_some_and(|part| part.len() == 1 && part.as_bytes()[0].is_ascii_digit())
        && (1..=2).contains(&parts.clone().count())
        && parts.all(letters);
    (!fits).then(|| {
        let hint = match nearest(region, REGIONS) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write one such as `eu-west-1`".to_owned(),
        };
        (format!("`{region}` is not an AWS region"), hint)
    })
}

pub(super) fn account(account: &str) -> Option<(String, String)> {
    let fits = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
    (!fits).then(|| {
        let hint = "it has 12 digits: see `aws sts get-caller-identity`".to_owned();
        (format!("`{account}` is not an account number"), hint)
    })
}

pub(super) fn expiry(text: &str) -> Option<(String, String)> {
    let wrong = text.parse::<Expiry>().err()?;
    Some((format!("`{text}` is not a time until which a lab can live"), wrong.to_owned()))
}

pub(super) fn budget(text: &str) -> Option<(String, String)> {
    let wrong = text.parse::<Budget>().err()?;
    Some((format!("`{text}` is not a budget"), wrong))
}

pub(super) fn phase_name(name: &str) -> Option<(String, String)> {
    (!is_local_name(name)).then(|| {
        let hint = "take letters, digits, - and _".to_owned();
        (format!("`{name}` is not a name for a phase"), hint)
    })
}

/// Refuses what isn't a resource's name: a dot would make `${section.name.output}` ambiguous, and tags hold addresses.
pub(super) fn local_name(name: &str, mark: Mark, faults: &mut Faults) {
    if !is_local_name(name) {
        let hint = format!("take letters, digits, - and _, at most {LOCAL_NAME}");
        faults.push(mark, format!("`{name}` is not a name for a resource"), Some(hint));
    }
}

fn is_local_name(name: &str) -> bool {
    (1..=LOCAL_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'))
}
