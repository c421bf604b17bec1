//! What AWS charges by the hour for tasks, and the words for what it counts.
//!
//! Knows: what decides the price of a task on Fargate. Must not know: prices.

use labform_account::rules::{cpu_units, mebibytes};
use serde_json::Value;

use super::ecs::{list, text};
use super::{Cluster, TaskDefinition};
use crate::model::{Unit, Usage};
use crate::resource::{Resource, UsageContext};

/// The capacity of Fargate that tasks run on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fargate {
    /// Each task costs what the list says.
    OnDemand,
    /// Some or all tasks cost less than that, by a price that moves.
    Spot,
}

/// Returns what `count` tasks take that are started by `document`: a service, or the parameters of RunTask. Tasks on
/// instances cost nothing by themselves.
pub fn of_tasks(context: &UsageContext<'_>, document: &Value, count: u64) -> Usage {
    let tasks = u32::try_from(count).unwrap_or(u32::MAX);
    let Some(fargate) = fargate(context, document).filter(|_| tasks > 0) else { return Usage::default() };
    let counted_tasks = counted(tasks, "task");
    let Some(definition) = (context.find)(TaskDefinition::KIND, &text(document, "taskDefinition")) else {
        return Usage::unknown(format!("{counted_tasks} whose size isn't known"));
    };
    let platform = &definition["runtimePlatform"];
    if text(platform, "operatingSystemFamily").starts_with("WINDOWS") {
        return Usage::unknown(format!("{counted_tasks} on Windows, whose price isn't known"));
    }
    let amount = |field: &str, read: fn(&str) -> Option<i64>| {
        let given = [&document["overrides"][field], &definition[field]].into_iter().find(|value| !value.is_null())?;
        let units = given.as_str().map_or_else(|| given.as_i64(), read)?;
        u32::try_from(units).ok().map(|units| f64::from(units) / 1024.0)
    };
    let Some((cpu, memory)) = amount("cpu", cpu_units).zip(amount("memory", mebibytes)) else {
        return Usage::unknown(format!("{counted_tasks} whose size isn't known"));
    };
    let (cpus, memories) = match text(platform, "cpuArchitecture").as_str() {
        "ARM64" => (Unit::FargateArmCpu, Unit::FargateArmMemory),
        _ => (Unit::FargateCpu, Unit::FargateMemory),
    };
    let spot = if fargate == Fargate::Spot { " (less on Spot)" } else { "" };
    let usage = Usage {
        amounts: vec![(cpus, f64::from(tasks) * cpu), (memories, f64::from(tasks) * memory)],
        words: vec![format!("{counted_tasks} of {cpu} vCPU and {memory} GB{spot}")],
    };
    let is_public = document["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED";
    and_addresses(usage, if is_public { tasks } else { 0 })
}

/// Returns what a service takes: a count that isn't given is one.
pub(super) fn of_service(context: &UsageContext<'_>, document: &Value) -> Usage {
    of_tasks(context, document, document["desiredCount"].as_u64().unwrap_or(1))
}

/// Returns what a VPC endpoint takes: one with interfaces in each of its zones, and none of the type Gateway.
pub(super) fn of_endpoint(document: &Value) -> Usage {
    let is_interface = document["vpcEndpointType"] == "Interface";
    let zones = list(document, "subnetIds").filter(|_| is_interface).count();
    let zones = u32::try_from(zones).unwrap_or(u32::MAX);
    Usage::default().and(Unit::InterfaceEndpoint, zones, format!("endpoint in {}", counted(zones, "zone")))
}

/// Returns `usage` and what so many public addresses take.
pub(super) fn and_addresses(usage: Usage, count: u32) -> Usage {
    let plural = if count == 1 { "" } else { "es" };
    usage.and(Unit::PublicAddress, count, format!("{count} public address{plural}"))
}

/// The capacity that tasks run on; none if that isn't Fargate. Without a launch type and a strategy, the default strategy
/// of the cluster holds (CreateService, RunTask, API reference).
fn fargate(context: &UsageContext<'_>, document: &Value) -> Option<Fargate> {
    let providers = |strategy: &Value, field: &str| -> Vec<String> {
        let takes = |item: &&Value| item["weight"].as_i64().unwrap_or(1) > 0 || item["base"].as_i64().unwrap_or(0) > 0;
        list(strategy, field).filter(takes).map(|item| text(item, "capacityProvider")).collect()
    };
    let mut names = providers(document, "capacityProviderStrategy");
    if let Some(word) = document["launchType"].as_str().filter(|_| names.is_empty()) {
        return (word == "FARGATE").then_some(Fargate::OnDemand);
    }
    if names.is_empty() {
        let cluster = (context.find)(Cluster::KIND, &text(document, "cluster"))?;
        names = providers(cluster, "defaultCapacityProviderStrategy");
    }
    let is_fargate = !names.is_empty() && names.iter().all(|name| name.starts_with("FARGATE"));
    let has_spot = names.iter().any(|name| name == "FARGATE_SPOT");
    is_fargate.then_some(if has_spot { Fargate::Spot } else { Fargate::OnDemand })
}

fn counted(count: u32, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resources::test_others;

    /// What tasks take and cost in eu-west-1, of a definition with these fields over those of Lab 8's web service.
    fn told(document: &Value, definition: &Value, count: u64) -> String {
        let mut whole = json!({"cpu": "256", "memory": "512"});
        whole.as_object_mut().unwrap().extend(definition.as_object().unwrap().clone());
        let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
        let cluster = json!({ "defaultCapacityProviderStrategy": strategy });
        let others = test_others();
        let find = |kind: &str, word: &str| match (kind, word) {
            ("taskDefinition", "web") => Some(&whole),
            ("cluster", "spot") => Some(&cluster),
            _ => None,
        };
        let usage = of_tasks(&UsageContext { others: &others, find: &find }, document, count);
        format!("{:.5} {}", usage.usd("eu-west-1"), usage.words.join(", "))
    }

    #[test]
    fn tasks_cost_by_their_size_their_processor_and_their_addresses() {
        let web = |more: Value| {
            let mut web = json!({"taskDefinition": "web", "launchType": "FARGATE"});
            web.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            web
        };
        let public = json!({"networkConfiguration": {"awsvpcConfiguration": {"assignPublicIp": "ENABLED"}}});
        let by = |providers: &[&str]| {
            let strategy = providers.iter().map(|name| json!({"capacityProvider": name, "weight": 1}));
            json!({"launchType": null, "capacityProviderStrategy": strategy.collect::<Vec<_>>()})
        };
        let none = || json!({});
        let arm = json!({"cpu": ".5 vCPU", "memory": 2048, "runtimePlatform": {"cpuArchitecture": "ARM64"}});
        let windows = json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
        for (document, definition, count, expected) in [
            (web(public), none(), 2, "0.03469 2 tasks of 0.25 vCPU and 0.5 GB, 2 public addresses"),
            (web(none()), none(), 1, "0.01234 1 task of 0.25 vCPU and 0.5 GB"),
            (web(none()), none(), 0, "0.00000 "),
            (web(none()), arm, 1, "0.02331 1 task of 0.5 vCPU and 2 GB"),
            (web(none()), windows, 1, "0.00000 1 task on Windows, whose price isn't known"),
            (web(json!({"taskDefinition": "old"})), none(), 3, "0.00000 3 tasks whose size isn't known"),
            (web(json!({"overrides": {"cpu": "1024"}})), none(), 1, "0.04270 1 task of 1 vCPU and 0.5 GB"),
            (web(json!({"launchType": "EC2"})), none(), 1, "0.00000 "),
            (web(by(&["FARGATE"])), none(), 1, "0.01234 1 task of 0.25 vCPU and 0.5 GB"),
            (web(by(&["FARGATE", "FARGATE_SPOT"])), none(), 1, "0.01234 1 task of 0.25 vCPU and 0.5 GB (less on Spot)"),
            (web(by(&["instances"])), none(), 1, "0.00000 "),
            (
                web(json!({"launchType": null, "cluster": "spot"})),
                none(),
                1,
                "0.01234 1 task of 0.25 vCPU and 0.5 GB (less on Spot)",
            ),
            (web(json!({"launchType": null, "cluster": "other"})), none(), 1, "0.00000 "),
        ] {
            assert_eq!(told(&document, &definition, count), expected, "{document}");
        }
    }
}
