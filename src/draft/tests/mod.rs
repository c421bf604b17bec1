//! What is written of what others describe: each text is a lab that is right, and holds no secret.

mod hostile;

use std::io;

use super::*;
use crate::spec::Source;

const COMPOSE: &str = r#"
name: my_shop
x-common: &common
  environment: { LOG: "${LOG:-info}", PRICE: "5 $$" }
services:
  web:
    <<: *common
    build: { context: ./web, dockerfile: Dockerfile.prod, args: [NODE=22, NPM_TOKEN=npm_1234567890] }
    ports: ["3000:3000", "9229:9229", "6060:6060/udp"]
    volumes: ["./web:/app"]
    healthcheck: { test: curl -f http://localhost:3000/health, interval: 1m30s, retries: 3, start_period: 500ms }
    deploy: { replicas: 2, resources: { limits: { cpus: "0.5", memory: 1500M } } }
    command: node server.js --greeting "hello you"
  api:
    image: ghcr.io/shop/api:1
    ports: [{ target: 8080, published: "8081" }]
    environment:
      - DB_PASSWORD=hunter2-staple
      - DB_URL=postgres://app:hunter2-staple@db/app
      - AWS_SECRET_ACCESS_KEY=abc
      - FROM_SHELL
      - "TEMPLATE=$${name}"
  db:
    image: postgres:17
    ports: ["5432:5432"]
    environment: { POSTGRES_PASSWORD: "${POSTGRES_PASSWORD}" }
    depends_on: [api]
volumes: { data: {} }
"#;

const COPILOT: [(&str, &str); 4] = [
    (
        "front/manifest.yml",
        "name: front\ntype: Load Balanced Web Service\nimage: { build: front/Dockerfile, port: 8080 }\n\
         http: { path: '/', healthcheck: { path: /ok, success_codes: '200,301', interval: 15s } }\ncpu: 512\nmemory: 1024\n\
         count: { range: 2-10, cpu_percentage: 70 }\nexec: true\nvariables: { LOG_LEVEL: info, N: 3 }\n\
         secrets: { GITHUB_TOKEN: GITHUB_TOKEN }\nenvironments: { test: { count: 1 } }\nnetwork: { connect: true }\n",
    ),
    (
        "api/manifest.yml",
        "name: api\ntype: Load Balanced Web Service\nimage: { location: 'ghcr.io/shop/api:1', port: 80 }\nhttp: { path: api }\n",
    ),
    (
        "nightly/manifest.yml",
        "name: nightly\ntype: Scheduled Job\nimage: { build: { dockerfile: ./nightly/Dockerfile, context: ./nightly } }\n\
         on: { schedule: '@daily' }\nretries: 3\ntimeout: 1h\nplatform: linux/arm64\ncommand: python report.py\n",
    ),
    ("worker/manifest.yml", "name: worker\ntype: Worker Service\nimage: { build: worker/Dockerfile }\n"),
];

const TASK: &str = r#"{ "taskDefinition": {
  "taskDefinitionArn": "arn:aws:ecs:eu-west-3:123456789012:task-definition/shop:7", "family": "shop", "revision": 7,
  "status": "ACTIVE", "requiresAttributes": [{ "name": "com.amazonaws.ecs.capability.docker-remote-api.1.18" }],
  "compatibilities": ["EC2", "FARGATE"], "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
  "cpu": "512", "memory": "1024", "placementConstraints": [], "registeredBy": "arn:aws:iam::123456789012:root",
  "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole",
  "taskRoleArn": "arn:aws:iam::123456789012:role/shop",
  "volumes": [{ "name": "tmp", "host": {} }, { "name": "of-host", "host": { "sourcePath": "/var/data" } }],
  "containerDefinitions": [
    { "name": "shop", "image": "ghcr.io/shop/web:1", "cpu": 0, "essential": true, "systemControls": [], "volumesFrom": [],
      "portMappings": [{ "containerPort": 8080, "hostPort": 8080, "protocol": "tcp" }],
      "environment": [{ "name": "MODE", "value": "${x}" }, { "name": "API_KEY", "value": "sk-test-1234567890" }],
      "secrets": [{ "name": "DB_PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-west-3:123456789012:secret:db-AbCdEf" }],
      "mountPoints": [{ "sourceVolume": "tmp", "containerPath": "/tmp" }, { "sourceVolume": "of-host", "containerPath": "/d" }],
      "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "/ecs/shop", "awslogs-region": "eu-west-3",
        "awslogs-stream-prefix": "ecs", "awslogs-create-group": "true" } } },
    { "name": "proxy", "image": "envoyproxy/envoy:v1.30-latest", "essential": false, "links": ["shop"] }
  ] } }"#;

/// The lab that a text is; its folders aren't looked for.
fn read(text: &str) -> Source {
    let nothing = |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
    Source::parse("lab.yaml", text, &nothing).unwrap_or_else(|errors| panic!("{errors}\n{text}"))
}

