//! `labform run` as a person types it: followed, killed, left, stopped, come back to, destroyed around.

use std::time::{Duration, Instant};

use crate::account::Account;
use crate::emulator::Emulator;
use crate::lab8;
use crate::labform::{Folder, Run, Signal, watch};
use crate::speed::every;

const REGION: &str = "eu-west-1";
/// Between these times after its start, in milliseconds, a run on the embedded account is killed.
const MOMENTS: [u64; 10] = [30, 70, 120, 190, 270, 360, 480, 650, 900, 1250];

/// A job with a file that goes in and one that comes out. Its container says how much memory it takes, without which moto
/// can't run it.
pub(crate) const JOB: &str = r#"
vpc: default
buckets: { files: { bucket: "${lab}-${account}-${region}", onDestroy: empty } }
logGroups: { ask: { logGroupName: "/te/${lab}" } }
clusters: { main: {} }
securityGroups: { none: {} }
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
taskDefinitions:
  ask:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions:
      - name: ask
        image: public.ecr.aws/docker/library/busybox:stable
        memory: 512
        command: [ask]
        logConfiguration:
          logDriver: awslogs
          options: { awslogs-group: "${logGroups.ask.name}", awslogs-region: "${region}", awslogs-stream-prefix: job }
jobs:
  ask:
    cluster: main
    taskDefinition: ask
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { securityGroups: [none], assignPublicIp: ENABLED } }
    inputs: [{ file: question.txt, bucket: files, key: in/question.txt }]
    outputs: [{ bucket: files, key: out/answer.json, file: answers/answer.json }]
"#;

/// Runs `job`, and writes its result behind labform's back as soon as there is a task.
fn run_writing(account: &Account, lab: &str) -> Run {
    let bucket = format!("{lab}-{}-{}", account.id, account.region);
    let answer = account.folder.path().join("written-by-the-task.json");
    std::fs::write(&answer, "{\"answer\": 42}\n").expect("the folder can be written");
    let mut is_written = false;
    account.labform_signalled(&["run", "ask"], &mut || {
        let tasks = "ecs list-tasks --query taskArns --cluster";
        if !is_written && account.aws(&format!("{tasks} {lab}-main")) != serde_json::json!([]) {
            let body = answer.display();
            account.aws(&format!("s3api put-object --bucket {bucket} --key out/answer.json --body {body}"));
            is_written = true;
        }
        None
    })
}

#[test]
fn on_moto_a_file_goes_in_and_the_result_comes_out() {
    let account = Account::emulated(Emulator::moto(), "eu-central-1");
    files(&account);
}

#[test]
fn on_the_embedded_account_a_file_goes_in_and_the_result_comes_out() {
    files(&Account::embedded("eu-central-1"));
}

fn files(account: &Account) {
    let lab = "te-files";
    account.write_lab(lab, &[JOB]);
    // Before the first call: what is to be sent has to be there.
    let missing = account.labform(&["run", "ask"]).exits(5);
    assert!(missing.stderr.contains("job.ask: question.txt: "), "{missing}");
    account.folder.write("question.txt", "what is it?");
    account.labform(&["apply", "--yes"]).exits(0);
    let run = run_writing(account, lab).exits(0);
    for words in ["uploading question.txt (11 bytes)", "STOPPED after", "exit code 0"] {
        assert!(run.stderr.contains(words), "{words} isn't said: {run}");
    }
    let run = run.says("{\"answer\": 42}");
    let path = account.folder.path().join("answers/answer.json");
    let kept = std::fs::read_to_string(path).expect("the result is kept");
    assert_eq!(kept, "{\"answer\": 42}\n", "{run}");
    let bucket = format!("{lab}-{}-{}", account.id, account.region);
    let sent = account.aws(&format!("s3api head-object --bucket {bucket} --key in/question.txt --query ContentLength"));
    assert_eq!(sent, 11);
    // Nobody writes it this time.
    let none = account.labform(&["run", "ask"]).exits(1);
    assert!(none.stderr.contains("wrote no s3://"), "{none}");
    account.labform(&["destroy", "--yes"]).exits(0);
}

/// How many tasks of the lab's job have not stopped, and how many have.
fn tasks(account: &Account) -> (usize, usize) {
    let count = |status: &str| {
        let tasks = account.aws(&format!(
            "ecs list-tasks --cluster ecs-lab-cluster --started-by ecs-lab/classifier --desired-status {status} --query taskArns"
        ));
        tasks.as_array().map_or(0, Vec::len)
    };
    (count("RUNNING"), count("STOPPED"))
}

fn lab_8() -> Account {
    let account = Account::embedded(REGION);
    account.folder.write("lab.yaml", lab8::FILE);
    account.apply();
    account
}

#[test]
fn a_run_that_is_killed_is_come_back_to() {
    let account = lab_8();
    let mut found = 0;
    let moments: Vec<u64> = every(3, MOMENTS);
    for moment in &moments {
        let moment = *moment;
        let (_, before) = tasks(&account);
        let (started, mut once) = (Instant::now(), Some(Signal::Kill));
        let killed = account.labform_signalled(&["run", "classifier"], &mut || {
            let is_time = started.elapsed() > Duration::from_millis(moment);
            is_time.then(|| once.take()).flatten()
        });
        let (on, over) = tasks(&account);
        assert!(on + over - before <= 1, "{moment}: {killed}");
        let again = account.labform(&["run", "classifier"]).exits(0);
        let is_found = again.stderr.contains("is on already");
        found += usize::from(is_found);
        let (still, after) = tasks(&account);
        let begun = on + over - before;
        let expected = if is_found { begun } else { begun + 1 };
        assert_eq!((still, after - before), (0, expected), "{moment}: {killed}\n{again}");
        assert!(on == 0 || is_found, "one that was on is found again: {killed}\n{again}");
    }
    println!("found again {found} times of {}", moments.len());
}

