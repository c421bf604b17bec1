//! Permissions that IAM has to give for buckets.

use super::Bucket;
use super::settings::Setting;
use crate::resource::{Grant, Granted, Names, Need, Place, document};
use crate::resources::OnDestroy;

/// Buckets take conditions on their tags only if attribute-based access control is turned on for them, so that only
/// their names say whose they are (CreateBucketConfiguration, API reference).
impl Granted for Bucket {
    fn listing(_: &Place) -> Vec<Grant> {
        vec![Grant::on(Need::Read, &["s3:GetBucketTagging", "s3:ListAllMyBuckets"], ["*"])]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let bucket = &format!("arn:{}:s3:::{name}", place.partition);
        let on = |need: Need, actions| Grant::on(need, actions, [bucket]);
        let (versioning, block) = (self.versioning_configuration, self.public_access_block_configuration);
        let mut grants = vec![
            on(Need::Change, &["s3:CreateBucket", "s3:TagResource"]).tagging(place),
            on(Need::Change, &["s3:PutBucketTagging"]),
            // Listing is for emptying, and for saying what keeps the bucket.
            on(Need::Delete, &["s3:DeleteBucket", "s3:ListBucketVersions"]),
        ];
        if versioning.is_some() {
            grants.push(on(Need::Compare, &["s3:GetBucketVersioning"]));
            grants.push(on(Need::Change, &["s3:PutBucketVersioning"]));
        }
        if block.is_some() {
            grants.push(on(Need::Compare, &["s3:GetBucketPublicAccessBlock"]));
            grants.push(on(Need::Change, &["s3:PutBucketPublicAccessBlock"]));
        }
        let given = document(self);
        for setting in Setting::ALL {
            if let Some(want) = given.get(setting.field()) {
                let [read, put, delete] = setting.actions();
                grants.push(on(Need::Compare, &[]).allowing(read.to_owned()));
                let change = if Setting::is_none(want) { delete } else { put };
                grants.push(on(Need::Change, &[]).allowing(change.to_owned()));
            }
        }
        if versioning.is_none() && block.is_none() {
            // HeadBucket has no action of its own.
            grants.push(on(Need::Compare, &["s3:ListBucket"]));
        }
        if self.on_destroy == Some(OnDestroy::Empty) {
            let objects = [format!("{bucket}/*")];
            let empty = &["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"];
            grants.push(on(Need::Destroy, &["s3:ListBucketMultipartUploads"]));
            grants.push(Grant::on(Need::Destroy, empty, objects));
        }
        grants
    }
}
