//! A graph as a picture in SVG: light and dark by the reader's choice, and whole in black and white, because what colours
//! say is there in words, too.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Graph, GraphNode, Group, Order};
use crate::report::markup::{columns, fit, length, shown};
use crate::report::picture::{Blank, HEIGHT, Line, Picture, Point, Rect, Sketch, Way, essential, lay_out};
use crate::report::status::RowState;

const STYLE: &str = include_str!("svg.css");
/// The widths of a letter: of names, and of all else. The style says which sizes of letters these are.
const LARGE: f64 = 8.0;
const SMALL: f64 = 6.8;
/// The room between a box and its text, on either side.
const PAD: f64 = 10.0;
/// The widths that a box may have.
const WIDTHS: (f64, f64) = (116.0, 224.0);
/// The height of the heading of a lane.
const HEADING: f64 = 22.0;
/// The height of a line of the picture's own heading, and the room below it.
const LINE: f64 = 18.0;
/// The room around the picture.
const MARGIN: f64 = 16.0;
/// How far a line between two boxes of one layer bends out.
const BEND: f64 = 26.0;
/// So many lines to one point from one layer share an upright on their way: each by itself they would hide what is behind.
const MANY: usize = 4;
/// How far from their point the first upright stands, the next from that, and how many stand side by side.
const UPRIGHT: f64 = 18.0;
const NEXT: f64 = 7.0;
const SIDE_BY_SIDE: usize = 12;
/// The radius of a corner at an upright.
const CORNER: f64 = 8.0;

/// The whole picture, with its heading.
pub(super) fn svg(graph: &Graph) -> String {
    let drawing = Drawing::of(graph);
    let title = format!("lab {} in {}", graph.lab, graph.region);
    let head = [title].into_iter().chain(words(graph));
    let head: Vec<String> = head.collect();
    let widest = head.iter().map(|line| columns(line) as f64 * SMALL).fold(0.0, f64::max);
    let top = head.len() as f64 * LINE + MARGIN;
    let lines = head.iter().enumerate().map(|(at, line)| {
        let (class, y) = (if at == 0 { "head" } else { "quiet" }, (at as f64 + 1.0) * LINE);
        format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>\n", length(MARGIN), length(y), shown(line))
    });
    let lines: String = lines.collect();
    drawing.svg(drawing.width.max(widest + 2.0 * MARGIN), top, &lines)
}

/// The sentences above the picture.
pub(super) fn words(graph: &Graph) -> impl Iterator<Item = String> {
    let arrows = "arrows lead to what is needed; needs that follow from others have none";
    graph.facts.iter().cloned().chain([arrows.to_owned()])
}

/// The picture without a heading.
pub(super) struct Drawing {
    width: f64,
    height: f64,
    title: String,
    code: String,
}

impl Drawing {
    pub(super) fn of(graph: &Graph) -> Self {
        let groups = groups(graph);
        let picture = lay_out(&sketch(graph, &groups));
        let lanes = groups.iter().zip(&picture.lanes).filter_map(|(group, lane)| Some(band(&group.heading()?, lane)));
        let uprights = uprights(&picture);
        let lines = picture.lines.iter().map(|line| drawn_line(line, &picture, &uprights));
        let boxes = (0..graph.nodes.len()).map(|at| drawn_box(graph, at, &picture.boxes[at]));
        let code = lanes.chain(lines).chain(boxes).collect();
        let title = format!("The graph of the lab {}", graph.lab);
        Self { width: picture.width, height: picture.height, title, code }
    }

    /// The element, so wide, with `head` above the picture in the room down to `top`.
    pub(super) fn svg(&self, width: f64, top: f64, head: &str) -> String {
        let (width, height) = (width.max(self.width + 2.0 * MARGIN), top + self.height + MARGIN);
        let (width, height) = (length(width.ceil()), length(height.ceil()));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n\
             <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
             markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{head}<g transform=\"translate({} {})\">\n{}</g>\n</svg>\n",
            shown(&self.title),
            length(MARGIN),
            length(top),
            self.code,
        )
    }

    /// The element with nothing but the picture.
    pub(super) fn bare(&self) -> String {
        self.svg(0.0, MARGIN, "")
    }
}

/// The groups that have nodes, from top to bottom.
fn groups(graph: &Graph) -> Vec<&Group> {
    let mut groups: Vec<&Group> = graph.nodes.iter().map(|node| &node.group).collect();
    groups.sort();
    groups.dedup();
    groups
}

