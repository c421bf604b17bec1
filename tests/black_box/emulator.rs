//! AWS accounts that others wrote, each a server of its own on a free loopback port.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use crate::venv;

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(30);
/// How many of a server's last lines are kept for the message of a test that fails.
const LINES: usize = 60;

/// Runs the server, and kills its process group when the server or standard input ends: the kernel closes that pipe
/// however the test process ends, so that no server outlives it, although a `static` is never dropped.
const SUPERVISOR: &str = "(\"$0\" \"$@\"; kill -9 0) < /dev/null & cat > /dev/null; kill -9 0";

/// What a server is, and how it is started.
struct Product {
    name: &'static str,
    package: &'static str,
    version: &'static str,
    account: &'static str,
    health: &'static str,
    program: &'static str,
    args: fn(port: &str) -> Vec<String>,
    env: fn(port: &str) -> Vec<(&'static str, String)>,
}

const MOTO: Product = Product {
    name: "moto",
    package: "moto[server]",
    version: "5.2.5",
    account: "123456789012",
    health: "/moto-api/",
    program: "python",
    args: |port| ["-c", include_str!("moto.py"), "-H", "127.0.0.1", "-p", port].map(String::from).to_vec(),
    env: |_| vec![("MOTO_IAM_LOAD_MANAGED_POLICIES", "true".to_owned())],
};

const MINISTACK: Product = Product {
    name: "ministack",
    package: "ministack",
    version: "1.5.33",
    account: "000000000000",
    health: "/_ministack/health",
    program: "ministack",
    args: |_| Vec::new(),
    env: |port| vec![("BIND_HOST", "127.0.0.1".to_owned()), ("GATEWAY_PORT", port.to_owned())],
};

/// A running server. It ends with the value, or with the process that started it.
pub(crate) struct Emulator {
    /// Its word in messages and in the table of differences.
    pub(crate) name: &'static str,
    /// The account's 12 digits.
    pub(crate) account: &'static str,
    port: u16,
    log: Arc<Mutex<VecDeque<String>>>,
    supervisor: Child,
}

impl Emulator {
    /// The Python of moto's environment, which brings libraries for JSON Schema and YAML.
    pub(crate) fn python() -> PathBuf {
        venv::bin(MOTO.package, MOTO.version).join("python")
    }

    /// The moto server that all tests of this binary share.
    pub(crate) fn moto() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&MOTO))
    }

    /// The moto server that the tests of costs share. One that others keep busy answers so late that labform reads again
    /// what it read long ago.
    pub(crate) fn idle_moto() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&MOTO))
    }

    /// The ministack server that all tests of this binary share.
    pub(crate) fn ministack() -> &'static Self {
        static SHARED: OnceLock<Emulator> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&MINISTACK))
    }

    /// The endpoint, as `--endpoint-url` takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The server's last lines.
    fn log(&self) -> String {
        self.log.lock().expect("no reader panics").iter().map(String::as_str).collect()
    }

    /// Starts a server on a port that was free a moment ago; another program may take it first, so a server that
    /// ends at once is tried again on another.
    fn start(product: &Product) -> Self {
        let program = venv::bin(product.package, product.version).join(product.program);
        let mut last = String::new();
        for _ in 0..3 {
            let port = free_port();
            let text = port.to_string();
            let mut supervisor = supervised(&program)
                .args((product.args)(&text))
                .envs((product.env)(&text))
                .stderr(Stdio::piped())
                .spawn()
                .expect("sh starts");
            let log = Arc::default();
            keep(supervisor.stdout.take().expect("stdout is a pipe"), &log);
            keep(supervisor.stderr.take().expect("stderr is a pipe"), &log);
            let mut emulator = Self { name: product.name, account: product.account, port, log, supervisor };
            if emulator.answers(product.health) {
                return emulator;
            }
            last = emulator.log();
        }
        panic!("{} doesn't start:\n{last}", product.name);
    }

    /// Whether the server answers in time; false where it has ended.
    fn answers(&mut self, path: &str) -> bool {
        let started = Instant::now();
        while started.elapsed() < START {
            if get(self.port, path).is_some_and(|line| line.contains(" 200 ")) {
                return true;
            }
            if self.supervisor.try_wait().is_ok_and(|status| status.is_some()) {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("{} doesn't answer in {START:?}:\n{}", self.name, self.log());
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// The command that starts a server which ends with its standard input, at the latest with this process.
pub(crate) fn supervised(program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", SUPERVISOR]).arg(program).stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
    command
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// The status line of a GET, where something answers.
pub(crate) fn get(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(START)).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line)
}

fn keep(pipe: impl Read + Send + 'static, log: &Arc<Mutex<VecDeque<String>>>) {
    let log = Arc::clone(log);
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while pipe.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let mut lines = log.lock().expect("no reader panics");
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(String::from_utf8_lossy(&line).into_owned());
            line.clear();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_ends_with_its_value() {
        let emulator = Emulator::start(&MINISTACK);
        let port = emulator.port;
        assert!(get(port, MINISTACK.health).is_some());
        drop(emulator);
        assert!(get(port, MINISTACK.health).is_none());
    }
}
