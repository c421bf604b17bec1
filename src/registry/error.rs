//! The error of registries and image archives: its meaning, and the registry's own code and words.

use std::fmt;

use oci_client::errors::OciDistributionError;
use serde::Deserialize;

use super::{Meaning, Platform};

use crate::model::chain;

/// The longest message that is shown of an answer that isn't a registry's, such as a page of something between.
const WORDS: usize = 300;
/// The beginning of the message of an answer without words.
const STATUS: &str = "HTTP status";

/// The meaning of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// There is no such repository, tag, digest or file.
    NotFound,
    /// The registry refuses the login, or doesn't let it do this.
    Denied,
    /// The login has expired: signing in again helps.
    Expired,
    /// There is an image, but not for the platform: for these.
    WrongPlatform(Vec<Platform>),
    /// The content isn't whole, isn't what its digest or its size says, or isn't an image.
    Corrupt,
    /// The source isn't the one any more that was looked at.
    Changed,
    /// No answer came, or nothing moved for too long.
    Unreachable,
    /// The tag names another image already, and the repository's tags are immutable.
    Immutable(String),
    /// The error has another meaning; the code and the message tell.
    Other,
}

/// An error of a registry, an archive or a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError {
    /// The meaning.
    pub kind: ErrorKind,
    /// The repository, archive or layout.
    pub place: String,
    /// The registry's own code, as in `NAME_UNKNOWN`.
    pub code: Option<String>,
    /// The words: the registry's own words if it gave any.
    pub message: String,
    /// The status of the registry's answer.
    pub(super) status: Option<u16>,
    /// Whether the same call may go well a moment later.
    pub(super) passes: bool,
}

impl RegistryError {
    pub(super) fn new(kind: ErrorKind, place: &str, message: impl Into<String>) -> Self {
        Self { kind, place: place.to_owned(), code: None, message: message.into(), status: None, passes: false }
    }

    /// The error that nothing came in time.
    pub(super) fn silent(place: &str, message: impl Into<String>) -> Self {
        Self { passes: true, ..Self::new(ErrorKind::Unreachable, place, message) }
    }

    /// The error that the client gives for a call at `place`.
    pub(super) fn of_client(place: &str, error: OciDistributionError) -> Self {
        use OciDistributionError as E;
        match error {
            E::RequestError(error) => Self::of_request(place, error),
            E::RegistryError { envelope, .. } => {
                let body = serde_json::to_string(&envelope).unwrap_or_default();
                Self::answered(place, None, &body)
            }
            E::ServerError { code, message, .. } => Self::answered(place, Some(code), &message),
            E::UnauthorizedError { .. } => Self::answered(place, Some(401), ""),
            E::DigestError(error) => Self::new(ErrorKind::Corrupt, place, error.to_string()),
            E::IoError(error) => Self::silent(place, chain(&error)),
            other => Self::new(ErrorKind::Other, place, other.to_string()),
        }
    }

    /// The error of a request that got no answer, or one without a body.
    pub(super) fn of_request(place: &str, error: reqwest::Error) -> Self {
        match error.status() {
            Some(status) => Self::answered(place, Some(status.as_u16()), ""),
            None => Self::silent(place, chain(&error.without_url())),
        }
    }

    /// The error of a refusal: its status, if that is known, and its body.
    fn answered(place: &str, status: Option<u16>, body: &str) -> Self {
        let refusal: Option<Refusal> =
            serde_json::from_str::<Refusals>(body).ok().and_then(|refusals| refusals.errors.into_iter().next());
        let (code, words) = match refusal {
            Some(refusal) => (Some(refusal.code), refusal.message),
            None => (None, body.trim().chars().take(WORDS).collect()),
        };
        let message = match (words.as_str(), status) {
            ("", Some(status)) => format!("{STATUS} {status}"),
            ("", None) => "refused without a word".to_owned(),
            // Without a code of the registry's, the status is the only thing that tells.
            (words, Some(status)) if code.is_none() => format!("{STATUS} {status}: {words}"),
            (words, _) => words.to_owned(),
        };
        let kind = kind_of(code.as_deref(), status, &message);
        let passes = match code.as_deref() {
            Some("TOOMANYREQUESTS" | "BLOB_UPLOAD_UNKNOWN" | "UNAVAILABLE") => true,
            _ => matches!(status, Some(408 | 429 | 500..)),
        };
        Self { kind, place: place.to_owned(), code, message, status, passes }
    }

    /// Returns whether the registry wants a login, or another one, and says no more than that.
    pub(super) fn is_about_the_login(&self) -> bool {
        let is_bare = self.code.is_none() && matches!(self.status, Some(401 | 403));
        self.kind == ErrorKind::Denied && (is_bare || self.code.as_deref() == Some("UNAUTHORIZED"))
    }

    /// The same error with its meaning beside the registry's words.
    pub(super) fn that_is(mut self, meaning: &str) -> Self {
        let is_bare = self.message.starts_with(STATUS) && !self.message.contains(": ");
        self.message = if is_bare { meaning.to_owned() } else { format!("{} ({meaning})", self.message) };
        self
    }

