//! Permissions that IAM has to give for rules in groups of others.

use super::SecurityGroupRule;
use crate::resource::{Grant, Granted, Names, Need, Place};
use crate::resources::security_group::GroupId;

impl Granted for SecurityGroupRule {
    fn listing(place: &Place) -> Vec<Grant> {
        // Whether there are any, EC2's tags tell: without a rule nothing more is asked.
        vec![Grant::in_region(Need::Read, &["ec2:DescribeTags"], place)]
    }

    /// The calls are asked for on the group as well, which has no tag of the lab's.
    fn grants(&self, _name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let group = match &self.group_id {
            GroupId::Id(id) => id,
            GroupId::Own | GroupId::Lab(_) => "*",
        };
        let group = place.arn("ec2", &format!("security-group/{group}"));
        let rules = place.arn("ec2", "security-group-rule/*");
        let authorize: &[&str] = match self.is_out() {
            true => &["ec2:AuthorizeSecurityGroupEgress"],
            false => &["ec2:AuthorizeSecurityGroupIngress"],
        };
        let (modify, tag) = (&["ec2:ModifySecurityGroupRules"], &["ec2:CreateTags"]);
        let revoke = &["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"];
        vec![
            Grant::in_region(Need::Read, &["ec2:DescribeSecurityGroupRules"], place),
            Grant::on(Need::Change, authorize, [group.clone(), rules]).tagging(place),
            Grant::while_creating(tag, "ec2:CreateAction"),
            Grant::on_owned(Need::Change, tag, place),
            Grant::on(Need::Change, modify, [group.clone()]),
            Grant::on_owned(Need::Change, modify, place),
            Grant::on(Need::Delete, revoke, [group]),
            Grant::on_owned(Need::Delete, revoke, place),
        ]
    }
}
