//! YAML as people write it: short maps and lists on one line, the fields that name a thing first.

use serde_json::{Map, Value};

/// The widest line on which a map or a list stands whole.
const WIDTH: usize = 80;
/// The fields that stand before all others, in this order.
const FIRST: &str = "lab region name family description repository context dockerfile target platform secretString cluster \
    taskDefinition Version Effect Principal policyName policyDocument Action Resource type protocol port targetType \
    networkMode requiresCompatibilities runtimePlatform cpu memory executionRoleArn taskRoleArn image essential entryPoint \
    command portMappings environment secrets ipProtocol fromPort toPort field values securityGroups containerName \
    containerPort desiredCount launchType";
/// Words that some readers of YAML take for something else than texts.
const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// Writes `key: value`, set in by `indent` columns.
pub(super) fn entry(out: &mut String, indent: usize, key: &str, value: &Value) {
    let head = format!("{:indent$}{}:", "", text(key));
    let short = flow(value);
    match value {
        Value::Object(map) if !map.is_empty() && head.len() + short.len() > WIDTH => {
            out.push_str(&format!("{head}\n"));
            block(out, indent + 2, map);
        }
        Value::Array(items) if !items.is_empty() && head.len() + short.len() > WIDTH => {
            out.push_str(&format!("{head}\n"));
            items.iter().for_each(|one| item(out, indent + 2, one));
        }
        _ => out.push_str(&format!("{head} {short}\n")),
    }
}

/// Writes the entries of a map.
pub(super) fn block(out: &mut String, indent: usize, map: &Map<String, Value>) {
    sorted(map).for_each(|(key, value)| entry(out, indent, key, value));
}

fn item(out: &mut String, indent: usize, value: &Value) {
    let short = flow(value);
    match value {
        Value::Object(map) if indent + short.len() > WIDTH => {
            let mut text = String::new();
            block(&mut text, indent + 2, map);
            out.push_str(&format!("{:indent$}- {}", "", text.trim_start()));
        }
        _ => out.push_str(&format!("{:indent$}- {short}\n", "")),
    }
}

fn flow(value: &Value) -> String {
    match value {
        Value::String(one) => text(one),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries = sorted(map).map(|(key, value)| format!("{}: {}", text(key), flow(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn sorted(map: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let rank = |key: &str| FIRST.split_whitespace().position(|first| first == key).unwrap_or(usize::MAX);
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    entries.into_iter()
}

/// A text as YAML holds it: as it is if nothing in it means anything else, in double quotes otherwise ("Double-Quoted
/// Style", YAML 1.2.2, 7.3.1).
pub(super) fn text(text: &str) -> String {
    let is_plain = text.starts_with(|sign: char| sign.is_ascii_alphabetic() || sign == '/')
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_-./ ".contains(sign))
        && !text.ends_with(' ')
        && !WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_plain {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            ' '..='~' => quoted.push(sign),
            _ if sign.is_alphanumeric() => quoted.push(sign),
            _ => quoted.push_str(&format!("\\U{:08x}", u32::from(sign))),
        }
    }
    quoted.push('"');
    quoted
}

/// Writes a comment, set in by `indent` columns, of as many lines as it takes. What can't be seen is spelled out.
pub(super) fn comment(out: &mut String, indent: usize, words: &str) {
    let is_seen = |sign: char| sign.is_whitespace() || sign.is_control() || "'\"\\".contains(sign);
    let shown = |sign: char| match is_seen(sign) {
        true => sign.to_string(),
        false => sign.escape_debug().to_string(),
    };
    let words: String = words.chars().map(shown).collect();
    let begin = format!("{:indent$}#", "");
    let mut line = begin.clone();
    for word in words.split(|sign: char| sign.is_whitespace() || sign.is_control()).filter(|word| !word.is_empty()) {
        if line.len() > begin.len() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&format!("{line}\n"));
            line.clone_from(&begin);
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&format!("{line}\n"));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_read_as_it_was() {
        let value = json!({
            "name": "it", "zone": "eu-west-1a", "odd": ["", " a", "no", "1", "a: b", "#", "${x}", "a\"\\\n\u{7}\u{200b}é😀", "~"],
            "empty": {}, "none": [], "number": 1.5, "flag": true, "null": null,
            "long": vec![json!({ "name": "a".repeat(60), "values": ["b".repeat(60)] }); 2],
        });
        let mut text = String::new();
        entry(&mut text, 2, "a key", &value);
        let read: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read, json!({ "a key": value }), "{text}");
        assert!(text.starts_with("  a key:\n    name: it\n"), "{text}");
    }

    #[test]
    fn a_comment_keeps_to_its_lines() {
        let mut text = String::new();
        comment(&mut text, 2, &format!("services.web: {} b\nlab: c\u{2028}d\u{85}e\u{202e}f", "a".repeat(80)));
        assert_eq!(text, format!("  # services.web:\n  # {}\n  # b lab: c d e\\u{{202e}}f\n", "a".repeat(80)));
    }
}
