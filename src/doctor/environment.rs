//! lab.yaml, and what variables of the environment say of AWS.

use super::{Finding, Spec, Surroundings};
use crate::error::ErrorKind;
use crate::model::{quoted, shown_url};

/// The variables by which other tools know a region.
const REGIONS: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Whether lab.yaml is there and valid.
pub(super) fn lab(it: &Surroundings<'_>) -> Vec<Finding> {
    let topic = "lab.yaml";
    vec![match it.lab {
        Spec::None => {
            let says = "there is none here: only what every lab needs is looked at";
            Finding::warning(topic, says, "go to the lab's folder, or name the lab: `labform doctor -f FILE`")
        }
        Spec::Wrong(error) => {
            // The first line says where, the others show it.
            let first = error.message.lines().next().unwrap_or_default();
            let more = match error.problems.len() {
                0 | 1 => String::new(),
                all => format!(" (and {} more)", all - 1),
            };
            let hint = error.hints.first().map(|hint| format!("{hint}; "));
            let cure = format!("{}`labform validate` shows it all", hint.unwrap_or_default());
            Finding::wrong(topic, format!("{first}{more}"), cure).of(ErrorKind::Invalid)
        }
        Spec::Lab(source) => {
            let lab = source.lab();
            Finding::fine(topic, format!("{} is valid, with {} resources", source.name(), lab.nodes.len()))
        }
    }]
}

/// Whether the region is known, and what else is said of one.
pub(super) fn region(it: &Surroundings<'_>) -> Vec<Finding> {
    let topic = "region";
    let Some(region) = it.region else {
        let says = "no region is known, so that nothing of one is looked at";
        return vec![Finding::warning(topic, says, "name one: `labform doctor --region eu-west-1`")];
    };
    let Spec::Lab(_) = it.lab else {
        return vec![Finding::fine(topic, region)];
    };
    // What the embedded account is called by others has no variables.
    match it.variable(&REGIONS).filter(|(_, other)| *other != region && !it.is_embedded()) {
        Some((name, other)) => {
            let says = format!(
                "{name} is {other}, and the lab's region is {region}, which counts for labform: commands of the AWS CLI \
                 look elsewhere"
            );
            vec![Finding::warning(topic, says, format!("`export {name}={region}`"))]
        }
        None => vec![Finding::fine(topic, format!("{region}, by lab.yaml"))],
    }
}

/// Variables that lead away from the account that is meant.
pub(super) fn variables(it: &Surroundings<'_>) -> Vec<Finding> {
    if it.is_embedded() {
        return Vec::new();
    }
    let elsewhere = it.endpoints.iter().map(|(name, url)| {
        let says = format!("{name} is {}: calls go there, and not to AWS", shown_url(url));
        let cure = match name.starts_with("AWS_") {
            true => format!("`unset {name}`, if AWS is meant"),
            false => "take `endpoint_url` out of the profile in ~/.aws/config, if AWS is meant".to_owned(),
        };
        Finding::warning("endpoint", says, cure)
    });
    let keys = it.variable(&["AWS_ACCESS_KEY_ID"]).filter(|_| it.profile.is_none());
    let hidden = keys.and(it.variable(&["AWS_PROFILE"])).map(|(_, profile)| {
        let says = format!("AWS_PROFILE is {profile}, and the keys in AWS_ACCESS_KEY_ID come before it");
        let cure = format!(
            "`unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN`, or `labform doctor --profile {}`",
            quoted(profile)
        );
        Finding::warning("keys", says, cure)
    });
    elsewhere.chain(hidden).collect()
}
