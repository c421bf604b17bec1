//! Internet gateways, each attached to a VPC.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::holders::{self, Around};
use super::{OwnVpc, around, default_to, id_of, without_vpc};
use crate::cloud::{Cloud, CloudError, EC2, Result, unless_gone};
use crate::model::Address;
use crate::resource::{
    Beside, Calls, Checks, Content, Field, Grant, Habits, Home, Live, NameRule, Need, Others, Pasted, Place, Plain,
    Problem, Read, Ref, SpecRef, When, by_hand, call, owned, update,
};
use crate::resources::ecs::{list, text};
use crate::resources::held::held_by;

/// An internet gateway: the field of AttachInternetGateway.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InternetGateway {
    /// The VPC to which the gateway is attached.
    pub vpc_id: Option<Ref<OwnVpc>>,
}

const LIST: Read = owned("DescribeInternetGateways", "internetGatewaySet");

impl Plain for InternetGateway {
    const KIND: &'static str = "internetGateway";
    const SECTION: &'static str = "internetGateways";
    const NAME: NameRule = super::NAME;
    const FIELDS: &'static [Field] = &[update("vpcId")];
    const PASTED: Pasted = Pasted {
        around: &["internetGateways", "internetGateway"],
        told: &["attachments", "internetGatewayId", "ownerId"],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &EC2,
        arn: "internet-gateway/*",
        id: "internetGatewayId",
        name: "",
        made: "",
        brings_tags: true,
        create: call("CreateInternetGateway", "")
            .with(r#"{"TagSpecification": [{"ResourceType": "internet-gateway", "Tag": []}]}"#),
        read: &[LIST],
        list: LIST,
        updates: &[by_hand(&["vpcId"]).after_create()],
        delete: call("DeleteInternetGateway", "InternetGatewayId"),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["service", "loadBalancer", "natGateway"], ..Habits::NAMELESS };

    fn place_in(section: &mut Value, home: &Home) {
        default_to(section, "vpcId", home.vpc.as_str());
    }

    fn refs(&self) -> Vec<SpecRef> {
        self.vpc_id.iter().map(|vpc| vpc.at("vpcId")).collect()
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        self.vpc_id.is_none().then(without_vpc).into_iter().collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let vpc = self.vpc_id.as_ref().map(|vpc| ("vpcId".to_owned(), id_of(vpc, others).shown().into()));
        Value::Object(vpc.into_iter().collect::<Map<_, _>>())
    }

    /// AWS tells of attachments, of which there is one at most.
    fn heard(document: &mut Value) {
        let vpc = list(document, "attachmentSet").next().map(|attached| text(attached, "vpcId"));
        if let Some(vpc) = vpc {
            document["vpcId"] = vpc.into();
        }
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        detach(cloud, live).await?;
        let wanted = fields["vpcId"].as_str().unwrap_or_default();
        let asked = json!({"InternetGatewayId": live.arn, "VpcId": wanted});
        match cloud.call(&EC2, "AttachInternetGateway", asked).await {
            // A call whose answer was lost attached it.
            Err(error) if error.says("Resource.AlreadyAssociated", wanted) => Ok(()),
            end => end.map(drop),
        }
    }

    async fn free(cloud: &Cloud, live: &Live, _content: Content) -> Result<()> {
        match detach(cloud, live).await {
            Err(error) if error.is("DependencyViolation") => {
                let around = Around::PublicIn(live.text("vpcId"));
                Err(held_by(error, holders::words(cloud, around).await))
            }
            end => end,
        }
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("vpcId").to_owned()]
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        holders::beside(cloud, lab, Around::PublicIn(live.text("vpcId")), when).await
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let detach = |need| Grant::on_owned(need, &["ec2:DetachInternetGateway"], place);
        vec![
            around(&["ec2:AttachInternetGateway"], &["vpc"], place),
            Grant::on_owned(Need::Change, &["ec2:AttachInternetGateway"], place),
            detach(Need::Change),
            detach(Need::Delete),
            Grant::in_region(Need::Delete, holders::READS, place),
        ]
    }
}

impl InternetGateway {
    /// The gateways that are attached to a VPC, by the spec.
    pub(super) fn of(vpc: &Ref<OwnVpc>, checks: &Checks<'_>) -> Vec<Address> {
        let is_of = |gateway: &Self| gateway.vpc_id.as_ref().is_some_and(|other| other.name == vpc.name);
        checks.all::<Self>().filter(|(_, gateway)| is_of(gateway)).map(|(address, _)| address.clone()).collect()
    }
}

/// Detaches the gateway from the VPC in which it is, if it is in one.
async fn detach(cloud: &Cloud, live: &Live) -> std::result::Result<(), CloudError> {
    let vpc = live.text("vpcId");
    if vpc.is_empty() {
        return Ok(());
    }
    let asked = json!({"InternetGatewayId": live.arn, "VpcId": vpc});
    unless_gone(cloud.call(&EC2, "DetachInternetGateway", asked).await).map(drop)
}
