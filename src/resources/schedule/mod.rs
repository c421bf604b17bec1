//! Schedules of Amazon EventBridge Scheduler that run a job's task at their times.
//!
//! AWS gives schedules no tags, and their groups some: each schedule stands alone in a group of its name, whose tags say
//! whose both are. The group is the object here, and what it holds are its fields.

mod check;
mod shape;
#[cfg(test)]
mod tests;
mod wire;

pub use shape::Schedule;

use std::time::{Duration, SystemTime};

use humantime::{format_rfc3339_seconds, parse_rfc3339};
use labform_account::rules::{SCHEDULE_NAME, Times};
use serde_json::{Map, Value, json};

use super::NetworkConfiguration;
use super::ecs::{list, text, texts};
use super::role::lab_roles;
use crate::cloud::{Cause, Cloud, CloudError, Result, SCHEDULER, unless_gone};
use crate::model::{AFTER_APPLY, Address};
use crate::resource::{
    Beside, Calls, Checks, Content, Fate, Field, Grant, Home, Live, NameRule, Need, Others, Pasted, Place, Plain,
    Presence, Problem, RefOrArn, Sending, SpecRef, Waiting, When, all, any_role_arn, by_hand, call, each, part,
    role_arn, update,
};

/// The word for jobs in addresses, as in `job.classifier`.
pub const JOB: &str = "job";

/// The service that takes on a schedule's role.
const PRINCIPAL: &str = "scheduler.amazonaws.com";
/// The longest that a group takes to go.
const GOES: Duration = Duration::from_secs(5 * 60);
const PAUSE: Duration = Duration::from_secs(3);

/// All that a schedule says: UpdateSchedule forgets what it leaves out.
const WHOLE: &[&str] = &[
    "scheduleExpression",
    "scheduleExpressionTimezone",
    "startDate",
    "endDate",
    "description",
    "state",
    "flexibleTimeWindow",
    "retryPolicy",
    "deadLetterConfig",
    "roleArn",
    "job",
    "cluster",
    "taskDefinition",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "networkConfiguration",
    "overrides",
];

