//! Environment variables that anyone may read who can see a task definition or a task.

use super::KeyValuePair;
use crate::model::{gives_away, nearest};
use crate::resource::Problem;

/// Returns the variables at `path` that give a secret away. `open` are those of which the user said that they don't, and
/// `of` is what they can be read in.
pub fn readable(variables: Option<&[KeyValuePair]>, open: &[String], path: &str, of: &str) -> Vec<Problem> {
    let given = variables.iter().copied().flatten().enumerate();
    let secret = given.filter(|(_, variable)| {
        let value = variable.value.as_deref().unwrap_or_default();
        !open.contains(&variable.name) && gives_away(&variable.name, value)
    });
    let problems = secret.map(|(index, KeyValuePair { name, .. })| {
        let hint = format!(
            "keep the value in Secrets Manager or Parameter Store and name its ARN in `secrets`; if it is no secret, write \
             `notSecret: [{name}]` in the {of}"
        );
        let message = format!("`{name}` would be readable in the {of}");
        Problem::at(format!("{path}[{index}]"), message).hint(hint).secret()
    });
    problems.collect()
}

/// Returns the variables at `path` whose names no program could read: the name ends at the first `=` ("environ", POSIX).
pub fn misnamed(variables: Option<&[KeyValuePair]>, path: &str) -> Vec<Problem> {
    let given = variables.iter().copied().flatten().enumerate();
    let wrong = given.filter(|(_, one)| one.name.is_empty() || one.name.contains(|c: char| c == '=' || c.is_control()));
    let problems = wrong.map(|(index, _)| {
        let message = "a variable's name isn't empty, and holds no `=` and no sign that can't be seen";
        Problem::at(format!("{path}[{index}].name"), message)
    });
    problems.collect()
}

/// Returns the names in `notSecret` that no variable has.
pub fn unknown_open<'a>(open: Option<&[String]>, variables: impl Iterator<Item = &'a KeyValuePair>) -> Vec<Problem> {
    let known: Vec<&str> = variables.map(|variable| variable.name.as_str()).collect();
    let unknown = open.into_iter().flatten().enumerate().filter(|(_, name)| !known.contains(&name.as_str()));
    let problems = unknown.map(|(index, name)| {
        let problem = Problem::at(format!("notSecret[{index}]"), format!("there is no variable `{name}`"));
        let hint = nearest(name, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        Problem { hint, ..problem }
    });
    problems.collect()
}
