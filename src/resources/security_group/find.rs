//! Security groups that aren't the lab's.

use super::read::groups;
use super::{SecurityGroup, SecurityGroupLive};
use crate::cloud::{Cloud, Result};
use crate::resource::{By, Candidate, Findable, Grant, Key, Need, Place, Resource as _};

impl Findable for SecurityGroup {
    fn keys() -> Vec<Key> {
        vec![Key::name("groupName"), Key::id("groupId", "sg-"), Key::arn("securityGroupArn", "ec2:security-group/")]
    }

    async fn find(cloud: &Cloud, by: &[&By]) -> Result<Vec<Candidate<SecurityGroupLive>>> {
        let mut found = Vec::new();
        let (mut names, mut ids) = (Vec::new(), Vec::new());
        for by in by {
            match by {
                By::Name(name) => names.push(name.clone()),
                By::Id(id) => ids.push(id.clone()),
                By::Arn(arn) => ids.extend(Self::name_in(arn)),
                By::Default | By::Tags(_) | By::Lab { .. } => {}
            }
        }
        let tags = by.iter().filter_map(|by| by.tags(Self::KIND));
        // One tag finds them, and a look at the others tells which is meant.
        let tagged = tags.map(|tags| match tags.into_iter().next() {
            Some((key, value)) => (format!("tag:{key}"), vec![value]),
            None => ("group-name".to_owned(), vec!["*".to_owned()]),
        });
        let named = [("group-name".to_owned(), names), ("group-id".to_owned(), ids)].into_iter();
        for (filter, values) in named.filter(|(_, values)| !values.is_empty()).chain(tagged) {
            found.extend(groups(cloud, &filter, values).await?);
        }
        found.sort_by(|(one, _), (other, _)| one.group_id.cmp(&other.group_id));
        found.dedup_by(|(one, _), (other, _)| one.group_id == other.group_id);
        Ok(found.into_iter().map(|(live, tags)| Candidate { name: live.name.clone(), live, tags }).collect())
    }

    fn finding(_by: &By, place: &Place) -> Vec<Grant> {
        vec![Grant::in_region(Need::Read, &["ec2:DescribeSecurityGroups"], place)]
    }

    fn name_in(arn: &str) -> Option<String> {
        arn.rsplit('/').next().map(str::to_owned)
    }
}
