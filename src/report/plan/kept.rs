//! The objects that a plan leaves: those that it keeps, and why, and those that aren't the lab's.

use std::io::{self, Write};

use super::super::style::{BOLD, counted, paint, visible};
use super::super::wrap::write_wrapped;
use super::flow_name;
use crate::plan::{Kept, LookedUp};

/// Writes what stays although it would go, and why.
pub(super) fn write_kept(out: &mut dyn Write, kept: &[Kept]) -> io::Result<()> {
    writeln!(out, "{} will be kept:", paint(BOLD, counted(kept.len(), "object")))?;
    for Kept { address, name, reason, .. } in kept {
        let (address, name) = (visible(address), flow_name(name));
        writeln!(out, "    {address} {name}: {}", visible(reason))?;
    }
    Ok(())
}

/// Writes what the lab uses and doesn't own, with the id of each.
pub(super) fn write_looked_up(out: &mut dyn Write, looked_up: &[LookedUp]) -> io::Result<()> {
    let are = if looked_up.len() == 1 { "is" } else { "are" };
    writeln!(out, "{} {are} looked up, and left:", paint(BOLD, counted(looked_up.len(), "object")))?;
    for LookedUp { address, name, ids } in looked_up {
        let id = ids.iter().find(|id| *id != name).map(|id| format!(": {}", visible(id))).unwrap_or_default();
        write_wrapped(out, "    ", &format!("{} {}{id}", visible(address), flow_name(name)), 6)?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, Change, Plan, Scope};
    use crate::report::plan::{Purpose, write_plan};
    use crate::report::testing::{change, lab_plan, plain};

    #[test]
    fn what_is_looked_up_is_shown_and_no_change() {
        let found = |address: &str, name: &str, id: &str| LookedUp {
            address: address.parse().unwrap(),
            name: name.to_owned(),
            ids: vec![name.to_owned(), id.to_owned()],
        };
        let cluster = found("cluster.class", "course-class", "arn:aws:ecs:eu-west-1:123456789012:cluster/course-class");
        let vpc = found("vpc.class", "vpc-0a1b", "vpc-0a1b");
        let plan = Plan { looked_up: vec![cluster, vpc], ..lab_plan(vec![]) };
        let mut out = Vec::new();
        write_plan(&mut out, &plan, &Scope::all(), Purpose::Apply).unwrap();
        insta::assert_snapshot!(plain(&out), @r#"
        2 objects are looked up, and left:
            cluster.class "course-class":
              arn:aws:ecs:eu-west-1:123456789012:cluster/course-class
            vpc.class "vpc-0a1b"

        No changes. What is live matches the spec.
        "#);
    }

    #[test]
    fn what_is_kept_is_shown_with_the_reason() {
        let kept = |address: &str, reason: &str| Kept {
            address: address.parse().unwrap(),
            name: "web".to_owned(),
            ids: Vec::new(),
            reason: reason.to_owned(),
        };
        let shown = |changes: Vec<Change>| {
            let plan = Plan {
                kept: vec![
                    kept("loadBalancer.web", "it is protected"),
                    kept("securityGroup.web", "loadBalancer.web uses it and is protected"),
                ],
                ..lab_plan(changes)
            };
            let mut out = Vec::new();
            write_plan(&mut out, &plan, &Scope::all(), Purpose::Destroy).unwrap();
            plain(&out)
        };
        insta::assert_snapshot!(shown(vec![change("logGroup.web", "/ecs/web", Action::Delete)]), @r#"
        labform will perform the following actions:
          - destroy

          # logGroup.web will be destroyed
          - logGroup.web "/ecs/web"

        2 objects will be kept:
            loadBalancer.web "web": it is protected
            securityGroup.web "web": loadBalancer.web uses it and is protected

        Plan: 0 to add, 0 to change, 1 to destroy.
        "#);
        insta::assert_snapshot!(shown(vec![]), @r#"
        2 objects will be kept:
            loadBalancer.web "web": it is protected
            securityGroup.web "web": loadBalancer.web uses it and is protected

        No changes. All that there would be to do is kept from happening.
        "#);
    }
}
