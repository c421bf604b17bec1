//! Rules for single values: texts, such as names, and numbers.

use std::collections::BTreeMap;

use crate::wire::Fault;

/// Tags by key.
pub(crate) type TagMap = BTreeMap<String, String>;

/// AWS's rule for a text, such as a name.
#[derive(Clone, Copy, Debug)]
pub struct TextRule {
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// Returns whether a text of such a length is well formed.
    pub is_valid: fn(&str) -> bool,
    /// The page of AWS's that says so.
    pub source: &'static str,
}

impl TextRule {
    /// Returns whether AWS takes `text`.
    #[must_use]
    pub fn allows(&self, text: &str) -> bool {
        (self.min..=self.max).contains(&text.chars().count()) && (self.is_valid)(text)
    }

    /// Refuses a text that AWS doesn't take.
    pub(crate) fn check(&self, text: &str, fault: impl FnOnce() -> Fault) -> Result<(), Fault> {
        if self.allows(text) { Ok(()) } else { Err(fault()) }
    }
}

/// AWS's rule for a whole number.
#[derive(Clone, Copy, Debug)]
pub struct NumberRule {
    /// Returns whether AWS takes a number.
    pub allows: fn(i64) -> bool,
    /// The page of AWS's that says so.
    pub source: &'static str,
}

impl NumberRule {
    /// Refuses a number that AWS doesn't take; one that isn't given is never refused.
    pub(crate) fn check(&self, number: Option<i64>, fault: impl FnOnce(i64) -> Fault) -> Result<(), Fault> {
        number.filter(|number| !(self.allows)(*number)).map_or(Ok(()), |number| Err(fault(number)))
    }
}

const fn text(min: usize, max: usize, is_valid: fn(&str) -> bool, source: &'static str) -> TextRule {
    TextRule { min, max, is_valid, source }
}

const fn number(allows: fn(i64) -> bool, source: &'static str) -> NumberRule {
    NumberRule { allows, source }
}

/// Returns whether the text is of ASCII letters, digits, and these characters.
fn is_of(text: &str, others: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
}

/// The name of a cluster, of a service, or of a family of task definitions.
pub const ECS_NAME: TextRule =
    text(1, 255, |name| is_of(name, "-_"), "CreateCluster, CreateService, RegisterTaskDefinition, Amazon ECS API");

/// The name of a load balancer.
pub const LOAD_BALANCER_NAME: TextRule = text(
    1,
    32,
    |name| (TARGET_GROUP_NAME.is_valid)(name) && !name.starts_with("internal-"),
    "CreateLoadBalancer, Elastic Load Balancing API 2015-12-01",
);

/// The name of a target group.
pub const TARGET_GROUP_NAME: TextRule = text(
    1,
    32,
    |name| is_of(name, "-") && !name.starts_with('-') && !name.ends_with('-'),
    "CreateTargetGroup, Elastic Load Balancing API 2015-12-01",
);

/// The name of a log group.
pub const LOG_GROUP_NAME: TextRule =
    text(1, 512, |name| is_of(name, "._-/#") && !name.starts_with("aws/"), "CreateLogGroup, CloudWatch Logs API");

/// The days for which a log group can keep its lines.
pub const RETENTIONS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// The days for which a log group keeps its lines.
pub const RETENTION_IN_DAYS: NumberRule =
    number(|days| RETENTIONS.contains(&days), "PutRetentionPolicy, CloudWatch Logs API");

/// The name of a repository: words of small letters and digits, joined by a dot, one or two underscores or by hyphens, in
/// parts between slashes.
pub const REPOSITORY_NAME: TextRule = text(
    2,
    256,
    |name| {
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let joins = |text: &str| matches!(text, "" | "." | "_" | "__") || text.chars().all(|c| c == '-');
        let is_part = |part: &str| part.starts_with(letter) && part.ends_with(letter) && part.split(letter).all(joins);
        name.split('/').all(is_part)
    },
    "CreateRepository, Amazon ECR API",
);

/// The network of a VPC or a subnet: a block of /16 to /28.
pub const CIDR_BLOCK: TextRule = text(
    9,
    18,
    |text| text.parse::<ipnet::Ipv4Net>().is_ok_and(|network| (16..=28).contains(&network.prefix_len())),
    "VPC CIDR blocks, Subnet CIDR blocks, Amazon VPC user guide",
);

/// The name of a role.
pub const ROLE_NAME: TextRule = text(1, 64, |name| is_of(name, "_+=,.@-"), "CreateRole, IAM API");

/// The description of a role: of Latin-1, without dashes and quotes as printers set them.
pub const ROLE_DESCRIPTION: TextRule = text(
    0,
    1000,
    |text| text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}')),
    "CreateRole, UpdateRole, IAM API",
);

/// The name of a policy of a role.
pub const POLICY_NAME: TextRule = text(1, 128, ROLE_NAME.is_valid, "PutRolePolicy, IAM API");