impl Plain for Schedule {
    const KIND: &'static str = "schedule";
    const SECTION: &'static str = "schedules";
    const NAME: NameRule = NameRule::of("name", SCHEDULE_NAME, "letters, digits and -_.");
    const FIELDS: &'static [Field] = &[
        update("scheduleExpression"),
        update("scheduleExpressionTimezone").default(r#""UTC""#),
        update("startDate"),
        update("endDate"),
        update("description").default(r#""""#),
        update("state").default(r#""ENABLED""#),
        update("flexibleTimeWindow"),
        part("flexibleTimeWindow.mode").default(r#""OFF""#),
        update("retryPolicy"),
        part("retryPolicy.maximumEventAgeInSeconds").default("86400"),
        part("retryPolicy.maximumRetryAttempts").default("185"),
        update("deadLetterConfig"),
        update("roleArn"),
        update("job"),
        update("cluster"),
        update("taskDefinition"),
        update("launchType"),
        update("capacityProviderStrategy").unordered(),
        update("platformVersion"),
        update("networkConfiguration"),
        part("networkConfiguration.awsvpcConfiguration.subnets").unordered(),
        part("networkConfiguration.awsvpcConfiguration.securityGroups").unordered(),
        update("overrides").document(Value::clone).default("{}"),
    ];
    const CALLS: Calls = Calls {
        api: &SCHEDULER,
        arn: "schedule-group/{name}",
        id: "Arn",
        name: "Name",
        made: "CreationDate",
        brings_tags: false,
        create: call("CreateScheduleGroup", "Name").answers_without_object(),
        read: &[each("GetScheduleGroup", "Name"), each("GetSchedule", "Name").named_in("GroupName").apart("schedule")],
        list: all("ListScheduleGroups", "ScheduleGroups"),
        updates: &[by_hand(WHOLE).whole().after_create()],
        delete: call("DeleteScheduleGroup", "Name").by_name(),
        restore: None,
    };
    const PASTED: Pasted = Pasted {
        told: &["arn", "creationDate", "lastModificationDate"],
        beyond: &[("actionAfterCompletion", r#""NONE""#)],
        ..Pasted::PLAIN
    };

    fn refs(&self) -> Vec<SpecRef> {
        let mut refs = vec![self.cluster.at("cluster"), self.task_definition.at("taskDefinition")];
        refs.extend(self.role_arn.at("roleArn"));
        refs.extend(self.network_configuration.iter().flat_map(NetworkConfiguration::refs));
        refs
    }

    fn follows(&self, checks: &Checks<'_>) -> Vec<Address> {
        self.network_configuration.iter().flat_map(|network| network.ways(checks)).collect()
    }

    fn place_in(section: &mut Value, home: &Home) {
        NetworkConfiguration::place_in(section, home);
    }

    fn check(&self, _checks: &Checks<'_>) -> Vec<Problem> {
        self.problems()
    }

    fn obstacle(&self, others: &Others) -> Option<String> {
        self.network_configuration.as_ref().and_then(|network| network.body(&[], others).err())
    }

    fn wanted(&self, others: &Others) -> Value {
        let mut want = crate::resource::document(self);
        let role = others.arn(&self.role_arn).shown();
        // EventBridge Scheduler takes no name of a role that isn't the lab's.
        let is_named = !role.starts_with("arn:") && role != AFTER_APPLY;
        want["roleArn"] = if is_named { role_arn(&others.place, "/", &role) } else { role }.into();
        want["cluster"] = others.output(&self.cluster, "arn").shown().into();
        want["taskDefinition"] = others.output(&self.task_definition, "arn").shown().into();
        if let Some(network) = &self.network_configuration {
            want["networkConfiguration"] = network.body(&[], others).unwrap_or_else(|_| AFTER_APPLY.into());
        }
        for (field, date) in [("startDate", &self.start_date), ("endDate", &self.end_date)] {
            if let Some(at) = date.as_deref().and_then(|date| parse_rfc3339(date).ok()) {
                want[field] = format_rfc3339_seconds(at).to_string().into();
            }
        }
        if want["overrides"].is_null() {
            want["overrides"] = json!({});
        }
        want
    }

    /// In a zone with several subnets the schedule keeps the one that it has.
    fn keep(&self, live: &Live, others: &Others, want: &mut Value) {
        let kept = texts(&live.document["networkConfiguration"]["awsvpcConfiguration"]["subnets"]);
        let network = self.network_configuration.as_ref().and_then(|network| network.body(&kept, others).ok());
        if let Some(network) = network {
            want["networkConfiguration"] = network;
        }
    }

    fn heard(document: &mut Value) {
        wire::heard(document);
    }

    fn presence(live: &Live) -> Presence {
        if live.text("groupState") == "DELETING" { Presence::Leaving } else { Presence::There }
    }

    fn links(live: &Live) -> Vec<String> {
        let network = &live.document["networkConfiguration"]["awsvpcConfiguration"];
        let own = ["roleArn", "cluster", "taskDefinition"].map(|field| live.text(field).to_owned());
        let network = ["subnets", "securityGroups"].into_iter().flat_map(|field| texts(&network[field]));
        own.into_iter().chain(network).filter(|id| !id.is_empty()).collect()
    }

    fn more_grants(&self, name: &str, place: &Place) -> Vec<Grant> {
        let schedules = [place.arn("scheduler", &format!("schedule/{name}/*"))];
        let role = match &self.role_arn {
            RefOrArn::Lab(role) => vec![lab_roles(place), any_role_arn(place, &role.name)],
            RefOrArn::Arn(arn) => vec![arn.clone()],
        };
        let change = &["scheduler:CreateSchedule", "scheduler:UpdateSchedule"];
        vec![
            Grant::on(Need::Change, change, schedules.clone()),
            Grant::on(Need::Change, &["iam:PassRole"], role).only("StringEquals", "iam:PassedToService", [PRINCIPAL]),
            Grant::on(Need::Delete, &["scheduler:DeleteSchedule"], schedules),
            // AWS can't limit it to a group.
            Grant::in_region(Need::Delete, &["scheduler:ListSchedules"], place),
        ]
    }

    /// Says whose the tasks are.
    async fn complete(&self, _cloud: &Cloud, sending: &mut Sending<'_>) -> Result<()> {
        if sending.live.is_some() {
            sending.fields.insert("lab".to_owned(), sending.others.place.lab.as_str().into());
        }
        Ok(())
    }

    async fn close(&self, cloud: &Cloud, live: &Live, fields: &Map<String, Value>) -> Result<()> {
        let sent = wire::sent(&live.name, fields);
        if sent.to_string().contains(AFTER_APPLY) {
            return Err(CloudError::own_at(
                "CreateSchedule",
                Cause::NotSent,
                "something that it refers to isn't there",
            ));
        }
        match unless_gone(cloud.call(&SCHEDULER, "UpdateSchedule", sent.clone()).await)? {
            Some(_) => Ok(()),
            None => cloud.call(&SCHEDULER, "CreateSchedule", sent).await.map(drop),
        }
    }

    /// What else stands in the group goes with it.
    async fn beside(cloud: &Cloud, _: &str, _: Option<&Self>, live: &Live, when: When) -> Result<Vec<Beside>> {
        if when == When::Refused {
            return Ok(Vec::new());
        }
        let pages = cloud.pages(&SCHEDULER, "ListSchedules", json!({"GroupName": live.name})).await;
        let pages = unless_gone(pages)?.unwrap_or_default();
        let names = pages.iter().flat_map(|page| list(page, "Schedules")).map(|one| text(one, "Name"));
        let others = names.filter(|name| *name != live.name);
        Ok(others.map(|name| Beside::new(format!("schedule {name} in the same group"), Fate::Goes)).collect())
    }

    /// A group goes after a while, and its schedules might start another task until then.
    async fn free(cloud: &Cloud, live: &Live, _content: Content) -> Result<()> {
        let named = json!({"Name": live.name, "GroupName": live.name});
        unless_gone(cloud.call(&SCHEDULER, "DeleteSchedule", named).await).map(drop)
    }

    async fn gone(cloud: &Cloud, live: &Live, waiting: &Waiting) -> Result<()> {
        let end = cloud.now() + GOES;
        while unless_gone(cloud.call(&SCHEDULER, "GetScheduleGroup", json!({"Name": live.name})).await)?.is_some() {
            if cloud.now() + PAUSE > end {
                let message = "AWS is still at it after 5 minutes";
                return Err(CloudError::own_at("DeleteScheduleGroup", Cause::StillDeleting, message));
            }
            waiting.pause(cloud, "AWS is deleting its group (DELETING)", PAUSE).await?;
        }
        Ok(())
    }
}

impl Schedule {
    /// Returns when a live schedule runs next, after `now`; none if it runs no more.
    pub fn next_run(live: &Live, now: SystemTime) -> Option<SystemTime> {
        let document = &live.document;
        if document["state"] == "DISABLED" {
            return None;
        }
        let seconds = |at: SystemTime| i64::try_from(at.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok();
        let date = |field: &str| seconds(parse_rfc3339(document[field].as_str()?).ok()?);
        let times =
            Times::read(document["scheduleExpression"].as_str()?, document["scheduleExpressionTimezone"].as_str());
        let made = wire::whole_seconds(&document["made"])?;
        let next = times.ok()?.between(date("startDate"), date("endDate")).next(seconds(now)?, made)?;
        Some(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(next).ok()?))
    }
}