fn written(draft: &Draft) -> (String, Value, Vec<String>) {
    let text = draft.text("first", "eu-west-1");
    read(&text);
    for line in text.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
    let notes = draft.notes().map(|note| format!("{}: {}", note.place, note.words)).collect();
    (text.clone(), serde_saphyr::from_str(&text).unwrap(), notes)
}

#[test]
fn a_lab_that_is_begun_anew_is_right() {
    for (what, image, sections) in [
        (What::Web, None, ["services", "targetGroups"]),
        (What::Web, Some("httpd:2.4"), ["services", "loadBalancers"]),
        (What::Job, Some("alpine:3"), ["jobs", "securityGroups"]),
        (What::Both, None, ["services", "jobs"]),
    ] {
        let (text, lab, notes) = written(&Draft::new(what, image, 8080));
        assert!(notes.is_empty(), "{notes:?}");
        assert!(sections.iter().all(|section| lab[section].is_object()), "{text}");
        assert!(image.is_none_or(|image| text.contains(image)), "{text}");
    }
}

#[test]
fn a_compose_file_becomes_a_lab() {
    let draft = Draft::of_file("compose.yaml", COMPOSE, "").unwrap();
    assert_eq!(draft.name.as_deref(), Some("my_shop"));
    assert_eq!(draft.variables(), ["DB_PASSWORD", "DB_URL", "POSTGRES_PASSWORD"]);
    let (text, lab, notes) = written(&draft);
    for secret in ["hunter2", "npm_1234567890", "AWS_SECRET_ACCESS_KEY=abc"] {
        assert!(!text.contains(secret) && !notes.iter().any(|note| note.contains(secret)), "{text}");
    }
    let web = &lab["taskDefinitions"]["web"];
    let container = &web["containerDefinitions"][0];
    assert_eq!((&web["cpu"], &web["memory"]), (&json!("512"), &json!("2048")));
    assert_eq!(container["command"], json!(["node", "server.js", "--greeting", "hello you"]));
    assert_eq!(
        container["environment"],
        json!([{ "name": "LOG", "value": "info" }, { "name": "PRICE", "value": "5 $" }])
    );
    let check = json!({ "command": ["CMD-SHELL", "curl -f http://localhost:3000/health"], "interval": 90, "retries": 3,
        "startPeriod": 1 });
    assert_eq!(container["healthCheck"], check);
    assert_eq!(container["image"], "${images.web.uri}");
    assert_eq!(
        lab["images"]["web"],
        json!({ "repository": "web", "context": "web", "dockerfile": "Dockerfile.prod", "buildArgs": { "NODE": "22" } })
    );
    assert_eq!(lab["services"]["web"]["desiredCount"], 2);
    assert_eq!(lab["targetGroups"]["web"]["healthCheckPath"], "/health");
    let ports: Vec<&Value> =
        lab["loadBalancers"]["web"]["listeners"].as_object().unwrap().values().map(|one| &one["port"]).collect();
    assert_eq!(ports, [&json!(3000), &json!(8081)]);
    assert!(lab["services"]["db"].get("loadBalancers").is_none());
    assert_eq!(lab["outputs"]["api-url"], "http://${loadBalancers.web.dnsName}:8081");
    let api = &lab["taskDefinitions"]["api"]["containerDefinitions"][0];
    assert_eq!(api["environment"], json!([{ "name": "TEMPLATE", "value": "$${name}" }]));
    assert_eq!(api["secrets"][0], json!({ "name": "DB_PASSWORD", "valueFrom": "${secrets.db-password.arn}" }));
    for place in [
        "services: ",
        "services.web.volumes: ",
        "services.web.ports: 9229",
        "services.web.ports: `6060:6060/udp`",
        "services.web.build.args.NPM_TOKEN: ",
        "services.api.environment.DB_PASSWORD: ",
        "services.api.environment.AWS_SECRET_ACCESS_KEY: ",
        "services.api.environment.FROM_SHELL: ",
        "services.db.ports: 5432",
        "services.db.depends_on: ",
        "services.db.environment.POSTGRES_PASSWORD: ",
    ] {
        assert!(notes.iter().any(|note| note.starts_with(place)), "{place}: {notes:#?}");
        let begin = format!("# Not carried over: {}", place.split_once(": ").unwrap().0);
        assert!(text.contains(&begin), "{begin}: {text}");
    }
}