/// The seconds for which a role can be taken on at most.
pub const SESSION_DURATION: NumberRule =
    number(|seconds| (3_600..=43_200).contains(&seconds), "CreateRole, UpdateRole, IAM API");

/// The name of a schedule, or of a group of schedules.
pub const SCHEDULE_NAME: TextRule = text(1, 64, |name| is_of(name, "-_."), "CreateSchedule, EventBridge Scheduler API");

/// The name of a secret.
pub const SECRET_NAME: TextRule = text(1, 512, |name| is_of(name, "/_+=.@-!"), "CreateSecret, Secrets Manager API");

/// The id that a caller gives to a version of a secret.
pub const SECRET_TOKEN: TextRule = text(32, 64, |_| true, "ClientRequestToken of CreateSecret, Secrets Manager API");

/// The name of a parameter: one word, or a path of words. With the ARN before it, it has up to 1,011 characters.
pub const PARAMETER_NAME: TextRule = text(
    1,
    1011,
    |name| {
        let path = name.strip_prefix('/').unwrap_or(name);
        let head = path.get(..3).unwrap_or_default().to_ascii_lowercase();
        let is_rooted = name.starts_with('/') || !name.contains('/');
        is_rooted
            && path.split('/').all(|part| !part.is_empty() && is_of(part, "_.-"))
            && !["aws", "ssm"].contains(&&*head)
    },
    "PutParameter, Systems Manager API",
);

/// The days for which a deleted secret can be restored.
pub const RECOVERY_WINDOW: NumberRule = number(|days| (7..=30).contains(&days), "DeleteSecret, Secrets Manager API");

/// The length of a password that is to be made up.
pub const PASSWORD_LENGTH: NumberRule =
    number(|length| (1..=4096).contains(&length), "GetRandomPassword, Secrets Manager API");

/// The code of a region, such as `eu-west-1` or `us-gov-east-1`.
pub const REGION: TextRule = text(
    9,
    25,
    |code| {
        let mut parts = code.split('-').rev();
        let is_number = |part: &str| matches!(part.as_bytes(), [b'1'..=b'9']);
        let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
        parts.next().is_some_and(is_number)
            && parts.next().is_some_and(|place| is_word(place) && place.len() >= 4)
            && parts.next_back().is_some_and(|area| is_word(area) && area.len() == 2)
            && parts.all(is_word)
    },
    "AWS Regions, AWS general reference",
);

/// The beginnings of names that are S3's own.
const RESERVED_BEGINNINGS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
/// The ends of names that are those of access points, directory buckets and tables.
const RESERVED_ENDS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/// The name of a bucket.
pub const BUCKET_NAME: TextRule = text(
    3,
    63,
    |name| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let is_of_these = name.chars().all(|c| plain(c) || c == '-' || c == '.');
        let is_address = name.parse::<std::net::Ipv4Addr>().is_ok();
        let is_reserved = RESERVED_BEGINNINGS.iter().any(|begin| name.starts_with(begin))
            || RESERVED_ENDS.iter().any(|end| name.ends_with(end));
        let is_odd = name.contains("..") || is_address || is_reserved;
        name.starts_with(plain) && name.ends_with(plain) && is_of_these && !is_odd
    },
    "General purpose bucket naming rules, Amazon S3 user guide",
);

/// The name of a security group, which besides must not look like an id or be `default`; and each description.
pub const SECURITY_GROUP_TEXT: TextRule =
    text(0, 255, |text| is_of(text, " ._-:/()#,@[]+=&;{}!$*"), "CreateSecurityGroup, Amazon EC2 API");

/// The most tags of one object, in every service.
const MOST_TAGS: usize = 50;

/// Refuses tags that AWS doesn't take: too many ("Tag naming limits and requirements", Tag Editor user guide), or with a
/// key that is empty or AWS's own.
pub(crate) fn check_tags(
    tags: &TagMap,
    too_many: impl FnOnce(usize) -> Fault,
    bad: impl FnOnce(&str) -> Fault,
) -> Result<(), Fault> {
    if tags.len() > MOST_TAGS {
        return Err(too_many(MOST_TAGS));
    }
    tags.keys().find(|key| key.is_empty() || key.starts_with("aws:")).map_or(Ok(()), |key| Err(bad(key)))
}

/// The name of a session of a role.
pub const SESSION_NAME: TextRule = text(2, 64, |name| is_of(name, "_+=,.@-"), "RoleSessionName, AssumeRole, STS API");

/// The seconds for which a role is assumed.
pub(crate) const ASSUMED_SECONDS: NumberRule =
    number(|seconds| (900..=43_200).contains(&seconds), "DurationSeconds, AssumeRole, STS API");

