//! How images are pushed. None is ever deleted by itself.

use super::{Image, ImageLive, Origin, docker, push};
use crate::cloud::{self, Cause, Cloud, CloudError, Registry, Result};
use crate::model::Known;
use crate::resource::{Edit, Found, Managed, Others, Place, Replacing, Target, Waiting};

impl Managed for Image {
    const SERVICE: cloud::Service = cloud::Service::Json(&cloud::ECR);
    const REPLACING: Replacing = Replacing::Revision;
    const HOLDS: bool = false;
    const STANDS_ALONE: bool = false;

    fn revision(&self) -> &'static str {
        match self.context {
            Some(_) => "to be built from its context and pushed again",
            None => "to be pushed again",
        }
    }

    async fn preflight(&self, cloud: &Cloud, live: Option<&ImageLive>, others: &Others) -> Result<()> {
        if cloud.registry == Registry::Missing {
            let message = "the endpoint isn't AWS, and no registry is known that belongs to it";
            return Err(CloudError::own(Cause::NoRegistry, message));
        }
        if self.source_digest.is_none() {
            let source = match self.origin() {
                Some(Origin::Context(source) | Origin::Archive(source) | Origin::Mirror(source)) => source,
                None => "",
            };
            let message = format!("what `{source}` is now isn't known");
            return Err(CloudError::own(Cause::SourceUnknown, message));
        }
        if let (Some(live), Known::Now(repository)) = (live, others.live(&self.repository)) {
            push::make_sure_that_tag_moves(self, live, repository)?;
        }
        match &cloud.registry {
            Registry::Ecr | Registry::At { .. } if self.context.is_some() => docker::check().await,
            _ => Ok(()),
        }
    }

    /// Whose an image is, its repository says.
    async fn list(_cloud: &Cloud, _lab: &str) -> Result<Vec<Found<ImageLive>>> {
        Ok(Vec::new())
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<ImageLive> {
        push::bring(self, cloud, target, others).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        target: &Target,
        _live: &ImageLive,
        others: &Others,
        _edit: &Edit,
    ) -> Result<ImageLive> {
        push::bring(self, cloud, target, others).await
    }

    async fn delete(_cloud: &Cloud, _live: &ImageLive, _waiting: &Waiting) -> Result<()> {
        Ok(())
    }

    fn arn(place: &Place, name: &str, _live: &ImageLive) -> String {
        let repository = name.rsplit_once(':').map_or(name, |(repository, _)| repository);
        place.arn("ecr", &format!("repository/{repository}"))
    }
}
