//! The services that speak REST-JSON.

use crate::cloud::api_tags::{ApiTags, Shape};
use crate::cloud::case::Case;
use crate::cloud::retries::{minutes, row};
use crate::cloud::service::{Api, Protocol};

/// Amazon EventBridge Scheduler. Its groups of schedules carry tags, and the schedules in them none.
pub static SCHEDULER: Api = Api {
    id: "Scheduler",
    word: "scheduler",
    signing: "scheduler",
    host: "scheduler",
    protocol: Protocol::RestJson(&[
        ("CreateSchedule", "POST /schedules/{Name}"),
        ("CreateScheduleGroup", "POST /schedule-groups/{Name}"),
        ("DeleteSchedule", "DELETE /schedules/{Name}?groupName={GroupName}&clientToken={ClientToken}"),
        ("DeleteScheduleGroup", "DELETE /schedule-groups/{Name}?clientToken={ClientToken}"),
        ("GetSchedule", "GET /schedules/{Name}?groupName={GroupName}"),
        ("GetScheduleGroup", "GET /schedule-groups/{Name}"),
        ("ListScheduleGroups", "GET /schedule-groups?NamePrefix={NamePrefix}&NextToken={NextToken}"),
        ("ListSchedules", "GET /schedules?ScheduleGroup={GroupName}&NamePrefix={NamePrefix}&NextToken={NextToken}"),
        ("ListTagsForResource", "GET /tags/{ResourceArn}"),
        ("TagResource", "POST /tags/{ResourceArn}"),
        ("UpdateSchedule", "PUT /schedules/{Name}"),
    ]),
    case: Case::Pascal,
    tokens: (
        "ClientToken",
        &["CreateSchedule", "CreateScheduleGroup", "DeleteSchedule", "DeleteScheduleGroup", "UpdateSchedule"],
    ),
    at_once: 5,
    tags: ApiTags {
        shown: "Tags",
        given: "Tags",
        object: "ResourceArn",
        shape: Shape::Pairs("Key", "Value"),
        ..ApiTags::USUAL
    },
    passing: &[
        row(
            &["CreateSchedule", "UpdateSchedule"],
            "ValidationException",
            Some("must allow AWS EventBridge Scheduler to assume"),
            minutes(5),
            "the new role has not spread through IAM yet",
        ),
        row(
            &["CreateScheduleGroup"],
            "ConflictException",
            None,
            minutes(5),
            "the schedule group of this name that was deleted isn't gone yet",
        ),
    ],
};
