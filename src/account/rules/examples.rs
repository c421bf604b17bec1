//! The inputs by which rules are tested.

use serde_json::Value;

use super::{
    ALARM, BUCKET_CORS, BUCKET_ENCRYPTION, BUCKET_LIFECYCLE, BUCKET_OWNERSHIP, BUCKET_POLICY, BUCKET_WEBSITE, CLUSTER,
    DASHBOARD, LIFECYCLE_POLICY, LISTENER, LISTENER_ATTRIBUTES, LISTENER_RULE, LOAD_BALANCER, LOAD_BALANCER_ATTRIBUTES,
    LOG_GROUP, PERMISSION, PERMISSIONS, REPOSITORY, REPOSITORY_POLICY, RUN_TASK, Rule, Rules, SCALABLE_TARGET,
    SCALING_POLICY, SCHEDULED_ACTION, SERVICE, SUBSCRIPTION, TARGET_GROUP, TARGET_GROUP_ATTRIBUTES, TASK_DEFINITION,
    TOPIC, TRUST,
};

/// The rules of all calls.
pub static ALL: [&Rules; 31] = [
    &TASK_DEFINITION,
    &SERVICE,
    &RUN_TASK,
    &CLUSTER,
    &BUCKET_OWNERSHIP,
    &BUCKET_ENCRYPTION,
    &BUCKET_POLICY,
    &BUCKET_LIFECYCLE,
    &BUCKET_CORS,
    &BUCKET_WEBSITE,
    &REPOSITORY,
    &REPOSITORY_POLICY,
    &LIFECYCLE_POLICY,
    &LOG_GROUP,
    &PERMISSION,
    &TRUST,
    &PERMISSIONS,
    &TARGET_GROUP,
    &TARGET_GROUP_ATTRIBUTES,
    &LOAD_BALANCER,
    &LOAD_BALANCER_ATTRIBUTES,
    &LISTENER,
    &LISTENER_ATTRIBUTES,
    &LISTENER_RULE,
    &TOPIC,
    &SUBSCRIPTION,
    &ALARM,
    &DASHBOARD,
    &SCALABLE_TARGET,
    &SCALING_POLICY,
    &SCHEDULED_ACTION,
];

/// An input that breaks one rule.
#[derive(Clone, Debug)]
pub struct Example {
    /// The rule.
    pub rule: &'static Rule,
    /// The changes that were made to the good input, as the rule lists them.
    pub changes: String,
    /// The place at which it is broken.
    pub path: String,
    /// The input.
    pub input: Value,
}

impl Rules {
    /// The good input.
    ///
    /// # Panics
    ///
    /// If it isn't JSON.
    #[must_use]
    pub fn good(&self) -> Value {
        serde_json::from_str(self.good).expect("the good input is JSON")
    }

    /// An input for each way in which a rule is broken. A way is told by changes, as in
    /// `networkMode = "host" && cpu = null`; the rule is broken at the place that is changed last, unless ` @ ` and
    /// another place stand behind, `.` for the whole. `repeat 300` is a long text.
    pub fn examples(&self) -> impl Iterator<Item = Example> {
        self.all().flat_map(move |rule| rule.broken_by.iter().map(move |changes| self.example(rule, changes)))
    }

    fn example(&self, rule: &'static Rule, changes: &str) -> Example {
        let changes = changes.split_whitespace().collect::<Vec<_>>().join(" ");
        let (list, place) = changes.split_once(" @ ").unwrap_or((&changes, ""));
        let (mut input, mut path) = (self.good(), place);
        for change in list.split(" && ") {
            let (at, value) = change.split_once(" = ").expect("a change is `path = JSON`");
            let value = match value.strip_prefix("repeat ") {
                Some(count) => "a".repeat(count.parse().expect("a count")).into(),
                None => serde_json::from_str(value).unwrap_or_else(|error| panic!("{change}: {error}")),
            };
            put(&mut input, at, value);
            path = if place.is_empty() { at } else { place };
        }
        let path = if path == "." { "" } else { path };
        let path = path.replace('\'', "");
        Example { rule, path, input, changes }
    }
}

