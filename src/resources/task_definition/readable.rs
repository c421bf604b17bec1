//! Environment variables that anyone may read who can see a task definition or a task.

use super::KeyValuePair;
use crate::model::{gives_away, nearest};
use crate::resource::Problem;

/// Returns the variables of these environments, each at its path, that give a secret away. `open` are those of which the
/// user said that they don't, and `of` is what they can be read in. All go into one list, which may be pasted.
pub fn readable<'a>(
    environments: impl Iterator<Item = (String, Option<&'a [KeyValuePair]>)>,
    open: &[String],
    of: &str,
) -> Vec<Problem> {
    let given = environments.flat_map(|(path, variables)| {
        let given = variables.into_iter().flatten().enumerate();
        given.map(move |(index, variable)| (format!("{path}[{index}]"), variable))
    });
    let secret: Vec<(String, &str)> = given
        .filter(|(_, KeyValuePair { name, value })| {
            !open.contains(name) && gives_away(name, value.as_deref().unwrap_or_default())
        })
        .map(|(path, variable)| (path, variable.name.as_str()))
        .collect();
    let mut names: Vec<&str> = open.iter().map(String::as_str).collect();
    secret.iter().for_each(|(_, name)| names.extend((!names.contains(name)).then_some(*name)));
    let list = names.join(", ");
    let which = if names.len() > 1 { "for those that are no secrets" } else { "if it is no secret" };
    let hint = format!(
        "keep the value in Secrets Manager or Parameter Store and name its ARN in `secrets`; {which}, write `notSecret: \
         [{list}]` in the {of}, beside its `file:` if it has one"
    );
    let problems = secret.into_iter().map(|(path, name)| {
        let message = format!("`{name}` would be readable in the {of}");
        Problem::at(path, message).hint(hint.clone()).secret()
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
