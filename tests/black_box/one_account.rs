//! Forty students in one account, as their teacher works with them: from a roster, by the time that is over, and one by one.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_smithy_async::rt::sleep::AsyncSleep as _;
use labform_account::{Pace, Sandbox};

use crate::account::Account;
use crate::embedded::FILE;
use crate::rosters::on_class;

const LAB: &str = r#"lab: "tp8-${var.student}"
region: eu-west-1
expires: "${var.time}"
vpc: default
variables: { student: {}, time: {} }
buckets: { images: { bucket: "${lab}-${account}" } }
logGroups: { app: { logGroupName: "/${lab}/app" } }
roles:
  task:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }
securityGroups:
  tasks: { ipPermissions: [{ ipProtocol: tcp, fromPort: 80, toPort: 80, ipRanges: [{ cidrIp: 0.0.0.0/0 }] }] }
clusters: { main: {} }
"#;
/// The objects of a lab.
const OBJECTS: usize = 5;

/// The account, without the server.
fn sandbox(account: &Account) -> Sandbox {
    Sandbox::open(&account.folder.path().join(FILE), Pace::Instant).expect("its file can be opened")
}

/// The labs of the account; each is whole.
fn labs(account: &Account) -> BTreeSet<String> {
    let items = sandbox(account).inventory().into_iter().filter(|item| item.tombstone.is_none());
    let labs: Vec<String> = items.filter_map(|item| item.tags.get("labform:lab").cloned()).collect();
    let names: BTreeSet<String> = labs.iter().cloned().collect();
    for name in &names {
        assert_eq!(labs.iter().filter(|lab| *lab == name).count(), OBJECTS, "{name}");
    }
    names
}

#[test]
fn forty_students_share_an_account_and_nobody_takes_anothers_lab() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    // The names of some begin with those of others, and every eighth is there for an hour.
    let time = |student: usize| if student.is_multiple_of(8) { "1h" } else { "3d" };
    let rows: String = (1..=40).map(|student| format!("s{student},{},{}\n", account.id, time(student))).collect();
    account.folder.write("class.csv", &format!("student,account,var.time\n{rows}"));
    account.labform(&on_class("apply --yes")).exits(0).says("40 of 40 done.");
    let mut expected: BTreeSet<String> = (1..=40).map(|student| format!("tp8-s{student}")).collect();
    assert_eq!(labs(&account), expected);

    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime starts")
        .block_on(sandbox(&account).sleep().sleep(Duration::from_secs(2 * 60 * 60)));
    let expired = ["destroy", "--expired", "--yes", "--account", account.id, "--regions", account.region];
    account.labform(&expired).exits(0);
    expected.retain(|lab| !["8", "16", "24", "32", "40"].iter().any(|number| *lab == format!("tp8-s{number}")));
    assert_eq!((labs(&account), expected.len()), (expected.clone(), 35));

    account.labform(&["destroy", "--yes", "--var", "student=s1", "--var", "time=3d"]).exits(0);
    account.labform(&["destroy", "--yes", "--lab", "tp8-s2", "--region", account.region]).exits(0);
    expected.retain(|lab| !["tp8-s1", "tp8-s2"].contains(&lab.as_str()));
    assert_eq!(labs(&account), expected);
    account.labform(&on_class("destroy --yes")).exits(0).says("40 of 40 clean.");
    assert_eq!(labs(&account), BTreeSet::new());
}
