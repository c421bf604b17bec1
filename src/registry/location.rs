//! The places that images go to and come from, and who signs in.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use oci_client::{ParseError, Reference};

use super::{ErrorKind, RegistryError};
use crate::model::Secret;

/// The way to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP: only a registry on this machine.
    Http,
    /// HTTPS.
    Https,
}

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The registry's host, with its port if it isn't the scheme's own.
    pub host: String,
    /// The repository, as in `ecs-lab/web-app`.
    pub repository: String,
    /// The way to the registry. Plain HTTP to another machine is refused before anything is sent.
    pub scheme: Scheme,
}

impl Location {
    /// A repository of the registry at `host`: over plain HTTP if that is this machine, over HTTPS anywhere else.
    pub fn new(host: impl Into<String>, repository: impl Into<String>) -> Self {
        let host = host.into();
        let scheme = if is_loopback(&host) { Scheme::Http } else { Scheme::Https };
        Self { host, repository: repository.into(), scheme }
    }

    /// The place that a repository's URI names, as in `HOST/ecs-lab/web-app`: all up to the first `/` is the host.
    ///
    /// # Errors
    /// If there is no `/`, or nothing on one side of it.
    pub fn parse(uri: &str) -> Result<Self, RegistryError> {
        match uri.split_once('/') {
            Some((host, repository)) if !host.is_empty() && !repository.is_empty() => Ok(Self::new(host, repository)),
            _ => Err(RegistryError::new(ErrorKind::Other, uri, "is no repository's URI such as HOST/REPOSITORY")),
        }
    }

    /// The registry's address, up to the path.
    pub(super) fn base(&self) -> String {
        let scheme = match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        format!("{scheme}://{}", self.host)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.repository)
    }
}

/// The one who signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// Nobody signs in: only what anybody may read is there.
    Anonymous,
    /// A user with a password: the registry's own, or a token that takes its place.
    Basic {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
}

/// The place that an image comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A tar file: an OCI image layout, or what `docker save` writes. The content tells which of them.
    Archive(PathBuf),
    /// A folder with an OCI image layout.
    Layout(PathBuf),
    /// Another registry, at which anybody may read.
    Registry {
        /// The reference as Docker takes it, as in `HOST/REPOSITORY:TAG`, `nginx` or `HOST/REPOSITORY@sha256:…`.
        reference: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(path) | Self::Layout(path) => write!(f, "{}", path.display()),
            Self::Registry { reference } => f.write_str(reference),
        }
    }
}

/// The registry of a reference to an image, as in `docker.io`.
///
/// # Errors
/// If the text is no reference.
pub fn host(reference: &str) -> Result<String, RegistryError> {
    refers(reference).map(|(place, _)| place.host)
}

/// The place and the tag or digest that a reference names, as Docker reads one: Docker Hub if no host is given, and the
/// tag `latest` if none is.
pub(super) fn refers(reference: &str) -> Result<(Location, String), RegistryError> {
    let read: Reference = reference.parse().map_err(|error: ParseError| {
        let message = format!("is no reference to an image: {error}");
        RegistryError::new(ErrorKind::Other, reference, message)
    })?;
    let tag_or_digest = read.digest().or(read.tag()).unwrap_or("latest").to_owned();
    Ok((Location::new(read.registry(), read.repository()), tag_or_digest))
}

/// Returns whether a host, with or without a port, is this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_reached_over_plain_http() {
        for (host, scheme) in [
            ("localhost", Scheme::Http),
            ("localhost:5000", Scheme::Http),
            ("127.0.0.1:5000", Scheme::Http),
            ("127.9.9.9", Scheme::Http),
            ("[::1]:5000", Scheme::Http),
            ("localhost.example.com", Scheme::Https),
            ("127.0.0.1.example.com:80", Scheme::Https),
            ("10.0.0.1:5000", Scheme::Https),
            ("public.ecr.aws", Scheme::Https),
            ("[2001:db8::1]:5000", Scheme::Https),
        ] {
            assert_eq!(Location::new(host, "x").scheme, scheme, "{host}");
        }
    }

    #[test]
    fn a_uri_ends_its_host_at_the_first_slash() {
        let place = Location::parse("example.com:5000/ecs-lab/web-app").unwrap();
        assert_eq!(place.host, "example.com:5000");
        assert_eq!(place.repository, "ecs-lab/web-app");
        for uri in ["", "web-app", "/web-app", "example.com/"] {
            assert!(Location::parse(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_reference_is_read_as_docker_reads_it() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (reference, place, tag) in [
            ("nginx", "docker.io/library/nginx", "latest"),
            ("bitnami/nginx:1.27", "docker.io/bitnami/nginx", "1.27"),
            ("public.ecr.aws/docker/library/node:20-slim", "public.ecr.aws/docker/library/node", "20-slim"),
            ("localhost:5000/a/b", "localhost:5000/a/b", "latest"),
            (&format!("example.com/a:1@{digest}"), "example.com/a", &digest),
        ] {
            let (read, read_tag) = refers(reference).unwrap();
            assert_eq!((read.to_string(), read_tag.as_str()), (place.to_owned(), tag));
        }
        for reference in ["", "Nginx", "a b", "example.com/a:"] {
            assert!(refers(reference).is_err(), "{reference}");
        }
    }

    #[test]
    fn a_login_shows_no_password() {
        let login = Login::Basic { user: "AWS".to_owned(), password: Secret::new("hunter2") };
        assert!(!format!("{login:?}").contains("hunter2"));
    }
}
