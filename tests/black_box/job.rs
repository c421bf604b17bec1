//! Jobs on the embedded account: pretended as `sandbox` says beside them, and as processes of this computer.

use std::fs;

use crate::account::Account;
use crate::embedded;
use crate::labform::{Run, Signal, watch};
use crate::venv;

const REGION: &str = "eu-west-1";

/// A lab with a job `hello`. Its `container` and `block` are the rest of the container definition and of the job.
fn lab(container: &str, block: &str) -> String {
    format!(
        r#"lab: one-job
region: {REGION}
vpc: default
buckets: {{ results: {{ bucket: one-job-results }} }}
logGroups: {{ hello: {{ logGroupName: /one-job/hello }} }}
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - {{ Effect: Allow, Principal: {{ Service: ecs-tasks.amazonaws.com }}, Action: "sts:AssumeRole" }}
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
clusters: {{ main: {{}} }}
taskDefinitions:
  hello:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions:
      - name: hello
        image: busybox
        {container}
        logConfiguration:
          logDriver: awslogs
          options: {{ awslogs-group: /one-job/hello, awslogs-region: {REGION}, awslogs-stream-prefix: ecs }}
jobs:
  hello:
    cluster: main
    taskDefinition: hello
    launchType: FARGATE
    networkConfiguration: {{ awsvpcConfiguration: {{ assignPublicIp: ENABLED }} }}
    {block}
"#
    )
}

fn account(container: &str) -> Account {
    let account = Account::embedded(REGION);
    account.folder.write("lab.yaml", &lab(container, ""));
    account.apply();
    account
}

/// `labform run hello` with the commands of jobs run for real, in an environment with a secret in it.
fn exec(account: &Account, signal: &mut dyn FnMut() -> Option<Signal>) -> Run {
    let sandbox = format!("--sandbox=exec:{}", embedded::FILE);
    let mut command = account.folder.command(&["run", "hello", &sandbox]);
    command.env("PATH", "/usr/bin:/bin").env("GITHUB_TOKEN", "hidden");
    watch(command, signal)
}

fn one_running_task(account: &Account) -> Option<String> {
    let tasks = account.aws("ecs list-tasks --cluster one-job-main --query taskArns[0]");
    let task = tasks.as_str()?.to_owned();
    let query = format!("ecs describe-tasks --cluster one-job-main --tasks {task} --query tasks[0].lastStatus");
    (account.aws(&query) == "RUNNING").then_some(task)
}

