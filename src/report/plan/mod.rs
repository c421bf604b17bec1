//! A plan as people read it, in Terraform's words and symbols.

mod beside;
mod fields;
mod kept;
mod table;

pub use table::write_table;

use std::collections::BTreeSet;
use std::io::{self, Write};

use anstyle::Style;

use super::cost::{Asked, write_costs};
use super::style::{BOLD, DIM, GREEN, RED, YELLOW, counted, named_in, paint, visible};
use crate::plan::{Action, Change, Plan, Scope};

/// The column at which the fields of a change begin.
const INDENT: usize = 6;

/// The purpose of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The plan brings what is live to what the spec asks for.
    Apply,
    /// The plan deletes what is live.
    Destroy,
}

/// Writes the whole plan: what it was narrowed to, every change, how many there are, and what the lab costs.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_plan(out: &mut dyn Write, plan: &Plan, scope: &Scope, purpose: Purpose) -> io::Result<()> {
    write_changes(out, plan, scope, purpose)?;
    write_costs(out, &plan.costs, Asked::Plan)
}

fn write_changes(out: &mut dyn Write, plan: &Plan, scope: &Scope, purpose: Purpose) -> io::Result<()> {
    write_scope(out, scope, purpose)?;
    for (address, words) in &plan.notes {
        writeln!(out, "{} {}: {}\n", paint(YELLOW, "Note:"), visible(address), visible(words))?;
    }
    if !plan.looked_up.is_empty() {
        kept::write_looked_up(out, &plan.looked_up)?;
    }
    if plan.is_empty() && !plan.kept.is_empty() {
        kept::write_kept(out, &plan.kept)?;
        return writeln!(
            out,
            "\n{} All that there would be to do is kept from happening.",
            paint(GREEN, "No changes.")
        );
    }
    if plan.is_empty() {
        let words = match purpose {
            Purpose::Apply => "What is live matches the spec.",
            Purpose::Destroy if plan.notes.is_empty() => "Nothing of the lab is there to be destroyed.",
            Purpose::Destroy => "Nothing else of the lab is there to be destroyed.",
        };
        return writeln!(out, "{} {words}", paint(GREEN, "No changes."));
    }
    write_legend(out, plan)?;
    for change in plan.effective() {
        writeln!(out)?;
        write_change(out, change)?;
    }
    if !plan.kept.is_empty() {
        writeln!(out)?;
        kept::write_kept(out, &plan.kept)?;
    }
    let (add, change, destroy) = plan.counts();
    writeln!(out)?;
    writeln!(out, "{} {add} to add, {change} to change, {destroy} to destroy.", paint(BOLD, "Plan:"))
}

/// Writes what a narrowed command takes in and leaves out beyond what was asked for.
fn write_scope(out: &mut dyn Write, scope: &Scope, purpose: Purpose) -> io::Result<()> {
    let Some(chosen) = &scope.chosen else {
        return Ok(());
    };
    writeln!(out, "Narrowed to {}.", counted(chosen.len(), "resource"))?;
    let (taken, left) = match purpose {
        Purpose::Apply => ("the others need it", "it needs one that is excepted"),
        Purpose::Destroy => ("it can't outlive the others", "one that is excepted needs it"),
    };
    for address in &scope.added {
        writeln!(out, "  also: {} (because {taken})", visible(address))?;
    }
    for address in &scope.dropped {
        writeln!(out, "  not: {} (because {left})", visible(address))?;
    }
    writeln!(out)
}

/// Writes what the symbols of this plan mean.
fn write_legend(out: &mut dyn Write, plan: &Plan) -> io::Result<()> {
    writeln!(out, "labform will perform the following actions:")?;
    let used: BTreeSet<&str> = plan.effective().map(|change| symbol(change.action).0).collect();
    let meanings = [
        ("+", GREEN, "create"),
        ("~", YELLOW, "update in-place"),
        ("-/+", RED, "destroy, then create its replacement"),
        ("+/-", RED, "create the replacement, then destroy"),
        ("-", RED, "destroy"),
    ];
    for (symbol, style, meaning) in meanings.iter().filter(|(symbol, _, _)| used.contains(symbol)) {
        writeln!(out, "{} {meaning}", paint(*style, format_args!("{symbol:>3}")))?;
    }
    Ok(())
}

