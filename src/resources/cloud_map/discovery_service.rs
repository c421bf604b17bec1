//! Services of AWS Cloud Map, with which the tasks of an ECS service are registered.

use labform_account::rules::{DISCOVERY_NAME, RECORD_TTL};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Namespace, instances, namespaces, operation, services_in};
use crate::cloud::{CLOUD_MAP, Cloud, CloudError, Result};
use crate::resource::{
    Beside, Calls, Checks, Content, Fate, Field, Grant, Habits, Live, NameRule, Names, Need, Others, Output, Pasted,
    Place, Plain, Problem, Read, Ref, Sending, SpecRef, Waiting, When, all, by_hand, call, document, replace, update,
};
use crate::resources::held::held_by;

/// A service of Cloud Map: the fields of its CreateService.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscoveryService {
    /// The service's name, unique in its namespace: `api` is found as `api.lab.internal` in the namespace `lab.internal`.
    pub name: Option<String>,
    /// The service's namespace.
    pub namespace_id: Ref<Namespace>,
    /// The service's purpose.
    pub description: Option<String>,
    /// The records in DNS that each instance gets; not in a namespace of the type `HTTP`.
    pub dns_config: Option<DnsConfig>,
    /// The word that ECS says whether an instance is healthy, by the checks of its containers.
    pub health_check_custom_config: Option<HealthCheckCustomConfig>,
    /// `HTTP` for a service without records in DNS, whatever its namespace is.
    pub r#type: Option<Discovery>,
}

/// The records in DNS that an instance gets.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsConfig {
    /// The answer to who asks for the name; `MULTIVALUE` if it is left out.
    pub routing_policy: Option<RoutingPolicy>,
    /// The records: `A` for tasks with network interfaces of their own, `SRV` if the port is to be told, too.
    pub dns_records: Vec<DnsRecord>,
}

/// A record in DNS.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsRecord {
    /// The type.
    pub r#type: RecordType,
    /// The seconds for which who asked keeps the answer.
    pub ttl: i32,
}

/// The answer to who asks for a name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RoutingPolicy {
    /// Up to eight of the healthy instances.
    Multivalue,
    /// One of the instances.
    Weighted,
}

/// The type of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordType {
    /// The IPv4 address.
    A,
    /// The IPv6 address.
    Aaaa,
    /// The port, and a name for the address.
    Srv,
    /// Another name.
    Cname,
}

/// The word that somebody says whether an instance is healthy.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HealthCheckCustomConfig {
    /// AWS takes 1, whatever stands here.
    pub failure_threshold: Option<i32>,
}

/// The way in which instances are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Discovery {
    /// By Cloud Map's own call alone.
    Http,
}

const LIST: Read = all("ListServices", "Services");

impl Plain for DiscoveryService {
    const KIND: &'static str = "discoveryService";
    const SECTION: &'static str = "discoveryServices";
    const NAME: NameRule =
        NameRule::of("name", DISCOVERY_NAME, "labels of up to 63 letters, digits, - and _, with dots between them");
    const FIELDS: &'static [Field] = &[
        replace("dnsConfig.routingPolicy").default(r#""MULTIVALUE""#),
        update("dnsConfig.dnsRecords").keyed("type").from_birth(),
        replace("healthCheckCustomConfig").normal(|_| json!({"failureThreshold": 1})),
        replace("type").alike(|kind| if kind == "HTTP" { "HTTP".into() } else { Value::Null }),
        update("description").default(r#""""#),
    ];
    const PASTED: Pasted = Pasted {
        around: &["service", "services"],
        told: &["arn", "createDate", "createdByAccount", "creatorRequestId", "id", "instanceCount", "resourceOwner"],
        beyond: &[("dnsConfig.namespaceId", "null"), ("healthCheckConfig", "null")],
        ..Pasted::PLAIN
    };
    const CALLS: Calls = Calls {
        api: &CLOUD_MAP,
        arn: "service/*",
        id: "Arn",
        name: "Name",
        made: "",
        brings_tags: false,
        create: call("CreateService", "Name"),
        read: &[LIST],
        list: LIST,
        updates: &[by_hand(&["dnsConfig", "description"])],
        delete: call("DeleteService", "Id").by_id().blind_to_tags(),
        restore: None,
    };
    const HABITS: Habits = Habits { unique_in: Some("namespaceId"), goes_after: &["service"], ..Habits::USUAL };

    fn refs(&self) -> Vec<SpecRef> {
        vec![self.namespace_id.at("namespaceId")]
    }

    fn check(&self, checks: &Checks<'_>) -> Vec<Problem> {
        let records = self.dns_config.iter().flat_map(|config| &config.dns_records).enumerate();
        let wrong = records.filter(|(_, record)| !(RECORD_TTL.allows)(record.ttl.into()));
        let problem = |n: usize| Problem::at(format!("dnsConfig.dnsRecords[{n}].ttl"), "seconds are not below 0");
        let mut problems: Vec<Problem> = wrong.map(|(n, _)| problem(n)).collect();
        let Some(namespace) = checks.get(&self.namespace_id) else { return problems };
        let has_records = self.dns_config.is_some();
        let name = &self.namespace_id.name;
        if namespace.is_http() && has_records {
            let message = format!("`{name}` is of the type HTTP: nothing in it has records in DNS");
            problems.push(Problem::at("dnsConfig", message).hint(format!("write `type: DNS_PRIVATE` in `{name}`")));
        }
        if !namespace.is_http() && !has_records && self.r#type.is_none() {
            let problem = Problem::at("dnsConfig", "a service in a namespace with DNS has records, and none is given");
            problems.push(problem.hint("write `dnsConfig: { dnsRecords: [{ type: A, ttl: 10 }] }`, or `type: HTTP`"));
        }
        problems
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = document(self);
        want["namespaceId"] = others.live(&self.namespace_id).map(|live| live.id().to_owned()).shown().into();
        want
    }

