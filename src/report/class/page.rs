//! The page: whole without its script, which sorts and filters the rows that are there.

use std::time::Duration;

use super::{Report, Row, escaped};
use crate::report::markup::Page;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The columns, each with whether it is sorted by numbers.
const COLUMNS: [(&str, bool); 8] = [
    ("Name", false),
    ("Account", false),
    ("Region", false),
    ("State", true),
    ("Result", false),
    ("Left", true),
    ("Time", true),
    ("Why, and what next", false),
];

pub(super) fn page(report: &Report) -> String {
    let title = format!("{}: {}", report.command, report.summary());
    let [begun, written] = [report.begun, report.written].map(|at| humantime::format_rfc3339_seconds(at).to_string());
    let heads = COLUMNS.iter().map(|(name, is_number)| {
        let sort = if *is_number { "number" } else { "text" };
        format!("<th scope=\"col\" data-sort=\"{sort}\"><button type=\"button\">{name}</button></th>")
    });
    let (heads, rows): (String, String) =
        (heads.collect(), report.sorted().into_iter().map(|one| row(&report.command, one)).collect());
    let body = format!(
        "<p>{}, from <time>{begun}</time> to <time>{written}</time>, by labform {}.</p>\n\
         <div class=\"tools\" hidden>\n<label>Search <input type=\"search\" id=\"search\"></label>\n\
         <label><input type=\"checkbox\" id=\"open\"> Only what isn't clean</label>\n<output id=\"shown\"></output>\n</div>\n\
         <table>\n<caption>What became of each account</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table>\n",
        escaped(&report.title),
        escaped(report.labform),
    );
    Page { title: &title, style: STYLE, body: &body, script: SCRIPT }.html()
}

fn row(command: &str, row: &Row) -> String {
    let reasons = row.details();
    let next = Some(format!("<li>Next: <code>{}</code></li>", escaped(&row.next))).filter(|_| !row.next.is_empty());
    let reasons = reasons.iter().map(|reason| format!("<li>{}</li>", escaped(reason))).chain(next);
    let reasons: String = reasons.collect();
    let why = if reasons.is_empty() { String::new() } else { format!("<ul>{reasons}</ul>") };
    let class = row.state.word("destroy").split(' ').next().unwrap_or_default();
    let cell = |label: &str, class: &str, value: String, text: &str| {
        let class = if text.is_empty() { format!("{class} none") } else { class.to_owned() };
        format!("<td class=\"{class}\" data-label=\"{label}\"{value}>{text}</td>")
    };
    let value = |number: f64| format!(" data-value=\"{number}\"");
    let took = row.took.map(|took| humantime::format_duration(Duration::from_secs(took.as_secs())).to_string());
    let cells = [
        cell("Name", "", String::new(), &escaped(&row.name)),
        cell("Account", "", String::new(), &escaped(&row.account)),
        cell("Region", "", String::new(), &escaped(&row.region)),
        cell(
            "State",
            "state",
            value(row.state as u8 as f64),
            &format!("{} {}", row.state.sign(), row.state.word(command)),
        ),
        cell("Result", "", String::new(), &escaped(&row.result)),
        cell("Left", "n", value(row.left.len() as f64), &row.left.len().to_string()),
        cell("Time", "n", value(row.took.map_or(-1.0, |took| took.as_secs_f64())), took.as_deref().unwrap_or("")),
        cell("Why", "", String::new(), &why),
    ];
    format!("<tr class=\"{class}\">{}</tr>\n", cells.concat())
}

#[cfg(test)]
mod tests {
    use super::super::testing::class;
    use super::*;

    #[test]
    fn nothing_from_outside_is_part_of_the_page() {
        let mut report = class(40);
        let evil = "</script><script>alert(1)</script><img src=x onerror='alert(1)'>\"";
        for row in &mut report.rows {
            (row.name, row.cause, row.next) = (evil.to_owned(), evil.to_owned(), evil.to_owned());
        }
        report.title = evil.to_owned();
        let text = page(&report);
        assert_eq!(text.matches("<script>").count(), 1);
        assert_eq!(text.matches("<img").count(), 0);
        assert_eq!(text.matches("<tr class=").count(), 40);
        assert!(page(&class(1000)).len() < 2_000_000);
    }
}
