//! Namespaces of AWS Cloud Map.

use labform_account::rules::NAMESPACE_NAME;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{instances, operation, services_in};
use crate::cloud::{CLOUD_MAP, Cloud, CloudError, Result};
use crate::model::{Tags, Unit, Usage};
use crate::resource::{
    Beside, Call, Calls, Checks, Content, Fate, Field, Grant, Habits, Home, Live, NameRule, Names, Need, Others,
    Output, Pasted, Place, Plain, Problem, Read, Ref, Sending, SpecRef, Target, UsageContext, Waiting, When, all,
    by_hand, call, document, each, replace, update,
};
use crate::resources::ecs::text;
use crate::resources::held::held_by;
use crate::resources::network::{OwnVpc, default_to};
use crate::resources::vpc::{Vpc, vpc_id};

/// The tag that says in which VPC the names are found: Cloud Map doesn't.
const VPC_TAG: &str = "labform:vpc";
/// The operation that lists namespaces.
pub(super) const LISTING: &str = "ListNamespaces";
/// The namespaces that others share with the account are nobody's here.
const OWN: &str = r#"{"Filters": [{"Name": "RESOURCE_OWNER", "Values": ["SELF"], "Condition": "EQ"}]}"#;
/// What Cloud Map is making and deleting.
const UNDER_WAY: &str = r#"{"Filters": [
    {"Name": "TYPE", "Values": ["CREATE_NAMESPACE", "DELETE_NAMESPACE"], "Condition": "IN"},
    {"Name": "STATUS", "Values": ["SUBMITTED", "PENDING"], "Condition": "IN"}]}"#;

/// A namespace: the fields of CreatePrivateDnsNamespace, or of CreateHttpNamespace.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Namespace {
    /// The namespace's name: the domain of the services in it, as in `lab.internal`.
    pub name: Option<String>,
    /// The way in which the services in it are found: `DNS_PRIVATE` by the DNS of a VPC, `HTTP` by Cloud Map's own call, or
    /// over Service Connect, which works with both; `DNS_PRIVATE` if it is left out.
    pub r#type: Option<NamespaceType>,
    /// The VPC whose DNS finds the services, a name below `vpcs`; the lab's if it is left out. For `DNS_PRIVATE`.
    pub vpc: Option<Ref<OwnVpc>>,
    /// The namespace's purpose.
    pub description: Option<String>,
}

/// The way in which the services in a namespace are found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NamespaceType {
    /// By names in the DNS of one VPC, and by Cloud Map's own call.
    #[default]
    DnsPrivate,
    /// By Cloud Map's own call alone.
    Http,
}

