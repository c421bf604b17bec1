//! A plan on one line for each resource, to be read before the answer to a question.

use std::io::{self, Write};

use super::super::style::{BOLD, cut, paint, visible};
use super::symbol;
use crate::plan::Plan;

/// The widest line: that of a terminal nobody has made wider.
const WIDTH: usize = 80;
/// The widest column of addresses.
const ADDRESS: usize = 34;

/// Writes a line for each change: what is done to which resource, and to which object, cut where the screen ends.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_table(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    let rows: Vec<_> = plan.effective().map(|change| (change, visible(&change.address))).collect();
    let widest = rows.iter().map(|(_, address)| address.chars().count()).max().unwrap_or_default().min(ADDRESS);
    writeln!(out)?;
    for (change, address) in rows {
        let (symbol, style) = symbol(change.action);
        let address = format!("{:widest$}", cut(&address, ADDRESS));
        let name = cut(&visible(&change.name), WIDTH - 6 - address.chars().count());
        writeln!(out, "{} {address}  {name}", paint(style, format_args!("{symbol:>3}")))?;
    }
    let (add, change, destroy) = plan.counts();
    writeln!(out, "{} {add} to add, {change} to change, {destroy} to destroy.", paint(BOLD, "Plan:"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Action;
    use crate::report::testing::{change, lab_plan, plain};

    #[test]
    fn each_resource_has_one_line_that_fits_the_screen() {
        let long = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/ecs-lab-alb/50dc6c495c0c9188/f2f7dc8efc522ab2";
        let changes = vec![
            change("cluster.main", "ecs-lab-cluster", Action::Create),
            change("service.web", "web-service", Action::NoOp),
            change("listener.a-load-balancer-with-a-name.a-listener", long, Action::ReplaceDeleteFirst),
            change("logGroup.old", "/ecs/old\u{1b}", Action::Delete),
        ];
        let mut out = Vec::new();
        write_table(&mut out, &lab_plan(changes)).unwrap();
        let text = plain(&out);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        insta::assert_snapshot!(text, @r"

          + cluster.main                        ecs-lab-cluster
        -/+ listener.a-load-balancer-with-a-n…  arn:aws:elasticloadbalancing:eu-west-1:…
          - logGroup.old                        /ecs/old\u{1b}
        Plan: 2 to add, 0 to change, 2 to destroy.
        ");
    }
}
