//! A proxy on loopback that does to chosen calls what a bad network does, or AWS on a bad day.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::delay::writes;
use crate::loopback::{self, Message};

/// What happens to one call.
pub(crate) enum Fault {
    /// Nothing: the server answers.
    None,
    /// labform is to be killed before the server hears of the call, and nothing more of it is forwarded.
    KillBefore,
    /// labform is to be killed when the server has answered, before it hears the answer; nothing more is forwarded.
    KillAfter,
    /// The server answers, and the connection is closed instead.
    LostByClose,
    /// The server answers, and the client hears 502 from something between them.
    LostBy502,
    /// The server gets the call twice, and the client hears the second answer.
    Twice,
    /// This is answered, and the server hears nothing.
    Answer(Message),
    /// The server's answer arrives changed.
    Change(fn(&mut Message)),
    /// The connection is reset, and the server hears nothing.
    Reset,
    /// The call is taken and never answered, and the server hears nothing.
    BlackHole,
    /// The server's answer arrives one byte at a time, and the last of it after hours.
    Trickle,
    /// The connection is closed in the middle of the server's answer.
    Cut,
}

/// One call, as a script sees it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The service that it was signed for, as in `ecs`.
    pub(crate) service: String,
    /// The operation, as in `CreateCluster` or `PUT /bucket?tagging`.
    pub(crate) operation: String,
    /// How many calls of this operation came so far, this one included.
    pub(crate) nth: usize,
    /// How many calls came so far that are the very same, this one included: its retries have its body.
    pub(crate) same: usize,
    /// How many calls came so far that may change the account, this one included; none for a read.
    pub(crate) write: Option<usize>,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, operation, nth, write, .. } = self;
        write!(f, "{service} {operation} #{nth}")?;
        match write {
            Some(write) => write!(f, " (write {write})"),
            None => Ok(()),
        }
    }
}

type Script = Arc<dyn Fn(&Call) -> Fault + Send + Sync>;

/// A proxy before one server. It ends with the process.
pub(crate) struct Proxy {
    /// The endpoint, as `--endpoint-url` takes it.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    server: String,
    account: Option<&'static str>,
    act: Mutex<Act>,
}

/// One run of labform behind the proxy.
struct Act {
    script: Script,
    nth: BTreeMap<(String, String), usize>,
    same: BTreeMap<(String, Vec<u8>), usize>,
    calls: Vec<Call>,
    deadly: bool,
}

impl Act {
    fn begin(script: Script) -> Self {
        Self { script, nth: BTreeMap::new(), same: BTreeMap::new(), calls: Vec::new(), deadly: false }
    }
}

impl Proxy {
    /// A proxy before `server` (`http://host:port`) that does nothing yet. moto has more accounts than one: it takes
    /// the one that a header names.
    pub(crate) fn before(server: &str, account: Option<&'static str>) -> Self {
        let shared = Arc::new(Shared {
            server: server.to_owned(),
            account,
            act: Mutex::new(Act::begin(Arc::new(|_| Fault::None))),
        });
        let state = Arc::clone(&shared);
        let url = loopback::serve_by(move |request, client| state.handle(&request, client));
        Self { url, shared }
    }

    /// Begins the count anew: from now on, `script` says what happens to each call.
    pub(crate) fn play(&self, script: impl Fn(&Call) -> Fault + Send + Sync + 'static) {
        *self.shared.act() = Act::begin(Arc::new(script));
    }

    /// Whether a call has come at which labform is to be killed.
    pub(crate) fn is_deadly(&self) -> bool {
        self.shared.act().deadly
    }

    /// The calls since `play`, in the order in which they came.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.act().calls.clone()
    }

    /// Those of them that may have changed the account.
    pub(crate) fn writes(&self) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.write.is_some());
        calls
    }
}

impl Shared {
    fn act(&self) -> MutexGuard<'_, Act> {
        self.act.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to this request; none where labform is as good as dead.
    fn decide(&self, request: &Message) -> Option<Fault> {
        let mut act = self.act();
        if act.deadly {
            return None;
        }
        let (service, operation) = request.call();
        let nth = act.nth.entry((service.clone(), operation.clone())).or_default();
        *nth += 1;
        let nth = *nth;
        let same = act.same.entry((operation.clone(), request.body.clone())).or_default();
        *same += 1;
        let same = *same;
        let earlier = act.calls.iter().filter(|call| call.write.is_some()).count();
        let write = writes(&operation).then_some(earlier + 1);
        let call = Call { service, operation, nth, same, write };
        let fault = (act.script)(&call);
        act.calls.push(call);
        act.deadly |= matches!(fault, Fault::KillBefore);
        Some(fault)
    }

