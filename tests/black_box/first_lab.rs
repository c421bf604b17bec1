//! `labform init`: what it writes is right, works on the embedded account, and takes nothing that was there.

use std::fs;
use std::process::Command;

use crate::labform::{Folder, Run, watch};

const COMPOSE: &str = r#"
services:
  web:
    build: web
    ports: ["3000:3000"]
    environment: { DB_PASSWORD: hunter2-staple, NODE_ENV: production }
    depends_on: [cache]
  cache:
    image: redis:8
    ports: ["6379:6379"]
    volumes: ["data:/data"]
volumes: { data: {} }
"#;

const FRONT: &str = "name: front\ntype: Load Balanced Web Service\nimage: { build: front/Dockerfile, port: 80 }\n\
    http: { path: '/' }\nvariables: { LOG_LEVEL: info }\nsecrets: { DB_PASSWORD: /copilot/db }\n";
const BACK: &str = "name: back\ntype: Backend Service\nimage: { location: 'redis:8', port: 6379 }\n";
const NIGHTLY: &str = "name: nightly\ntype: Scheduled Job\nimage: { location: 'alpine:3' }\non: { schedule: '@daily' }\n\
    command: echo done\n";

const TASK: &str = r#"{ "taskDefinition": { "family": "shop", "revision": 3, "status": "ACTIVE",
  "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
  "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", "containerDefinitions": [{
    "name": "shop", "image": "public.ecr.aws/nginx/nginx:1.27", "cpu": 0, "essential": true, "mountPoints": [],
    "portMappings": [{ "containerPort": 80, "hostPort": 80, "protocol": "tcp" }],
    "environment": [{ "name": "DB_PASSWORD", "value": "hunter2-staple" }],
    "logConfiguration": { "logDriver": "awslogs", "options": { "awslogs-group": "/ecs/shop",
      "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs" } } }] } }"#;

/// A folder that holds what labs are made of.
fn folder() -> Folder {
    let folder = Folder::empty();
    for name in ["web", "front", "copilot/front", "copilot/back", "copilot/nightly"] {
        fs::create_dir_all(folder.path().join(name)).expect("the folder can be written");
    }
    for (name, text) in [
        ("web/Dockerfile", "FROM scratch\n"),
        ("front/Dockerfile", "FROM scratch\n"),
        ("compose.yaml", COMPOSE),
        ("copilot/.workspace", "application: shop\n"),
        ("copilot/front/manifest.yml", FRONT),
        ("copilot/back/manifest.yml", BACK),
        ("copilot/nightly/manifest.yml", NIGHTLY),
        ("taskdef.json", TASK),
    ] {
        folder.write(name, text);
    }
    folder
}

/// `labform ARGS` where the lab's secret is known.
fn labform(folder: &Folder, args: &[&str]) -> Run {
    let mut command = folder.command(args);
    command.env("DB_PASSWORD", "hunter2-staple");
    watch(command, &mut || None)
}

#[test]
fn each_first_lab_works_on_the_embedded_account() {
    let begun: [(&[&str], &[&str]); 6] = [
        (&["--what", "web", "--lab", "first", "--region", "eu-west-1"], &[]),
        (&["--what", "job", "--lab", "first", "--region", "eu-west-1"], &[]),
        (&["--what", "both", "--image", "httpd:2.4", "--lab", "first", "--region", "eu-west-1"], &[]),
        (
            &["--from", "compose.yaml", "--lab", "first", "--region", "eu-west-1"],
            &["services.web.depends_on: ", "services.cache.volumes: ", "services.cache.ports: 6379", "DB_PASSWORD: "],
        ),
        (&["--from", "copilot/", "--region", "eu-west-1"], &["nightly/manifest.yml: on.schedule: "]),
        (&["--from", "taskdef.json", "--lab", "first"], &["containerDefinitions.shop.environment.DB_PASSWORD: "]),
    ];
    for (args, notes) in begun {
        let folder = folder();
        let init = folder.run(&[&["init"], args].concat()).exits(0);
        let text = fs::read_to_string(folder.path().join("lab.yaml")).expect("it was written");
        assert!(init.stderr.contains("lab.yaml is written, and valid: "), "{init}");
        for note in notes {
            assert!(
                init.stderr.lines().any(|line| line.starts_with("not carried over: ") && line.contains(note)),
                "{init}"
            );
        }
        assert_eq!(text.contains("Not carried over"), !notes.is_empty(), "{text}");
        assert!(!text.contains("hunter2") && !init.stderr.contains("hunter2"), "{text}");
        let valid = folder.run(&["validate"]).exits(0);
        assert!(valid.stderr.is_empty(), "{valid}");
        labform(&folder, &["apply", "--yes", "--sandbox=account.json"]).exits(0);
        labform(&folder, &["plan", "--sandbox=account.json"]).exits(0).says("No changes.");
        if args.contains(&"job") || args.contains(&"both") {
            labform(&folder, &["run", "job", "--sandbox=account.json"]).exits(0);
        }
        folder.run(&["destroy", "--yes", "--sandbox=account.json"]).exits(0);
    }
}

