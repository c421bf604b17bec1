//! The life of each kind (`tests/lives`) by the built command: created, edited, left alone, destroyed; and refused, with
//! nothing changed, where another person's object already has its name.
//!
//! `LABFORM_LIFE=KIND` tries the life of one kind only.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::{iter, thread};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::account::Account;
use crate::emulator::Emulator;
use crate::inventory::listed;
use crate::lives::{Life, changes, chosen};

/// Lives side by side have a region each: what one leaves is not taken for another's.
const REGIONS: [&str; 3] = ["eu-west-2", "eu-central-1", "us-west-2"];

/// What an account is known to do otherwise with a kind, and why. A test that meets another difference fails.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Difference {
    why: String,
    /// Whether it has no such kind.
    absent: bool,
    /// The number of edits that it carries out well; all if none is said.
    edits: Option<usize>,
}

impl Difference {
    fn of(life: &Life, account: &Account) -> Self {
        let mut all: BTreeMap<String, Self> = life.part("differs");
        let difference = all.remove(account.name).unwrap_or_default();
        if !difference.why.is_empty() {
            println!("{}: {}: {}", account.name, life.kind, difference.why);
        }
        difference
    }
}

/// Whether the account has the kind.
pub(crate) fn has(account: &Account, life: &Life) -> bool {
    !Difference::of(life, account).absent
}

/// Lives every life on accounts that `open` gives, a few side by side: each mostly waits.
fn each(open: impl Fn(&'static str) -> Account + Sync) {
    let attempt = |region, life: &Life| {
        let account = open(region);
        let difference = Difference::of(life, &account);
        if !difference.absent {
            for domain in life.domains() {
                account.aws(&format!("acm request-certificate --idempotency-token te --domain-name {domain}"));
            }
            live(&account, life, &difference);
            refuse_twin(&account, life);
        }
    };
    let queue = Mutex::new(chosen().into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let until_empty = |region| {
        let has_failed = |life: &Life| catch_unwind(AssertUnwindSafe(|| attempt(region, life))).is_err();
        iter::from_fn(next).filter(has_failed).collect::<Vec<_>>()
    };
    let failed: Vec<Life> = thread::scope(|scope| {
        let threads = REGIONS.map(|region| scope.spawn(move || until_empty(region)));
        threads.into_iter().flat_map(|thread| thread.join().expect("panics are caught")).collect()
    });
    let failed: Vec<&str> = failed.iter().map(|life| life.word.as_str()).collect();
    assert!(failed.is_empty(), "the lives of {failed:?}");
}

#[test]
fn each_kind_lives_on_the_embedded_account() {
    each(Account::embedded);
}

#[test]
fn each_kind_lives_on_moto() {
    each(|region| Account::emulated(Emulator::moto(), region));
}

#[test]
fn each_kind_lives_on_ministack() {
    each(|region| Account::emulated(Emulator::ministack(), region));
}

fn live(account: &Account, life: &Life, difference: &Difference) {
    let lab = format!("te-{}", life.word);
    let write = |text: &str| account.folder.write("lab.yaml", text);
    let made = life.first(&lab, account.region);
    write(&made);
    account.labform(&["validate"]).exits(0);
    account.apply();
    account.is_unchanged();
    let edits = life.edits(&lab, account.region);
    for (text, expected) in edits.into_iter().take(difference.edits.unwrap_or(usize::MAX)) {
        write(&text);
        if !expected.is_empty() {
            let plan = account.labform(&["plan", "--detailed-exitcode"]).exits(2);
            assert_eq!(changes(&plan.stdout), expected, "{}: {plan}", account.name);
            account.apply();
        }
        account.is_unchanged();
    }
    account.labform(&["destroy", "--yes"]).exits(0);
    account.labform(&["destroy", "--yes"]).exits(0).says("No changes.");
    let left = listed(account, life);
    assert!(!left.iter().any(|name| name.contains(&lab)), "{}: {left:?}", account.name);
    write(&made);
    let again = account.labform(&["plan", "--detailed-exitcode"]).exits(2);
    let verb = if life.part("comesBack") { "restored" } else { "created" };
    assert!(again.changes().contains(&format!("{} will be {verb}", life.address())), "{}: {again}", account.name);
}

fn refuse_twin(account: &Account, life: &Life) {
    let lab = format!("tw-{}", life.word);
    account.folder.write("lab.yaml", &life.base(&lab, account.region));
    account.apply();
    if !make_twin(account, life, &lab) {
        return;
    }
    let mut text: Value = serde_json::from_str(&life.first(&lab, account.region)).expect("it is JSON");
    text["logGroups"]["bystander"] = json!({ "logGroupName": format!("/te/{lab}/bystander") });
    account.folder.write("lab.yaml", &text.to_string());
    let refused = account.labform(&["apply", "--yes"]).exits(4);
    assert!(refused.stderr.contains(&life.address()), "{}: {refused}", account.name);
    let created =
        account.aws(&format!("logs describe-log-groups --log-group-name-prefix /te/{lab}/bystander --query logGroups"));
    assert_eq!(created, json!([]), "{}: {refused}", account.name);
}

/// Makes an object of the same name as another person would, by the AWS CLI. `$(…)` stands for what another command
/// answers. Whether there can be one.
pub(crate) fn make_twin(account: &Account, life: &Life, lab: &str) -> bool {
    let Some(twin) = life.part::<Option<String>>("twin") else { return false };
    let mut command =
        twin.replace("${lab}", lab).replace("${region}", account.region).replace("${account}", account.id);
    while let Some(at) = command.rfind("$(") {
        let end = at + command[at..].find(')').expect("what is opened is closed");
        let words = match account.aws(&command[at + 2..end]) {
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::String(word) => word,
            other => panic!("{command}: {other}"),
        };
        command.replace_range(at..=end, &words);
    }
    account.aws(&command);
    true
}
