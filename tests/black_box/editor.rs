//! What an editor is told of a lab.yaml is what `validate` says.

use std::process::Command;

use crate::emulator::Emulator;
use crate::labform::Folder;

/// Prints whether the lab fits the schema.
const FITS: &str = "
import json, sys, yaml, jsonschema
schema = json.load(open('schema.json'))
lab = yaml.safe_load(open('lab.yaml'))
print(jsonschema.Draft202012Validator(schema).is_valid(lab))
";

/// Mistakes that both refuse: what stands in the lab below its head, or in place of a line of it.
const MISTAKES: [(&str, &str); 16] = [
    ("lab: demo", "lab: My_Lab"),
    ("lab: demo", "lab: a-very-long-name-for-a-lab"),
    ("region: eu-west-1", "region: eu-west1"),
    ("region: eu-west-1", "region: Ireland"),
    ("# more", "accounts: [\"12\"]"),
    ("# more", "accounts: [123456789012]"),
    ("# more", "maxDeletes: -1"),
    ("# more", "clusterz: {}"),
    ("# more", "clusters: { a: { clusterNam: b } }"),
    ("# more", "clusters: { a: { clusterName: \"a b\" } }"),
    ("# more", "clusters: { \"a b\": {} }"),
    ("# more", "logGroups: { a: { retentionInDays: 8 } }"),
    ("# more", "logGroups: { a: { logGroupName: \"a b\" } }"),
    ("# more", "repositories: { a: { repositoryName: Web } }"),
    ("# more", "buckets: { a: { bucket: My_Bucket } }"),
    ("# more", "logGroups: { a: { retentionInDays: \"7\" } }"),
];

/// What both take.
const RIGHT: [&str; 4] = [
    "# nothing",
    "clusters: { a: { clusterName: \"${lab}-main\" } }",
    "logGroups: { a: { logGroupName: /ecs/web, retentionInDays: 7 }, b: { retentionInDays: 0 } }",
    "repositories: { a: { repositoryName: team/web } }",
];

#[test]
fn an_editor_refuses_what_validate_refuses() {
    let folder = Folder::empty();
    folder.write("schema.json", &folder.run(&["schema"]).exits(0).stdout);
    let both = |text: &str| {
        folder.write("lab.yaml", text);
        let fits = Command::new(Emulator::python()).args(["-c", FITS]).current_dir(folder.path()).output();
        let fits = fits.expect("Python starts");
        (folder.run(&["validate"]).code, String::from_utf8_lossy(&fits.stdout).trim().to_owned())
    };
    let head = "lab: demo\nregion: eu-west-1\nvpc: default\n# more\n";
    for (line, mistake) in MISTAKES {
        assert_eq!(both(&head.replace(line, mistake)), (Some(5), "False".to_owned()), "{mistake}");
    }
    for right in RIGHT {
        assert_eq!(both(&head.replace("# more", right)), (Some(0), "True".to_owned()), "{right}");
    }
}
