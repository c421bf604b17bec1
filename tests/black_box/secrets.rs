//! Secrets, and parameters that are secret: made up or given, told apart by their versions, and shown nowhere.

use crate::account::Account;
use crate::emulator::Emulator;
use crate::labform::Run;

const SECTIONS: &str = r#"
secrets:
  made: { name: LAB-made, description: made up by AWS, generateSecretString: { excludePunctuation: true } }
  given: { name: LAB-given, secretString: { file: given.secret } }
"#;
const VALUES: [&str; 2] = ["correct-horse-battery", "staple-of-another-day"];

/// Runs `labform ARGS`, and asserts that no value is in anything that it says.
#[track_caller]
fn labform(account: &Account, args: &[&str]) -> Run {
    let run = account.labform(args);
    for text in [&run.stdout, &run.stderr] {
        assert!(VALUES.iter().all(|value| !text.contains(value)), "{args:?} shows a value:\n{text}");
    }
    run
}

fn value(account: &Account, id: &str) -> String {
    account.text(&format!("secretsmanager get-secret-value --secret-id {id} --query SecretString"))
}

fn lives(account: &Account) {
    let lab = "keeps";
    let apply = || labform(account, &["apply", "--yes"]).exits(0);
    account.write_lab(lab, &[SECTIONS]);
    let refused = labform(account, &["plan"]).exits(5);
    assert!(refused.stderr.contains("put the value into `given.secret`"), "{refused}");
    account.folder.write("given.secret", VALUES[0]);
    apply();
    account.is_unchanged();
    assert_eq!(value(account, "keeps-given"), VALUES[0]);
    let made = value(account, "keeps-made");
    assert_eq!(made.len(), 32);

    // A value is seen by its version; AWS's own stays through every edit.
    account.folder.write("given.secret", VALUES[1]);
    account.write_lab(lab, &[&SECTIONS.replace("made up by AWS", "nobody knows it")]);
    account.plans(&["secret.given will be updated in-place", "secret.made will be updated in-place"]);
    apply();
    account.is_unchanged();
    assert_eq!((value(account, "keeps-given"), value(account, "keeps-made")), (VALUES[1].to_owned(), made.clone()));

    // AWS keeps what is deleted for 30 days, and its name with it.
    labform(account, &["destroy", "--yes"]).exits(0);
    account.plans(&["secret.given will be restored", "secret.made will be restored"]);
    apply();
    account.is_unchanged();
    assert_eq!((value(account, "keeps-given"), value(account, "keeps-made")), (VALUES[1].to_owned(), made));
    labform(account, &["destroy", "--yes"]).exits(0);
}

/// moto says no ARN in DescribeParameters, and so takes no tags for one.
#[test]
fn secret_parameters_live_on_the_embedded_account() {
    let account = Account::embedded("eu-west-1");
    let apply = || labform(&account, &["apply", "--yes"]).exits(0);
    let parameter = || account.text("ssm get-parameter --name /keeps/it --with-decryption --query Parameter.Value");
    account.write_lab("keeps", &["parameters: { it: { type: SecureString, value: { file: given.secret } } }"]);
    for (value, verb) in VALUES.into_iter().zip(["created", "updated in-place"]) {
        account.folder.write("given.secret", value);
        account.plans(&[&format!("parameter.it will be {verb}")]);
        apply();
        account.is_unchanged();
        assert_eq!(parameter(), value);
    }
    // Whoever changes the value elsewhere makes a version that no tag names.
    account.aws("ssm put-parameter --name /keeps/it --overwrite --value another");
    account.plans(&["parameter.it will be updated in-place"]);
    apply();
    assert_eq!(parameter(), VALUES[1]);
    labform(&account, &["destroy", "--yes"]).exits(0);
}

#[test]
fn secrets_live_on_the_embedded_account() {
    lives(&Account::embedded("eu-west-1"));
}

#[test]
fn secrets_live_on_moto() {
    lives(&Account::emulated(Emulator::moto(), "eu-north-1"));
}
