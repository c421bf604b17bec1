//! Tags of a service that is called by table, as data: the operations that read and write them, and their form.

use serde_json::{Map, Value, json};

use crate::model::Tags;

/// The calls by which a service that is called by table is asked for tags and told of them.
#[derive(Debug)]
pub struct ApiTags {
    /// The operation that answers with the tags of one object.
    pub read: &'static str,
    /// The member of the answer that holds them.
    pub shown: &'static str,
    /// The operation that adds tags to an object.
    pub write: &'static str,
    /// The member of the call that gives them.
    pub given: &'static str,
    /// The place of them in the call that makes an object, as a JSON pointer into what that always says; none if it is
    /// the member `given`.
    pub given_to_new: Option<&'static str>,
    /// The member of both that names the object.
    pub object: &'static str,
    /// Takes the part of the object's ARN by which the calls name it.
    pub id: fn(&str) -> &str,
    /// If one call takes a list of ARNs: how many, and in its answer the list with the tags of each, and the member there
    /// that holds the ARN.
    pub of_many: Option<(usize, &'static str, &'static str)>,
    /// Members that both need besides.
    pub also: &'static [(&'static str, &'static str)],
    /// The form of the tags.
    pub shape: Shape,
    /// IAM's key for the call that creates an object with its tags, if the service has one, as in `ecs:CreateAction`.
    pub creating: Option<&'static str>,
}

/// The form in which a service writes tags.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// An object of values by their keys.
    Map,
    /// A list of objects, whose members for key and value have these names.
    Pairs(&'static str, &'static str),
    /// A list of objects with the members `Key` and `Value` in calls, and `key` and `value` in answers.
    Mixed,
}

impl ApiTags {
    /// The calls of most services.
    pub const USUAL: Self = Self {
        read: "ListTagsForResource",
        shown: "tags",
        write: "TagResource",
        given: "tags",
        given_to_new: None,
        object: "resourceArn",
        id: |arn| arn,
        of_many: None,
        also: &[],
        shape: Shape::Pairs("key", "value"),
        creating: None,
    };

    /// Returns the members by which both calls name the objects with these ARNs.
    pub(super) fn document(&self, arns: &[String]) -> Map<String, Value> {
        let also = self.also.iter().map(|(member, value)| ((*member).to_owned(), Value::from(*value)));
        let object = match (self.of_many, arns) {
            (None, [arn]) => (self.id)(arn).into(),
            _ => arns.into(),
        };
        also.chain([(self.object.to_owned(), object)]).collect()
    }
}

impl Shape {
    /// Writes tags in this form.
    pub fn written(self, tags: &Tags) -> Value {
        match self {
            Self::Mixed => Self::Pairs("Key", "Value").written(tags),
            Self::Map => json!(tags),
            Self::Pairs(key, value) => tags.iter().map(|tag| json!({key: tag.0, value: tag.1})).collect(),
        }
    }

    /// Reads tags off an answer; none if it has another form, because tags that can't be read are no absence of tags. An
    /// answer without the member has no tags, and a tag without a value an empty one.
    pub fn read(self, tags: &Value) -> Option<Tags> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match (self, tags) {
            (Self::Mixed, tags) => Self::Pairs("key", "value").read(tags),
            // An empty list is an empty text in XML.
            (_, Value::Null) => Some(Tags::new()),
            (Self::Pairs(..), Value::String(none)) if none.trim().is_empty() => Some(Tags::new()),
            (Self::Map, Value::Object(tags)) => tags.iter().map(|tag| Some((tag.0.clone(), text(tag.1)?))).collect(),
            (Self::Pairs(key, value), Value::Array(tags)) => {
                let worth = |tag: &Value| if tag[value].is_null() { Some(String::new()) } else { text(&tag[value]) };
                tags.iter().map(|tag| Some((text(&tag[key])?, worth(tag)?))).collect()
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::{ECR, ELASTIC_LOAD_BALANCING, LOGS, SECRETS_MANAGER, SSM};

    #[test]
    fn tags_are_read_in_the_form_in_which_they_are_written_and_in_no_other() {
        let tags = Tags::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
        for (shape, written) in [
            (Shape::Map, json!({"a": "1", "b": ""})),
            (Shape::Pairs("key", "value"), json!([{"key": "a", "value": "1"}, {"key": "b", "value": ""}])),
            (Shape::Pairs("Key", "Value"), json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])),
        ] {
            assert_eq!(shape.written(&tags), written);
            assert_eq!(shape.read(&written), Some(tags.clone()));
            assert_eq!(shape.read(&Value::Null), Some(Tags::new()), "an answer without tags");
            let empty = Some(Tags::from([("a".to_owned(), String::new())]));
            assert_eq!(Shape::Pairs("key", "value").read(&json!([{"key": "a"}])), empty);
            for other in [json!("a"), json!({"a": 1}), json!([{"KEY": "a", "value": "1"}]), json!(["a"])] {
                assert_eq!(shape.read(&other), None, "{shape:?} {other}");
            }
        }
    }

    #[test]
    fn an_object_is_named_as_its_service_names_it() {
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:ecs-lab/db-a1b2c3";
        let parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/ecs-lab/db";
        let group = "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/lab";
        for (api, arn, document) in [
            (&SECRETS_MANAGER, secret, json!({"SecretId": secret})),
            (&SSM, parameter, json!({"ResourceType": "Parameter", "ResourceId": "/ecs-lab/db"})),
            (&LOGS, group, json!({"resourceArn": group})),
            (&ECR, "arn:aws:ecr:x", json!({"resourceArn": "arn:aws:ecr:x"})),
            (&ELASTIC_LOAD_BALANCING, "arn:aws:x", json!({"ResourceArns": ["arn:aws:x"]})),
        ] {
            assert_eq!(Value::from(api.tags.document(&[arn.to_owned()])), document);
        }
    }
}
