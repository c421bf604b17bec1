//! The options that this process was started with, for the commands in its hints.

use std::env;

use super::embedded::Embedded;
use super::serve::PORT;
use super::{Command, Globals};
use crate::model::{gives_away, holds_a_secret};
use crate::report::commands::{Options, quoted};

/// The options of the command that runs. An endpoint that holds a password is not among them: nobody should read it.
pub(super) fn options(globals: &Globals, command: &Command) -> Options {
    let mut options = Options::default();
    if globals.file.as_os_str() != "lab.yaml" {
        options.file = vec!["-f".to_owned(), quoted(&globals.file.to_string_lossy())];
    }
    let open = globals.var.iter().filter(|(name, value)| !gives_away(name, value));
    options.file.extend(open.flat_map(|(name, value)| ["--var".to_owned(), quoted(&format!("{name}={value}"))]));
    let mut aws = |name: &str, value: &str| options.aws.extend([name.to_owned(), quoted(value)]);
    let mut account = Vec::new();
    if let Some(embedded) = &globals.sandbox {
        account.push(Embedded::option(embedded.as_ref()));
        // `labform sandbox serve` answers there; without it nothing does, and AWS isn't reached by mistake.
        aws("--endpoint-url", &format!("http://127.0.0.1:{PORT}"));
    }
    if let Some(profile) = &globals.profile {
        account.extend(["--profile".to_owned(), quoted(profile)]);
        aws("--profile", profile);
    } else if let Some(profile) = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty()) {
        aws("--profile", &profile);
    }
    if let Some(url) = globals.endpoint_url.as_deref().filter(|url| !holds_a_secret(url)) {
        account.extend(["--endpoint-url".to_owned(), quoted(url)]);
        aws("--endpoint-url", url);
    }
    let is_given = |url: &&str| env::var("LABFORM_REGISTRY_URL").ok().as_deref() != Some(*url);
    let registry = globals.registry_url.as_deref().filter(is_given);
    if let Some(url) = registry.filter(|url| !holds_a_secret(url)) {
        account.extend(["--registry-url".to_owned(), quoted(url)]);
    }
    options.account = account;
    options.class = match command {
        Command::Validate(validate) => validate.roster.words(),
        Command::Plan(plan) => plan.class.words(),
        Command::Apply(apply) => apply.class.words(),
        Command::Destroy(destroy) => destroy.class.words(),
        Command::Status(status) => status.class.words(),
        Command::Run(run) => run.class.words(),
        Command::Check(check) => check.class.words(),
        _ => Vec::new(),
    };
    let none = Vec::new;
    let (verb, narrow, own, report) = match command {
        Command::Plan(plan) => ("plan", plan.narrow.words(), plan.own(), plan.class.report_words()),
        Command::Apply(apply) => ("apply", apply.narrow.words(), apply.own(), apply.class.report_words()),
        Command::Destroy(destroy) => ("destroy", destroy.narrow.words(), destroy.own(), destroy.class.report_words()),
        Command::Status(status) => ("status", none(), none(), status.class.report_words()),
        Command::Run(run) => ("run", none(), none(), run.class.report_words()),
        Command::Check(check) => ("check", none(), check.own(), check.report_words()),
        _ => ("", none(), none(), none()),
    };
    Options { verb: verb.to_owned(), narrow, own, report, ..options }
}
