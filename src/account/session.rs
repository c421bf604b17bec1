//! Who calls: an account's user, or somebody with temporary credentials. All that there is to know of the session of a role
//! stands in its token, which only the account makes, so that nobody has to keep sessions, and those of a server that was
//! killed go on.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ids::hash;
use crate::input::timestamp;
use crate::token;
use crate::wire::Request;

/// Whoever makes a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// The session of a role in which the call is made, if it is made in one.
    pub(crate) session: Option<Session>,
    /// The caller's account, if that isn't the one that answers.
    pub(crate) home: Option<String>,
}

impl Caller {
    /// The caller's ARN in the account `id`: an account has one user, unless `user` is another, and sessions of roles.
    pub(crate) fn arn(&self, id: &str, user: Option<&str>) -> String {
        let home = self.home.as_deref().unwrap_or(id);
        let user = || user.map_or_else(|| format!("arn:aws:iam::{home}:user/student"), str::to_owned);
        self.session.as_ref().map_or_else(user, Session::arn)
    }
}

/// The session of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Session {
    /// The digits of the role's account.
    pub(crate) account: String,
    /// The role's name, without its path.
    pub(crate) role: String,
    /// The name that its caller gave the session.
    pub(crate) name: String,
    /// The end, in milliseconds since 1970.
    pub(crate) expires: i64,
}

impl Session {
    /// The session whose keys signed the request.
    pub(crate) fn of(request: &Request) -> Option<Self> {
        const PARAMETER: &str = "X-Amz-Security-Token";
        let header = request.headers.get("x-amz-security-token");
        let in_address = || request.query.iter().find(|(name, _)| name == PARAMETER).map(|(_, token)| token);
        let token = header.or_else(in_address)?;
        let session = serde_json::from_str(&token::open(token)?).ok()?;
        (key(token) == request.key()).then_some(session)
    }

    /// The caller's ARN in the session ("IAM identifiers", IAM user guide).
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.account, self.role, self.name)
    }

    /// The caller's id in the session: the role's, and the session's name.
    pub(crate) fn id(&self) -> String {
        format!("AROA{}:{}", upper(&format!("role {} {}", self.account, self.role), 17), self.name)
    }

    /// The credentials as AssumeRole answers them.
    pub(crate) fn credentials(&self) -> Value {
        let token = token::seal(&json!(self).to_string());
        json!({
            "AccessKeyId": key(&token),
            "SecretAccessKey": &hash(&format!("secret {token}"))[..40],
            "SessionToken": token,
            "Expiration": timestamp(self.expires),
        })
    }
}

/// The access key that belongs to a token.
fn key(token: &str) -> String {
    format!("ASIA{}", upper(&format!("key {token}"), 16))
}

fn upper(text: &str, digits: usize) -> String {
    hash(text)[..digits].to_uppercase()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Session;
    use crate::wire::Request;

    #[test]
    fn a_session_is_known_by_its_token_and_its_key_in_headers_and_in_signed_addresses() {
        let session = Session {
            account: "111111111111".to_owned(),
            role: "r".to_owned(),
            name: "n,1".to_owned(),
            expires: 1_000,
        };
        let given = session.credentials();
        let of = |member: &str| given[member].as_str().unwrap().to_owned();
        let (key, token) = (of("AccessKeyId"), of("SessionToken"));
        assert_eq!(
            (key.len(), of("SecretAccessKey").len(), of("Expiration").as_str()),
            (20, 40, "1970-01-01T00:00:01Z")
        );
        let request = |in_address: bool, key: &str, token: &str| {
            let scope = format!("{key}/20261128/eu-west-1/s3/aws4_request");
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let header = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0");
            let (query, headers) = match in_address {
                true => (vec![pair("X-Amz-Credential", &scope), pair("X-Amz-Security-Token", token)], BTreeMap::new()),
                false => (vec![], [pair("authorization", &header), pair("x-amz-security-token", token)].into()),
            };
            Request { method: "GET".to_owned(), path: "/b/k".to_owned(), query, headers, body: Vec::new() }
        };
        for in_address in [true, false] {
            assert_eq!(Session::of(&request(in_address, &key, &token)).as_ref(), Some(&session));
            assert_eq!(Session::of(&request(in_address, "ASIAOTHER", &token)), None);
            assert_eq!(Session::of(&request(in_address, &key, &token[4..])), None);
        }
    }
}
