//! Roles that aren't the lab's.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use serde_json::Value;

use super::{Role, calls};
use crate::cloud::{Cloud, ErrorKind, Result, identity, role_path};
use crate::model::Tags;
use crate::resource::{By, Candidate, Findable, Grant, Key, Live, Need, Place, any_role_arn};

impl Findable for Role {
    fn keys() -> Vec<Key> {
        vec![Key::name("roleName"), Key::arn("arn", "iam:role/")]
    }

    /// IAM tells of one role after the other, and lists them without their tags.
    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<Live>>> {
        let (mut names, mut arns) = (Vec::new(), BTreeMap::new());
        for by in by {
            match by {
                By::Name(name) | By::Id(name) => names.push(name.clone()),
                By::Arn(arn) => {
                    let name = Self::name_in(arn).unwrap_or_default();
                    arns.insert(name.clone(), arn.clone());
                    names.push(name);
                }
                By::Lab { lab, .. } => names.extend(calls::names_below(cloud, &role_path(lab, &cloud.region)).await?),
                By::Default | By::Tags(_) => names.extend(calls::names_below(cloud, "/").await?),
            }
        }
        names.sort();
        names.dedup();
        let roles = try_join_all(names.iter().map(|name| role(cloud, name, arns.get(name)))).await?;
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

/// A role of the account. Of one that IAM doesn't tell of, the ARN alone is known: the one that is given, or that of its name
/// without a path. Learners' accounts let nobody read their roles, and tasks get one by its ARN.
async fn role(cloud: &Cloud, name: &str, arn: Option<&String>) -> Result<Option<(Live, Tags)>> {
    match calls::role(cloud, name).await {
        Err(error) if error.kind() == ErrorKind::Denied => {
            let arn = match arn {
                Some(arn) => arn.clone(),
                None => {
                    let account = identity(cloud).await?;
                    format!("arn:{}:iam::{}:role/{name}", account.partition(), account.id)
                }
            };
            Ok(Some((Live { name: name.to_owned(), arn, document: Value::Null }, Tags::new())))
        }
        role => role,
    }
}
