//! `labform doctor` on computers where something is missing, and without a network.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::Value;

use crate::account::Account;
use crate::labform::{Folder, Run, watch};
use crate::loopback::{forward, serve};

const LAB: &str = "lab: well\nregion: eu-west-1\nlogGroups: { it: {} }\n";
/// A lab whose image Docker builds, and whose service lets its user in.
const BUILT: &str = r#"
lab: built
region: eu-west-1
vpc: default
repositories: { web: {} }
images: { web: { repository: web, context: web } }
clusters: { main: {} }
taskDefinitions:
  web:
    networkMode: awsvpc
    requiresCompatibilities: [FARGATE]
    cpu: "256"
    memory: "512"
    executionRoleArn: "arn:aws:iam::123456789012:role/exec"
    taskRoleArn: "arn:aws:iam::123456789012:role/exec"
    containerDefinitions: [{ name: web, image: "${images.web.uri}" }]
services:
  web:
    cluster: main
    taskDefinition: web
    desiredCount: 1
    launchType: FARGATE
    enableExecuteCommand: true
    networkConfiguration: { awsvpcConfiguration: { assignPublicIp: ENABLED } }
"#;

/// A Docker that does all, in the shell's own words.
const DOCKER: &str = r#"case "$1 $2" in
  "buildx inspect") echo "Platforms: linux/amd64*, linux/386" ;;
  buildx*) echo "github.com/docker/buildx v0.16.1" ;;
  version*) echo "27.1.1 linux/amd64" ;;
esac"#;

#[track_caller]
fn says(run: &Run, topic: &str, words: &[&str]) {
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80 || !line[30..].contains(' ')), "{run}");
    for word in [topic].iter().chain(words) {
        assert!(text.contains(word), "{word}: {run}");
    }
}

