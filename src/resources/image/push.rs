//! The way of an image to its repository, whatever its source is.
//!
//! An image gets two tags: a label that says what it was made of, and then the tag that tasks pull. If the first is
//! there and the second isn't, as after a crash, only the second is missing.
//!
//! Neither tag may ever lie, and the source may change at any moment. So an archive or another registry's image is held
//! to the digest that was found when it was looked at, and a build is pushed under a tag of its own, which means
//! nothing: it gets the two if its context was the same from before the build until after it.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use aws_sdk_ecr::types::ImageIdentifier;
use serde_json::Value;
use tokio::task::spawn_blocking;

use super::calls::{look, manifests, place, told};
use super::context::{self, Moment};
use super::{Image, ImageLive, docker, pretend, short};
use crate::cloud::{Cause, Cloud, CloudError, Owner, Registry, Result};
use crate::model::{Known, Secret, random};
use crate::registry::{self, ErrorKind, Location, Login, Meaning, Progress, Source};
use crate::resource::{Live, Managed, Others, Plain as _, SourceError, Sourced as _, Target, Waiting};
use crate::resources::Repository;
use crate::resources::repository::lets_move;

/// The time between two words on how far a push is.
const OFTEN: Duration = Duration::from_secs(2);
/// The beginning of the tags under which builds are pushed, before it is sure what they were made of.
const BUILDING: &str = "labform-building-";
/// The bytes of a megabyte, as people count them.
const MB: u64 = 1_000_000;

/// Pushes `image` if its repository doesn't have it.
///
/// # Errors
/// If the repository isn't the lab's, if its tags are immutable and the tag is taken, and what the push meets.
pub(super) async fn bring(image: &Image, cloud: &Cloud, target: &Target, others: &Others) -> Result<ImageLive> {
    let repository = own_repository(image, cloud, others).await?;
    let source = match &others.source {
        Some(source) => source.clone(),
        None => image.find(&cloud.folder).await.map_err(|error| unusable(&error))?,
    };
    let push = Push { image, source: &source, cloud, repository: &repository, waiting: &target.waiting };
    if let Some(live) = push.look().await? {
        if is_met(image, &source, &live) {
            return Ok(live);
        }
        make_sure_that_tag_moves(image, &source, &live, &repository)?;
    }
    push.run().await?;
    let live = push.look().await?;
    live.filter(|live| is_met(image, &source, live)).ok_or_else(|| {
        let message = format!("it was pushed, and `{}` doesn't stand for it", image.tag());
        CloudError::own(Cause::NotPushed, message)
    })
}

/// # Errors
/// If `live` isn't what `image` is made from, which has the digest `source` now, and the repository doesn't let its tag
/// go.
pub(super) fn make_sure_that_tag_moves(image: &Image, source: &str, live: &ImageLive, repository: &Live) -> Result<()> {
    if !lets_move(repository, image.tag()) && !is_met(image, source, live) {
        return Err(taken(image, source, live));
    }
    Ok(())
}

fn is_met(image: &Image, source: &str, live: &ImageLive) -> bool {
    live.runs_on(image.platform()) && live.is_of(image, source)
}

/// The image's repository, whose tags say at this moment that it is the lab's.
async fn own_repository(image: &Image, cloud: &Cloud, others: &Others) -> Result<Live> {
    let Known::Now(repository) = others.live(&image.repository) else {
        let message = format!("{} isn't there yet", image.repository.address());
        return Err(CloudError::own(Cause::Gone, message));
    };
    let arns = [repository.arn.clone()];
    let mut tags = cloud.with_direct_tags().tags_of(Image::SERVICE, &arns).await?;
    let tags = tags.remove(&repository.arn).unwrap_or_default();
    match Owner::of(&tags, Repository::KIND, &others.place.lab) {
        Owner::Lab(_) => Ok(repository.clone()),
        Owner::Other(whose) => {
            let message = format!("`{}` is left alone: {whose}", repository.name);
            Err(CloudError::own(Cause::NotOurs, message))
        }
    }
}

fn unusable(error: &SourceError) -> CloudError {
    CloudError::own(Cause::NoSource, error.to_string())
}

