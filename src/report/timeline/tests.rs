use std::time::Duration;

use super::*;
use crate::resource::Explanation;

const EVIL: &str = "</script><script>alert(1)</script><img src=x onerror='alert(1)'>\"\u{202e}";

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_000_000 + seconds)
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// A timeline of which these steps are planned, each with those that it waits for.
fn planned(steps: &[(&str, &[usize])]) -> Timeline {
    let bar = |(title, after): &(&str, &[usize])| Bar {
        after: after.to_vec(),
        ..Bar::new(What::Work(address(title), Some(Op::Create)), title)
    };
    let span = Some((at(0), at(0)));
    Timeline { span, bars: steps.iter().map(bar).collect(), ..Timeline::new("ecs-lab", "eu-west-1") }
}

fn started(title: &str) -> Event {
    Event::Started { address: address(title), op: Op::Create, name: "it".to_owned() }
}

fn done(title: &str) -> Event {
    let id = Some(format!("arn:{title}"));
    Event::Done { address: address(title), op: Op::Create, took: Duration::ZERO, id }
}

fn waiting(title: &str, op: Option<Op>, reason: &str) -> Event {
    Event::Waiting { address: address(title), op, reason: reason.to_owned() }
}

/// An apply in which one step fails while others go on.
fn failed() -> Timeline {
    let mut timeline =
        planned(&[("role.exec", &[]), ("cluster.main", &[]), ("service.web", &[0, 1]), ("service.api", &[2])]);
    timeline.event(&started("role.exec"), at(40));
    timeline.event(&started("cluster.main"), at(40));
    timeline.event(&done("role.exec"), at(42));
    timeline.event(&waiting("cluster.main", Some(Op::Create), "the linked role has not spread yet"), at(43));
    timeline.event(&done("cluster.main"), at(50));
    timeline.event(&started("service.web"), at(50));
    let error = format!("CreateService: ClientException: no {EVIL}\nmore (request 1f3c)");
    timeline.event(&Event::Failed { address: address("service.web"), op: Op::Create, error }, at(55));
    timeline.event(&Event::Skipped { address: address("service.api"), op: Op::Create }, at(55));
    timeline
}

fn outcomes(timeline: &Timeline) -> String {
    let rows = timeline.rows().into_iter().map(|bar| {
        let last = timeline.last_before(bar).map(|last| format!(", after {}", last.what.title()));
        format!("{}: {}{}\n", bar.what.title(), timeline.outcome(bar), last.unwrap_or_default())
    });
    rows.collect()
}

#[test]
fn each_step_says_how_it_ended_and_what_it_waited_for() {
    let mut timeline = failed();
    timeline.interrupted(Some(at(60)));
    insta::assert_snapshot!(outcomes(&timeline), @"
    role.exec: created in 2.0s
    cluster.main: created in 10s
    service.web: \u{2717} creating failed after 5.0s, after cluster.main
    service.api: not created: service.web failed, after service.web
    ");
    // The question to the user isn't a part of it.
    assert_eq!(timeline.span, Some((at(40), at(60))));
}

#[test]
fn what_gets_ready_waits_for_its_own_step_and_says_why_it_isnt() {
    let mut timeline = planned(&[("service.web", &[])]);
    timeline.event(&started("service.web"), at(0));
    timeline.event(&done("service.web"), at(1));
    timeline.event(&Event::Ready { address: address("cluster.main"), took: Duration::ZERO }, at(2));
    timeline.event(&waiting("service.web", None, "0 of 2 tasks running"), at(2));
    timeline.event(&waiting("service.web", None, "0 of 2 tasks running"), at(4));
    let explanation = Explanation {
        cause: "image not in the repository",
        evidence: vec!["CannotPullContainerError".to_owned()],
        remedy: "push it".to_owned(),
    };
    timeline.event(&Event::Explained { address: address("service.web"), explanation }, at(64));
    timeline.event(&waiting("service.web", None, "1 of 2 tasks running"), at(70));
    timeline.event(&Event::Ready { address: address("service.web"), took: Duration::from_secs(80) }, at(82));
    timeline.event(&Event::Verifying, at(82));
    timeline.ends(End::interrupted(&Costs::default()), Some(at(83)));
    insta::assert_snapshot!(outcomes(&timeline), @"
    service.web: created in 1.0s
    service.web: ready in 1m 20s, after service.web
    all resources: read once more in 1.0s
    ");
    let page = timeline.page();
    for words in [
        "<li>0 of 2 tasks running (1m 08s)</li>",
        "<li>1 of 2 tasks running (12s)</li>",
        "<li>image not in the repository; CannotPullContainerError; push it</li>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_page_tells_at_each_moment_what_is_done_and_what_is_not() {
    let nothing = Timeline::new("ecs-lab", "eu-west-1");
    assert!(nothing.page().contains("unfinished: it was stopped before its end"));
    assert!(Timeline::wrote(&nothing.page()) && !Timeline::wrote("<title>labform</title>"));
    let mut timeline = planned(&[("role.exec", &[]), ("cluster.main", &[0])]);
    timeline.event(&started("role.exec"), at(5));
    insta::assert_snapshot!(outcomes(&timeline), @"
    role.exec: creating when this was written
    cluster.main: not created: not begun
    ");
    timeline.failed(&Error::failed("the network is gone").hint("look at the cable"), Some(at(9)));
    timeline.interrupted(Some(at(10)));
    let page = timeline.page();
    for words in ["failed: an error ended it", "the network is gone", "hint: look at the cable", "nothing was checked"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("not created at the end"));
}

#[test]
fn nothing_from_outside_is_part_of_the_page() {
    let mut timeline = failed();
    timeline.jobs = vec![EVIL.to_owned()];
    timeline.event(&waiting("service.web", None, EVIL), at(56));
    timeline.failed(&Error::failed(EVIL), Some(at(60)));
    let page = timeline.page();
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("alert(1)"));
    let svg = &page[page.find("<svg").unwrap()..page.find("</svg>").unwrap() + "</svg>".len()];
    let svg = roxmltree::Document::parse(svg).unwrap();
    let bars = svg.descendants().filter(|element| element.attribute("class") == Some("bar"));
    assert_eq!(bars.count(), 4, "of the three steps that began, and of the wait");
}

#[test]
fn no_word_of_the_picture_is_outside_of_it() {
    let many: Vec<String> = (0..120).map(|n| format!("{}.{}{n}", "securityGroupRule", "x".repeat(60))).collect();
    let steps: Vec<(&str, &[usize])> = many.iter().map(|name| (name.as_str(), &[][..])).collect();
    let mut timeline = planned(&steps);
    for (n, name) in (0..).zip(&many) {
        timeline.event(&started(name), at(n));
        timeline.event(&done(name), at(n * 3 + 1));
    }
    let page = timeline.page();
    let svg = &page[page.find("<svg").unwrap()..page.find("</svg>").unwrap() + "</svg>".len()];
    let svg = roxmltree::Document::parse(svg).unwrap();
    let number =
        |element: roxmltree::Node<'_, '_>, name: &str| element.attribute(name).unwrap().parse::<f64>().unwrap();
    let width = number(svg.root_element(), "width");
    for text in svg.descendants().filter(|element| element.has_tag_name("text")) {
        let letters = text.text().unwrap_or_default().chars().count() as f64;
        assert!(number(text, "x") + letters * 7.3 <= width, "{:?}", text.text());
    }
}
