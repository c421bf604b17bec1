//! Live lists, cut to what the spec gives of their entries.

use serde_json::Value;

/// The entries of the list `have`, without the fields that no entry of the lists `wants` gives.
pub(super) fn narrowed(have: &Value, wants: &[&Value]) -> Value {
    let Value::Array(items) = have else {
        return have.clone();
    };
    let wants: Vec<&Value> = wants.iter().filter_map(|want| want.as_array()).flatten().collect();
    items.iter().map(|item| given(item, &wants)).collect()
}

/// `have` without the fields that none of `wants` gives.
fn given(have: &Value, wants: &[&Value]) -> Value {
    match have {
        Value::Object(fields) if !wants.is_empty() => {
            let kept = fields.iter().filter_map(|(key, value)| {
                let wants: Vec<&Value> = wants.iter().filter_map(|want| want.get(key)).collect();
                (!wants.is_empty()).then(|| (key.clone(), given(value, &wants)))
            });
            kept.collect()
        }
        Value::Array(_) => narrowed(have, wants),
        leaf => leaf.clone(),
    }
}

/// The document `have` with the parts of `want` in the place of its own.
pub(in crate::resource) fn overlaid(have: &Value, want: Value) -> Value {
    match (have, want) {
        (Value::Object(have), Value::Object(want)) => {
            let mut whole = have.clone();
            for (field, want) in want {
                let part = have.get(&field).cloned().unwrap_or_default();
                whole.insert(field, overlaid(&part, want));
            }
            Value::Object(whole)
        }
        (_, want) => want,
    }
}
