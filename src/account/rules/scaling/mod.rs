//! Rules for Application Auto Scaling, in the words of its JSON models with a small first letter, of services of ECS.

mod policy;

use serde_json::Value;

use super::input::{between, number, text};
use super::{Found, Rule, Rules};

const TARGET: &str = "RegisterScalableTarget, Application Auto Scaling API";
const POLICY: &str = "PutScalingPolicy, Application Auto Scaling API";
const ACTION: &str = "PutScheduledAction, Application Auto Scaling API";

/// The greatest number of tasks that a call can say.
const MOST: i64 = i32::MAX as i64;

/// The rules for RegisterScalableTarget.
pub static SCALABLE_TARGET: Rules =
    Rules::new("RegisterScalableTarget", r#"{"minCapacity": 1, "maxCapacity": 4}"#, &[TARGET_RULES]);

/// The rules for PutScalingPolicy.
pub static SCALING_POLICY: Rules = Rules::new(
    "PutScalingPolicy",
    r#"{
        "policyName": "cpu", "policyType": "TargetTrackingScaling",
        "targetTrackingScalingPolicyConfiguration": {
            "targetValue": 50, "scaleInCooldown": 60,
            "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    }"#,
    &[policy::RULES, policy::STEP_RULES],
);

/// The rules for PutScheduledAction.
pub static SCHEDULED_ACTION: Rules = Rules::new(
    "PutScheduledAction",
    r#"{
        "scheduledActionName": "night", "schedule": "cron(0 20 * * ? *)",
        "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0}
    }"#,
    &[ACTION_RULES],
);

const TARGET_RULES: &[Rule] = &[
    Rule::new(
        "a scalable target has a least and a greatest capacity, which isn't below the other",
        TARGET,
        &["minCapacity = null", "maxCapacity = null", "minCapacity = 5 @ maxCapacity"],
        |input, found| {
            for bound in ["minCapacity", "maxCapacity"] {
                if input[bound].is_null() {
                    found.at(bound, format!("{bound} is missing: a scaling has a least and a greatest capacity"));
                }
            }
            order(input, "", found);
        },
    ),
    Rule::new("a capacity of tasks is not below 0", TARGET, &["minCapacity = -1"], |input, found| {
        for bound in ["minCapacity", "maxCapacity"] {
            between(input, bound, 0, MOST, found);
        }
    }),
];

const ACTION_RULES: &[Rule] = &[
    Rule::new(
        "a scheduled action has a name of 1 to 256 characters, without colons, slashes and bars, that neither begins nor ends with a space",
        ACTION,
        &[r#"scheduledActionName = "a/b""#, r#"scheduledActionName = " a""#],
        |input, found| {
            let is_name = |name: &str| {
                (1..=256).contains(&name.chars().count())
                    && !name.chars().any(|c| c.is_control() || ":/|".contains(c))
                    && name.trim_matches(' ') == name
            };
            if text(&input["scheduledActionName"]).is_some_and(|name| !is_name(name)) {
                found.here("scheduledActionName");
            }
        },
    ),
    Rule::new(
        "a schedule is at(yyyy-mm-ddThh:mm:ss), rate(value unit) or cron(six fields)",
        ACTION,
        &[r#"schedule = "20:00""#, r#"schedule = "cron(0 20 * * *)""#, r#"schedule = "rate(0 days)""#],
        |input, found| {
            if text(&input["schedule"]).is_some_and(|schedule| !is_schedule(schedule)) {
                let hint =
                    "cron has [minutes] [hours] [day of month] [month] [day of week] [year]; one of the days is ?";
                found.here("schedule").hint(hint);
            }
        },
    ),
    Rule::new(
        "a scheduled action sets the least capacity, the greatest, or both, which isn't below the other",
        ACTION,
        &[
            "scalableTargetAction = {}",
            r#"scalableTargetAction = {"minCapacity": 2, "maxCapacity": 1} @ scalableTargetAction.maxCapacity"#,
            "scalableTargetAction.minCapacity = -1",
        ],
        |input, found| {
            let action = &input["scalableTargetAction"];
            if action.is_object() && action["minCapacity"].is_null() && action["maxCapacity"].is_null() {
                found.here("scalableTargetAction");
            }
            for bound in ["minCapacity", "maxCapacity"] {
                between(input, &format!("scalableTargetAction.{bound}"), 0, MOST, found);
            }
            order(action, "scalableTargetAction.", found);
        },
    ),
];

/// Notes a greatest capacity that is below the least.
fn order(input: &Value, path: &str, found: &mut Found) {
    if let (Some(least), Some(most)) = (number(&input["minCapacity"]), number(&input["maxCapacity"]))
        && least > most
    {
        found.at(format!("{path}maxCapacity"), format!("maxCapacity {most} is below minCapacity {least}"));
    }
}

fn is_schedule(schedule: &str) -> bool {
    let inner = |word: &str| schedule.strip_prefix(word)?.strip_prefix('(')?.strip_suffix(')');
    let is_moment = |text: &str| {
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        text.chars().map(digits).collect::<String>() == "0000-00-00T00:00:00"
    };
    let is_rate = |text: &str| {
        let (value, unit) = text.split_once(' ').unwrap_or_default();
        value.parse().is_ok_and(|value: u32| value > 0)
            && ["minute", "minutes", "hour", "hours", "day", "days"].contains(&unit)
    };
    let is_cron = |text: &str| {
        let fields: Vec<&str> = text.split_whitespace().collect();
        fields.len() == 6 && (fields[2] == "?") != (fields[4] == "?")
    };
    inner("at").is_some_and(is_moment) || inner("rate").is_some_and(is_rate) || inner("cron").is_some_and(is_cron)
}
