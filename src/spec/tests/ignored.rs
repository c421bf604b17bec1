use super::*;

const HEAD_OF_LAB: &str = r#"
clusters: { main: { settings: [{ name: containerInsights, value: enabled }] } }
targetGroups: { web: { protocol: HTTP, port: 80, attributes: { slow_start.duration_seconds: "30" }, IGNORED } }
"#;

fn ignoring(words: &str) -> String {
    below_head(&HEAD_OF_LAB.replace("IGNORED", &format!("tags: {{ team: a }}, ignoreChanges: {words}")))
}

/// The words of a fault, without the place that they stand beside.
fn words(of: &str) -> String {
    let lines =
        of.lines().filter(|line| line.starts_with("error") || line.contains("hint") || line.contains("lab.yaml:"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn fields_of_every_sort_can_be_ignored() {
    for paths in [
        "[]",
        "[port]",
        "[matcher, matcher.httpCode]",
        "['attributes.\"slow_start.duration_seconds\"', attributes]",
        "[tags, tags.team]",
    ] {
        assert_eq!(ignoring(paths), "nothing", "{paths}");
    }
}

#[test]
fn what_cannot_be_ignored_is_told_at_its_place() {
    for (paths, message, hint) in [
        ("port", "expected a list of fields, found a text", "write `ignoreChanges: [desiredCount]`"),
        ("[1]", "expected a field, found the number 1", ""),
        ("[prot]", "unknown field `prot`", "did you mean `port`?"),
        ("[matcher.httpCod]", "unknown field `httpCod`", "did you mean `httpCode`?"),
        ("['port..x']", "`port..x`: a path is made of names with dots between them", ""),
        ("[port.x]", "`port` can only be ignored as a whole", "write `port`"),
        ("[attributes.slow]", "there is no `slow` in `attributes`", "known here: `slow_start.duration_seconds`"),
        ("[name]", "`name` can't be ignored", ""),
        ("[protect]", "`protect` can't be ignored", ""),
        ("['tags.labform:lab']", "the tag `labform:lab` says whose it is, and can't be ignored", ""),
        ("[tags.tean]", "there is no tag `tean`", "did you mean `team`?"),
    ] {
        let shown = ignoring(paths);
        assert!(shown.contains(message) && shown.contains(hint), "{paths}: {shown}");
        assert!(shown.contains("lab.yaml:6:"), "{paths}: {}", words(&shown));
    }
}

#[test]
fn entries_of_lists_are_named() {
    let definition = |path: &str| {
        below_head(&format!(
            "taskDefinitions:\n  web:\n    ignoreChanges: [{path}]\n    containerDefinitions:\n      - {{ name: web, \
             image: nginx, memory: 64, portMappings: [{{ containerPort: 80 }}], environment: [{{ name: A, value: b }}] }}\n"
        ))
    };
    for path in ["containerDefinitions.web.image", "containerDefinitions.web.environment.A", "containerDefinitions"] {
        assert_eq!(definition(path), "nothing", "{path}");
    }
    for (path, message, hint) in [
        ("containerDefinitions.wep.image", "there is no `wep` in `containerDefinitions`", "did you mean `web`?"),
        ("containerDefinitions.web.imag", "unknown field `imag`", "did you mean `image`?"),
        (
            "containerDefinitions.web.portMappings.80",
            "the entries of `containerDefinitions.portMappings`",
            "ignore the whole list",
        ),
    ] {
        let shown = definition(path);
        assert!(shown.contains(message) && shown.contains(hint), "{path}: {shown}");
    }
    let image =
        below_head("repositories: { a: {} }\nimages:\n  a: { repository: a, context: a, ignoreChanges: [context] }\n");
    assert!(image.contains("`context` isn't compared with what is live"), "{image}");
    let bucket = below_head("buckets: { a: { bucket: abc, onDestroy: empty, ignoreChanges: [onDestroy] } }\n");
    assert!(bucket.contains("`onDestroy` isn't compared with what is live"), "{bucket}");
}

#[test]
fn what_is_ignored_is_no_part_of_what_is_wanted() {
    let lab =
        |ignored: &str| read(&format!("{HEAD}logGroups: {{ a: {{ retentionInDays: 7{ignored} }} }}\n"), &[]).unwrap();
    let (with, without) = (lab(", ignoreChanges: [retentionInDays]"), lab(""));
    let digest = |lab: &Lab| lab.nodes.values().find(|node| node.address.kind == "logGroup").map(Node::digest);
    assert_eq!(digest(&with), digest(&without));
    let beside = read(
        &format!("{HEAD}logGroups: {{ a: {{ file: a.json, ignoreChanges: [retentionInDays] }} }}\n"),
        &[("a.json", r#"{"retentionInDays": 7}"#)],
    );
    assert_eq!(beside.unwrap().nodes.values().map(|node| node.ignored.len()).sum::<usize>(), 1);
}
