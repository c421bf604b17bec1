//! A service's spelling of the members of its calls.

use serde_json::Value;

/// A service's spelling of the members of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The spelling `KmsKeyId`.
    Pascal,
    /// The spelling `kmsKeyId`, which is that of `lab.yaml`.
    Camel,
    /// The spelling `VpcId` in calls and `vpcId` in answers, as Amazon EC2 has it.
    Mixed,
}

impl Case {
    /// Returns a document of the spec in the service's spelling.
    pub fn members(self, document: Value) -> Value {
        match self {
            Self::Pascal | Self::Mixed => keys(document, &|field| with_head(field, 1, str::to_ascii_uppercase)),
            Self::Camel => document,
        }
    }

    /// Returns a document of the service in the spelling of the spec.
    pub fn fields(self, members: Value) -> Value {
        match self {
            Self::Pascal => keys(members, &|member| self.field(member)),
            Self::Camel | Self::Mixed => members,
        }
    }

    /// Returns the field for a member: `kmsKeyId` for `KmsKeyId`, `arn` for `ARN`, `dnsName` for `DNSName`.
    pub fn field(self, member: &str) -> String {
        let capitals = member.bytes().take_while(u8::is_ascii_uppercase).count();
        match self {
            Self::Camel | Self::Mixed => member.to_owned(),
            Self::Pascal if capitals < 2 || capitals == member.len() => {
                with_head(member, capitals, str::to_ascii_lowercase)
            }
            Self::Pascal => with_head(member, capitals - 1, str::to_ascii_lowercase),
        }
    }
}

fn with_head(name: &str, length: usize, change: fn(&str) -> String) -> String {
    name.split_at_checked(length).map_or_else(|| name.to_owned(), |(head, rest)| change(head) + rest)
}

fn keys(value: Value, spell: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (spell(&key), keys(value, spell))).collect(),
        Value::Array(items) => items.into_iter().map(|item| keys(item, spell)).collect(),
        leaf => leaf,
    }
}
