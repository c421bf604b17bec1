//! What stands in an image's way: a context that changes, a `docker` that hangs, a person who doesn't wait, a tag that never
//! moves, a registry that says nothing.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::archives::Image;
use crate::images::Desk;
use crate::labform::Signal;

fn desk(region: &'static str) -> Desk {
    let desk = Desk::new(region);
    desk.write("web/Dockerfile", "FROM scratch\n");
    desk.write("web/main.js", "1");
    desk.lab("{ repository: web, context: web }");
    desk
}

/// Whether the process that a docker started still runs. One that has ended may wait to be taken note of.
fn runs(id: &serde_json::Value) -> bool {
    let status = fs::read_to_string(format!("/proc/{id}/status"));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

#[test]
fn a_build_whose_context_was_changed_meanwhile_stands_for_nothing() {
    let desk = desk("eu-central-2");
    for meanwhile in ["changed", "changed back"] {
        let run = desk.run(&["apply", "--yes"], &[("MEANWHILE", meanwhile)]);
        for words in ["labform: SourceChanged: `web` was changed", "run `labform apply --"] {
            assert!(run.stderr.contains(words), "{words}: {run}");
        }
        assert_eq!(desk.tag("latest"), None, "{run}");
        desk.run(&["plan"], &[]).exits(0).says("image.web will be created");
    }
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert!(desk.tag("latest").is_some());
    desk.is_unchanged();
    desk.run(&["destroy", "--yes"], &[]).exits(0);
}

#[test]
fn a_docker_that_hangs_is_not_waited_for() {
    let desk = desk("ap-south-2");
    let hangs = [("HANGS", "version")];
    let plan = desk.run(&["plan"], &hangs).exits(0);
    let words = "apply would stop at image.web: docker: DockerNotRunning: no answer in 15 s";
    assert!(plan.stderr.contains(words), "{plan}");

    let mut sent = false;
    let begun = Instant::now();
    let run = desk.signalled(&["plan"], &hangs, &mut || {
        let hangs = desk.builds().len() == 2 && !sent;
        sent |= hangs;
        hangs.then_some(Signal::Int)
    });
    let run = run.exits(130);
    assert!(begun.elapsed() < Duration::from_secs(12), "{run}");
    assert!(desk.builds().iter().all(|note| !runs(&note["hangs"])));
}

#[test]
fn a_build_that_is_stopped_ends() {
    let desk = desk("ap-southeast-3");
    let mut sent = false;
    let args = ["apply", "--yes"];
    let run = desk.signalled(&args, &[("HANGS", "buildx build")], &mut || {
        let hangs = !desk.builds().is_empty() && !sent;
        sent |= hangs;
        hangs.then_some(Signal::Int)
    });
    let run = run.exits(130);
    let notes = desk.builds();
    assert_eq!(notes.len(), 1, "{run}");
    assert!(!runs(&notes[0]["hangs"]), "{run}");
    desk.run(&args, &[]).exits(0);
    desk.run(&["destroy", "--yes"], &[]).exits(0);
}

#[test]
fn a_tag_that_never_moves_is_told_before_anything_is_changed() {
    let desk = Desk::new("eu-south-2");
    let (first, second) = (Image::made(3, &[1_000]), Image::made(4, &[1_000]));
    let copy = |image: &Image| {
        fs::copy(image.archive(), desk.path("web.tar")).expect("the folder can be written");
    };
    copy(&first);
    let lab = |mutability: &str, more: &str| {
        let repository = format!(
            "repositories: {{ web: {{ repositoryName: \"${{lab}}/web\", onDestroy: empty, \
             imageTagMutability: {mutability} }} }}\n"
        );
        let image = "images: { web: { repository: web, archive: web.tar } }\n";
        desk.account.write_lab("pictures", &[&repository, image, more]);
    };
    lab("IMMUTABLE", "");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    copy(&second);
    lab("IMMUTABLE", "logGroups: { web: {} }\n");
    let plan = desk.run(&["plan"], &[]).exits(0);
    let run = desk.run(&["apply", "--yes"], &[]).exits(1);
    let words = "image.web: labform: ImageTagAlreadyExistsException: the repository's tags are immutable";
    assert!(plan.stderr.contains(words), "{plan}");
    assert!(run.stderr.contains(words), "{run}");
    assert!(run.stderr.contains("nothing was changed"), "{run}");
    desk.run(&["plan"], &[]).exits(0).says("logGroup.web will be created");
    // A registry's error names the image first, and what to do.
    let nobody = [("LABFORM_REGISTRY_URL", "http://127.0.0.1:1")];
    let run = desk.run(&["plan"], &nobody).exits(1);
    for words in [
        "error: image.web: registry: RegistryUnreachable: 127.0.0.1:1/pictures/web: ",
        "hint: check the connection, then run the same command again\n",
    ] {
        assert!(run.stderr.contains(words), "{words}: {run}");
    }
    // Where the same plan lets the tag move, nothing is in the way.
    lab("MUTABLE", "");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert_eq!(desk.tag("latest"), Some(second.digest()));
    desk.run(&["destroy", "--yes"], &[]).exits(0);
}

#[test]
fn a_registry_that_says_nothing_is_not_waited_for_long() {
    let account = Account::embedded("eu-west-1");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a port");
    let host = listener.local_addr().expect("it is bound").to_string();
    let sections =
        format!("repositories: {{ web: {{}} }}\nimages: {{ web: {{ repository: web, mirror: \"{host}/web\" }} }}\n");
    account.write_lab("pictures", &[&sections]);
    let begun = Instant::now();
    let plan = account.labform(&["plan"]).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(40), "{plan}");
    for words in [format!("image.web: asking {host} about its image"), format!("{host}/web: no answer in 15 s")] {
        assert!(plan.stderr.contains(&words), "{words}: {plan}");
    }
    account.labform(&["plan", "--only", "repository.web"]).exits(0);
}

/// ECS says of a role that isn't there what it says of one that is new, and labform waits for what is new.
#[test]
fn a_role_that_is_misspelt_is_an_error_at_once() {
    let account = Account::embedded("eu-west-1");
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    account.folder.write("trust.json", trust);
    let file = account.folder.path().join("trust.json");
    let role = "iam create-role --role-name ecsTaskExecutionRole --assume-role-policy-document";
    account.aws(&format!("{role} file://{}", file.display()));
    let lab = |role: &str| {
        let containers = "containerDefinitions: [{ name: it, image: nginx, memory: 128 }]";
        let definitions = format!("taskDefinitions: {{ it: {{ executionRoleArn: {role}, {containers} }} }}\n");
        account.write_lab("misspelt", &["clusters: { main: {} }\n", &definitions]);
    };
    let words = "executionRoleArn: account 123456789012 has no role `ecsTaskExecutonRole`: did you mean \
                 `ecsTaskExecutionRole`?";
    for role in ["ecsTaskExecutonRole", "arn:aws:iam::123456789012:role/ecsTaskExecutonRole"] {
        lab(role);
        let plan = account.labform(&["plan"]).exits(0);
        assert!(plan.stderr.contains("apply would stop at taskDefinition.it") && plan.stderr.contains(words), "{plan}");
        let run = account.labform(&["apply", "--yes"]).exits(1);
        assert!(run.stderr.contains(words) && run.stderr.contains("nothing was changed"), "{run}");
        assert_eq!(account.aws("ecs list-clusters --query clusterArns"), serde_json::json!([]));
    }
    lab("ecsTaskExecutionRole");
    account.apply();
    account.labform(&["destroy", "--yes"]).exits(0);
}
