//! The image that a pull by a container's `image` leads to.

use serde_json::json;

use super::REPOSITORIES;
use super::images::find;
use crate::account::Account;

/// The digest of `image`, as in `123456789012.dkr.ecr.eu-west-1.amazonaws.com/lab/web:latest`; none if this account and
/// region don't hold it.
pub(crate) fn digest(account: &Account, image: &str) -> Option<String> {
    let rest = own(account, image)?;
    let (name, id) = match (rest.split_once('@'), rest.rsplit_once(':')) {
        (Some((name, digest)), _) => {
            let name = name.split(':').next().unwrap_or(name);
            (name, json!({ "imageDigest": digest }))
        }
        (None, Some((name, tag))) => (name, json!({ "imageTag": tag })),
        (None, None) => (rest, json!({ "imageTag": "latest" })),
    };
    find(REPOSITORIES.get(account, name)?, &id)
}

/// Returns whether `image` is to come from a repository of this account and region, and isn't there.
pub(crate) fn is_missing(account: &Account, image: &str) -> bool {
    own(account, image).is_some() && digest(account, image).is_none()
}

/// Returns whether `image` is to come from a private registry of Amazon ECR, be it whose it may.
pub(crate) fn is_address(image: &str) -> bool {
    let host = image.split('/').next().unwrap_or_default();
    host.contains(".dkr.ecr.") && host.contains(".amazonaws.com")
}

/// The part behind the registry's name, if that is this account's.
fn own<'a>(account: &Account, image: &'a str) -> Option<&'a str> {
    let registry = super::registry(account);
    image.strip_prefix(&registry)?.strip_prefix('/')
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
            let missing = [format!("{here}:other"), here.replace("/web", "/none")];
            for (image, is_there) in cases {
                assert_eq!(is_missing(account, &image), missing.contains(&image));
                let found = digest(account, &image);
                assert_eq!(found, is_there.then(|| pushed.clone()), "{image}");
            }
        });
    }
}
