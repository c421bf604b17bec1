//! The record of a lab, in the tags of its objects: who made it, since when, until when.
//!
//! Each object carries all of it from the call that creates it, so that the record is where an object is. It is never
//! compared with lab.yaml.

use std::collections::BTreeSet;
use std::time::SystemTime;

use humantime::{format_rfc3339_seconds, parse_rfc3339};

use super::Account;
use crate::model::Tags;

/// The owner tag with the caller who made the lab.
pub const BY_TAG: &str = "labform:by";
/// The owner tag with the time of the lab's first apply.
pub const SINCE_TAG: &str = "labform:since";
/// The owner tag with the time until which the lab is to live.
pub const EXPIRES_TAG: &str = "labform:expires";
/// The longest value of a tag ("Tag naming limits and requirements", Tagging AWS resources).
const LONGEST: usize = 256;
/// The beginning of the names of roles that IAM Identity Center makes.
const OF_CENTER: &str = "AWSReservedSSO_";
/// The beginnings of roles that the people of a class share, whose sessions are named after them: those of IAM Identity
/// Center, and the one of AWS Academy's labs.
const SHARED: [&str; 2] = [OF_CENTER, "voclabs"];

/// The part of a role's name that stays, if IAM Identity Center made the role: its end is another one each time that it is
/// made ("Referencing permission sets in resource policies", IAM Identity Center user guide).
pub fn of_identity_center(role: &str) -> Option<&str> {
    role.strip_prefix(OF_CENTER)?;
    Some(role.rsplit_once('_').map(|(name, _)| name).filter(|name| name.len() > OF_CENTER.len()).unwrap_or(role))
}

/// The record of a lab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The caller who made the lab, as [`Account::caller`] has it.
    pub by: Option<String>,
    /// The time of the lab's first apply.
    pub since: Option<SystemTime>,
    /// The time until which the lab is to live.
    pub expires: Option<Expires>,
}

/// The time until which a lab is to live, as its tags have it. The later one is the greater one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expires {
    /// This time.
    At(SystemTime),
    /// Something else stands there, and means never.
    Never(String),
}

impl Record {
    /// Reads the record off the tags of a lab's objects: the first of those who made any, and the latest time until which
    /// any is to live. A time that can't be read is none.
    pub fn of<'a>(objects: impl IntoIterator<Item = &'a Tags>) -> Self {
        let mut made = BTreeSet::new();
        let mut record = Self::default();
        for tags in objects {
            let since = tags.get(SINCE_TAG).and_then(|text| parse_rfc3339(text).ok());
            made.insert((since.is_none(), since, tags.get(BY_TAG).is_none(), tags.get(BY_TAG)));
            record.expires = record.expires.max(tags.get(EXPIRES_TAG).map(|text| Expires::of(text)));
        }
        if let Some((_, since, _, by)) = made.first() {
            (record.since, record.by) = (*since, by.cloned());
        }
        record
    }

    /// The tags for an object that `account` makes `now`: what the record says already stays.
    pub fn tags(&self, account: &Account, now: SystemTime, expires: Option<String>) -> Tags {
        let by = self.by.clone().unwrap_or_else(|| account.caller());
        let since = format_rfc3339_seconds(self.since.unwrap_or(now)).to_string();
        let tags = [(BY_TAG, Some(by)), (SINCE_TAG, Some(since)), (EXPIRES_TAG, expires)];
        tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// Returns whether the lab's time is over.
    pub fn is_over(&self, now: SystemTime) -> bool {
        matches!(self.expires, Some(Expires::At(at)) if at <= now)
    }
}

impl Expires {
    /// Reads the value of a tag.
    pub fn of(text: &str) -> Self {
        parse_rfc3339(text).map_or_else(|_| Self::Never(text.to_owned()), Self::At)
    }
}

