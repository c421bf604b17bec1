//! Checks before the first call to AWS.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::{AnySpec, NO_ACCOUNT, NO_VPC, Names, Place, Ref, Resource, SpecRef, as_spec};
use labform_account::rules::{Breach, Rules, TextRule};
use serde_json::Value;

use crate::model::Address;

/// AWS's rules for the calls whose input the fields of a section are.
pub type CallRules = &'static [&'static Rules];

/// The weight of what is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// The lab can't be made as it is.
    #[default]
    Error,
    /// The lab will hardly work, and what would tell isn't in the file.
    Warning,
}

/// A fault of a resource's section of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's path in the resource, as in `containerDefinitions[0].cpu`; empty for the resource itself.
    pub path: String,
    /// The fault, as a lowercase fragment.
    pub message: String,
    /// The advice on what to do about it.
    pub hint: Option<String>,
    /// Whether the line that the fault stands on must not be shown.
    pub is_secret: bool,
    /// The fault's weight.
    pub severity: Severity,
}

impl Problem {
    /// A problem at `path`.
    pub fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        let (path, message) = (path.into(), message.into());
        Self { path, message, hint: None, is_secret: false, severity: Severity::Error }
    }

    /// The same problem, of which nobody can be certain: people are told, and nothing is refused.
    pub fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The same problem, whose line must not be shown.
    pub fn secret(self) -> Self {
        Self { is_secret: true, ..self }
    }

    /// The same problem with a word on what to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl From<Breach> for Problem {
    fn from(breach: Breach) -> Self {
        Self { hint: breach.hint, ..Self::at(breach.path, breach.message) }
    }
}

/// The problems of a resource whose fields are `input`, if a call with these breaks AWS's rules.
pub fn breaches(rules: &Rules, input: &Value) -> Vec<Problem> {
    rules.breaches(input).into_iter().map(Problem::from).collect()
}

/// The problems of a JSON document in the field `path`, which may be given as a text, too; `what` it is not if it isn't
/// JSON.
pub fn document_breaches(rules: &Rules, path: &str, document: &Value, what: &str) -> Vec<Problem> {
    let written = document.as_str().map(serde_json::from_str::<Value>);
    match (&written, document) {
        (Some(Ok(written)), _) if written.is_object() => {
            // A text has no places inside.
            let problems = breaches(rules, written).into_iter();
            problems.map(|problem| Problem { path: path.to_owned(), ..problem }).collect()
        }
        (None, Value::Object(_)) => {
            let inside = |problem: Problem| match problem.path.as_str() {
                "" => path.to_owned(),
                rest => format!("{path}.{rest}"),
            };
            let problems = breaches(rules, document).into_iter();
            problems.map(|problem| Problem { path: inside(problem.clone()), ..problem }).collect()
        }
        _ => vec![Problem::at(path, format!("it is not {what}"))],
    }
}

/// The place and the reason at which a section of the spec doesn't have its kind's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError {
    /// The path to the value, or to the field that isn't known.
    pub path: String,
    /// serde's words.
    pub message: String,
}

impl PathError {
    /// The place and the words of an error of serde's.
    pub fn of(error: serde_path_to_error::Error<serde_json::Error>) -> Self {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        Self { path, message: error.into_inner().to_string() }
    }
}

/// The specs of the lab, for checks that cross resources.
#[derive(Debug)]
pub struct Checks<'a> {
    specs: &'a BTreeMap<Address, AnySpec>,
    named: Option<(&'a Names, &'a Place)>,
    accounts: &'a [String],
    references: Option<&'a BTreeMap<Address, Vec<SpecRef>>>,
}

impl<'a> Checks<'a> {
    /// Checks over these specs.
    pub fn new(specs: &'a BTreeMap<Address, AnySpec>) -> Self {
        Self { specs, named: None, accounts: &[], references: None }
    }

    /// The same checks with the only accounts known in which the lab may stand.
    pub fn in_accounts(self, accounts: &'a [String]) -> Self {
        Self { accounts, ..self }
    }

