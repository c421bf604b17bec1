//! How repositories are listed, made, changed and deleted.

use super::calls::{self, repositories};
use super::{Repository, RepositoryLive};
use crate::cloud::{self, Cloud, CloudError, Result};
use crate::resource::{Edit, Found, Managed, Others, Place, Target, Waiting};
use crate::resources::OnDestroy;

impl Managed for Repository {
    const SERVICE: cloud::Service = cloud::Service::Json(&cloud::ECR);

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<RepositoryLive>>> {
        let repositories = repositories(cloud).await?;
        let arns: Vec<String> = repositories.iter().map(|live| live.arn.clone()).collect();
        let tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        Ok(crate::resources::owned(lab, repositories, |live| (live.name.clone(), tags.get(&live.arn).cloned())))
    }

    async fn create(&self, cloud: &Cloud, target: &Target, _others: &Others) -> Result<RepositoryLive> {
        let live = calls::create(cloud, self, target).await?;
        self.set_policy(cloud, live).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &RepositoryLive,
        _others: &Others,
        edit: &Edit,
    ) -> Result<RepositoryLive> {
        let mut live = live.clone();
        let scanning = self.image_scanning_configuration;
        if let (true, Some(scanning)) = (edit.touches("imageScanningConfiguration"), scanning) {
            calls::set_scanning(cloud, &live.name, scanning).await?;
            live.image_scanning_configuration = scanning;
        }
        let mutability = self.image_tag_mutability;
        if let (true, Some(mutability)) = (edit.touches("imageTagMutability"), mutability) {
            calls::set_mutability(cloud, &live.name, mutability).await?;
            live.image_tag_mutability = mutability.word().to_owned();
        }
        match edit.touches("lifecyclePolicyText") {
            true => self.set_policy(cloud, live).await,
            false => Ok(live),
        }
    }

    async fn delete(cloud: &Cloud, live: &RepositoryLive, _waiting: &Waiting) -> Result<()> {
        let delete = cloud.ecr.delete_repository().repository_name(&live.name);
        let delete = delete.force(live.on_destroy == Some(OnDestroy::Empty));
        match delete.send().await.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.is("RepositoryNotEmptyException") => {
                let message = format!(
                    "{}; apply keeps them; `onDestroy: empty` in lab.yaml lets destroy delete them, as `destroy \
                     --empty` does; to delete them by hand: `aws ecr delete-repository --repository-name {} --force`",
                    error.message(),
                    live.name
                );
                Err(error.reworded(message))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &RepositoryLive) -> String {
        live.arn.clone()
    }
}

impl Repository {
    async fn set_policy(&self, cloud: &Cloud, live: RepositoryLive) -> Result<RepositoryLive> {
        if let Some(policy) = &self.lifecycle_policy_text {
            calls::set_policy(cloud, &live.name, policy).await?;
        }
        Ok(RepositoryLive { lifecycle_policy_text: self.lifecycle_policy_text.clone(), ..live })
    }
}
