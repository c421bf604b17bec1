//! Documents that stand in files of their own.

use super::*;

const TASK: &str = r#"{
	"family": "from-file",
	"networkMode": "awsvpc",
	"cpu": "256", "memory": "512",
	"requiresCompatibilities": ["FARGATE"],
	"containerDefinitions": [
		{"name": "web", "image": "public.ecr.aws\/nginx\/nginx:stable"}
	],
	"tags": [{"key": "from", "value": "file"}]
}
"#;

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
]}"#;

#[test]
fn documents_may_stand_in_files() {
    let text = format!(
        "{HEAD}taskDefinitions:\n  web: {{ file: td.json, phase: web }}\nroles:\n  r: \
         {{ assumeRolePolicyDocument: {{ file: trust.json }} }}\n"
    );
    let files = [("td.json", TASK), ("trust.json", TRUST)];
    let lab = read(&text, &files).unwrap_or_else(|errors| panic!("{errors}"));
    let task = &lab.nodes[&Address::new("taskDefinition", "web")];
    assert_eq!((task.name.as_str(), task.phase.as_deref()), ("from-file", Some("web")));
    assert_eq!(task.tags["from"], "file");
    let role = &lab.nodes[&Address::new("role", "r")];
    assert_eq!(role.value["assumeRolePolicyDocument"]["Version"], "2012-10-17");
}

#[test]
fn an_error_in_a_file_names_that_file() {
    let text = format!("{HEAD}taskDefinitions:\n  web: {{ file: td.json }}\n");
    let wrong = TASK.replace("\"image\"", "\"imag\"");
    insta::assert_snapshot!(errors_with(&text, &[("td.json", &wrong)]), @r#"
    td.json:7:19: taskDefinition.web: unknown field `imag`
      |
    7 |   {"name": "web", "imag": "public.ecr.aws\/nginx\/nginx:stable"}
      |                   ^^^^^^
      = did you mean `image`?
    "#);
    insta::assert_snapshot!(errors_with(&text, &[("td.json", &TASK[..TASK.len() - 3])]), @"
    td.json:1:1: this bracket has no end
      |
    1 | {
      | ^
      = write the bracket that ends it
    ");
    insta::assert_snapshot!(errors_with(&text, &[("td.json", "[1]")]), @"
    lab.yaml:5:16: a resource is a map, and the file holds a list
      |
    5 |   web: { file: td.json }
      |                ^^^^^^^
    ");
    insta::assert_snapshot!(below_head("buckets: { a: { file: ../b.json } }\nroles: { r: { assumeRolePolicyDocument: { file: t.json } } }\n"), @"
    lab.yaml:4:23: can't read `../b.json`: it leads out of the lab's folder
      |
    4 | buckets: { a: { file: ../b.json } }
      |                       ^^^^^^^^^
      = paths start at the folder of lab.yaml

    lab.yaml:5:49: can't read `t.json`: no such file
      |
    5 | roles: { r: { assumeRolePolicyDocument: { file: t.json } } }
      |                                                 ^^^^^^
      = paths start at the folder of lab.yaml
    ");
}

/// A pasted definition gets the lab's own image, role and log group, wherever it was pasted from.
#[test]
fn what_lab_yaml_says_lies_over_the_file() {
    let text = format!(
        "{HEAD}tags: {{ all: \"1\" }}\ntaskDefinitions:\n  web:\n    file: .aws/task-definition.json\n    cpu: 512\n    memory: 1024\n    \
         tags: {{ from: lab, more: \"2\" }}\n    containerDefinitions:\n      - {{ name: web, image: \"mine:2\", environment: [{{ name: A, \
         value: x }}] }}\n      - {{ name: second, image: \"other:1\" }}\n"
    );
    let file = TASK.replace(
        "\"image\"",
        r#""command": ["a", "b"], "environment": [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}], "image""#,
    );
    let wrapped = format!("{{\"taskDefinition\": {file}, \"tags\": []}}");
    for file in [file, wrapped] {
        let lab = read(&text, &[(".aws/task-definition.json", &file)]).unwrap_or_else(|errors| panic!("{errors}"));
        let task = &lab.nodes[&Address::new("taskDefinition", "web")];
        let containers = serde_json::json!([
            {"name": "web", "image": "mine:2", "command": ["a", "b"],
                "environment": [{"name": "A", "value": "x"}, {"name": "B", "value": "b"}]},
            {"name": "second", "image": "other:1"},
        ]);
        assert_eq!(task.value["containerDefinitions"], containers);
        assert_eq!((&task.value["cpu"], &task.value["family"]), (&512.into(), &"from-file".into()));
        assert_eq!((task.tags["from"].as_str(), task.tags["more"].as_str()), ("lab", "2"));
    }
}
