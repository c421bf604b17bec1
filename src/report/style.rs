//! Colours, and the one way in which text from outside reaches a screen.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::Value;

/// Things that are added, or went well.
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
/// Things that are changed, or waited for.
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
/// Things that are destroyed, or failed.
pub(crate) const RED: Style = AnsiColor::Red.on_default();
/// Headings and addresses.
pub(crate) const BOLD: Style = Style::new().bold();
/// Things that may be read over.
pub(crate) const DIM: Style = Style::new().dimmed();

/// The widest line that a value is shown on.
const WIDTH: usize = 80;

/// `text` in `style`. Whoever prints decides whether colour is wanted, and strips it if it isn't.
pub(crate) fn paint(style: Style, text: impl Display) -> Painted<impl Display> {
    Painted { style, text }
}

/// Text in a style.
pub(crate) struct Painted<T> {
    style: Style,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.style, self.text, self.style.render_reset())
    }
}

/// A line of text from outside (a name, an answer of AWS), with everything spelled out that would steer a terminal
/// or turn the direction of reading.
pub(crate) fn visible(text: impl Display) -> String {
    escape(&text.to_string(), |_| false)
}

/// Returns several lines as [`visible`] does one.
pub(crate) fn visible_lines(text: impl Display) -> String {
    escape(&text.to_string(), |c| c == '\n')
}

/// Returns several lines as [`visible`] does one, of which all but the first are set in by `indent` columns.
pub(crate) fn visible_block(text: impl Display, indent: usize) -> String {
    let set_in = format!("\n{:indent$}", "");
    visible_lines(text).replace('\n', &set_in)
}

/// Returns a program's output as [`visible`] does a line; its tabs and line ends stay, but for one at its end.
pub(crate) fn visible_text(text: impl Display) -> String {
    let text = text.to_string().replace("\r\n", "\n");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    escape(text, |c| matches!(c, '\n' | '\t'))
}

fn escape(text: &str, passes: fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if (c.is_control() || turns(c)) && !passes(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The characters that carry direction alone, the separators of lines, and those that have no width.
fn turns(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The text, with a sign that it goes on if it has more than `most` characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['\u{2026}']).collect()
}

/// The part of an ARN that names its object, as in `cluster/main`, and of an image its repository and tag; anything else as
/// it is.
pub(crate) fn named_in(id: &str) -> &str {
    match id.strip_prefix("arn:") {
        Some(_) => id.splitn(6, ':').nth(5).unwrap_or(id),
        None => id.split_once(".amazonaws.com/").map_or(id, |(_, image)| image),
    }
}

/// The time that something took: `0.3s`, `12s`, `3m 05s`.
pub(crate) fn took(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..10 => format!("{seconds}.{}s", duration.subsec_millis() / 100),
        _ => elapsed(duration),
    }
}

/// The time that something takes already, in whole seconds: tenths would only flicker.
pub(crate) fn elapsed(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..60 => format!("{seconds}s"),
        seconds => format!("{}m {:02}s", seconds / 60, seconds % 60),
    }
}

/// The time since something was, as briefly as a person would say it: `12s`, `3m`, `2h 05m`, `3d 4h`.
pub(crate) fn age(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m"),
        3600..86400 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

/// The number with its word, as in `1 resource` or `2 resources`.
pub(crate) fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// A value on one line, as YAML would have it.
pub(crate) fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(&short(text)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries: Vec<String> =
                map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A digest as short as `status` and registries show it; any other text as it is.
fn short(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 12;
    match text.strip_prefix("sha256:") {
        Some(hex) if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("sha256:{}\u{2026}", &hex[..SHOWN]).into()
        }
        _ => text.into(),
    }
}

/// The lines of `key: value` as YAML, on one line if it fits behind `indent` columns, else as a block.
pub(crate) fn yaml(key: &str, value: &Value, indent: usize) -> Vec<String> {
    let one = format!("{}: {}", scalar(key), flow(value));
    if one.chars().count() + indent <= WIDTH {
        return vec![one];
    }
    let mut lines = vec![format!("{}:", scalar(key))];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                lines.extend(yaml(key, value, indent + 2).into_iter().map(|line| format!("  {line}")));
            }
            lines
        }
        Value::Array(items) => {
            for item in items {
                lines.extend(element(item, indent + 2).into_iter().map(|line| format!("  {line}")));
            }
            lines
        }
        _ => vec![one],
    }
}

