//! The quotas of the account that the lab needs.

use std::collections::BTreeSet;

use futures::future::{LocalBoxFuture, join_all};
use futures::{FutureExt as _, future};
use labform_account::rules::cpu_units;
use serde_json::{Value, json};

use super::{Finding, Surroundings};
use crate::cloud::{Cloud, CloudError, LAB_TAG, Result, SERVICE_QUOTAS};
use crate::model::Address;
use crate::resource::Resource as _;
use crate::resources::{Address as PublicAddress, LoadBalancer, OwnVpc, Service, TaskDefinition};
use crate::spec::{Lab, Node};

const TOPIC: &str = "quotas";
/// The units of processor time in a vCPU ("Task definition parameters", `cpu`).
const UNITS: f64 = 1024.0;

/// A quota, by the codes of Service Quotas.
struct Quota {
    service: &'static str,
    code: &'static str,
    /// What it limits.
    what: &'static str,
    /// How many the lab takes.
    wanted: fn(&Lab) -> f64,
    /// How many there are beside the lab's; nobody tells of what runs how much of them now.
    used: for<'a> fn(&'a Cloud, &'a Lab) -> LocalBoxFuture<'a, Result<f64>>,
}

/// The quotas that may be full or small in a new account ("Endpoints and quotas" of each service, AWS General Reference).
static QUOTAS: [Quota; 5] = [
    Quota {
        service: "fargate",
        code: "L-3032A538",
        what: "vCPUs of tasks on Fargate",
        wanted: vcpus,
        used: |_, _| future::ready(Ok(0.0)).boxed_local(),
    },
    Quota {
        service: "elasticloadbalancing",
        code: "L-53DA6B97",
        what: "application load balancers",
        wanted: |lab| count(balancers(lab, "application")),
        used: |cloud, lab| other_balancers(cloud, lab, "application").boxed_local(),
    },
    Quota {
        service: "elasticloadbalancing",
        code: "L-69A177A2",
        what: "network load balancers",
        wanted: |lab| count(balancers(lab, "network")),
        used: |cloud, lab| other_balancers(cloud, lab, "network").boxed_local(),
    },
    Quota {
        service: "vpc",
        code: "L-F678F1CE",
        what: "VPCs",
        wanted: |lab| count(of_kind(lab, OwnVpc::KIND)),
        used: |cloud, lab| other_vpcs(cloud, lab).boxed_local(),
    },
    Quota {
        service: "ec2",
        code: "L-0263D0A3",
        what: "Elastic IP addresses",
        wanted: |lab| count(of_kind(lab, PublicAddress::KIND)),
        used: |cloud, lab| other_addresses(cloud, lab).boxed_local(),
    },
];

/// Whether the account may have as much as the lab takes.
pub(super) async fn look(it: &Surroundings<'_>) -> Vec<Finding> {
    let Some(lab) = it.lab() else { return Vec::new() };
    let wanted = QUOTAS.iter().map(|quota| (quota, (quota.wanted)(lab))).filter(|(_, wanted)| *wanted > 0.0);
    let asked = wanted.map(|(quota, wanted)| async move {
        match futures::try_join!(value(it.cloud, quota), (quota.used)(it.cloud, lab)) {
            Ok((most, used)) => quota.finding(it, most, used, wanted),
            Err(error) => Finding::unanswered(it, TOPIC, &error),
        }
    });
    let mut found = join_all(asked).await;
    found.dedup();
    found
}

/// The quota's value in this account and region (GetServiceQuota, Service Quotas API reference).
async fn value(cloud: &Cloud, quota: &Quota) -> Result<f64> {
    let document = json!({ "ServiceCode": quota.service, "QuotaCode": quota.code });
    let answer = cloud.call(&SERVICE_QUOTAS, "GetServiceQuota", document).await?;
    let none = || CloudError::answered("GetServiceQuota", "", "the answer holds no value");
    answer["Quota"]["Value"].as_f64().ok_or_else(none)
}

