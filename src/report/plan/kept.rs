//! The objects that a plan keeps, and why.

use std::io::{self, Write};

use super::super::style::{BOLD, counted, paint, visible};
use super::flow_name;
use crate::plan::Kept;

/// Writes what stays although it would go, and why.
pub(super) fn write_kept(out: &mut dyn Write, kept: &[Kept]) -> io::Result<()> {
    writeln!(out, "{} will be kept:", paint(BOLD, counted(kept.len(), "object")))?;
    for Kept { address, name, reason, .. } in kept {
        let (address, name) = (visible(address), flow_name(name));
        writeln!(out, "    {address} {name}: {}", visible(reason))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Action, Change, Plan, Scope};
    use crate::report::plan::{Purpose, write_plan};
    use crate::report::testing::{change, lab_plan, plain};

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