/// The lines of `- value` as YAML, on one line if it fits.
fn element(value: &Value, indent: usize) -> Vec<String> {
    let one = format!("- {}", flow(value));
    match value {
        Value::Object(map) if one.chars().count() + indent > WIDTH => {
            let lines = map.iter().flat_map(|(key, value)| yaml(key, value, indent + 2));
            lines.enumerate().map(|(index, line)| format!("{} {line}", if index == 0 { '-' } else { ' ' })).collect()
        }
        _ => vec![one],
    }
}

/// A text as YAML would write it: in quotes if it would read as something else.
pub(crate) fn scalar(text: &str) -> String {
    let looks_plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || " -_./:*@+=$(){}|,".contains(c) || (!c.is_ascii() && !c.is_control()));
    let reads_otherwise = text.is_empty()
        || text.trim() != text
        || text.contains(": ")
        || text.ends_with(':')
        || text.starts_with(['-', '{', '*', '|', '@', ',', '='])
        || text.contains(", ")
        || text.parse::<f64>().is_ok()
        || matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off");
    if looks_plain && !reads_otherwise { visible(text) } else { visible(Value::from(text)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_would_steer_a_terminal_is_spelled_out() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\r\nd"), r"a\u{1b}[2Jb\u{202e}c\u{d}\u{a}d");
        assert_eq!(visible_lines("a\nb\u{7}"), "a\nb\\u{7}");
        assert_eq!(visible_block("a\nb\u{7}", 2), "a\n  b\\u{7}");
        assert_eq!(visible_text("a\tb\u{7}\r\nc\rd\n\n"), "a\tb\\u{7}\nc\\u{d}d\n");
        assert_eq!(visible("é ü 日本"), "é ü 日本");
    }

    #[test]
    fn durations_are_short() {
        let shown = [300, 9_990, 10_000, 59_999, 60_000, 3_725_000].map(|ms| took(Duration::from_millis(ms)));
        assert_eq!(shown, ["0.3s", "9.9s", "10s", "59s", "1m 00s", "62m 05s"]);
    }

    #[test]
    fn ages_are_shorter() {
        let shown = [0, 59, 60, 3599, 3600, 7500, 86400, 273_600];
        let shown = shown.map(|seconds| age(Duration::from_secs(seconds)));
        let expected = ["0s", "59s", "1m", "59m", "1h 00m", "2h 05m", "1d 0h", "3d 4h"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn values_read_as_what_they_are() {
        let cases = [
            (json!("web"), "web"),
            (json!("256"), "\"256\""),
            (json!(256), "256"),
            (json!(""), "\"\""),
            (json!("yes"), "\"yes\""),
            (json!("a: b"), "\"a: b\""),
            (json!("arn:aws:iam::1:role/x"), "arn:aws:iam::1:role/x"),
            (json!("(known after apply)"), "(known after apply)"),
            (json!({"a": [1, "b"], "c": {}}), "{ a: [1, b], c: {} }"),
            (json!("\u{1b}[31m"), r#""\u001b[31m""#),
        ];
        for (value, shown) in cases {
            assert_eq!(flow(&value), shown);
        }
    }

    #[test]
    fn a_long_value_becomes_a_block() {
        let statement = json!({"Action": ["ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability",
            "ecr:GetDownloadUrlForLayer"], "Effect": "Allow", "Resource": "*"});
        let value = json!({"Version": "2012-10-17", "Statement": [statement]});
        insta::assert_snapshot!(yaml("policyDocument", &value, 8).join("\n"), @r#"
        policyDocument:
          Statement:
            - Action:
                - ecr:GetAuthorizationToken
                - ecr:BatchCheckLayerAvailability
                - ecr:GetDownloadUrlForLayer
              Effect: Allow
              Resource: "*"
          Version: 2012-10-17
        "#);
    }
}
