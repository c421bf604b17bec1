//! The listing, making, changing and deleting of buckets.

use serde_json::Map;

use super::calls::tag_arn;
use super::settings::Setting;
use super::{Bucket, BucketLive, PublicAccessBlock, bare, calls, empty};
use crate::cloud::{self, Cloud, Result};
use crate::resource::{Content, Edit, Found, Managed, Others, Place, Resource as _, Target, Waiting, document};
use crate::resources::OnDestroy;

impl Managed for Bucket {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::S3);

    fn on_destroy(&self) -> Content {
        OnDestroy::content(self.on_destroy)
    }

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<BucketLive>>> {
        let names = calls::names(cloud).await?;
        cloud.learn_names(Self::KIND, names.iter().map(String::as_str));
        let arns: Vec<String> = names.iter().map(|name| tag_arn(name)).collect();
        let mut tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        let ours = names.into_iter().filter_map(|name| {
            let tags = tags.remove(&tag_arn(&name))?;
            let live = bare(&name);
            Found::of_lab(Self::KIND, lab, name, live, tags)
        });
        Ok(ours.collect())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, _others: &Others) -> Result<BucketLive> {
        let name = target.name.as_str();
        calls::create(cloud, target).await?;
        // S3 refuses two changes to one bucket at the same moment.
        let block = PublicAccessBlock::NEW.with(self.public_access_block_configuration);
        // What AWS does for a new bucket since 2023, other servers leave open.
        if block != PublicAccessBlock::NEW || cloud.endpoint_url.is_some() {
            calls::set_public_access_block(cloud, name, block, &target.waiting).await?;
        }
        let versioning = self.versioning_configuration.map(|it| it.status);
        if let Some(status) = versioning {
            calls::set_versioning(cloud, name, status, &target.waiting).await?;
        }
        let want = document(self);
        let mut settings = Map::new();
        for setting in Setting::ALL {
            if let Some(want) = want.get(setting.field()).filter(|want| !Setting::is_none(want)) {
                calls::set(cloud, name, setting, want, &target.waiting).await?;
                settings.insert(setting.field().to_owned(), want.clone());
            }
        }
        Ok(BucketLive { name: name.to_owned(), versioning, public_access_block: Some(block), settings })
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        live: &BucketLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<BucketLive> {
        let mut live = live.clone();
        if edit.touches("publicAccessBlockConfiguration") {
            // PutPublicAccessBlock replaces all four (API reference).
            let have = live.public_access_block.unwrap_or_default();
            let want = edit.want["publicAccessBlockConfiguration"].clone();
            let block = have.with(serde_json::from_value(want).expect("a document holds fields as they are written"));
            calls::set_public_access_block(cloud, &live.name, block, &target.waiting).await?;
            live.public_access_block = Some(block);
        }
        let versioning = self.versioning_configuration;
        if let (true, Some(it)) = (edit.touches("versioningConfiguration"), versioning) {
            calls::set_versioning(cloud, &live.name, it.status, &target.waiting).await?;
            live.versioning = Some(it.status);
        }
        for setting in Setting::ALL.into_iter().filter(|setting| edit.touches(setting.field())) {
            let want = &edit.want[setting.field()];
            calls::set(cloud, &live.name, setting, want, &target.waiting).await?;
            live.settings.insert(setting.field().to_owned(), want.clone());
        }
        Ok(live)
    }

    async fn delete(cloud: &Cloud, live: &BucketLive, content: Content, waiting: &Waiting) -> Result<()> {
        empty::delete(cloud, live, content, waiting).await
    }

    fn arn(place: &Place, name: &str, _live: &BucketLive) -> String {
        format!("arn:{}:s3:::{name}", place.partition)
    }
}

impl PublicAccessBlock {
    /// The block that AWS gives a new bucket.
    pub(super) const NEW: Self = Self {
        block_public_acls: Some(true),
        ignore_public_acls: Some(true),
        block_public_policy: Some(true),
        restrict_public_buckets: Some(true),
    };

    /// The same block with the fields that `given` has.
    pub(super) fn with(self, given: Option<Self>) -> Self {
        let given = given.unwrap_or_default();
        Self {
            block_public_acls: given.block_public_acls.or(self.block_public_acls),
            ignore_public_acls: given.ignore_public_acls.or(self.ignore_public_acls),
            block_public_policy: given.block_public_policy.or(self.block_public_policy),
            restrict_public_buckets: given.restrict_public_buckets.or(self.restrict_public_buckets),
        }
    }
}
