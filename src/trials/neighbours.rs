//! The deeds of other people in the account: directly, or through a session of their own.

use serde_json::{Value, json};

use super::{World, source};
use crate::cloud::{Cloud, Endpoint, RESOURCE_TAG, connect};
use crate::live::{self, Evidence};
use crate::resource::{Content, Waiting, retry};
use crate::spec::Node;

/// The tags of a stranger's object: none, another lab's, a CloudFormation stack's beside copies of the lab's own, the
/// lab's own with the address of another kind.
pub(super) fn foreign_tags(address: &str) -> [Value; 4] {
    let other = if address.starts_with("cluster.") { "logGroup.main" } else { "cluster.main" };
    [
        json!({"labform:lab": "ecs-lab", "labform:resource": other}),
        json!({}),
        json!({"labform:lab": "other", "labform:resource": address}),
        json!({"labform:lab": "ecs-lab", "labform:resource": address, "aws:cloudformation:stack-name": "infra"}),
    ]
}

impl World {
    /// A session of somebody else's.
    pub(super) async fn neighbour(&self) -> Cloud {
        let endpoint = Endpoint::Sandbox(self.sandbox.clone());
        let cloud = connect(&endpoint, "eu-west-1", None).await;
        crate::cloud::identity(&cloud).await.unwrap();
        cloud
    }

    /// Changes the account's document.
    pub(super) fn edit(&self, change: impl FnOnce(Value) -> Value) {
        self.sandbox.with(|account| {
            let edited = change(account.document());
            account.set_document(edited);
        });
    }

    /// Puts a stranger's object in the place of the lab's at `address`: of the same name, made later, with these tags.
    pub(super) fn swap(&self, address: &str, tags: &Value) {
        let mut items = self.sandbox.inventory();
        items.retain(|item| item.tags.get(RESOURCE_TAG).is_some_and(|of| of == address));
        assert!(!items.is_empty(), "{address} isn't there");
        let ids = items.iter().filter_map(|item| made_up_by_aws(item.kind, &item.id)).collect::<Vec<_>>();
        self.edit(|mut account| {
            retag(&mut account, address, tags);
            let mut text = account.to_string();
            for id in ids {
                let other: String = id.chars().rev().collect();
                text = text.replace(&id, &other);
            }
            serde_json::from_str(&text).unwrap()
        });
        self.settle_strangers();
    }

    /// Deletes the live object at `address`, as its owner may by hand. Returns whether AWS lets go of it.
    pub(super) async fn delete_by_hand(&self, text: &str, address: &str) -> bool {
        let cloud = self.neighbour().await;
        let reading = live::read_pretended(&cloud, &source(text), Evidence::Direct).await.unwrap();
        assert!(reading.live.at(&address.parse().unwrap()).count() > 0, "{address} isn't there");
        let mut gone = true;
        for (_, object) in reading.live.at(&address.parse().unwrap()) {
            let managed = object.kind.managed().unwrap();
            let waiting = Waiting::silent();
            let content = reading.lab.nodes.get(&object.address).map_or(Content::Keep, Node::on_destroy);
            let delete = || managed.delete(&cloud, &object.live, content, &waiting);
            gone &= retry(&cloud, &waiting, delete).await.is_ok();
        }
        gone
    }
}

/// The part of an id or ARN that AWS makes up, if it makes one up.
fn made_up_by_aws(kind: &str, id: &str) -> Option<String> {
    let is_made_up = ["elasticloadbalancing:", "servicediscovery:"].iter().any(|service| kind.starts_with(service))
        || kind == "ec2:security-group";
    let last = id.rsplit(['/', '-']).next().unwrap_or(id);
    is_made_up.then(|| last.to_owned())
}

/// Gives every object that is tagged as `address` other tags, another time of birth and another id.
fn retag(value: &mut Value, address: &str, tags: &Value) {
    let is_it = |tags: &Value| tags[RESOURCE_TAG] == address;
    match value {
        Value::Object(fields) => {
            if fields.get("tags").is_some_and(is_it) {
                if let Some(created) = fields.get("created").and_then(Value::as_i64) {
                    fields["created"] = json!(created + 1);
                }
                // A service finds its tasks by their ids.
                let id = fields.get("id").filter(|_| !fields.contains_key("overrides"));
                if let Some(id) = id.and_then(Value::as_str) {
                    fields["id"] = json!(format!("{}X", &id[..id.len() - 1]));
                }
            }
            for part in fields.values_mut() {
                match is_it(part) {
                    true => *part = tags.clone(),
                    false => retag(part, address, tags),
                }
            }
        }
        Value::Array(parts) => parts.iter_mut().for_each(|part| retag(part, address, tags)),
        _ => {}
    }
}
