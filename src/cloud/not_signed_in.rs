//! Why nobody is signed in: one sentence and one piece of advice for each reason, whatever call met it.

/// The reason why a call isn't signed, or why AWS doesn't take the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSignedIn {
    /// There are no credentials anywhere.
    NoCredentials,
    /// The profile that is asked for is in no file.
    NoProfile,
    /// Nobody has signed in with the profile on this machine.
    NeverSignedIn,
    /// The session of IAM Identity Center has expired.
    SessionExpired,
    /// The keys have expired.
    KeysExpired,
    /// This computer's clock is wrong.
    ClockSkew,
    /// AWS doesn't know the keys, or they don't belong together.
    WrongKeys,
    /// The profile's own way to credentials failed.
    Failed,
}

impl NotSignedIn {
    /// The reason behind an answer of AWS's; none if it is about something else. Services have different codes for one
    /// thing ("Common errors" of each API reference); of those for signatures only the words tell of the clock
    /// ("Troubleshoot Signature Version 4", IAM user guide).
    pub(super) fn of(code: &str, message: &str) -> Option<Self> {
        let is_of_time = ["expired", "not yet current", "too skewed"].iter().any(|words| message.contains(words));
        Some(match code {
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => Self::KeysExpired,
            "RequestTimeTooSkewed" | "RequestInTheFuture" => Self::ClockSkew,
            "SignatureDoesNotMatch" | "InvalidSignatureException" | "AuthFailure" if is_of_time => Self::ClockSkew,
            "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "AuthFailure"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Self::WrongKeys,
            _ => return None,
        })
    }

    /// The sentence for what AWS refused.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::KeysExpired => "the keys have expired",
            Self::ClockSkew => "this computer's clock is wrong, and AWS takes only what was signed within 5 minutes",
            Self::WrongKeys => "AWS doesn't know these keys, or the secret isn't that of the access key",
            Self::NoCredentials | Self::NoProfile | Self::NeverSignedIn | Self::SessionExpired | Self::Failed => {
                "there are no credentials"
            }
        }
    }

    /// The advice for people.
    pub fn hint(self) -> &'static str {
        match self {
            Self::NoCredentials => {
                "sign in: `aws configure sso` makes a profile once, `aws sso login --profile NAME` signs in, and labform takes `--profile NAME`; or try everything without an account: `--sandbox`"
            }
            Self::NoProfile => "sign in with a profile that is there, or make this one: `aws configure sso`",
            Self::NeverSignedIn | Self::SessionExpired => "sign in: `aws sso login`",
            Self::KeysExpired => {
                "sign in anew: fetch new keys where these came from, or, with IAM Identity Center, `aws sso login`"
            }
            Self::ClockSkew => {
                "set the clock by the network, then run the same command again; you needn't sign in anew"
            }
            Self::WrongKeys => {
                "sign in anew: copy the keys again, the session token too if there is one; `aws sts get-caller-identity` shows whose they are"
            }
            Self::Failed => {
                "sign in as this profile of ~/.aws/config wants it; `aws sts get-caller-identity` shows whether it works"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_signatures_tell_of_keys_or_of_the_clock() {
        for (code, message, reason) in [
            ("RequestExpired", "Request has expired.", Some(NotSignedIn::KeysExpired)),
            ("ExpiredToken", "", Some(NotSignedIn::KeysExpired)),
            ("SignatureDoesNotMatch", "Signature expired: 1 is now earlier than 2", Some(NotSignedIn::ClockSkew)),
            ("InvalidSignatureException", "Signature not yet current: 2", Some(NotSignedIn::ClockSkew)),
            ("RequestTimeTooSkewed", "", Some(NotSignedIn::ClockSkew)),
            (
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match",
                Some(NotSignedIn::WrongKeys),
            ),
            ("InvalidClientTokenId", "", Some(NotSignedIn::WrongKeys)),
            ("AccessDenied", "", None),
        ] {
            assert_eq!(NotSignedIn::of(code, message), reason, "{code}: {message}");
        }
    }
}
