//! Resources that stand in others: listeners in their load balancer, rules in their listener.

/// A field in which a resource holds others.
pub(super) struct Nested {
    /// The section of the resource.
    pub(super) outer: &'static str,
    /// The field that holds the others.
    pub(super) field: &'static str,
    /// What the field holds, for people.
    pub(super) words: &'static str,
    /// The section of the others.
    pub(super) inner: &'static str,
    /// The field by which they refer back.
    pub(super) link: &'static str,
    /// Whether they stand nowhere else: their names begin with that of the resource then.
    pub(super) is_only_place: bool,
}

/// The fields in which resources hold others.
pub(super) const NESTED: [Nested; 2] = [
    Nested {
        outer: "loadBalancers",
        field: "listeners",
        words: "The load balancer's listeners, by name.",
        inner: "listeners",
        link: "loadBalancerArn",
        is_only_place: true,
    },
    Nested {
        outer: "listeners",
        field: "rules",
        words: "The listener's rules, by name: listener rules without their `listener`.",
        inner: "listenerRules",
        link: "listener",
        is_only_place: false,
    },
];

/// The field that holds the resources of a section, if they stand nowhere else.
pub(super) fn stands_within(section: &str) -> Option<&'static Nested> {
    NESTED.iter().find(|nested| nested.inner == section && nested.is_only_place)
}
