//! The certificate of a destroy, for whoever reads the bill: what was deleted, what was left behind, and why.

use std::fmt::Display;
use std::io::{self, Write};
use std::time::SystemTime;

use super::style::{BOLD, DIM, GREEN, RED, YELLOW, counted, named_in, paint, visible};
use super::wrap::write_wrapped;
use crate::apply::{Destroyed, Remedy};
use crate::live::Unlisted;
use crate::model::Address;
use crate::plan::{Change, Plan, Scope};
use crate::resource::Fate;

/// The column at which a line goes on.
const INDENT: usize = 10;

/// Writes the certificate of a destroy that ended at `at`.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_certificate(
    out: &mut dyn Write,
    plan: &Plan,
    scope: &Scope,
    destroyed: &Destroyed,
    at: SystemTime,
) -> io::Result<()> {
    let place = &plan.others.place;
    let at = humantime::format_rfc3339_seconds(at);
    let [lab, account, region] = [&place.lab, &place.account, &place.region].map(visible);
    writeln!(out)?;
    let heading = format!("{} ", paint(BOLD, "Account check:"));
    write_wrapped(out, &heading, &format!("lab {lab}, account {account}, region {region}, {at}"), 2)?;
    for change in plan.changes.iter().filter(|change| destroyed.is_gone(&change.address)) {
        let Change { address, name, ids, .. } = change;
        write_object(out, paint(GREEN, "deleted"), address, name, ids)?;
    }
    for change in plan.changes.iter().filter(|change| destroyed.is_gone(&change.address)) {
        for beside in change.beside.iter().filter(|beside| beside.fate == Fate::Stays) {
            let words = format!("{}: {}: it isn't the lab's", visible(&change.address), visible(&beside.what));
            write_wrapped(out, &format!("  {}  ", paint(YELLOW, "spared")), &words, INDENT)?;
        }
    }
    for left in &destroyed.left {
        write_object(out, paint(RED, "left   "), &left.address, &left.name, &left.ids)?;
        // A command in it has to stay whole.
        writeln!(out, "{:INDENT$}{}", "", visible(&left.why))?;
    }
    for kept in &plan.kept {
        write_object(out, paint(YELLOW, "kept   "), &kept.address, &kept.name, &kept.ids)?;
        writeln!(out, "{:INDENT$}{}", "", visible(&kept.reason))?;
    }
    if !plan.kept.is_empty() {
        writeln!(
            out,
            "{} kept: to let them go, have them in lab.yaml without `protect: true` and apply, then destroy.",
            counted(plan.kept.len(), "object")
        )?;
    }
    if destroyed.ghosts > 0 {
        let count = counted(destroyed.ghosts, "object");
        writeln!(out, "AWS's tag index still lists {count} that AWS has deleted or made INACTIVE.")?;
    }
    if let Some(words) = unlisted(&destroyed.unlisted) {
        write_wrapped(out, "", &words, 2)?;
    }
    let nothing = match (plan.kept.is_empty() && destroyed.unlisted.is_empty(), &scope.chosen) {
        (true, None) => "Nothing of the lab",
        (false, None) => "Nothing else of the lab",
        (true, Some(_)) => "Nothing of what was chosen",
        (false, Some(_)) => "Nothing else of what was chosen",
    };
    match destroyed.left.len() {
        0 => writeln!(out, "{nothing} is left, by name and by owner tag, in every service."),
        some if destroyed.left.iter().all(|left| left.remedy == Remedy::Again) => {
            writeln!(out, "{} left: run `labform destroy` again, and it goes on from here.", counted(some, "object"))
        }
        some => {
            writeln!(out, "{} left: mend the above, then `labform destroy` goes on from here.", counted(some, "object"))
        }
    }
}

/// The words that nothing of these kinds was looked for, and why, as AWS says of the first; none if there are none.
pub fn unlisted(kinds: &[Unlisted]) -> Option<String> {
    let why = &kinds.first()?.error;
    let sections: Vec<_> = kinds.iter().map(|one| one.kind.section()).collect();
    let sections = sections.join(", ");
    Some(format!("{sections}: not looked for, because AWS doesn't list them for you: {}", visible(why)))
}

