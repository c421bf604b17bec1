//! `labform open`: the site, and AWS's own pages.

use std::fs;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::lab8;
use crate::labform::{Folder, watch};

const LAB: &str = "lab: shown\nregion: eu-west-1\nvpc: default\nlogGroups: { it: { logGroupName: /shown/it } }\n\
    securityGroups: { it: { description: it } }\nclusters: { main: { clusterName: \"c-${account}\" } }\n\
    repositories: { web: {} }\noutputs: { name: \"${clusters.main.name}\", site: \"https://${clusters.main.name}/\" }\n";

#[test]
fn a_page_that_names_alone_tell_takes_no_call() {
    let folder = Folder::empty();
    folder.write("lab.yaml", lab8::FILE);
    // Nobody answers there.
    let page = |address: &str| {
        let run = folder.run(&["open", "--console", address, "--endpoint-url", "http://127.0.0.1:1"]).exits(0);
        assert!(run.stderr.is_empty(), "{run}");
        run.stdout
    };
    let console = "https://eu-west-1.console.aws.amazon.com";
    for (address, path) in [
        ("service.web", "ecs/v2/clusters/ecs-lab-cluster/services/web-service/health?region=eu-west-1"),
        ("job.classifier", "ecs/v2/clusters/ecs-lab-cluster/tasks?region=eu-west-1"),
        ("taskDefinition.web", "ecs/v2/task-definitions/ecs-web-app?region=eu-west-1"),
        ("role.task-execution", "iam/home?region=eu-west-1#/roles/details/ecs-lab-task-execution-role"),
        (
            "logGroup.web-app",
            "cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fecs$252Fecs-lab$252Fweb-app",
        ),
    ] {
        assert_eq!(page(address), format!("{console}/{path}\n"));
    }
    let home = folder.run(&["open", "--console"]).exits(0);
    assert_eq!(home.stdout, format!("{console}/console/home?region=eu-west-1\n"));
    let unknown = folder.run(&["open", "--console", "service.wab"]).exits(5);
    assert!(unknown.stderr.contains("did you mean `service.web`?"), "{unknown}");
    folder.run(&["open", "service.web"]).exits(64);
}

#[test]
fn aws_is_asked_for_ids_and_for_the_account() {
    let account = Account::embedded("eu-west-1");
    account.folder.write("lab.yaml", LAB);
    let absent = account.labform(&["open", "--console", "securityGroup.it"]).exits(1);
    assert!(absent.stderr.contains("securityGroup.it: it isn't there yet\nhint: `labform apply"), "{absent}");
    let early = account.labform(&["open"]).exits(0);
    assert_eq!(early.stdout, "https://c-123456789012/\n", "it follows from lab.yaml");
    account.apply();
    let group = account.labform(&["open", "--console", "securityGroup.it"]).exits(0);
    let id = account.aws("ec2 describe-security-groups --query SecurityGroups[?Description=='it'].GroupId");
    let id = id[0].as_str().expect("it was made");
    let console = "https://eu-west-1.console.aws.amazon.com";
    assert_eq!(group.stdout, format!("{console}/ec2/home?region=eu-west-1#SecurityGroup:groupId={id}\n"));
    assert!(group.stderr.contains("pretended: the embedded account has no console"), "{group}");
    for (address, path) in [
        ("repository.web", "ecr/repositories/private/123456789012/shown-web?region=eu-west-1"),
        ("cluster.main", "ecs/v2/clusters/c-123456789012/services?region=eu-west-1"),
    ] {
        assert_eq!(account.labform(&["open", "--console", address]).exits(0).stdout, format!("{console}/{path}\n"));
    }
    let site = account.labform(&["open"]).exits(0);
    assert!(site.stderr.contains("pretended: on the embedded account nothing answers"), "{site}");
}

#[test]
fn a_browser_is_started_where_there_is_a_display() {
    let folder = Folder::empty();
    folder.write("lab.yaml", lab8::FILE);
    folder.write("xdg-open", "#!/bin/sh\necho \"$1\" > opened\n");
    let made = std::process::Command::new("chmod").arg("+x").arg(folder.path().join("xdg-open")).status();
    assert!(made.is_ok_and(|status| status.success()));
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let run = |display: &str| {
        let mut command = folder.command(&["open", "--console"]);
        command.env("PATH", &path).env("DISPLAY", display);
        watch(command, &mut || None).exits(0).stdout
    };
    let opened = folder.path().join("opened");
    if cfg!(target_os = "linux") {
        let url = run("");
        assert!(!opened.exists(), "there is no display");
        assert_eq!(run(":0"), url);
        let begun = Instant::now();
        while !fs::read_to_string(&opened).is_ok_and(|text| text == url) {
            assert!(begun.elapsed() < Duration::from_secs(10), "no browser was started");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
