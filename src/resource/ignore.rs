//! Fields of a live object that the spec ignores, because others set them: their live values are taken over.
//!
//! Knows: paths to fields, and how a value goes from one document into another. Must not know: any kind in particular.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::Field;

/// The path to a field, as in `desiredCount`, `containerDefinitions.web.image` or `attributes."idle_timeout.timeout_seconds"`:
/// entries of lists by their names, keys that hold dots in quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPath(Vec<String>);

impl FieldPath {
    /// The path's steps, from the outside in.
    pub fn steps(&self) -> &[String] {
        &self.0
    }
}

impl FromStr for FieldPath {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut steps, mut rest) = (Vec::new(), text.trim());
        loop {
            let (step, after) = match rest.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or("a quote is open")?,
                None => rest.split_at(rest.find('.').unwrap_or(rest.len())),
            };
            if step.is_empty() {
                return Err("a path is made of names with dots between them, as in `containerDefinitions.web.image`");
            }
            steps.push(step.to_owned());
            match after.strip_prefix('.') {
                Some(after) => rest = after,
                None if after.is_empty() => return Ok(Self(steps)),
                None => return Err("a dot has to follow a quoted key"),
            }
        }
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.0.iter().map(|step| if step.contains('.') { format!("\"{step}\"") } else { step.clone() });
        f.write_str(&steps.collect::<Vec<_>>().join("."))
    }
}

/// The field that tells the entries of the list at `path` apart.
pub fn key(fields: &[Field], path: &str) -> &'static str {
    fields.iter().find(|field| field.path == path).and_then(|field| field.key).unwrap_or("name")
}

/// `want` with the values that the live document `have` has at the paths `ignored`. A field that isn't live goes; an entry
/// of a list that isn't live stays, because it is yet to be made.
///
/// ```
/// use labform::resource::take_over;
/// use serde_json::json;
///
/// let (live, wanted) = (json!({"desiredCount": 5, "tags": {}}), json!({"desiredCount": 2, "tags": {"a": "b"}}));
/// let ignored = ["desiredCount".parse()?];
/// assert_eq!(take_over(&[], &live, wanted, &ignored), json!({"desiredCount": 5, "tags": {"a": "b"}}));
/// # Ok::<(), &str>(())
/// ```
pub fn take_over(fields: &[Field], have: &Value, mut want: Value, ignored: &[FieldPath]) -> Value {
    ignored.iter().for_each(|path| take(fields, "", have, &mut want, &path.0));
    want
}

fn take(fields: &[Field], at: &str, have: &Value, want: &mut Value, steps: &[String]) {
    let Some((step, rest)) = steps.split_first() else {
        return;
    };
    let (live, part, at) = match want {
        Value::Object(parts) if rest.is_empty() => {
            match &have[step] {
                Value::Null => drop(parts.remove(step)),
                live => drop(parts.insert(step.clone(), live.clone())),
            }
            return;
        }
        Value::Object(parts) => (Some(&have[step]), parts.get_mut(step), super::compare::below(at, step)),
        Value::Array(entries) => {
            let is_it = |entry: &Value| entry[key(fields, at)] == step.as_str();
            let live = have.as_array().into_iter().flatten().find(|entry| is_it(entry));
            (live, entries.iter_mut().find(|entry| is_it(entry)), format!("{at}[]"))
        }
        _ => return,
    };
    match (live, part) {
        (Some(live), Some(part)) if rest.is_empty() => *part = live.clone(),
        (Some(live), Some(part)) => take(fields, &at, live, part, rest),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resource::update;

    fn path(text: &str) -> FieldPath {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_path_is_read_and_shown_alike() {
        for text in ["desiredCount", "containerDefinitions.web.image", "attributes.\"idle_timeout.timeout_seconds\""] {
            assert_eq!(path(text).to_string(), text);
        }
        assert_eq!(path("a.\"b.c\".d").steps(), ["a", "b.c", "d"]);
        for wrong in ["", "a.", ".a", "a..b", "a.\"b", "\"a\"b", "\"\""] {
            assert!(wrong.parse::<FieldPath>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_live_value_takes_the_place_of_the_one_that_is_ignored() {
        let fields = [update("policies").keyed("policyName")];
        let have = json!({"count": 5, "list": [{"name": "a", "x": 1, "y": 1}], "map": {"k.l": "live"},
            "policies": [{"policyName": "P", "document": "live"}]});
        let want = json!({"count": 2, "gone": 1, "list": [{"name": "a", "x": 2, "y": 2}, {"name": "b", "x": 2}],
            "map": {"k.l": "file", "m": "file"}, "policies": [{"policyName": "P", "document": "file"}]});
        for (ignored, pointer, value) in [
            ("count", "/count", json!(5)),
            ("gone", "/gone", json!(null)),
            ("list.a.x", "/list/0", json!({"name": "a", "x": 1, "y": 2})),
            ("list.a", "/list/0", json!({"name": "a", "x": 1, "y": 1})),
            ("list.b.x", "/list/1/x", json!(2)),
            ("list", "/list/1", json!(null)),
            ("map.\"k.l\"", "/map", json!({"k.l": "live", "m": "file"})),
            ("policies.P.document", "/policies/0/document", json!("live")),
            ("nothing.below", "/count", json!(2)),
        ] {
            let taken = take_over(&fields, &have, want.clone(), &[path(ignored)]);
            assert_eq!(taken.pointer(pointer).cloned().unwrap_or_default(), value, "{ignored}");
        }
    }
}
