//! Amazon S3 buckets.

mod calls;
mod check;
mod empty;
mod find;
mod grants;
mod managed;
mod settings;

use futures::future::try_join_all;
use labform_account::rules::BUCKET_NAME;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::OnDestroy;
use crate::cloud::{Cloud, Result, identity};
use crate::model::PolicyDocument;
use crate::resource::{
    CallRules, Checks, Detail, Field, Found, Managed, NameRule, Names, Output, Pasted, Place, Problem, Resource,
    SpecRef, Wanted, update,
};
use calls::{CHOOSE, explain, out_of_reach, tag_arn};
use settings::{
    BucketEncryption, CorsConfiguration, LifecycleConfiguration, OwnershipControls, WebsiteConfiguration,
    alike_encryption, alike_lifecycle, same,
};

/// A bucket: the fields of CreateBucket, and of the calls that set what is a bucket's.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bucket {
    /// The bucket's name, one in the world.
    pub bucket: Option<String>,
    /// Whether the bucket keeps old versions of objects.
    pub versioning_configuration: Option<VersioningConfiguration>,
    /// The block of public access to the bucket.
    pub public_access_block_configuration: Option<PublicAccessBlock>,
    /// Who owns the objects.
    pub ownership_controls: Option<OwnershipControls>,
    /// The encryption of new objects; S3's own if it is left out.
    pub bucket_encryption: Option<BucketEncryption>,
    /// The bucket's own policy, as a JSON document: it says who else may do what; `{}` for none.
    pub policy: Option<PolicyDocument>,
    /// What becomes of objects in time.
    pub lifecycle_configuration: Option<LifecycleConfiguration>,
    /// The sites whose pages may use the objects.
    pub cors_configuration: Option<CorsConfiguration>,
    /// The website that the objects are; `{}` for none.
    pub website_configuration: Option<WebsiteConfiguration>,
    /// The fate of the objects when the bucket is destroyed.
    pub on_destroy: Option<OnDestroy>,
}

/// Whether a bucket keeps old versions of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VersioningConfiguration {
    /// The state of versioning. Once enabled it can only be suspended.
    pub status: Versioning,
}

/// The state of a bucket's versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Versioning {
    /// Old versions of objects are kept.
    Enabled,
    /// Old versions that are there are kept, and no new ones are made.
    Suspended,
}

/// The block of public access to a bucket. AWS turns on all four for new buckets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// Refuses access control lists that open the bucket.
    pub block_public_acls: Option<bool>,
    /// Ignores access control lists that open the bucket.
    pub ignore_public_acls: Option<bool>,
    /// Refuses policies that open the bucket.
    pub block_public_policy: Option<bool>,
    /// Lets only this account in if a policy opens the bucket.
    pub restrict_public_buckets: Option<bool>,
}

/// AWS's description of a bucket.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BucketLive {
    /// The bucket's name.
    pub name: String,
    /// The state of versioning; none if it was never set, or wasn't read because no spec says it.
    pub versioning: Option<Versioning>,
    /// The block of public access; none if there is none, or if it wasn't read.
    pub public_access_block: Option<PublicAccessBlock>,
    /// The other settings that were read, by their fields.
    #[serde(default)]
    pub settings: Map<String, Value>,
}

impl Resource for Bucket {
    const KIND: &'static str = "bucket";
    const SECTION: &'static str = "buckets";
    const NAME: NameRule = NameRule::of(
        "bucket",
        BUCKET_NAME,
        "lower-case letters, digits, . and -, with a letter or digit at either end and no .. within, no IP address, and no \
         beginning or end of S3's own, as xn--, sthree-, amzn-s3-demo-, -s3alias or --ol-s3",
    );
    const FIELDS: &'static [Field] = &[
        update("versioningConfiguration.status"),
        update("publicAccessBlockConfiguration.blockPublicAcls").default("false"),
        update("publicAccessBlockConfiguration.ignorePublicAcls").default("false"),
        update("publicAccessBlockConfiguration.blockPublicPolicy").default("false"),
        update("publicAccessBlockConfiguration.restrictPublicBuckets").default("false"),
        update("ownershipControls.rules").document(same).default("[]"),
        update("bucketEncryption.rules").document(same).default("[]").alike(alike_encryption),
        update("policy").policy().default("{}"),
        update("lifecycleConfiguration.rules").document(same).default("[]").alike(alike_lifecycle),
        update("corsConfiguration.corsRules").document(same).default("[]"),
        update("websiteConfiguration").document(same).default("{}"),
    ];
    const RULES: CallRules = check::RULES;
    const PASTED: Pasted = Pasted {
        told: &["creationDate"],
        beyond: &[
            ("accelerateConfiguration", "null"),
            ("loggingConfiguration", "null"),
            ("notificationConfiguration", "null"),
            ("objectLockConfiguration", "null"),
            ("replicationConfiguration", "null"),
        ],
        ..Pasted::PLAIN
    };
    type Live = BucketLive;

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        check::problems(self)
    }

    fn document(live: &BucketLive) -> Value {
        let mut document = live.settings.clone();
        document.insert("versioningConfiguration".to_owned(), json!({ "status": live.versioning }));
        document.insert("publicAccessBlockConfiguration".to_owned(), json!(live.public_access_block));
        document.into()
    }

    fn outputs(place: &Place, name: &str, _live: Option<&BucketLive>) -> Vec<Output> {
        vec![Output::fixed("name", name), Output::fixed("arn", format!("arn:{}:s3:::{name}", place.partition))]
    }

    fn ids(live: &BucketLive) -> Vec<String> {
        vec![live.name.clone()]
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<BucketLive>>> {
        // S3 tells another account's bucket from the lab's once it is told whose it has to be.
        if cloud.account().is_none() {
            identity(cloud).await?;
        }
        let buckets = try_join_all(wanted.iter().map(|one| async move {
            let error = match bucket(cloud, one).await {
                Err(error) if error.is_not_found() => return Ok(None),
                Err(error) => error,
                found => return found,
            };
            let why = match one.detail {
                Detail::Presence => out_of_reach(cloud, &error, one.name).await,
                Detail::Fields => None,
            };
            match why {
                Some(why) => Ok(Some(Found::unseen(one.address, one.name, bare(one.name), why))),
                None => {
                    let error = explain(cloud, error, one.name, |region| moved(one.lab, region)).await;
                    Err(error.about(one.address))
                }
            }
        }));
        Ok(buckets.await?.into_iter().flatten().collect())
    }
}

