//! The owner of an object: owner tags, and the path that roles live under.

use crate::model::{Address, Tags};

/// The owner tag: the lab's name.
pub const LAB_TAG: &str = "labform:lab";
/// The owner tag with the address of the resource in its lab.
pub const RESOURCE_TAG: &str = "labform:resource";
/// The owner tag with the digest of the desired state that was last applied: a hint for people, and for no diff.
pub const SPEC_TAG: &str = "labform:spec";
/// The tag in which AWS's consoles look for the name of an object that has none of its own.
pub const NAME_TAG: &str = "Name";
/// The tag of what has no region of its own: that of the lab whose it is.
pub const REGION_TAG: &str = "labform:region";
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
    /// Reads the owner off the tags of an object of `kind`. An object whose tags give it the address of another kind is
    /// nobody's of the lab: whoever obeyed them would delete one thing in the name of another.
    pub fn of(tags: &Tags, kind: &str, lab: &str) -> Self {
        if let Some(stack) = tags.get("aws:cloudformation:stack-name") {
            return Self::Other(format!("it belongs to the CloudFormation stack `{stack}`"));
        }
        let said = tags.get(RESOURCE_TAG);
        Self::Other(match (tags.get(LAB_TAG), said.map(|text| (text, text.parse::<Address>()))) {
            (Some(owner), _) if owner != lab => match lab_and_region(owner) {
                (owner, Some(region)) => format!("it belongs to the lab `{owner}` in {region}"),
                (owner, None) => format!("it belongs to the lab `{owner}`"),
            },
            (Some(_), Some((_, Ok(address)))) if address.kind == kind => return Self::Lab(address),
            (Some(_), Some((text, Ok(_)))) => format!("its labform:resource tag says `{text}`, and its kind is {kind}"),
            (Some(_), Some((text, Err(_)))) => format!("its labform:resource tag says `{text}`, which is no address"),
            (Some(_), None) => "it has a labform:lab tag and no labform:resource tag, and takes both".to_owned(),
            (None, _) => match tags.get("managed-by").or_else(|| tags.get("Name")) {
                Some(hint) => format!("it has no labform:lab tag (it says `{hint}`)"),
                None => "it has no labform:lab tag".to_owned(),
            },
        })
    }

    /// Returns whether the object is this lab's under `address`.
    pub fn is(&self, address: &Address) -> bool {
        matches!(self, Self::Lab(own) if own == address)
    }
}

/// Returns whether an object's tags name no owner: no lab, no CloudFormation stack, no other tool. Half of the owner tags
/// of `lab` name none either.
pub fn is_nobodys(tags: &Tags, lab: &str) -> bool {
    let is_another = |owner: &String| owner != lab;
    let names_another = |text: &String| text.parse::<Address>().is_ok();
    let by_another = ["managed-by", "aws:cloudformation:stack-name"].iter().any(|key| tags.contains_key(*key));
    match tags.get(LAB_TAG) {
        _ if by_another => false,
        Some(owner) => !is_another(owner) && !tags.get(RESOURCE_TAG).is_some_and(names_another),
        None => true,
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

/// Returns the region of a role's ARN that lies under a path of the lab's, if it does.
pub fn role_region<'a>(arn: &'a str, lab: &str) -> Option<&'a str> {
    let (_, below) = arn.split_once(&format!(":role/labform/{lab}/"))?;
    below.split_once('/').map(|(region, _)| region)
}

/// What stands for the name of a lab in another region, for what has no region of its own.
pub fn lab_in(lab: &str, region: &str) -> String {
    format!("{lab} in {region}")
}

/// The tags of an object, whose owner is [`lab_in`] another region if they say that it isn't the lab's in `region`.
pub(super) fn in_region(mut tags: Tags, region: &str) -> Tags {
    if let (Some(lab), Some(other)) = (tags.get(LAB_TAG), tags.get(REGION_TAG).filter(|other| *other != region)) {
        let owner = lab_in(lab, other);
        tags.insert(LAB_TAG.to_owned(), owner);
    }
    tags
}

/// Returns the name of a lab, and its region if [`lab_in`] said it: a lab's name has no spaces.
pub fn lab_and_region(owner: &str) -> (&str, Option<&str>) {
    owner.split_once(" in ").map_or((owner, None), |(lab, region)| (lab, Some(region)))
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
        let of = |tags: &Tags, lab: &str| Owner::of(tags, "cluster", lab);
        assert!(of(&ours, "ecs-lab").is(&address));
        assert_eq!(of(&ours, "other"), Owner::Other("it belongs to the lab `ecs-lab`".to_owned()));
        let words = "its labform:resource tag says `cluster.main`, and its kind is logGroup";
        assert_eq!(Owner::of(&ours, "logGroup", "ecs-lab"), Owner::Other(words.to_owned()));

        let mut stack = ours;
        stack.insert("aws:cloudformation:stack-name".to_owned(), "infra".to_owned());
        assert!(!of(&stack, "ecs-lab").is(&address), "a stack's object is never ours");
        for (foreign, words) in [
            (tags(&[]), "it has no labform:lab tag"),
            (tags(&[(RESOURCE_TAG, "cluster.main")]), "it has no labform:lab tag"),
            (tags(&[("Name", "Anna's")]), "it has no labform:lab tag (it says `Anna's`)"),
            (tags(&[(LAB_TAG, "ecs-lab")]), "it has a labform:lab tag and no labform:resource tag, and takes both"),
            (
                tags(&[(LAB_TAG, "ecs-lab"), (RESOURCE_TAG, "x")]),
                "its labform:resource tag says `x`, which is no address",
            ),
        ] {
            assert_eq!(of(&foreign, "ecs-lab"), Owner::Other(words.to_owned()));
        }
    }
}
