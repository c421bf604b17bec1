//! What a runner makes of task definitions that it can't judge at once.

use std::cell::{Cell, RefCell};

use futures::FutureExt as _;
use labform_account::{Hosting, Sandbox};
use serde_json::json;

use super::*;
use crate::local::Local;

const REGION: &str = "eu-west-1";

/// Asks a runner after a pause each whether a task is the file's own, whose answers are these. Returns what it said, how
/// often it looked, and what it told.
async fn asked(answers: Vec<Result<(), NotOwn>>) -> (Vec<bool>, usize, Vec<String>) {
    let container = json!({"name": "web", "command": ["node", "server.js"]});
    let local = Local { command: vec!["node".to_owned(), "server.js".to_owned()], directory: "/".into() };
    let mine = Own { container: container.clone(), local };
    let (looks, told) = (Cell::new(0), RefCell::new(Vec::new()));
    let look = |_: &HostedService| {
        let answer = answers[looks.get()].clone().map(|()| mine.clone());
        looks.set(looks.get() + 1);
        async move { answer }.boxed_local()
    };
    let tell = |_: &str, words: &str| told.borrow_mut().push(words.to_owned());
    let service = HostedService { key: "main/web".to_owned(), address: "service.web".to_owned() };
    let (sandbox, hosting) = (Sandbox::in_memory(), Hosting::default());
    let services = [service.clone()];
    let host = Host {
        sandbox: &sandbox,
        region: REGION,
        name: "lab",
        url: "http://127.0.0.1:1",
        home: std::path::Path::new("/account.home"),
        hosting: &hosting,
        services: &services,
        own: &look,
        tell: &tell,
    };
    let mut runner = Runner::new(&host, &service);
    let task = HostedTask {
        id: "1f3c".to_owned(),
        definition: "arn:aws:ecs:eu-west-1:123456789012:task-definition/web:1".to_owned(),
        deployment: "ecs-svc/1".to_owned(),
        containers: vec![container],
        created: 0,
        stage: Stage::Running,
        runner: By::Wanted,
        ports: BTreeSet::new(),
        checks: Vec::new(),
        grace: Duration::ZERO,
    };
    let mut said = Vec::new();
    for _ in 0..4 {
        // At once it is asked for nothing twice.
        let first = runner.is_own(&task).await;
        assert_eq!(runner.is_own(&task).await, first);
        said.push(first);
        for verdict in runner.verdicts.values_mut() {
            if let Verdict::Open(at, _) = verdict {
                *at = at.checked_sub(AGAIN).unwrap();
            }
        }
    }
    let (looks, told) = (looks.get(), told.borrow().clone());
    (said, looks, told)
}

#[tokio::test]
async fn what_could_not_be_read_is_read_again() {
    let busy = || Err(NotOwn::NotYet("AWS is busy".to_owned()));
    let (said, looks, told) = asked(vec![busy(), busy(), Ok(())]).await;
    assert_eq!((said, looks), (vec![false, false, true, true], 3));
    assert_eq!(told, ["pretended until it can be run on this computer: web:1: AWS is busy"]);
}

#[tokio::test]
async fn what_is_something_else_stays_pretended() {
    let other = Err(NotOwn::Never("it would run another command".to_owned()));
    let (said, looks, told) = asked(vec![other]).await;
    assert_eq!((said, looks), (vec![false; 4], 1));
    assert_eq!(told, ["pretended: web:1 isn't run on this computer: it would run another command"]);
}
