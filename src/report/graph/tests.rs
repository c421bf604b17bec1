use roxmltree::{Document, Node as Element};

use super::*;
use crate::plan::lab_costs;
use crate::report::testing::lab;

const EVIL: &str = "</title><script>alert(1)</script>\"'&\u{1b}\u{202e}";

const SMALL: &str = "lab: ecs-lab\nregion: eu-west-1\n\
    logGroups: { web: {} }\n\
    clusters: { main: {} }\n\
    secrets: { key: { phase: web, generateSecretString: {} } }\n";

fn drawn(text: &str) -> Graph {
    let lab = lab(text);
    Graph::of(&lab, &lab_costs(&lab), None)
}

fn row(address: &str, state: RowState, reason: Option<&str>) -> Row {
    Row {
        address: address.parse().unwrap(),
        name: format!("aws-{address}"),
        state,
        reason: reason.map(str::to_owned),
        owner: "this lab".to_owned(),
    }
}

/// The graph of the lab when AWS has told these.
fn seen(text: &str, rows: &[Row], jobs: &[JobDetail]) -> Graph {
    let lab = lab(text);
    Graph::of(&lab, &lab_costs(&lab), Some(Seen { rows, jobs }))
}

/// All text of a picture stands in it, and that of a box in the box.
fn check(svg: &str) -> usize {
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    let number = |element: Element<'_, '_>, name: &str| element.attribute(name).unwrap().parse::<f64>().unwrap();
    let is = |element: &Element<'_, '_>, name: &str| element.attribute("class").unwrap_or_default().starts_with(name);
    let root = document.root_element();
    let boxes: Vec<Element<'_, '_>> = root.descendants().filter(|element| is(element, "box")).collect();
    for one in &boxes {
        let rect = one.children().find(|child| child.has_tag_name("rect")).unwrap();
        let (x, width) = (number(rect, "x"), number(rect, "width"));
        assert!(x >= 0.0 && x + width <= number(root, "width"));
        let texts = one.children().filter(|child| child.has_tag_name("text"));
        let mut first = 0.0;
        for text in texts {
            let letter = if is(&text, "name") { 7.9 } else { 6.7 };
            let long = text.text().unwrap().chars().map(|c| if c.is_ascii() { 1.0 } else { 1.7 }).sum::<f64>() * letter;
            let y = number(text, "y");
            assert!(y > number(rect, "y") && y < number(rect, "y") + number(rect, "height"));
            if text.attribute("class") == Some("quiet price") {
                assert!(number(text, "x") - long >= first, "{:?}", text.text());
                assert!(number(text, "x") < x + width);
            } else {
                first = number(text, "x") + long;
                assert!(number(text, "x") > x && first <= x + width, "{:?}", text.text());
            }
        }
    }
    boxes.len()
}

/// A lab of `count` services, each with what it needs.
fn many(count: usize) -> String {
    let list = |of: &dyn Fn(usize) -> String| (0..count).map(of).collect::<String>();
    format!(
        "lab: many\nregion: eu-west-1\nclusters: {{ main: {{}} }}\nlogGroups:\n{}taskDefinitions:\n{}",
        list(&|n| format!("  group-with-a-name-that-fits-in-no-box-{n}: {{ phase: p{} }}\n", n % 5)),
        list(&|n| format!(
            "  task{n}:\n    phase: p{}\n    networkMode: awsvpc\n    requiresCompatibilities: [FARGATE]\n    cpu: \"256\"\n    \
             memory: \"512\"\n    executionRoleArn: arn:aws:iam::123456789012:role/exec\n    containerDefinitions:\n      - name: it\n        \
             image: public.ecr.aws/nginx/nginx:stable\n        logConfiguration: {{ logDriver: awslogs, options: {{ \
             awslogs-group: \"${{logGroups.group-with-a-name-that-fits-in-no-box-{n}.name}}\", awslogs-region: eu-west-1, \
             awslogs-stream-prefix: it }} }}\n",
            n % 5
        )),
    )
}

