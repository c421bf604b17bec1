//! The row of AWS Cloud Map.

use super::{Api, ApiTags, Case, Protocol, SPREADS, Shape, minutes, row};

const MAKES_A_NAMESPACE: &[&str] = &["CreatePrivateDnsNamespace", "CreateHttpNamespace"];
const CHANGES: &[&str] = &[
    "CreatePrivateDnsNamespace",
    "CreateHttpNamespace",
    "UpdatePrivateDnsNamespace",
    "UpdateHttpNamespace",
    "UpdateService",
    "DeleteNamespace",
];

/// AWS Cloud Map, whose API is called service discovery.
pub static CLOUD_MAP: Api = Api {
    id: "ServiceDiscovery",
    word: "servicediscovery",
    signing: "servicediscovery",
    host: "servicediscovery",
    protocol: Protocol::Json1_1("Route53AutoNaming_v20170314"),
    case: Case::Pascal,
    tokens: ("CreatorRequestId", &["CreatePrivateDnsNamespace", "CreateHttpNamespace", "CreateService"]),
    at_once: 4,
    tags: ApiTags {
        shown: "Tags",
        given: "Tags",
        object: "ResourceARN",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[
        row(CHANGES, "DuplicateRequest", None, minutes(5), "Cloud Map is still at an earlier request of the same kind"),
        row(
            MAKES_A_NAMESPACE,
            "NamespaceAlreadyExists",
            None,
            minutes(1),
            "Cloud Map still deletes the namespace of this name, or has just made it",
        ),
        row(
            &["CreateService"],
            "NamespaceNotFound",
            None,
            SPREADS,
            "the new namespace has not spread through Cloud Map yet",
        ),
        row(
            &["DeleteService"],
            "ResourceInUse",
            None,
            minutes(5),
            "instances are still registered with the service: ECS takes away those of its tasks",
        ),
        row(&["DeleteNamespace"], "ResourceInUse", None, minutes(5), "there are still services in the namespace"),
        row(&["UpdateService"], "ResourceInUse", None, minutes(1), "Cloud Map is at another change of the service"),
    ],
};
