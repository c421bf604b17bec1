//! Tags as the list type of each service's SDK.

use crate::model::Tags;

/// Tags as Amazon EC2's type.
pub fn ec2_tags(tags: &Tags) -> Vec<aws_sdk_ec2::types::Tag> {
    tags.iter().map(|(key, value)| aws_sdk_ec2::types::Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as IAM's type.
pub fn iam_tags(tags: &Tags) -> Vec<aws_sdk_iam::types::Tag> {
    use aws_sdk_iam::types::Tag;
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build().expect("key and value are given"))
        .collect()
}

/// Tags as Amazon S3's type.
pub fn s3_tags(tags: &Tags) -> Vec<aws_sdk_s3::types::Tag> {
    use aws_sdk_s3::types::Tag;
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build().expect("key and value are given"))
        .collect()
}
