//! What stands in `examples/`, for whoever has no copy of it.

/// The labs that examples are cut from, with their paths: of a section, the first lab that has it.
const LABS: [(&str, &str); 19] = [
    ("examples/bucket-and-repository.yaml", include_str!("../../../examples/bucket-and-repository.yaml")),
    ("examples/private-nat.yaml", include_str!("../../../examples/private-nat.yaml")),
    ("examples/own-network.yaml", include_str!("../../../examples/own-network.yaml")),
    ("examples/secret-for-a-service.yaml", include_str!("../../../examples/secret-for-a-service.yaml")),
    ("examples/parameters-for-a-service.yaml", include_str!("../../../examples/parameters-for-a-service.yaml")),
    (
        "examples/service-without-load-balancer.yaml",
        include_str!("../../../examples/service-without-load-balancer.yaml"),
    ),
    ("examples/service-that-scales.yaml", include_str!("../../../examples/service-that-scales.yaml")),
    ("examples/service-connect.yaml", include_str!("../../../examples/service-connect.yaml")),
    ("examples/cloud-map.yaml", include_str!("../../../examples/cloud-map.yaml")),
    ("examples/job-alone.yaml", include_str!("../../../examples/job-alone.yaml")),
    ("examples/nightly-job.yaml", include_str!("../../../examples/nightly-job.yaml")),
    ("examples/shared/student.yaml", include_str!("../../../examples/shared/student.yaml")),
    ("examples/learner-account.yaml", include_str!("../../../examples/learner-account.yaml")),
    ("examples/two-services.yaml", include_str!("../../../examples/two-services.yaml")),
    ("examples/private-endpoints.yaml", include_str!("../../../examples/private-endpoints.yaml")),
    ("examples/rule-in-a-shared-group.yaml", include_str!("../../../examples/rule-in-a-shared-group.yaml")),
    ("examples/alarm-for-a-service.yaml", include_str!("../../../examples/alarm-for-a-service.yaml")),
    ("examples/shared-files.yaml", include_str!("../../../examples/shared-files.yaml")),
    ("lab.yaml", include_str!("../../../lab.yaml")),
];

/// A part of a lab that works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The path of the lab, below the project's folder.
    pub path: &'static str,
    /// The lines of the section, with its first entry.
    pub text: String,
}

/// Returns the first entry of the section `name`, as the first example has it that has the section; all of `existing`, whose
/// entries are sections themselves.
pub(super) fn example(name: &str) -> Option<Example> {
    let most = if name == "existing" { usize::MAX } else { 1 };
    LABS.iter().find_map(|(path, lab)| Some(Example { path, text: cut(lab, name, most)? }))
}

/// The lines of the section `name` of a lab, with `most` of its entries.
fn cut(lab: &str, name: &str, most: usize) -> Option<String> {
    let is_head = |line: &&str| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'));
    let mut lines = lab.lines().skip_while(|line| !is_head(line));
    let mut text = vec![lines.next()?];
    let (mut first, mut entries) = (None, 0);
    for line in lines {
        let (depth, is_said) = (line.len() - line.trim_start().len(), !line.trim_start().starts_with('#'));
        first = first.or(is_said.then_some(depth));
        entries += usize::from(is_said && first.is_some_and(|first| depth <= first));
        if depth == 0 || entries > most {
            break;
        }
        text.push(line);
    }
    // A comment at the end is that of the next entry.
    while text.last().is_some_and(|line| line.trim_start().starts_with('#')) {
        text.pop();
    }
    Some(text.join("\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn read(text: &str) -> Value {
        serde_saphyr::from_str(text).expect("an example is YAML")
    }

    #[test]
    fn an_example_is_the_first_entry_of_its_section() {
        for (path, lab) in LABS {
            let whole = read(lab);
            for (name, entries) in whole.as_object().unwrap() {
                let Some(entries) = entries.as_object() else { continue };
                let part = read(&cut(lab, name, 1).unwrap());
                let kept = part[name].as_object().unwrap();
                assert!(!kept.is_empty(), "{path}: {name}");
                for (entry, body) in kept {
                    assert_eq!(entries.get(entry), Some(body), "{path}: {name}.{entry}");
                }
            }
        }
        let lab = "a: { x: 1 }\nb:\n  # one\n  one:\n    y: 1\n  # two\n  two: {}\n";
        assert_eq!(cut(lab, "a", 1).as_deref(), Some("a: { x: 1 }"));
        assert_eq!(cut(lab, "b", 1).as_deref(), Some("b:\n  # one\n  one:\n    y: 1"));
        assert_eq!(cut(lab, "b", 2).as_deref(), lab.split_once('\n').map(|(_, b)| b.trim_end()));
    }
}
