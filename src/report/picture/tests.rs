use proptest::prelude::*;

use super::*;

/// A sketch in which each need leads from a greater number to a smaller one.
fn sketch() -> impl Strategy<Value = Sketch> {
    (1_usize..40, 1_usize..4).prop_flat_map(|(count, lanes)| {
        let boxes = prop::collection::vec((90.0_f64..240.0, 0..lanes), count);
        let two = || prop::collection::vec((0..count, 0..count), 0..count * 2);
        (boxes, two(), two()).prop_map(move |(boxes, needs, pairs)| {
            let boxes = boxes.into_iter().map(|(width, lane)| Blank { width, lane }).collect();
            let apart = |all: Vec<(usize, usize)>| {
                let apart = all.into_iter().filter(|(one, other)| one != other);
                let mut apart: Vec<_> = apart.map(|(one, other)| (one.max(other), one.min(other))).collect();
                apart.sort_unstable();
                apart.dedup();
                apart
            };
            let pairs = apart(pairs).into_iter().step_by(4).collect();
            Sketch { boxes, needs: apart(needs), pairs, headings: vec![20.0; lanes] }
        })
    })
}

fn overlap(one: &Rect, other: &Rect) -> bool {
    let apart = |a: f64, width: f64, b: f64| a + width <= b + 1e-6;
    !(apart(one.x, one.width, other.x)
        || apart(other.x, other.width, one.x)
        || apart(one.y, one.height, other.y)
        || apart(other.y, other.height, one.y))
}

fn holds(outer: &Rect, inner: &Rect) -> bool {
    let at_least = |a: f64, b: f64| a >= b - 1e-6;
    at_least(inner.x, outer.x)
        && at_least(inner.y, outer.y)
        && at_least(outer.x + outer.width, inner.x + inner.width)
        && at_least(outer.y + outer.height, inner.y + inner.height)
}

proptest! {
    #[test]
    fn no_two_boxes_overlap_and_each_stands_in_its_lane(sketch in sketch()) {
        let picture = lay_out(&sketch);
        for (at, one) in picture.boxes.iter().enumerate() {
            prop_assert!(holds(&picture.lanes[sketch.boxes[at].lane], one));
            prop_assert!(one.width >= sketch.boxes[at].width);
            for other in &picture.boxes[..at] {
                prop_assert!(!overlap(one, other), "{one:?} {other:?}");
            }
        }
        let whole = Rect { x: 0.0, y: 0.0, width: picture.width, height: picture.height };
        for (at, lane) in picture.lanes.iter().enumerate() {
            prop_assert!(holds(&whole, lane));
            prop_assert!(picture.lanes[..at].iter().all(|before| !overlap(before, lane)));
        }
    }

    #[test]
    fn each_line_ends_at_its_boxes_and_runs_through_none(sketch in sketch()) {
        let picture = lay_out(&sketch);
        prop_assert_eq!(picture.lines.len(), sketch.needs.len() + sketch.pairs.len());
        for line in &picture.lines {
            let (from, to) = (&picture.boxes[line.from], &picture.boxes[line.to]);
            prop_assert_eq!(*line.points.last().unwrap(), to.right());
            prop_assert_eq!(line.points[0], if line.way == Way::Beside { from.right() } else { from.left() });
            if line.way != Way::Beside {
                prop_assert!(line.points.windows(2).all(|two| two[0].0 >= two[1].0), "it leads to the left: {line:?}");
            }
            for straight in line.points[1..line.points.len() - 1].chunks_exact(2) {
                let [(right, y), (left, same)] = [straight[0], straight[1]];
                prop_assert_eq!(y, same);
                let crossed = Rect { x: left, y: y - 1.0, width: right - left, height: 2.0 };
                prop_assert!(!picture.boxes.iter().any(|one| overlap(one, &crossed)), "{line:?}");
            }
        }
    }

    #[test]
    fn a_sketch_is_laid_out_the_same_each_time(sketch in sketch()) {
        prop_assert_eq!(lay_out(&sketch), lay_out(&sketch));
    }

    #[test]
    fn what_follows_from_other_needs_is_left_out_and_still_follows(sketch in sketch()) {
        let count = sketch.boxes.len();
        let reach = |needs: &[(usize, usize)]| {
            let mut reached = vec![std::collections::BTreeSet::new(); count];
            for user in 0..count {
                for (_, one) in needs.iter().filter(|(from, _)| *from == user) {
                    let further = reached[*one].clone();
                    reached[user].extend(further);
                    reached[user].insert(*one);
                }
            }
            reached
        };
        let kept = essential(count, &sketch.needs);
        prop_assert_eq!(reach(&kept), reach(&sketch.needs));
        for left_out in &kept {
            let fewer: Vec<_> = kept.iter().copied().filter(|one| one != left_out).collect();
            prop_assert!(reach(&fewer) != reach(&kept), "{left_out:?} follows from the others");
        }
    }
}

#[test]
fn an_empty_sketch_is_an_empty_picture() {
    assert_eq!(lay_out(&Sketch::default()), Picture::default());
}

#[test]
fn two_hundred_boxes_are_about_as_high_as_a_screen_is_for_its_width() {
    let boxes = vec![Blank { width: 180.0, lane: 0 }; 200];
    let needs = (1..200).filter(|at: &usize| !at.is_multiple_of(3)).map(|at| (at, at - 1)).collect();
    let picture = lay_out(&Sketch { boxes, needs, pairs: Vec::new(), headings: vec![0.0] });
    let ratio = picture.width / picture.height;
    assert!((0.8..2.6).contains(&ratio), "{} x {}", picture.width, picture.height);
}
