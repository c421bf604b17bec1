//! The words of a `lab.yaml` that a command line takes, for shells that complete them while the lab is being written.

use std::collections::BTreeSet;
use std::io;

use super::errors::{Faults, Files};
use super::include::Includer;
use super::outline::Outline;
use super::tree;
use super::variables::{VARIABLES, Values, Variables};
use crate::model::Address;

/// The words that a lab declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declarations {
    /// The lab's own resources.
    pub resources: Vec<Address>,
    /// The lab's jobs.
    pub jobs: Vec<String>,
    /// The lab's checkpoints.
    pub checks: Vec<String>,
    /// The phases of its resources.
    pub phases: BTreeSet<String>,
    /// The lab's outputs.
    pub outputs: Vec<String>,
    /// The lab's variables.
    pub variables: Vec<String>,
}

impl Declarations {
    /// The words that a lab declares, whatever else is wrong with it. No file is read that it takes in.
    pub fn of(text: &str, values: &Values) -> Self {
        let (mut files, mut faults) = (Files::default(), Faults::default());
        let number = files.add("lab.yaml", text.to_owned());
        let Some(mut tree) = tree::parse(&files, number, &mut faults) else {
            return Self::default();
        };
        let mut variables = Variables::read(&tree, values, &mut faults);
        variables.fill_lab(&mut tree, &mut faults);
        let declared = tree.get(VARIABLES).and_then(|entry| entry.value.entries());
        let declared = declared.into_iter().flatten().map(|entry| entry.key.clone()).collect();
        let nothing = |_: &str| Err(io::Error::from(io::ErrorKind::NotFound));
        let mut includer =
            Includer { files: &mut files, load: &nothing, faults: &mut faults, variables, total: text.len() };
        let outline = Outline::of(tree, &mut includer);
        let own = outline.resources.iter().filter(|declared| declared.kind.lookup().is_none());
        Self {
            resources: own.clone().map(|declared| declared.address.clone()).collect(),
            jobs: outline.jobs.iter().map(|entry| entry.key.clone()).collect(),
            checks: outline.checks.iter().map(|entry| entry.key.clone()).collect(),
            phases: own.filter_map(|declared| declared.phase.clone()).collect(),
            outputs: outline.outputs.iter().map(|entry| entry.key.clone()).collect(),
            variables: declared,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lab_that_is_being_written_declares_its_words() {
        let text = "region: nowhere\nvariables: { student: {} }\nlogGroups: { web: { phase: \"${var.student}\", wrong: 1 } }\n\
                    loadBalancers:\n  web: { phase: web, listeners: { http: {} } }\n\
                    existing: { clusters: { shared: {} } }\n\
                    taskDefinitions: { web: { file: task.json } }\njobs: { load: {}, rest: }\nchecks: { page: {} }\n\
                    outputs: { url: x }\nnonsense: { a: {} }\n";
        let told = Declarations::of(text, &Values::default());
        let addresses: Vec<String> = told.resources.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["logGroup.web", "loadBalancer.web", "listener.web.http", "taskDefinition.web"]);
        assert_eq!(told.jobs, ["load", "rest"]);
        assert_eq!(told.checks, ["page"]);
        assert_eq!(told.phases.into_iter().collect::<Vec<_>>(), ["web"]);
        assert_eq!((told.outputs, told.variables), (vec!["url".to_owned()], vec!["student".to_owned()]));
        assert_eq!(Declarations::of("lab: [", &Values::default()), Declarations::default());
    }
}
