//! The command line: one file a command.
//!
//! Knows: arguments, files, prompts, signals, exit codes. No other floor asks, reads files, or prints (with the writers
//! of `report`). Must not know: how anything is planned, done or worded.

mod adopt;
mod again;
mod apply;
mod ask;
mod built;
mod calls;
mod check;
mod class;
mod complete;
mod completions;
mod cost;
mod credential;
mod destroy;
mod doctor;
mod embedded;
mod ended;
mod endpoints;
mod explain;
mod extend;
mod files;
mod graph;
mod help;
mod hosting;
mod init;
mod labs;
mod logs;
mod man;
mod many;
mod narrow;
mod open;
mod output;
mod outputs;
mod plan;
mod policy;
mod prepare;
mod record;
mod rehearse;
mod reporting;
mod run;
mod sandbox;
mod saved_plan;
mod schema;
mod screen;
mod serve;
mod session;
mod set;
mod sources;
mod stale;
mod stand_in;
mod status;
mod stop;
mod streams;
#[cfg(test)]
mod stuck_tests;
mod teardown;
mod texts;
mod timeline;
mod usage;
mod validate;
mod values;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::EnvFilter;

use crate::error::{self, Error};
use crate::report::commands::started_with;
use crate::spec::Row;
use embedded::Embedded;
use screen::{Ended, Result};
use session::Session;

/// Describe an AWS lab in one lab.yaml; labform makes it so, and takes it down again.
///
/// AWS itself is the only memory: run the same command again at any time, on any machine, and end in the same place.
/// Try everything without an account: `labform apply --sandbox`.
#[derive(Debug, Parser)]
#[command(name = "labform", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 2 changes (plan --detailed-exitcode), 3 partly done, \
    4 refused, 5 lab.yaml is wrong, 6 not signed in, 64 the command line is wrong, 130 interrupted; destroy: 7 nothing \
    was there (--must-exist); run: the container's own, 124 time is over, 125 never ran, 143 stopped by others.")]
pub(crate) struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// The options that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
struct Globals {
    /// The lab
    #[arg(short, long, global = true, value_name = "FILE", default_value = "lab.yaml")]
    file: PathBuf,
    /// The value of a variable of the lab; LABFORM_VAR_NAME in the environment gives one, too
    #[arg(long, global = true, value_name = "NAME=VALUE", value_parser = values::variable, add = complete::variables())]
    var: Vec<(String, String)>,
    /// The profile in ~/.aws/config to use
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Send every call to this URL: an emulator or a proxy
    #[arg(long, global = true, value_name = "URL", conflicts_with = "sandbox")]
    endpoint_url: Option<String>,
    /// Use the embedded AWS account, which lives in one file [default: labform/sandbox.json in the user's state folder];
    /// with `exec` or `exec:PATH`, commands of jobs really run, on this computer
    #[arg(long, global = true, value_name = "PATH", num_args = 0..=1, require_equals = true,
        value_parser = PathBufValueParser::new().map(Embedded::from))]
    sandbox: Option<Option<Embedded>>,
    /// Push images to the registry at this URL, which belongs to an emulator: https, or on this machine
    #[arg(long, global = true, value_name = "URL", env = "LABFORM_REGISTRY_URL", hide_env_values = true)]
    registry_url: Option<String>,
    /// Say more on stderr; twice: what the AWS SDK does, too
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE count too
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// The student for whom the command runs, if it runs for each of a class
    #[arg(skip)]
    student: Option<Arc<Student>>,
    /// The lab's files, as far as they were read
    #[arg(skip)]
    texts: Arc<texts::Texts>,
}

/// A student of a class, for whom a command runs.
#[derive(Debug)]
struct Student {
    row: Row,
    /// The connection to the account.
    session: Session,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Also in a pipe
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Validate(validate::Validate),
    Plan(plan::Plan),
    Apply(apply::Apply),
    Destroy(destroy::Destroy),
    Adopt(adopt::Adopt),
    Run(run::Run),
    Check(check::Check),
    Doctor(doctor::Doctor),
    Logs(logs::Logs),
    Status(status::Status),
    Cost(cost::Cost),
    Labs(labs::Labs),
    Extend(extend::Extend),
    Output(output::Output),
    Open(open::Open),
    Sandbox(sandbox::Sandbox),
    Graph(graph::Graph),
    Policy(policy::PolicyCommand),
    Explain(explain::Explain),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
    Help(help::Help),
}

/// Runs the command line that this process was started with.
pub fn main() -> ExitCode {
    if let Some(code) = credential::main() {
        return code;
    }
    if let Some(code) = complete::main() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(wrong) => {
            let code = if wrong.use_stderr() { error::USAGE } else { error::DONE };
            match usage::advice(&wrong) {
                Some((message, hint)) => drop(Ended::from(Error::usage(message).hint(hint)).report()),
                // Help that nobody reads is no failure.
                None => drop(wrong.print()),
            }
            return ExitCode::from(code);
        }
    };
    match cli.globals.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    listen(cli.globals.verbose);
    match cli.run() {
        Ok(code) => ExitCode::from(code),
        Err(ended) => ended.report(),
    }
}

