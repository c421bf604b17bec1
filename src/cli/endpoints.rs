//! The endpoints that the environment or a profile puts in the place of AWS's.

use std::collections::BTreeMap;

/// The variable for all services; behind it and `_` stands a service's name if it is for that one only (AWS SDKs and
/// tools reference guide, "Service-specific endpoints").
const ALL: &str = "AWS_ENDPOINT_URL";
/// The variable that is `true` if all of them are to be passed over.
const IGNORED: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";

/// The value of each variable of the environment that gives an endpoint. `resolved` is the endpoint of all services
/// that the SDK has settled on: if no variable gives it, the profile does.
pub(super) fn endpoints(
    environment: impl Iterator<Item = (String, String)>,
    resolved: Option<&str>,
) -> BTreeMap<String, String> {
    let environment: BTreeMap<String, String> = environment.collect();
    let is_ignored = environment.get(IGNORED).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    let is_one = |name: &str| {
        let rest = name.strip_prefix(ALL);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    let mut found = environment;
    found.retain(|name, url| is_one(name) && !is_ignored && !url.is_empty());
    if let Some(url) = resolved.filter(|url| found.get(ALL).is_none_or(|own| own != url)) {
        found.insert("endpoint_url of the profile".to_owned(), url.to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(environment: &[(&str, &str)], resolved: Option<&str>) -> Vec<(String, String)> {
        let pairs = environment.iter().map(|(name, url)| ((*name).to_owned(), (*url).to_owned()));
        endpoints(pairs, resolved).into_iter().collect()
    }

    #[test]
    fn every_endpoint_is_named_with_where_it_comes_from() {
        let pair = |name: &str, url: &str| (name.to_owned(), url.to_owned());
        let both = [
            ("AWS_ENDPOINT_URL", "http://a"),
            ("AWS_ENDPOINT_URL_S3", "http://b"),
            ("AWS_ENDPOINT_URLS", "x"),
            ("HOME", "/"),
        ];
        let expected = [pair("AWS_ENDPOINT_URL", "http://a"), pair("AWS_ENDPOINT_URL_S3", "http://b")];
        assert_eq!(found(&both, Some("http://a")), expected);
        let ignored = [&both[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]].concat();
        assert_eq!(found(&ignored, None), []);
        let profile = [pair("endpoint_url of the profile", "http://c")];
        assert_eq!(found(&[], Some("http://c")), profile);
        assert_eq!(found(&[("AWS_ENDPOINT_URL", "")], None), []);
    }
}
