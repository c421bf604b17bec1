//! The proxy that the environment names: AWS is asked through it, and this machine isn't.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::account::Account;
use crate::labform::{Folder, watch};

/// A proxy that lets nobody through, and keeps the first line of each request.
struct Wall {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Wall {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = asked.clone();
        thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let mut lines = BufReader::new(client.try_clone().expect("a socket can be shared")).lines();
                let first = lines.next().and_then(Result::ok).unwrap_or_default();
                heard.lock().expect("nothing panics while it holds the lock").push(first);
                let _ = lines.find(|line| line.as_ref().map_or(true, String::is_empty));
                let _ = client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
            }
        });
        Self { url: format!("http://127.0.0.1:{port}"), asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nothing panics while it holds the lock").clone()
    }
}

#[test]
fn aws_is_asked_through_the_proxy_that_the_environment_names() {
    let (wall, folder) = (Wall::start(), Folder::empty());
    folder.write("lab.yaml", "lab: proxied\nregion: eu-west-1\nlogGroups: { it: {} }\n");
    let mut command = folder.command(&["doctor"]);
    command.env("HTTPS_PROXY", &wall.url);
    let run = watch(command, &mut || None).exits(1);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [format!("through {}: ", wall.url).as_str(), "`unset HTTPS_PROXY`"] {
        assert!(text.contains(words), "{words}: {run}");
    }
    let asked = wall.asked();
    assert!(asked.iter().any(|line| line.starts_with("CONNECT sts.eu-west-1.amazonaws.com:443 ")), "{asked:?}");
}

#[test]
fn an_endpoint_on_this_machine_is_asked_without_it() {
    let (wall, account) = (Wall::start(), Account::embedded("eu-west-1"));
    account.write_lab("near", &["logGroups:\n  it: { logGroupName: /te/LAB }\n"]);
    let mut command = account.folder.command(&["plan", "--endpoint-url", &account.url]);
    command.envs([("HTTP_PROXY", &wall.url), ("ALL_PROXY", &wall.url)]);
    watch(command, &mut || None).exits(0);
    assert_eq!(wall.asked(), Vec::<String>::new());
}
