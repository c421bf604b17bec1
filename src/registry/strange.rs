//! Registries that behave strangely: each a few lines on a loopback port.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::document::Digest;
use super::patience::Patience;
use super::tests::{Made, platform};
use super::*;
use crate::model::Secret;

/// A registry, and the heads of the requests that it got.
struct Strange {
    place: Location,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Strange {
    /// Answers each request, by its head, with the lines after `HTTP/1.1 ` and a body; none leaves the connection as it
    /// is, read no further. `HOST` in an answer is the registry's own.
    fn that(answers: impl Fn(&str) -> Option<(String, &'static str)> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, name, answers) = (heads.clone(), host.clone(), Arc::new(answers));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, name, answers) = (kept.clone(), name.clone(), answers.clone());
                let answer = move |head: &str| {
                    kept.lock().unwrap().push(head.to_owned());
                    let (answer, body) = answers(head)?;
                    Some((answer.replace("HOST", &name), body))
                };
                thread::spawn(move || serve(&stream, answer));
            }
        });
        Self { place: Location::new(host, "web"), heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, answer: impl Fn(&str) -> Option<(String, &'static str)>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        if head.is_empty() {
            return;
        }
        let Some((answer, body)) = answer(&head.join("\n")) else {
            thread::sleep(Duration::from_secs(30));
            return;
        };
        let length = body.len();
        write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    }
}

fn said(status: &str) -> Option<(String, &'static str)> {
    Some((status.to_owned(), ""))
}

fn student() -> Login {
    Login::Basic { user: "student".to_owned(), password: Secret::new("open sesame") }
}

#[tokio::test]
async fn an_upload_that_stands_still_ends() {
    let strange = Strange::that(|head| match head.split(' ').next() {
        Some("GET") => said("200 OK"),
        Some("HEAD") => said("404 Not ImageSummary"),
        Some("POST") => said("202 Accepted\r\nLocation: /v2/web/blobs/uploads/1"),
        _ => None,
    });
    let patience = Patience { stall: Duration::from_millis(300), answer: Duration::from_millis(600) };
    for (size, message) in [
        (10, "no answer came to an upload in 600ms"),
        // More than the buffers between take.
        (40 << 20, "an upload stood still for 300ms"),
    ] {
        let mut made = Made::new();
        let image = made.image("linux/amd64", &"x".repeat(size));
        made.index(&[image]);
        let amd64 = platform("linux/amd64");
        let image = open(&made.layout(), &amd64, None, None).await.unwrap();
        let target = Remote::connect(&strange.place, &Login::Anonymous).await.unwrap().with(patience);
        let layer = image.blobs.last().unwrap();
        let error = target.upload(&layer.upload(&|| layer.pieces()), &|_| ()).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unreachable);
        assert_eq!(error.message, message);
    }
}

#[tokio::test]
async fn a_registry_that_stumbles_is_asked_again() {
    let asked = Mutex::new(0);
    let strange = Strange::that(move |head| {
        if !head.contains("/manifests/") {
            return said("200 OK");
        }
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        said(["503 Service Unavailable", "502 Bad Gateway", "404 Not ImageSummary"][*asked - 1])
    });
    let there = describe(&strange.place, &Login::Anonymous, "1").await;
    assert_eq!(there, Ok(None));
}

#[tokio::test]
async fn what_is_no_image_is_named_without_one() {
    // A chart: its config, `{}`, says nothing of a platform.
    let chart = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;
    for body in [chart, r#"{"artifact":true}"#] {
        let digest = Digest::of_bytes(body.as_bytes()).to_string();
        let header = format!("200 OK\r\nDocker-Content-Digest: {digest}");
        let strange = Strange::that(move |head| {
            if !head.contains("/manifests/") {
                return Some(("200 OK".to_owned(), "{}"));
            }
            Some((header.clone(), if head.starts_with("HEAD") { "" } else { body }))
        });
        let named = inspect(&strange.place, &Login::Anonymous, "1").await;
        let images = Vec::new();
        assert_eq!(named, Ok(Some(Named { digest, images })), "{body}");
    }
}

#[tokio::test]
async fn a_token_is_fetched_where_a_registry_wants_one() {
    let strange = Strange::that(|head| {
        if head.starts_with("GET /token?") {
            return Some(("200 OK".to_owned(), r#"{"token":"abc"}"#));
        }
        if head.contains("uthorization: Bearer abc") {
            return said("404 Not ImageSummary");
        }
        said("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://HOST/token\",service=\"lab\"")
    });
    for login in [Login::Anonymous, student()] {
        let there = describe(&strange.place, &login, "1").await;
        assert_eq!(there, Ok(None), "{login:?}");
        let heads = strange.heads();
        let token = heads.iter().rfind(|head| head.starts_with("GET /token?")).unwrap();
        assert!(token.contains("scope=repository%3Aweb%3Apull"), "{token}");
        let signs_in = login != Login::Anonymous;
        assert_eq!(token.contains("uthorization: Basic "), signs_in, "{token}");
    }
}

#[tokio::test]
async fn a_login_is_not_sent_where_anybody_can_read_it() {
    let strange =
        Strange::that(|_| said("401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://registry.invalid/token\""));
    let error = describe(&strange.place, &student(), "1").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    assert!(error.message.contains("http://registry.invalid/token"), "{error}");
    let heads = strange.heads();
    assert_eq!(heads.len(), 1);
    assert!(!heads[0].to_lowercase().contains("authorization"), "{heads:?}");

    let place = Location { scheme: Scheme::Http, ..Location::new("registry.invalid", "web") };
    let error = describe(&place, &student(), "1").await.unwrap_err();
    assert!(error.message.contains("plain HTTP is for registries on this one"));
}

#[tokio::test]
async fn a_tag_that_cannot_be_moved_is_named() {
    let words = r#"{"errors":[{"code":"TAG_INVALID","message":"The image tag '1' already exists in the 'web' repository and cannot be overwritten because the tag is immutable."}]}"#;
    let strange = Strange::that(move |head| match head.split(' ').next() {
        Some("HEAD") if head.contains("/blobs/") => said("200 OK"),
        Some("PUT") => Some(("400 Bad Request\r\nConnection: close".to_owned(), words)),
        Some("GET") if !head.contains("/manifests/") => said("200 OK"),
        _ => said("404 Not ImageSummary"),
    });
    let mut made = Made::new();
    let image = made.image("linux/amd64", "layer");
    made.index(&[image]);
    let (amd64, tags) = (platform("linux/amd64"), ["1".to_owned()]);
    let source = made.layout();
    let pushed = push(&source, &amd64, &strange.place, &Login::Anonymous, &tags, None, &|_| ());
    let error = pushed.await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Immutable("1".to_owned()));
    assert_eq!(error.code.as_deref(), Some("TAG_INVALID"));
}
