//! The words by which an object of the account is found.

use crate::cloud::{LAB_TAG, RESOURCE_TAG};
use crate::model::{Address, Tags};
use crate::resource::Problem;

/// The words that find an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The object's name in AWS.
    Name(String),
    /// The object's id, as in `sg-0a1b`.
    Id(String),
    /// The object's ARN.
    Arn(String),
    /// That AWS made it for the account.
    Default,
    /// Tags that it has, maybe among others. None stand for any object.
    Tags(Tags),
    /// The lab that it belongs to, and its name there.
    Lab {
        /// The name of the other lab.
        lab: String,
        /// The resource's name in that lab.
        name: String,
    },
}

/// A field that finds an object.
#[derive(Clone, Debug)]
pub struct Key {
    /// The field, in AWS's words, as in `clusterName`.
    pub field: String,
    /// The sort of value that the field has.
    pub sort: Sort,
    /// The beginning of an id, as in `sg-`; of an ARN the service with the beginning of what follows the account, as in
    /// `ecs:cluster/`; of others nothing.
    pub form: String,
}

/// The sort of value that finds an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A name.
    Name,
    /// An id.
    Id,
    /// An ARN.
    Arn,
    /// `true`, for the one that AWS made for the account.
    Default,
}

impl Key {
    /// A field with the name.
    pub fn name(field: impl Into<String>) -> Self {
        Self { field: field.into(), sort: Sort::Name, form: String::new() }
    }

    /// A field with the id, which begins with `form`.
    pub fn id(field: &str, form: &str) -> Self {
        Self { field: field.to_owned(), sort: Sort::Id, form: form.to_owned() }
    }

    /// A field with the ARN, which begins with `form`: the service and what follows the account.
    pub fn arn(field: impl Into<String>, form: impl Into<String>) -> Self {
        Self { field: field.into(), sort: Sort::Arn, form: form.into() }
    }

    pub(super) fn takes(&self, text: &str) -> bool {
        match self.sort {
            Sort::Name => !text.is_empty(),
            Sort::Id => text.starts_with(&self.form),
            Sort::Arn => {
                let parts: Vec<&str> = text.splitn(6, ':').collect();
                let (service, resource) = self.form.split_once(':').unwrap_or((&self.form, ""));
                matches!(parts[..], ["arn", _, own, _, _, rest] if own == service && rest.starts_with(resource))
            }
            Sort::Default => false,
        }
    }

    pub(super) fn by(&self, text: &str) -> By {
        let text = text.to_owned();
        match self.sort {
            Sort::Name => By::Name(text),
            Sort::Id => By::Id(text),
            Sort::Arn => By::Arn(text),
            Sort::Default => By::Default,
        }
    }
}

impl By {
    /// The tags that an object of `kind` has to have; none if it isn't found by tags.
    pub fn tags(&self, kind: &str) -> Option<Tags> {
        match self {
            Self::Tags(tags) => Some(tags.clone()),
            Self::Lab { lab, name } => {
                let address = Address::new(kind, name).to_string();
                Some(Tags::from([(LAB_TAG.to_owned(), lab.clone()), (RESOURCE_TAG.to_owned(), address)]))
            }
            Self::Name(_) | Self::Id(_) | Self::Arn(_) | Self::Default => None,
        }
    }

    /// Returns that an object in another region than the lab's can't be used, if its ARN says so.
    pub(super) fn elsewhere(&self, region: Option<&str>) -> Option<Problem> {
        let Self::Arn(arn) = self else { return None };
        let (own, region) = (region?, arn.split(':').nth(3).filter(|region| !region.is_empty())?);
        (own != region).then(|| Problem::at("", format!("`{arn}` is in {region}, and the lab is in {own}")))
    }
}
