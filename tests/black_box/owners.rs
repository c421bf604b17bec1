//! Whose an object is: revisions that somebody else registers, objects that are adopted, labs that aren't there.

use serde_json::{Value, json};

use crate::account::Account;

const FAMILY: &str = r#"
taskDefinitions:
  web: { family: LAB-web, cpu: 256, memory: 512, containerDefinitions: [{ name: web, image: "nginx:1.27" }] }
"#;
const GROUP: &str = "logGroups:\n  app: { logGroupName: /te/LAB, retentionInDays: 7 }\n";

#[test]
fn a_revision_of_a_ci_locks_nobody_out() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("owners", &[FAMILY]);
    account.apply();
    let containers = json!([{"name": "web", "image": "nginx:1.28"}]);
    let register = format!(
        "ecs register-task-definition --family owners-web --cpu 256 --memory 512 \
        --container-definitions {containers}"
    );
    account.aws(&register);
    let plan = account.labform(&["plan", "--detailed-exitcode"]).exits(2);
    let plan = plan.says("# (new revision: revision 2 was registered by arn:aws:");
    plan.says("# (AWS has changed since the last apply, lab.yaml hasn't)");
    account.apply();
    account.is_unchanged();
    account.aws(&register);

    account
        .labform(&["plan", "--destroy"])
        .exits(0)
        .says("stays, because it isn't the lab's: revision 2 was registered by arn:aws:");
    account.labform(&["destroy", "--yes"]).exits(0).says("spared  taskDefinition.web: revision 4 was registered by");
    let left = account.aws("ecs list-task-definitions --family-prefix owners-web --query taskDefinitionArns");
    let numbers: Vec<&str> = left.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    assert!(numbers.len() == 2 && numbers[0].ends_with(":2") && numbers[1].ends_with(":4"), "{left}");
    account.labform(&["destroy", "--yes"]).exits(0).says("No changes.");
}

#[test]
fn an_object_of_nobodys_is_adopted_and_one_with_an_owner_never() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("owners", &[GROUP]);
    account.labform(&["adopt", "logGroup.app"]).exits(4);
    account.labform(&["adopt", "logGroup.other"]).exits(5);

    account.aws("logs create-log-group --log-group-name /te/owners --tags course=aws");
    let refused = account.labform(&["apply", "--yes"]).exits(4);
    // The hint carries the options of the command along.
    assert!(refused.stderr.contains("`labform adopt logGroup.app --sandbox="), "{refused}");
    assert!(refused.stderr.contains("` makes it the lab's: it asks before"), "{refused}");
    let unasked = account.labform(&["adopt", "logGroup.app"]).exits(4);
    assert!(unasked.stdout.contains("tag course: aws") && unasked.stderr.contains("--yes"), "{unasked}");
    account.labform(&["adopt", "logGroup.app", "--yes", "--json"]).exits(0).says(r#""type":"adopted""#);
    let again = account.labform(&["adopt", "logGroup.app", "--yes"]).exits(0);
    assert!(again.stderr.contains("it is the lab's already"), "{again}");
    account.plans(&["logGroup.app will be updated in-place"]);
    account.apply();
    account.is_unchanged();

    // The lab was renamed: what the old one has stands in the way, and still costs money.
    account.folder.write("lab.yaml", &format!("lab: renamed\nregion: eu-west-1\n{}", GROUP.replace("LAB", "owners")));
    let renamed = account.labform(&["plan"]).exits(4);
    for words in [
        "it belongs to the lab `owners`",
        "what `owners` has is still there and costs money",
        "`labform labs --sandbox=",
    ] {
        assert!(renamed.stderr.contains(words), "{words}: {renamed}");
    }
    let owned = account.labform(&["adopt", "logGroup.app", "--yes"]).exits(4);
    assert!(owned.stderr.contains("isn't nobody's: it belongs to the lab `owners`"), "{owned}");
}

#[test]
fn a_lab_that_has_nothing_is_told_from_those_that_have() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("owners", &[GROUP]);
    account.apply();
    let typo = ["destroy", "--lab", "ownres", "--region", "eu-west-1", "--yes"];
    let nothing = account.labform(&typo).exits(0);
    assert!(
        nothing.stderr.contains(
            "the lab ownres has nothing in eu-west-1; labs with objects there, by AWS's tag index: owners (1)"
        )
    );
    account.labform(&[&typo[..], &["--must-exist"]].concat()).exits(7);
    account.labform(&["destroy", "--yes", "--must-exist"]).exits(0);
    account.labform(&["destroy", "--yes", "--must-exist"]).exits(7);
}
