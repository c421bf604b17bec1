//! Sizes: of the task, of its containers in it, and of its disk.

use serde_json::Value;

use super::{GUIDE, REGISTER, containers, on_fargate};
use crate::rules::input::{at, between, each, is_given, number, one_of, text};
use crate::rules::{Found, Rule};

/// The sizes that Fargate offers: CPU units, then MiB from, to and by steps of. 256 units have 512 MiB beside the steps.
const FARGATE: [(i64, i64, i64, i64); 7] = [
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];
/// The operating systems that ECS knows.
const SYSTEMS: [&str; 10] = [
    "LINUX",
    "WINDOWS_SERVER_2004_CORE",
    "WINDOWS_SERVER_2016_FULL",
    "WINDOWS_SERVER_2019_CORE",
    "WINDOWS_SERVER_2019_FULL",
    "WINDOWS_SERVER_2022_CORE",
    "WINDOWS_SERVER_2022_FULL",
    "WINDOWS_SERVER_2025_CORE",
    "WINDOWS_SERVER_2025_FULL",
    "WINDOWS_SERVER_20H2_CORE",
];

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "a task's CPU is a number of units or of vCPU, from 128 to 196608 units, and its memory one of MiB or GB",
        REGISTER,
        &[
            r#"cpu = "much""#,
            r#"memory = "1 TB""#,
            r#"requiresCompatibilities = null && containerDefinitions[0].cpu = 0 && cpu = "100""#,
        ],
        |input, found| {
            for (field, amount) in [("cpu", cpu_units as fn(&str) -> _), ("memory", mebibytes)] {
                let Some(size) = text(&input[field]).filter(|size| !size.is_empty()) else { continue };
                match amount(size) {
                    None => {
                        found
                            .at(field, format!("`{size}` is not a size"))
                            .said(format!("Invalid '{field}' setting for task."));
                    }
                    Some(units) if field == "cpu" && !on_fargate(input) && !(128..=196_608).contains(&units) => {
                        found
                            .at(field, format!("{units} CPU units: AWS takes 128 to 196608"))
                            .said("Invalid 'cpu' setting for task.");
                    }
                    Some(_) => {}
                }
            }
        },
    ),
    Rule::new(
        "the containers don't ask for more than the task has",
        "ContainerDefinition, Amazon ECS API",
        &["containerDefinitions[0].cpu = 513 @ cpu", "containerDefinitions[0].memory = 1025 @ memory"],
        |input, found| {
            for (field, amount, unit) in
                [("cpu", cpu_units as fn(&str) -> _, "CPU units"), ("memory", mebibytes, "MiB")]
            {
                let asked = |container: &Value| match field {
                    "memory" => number(&container["memoryReservation"]).or_else(|| number(&container["memory"])),
                    _ => number(&container[field]),
                };
                let sum: i64 = containers(input).iter().filter_map(|(_, container)| asked(container)).sum();
                if let Some(whole) = text(&input[field]).and_then(amount).filter(|whole| sum > *whole) {
                    found.at(field, format!("the containers ask for {sum} {unit}, the task has {whole}")).said(
                        format!(
                            "The containers' '{field}' settings, {sum} in all, are greater than the task's, {whole}."
                        ),
                    );
                }
            }
        },
    ),
    Rule::new(
        "on Fargate the task says how much CPU and memory it has",
        GUIDE,
        &["cpu = null", "memory = null"],
        |input, found| {
            for field in ["cpu", "memory"] {
                if on_fargate(input) && !is_given(&input[field]) {
                    found
                        .at(field, format!("Fargate needs the task's {field}"))
                        .hint("the smallest task has `cpu: 256` and `memory: 512`")
                        .said(format!("Fargate requires that '{field}' be defined at the task level."));
                }
            }
        },
    ),
    Rule::new(
        "on Fargate CPU and memory are one of its pairs, and Windows has a vCPU at least",
        "Task CPU and memory, Amazon ECS developer guide",
        &[
            r#"cpu = "300""#,
            r#"memory = "8192""#,
            r#"memory = "4.5 GB""#,
            r#"runtimePlatform.operatingSystemFamily = "WINDOWS_SERVER_2022_CORE" @ cpu"#,
        ],
        |input, found| {
            let size = |field: &str, amount: fn(&str) -> Option<i64>| text(&input[field]).and_then(amount);
            let (Some(cpu), Some(memory)) = (size("cpu", cpu_units), size("memory", mebibytes)) else { return };
            if !on_fargate(input) {
                return;
            }
            let words = format!(
                "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS \
                 documentation for the valid values."
            );
            let system = at(input, "runtimePlatform.operatingSystemFamily").as_str().unwrap_or_default();
            if system.starts_with("WINDOWS") && cpu < 1024 {
                found.at("cpu", format!("Windows needs 1024 CPU units at least, not {cpu}")).said(words);
            } else {
                pair(cpu, memory, &words, found);
            }
        },
    ),
    Rule::new(
        "an operating system is one that ECS knows",
        "RuntimePlatform, Amazon ECS API",
        &[r#"requiresCompatibilities = null && runtimePlatform.operatingSystemFamily = "DEBIAN""#],
        |input, found| {
            if !on_fargate(input) {
                one_of(input, "runtimePlatform.operatingSystemFamily", &SYSTEMS, found);
            }
        },
    ),
    Rule::new(
        "Windows runs on x86",
        "RuntimePlatform, Amazon ECS API",
        &[r#"requiresCompatibilities = null && runtimePlatform = {"operatingSystemFamily":
              "WINDOWS_SERVER_2022_CORE", "cpuArchitecture": "ARM64"} @ runtimePlatform.cpuArchitecture"#],
        |input, found| {
            for (path, platform) in each(input, "runtimePlatform") {
                let system = platform["operatingSystemFamily"].as_str().unwrap_or_default();
                if system.starts_with("WINDOWS") && platform["cpuArchitecture"] == "ARM64" {
                    found.here(format!("{path}.cpuArchitecture"));
                }
            }
        },
    ),
    Rule::new(
        "a task's disk has 21 to 200 GiB",
        "EphemeralStorage, Amazon ECS API",
        &["ephemeralStorage.sizeInGiB = 20", "ephemeralStorage.sizeInGiB = 201"],
        |input, found| {
            between(input, "ephemeralStorage.sizeInGiB", 21, 200, found);
            for breach in &mut found.breaches {
                breach.hint("each task on Fargate has 20 GiB anyhow: leave out `ephemeralStorage` for these");
            }
        },
    ),
];