#[test]
fn a_small_picture() {
    let svg = svg::svg(&drawn(SMALL));
    let (_, drawing) = svg.split_once("</defs>\n").unwrap();
    insta::assert_snapshot!(drawing, @r#"
    <rect class="paper" width="100%" height="100%"/>
    <text class="head" x="16" y="18">lab ecs-lab in eu-west-1</text>
    <text class="quiet" x="16" y="36">3 resources</text>
    <text class="quiet" x="16" y="54">about $0.001 an hour once it is there, by us-east-1&#39;s list of 2026-08, as none of eu-west-1 is known</text>
    <text class="quiet" x="16" y="72">arrows lead to what is needed; needs that follow from others have none</text>
    <g transform="translate(16 88)">
    <rect class="lane" x="0" y="154" width="165" height="98" rx="8"/>
    <text class="lane-name" x="10" y="172">phase web</text>
    <g class="box unasked" data-n="0"><title>logGroup.web &quot;ecs-lab-web&quot;</title><rect x="12" y="12" width="129" height="52" rx="6"/><text class="quiet" x="22" y="28">logGroup</text><text class="name" x="22" y="44">web</text><text class="quiet" x="22" y="57">ecs-lab-web</text></g>
    <g class="box unasked" data-n="1"><title>secret.key &quot;ecs-lab-key&quot;
    phase web
    about $0.001/h: secret</title><rect x="12" y="188" width="129" height="52" rx="6"/><text class="quiet" x="22" y="204">secret</text><text class="quiet price" x="131" y="204">$0.001/h</text><text class="name" x="22" y="220">key</text><text class="quiet" x="22" y="233">ecs-lab-key</text></g>
    <g class="box unasked" data-n="2"><title>cluster.main &quot;ecs-lab-main&quot;</title><rect x="12" y="78" width="129" height="52" rx="6"/><text class="quiet" x="22" y="94">cluster</text><text class="name" x="22" y="110">main</text><text class="quiet" x="22" y="123">ecs-lab-main</text></g>
    </g>
    </svg>
    "#);
}

#[test]
fn the_text_of_a_picture_stands_in_its_boxes() {
    assert_eq!(check(&svg::svg(&drawn(SMALL))), 3);
    let graph = drawn(&many(100));
    assert_eq!(check(&svg::svg(&graph)), 201);
    assert_eq!(svg::svg(&graph), svg::svg(&drawn(&many(100))));
}

#[test]
fn states_are_told_in_words_and_signs() {
    let task = TaskDetail {
        id: "1".to_owned(),
        state: "STOPPED".to_owned(),
        created_at: None,
        started_at: None,
        stopped_at: None,
        availability_zone: String::new(),
        image_digests: std::collections::BTreeSet::new(),
        stopped_reason: "Essential container in task exited".to_owned(),
        exit_codes: BTreeMap::from([("it".to_owned(), 3)]),
    };
    assert_eq!(State::of_job(&[]).word, "no task");
    assert_eq!(State::of_job(&[TaskDetail { state: "RUNNING".to_owned(), ..task.clone() }]).word, "running");
    assert_eq!(State::of_job(&[TaskDetail { exit_codes: BTreeMap::new(), ..task.clone() }]).word, "never ran");
    let ended = State::of_job(&[task]);
    assert_eq!((ended.sign(), ended.word.as_str(), ended.state), ("\u{2717}", "ended with 3", RowState::Failed));
    let rows = [
        row("logGroup.web", RowState::Ready, None),
        row("cluster.main", RowState::Leaving, None),
        row("cluster.main", RowState::Pending, Some("provisioning")),
        row("service.old", RowState::Ready, None),
    ];
    let svg = svg::svg(&seen(SMALL, &rows, &[]));
    assert_eq!(check(&svg), 4);
    for words in [
        ">\u{2713} ready<",
        ">\u{2026} pending: provisioning<",
        ">not in lab.yaml<",
        "3 resources: 2 ready, 1 pending, 1 leaving",
    ] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
}

#[test]
fn nothing_from_outside_is_part_of_a_picture_or_a_page() {
    let evil = Address::new(EVIL, EVIL);
    let row = Row { address: evil, name: EVIL.to_owned(), ..row("a.b", RowState::Failed, Some(EVIL)) };
    let graph = seen(SMALL, &[row], &[]);
    for text in [svg::svg(&graph), page::page(&graph)] {
        assert!(text.matches("<script>").count() <= 1 && !text.contains("alert(1)</script>"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    }
    assert_eq!(check(&svg::svg(&graph)), 4);
}
