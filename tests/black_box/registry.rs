//! Container registries that others wrote (Debian's `docker-registry`), each a server of its own on a free loopback port
//! with a folder of its own, and what they hold as plain HTTP tells it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use labform::registry::Location;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::emulator::{free_port, get, supervised};
use crate::tools::docker_registry;

/// How long a registry may take until it answers.
const START: Duration = Duration::from_secs(30);

/// The media types that are asked for.
const KNOWN: &str = "application/vnd.oci.image.manifest.v1+json, \
                     application/vnd.oci.image.index.v1+json, */*";

/// A user of a registry that has a password: the user, the password, and the line of htpasswd.
pub(crate) const USER: [&str; 3] =
    ["student", "open sesame", "student:$2a$04$KIETbzPxkKWrGHVl3X2mu.3I2EklxtspGYGBDU6YgAk1g.Ua.s2q2\n"];

/// A running registry. It ends with the value, or with the process that started it.
pub(crate) struct Registry {
    /// The host and the port.
    pub(crate) host: String,
    folder: TempDir,
    supervisor: Child,
}

impl Registry {
    /// A registry that lets everybody do everything.
    pub(crate) fn open() -> Self {
        Self::start("")
    }

    /// A registry that lets [`USER`] in.
    pub(crate) fn with_password() -> Self {
        Self::start("auth: { htpasswd: { realm: lab, path: FOLDER/htpasswd } }")
    }

    fn start(more: &str) -> Self {
        let mut log = String::new();
        // Another program may take the port first.
        for _ in 0..3 {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let port = free_port();
            let config = config(folder.path(), port, more);
            fs::write(folder.path().join("htpasswd"), USER[2]).expect("the folder can be written");
            let path = folder.path().join("log");
            let to = |path: &Path| File::options().create(true).append(true).open(path);
            let to = || Stdio::from(to(&path).expect("the folder can be written"));
            let supervisor = supervised(&docker_registry())
                .arg("serve")
                .arg(config)
                .stdout(to())
                .stderr(to())
                .spawn()
                .expect("sh starts");
            let mut registry = Self { host: format!("127.0.0.1:{port}"), folder, supervisor };
            if registry.answers(port) {
                return registry;
            }
            log = fs::read_to_string(&path).unwrap_or_default();
        }
        panic!("docker-registry doesn't start:\n{log}");
    }