#[test]
fn the_containers_exit_code_is_the_commands_and_its_cause_is_named() {
    let account = lab_8();
    account.folder.write("lab.yaml", lab8::unpretended());
    let url = "https://upload.example/tiger.jpg";
    let run = account.labform(&["run", "classifier", "--", url]).exits(0);
    assert!(run.says(&format!("node classifier.js {url}")).stderr.contains("exit code 0"));
    let failed = account.labform(&["run", "classifier", "--set", "MODEL=small", "--", "exit", "42"]).exits(42);
    for words in ["cause: container exited with an error", "`labform run classifier --sandbox="] {
        assert!(failed.stderr.contains(words), "{words}: {failed}");
    }
    let json = account.labform(&["run", "classifier", "--json", "--", "exit", "7"]).exits(7);
    let lines: Vec<serde_json::Value> =
        json.stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let last = &lines[lines.len() - 1];
    assert_eq!((&last["type"], &last["exitCode"]), (&"job_end".into(), &7.into()), "{json}");
    assert!(lines.iter().any(|line| line["type"] == "job_log"), "{json}");
    assert!(lines.iter().any(|line| line["cause"] == "container exited with an error"), "{json}");
    account.labform(&["run", "classifier", "--set", "1=2"]).exits(64);
    account.labform(&["run", "classifir"]).exits(5);
}

#[test]
fn a_job_whose_needs_have_changed_is_not_run() {
    let account = lab_8();
    let other = lab8::FILE.replace("memory: \"2048\"", "memory: \"4096\"");
    account.folder.write("lab.yaml", &other);
    let refused = account.labform(&["run", "classifier"]).exits(125);
    let command = "`labform apply --only taskDefinition.image-classifier --sandbox=";
    assert!(refused.stderr.contains(command), "{refused}");
    let json = account.labform(&["run", "classifier", "--json"]).exits(125);
    assert!(json.stdout.trim_end().ends_with("\"type\":\"job_end\"}"), "{json}");
    assert_eq!(tasks(&account), (0, 0));
}

/// The embedded account behind a port, where a minute takes six seconds and labform's own time is the clock's.
struct Slow {
    account: Account,
}

impl Slow {
    fn new() -> Self {
        let account = Account::embedded_with(REGION, &["--speed", "4"]);
        account.folder.write("lab.yaml", lab8::FILE);
        account.labform(&["apply", "--yes", "--no-wait"]).exits(0);
        Self { account }
    }

    /// Runs the job there, and sends `signals` one after the other once it has said `words`: its stderr is a file.
    fn run(&self, words: &str, signals: &[Signal]) -> (Option<i32>, String) {
        let path = self.account.folder.path().join("stderr.txt");
        let file = std::fs::File::create(&path).expect("the folder can be written");
        let url = self.account.url.as_str();
        let mut command = self.account.folder.command(&["run", "classifier", "--endpoint-url", url]);
        command.stderr(file);
        let (mut left, mut last) = (signals.iter(), None::<Instant>);
        let run = watch(command, &mut || {
            let said = || std::fs::read_to_string(&path).is_ok_and(|text| text.contains(words));
            let is_time = match last {
                None => said(),
                Some(last) => last.elapsed() > Duration::from_millis(400),
            };
            if !is_time {
                return None;
            }
            last = Some(Instant::now());
            left.next().copied()
        });
        let said = std::fs::read_to_string(&path).expect("the file is there");
        (run.code, said)
    }
}

#[test]
fn ctrl_c_leaves_the_task_and_twice_stops_it() {
    let slow = Slow::new();
    let started = Instant::now();
    let (code, said) = slow.run("PENDING after", &[Signal::Int]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("Ctrl-C again within 3 s stops the task"), "{said}");
    assert!(said.contains("it goes on, and `labform run classifier --"), "{said}");
    println!("left after {:?}", started.elapsed());
    assert_eq!(tasks(&slow.account).0, 1, "{said}");
    let (code, said) = slow.run("is on already", &[Signal::Int, Signal::Int]);
    assert_eq!(code, Some(130), "{said}");
    assert!(said.contains("stopping the task (labform: stopped by Ctrl-C)"), "{said}");
    assert!(said.contains("STOPPED after"), "its end is waited for: {said}");
    assert_eq!(tasks(&slow.account), (0, 1));
}

#[test]
fn a_program_that_ends_it_leaves_the_task_and_destroy_stops_it() {
    let slow = Slow::new();
    for signal in [Signal::Term, Signal::Hup] {
        let started = Instant::now();
        let (code, said) = slow.run("task arn:", &[signal]);
        assert_eq!(code, Some(130), "{said}");
        assert!(started.elapsed() < Duration::from_secs(10), "{said}");
        assert_eq!(tasks(&slow.account).0, 1, "{signal:?}: {said}");
    }
    let account = &slow.account;
    let plan = account.labform(&["plan", "--destroy"]).exits(0);
    let plan = plan.says("1 task of jobs will be stopped first:").says("job.classifier task ");
    println!("{plan}");
    let elsewhere = Folder::empty();
    let without_file = ["destroy", "--lab", "ecs-lab", "--region", REGION, "--yes"];
    let destroy = account.labform_in(&elsewhere, &without_file).exits(0);
    assert!(destroy.stderr.contains("job.classifier: stopping task "), "{destroy}");
    let clusters = account.aws("ecs list-clusters --query clusterArns");
    assert_eq!(clusters, serde_json::json!([]));
}
