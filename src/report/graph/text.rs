//! A graph for Graphviz and for Mermaid.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Graph, GraphNode, Group};
use crate::report::style::visible;

/// The nodes of each group, by number.
fn groups(graph: &Graph) -> BTreeMap<&Group, Vec<usize>> {
    let mut groups: BTreeMap<&Group, Vec<usize>> = BTreeMap::new();
    for (at, node) in graph.nodes.iter().enumerate() {
        groups.entry(&node.group).or_default().push(at);
    }
    groups
}

/// The lines of a node's label: the address, the state, the cost.
fn label(node: &GraphNode) -> impl Iterator<Item = String> {
    let state = node.state.as_ref().map(|state| format!("{} {}", state.sign(), state.word));
    [Some(node.address.to_string()), state, node.price()].into_iter().flatten()
}

pub(super) fn write_dot(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "digraph {} {{", quoted(&graph.lab))?;
    writeln!(out, "  rankdir = LR;\n  node [shape = box, style = rounded, fontname = \"sans-serif\"];")?;
    for (index, (group, members)) in groups(graph).into_iter().enumerate() {
        let heading = group.heading();
        let indent = if heading.is_some() { "    " } else { "  " };
        if let Some(heading) = &heading {
            writeln!(out, "  subgraph cluster_{index} {{\n    label = {};", quoted(heading))?;
        }
        for member in members {
            let lines: Vec<String> = label(&graph.nodes[member]).map(|line| in_quotes(&line)).collect();
            writeln!(out, "{indent}n{member} [label = \"{}\"];", lines.join("\\n"))?;
        }
        if heading.is_some() {
            writeln!(out, "  }}")?;
        }
    }
    for edge in &graph.edges {
        writeln!(out, "  n{} -> n{};", edge.from, edge.to)?;
    }
    writeln!(out, "}}")
}

pub(super) fn write_mermaid(out: &mut dyn Write, graph: &Graph) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (index, (group, members)) in groups(graph).into_iter().enumerate() {
        let heading = group.heading();
        let indent = if heading.is_some() { "    " } else { "  " };
        if let Some(heading) = &heading {
            writeln!(out, "  subgraph group{index}[\"{}\"]", entities(heading))?;
        }
        for member in members {
            let lines: Vec<String> = label(&graph.nodes[member]).map(|line| entities(&line)).collect();
            writeln!(out, "{indent}n{member}[\"{}\"]", lines.join("<br>"))?;
        }
        if heading.is_some() {
            writeln!(out, "  end")?;
        }
    }
    graph.edges.iter().try_for_each(|edge| writeln!(out, "  n{} --> n{}", edge.from, edge.to))
}

/// A string of the DOT language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", in_quotes(text))
}

fn in_quotes(text: &str) -> String {
    visible(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Text in a Mermaid label, which knows HTML's entities but no backslashes.
fn entities(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::lab_costs;
    use crate::report::graph::{Format, write_graph};
    use crate::report::testing::lab;

    fn graph(format: Format) -> String {
        let lab = lab("lab: ecs-lab\nregion: eu-west-1\n\
             clusters: { main: {} }\n\
             secrets: { key: { phase: web, generateSecretString: {} } }\n\
             logGroups: { web: { phase: web }, \"a\": {} }\n");
        let mut out = Vec::new();
        write_graph(&mut out, &Graph::of(&lab, &lab_costs(&lab), None), format).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn phases_stand_in_boxes() {
        insta::assert_snapshot!(graph(Format::Dot), @r#"
        digraph "ecs-lab" {
          rankdir = LR;
          node [shape = box, style = rounded, fontname = "sans-serif"];
          n0 [label = "logGroup.a"];
          n3 [label = "cluster.main"];
          subgraph cluster_1 {
            label = "phase web";
            n1 [label = "logGroup.web"];
            n2 [label = "secret.key\n$0.001/h"];
          }
        }
        "#);
        insta::assert_snapshot!(graph(Format::Mermaid), @r#"
        flowchart LR
          n0["logGroup.a"]
          n3["cluster.main"]
          subgraph group1["phase web"]
            n1["logGroup.web"]
            n2["secret.key<br>$0.001/h"]
          end
        "#);
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(quoted("a\"\\\n"), r#""a\"\\\\u{a}""#);
        assert_eq!(entities("a\"<b>&"), "a&quot;&lt;b&gt;&amp;");
    }
}
