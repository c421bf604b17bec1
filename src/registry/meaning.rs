//! The meaning of errors of registries and archives for people.

/// The meaning of an error of a registry, an archive or a layout: a word to name it by, and what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// There is no such repository, tag, digest or file.
    NotFound,
    /// AWS's permissions don't allow it.
    PermissionDenied,
    /// The registry refuses the login, or doesn't let it do this.
    Denied,
    /// The login has expired.
    LoginExpired,
    /// There is an image, but not for the platform.
    WrongPlatform,
    /// The content isn't a whole image.
    NotAnImage,
    /// The source isn't the one any more that was looked at.
    Changed,
    /// No answer came.
    Unreachable,
    /// The registry had an error of its own.
    Unavailable,
    /// The tag names another image already, and the repository's tags are immutable.
    Immutable,
    /// The registry refused for another reason.
    Refused,
}

impl Meaning {
    /// The meaning as one word, as AWS has for its errors.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotFound => "RegistryNotFound",
            Self::PermissionDenied => "RegistryPermissionDenied",
            Self::Denied => "RegistryDenied",
            Self::LoginExpired => "RegistryLoginExpired",
            Self::WrongPlatform => "WrongPlatform",
            Self::NotAnImage => "NotAnImage",
            Self::Changed => "SourceChanged",
            Self::Unreachable => "RegistryUnreachable",
            Self::Unavailable => "RegistryUnavailable",
            // Amazon ECR's own word.
            Self::Immutable => "ImageTagAlreadyExistsException",
            Self::Refused => "RegistryRefused",
        }
    }

    /// The advice for people.
    pub fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NotFound => "check how the registry, the repository, the tag or the file is written",
            // The words of AWS's that name the action.
            Self::PermissionDenied => "your credentials may not do this: `labform policy` shows all that the lab needs",
            Self::Denied => {
                "the registry lets you in only with the right login: check that the image is there and public, or that you may push to the repository"
            }
            Self::LoginExpired => "the login has run out: run the same command again, which signs in again",
            Self::WrongPlatform => {
                "an image for another platform ends with `exec format error`: build it with `docker buildx build --platform` and the platform that is wanted"
            }
            Self::NotAnImage => {
                "make the archive again, as with `docker save -o image.tar IMAGE`, then run the same command again"
            }
            Self::Changed => "run `labform apply` again: it takes the source as it is then",
            Self::Unreachable => "check the connection, then run the same command again",
            Self::Unavailable => "the registry had an error of its own: wait a minute, then run the same command again",
            Self::Immutable => {
                "give the image another `tag`, or let the repository move its tags: `imageTagMutability: MUTABLE`"
            }
            Self::Refused => return None,
        })
    }
}