/// Writes what became of an object, with its id unless the name says it all: account and region stand above.
fn write_object(
    out: &mut dyn Write,
    word: impl Display,
    address: &Address,
    name: &str,
    ids: &[String],
) -> io::Result<()> {
    let id = ids.iter().find(|id| *id != name).map(|id| named_in(id)).filter(|id| !id.ends_with(name));
    let id = id.map(|id| format!(" {}", paint(DIM, visible(id)))).unwrap_or_default();
    write_wrapped(out, &format!("  {word} "), &format!("{} \"{}\"{id}", visible(address), visible(name)), INDENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::{Left, Outcome};
    use crate::cloud::CloudError;
    use crate::plan::{Action, Kept, Op};
    use crate::report::testing::{change, lab_plan, plain};
    use crate::resources::kind;
    use std::time::Duration;

    fn certificate(left: Vec<Left>, kept: Vec<Kept>) -> String {
        certified(kept, Destroyed { left, ..Destroyed::default() })
    }

    fn certified(kept: Vec<Kept>, destroyed: Destroyed) -> String {
        let mut group = change("securityGroup.web", "web", Action::Delete);
        group.ids = vec!["sg-1".to_owned()];
        let plan = Plan { kept, ..lab_plan(vec![group, change("logGroup.web", "/ecs/web", Action::Delete)]) };
        let addresses = ["securityGroup.web", "logGroup.web"];
        let done = addresses.map(|text| (text.parse().unwrap(), Op::Delete));
        let outcome = Outcome { done: done.to_vec(), ..Outcome::default() };
        let destroyed = Destroyed { outcome, ..destroyed };
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut out = Vec::new();
        write_certificate(&mut out, &plan, &Scope::all(), &destroyed, at).unwrap();
        plain(&out)
    }

    #[test]
    fn it_says_what_is_gone_and_what_is_left() {
        insta::assert_snapshot!(certificate(Vec::new(), Vec::new()), @r#"

        Account check: lab ecs-lab, account 123456789012, region eu-west-1,
          2027-01-15T08:00:00Z
          deleted securityGroup.web "web" sg-1
          deleted logGroup.web "/ecs/web"
        Nothing of the lab is left, by name and by owner tag, in every service.
        "#);
        let left = Left {
            address: "logGroup.web".parse().unwrap(),
            name: "/ecs/web".to_owned(),
            ids: vec!["/ecs/web".to_owned()],
            why: "it came back without the lab's owner tag: something still writes to it".to_owned(),
            remedy: Remedy::Mend,
        };
        insta::assert_snapshot!(certificate(vec![left], Vec::new()), @r#"

        Account check: lab ecs-lab, account 123456789012, region eu-west-1,
          2027-01-15T08:00:00Z
          deleted securityGroup.web "web" sg-1
          left    logGroup.web "/ecs/web"
                  it came back without the lab's owner tag: something still writes to it
        1 object left: mend the above, then `labform destroy` goes on from here.
        "#);
        let kept = Kept {
            address: "repository.web".parse().unwrap(),
            name: "web".to_owned(),
            ids: Vec::new(),
            reason: "it is protected".to_owned(),
        };
        insta::assert_snapshot!(certificate(Vec::new(), vec![kept]), @r#"

        Account check: lab ecs-lab, account 123456789012, region eu-west-1,
          2027-01-15T08:00:00Z
          deleted securityGroup.web "web" sg-1
          deleted logGroup.web "/ecs/web"
          kept    repository.web "web"
                  it is protected
        1 object kept: to let them go, have them in lab.yaml without `protect: true` and apply, then destroy.
        Nothing else of the lab is left, by name and by owner tag, in every service.
        "#);
        let error = CloudError::answered(
            "ListRoles",
            "AccessDenied",
            "User: arn:aws:sts::123456789012:assumed-role/voclabs/me is not authorized to perform: iam:ListRoles",
        );
        let unlisted = vec![Unlisted { kind: kind("role").unwrap(), error }];
        insta::assert_snapshot!(certified(Vec::new(), Destroyed { unlisted, ..Destroyed::default() }), @r#"

        Account check: lab ecs-lab, account 123456789012, region eu-west-1,
          2027-01-15T08:00:00Z
          deleted securityGroup.web "web" sg-1
          deleted logGroup.web "/ecs/web"
        roles: not looked for, because AWS doesn't list them for you: ListRoles:
          AccessDenied: User: arn:aws:sts::123456789012:assumed-role/voclabs/me is not
          authorized to perform: iam:ListRoles
        Nothing else of the lab is left, by name and by owner tag, in every service.
        "#);
    }
}