impl Globals {
    /// The file that holds the embedded account, if that is used.
    fn sandbox_place(&self) -> Option<PathBuf> {
        let embedded = self.sandbox.as_ref()?;
        let file = embedded.as_ref().and_then(|embedded| embedded.file.clone());
        file.or_else(session::state_path)
    }

    /// The file that `--sandbox` names.
    fn sandbox_file(&self) -> Option<&Path> {
        self.sandbox.as_ref()?.as_ref()?.file.as_deref()
    }
}

impl Cli {
    fn run(self) -> Result<u8> {
        let globals = &self.globals;
        started_with(again::options(globals, &self.command));
        match self.command {
            Command::Init(command) => command.run(globals),
            Command::Validate(command) => command.run(globals),
            Command::Plan(command) => command.run(globals),
            Command::Apply(command) => command.run(globals),
            Command::Destroy(command) => command.run(globals),
            Command::Adopt(command) => command.run(globals),
            Command::Run(command) => command.run(globals),
            Command::Check(command) => command.run(globals),
            Command::Doctor(command) => command.run(globals),
            Command::Logs(command) => command.run(globals),
            Command::Status(command) => command.run(globals),
            Command::Cost(command) => command.run(globals),
            Command::Labs(command) => command.run(globals),
            Command::Extend(command) => command.run(globals),
            Command::Output(command) => command.run(globals),
            Command::Open(command) => command.run(globals),
            Command::Sandbox(command) => command.run(globals),
            Command::Graph(command) => command.run(globals),
            Command::Policy(command) => command.run(globals),
            Command::Explain(command) => command.run(),
            Command::Schema(command) => command.run(),
            Command::Completions(command) => command.run(),
            Command::Man(command) => command.run(),
            Command::Help(command) => command.run(),
        }
    }
}

/// Turns on the log for `-v`. The SDK's own log stays above the level at which it shows the bodies that it sends.
fn listen(verbose: u8) {
    let filter = match verbose {
        0 => return,
        1 => "labform=debug",
        _ => "labform=debug,aws_config=debug,aws_runtime=debug,aws_smithy_runtime=debug",
    };
    tracing_subscriber::fmt().with_env_filter(EnvFilter::new(filter)).with_writer(anstream::stderr).init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use clap::error::ErrorKind;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn arguments_that_contradict_each_other_are_refused() {
        let cases = [
            ("plan --sandbox --endpoint-url http://localhost:1", ErrorKind::ArgumentConflict),
            ("plan --destroy --out plan.json", ErrorKind::ArgumentConflict),
            ("apply plan.json --phase web", ErrorKind::ArgumentConflict),
            ("destroy --lab a --region b --only c.d", ErrorKind::ArgumentConflict),
            ("destroy --lab a --region b -f lab.yaml", ErrorKind::ArgumentConflict),
            ("destroy --lab a --region b --var c=d", ErrorKind::ArgumentConflict),
            ("plan --var c", ErrorKind::ValueValidation),
            ("destroy --expired", ErrorKind::MissingRequiredArgument),
            ("destroy --expired --account 123456789012 --roster a.csv", ErrorKind::ArgumentConflict),
            ("destroy --account 123456789012", ErrorKind::MissingRequiredArgument),
            ("destroy --expired --older-than 1d --account 123456789012", ErrorKind::ArgumentConflict),
            ("destroy --expired --account 123456789012 -f lab.yaml", ErrorKind::ArgumentConflict),
            ("destroy --expired --account 123456789012 --lab a --region b", ErrorKind::ArgumentConflict),
            ("destroy --all-labs --account 123456789012 --yes", ErrorKind::MissingRequiredArgument),
            ("destroy --all-labs --account 123456789012 --max-deletes 3", ErrorKind::MissingRequiredArgument),
            ("destroy --older-than soon --account 123456789012", ErrorKind::ValueValidation),
            ("destroy --lab a", ErrorKind::MissingRequiredArgument),
            ("plan --students ann", ErrorKind::MissingRequiredArgument),
            ("plan --roster a.csv --parallel 0", ErrorKind::ValueValidation),
            ("plan --roster a.csv --out plan.json", ErrorKind::ArgumentConflict),
            ("apply --roster a.csv plan.json", ErrorKind::ArgumentConflict),
            ("destroy --roster a.csv --lab a --region b", ErrorKind::ArgumentConflict),
            ("plan --only web", ErrorKind::ValueValidation),
            ("policy --account 12", ErrorKind::ValueValidation),
            ("", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        ];
        for (line, kind) in cases {
            let words = ["labform"].into_iter().chain(line.split_whitespace());
            assert_eq!(Cli::try_parse_from(words).unwrap_err().kind(), kind, "{line}");
        }
    }

    #[test]
    fn the_sandbox_takes_its_file_only_behind_an_equals_sign() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).unwrap();
        assert_eq!(parse("labform apply").globals.sandbox, None);
        let default = parse("labform apply --sandbox plan.json");
        assert_eq!(default.globals.sandbox, Some(None));
        assert_eq!(
            parse("labform --sandbox=a.json apply").globals.sandbox,
            Some(Some(Embedded::from(PathBuf::from("a.json"))))
        );
    }
}
