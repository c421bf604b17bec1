//! The pictures: the graph of a lab, and the timeline of an apply.

use std::fs;

use serde_json::Value;

use crate::account::Account;
use crate::faults::Fault;
use crate::lab8;
use crate::labform::Folder;
use crate::labform::Signal;
use crate::lane::Lane;
use crate::wire::{Refusal, refuse};

#[test]
fn a_graph_is_drawn_without_any_call() {
    let folder = Folder::empty();
    folder.write("lab.yaml", lab8::FILE);
    // Nobody listens there.
    let draw =
        |format: &str| folder.run(&["graph", "--format", format, "--endpoint-url", "http://127.0.0.1:9"]).exits(0);
    let svg = draw("svg").stdout;
    for words in [
        ">lab ecs-lab in eu-west-1</text>",
        ">phase web</text>",
        ">jobs</text>",
        "about $0.075 an hour once it is there",
        "<title>job.classifier\njobs\nabout $0.054/h while it runs",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    let page = draw("html").stdout;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<title>labform graph: lab ecs-lab"), "{page}");
    for outside in ["src=", "href=", "@import", "url(http"] {
        assert!(!page.contains(outside), "{outside}: {page}");
    }
    assert!(draw("dot").stdout.contains("label = \"phase web\""));
    assert!(draw("mermaid").stdout.contains("[\"phase web\"]"));
}

#[test]
fn a_graph_of_what_is_live_says_the_state_of_each() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    let node = |address: &str| -> Value {
        let run = account.labform(&["graph", "--live", "--json"]).exits(0);
        let lines = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is JSON"));
        let mut nodes = lines.filter(|line| line["type"] == "graph_node");
        nodes.find(|line| line["address"] == address).expect("it is in the graph")
    };
    assert_eq!((&node("service.web")["state"], &node("service.web")["cost"]), (&"absent".into(), &0.0.into()));
    account.apply();
    assert_eq!((&node("service.web")["state"], &node("service.web")["cost"]), (&"ready".into(), &0.034_685.into()));
    assert_eq!(
        (&node("job.classifier")["state"], &node("job.classifier")["cost"]),
        (&"absent".into(), &0.054_37.into())
    );
    let svg = account.labform(&["graph", "--live", "--format", "svg"]).exits(0).stdout;
    assert!(svg.contains("about $0.075 an hour now") && svg.contains(">\u{2713} ready"), "{svg}");
    // What the file no longer names is drawn as long as it is there.
    let (before, _) = lab8::FILE.split_once("services:\n").expect("it has services");
    account.folder.write("lab.yaml", before);
    let svg = account.labform(&["graph", "--live", "--format", "svg"]).exits(0).stdout;
    assert!(svg.contains(">not in lab.yaml</text>") && svg.contains("<title>service.web "), "{svg}");
}

fn read(account: &Account) -> String {
    fs::read_to_string(account.folder.path().join("out/apply.html")).expect("the file was written")
}

const PAGE: [&str; 4] = ["apply", "--yes", "--report", "out/apply.html"];

#[test]
fn the_page_of_an_apply_tells_each_step_and_the_check_at_the_end() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", lab8::FILE);
    account.labform(&PAGE).exits(0);
    let page = read(&account);
    for words in [
        "<title>labform apply: lab ecs-lab: done: ",
        "everything was read: nothing is left to do, all of it works",
        "about $0.075 an hour now",
        "by the embedded account&#39;s own clock",
        "labform run classifier",
        "<b>service.web</b><br>web-service",
        "created in ",
        "ready in ",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    account.labform(&PAGE).exits(0);
    assert!(read(&account).contains("done: no changes in "), "{}", read(&account));
    account.folder.write("out/apply.html", "<title>my own notes</title>\n");
    let kept = account.labform(&PAGE).exits(4);
    assert!(kept.stderr.contains("apply.html is there already, and isn't a report of labform's"), "{kept}");
    assert_eq!(read(&account), "<title>my own notes</title>\n");
}

#[test]
fn a_page_is_of_one_apply_alone() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("pages", &["logGroups: { it: {} }\n"]);
    account.folder.write("class.csv", &format!("student,account\nann,{}\n", account.id));
    for words in ["apply --yes --roster class.csv", "destroy --yes", "plan", "status"] {
        let words: Vec<&str> = words.split(' ').chain(["--report", "it.html"]).collect();
        let refused = account.labform(&words).exits(64);
        assert!(refused.stderr.contains("name a folder, as in `--report report`"), "{refused}");
        assert!(!account.folder.path().join("it.html").exists());
    }
    fs::create_dir(account.folder.path().join("it.html")).expect("the folder can be written");
    account.labform(&["apply", "--yes", "--report", "it.html"]).exits(4);
}

/// A lab that takes two seconds until it works.
const SLOW: &str =
    "vpc: default\nclusters: { main: {} }\nloadBalancers: { web: { type: network, scheme: internal } }\n";

#[test]
fn the_page_of_an_apply_that_was_stopped_says_what_is_done() {
    let account = Account::embedded("eu-west-1");
    account.write_lab("stopped", &[SLOW]);
    let file = account.folder.path().join("out/apply.html");
    let is_waiting =
        || fs::read_to_string(&file).is_ok_and(|page| page.contains("getting ready when this was written"));
    let mut once = Some(Signal::Int);
    let run = account.labform_signalled(&PAGE, &mut || if is_waiting() { once.take() } else { None });
    run.exits(130);
    let page = read(&account);
    for words in [
        "<title>labform apply: lab stopped: unfinished: ",
        "created in",
        "not ready at the end",
        "not everything works",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn the_page_of_an_apply_that_was_killed_says_what_is_done() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.proxy.play(|call| match call.operation.as_str() {
        "CreateLoadBalancer" => Fault::BlackHole,
        _ => Fault::None,
    });
    let file = lane.account.folder.path().join("out/apply.html");
    let hangs = ["created in", "creating when this was written"];
    let is_hanging = || fs::read_to_string(&file).is_ok_and(|page| hangs.iter().all(|words| page.contains(words)));
    let run = lane.account.labform_signalled(&PAGE, &mut || is_hanging().then_some(Signal::Kill));
    assert_eq!(run.code, None, "{run}");
    let page = read(&lane.account);
    for words in
        ["unfinished: it was stopped before its end", "service.web: not created: not begun", "nothing was checked"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    lane.proxy.play(|_| Fault::None);
    lane.account.labform(&["destroy", "--yes"]).exits(0);
}

#[test]
fn the_page_of_an_apply_that_failed_says_why_and_what_waited_for_it() {
    let lane = Lane::fresh("eu-west-1");
    lane.account.folder.write("lab.yaml", lab8::FILE);
    lane.proxy.play(|call| match call.operation.as_str() {
        "CreateCluster" => Fault::Answer(refuse(call, Refusal::Denied)),
        _ => Fault::None,
    });
    lane.account.labform(&PAGE).exits(3);
    let page = read(&lane.account);
    for words in [
        "<title>labform apply: lab ecs-lab: partly: ",
        "cluster.main: creating: CreateCluster: AccessDeniedException",
        "service.web: not created: cluster.main failed",
        "nothing was checked, because not everything was done",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    lane.proxy.play(|_| Fault::None);
    lane.account.labform(&["destroy", "--yes"]).exits(0);
}
