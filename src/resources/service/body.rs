//! A service as the body of a call: what the spec gives, with the ids and ARNs that its references stand for.
//!
//! Knows: the other resources of the lab. Must not know: the live service.

use serde_json::{Map, Value};

use super::compare::SCALING;
use super::shape::DeploymentAlarms;
use super::{NetworkConfiguration, Service, connect};
use crate::cloud::{Cause, CloudError, Result};
use crate::model::{AFTER_APPLY, canonical};
use crate::resource::Others;
use crate::resources::ecs;
use crate::resources::groups_apart::group_apart;
use crate::resources::vpc::subnet_ids;

impl Service {
    /// Returns whether the service names no subnets, so that every default subnet is taken when it is made.
    pub(super) fn takes_every_subnet(&self) -> bool {
        let network = self.network_configuration.as_ref();
        network.is_some_and(|network| network.awsvpc_configuration.subnets.is_none())
    }

    /// The word for what makes the service's deployments.
    pub(super) fn controller(&self) -> &str {
        self.deployment_controller.as_ref().map_or("ECS", |controller| controller.r#type.as_str())
    }

    /// Returns whether nobody but ECS itself exchanges the service's target groups.
    pub(super) fn is_deployed_by_ecs(&self) -> bool {
        self.controller() == "ECS"
    }

    /// The body of CreateService without name and tags. A value that isn't known yet reads `(known after apply)`; in zones
    /// the subnets are those that are `kept`, where they fit.
    pub(super) fn body(&self, kept: &[String], others: &Others) -> Result<Map<String, Value>, String> {
        let mut body = ecs::body(self);
        body.remove("serviceName");
        body.remove(SCALING);
        let cluster = others.output(&self.cluster, "arn").shown();
        body.insert("cluster".to_owned(), cluster.into());
        let definition = others.output(&self.task_definition, "arn").shown();
        body.insert("taskDefinition".to_owned(), definition.into());
        if let Some(network) = &self.network_configuration {
            body.insert("networkConfiguration".to_owned(), network.body(kept, others)?);
        }
        if self.is_deployed_by_ecs() {
            // A target group or a registry that has left the file goes, and a service must have let go of it by then.
            body.entry("loadBalancers").or_insert(Value::Array(Vec::new()));
            body.entry("serviceRegistries").or_insert(Value::Array(Vec::new()));
        }
        for (index, registry) in self.service_registries.iter().flatten().enumerate() {
            let arn = others.live(&registry.registry_arn).map(|live| live.arn.clone());
            body["serviceRegistries"][index]["registryArn"] = arn.shown().into();
        }
        if let Some(want) = body.get_mut("serviceConnectConfiguration") {
            connect::complete(self, others, want);
        }
        for (index, balancer) in self.load_balancers.iter().flatten().enumerate() {
            let arn = others.live(&balancer.target_group_arn).map(|live| live.arn.clone());
            body["loadBalancers"][index]["targetGroupArn"] = arn.shown().into();
        }
        if let Some(alarms) = self.alarms() {
            let names = alarms.alarm_names.iter().map(|alarm| Value::from(others.name(alarm).shown()));
            let body = &mut body["deploymentConfiguration"]["alarms"];
            body["alarmNames"] = names.collect();
            // AWS takes none of the three alone (DeploymentAlarms, Amazon ECS API).
            body["rollback"] = alarms.rollback.unwrap_or_default().into();
        }
        Ok(body)
    }

    /// The alarms that stop a deployment.
    pub(super) fn alarms(&self) -> Option<&DeploymentAlarms> {
        self.deployment_configuration.as_ref()?.alarms.as_ref()
    }

    /// The body for a call, which has to know everything.
    pub(super) fn known_body(&self, operation: &str, others: &Others) -> Result<Map<String, Value>> {
        let body = self.body(&[], others).map_err(|words| CloudError::own_at(operation, Cause::NotSent, words))?;
        refuse_unknown(operation, &Value::Object(body.clone()))?;
        Ok(body)
    }
}

/// Refuses to send a body that isn't known yet.
pub(super) fn refuse_unknown(operation: &str, body: &Value) -> Result<()> {
    if canonical(body).contains(AFTER_APPLY) {
        return Err(CloudError::own_at(operation, Cause::NotSent, "something that it refers to isn't there"));
    }
    Ok(())
}

impl NetworkConfiguration {
    /// The network of a service or a task as a call takes it: ids for zones and for names of security groups. A value
    /// that isn't known yet stands there as `(known after apply)`. In a zone the subnets are those that are `kept`, where
    /// they fit.
    ///
    /// # Errors
    /// If a zone has no subnet, or a group stands in another VPC.
    pub fn body(&self, kept: &[String], others: &Others) -> Result<Value, String> {
        let network = &self.awsvpc_configuration;
        let apart = group_apart(network.security_groups.as_ref(), network.subnets.as_deref(), others);
        apart.map_or(Ok(()), Err)?;
        let mut body = Value::Object(ecs::body(self));
        let body_of_network = &mut body["awsvpcConfiguration"];
        body_of_network["subnets"] = match subnet_ids(network.subnets.as_deref(), self.stands(), kept, others) {
            Some(ids) => ids?.into(),
            None => vec![AFTER_APPLY].into(),
        };
        if let Some(groups) = &network.security_groups {
            let ids = groups.iter().map(|group| others.live(group));
            let ids = ids.map(|live| live.map(|live| live.group_id.clone()).shown());
            body_of_network["securityGroups"] = ids.collect();
        }
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::model::Address;
    use crate::resource::{AnySpec, Checks, Resource};
    use crate::resources::{Listener, test_others, test_others_with};

    fn service(zones: &[&str]) -> Service {
        serde_json::from_value(json!({
            "cluster": "main", "taskDefinition": "web",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": zones, "securityGroups": ["tasks"]}},
            "loadBalancers": [{"targetGroupArn": "web", "containerName": "web", "containerPort": 3000}],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_yet_to_be_made_is_shown_and_never_sent() {
        let body = service(&["eu-west-1a"]).body(&[], &test_others()).unwrap();
        let network = json!({"subnets": [AFTER_APPLY], "securityGroups": [AFTER_APPLY]});
        let balancers = json!([{"targetGroupArn": AFTER_APPLY, "containerName": "web", "containerPort": 3000}]);
        assert_eq!(
            Value::Object(body),
            json!({"cluster": AFTER_APPLY, "taskDefinition": AFTER_APPLY, "loadBalancers": balancers,
                "serviceRegistries": [],
                "networkConfiguration": {"awsvpcConfiguration": network}})
        );
        let sent = service(&[]).known_body("CreateService", &test_others());
        assert!(sent.unwrap_err().is_own(Cause::NotSent));
    }

    #[test]
    fn zones_stand_for_their_default_subnets() {
        let subnet =
            json!({"subnetId": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "eu-west-1a", "isPublic": true});
        let vpc = json!({"vpcId": "vpc-1", "isDefault": true, "subnets": [subnet]});
        let others = test_others_with(&[(Address::new("network", "default"), "network", vpc)]);
        let subnets = |zones: &[&str]| {
            let body = service(zones).body(&[], &others)?;
            Ok(body["networkConfiguration"]["awsvpcConfiguration"]["subnets"].clone())
        };
        assert_eq!(subnets(&["subnet-9", "eu-west-1a"]), Ok(json!(["subnet-9", "subnet-1"])));
        let error: Result<Value, String> = subnets(&["eu-west-1z"]);
        assert!(error.unwrap_err().contains("eu-west-1z"));
    }

    #[test]
    fn a_service_follows_the_listener_of_its_target_group() {
        let mut specs: BTreeMap<Address, AnySpec> = BTreeMap::new();
        for (name, group) in [("http", "web"), ("other", "other")] {
            let listener: Listener = serde_json::from_value(json!({
                "loadBalancerArn": "web", "protocol": "HTTP", "port": 80,
                "defaultActions": [{"type": "forward", "targetGroupArn": group}],
            }))
            .unwrap();
            specs.insert(Address::new("listener", name), Arc::new(listener));
        }
        let follows = service(&[]).follows(&Checks::new(&specs));
        assert_eq!(follows, [Address::new("listener", "http")]);
        let refs = service(&[]).refs();
        let refs: Vec<&str> = refs.iter().map(|found| found.path.as_str()).collect();
        assert_eq!(
            refs,
            [
                "cluster",
                "taskDefinition",
                "loadBalancers[0].targetGroupArn",
                "networkConfiguration.awsvpcConfiguration.securityGroups[0]",
                "networkConfiguration.awsvpcConfiguration.subnets",
            ]
        );
    }
}
