//! Permissions that IAM has to give for security groups.

use super::SecurityGroup;
use crate::resource::{Grant, Granted, Names, Need, Place};

impl Granted for SecurityGroup {
    fn listing(place: &Place) -> Vec<Grant> {
        let actions = &["ec2:DescribeSecurityGroups", "ec2:DescribeTags"];
        vec![Grant::in_region(Need::Read, actions, place)]
    }

    /// The ARN of a group holds its id, so that its name can't be asked for.
    fn grants(&self, _name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let create = &["ec2:CreateSecurityGroup"];
        let groups = [place.arn("ec2", "security-group/*")];
        // The call is asked for on the VPC too, which gets no tag.
        let vpcs = [place.arn("ec2", "vpc/*")];
        let mut grants = vec![
            Grant::on(Need::Change, create, groups).tagging(place),
            Grant::on(Need::Change, create, vpcs),
            Grant::while_creating(&["ec2:CreateTags"], "ec2:CreateAction"),
            Grant::on_owned(Need::Delete, &["ec2:DeleteSecurityGroup"], place),
            // Two groups that name each other let go of each other first.
            Grant::on_owned(Need::Delete, &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"], place),
            // What holds a group.
            Grant::in_region(Need::Delete, &["ec2:DescribeNetworkInterfaces"], place),
        ];
        let mut change = |actions| grants.push(Grant::on_owned(Need::Change, actions, place));
        change(&["ec2:CreateTags"]);
        if self.ip_permissions.is_some() {
            change(&["ec2:AuthorizeSecurityGroupIngress"]);
            change(&["ec2:RevokeSecurityGroupIngress"]);
            change(&["ec2:UpdateSecurityGroupRuleDescriptionsIngress"]);
        }
        if self.ip_permissions_egress.is_some() {
            change(&["ec2:AuthorizeSecurityGroupEgress"]);
            change(&["ec2:RevokeSecurityGroupEgress"]);
            change(&["ec2:UpdateSecurityGroupRuleDescriptionsEgress"]);
        }
        grants
    }
}
