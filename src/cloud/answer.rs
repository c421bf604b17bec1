//! AWS's answer to a call that failed, and what that means.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::not_signed_in::NotSignedIn;
use super::refusal::write_words;

/// The meaning of an answer of AWS's for labform, decided from AWS's code, and from the message only if AWS gives one
/// code to many causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The object isn't there.
    NotFound,
    /// An object of that name is there already.
    AlreadyExists,
    /// The caller may not do this.
    Denied,
    /// The credentials are missing, wrong or expired.
    Credentials,
    /// A quota of the account is full.
    Quota,
    /// AWS asked to slow down, and the SDK's retries are used up.
    Throttled,
    /// No answer came: connection or timeout.
    Network,
    /// What came isn't an answer of AWS's: a page of something between, or half of an answer.
    Strange,
    /// The answer means something else; the code tells.
    Other,
}

/// A call to AWS that failed.
///
/// The SDK's own error isn't kept as its source: its `Debug` shows bodies, which may hold secrets. Its chain of causes
/// is in the message.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The operation, in AWS's own name, as in `CreateService`.
    pub operation: String,
    /// AWS's code, as in `ClientException`; empty if no answer came.
    pub code: String,
    /// AWS's own words.
    pub message: String,
    /// AWS's request id, which AWS Support asks for.
    pub request_id: Option<String>,
    /// The meaning for labform.
    pub kind: ErrorKind,
    /// The time for which labform has waited for the refusal to pass, if it has; zero if it won't pass by itself.
    pub waited: Option<Duration>,
}

impl Answer {
    /// AWS's refusal of `operation` with `code`.
    pub fn new(operation: &str, code: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let kind = kind_with_message(code, &message);
        Self { operation: operation.to_owned(), code: code.to_owned(), message, request_id: None, kind, waited: None }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_words(f, &self.operation, &self.code, &self.words())?;
        match &self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

impl Answer {
    /// AWS's words, behind the time for which labform has waited.
    fn words(&self) -> Cow<'_, str> {
        match self.waited {
            Some(waited) if waited.is_zero() => self.message.as_str().into(),
            Some(waited) => format!("after {} minutes still: {}", waited.as_secs() / 60, self.message).into(),
            None => self.message.as_str().into(),
        }
    }
}

/// ECS answers a missing task definition with its general ClientException (API reference, DescribeTaskDefinition), and
/// a deregistered or unknown service in the same way.
pub(super) fn kind_with_message(code: &str, message: &str) -> ErrorKind {
    if code == "ClientException" && message.contains("Unable to describe task definition") {
        return ErrorKind::NotFound;
    }
    // CreateService of a name that is taken, with other fields (API reference, CreateService: clientToken).
    if code == "InvalidParameterException" && message.contains("not idempotent") {
        return ErrorKind::AlreadyExists;
    }
    // CreateTopic answers with the topic that is there, unless it has other tags or attributes.
    if code == "InvalidParameter" && message.contains("already exists with different") {
        return ErrorKind::AlreadyExists;
    }
    // EventBridge Scheduler answers so for a name that is taken, and others for two changes at once.
    if code == "ConflictException" && message.contains("already exists") {
        return ErrorKind::AlreadyExists;
    }
    // A private namespace whose name the VPC has already, in an operation of Cloud Map's that failed.
    if code == "CANNOT_CREATE_HOSTED_ZONE" && message.contains("ConflictingDomainExists") {
        return ErrorKind::AlreadyExists;
    }
    kind_of(code, message)
}

fn kind_of(code: &str, message: &str) -> ErrorKind {
    if NotSignedIn::of(code, message).is_some() {
        return ErrorKind::Credentials;
    }
    match code {
        "NoSuchEntity"
        | "NoSuchBucket"
        | "NotFound"
        | "MISSING"
        | "ResourceNotFound"
        | "DashboardNotFoundError"
        | "ClusterNotFoundException"
        | "ServiceNotFoundException"
        | "ResourceNotFoundException"
        | "ObjectNotFoundException"
        | "RepositoryNotFoundException"
        | "LifecyclePolicyNotFoundException"
        | "RepositoryPolicyNotFoundException"
        | "ImageNotFoundException"
        | "ScanNotFoundException"
        | "LoadBalancerNotFound"
        | "TargetGroupNotFound"
        | "ListenerNotFound"
        | "RuleNotFound"
        | "InvalidGroup.NotFound"
        | "InvalidSecurityGroupRuleId.NotFound"
        | "InvalidGroupId.NotFound"
        | "InvalidVpcID.NotFound"
        | "InvalidSubnetID.NotFound"
        | "InvalidInternetGatewayID.NotFound"
        | "Gateway.NotAttached"
        | "InvalidRouteTableID.NotFound"
        | "InvalidRoute.NotFound"
        | "InvalidAssociationID.NotFound"
        | "InvalidAllocationID.NotFound"
        | "NatGatewayNotFound"
        | "InvalidVpcEndpointId.NotFound"
        | "ParameterNotFound"
        | "FileSystemNotFound"
        | "MountTargetNotFound"
        | "AccessPointNotFound"
        | "NamespaceNotFound"
        | "ServiceNotFound"
        | "InstanceNotFound"
        | "NamespaceNotFoundException"
        | "InvalidResourceId"
        | "NoSuchTagSet"
        | "NoSuchPublicAccessBlockConfiguration" => ErrorKind::NotFound,
        "EntityAlreadyExists"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "RepositoryAlreadyExistsException"
        | "ResourceAlreadyExistsException"
        | "ResourceExistsException"
        | "InvalidGroup.Duplicate"
        | "InvalidSubnet.Conflict"
        | "Resource.AlreadyAssociated"
        | "RouteAlreadyExists"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener"
        | "PriorityInUse"
        | "FileSystemAlreadyExists"
        | "AccessPointAlreadyExists"
        | "ParameterAlreadyExists"
        | "NamespaceAlreadyExists"
        | "ServiceAlreadyExists" => ErrorKind::AlreadyExists,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" | "403" => {
            ErrorKind::Denied
        }
        "LimitExceededException"
        | "ServiceQuotaExceededException"
        | "LimitExceeded"
        | "ResourceLimitExceeded"
        | "TooManyLoadBalancers"
        | "TooManyTargetGroups"
        | "TooManyListeners"
        | "TooManyRules"
        | "TooManyBuckets"
        | "ParameterLimitExceeded"
        | "LimitExceededFault"
        | "TopicLimitExceeded"
        | "SubscriptionLimitExceeded"
        | "SecurityGroupLimitExceeded"
        | "FileSystemLimitExceeded"
        | "AccessPointLimitExceeded"
        | "NetworkInterfaceLimitExceeded"
        | "VpcLimitExceeded"
        | "SubnetLimitExceeded"
        | "InternetGatewayLimitExceeded"
        | "RouteTableLimitExceeded"
        | "AddressLimitExceeded"
        | "NatGatewayLimitExceeded"
        | "VpcEndpointLimitExceeded"
        | "RulesPerSecurityGroupLimitExceeded" => ErrorKind::Quota,
        "ThrottlingException"
        | "Throttling"
        | "ThrottledException"
        | "RequestLimitExceeded"
        | "SlowDown"
        | "EC2ThrottledException"
        | "TooManyRequestsException" => ErrorKind::Throttled,
        _ => ErrorKind::Other,
    }
}
