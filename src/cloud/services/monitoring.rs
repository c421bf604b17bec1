//! The services that watch over a lab and tell of it.

use crate::cloud::api_tags::{ApiTags, Shape};
use crate::cloud::case::Case;
use crate::cloud::retries::{minutes, row};
use crate::cloud::service::{Api, Protocol};

/// Amazon CloudWatch, which speaks AWS JSON beside what its SDK crate speaks.
pub static CLOUDWATCH: Api = Api {
    id: "CloudWatch",
    word: "cloudwatch",
    signing: "monitoring",
    host: "monitoring",
    protocol: Protocol::Json1_0("GraniteServiceVersion20100801"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 3,
    tags: ApiTags {
        shown: "Tags",
        given: "Tags",
        object: "ResourceARN",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[row(
        &["PutDashboard", "DeleteDashboards"],
        "ConflictException",
        None,
        minutes(1),
        "CloudWatch takes one change of a dashboard at a time",
    )],
};

/// Amazon SNS. An object's ARN follows from its name.
pub static SNS: Api = Api {
    id: "SNS",
    word: "sns",
    signing: "sns",
    host: "sns",
    protocol: Protocol::Query("2010-03-31"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 5,
    tags: ApiTags {
        shown: "Tags",
        given: "Tags",
        object: "ResourceArn",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[row(
        &["CreateTopic", "TagResource", "DeleteTopic"],
        "ConcurrentAccess",
        None,
        minutes(1),
        "Amazon SNS takes one change of a topic's tags at a time",
    )],
};
