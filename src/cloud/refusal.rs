//! Refusals of labform itself and what it finds wrong, with a variant for each cause.
//!
//! AWS's errors are an [`Answer`](super::Answer).

use std::error::Error;
use std::fmt;

use super::not_signed_in::NotSignedIn;
use crate::registry::Meaning;

/// The advice if an object of that name was made meanwhile.
pub const EXISTS: &str = "somebody made it since the plan was shown: run the same command again and see whose it is";

/// The cause of a refusal of labform itself, or of what it found wrong without an error of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody is signed in, so that nothing was sent.
    NotSignedIn(NotSignedIn),
    /// Real credentials don't go over plain HTTP beyond this machine: nothing was sent.
    InTheClear,
    /// AWS STS has not said yet whose credentials these are: nothing was sent.
    Unverified,
    /// The call is signed for another region than the lab's: nothing was sent.
    OtherRegion,
    /// The credentials belong to another account than before.
    OtherAccount,
    /// The object isn't the lab's.
    NotOurs,
    /// The object has gone since the plan was made.
    Gone,
    /// Somebody else has changed the object since the plan was made.
    Overtaken,
    /// The spec doesn't hold with what is known only now.
    InvalidSpec,
    /// The user asked to stop.
    Interrupted,
    /// A bucket of that name is there already.
    BucketExists,
    /// A cluster of that name is there already, and it isn't this resource's.
    ClusterExists,
    /// A region without a default VPC.
    NoDefaultVpc,
    /// A zone without a default subnet.
    NoSubnet,
    /// A role that a task definition names, and that the account doesn't have.
    NoRole,
    /// An endpoint that labform would have to guess: nothing was sent.
    UnknownEndpoint,
    /// A service whose tags labform doesn't read or write.
    UnsupportedTags,
    /// An answer of success that doesn't tell of everything that was asked.
    Incomplete,
    /// A policy in an answer that isn't JSON.
    MalformedPolicy,
    /// A body that refers to what isn't there.
    NotSent,
    /// A task that ECS did not start, without a reason.
    NoTask,
    /// A task that runs long after it was told to stop.
    StillThere,
    /// An object that AWS deletes for longer than it ever should.
    StillDeleting,
    /// A file system that holds data, or may hold some.
    HoldsData,
    /// A service that drains longer than any should.
    StillDraining,
    /// An endpoint that isn't AWS, and no registry that belongs to it.
    NoRegistry,
    /// A source that nobody could look at.
    SourceUnknown,
    /// A source that is missing or can't be read.
    NoSource,
    /// A pushed image that the registry doesn't show.
    NotPushed,
    /// No program `docker`, or none that starts.
    DockerMissing,
    /// A Docker without buildx.
    BuildxMissing,
    /// A Docker that doesn't run.
    DockerNotRunning,
    /// A processor that this machine can't stand in for.
    NoEmulation,
    /// A build that failed.
    BuildFailed,
    /// A registry or an archive, with what its error means.
    Registry(Meaning),
}

impl Cause {
    /// The cause as one word, as AWS has for its errors; empty if the message alone is shown.
    fn word(self) -> &'static str {
        match self {
            Self::NotSignedIn(_) | Self::InTheClear | Self::Unverified | Self::OtherRegion | Self::NoRole => "",
            Self::OtherAccount => "OtherAccount",
            Self::NotOurs => "NotOurs",
            Self::Gone => "Gone",
            Self::Overtaken => "Overtaken",
            Self::InvalidSpec => "InvalidSpec",
            Self::Interrupted => "Interrupted",
            // In S3's word, because other regions of S3 refuse it themselves.
            Self::BucketExists => "BucketAlreadyOwnedByYou",
            Self::ClusterExists => "ClusterAlreadyExists",
            Self::NoDefaultVpc => "NoDefaultVpc",
            Self::NoSubnet => "SubnetNotFound",
            Self::UnknownEndpoint => "UnknownEndpoint",
            Self::UnsupportedTags => "Unsupported",
            Self::Incomplete => "Incomplete",
            Self::MalformedPolicy => "MalformedPolicyDocument",
            Self::NotSent => "NotSent",
            Self::NoTask => "NoTask",
            Self::StillThere => "StillThere",
            Self::StillDeleting => "StillDeleting",
            Self::HoldsData => "HoldsData",
            Self::StillDraining => "StillDraining",
            Self::NoRegistry => "NoRegistry",
            Self::SourceUnknown => "SourceUnknown",
            Self::NoSource => "NoSource",
            Self::NotPushed => "NotPushed",
            Self::DockerMissing => "DockerMissing",
            Self::BuildxMissing => "BuildxMissing",
            Self::DockerNotRunning => "DockerNotRunning",
            Self::NoEmulation => "NoEmulation",
            Self::BuildFailed => "BuildFailed",
            Self::Registry(meaning) => meaning.word(),
        }
    }

    /// The advice for people.
    pub fn hint(self) -> Option<&'static str> {
        Some(match self {
            Self::NotSignedIn(reason) => reason.hint(),
            Self::InTheClear => {
                "anybody on the way could read them: give an https:// URL, take AWS_ENDPOINT_URL or the profile's endpoint_url away, or use made-up keys for an emulator"
            }
            Self::BucketExists => EXISTS,
            Self::NoDefaultVpc => "make one with `aws ec2 create-default-vpc`, or ask for another region in lab.yaml",
            Self::NoRole => {
                "name a role that the account has (`aws iam list-roles`), or describe one below `roles` and name that"
            }
            Self::NoRegistry => {
                "emulators have no registry: say where one is with --registry-url, as in http://127.0.0.1:5000, or try it on the embedded account: `--sandbox`"
            }
            Self::SourceUnknown => "its registry gave no answer: check the connection, then run the same command again",
            Self::DockerMissing => {
                "install Docker (https://docs.docker.com/get-docker), or build elsewhere and give the image as `archive:`, which takes no Docker"
            }
            Self::BuildxMissing => {
                "install the plugin: Docker Desktop has it, Debian and Ubuntu as `docker-buildx` or `docker-buildx-plugin`"
            }
            Self::DockerNotRunning => {
                "start Docker Desktop, or the daemon with `sudo systemctl start docker`; the image may also come as `archive:`, which takes no Docker"
            }
            Self::NoEmulation => {
                "this machine has another processor than the image is for: `docker run --privileged --rm tonistiigi/binfmt --install all` lets Docker run programs of the other"
            }
            Self::BuildFailed => "what Docker says above is about the Dockerfile or the files beside it",
            Self::Registry(meaning) => return meaning.hint(),
            _ => return None,
        })
    }
}

/// A refusal of labform itself, or something it finds wrong without an error of AWS's.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The source of the refusal: `labform`, a program, or the operation that it is about.
    pub at: String,
    /// The cause.
    pub cause: Cause,
    /// The words for people.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_words(f, &self.at, self.cause.word(), &self.message)
    }
}

/// Writes an error as all are shown: the operation or program, the code if there is one, and the words.
pub(super) fn write_words(f: &mut fmt::Formatter<'_>, at: &str, code: &str, words: &str) -> fmt::Result {
    write!(f, "{at}: ")?;
    if !code.is_empty() {
        write!(f, "{code}: ")?;
    }
    f.write_str(words.trim())
}

/// A call that the guard doesn't send, or that nobody could sign, as the SDK carries it.
#[derive(Debug)]
pub(super) struct Blocked {
    pub(super) cause: Cause,
    pub(super) message: String,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Blocked {}

/// The first cause of `error` that is a `T`.
pub(super) fn found<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    error.downcast_ref().or_else(|| found(error.source()?))
}
