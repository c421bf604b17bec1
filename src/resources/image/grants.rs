//! Permissions that IAM has to give for images.

use super::Image;
use crate::resource::{Grant, Granted, Names, Need, Place};

impl Granted for Image {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    /// A push takes the registry's own actions ("IAM permissions for pushing an image", Amazon ECR user guide), on the
    /// lab's own repositories only. A build's first tag is taken away again.
    fn grants(&self, _name: &str, names: &Names, place: &Place) -> Vec<Grant> {
        let repository = names.get(&self.repository.address()).into_iter();
        let repository: Vec<String> = repository.map(|name| place.arn("ecr", &format!("repository/{name}"))).collect();
        let read = &["ecr:BatchGetImage", "ecr:DescribeImages"];
        let push = &[
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchDeleteImage",
            "ecr:CompleteLayerUpload",
            "ecr:GetDownloadUrlForLayer",
            "ecr:InitiateLayerUpload",
            "ecr:PutImage",
            "ecr:UploadLayerPart",
        ];
        vec![
            Grant::on(Need::Look, &["ecr:DescribeImageScanFindings"], repository.clone()),
            Grant::on(Need::Compare, read, repository),
            Grant::on_owned(Need::Change, push, place),
            Grant::in_region(Need::Change, &["ecr:GetAuthorizationToken"], place),
        ]
    }
}
