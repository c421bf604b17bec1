//! A call as a command of the AWS CLI.

use serde_json::Value;

use crate::cloud::Overheard;

/// The commands of the AWS CLI, by the services that calls are signed for.
const SERVICES: [(&str, &str); 5] = [
    ("elasticfilesystem", "efs"),
    ("elasticloadbalancing", "elbv2"),
    ("monitoring", "cloudwatch"),
    ("s3", "s3api"),
    ("tagging", "resourcegroupstaggingapi"),
];

/// The signs around the name of a variable in a text that a shell is to read: no text of AWS's holds them.
pub(super) const VARIABLE: [char; 2] = ['\u{f8fa}', '\u{f8fb}'];

/// The command of one call.
pub(super) fn command(call: &Overheard, input: &Value) -> Vec<String> {
    let service =
        SERVICES.iter().find(|(signed, _)| *signed == call.service).map_or(call.service.as_str(), |(_, own)| *own);
    let mut words = vec![format!("aws {service} {}", kebab(&call.operation))];
    for (member, value) in input.as_object().into_iter().flatten() {
        let option = kebab(member);
        words.push(match value {
            Value::Null => continue,
            Value::Bool(true) => format!("--{option}"),
            Value::Bool(false) => format!("--no-{option}"),
            Value::String(text) => format!("--{option} {}", word(text)),
            Value::Array(items)
                if !items.is_empty() && items.iter().all(|item| item.as_str().is_some_and(is_plain)) =>
            {
                let items = items.iter().filter_map(Value::as_str).map(word);
                format!("--{option} {}", items.collect::<Vec<_>>().join(" "))
            }
            other => format!("--{option} {}", word(&other.to_string())),
        });
    }
    words
}

/// The command, by which variables get what stands at these paths of the answer.
pub(super) fn captured(mut words: Vec<String>, answers: &[(&str, &str)]) -> String {
    match answers {
        [] => lines(&words, "", ""),
        [(variable, path)] => {
            words.push(format!("--query {} --output text", word(path)));
            lines(&words, &format!("{variable}=$("), ")")
        }
        several => {
            let paths: Vec<&str> = several.iter().map(|(_, path)| *path).collect();
            words.push(format!("--query {} --output text", word(&format!("[{}]", paths.join(",")))));
            let mut text = lines(&words, "ANSWER=$(", ")");
            for ((variable, _), number) in several.iter().zip(1..) {
                text.push_str(&format!("\n{variable}=$(echo \"$ANSWER\" | cut -f {number})"));
            }
            text
        }
    }
}

/// The words of a command, on several lines if they don't fit on one.
fn lines(words: &[String], begin: &str, end: &str) -> String {
    let line = format!("{begin}{}{end}", words.join(" "));
    match line.chars().count() > 78 {
        true => format!("{begin}{}{end}", words.join(" \\\n    ")),
        false => line,
    }
}

/// A name in the spelling of the CLI, as in `create-vpc-endpoint`.
pub(super) fn kebab(name: &str) -> String {
    let signs: Vec<char> = name.chars().collect();
    let mut kebab = String::new();
    for (at, sign) in signs.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| signs[at]);
        let begins = sign.is_ascii_uppercase()
            && before.is_some_and(|before| {
                let is_next_small = signs.get(at + 1).is_some_and(char::is_ascii_lowercase);
                before.is_ascii_lowercase() || before.is_ascii_digit() || is_next_small
            });
        if begins {
            kebab.push('-');
        }
        kebab.push(sign.to_ascii_lowercase());
    }
    kebab
}

fn is_plain(text: &str) -> bool {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_-./:@%+,=".contains(sign) || VARIABLE.contains(&sign);
    !text.is_empty() && text.chars().all(is_plain) && !text.starts_with('-')
}

/// A text as a shell takes it: as it is, or in single quotes, and variables in double ones.
pub(super) fn word(text: &str) -> String {
    let [begin, end] = VARIABLE;
    if is_plain(text) && !text.contains(begin) {
        return text.to_owned();
    }
    let mut word = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(begin) {
        let (name, after) = after.split_once(end).unwrap_or((after, ""));
        if !before.is_empty() {
            word.push_str(&single(before));
        }
        word.push_str(&format!("\"${{{name}}}\""));
        rest = after;
    }
    if !rest.is_empty() || word.is_empty() {
        word.push_str(&single(rest));
    }
    word
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_the_cli_does() {
        for (name, expected) in [
            ("CreateVpcEndpoint", "create-vpc-endpoint"),
            ("enableECSManagedTags", "enable-ecs-managed-tags"),
            ("healthCheckPath", "health-check-path"),
            ("Ipv6CidrBlock", "ipv6-cidr-block"),
            ("DNSName", "dns-name"),
        ] {
            assert_eq!(kebab(name), expected);
        }
    }

    #[test]
    fn a_word_is_read_as_it_is() {
        for (text, expected) in [
            ("a/b:c", "a/b:c"),
            ("", "''"),
            ("-a", "'-a'"),
            ("it's", r"'it'\''s'"),
            ("\u{f8fa}A\u{f8fb}", "\"${A}\""),
            ("a b\u{f8fa}A\u{f8fb}c", "'a b'\"${A}\"'c'"),
        ] {
            assert_eq!(word(text), expected);
        }
    }
}
