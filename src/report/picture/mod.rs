//! Where the boxes and lines of a graph stand: in layers from left to right, each box right of all that it needs, in lanes
//! from top to bottom, one for each phase.
//!
//! Pure geometry: knows sizes and numbers. Must not know: resources, colours, how anything is written. The same sketch
//! is laid out the same on every machine, in time that grows with the lines and their lengths.
//!
//! Lines to one box share a way: they run through gaps that are kept free between the boxes, and part only before the layer
//! of the box that they come from.

mod layers;
mod order;
mod place;
#[cfg(test)]
mod tests;

pub(super) use layers::essential;
pub(super) use place::lay_out;

/// The height of a box.
pub(super) const HEIGHT: f64 = 52.0;

/// A graph that is to be laid out. A box is known by its place in `boxes`.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// The boxes, each after all that it needs.
    pub(super) boxes: Vec<Blank>,
    /// The needs: the first needs the second, which stands before it in `boxes`.
    pub(super) needs: Vec<(usize, usize)>,
    /// The pairs of boxes that need each other and still have no place in the order.
    pub(super) pairs: Vec<(usize, usize)>,
    /// The height of the heading of each lane.
    pub(super) headings: Vec<f64>,
}

/// A box that has no place yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blank {
    /// The least width.
    pub(super) width: f64,
    /// The lane.
    pub(super) lane: usize,
}

/// A graph that is laid out.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Picture {
    pub(super) width: f64,
    pub(super) height: f64,
    /// The boxes, in the sketch's order.
    pub(super) boxes: Vec<Rect>,
    /// The lanes, from top to bottom.
    pub(super) lanes: Vec<Rect>,
    pub(super) lines: Vec<Line>,
}

/// A rectangle by its upper left corner and its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    /// The middle of the left side.
    pub(super) fn left(&self) -> Point {
        (self.x, self.y + self.height / 2.0)
    }

    /// The middle of the right side.
    pub(super) fn right(&self) -> Point {
        (self.x + self.width, self.y + self.height / 2.0)
    }
}

/// A point by its distances from the left and from the top.
pub(super) type Point = (f64, f64);

/// A line between two boxes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The box that needs.
    pub(super) from: usize,
    /// The box that is needed.
    pub(super) to: usize,
    pub(super) way: Way,
    /// The line's points from box to box: a bend from each to the next where they are between two layers, straight through
    /// a layer, by turns. Of a line within one layer, only its ends.
    pub(super) points: Vec<Point>,
}

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// One box needs the other.
    Needs,
    /// Both need each other, from different layers.
    Both,
    /// Both need each other, in one layer: the line leaves both on the right.
    Beside,
}
