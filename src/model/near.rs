//! The word that somebody may have meant.

/// The fewest letters of a word that may be the beginning of the one that is meant.
const BEGINNING: usize = 4;

/// Returns whichever of `known` the user may have meant by `word`, if one is near: a suggestion that isn't sends people
/// the wrong way.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Distances take time in the product of the lengths.
    if word.len() > 64 {
        return None;
    }
    let lower = word.to_lowercase();
    let (mut best, mut longer) = (None, Vec::new());
    for candidate in known {
        let other = candidate.to_lowercase();
        let distance = strsim::osa_distance(&lower, &other);
        let limit = (other.chars().count().min(lower.chars().count()) + 2) / 4;
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
        if lower.len() >= BEGINNING && other.len() <= 2 * lower.len() && other.starts_with(&lower) {
            longer.push(candidate);
        }
    }
    match (best, longer.as_slice()) {
        (Some((_, near)), _) => Some(near),
        (None, [only]) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_suggested() {
        let fields = ["desiredCount", "cluster", "launchType", "logGroupName", "buckets", "listeners", "cidrIp"];
        for (word, near) in [
            ("desiredcount", Some("desiredCount")),
            ("clutser", Some("cluster")),
            ("cidr", Some("cidrIp")),
            ("image", None),
            ("logGroupClass", None),
            ("secrets", None),
            ("subnets", None),
            ("l", None),
        ] {
            assert_eq!(nearest(word, fields), near, "{word}");
        }
        assert_eq!(nearest("eu-west1", ["eu-west-2", "eu-west-1"]), Some("eu-west-1"));
    }
}
