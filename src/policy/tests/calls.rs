//! The actions that AWS asks for at a call, and those that no call of the tests uses.

/// Operations whose actions are not just those of the same name (Service Authorization Reference, and for S3 "Required
/// permissions for Amazon S3 API operations"). The keys are those that the seam counts by.
const ACTIONS: [(&str, &[&str]); 29] = [
    // It needs no permission (GetCallerIdentity, API reference).
    ("sts:GetCallerIdentity", &[]),
    ("tagging:GetResources", &["tag:GetResources"]),
    ("s3:GET max-buckets=1000", &["s3:ListAllMyBuckets"]),
    ("s3:HEAD ", &["s3:ListBucket"]),
    ("s3:GET versioning", &["s3:GetBucketVersioning"]),
    ("s3:PUT versioning", &["s3:PutBucketVersioning"]),
    ("s3:GET publicAccessBlock", &["s3:GetBucketPublicAccessBlock"]),
    ("s3:PUT publicAccessBlock", &["s3:PutBucketPublicAccessBlock"]),
    ("s3:GET tagging", &["s3:GetBucketTagging"]),
    ("s3:PUT tagging", &["s3:PutBucketTagging"]),
    ("s3:GET versions", &["s3:ListBucketVersions"]),
    ("s3:GET uploads", &["s3:ListBucketMultipartUploads"]),
    ("s3:POST delete", &["s3:DeleteObject", "s3:DeleteObjectVersion"]),
    ("s3:PUT object", &["s3:PutObject"]),
    // Where there is no such object, S3 says so only to those who may list its bucket.
    ("s3:GET object", &["s3:GetObject", "s3:ListBucket"]),
    // Calls on the bucket as a whole.
    ("s3:PUT ", &["s3:CreateBucket", "s3:TagResource"]),
    ("s3:DELETE ", &["s3:DeleteBucket"]),
    ("ec2:CreateSecurityGroup", &["ec2:CreateSecurityGroup", "ec2:CreateTags"]),
    ("ecr:CreateRepository", &["ecr:CreateRepository", "ecr:TagResource"]),
    ("logs:CreateLogGroup", &["logs:CreateLogGroup", "logs:TagResource"]),
    ("secretsmanager:CreateSecret", &["secretsmanager:CreateSecret", "secretsmanager:TagResource"]),
    ("iam:CreateRole", &["iam:CreateRole", "iam:TagRole"]),
    ("elasticloadbalancing:CreateListener", &["elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"]),
    // The first of an account makes the service's own role.
    (
        "elasticloadbalancing:CreateLoadBalancer",
        &["elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:AddTags", "iam:CreateServiceLinkedRole"],
    ),
    (
        "elasticloadbalancing:CreateTargetGroup",
        &["elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags", "iam:CreateServiceLinkedRole"],
    ),
    ("ecs:CreateCluster", &["ecs:CreateCluster", "ecs:TagResource", "iam:CreateServiceLinkedRole"]),
    ("ecs:CreateService", &["ecs:CreateService", "ecs:TagResource", "iam:CreateServiceLinkedRole"]),
    ("ecs:RegisterTaskDefinition", &["ecs:RegisterTaskDefinition", "ecs:TagResource", "iam:PassRole"]),
    ("ecs:RunTask", &["ecs:RunTask", "ecs:TagResource", "iam:PassRole"]),
];

/// The actions that are allowed although no call of the tests uses them, and why they are.
pub(super) const RARE: [(&str, &str); 6] = [
    ("s3:AbortMultipartUpload", "the embedded account has no multipart uploads to abort"),
    (
        "s3:ListBucketVersions",
        "apply lists only what keeps it from deleting a bucket that has left the file, and fails then",
    ),
    (
        "ecs:ListContainerInstances",
        "only instances that somebody registered in the lab's cluster keep it from being deleted so",
    ),
    (
        "elasticloadbalancing:DescribeRules",
        "only where rules that somebody made forward to a target group that is to go",
    ),
    (
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "a destroy asks for how long targets drain, and here none drains any more when it looks",
    ),
    ("iam:ListInstanceProfilesForRole", "only where somebody put a role that is to go into an instance profile"),
];

/// The actions that AWS asks for at the call that the seam counted under `key`.
pub(super) fn actions(key: &str) -> Vec<String> {
    let listed = ACTIONS.iter().find(|(operation, _)| *operation == key);
    let same = [key];
    listed.map_or(&same[..], |(_, actions)| actions).iter().map(|action| (*action).to_owned()).collect()
}
