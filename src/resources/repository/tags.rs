//! The tags of a repository's images, and which of them may be moved to another image.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::Live;

/// Whether a tag may be moved to another image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagMutability {
    /// A tag may be moved.
    Mutable,
    /// A tag may not be moved.
    Immutable,
    /// A tag may be moved unless a filter fits it.
    MutableWithExclusion,
    /// A tag may be moved only if a filter fits it.
    ImmutableWithExclusion,
}

/// A choice of tags.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TagFilter {
    /// The sort of the filter: `WILDCARD`.
    pub filter_type: String,
    /// The tags, where `*` stands for any characters, as in `latest*`.
    pub filter: String,
}

/// Returns whether a live repository lets a tag that is taken be moved to another image.
pub(in crate::resources) fn lets_move(live: &Live, tag: &str) -> bool {
    let filters = live.document["imageTagMutabilityExclusionFilters"].as_array().into_iter().flatten();
    let is_excluded = || filters.filter_map(|filter| filter["filter"].as_str()).any(|filter| fits(filter, tag));
    match live.text("imageTagMutability") {
        "IMMUTABLE" => false,
        "IMMUTABLE_WITH_EXCLUSION" => is_excluded(),
        "MUTABLE_WITH_EXCLUSION" => !is_excluded(),
        _ => true,
    }
}

/// Returns whether a tag fits a filter, in which `*` stands for any characters.
fn fits(filter: &str, tag: &str) -> bool {
    match filter.split_once('*') {
        None => filter == tag,
        Some((first, rest)) => tag.strip_prefix(first).is_some_and(|tail| {
            let ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            ends.into_iter().any(|at| fits(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_tag_moves_as_the_filters_say() {
        let live = |mutability: &str| Live {
            name: "web".to_owned(),
            arn: String::new(),
            document: json!({"imageTagMutability": mutability,
                "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*-x"}]}),
        };
        for (mutability, moves, excluded) in [
            ("MUTABLE", true, true),
            ("IMMUTABLE", false, false),
            ("MUTABLE_WITH_EXCLUSION", true, false),
            ("IMMUTABLE_WITH_EXCLUSION", false, true),
        ] {
            assert_eq!(lets_move(&live(mutability), "v1"), moves, "{mutability}");
            assert_eq!(lets_move(&live(mutability), "dev-1-x"), excluded, "{mutability}");
        }
    }
}
