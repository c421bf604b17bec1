use std::collections::BTreeSet;

use super::*;
use crate::resources::existing;
use crate::spec::Source;

fn topics(reference: &Reference, path: &str, seen: &mut BTreeSet<String>, all: &mut Vec<(String, Topic)>) {
    let topic = reference.topic(path).unwrap();
    for field in &topic.fields {
        let path = format!("{path}.{}", field.path);
        let is_new = seen.insert(field.schema.to_string());
        all.push((path.clone(), field.clone()));
        if is_new {
            topics(reference, &path, seen, all);
        }
    }
}

#[test]
fn every_kind_and_every_field_says_what_it_is() {
    let reference = Reference::default();
    let (mut seen, mut all) = (BTreeSet::new(), Vec::new());
    for word in reference.words() {
        all.push((word.to_owned(), reference.topic(word).unwrap()));
        topics(&reference, word, &mut seen, &mut all);
    }
    assert!(all.len() > 500, "{}", all.len());
    let told = |topic: &Topic| topic.description.join(" ");
    let silent: Vec<&String> =
        all.iter().filter(|(_, topic)| told(topic).is_empty() || topic.sort.is_empty()).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "{silent:#?}");
    // What only readers of the code know.
    let strange = all.iter().filter(|(_, topic)| ["[`", "crate::", "`]"].iter().any(|sign| told(topic).contains(sign)));
    let strange: Vec<&String> = strange.map(|(path, _)| path).collect();
    assert!(strange.is_empty(), "{strange:#?}");
}

#[test]
fn every_kind_has_an_example_that_validate_takes() {
    let reference = Reference::default();
    let load = |_: &str| Ok("a secret, or a document: {}".to_owned());
    let mut labs = BTreeSet::new();
    for word in KINDS.iter().map(|kind| kind.kind()).chain([JOB, CHECK, "existing"]) {
        let example = reference.topic(word).unwrap().section.unwrap().example;
        let example = example.unwrap_or_else(|| panic!("`LABS` in src/spec/reference/examples.rs has no {word}"));
        labs.insert(example.path);
    }
    for path in labs {
        let text = std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        Source::parse(path, &text, &load).unwrap_or_else(|errors| panic!("{errors}"));
    }
}

#[test]
fn words_lead_to_fields_by_kinds_and_by_sections() {
    let reference = Reference::default();
    let told = |path: &str| {
        let topic = reference.topic(path).unwrap_or_else(|(message, _)| panic!("{message}"));
        let change = topic.change.map(|change| format!("{change:?}")).unwrap_or_default();
        let default = topic.default.map(|default| default.to_string()).unwrap_or_default();
        format!("{} | {} | {} | {change} | {default}", topic.path, topic.sort, topic.is_required)
    };
    for (path, expected) in [
        ("service.loadBalancers.containerName", "text | true | Update | "),
        ("services.cluster", "name below `clusters` | true | Replace | "),
        ("service.schedulingStrategy", "`REPLICA` or `DAEMON` | false | Replace | "),
        ("parameter.tier", "`Standard` or `Advanced` | false | OneWay | \"Standard\""),
        ("taskDefinition.cpu", "text or whole number | false | Revision | "),
        ("taskDefinition.containerDefinitions[].name", "text | true | Revision | "),
        ("loadBalancer.listeners.port", "whole number from 1 to 65535 | true | Update | "),
        ("repository.encryptionConfiguration", "map of fields | false | Replace | "),
        ("clusters.clusterName", "text | false | Replace | "),
        ("job.timeout", "text | false |  | "),
        ("existing.clusters.clusterName", "text | false |  | "),
        ("budget", "text | false |  | "),
        ("maxDeletes", "whole number from 0 | false |  | "),
        ("tags", "map of names to texts or list of maps of fields | false |  | "),
    ] {
        let path_and_rest = told(path);
        let (told, rest) = path_and_rest.split_once(" | ").unwrap();
        assert_eq!(rest, expected, "{path}, told as {told}");
    }
    assert_eq!(
        reference.topic("jobs.overrides[].containerOverrides").unwrap().path,
        "job.overrides.containerOverrides"
    );
}

#[test]
fn a_word_that_is_not_known_is_corrected() {
    let reference = Reference::default();
    let wrong = |path: &str| {
        let (message, hint) = reference.topic(path).unwrap_err();
        format!("{message}: {}", hint.unwrap_or_default())
    };
    assert_eq!(wrong("servise"), "lab.yaml has no `servise`: did you mean `service`?");
    assert_eq!(wrong("xyz"), "lab.yaml has no `xyz`: `labform explain` lists all that there is");
    assert_eq!(wrong("service.desiredcount"), "`service` has no field `desiredcount`: did you mean `desiredCount`?");
    assert_eq!(wrong("cluster.settings.x"), "`cluster.settings` has no field `x`: known here: `name`, `value`");
    assert!(wrong("cluster.clusterName.x").starts_with("`cluster.clusterName` has no field `x`"));
}

/// What an editor completes is what a reader finds.
#[test]
fn each_piece_is_a_schema_of_its_own() {
    let reference = Reference::default();
    let service = reference.topic("service").unwrap().schema;
    assert_eq!(service["$ref"], "#/$defs/Service");
    assert!(service["$defs"]["DeploymentConfiguration"].is_object());
    assert!(service["$defs"].get("Bucket").is_none());
    let count = reference.topic("service.desiredCount").unwrap().schema;
    assert_eq!(count["minimum"], 0);
    let sections = reference.topic("existing").unwrap().fields;
    assert!(sections.len() > 10 && sections.iter().all(|section| existing(&section.path).is_some()));
}
