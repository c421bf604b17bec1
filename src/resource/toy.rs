//! A kind for tests: it refers to others of its kind, links to others, and has a field of each sort.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Content, Edit, Field, Found, Grant, Granted, Kind, Managed, NO_VPC, NameRule, Names, Others, Output, Place, Ref,
    Resource, SpecRef, Target, Waiting, Wanted, replace, update,
};
use std::sync::Arc;

use crate::cloud::{Cloud, ECS, Result, Service, owner_tags};
use crate::live::{Evidence, Object};
use crate::model::{Address, Tags};

/// The spec of a toy.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Toy {
    pub(crate) uses: Vec<String>,
    pub(crate) colour: Option<String>,
    pub(crate) size: Option<i32>,
}

/// A live toy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ToyLive {
    pub(crate) id: String,
    pub(crate) links: Vec<String>,
    pub(crate) colour: String,
    pub(crate) size: i32,
}

impl Granted for Toy {
    fn listing(_place: &Place) -> Vec<Grant> {
        Vec::new()
    }

    fn grants(&self, _name: &str, _names: &Names, _place: &Place) -> Vec<Grant> {
        Vec::new()
    }
}

impl Resource for Toy {
    const KIND: &'static str = "toy";
    const SECTION: &'static str = "toys";
    const NAME: NameRule = NameRule::new("name", 1..=64, "anything", |_| true);
    const FIELDS: &'static [Field] = &[update("colour"), replace("size")];
    type Live = ToyLive;

    fn refs(&self) -> Vec<SpecRef> {
        self.uses.iter().map(|name| Ref::<Self>::new(name).at("uses")).collect()
    }

    fn outputs(_place: &Place, name: &str, live: Option<&ToyLive>) -> Vec<Output> {
        vec![Output::fixed("name", name), Output::live("id", live.map(|live| live.id.as_str()))]
    }

    fn ids(live: &ToyLive) -> Vec<String> {
        vec![live.id.clone()]
    }

    fn links(live: &ToyLive) -> Vec<String> {
        live.links.clone()
    }

    async fn read(_cloud: &Cloud, _wanted: &[Wanted<'_, Self>], _names: &Names) -> Result<Vec<Found<ToyLive>>> {
        Ok(Vec::new())
    }
}

impl Managed for Toy {
    const SERVICE: Service = Service::Table(&ECS);

    async fn list(_cloud: &Cloud, _lab: &str) -> Result<Vec<Found<ToyLive>>> {
        Ok(Vec::new())
    }

    async fn create(&self, _cloud: &Cloud, target: &Target, _others: &Others) -> Result<ToyLive> {
        Ok(ToyLive { id: target.name.clone(), links: Vec::new(), colour: String::new(), size: 0 })
    }

    async fn update(
        &self,
        _cloud: &Cloud,
        _target: &Target,
        live: &ToyLive,
        _others: &Others,
        _edit: &Edit,
    ) -> Result<ToyLive> {
        Ok(live.clone())
    }

    async fn delete(_cloud: &Cloud, _live: &ToyLive, _content: Content, _waiting: &Waiting) -> Result<()> {
        Ok(())
    }

    fn arn(_place: &Place, name: &str, _live: &ToyLive) -> String {
        name.to_owned()
    }
}

/// The kind of toys.
pub(crate) static TOY: Kind<Toy> = Kind::NEW;

/// The place of toys.
pub(crate) fn place() -> Place {
    Place {
        lab: "toys".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        partition: "aws".to_owned(),
        vpc: NO_VPC.to_owned(),
    }
}

/// The toy of this number, as it is live: the lab's own, and using those of the numbers `links`.
pub(crate) fn object(number: usize, links: &[usize]) -> Object {
    let id = |number: usize| format!("id-{number}");
    let address = Address::new("toy", format!("t{number}"));
    Object {
        tags: owner_tags("toys", &address, "digest", &Tags::new()),
        address,
        kind: &TOY,
        name: format!("toys-t{number}"),
        live: Arc::new(ToyLive {
            id: id(number),
            links: links.iter().copied().map(id).collect(),
            colour: "red".to_owned(),
            size: 1,
        }),
        leaving: false,
        recoverable: false,
        unseen: None,
        stray: false,
        protect: false,
        evidence: Evidence::Direct,
        read_at: std::time::UNIX_EPOCH,
    }
}
