//! The graph of a lab, for Graphviz and for Mermaid.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::style::visible;
use crate::model::Address;
use crate::spec::Lab;

/// The language that a graph is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Graphviz.
    Dot,
    /// Mermaid, which GitHub shows.
    Mermaid,
}

/// The resources of one phase, by number in the order of creation.
type Phases<'a> = BTreeMap<Option<&'a str>, Vec<usize>>;

/// Writes the graph of `lab`: an edge leads from each resource to those that it needs, and phases stand in boxes.
///
/// # Errors
/// If `out` can't be written to.
pub fn write_graph(out: &mut dyn Write, lab: &Lab, format: Format) -> io::Result<()> {
    let order = lab.order();
    let number: BTreeMap<&Address, usize> = order.iter().enumerate().map(|(index, address)| (address, index)).collect();
    let mut phases = Phases::new();
    for (index, address) in order.iter().enumerate() {
        phases.entry(lab.nodes[address].phase.as_deref()).or_default().push(index);
    }
    let edges = order.iter().enumerate().flat_map(|(from, address)| {
        let node = &lab.nodes[address];
        let needed = node.refs.iter().chain(&node.later).filter_map(|to| number.get(to));
        needed.map(|to| (from, *to)).collect::<Vec<_>>()
    });
    let edges: Vec<(usize, usize)> = edges.collect();
    match format {
        Format::Dot => write_dot(out, lab, &order, &phases, &edges),
        Format::Mermaid => write_mermaid(out, &order, &phases, &edges),
    }
}

fn write_dot(
    out: &mut dyn Write,
    lab: &Lab,
    order: &[Address],
    phases: &Phases<'_>,
    edges: &[(usize, usize)],
) -> io::Result<()> {
    writeln!(out, "digraph {} {{", quoted(&lab.place.lab))?;
    writeln!(out, "  rankdir = LR;\n  node [shape = box, style = rounded, fontname = \"sans-serif\"];")?;
    for (index, (phase, members)) in phases.iter().enumerate() {
        let indent = if phase.is_some() { "    " } else { "  " };
        if let Some(phase) = phase {
            writeln!(out, "  subgraph cluster_{index} {{\n    label = {};", quoted(&format!("phase {phase}")))?;
        }
        for member in members {
            writeln!(out, "{indent}n{member} [label = {}];", quoted(&order[*member].to_string()))?;
        }
        if phase.is_some() {
            writeln!(out, "  }}")?;
        }
    }
    for (from, to) in edges {
        writeln!(out, "  n{from} -> n{to};")?;
    }
    writeln!(out, "}}")
}

fn write_mermaid(
    out: &mut dyn Write,
    order: &[Address],
    phases: &Phases<'_>,
    edges: &[(usize, usize)],
) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (index, (phase, members)) in phases.iter().enumerate() {
        let indent = if phase.is_some() { "    " } else { "  " };
        if let Some(phase) = phase {
            writeln!(out, "  subgraph phase{index}[\"phase {}\"]", entities(phase))?;
        }
        for member in members {
            writeln!(out, "{indent}n{member}[\"{}\"]", entities(&order[*member].to_string()))?;
        }
        if phase.is_some() {
            writeln!(out, "  end")?;
        }
    }
    edges.iter().try_for_each(|(from, to)| writeln!(out, "  n{from} --> n{to}"))
}

/// A string of the DOT language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", visible(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text in a Mermaid label, which knows HTML's entities but no backslashes.
fn entities(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::lab;

    fn graph(format: Format) -> String {
        let lab = lab("lab: ecs-lab\nregion: eu-west-1\n\
             clusters: { main: {} }\n\
             logGroups: { web: { phase: web }, \"a\": {} }\n");
        let mut out = Vec::new();
        write_graph(&mut out, &lab, format).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn phases_stand_in_boxes() {
        insta::assert_snapshot!(graph(Format::Dot), @r#"
        digraph "ecs-lab" {
          rankdir = LR;
          node [shape = box, style = rounded, fontname = "sans-serif"];
          n0 [label = "logGroup.a"];
          n2 [label = "cluster.main"];
          subgraph cluster_1 {
            label = "phase web";
            n1 [label = "logGroup.web"];
          }
        }
        "#);
        insta::assert_snapshot!(graph(Format::Mermaid), @r#"
        flowchart LR
          n0["logGroup.a"]
          n2["cluster.main"]
          subgraph phase1["phase web"]
            n1["logGroup.web"]
          end
        "#);
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(quoted("a\"\\\n"), r#""a\"\\\\u{a}""#);
        assert_eq!(entities("a\"<b>&"), "a&quot;&lt;b&gt;&amp;");
    }
}
