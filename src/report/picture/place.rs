//! How far to the right and how far down each box and each line stands.

use super::order::{Stops, mean};
use super::{HEIGHT, Line, Picture, Point, Rect, Sketch, Way};

/// The room between two boxes, one above the other.
const BETWEEN: f64 = 14.0;
/// The room of lines that run through a layer.
const WAY: f64 = 10.0;
/// The room around the boxes of a lane, and that between two lanes.
const AROUND: f64 = 12.0;
/// The least room between two layers, what each line between them adds, and the most.
const GAP: f64 = 44.0;
const PER_LINE: f64 = 1.5;
const MOST_GAP: f64 = 116.0;

/// The sides whose stops draw a stop to their height, sweep by sweep.
const DRAWS: [Draw; 5] = [Draw::Left, Draw::Right, Draw::Left, Draw::Right, Draw::Both];

#[derive(Clone, Copy)]
enum Draw {
    Left,
    Right,
    Both,
}

/// Lays a sketch out: no two boxes overlap, and no line runs through a box.
pub(in crate::report) fn lay_out(sketch: &Sketch) -> Picture {
    let stops = Stops::of(sketch);
    let columns = columns(sketch, &stops);
    // A line between two boxes of the last layer bends out on their right.
    let width = columns.last().map_or(0.0, |(x, width)| x + width + 2.0 * AROUND);
    let (lanes, height) = lanes(sketch, &stops, width);
    let middles = middles(sketch, &stops, &lanes);
    let boxes = (0..sketch.boxes.len()).map(|at| {
        let (x, width) = columns[stops.all[at].layer];
        Rect { x, y: middles[at] - HEIGHT / 2.0, width, height: HEIGHT }
    });
    let boxes: Vec<Rect> = boxes.collect();
    let line = |from: usize, to: usize, way: Way| {
        let through = stops.between(from, to).flat_map(|stop| {
            let (x, width) = columns[stops.all[stop].layer];
            [(x + width, middles[stop]), (x, middles[stop])]
        });
        let points: Vec<Point> = [boxes[from].left()].into_iter().chain(through).chain([boxes[to].right()]).collect();
        Line { from, to, way, points }
    };
    let needs = sketch.needs.iter().map(|(from, to)| line(*from, *to, Way::Needs));
    let pairs = sketch.pairs.iter().map(|(one, other)| match stops.all[*one].layer.cmp(&stops.all[*other].layer) {
        std::cmp::Ordering::Greater => line(*one, *other, Way::Both),
        std::cmp::Ordering::Less => line(*other, *one, Way::Both),
        std::cmp::Ordering::Equal => {
            let points = vec![boxes[*one].right(), boxes[*other].right()];
            Line { from: *one, to: *other, way: Way::Beside, points }
        }
    });
    let lines = needs.chain(pairs).collect();
    Picture { width, height, boxes, lanes, lines }
}

/// Where each layer begins, and how wide it is.
fn columns(sketch: &Sketch, stops: &Stops) -> Vec<(f64, f64)> {
    let mut x = AROUND;
    let column = |(layer, lanes): (usize, &Vec<Vec<usize>>)| {
        let boxes = lanes.iter().flatten().filter_map(|stop| stops.all[*stop].of);
        let width = boxes.map(|at| sketch.boxes[at].width).fold(0.0, f64::max);
        let lines: usize = lanes.iter().flatten().map(|stop| stops.all[*stop].left.len()).sum();
        if layer > 0 {
            x += (GAP + PER_LINE * lines as f64).min(MOST_GAP);
        }
        let begin = x;
        x += width;
        (begin, width)
    };
    stops.rows.iter().enumerate().map(column).collect()
}