impl Account {
    /// The caller in the form of the tag [`BY_TAG`]: the account, and the user or the role, as in
    /// `123456789012:role/teacher`. A session is named only if the role is one that many share; its other names may change
    /// with each run, and so may the end of a role of IAM Identity Center's. Signs that a tag can't hold become `_`.
    pub fn caller(&self) -> String {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        // A session's ARN lacks the path that the role has, `/aws-reserved/sso.amazonaws.com/`.
        let parts: Vec<&str> = resource.split('/').map(|part| of_identity_center(part).unwrap_or(part)).collect();
        let who = match parts[..] {
            ["assumed-role", role, ref session @ ..] if SHARED.iter().any(|shared| role.starts_with(shared)) => {
                [&["role", role], session].concat().join("/")
            }
            ["assumed-role", role, ..] => format!("role/{role}"),
            // A path may be longer than a tag.
            [kind, .., name] => format!("{kind}/{name}"),
            _ => resource.to_owned(),
        };
        let fits = |sign: char| sign.is_alphanumeric() || " _.:/=+-@".contains(sign);
        let signs = format!("{}:{who}", self.id);
        signs.chars().map(|sign| if fits(sign) { sign } else { '_' }).take(LONGEST).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_caller_is_the_role_or_the_user() {
        let cases = [
            ("arn:aws:sts::1:assumed-role/teacher/run-17", "1:role/teacher"),
            (
                "arn:aws:sts::1:assumed-role/AWSReservedSSO_My_Lab_0f1e2d3c4b5a6978/zoe@uni.edu",
                "1:role/AWSReservedSSO_My_Lab/zoe@uni.edu",
            ),
            (
                "arn:aws:iam::1:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Lab_0f1e2d3c4b5a6978",
                "1:role/AWSReservedSSO_Lab",
            ),
            ("arn:aws:sts::1:assumed-role/voclabs/user12=Zoe,_A", "1:role/voclabs/user12=Zoe__A"),
            ("arn:aws:iam::1:user/class/2026/zoe", "1:user/zoe"),
            ("arn:aws:iam::1:root", "1:root"),
        ];
        for (arn, caller) in cases {
            let account = Account { id: "1".to_owned(), arn: arn.to_owned() };
            assert_eq!(account.caller(), caller);
        }
        let long = Account { id: "1".to_owned(), arn: format!("arn:aws:iam::1:user/{}", "z".repeat(300)) };
        assert_eq!(long.caller().len(), LONGEST);
    }

    #[test]
    fn the_first_who_made_it_and_the_latest_time_count() {
        let tags = |by: &str, since: &str, expires: &str| -> Tags {
            let all = [(BY_TAG, by), (SINCE_TAG, since), (EXPIRES_TAG, expires)].into_iter();
            all.filter(|(_, value)| !value.is_empty()).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
        };
        let (one, two) = ("2026-11-28T09:00:00Z", "2026-11-29T09:00:00Z");
        let (first, second) = (parse_rfc3339(one).unwrap(), parse_rfc3339(two).unwrap());
        let all = [tags("", "", ""), tags("b", two, two), tags("a", one, one), tags("0", "soon", "")];
        let record = Record::of(&all);
        let expected = Record { by: Some("a".to_owned()), since: Some(first), expires: Some(Expires::At(second)) };
        assert_eq!(record, expected);
        assert!(record.is_over(second) && !record.is_over(first));
        // What can't be read never ends a lab.
        let record = Record::of(all.iter().chain([&tags("", "", "tomorrow")]));
        assert!(!record.is_over(second + Duration::from_hours(1000)));
        assert_eq!(Record::of([&tags("", "soon", "")]), Record::default());
        let account = Account { id: "1".to_owned(), arn: "arn:aws:iam::1:user/c".to_owned() };
        assert_eq!(record.tags(&account, second, None), tags("a", one, ""));
        assert_eq!(Record::default().tags(&account, second, Some(two.to_owned())), tags("1:user/c", two, two));
    }
}
