//! Objects of the account that a lab uses and doesn't own: looked up, never changed, never deleted.
//!
//! Knows: by what one is found, and what is said if none or several are. Must not know: any kind in particular.

mod by;
mod findable;
mod selector;

use serde_json::Value;

use super::{
    Checks, Field, Found, Grant, Granted, LookedUp, NameRule, Names, Output, PathError, Place, Problem, Readiness,
    Resource, SpecRef, Wanted,
};
use crate::cloud::{Cloud, Result};
use crate::model::{Address, Tags, nearest};
pub use by::{By, Key, Sort};
pub use findable::{Candidate, Findable};
pub use selector::Existing;

/// The most names or ids that an error tells.
const TOLD: usize = 5;

impl<R: Findable> Existing<R> {
    /// Looks objects up, all in as few calls as AWS allows.
    pub(super) async fn look_up(cloud: &Cloud, wanted: &[(&Address, &Self)]) -> Result<Vec<LookedUp<R::Live>>> {
        let by: Vec<&By> = wanted.iter().map(|(_, one)| &one.by).collect();
        let all = R::find(cloud, &by).await?;
        let mut found = Vec::new();
        for (address, one) in wanted {
            let fits = all.iter().filter(|candidate| one.fits(candidate));
            let present =
                |it: &Candidate<R::Live>| Found::present(address, it.name.clone(), it.live.clone(), it.tags.clone());
            let fits: Vec<_> = fits.collect();
            found.push(match fits[..] {
                [] => LookedUp::None((*address).clone(), one.missing(cloud).await),
                [only] => LookedUp::One(present(only)),
                _ => {
                    let ids: Vec<String> = fits.iter().map(|one| id::<R>(one)).collect();
                    LookedUp::Several(fits.into_iter().map(present).collect(), one.ambiguous(&ids))
                }
            });
        }
        Ok(found)
    }

    fn fits(&self, candidate: &Candidate<R::Live>) -> bool {
        match (&self.by, self.by.tags(R::WORD)) {
            (By::Name(name), _) => *name == candidate.name,
            (By::Id(id), _) => R::ids(&candidate.live).contains(id),
            (By::Arn(arn), _) => {
                let ids = R::ids(&candidate.live);
                // A kind that AWS knows by an id has that in its ARN.
                let by_id = ids.iter().all(|id| !id.starts_with("arn:"));
                ids.contains(arn) || by_id && R::name_in(arn).is_some_and(|id| ids.contains(&id))
            }
            (_, Some(tags)) => tags.iter().all(|(key, value)| candidate.tags.get(key) == Some(value)),
            (By::Default | By::Tags(_) | By::Lab { .. }, None) => true,
        }
    }

    fn ambiguous(&self, ids: &[String]) -> Problem {
        let told = ids.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        let message = format!("{} are {} {}s: {told}", self.words(), ids.len(), R::WORD);
        let exact = Self::exact().map(|field| format!("write the `{field}` of the one that is meant"));
        Problem { hint: exact, ..Problem::at("", message) }
    }

    /// Says that there is none, and what there is instead, if that can be read.
    async fn missing(&self, cloud: &Cloud) -> Problem {
        let message = format!("there is no {} {} in {}", R::WORD, self.words(), cloud.region);
        let all = R::find(cloud, &[&By::Tags(Tags::new())]).await.unwrap_or_default();
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        let prepares = cloud.prepares();
        let hint = match (&self.by, names.as_slice()) {
            (By::Lab { lab, .. }, _) => format!("is it applied? see `labform status` of `{lab}`"),
            (_, []) if prepares.is_none() => format!("there is no {} at all that could be read", R::WORD),
            (By::Name(name), names) if nearest(name, names.iter().copied()).is_some() => {
                format!("did you mean `{}`?", nearest(name, names.iter().copied()).unwrap_or_default())
            }
            _ if prepares.is_some() => prepares.unwrap_or_default().to_owned(),
            (_, names) => {
                let more = if names.len() > TOLD { ", …" } else { "" };
                format!("there are {}{more}", names[..names.len().min(TOLD)].join(", "))
            }
        };
        Problem::at("", message).hint(hint)
    }

    /// The field that finds one object for certain.
    fn exact() -> Option<String> {
        let keys = R::keys().into_iter().filter(|key| matches!(key.sort, Sort::Id | Sort::Arn));
        keys.map(|key| key.field).next()
    }
}

/// The id by which people tell one object from another.
fn id<R: Resource>(candidate: &Candidate<R::Live>) -> String {
    R::ids(&candidate.live).into_iter().next().unwrap_or_else(|| candidate.name.clone())
}

impl<R: Findable> Resource for Existing<R> {
    const KIND: &'static str = R::KIND;
    const SECTION: &'static str = R::SECTION;
    const NAME: NameRule = R::NAME;
    const FIELDS: &'static [Field] = &[];
    type Live = R::Live;

    fn parse(value: &Value) -> Result<Self, PathError> {
        Self::of(value)
    }

    fn refs(&self) -> Vec<SpecRef> {
        Vec::new()
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let own = match &self.by {
            By::Lab { lab, name } if checks.lab() == Some(lab) => {
                let hint = format!("its own stand in the lab's sections: take this out, and refer to `{name}`");
                Some(Problem::at("lab", format!("`{lab}` is this lab")).hint(hint))
            }
            _ => None,
        };
        self.by.elsewhere(checks.region()).into_iter().chain(own).collect()
    }

    fn readiness(live: &R::Live, begun: Option<&R::Live>) -> Readiness {
        R::readiness(live, begun)
    }

    /// What follows from the name of the lab's own doesn't follow from that of somebody else's.
    fn outputs(place: &Place, name: &str, live: Option<&R::Live>) -> Vec<Output> {
        let outputs = R::outputs(place, name, live).into_iter();
        outputs.map(|output| Output { value: output.value.filter(|_| live.is_some()), ..output }).collect()
    }

    fn document(live: &R::Live) -> Value {
        R::document(live)
    }

    fn ids(live: &R::Live) -> Vec<String> {
        R::ids(live)
    }

    fn incarnation(live: &R::Live) -> String {
        R::incarnation(live)
    }

    async fn read(cloud: &Cloud, wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<R::Live>>> {
        let wanted: Vec<_> = wanted.iter().map(|one| (one.address, one.spec)).collect();
        let found = Self::look_up(cloud, &wanted).await?.into_iter();
        Ok(found.filter_map(|one| if let LookedUp::One(found) = one { Some(found) } else { None }).collect())
    }
}

impl<R: Findable> Granted for Existing<R> {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    fn grants(&self, _name: &str, _names: &Names, place: &Place) -> Vec<Grant> {
        R::finding(&self.by, place)
    }
}
