//! A graph as a page: whole without its script, which zooms, searches, and shows what a box needs and what needs it.

use super::Graph;
use super::svg::{Drawing, words};
use crate::report::markup::{Page, shown};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn page(graph: &Graph) -> String {
    let title = format!("graph: lab {} in {}", graph.lab, graph.region);
    let words = words(graph).map(|line| shown(&line)).collect::<Vec<_>>().join("; ");
    let body = format!(
        "<p>{words}.</p>\n<div class=\"tools\" hidden>\n\
         <label>Search <input type=\"search\" id=\"search\" placeholder=\"service failed\"></label>\n\
         <output id=\"found\"></output>\n\
         <span><button type=\"button\" id=\"farther\" aria-label=\"smaller\">\u{2212}</button>\n\
         <button type=\"button\" id=\"closer\" aria-label=\"larger\">+</button>\n\
         <button type=\"button\" id=\"whole\">whole</button>\n<button type=\"button\" id=\"life\">1:1</button></span>\n\
         <span>Drag to move, Ctrl and the wheel to zoom, click a box to keep what it needs in sight.</span>\n</div>\n\
         <div class=\"view\">\n{}</div>\n",
        Drawing::of(graph).bare(),
    );
    Page { title: &title, style: STYLE, body: &body, script: SCRIPT }.html()
}