/// The CPU units of `256`, `1024` or `1 vCPU`.
#[must_use]
pub fn cpu_units(text: &str) -> Option<i64> {
    amount(text, "vcpu")
}

/// The MiB of `512` or `2 GB`.
#[must_use]
pub fn mebibytes(text: &str) -> Option<i64> {
    amount(text, "gb")
}

fn amount(text: &str, unit: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    match text.strip_suffix(unit) {
        Some(number) => {
            let amount = number.trim().parse::<f64>().ok().filter(|amount| (0.0..1e6).contains(amount))?;
            format!("{:.0}", amount * 1024.0).parse().ok()
        }
        None => text.parse::<u32>().ok().map(i64::from),
    }
}

/// Returns the smallest of Fargate's sizes with so many CPU units and MiB, or its largest if none has.
pub fn smallest_on_fargate(cpu: i64, memory: i64) -> (i64, i64) {
    if cpu <= 256 && memory <= 512 {
        return (256, 512);
    }
    let [.., (most_units, _, most, _)] = FARGATE;
    let fits = FARGATE.iter().find(|(units, _, to, _)| *units >= cpu && *to >= memory);
    fits.map_or((most_units, most), |(units, from, _, step)| {
        let steps = ((memory - from).max(0) + step - 1) / step;
        (*units, from + steps * step)
    })
}

/// Returns whether Fargate offers so many CPU units and MiB.
pub(crate) fn fits_fargate(cpu: i64, memory: i64) -> bool {
    let is_offered = |(units, from, to, step): &(i64, i64, i64, i64)| {
        cpu == *units && (*from..=*to).contains(&memory) && (memory - from) % step == 0
    };
    (cpu, memory) == (256, 512) || FARGATE.iter().any(is_offered)
}

fn pair(cpu: i64, memory: i64, words: &str, found: &mut Found) {
    let Some((_, from, to, step)) = FARGATE.iter().find(|row| row.0 == cpu) else {
        let known: Vec<String> = FARGATE.iter().map(|row| row.0.to_string()).collect();
        found
            .at("cpu", format!("Fargate has no tasks with {cpu} CPU units"))
            .hint(format!("it has {}", known.join(", ")))
            .said(words);
        return;
    };
    if fits_fargate(cpu, memory) {
        return;
    }
    let offered = match cpu {
        256 => "512, 1024 or 2048".to_owned(),
        _ => format!("{from} to {to} in steps of {step}"),
    };
    found
        .at("memory", format!("Fargate has no tasks with {cpu} CPU units and {memory} MiB"))
        .hint(format!("with cpu {cpu} it has {offered}"))
        .said(words);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_units() {
        for (text, cpu, memory) in [
            ("256", Some(256), Some(256)),
            ("1 vCPU", Some(1024), None),
            (".5 vcpu", Some(512), None),
            ("2 GB", None, Some(2048)),
            ("0.5GB", None, Some(512)),
            ("much", None, None),
        ] {
            assert_eq!((cpu_units(text), mebibytes(text)), (cpu, memory), "{text}");
        }
    }

    #[test]
    fn only_fargates_own_sizes_fit() {
        for (cpu, memory, fits) in [
            (256, 512, true),
            (256, 2048, true),
            (256, 3072, false),
            (256, 4096, false),
            (512, 512, false),
            (512, 1536, false),
            (1024, 2048, true),
            (4096, 30720, true),
            (4096, 31744, false),
            (8192, 20480, true),
            (8192, 21504, false),
            (16384, 122_880, true),
            (300, 512, false),
        ] {
            assert_eq!(fits_fargate(cpu, memory), fits, "{cpu} {memory}");
        }
    }
}