impl Quota {
    fn finding(&self, it: &Surroundings<'_>, most: f64, used: f64, wanted: f64) -> Finding {
        let Self { service, code, what, .. } = self;
        let others = if used > 0.0 { format!(", beside {used} there") } else { String::new() };
        let says = format!("{most} {what} in {}; the lab takes {wanted}{others}", it.cloud.region);
        if used + wanted <= most {
            return Finding::fine(TOPIC, says);
        }
        let cure = format!(
            "`aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} \
             --desired-value {}`, which AWS takes hours or days for",
            (used + wanted).ceil()
        );
        Finding::wrong(TOPIC, says, cure)
    }
}

fn of_kind<'a>(lab: &'a Lab, kind: &'a str) -> impl Iterator<Item = &'a Node> {
    lab.nodes.values().filter(move |node| node.kind.kind() == kind && !node.is_looked_up())
}

fn count(nodes: impl Iterator) -> f64 {
    u32::try_from(nodes.count()).map_or(f64::MAX, f64::from)
}

fn balancers<'a>(lab: &'a Lab, sort: &'a str) -> impl Iterator<Item = &'a Node> {
    of_kind(lab, LoadBalancer::KIND).filter(move |node| node.value["type"].as_str().unwrap_or("application") == sort)
}

/// The vCPUs of the services' tasks, and of the largest job's: jobs run one after the other.
fn vcpus(lab: &Lab) -> f64 {
    let services = of_kind(lab, Service::KIND).map(|service| {
        let tasks = service.value["desiredCount"].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(1);
        f64::from(tasks) * of_tasks(lab, &service.refs)
    });
    let jobs = lab.jobs.keys().map(|job| of_tasks(lab, &lab.job_refs(job)));
    services.sum::<f64>() + jobs.fold(0.0, f64::max)
}

/// The vCPUs of a task of the definition among these resources, if Fargate runs it.
fn of_tasks(lab: &Lab, refs: &BTreeSet<Address>) -> f64 {
    let definitions = refs.iter().filter(|address| address.kind == TaskDefinition::KIND);
    let on_fargate = |value: &&Value| {
        value["requiresCompatibilities"].as_array().is_some_and(|all| all.iter().any(|one| one == "FARGATE"))
    };
    let values = definitions.filter_map(|address| lab.nodes.get(address)).map(|node| &node.value).filter(on_fargate);
    values.map(|value| units(&value["cpu"]) / UNITS).sum()
}

fn units(cpu: &Value) -> f64 {
    let text = cpu.as_str().map_or_else(|| cpu.to_string(), str::to_owned);
    cpu_units(&text).and_then(|units| u32::try_from(units).ok()).map_or(0.0, f64::from)
}

async fn other_balancers(cloud: &Cloud, lab: &Lab, sort: &str) -> Result<f64> {
    let own: Vec<&str> = balancers(lab, sort).map(|node| node.name.as_str()).collect();
    let mut pages = cloud.elbv2.describe_load_balancers().into_paginator().send();
    let mut others = 0.0;
    while let Some(page) = pages.next().await {
        let page = page?;
        let all = page.load_balancers().iter();
        others += count(all.filter(|one| {
            one.r#type().is_some_and(|word| word.as_str() == sort)
                && !own.iter().any(|own| one.load_balancer_name() == Some(own))
        }));
    }
    Ok(others)
}

async fn other_vpcs(cloud: &Cloud, lab: &Lab) -> Result<f64> {
    let answer = cloud.ec2.describe_vpcs().send().await?;
    Ok(count(answer.vpcs().iter().filter(|vpc| !is_own(vpc.tags(), lab))))
}

async fn other_addresses(cloud: &Cloud, lab: &Lab) -> Result<f64> {
    let answer = cloud.ec2.describe_addresses().send().await?;
    Ok(count(answer.addresses().iter().filter(|address| !is_own(address.tags(), lab))))
}

fn is_own(tags: &[aws_sdk_ec2::types::Tag], lab: &Lab) -> bool {
    tags.iter().any(|tag| tag.key() == Some(LAB_TAG) && tag.value() == Some(&lab.place.lab))
}
