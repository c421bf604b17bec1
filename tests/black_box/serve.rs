//! `labform sandbox serve`: what it prints, whom it answers, how it ends, and a client in Python.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::Account;
use crate::emulator::{free_port, get};
use crate::labform::{Folder, Signal, credentials, watch};
use crate::venv;

const BOTO3: &str = "1.44.5";

#[test]
fn it_says_how_to_reach_it_logs_each_call_and_ends_well_when_told_to() {
    let folder = Folder::empty();
    let port = free_port();
    let text = port.to_string();
    let serve = ["sandbox", "serve", "--port", &text, "--sandbox=a.json"];
    let mut told = false;
    let mut once_it_answers = || {
        let now = !told && get(port, "/").is_some();
        told |= now;
        now.then_some(Signal::Int)
    };
    let run = watch(folder.command(&serve), &mut once_it_answers)
        .exits(0)
        .says(&format!("export AWS_ENDPOINT_URL=http://127.0.0.1:{port}\n"))
        .says("export AWS_ACCESS_KEY_ID=")
        .says("export AWS_SECRET_ACCESS_KEY=")
        .says("export AWS_REGION=eu-west-1\n");
    let logged = run.stderr.lines().any(|line| line.ends_with("Z GET / 400"));
    assert!(logged, "{run}");
}

#[test]
fn it_ends_with_clients_that_are_still_sending() {
    for signal in [Signal::Int, Signal::Term] {
        let folder = Folder::empty();
        let port = free_port();
        let text = port.to_string();
        let mut late: Vec<TcpStream> = Vec::new();
        let mut once_it_has_clients = || {
            if !late.is_empty() || get(port, "/").is_none() {
                return None;
            }
            for half in ["POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf", "POST / HT"] {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.write_all(half.as_bytes()).unwrap();
                late.push(stream);
            }
            Some(signal)
        };
        let serve = folder.command(&["sandbox", "serve", "--port", &text, "--sandbox=a.json"]);
        let run = watch(serve, &mut once_it_has_clients).exits(0);
        assert!(run.took < Duration::from_secs(15), "{run}");
    }
}

#[test]
fn a_wait_for_an_account_that_a_stopped_process_holds_ends_with_ctrl_c() {
    let folder = Folder::empty();
    folder.write("lab.yaml", "lab: held\nregion: eu-west-1\nlogGroups:\n  a: {}\n");
    folder.run(&["plan", "--sandbox=a.json"]).exits(0);
    let lock = File::options().write(true).open(folder.path().join("a.json.lock")).unwrap();
    lock.lock().unwrap();
    for signal in [Signal::Int, Signal::Term] {
        let begun = Instant::now();
        let mut told = false;
        let mut after_a_while = || {
            let now = !told && begun.elapsed() > Duration::from_secs(4);
            told |= now;
            now.then_some(signal)
        };
        let run = watch(folder.command(&["plan", "--sandbox=a.json"]), &mut after_a_while).exits(130);
        assert!(run.took < Duration::from_secs(10), "{run}");
        assert!(run.stderr.contains("waiting for the embedded account in a.json: process"), "{run}");
    }
}

#[test]
fn a_port_that_is_taken_is_named() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let serve = ["sandbox", "serve", "--sandbox=a.json", "--port", &port.to_string()];
    let run = Folder::empty().run(&serve).exits(1);
    assert!(run.stderr.contains(&format!("port {port} on 127.0.0.1")), "{run}");
    assert!(run.stderr.contains("--port 0"), "{run}");
}

#[test]
fn it_answers_what_is_meant_for_this_machine_and_no_more_than_it_can_hold() {
    let account = Account::embedded("eu-west-1");
    let host = account.url.trim_start_matches("http://");
    let cases = [
        (host, 0, "400"),
        ("localhost", 0, "400"),
        ("evil.example", 0, "403"),
        ("localhost\r\nOrigin: http://localhost:8000", 0, "400"),
        ("localhost\r\nOrigin: https://evil.example", 0, "403"),
        ("localhost\r\nSec-Fetch-Site: cross-site", 0, "403"),
        ("127.0.0.1.evil.example", 0, "403"),
        (host, 65 * 1024 * 1024, "413"),
    ];
    for (named, length, expected) in cases {
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "POST / HTTP/1.1\r\nHost: {named}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1);
        assert_eq!(status, Some(expected), "{named}, {length} bytes: {answer}");
    }
}

#[test]
fn boto3_pages_through_it_one_item_at_a_time() {
    let account = Account::embedded("eu-west-1");
    let output = Command::new(venv::bin("boto3", BOTO3).join("python"))
        .args(["-c", include_str!("serve.py")])
        .env_clear()
        .envs(credentials())
        .env("AWS_ENDPOINT_URL", &account.url)
        .env("AWS_DEFAULT_REGION", account.region)
        .output()
        .expect("the environment has a python");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let pages: Value = serde_json::from_slice(&output.stdout).unwrap();
    let pages = pages.as_object().unwrap();
    assert_eq!(pages.len(), 14);
    for (list, sizes) in pages {
        assert_eq!(*sizes, serde_json::json!([1, 1, 1]), "{list}");
    }
}
