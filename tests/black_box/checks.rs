//! `labform check`: points for people, for graders and for CI.

use serde_json::Value;

use crate::account::Account;

const LAB: &str = r#"
logGroups:
  it: { logGroupName: /te/LAB }
checks:
  answer: { description: "The answer is kept", points: 2, file: { path: answer.txt, contains: "42" } }
  program: { points: 0.5, command: [test, -f, lab.yaml] }
  log: { log: { logGroup: it, contains: "hello" } }
"#;

#[test]
fn points_are_those_of_what_is_there() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("checks", &[LAB]);
    let none = account.labform(&["check"]).exits(1);
    assert!(none.stdout.contains("Points: 0 of 3.5"), "{none}");
    assert!(none.stdout.contains("programs run with `--allow-commands` only"), "{none}");
    account.apply();
    account.folder.write("answer.txt", "42\n");
    let half = account.labform(&["check", "--allow-commands"]).exits(3);
    assert!(half.stdout.contains("Points: 2.5 of 3.5"), "{half}");
    assert!(half.stdout.contains("no line of /te/checks holds it"), "{half}");
    let whole = account.labform(&["check", "--allow-commands", "check.program", "answer"]).exits(0);
    assert!(whole.stdout.contains("Points: 2.5 of 2.5"), "{whole}");
}

#[test]
fn graders_and_ci_get_their_own_forms() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("checks", &[LAB]);
    let read = |file: &str| std::fs::read_to_string(account.folder.path().join(file)).unwrap();
    let scores = |file: &str| serde_json::from_str::<Value>(&read(file)).unwrap()["score"].clone();
    account.folder.write("answer.txt", "42\n");
    account.labform(&["check", "--format", "gradescope", "--out", "out/results.json"]).exits(1);
    assert_eq!(scores("out/results.json"), 2.0);
    account.labform(&["check", "--format", "prairielearn", "--out", "out/results.json"]).exits(1);
    assert!((scores("out/results.json").as_f64().unwrap() - 2.0 / 3.5).abs() < 1e-9);
    let junit = account.labform(&["check", "--format", "junit", "answer"]).exits(0);
    assert!(junit.stdout.contains("tests=\"1\" failures=\"0\""), "{junit}");
    // A file that labform didn't write stays as it is.
    account.labform(&["check", "--format", "csv", "--out", "answer.txt"]).exits(4);
    assert_eq!(read("answer.txt"), "42\n");
    let wrong = account.labform(&["check", "anwser"]).exits(5);
    assert!(wrong.stderr.contains("did you mean `answer`?"), "{wrong}");
    let policy: Value = serde_json::from_str(&account.labform(&["policy", "check"]).exits(0).stdout).unwrap();
    let text = policy.to_string();
    assert!(text.contains("logs:FilterLogEvents") && !text.contains("tag:GetResources"), "{text}");
}
