//! The place that a registry wants logins to be sent to.
//!
//! A registry may name another address that takes the login and gives a token (Docker's token authentication). The
//! client follows it wherever it leads, so it is looked at first.

use tokio::time::timeout;

use super::location::is_loopback;
use super::patience::{Patience, again};
use super::{ErrorKind, Location, RegistryError, Result, client};

/// Asks the registry how it wants logins.
///
/// # Errors
/// If the registry wants them over plain HTTP on another machine, or doesn't answer.
pub(super) async fn check(place: &Location, name: &str) -> Result<()> {
    let client = client::plain(place).map_err(|error| RegistryError::of_request(name, error))?;
    let url = format!("{}/v2/", place.base());
    let answer = again(|| async {
        match timeout(Patience::default().stall, client.get(&url).send()).await {
            Ok(answer) => answer.map_err(|error| RegistryError::of_request(name, error)),
            Err(_) => Err(RegistryError::silent(name, "no answer came")),
        }
    });
    let answer = answer.await?;
    let challenges = answer.headers().get_all("www-authenticate");
    let mut realms = challenges.iter().filter_map(|challenge| realm(challenge.to_str().ok()?));
    match realms.find(|realm| !is_safe(realm)) {
        None => Ok(()),
        Some(realm) => {
            let message = format!("wants the login sent to {realm}, where anybody on the way can read it");
            Err(RegistryError::new(ErrorKind::Denied, name, message))
        }
    }
}

/// The address that a challenge names: `Bearer realm="https://…",service="…"`.
fn realm(challenge: &str) -> Option<&str> {
    let (scheme, parameters) = challenge.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (_, rest) = parameters.split_once("realm=\"")?;
    rest.split('"').next()
}

fn is_safe(realm: &str) -> bool {
    match realm.split_once("://") {
        Some(("https", _)) => true,
        Some(("http", rest)) => is_loopback(rest.split('/').next().unwrap_or(rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_goes_only_where_nobody_can_read_it() {
        let cases = [
            (r#"Basic realm="http://example.com""#, None),
            (r#"Bearer realm="https://auth.example.com/token",service="x""#, Some(true)),
            (r#"bearer service="x",realm="https://auth.example.com""#, Some(true)),
            (r#"Bearer realm="http://auth.example.com/token""#, Some(false)),
            (r#"Bearer realm="http://127.0.0.1:5001/auth""#, Some(true)),
            (r#"Bearer realm="http://127.0.0.1.example.com/""#, Some(false)),
            (r#"Bearer realm="http://127.0.0.1@example.com/""#, Some(false)),
            (r#"Bearer realm="auth.example.com""#, Some(false)),
        ];
        for (challenge, expect) in cases {
            assert_eq!(realm(challenge).map(is_safe), expect, "{challenge}");
        }
    }
}
