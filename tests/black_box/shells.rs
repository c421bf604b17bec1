//! What shells have of labform: completions, outputs as variables, manual pages.

use std::fs;
use std::process::Command;

use crate::labform::{Folder, Run, watch};

/// Sources the completions for bash, completes the words behind the first argument, of which the last is being typed, and
/// prints what it would offer.
const COMPLETE: &str = r#"
source <("$0" completions bash) || exit
COMP_WORDS=(labform "$@") COMP_CWORD=$# COMP_TYPE=9
_clap_complete_labform labform "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
for word in "${COMPREPLY[@]}"; do echo "$word"; done
"#;

/// `bash -c SCRIPT labform ARGS` in a folder.
fn bash(folder: &Folder, script: &str, args: &[&str]) -> Run {
    let labform = folder.command(args);
    let mut bash = Command::new("bash");
    bash.args(["-c", script]).arg(labform.get_program()).args(args).current_dir(folder.path());
    bash.env_clear().envs(labform.get_envs().filter_map(|(name, value)| Some((name, value?))));
    bash.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    watch(bash, &mut || None)
}

/// What bash offers for a line whose last word is being typed. Nothing else is said.
#[track_caller]
fn offers(folder: &Folder, line: &[&str]) -> Vec<String> {
    let run = bash(folder, COMPLETE, line).exits(0);
    assert_eq!(run.stderr, "", "{run}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_what_lab_yaml_declares() {
    let folder = Folder::empty();
    folder.write("lab.yaml", include_str!("../../lab.yaml"));
    // A lab that is being written, and that takes values which nobody has given.
    folder.write(
        "other.yaml",
        "lab: ${var.student}\nvariables: { student: {} }\nclusters: { main: { wrong: 1 }, \"$(id)\": {} }\n",
    );
    for (line, expected) in [
        (&["plan", "--only", "cl"][..], &["cluster.main"][..]),
        (&["destroy", "--except", "listener"], &["listener.web.http"]),
        (&["adopt", "taskDefinition."], &["taskDefinition.web", "taskDefinition.image-classifier"]),
        (&["apply", "--phase", ""], &["web"]),
        (&["run", "c"], &["classifier"]),
        (&["logs", "j"], &["job.classifier"]),
        (&["logs", "s"], &["service.web"]),
        (&["output", "u"], &["url"]),
        (&["check", "st"], &["stored"]),
        (&["explain", "serv"], &["service"]),
        (&["appl"], &["apply"]),
        (&["-f", "other.yaml", "plan", "--only", ""], &["cluster.main"]),
        (&["plan", "--file", "=", "other.yaml", "--var", "s"], &["student="]),
        (&["plan", "-f", "oth"], &["other.yaml"]),
        (&["plan", "-f", "none.yaml", "--only", ""], &[]),
    ] {
        assert_eq!(offers(&folder, line), expected, "{line:?}");
    }
    folder.write("lab.yaml", "clusters: [");
    assert!(offers(&folder, &["plan", "--only", ""]).is_empty());
}

#[test]
fn every_shell_has_completions() {
    let folder = Folder::empty();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        folder.run(&["completions", shell]).exits(0).says("LABFORM_COMPLETE");
    }
}

#[test]
fn a_shell_takes_the_outputs_for_variables() {
    let folder = Folder::empty();
    let lab = "lab: env\nregion: eu-west-1\nvpc: default\nclusters: { main: {} }\nsecurityGroups: { it: { description: it } }\n";
    let outputs = "outputs: { cluster-arn: \"${clusters.main.arn}\", id: \"${securityGroups.it.id}\", odd: \"a 'b' \\\"c\\\" $HOME `id` \\\\\" }\n";
    folder.write("lab.yaml", &format!("{lab}{outputs}"));
    let reach = "--sandbox=account.json";
    let before = folder.run(&["output", "--format", "env", reach]).exits(0);
    assert!(before.stdout.contains("\n# ID: (known after apply)\nODD="), "{before}");
    folder.run(&["apply", "--yes", reach]).exits(0);
    let script = r#"set -eu; eval "$("$0" output --format env "$1")"; printf '%s\n' "$CLUSTER_ARN" "$ODD""#;
    let arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/env-main";
    let told = bash(&folder, script, &[reach]).exits(0);
    assert_eq!(told.stdout, format!("{arn}\na 'b' \"c\" $HOME `id` \\\n"), "{told}");
    let one = folder.run(&["output", "cluster-arn", "--format", "env", reach]).exits(0);
    assert_eq!(one.stdout, format!("CLUSTER_ARN=\"{arn}\"\n"));
    let json = folder.run(&["output", "--format", "json", reach]).exits(0).stdout;
    assert_eq!(json, folder.run(&["output", "--json", reach]).exits(0).stdout);

    folder.write("lab.yaml", &format!("{lab}outputs: {{ a-b: x, A_B: x }}\n"));
    let both = folder.run(&["output", "--format", "env", reach]).exits(5);
    assert!(both.stderr.contains("`A_B` and `a-b` would both be the variable A_B"), "{both}");
    folder.run(&["output", reach]).exits(0);
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = Folder::empty();
    let pages = folder.run(&["man", "share/man1"]).exits(0).stdout;
    for command in ["labform", "labform-apply", "labform-sandbox-serve", "labform-completions"] {
        let file = format!("share/man1/{command}.1");
        assert!(pages.lines().any(|line| line == file), "{pages}");
        let text = fs::read_to_string(folder.path().join(&file)).expect("it was written");
        assert!(text.contains(&format!(".TH {command} 1")) && text.contains(".SH SYNOPSIS"), "{text}");
    }
    folder.run(&["man", "share/man1"]).exits(0);
    folder.write("share/man1/labform-apply.1", "mine");
    let refused = folder.run(&["man", "share/man1"]).exits(4);
    assert!(refused.stderr.contains("share/man1/labform-apply.1 is there already"), "{refused}");
}