/// The lanes one below the other, each as high as its highest row, and the height of all.
fn lanes(sketch: &Sketch, stops: &Stops, width: f64) -> (Vec<Rect>, f64) {
    let mut y = 0.0;
    let lane = |(lane, heading): (usize, &f64)| {
        let rows = stops.rows.iter().map(|lanes| lanes[lane].iter().map(|stop| room(stops, *stop)).sum::<f64>());
        let height = heading + rows.fold(0.0, f64::max) + 2.0 * AROUND - BETWEEN;
        let rect = Rect { x: 0.0, y, width, height };
        y += height + AROUND;
        rect
    };
    let lanes: Vec<Rect> = sketch.headings.iter().enumerate().map(lane).collect();
    (lanes, (y - AROUND).max(0.0))
}

/// The height that a stop takes in its row.
fn room(stops: &Stops, stop: usize) -> f64 {
    if stops.all[stop].of.is_some() { HEIGHT + BETWEEN } else { WAY }
}

/// How far down the middle of each stop is: as near as its row lets it to the middle of those that it is connected with.
fn middles(sketch: &Sketch, stops: &Stops, lanes: &[Rect]) -> Vec<f64> {
    let mut middles = vec![0.0; stops.all.len()];
    let count = stops.rows.len();
    let within = |lane: usize| {
        let Rect { y, height, .. } = lanes[lane];
        let top = y + sketch.headings[lane] + AROUND - BETWEEN / 2.0;
        (top, y + height - AROUND + BETWEEN / 2.0)
    };
    for (lane, row) in stops.rows.iter().flat_map(|lanes| lanes.iter().enumerate()) {
        let mut y = within(lane).0;
        for stop in row {
            let room = room(stops, *stop);
            middles[*stop] = y + room / 2.0;
            y += room;
        }
    }
    for (draw, step) in DRAWS.into_iter().flat_map(|draw| (0..count).map(move |step| (draw, step))) {
        let layer = if matches!(draw, Draw::Right) { count - 1 - step } else { step };
        for (lane, row) in stops.rows[layer].iter().enumerate() {
            let wished: Vec<f64> = row.iter().map(|stop| wish(stops, *stop, draw, &middles)).collect();
            let rooms: Vec<f64> = row.iter().map(|stop| room(stops, *stop)).collect();
            let settled = settle(&wished, &rooms, within(lane));
            row.iter().zip(settled).for_each(|(stop, middle)| middles[*stop] = middle);
        }
    }
    middles
}

/// The middle of what a stop is connected with on these sides; where it is, if there is nothing.
fn wish(stops: &Stops, stop: usize, draw: Draw, middles: &[f64]) -> f64 {
    let (left, right) = (&stops.all[stop].left, &stops.all[stop].right);
    let (left, right) = match draw {
        Draw::Left => (&left[..], &[][..]),
        Draw::Right => (&[][..], &right[..]),
        Draw::Both => (&left[..], &right[..]),
    };
    mean(left.iter().chain(right).map(|one| middles[*one])).unwrap_or(middles[stop])
}

/// The middles nearest to those wished for, in the same order, each with its room, between `top` and `bottom`: half way
/// between pushing all down that is too near, and pushing it up.
fn settle(wished: &[f64], rooms: &[f64], (top, bottom): (f64, f64)) -> Vec<f64> {
    let apart = |at: usize| (rooms[at] + rooms[at + 1]) / 2.0;
    let (first, last) = (0, wished.len().saturating_sub(1));
    let down = |middles: &mut [f64]| {
        for at in first..middles.len() {
            let least = if at == first { top + rooms[at] / 2.0 } else { middles[at - 1] + apart(at - 1) };
            middles[at] = middles[at].max(least);
        }
    };
    let up = |middles: &mut [f64]| {
        for at in (first..middles.len()).rev() {
            let most = if at == last { bottom - rooms[at] / 2.0 } else { middles[at + 1] - apart(at) };
            middles[at] = middles[at].min(most);
        }
    };
    let (mut pushed_down, mut pushed_up) = (wished.to_vec(), wished.to_vec());
    down(&mut pushed_down);
    up(&mut pushed_down);
    up(&mut pushed_up);
    down(&mut pushed_up);
    pushed_down.iter().zip(pushed_up).map(|(one, other)| (one + other) / 2.0).collect()
}