fn sketch(graph: &Graph, groups: &[&Group]) -> Sketch {
    let lane = |group: &Group| groups.iter().position(|known| *known == group).unwrap_or_default();
    let boxes = graph.nodes.iter().map(|node| Blank { width: width(node), lane: lane(&node.group) });
    let of = |order: Order| graph.edges.iter().filter(move |edge| edge.order == order);
    let needs: Vec<(usize, usize)> = of(Order::After).map(|Edge { from, to, .. }| (*from, *to)).collect();
    let mut pairs: Vec<(usize, usize)> =
        of(Order::Together).map(|Edge { from, to, .. }| (*from.max(to), *from.min(to))).collect();
    pairs.retain(|(one, other)| one != other);
    pairs.sort_unstable();
    pairs.dedup();
    let headings = groups.iter().map(|group| if group.heading().is_some() { HEADING } else { 0.0 });
    let needs = essential(graph.nodes.len(), &needs);
    Sketch { boxes: boxes.collect(), needs, pairs, headings: headings.collect() }
}

/// The width of a box that shows all of its text, if that isn't too much.
fn width(node: &GraphNode) -> f64 {
    let first = columns(&sort(node)) + node.price().map_or(0, |price| columns(&price) + 2);
    let rows =
        [first as f64 * SMALL, columns(&node.address.name) as f64 * LARGE, columns(&last_line(node)) as f64 * SMALL];
    (rows.into_iter().fold(0.0, f64::max) + 2.0 * PAD).ceil().clamp(WIDTHS.0, WIDTHS.1)
}

/// The word for the sort of node.
fn sort(node: &GraphNode) -> String {
    if node.is_looked_up { format!("{}, looked up", node.address.kind) } else { node.address.kind.clone() }
}

/// The last line in a box: the state, or if that isn't known what the object is called.
fn last_line(node: &GraphNode) -> String {
    match &node.state {
        Some(state) => {
            let reason = state.reason.iter().map(|reason| format!(": {reason}")).collect::<String>();
            format!("{} {}{reason}", state.sign(), state.word)
        }
        None if node.is_job() && !node.cost.is_free() => "while it runs".to_owned(),
        None if node.is_job() => String::new(),
        None => node.name.clone(),
    }
}

/// The class of a state in the style.
fn class(state: RowState) -> &'static str {
    match state {
        RowState::Ready => "ready",
        RowState::Pending | RowState::Leaving => "pending",
        RowState::Failed => "failed",
        RowState::Absent => "absent",
    }
}

fn band(heading: &str, lane: &Rect) -> String {
    format!(
        "<rect class=\"lane\" x=\"0\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n<text class=\"lane-name\" x=\"{}\" y=\"{}\">{}</text>\n",
        length(lane.y),
        length(lane.width),
        length(lane.height),
        length(PAD),
        length(lane.y + LINE),
        shown(heading),
    )
}

/// A point, as a key in the order from left to right and then downwards: neither coordinate is negative.
fn key((x, y): Point) -> (u64, u64) {
    (x.to_bits(), y.to_bits())
}

/// Where the uprights stand of the points that many lines lead to.
fn uprights(picture: &Picture) -> BTreeMap<(u64, u64), f64> {
    let mut sources: BTreeMap<(u64, u64), BTreeSet<(u64, u64)>> = BTreeMap::new();
    for line in picture.lines.iter().filter(|line| line.way != Way::Beside) {
        for bend in line.points.windows(2).step_by(2) {
            sources.entry(key(bend[1])).or_default().insert(key(bend[0]));
        }
    }
    let mut taken: BTreeMap<u64, usize> = BTreeMap::new();
    let many = sources.into_iter().filter(|(_, sources)| sources.len() >= MANY);
    let upright = many.map(|((x, y), _)| {
        let before = taken.entry(x).or_default();
        let at = f64::from_bits(x) + UPRIGHT + NEXT * (*before % SIDE_BY_SIDE) as f64;
        *before += 1;
        ((x, y), at)
    });
    upright.collect()
}

