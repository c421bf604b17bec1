//! `labform explain`, which asks nobody.

use serde_json::Value;

use crate::labform::Folder;
use labform::resources::KINDS;

#[test]
fn every_kind_is_explained_without_a_lab() {
    let folder = Folder::empty();
    let all = folder.run(&["explain"]).exits(0).stdout;
    for kind in KINDS {
        assert!(all.contains(&format!("\n  {} ", kind.kind())), "{}", kind.kind());
        let told = folder.run(&["explain", kind.section()]).exits(0).stdout;
        assert!(told.starts_with(kind.kind()) && told.contains("\nFields"), "{told}");
    }
    let field = folder.run(&["explain", "taskDefinition.containerDefinitions.healthCheck.interval"]).exits(0).stdout;
    assert!(field.contains("Default 30; a change makes a new revision.\n"), "{field}");
}

#[test]
fn a_piece_of_the_schema_is_printed_for_programs() {
    let folder = Folder::empty();
    let read =
        |args: &[&str]| -> Value { serde_json::from_str(&folder.run(args).exits(0).stdout).expect("it is JSON") };
    let (whole, kind) = (read(&["schema"]), read(&["explain", "services", "--json"]));
    assert_eq!(kind["$defs"]["Service"], whole["$defs"]["Service"]);
    assert_eq!(read(&["explain", "--json"]), whole);
    let field = read(&["explain", "service.desiredCount", "--json"]);
    assert_eq!(field, whole["$defs"]["Service"]["properties"]["desiredCount"]);
}

#[test]
fn a_wrong_word_is_corrected() {
    let folder = Folder::empty();
    for (word, hint) in [("servise", "`service`?"), ("service.loadBalancer", "`loadBalancers`?")] {
        let told = folder.run(&["explain", word]).exits(64).stderr;
        assert!(told.contains(&format!("did you mean {hint}")), "{told}");
    }
}