#[test]
fn nothing_is_guessed_without_a_terminal() {
    let folder = folder();
    for (args, missing) in [
        (&[][..], "--lab NAME --region REGION --what web"),
        (&["--lab", "first", "--what", "job"], "--region REGION"),
        (&["--from", "compose.yaml"], "--lab NAME --region REGION"),
        (&["--from", "copilot"], "--region REGION"),
    ] {
        let refused = folder.run(&[&["init"], args].concat()).exits(4);
        assert!(refused.stderr.contains(&format!("`labform init`: {missing}\n")), "{refused}");
    }
    folder.run(&["init", "--lab", "No", "--region", "eu-west-1", "--what", "web"]).exits(64);
    folder.run(&["init", "--lab", "no", "--region", "europe", "--what", "web"]).exits(64);
    folder.run(&["init", "--from", "none.yaml", "--lab", "first", "--region", "eu-west-1"]).exits(5);
    assert!(!folder.path().join("lab.yaml").exists());
}

#[test]
fn a_lab_that_is_there_stays() {
    let folder = folder();
    folder.write("lab.yaml", "mine");
    let args = ["init", "--lab", "first", "--region", "eu-west-1", "--what", "web"];
    let refused = folder.run(&args).exits(4);
    assert!(refused.stderr.contains("lab.yaml is there already"), "{refused}");
    assert_eq!(fs::read_to_string(folder.path().join("lab.yaml")).expect("it is there"), "mine");
    folder.run(&[&args[..], &["-f", "other.yaml"]].concat()).exits(0);
    folder.run(&["validate", "-f", "other.yaml"]).exits(0);
}

#[test]
fn what_can_not_be_built_is_said_and_written_all_the_same() {
    let folder = folder();
    fs::remove_file(folder.path().join("web/Dockerfile")).expect("it is there");
    let args = ["init", "--from", "compose.yaml", "--lab", "first", "--region", "eu-west-1"];
    let init = folder.run(&args).exits(5);
    assert!(init.stderr.contains("lab.yaml is written, and has to be mended:"), "{init}");
    assert!(init.stderr.contains("image.web: can't take `web/Dockerfile`"), "{init}");
}

/// Answers the questions on a terminal with the words behind the first argument, and prints all.
const TERMINAL: &str = r#"
import os, pty, sys
pid, end = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], [sys.argv[1], "init"])
seen, answers = b"", sys.argv[2:]
while True:
    try:
        part = os.read(end, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if answers and seen.endswith(b"]: "):
        os.write(end, answers.pop(0).encode())
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[test]
fn three_questions_are_asked_on_a_terminal() {
    let ask = |answers: &[&str]| {
        let folder = Folder::empty();
        let labform = folder.command(&[]);
        let mut terminal = Command::new("python3");
        terminal.args(["-c", TERMINAL]).arg(labform.get_program()).args(answers);
        terminal.env_clear().envs(labform.get_envs().filter_map(|(name, value)| Some((name, value?))));
        terminal.env("TERM", "dumb").current_dir(folder.path());
        let output = terminal.output().expect("Python starts");
        let text = fs::read_to_string(folder.path().join("lab.yaml")).unwrap_or_default();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).replace('\r', ""), text)
    };
    let (code, screen, text) = ask(&["No Name\n", "shop\n", "\n", "httpd:2.4\n"]);
    assert_eq!(code, Some(0), "{screen}");
    assert!(screen.contains("`No Name` is not a name for a lab"), "{screen}");
    assert!(text.contains("\nlab: shop\nregion: eu-west-1\n") && text.contains("image: \"httpd:2.4\""), "{text}");
    // Ctrl-D, and Ctrl-C.
    assert_eq!(ask(&["shop\n", "\u{4}"]).0, Some(4));
    assert_eq!(ask(&["shop\n", "\u{3}"]).0, Some(130));
}