/// The doctor, in a place where only these programs are.
fn with_programs(account: &Account, programs: &[(&str, &str)]) -> Run {
    let folder = Folder::empty();
    folder.write("lab.yaml", BUILT);
    fs::create_dir_all(folder.path().join("web")).expect("the folder can be written");
    folder.write("web/Dockerfile", "FROM scratch\n");
    fs::create_dir(folder.path().join("bin")).expect("the folder can be written");
    for (name, script) in programs {
        let path = format!("bin/{name}");
        folder.write(&path, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(folder.path().join(path), fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    let mut command = folder.command(&["doctor", "--endpoint-url", &account.url]);
    command.env("PATH", folder.path().join("bin"));
    watch(command, &mut || None)
}

#[test]
fn missing_programs_are_named_with_the_way_to_them() {
    let account = Account::embedded("eu-west-1");
    const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    account.aws(&format!("iam create-role --role-name exec --assume-role-policy-document {TRUST}"));
    let plugin = ("session-manager-plugin", "echo 1.2.463.0");
    let well = with_programs(&account, &[("docker", DOCKER), plugin]).exits(0);
    says(
        &well,
        "docker",
        &["Docker 27.1.1 linux/amd64 with buildx, for linux/amd64", "session-manager-plugin 1.2.463.0"],
    );
    let none = with_programs(&account, &[plugin]).exits(1);
    says(&none, "docker", &["there is no program `docker`", "install Docker"]);
    let stopped = "echo 'Cannot connect to the Docker daemon' >&2; exit 1";
    let stopped = with_programs(&account, &[("docker", stopped), plugin]).exits(1);
    says(&stopped, "docker", &["Docker doesn't run: Cannot connect", "`sudo systemctl start docker`"]);
    let bare = r#"[ "$1" = version ] && echo "27.1.1 linux/amd64" && exit; echo "'buildx' is not a docker command." >&2; exit 1"#;
    let bare = with_programs(&account, &[("docker", bare), plugin]).exits(1);
    says(&bare, "docker", &["this Docker has no buildx: 'buildx' is not", "`docker-buildx`"]);
    let arm = DOCKER.replace("amd64", "arm64");
    let arm = with_programs(&account, &[("docker", &arm), plugin]).exits(1);
    says(
        &arm,
        "docker",
        &["can't build for linux/amd64", "`docker run --privileged --rm tonistiigi/binfmt --install all`"],
    );
    let hangs = with_programs(&account, &[("docker", "exec /bin/sleep 60"), plugin]).exits(1);
    says(&hangs, "docker", &["Docker did not answer within 4 s", "`sudo systemctl start docker`"]);
    assert!(hangs.took < Duration::from_secs(5), "{hangs}");
    let closed = with_programs(&account, &[("docker", DOCKER)]).exits(0);
    says(&closed, "session manager", &["there is no session-manager-plugin", "session-manager-plugin.deb"]);
}

/// A computer with this `~/.aws/config`, and no keys.
fn signed_out(config: &str, args: &[&str]) -> Run {
    let folder = Folder::empty();
    folder.write("lab.yaml", LAB);
    folder.write("config", config);
    fs::create_dir_all(folder.path().join("home/.aws/sso/cache")).expect("the folder can be written");
    let token =
        r#"{"accessToken": "x", "startUrl": "https://course.example/start", "expiresAt": "2020-01-01T00:00:00Z"}"#;
    folder.write("home/.aws/sso/cache/it.json", token);
    let mut command = folder.command(&[&["doctor"], args].concat());
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_CONFIG_FILE", folder.path().join("config"));
    watch(command, &mut || None)
}

#[test]
fn who_is_not_signed_in_is_told_how() {
    const PROFILE: &str = "sso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = lab\n";
    let labs = format!("[profile aws-labs]\nsso_start_url = https://course.example/start\n{PROFILE}");
    let new = format!("[profile aws-labs]\nsso_start_url = https://other.example/start\n{PROFILE}");
    let cases: [(&str, &[&str], [&str; 2]); 4] = [
        ("", &[], ["there are no AWS credentials on this computer", "`aws configure sso`"]),
        (&labs, &["--profile", "aws-lab"], ["did you mean `aws-labs`?", "`aws configure sso"]),
        (
            &labs,
            &["--profile", "aws-labs"],
            ["the session of profile `aws-labs` has expired", "`aws sso login --profile aws-labs`"],
        ),
        (
            &new,
            &["--profile", "aws-labs"],
            ["nobody has signed in with profile `aws-labs`", "`aws sso login --profile aws-labs`"],
        ),
    ];
    for (config, args, words) in cases {
        let run = signed_out(config, args).exits(6);
        says(&run, "sign-in", &words);
        assert!(run.took < Duration::from_secs(5), "{run}");
    }
    let folder = Folder::empty();
    folder.write("lab.yaml", LAB);
    let mut half = folder.command(&["doctor"]);
    half.env_remove("AWS_SECRET_ACCESS_KEY");
    says(
        &watch(half, &mut || None).exits(6),
        "sign-in",
        &["AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY isn't"],
    );
}

#[test]
fn a_network_that_is_dead_is_told_in_less_than_five_seconds() {
    let folder = Folder::empty();
    folder.write("lab.yaml", LAB);
    // It takes connections, and says nothing.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    let silent = format!("http://{}", silent.local_addr().map(|at| (silent, at)).map(keep).expect("it is bound"));
    for (url, words) in [
        (silent.as_str(), "no answer from http://127.0.0.1:"),
        ("http://127.0.0.1:1", "Connection refused"),
        ("http://nowhere.invalid", "no answer from http://nowhere.invalid"),
    ] {
        let run = folder.run(&["doctor", "--endpoint-url", url]).exits(1);
        says(&run, "AWS", &[words, "start what is to answer"]);
        assert!(run.took < Duration::from_secs(5), "{run}");
    }
}

/// The address of a listener that is there until the process ends.
fn keep((listener, at): (TcpListener, std::net::SocketAddr)) -> String {
    std::mem::forget(listener);
    at.to_string()
}

#[test]
fn a_clock_that_differs_is_told_by_the_date_of_an_answer() {
    let account = Account::embedded("eu-west-1");
    let behind = account.url.clone();
    let url = serve(move |request| {
        let mut answer = forward(&request, &behind)?;
        answer.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("date"));
        answer.headers.push(("date".to_owned(), "Thu, 01 Jan 2026 00:00:00 GMT".to_owned()));
        Ok(answer)
    });
    account.folder.write("lab.yaml", LAB);
    let run = account.folder.run(&["doctor", "--endpoint-url", &url]).exits(1);
    says(&run, "clock", &["min ahead: AWS takes what is signed within 5 min of its own", "-> `"]);
}

#[test]
fn the_embedded_account_is_well() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    let run = account.labform(&["doctor"]).exits(0);
    says(&run, "sign-in", &["account 123456789012, on the embedded account", "All is well."]);
    let lines = account.labform(&["doctor", "--json"]).exits(0).stdout;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    let schema: Value =
        serde_json::from_str(&account.folder.run(&["schema", "--json-lines"]).stdout).expect("it is JSON");
    for line in &lines {
        assert_eq!(crate::screens::problem(&schema, line), None);
    }
    assert_eq!(lines.last().map(|line| &line["wrong"]), Some(&0.into()));
    fs::remove_file(account.folder.path().join("lab.yaml")).expect("it is there");
    let bare = account.labform(&["doctor"]).exits(0);
    says(&bare, "lab.yaml", &["there is none here", "`labform doctor --region eu-west-1"]);
    account.labform(&["doctor", "--region", "eu_west"]).exits(64);
}
