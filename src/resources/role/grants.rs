//! Permissions that IAM has to give for roles.

use super::Role;
use crate::cloud::role_path;
use crate::resource::{Grant, Granted, Names, Need, Place, any_role_arn, role_arn};

/// The path of the lab's roles says whose they are, so that no condition on tags is needed.
impl Granted for Role {
    fn listing(place: &Place) -> Vec<Grant> {
        vec![
            Grant::on(Need::Read, &["iam:ListRoles"], ["*"]),
            Grant::on(Need::Read, &["iam:GetRole"], [lab_roles(place)]),
        ]
    }

    /// # Caveats
    /// Who may write the policies of a role and pass it to a task can do all that a role can do.
    fn grants(&self, name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        let read = &["iam:ListAttachedRolePolicies", "iam:ListRolePolicies"];
        let strip = &[
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListInstanceProfilesForRole",
            "iam:ListRolePolicies",
        ];
        let roles = &lab_roles(place);
        let on = |need: Need, actions| Grant::on(need, actions, [roles]);
        let mut grants = vec![
            Grant::on(Need::Read, &["iam:GetRole"], [any_role_arn(place, name)]),
            on(Need::Read, read),
            Grant::on(Need::Read, &["iam:GetAccountAuthorizationDetails"], ["*"]).optional("OptionalAllRolesAtOnce"),
            on(Need::Compare, &["iam:GetRolePolicy"]),
            on(Need::Change, &["iam:CreateRole"]).tagging(place),
            on(Need::Change, &["iam:TagRole", "iam:UpdateAssumeRolePolicy"]),
            on(Need::Delete, strip),
        ];
        if self.description.is_some() || self.max_session_duration.is_some() {
            grants.push(on(Need::Change, &["iam:UpdateRole"]));
        }
        match self.permissions_boundary.as_deref() {
            Some("") => grants.push(on(Need::Change, &["iam:DeleteRolePermissionsBoundary"])),
            Some(arn) => {
                let bound = on(Need::Change, &["iam:PutRolePermissionsBoundary"]);
                grants.push(bound.only("StringEquals", "iam:PermissionsBoundary", [arn]));
            }
            None => {}
        }
        if self.policies.is_some() {
            grants.push(on(Need::Change, &["iam:PutRolePolicy"]));
        }
        if let Some(arns) = self.managed_policy_arns.as_ref().filter(|arns| !arns.is_empty()) {
            let attach = on(Need::Change, &["iam:AttachRolePolicy"]);
            grants.push(attach.only("ArnEquals", "iam:PolicyARN", arns));
        }
        grants
    }
}

/// The ARN of all roles of the lab.
pub(in crate::resources) fn lab_roles(place: &Place) -> String {
    role_arn(place, &role_path(&place.lab, &place.region), "*")
}
