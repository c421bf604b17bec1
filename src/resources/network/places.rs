//! The places in which something stands: subnets by name, ids of subnets, and zones.

use labform_account::rules::REGION;

use super::subnet::OwnSubnet;
use crate::resource::Ref;

/// The subnet of the lab's own that a place names; none for an id or a zone.
pub(crate) fn own_subnet(place: &str) -> Option<Ref<OwnSubnet>> {
    (!place.starts_with("subnet-") && !is_zone(place)).then(|| Ref::new(place))
}

/// Returns whether a text has the form of a zone's name, as in `eu-west-1a`.
pub(crate) fn is_zone(place: &str) -> bool {
    let region = place.trim_end_matches(|c: char| c.is_ascii_lowercase());
    REGION.allows(region) && region.len() + 1 == place.len()
}
