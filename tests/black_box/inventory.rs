//! What an account holds of a lab, as a client that others wrote lists it: by name, and by owner tag.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::account::Account;
use crate::lifecycle;
use crate::lives::{self, Life};

/// What there is of the lab by name, as in `securityGroup ecs-lab-alb-sg`, and the region's task definitions, which
/// don't have to have the lab's name in theirs. Tombstones are left out: inactive services and task definitions, which
/// AWS keeps and nobody pays for.
pub(crate) fn by_name(account: &Account, lab: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for life in lives::all().iter().filter(|life| lifecycle::has(account, life)) {
        for name in listed(account, life) {
            found.insert(format!("{} {name}", life.kind));
        }
    }
    for arn in strings(&account.aws("elbv2 describe-load-balancers --query LoadBalancers[].LoadBalancerArn")) {
        let listeners = account.aws(&format!("elbv2 describe-listeners --load-balancer-arn {arn}"));
        for listener in listeners["Listeners"].as_array().into_iter().flatten() {
            found.insert(format!("listener {}:{}", arn.split('/').nth(2).unwrap_or(arn), listener["Port"]));
        }
    }
    let clusters = account.aws("ecs list-clusters --query clusterArns");
    for cluster in strings(&clusters).filter(|cluster| is_active(account, "clusters", cluster, "")) {
        found.insert(format!("cluster {}", without_arn(cluster)));
        let within = format!("--cluster {cluster}");
        let services = account.aws(&format!("ecs list-services {within} --query serviceArns"));
        for service in strings(&services).filter(|service| is_active(account, "services", service, &within)) {
            found.insert(format!("service {}/{}", without_arn(cluster), without_arn(service)));
        }
    }
    found.retain(|name| name.contains(lab) || name.starts_with("taskDefinition "));
    found
}

/// The names of all that there is of a kind; none of a kind that no call lists whole.
pub(crate) fn listed(account: &Account, life: &Life) -> Vec<String> {
    let list = life.part::<Option<String>>("listed").map(|list| account.aws(&list));
    strings(&list.unwrap_or_default()).map(|name| without_arn(name).to_owned()).collect()
}

/// The ARNs of what carries the lab's owner tag, as far as the account's tag index knows. Left out are the kinds that
/// an index goes on listing after they were deleted, as AWS's does: `by_name` sees whether they are gone.
pub(crate) fn by_tag(account: &Account, lab: &str) -> BTreeSet<String> {
    let filter = format!("Key=labform:lab,Values={lab}");
    let found = account.aws(&format!(
        "resourcegroupstaggingapi get-resources --tag-filters {filter} --query ResourceTagMappingList[].ResourceARN"
    ));
    let remembered = [":cluster/", ":service/", ":task-definition/", ":listener/"];
    strings(&found).filter(|arn| !remembered.iter().any(|kind| arn.contains(kind))).map(String::from).collect()
}

/// Whether ECS says so; lists hold what was deleted too.
fn is_active(account: &Account, what: &str, arn: &str, within: &str) -> bool {
    let status = format!("ecs describe-{what} --{what} {arn} {within} --query {what}[].status");
    strings(&account.aws(&status)).any(|status| status == "ACTIVE")
}

/// The name in an ARN, without a revision.
fn without_arn(name: &str) -> &str {
    let Some(path) = name.strip_prefix("arn:") else {
        return name;
    };
    let last = path.rsplit('/').next().unwrap_or(path);
    last.split(':').next().unwrap_or(last)
}

fn strings(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}
