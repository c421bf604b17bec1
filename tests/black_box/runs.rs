//! What `labform run` says before it starts a task: of what the job needs, and of a task that is on.

use crate::account::Account;
use crate::embedded;
use crate::labform::Signal;

const REGION: &str = "eu-west-1";

/// A lab with a job `hello`, whose image is built from the folder `app`, and which goes on for some seconds.
const LAB: &str = r#"lab: run-alone
region: eu-west-1
vpc: default
repositories: { app: { onDestroy: empty } }
images: { app: { repository: app, context: app } }
roles:
  execution:
    assumeRolePolicyDocument:
      Version: "2012-10-17"
      Statement:
        - { Effect: Allow, Principal: { Service: ecs-tasks.amazonaws.com }, Action: "sts:AssumeRole" }
    managedPolicyArns: [arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy]
clusters: { main: {} }
taskDefinitions:
  hello:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: execution
    containerDefinitions: [{ name: hello, image: "${images.app.uri}", command: [sleep, "100"] }]
jobs:
  hello:
    cluster: main
    taskDefinition: hello
    launchType: FARGATE
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
    sandbox: { takes: 400s }
"#;

fn account() -> Account {
    let account = Account::embedded(REGION);
    account.folder.write("lab.yaml", LAB);
    let app = account.folder.path().join("app");
    std::fs::create_dir(app).expect("the folder can be written");
    account.folder.write("app/Dockerfile", "FROM scratch\n");
    account
}

#[test]
fn a_run_says_that_its_image_is_not_what_it_is_made_from() {
    let account = account();
    // What has to be made needs its source, before anything is made.
    let dockerfile = account.folder.path().join("app/Dockerfile");
    std::fs::remove_file(&dockerfile).expect("it is there");
    let without = account.labform(&["run", "hello"]).exits(5);
    assert!(without.stderr.contains("lab.yaml:5:"), "{without}");
    let clusters = account.aws("ecs list-clusters --query clusterArns");
    assert_eq!(clusters, serde_json::json!([]));

    account.folder.write("app/Dockerfile", "FROM scratch\n");
    let fresh = account.labform(&["run", "hello"]).exits(0);
    assert!(!fresh.stderr.contains("its source"), "{fresh}");
    account.folder.write("app/main.js", "1");
    let stale = account.labform(&["run", "hello"]).exits(0);
    let words = "image.app: its source has changed since it was pushed";
    for words in [words, "`labform apply --only image.app --sandbox="] {
        assert!(stale.stderr.contains(words), "{stale}");
    }
    // What is there runs without its source.
    std::fs::remove_file(&dockerfile).expect("it is there");
    let unknown = account.labform(&["run", "hello"]).exits(0);
    let words = "image.app: whether its source has changed isn't known: ";
    assert!(unknown.stderr.contains(words), "{unknown}");
}

#[test]
fn a_task_of_before_an_edit_is_named_and_one_that_is_on_is_what_it_is() {
    let account = account();
    account.apply();
    let mut once = Some(Signal::Term);
    let left = account.labform_signalled(&["run", "hello"], &mut || {
        let tasks = "ecs list-tasks --cluster run-alone-main --query taskArns";
        let is_on = once.is_some() && account.aws(tasks) != serde_json::json!([]);
        is_on.then(|| once.take()).flatten()
    });
    assert_eq!(left.code, Some(130), "{left}");

    let larger = LAB.replace("memory: \"512\"", "memory: \"1024\"");
    account.folder.write("lab.yaml", &larger);
    let refused = account.labform(&["run", "hello"]).exits(1);
    for words in [
        "isn't what lab.yaml says: taskDefinition.hello; its task arn:aws:ecs:",
        "`labform logs job.hello --follow --sandbox=",
        "`labform apply --only taskDefinition.hello --sandbox=",
    ] {
        assert!(refused.stderr.contains(words), "{words}: {refused}");
    }

    account.folder.write("lab.yaml", LAB);
    let sandbox = format!("--sandbox=exec:{}", embedded::FILE);
    let back = account.folder.run(&["run", "hello", &sandbox]).exits(0);
    for words in ["is on already", "pretended: nothing is run for this task"] {
        assert!(back.stderr.contains(words), "{words}: {back}");
    }
    assert!(!back.stderr.contains("ON THIS COMPUTER"), "{back}");
}
