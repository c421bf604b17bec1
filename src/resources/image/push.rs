//! Brings an image to its repository, by whichever way its source takes.
//!
//! It gets two tags: a label that says what it was made of, and then the tag that tasks pull. Where the first is there
//! and the second isn't, as after a crash, only the second is missing.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::calls::{look, manifests, place, told};
use super::source::SourceError;
use super::{Image, ImageLive, docker, pretend, short};
use crate::cloud::{Cloud, CloudError, Owner, Registry, Result};
use crate::model::{Known, Secret};
use crate::registry::{self, ErrorKind, Login, Place, Progress, Source};
use crate::resource::{Others, Target, Waiting};
use crate::resources::repository::RepositoryLive;

/// How often a push says how far it is.
const OFTEN: Duration = Duration::from_secs(2);
/// Bytes of a megabyte, as people count them.
const MB: u64 = 1_000_000;

/// Pushes `image` where its repository doesn't have it.
///
/// # Errors
/// Where the repository isn't the lab's, where its tags are immutable and the tag is taken, and what the push meets.
pub(super) async fn bring(
    image: &Image,
    cloud: &Cloud,
    target: &Target,
    others: &Others,
) -> Result<ImageLive> {
    let repository = own_repository(image, cloud, others).await?;
    let source = match &image.source_digest {
        Some(source) => source.clone(),
        None => image
            .find_source(&cloud.folder)
            .await
            .map_err(|error| unusable(&error))?,
    };
    let image = &Image {
        source_digest: Some(source),
        ..image.clone()
    };
    let there = look_for(image, cloud, &repository).await?;
    if let Some(live) = there.clone().filter(|live| is_met(image, live)) {
        return Ok(live);
    }
    if let Some(live) = there.filter(|_| repository.image_tag_mutability == "IMMUTABLE") {
        return Err(taken(image, &live));
    }
    let push = Push {
        image,
        cloud,
        repository: &repository,
        waiting: &target.waiting,
    };
    push.run().await?;
    let live = look_for(image, cloud, &repository).await?;
    live.filter(|live| is_met(image, live)).ok_or_else(|| {
        let message = format!("it was pushed, and `{}` doesn't stand for it", image.tag());
        CloudError::answered("labform", "NotPushed", message)
    })
}

fn is_met(image: &Image, live: &ImageLive) -> bool {
    live.runs_on(image.platform()) && live.is_of(image)
}

async fn look_for(
    image: &Image,
    cloud: &Cloud,
    repository: &RepositoryLive,
) -> Result<Option<ImageLive>> {
    let mut found = look(cloud, repository, &[image]).await?;
    Ok(found.pop().flatten())
}

/// The image's repository, whose tags say at this moment that it is the lab's.
async fn own_repository(image: &Image, cloud: &Cloud, others: &Others) -> Result<RepositoryLive> {
    let Known::Now(repository) = others.live(&image.repository) else {
        let message = format!("{} isn't there yet", image.repository.address());
        return Err(CloudError::answered("labform", "Gone", message));
    };
    let arns = [repository.arn.clone()];
    let mut tags = cloud.with_direct_tags().tags_of(&arns).await?;
    let tags = tags.remove(&repository.arn).unwrap_or_default();
    match Owner::of(&tags, &others.place.lab) {
        Owner::Lab(_) => Ok(repository.clone()),
        Owner::Other(whose) => {
            let message = format!("`{}` is left alone: {whose}", repository.name);
            Err(CloudError::answered("labform", "NotOurs", message))
        }
    }
}

fn unusable(error: &SourceError) -> CloudError {
    CloudError::answered("labform", "NoSource", error.to_string())
}

fn taken(image: &Image, live: &ImageLive) -> CloudError {
    let source = image.source_digest.as_deref().unwrap_or_default();
    let field = image.origin().map_or("source", super::Origin::field);
    let message = format!(
        "the repository's tags are immutable, and `{}` stands for {}, not for the {field} as it is now ({})",
        image.tag(),
        live.digest,
        short(source)
    );
    CloudError::answered("labform", "ImageTagAlreadyExistsException", message)
}

struct Push<'a> {
    image: &'a Image,
    cloud: &'a Cloud,
    repository: &'a RepositoryLive,
    waiting: &'a Waiting,
}

