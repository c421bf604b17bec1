//! The time until which a lab is to live, written to the tags of its objects.

use futures::future::try_join_all;

use super::Executor;
use crate::cloud::{Cloud, EXPIRES_TAG, Owner};
use crate::error::Error;
use crate::live::{self, Object, Reading};
use crate::model::Tags;
use crate::plan::Scope;
use crate::resource::Place;
use crate::spec::Lab;

impl Executor<'_> {
    /// Writes the time until which the lab is to live, as lab.yaml says it, where an object has another: those that were
    /// made just now have it, and those that were there before don't. A command for a part of the lab leaves the others.
    pub(super) async fn keep_expiry(&self, reading: &Reading, scope: &Scope) -> Result<(), Error> {
        let lab = &reading.lab;
        let Some(expires) = lab.record.get(EXPIRES_TAG).filter(|_| scope.chosen.is_none()) else { return Ok(()) };
        if reading.live.objects.iter().any(|object| has_another(object, &lab.place.lab, expires)) {
            set_expiry(self.cloud, &lab.place, Some(lab), expires).await?;
        }
        Ok(())
    }
}

/// Writes `expires` to the tag of each object of the lab that has another one, and returns how many these were. Whose they
/// are is read at the services that own them. `spec` is the lab, if there is a file.
///
/// # Errors
/// If anything can't be read, or written.
pub async fn set_expiry(cloud: &Cloud, place: &Place, spec: Option<&Lab>, expires: &str) -> Result<usize, Error> {
    let live = live::list(&cloud.anew(), &place.lab, spec).await?;
    let others: Vec<&Object> = live.objects.iter().filter(|object| has_another(object, &place.lab, expires)).collect();
    let tags = Tags::from([(EXPIRES_TAG.to_owned(), expires.to_owned())]);
    let writes =
        others.iter().filter_map(|object| Some((*object, object.kind.managed()?))).map(async |(object, managed)| {
            let arn = managed.arn(place, &object.name, &object.live);
            cloud.write_tags(managed.service(), &arn, &tags).await.map_err(|error| {
                let Error { message, .. } = Error::from(error.clone());
                Error { message: format!("{}: writing {EXPIRES_TAG}: {message}", object.address), ..error.into() }
            })
        });
    try_join_all(writes).await?;
    Ok(others.len())
}

fn has_another(object: &Object, lab: &str, expires: &str) -> bool {
    let is_ours = matches!(object.owner(lab), Owner::Lab(_));
    let carries_tags = object.stands_alone() && !object.leaving;
    is_ours && carries_tags && object.tags.get(EXPIRES_TAG).is_none_or(|tag| tag != expires)
}
