//! HTTP/1.1 on loopback, as little of it as the clients and servers of these tests speak.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// Serves every request on a free loopback port with `answer`, until the process ends. Gives the endpoint's URL.
///
/// A request that `answer` fails on is answered with 502 and the error.
pub(crate) fn serve(answer: impl Fn(Message) -> io::Result<Message> + Send + Sync + 'static) -> String {
    serve_by(move |request, client| {
        answer(request).unwrap_or_else(|error| Message::bad_gateway(&error)).write(client, "keep-alive")
    })
}

/// Hands every request on a free loopback port to `handle`, which writes the answer itself, until the process ends.
/// Gives the endpoint's URL.
///
/// A connection is closed where `handle` fails.
pub(crate) fn serve_by(handle: impl Fn(Message, &TcpStream) -> io::Result<()> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let handle = Arc::clone(&handle);
            // A client that goes away ends its connection with an error, which concerns nobody.
            thread::spawn(move || connection(&client, &*handle));
        }
    });
    format!("http://127.0.0.1:{port}")
}

fn connection(client: &TcpStream, handle: &dyn Fn(Message, &TcpStream) -> io::Result<()>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client);
    while let Some(request) = Message::request(&mut reader)? {
        handle(request, client)?;
    }
    Ok(())
}

/// Sends one request to a server (`http://host:port`), on a connection of its own.
pub(crate) fn forward(request: &Message, server: &str) -> io::Result<Message> {
    let server = TcpStream::connect(server.trim_start_matches("http://"))?;
    server.set_nodelay(true)?;
    request.write(&server, "close")?;
    let to_head = if request.first.starts_with("HEAD ") { Head::Yes } else { Head::No };
    Message::response(&mut BufReader::new(&server), to_head)
}

pub(crate) type Headers = Vec<(String, String)>;

/// The lines of a head, and the body as it came.
#[derive(Clone)]
pub(crate) struct Message {
    pub(crate) first: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The next request of a connection, or `None` where the connection has ended.
    fn request(stream: &mut impl BufRead) -> io::Result<Option<Self>> {
        let Some((first, headers)) = head(stream)? else {
            return Ok(None);
        };
        let mut message = Self { first, headers, body: Vec::new() };
        message.body = message.sized_body(stream)?.unwrap_or_default();
        Ok(Some(message))
    }

    /// The one response of a connection that is closed after it.
    fn response(stream: &mut impl BufRead, to_head: Head) -> io::Result<Self> {
        let (first, headers) = head(stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let mut message = Self { first, headers, body: Vec::new() };
        if to_head == Head::No {
            match message.sized_body(stream)? {
                Some(body) => message.body = body,
                None => {
                    stream.read_to_end(&mut message.body)?;
                    message.headers.push(("content-length".to_owned(), message.body.len().to_string()));
                }
            }
        }
        Ok(message)
    }

    /// The answer of a proxy that can't reach the server.
    pub(crate) fn bad_gateway(error: &io::Error) -> Self {
        let body = error.to_string().into_bytes();
        Self {
            first: "HTTP/1.1 502 Bad Gateway".to_owned(),
            headers: vec![("content-length".to_owned(), body.len().to_string())],
            body,
        }
    }

    /// The value of a header, whatever the case of its name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Replaces the body, and what the headers say of it.
    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        self.headers.retain(|(key, _)| {
            let key = key.to_ascii_lowercase();
            key != "content-length" && key != "transfer-encoding" && !key.starts_with("x-amz-checksum")
        });
        let length = ("content-length".to_owned(), body.len().to_string());
        self.headers.push(length);
        self.body = body;
    }

    /// The body that the headers announce; a chunked one keeps its framing.
    fn sized_body(&self, stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
        let chunked = self.header("transfer-encoding").is_some_and(|value| value.contains("chunked"));
        if chunked {
            return chunks(stream).map(Some);
        }
        let Some(length) = self.header("content-length").and_then(|value| value.parse().ok()) else {
            return Ok(None);
        };
        let mut body = vec![0; length];
        stream.read_exact(&mut body)?;
        Ok(Some(body))
    }

    /// Sends it, with what becomes of the connection then: `keep-alive` or `close`.
    pub(crate) fn write(&self, mut stream: &TcpStream, connection: &str) -> io::Result<()> {
        stream.write_all(&self.bytes(connection))
    }

    /// What goes over the wire.
    pub(crate) fn bytes(&self, connection: &str) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.first).into_bytes();
        for (key, value) in &self.headers {
            if !key.eq_ignore_ascii_case("connection") {
                bytes.extend(format!("{key}: {value}\r\n").bytes());
            }
        }
        bytes.extend(format!("connection: {connection}\r\n\r\n").bytes());
        bytes.extend(&self.body);
        bytes
    }

    /// The service and the operation, from what the three protocols of AWS put in a request.
    pub(crate) fn call(&self) -> (String, String) {
        let scope = self.header("authorization").unwrap_or_default();
        let service = scope.split('/').nth(3).unwrap_or("unsigned").to_owned();
        if let Some(target) = self.header("x-amz-target") {
            return (service, target.rsplit('.').next().unwrap_or(target).to_owned());
        }
        let form = String::from_utf8_lossy(&self.body);
        if let Some(action) = form.split('&').find_map(|field| field.strip_prefix("Action=")) {
            return (service, action.to_owned());
        }
        let mut words = self.first.split(' ');
        let method = words.next().unwrap_or_default();
        (service, format!("{method} {}", words.next().unwrap_or_default()))
    }
}

/// Whether a response answers a HEAD, which has the length of a body and no body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Yes,
    No,
}

/// The first line and the headers; `None` where the stream ends before them.
fn head(stream: &mut impl BufRead) -> io::Result<Option<(String, Headers)>> {
    let mut first = String::new();
    if stream.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((key, value)) = line.split_once(':') else {
            return Ok(Some((first.trim_end().to_owned(), headers)));
        };
        headers.push((key.to_owned(), value.trim().to_owned()));
    }
}

/// The chunks of a body with their framing, to the empty one that ends it.
fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let from = body.len();
        stream.read_until(b'\n', &mut body)?;
        let line = String::from_utf8_lossy(&body[from..]).into_owned();
        let size = line.trim().split(';').next().unwrap_or_default();
        let size = u64::from_str_radix(size, 16).map_err(io::Error::other)?;
        stream.take(size + 2).read_to_end(&mut body)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_keeps_its_framing() {
        let bytes = b"4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\nnext";
        let mut stream = &bytes[..];
        assert_eq!(chunks(&mut stream).unwrap(), &bytes[..bytes.len() - 4]);
        assert_eq!(stream, b"next");
    }
}