#[test]
fn manifests_of_copilot_become_a_lab() {
    let manifests = COPILOT.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let draft = Draft::of_copilot("copilot", Some("application: my-app\n"), &manifests, "").unwrap();
    assert_eq!(draft.name.as_deref(), Some("my-app"));
    assert_eq!(draft.variables(), ["GITHUB_TOKEN"]);
    let (text, lab, notes) = written(&draft);
    let group = &lab["targetGroups"]["front"];
    assert_eq!(
        (&group["matcher"], &group["healthCheckIntervalSeconds"]),
        (&json!({ "httpCode": "200,301" }), &json!(15))
    );
    assert_eq!(lab["services"]["front"]["desiredCount"], 2);
    let listener = &lab["loadBalancers"]["web"]["listeners"]["http"];
    assert_eq!(listener["defaultActions"][0]["targetGroupArn"], "front");
    assert_eq!(listener["rules"]["api"]["conditions"][0]["values"], json!(["/api", "/api/*"]));
    assert_eq!(lab["images"]["front"], json!({ "repository": "front", "context": "front" }));
    assert_eq!(lab["images"]["nightly"]["platform"], "linux/arm64");
    assert_eq!(lab["jobs"]["nightly"]["timeout"], "1h");
    assert_eq!(lab["taskDefinitions"]["nightly"]["containerDefinitions"][0]["command"], json!(["python", "report.py"]));
    for place in [
        "worker/manifest.yml: type",
        "network.connect",
        "front/manifest.yml: count",
        "front/manifest.yml: environments",
        "front/manifest.yml: network",
        "front/manifest.yml: secrets.GITHUB_TOKEN",
        "nightly/manifest.yml: on.schedule",
        "nightly/manifest.yml: retries",
    ] {
        assert!(notes.iter().any(|note| note.starts_with(place)), "{place}: {notes:#?}");
    }
    assert!(text.contains("# Not carried over: nightly/manifest.yml: on.schedule: `@daily`"), "{text}");
}

#[test]
fn a_task_definition_becomes_a_lab() {
    let inner: Value = serde_json::from_str(TASK).unwrap();
    let inner = inner["taskDefinition"].to_string();
    for text in [TASK, &inner] {
        let draft = Draft::of_file("taskdef.json", text, "").unwrap();
        assert_eq!(draft.region.as_deref(), Some("eu-west-3"));
        assert_eq!(draft.variables(), ["API_KEY", "DB_PASSWORD"]);
        let (text, lab, notes) = written(&draft);
        assert!(!text.contains("sk-test") && !notes.iter().any(|note| note.contains("sk-test")), "{text}");
        let definition = &lab["taskDefinitions"]["shop"];
        assert_eq!(definition["volumes"], json!([{ "name": "tmp" }]));
        let containers = &definition["containerDefinitions"];
        assert_eq!(containers[0]["mountPoints"], json!([{ "sourceVolume": "tmp", "containerPath": "/tmp" }]));
        assert_eq!(containers[0]["environment"], json!([{ "name": "MODE", "value": "$${x}" }]));
        assert_eq!(containers[0]["portMappings"], json!([{ "containerPort": 8080, "protocol": "tcp" }]));
        assert_eq!(containers[1]["essential"], json!(false));
        assert_eq!(lab["services"]["shop"]["loadBalancers"][0]["containerPort"], 8080);
        for place in [
            "taskRoleArn",
            "volumes.of-host",
            "containerDefinitions.shop.secrets.DB_PASSWORD",
            "containerDefinitions.proxy.links",
        ] {
            assert!(notes.iter().any(|note| note.starts_with(place)), "{place}: {notes:#?}");
        }
    }
}

#[test]
fn what_no_lab_can_hold_is_refused_with_its_place() {
    for (text, words) in [
        ("services: { web: {} }", "services.web: it has neither `image` nor `build`"),
        ("services: { web: { build: ../web } }", "services.web.build: labform builds nothing from `../web`"),
        ("services: { web: { image: 'web:${TAG}' } }", "services.web.image: `${TAG}` has no value in this file"),
        ("services: { web: 1 }", "services.web: it is no map of fields"),
        ("services: {}", "nothing in it can be carried over"),
        ("a: 1", "it is no Compose file"),
        ("a: [", "compose.yaml: "),
        ("[1]", "it holds no map of fields"),
        ("{ containerDefinitions: [] }", "the task definition has no containers"),
        ("{ name: w, type: Static Site }", "nothing in it can be carried over"),
        ("{ name: w, type: Backend Service, image: {} }", "image: it has neither `build` nor `location`"),
    ] {
        let error = Draft::of_file("compose.yaml", text, "").unwrap_err();
        assert!(error.message.contains(words), "{words}: {error}");
    }
}

#[test]
fn names_that_meet_are_told_apart() {
    let text = "services: { a_b: { image: x, environment: { TOKEN: abcdefgh1 } }, a-b: { image: x, environment: { TOKEN: abcdefgh2 } } }";
    let draft = Draft::of_file("compose.yaml", text, "").unwrap();
    assert_eq!(draft.variables(), ["TOKEN", "A_B_2_TOKEN"]);
    let (_, lab, _) = written(&draft);
    let names: Vec<&String> = lab["services"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["a-b", "a-b-2"]);
}