    /// The name is one among those of its namespace only.
    async fn is_it(&self, cloud: &Cloud, live: &mut Live, names: &Names) -> Result<bool> {
        let Some(name) = names.get(&self.namespace_id.address()) else { return Ok(false) };
        for namespace in namespaces(cloud, name).await? {
            let services = services_in(cloud, &namespace).await?;
            if services.iter().any(|service| service["Arn"] == live.arn.as_str()) {
                live.document["namespaceId"] = namespace.into();
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        spelt(&mut sending.fields);
        Ok(())
    }

    /// Says the records, too, whatever has changed: Cloud Map takes away those that a call leaves out (UpdateService, API
    /// reference).
    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        let mut now = live.document.as_object().cloned().unwrap_or_default();
        spelt(&mut now);
        let records = fields.get("dnsConfig").or_else(|| now.get("dnsConfig")).map(|config| &config["dnsRecords"]);
        let mut service = Map::new();
        if let Some(records) = records.filter(|records| !records.is_null()) {
            service.insert("dnsConfig".to_owned(), json!({ "dnsRecords": records }));
        }
        service.extend(fields.get_key_value("description").map(|(key, value)| (key.clone(), value.clone())));
        let change = json!({"Id": live.id(), "Service": CLOUD_MAP.case.members(service.into())});
        let answer = cloud.call(&CLOUD_MAP, "UpdateService", change).await?;
        operation::done(cloud, &answer, &Waiting::silent()).await.map(drop)
    }

    fn ids(live: &Live) -> Vec<String> {
        vec![live.arn.clone(), live.id().to_owned()]
    }

    fn links(live: &Live) -> Vec<String> {
        [&live.document["namespaceId"], &live.document["dnsConfig"]["namespaceId"]]
            .into_iter()
            .filter_map(|id| id.as_str().map(str::to_owned))
            .collect()
    }

    fn more_outputs(_place: &Place, _name: &str, live: Option<&Live>) -> Vec<Output> {
        vec![Output::live("id", live.map(Live::id))]
    }

    /// Takes away the instances of ECS services that died.
    async fn free(cloud: &Cloud, live: &Live, _content: Content) -> Result<()> {
        instances::empty(cloud, &live.arn).await.map(drop)
    }

    async fn beside(cloud: &Cloud, _lab: &str, _spec: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        match when {
            When::Planned => Ok(Vec::new()),
            When::Refused => {
                let left = instances::alive(cloud, &live.arn).await?;
                Ok(left.into_iter().map(|words| Beside::new(words, Fate::Holds)).collect())
            }
        }
    }

    async fn refused(cloud: &Cloud, live: &Live, error: CloudError) -> CloudError {
        if !error.is("ResourceInUse") {
            return error;
        }
        held_by(error, instances::alive(cloud, &live.arn).await)
    }

    /// IAM knows no ARN of what isn't there yet (Service Authorization Reference).
    fn made_on(&self, _name: &str, _names: &Names, _place: &Place) -> Vec<String> {
        vec!["*".to_owned()]
    }

    fn more_grants(&self, _name: &str, place: &Place) -> Vec<Grant> {
        let update = &["servicediscovery:UpdateService"];
        let services = [place.arn("servicediscovery", "service/*")];
        let mut grants = vec![
            Grant::in_region(Need::Read, &["servicediscovery:ListNamespaces"], place),
            Grant::on(Need::Change, update, services),
            Grant::in_region(Need::Change, &["servicediscovery:GetOperation"], place),
        ];
        grants.extend(instances::empty_grants(place));
        grants
    }
}

impl DiscoveryService {
    /// Returns whether a record of the service's tells a port.
    pub fn tells_port(&self) -> bool {
        let mut records = self.dns_config.iter().flat_map(|config| &config.dns_records);
        records.any(|record| record.r#type == RecordType::Srv)
    }
}

/// Spells the seconds of records as Cloud Map does, and no word as no other member is.
fn spelt(fields: &mut Map<String, Value>) {
    let records = fields.get_mut("dnsConfig").and_then(|config| config["dnsRecords"].as_array_mut());
    for record in records.into_iter().flatten().filter_map(Value::as_object_mut) {
        if let Some(ttl) = record.remove("ttl") {
            record.insert("TTL".to_owned(), ttl);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Resource as _;
    use crate::resources::test_others;

    fn differences(spec: Value) -> Vec<(String, bool)> {
        let spec: DiscoveryService = serde_json::from_value(spec).unwrap();
        let document = json!({"type": "DNS_HTTP", "healthCheckCustomConfig": {"failureThreshold": 1},
            "dnsConfig": {"namespaceId": "ns-1", "routingPolicy": "MULTIVALUE", "dnsRecords": [{"type": "A", "ttl": 10}]}});
        let live = Live { name: "api".to_owned(), arn: "arn:service/srv-1".to_owned(), document };
        let diff = spec.edit(&live, &test_others(), &[]).diff;
        let replaces = diff.replaces();
        diff.fields.into_iter().map(|field| (field.path, replaces)).collect()
    }

    #[test]
    fn what_cloud_map_fills_in_is_no_difference() {
        let with = |config: Value, more: Value| {
            let mut spec = json!({"namespaceId": "main", "dnsConfig": config});
            spec.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            differences(spec)
        };
        let a = |ttl: i32| json!({"dnsRecords": [{"type": "A", "ttl": ttl}]});
        assert_eq!(with(a(10), json!({"healthCheckCustomConfig": {"failureThreshold": 5}})), []);
        assert_eq!(with(a(10), json!({"healthCheckCustomConfig": {}})), []);
        assert_eq!(with(a(60), json!({})), [("dnsConfig.dnsRecords.A".to_owned(), false)]);
        let srv = json!({"dnsRecords": [{"type": "SRV", "ttl": 10}]});
        assert_eq!(with(srv, json!({})), [("dnsConfig.dnsRecords.SRV".to_owned(), true)]);
        assert_eq!(with(a(10), json!({"type": "HTTP"})), [("type".to_owned(), true)]);
    }

    #[test]
    fn records_go_where_there_is_dns() {
        let records = json!({"dnsRecords": [{"type": "A", "ttl": 10}]});
        for (kind, service, found) in [
            ("DNS_PRIVATE", json!({"namespaceId": "it", "dnsConfig": records}), vec![]),
            ("DNS_PRIVATE", json!({"namespaceId": "it"}), vec!["dnsConfig"]),
            ("HTTP", json!({"namespaceId": "it"}), vec![]),
            ("HTTP", json!({"namespaceId": "it", "dnsConfig": records}), vec!["dnsConfig"]),
        ] {
            let namespace: Namespace = serde_json::from_value(json!({ "type": kind })).unwrap();
            let address = crate::model::Address::new("namespace", "it");
            let specs = std::collections::BTreeMap::from([(
                address,
                std::sync::Arc::new(namespace) as crate::resource::AnySpec,
            )]);
            let service: DiscoveryService = serde_json::from_value(service).unwrap();
            let problems = Plain::check(&service, &Checks::new(&specs));
            assert_eq!(problems.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), found, "{kind}");
        }
    }
}