    /// The same checks with the physical names and the place known, too.
    pub fn named(self, names: &'a Names, place: &'a Place) -> Self {
        Self { named: Some((names, place)), ..self }
    }

    /// The same checks with the references of each resource known, too.
    pub fn linked(self, references: &'a BTreeMap<Address, Vec<SpecRef>>) -> Self {
        Self { references: Some(references), ..self }
    }

    /// The references of the resource at `address`; none if they aren't known.
    pub fn references(&self, address: &Address) -> Option<&'a [SpecRef]> {
        self.references?.get(address).map(Vec::as_slice)
    }

    /// The physical name of the resource at `address`, and its place; none if they aren't known.
    pub fn name(&self, address: &Address) -> Option<(&'a str, &'a Place)> {
        let (names, place) = self.named?;
        Some((names.get(address)?, place))
    }

    /// Returns whether something of `account` is certainly not of the lab's own: AWS's own things are nobody's.
    pub fn is_foreign(&self, account: &str) -> bool {
        let is_number = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let own = self.named.map(|(_, place)| place.account.as_str()).filter(|own| *own != NO_ACCOUNT);
        let is_own = match own {
            Some(own) => own == account,
            None => self.accounts.is_empty() || self.accounts.iter().any(|own| own == account),
        };
        is_number && account != NO_ACCOUNT && !is_own
    }

    /// The name of the lab; none if it isn't known.
    pub fn lab(&self) -> Option<&'a str> {
        self.named.map(|(_, place)| place.lab.as_str())
    }

    /// The region of the lab; none if it isn't known.
    pub fn region(&self) -> Option<&'a str> {
        self.named.map(|(_, place)| place.region.as_str())
    }

    /// Returns whether the lab is in the VPC that AWS made for the account.
    pub fn is_in_default_vpc(&self) -> bool {
        self.named.is_none_or(|(_, place)| place.vpc == NO_VPC)
    }

    /// The spec that `reference` names; none if it is missing or wrong itself, which is reported elsewhere.
    pub fn get<R: Resource>(&self, reference: &Ref<R>) -> Option<&'a R> {
        self.specs.get(&reference.address()).and_then(as_spec)
    }

    /// The specs of one kind, by address.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, &'a R)> {
        // Addresses are ordered by kind first: a large lab asks this for each of its services.
        self.specs
            .range(Address::new(R::KIND, "")..)
            .take_while(|(address, _)| address.kind == R::KIND)
            .filter_map(|(address, spec)| Some((address, as_spec(spec)?)))
    }
}

/// AWS's rule for the physical names of a kind.
///
/// ```
/// use labform::resource::{NameRule, Resource};
/// use labform::resources::LogGroup;
///
/// let rule = <LogGroup as Resource>::NAME;
/// assert_eq!(rule.default_name("ecs-lab", "web"), "ecs-lab-web");
/// assert!(NameRule { max: 18, ..rule }.default_name("ecs-lab", "web-application").starts_with("ecs-lab-w-"));
/// assert!(rule.problem("web app").is_some());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct NameRule {
    /// The spec's field that gives the name, as in `clusterName`.
    pub field: &'static str,
    /// The fewest characters.
    pub min: usize,
    /// The most characters.
    pub max: usize,
    /// The characters that are allowed, for people, as in `letters, digits, - and _`.
    pub words: &'static str,
    /// Whether a name is well formed, apart from its length.
    pub is_valid: fn(&str) -> bool,
    /// Whether AWS takes two names for one that differ in case only.
    pub ignores_case: bool,
    /// Whether names are paths that begin with a slash.
    pub is_path: bool,
    /// Whether names that the spec doesn't give say the region, because those of all regions are in one place.
    pub has_region: bool,
}