fn taken(image: &Image, source: &str, live: &ImageLive) -> CloudError {
    let field = image.origin().map_or("source", super::Origin::field);
    let message = format!(
        "the repository's tags are immutable, and `{}` stands for {}, not for the {field} as it is now ({})",
        image.tag(),
        live.digest,
        short(source)
    );
    CloudError::own(Cause::Registry(Meaning::Immutable), message)
}

struct Push<'a> {
    image: &'a Image,
    /// The digest of what the image is made from.
    source: &'a str,
    cloud: &'a Cloud,
    repository: &'a Live,
    waiting: &'a Waiting,
}

impl Push<'_> {
    /// Returns the image under the tag.
    async fn look(&self) -> Result<Option<ImageLive>> {
        let mut found = look(self.cloud, self.repository, &[(self.image, Some(self.source))]).await?;
        Ok(found.pop().flatten())
    }

    async fn run(&self) -> Result<()> {
        let label = self.image.label(self.source);
        if self.tag_as(&label, &[self.image.tag()]).await? {
            return Ok(());
        }
        if self.cloud.registry == Registry::Pretended {
            self.waiting.on("pretended: the embedded account is told of an image that nobody built");
            let manifest = pretend::manifest(self.image.platform(), self.source);
            for tag in [label.as_str(), self.image.tag()] {
                self.put(&manifest, Some(pretend::MEDIA_TYPE), tag).await?;
            }
            return Ok(());
        }
        let place = match place(self.cloud, self.repository) {
            Some(place) => place,
            None => Location::parse(self.repository.text("repositoryUri")).map_err(|error| told(&error))?,
        };
        match self.registry_source()? {
            Some(source) => self.send(&source, &place, &[&label, self.image.tag()], Some(self.source)).await,
            None => self.build(&place, &label).await,
        }
    }

    fn registry_source(&self) -> Result<Option<Source>> {
        self.image.registry_source(&self.cloud.folder).map_err(|problem| unusable(&SourceError::Wrong(problem)))
    }

    /// Gives the image under the tag `from` other tags if it is what the source is. Returns whether it is there.
    async fn tag_as(&self, from: &str, tags: &[&str]) -> Result<bool> {
        let is_it = |digest: &str, manifest: &Value| {
            let live = ImageLive::new(String::new(), digest, manifest);
            live.tagged([self.image.label(self.source).as_str()]).is_of(self.image, self.source)
        };
        let Some(place) = place(self.cloud, self.repository) else {
            let found = manifests(self.cloud, &self.repository.name, &[from]).await?;
            let found = found.get(from).filter(|manifest| {
                let document = serde_json::from_str(&manifest.text).unwrap_or_default();
                is_it(&manifest.digest, &document)
            });
            let Some(manifest) = found else {
                return Ok(false);
            };
            for tag in tags {
                let media_type = manifest.media_type.as_deref();
                self.put(&manifest.text, media_type, tag).await?;
            }
            return Ok(true);
        };
        let found = registry::inspect(&place, &Login::Anonymous, from).await.map_err(|error| told(&error))?;
        let Some(found) = found.filter(|found| is_it(&found.digest, &Value::Null)) else {
            return Ok(false);
        };
        let reference = format!("{}/{}@{}", place.host, place.repository, found.digest);
        let source = Source::Registry { reference };
        self.send(&source, &place, tags, None).await?;
        Ok(true)
    }

    /// Puts a manifest whose layers are there.
    async fn put(&self, manifest: &str, media_type: Option<&str>, tag: &str) -> Result<()> {
        let put = self.cloud.ecr.put_image().repository_name(&self.repository.name).image_tag(tag);
        let put = put.image_manifest(manifest).set_image_manifest_media_type(media_type.map(str::to_owned));
        match put.send().await.map_err(CloudError::from) {
            Err(error) if error.is("ImageAlreadyExistsException") => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    /// Sends an image, and signs in once more if the login runs out meanwhile.
    async fn send(&self, source: &Source, place: &Location, tags: &[&str], expected: Option<&str>) -> Result<()> {
        let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let platform = self.image.registry_platform();
        let said = Mutex::new(None::<Instant>);
        let tell = |progress: Progress| {
            let mut said = said.lock().expect("nothing panics while it holds the lock");
            if said.is_none_or(|said| said.elapsed() >= OFTEN) {
                *said = Some(Instant::now());
                self.waiting.on(&how_far(progress));
            }
        };
        let mut login = ecr_login(self.cloud).await?;
        for is_last in [false, true] {
            let push = registry::push(source, &platform, place, &login, &tags, expected, &tell);
            let pushed = tokio::select! {
                pushed = push => pushed,
                () = self.waiting.stopped() => return Err(interrupted()),
            };
            match pushed {
                Err(error) if error.kind == ErrorKind::Expired && !is_last => {
                    login = ecr_login(self.cloud).await?;
                }
                Err(error) => return Err(told(&error)),
                Ok(_) => break,
            }
        }
        Ok(())
    }

    async fn build(&self, place: &Location, label: &str) -> Result<()> {
        let path = self.image.context.as_deref().unwrap_or_default();
        let folder = self.image.check_context(&self.cloud.folder, path);
        let folder = folder.map_err(|problem| unusable(&SourceError::Wrong(problem)))?;
        let before = self.context(path, &folder).await?;
        let tag = format!("{BUILDING}{}", random());
        let build = docker::Build {
            image: self.image,
            folder: folder.clone(),
            place,
            tag: &tag,
            login: ecr_login(self.cloud).await?,
        };
        tokio::select! {
            built = build.run(self.waiting) => built?,
            () = self.waiting.stopped() => return Err(interrupted()),
        }
        let named = match self.context(path, &folder).await {
            Ok(after) if after == before => self.tag_as(&tag, &[label, self.image.tag()]).await,
            Ok(_) => Err(changed(path)),
            Err(error) => Err(error),
        };
        self.untag(&tag).await;
        match named? {
            true => Ok(()),
            false => {
                let message = "Docker says that it pushed the image, and it isn't there";
                Err(CloudError::own_at("docker", Cause::NotPushed, message))
            }
        }
    }

    /// Returns the state of the context, which has to be what the plan says.
    async fn context(&self, path: &str, folder: &Path) -> Result<Moment> {
        let (image, folder) = (self.image.clone(), folder.to_owned());
        let look = spawn_blocking(move || context::look(&image, &folder));
        let moment = look.await.map_err(io::Error::other).flatten();
        match moment {
            Ok(moment) if moment.digest == self.source => Ok(moment),
            Ok(_) => Err(changed(path)),
            Err(error) => {
                let message = format!("`{path}`: {error}");
                Err(CloudError::own(Cause::NoSource, message))
            }
        }
    }

    /// Takes the tag of a build away again. If it stays, nothing trusts it. A registry that takes ECR's place may not
    /// let a tag go without the image.
    async fn untag(&self, tag: &str) {
        if self.cloud.registry == Registry::Ecr {
            let call = self.cloud.ecr.batch_delete_image().repository_name(&self.repository.name);
            let tag = ImageIdentifier::builder().image_tag(tag).build();
            drop(call.image_ids(tag).send().await);
        }
    }
}

/// Signs in to Amazon ECR; the login holds for 12 hours (GetAuthorizationToken, API reference). The registry that takes
/// its place asks for none.
pub(super) async fn ecr_login(cloud: &Cloud) -> Result<Login> {
    if cloud.registry != Registry::Ecr {
        return Ok(Login::Anonymous);
    }
    let answer = cloud.ecr.get_authorization_token().send().await?;
    let login = answer.authorization_data().first().and_then(|data| {
        let token = aws_smithy_types::base64::decode(data.authorization_token()?).ok()?;
        let token = String::from_utf8(token).ok()?;
        let (user, password) = token.split_once(':')?;
        Some(Login::Basic { user: user.to_owned(), password: Secret::new(password) })
    });
    let missing = "AWS answered without a login";
    login.ok_or_else(|| CloudError::answered("GetAuthorizationToken", "", missing))
}

fn changed(path: &str) -> CloudError {
    let message = format!("`{path}` was changed since it was looked at");
    CloudError::own(Cause::Registry(Meaning::Changed), message)
}

fn interrupted() -> CloudError {
    CloudError::own(Cause::Interrupted, "the push was stopped before its end")
}

fn how_far(progress: Progress) -> String {
    let mb = |bytes: u64| bytes.div_ceil(MB);
    format!("pushing: {} of {} MB", mb(progress.bytes), mb(progress.total))
}