/// The path of a bend between two layers, behind its begin: by an upright, if there is one.
fn bend(from: Point, to: Point, upright: Option<f64>) -> String {
    let at = |(x, y): Point| format!("{} {}", length(x), length(y));
    let apart = to.1 - from.1;
    match upright {
        _ if apart == 0.0 => format!("L{}", at(to)),
        None => {
            let middle = (from.0 + to.0) / 2.0;
            format!("C{} {} {}", at((middle, from.1)), at((middle, to.1)), at(to))
        }
        Some(x) => {
            let round = CORNER.min(apart.abs() / 2.0);
            let down = round.copysign(apart);
            format!(
                "H{}Q{} {}V{}Q{} {}L{}",
                length(x + round),
                at((x, from.1)),
                at((x, from.1 + down)),
                length(to.1 - down),
                at((x, to.1)),
                at((x - round, to.1)),
                at(to)
            )
        }
    }
}

fn drawn_line(line: &Line, picture: &Picture, uprights: &BTreeMap<(u64, u64), f64>) -> String {
    let at = |(x, y): Point| format!("{} {}", length(x), length(y));
    let start = line.points[0];
    let mut path = format!("M{}", at(start));
    if line.way == Way::Beside {
        let end = line.points[1];
        let out = picture.boxes[line.from].right().0 + BEND;
        path.push_str(&format!("C{} {} {}", at((out, start.1)), at((out, end.1)), at(end)));
    } else {
        for (step, two) in line.points.windows(2).enumerate() {
            let [from, to] = [two[0], two[1]];
            match step.is_multiple_of(2) {
                true => path.push_str(&bend(from, to, uprights.get(&key(to)).copied())),
                false => path.push_str(&format!("L{}", at(to))),
            }
        }
    }
    let (class, start) = match line.way {
        Way::Needs => ("line", ""),
        Way::Both | Way::Beside => ("line both", " marker-start=\"url(#arrow)\""),
    };
    let (from, to) = (line.from, line.to);
    format!(
        "<path class=\"{class}\" data-from=\"{from}\" data-to=\"{to}\" d=\"{path}\"{start} marker-end=\"url(#arrow)\"/>\n"
    )
}

fn drawn_box(graph: &Graph, at: usize, rect: &Rect) -> String {
    let node = &graph.nodes[at];
    let Rect { x, y, width, height } = *rect;
    let inner = width - 2.0 * PAD;
    let (small, large) = ((inner / SMALL) as usize, (inner / LARGE) as usize);
    let text = |class: &str, x: f64, down: f64, text: &str| match text {
        "" => String::new(),
        text => format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{text}</text>", length(x), length(y + down)),
    };
    let price = node.price().unwrap_or_default();
    let left = small.saturating_sub(if price.is_empty() { 0 } else { columns(&price) + 1 });
    let state = node.state.as_ref().map_or("unasked", |state| class(state.state));
    let looked_up = if node.is_looked_up { " looked-up" } else { "" };
    let last = if node.state.is_some() { "state" } else { "quiet" };
    format!(
        "<g class=\"box {state}{looked_up}\" data-n=\"{at}\"><title>{}</title>\
         <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>{}{}{}{}</g>\n",
        shown_lines(&told(graph, at)),
        length(x),
        length(y),
        length(width),
        length(height),
        text("quiet", x + PAD, 16.0, &fit(&sort(node), left)),
        text("quiet price", x + width - PAD, 16.0, &shown(&price)),
        text("name", x + PAD, 32.0, &fit(&node.address.name, large)),
        text(last, x + PAD, HEIGHT - 7.0, &fit(&last_line(node), small)),
    )
}

/// All that is known of a node, a line each.
fn told(graph: &Graph, at: usize) -> Vec<String> {
    let node = &graph.nodes[at];
    let name = if node.is_job() { String::new() } else { format!(" \"{}\"", node.name) };
    let state = node.state.as_ref().map(|_| last_line(node));
    let running = if node.is_job() { " while it runs" } else { "" };
    let price = node.price().map(|price| format!("about {price}{running}: {}", node.what));
    let needed: Vec<String> = graph.needed(at).map(|needed| needed.address.to_string()).collect();
    let needed = (!needed.is_empty()).then(|| format!("needs {}", needed.join(", ")));
    let first = format!("{}{name}", node.address);
    [Some(first), node.group.heading(), state, price, needed].into_iter().flatten().collect()
}

/// Several lines, of which none can be two.
fn shown_lines(lines: &[String]) -> String {
    lines.iter().map(|line| shown(line)).collect::<Vec<_>>().join("\n")
}
