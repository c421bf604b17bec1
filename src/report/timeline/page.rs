//! The page of an apply: how it ended, the timeline, and each step in words.

use humantime::format_rfc3339_seconds;

use super::chart::chart;
use super::end::by_the_plan;
use super::{Bar, Ended, Timeline, Wait};
use crate::report::commands::completed;
use crate::report::markup::{Page, shown};
use crate::report::style::took;

const STYLE: &str = include_str!("page.css");

pub(super) fn page(timeline: &Timeline) -> String {
    let state = timeline.state();
    let summary = timeline.end.as_ref().map_or("it was stopped before its end", |end| end.summary.as_str());
    let title = format!("apply: lab {}: {}: {summary}", timeline.lab, state.word("apply"));
    let facts = facts(timeline).into_iter().map(|(name, words)| format!("<dt>{name}</dt><dd>{words}</dd>\n"));
    let facts: String = facts.collect();
    let problems = timeline.end.iter().flat_map(|end| &end.problems).map(|words| item(words));
    let problems: String = problems.collect();
    let problems = match problems.as_str() {
        "" => String::new(),
        problems => format!("<h2>What isn't as it is to be</h2>\n<ul>\n{problems}</ul>\n"),
    };
    let body = format!("<dl>\n{facts}</dl>\n{problems}{}{}", picture(timeline), table(timeline));
    Page { title: &title, style: STYLE, body: &body, script: "" }.html()
}

/// What is told above the picture, by name, as code.
fn facts(timeline: &Timeline) -> Vec<(&'static str, String)> {
    let Timeline { region, account, clock, .. } = timeline;
    let state = timeline.state();
    let word = format!("<b class=\"{state:?}\">{} {}</b>", state.sign(), state.word("apply"));
    let place = if account.is_empty() { region.clone() } else { format!("account {account}, {region}") };
    let mut facts = vec![("Result", word), ("Where", shown(&place))];
    if let Some((begun, last)) = timeline.span {
        let time = took(last.duration_since(begun).unwrap_or_default());
        let words = format!("{} to {}, {time}{clock}", format_rfc3339_seconds(begun), format_rfc3339_seconds(last));
        facts.push(("When", shown(&words)));
    }
    let (check, cost) = match &timeline.end {
        Some(end) => (end.check.clone(), end.cost.clone()),
        None => ("nothing was checked".to_owned(), by_the_plan(&timeline.costs)),
    };
    facts.extend([("Check at the end", shown(&check)), ("Cost", shown(&cost))]);
    let command =
        |words: &str| format!("<code>{}</code>", shown(completed(&format!("`labform {words}`")).trim_matches('`')));
    if !timeline.jobs.is_empty() {
        let jobs: Vec<String> = timeline.jobs.iter().map(|job| command(&format!("run {job}"))).collect();
        facts.push(("Jobs, not run by it", jobs.join(" ")));
    }
    if !timeline.checkpoints.is_empty() {
        let names = shown(&timeline.checkpoints.join(", "));
        facts.push(("Checkpoints, not checked by it", format!("{names}: {}", command("check"))));
    }
    facts.push(("By", format!("labform {}", env!("CARGO_PKG_VERSION"))));
    facts
}

fn item(words: &str) -> String {
    let lines: Vec<String> = words.lines().map(shown).collect();
    format!("<li class=\"failed-words\">{}</li>\n", lines.join("\n"))
}

fn picture(timeline: &Timeline) -> String {
    match chart(timeline) {
        chart if chart.is_empty() => String::new(),
        chart => format!(
            "<h2>What was done when</h2>\n<p>A line leads to a bar from the one that it waited for last. Striped: a wait. Where nothing begins or ends, long \
             times are drawn shorter.</p>\n\
             <div class=\"scroll\">\n{chart}</div>\n"
        ),
    }
}

fn table(timeline: &Timeline) -> String {
    if timeline.bars.is_empty() {
        return String::new();
    }
    let rows: String = timeline.rows().into_iter().map(|bar| row(timeline, bar)).collect();
    format!(
        "<table>\n<caption>Each step</caption>\n<thead><tr><th scope=\"col\">Begun</th><th scope=\"col\">Resource</th>\
         <th scope=\"col\">What</th><th scope=\"col\">Waited for</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn row(timeline: &Timeline, bar: &Bar) -> String {
    let begun = bar.begun.zip(timeline.span);
    let begun = begun.map(|(at, (begun, _))| format!("+{}", took(at.duration_since(begun).unwrap_or_default())));
    let name = Some(&bar.name).filter(|name| !name.is_empty()).map(|name| format!("<br>{}", shown(name)));
    let id = bar.id.as_ref().filter(|id| **id != bar.name).map(|id| format!("<br><code>{}</code>", shown(id)));
    let error = match &bar.ended {
        Some((_, Ended::Failed(error))) => {
            let lines: Vec<String> = error.lines().map(shown).collect();
            format!("<div class=\"failed-words Failed\">{}</div>", lines.join("\n"))
        }
        _ => String::new(),
    };
    let last = timeline.last_before(bar);
    let mut before: Vec<String> = bar.after.iter().map(|at| shown(&timeline.bars[*at].what.title())).collect();
    before.sort();
    let before = match (before.len(), last) {
        (0, _) => None,
        (1, _) | (_, None) => Some(before.join(", ")),
        (_, Some(last)) => Some(format!("{}; last for {}", before.join(", "), shown(&last.what.title()))),
    };
    let waits = bar.waits.iter().map(|wait| waited(wait, timeline));
    let notes = bar.notes.iter().map(|note| shown(note));
    let waits: String = before.into_iter().chain(waits).chain(notes).map(|words| format!("<li>{words}</li>")).collect();
    let waits = if waits.is_empty() { String::new() } else { format!("<ul>{waits}</ul>") };
    format!(
        "<tr><td class=\"n\">{}</td><td><b>{}</b>{}{}</td><td class=\"whole\">{}{error}</td><td>{waits}</td></tr>\n",
        begun.unwrap_or_default(),
        shown(&bar.what.title()),
        name.unwrap_or_default(),
        id.unwrap_or_default(),
        shown(&timeline.outcome(bar)),
    )
}

fn waited(wait: &Wait, timeline: &Timeline) -> String {
    let until = wait.until.or(timeline.span.map(|(_, last)| last));
    let time = until.and_then(|until| until.duration_since(wait.since).ok()).unwrap_or_default();
    format!("{} ({})", shown(&wait.reason), took(time))
}
