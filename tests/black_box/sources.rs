//! The lab at the project's root and its sources in `examples/lab8`: what they do, and that it is Lab 8.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::account::Account;
use crate::embedded;
use crate::emulator::free_port;
use crate::hosting::Hosted;
use crate::lab8;
use crate::labform::{Folder, Run, watch};
use crate::loopback::{self, Message};
use crate::tools;

const SOURCES: &str = "examples/lab8";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(SOURCES)
}

fn root_lab() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("lab.yaml");
    fs::read_to_string(path).expect("it is text")
}

fn account() -> Account {
    let account = Account::embedded("eu-west-1");
    account.folder.take_to(SOURCES, &example());
    account.folder.write("lab.yaml", &root_lab());
    account
}

/// `labform ARGS` with the commands of jobs run for real, by a person whose shell finds `node`.
fn exec(account: &Account, args: &[&str]) -> Run {
    let sandbox = format!("--sandbox=exec:{}", embedded::FILE);
    let mut command = account.folder.command(&[&[sandbox.as_str()], args].concat());
    command.env("PATH", tools::path_with_node());
    watch(command, &mut || None)
}

fn message(first: &str) -> Message {
    Message { first: first.to_owned(), headers: vec![("host".to_owned(), "127.0.0.1".to_owned())], body: Vec::new() }
}

#[test]
fn its_lab_is_lab_8_with_images() {
    let account = account();
    account.folder.write("lab.yaml", lab8::FILE);
    account.apply();
    account.folder.write("lab.yaml", &root_lab());
    let plan = account.labform(&["plan"]).exits(0);
    assert!(plan.stdout.contains("Plan: 2 to add, 0 to change, 0 to destroy."), "{plan}");
}

#[test]
fn the_web_app_answers_and_ends_when_it_is_told_to() {
    let mut server = Command::new("node")
        .arg("server.js")
        .current_dir(example().join("web-app"))
        .env("PATH", tools::path_with_node())
        .env("PORT", "0")
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut said = io::BufReader::new(server.stdout.take().expect("it is a pipe"));
    let mut line = String::new();
    io::BufRead::read_line(&mut said, &mut line).expect("it says where it listens");
    let port = line.trim().rsplit(' ').next().unwrap_or_default();
    let url = format!("http://127.0.0.1:{port}");
    let get = |path: &str| {
        let request = message(&format!("GET {path} HTTP/1.1"));
        let answer = loopback::forward(&request, &url)?;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        Ok::<_, io::Error>(format!("{}\n{body}", answer.first))
    };
    let paths = ["/", "/health", "/info", "/none"];
    let answers = paths.map(get);
    let told = Command::new("sh").arg("-c").arg(format!("kill {}", server.id())).status();
    let begun = Instant::now();
    while server.try_wait().expect("it is a child").is_none() {
        if begun.elapsed() > Duration::from_secs(10) {
            server.kill().expect("it is a child");
            panic!("it goes on after SIGTERM ({told:?})");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let words = [
        ("200", "Hello from"),
        ("200", r#"{"status":"healthy"}"#),
        ("200", r#""environment":"development""#),
        ("404", "There is no such page."),
    ];
    for ((path, answer), (status, words)) in paths.iter().zip(answers).zip(words) {
        let answer = answer.expect("it answers");
        assert!(answer.contains(status) && answer.contains(words), "{path}: {answer}");
    }
}

/// Step 7 of Lab 8: the page.
#[test]
fn the_web_half_answers_where_services_run() {
    let folder = Folder::empty();
    folder.take_to(SOURCES, &example());
    // Another program may have the lab's own port.
    let port = free_port();
    folder.write("lab.yaml", &root_lab().replace("3000", &port.to_string()));
    let hosted = Hosted::of(folder, port, tools::path_with_node());
    let apply = hosted.labform(&["apply", "--yes"]).exits(0);
    assert!(apply.stderr.contains("url is pretended: http://127.0.0.1:"), "{apply}");
    let (status, head, body) = hosted.get("/");
    assert_eq!(status, 200, "{head}\n{body}");
    assert!(body.contains("Hello from"), "{body}");
    assert!(hosted.get("/info").2.contains(r#""environment":"production""#));
    hosted.labform(&["destroy", "--phase", "web", "--yes"]).exits(0);
    assert_eq!(hosted.get("/").0, 503);
}

#[test]
fn the_classifier_reads_urls_and_buckets_and_gives_json() {
    let account = account();
    let package = account.folder.path().join(SOURCES).join("image-classifier");
    symlink(tools::node_modules(&package), package.join("node_modules")).expect("the folder can be written");
    account.apply();

    let run = exec(&account, &["run", "classifier"]).exits(0);
    let result = fs::read_to_string(account.folder.path().join("result.json"));
    let result: Value = serde_json::from_str(&result.expect("it was fetched")).expect("it is JSON");
    assert_eq!(result["labels"][0]["label"], "orange", "{run}");
    let bucket = "ecs-lab-images-123456789012-eu-west-1";
    assert_eq!(result["source"], format!("s3://{bucket}/input/image.jpg"));
    let run = run.says("},{\"label\":\"green\",");
    assert!(run.stdout.contains("\nreading s3://"), "{run}");

    let tiger = fs::read(example().join("tiger.jpg")).expect("it is there");
    let web = loopback::serve(move |request| {
        let mut answer = message(match request.first.contains("/tiger.jpg") {
            true => "HTTP/1.1 200 OK",
            false => "HTTP/1.1 404 Not Found",
        });
        answer.set_body(tiger.clone());
        Ok(answer)
    });
    let of = |url: &str| exec(&account, &["run", "classifier", "--", url]);
    let run = of(&format!("{web}/tiger.jpg")).exits(0);
    let line = run.stdout.lines().find(|line| line.starts_with('{'));
    let found: Value = serde_json::from_str(line.unwrap_or_default()).expect("it is JSON");
    assert_eq!(found["labels"], result["labels"], "{run}");
    assert_eq!(found["source"], json!(format!("{web}/tiger.jpg")));
    let none = of(&format!("{web}/none.jpg")).exits(1);
    assert!(none.stdout.contains("404 Not Found"), "{none}");
    of(&format!("s3://{bucket}/input/none.jpg")).exits(1);
}
