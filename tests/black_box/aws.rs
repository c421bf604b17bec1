//! The AWS CLI: a client that others wrote, for what happens behind labform's back and for looking at what is left.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::labform::credentials;
use crate::venv;

const VERSION: &str = "1.46.2";

/// One process for all commands, because starting Python and reading the CLI's models takes ten times as long as a
/// command. It ends when its standard input does, which is when the test process ends.
static CLI: LazyLock<Mutex<Cli>> = LazyLock::new(|| Mutex::new(Cli::start()));

/// The folder with the command `aws`.
pub(crate) fn bin() -> PathBuf {
    venv::bin("awscli", VERSION)
}

struct Cli {
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    _process: Child,
}

impl Cli {
    fn start() -> Self {
        let mut process = Command::new(bin().join("python"))
            .args(["-c", include_str!("aws.py")])
            .env_clear()
            .envs(credentials())
            .env("AWS_PAGER", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the environment has a python");
        Self {
            input: process.stdin.take().expect("stdin is a pipe"),
            output: BufReader::new(process.stdout.take().expect("stdout is a pipe")),
            _process: process,
        }
    }

    fn run(&mut self, words: &[&str]) -> (i64, String, String) {
        writeln!(self.input, "{}", Value::from(words)).expect("the CLI takes commands");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the CLI answers");
        serde_json::from_str(&line).expect("the CLI answers in one line of JSON")
    }
}

/// The command itself, for what takes long: the process that the tests share does one thing at a time.
pub(crate) fn program() -> PathBuf {
    bin().join("aws")
}

/// What `aws WORDS` answers at the endpoint (`Null` where it says nothing), or what it says on standard error.
pub(crate) fn aws(url: &str, region: &str, words: &[&str]) -> Result<Value, String> {
    let fixed = ["--endpoint-url", url, "--region", region, "--output", "json"];
    let all = [&fixed, words].concat();
    // A test that failed inside says so itself.
    let (code, said, told) = CLI.lock().unwrap_or_else(PoisonError::into_inner).run(&all);
    if code != 0 {
        return Err(told.trim().to_owned());
    }
    if said.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&said).map_err(|error| format!("{error}: {said}"))
}
