//! Rules for topics and for those who are subscribed to them.

use super::input::{one_of, text};
use super::texts::TextRule;
use super::{Rule, Rules};

/// The name of a topic.
pub const TOPIC_NAME: TextRule = TextRule {
    min: 1,
    max: 256,
    is_valid: |name| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
    source: "CreateTopic, Amazon SNS API",
};

/// The rules for the attributes of CreateTopic.
pub static TOPIC: Rules = Rules::new(
    "CreateTopic",
    r#"{"displayName": "Alarms", "signatureVersion": "2", "tracingConfig": "Active"}"#,
    &[ATTRIBUTES],
);

/// The rules for Subscribe.
pub static SUBSCRIPTION: Rules =
    Rules::new("Subscribe", r#"{"protocol": "email", "endpoint": "anna@example.com"}"#, &[SUBSCRIBE]);

const ATTRIBUTES: &[Rule] = &[
    Rule::new(
        "a topic's name for people has 100 characters at most",
        "CreateTopic, Amazon SNS API",
        &["displayName = repeat 101"],
        |input, found| {
            if text(&input["displayName"]).is_some_and(|name| name.chars().count() > 100) {
                found.here("displayName");
            }
        },
    ),
    Rule::new(
        "messages are signed by version 1 or 2",
        "SetTopicAttributes, Amazon SNS API",
        &[r#"signatureVersion = "3""#],
        |input, found| one_of(input, "signatureVersion", &["1", "2"], found),
    ),
    Rule::new(
        "a topic passes tracing through, or is traced actively",
        "CreateTopic, Amazon SNS API",
        &[r#"tracingConfig = "On""#],
        |input, found| one_of(input, "tracingConfig", &["PassThrough", "Active"], found),
    ),
];

const PROTOCOLS: &[&str] = &["http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"];

const SUBSCRIBE: &[Rule] = &[
    Rule::new(
        "messages come by one of the ways that Amazon SNS has",
        "Subscribe, Amazon SNS API",
        &[r#"protocol = "mail""#],
        |input, found| one_of(input, "protocol", PROTOCOLS, found),
    )
    .words("Invalid parameter: Does not support this protocol string"),
    Rule::new(
        "the endpoint is an address of the protocol's sort",
        "Subscribe, Amazon SNS API",
        &[
            r#"endpoint = "anna""#,
            r#"protocol = "https" && endpoint = "example.com""#,
            r#"protocol = "sqs" && endpoint = "queue""#,
        ],
        |input, found| {
            let Some((protocol, endpoint)) = text(&input["protocol"]).zip(text(&input["endpoint"])) else { return };
            let (is_right, sort) = match protocol {
                "email" | "email-json" => (endpoint.contains('@'), "an address of mail"),
                "http" => (endpoint.starts_with("http://"), "a URL that begins with http://"),
                "https" => (endpoint.starts_with("https://"), "a URL that begins with https://"),
                "sqs" | "lambda" | "firehose" | "application" => (endpoint.starts_with("arn:"), "an ARN"),
                _ => (true, ""),
            };
            if !is_right {
                found.at("endpoint", format!("`{endpoint}` isn't {sort}, which `{protocol}` asks for"));
            }
        },
    )
    .words("Invalid parameter: Endpoint"),
];

#[cfg(test)]
mod tests {
    use super::TOPIC_NAME;

    #[test]
    fn names_are_of_letters_digits_hyphens_and_underscores() {
        assert!(["a", "Lab_alarms-1"].iter().all(|name| TOPIC_NAME.allows(name)));
        assert!(["", "a b", "a.fifo", "a/b"].iter().all(|name| !TOPIC_NAME.allows(name)));
        assert!(TOPIC_NAME.allows(&"a".repeat(256)) && !TOPIC_NAME.allows(&"a".repeat(257)));
    }
}
