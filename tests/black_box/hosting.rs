//! `labform sandbox serve --exec`: services as processes of this computer, behind an address that stands for their load
//! balancer, and what others try on it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::aws::aws;
use crate::emulator::free_port;
use crate::labform::{Folder, Run};

pub(crate) const REGION: &str = "eu-west-1";
pub(crate) const SANDBOX: &str = "--sandbox=account.json";
/// The longest that anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A lab with a service `web` whose container listens on `port`. `more` is the rest of the service.
pub(crate) fn lab(port: u16, more: &str) -> String {
    let python = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(python.expect("there is a Python 3").stdout).expect("a path is text");
    let python = python.trim();
    format!(
        r#"lab: hosted
region: {REGION}
vpc: default
logGroups: {{ web: {{ logGroupName: /hosted/web }} }}
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - {{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: "sts:AssumeRole" }}
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
targetGroups:
  web:
    protocol: HTTP
    port: {port}
    targetType: ip
    healthCheckPath: /health
    healthyThresholdCount: 2
    unhealthyThresholdCount: 2
loadBalancers:
  web:
    scheme: internet-facing
    listeners:
      http:
        port: 80
        protocol: HTTP
        defaultActions: [{{ type: forward, targetGroupArn: web }}]
        rules:
          old:
            priority: 1
            conditions: [{{ field: path-pattern, values: ["/old/*"] }}]
            actions: [{{ type: redirect, redirectConfig: {{ path: /new, statusCode: HTTP_301 }} }}]
          closed:
            priority: 2
            conditions: [{{ field: http-header, httpHeaderConfig: {{ httpHeaderName: x-robot, values: ["*"] }} }}]
            actions: [{{ type: fixed-response, fixedResponseConfig: {{ statusCode: "410", messageBody: gone }} }}]
clusters: {{ main: {{}} }}
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions:
      - name: web
        image: busybox
        command: [{python}, server.py]
        portMappings: [{{ containerPort: {port} }}]
        stopTimeout: 2
        environment:
          - {{ name: PORT, value: "{port}" }}
          - {{ name: GREETING, value: hello }}
        logConfiguration:
          logDriver: awslogs
          options: {{ awslogs-group: /hosted/web, awslogs-region: {REGION}, awslogs-stream-prefix: ecs }}
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 2
    launchType: FARGATE
    networkConfiguration: {{ awsvpcConfiguration: {{ assignPublicIp: ENABLED }} }}
    loadBalancers: [{{ targetGroupArn: web, containerName: web, containerPort: {port} }}]
    {more}
outputs: {{ url: "http://${{loadBalancers.web.dnsName}}" }}
"#
    )
}

/// A folder with such a lab, its application, and a `labform sandbox serve --exec` that runs in it.
pub(crate) struct Hosted {
    pub(crate) folder: Folder,
    pub(crate) serve: Child,
    /// Where the account is.
    pub(crate) url: String,
    /// Where the application is.
    pub(crate) port: u16,
    /// Where the load balancer is.
    pub(crate) front: u16,
}

impl Hosted {
    pub(crate) fn start(more: &str) -> Self {
        let (folder, port) = (Folder::empty(), free_port());
        folder.write("lab.yaml", &lab(port, more));
        folder.write("server.py", include_str!("hosting.py"));
        Self::of(folder, port, "/usr/bin:/bin".into())
    }

    /// The same of the lab in a folder, with a service `web` on `port` and a load balancer `web`.
    pub(crate) fn of(folder: Folder, port: u16, path: OsString) -> Self {
        let told = |name: &str| File::create(folder.path().join(name)).expect("the folder can be written");
        let mut command = folder.command(&["sandbox", "serve", "--exec", "--yes", "--port", "0", SANDBOX]);
        command.env("PATH", path).env("GITHUB_TOKEN", "hidden");
        let serve = command.stdout(told("stdout")).stderr(told("stderr")).spawn().expect("the built command starts");
        let mut hosted = Self { folder, serve, url: String::new(), port, front: 0 };
        let front = hosted.until("it says where the load balancer is", |hosted| {
            let told = hosted.told();
            let (_, rest) = told.split_once("loadBalancer.web, port 80: http://127.0.0.1:")?;
            rest.lines().next()?.parse().ok()
        });
        let stdout = fs::read_to_string(hosted.folder.path().join("stdout")).expect("it says where the account is");
        let url = stdout.lines().find_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL="));
        hosted.url = url.expect("it says where the account is").to_owned();
        hosted.front = front;
        hosted
    }

    /// All that the server said to people.
    pub(crate) fn told(&self) -> String {
        fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    pub(crate) fn labform(&self, args: &[&str]) -> Run {
        self.folder.run(&[args, &[SANDBOX]].concat())
    }

    pub(crate) fn aws(&self, words: &str) -> Value {
        let words: Vec<&str> = words.split(' ').collect();
        aws(&self.url, REGION, &words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// The answer to a request with these headers: its status, its head and its body.
    pub(crate) fn ask(&self, line: &str, headers: &[&str], body: &str) -> (u16, String, String) {
        ask(self.front, line, &[&[&*format!("Host: 127.0.0.1:{}", self.front)], headers].concat(), body)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String, String) {
        self.ask(&format!("GET {path}"), &[], "")
    }

    /// What the application tells of a request.
    #[track_caller]
    pub(crate) fn page(&self, path: &str) -> Value {
        let (status, head, body) = self.get(path);
        assert_eq!(status, 200, "{head}\n{body}\n{}", self.told());
        serde_json::from_str(&body).expect("the application answers in JSON")
    }

    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, found: impl Fn(&Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "not so: {what}\n{}", self.told());
            sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.serve.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()));
    }