impl Push<'_> {
    async fn run(&self) -> Result<()> {
        let label = self
            .image
            .label()
            .expect("what the source is was found out");
        let place = place(self.cloud, self.repository);
        if self.tag_labelled(&label, place.as_ref()).await? {
            return Ok(());
        }
        if self.cloud.registry == Registry::Pretended {
            self.waiting
                .on("pretended: the embedded account is told of an image that nobody built");
            let source = self.image.source_digest.as_deref().unwrap_or_default();
            let manifest = pretend::manifest(self.image.platform(), source);
            for tag in [label.as_str(), self.image.tag()] {
                self.put(&manifest, Some(pretend::MEDIA_TYPE), tag).await?;
            }
            return Ok(());
        }
        let place = match place {
            Some(place) => place,
            None => Place::parse(&self.repository.uri).map_err(|error| told(&error))?,
        };
        match self.source()? {
            Some(source) => self.send(&source, &place, &label).await,
            None => self.build(&place, &label).await,
        }
    }

    fn source(&self) -> Result<Option<Source>> {
        let source = self.image.registry_source(&self.cloud.folder);
        source.map_err(|problem| unusable(&SourceError::Wrong(problem)))
    }

    /// Gives the image its tag where the label says that it is there already; whether it is.
    async fn tag_labelled(&self, label: &str, place: Option<&Place>) -> Result<bool> {
        let tag = self.image.tag();
        let Some(place) = place else {
            let found = manifests(self.cloud, &self.repository.name, &[label]).await?;
            let Some(manifest) = found.get(label) else {
                return Ok(false);
            };
            let media_type = manifest.media_type.as_deref();
            self.put(&manifest.text, media_type, tag).await?;
            return Ok(true);
        };
        let found = registry::describe(place, &Login::Anonymous, label).await;
        if found.map_err(|error| told(&error))?.is_none() {
            return Ok(false);
        }
        let reference = format!("{}/{}:{label}", place.host, place.repository);
        self.send_as(&Source::Registry { reference }, place, &[tag.to_owned()])
            .await?;
        Ok(true)
    }

    /// Puts a manifest whose layers are there.
    async fn put(&self, manifest: &str, media_type: Option<&str>, tag: &str) -> Result<()> {
        let put = self.cloud.ecr.put_image();
        let put = put.repository_name(&self.repository.name).image_tag(tag);
        let put = put.image_manifest(manifest);
        let put = put.set_image_manifest_media_type(media_type.map(str::to_owned));
        match put.send().await.map_err(CloudError::from) {
            Err(error) if error.is("ImageAlreadyExistsException") => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    async fn send(&self, source: &Source, place: &Place, label: &str) -> Result<()> {
        let tags = [label.to_owned(), self.image.tag().to_owned()];
        self.send_as(source, place, &tags).await
    }

    /// Sends an image, and signs in once more where the login runs out meanwhile.
    async fn send_as(&self, source: &Source, place: &Place, tags: &[String]) -> Result<()> {
        let platform = self.image.registry_platform();
        let said = Mutex::new(None::<Instant>);
        let tell = |progress: Progress| {
            let mut said = said.lock().expect("nothing panics while it holds the lock");
            if said.is_none_or(|said| said.elapsed() >= OFTEN) {
                *said = Some(Instant::now());
                self.waiting.on(&how_far(progress));
            }
        };
        let mut login = self.sign_in().await?;
        for is_last in [false, true] {
            let push = registry::push(source, &platform, place, &login, tags, &tell);
            let pushed = tokio::select! {
                pushed = push => pushed,
                () = self.waiting.stopped() => return Err(interrupted()),
            };
            match pushed {
                Err(error) if error.kind == ErrorKind::Expired && !is_last => {
                    login = self.sign_in().await?;
                }
                Err(error) => return Err(told(&error)),
                Ok(_) => break,
            }
        }
        Ok(())
    }

    async fn build(&self, place: &Place, label: &str) -> Result<()> {
        let path = self.image.context.as_deref().unwrap_or_default();
        let folder = self.image.check_context(&self.cloud.folder, path);
        let folder = folder.map_err(|problem| unusable(&SourceError::Wrong(problem)))?;
        let build = docker::Build {
            image: self.image,
            folder,
            place,
            tags: [label, self.image.tag()],
            login: self.sign_in().await?,
        };
        tokio::select! {
            built = build.run(self.waiting) => built,
            () = self.waiting.stopped() => Err(interrupted()),
        }
    }

    /// Signs in to Amazon ECR; the login holds for 12 hours (GetAuthorizationToken, API reference). The registry that
    /// takes its place asks for none.
    async fn sign_in(&self) -> Result<Login> {
        if self.cloud.registry != Registry::Ecr {
            return Ok(Login::Anonymous);
        }
        let answer = self.cloud.ecr.get_authorization_token().send().await?;
        let login = answer.authorization_data().first().and_then(|data| {
            let token = aws_smithy_types::base64::decode(data.authorization_token()?).ok()?;
            let token = String::from_utf8(token).ok()?;
            let (user, password) = token.split_once(':')?;
            Some(Login::Basic {
                user: user.to_owned(),
                password: Secret::new(password),
            })
        });
        let missing = "AWS answered without a login";
        login.ok_or_else(|| CloudError::answered("GetAuthorizationToken", "", missing))
    }
}

fn interrupted() -> CloudError {
    CloudError::answered(
        "labform",
        "Interrupted",
        "the push was stopped before its end",
    )
}

fn how_far(progress: Progress) -> String {
    let mb = |bytes: u64| bytes.div_ceil(MB);
    format!(
        "pushing: {} of {} MB",
        mb(progress.bytes),
        mb(progress.total)
    )
}