impl Plain for Namespace {
    const KIND: &'static str = "namespace";
    const SECTION: &'static str = "namespaces";
    const NAME: NameRule =
        NameRule::of("name", NAMESPACE_NAME, "visible characters of ASCII, and no `arn:` before them");
    const FIELDS: &'static [Field] =
        &[replace("type").default(r#""DNS_PRIVATE""#), replace("vpc"), update("description").default(r#""""#)];
    const PASTED: Pasted = Pasted {
        around: &["namespace", "namespaces"],
        told: &["arn", "createDate", "creatorRequestId", "id", "properties", "resourceOwner", "serviceCount"],
        beyond: &[],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &CLOUD_MAP,
        arn: "namespace/*",
        id: "Arn",
        name: "Name",
        made: "",
        brings_tags: false,
        create: call("CreatePrivateDnsNamespace", "Name").answers_without_object(),
        read: &[
            all(LISTING, "Namespaces").with(OWN),
            // They say in which VPC the names are found.
            each("ListTagsForResource", "ResourceARN").by_arn(),
        ],
        list: LIST,
        updates: &[by_hand(&["description"])],
        delete: call("DeleteNamespace", "Id").by_id().blind_to_tags(),
        restore: None,
    };
    const HABITS: Habits = Habits { goes_after: &["discoveryService", "service"], ..Habits::USUAL };

    fn refs(&self) -> Vec<SpecRef> {
        if self.is_http() {
            return Vec::new();
        }
        vec![self.vpc.as_ref().map_or_else(|| Vpc::reference().at("vpc"), |own| own.at("vpc"))]
    }

    fn place_in(section: &mut Value, home: &Home) {
        if section["type"] != "HTTP" {
            default_to(section, "vpc", home.vpc.as_str());
        }
    }

    fn usage(_context: &UsageContext<'_>, document: &Value) -> Usage {
        let is_http = document["type"] == "HTTP";
        if is_http { Usage::default() } else { Usage::one(Unit::HostedZone, "private hosted zone") }
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        let has_vpc = self.is_http() && self.vpc.is_some();
        let problem = Problem::at("vpc", "a namespace of the type HTTP has no names in a VPC's DNS");
        has_vpc.then(|| problem.hint("leave out `vpc`, or write `type: DNS_PRIVATE`")).into_iter().collect()
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        want["type"] = json!(self.r#type.unwrap_or_default());
        if !self.is_http() {
            want["vpc"] = vpc_id(self.vpc.as_ref(), others).shown().into();
        }
        want
    }

    /// One that labform hasn't made doesn't say in which VPC its names are found.
    fn keep(&self, live: &Live, _others: &Others, want: &mut Value) {
        if let Some(fields) = want.as_object_mut().filter(|_| live.document["vpc"].is_null()) {
            fields.remove("vpc");
        }
    }

    fn look(&self, _cloud: &Cloud, live: &mut Live, tags: Option<&Tags>) {
        if let Some(vpc) = tags.and_then(|tags| tags.get(VPC_TAG)) {
            live.document["vpc"] = vpc.as_str().into();
        }
    }

    fn creation(&self) -> Call {
        match self.is_http() {
            true => call("CreateHttpNamespace", "Name").answers_without_object(),
            false => Self::CALLS.create,
        }
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        sending.fields.remove("type");
        if let Some(vpc) = sending.fields.get("vpc").and_then(Value::as_str).filter(|_| sending.live.is_none()) {
            sending.tags.insert(VPC_TAG.to_owned(), vpc.to_owned());
        }
        Ok(())
    }

    async fn made(&self, cloud: &Cloud, target: &Target, live: Live, _tags: Tags) -> Result<Live> {
        let answer = json!({ "OperationId": live.document["operationId"] });
        let targets = operation::done(cloud, &answer, &target.waiting).await?;
        let answer = cloud.call(&CLOUD_MAP, "GetNamespace", json!({ "Id": targets["NAMESPACE"] })).await?;
        let document = CLOUD_MAP.case.fields(answer["Namespace"].clone());
        Ok(Live { name: live.name, arn: text(&document, "arn"), document })
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        let operation = if self.is_http() { "UpdateHttpNamespace" } else { "UpdatePrivateDnsNamespace" };
        let change = json!({"Id": live.id(), "Namespace": {"Description": fields["description"]}});
        let answer = cloud.call(&CLOUD_MAP, operation, change).await?;
        operation::done(cloud, &answer, &Waiting::silent()).await.map(drop)
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone(), live.id().to_owned()]
    }

    fn links(live: &Live) -> Vec<String> {
        vec![live.text("vpc").to_owned()]
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("id", live.map(Live::id))]
    }

    /// Takes away what ECS left in the namespace of services that died.
    async fn free(cloud: &Cloud, live: &Live, _content: Content) -> Result<()> {
        instances::sweep(cloud, live).await
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        operation::gone(cloud, live, waiting).await
    }

    async fn beside(cloud: &Cloud, lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        match when {
            When::Planned => Ok(Vec::new()),
            When::Refused => {
                let services = instances::of_others(cloud, lab, live).await?;
                Ok(services.into_iter().map(|words| Beside::new(words, Fate::Holds)).collect())
            }
        }
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("ResourceInUse") {
            return error;
        }
        let services = services_in(cloud, live.id()).await;
        held_by(error, services.map(|all| all.iter().map(instances::words).collect()))
    }

    /// IAM knows no ARN of what isn't there yet (Service Authorization Reference).
    fn made_on(&self, _name: &str, _names: &Names, _place: &Place) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let own = [place.arn("servicediscovery", "namespace/*")];
        let change: &[&str] = match self.is_http() {
            true => &["servicediscovery:UpdateHttpNamespace"],
            false => &["servicediscovery:UpdatePrivateDnsNamespace"],
        };
        let mut grants = vec![
            Grant::in_region(Need::Change, &["servicediscovery:GetNamespace", "servicediscovery:GetOperation"], place),
            Grant::in_region(Need::Delete, &["servicediscovery:GetNamespace", "servicediscovery:GetOperation"], place),
            Grant::in_region(Need::Delete, &["servicediscovery:ListOperations"], place),
        ];
        grants.extend(self.description.iter().map(|_| Grant::on(Need::Change, change, own.clone())));
        grants.extend(instances::sweep_grants(place));
        if !self.is_http() {
            // Cloud Map makes and deletes the zone with the permissions of who asks it to ("Identity-based policies for
            // AWS Cloud Map", developer guide).
            let zone = &[
                "route53:CreateHostedZone",
                "route53:GetHostedZone",
                "route53:ListHostedZonesByName",
                "route53:ChangeResourceRecordSets",
            ];
            grants.push(Grant::on(Need::Change, zone, ["*"]));
            grants.push(Grant::in_region(Need::Change, &["ec2:DescribeVpcs", "ec2:DescribeRegions"], place));
            let zone = &["route53:DeleteHostedZone", "route53:GetHostedZone", "route53:ChangeResourceRecordSets"];
            grants.push(Grant::on(Need::Delete, zone, ["*"]));
        }
        grants
    }
}

const LIST: Read = all(LISTING, "Namespaces").with(OWN).after("ListOperations", UNDER_WAY, "Operations");

/// What a listing of the account's own namespaces always says.
pub(super) fn own() -> Value {
    serde_json::from_str(OWN).expect("it is JSON")
}

impl Namespace {
    /// Returns whether nothing in the namespace has a name in DNS.
    pub(super) fn is_http(&self) -> bool {
        self.r#type == Some(NamespaceType::Http)
    }
}
