//! The attributes of a listener, which calls of their own read and change.

use serde_json::{Map, Value, json};

use super::Listener;
use crate::cloud::{Cloud, ELASTIC_LOAD_BALANCING, Result};
use crate::resource::{Detail, Grant, Live, Need, Place, Wanted};
use crate::resources::balancing::{attributes_heard, attributes_said};

/// The field.
pub(super) const FIELD: &str = "attributes";

/// Reads the attributes, if they are compared.
///
/// # Errors
/// If they can't be read.
pub(super) async fn read(cloud: &Cloud, wanted: &Wanted<'_, Listener>, live: Live) -> Result<Live> {
    if wanted.spec.attributes.is_none() || wanted.detail != Detail::Fields {
        return Ok(live);
    }
    let asked = json!({ "ListenerArn": live.arn });
    heard(live, cloud.call(&ELASTIC_LOAD_BALANCING, "DescribeListenerAttributes", asked).await?)
}

/// Gives a listener the attributes, if the spec has any.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn write(cloud: &Cloud, live: Live, attributes: Option<Value>) -> Result<Live> {
    let Some(attributes) = attributes else { return Ok(live) };
    let mut fields = Map::from_iter([(FIELD.to_owned(), attributes)]);
    attributes_said(&mut fields);
    let mut asked = ELASTIC_LOAD_BALANCING.case.members(fields.into());
    asked["ListenerArn"] = live.arn.as_str().into();
    heard(live, cloud.call(&ELASTIC_LOAD_BALANCING, "ModifyListenerAttributes", asked).await?)
}

fn heard(live: Live, answer: Value) -> Result<Live> {
    let mut document = ELASTIC_LOAD_BALANCING.case.fields(answer);
    attributes_heard(&mut document);
    Ok(live.with(FIELD, document[FIELD].take()))
}

/// The permissions for that.
pub(super) fn grants(listener: &Listener, place: &Place) -> Vec<Grant> {
    if listener.attributes.is_none() {
        return Vec::new();
    }
    vec![
        Grant::in_region(Need::Compare, &["elasticloadbalancing:DescribeListenerAttributes"], place),
        Grant::on_owned(Need::Change, &["elasticloadbalancing:ModifyListenerAttributes"], place),
    ]
}