/// The advice for a bucket of the lab's name in another region: the lab may have moved.
fn moved(lab: &str, region: &str) -> String {
    format!(
        "if the lab was there before, `labform destroy --lab {lab} --region {region}` deletes what it has there; else \
         {CHOOSE}"
    )
}

/// A bucket of which only the name is known.
fn bare(name: &str) -> BucketLive {
    BucketLive { name: name.to_owned(), versioning: None, public_access_block: None, settings: Map::new() }
}

/// The bucket with its tags; none, or S3's error, if there is none.
async fn bucket(cloud: &Cloud, wanted: &Wanted<'_, Bucket>) -> Result<Option<Found<BucketLive>>> {
    let name = wanted.name;
    let live = match wanted.detail {
        Detail::Fields => calls::settings(cloud, name, wanted.spec).await?,
        // The call for tags tells as well whether there is a bucket.
        Detail::Presence => bare(name),
    };
    let arn = tag_arn(name);
    let tags = cloud.tags_of(Bucket::SERVICE, std::slice::from_ref(&arn)).await?.remove(&arn);
    Ok(tags.map(|tags| Found::present(wanted.address, name, live, tags)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::test_others;

    fn spec(value: Value) -> Bucket {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn only_what_the_spec_gives_is_compared() {
        let live = |versioning: Option<Versioning>, block: Option<PublicAccessBlock>| BucketLive {
            name: "images".to_owned(),
            versioning,
            public_access_block: block,
            settings: Map::new(),
        };
        let new = live(None, Some(PublicAccessBlock::NEW));
        let bare = live(Some(Versioning::Enabled), None);
        let versioned = json!({"versioningConfiguration": {"status": "Enabled"}});
        let blocked = json!({"publicAccessBlockConfiguration": {"blockPublicAcls": true, "blockPublicPolicy": true}});
        let open = json!({"publicAccessBlockConfiguration": {"blockPublicPolicy": false}});
        let cases = [
            (json!({}), &bare, vec![]),
            (json!({"onDestroy": "empty"}), &new, vec![]),
            (versioned.clone(), &new, vec!["versioningConfiguration.status"]),
            (versioned, &bare, vec![]),
            (
                json!({"versioningConfiguration": {"status": "Suspended"}}),
                &bare,
                vec!["versioningConfiguration.status"],
            ),
            (blocked.clone(), &new, vec![]),
            (
                blocked,
                &bare,
                vec![
                    "publicAccessBlockConfiguration.blockPublicAcls",
                    "publicAccessBlockConfiguration.blockPublicPolicy",
                ],
            ),
            (open.clone(), &new, vec!["publicAccessBlockConfiguration.blockPublicPolicy"]),
            (open, &bare, vec![]),
        ];
        for (value, live, paths) in cases {
            let diff = spec(value.clone()).edit(live, &test_others(), &[]).diff;
            let found: Vec<_> = diff.fields.iter().map(|field| field.path.as_str()).collect();
            assert_eq!(found, paths, "{value}");
        }
    }

    #[test]
    fn what_the_spec_leaves_out_stays_blocked() {
        let given = PublicAccessBlock { block_public_policy: Some(false), ..PublicAccessBlock::default() };
        let block = PublicAccessBlock::NEW.with(Some(given));
        assert_eq!(block.block_public_policy, Some(false));
        assert_eq!(block.restrict_public_buckets, Some(true));
        assert_eq!(PublicAccessBlock::NEW.with(None), PublicAccessBlock::NEW);
    }

    #[test]
    fn names_follow_the_rules_of_s3() {
        for name in ["ecs-lab-images-123456789012-eu-west-1", "a.b-c", "123"] {
            assert_eq!(Bucket::NAME.problem(name), None, "{name}");
        }
        for name in ["ab", "Images", "a_b", "-ab", "ab-", "a..b", "xn--ab", "192.168.0.1"] {
            assert!(Bucket::NAME.problem(name).is_some(), "{name}");
        }
    }
}
