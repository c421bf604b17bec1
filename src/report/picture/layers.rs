//! Which layer each box stands in, and which needs go without saying.

use super::Sketch;

/// The rows that a picture of so many boxes may have, for the root of their number: it is about as high as a screen is for
/// its width.
const ROWS: f64 = 1.9;
/// The rows that a lane may have in any case.
const FEWEST: usize = 3;

/// What each box needs, and what needs it.
pub(super) struct Links {
    pub(super) needed: Vec<Vec<usize>>,
    pub(super) users: Vec<Vec<usize>>,
}

impl Links {
    pub(super) fn of(count: usize, needs: &[(usize, usize)]) -> Self {
        let mut links = Self { needed: vec![Vec::new(); count], users: vec![Vec::new(); count] };
        for (user, needed) in needs {
            links.needed[*user].push(*needed);
            links.users[*needed].push(*user);
        }
        links
    }
}

/// Those of the `needs` among so many that don't follow from others of them. The first of each needs the second, which is
/// the smaller number.
pub(in crate::report) fn essential(count: usize, needs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let Links { needed, .. } = Links::of(count, needs);
    let mut reached = vec![vec![false; count]; count];
    for (user, all) in needed.iter().enumerate() {
        for one in all {
            let (below, above) = reached.split_at_mut(user);
            above[0].iter_mut().zip(&below[*one]).for_each(|(reached, further)| *reached |= further);
            above[0][*one] = true;
        }
    }
    let follows = |user: usize, one: usize| needed[user].iter().any(|other| reached[*other][one]);
    let mut essential: Vec<_> = needs.iter().copied().filter(|(user, one)| !follows(*user, *one)).collect();
    essential.sort_unstable();
    essential.dedup();
    essential
}

/// The layer of each box: the first right of all that it needs which has room in its lane. What needs nothing stands as near
/// to those that need it as there is room.
pub(super) fn layers(sketch: &Sketch, links: &Links) -> Vec<usize> {
    let mut room = Room::of(sketch);
    let mut layers = vec![0; sketch.boxes.len()];
    for (at, one) in sketch.boxes.iter().enumerate() {
        let mut layer = links.needed[at].iter().map(|needed| layers[*needed] + 1).max().unwrap_or(0);
        while !room.is_at(layer, one.lane) {
            layer += 1;
        }
        room.take(layer, one.lane);
        layers[at] = layer;
    }
    for (at, one) in sketch.boxes.iter().enumerate().filter(|(at, _)| links.needed[*at].is_empty()) {
        let last = links.users[at].iter().map(|user| layers[*user] - 1).min().unwrap_or(0);
        let nearest = (layers[at] + 1..=last).rev().find(|layer| room.is_at(*layer, one.lane));
        if let Some(nearest) = nearest {
            room.give(layers[at], one.lane);
            room.take(nearest, one.lane);
            layers[at] = nearest;
        }
    }
    layers
}

/// How many boxes stand in each lane of each layer.
struct Room {
    most: Vec<usize>,
    taken: Vec<Vec<usize>>,
}

impl Room {
    /// Of the rows of the picture, each lane has a part as great as its part of the boxes.
    fn of(sketch: &Sketch) -> Self {
        let all = sketch.boxes.len() as f64;
        let most = (0..sketch.headings.len()).map(|lane| {
            let own = sketch.boxes.iter().filter(|one| one.lane == lane).count() as f64;
            let rows = (ROWS * own / all.sqrt().max(1.0)).ceil();
            (rows as usize).max(FEWEST)
        });
        Self { most: most.collect(), taken: Vec::new() }
    }

    fn is_at(&self, layer: usize, lane: usize) -> bool {
        self.taken.get(layer).is_none_or(|taken| taken[lane] < self.most[lane])
    }

    fn take(&mut self, layer: usize, lane: usize) {
        if self.taken.len() <= layer {
            self.taken.resize(layer + 1, vec![0; self.most.len()]);
        }
        self.taken[layer][lane] += 1;
    }

    fn give(&mut self, layer: usize, lane: usize) {
        self.taken[layer][lane] -= 1;
    }
}