    fn answers(&mut self, port: u16) -> bool {
        let started = Instant::now();
        while started.elapsed() < START {
            if get(port, "/").is_some_and(|line| line.contains(" 200 ")) {
                return true;
            }
            let ended = self.supervisor.try_wait();
            if ended.is_ok_and(|status| status.is_some()) {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    /// A repository of it.
    pub(crate) fn place(&self, repository: &str) -> Location {
        Location::new(self.host.as_str(), repository)
    }

    /// Lets nobody in any more.
    pub(crate) fn lock_out(&self) {
        let nobody = USER[2].replacen("student", "nobody", 1);
        fs::write(self.folder.path().join("htpasswd"), nobody).expect("the folder can be written");
    }

    /// The status and the digest of what plain HTTP gives for a path of the registry.
    pub(crate) fn read(&self, path: &str) -> (u16, String) {
        let (status, mut body) = self.request(&format!("GET {path}"), KNOWN, b"");
        let mut hash = Sha256::new();
        let mut piece = vec![0; 64 << 10];
        loop {
            match body.read(&mut piece).expect("the registry sends its answer") {
                0 => return (status, hex(hash)),
                read => hash.update(&piece[..read]),
            }
        }
    }

    /// Puts a manifest or an index under a tag.
    pub(crate) fn put(&self, repository: &str, tag: &str, media_type: &str, manifest: &[u8]) {
        let request = format!("PUT /v2/{repository}/manifests/{tag}");
        let (status, mut body) = self.request(&request, media_type, manifest);
        let mut words = String::new();
        body.read_to_string(&mut words).expect("the answer is text");
        assert_eq!(status, 201, "{words}");
    }

    /// Whether the repository has a blob.
    pub(crate) fn has(&self, repository: &str, digest: &str) -> bool {
        let request = format!("HEAD /v2/{repository}/blobs/{digest}");
        self.request(&request, "*/*", b"").0 == 200
    }

    fn request(&self, request: &str, media_type: &str, body: &[u8]) -> (u16, impl Read + use<>) {
        let mut stream = TcpStream::connect(&self.host).expect("the registry takes connections");
        let [user, password, _] = USER;
        let login = base64(&format!("{user}:{password}"));
        write!(
            stream,
            "{request} HTTP/1.0\r\nHost: {}\r\nAccept: {media_type}\r\nContent-Type: {media_type}\r\n\
             Authorization: Basic {login}\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        )
        .and_then(|()| stream.write_all(body))
        .expect("the registry reads");
        let mut answer = BufReader::new(stream);
        let mut line = String::new();
        answer.read_line(&mut line).expect("the registry answers");
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.expect("an answer begins with its status");
        while line != "\r\n" {
            line.clear();
            answer.read_line(&mut line).expect("the headers end");
        }
        (status, answer)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

fn config(folder: &Path, port: u16, more: &str) -> PathBuf {
    let name = folder.display().to_string();
    let text = format!(
        "version: 0.1\nlog: {{ level: warn, accesslog: {{ disabled: true }} }}\n\
         storage: {{ filesystem: {{ rootdirectory: FOLDER/blobs }} }}\n\
         http: {{ addr: '127.0.0.1:{port}' }}\n{more}\n"
    );
    let path = folder.join("config.yml");
    fs::write(&path, text.replace("FOLDER", &name)).expect("the folder can be written");
    path
}

/// A digest as registries write it.
pub(crate) fn hex(hash: Sha256) -> String {
    let bytes = hash.finalize();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// As HTTP's basic authentication takes a login (RFC 4648, section 4).
fn base64(text: &str) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let all = (0..3).fold(0, |all, at| all << 8 | usize::from(*bytes.get(at).unwrap_or(&0)));
        let digit = |at: usize| match at <= bytes.len() {
            true => char::from(digits[all >> (18 - 6 * at) & 63]),
            false => '=',
        };
        (0..4).map(digit).collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

/// What stands before a registry, passes everything on, counts what is sent to it, and may be slow.
pub(crate) struct Road {
    /// The host and the port.
    pub(crate) host: String,
    sent: Arc<AtomicU64>,
    closed: Arc<AtomicBool>,
}

impl Road {
    /// A road to `registry` on which each connection sends so many bytes a second.
    pub(crate) fn to(registry: &Registry, speed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let road = Self { host: address.to_string(), sent: Arc::default(), closed: Arc::default() };
        let (sent, closed) = (road.sent.clone(), road.closed.clone());
        let to = registry.host.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(server) = TcpStream::connect(&to) else {
                    continue;
                };
                let (sent, closed) = (sent.clone(), closed.clone());
                let (from, into) = (client.try_clone(), server.try_clone());
                let (Ok(from), Ok(into)) = (from, into) else {
                    continue;
                };
                thread::spawn(move || pass(from, into, speed, &sent, &closed));
                thread::spawn(move || {
                    let _ = std::io::copy(&mut &server, &mut &client);
                    let _ = client.shutdown(Shutdown::Both);
                });
            }
        });
        road
    }

    /// How many bytes were sent to the registry.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        // Wakes the thread that takes connections.
        let _ = TcpStream::connect(&self.host);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, speed: u64, sent: &AtomicU64, closed: &AtomicBool) {
    let mut piece = vec![0; 64 << 10];
    while !closed.load(Ordering::Relaxed) {
        let Ok(read @ 1..) = from.read(&mut piece) else {
            break;
        };
        let read_64 = u64::try_from(read).expect("a piece is small");
        thread::sleep(Duration::from_micros(read_64 * 1_000_000 / speed));
        sent.fetch_add(read_64, Ordering::Relaxed);
        if to.write_all(&piece[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
