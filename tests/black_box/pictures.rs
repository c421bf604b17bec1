//! The pictures: the graph of a lab.

use serde_json::Value;

use crate::account::Account;
use crate::lab8;
use crate::labform::Folder;

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
