//! How load balancers are listed, made, changed and deleted.

use super::calls::{self, balancers};
use super::{LoadBalancer, LoadBalancerLive};
use crate::cloud::{self, Cause, Cloud, CloudError, Result};
use crate::model::Diff;
use crate::resource::{Found, Managed, Others, Place, ServiceLinkedRole, Target, Waiting};
use crate::resources::made_for;
use crate::resources::vpc::subnet_ids;

impl Managed for LoadBalancer {
    const SERVICE: cloud::Service = cloud::Service::Own(&cloud::ELASTIC_LOAD_BALANCING);
    const SERVICE_LINKED_ROLE: Option<ServiceLinkedRole> = Some(ServiceLinkedRole {
        name: "AWSServiceRoleForElasticLoadBalancing",
        service: "elasticloadbalancing.amazonaws.com",
    });

    async fn list(cloud: &Cloud, lab: &str) -> Result<Vec<Found<LoadBalancerLive>>> {
        let balancers = balancers(cloud).await?;
        let arns: Vec<String> = balancers.iter().map(|live| live.arn.clone()).collect();
        let tags = cloud.tags_of_listed(Self::SERVICE, lab, &arns).await?;
        Ok(crate::resources::owned(lab, balancers.to_vec(), |live| (live.name.clone(), tags.get(&live.arn).cloned())))
    }

    async fn create(&self, cloud: &Cloud, target: &Target, others: &Others) -> Result<LoadBalancerLive> {
        let subnets = self.subnets(others, "CreateLoadBalancer")?;
        let live = calls::create(cloud, self, target, subnets, self.groups(others)).await?;
        made_for(cloud, Self::SERVICE, target, &live.arn).await?;
        self.set_attributes(cloud, live).await
    }

    async fn update(
        &self,
        cloud: &Cloud,
        _target: &Target,
        live: &LoadBalancerLive,
        others: &Others,
        diff: &Diff,
    ) -> Result<LoadBalancerLive> {
        let mut live = live.clone();
        if diff.touches("subnets") {
            let subnets = self.subnets(others, "SetSubnets")?;
            live.subnets = calls::set_subnets(cloud, &live.arn, subnets).await?;
        }
        if diff.touches("securityGroups") {
            let groups = self.groups(others);
            live.security_groups = calls::set_security_groups(cloud, &live.arn, groups).await?;
        }
        if let (true, Some(kind)) = (diff.touches("ipAddressType"), &self.ip_address_type) {
            calls::set_ip_address_type(cloud, &live.arn, kind).await?;
            live.ip_address_type.clone_from(kind);
        }
        match diff.touches("attributes") {
            true => self.set_attributes(cloud, live).await,
            false => Ok(live),
        }
    }

    /// AWS deletes a load balancer that is gone already with success (DeleteLoadBalancer, API reference).
    async fn delete(cloud: &Cloud, live: &LoadBalancerLive, _waiting: &Waiting) -> Result<()> {
        let delete = cloud.elbv2.delete_load_balancer();
        let answer = delete.load_balancer_arn(&live.arn).send().await;
        match answer.map_err(CloudError::from) {
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.says("OperationNotPermitted", "deletion protection") => {
                let advice = "set its attribute deletion_protection.enabled to \"false\" first";
                let message = format!("{}; {advice}", error.message());
                Err(error.reworded(message))
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        }
    }

    fn arn(_place: &Place, _name: &str, live: &LoadBalancerLive) -> String {
        live.arn.clone()
    }
}

impl LoadBalancer {
    fn groups(&self, others: &Others) -> Vec<String> {
        self.group_ids(others).map(|id| id.now().expect("its security groups are made before it")).collect()
    }

    fn subnets(&self, others: &Others, operation: &str) -> Result<Vec<String>> {
        subnet_ids(self.subnets.as_deref(), others)
            .expect("the VPC is looked up before anything is made in it")
            .map_err(|words| CloudError::own_at(operation, Cause::NoSubnet, words))
    }

    async fn set_attributes(&self, cloud: &Cloud, mut live: LoadBalancerLive) -> Result<LoadBalancerLive> {
        if let Some(attributes) = &self.attributes {
            calls::set_attributes(cloud, &live.arn, attributes).await?;
            live.attributes.extend(attributes.clone());
        }
        Ok(live)
    }
}
