//! The health check of a target group, for somebody who makes it.

use std::time::Duration;

use super::TARGET_GROUPS;
use crate::account::Account;

/// The health check of a target group, for a target at one port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HealthCheck {
    /// The ARN of the target group.
    pub group: String,
    /// The port that is asked.
    pub port: u16,
    /// The question.
    pub asks: Question,
    /// The checks in a row that have to go well.
    pub healthy: u32,
    /// The checks in a row that have to fail.
    pub unhealthy: u32,
    /// The time that an answer may take.
    pub timeout: Duration,
}

/// The question of a health check.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Whether a connection is taken.
    Connection,
    /// Whether this path is answered with one of these status codes, as in `200,301-399`.
    Page {
        /// The path.
        path: String,
        /// The codes.
        codes: String,
    },
}

/// Returns whether `status` is among codes as in `200,301-399`.
pub(crate) fn takes(codes: &str, status: u16) -> bool {
    codes.split(',').any(|part| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let bound = |text: &str| text.trim().parse::<u16>().ok();
        bound(from).is_some_and(|from| from <= status) && bound(to).is_some_and(|to| status <= to)
    })
}

/// The health check of the group for a target at `port`; none if the group is gone.
pub(crate) fn health_check(account: &Account, arn: &str, port: i64) -> Option<HealthCheck> {
    let group = TARGET_GROUPS.get(account, arn)?;
    let count = |member: &str| group.checked(member).and_then(|text| text.parse().ok());
    let codes = group.codes();
    Some(HealthCheck {
        group: arn.to_owned(),
        port: group.check_port(port).parse().ok()?,
        asks: match group.checked("HealthCheckProtocol").as_deref() {
            Some("HTTP") if codes.is_some() => Question::Page {
                path: group.checked("HealthCheckPath").unwrap_or_else(|| "/".to_owned()),
                codes: codes.unwrap_or_default(),
            },
            // Neither TLS nor gRPC is spoken here.
            _ => Question::Connection,
        },
        healthy: count("HealthyThresholdCount").unwrap_or(5),
        unhealthy: count("UnhealthyThresholdCount").unwrap_or(2),
        timeout: Duration::from_secs(count("HealthCheckTimeoutSeconds").unwrap_or(5).into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_single_ones_and_ranges() {
        for (codes, status, expected) in [
            ("200", 200, true),
            ("200", 204, false),
            ("200,302", 302, true),
            ("200-299", 250, true),
            ("200-299,404", 404, true),
            ("200-299", 300, false),
            ("", 200, false),
        ] {
            assert_eq!(takes(codes, status), expected, "{codes} and {status}");
        }
    }
}
