//! One resource of each kind on each account: created, changed, left alone, deleted; and refused, with nothing changed,
//! where another person's object already has its name.

use crate::account::Account;
use crate::differences::{Step, differs};
use crate::lives::{LIVES, Life, REPLACED};

const REGION: &str = "eu-west-2";

macro_rules! lives {
    ($($test:ident $kind:literal)*) => {$(
        #[test]
        fn $test() {
            let life = LIVES.iter().find(|life| life.kind == $kind).expect("the kind is in the table");
            for account in Account::each(REGION) {
                live(&account, life);
                refuse_twin(&account, life);
            }
        }
    )*};
}

lives! {
    log_group "logGroup"
    bucket "bucket"
    repository "repository"
    role "role"
    security_group "securityGroup"
    target_group "targetGroup"
    load_balancer "loadBalancer"
    listener "listener"
    cluster "cluster"
    task_definition "taskDefinition"
    service "service"
}

fn live(account: &Account, life: &Life) {
    let lab = format!("te-{}", life.kind.to_lowercase());
    let address = life.address;

    account.write_lab(&lab, &[life.base, life.own]);
    account.apply();
    account.is_unchanged();

    if life.becomes != REPLACED || !differs(account, Step::GroupIsFoundByPattern) {
        let (from, to) = life.edit;
        assert!(life.own.contains(from), "{}: {from}", life.kind);
        account.write_lab(&lab, &[life.base, &life.own.replace(from, to)]);
        account.plans(&[&format!("{address} {}", life.becomes)]);
        account.apply();
        account.is_unchanged();
    }

    account.labform(&["destroy", "--yes"]).exits(0);
    let again = account.labform(&["plan", "--detailed-exitcode"]).exits(2);
    assert!(again.changes().contains(&format!("{address} will be created")), "{}: {again}", account.name);
}

fn refuse_twin(account: &Account, life: &Life) {
    let lab = format!("tw-{}", life.kind.to_lowercase());
    let address = life.address;
    if !life.base.is_empty() {
        account.write_lab(&lab, &[life.base]);
        account.apply();
    }
    (life.twin)(account, &lab);

    let bystander = "  bystander: { logGroupName: /te/LAB/bystander }\n";
    let section = if life.kind == "logGroup" { "" } else { "logGroups:\n" };
    account.write_lab(&lab, &[life.base, life.own, section, bystander]);
    let refused = account.labform(&["apply", "--yes"]).exits(4);
    assert!(refused.stderr.contains(address), "{}: {refused}", account.name);
    let created =
        account.aws(&format!("logs describe-log-groups --log-group-name-prefix /te/{lab}/bystander --query logGroups"));
    assert_eq!(created, serde_json::json!([]), "{}: {refused}", account.name);
}
