//! What each assertion asks, and what meets it.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Commands, Finding, Read, here, missed, passed, site, tasks, unknown};
use crate::cloud::{Cloud, CloudError};
use crate::logs::{Line, Reader, Source};
use crate::model::Address;
use crate::resource::{Live, Readiness, as_live};
use crate::resources::{Repository, Secret, pushed_image};
use crate::spec::{Checkpoint, Lab, LoggedLine, PushedImage, StoredObject};

/// Somebody who asks about checkpoints.
pub(super) struct Asking<'a> {
    pub(super) cloud: &'a Cloud,
    pub(super) lab: &'a Lab,
    pub(super) folder: &'a Path,
    pub(super) commands: Commands,
    pub(super) read: &'a Read,
}

impl Asking<'_> {
    /// Asks about the one assertion of `checkpoint`.
    pub(super) async fn about(&self, checkpoint: &Checkpoint) -> Finding {
        let finding = if let Some(image) = &checkpoint.image {
            self.image(image).await
        } else if let Some(definition) = &checkpoint.task_definition {
            self.read.object(&definition.address()).map(|object| {
                let ids = object.kind.ids(&object.live);
                passed(ids.first().and_then(|arn| arn.rsplit('/').next()).unwrap_or(&object.name))
            })
        } else if let Some(task) = &checkpoint.task {
            match self.read.object(&task.cluster.address()) {
                Ok(cluster) => {
                    tasks::find(self.cloud, &cluster.name, &self.name(&task.task_definition.address()), task)
                        .await
                        .map_err(|error| unknown(&error))
                }
                Err(finding) => Err(finding),
            }
        } else if let Some(service) = &checkpoint.service {
            self.read.object(&service.address()).map(|object| match object.readiness() {
                Readiness::Ready(words) => passed(words.unwrap_or_else(|| "it runs".to_owned())),
                Readiness::Pending(words) | Readiness::Failed(words) => missed(words),
            })
        } else if let Some(url) = &checkpoint.url {
            match Read::is_filled(&url.url) {
                true => Ok(site::ask(self.cloud, url).await),
                false => Err(missed("what its address is taken from isn't there")),
            }
        } else if let Some(object) = &checkpoint.object {
            self.object(object).await
        } else if let Some(secret) = &checkpoint.secret {
            self.read.object(&secret.address()).map(|object| match has_value(as_live::<Secret>(&object.live)) {
                true => passed("it has a value"),
                false => missed("it has no value"),
            })
        } else if let Some(log) = &checkpoint.log {
            self.log(log).await
        } else if let Some(file) = &checkpoint.file {
            Ok(here::file(self.folder, file))
        } else {
            let command = checkpoint.command.as_deref().unwrap_or_default();
            Ok(here::run(self.folder, command, self.commands).await)
        };
        finding.unwrap_or_else(|finding| finding)
    }

    /// The name in AWS of the resource at `address`.
    fn name(&self, address: &Address) -> String {
        self.lab.nodes.get(address).map(|node| node.name.clone()).unwrap_or_default()
    }

    async fn image(&self, image: &PushedImage) -> Result<Finding, Finding> {
        let repository = self.read.object(&image.repository.address())?;
        let repository = as_live::<Repository>(&repository.live).expect("an object holds what its own kind read");
        let tag = image.tag();
        let Some(found) = pushed_image(self.cloud, repository, tag).await.map_err(|error| unknown(&error))? else {
            return Ok(missed(format!("{}:{tag} isn't there", repository.name)));
        };
        let platforms: Vec<&str> = found.platforms.keys().map(String::as_str).collect();
        let is_for = |wanted: &String| found.platforms.contains_key(wanted);
        Ok(match &image.platform {
            Some(wanted) if !is_for(wanted) => {
                let platforms = if platforms.is_empty() { "no platform that is known" } else { &platforms.join(", ") };
                missed(format!("{}:{tag} is for {platforms}, and not for {wanted}", repository.name))
            }
            _ => passed(format!("{}:{tag} for {}", repository.name, platforms.join(", "))),
        })
    }

    async fn object(&self, object: &StoredObject) -> Result<Finding, Finding> {
        let bucket = &self.read.object(&object.bucket.address())?.name;
        let place = format!("s3://{bucket}/{}", object.key);
        // Keys are listed in their order, so that this one comes first; nobody needs to be let at what is in it.
        let call = self.cloud.s3.list_objects_v2().bucket(bucket).prefix(&object.key).max_keys(1);
        let listed = call.send().await.map_err(|error| unknown(&CloudError::from(error)))?;
        let mut listed = listed.contents().iter();
        Ok(match listed.find(|one| one.key() == Some(object.key.as_str())) {
            Some(one) => passed(format!("{place}, {} bytes", one.size().unwrap_or_default())),
            None => missed(format!("{place} isn't there")),
        })
    }

    async fn log(&self, log: &LoggedLine) -> Result<Finding, Finding> {
        let group = &self.read.object(&log.log_group.address())?.name;
        let source = Source { group: group.clone(), prefixes: BTreeSet::new() };
        let since = self.cloud.now() - log.age();
        let mut reader = Reader::new(self.cloud, vec![source], since);
        let mut look = |line: Line| match line.message.contains(&log.contains) {
            true => Err(Stop::Found(line.message)),
            false => Ok(()),
        };
        match reader.read(&mut look).await {
            Err(Stop::Found(line)) => Ok(passed(line)),
            Err(Stop::Failed(error)) => Err(unknown(&error)),
            Ok(()) => Ok(missed(format!("no line of {group} holds it"))),
        }
    }
}

/// Why a log isn't read on.
enum Stop {
    Found(String),
    Failed(CloudError),
}

impl From<CloudError> for Stop {
    fn from(error: CloudError) -> Self {
        Self::Failed(error)
    }
}

/// Returns whether a version of the secret is the current one: a new secret has none until a value was put.
fn has_value(secret: Option<&Live>) -> bool {
    let versions = secret.and_then(|secret| secret.document["versionIdsToStages"].as_object());
    let stages = versions.into_iter().flat_map(|versions| versions.values());
    stages.into_iter().any(|stages| stages.as_array().is_some_and(|stages| stages.contains(&"AWSCURRENT".into())))
}
