//! Annotations for GitHub Actions, which shows them beside the line of the file that they are about ("Workflow commands for
//! GitHub Actions", Setting an error message).

use crate::error::Error;
use crate::resource::Severity;
use crate::spec::SpecError;

/// The annotations for an error: one for each fault of the spec, or one for all.
pub fn of_error(error: &Error) -> Vec<String> {
    if error.problems.is_empty() {
        return vec![format!("::error::{}", data(&error.message))];
    }
    error.problems.iter().map(of_problem).collect()
}

/// The annotation for a fault of the spec, or for a warning.
pub fn of_problem(problem: &SpecError) -> String {
    let command = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match problem.file.as_str() {
        "" => String::new(),
        file => format!(" file={},line={},col={}", property(file), problem.line, problem.column),
    };
    let of = problem.address.iter().map(|address| format!("{address}: "));
    let hint = problem.hint.iter().map(|hint| format!("\n{hint}"));
    let message: String = of.chain([problem.message.clone()]).chain(hint).collect();
    format!("::{command}{place}::{}", data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Source;

    #[test]
    fn each_fault_stands_at_its_line() {
        let text = "lab: demo\nregion: eu-west-1\nclusters: { main: { clusterNam: a } }\nvcp: 50%\n";
        let error = Error::from(Source::parse("a,b.yaml", text, &|_| unreachable!("it takes in no file")).unwrap_err());
        insta::assert_snapshot!(of_error(&error).join("\n"), @r"
        ::error file=a%2Cb.yaml,line=3,col=21::cluster.main: unknown field `clusterNam`%0Adid you mean `clusterName`?
        ::error file=a%2Cb.yaml,line=4,col=1::unknown section `vcp`%0Adid you mean `vpc`?
        ");
        assert_eq!(of_error(&Error::failed("no\n100%")), ["::error::no%0A100%25"]);
    }
}
