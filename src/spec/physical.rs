//! The physical names of resources: those that the spec gives, or default ones.

use std::collections::BTreeSet;

use super::errors::Faults;
use super::looked_up;
use super::outline::{Declared, Outline};
use super::template::Scope;
use super::tree::Tree;
use crate::model::Address;
use crate::resource::{Names, Place, Within};

/// Returns what the object of a resource stands in, if anything.
pub(super) fn within(declared: &Declared) -> Option<Within> {
    declared.kind.managed()?.habits().within
}

/// Puts the names of resources that stand in another behind that other's name.
pub(super) fn name_within(outline: &Outline, names: &mut Names) {
    for declared in &outline.resources {
        let Some((within, body)) = within(declared).zip(declared.body.as_ref()) else {
            continue;
        };
        let holder = body.get(within.field).and_then(|entry| entry.value.text());
        let holder = holder.unwrap_or(&declared.address.name);
        let address = Address::new(within.kind, holder);
        let holder = names.get(&address).map_or(holder, String::as_str);
        let name = format!("{holder}:{}", names[&declared.address]);
        names.insert(declared.address.clone(), name);
    }
}

/// The name that the spec gives, or the default one. Names come first, because outputs are made of them; so they can't
/// hold outputs themselves.
pub(super) fn physical_name(declared: &Declared, place: &Place, looked: &Names, faults: &mut Faults) -> String {
    let rule = declared.kind.name_rule();
    let scope = Scope::fixed(place);
    if let Some(name) = looked_up::name(declared, looked, scope) {
        return name;
    }
    let default = || match within(declared) {
        Some(within) => within.otherwise.to_owned(),
        None if rule.has_region => {
            rule.default_name(&format!("{}-{}", place.lab, place.region), &declared.address.name)
        }
        None => rule.default_name(&place.lab, &declared.address.name),
    };
    let Some((tree, text)) = declared.raw_name().and_then(|tree| Some((tree, tree.text()?))) else {
        return default();
    };
    match scope.read(text, None, &mut BTreeSet::new()) {
        Ok(template) => template.marked(),
        Err((message, hint)) => {
            faults.add(tree.mark, Some(&declared.address.to_string()), message, hint);
            default()
        }
    }
}

/// Returns whether the account's number is in what gives a resource its name, or finds it.
pub(super) fn needs_account(declared: &Declared) -> bool {
    match (declared.kind.lookup(), &declared.body) {
        (Some(_), Some(body)) => looked_up::place_of(body, &|text| text.contains("${account}")).is_some(),
        _ => declared.raw_name().and_then(Tree::text).is_some_and(|name| name.contains("${account}")),
    }
}
