//! The timeline as a picture: a bar for each step, and a line to it from the one that it waited for.

use std::time::SystemTime;

use super::{Bar, Ended, Timeline, What};
use crate::report::markup::{fit, length, shown};
use crate::report::style::took;

/// The widths of the names, of the bars at their longest, and of the words behind a bar.
const NAMES: f64 = 264.0;
const BARS: f64 = 560.0;
const WORDS: f64 = 340.0;
/// The width of a letter.
const LETTER: f64 = 7.4;
/// The heights of a row, of the bar in it, and of the row with the times.
const ROW: f64 = 22.0;
const HIGH: f64 = 12.0;
const HEAD: f64 = 24.0;
/// The least width of a bar: what takes no time is seen, too.
const LEAST: f64 = 3.0;
/// The times that may be marked, in seconds, and the least room between two marks.
const MARKS: [u64; 18] = [0, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 28_800, 86_400];
const APART: f64 = 46.0;
/// How much shorter a long time is drawn in which nothing begins or ends.
const SHORTER: f64 = 4.0;

/// Where times stand in the picture. Where one wait takes most of the time, the steps before it are to be seen, too: a stretch
/// in which nothing begins or ends is as wide as the logarithm of its time.
struct Scale {
    begun: SystemTime,
    /// The seconds at which something begins or ends, each with its place.
    stops: Vec<(f64, f64)>,
}

impl Scale {
    fn of(timeline: &Timeline, (begun, last): (SystemTime, SystemTime)) -> Self {
        let ends = timeline.bars.iter().filter_map(|bar| bar.ended.as_ref().map(|(at, _)| *at));
        let times = timeline.bars.iter().filter_map(|bar| bar.begun).chain(ends).chain([begun, last]);
        let mut times: Vec<f64> = times.map(|at| since(begun, at)).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let mut place = 0.0_f64;
        let stop = |at: usize| {
            let before = if at == 0 { times[0] } else { times[at - 1] };
            place += (1.0 + SHORTER * (times[at] - before)).ln();
            (times[at], place)
        };
        let mut stops: Vec<(f64, f64)> = (0..times.len()).map(stop).collect();
        for (_, x) in &mut stops {
            *x = NAMES + BARS * *x / place.max(f64::MIN_POSITIVE);
        }
        Self { begun, stops }
    }

    fn x(&self, at: SystemTime) -> f64 {
        self.place(since(self.begun, at))
    }

    /// The place of a time, in seconds since the begin.
    fn place(&self, seconds: f64) -> f64 {
        let behind = self.stops.partition_point(|(known, _)| *known < seconds);
        match (behind.checked_sub(1).map(|before| self.stops[before]), self.stops.get(behind)) {
            (Some((from, left)), Some((to, right))) => left + (right - left) * (seconds - from) / (to - from),
            (None, Some((_, x))) => *x,
            (Some((_, x)), None) => x,
            (None, None) => NAMES,
        }
    }
}

/// The seconds from one time to another; none before it.
fn since(begun: SystemTime, at: SystemTime) -> f64 {
    at.duration_since(begun).unwrap_or_default().as_secs_f64()
}

/// The element; nothing if nothing was planned.
pub(super) fn chart(timeline: &Timeline) -> String {
    let Some((begun, last)) = timeline.span.filter(|_| !timeline.bars.is_empty()) else {
        return String::new();
    };
    let scale = Scale::of(timeline, (begun, last));
    let rows = timeline.rows();
    let row_of = |bar: &Bar| rows.iter().position(|row| std::ptr::eq(*row, bar));
    let height = HEAD + ROW * rows.len() as f64 + 4.0;
    let mut code = marks(&scale, height);
    for (at, bar) in rows.iter().enumerate() {
        let before = timeline.last_before(bar).and_then(|before| Some((row_of(before)?, before.ended.as_ref()?.0)));
        if let (Some((row, ended)), Some(begun)) = (before, bar.begun) {
            code.push_str(&link(&scale, (row, ended), (at, begun)));
        }
    }
    for (at, bar) in rows.iter().enumerate() {
        code.push_str(&drawn(timeline, bar, &scale, middle(at), last));
    }
    let (width, height) = (length(NAMES + BARS + WORDS), length(height));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">\n<defs><pattern id=\"waits\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect class=\"under\" width=\"6\" height=\"6\"/><rect class=\"stripe\" width=\"2\" \
         height=\"6\"/></pattern></defs>\n{code}</svg>\n"
    )
}

