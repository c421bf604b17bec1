//! The calls to Amazon EC2 that make, change and delete security groups.

use aws_sdk_ec2::types::{IpPermission, ResourceType, TagSpecification};

use super::holders::{interfaces, rules_of_others};
use super::read::groups;
use super::rule::{Direction, Moves, Rule};
use crate::cloud::{Cloud, CloudError, Result, ec2_tags};
use crate::resource::{Target, Waiting, retry};
use crate::resources::answered;
use crate::resources::held::held_by;

/// Makes a group without rules of its own. Returns its id.
pub(super) async fn create(cloud: &Cloud, target: &Target, description: &str, vpc_id: &str) -> Result<String> {
    let tags =
        TagSpecification::builder().resource_type(ResourceType::SecurityGroup).set_tags(Some(ec2_tags(&target.tags)));
    let answer = cloud
        .ec2
        .create_security_group()
        .group_name(&target.name)
        .description(description)
        .vpc_id(vpc_id)
        .tag_specifications(tags.build())
        .send()
        .await?;
    answered("CreateSecurityGroup", answer.group_id().map(str::to_owned))
}

/// A direction of a group's rules, to be edited.
pub(super) struct Rules<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) waiting: &'a Waiting,
    pub(super) id: &'a str,
    pub(super) direction: Direction,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Authorize,
    Describe,
    Revoke,
}

impl Rules<'_> {
    /// Makes `moves` happen: adds before it removes.
    pub(super) async fn make(&self, moves: &Moves) -> Result<()> {
        let described: Vec<Rule> = moves.describe.iter().map(|(_, new)| new.clone()).collect();
        self.edit(Edit::Authorize, &moves.add).await?;
        self.edit(Edit::Describe, &described).await?;
        self.edit(Edit::Revoke, &moves.remove).await
    }

    /// Edits rules. A bad rule fails the whole call; if one is as it should be already, each rule goes by itself.
    async fn edit(&self, edit: Edit, rules: &[Rule]) -> Result<()> {
        let is_done = |error: &CloudError| match edit {
            Edit::Authorize => error.is("InvalidPermission.Duplicate"),
            Edit::Describe => false,
            Edit::Revoke => error.is("InvalidPermission.NotFound"),
        };
        if rules.is_empty() {
            return Ok(());
        }
        match self.send(edit, rules).await {
            Err(error) if is_done(&error) => {}
            result => return result,
        }
        if rules.len() > 1 {
            for rule in rules {
                match self.send(edit, std::slice::from_ref(rule)).await {
                    Err(error) if !is_done(&error) => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    async fn send(&self, edit: Edit, rules: &[Rule]) -> Result<()> {
        let Self { cloud, id, direction, waiting } = *self;
        let permissions: Vec<IpPermission> = rules.iter().map(Rule::to_permission).collect();
        retry(cloud, waiting, || {
            let permissions = Some(permissions.clone());
            async move {
                match (edit, direction) {
                    (Edit::Authorize, Direction::Ingress) => {
                        let call = cloud.ec2.authorize_security_group_ingress().group_id(id);
                        call.set_ip_permissions(permissions).send().await?;
                    }
                    (Edit::Authorize, Direction::Egress) => {
                        let call = cloud.ec2.authorize_security_group_egress().group_id(id);
                        call.set_ip_permissions(permissions).send().await?;
                    }
                    (Edit::Describe, Direction::Ingress) => {
                        let call = cloud.ec2.update_security_group_rule_descriptions_ingress();
                        let call = call.group_id(id).set_ip_permissions(permissions);
                        call.send().await?;
                    }
                    (Edit::Describe, Direction::Egress) => {
                        let call = cloud.ec2.update_security_group_rule_descriptions_egress();
                        let call = call.group_id(id).set_ip_permissions(permissions);
                        call.send().await?;
                    }
                    (Edit::Revoke, Direction::Ingress) => {
                        let call = cloud.ec2.revoke_security_group_ingress().group_id(id);
                        call.set_ip_permissions(permissions).send().await?;
                    }
                    (Edit::Revoke, Direction::Egress) => {
                        let call = cloud.ec2.revoke_security_group_egress().group_id(id);
                        call.set_ip_permissions(permissions).send().await?;
                    }
                }
                Ok(())
            }
        })
        .await
    }
}

/// Returns whether AWS refuses to delete a group because something uses it still.
pub(super) fn is_held(error: &CloudError) -> bool {
    error.is("DependencyViolation") || error.is("InvalidGroup.InUse")
}

/// Tries to delete a group once. A refusal says what holds it.
pub(super) async fn delete(cloud: &Cloud, id: &str, waiting: &Waiting) -> Result<()> {
    let delete = cloud.ec2.delete_security_group().group_id(id);
    match delete.send().await.map_err(CloudError::from) {
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) if is_held(&error) => {
            let interfaces = interfaces(cloud, id).await;
            let rules = rules_of_others(cloud, id).await;
            // Only a rule holds it: that of a group of the lab may wait for this one's in turn.
            if let (Ok([]), Ok([_, ..])) = (interfaces.as_deref(), rules.as_deref()) {
                let_go_of_others(cloud, id, waiting).await?;
            }
            let holders = interfaces.and_then(|interfaces| Ok([interfaces, rules?].concat()));
            Err(held_by(error, holders))
        }
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}

/// Takes the rules out of a group that is going that name other groups, so that those can go. Two groups that name each
/// other would wait for each other for good. Rules of another group are never touched.
async fn let_go_of_others(cloud: &Cloud, id: &str, waiting: &Waiting) -> Result<()> {
    for (group, _) in groups(cloud, "group-id", vec![id.to_owned()]).await? {
        for direction in [Direction::Ingress, Direction::Egress] {
            let own = group.rules(direction).into_iter();
            let remove: Vec<Rule> = own.filter(|rule| rule.names_another(id)).collect();
            let rules = Rules { cloud, waiting, id, direction };
            rules.edit(Edit::Revoke, &remove).await?;
        }
    }
    Ok(())
}
