//! What IAM has to allow for repositories.

use super::Repository;
use crate::resource::{Grant, Granted, Names, Need, Place};

impl Granted for Repository {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["ecr:DescribeRepositories", "ecr:ListTagsForResource"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let repository = [place.arn("ecr", &format!("repository/{name}"))];
        let create = &["ecr:CreateRepository", "ecr:TagResource"];
        let mut grants = vec![
            Grant::on(Need::Change, create, repository).tagging(place),
            Grant::on_owned(Need::Delete, &["ecr:DeleteRepository"], place),
        ];
        let mut change = |actions| grants.push(Grant::on_owned(Need::Change, actions, place));
        change(&["ecr:TagResource"]);
        if self.image_scanning_configuration.is_some() {
            change(&["ecr:PutImageScanningConfiguration"]);
        }
        if self.image_tag_mutability.is_some() {
            change(&["ecr:PutImageTagMutability"]);
        }
        if self.lifecycle_policy_text.is_some() {
            change(&["ecr:PutLifecyclePolicy"]);
            let read = &["ecr:GetLifecyclePolicy"];
            grants.push(Grant::in_region(Need::Read, read, place));
        }
        grants
    }
}