/// The external id that a role's trust may demand.
pub const EXTERNAL_ID: TextRule = text(2, 1224, |id| is_of(id, "_+=,.@:/-"), "ExternalId, AssumeRole, STS API");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_as_awss_pages_say() {
        let cases: [(TextRule, &[&str], &[&str]); 17] = [
            (SESSION_NAME, &["ab", "gh-run_17@x,y"], &["a", "a b", "a/b", "a:b"]),
            (EXTERNAL_ID, &["ab", "a:b/c"], &["a", "a b", "a#b"]),
            (ECS_NAME, &["a", "A-1_b"], &["", "a b", "a/b", "a.b"]),
            (LOAD_BALANCER_NAME, &["a", "lab-alb"], &["", "-a", "a-", "internal-a", "a_b", "a.b"]),
            (TARGET_GROUP_NAME, &["a", "internal-a"], &["", "-a", "a-", "a_b"]),
            (LOG_GROUP_NAME, &["/ecs/lab", "a#b.c-d_e"], &["", "aws/x", "a b", "a:b"]),
            (
                REPOSITORY_NAME,
                &["ab", "lab/web-app", "a__b/c.d--e"],
                &["a", "Lab", "a//b", "-ab", "a..b", "a._b", "ab/"],
            ),
            (ROLE_NAME, &["a", "a_+=,.@-Z9"], &["", "a b", "a/b"]),
            (POLICY_NAME, &["a"], &["", "a b"]),
            (ROLE_DESCRIPTION, &["", "f\u{fc}r alle\n"], &["a \u{2013} b", "\u{201e}a\u{201c}", "\u{1f680}"]),
            (SCHEDULE_NAME, &["a", "lab-job_1.2"], &["", "a b", "a/b"]),
            (SECRET_NAME, &["a", "lab/db_+=.@-!"], &["", "a b", "a:b", "a#b"]),
            (PARAMETER_NAME, &["/a", "a", "/app/db_a.b-C"], &["", "/", "a/b", "/a//b", "/a b", "/AWS/x", "ssm-a"]),
            (SECRET_TOKEN, &["0123456789abcdef0123456789abcdef"], &["", "0123456789abcdef0123456789abcde"]),
            (BUCKET_NAME, &["abc", "a.b-c"], &["ab", "Abc", "-abc", "a..b", "192.168.0.1", "a_b", "xn--a", "sthree-a"]),
            (BUCKET_NAME, &["s3alias", "x-s3"], &["amzn-s3-demo-a", "a-s3alias", "a--ol-s3", "a.mrap", "a--x-s3"]),
            (SECURITY_GROUP_TEXT, &["", "a b (c)", "a:b/c"], &["ä", "a?b", "a<b"]),
        ];
        for (rule, good, bad) in cases {
            let longest = "a".repeat(rule.max);
            for (text, expect) in good.iter().map(|text| (*text, true)).chain(bad.iter().map(|text| (*text, false))) {
                assert_eq!(rule.allows(text), expect, "{text:?}: {}", rule.source);
            }
            assert!(rule.allows(&longest) && !rule.allows(&(longest + "a")), "{}", rule.source);
        }
    }

    #[test]
    fn a_network_has_the_size_that_aws_takes() {
        let (good, bad) =
            (["10.0.0.0/16", "10.0.16.0/20", "192.168.0.16/28"], ["10.0.0.0/8", "10.0.0.0/29", "10.0.0.0"]);
        assert!(good.iter().all(|block| CIDR_BLOCK.allows(block)));
        assert!(!bad.iter().any(|block| CIDR_BLOCK.allows(block)));
    }

    #[test]
    fn a_region_is_told_from_any_other_text() {
        let good =
            ["eu-west-1", "ap-southeast-5", "us-gov-east-1", "us-iso-east-1", "eu-isoe-west-1", "cn-northwest-1"];
        let bad = ["", "x", "foo", "eu", "EU", "eu-west", "eu-west-1a", "eu-west-11", "euwest1", "EU-WEST-1", "eu--1"];
        assert!(good.iter().all(|code| REGION.allows(code)));
        let taken: Vec<_> = bad.iter().filter(|code| REGION.allows(code)).collect();
        assert!(taken.is_empty(), "{taken:?}");
    }

    #[test]
    fn numbers_are_taken_as_awss_pages_say() {
        let cases: [(NumberRule, &[i64], &[i64]); 4] = [
            (RETENTION_IN_DAYS, &[1, 7, 365, 3653], &[0, 2, 8, 3654]),
            (SESSION_DURATION, &[3600, 43200], &[3599, 43201]),
            (RECOVERY_WINDOW, &[7, 30], &[0, 6, 31]),
            (PASSWORD_LENGTH, &[1, 4096], &[0, 4097]),
        ];
        for (rule, good, bad) in cases {
            assert!(good.iter().all(|number| (rule.allows)(*number)), "{}", rule.source);
            assert!(bad.iter().all(|number| !(rule.allows)(*number)), "{}", rule.source);
        }
    }
}