    /// Returns whether nothing was said of the image, so that the same question may be answered later.
    pub fn is_silence(&self) -> bool {
        self.kind == ErrorKind::Unreachable || (self.kind == ErrorKind::Other && self.passes)
    }

    /// The meaning for people.
    pub fn meaning(&self) -> Meaning {
        match &self.kind {
            ErrorKind::NotFound => Meaning::NotFound,
            ErrorKind::Denied if self.message.contains("not authorized to perform") => Meaning::PermissionDenied,
            ErrorKind::Denied => Meaning::Denied,
            ErrorKind::Expired => Meaning::LoginExpired,
            ErrorKind::WrongPlatform(_) => Meaning::WrongPlatform,
            ErrorKind::Corrupt => Meaning::NotAnImage,
            ErrorKind::Changed => Meaning::Changed,
            ErrorKind::Unreachable => Meaning::Unreachable,
            ErrorKind::Immutable(_) => Meaning::Immutable,
            ErrorKind::Other if self.passes => Meaning::Unavailable,
            ErrorKind::Other => Meaning::Refused,
        }
    }

    /// The advice for people.
    pub fn hint(&self) -> Option<&'static str> {
        self.meaning().hint()
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        match &self.code {
            Some(code) => write!(f, "{code}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for RegistryError {}

/// The body of a refusal (OCI distribution specification, "Error Codes").
#[derive(Deserialize)]
struct Refusals {
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    message: String,
}

/// Amazon ECR answers an expired token with a general code and tells by its words only: "Your authorization token has
/// expired. Reauthenticate and try again."
fn kind_of(code: Option<&str>, status: Option<u16>, message: &str) -> ErrorKind {
    let message = message.to_ascii_lowercase();
    if message.contains("token has expired") || message.contains("token is expired") {
        return ErrorKind::Expired;
    }
    match (code, status) {
        (Some("NAME_UNKNOWN" | "MANIFEST_UNKNOWN" | "BLOB_UNKNOWN" | "NOT_FOUND"), _) => ErrorKind::NotFound,
        (Some("UNAUTHORIZED" | "DENIED"), _) | (_, Some(401 | 403)) => ErrorKind::Denied,
        (Some("DIGEST_INVALID" | "SIZE_INVALID"), _) => ErrorKind::Corrupt,
        (None, Some(404)) => ErrorKind::NotFound,
        _ => ErrorKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_by_code_status_and_words() {
        let body = |code: &str, words: &str| {
            format!(r#"{{"errors":[{{"code":"{code}","message":"{words}","detail":null}}]}}"#)
        };
        let expired = "Your authorization token has expired. Reauthenticate and try again.";
        type Case = (Option<u16>, String, ErrorKind, bool);
        let cases: [Case; 11] = [
            (Some(404), body("NAME_UNKNOWN", "x"), ErrorKind::NotFound, false),
            (None, body("MANIFEST_UNKNOWN", "x"), ErrorKind::NotFound, false),
            (Some(404), String::new(), ErrorKind::NotFound, false),
            (Some(401), String::new(), ErrorKind::Denied, false),
            (Some(403), body("DENIED", "not authorized"), ErrorKind::Denied, false),
            (Some(403), body("DENIED", expired), ErrorKind::Expired, false),
            (Some(400), expired.to_owned(), ErrorKind::Expired, false),
            (Some(404), body("BLOB_UPLOAD_UNKNOWN", "x"), ErrorKind::Other, true),
            (Some(429), body("TOOMANYREQUESTS", "x"), ErrorKind::Other, true),
            (Some(502), "<html>".to_owned(), ErrorKind::Other, true),
            (Some(400), body("DIGEST_INVALID", "x"), ErrorKind::Corrupt, false),
        ];
        for (status, body, kind, passes) in cases {
            let error = RegistryError::answered("place", status, &body);
            assert_eq!((&error.kind, error.passes), (&kind, passes), "{body}");
        }
    }

    #[test]
    fn an_error_shows_place_code_and_words() {
        let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known"}]}"#;
        let error = RegistryError::answered("example.com/web", Some(404), body);
        assert_eq!(error.to_string(), "example.com/web: NAME_UNKNOWN: repository name not known");
        let error = RegistryError::answered("example.com/web", Some(503), "");
        assert_eq!(error.to_string(), "example.com/web: HTTP status 503");
        let error = RegistryError::answered("example.com/web", Some(500), "upstream is gone");
        assert_eq!(error.to_string(), "example.com/web: HTTP status 500: upstream is gone");
        assert!(error.hint().is_some_and(|hint| hint.contains("wait a minute")));
        let body = r#"{"errors":[{"code":"DENIED","message":"User: u is not authorized to perform: ecr:PutImage"}]}"#;
        let error = RegistryError::answered("example.com/web", Some(403), body);
        assert!(error.hint().is_some_and(|hint| hint.contains("`labform policy`")));
    }

    #[test]
    fn a_page_of_something_between_is_cut() {
        let error = RegistryError::answered("place", Some(500), &"x".repeat(9_000));
        assert_eq!(error.message.len(), WORDS + "HTTP status 500: ".len());
    }
}
