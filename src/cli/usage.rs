//! Wrong command lines: the words of other tools, and what labform has for them.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The words of other tools, and what to write instead.
const FOREIGN: [(&[&str], &str); 17] = [
    (
        &["up", "deploy", "create", "update", "converge", "start"],
        "`labform apply` makes and changes what lab.yaml says",
    ),
    (&["down", "delete", "remove", "rm", "teardown", "nuke"], "`labform destroy` deletes what the lab owns"),
    (&["lint", "verify", "test", "fmt"], "`labform validate` checks lab.yaml without asking AWS"),
    (&["diff", "preview", "show", "changeset"], "`labform plan` shows what apply would do"),
    (&["get"], "there is nothing to fetch: `labform init` writes a first lab.yaml, and `labform plan` shows it"),
    (
        &["login", "configure", "sso"],
        "sign in with `aws sso login` or `aws configure`: labform takes the AWS CLI's profiles",
    ),
    (&["import", "claim"], "`labform adopt ADDRESS` makes an object of yours the lab's"),
    (&["version"], "`labform --version` prints it"),
    (&["--region", "-r"], "the region stands in lab.yaml: `region:`"),
    (&["-o", "--output", "--format"], "`plan --out FILE` keeps a plan, and `--json` prints one object a line"),
    (&["ls", "list", "ps", "describe", "state", "refresh"], "`labform status` shows what is there"),
    (&["outputs"], "`labform output` prints the lab's outputs"),
    (&["exec", "invoke", "job"], "`labform run JOB` runs a job once"),
    (&["--auto-approve", "-a", "--force", "--no-confirm", "--assume-yes"], "`--yes` goes on without being asked"),
    (
        &["--dry-run", "--dryrun", "--check", "--preview"],
        "`labform plan` shows what would be done, and changes nothing",
    ),
    (&["--target", "-t", "--resource", "--exclude"], "`--only ADDRESS` and `--except ADDRESS` narrow a command"),
    (&["--config", "--lab-file", "--template", "--template-file", "--filename"], "`-f FILE` names the lab"),
];

/// Returns what is wrong and what to write instead, if the command line has a word that other tools have.
pub(super) fn advice(wrong: &clap::Error) -> Option<(String, String)> {
    let kind = match wrong.kind() {
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        _ => return None,
    };
    let Some(ContextValue::String(word)) = wrong.get(kind) else {
        return None;
    };
    let word = word.split('=').next().unwrap_or(word);
    let known = FOREIGN.iter().find(|(words, _)| words.contains(&word)).map(|(_, advice)| (*advice).to_owned());
    let is_lab = word.ends_with(".yaml") || word.ends_with(".yml");
    let advice = known.or_else(|| is_lab.then(|| format!("name a lab with -f: `-f {word}`")))?;
    Some((format!("labform has no `{word}` here"), advice))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;
    use super::advice;

    #[test]
    fn words_of_other_tools_are_answered() {
        for (line, hint) in [
            ("up", Some("apply")),
            ("lint", Some("validate")),
            ("get", Some("init")),
            ("apply --auto-approve", Some("--yes")),
            ("destroy -auto-approve", Some("--yes")),
            ("plan --target=service.web", Some("--only")),
            ("plan lab.yaml", Some("-f lab.yaml")),
            ("login", Some("aws sso login")),
            ("import role.web", Some("adopt")),
            ("version", Some("--version")),
            ("plan --region eu-west-1", Some("lab.yaml")),
            ("plan -out=tfplan", Some("--out FILE")),
            ("plan --ony service.web", None),
        ] {
            let wrong = Cli::try_parse_from(["labform"].into_iter().chain(line.split(' '))).unwrap_err();
            let told = advice(&wrong);
            assert_eq!(told.is_some(), hint.is_some(), "{line}: {told:?}");
            assert!(hint.is_none_or(|hint| told.is_some_and(|(_, told)| told.contains(hint))), "{line}");
        }
    }
}
