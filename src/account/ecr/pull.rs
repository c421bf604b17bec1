//! The image that a pull by a container's `image` leads to.

use serde_json::json;

use super::Repository;
use super::images::find;
use crate::account::Account;
use crate::shelf::Thing;

/// The accounts of AWS's own whose repositories everybody may pull from, as their services' pages say: Amazon EKS, AWS
/// Deep Learning Containers, AWS App Mesh, AWS for Fluent Bit and GuardDuty.
const OPEN: [&str; 6] =
    ["111345817488", "593207742271", "602401143452", "763104351884", "840364872350", "906394416424"];

/// The place that an image comes from.
pub(crate) enum Place<'a> {
    /// A repository of this account: its ARN, the tag or digest, and the digest of the image if it is there.
    Own {
        /// The repository's ARN.
        arn: String,
        /// The tag or the digest that is asked for.
        tag: &'a str,
        /// The image's digest.
        digest: Option<String>,
    },
    /// A repository of another account. That one's policy may let this account in, but it doesn't know it.
    Foreign {
        /// The tag or the digest that is asked for.
        tag: &'a str,
    },
    /// Another registry, or one that is open to all.
    Elsewhere,
}

/// The place of `image`, as in `123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web:latest`.
pub(crate) fn place<'a>(account: &Account, image: &'a str) -> Place<'a> {
    let Some((host, rest)) = image.split_once('/').filter(|_| is_address(image)) else { return Place::Elsewhere };
    let mut parts = host.split('.');
    let (id, region) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    let (name, tag, asked) = match (rest.split_once('@'), rest.rsplit_once(':')) {
        (Some((name, digest)), _) => {
            let name = name.split(':').next().unwrap_or(name);
            (name, digest, json!({ "imageDigest": digest }))
        }
        (None, Some((name, tag))) => (name, tag, json!({ "imageTag": tag })),
        (None, None) => (rest, "latest", json!({ "imageTag": "latest" })),
    };
    if id != account.id {
        return if OPEN.contains(&id) { Place::Elsewhere } else { Place::Foreign { tag } };
    }
    let arn = format!("arn:aws:ecr:{region}:{id}:repository/{name}");
    let digest = account.everywhere::<Thing<Repository>>().find(|one| one.arn == arn).and_then(|one| find(one, &asked));
    Place::Own { arn, tag, digest }
}

/// The digest of `image`; none if this account doesn't hold it.
pub(crate) fn digest(account: &Account, image: &str) -> Option<String> {
    match place(account, image) {
        Place::Own { digest, .. } => digest,
        Place::Foreign { .. } | Place::Elsewhere => None,
    }
}

/// Returns whether `image` is to come from a private registry of Amazon ECR, be it whose it may.
pub(crate) fn is_address(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Sandbox;

    #[test]
    fn an_image_is_found_by_tag_and_by_digest_in_its_own_registry() {
        let sandbox = Sandbox::in_memory();
        sandbox.with(|account| {
            account.enter("eu-west-1");
            let input = json!({ "repositoryName": "lab/web" });
            super::super::handle(account, "CreateRepository", &input).unwrap();
            let pushed = account.push_pretended_image("eu-west-1", "lab/web", "latest").unwrap();
            let here = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web";
            let cases = [
                (here.to_owned(), true),
                (format!("{here}:latest"), true),
                (format!("{here}@{pushed}"), true),
                (format!("{here}:latest@{pushed}"), true),
                (format!("{here}:other"), false),
                (here.replace("eu-west-1", "eu-north-1"), false),
                (here.replace("/web", "/none"), false),
                ("lab/web:latest".to_owned(), false),
            ];
            for (image, is_there) in cases {
                let found = digest(account, &image);
                assert_eq!(found, is_there.then(|| pushed.clone()), "{image}");
            }
            let foreign = here.replace("123456789012", "111122223333");
            assert!(matches!(place(account, &foreign), Place::Foreign { tag: "latest" }));
            let open = here.replace("123456789012", "906394416424");
            assert!(matches!(place(account, &open), Place::Elsewhere));
            account.enter("eu-north-1");
            assert_eq!(digest(account, here), Some(pushed), "another region's tasks pull it, too");
        });
    }
}
