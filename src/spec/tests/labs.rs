//! The project's own labs, and what a lab tells once it has been read.

use super::*;

#[test]
fn the_examples_are_labs() {
    let folder = format!("{}/examples", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for file in std::fs::read_dir(folder).expect("the project has examples") {
        let file = file.expect("it can be read");
        let name = file.file_name();
        let name = name.to_str().expect("names are UTF-8");
        if file.path().is_dir() {
            continue;
        }
        assert_eq!(errors(&project_file(&format!("examples/{name}"))), "nothing", "{name}");
        count += 1;
    }
    assert!(count >= 4);
    assert_eq!(errors(&project_file("lab.yaml")), "nothing");
}

#[test]
fn the_example_of_the_page_is_a_lab() {
    let page = project_file("src/spec/lab-yaml.md");
    let (_, rest) = page.split_once("```yaml\n").expect("it has an example");
    let (example, _) = rest.split_once("```").expect("the example ends");
    assert_eq!(errors(example), "nothing");
}

#[test]
fn lab_8_has_the_names_of_the_course() {
    let lab = read(&project_file("tests/lab8.yaml"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let order = lab.order();
    let shown: Vec<String> = order
        .iter()
        .map(|address| {
            let node = &lab.nodes[address];
            let refs: Vec<String> = node.refs.iter().map(Address::to_string).collect();
            format!("{address} = {} <- {}", node.name, refs.join(" ")).trim_end().to_owned()
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @"
    network.default = default <-
    bucket.images = ecs-lab-images-000000000000-eu-west-1 <-
    repository.image-classifier = ecs-lab/image-classifier <-
    repository.web-app = ecs-lab/web-app <-
    logGroup.image-classifier = /ecs/ecs-lab/image-classifier <-
    logGroup.web-app = /ecs/ecs-lab/web-app <-
    role.image-classifier-task = ecs-lab-image-classifier-task-role <- bucket.images
    role.task-execution = ecs-lab-task-execution-role <-
    role.web-app-task = ecs-lab-web-app-task-role <-
    securityGroup.alb = ecs-lab-alb-sg <- network.default
    securityGroup.tasks = ecs-lab-ecs-sg <- network.default securityGroup.alb
    targetGroup.web = ecs-lab-tg <- network.default
    loadBalancer.web = ecs-lab-alb <- network.default securityGroup.alb
    listener.web.http = ecs-lab-web-http <- loadBalancer.web targetGroup.web
    cluster.main = ecs-lab-cluster <-
    taskDefinition.image-classifier = image-classifier <- logGroup.image-classifier repository.image-classifier role.image-classifier-task role.task-execution
    taskDefinition.web = ecs-web-app <- logGroup.web-app repository.web-app role.task-execution role.web-app-task
    service.web = web-service <- cluster.main listener.web.http network.default securityGroup.tasks targetGroup.web taskDefinition.web
    ");
    let web = ["service.web", "listener.web.http", "loadBalancer.web", "targetGroup.web"];
    assert_eq!(lab.in_phase("web"), addresses(&web));
    assert_eq!(lab.phases(), BTreeSet::from(["web".to_owned()]));
    let needs_account: Vec<&Node> = lab.nodes.values().filter(|node| node.name_needs_account).collect();
    let needs_account: Vec<String> = needs_account.iter().map(|node| node.address.to_string()).collect();
    let expected = ["bucket.images", "role.image-classifier-task", "taskDefinition.image-classifier"];
    assert_eq!(needs_account, expected, "the bucket and what refers to it");
    insta::assert_snapshot!(format!("{:#?}", lab.outputs), @r#"
    {
        "bucket": "ecs-lab-images-000000000000-eu-west-1",
        "image-classifier-repository": "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/image-classifier",
        "url": "http://${loadBalancers.web.dnsName}",
        "web-app-repository": "000000000000.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web-app",
    }
    "#);
    let job = serde_json::to_string_pretty(&lab.jobs["classifier"].overrides);
    insta::assert_snapshot!(job.expect("it is JSON"), @r#"
    {
      "containerOverrides": [
        {
          "name": "image-classifier",
          "command": [
            "node",
            "classifier.js",
            "s3://ecs-lab-images-000000000000-eu-west-1/input/image.jpg",
            "s3://ecs-lab-images-000000000000-eu-west-1/output/result.json"
          ],
          "environment": null,
          "cpu": null,
          "memory": null
        }
      ],
      "cpu": null,
      "memory": null
    }
    "#);
}

#[test]
fn the_account_fills_names_in() {
    let source = Source::parse("lab.yaml", &project_file("tests/lab8.yaml"), &|_| Ok(String::new()));
    let account = Account {
        id: "123456789012".to_owned(),
        arn: "arn:aws-cn:sts::123456789012:assumed-role/student/me".to_owned(),
    };
    let lab = source.and_then(|source| source.at(&account, &Names::new())).unwrap_or_else(|errors| panic!("{errors}"));
    let bucket = &lab.nodes[&Address::new("bucket", "images")];
    assert_eq!(bucket.name, "ecs-lab-images-123456789012-eu-west-1");
    let role = &lab.nodes[&Address::new("role", "image-classifier-task")];
    let text = role.value.to_string();
    assert!(text.contains("arn:aws-cn:s3:::ecs-lab-images-123456789012-eu-west-1/*"), "{text}");
}

#[test]
fn closures_follow_references_outputs_and_listeners() {
    let lab = read(&project_file("tests/lab8.yaml"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let service = lab.with_dependencies(&addresses(&["service.web"]));
    for needed in ["listener.web.http", "repository.web-app", "logGroup.web-app", "network.default"] {
        assert!(service.is_superset(&addresses(&[needed])), "{needed}");
    }
    assert!(service.is_disjoint(&addresses(&["bucket.images", "logGroup.image-classifier"])));
    let images = lab.with_dependents(&addresses(&["bucket.images"]));
    let expected = ["bucket.images", "role.image-classifier-task", "taskDefinition.image-classifier"];
    assert_eq!(images, addresses(&expected));
    let job = lab.job_refs("classifier");
    assert!(job.is_superset(&addresses(&["bucket.images", "cluster.main", "securityGroup.tasks"])));
}

/// A job whose container is told the load balancer's host name, which only AWS knows.
const LATE: &str = "
securityGroups:
  all: {}
loadBalancers:
  web: { securityGroups: [all] }
clusters: { main: {} }
taskDefinitions:
  ask:
    memory: 512
    containerDefinitions:
      - { name: ask, image: ask, command: [\"$${HOME}\", \"http://${loadBalancers.web.dnsName}/${region}\"] }
jobs:
  ask:
    cluster: main
    taskDefinition: ask
    overrides: { containerOverrides: [{ name: ask, command: [\"${loadBalancers.web.dnsName}\"] }] }
outputs: { url: \"http://${loadBalancers.web.dnsName}\", lab: \"${lab}\" }
";

#[test]
fn what_only_aws_knows_is_filled_in_later() {
    let lab = read(&format!("{HEAD}{LATE}"), &[]).unwrap_or_else(|errors| panic!("{errors}"));
    let balancer = Address::new("loadBalancer", "web");
    let node = &lab.nodes[&Address::new("taskDefinition", "ask")];
    assert!(node.refs.contains(&balancer) && lab.job_refs("ask").contains(&balancer));
    let marker = "http://${loadBalancers.web.dnsName}";
    assert_eq!(lab.outputs["url"], marker);

    let command = |others: &Others| {
        let spec = node.resolve(others).expect("it stays a task definition");
        let spec = spec.downcast_ref::<crate::resources::TaskDefinition>().expect("its kind");
        spec.container_definitions[0].command.clone().unwrap_or_default().join(" ")
    };
    let mut others = Others::new(lab.place.clone());
    assert_eq!(command(&others), "${HOME} (known after apply)");
    assert_eq!(lab.outputs_with(&others)["url"], Known::AfterApply);
    assert_eq!(lab.outputs_with(&others)["lab"], Known::Now("demo".to_owned()));

    let outputs = BTreeMap::from([("dnsName".into(), Known::Now("web.example".to_owned()))]);
    others.insert(balancer, Entry { name: "demo-web".to_owned(), live: Known::AfterApply, outputs });
    assert_eq!(command(&others), "${HOME} http://web.example/eu-west-1");
    assert_eq!(lab.outputs_with(&others)["url"], Known::Now("http://web.example".to_owned()));
    let job = lab.job_with("ask", &others).expect("there is one").expect("it stays a job");
    let overrides = job.overrides.and_then(|all| all.container_overrides).unwrap_or_default();
    assert_eq!(overrides[0].command, Some(vec!["web.example".to_owned()]));
}

#[test]
fn a_digest_follows_what_is_wanted() {
    let digest = |text: &str| {
        let lab = read(&format!("{HEAD}logGroups:\n  a: {text}\n"), &[]);
        lab.unwrap_or_else(|errors| panic!("{errors}")).nodes[&Address::new("logGroup", "a")].digest()
    };
    let seven = digest("{ retentionInDays: 7 }");
    assert_eq!(seven, digest("{ retentionInDays: 7, phase: late }"));
    for other in ["{ retentionInDays: 14 }", "{ retentionInDays: 7, tags: { a: b } }"] {
        assert_ne!(seven, digest(other));
    }
}

#[test]
fn tags_come_as_a_map_or_as_aws_has_them() {
    let lab = read(
        "lab: demo\nregion: eu-west-1\ntags: { team: a, project: \"${lab}\" }\nlogGroups:\n  \
         a: { tags: [{ key: team, value: b }, { Key: x, Value: y }] }\n",
        &[],
    );
    let lab = lab.unwrap_or_else(|errors| panic!("{errors}"));
    let tags = &lab.nodes[&Address::new("logGroup", "a")].tags;
    assert_eq!(format!("{tags:?}"), r#"{"project": "demo", "team": "b", "x": "y"}"#);
}

#[test]
fn a_large_lab_is_read() {
    let mut text = format!("{HEAD}clusters: {{ c: {{}} }}\ntaskDefinitions:\n");
    let container = "containerDefinitions: [{ name: a, image: b }]";
    (0..1000).for_each(|n| text.push_str(&format!(" t{n}: {{ memory: 512, {container} }}\n")));
    text.push_str("services:\n");
    (0..1000).for_each(|n| text.push_str(&format!(" s{n}: {{ cluster: c, taskDefinition: t{n} }}\n")));
    let lab = read(&text, &[]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(lab.order().len(), 2002);
    assert_eq!(lab.with_dependents(&addresses(&["cluster.c"])).len(), 1001);
}

#[test]
fn the_schema_holds_every_section_and_all_that_it_refers_to() {
    let schema = schema();
    let sections = &schema["properties"];
    for kind in crate::resources::KINDS {
        let is_nested = matches!(kind.section(), "listeners");
        assert_eq!(sections.get(kind.section()).is_none(), is_nested, "{}", kind.section());
    }
    let listener = &schema["$defs"]["Listener"];
    assert!(listener["properties"].get("phase").is_some());
    assert!(!listener.to_string().contains("loadBalancerArn"));
    let balancer = &schema["$defs"]["LoadBalancer"]["properties"];
    assert!(balancer["listeners"].to_string().contains("#/$defs/Listener"));
    let text = schema.to_string();
    for reference in text.split("\"#/$defs/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(schema["$defs"].get(name).is_some(), "{name}");
    }
}

#[test]
fn a_budget_is_refused_with_what_is_to_be_written() {
    for (text, hint) in
        [("0.2", "`0.20/h`"), ("20/month", "`0.03/h`"), ("0,2/h", "`0.20/h`"), ("cheap", "as in `0.20/h`")]
    {
        let said = errors(&format!("lab: demo\nregion: eu-west-1\nbudget: {text}\n"));
        assert!(said.contains("write USD an hour") && said.contains(hint), "{said}");
    }
    assert_eq!(errors("lab: demo\nregion: eu-west-1\nbudget: 1500/h\n"), "nothing");
}
