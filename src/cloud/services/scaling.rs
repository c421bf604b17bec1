//! The row of Application Auto Scaling.

use crate::cloud::api_tags::{ApiTags, Shape};
use crate::cloud::case::Case;
use crate::cloud::retries::{SPREADS, minutes, row};
use crate::cloud::service::{Api, Protocol};

const CHANGES: &[&str] = &[
    "RegisterScalableTarget",
    "PutScalingPolicy",
    "PutScheduledAction",
    "DeleteScalingPolicy",
    "DeleteScheduledAction",
    "DeregisterScalableTarget",
];
const PUTS: &[&str] = &["PutScalingPolicy", "PutScheduledAction"];

/// Application Auto Scaling, by which ECS services are scaled.
pub static APPLICATION_AUTO_SCALING: Api = Api {
    id: "Application Auto Scaling",
    word: "applicationautoscaling",
    signing: "application-autoscaling",
    host: "application-autoscaling",
    protocol: Protocol::Json1_1("AnyScaleFrontendService"),
    case: Case::Pascal,
    tokens: ("", &[]),
    at_once: 4,
    tags: ApiTags { shown: "Tags", given: "Tags", object: "ResourceARN", shape: Shape::Map, ..ApiTags::USUAL },
    passing: &[
        row(
            CHANGES,
            "ConcurrentUpdateException",
            None,
            minutes(1),
            "Application Auto Scaling takes one change of a service's scaling at a time",
        ),
        row(
            &["RegisterScalableTarget"],
            "ValidationException",
            Some("ECS service doesn't exist"),
            SPREADS,
            "the new service has not spread through AWS yet",
        ),
        row(
            &["RegisterScalableTarget"],
            "ValidationException",
            Some("nable to assume IAM role"),
            SPREADS,
            "AWS is making the service-linked role by which it scales services",
        ),
        row(
            PUTS,
            "ObjectNotFoundException",
            None,
            SPREADS,
            "the new scalable target has not spread through Application Auto Scaling yet",
        ),
        row(
            &["PutScalingPolicy"],
            "FailedResourceAccessException",
            Some("ate exceeded"),
            SPREADS,
            "CloudWatch takes no more alarms at this moment",
        ),
    ],
};
