//! What `labform sandbox serve --exec` doesn't do: answer pages from elsewhere, run what others say, begin unasked.

use std::net::{Ipv4Addr, TcpListener};

use serde_json::Value;

use crate::aws::aws;
use crate::emulator::free_port;
use crate::hosting::{Hosted, REGION, SANDBOX, ask, lab, runs};
use crate::labform::Folder;

#[test]
fn what_comes_from_elsewhere_gets_no_answer_and_connections_are_kept_apart() {
    let hosted = Hosted::start("");
    hosted.labform(&["apply", "--yes"]).exits(0);
    let own = format!("127.0.0.1:{}", hosted.front);
    let localhost = format!("localhost:{}", hosted.front);
    let origin = |origin: &str| format!("Host: {own}\r\nOrigin: {origin}");
    let cases = [
        (format!("Host: {localhost}"), 200),
        ("Host: evil.example".to_owned(), 403),
        (format!("Host: evil.example:{}", hosted.front), 403),
        (format!("Host: 127.0.0.1.evil.example:{}", hosted.front), 403),
        (format!("Host: 127.0.0.1:{}", hosted.port), 403),
        (format!("Host: {own}\r\nHost: evil.example"), 403),
        (origin(&format!("http://{own}")), 200),
        (origin(&format!("http://{localhost}")), 403),
        (origin("http://127.0.0.1:1"), 403),
        (origin("https://evil.example"), 403),
        (origin("null"), 403),
        (format!("Host: {own}\r\nSec-Fetch-Site: cross-site"), 403),
        (format!("Host: {own}\r\nSec-Fetch-Site: same-site"), 403),
        (format!("Host: {own}\r\nSec-Fetch-Site: none"), 200),
        (format!("Host: {own}\r\nContent-Length: {}", 65 * 1024 * 1024), 413),
        (format!("Host: {own}\r\nContent-Length: 4\r\nContent-Length: 5"), 400),
    ];
    for (headers, expected) in cases {
        let (status, head, body) = ask(hosted.front, "POST /", &[&headers], "");
        assert_eq!(status, expected, "{headers}: {head}\n{body}");
    }
    // The line of a request may name another host.
    let absolute = ask(hosted.front, "GET http://evil.example/x", &[&format!("Host: {own}")], "");
    assert_eq!(absolute.0, 200);
    assert!(absolute.2.contains(r#""path": "/x""#), "{}", absolute.2);

    let smuggled = [
        "Transfer-Encoding: chunked",
        "Upgrade: h2c",
        "Keep-Alive: 5",
        "TE: trailers",
        "X-Forwarded-For: 10.1.1.1",
        "X-Forwarded-Proto: https",
        "X-Kept: yes",
    ];
    let (status, head, body) = hosted.ask("POST /", &smuggled, "3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(status, 200, "{head}\n{body}");
    let told: Value = serde_json::from_str(&body).expect("the application answers in JSON");
    assert_eq!(told["body"], 3);
    let sent = |name: &str| told["headers"][name].as_str();
    assert_eq!([sent("upgrade"), sent("keep-alive"), sent("te"), sent("connection")], [None; 4], "{body}");
    assert_eq!(sent("x-forwarded-for"), Some("10.1.1.1, 127.0.0.1"));
    assert_eq!((sent("x-forwarded-proto"), sent("x-forwarded-port")), (Some("http"), Some("80")));
    assert_eq!((sent("x-kept"), sent("host")), (Some("yes"), Some(&*own)));
    assert!(!head.contains("x-of-connection"), "{head}");
}

#[test]
fn what_a_client_registers_is_never_run() {
    let hosted = Hosted::start("");
    hosted.labform(&["apply", "--yes"]).exits(0);
    let own = hosted.page("/")["pid"].clone();
    let evil = hosted.folder.path().join("evil");
    let definition = hosted.aws("ecs describe-task-definition --task-definition hosted-web --query taskDefinition");
    let changed = |field: &str, value: Value| {
        let mut containers = definition["containerDefinitions"].clone();
        containers[0][field] = value;
        containers
    };
    let touch = serde_json::json!(["touch", evil]);
    let variables = serde_json::json!([{"name": "PORT", "value": hosted.port.to_string()}, {"name": "GREETING", "value": "hello"},
        {"name": "PYTHONINSPECT", "value": "1"}]);
    for (field, value) in [("command", touch), ("environment", variables)] {
        let role = definition["executionRoleArn"].as_str().expect("it has a role");
        let containers = changed(field, value).to_string();
        let words = [
            "ecs",
            "register-task-definition",
            "--family",
            "hosted-web",
            "--network-mode",
            "awsvpc",
            "--requires-compatibilities",
            "FARGATE",
            "--cpu",
            "256",
            "--memory",
            "512",
            "--execution-role-arn",
            role,
            "--container-definitions",
            &containers,
            "--query",
            "taskDefinition.revision",
        ];
        let revision = aws(&hosted.url, REGION, &words).expect("anybody may register");
        hosted.aws(&format!(
            "ecs update-service --cluster hosted-main --service hosted-web --task-definition hosted-web:{revision}"
        ));
        let words = format!("pretended: hosted-web:{revision} isn't run on this computer: its `{field}` isn't");
        hosted.until("it is told", |hosted| {
            // Time passes with each call.
            hosted.aws("ecs list-services --cluster hosted-main");
            hosted.told().contains(&words).then_some(())
        });
        hosted.aws(&format!("ecs run-task --cluster hosted-main --task-definition hosted-web:{revision} --launch-type FARGATE \
             --started-by hosted/web --network-configuration awsvpcConfiguration={{subnets=[{}],assignPublicIp=ENABLED}}",
            hosted.aws("ec2 describe-subnets --query Subnets[0].SubnetId").as_str().expect("there is one")));
    }
    let pretended = hosted.until("its own process has gone", |hosted| {
        hosted.aws("ecs list-services --cluster hosted-main");
        (!runs(&own)).then(|| hosted.get("/"))
    });
    assert_eq!(pretended.0, 503, "{pretended:?}");
    assert!(!evil.exists(), "{}", hosted.told());
}

#[test]
fn it_asks_before_anything_runs() {
    let folder = Folder::empty();
    folder.write("lab.yaml", &lab(free_port(), ""));
    // It asks before it takes a port: it doesn't know yet that this one is taken.
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let port = other.local_addr().expect("it is bound").port().to_string();
    let run = folder.run(&["sandbox", "serve", "--exec", "--port", &port, SANDBOX]).exits(4);
    assert!(run.stderr.contains("no terminal to ask on") && run.stderr.contains("--yes"), "{run}");
    assert_eq!(run.stdout, "");
    folder.write("lab.yaml", "lab: none\nregion: eu-west-1\nlogGroups: { a: {} }\n");
    let run = folder.run(&["sandbox", "serve", "--exec", "--yes", "--port", "0", SANDBOX]).exits(4);
    assert!(run.stderr.contains("no service that can run on this computer"), "{run}");
    folder.run(&["sandbox", "serve", "--yes", SANDBOX]).exits(64);
}

#[test]
fn a_service_runs_once() {
    let mut hosted = Hosted::start("");
    let serve = ["sandbox", "serve", "--exec", "--yes", "--port", "0", SANDBOX];
    let other = hosted.folder.run(&serve).exits(4);
    assert!(other.stderr.contains("service.web: another `labform sandbox serve --exec"), "{other}");
    hosted.signal("TERM");
    hosted.ends(0);
    let again = hosted.folder.run(&["sandbox", "serve", "--exec", "--port", "0", SANDBOX]).exits(4);
    assert!(again.stderr.contains("no terminal to ask on"), "{again}");
}

#[test]
fn a_port_that_another_program_has_is_named() {
    let hosted =
        Hosted::start("deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } }");
    let _other = TcpListener::bind((Ipv4Addr::UNSPECIFIED, hosted.port)).expect("it was free");
    let apply = hosted.labform(&["apply", "--yes"]).exits(1);
    let words = format!("another program on this computer listens on port {}", hosted.port);
    assert!(apply.stderr.contains(&words), "{apply}");
}