fn symbol(action: Action) -> (&'static str, Style) {
    match action {
        Action::NoOp => (" ", DIM),
        Action::Create | Action::Restore => ("+", GREEN),
        Action::Update => ("~", YELLOW),
        Action::ReplaceDeleteFirst => ("-/+", RED),
        Action::ReplaceCreateFirst => ("+/-", RED),
        Action::Delete => ("-", RED),
    }
}

fn write_change(out: &mut dyn Write, change: &Change) -> io::Result<()> {
    let verb = match change.action {
        Action::NoOp => "will not be changed",
        Action::Create => "will be created",
        Action::Restore => "will be restored",
        Action::Update => "will be updated in-place",
        Action::ReplaceDeleteFirst | Action::ReplaceCreateFirst => "must be replaced",
        Action::Delete => "will be destroyed",
    };
    let address = visible(&change.address);
    writeln!(out, "  {}", paint(BOLD, format_args!("# {address} {verb}")))?;
    if let Some(reason) = &change.reason {
        writeln!(out, "  # ({})", visible(reason))?;
    }
    if let Some(attribution) = change.attribution {
        writeln!(out, "  # ({})", attribution.words())?;
    }
    let (symbol, style) = symbol(change.action);
    writeln!(out, "{} {address} {}", paint(style, format_args!("{symbol:>3}")), flow_name(&change.name))?;
    match change.action {
        Action::Create => fields::write_desired(out, change),
        Action::Delete => {
            if let Some(id) = change.ids.iter().find(|id| **id != change.name) {
                // A terminal would break most ARNs: account and region are told elsewhere.
                writeln!(out, "{:INDENT$}{} id: {}", "", paint(RED, "-"), visible(named_in(id)))?;
            }
            beside::write_beside(out, &change.beside)
        }
        _ => {
            change.diff.fields.iter().try_for_each(|field| fields::write_field(out, field))?;
            beside::write_beside(out, &change.beside)
        }
    }
}

