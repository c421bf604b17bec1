//! The pushing of images, none of which is ever deleted by itself.

use super::{Image, ImageLive, docker, push};
use crate::cloud::{self, Cause, Cloud, CloudError, Registry, Result};
use crate::model::Known;
use crate::resource::{
    Content, Edit, Found, Habits, Managed, Others, Place, Replacing, Resource as _, Sourced as _, Target, Waiting,
    Within,
};
use crate::resources::Repository;

impl Managed for Image {
    const SERVICE: cloud::Service = cloud::Service::Table(&cloud::ECR);
    const HABITS: Habits = Habits {
        replacing: Replacing::Revision,
        holds: false,
        within: Some(Within { field: "repository", kind: Repository::KIND, otherwise: "latest" }),
        ..Habits::USUAL
    };

    async fn preflight(&self, cloud: &Cloud, live: Option<&ImageLive>, others: &Others) -> Result<()> {
        if cloud.registry == Registry::Missing {
            let message = "the endpoint isn't AWS, and no registry is known that belongs to it";
            return Err(CloudError::own(Cause::NoRegistry, message));
        }
        let Some(source) = &others.source else {
            let message = format!("what `{}` is now isn't known", self.name());
            return Err(CloudError::own(Cause::SourceUnknown, message));
        };
        if let (Some(live), Known::Now(repository)) = (live, others.live(&self.repository)) {
            push::make_sure_that_tag_moves(self, source, live, repository)?;
        }
        match &cloud.registry {
            Registry::Ecr | Registry::At { .. } if self.context.is_some() => docker::check().await,
            _ => Ok(()),
        }
    }

    /// An image is whose its repository is, and isn't listed by itself.
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

    async fn delete(_cloud: &Cloud, _live: &ImageLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        Ok(())
    }

    fn arn(place: &Place, name: &str, _live: &ImageLive) -> String {
        let repository = name.rsplit_once(':').map_or(name, |(repository, _)| repository);
        place.arn("ecr", &format!("repository/{repository}"))
    }
}
