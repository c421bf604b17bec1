//! Faults of a task's size.
//!
//! Knows: what Fargate offers. Must not know: live objects.

use super::normal::{cpu_units, mebibytes};
use super::{NetworkMode, TaskDefinition};
use crate::resource::Problem;

/// The sizes that Fargate offers: CPU units, then MiB from, to and by steps of ("Task CPU and memory", Amazon ECS
/// developer guide). 256 units have 512 MiB beside the steps.
const FARGATE: [(u32, u32, u32, u32); 7] = [
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16384, 1024),
    (4096, 8192, 30720, 1024),
    (8192, 16384, 61440, 4096),
    (16384, 32768, 122_880, 8192),
];

/// Checks that CPU and memory can be read, and that the containers fit in.
pub(super) fn problems(definition: &TaskDefinition) -> Vec<Problem> {
    let mut problems = Vec::new();
    let containers = &definition.container_definitions;
    let cpu = containers.iter().filter_map(|container| container.cpu);
    let memory = containers.iter().filter_map(|container| container.memory_reservation.or(container.memory));
    for (field, size, parsed, sum, unit) in [
        ("cpu", &definition.cpu, cpu_units as fn(&str) -> _, cpu.sum::<i32>(), "CPU units"),
        ("memory", &definition.memory, mebibytes, memory.sum(), "MiB"),
    ] {
        let Some(size) = size else { continue };
        match parsed(&size.0) {
            None => problems.push(Problem::at(field, format!("`{}` is not a size", size.0))),
            Some(whole) if i64::from(sum) > i64::from(whole) => {
                let message = format!("the containers ask for {sum} {unit}, the task has {whole}");
                problems.push(Problem::at(field, message));
            }
            Some(_) => {}
        }
    }
    problems
}

/// Checks what Fargate asks for: a network of its own, and one of its pairs of CPU and memory.
pub(super) fn fargate_problems(definition: &TaskDefinition) -> Vec<Problem> {
    let mut problems = Vec::new();
    if definition.network_mode != Some(NetworkMode::Awsvpc) {
        problems.push(
            Problem::at("networkMode", "Fargate needs a network interface for each task")
                .hint("write `networkMode: awsvpc`"),
        );
    }
    let cpu = definition.cpu.as_ref().map(|size| cpu_units(&size.0));
    let memory = definition.memory.as_ref().map(|size| mebibytes(&size.0));
    for (field, size) in [("cpu", cpu), ("memory", memory)] {
        if size.is_none() {
            problems.push(
                Problem::at(field, format!("Fargate needs the task's {field}"))
                    .hint("the smallest task has `cpu: 256` and `memory: 512`"),
            );
        }
    }
    if let (Some(Some(cpu)), Some(Some(memory))) = (cpu, memory) {
        problems.extend(pair_problem(cpu, memory));
    }
    problems
}

fn pair_problem(cpu: u32, memory: u32) -> Option<Problem> {
    let Some((_, from, to, step)) = FARGATE.iter().find(|row| row.0 == cpu) else {
        let known: Vec<String> = FARGATE.iter().map(|row| row.0.to_string()).collect();
        return Some(
            Problem::at("cpu", format!("Fargate has no tasks with {cpu} CPU units"))
                .hint(format!("it has {}", known.join(", "))),
        );
    };
    let is_offered = (*from..=*to).contains(&memory) && (memory - from).is_multiple_of(*step);
    if is_offered || (cpu, memory) == (256, 512) {
        return None;
    }
    let offered = match cpu {
        256 => "512, 1024 or 2048".to_owned(),
        _ => format!("{from} to {to} in steps of {step}"),
    };
    Some(
        Problem::at("memory", format!("Fargate has no tasks with {cpu} CPU units and {memory} MiB"))
            .hint(format!("with cpu {cpu} it has {offered}")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fargate_offers_pairs() {
        for (cpu, memory, is_right) in [
            (256, 512, true),
            (256, 2048, true),
            (256, 3072, false),
            (512, 512, false),
            (1024, 2048, true),
            (4096, 30720, true),
            (4096, 31744, false),
            (8192, 20480, true),
            (8192, 21504, false),
            (16384, 122_880, true),
        ] {
            assert_eq!(pair_problem(cpu, memory).is_none(), is_right, "{cpu} {memory}");
        }
        let hint = pair_problem(1024, 512).and_then(|problem| problem.hint).unwrap();
        assert_eq!(hint, "with cpu 1024 it has 2048 to 8192 in steps of 1024");
    }
}
