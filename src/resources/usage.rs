//! What AWS charges by the hour for tasks, and the words for what it counts.
//!
//! Knows: what decides the price of a task on Fargate. Must not know: prices.

use labform_account::rules::{cpu_units, mebibytes};
use serde_json::Value;

use super::ecs::{list, text};
use super::{Cluster, TaskDefinition};
use crate::model::{Unit, Usage};
use crate::resource::{Resource, UsageContext};

/// What tasks run on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Capacity {
    /// Fargate: each task costs what the list says.
    Fargate,
    /// Fargate: some or all tasks cost less than that, by a price that moves.
    Spot,
    /// Instances, which cost by themselves.
    Instances,
    /// What a cluster says that isn't known here.
    Unknown,
}

/// Returns what `count` tasks take that are started by `document`: a service, or the parameters of RunTask. Tasks on
/// instances cost nothing by themselves.
pub fn of_tasks(context: &UsageContext<'_>, document: &Value, count: u64) -> Usage {
    let tasks = u32::try_from(count).unwrap_or(u32::MAX);
    if tasks == 0 {
        return Usage::default();
    }
    let usage = match capacity(context, document) {
        Capacity::Instances => return Usage::default(),
        Capacity::Unknown => Err("on the cluster's default capacity, which isn't known"),
        Capacity::Fargate => on_fargate(context, document, tasks, ""),
        Capacity::Spot => on_fargate(context, document, tasks, " (less on Spot)"),
    };
    let usage = usage.unwrap_or_else(|why| Usage::unknown(format!("{} {why}", counted(tasks, "task"))));
    let is_public = document["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED";
    and_addresses(usage, if is_public { tasks } else { 0 })
}

/// What tasks take on Fargate by their size, or why that isn't known; `less` is said of the price.
fn on_fargate(context: &UsageContext<'_>, document: &Value, tasks: u32, less: &str) -> Result<Usage, &'static str> {
    const NO_SIZE: &str = "whose size isn't known";
    let definition = (context.find)(TaskDefinition::KIND, &text(document, "taskDefinition")).ok_or(NO_SIZE)?;
    let platform = &definition["runtimePlatform"];
    if text(platform, "operatingSystemFamily").starts_with("WINDOWS") {
        return Err("on Windows, whose price isn't known");
    }
    let amount = |field: &str, read: fn(&str) -> Option<i64>| {
        let given = [&document["overrides"][field], &definition[field]].into_iter().find(|value| !value.is_null())?;
        let units = given.as_str().map_or_else(|| given.as_i64(), read)?;
        u32::try_from(units).ok().map(|units| f64::from(units) / 1024.0)
    };
    let (cpu, memory) = amount("cpu", cpu_units).zip(amount("memory", mebibytes)).ok_or(NO_SIZE)?;
    let (cpus, memories) = match text(platform, "cpuArchitecture").as_str() {
        "ARM64" => (Unit::FargateArmCpu, Unit::FargateArmMemory),
        _ => (Unit::FargateCpu, Unit::FargateMemory),
    };
    let words = format!("{} of {cpu} vCPU and {memory} GB{less}", counted(tasks, "task"));
    let of_each = |amount: f64| f64::from(tasks) * amount;
    Ok(Usage {
        amounts: vec![(cpus, of_each(cpu)), (memories, of_each(memory))],
        words: vec![words],
        ..Usage::default()
    })
}

/// Returns what a service takes: a count that isn't given is one, or the least that it is scaled to.
pub(super) fn of_service(context: &UsageContext<'_>, document: &Value) -> Usage {
    let least = document["scaling"]["minCapacity"].as_u64().unwrap_or(1);
    of_tasks(context, document, document["desiredCount"].as_u64().unwrap_or(least))
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

/// The capacity that tasks run on. Without a launch type and a strategy, the default strategy of the cluster holds, and
/// without that they run on instances (CreateService, RunTask, API reference).
fn capacity(context: &UsageContext<'_>, document: &Value) -> Capacity {
    let providers = |strategy: &Value, field: &str| -> Vec<String> {
        let takes = |item: &&Value| item["weight"].as_i64().unwrap_or(1) > 0 || item["base"].as_i64().unwrap_or(0) > 0;
        list(strategy, field).filter(takes).map(|item| text(item, "capacityProvider")).collect()
    };
    let mut names = providers(document, "capacityProviderStrategy");
    if let Some(word) = document["launchType"].as_str().filter(|_| names.is_empty()) {
        return if word == "FARGATE" { Capacity::Fargate } else { Capacity::Instances };
    }
    if names.is_empty() {
        let Some(cluster) = (context.find)(Cluster::KIND, &text(document, "cluster")) else { return Capacity::Unknown };
        names = providers(cluster, "defaultCapacityProviderStrategy");
    }
    if names.is_empty() || names.iter().any(|name| !name.starts_with("FARGATE")) {
        return Capacity::Instances;
    }
    let has_spot = names.iter().any(|name| name == "FARGATE_SPOT");
    if has_spot { Capacity::Spot } else { Capacity::Fargate }
}

fn counted(count: u32, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Hourly;
    use crate::resources::test_others;

    /// What tasks take and cost in eu-west-1, of a definition with these fields over those of Lab 8's web service.
    fn told(document: &Value, definition: &Value, count: u64) -> String {
        let mut whole = json!({"cpu": "256", "memory": "512"});
        whole.as_object_mut().unwrap().extend(definition.as_object().unwrap().clone());
        let strategy = json!([{"capacityProvider": "FARGATE_SPOT", "weight": 1}]);
        let cluster = json!({ "defaultCapacityProviderStrategy": strategy });
        let plain = json!({});
        let others = test_others();
        let find = |kind: &str, word: &str| match (kind, word) {
            ("taskDefinition", "web") => Some(&whole),
            ("cluster", "spot") => Some(&cluster),
            ("cluster", "plain") => Some(&plain),
            _ => None,
        };
        let usage = of_tasks(&UsageContext { others: &others, find: &find }, document, count);
        let Hourly { usd, is_least } = usage.hourly("eu-west-1");
        format!("{usd:.5}{} {}", if is_least { " + ?" } else { "" }, usage.words.join(", "))
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
        let old = web(json!({"taskDefinition": "old", "networkConfiguration": public["networkConfiguration"]}));
        let windows = json!({"runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}});
        for (document, definition, count, expected) in [
            (web(public.clone()), none(), 2, "0.03469 2 tasks of 0.25 vCPU and 0.5 GB, 2 public addresses"),
            (web(none()), none(), 1, "0.01234 1 task of 0.25 vCPU and 0.5 GB"),
            (web(none()), none(), 0, "0.00000 "),
            (web(none()), arm, 1, "0.02331 1 task of 0.5 vCPU and 2 GB"),
            (web(none()), windows, 1, "0.00000 + ? 1 task on Windows, whose price isn't known"),
            (web(json!({"taskDefinition": "old"})), none(), 3, "0.00000 + ? 3 tasks whose size isn't known"),
            (old, none(), 2, "0.01000 + ? 2 tasks whose size isn't known, 2 public addresses"),
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
            (web(json!({"launchType": null, "cluster": "plain"})), none(), 1, "0.00000 "),
            (
                web(json!({"launchType": null, "cluster": "other"})),
                none(),
                1,
                "0.00000 + ? 1 task on the cluster's default capacity, which isn't known",
            ),
        ] {
            assert_eq!(told(&document, &definition, count), expected, "{document}");
        }
    }
}