/// Puts `value` at `path`; null takes away what is there. A key that holds dots stands in quotes.
fn put(input: &mut Value, path: &str, value: Value) {
    let quoted = path.split_once(".'").and_then(|(path, key)| Some((path, key.strip_suffix('\'')?)));
    let mut keys: Vec<&str> = quoted.map_or(path, |(path, _)| path).split(['.', '[']).collect();
    keys.extend(quoted.map(|(_, key)| key));
    let last = keys.pop().expect("a path has a step");
    let mut place = input;
    for key in keys {
        place = step(place, key);
    }
    match (value, place.as_object_mut()) {
        (Value::Null, Some(members)) => drop(members.remove(last)),
        (value, _) => *step(place, last) = value,
    }
}

fn step<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    let Some(index) = key.strip_suffix(']') else { return &mut value[key] };
    let index: usize = index.parse().expect("an index is a number");
    if value.is_null() {
        *value = Value::Array(Vec::new());
    }
    let list = value.as_array_mut().expect("an index leads into a list");
    if list.len() == index {
        list.push(Value::Null);
    }
    &mut list[index]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_input_breaks_no_rule() {
        for rules in ALL {
            assert_eq!(rules.breaches(&rules.good()), [], "{}", rules.call);
        }
    }

    #[test]
    fn each_rule_is_broken_by_its_examples_alone_at_their_place() {
        let mut wrong = Vec::new();
        for rules in ALL {
            for example in rules.examples() {
                let broken: Vec<(&str, String)> = rules
                    .all()
                    .flat_map(|rule| rule.breaches(&example.input).into_iter().map(|breach| (rule.asks, breach.path)))
                    .collect();
                if broken != [(example.rule.asks, example.path.clone())] {
                    wrong.push(format!("{}: {} @ {}: {broken:#?}", rules.call, example.changes, example.path));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn each_rule_has_a_source_and_an_example() {
        for rule in ALL.iter().flat_map(|rules| rules.all()) {
            assert!(!rule.source.is_empty() && !rule.broken_by.is_empty(), "{}", rule.asks);
        }
    }

    /// What isn't known yet stands in lab.yaml as `${…}`: that it is given is known, and its form isn't.
    #[test]
    fn what_is_not_known_yet_breaks_no_rule() {
        let texts = [
            (&TASK_DEFINITION, "cpu"),
            (&TASK_DEFINITION, "networkMode"),
            (&TASK_DEFINITION, "containerDefinitions[0].image"),
            (&TASK_DEFINITION, "containerDefinitions[0].portMappings[0].name"),
            (&TASK_DEFINITION, "containerDefinitions[0].mountPoints[0].sourceVolume"),
            (&TASK_DEFINITION, "containerDefinitions[0].logConfiguration.logDriver"),
            (&TASK_DEFINITION, "containerDefinitions[0].logConfiguration.options.awslogs-group"),
            (&SERVICE, "platformVersion"),
            (&PERMISSIONS, "Statement[0].Effect"),
            (&PERMISSIONS, "Statement[0].Action[0]"),
            (&PERMISSIONS, "Statement[0].Resource[0]"),
            (&TRUST, "Statement[0].Principal.Service"),
            (&TARGET_GROUP, "healthCheckPath"),
            (&TARGET_GROUP, "healthCheckPort"),
            (&TARGET_GROUP, "matcher.httpCode"),
            (&LISTENER, "defaultActions[0].redirectConfig.port"),
            (&LISTENER_RULE, "conditions[0].field"),
            (&LISTENER_RULE, "conditions[0].values[0]"),
        ];
        for (rules, path) in texts {
            let mut input = rules.good();
            put(&mut input, path, "${parameters.it.value}".into());
            assert_eq!(rules.breaches(&input), [], "{path}");
        }
    }

    /// The list in the module's documentation is that of the tables.
    #[test]
    fn the_list_is_that_of_the_tables() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/list.md");
        let mut list = "# All rules\n".to_owned();
        for rules in ALL {
            list += &format!("\n## {}\n\n| AWS asks that | Source |\n|---|---|\n", rules.call);
            for rule in rules.all() {
                list += &format!("| {} | {} |\n", rule.asks.replace('|', "or"), rule.source);
            }
        }
        if std::env::var_os("INSTA_UPDATE").is_some_and(|word| word == "force" || word == "always") {
            std::fs::write(file, &list).expect("the list can be written");
        }
        let written = std::fs::read_to_string(file).expect("the list is there");
        assert!(written == list, "INSTA_UPDATE=force cargo test -p labform-account list writes it anew");
    }
}
