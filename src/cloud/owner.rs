//! The owner of an object: owner tags, and the path that roles live under.

use crate::model::{Address, Tags};

/// The owner tag: the lab's name.
pub const LAB_TAG: &str = "labform:lab";
/// The owner tag with the address of the resource in its lab.
pub const RESOURCE_TAG: &str = "labform:resource";
/// The owner tag with the digest of the desired state that was last applied: a hint for people, and for no diff.
pub const SPEC_TAG: &str = "labform:spec";
/// The tag that is `true` on an object that is never to be deleted or replaced; `false` on one that once was.
pub const PROTECT_TAG: &str = "labform:protect";

/// The owner of an object, by its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The lab, under this address.
    Lab(Address),
    /// Somebody else; the words say who, as far as the tags tell.
    Other(String),
}

impl Owner {
    /// Reads the owner off the tags of an object.
    pub fn of(tags: &Tags, lab: &str) -> Self {
        if let Some(stack) = tags.get("aws:cloudformation:stack-name") {
            return Self::Other(format!("it belongs to the CloudFormation stack `{stack}`"));
        }
        match (tags.get(LAB_TAG), tags.get(RESOURCE_TAG).and_then(|text| text.parse().ok())) {
            (Some(owner), Some(address)) if owner == lab => Self::Lab(address),
            (Some(owner), _) if owner != lab => Self::Other(format!("it belongs to the lab `{owner}`")),
            _ => Self::Other(match tags.get("managed-by").or_else(|| tags.get("Name")) {
                Some(hint) => format!("it has no labform:lab tag (it says `{hint}`)"),
                None => "it has no labform:lab tag".to_owned(),
            }),
        }
    }

    /// Returns whether the object is this lab's under `address`.
    pub fn is(&self, address: &Address) -> bool {
        matches!(self, Self::Lab(own) if own == address)
    }
}

/// Returns whether an object's tags say that it is never to be deleted or replaced.
pub fn is_protected(tags: &Tags) -> bool {
    tags.get(PROTECT_TAG).is_some_and(|text| text == "true")
}

/// The tags that an object of the lab carries from the call that creates it: the lab's own and the owner's.
pub fn owner_tags(lab: &str, address: &Address, spec: &str, own: &Tags) -> Tags {
    let mut tags = own.clone();
    tags.insert(LAB_TAG.to_owned(), lab.to_owned());
    tags.insert(RESOURCE_TAG.to_owned(), address.to_string());
    tags.insert(SPEC_TAG.to_owned(), spec.to_owned());
    tags
}

/// The path of the lab's roles: the tag index doesn't know IAM, a path can be listed. IAM has no regions, so that the
/// path tells the roles of a lab in one region from those of its namesake in another.
pub fn role_path(lab: &str, region: &str) -> String {
    format!("/labform/{lab}/{region}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_owner_is_read_off_the_tags() {
        let address = Address::new("cluster", "main");
        let ours = owner_tags("ecs-lab", &address, "0123", &tags(&[("project", "ecs-lab")]));
        assert!(Owner::of(&ours, "ecs-lab").is(&address));
        assert_eq!(Owner::of(&ours, "other"), Owner::Other("it belongs to the lab `ecs-lab`".to_owned()));

        let mut stack = ours;
        stack.insert("aws:cloudformation:stack-name".to_owned(), "infra".to_owned());
        assert!(!Owner::of(&stack, "ecs-lab").is(&address), "a stack's object is never ours");
        for foreign in [tags(&[]), tags(&[(LAB_TAG, "ecs-lab")]), tags(&[(LAB_TAG, "ecs-lab"), (RESOURCE_TAG, "x")])] {
            assert!(matches!(Owner::of(&foreign, "ecs-lab"), Owner::Other(_)), "{foreign:?}");
        }
    }
}