    #[track_caller]
    pub(crate) fn ends(&mut self, code: i32) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.serve.try_wait().expect("the child is ours") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it is still there\n{}", self.told());
            sleep(Duration::from_millis(20));
        };
        assert_eq!(status.code(), Some(code), "{}", self.told());
    }
}

impl Drop for Hosted {
    fn drop(&mut self) {
        // Twice is at once, and takes the application along.
        for _ in 0..2 {
            if matches!(self.serve.try_wait(), Ok(None)) {
                self.signal("TERM");
                sleep(Duration::from_millis(100));
            }
        }
        let _ = self.serve.wait();
    }
}

pub(crate) fn ask(port: u16, line: &str, headers: &[&str], body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("something listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time is given");
    let head: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{line} HTTP/1.1\r\n{head}Connection: close\r\n\r\n{body}").expect("it takes a request");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it answers");
    let answer = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status: {answer}")), head.to_ascii_lowercase(), body.to_owned())
}

/// Returns whether the process runs. One that has ended may wait to be taken note of.
pub(crate) fn runs(id: &Value) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn a_service_answers_behind_its_load_balancer_until_it_is_destroyed() {
    let mut hosted = Hosted::start("");
    assert_eq!(hosted.get("/").0, 503, "nothing is made yet");
    let apply = hosted.labform(&["apply", "--yes"]).exits(0);
    let here = format!("http://127.0.0.1:{}", hosted.front);
    assert!(apply.stderr.contains(&format!("url is pretended: {here} answers for it")), "{apply}");

    let open = hosted.labform(&["open"]).exits(0);
    assert_eq!(open.stdout, format!("{here}\n"));
    assert!(open.stderr.contains("it answers for http://") && open.stderr.contains(", which is pretended\n"), "{open}");

    let page = hosted.page("/hello?a=b");
    assert_eq!((&page["path"], &page["method"]), (&"/hello?a=b".into(), &"GET".into()));
    let environment = |name: &str| page["environment"][name].as_str();
    assert_eq!(environment("GREETING"), Some("hello"));
    assert_eq!(environment("GITHUB_TOKEN"), None);
    assert_eq!(environment("AWS_ACCESS_KEY_ID"), Some("sandbox"));
    let home = hosted.folder.path().join("account.json.home");
    assert_eq!((environment("HOME"), fs::read_dir(&home).expect("it is there").count()), (home.to_str(), 0));
    assert_eq!(environment("AWS_ENDPOINT_URL"), Some(&*hosted.url));
    // Both tasks are one process.
    for _ in 0..4 {
        assert_eq!(hosted.page("/")["pid"], page["pid"]);
    }
    let healthy = "elbv2 describe-target-groups --query TargetGroups[0].TargetGroupArn";
    let group = hosted.aws(healthy).as_str().expect("it is there").to_owned();
    let states = format!(
        "elbv2 describe-target-health --target-group-arn {group} --query TargetHealthDescriptions[].TargetHealth.State"
    );
    assert_eq!(hosted.aws(&states), serde_json::json!(["healthy", "healthy"]));
    hosted.labform(&["logs", "service.web", "--since", "1h"]).exits(0).says("listening");

    let (status, head, _) = hosted.get("/old/page");
    assert_eq!(status, 301);
    assert!(head.contains(&format!("location: {here}/new")), "{head}");
    assert_eq!(hosted.ask("GET /", &["X-Robot: yes"], "").2, "gone");

    hosted.labform(&["destroy", "--yes"]).exits(0);
    hosted.until("its process is gone", |_| (!runs(&page["pid"])).then_some(()));
    assert_eq!(hosted.get("/").0, 503);
    hosted.signal("TERM");
    hosted.ends(0);
}

#[test]
fn what_fails_makes_apply_fail_with_the_cause() {
    let breaker = "deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } }";
    let hosted = Hosted::start(breaker);
    hosted.folder.write("health", "500");
    let sick = hosted.labform(&["apply", "--yes"]).exits(1);
    assert!(sick.stderr.contains("Health checks failed with these codes: [500]"), "{sick}");
    hosted.labform(&["destroy", "--yes"]).exits(0);
    fs::remove_file(hosted.folder.path().join("health")).expect("it is there");

    hosted.folder.write("crash", "");
    let crashes = hosted.labform(&["apply", "--yes"]).exits(1);
    for words in ["exit code 3", "no database at db.example"] {
        assert!(crashes.stderr.contains(words), "{words}: {crashes}");
    }
    hosted.labform(&["destroy", "--yes"]).exits(0);
}

#[test]
fn a_service_that_dies_comes_back() {
    let hosted = Hosted::start("");
    hosted.labform(&["apply", "--yes"]).exits(0);
    let first = hosted.page("/")["pid"].clone();
    assert!(Command::new("kill").args(["-KILL", &first.to_string()]).status().is_ok_and(|status| status.success()));
    hosted.until("it is told", |hosted| hosted.told().contains("ended with exit code 137").then_some(()));
    assert!([502, 503].contains(&hosted.get("/").0));
    // It is the account's service that starts tasks again.
    let second = hosted.until("it answers", |hosted| {
        // Time passes with each call.
        hosted.aws("ecs list-services --cluster hosted-main");
        (hosted.get("/").0 == 200).then(|| hosted.page("/")["pid"].clone())
    });
    assert_ne!(first, second);
}