    fn handle(&self, request: &Message, client: &TcpStream) -> io::Result<()> {
        let Some(fault) = self.decide(request) else {
            return abandon(client);
        };
        match fault {
            Fault::None => self.ask(request).write(client, "keep-alive"),
            Fault::KillBefore | Fault::BlackHole => abandon(client),
            Fault::KillAfter => {
                self.ask(request);
                self.act().deadly = true;
                abandon(client)
            }
            Fault::LostByClose => {
                self.ask(request);
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Fault::LostBy502 => {
                self.ask(request);
                Message::bad_gateway(&io::Error::other("lost")).write(client, "keep-alive")
            }
            Fault::Twice => {
                self.ask(request);
                self.ask(request).write(client, "keep-alive")
            }
            Fault::Answer(answer) => answer.write(client, "keep-alive"),
            Fault::Change(change) => {
                let mut answer = self.ask(request);
                change(&mut answer);
                answer.write(client, "close")?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Fault::Reset => {
                SockRef::from(client).set_linger(Some(Duration::ZERO))?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Fault::Trickle => trickle(client, &self.ask(request).bytes("close")),
            Fault::Cut => {
                let bytes = self.ask(request).bytes("close");
                let mut client = client;
                client.write_all(&bytes[..bytes.len() - bytes.len() / 8 - 1])?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn ask(&self, request: &Message) -> Message {
        let answer = match self.account {
            None => loopback::forward(request, &self.server),
            Some(account) => {
                let mut request = request.clone();
                let header = ("x-moto-account-id".to_owned(), account.to_owned());
                request.headers.push(header);
                let answer = loopback::forward(&request, &self.server);
                // moto drops the tags of CreateBucket, and AWS doesn't.
                if let Some(tagging) = tagging(&request)
                    && answer.as_ref().is_ok_and(|answer| answer.first.contains(" 200 "))
                {
                    answer.and_then(|made| loopback::forward(&tagging, &self.server).map(|_| made))
                } else {
                    answer
                }
            }
        };
        answer.unwrap_or_else(|error| Message::bad_gateway(&error))
    }
}

/// The call that gives a bucket the tags which its creation asks for; none for other calls.
fn tagging(create: &Message) -> Option<Message> {
    let path = create.first.strip_prefix("PUT ")?.split(' ').next()?;
    let body = std::str::from_utf8(&create.body).ok()?;
    let tags = body.split_once("<Tags>")?.1.split_once("</Tags>")?.0;
    let mut tagging = create.clone();
    tagging.first = format!("PUT {path}?tagging HTTP/1.1");
    tagging.set_body(format!("<Tagging><TagSet>{tags}</TagSet></Tagging>").into_bytes());
    Some(tagging)
}

/// Waits until the client has gone.
fn abandon(mut client: &TcpStream) -> io::Result<()> {
    while client.read(&mut [0; 64])? > 0 {}
    Err(io::ErrorKind::ConnectionAborted.into())
}

/// The head at once, then the body, too slowly for anybody.
fn trickle(mut client: &TcpStream, bytes: &[u8]) -> io::Result<()> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = bytes.split_at(head.map_or(0, |at| at + 4));
    client.write_all(head)?;
    for byte in body {
        client.write_all(&[*byte])?;
        thread::sleep(Duration::from_secs(10));
    }
    abandon(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::aws;
    use crate::emulator::Emulator;
    use crate::wire::{Refusal, refuse};

    /// The AWS CLI reads each refusal as AWS's own, in the service's protocol.
    #[test]
    fn a_refusal_is_read_by_a_client_that_others_wrote() {
        let proxy = Proxy::before(&Emulator::moto().url(), None);
        proxy.play(|call| Fault::Answer(refuse(call, Refusal::Denied)));
        for (words, code) in [
            ("ecs list-clusters", "AccessDeniedException"),
            ("ecr describe-repositories", "AccessDeniedException"),
            ("logs describe-log-groups", "AccessDeniedException"),
            ("resourcegroupstaggingapi get-resources", "AccessDeniedException"),
            ("ec2 describe-vpcs", "UnauthorizedOperation"),
            ("elbv2 describe-load-balancers", "AccessDenied"),
            ("iam list-roles", "AccessDenied"),
            ("sts get-caller-identity", "AccessDenied"),
            ("s3api list-buckets", "AccessDenied"),
        ] {
            let words: Vec<&str> = words.split(' ').collect();
            let said = aws(&proxy.url, "eu-west-1", &words).unwrap_err();
            assert!(said.contains(&format!("({code})")), "{words:?}: {said}");
        }
    }

    #[test]
    fn an_account_of_its_own_is_named_by_the_header() {
        let proxy = Proxy::before(&Emulator::moto().url(), Some("111122223333"));
        let words = ["sts", "get-caller-identity", "--query", "Account"];
        let account = aws(&proxy.url, "eu-west-1", &words).unwrap();
        assert_eq!(account, "111122223333");
        assert_eq!(proxy.calls()[0].to_string(), "sts GetCallerIdentity #1");
    }
}
