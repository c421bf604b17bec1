//! `--var` and `LABFORM_VAR_…`: the values of a lab's variables.

use std::collections::BTreeMap;
use std::env;

use super::Globals;
use crate::spec::Values;

/// Reads what one `--var` gives.
pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The values that the command line and the environment give.
pub(super) fn values(globals: &Globals) -> Values {
    let given = globals.var.iter().map(|(name, value)| (name.clone(), (value.clone(), "--var".to_owned())));
    let values = Values { given: given.collect(), environment: environment(), ..Values::default() };
    globals.student.as_ref().map_or_else(|| values.clone(), |student| student.row.values(&values))
}

/// The variables of the environment that may give a value.
pub(super) fn environment() -> BTreeMap<String, String> {
    let texts = env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.filter(|(name, _)| name.starts_with(Values::PREFIX)).collect()
}