fn flow_name(name: &str) -> String {
    format!("\"{}\"", visible(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Diff;
    use crate::report::testing::{change, lab_plan, plain};
    use serde_json::{Value, json};

    fn shown(changes: Vec<Change>, scope: &Scope, purpose: Purpose) -> String {
        let mut out = Vec::new();
        write_plan(&mut out, &lab_plan(changes), scope, purpose).unwrap();
        plain(&out)
    }

    #[test]
    fn a_plan_with_everything() {
        let mut scaled = Diff::default();
        scaled.update("desiredCount", json!(1), Some(json!(2)));
        scaled.update("taskDefinition", json!("ecs-web-app:3"), Some(json!("(known after apply)")));
        scaled.update("tags.project", Value::Null, Some(json!("ecs-lab")));
        scaled.update("healthCheckGracePeriodSeconds", json!(60), Some(Value::Null));
        let mut port = Diff::default();
        port.replace("port", json!(3000), Some(json!(8080)));
        let mut policy = Diff::default();
        let statement =
            |action: &str| json!({"Statement": [{"Action": [action], "Effect": "Allow", "Resource": ["*"]}]});
        policy.document("policies.ECRAccessPolicy", &statement("ecr:a"), &statement("ecr:b"));
        let rule = |cidr: &str| json!({"ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIp": cidr, "description": "HTTP"});
        let mut rules = Diff::default();
        rules.update("ingress", json!([rule("0.0.0.0/0"), rule("10.0.0.0/8")]), Some(json!([rule("0.0.0.0/0")])));

        let group = Change {
            desired: json!({"logGroupName": "/ecs/web", "retentionInDays": 7}),
            ..change("logGroup.web", "/ecs/web", Action::Create)
        };
        let service = Change { diff: scaled, ..change("service.web", "web-service", Action::Update) };
        let target = Change { diff: port, ..change("targetGroup.web", "ecs-lab-tg-1f3c", Action::ReplaceCreateFirst) };
        let listener = Change {
            reason: Some("loadBalancer.web is replaced, and this can't outlive it".to_owned()),
            ..change("listener.web.http", "ecs-lab-alb:80", Action::ReplaceDeleteFirst)
        };
        let role = Change { diff: policy, ..change("role.execution", "ecs-lab-exec", Action::Update) };
        let rules = Change { diff: rules, ..change("securityGroup.alb", "ecs-lab-alb-sg", Action::Update) };
        let orphan = Change {
            reason: Some("lab.yaml doesn't have it any more".to_owned()),
            ids: vec!["old\u{1b}[2J".to_owned(), "arn:aws:ecs:eu-west-1:1:cluster/old".to_owned()],
            ..change("cluster.old", "old\u{1b}[2J", Action::Delete)
        };
        let changes = vec![group, role, rules, target, listener, service, orphan];
        insta::assert_snapshot!(shown(changes, &Scope::all(), Purpose::Apply), @r#"
        labform will perform the following actions:
          + create
          ~ update in-place
        -/+ destroy, then create its replacement
        +/- create the replacement, then destroy
          - destroy

          # logGroup.web will be created
          + logGroup.web "/ecs/web"
              + retentionInDays: 7

          # role.execution will be updated in-place
          ~ role.execution "ecs-lab-exec"
              ~ policies.ECRAccessPolicy:
                      "Statement": [
                        {
                          "Action": [
                  -         "ecr:a"
                  +         "ecr:b"
                          ],
                          "Effect": "Allow",
                          "Resource": [

          # securityGroup.alb will be updated in-place
          ~ securityGroup.alb "ecs-lab-alb-sg"
              ~ ingress:
                  - { cidrIp: 10.0.0.0/8, description: HTTP, fromPort: 80, ipProtocol: tcp, toPort: 80 }

          # targetGroup.web must be replaced
        +/- targetGroup.web "ecs-lab-tg-1f3c"
              ~ port: 3000 -> 8080  # forces replacement

          # listener.web.http must be replaced
          # (loadBalancer.web is replaced, and this can't outlive it)
        -/+ listener.web.http "ecs-lab-alb:80"

          # service.web will be updated in-place
          ~ service.web "web-service"
              ~ desiredCount: 1 -> 2
              ~ taskDefinition: ecs-web-app:3 -> (known after apply)
              + tags.project: ecs-lab
              - healthCheckGracePeriodSeconds: 60

          # cluster.old will be destroyed
          # (lab.yaml doesn't have it any more)
          - cluster.old "old\u{1b}[2J"
              - id: cluster/old

        Plan: 3 to add, 3 to change, 3 to destroy.
        "#);
    }

    #[test]
    fn nothing_to_do_is_one_line() {
        let idle = || vec![change("service.web", "web-service", Action::NoOp)];
        insta::assert_snapshot!(shown(idle(), &Scope::all(), Purpose::Apply), @"No changes. What is live matches the spec.");
        insta::assert_snapshot!(shown(vec![], &Scope::all(), Purpose::Destroy), @"No changes. Nothing of the lab is there to be destroyed.");
    }

    #[test]
    fn a_narrowed_plan_shows_its_closure() {
        let addresses = |all: &[&str]| all.iter().map(|one| one.parse().unwrap()).collect::<BTreeSet<_>>();
        let scope = Scope {
            chosen: Some(addresses(&["service.web", "cluster.main"])),
            added: addresses(&["cluster.main"]),
            dropped: addresses(&["listener.web"]),
        };
        let gone = || vec![change("service.web", "web-service", Action::Delete)];
        insta::assert_snapshot!(shown(gone(), &scope, Purpose::Destroy), @r#"
        Narrowed to 2 resources.
          also: cluster.main (because it can't outlive the others)
          not: listener.web (because one that is excepted needs it)

        labform will perform the following actions:
          - destroy

          # service.web will be destroyed
          - service.web "web-service"

        Plan: 0 to add, 0 to change, 1 to destroy.
        "#);
    }
}
