//! In which order the boxes of a layer stand, and the ways between them.

use std::collections::BTreeMap;

use super::Sketch;
use super::layers::{Links, layers};

/// How often the layers are put in order after their neighbours, from left to right and back by turns.
const SWEEPS: usize = 8;

/// A place in a layer: a box, or the way through it that lines to one box share.
pub(super) struct Stop {
    /// The box that stands there; none for a way.
    pub(super) of: Option<usize>,
    pub(super) layer: usize,
    pub(super) lane: usize,
    /// The stops that lines lead to, in the layers before and behind.
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
}

/// All stops. The first are those of the boxes, in the sketch's order.
pub(super) struct Stops {
    pub(super) all: Vec<Stop>,
    /// The stops of each lane of each layer, from top to bottom.
    pub(super) rows: Vec<Vec<Vec<usize>>>,
    /// The stops on the way to each box, by layer.
    ways: BTreeMap<(usize, usize), usize>,
}

impl Stops {
    /// The stops of a sketch, and all its lines as pairs of the box on the right and that on the left. Pairs within one layer
    /// are none of these.
    pub(super) fn of(sketch: &Sketch) -> Self {
        let links = Links::of(sketch.boxes.len(), &sketch.needs);
        let layers = layers(sketch, &links);
        let stop = |(at, layer): (usize, &usize)| Stop {
            of: Some(at),
            layer: *layer,
            lane: sketch.boxes[at].lane,
            left: Vec::new(),
            right: Vec::new(),
        };
        let all = layers.iter().enumerate().map(stop).collect();
        let mut stops = Self { all, rows: Vec::new(), ways: BTreeMap::new() };
        for (from, to) in &sketch.needs {
            stops.connect(*from, *to);
        }
        for (one, other) in &sketch.pairs {
            match layers[*one].cmp(&layers[*other]) {
                std::cmp::Ordering::Greater => stops.connect(*one, *other),
                std::cmp::Ordering::Less => stops.connect(*other, *one),
                std::cmp::Ordering::Equal => {}
            }
        }
        stops.rows = vec![vec![Vec::new(); sketch.headings.len()]; layers.iter().max().map_or(0, |last| last + 1)];
        for (at, stop) in stops.all.iter().enumerate() {
            stops.rows[stop.layer][stop.lane].push(at);
        }
        (0..SWEEPS).for_each(|sweep| stops.sweep(sweep));
        stops
    }

    /// The stops from the box `from` to the box `to` on its left, without these.
    pub(super) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = usize> {
        let layers = self.all[to].layer + 1..self.all[from].layer;
        layers.rev().map(move |layer| self.ways[&(to, layer)])
    }

    /// Leads a line from the box `from` to the box `to` on its left.
    fn connect(&mut self, from: usize, to: usize) {
        let lane = self.all[to].lane;
        let mut before = to;
        for layer in self.all[to].layer + 1..self.all[from].layer {
            before = match self.ways.get(&(to, layer)) {
                Some(way) => *way,
                None => {
                    let way = self.all.len();
                    self.all.push(Stop { of: None, layer, lane, left: Vec::new(), right: Vec::new() });
                    self.ways.insert((to, layer), way);
                    self.link(before, way);
                    way
                }
            };
        }
        self.link(before, from);
    }

    fn link(&mut self, left: usize, right: usize) {
        self.all[left].right.push(right);
        self.all[right].left.push(left);
    }

    /// Puts each layer in the order of the middles of what its stops are connected with on one side.
    fn sweep(&mut self, sweep: usize) {
        let count = self.rows.len();
        for step in 0..count {
            let to_right = sweep.is_multiple_of(2);
            let layer = if to_right { step } else { count - 1 - step };
            let heights = self.heights();
            for row in &mut self.rows[layer] {
                let middle = |at: &usize| {
                    let stop = &self.all[*at];
                    let near = if to_right { &stop.left } else { &stop.right };
                    mean(near.iter().map(|one| heights[*one])).unwrap_or(heights[*at])
                };
                row.sort_by(|one, other| middle(one).total_cmp(&middle(other)));
            }
        }
    }

    /// How far down each stop is: its lane, and its part of the row there.
    fn heights(&self) -> Vec<f64> {
        let mut heights = vec![0.0; self.all.len()];
        for (lane, row) in self.rows.iter().flat_map(|lanes| lanes.iter().enumerate()) {
            for (at, stop) in row.iter().enumerate() {
                heights[*stop] = lane as f64 + (at as f64 + 0.5) / row.len() as f64;
            }
        }
        heights
    }
}

/// The mean of these; none of nothing.
pub(super) fn mean(all: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = all.fold((0.0, 0.0), |(sum, count), one| (sum + one, count + 1.0));
    (count > 0.0).then(|| sum / count)
}
