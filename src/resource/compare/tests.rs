//! Comparisons, case by case.

use serde_json::json;

use super::*;

fn sorted(value: &Value) -> Value {
    Value::String(canonical(value).to_lowercase())
}

const FIELDS: &[Field] = &[
    update("text").default(r#""""#),
    replace("port"),
    update("network"),
    part("network.open").default("false"),
    part("network.subnets").unordered(),
    update("items").unordered().default("[]"),
    update("settings").keyed("name"),
    update("policies").policy().keyed("policyName").whole("a stray"),
    update("trust").policy(),
    update("word").alike(sorted),
    update("password").secret(),
    update("deep.below"),
    update("tier").default(r#""low""#).one_way(),
];

fn live() -> Value {
    json!({
        "port": 80, "network": {"subnets": ["b", "a"], "filled": "in"}, "word": "ONE", "password": "old",
        "items": [{"id": 1, "part": {"x": 1, "filled": "in"}, "filled": "in"}],
        "settings": [{"name": "insights", "value": "off"}, {"name": "other", "value": "on"}],
        "policies": [{"policyName": "P", "policyDocument": {"Statement": [{"Action": "s3:GetObject"}]}},
            {"policyName": "Q", "policyDocument": null}],
        "trust": {"Statement": [{"Action": ["sts:AssumeRole"]}]},
        "deep": {"below": 1, "beside": 1}, "tier": "high",
    })
}

/// The one rule of every kind: what the spec doesn't give isn't compared, and what means the same is no difference.
#[test]
fn only_what_the_spec_gives_is_compared() {
    for want in [
        json!({}),
        json!({"text": "", "port": 80, "network": {"open": false, "subnets": ["a", "b"]}, "word": "one"}),
        json!({"network": {}, "items": [{"id": 1, "part": {"x": 1}}], "port": null}),
        json!({"settings": [{"name": "insights", "value": "off"}]}),
        json!({"trust": {"Statement": {"Action": "STS:AssumeRole"}}, "deep": {"beside": 2}, "password": "old"}),
    ] {
        assert_eq!(diff(FIELDS, &live(), &want).fields, [], "{want}");
    }
}

#[test]
fn what_differs_stands_at_its_path() {
    for (want, path, have, shown) in [
        (json!({"text": "a"}), "text", json!(""), json!("a")),
        (json!({"port": 81}), "port", json!(80), json!(81)),
        (json!({"network": {"open": true}}), "network.open", json!(false), json!(true)),
        (json!({"network": {"subnets": ["b"]}}), "network.subnets", json!(["a", "b"]), json!(["b"])),
        (json!({"items": []}), "items", live()["items"].clone(), json!([])),
        (json!({"items": [{"id": 2}]}), "items", json!([{"id": 1}]), json!([{"id": 2}])),
        (json!({"settings": [{"name": "new", "value": "on"}]}), "settings.new", json!(null), json!("on")),
        (json!({"settings": [{"name": "other", "value": "x"}]}), "settings.other", json!("on"), json!("x")),
        (json!({"word": "two"}), "word", json!("ONE"), json!("two")),
        (json!({"password": "new"}), "password", json!(HIDDEN), json!(HIDDEN_CHANGED)),
        (json!({"deep": {"below": 2}}), "deep.below", json!(1), json!(2)),
        (json!({"tier": "highest"}), "tier", json!("high"), json!("highest")),
        (json!({"tier": "low"}), "tier", json!("high"), json!("low")),
    ] {
        let diff = diff(FIELDS, &live(), &want);
        let found: Vec<_> = diff.fields.iter().map(|field| (field.path.as_str(), &field.have, &field.want)).collect();
        assert_eq!(found, [(path, &have, &shown)], "{want}");
        assert_eq!(diff.replaces(), path == "port" || shown == "low");
    }
}

#[test]
fn a_whole_list_has_no_strays() {
    let policy = json!([{"policyName": "P", "policyDocument": {"Statement": [{"Action": "s3:*"}]}}]);
    let diff = diff(FIELDS, &live(), &json!({"policies": policy}));
    let found: Vec<_> = diff.fields.iter().map(|field| (field.path.as_str(), field.shape, &field.want)).collect();
    let want = json!({"Statement": [{"Action": ["s3:*"]}]});
    assert_eq!(found, [("policies.P", Shape::Document, &want), ("policies.Q", Shape::Value, &Value::Null)]);
    assert_eq!(diff.fields[1].have, "a stray");
}

#[test]
fn an_update_holds_whole_fields_and_only_those_that_differ() {
    let want = json!({"port": 80, "text": "a", "network": {"open": true}, "items": []});
    let changes = changes(FIELDS, &diff(FIELDS, &live(), &want), &live(), &want);
    let network = json!({"subnets": ["b", "a"], "filled": "in", "open": true});
    assert_eq!(Value::Object(changes), json!({"text": "a", "network": network, "items": []}));
}

#[test]
fn the_normal_form_is_a_projection() {
    let fields = [part("a[].b").default("1"), part("a").unordered()];
    let document = json!({"a": [{"c": 2, "b": 1}, {"c": 1, "b": 2}, {"b": 1}], "e": [], "f": {"g": null}});
    let once = settled(&fields, "", document).unwrap();
    assert_eq!(once, json!({"a": [{"b": 2, "c": 1}, {"c": 2}]}));
    assert_eq!(settled(&fields, "", once.clone()), Some(once));
}
