//! The registry that images are pushed to.

use crate::registry::Scheme;

/// The registry that images are pushed to, and read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registry {
    /// Images go to Amazon ECR.
    Ecr,
    /// Images go to a registry that takes the place of an emulator's, which has none.
    At {
        /// The host, with a port if it has one.
        host: String,
        /// The scheme by which the registry is reached.
        scheme: Scheme,
    },
    /// Images go nowhere: the embedded account is told that an image was pushed.
    Pretended,
    /// No registry is there: the endpoint isn't AWS, and nobody said which one belongs to it.
    Missing,
}

impl Registry {
    /// The registry at `url`, as in `http://127.0.0.1:5000`.
    ///
    /// # Errors
    /// If that isn't the URL of a registry, would send what is pushed in the clear beyond this machine, or is AWS's
    /// own: only an endpoint that isn't AWS takes another registry.
    pub fn at(url: &str) -> Result<Self, String> {
        let (scheme, host) = match url.split_once("://") {
            Some(("https", host)) => (Scheme::Https, host),
            Some(("http", host)) => (Scheme::Http, host),
            _ => return Err("it has to begin with https:// or http://".to_owned()),
        };
        let host = host.trim_end_matches('/');
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.[]:".contains(c);
        if name.is_empty() || !host.chars().all(plain) {
            return Err("it has to be a host, with a port where it needs one".to_owned());
        }
        if scheme == Scheme::Http && !["127.0.0.1", "localhost", "[::1]"].contains(&name) {
            return Err("beyond this machine it has to be https://".to_owned());
        }
        let lower = name.to_ascii_lowercase();
        let aws = ["amazonaws.com", "amazonaws.com.cn", "aws"];
        if aws.iter().any(|end| lower.ends_with(&format!(".{end}"))) {
            return Err("it is AWS's own, and the endpoint isn't AWS".to_owned());
        }
        Ok(Self::At { host: host.to_owned(), scheme })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_this_machine_or_encrypted_and_not_of_aws() {
        for (url, host, scheme) in [
            ("http://127.0.0.1:5000", "127.0.0.1:5000", Scheme::Http),
            ("http://localhost:5000/", "localhost:5000", Scheme::Http),
            ("http://[::1]:5000", "[::1]:5000", Scheme::Http),
            ("https://registry.example", "registry.example", Scheme::Https),
        ] {
            let host = host.to_owned();
            assert_eq!(Registry::at(url), Ok(Registry::At { host, scheme }), "{url}");
        }
        for wrong in [
            "registry.example",
            "http://registry.example",
            "http://10.0.0.1:5000",
            "http://localhost.example",
            "https://",
            "https://user:word@registry.example",
            "https://registry.example/path",
            "ftp://registry.example",
            "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "https://123456789012.dkr.ecr.cn-north-1.AMAZONAWS.com.cn",
            "https://public.ecr.aws",
        ] {
            assert!(Registry::at(wrong).is_err(), "{wrong}");
        }
    }
}
