//! What stands on the screen before a change, and what programs read.

use std::process::Command;

use serde_json::Value;

use crate::account::Account;
use crate::lab8;
use crate::labform::{Folder, watch};

const GROUP: &str = "logGroups:\n  it: { logGroupName: /te/LAB }\n";

/// Starts a command on a terminal, types `yes` before it has asked and the second argument once it has, and prints all.
const TERMINAL: &str = r#"
import os, pty, sys
pid, end = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
os.write(end, b"yes\n")
seen, answered = b"", False
while True:
    try:
        part = os.read(end, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if not answered and seen.endswith(b"> "):
        answered = True
        os.write(end, sys.argv[1].encode() + b"\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

/// Runs `labform ARGS` on a terminal, and answers its question. Returns the exit code and the screen.
fn on_terminal(account: &Account, answer: &str, args: &[&str]) -> (Option<i32>, String) {
    let labform = account.command(args);
    let mut terminal = Command::new("python3");
    terminal.args(["-c", TERMINAL, answer]).arg(labform.get_program()).args(labform.get_args());
    terminal.env_clear().envs(labform.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "dumb");
    terminal.current_dir(account.folder.path());
    let output = terminal.output().expect("Python starts");
    (output.status.code(), String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

#[test]
fn the_question_says_where_and_as_whom_and_takes_no_answer_from_before() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("asks", &[GROUP, "clusters: { main: {} }\n"]);
    let (code, screen) = on_terminal(&account, "no", &["apply"]);
    assert_eq!(code, Some(4), "what was typed before was taken for the answer: {screen}");
    for words in [
        "\n  + cluster.main  asks-main\n",
        "\n  + logGroup.it   /te/asks\n",
        "Do this?\n  in account 123456789012, region eu-west-1\n  on the embedded account in ",
        ", not AWS\n  as arn:aws:",
        "Only 'yes' is accepted.",
    ] {
        assert!(screen.contains(words), "{words:?}: {screen}");
    }
    assert!(
        screen.lines().skip_while(|line| !line.starts_with("Plan:")).all(|line| line.chars().count() < 120),
        "{screen}"
    );
    let (code, screen) = on_terminal(&account, "yes", &["apply"]);
    assert_eq!(code, Some(0), "{screen}");
    let (code, screen) = on_terminal(&account, "yes", &["destroy"]);
    assert_eq!(code, Some(4), "only the lab's name is accepted: {screen}");
    assert!(screen.contains("Only 'asks' is accepted."), "{screen}");
}

#[test]
fn a_job_whose_lab_is_gone_asks_before_it_makes_it_again() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    let (code, screen) = on_terminal(&account, "no", &["run", "classifier"]);
    assert_eq!(code, Some(4), "{screen}");
    assert!(screen.contains("Make the above, and then run the job?"), "{screen}");
    assert_eq!(account.aws("ecs list-clusters --query clusterArns"), serde_json::json!([]));
}

/// What is wrong with a line by the schema that labform prints itself.
pub(crate) fn problem(schema: &Value, line: &Value) -> Option<String> {
    let kinds = schema["anyOf"].as_array()?;
    let Some(kind) = kinds.iter().find(|kind| kind["properties"]["type"]["const"] == line["type"]) else {
        return Some(format!("no such type: {line}"));
    };
    let missing = kind["required"].as_array()?.iter().filter_map(Value::as_str).find(|field| line.get(field).is_none());
    if let Some(field) = missing {
        return Some(format!("no {field}: {line}"));
    }
    let form = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    kind["properties"].as_object()?.iter().find_map(|(field, wanted)| {
        let wanted: Vec<&str> = wanted["type"].as_array()?.iter().filter_map(Value::as_str).collect();
        let found = form(line.get(field)?);
        let fits = wanted.contains(&found) || found == "number" && wanted.contains(&"integer");
        (!fits).then(|| format!("{field} is of type {found}: {line}"))
    })
}

#[test]
fn all_lines_for_programs_are_as_the_schema_says() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    let schema: Value = serde_json::from_str(&account.folder.run(&["schema", "--json-lines"]).exits(0).stdout).unwrap();
    let mut seen = Vec::new();
    for words in [
        "validate",
        "graph",
        "policy",
        "plan",
        "apply --yes",
        "status",
        "run classifier",
        "logs --since 1h",
        "plan",
        "destroy --yes --phase web",
        "destroy --yes --empty",
        "destroy --yes",
    ] {
        let args: Vec<&str> = words.split(' ').chain(["--json"]).collect();
        let run = account.labform(&args).exits(0);
        for line in run.stdout.lines() {
            let line: Value = serde_json::from_str(line).expect("a line is one object");
            assert_eq!(problem(&schema, &line), None, "{run}");
            seen.push(line);
        }
    }
    account.aws("logs create-log-group --log-group-name /te/adopts");
    account.write_lab("adopts", &[GROUP, "checks:\n  there: { log: { logGroup: it, contains: no } }\n"]);
    let adopted = account.labform(&["adopt", "logGroup.it", "--yes", "--json"]).exits(0).stdout;
    let checked = account.labform(&["check", "--json"]).exits(3).stdout;
    for line in adopted.lines().chain(checked.lines()) {
        let line: Value = serde_json::from_str(line).expect("a line is one object");
        assert_eq!(problem(&schema, &line), None);
        seen.push(line);
    }
    account.folder.write("lab.yaml", "lab: codes\nregion: eu-west1\nclusters: { a: { clusterNam: b } }\n");
    let wrong = account.labform(&["validate", "--json"]).exits(5);
    let places = wrong.stdout.lines().skip(1).map(|line| {
        let line: Value = serde_json::from_str(line).expect("a line is one object");
        assert_eq!(problem(&schema, &line), None, "{wrong}");
        (line["line"].as_u64(), line["column"].as_u64(), line["severity"].as_str().map(str::to_owned))
    });
    let error = || Some("error".to_owned());
    assert_eq!(places.collect::<Vec<_>>(), [(Some(2), Some(9), error()), (Some(3), Some(18), error())], "{wrong}");
    let of = |name: &str| seen.iter().filter(|line| line["type"] == name).collect::<Vec<_>>();
    assert!(of("apply_complete").iter().all(|line| line["time"].as_str().is_some_and(|time| time.ends_with('Z'))));
    let adopted = |name: &str| of(name).iter().map(|line| line["address"].clone()).collect::<Vec<_>>();
    assert_eq!((adopted("to_adopt"), adopted("adopted")), (vec!["logGroup.it".into()], vec!["logGroup.it".into()]));
    assert!(of("change_summary").iter().all(|line| line["took"].is_number() == (line["operation"] != "plan")));
    let certificates = of("certificate");
    assert!(certificates.iter().all(|line| line["whole"] == true && line["account"] == "123456789012"));
    assert_eq!(certificates.len(), 2, "a destroy that finds nothing has none");
    assert!(!certificates[0]["deleted"].as_array().unwrap().is_empty());
}

/// Outputs are one plain object, which `jq -r .url` takes: the schema of the lines says so.
#[test]
fn outputs_are_one_object_of_names_and_values() {
    let account = Account::embedded("eu-west-1");
    let outputs =
        "outputs: { group: \"${logGroups.it.name}\", arn: \"${clusters.main.arn}\" }\nclusters: { main: {} }\n";
    account.write_lab("outputs", &[GROUP, outputs]);
    let print = |args: &[&str]| -> Value {
        let run = account.labform(args).exits(0);
        serde_json::from_str(&run.stdout).expect("it is one value")
    };
    let before = print(&["output", "--json"]);
    account.apply();
    let after = print(&["output", "--json"]);
    let schema = print(&["schema", "--json-lines"]);
    let form = &schema["$defs"]["outputs"]["additionalProperties"]["type"];
    assert_eq!(form, &serde_json::json!(["string", "null"]));
    let arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/outputs-main";
    assert_eq!(before["group"], "/te/outputs", "a name is known before");
    assert_eq!(after, serde_json::json!({ "group": "/te/outputs", "arn": arn }));
    assert_eq!(print(&["output", "arn", "--json"]), arn);
    let wrong = account.labform(&["output", "ran", "--json"]).exits(5);
    assert_eq!(wrong.stdout, "", "{wrong}");
}

#[test]
fn github_shows_each_fault_at_its_line() {
    let folder = Folder::empty();
    folder.write("lab.yaml", "lab: codes\nregion: eu-west-1\nclusters: { a: { clusterNam: b } }\n");
    let mut command = folder.command(&["validate"]);
    command.env("GITHUB_ACTIONS", "true");
    let run = watch(command, &mut || None).exits(5);
    let annotation =
        "::error file=lab.yaml,line=3,col=18::cluster.a: unknown field `clusterNam`%0Adid you mean `clusterName`?";
    assert!(run.stderr.lines().any(|line| line == annotation), "{run}");
    let run = folder.run(&["validate"]).exits(5);
    assert!(!run.stderr.contains("::error"), "{run}");
}

#[test]
fn passwords_on_the_command_line_are_not_repeated() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    let set = account.labform(&["run", "classifier", "--set", "DB_PASSWORD hunter2"]).exits(64);
    assert!(!set.stderr.contains("hunter2"), "{set}");
    let folder = Folder::empty();
    folder.write("lab.yaml", &format!("lab: codes\nregion: eu-west-1\n{GROUP}"));
    let url = "http://app:hunter2@127.0.0.1:1";
    for args in
        [&["plan", "--endpoint-url", url][..], &["plan", "--endpoint-url", "http://127.0.0.1:1", "--registry-url", url]]
    {
        let run = folder.run(args);
        assert!(!run.stderr.contains("hunter2") && !run.stdout.contains("hunter2"), "{run}");
    }
}

#[test]
fn a_policy_is_split_into_documents_that_fit() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    account.folder.run(&["policy", "--split", "policies"]).exits(0).says("policies/apply-1.json");
    account.folder.run(&["policy", "--split", "policies"]).exits(0);
    for file in std::fs::read_dir(account.folder.path().join("policies")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        assert!(document.to_string().chars().count() <= 6144);
    }
}