fn middle(row: usize) -> f64 {
    HEAD + ROW * (row as f64 + 0.5)
}

/// The lines with the times.
fn marks(scale: &Scale, height: f64) -> String {
    let whole = scale.stops.last().map_or(0.0, |(seconds, _)| *seconds);
    let mut code = String::new();
    let mut before = f64::MIN;
    for seconds in MARKS.into_iter().filter(|seconds| *seconds as f64 <= whole) {
        let x = scale.place(seconds as f64);
        if x >= before + APART {
            let (place, words) = (length(x), brief(seconds));
            code.push_str(&format!(
                "<line class=\"mark\" x1=\"{place}\" y1=\"{HEAD}\" x2=\"{place}\" y2=\"{}\"/>\
                 <text class=\"quiet mid\" x=\"{place}\" y=\"14\">{words}</text>\n",
                length(height)
            ));
            before = x;
        }
    }
    code
}

/// A time that is marked, in its greatest unit.
fn brief(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        _ => format!("{}h", seconds / 3600),
    }
}

/// The line from the end of one bar to the begin of one that waited for it.
fn link(scale: &Scale, (row, ended): (usize, SystemTime), (to, begun): (usize, SystemTime)) -> String {
    let (x, end) = (scale.x(ended), scale.x(begun));
    let from = middle(row) + if row < to { HIGH / 2.0 } else { -HIGH / 2.0 };
    format!(
        "<path class=\"link\" d=\"M{} {}V{}H{}\"/>\n",
        length(x),
        length(from),
        length(middle(to)),
        length(end.max(x))
    )
}

fn drawn(timeline: &Timeline, bar: &Bar, scale: &Scale, middle: f64, last: SystemTime) -> String {
    let base = length(middle + 4.0);
    let (title, outcome) = (bar.what.title(), timeline.outcome(bar));
    let name = fit(&title, ((NAMES - 10.0) / LETTER) as usize);
    let tip = shown(&format!("{title}: {outcome}"));
    let Some(begun) = bar.begun else {
        let words = fit(&outcome, (WORDS / LETTER) as usize);
        return format!(
            "<g class=\"skipped\"><title>{tip}</title><text x=\"0\" y=\"{base}\">{name}</text>\
             <text x=\"{}\" y=\"{base}\">{words}</text></g>\n",
            length(NAMES + 6.0)
        );
    };
    let ended = bar.ended.as_ref().map_or(last, |(at, _)| *at);
    let (x, y) = (scale.x(begun), length(middle - HIGH / 2.0));
    let width = (scale.x(ended) - x).max(LEAST);
    let class = match (&bar.what, &bar.ended) {
        (_, Some((_, Ended::Failed(_)))) => "failed",
        (_, None | Some((_, Ended::Skipped))) => "open",
        (What::Work(_, Some(_)), _) => "step",
        (What::Work(_, None) | What::Reading, _) => "waited",
    };
    let waits = bar.waits.iter().filter(|_| class != "waited").map(|wait| {
        let (from, to) = (scale.x(wait.since), scale.x(wait.until.unwrap_or(last)));
        let width = length((to - from).max(1.0));
        format!("<rect class=\"wait\" x=\"{}\" y=\"{y}\" width=\"{width}\" height=\"{HIGH}\"/>", length(from))
    });
    let waits: String = waits.collect();
    let behind = x + width + 6.0;
    let words = fit(&outcome, ((NAMES + BARS + WORDS - behind) / LETTER) as usize);
    let after = took(begun.duration_since(scale.begun).unwrap_or_default());
    format!(
        "<g class=\"{class}\"><title>{tip}, begun after {after}</title><text x=\"0\" y=\"{base}\">{name}</text>\
         <rect class=\"bar\" x=\"{}\" y=\"{y}\" width=\"{}\" height=\"{HIGH}\" rx=\"2\"/>{waits}\
         <text class=\"words\" x=\"{}\" y=\"{base}\">{words}</text></g>\n",
        length(x),
        length(width),
        length(behind),
    )
}