#[test]
fn a_pretended_job_does_what_is_said_beside_it() {
    let account = account("command: [classify]");
    let pretend = |block: &str| {
        let block = format!("sandbox: {block}");
        account.folder.write("lab.yaml", &lab("command: [classify]", &block));
        account.labform(&["run", "hello"])
    };
    let run = pretend(
        "{ log: [loading the model, a tiger], takes: 30s, writes: [{ bucket: results, key: out/r.json, content: '{}' }] }",
    )
    .exits(0);
    assert!(run.stderr.contains("pretended: nothing is run"), "{run}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    let begins = lines.first().is_some_and(|line| line.contains("pretended: nothing was run"));
    assert!(begins, "{run}");
    let place = |words: &str| lines.iter().position(|line| line.ends_with(words));
    assert!(place("loading the model") < place("a tiger") && place("a tiger").is_some(), "{run}");
    let size = "s3api head-object --bucket one-job-results --key out/r.json --query ContentLength";
    assert_eq!(account.aws(size), 2);

    assert_eq!(pretend("{ exitCode: 3, takes: 1s }").exits(3).stdout.lines().count(), 2);
    let never = pretend("{ stoppedReason: 'CannotPullContainerError: no such image' }").exits(125);
    assert!(never.stderr.contains("CannotPullContainerError: no such image"), "{never}");
    let killed = "{ exitCode: 137, takes: 1s, reason: 'OutOfMemoryError: Container killed due to memory usage' }";
    let killed = pretend(killed).exits(137);
    assert!(killed.stderr.contains("cause: out of memory"), "{killed}");
    let spot =
        "{ exitCode: 143, takes: 1s, stopCode: SpotInterruption, stoppedReason: Your Spot Task was interrupted. }";
    let spot = pretend(spot).exits(143);
    assert!(spot.stderr.contains("cause: Spot capacity taken back"), "{spot}");
    let late = pretend("{ exitCode: 0, takes: 20m }\n    timeout: 1m").exits(124);
    assert!(late.stderr.contains("timeout is over"), "{late}");
    // What the block says is the work of the job's own command, and not of another.
    let block = "{ log: [wrote it], writes: [{ bucket: results, key: out/other.json, content: '{}' }] }";
    let set = pretend(block).exits(0);
    assert!(set.stdout.contains("wrote it"), "{set}");
    account.aws("s3api delete-object --bucket one-job-results --key out/other.json");
    let other = account.labform(&["run", "hello", "--", "help"]).exits(0);
    assert!(other.stderr.contains("isn't about these arguments") && !other.stdout.contains("wrote it"), "{other}");
    let objects = "s3api list-objects-v2 --bucket one-job-results --query Contents[].Key";
    assert_eq!(account.aws(objects), serde_json::json!(["out/r.json"]));
    let set = account.labform(&["run", "hello", "--set", "A=b"]).exits(0);
    assert!(set.stderr.contains("whatever `--set` says"), "{set}");
    // The block of before isn't remembered.
    account.folder.write("lab.yaml", &lab("command: [classify]", ""));
    account.labform(&["run", "hello"]).exits(0).says("half of the work");

    let kept = account.labform(&["destroy", "--yes"]);
    assert_ne!(kept.code, Some(0), "the bucket isn't empty: {kept}");
    account.labform(&["destroy", "--yes", "--empty"]).exits(0);
}

#[test]
fn a_bucket_that_is_gone_makes_a_pretended_job_fail() {
    let account = account("command: [classify]");
    account.aws("s3api delete-bucket --bucket one-job-results");
    let block = "sandbox: { writes: [{ bucket: results, key: r.json, content: x }] }";
    account.folder.write("lab.yaml", &lab("command: [classify]", block));
    account.labform(&["run", "hello"]).exits(1).says("NoSuchBucket");
}

#[test]
fn a_job_runs_on_this_computer_with_the_environment_of_its_task() {
    let script = r#"command: [sh, -c, 'echo "in $PWD: $GREETING [$GITHUB_TOKEN] $AWS_ACCESS_KEY_ID"; echo oh >&2; exit 7']
        environment: [{ name: GREETING, value: hello }]"#;
    let account = account(script);
    let run = exec(&account, &mut || None).exits(7);
    assert!(run.stderr.contains("ON THIS COMPUTER"), "{run}");
    let folder = account.folder.path().canonicalize().unwrap();
    let line = format!("in {}: hello [] sandbox", folder.display());
    let run = run.says(&line).says("\noh\n");
    let first = run.stdout.lines().next().unwrap_or_default();
    assert!(first.contains("not pretended"), "{run}");

    let sandbox = format!("--sandbox=exec:{}", embedded::FILE);
    account.folder.write("lab.yaml", &lab("command: [/no/such/program]", ""));
    account.apply();
    let never = account.folder.run(&["run", "hello", &sandbox]).exits(125);
    assert!(never.stderr.contains("CannotStartContainerError"), "{never}");
    account.folder.write("lab.yaml", &lab("", ""));
    account.apply();
    let unknown = account.folder.run(&["run", "hello", &sandbox]).exits(4);
    assert!(unknown.stderr.contains("give `command`"), "{unknown}");
}

#[test]
fn a_program_with_an_sdk_of_aws_finds_the_embedded_account() {
    let python = venv::bin("boto3", "1.44.5").join("python");
    let container = format!(
        "command: [{}, -c, 'import boto3; s3 = boto3.client(\"s3\"); \
         s3.put_object(Bucket=\"one-job-results\", Key=\"k\", Body=b\"tiger\"); print(s3.meta.region_name)']",
        python.display()
    );
    let account = account(&container);
    exec(&account, &mut || None).exits(0).says("\neu-west-1\n");
    let size = "s3api head-object --bucket one-job-results --key k --query ContentLength";
    assert_eq!(account.aws(size), 5);
}

#[test]
fn a_job_that_runs_here_ends_when_its_task_is_stopped() {
    let script =
        r#"command: [sh, -c, 'trap "echo ending; exit 5" TERM; echo ready; touch begun; while :; do sleep 0.1; done']"#;
    let account = account(script);
    let begun = account.folder.path().join("begun");
    let mut stopped = false;
    let run = exec(&account, &mut || {
        if !stopped
            && begun.exists()
            && let Some(task) = one_running_task(&account)
        {
            account.aws(&format!("ecs stop-task --cluster one-job-main --task {task}"));
            stopped = true;
        }
        None
    });
    run.exits(5).says("\nready\n").says("\nending\n");
}

#[test]
fn a_job_that_runs_here_outlives_who_follows_it() {
    let script = "command: [sh, -c, 'echo begun >> begun; sleep 4; echo done']";
    let account = account(script);
    let begun = account.folder.path().join("begun");
    let mut left = Some(Signal::Kill);
    let killed = exec(&account, &mut || begun.exists().then(|| left.take()).flatten());
    assert_eq!(killed.code, None, "{killed}");
    exec(&account, &mut || None).exits(0).says("\ndone\n");
    assert_eq!(fs::read_to_string(&begun).unwrap(), "begun\n", "it ran once");
}
