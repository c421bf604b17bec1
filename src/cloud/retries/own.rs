//! The refusals that pass of the services that are called through the SDK's crates: data only, with the sources of the other
//! table.

use super::{Passing, SPREADS, row};

const CHANGES_A_ROLE: &[&str] = &[
    "CreateRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "PutRolePolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "DeleteRolePolicy",
    "TagRole",
    "DeleteRole",
];
const CHANGES_A_BUCKET: &[&str] = &[
    "CreateBucket",
    "PutBucketVersioning",
    "PutPublicAccessBlock",
    "PutBucketTagging",
    "PutBucketOwnershipControls",
    "PutBucketEncryption",
    "PutBucketPolicy",
    "PutBucketLifecycleConfiguration",
    "PutBucketCors",
    "PutBucketWebsite",
    "DeleteBucketOwnershipControls",
    "DeleteBucketEncryption",
    "DeleteBucketPolicy",
    "DeleteBucketLifecycle",
    "DeleteBucketCors",
    "DeleteBucketWebsite",
    "DeleteBucket",
];
/// The operations that follow the making of a bucket.
const SETS_A_BUCKET: &[&str] = &[
    "PutBucketVersioning",
    "PutPublicAccessBlock",
    "PutBucketOwnershipControls",
    "PutBucketEncryption",
    "PutBucketPolicy",
    "PutBucketLifecycleConfiguration",
    "PutBucketCors",
    "PutBucketWebsite",
];

/// IAM.
pub(crate) static IAM: &[Passing] = &[
    row(
        &[
            "UpdateAssumeRolePolicy",
            "UpdateRole",
            "PutRolePolicy",
            "PutRolePermissionsBoundary",
            "AttachRolePolicy",
            "TagRole",
        ],
        "NoSuchEntity",
        Some("role with name"),
        SPREADS,
        "a new role has not spread through IAM yet",
    ),
    row(
        CHANGES_A_ROLE,
        "MalformedPolicyDocument",
        Some("Invalid principal"),
        SPREADS,
        "a principal that the policy names has not spread through IAM yet",
    ),
    row(CHANGES_A_ROLE, "ConcurrentModification", None, SPREADS, "IAM takes one change of a role at a time"),
    row(CHANGES_A_ROLE, "EntityTemporarilyUnmodifiable", None, SPREADS, "IAM can't change the role at the moment"),
    row(&["DeleteRole"], "DeleteConflict", None, SPREADS, "IAM still finds policies on the role"),
];

/// Amazon S3.
pub(crate) static S3: &[Passing] = &[
    row(
        CHANGES_A_BUCKET,
        "OperationAborted",
        None,
        SPREADS,
        "S3 takes one change of a bucket at a time, and a name is taken for a while after its bucket is deleted",
    ),
    row(SETS_A_BUCKET, "NoSuchBucket", None, SPREADS, "the new bucket has not spread through S3 yet"),
    row(
        &["PutBucketPolicy"],
        "MalformedPolicy",
        Some("Invalid principal"),
        SPREADS,
        "a principal that the policy names has not spread through IAM yet",
    ),
];
