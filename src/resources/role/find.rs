//! Roles that aren't the lab's.

use futures::future::try_join_all;

use super::{Role, calls};
use crate::cloud::{Cloud, Result, role_path};
use crate::resource::{By, Candidate, Findable, Grant, Key, Live, Need, Place, any_role_arn};

impl Findable for Role {
    fn keys() -> Vec<Key> {
        vec![Key::name("roleName"), Key::arn("arn", "iam:role/")]
    }

    /// IAM tells of one role after the other, and lists them without their tags.
    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
        let mut names = Vec::new();
        for by in by {
            match by {
                By::Name(name) | By::Id(name) => names.push(name.clone()),
                By::Arn(arn) => names.extend(Self::name_in(arn)),
                By::Lab { lab, .. } => names.extend(calls::names_below(cloud, &role_path(lab, &cloud.region)).await?),
                By::Default | By::Tags(_) => names.extend(calls::names_below(cloud, "/").await?),
            }
        }
        names.sort();
        names.dedup();
        let roles = try_join_all(names.iter().map(|name| calls::role(cloud, name))).await?;
        let roles = roles.into_iter().flatten();
        Ok(roles.map(|(live, tags)| Candidate { name: live.name.clone(), live, tags }).collect())
    }

    fn finding(by: &By, place: &Place) -> Vec<Grant> {
        let name = match by {
            By::Name(name) => name.clone(),
            By::Arn(arn) => Self::name_in(arn).unwrap_or_default(),
            _ => "*".to_owned(),
        };
        let get = Grant::on(Need::Read, &["iam:GetRole"], [any_role_arn(place, &name)]);
        let list = matches!(by, By::Tags(_) | By::Lab { .. });
        [Some(get), list.then(|| Grant::on(Need::Read, &["iam:ListRoles"], ["*"]))].into_iter().flatten().collect()
    }

    fn name_in(arn: &str) -> Option<String> {
        arn.rsplit('/').next().map(str::to_owned)
    }
}
