//! The calls to Amazon EC2 that read, make, change and delete single rules.

use serde_json::{Value, json};

use super::SecurityGroupRule;
use crate::cloud::{Cloud, EC2, LAB_TAG, RESOURCE_TAG, Result};
use crate::model::{Address, Tags};
use crate::resource::{Live, Resource as _};
use crate::resources::answered;
use crate::resources::balancing::numbers;
use crate::resources::ecs::{list, text};
use crate::resources::network::flags;

/// The list of rules in answers.
const ITEMS: &str = "securityGroupRuleSet";
/// The fields that a rule is changed in.
const CHANGED: [&str; 8] =
    ["ipProtocol", "fromPort", "toPort", "cidrIpv4", "cidrIpv6", "referencedGroupId", "prefixListId", "description"];

/// Returns the rules with the owner tag of `lab`, with their tags.
///
/// # Errors
/// If they can't be read.
pub(super) async fn owned(cloud: &Cloud, lab: &str) -> Result<Vec<(Live, Tags)>> {
    described(cloud, &format!("tag:{LAB_TAG}"), lab).await
}

/// Returns the rules of a group, with their tags.
///
/// # Errors
/// If they can't be read.
pub(super) async fn in_group(cloud: &Cloud, group: &str) -> Result<Vec<(Live, Tags)>> {
    described(cloud, "group-id", group).await
}

async fn described(cloud: &Cloud, filter: &str, value: &str) -> Result<Vec<(Live, Tags)>> {
    let asked = json!({"Filter": [{"Name": filter, "Value": [value]}]});
    let pages = cloud.pages(&EC2, "DescribeSecurityGroupRules", asked).await?;
    Ok(pages.iter().flat_map(|page| list(page, ITEMS)).map(heard).collect())
}

/// Allows what `want` says, by a rule with these tags.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn authorize(cloud: &Cloud, want: &Value, permission: &Value, tags: &Tags) -> Result<Live> {
    let mut permission = permission.clone();
    // EC2's forms call the groups on the other side by another name.
    if let Some(pairs) = permission.as_object_mut().and_then(|members| members.remove("userIdGroupPairs")) {
        permission["groups"] = pairs;
    }
    let tags = json!([{"ResourceType": "security-group-rule", "Tag": EC2.tags.shape.written(tags)}]);
    let permissions = EC2.case.members(json!([permission]));
    let asked = json!({"GroupId": want["groupId"], "IpPermissions": permissions, "TagSpecification": tags});
    let operation = match want["isEgress"] == true {
        true => "AuthorizeSecurityGroupEgress",
        false => "AuthorizeSecurityGroupIngress",
    };
    let answer = cloud.call(&EC2, operation, asked).await?;
    answered(operation, list(&answer, ITEMS).next()).map(|rule| heard(rule).0)
}

/// Changes a rule to `whole`.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn modify(cloud: &Cloud, live: &Live, whole: &Value) -> Result<()> {
    let fields = CHANGED.into_iter().filter_map(|field| Some((field.to_owned(), whole.get(field)?.clone())));
    let rule = json!({"SecurityGroupRuleId": live.arn, "SecurityGroupRule": EC2.case.members(fields.collect())});
    let asked = json!({"GroupId": live.text("groupId"), "SecurityGroupRule": [rule]});
    cloud.call(&EC2, "ModifySecurityGroupRules", asked).await.map(drop)
}

/// Takes a rule away.
///
/// # Errors
/// AWS's refusal.
pub(super) async fn revoke(cloud: &Cloud, live: &Live) -> Result<Value> {
    let operation = match live.document["isEgress"] == true {
        true => "RevokeSecurityGroupEgress",
        false => "RevokeSecurityGroupIngress",
    };
    let asked = json!({"GroupId": live.text("groupId"), "SecurityGroupRuleId": [live.arn]});
    cloud.call(&EC2, operation, asked).await
}

/// Reads a rule off an answer. Its name is the one that its owner tags give it.
fn heard(answer: &Value) -> (Live, Tags) {
    let mut document = answer.clone();
    let tags = EC2.tags.shape.read(&document[EC2.tags.shown]).unwrap_or_default();
    flags(&mut document, &["isEgress"]);
    numbers(&mut document, &["fromPort", "toPort"]);
    let other = &answer["referencedGroupInfo"]["groupId"];
    if !other.is_null() {
        document["referencedGroupId"] = other.clone();
    }
    let address = tags.get(RESOURCE_TAG).and_then(|text| text.parse::<Address>().ok());
    let lab = tags.get(LAB_TAG).map_or("", String::as_str);
    let name = address.map(|address| SecurityGroupRule::NAME.default_name(lab, &address.name));
    (Live { name: name.unwrap_or_default(), arn: text(answer, "securityGroupRuleId"), document }, tags)
}