impl NameRule {
    /// The rule for names in `field` that have so many characters, are well formed by `is_valid`, and differ if they
    /// differ in case only. `words` says for people which characters are allowed.
    pub const fn new(
        field: &'static str,
        length: RangeInclusive<usize>,
        words: &'static str,
        is_valid: fn(&str) -> bool,
    ) -> Self {
        let (min, max) = (*length.start(), *length.end());
        Self { field, min, max, words, is_valid, ignores_case: false, is_path: false, has_region: false }
    }

    /// AWS's rule for names in `field`, as the account has it. `words` says for people which characters are allowed.
    pub const fn of(field: &'static str, rule: TextRule, words: &'static str) -> Self {
        Self::new(field, rule.min..=rule.max, words, rule.is_valid)
    }

    /// Returns what is wrong with `name`, if anything is.
    pub fn problem(&self, name: &str) -> Option<String> {
        let length = name.chars().count();
        if length < self.min {
            return Some(format!("`{name}` is too short: AWS asks for {} to {} characters", self.min, self.max));
        }
        if length > self.max {
            return Some(format!("`{name}` has {length} characters: AWS allows {}", self.max));
        }
        (!(self.is_valid)(name)).then(|| format!("`{name}` is not a valid name: AWS allows {}", self.words))
    }

    /// The name of a resource that gives none: `<lab>-<name>`, or `/<lab>/<name>` for a path, cut to AWS's limit with a
    /// digest of the whole.
    pub fn default_name(&self, lab: &str, name: &str) -> String {
        let name = if self.is_path { format!("/{lab}/{name}") } else { format!("{lab}-{name}") };
        self.fit(&name.replace('.', "-"))
    }

    /// `name`, or if it is too long its beginning with a digest of the whole.
    pub fn fit(&self, name: &str) -> String {
        if name.chars().count() <= self.max {
            return name.to_owned();
        }
        let digest = &crate::model::digest(name)[..8];
        let kept: String = name.chars().take(self.max - digest.len() - 1).collect();
        format!("{}-{digest}", kept.trim_end_matches('-'))
    }

    /// The name of the object that takes the place of `name` while both exist: `<name>-<8 hexadecimal digits>`.
    pub fn successor(&self, name: &str, digest: &str) -> String {
        let kept: String = name.chars().take(self.max - 9).collect();
        format!("{}-{}", kept.trim_end_matches('-'), &digest[..8])
    }

    /// Returns whether `candidate` is `name` or a successor of it.
    pub fn is_successor(&self, name: &str, candidate: &str) -> bool {
        candidate.rsplit_once('-').is_some_and(|(_, digest)| {
            digest.len() == 8
                && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
                && self.successor(name, digest) == candidate
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: NameRule = NameRule::new("name", 1..=32, "letters, digits and -", |name| {
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    });

    #[test]
    fn a_name_that_is_too_long_is_cut_with_a_digest() {
        assert_eq!(RULE.default_name("ecs-lab", "web"), "ecs-lab-web");
        let long = RULE.default_name("a-lab-with-a-long-name", "and-a-long-resource");
        assert!((24..=32).contains(&long.len()), "{long}");
        assert_eq!(RULE.problem(&long), None);
        assert_ne!(long, RULE.default_name("a-lab-with-a-long-name", "and-a-long-resourcf"));
    }

    #[test]
    fn a_successor_is_recognised() {
        let next = RULE.successor("ecs-lab-tg", "0123456789abcdef");
        assert_eq!(next, "ecs-lab-tg-01234567");
        assert!(RULE.is_successor("ecs-lab-tg", &next));
        for other in ["ecs-lab-tg", "ecs-lab-tg-internal", "ecs-lab-01234567"] {
            assert!(!RULE.is_successor("ecs-lab-tg", other), "{other}");
        }
    }

    #[test]
    fn a_wrong_name_is_explained() {
        assert!(RULE.problem("web_app").is_some_and(|text| text.contains("letters, digits and -")));
        assert!(RULE.problem("").is_some_and(|text| text.contains("too short")));
        assert!(RULE.problem(&"x".repeat(33)).is_some_and(|text| text.contains("33 characters")));
    }
}
