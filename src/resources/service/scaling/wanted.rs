//! What is wanted of the scaling of a live service, and of the count that is the scaler's then.
//!
//! Knows: which changes are the scaler's own. Must not know: AWS clients.

use serde_json::{Map, Value};

use super::normal::normal;
use super::{ACTIONS, FIELD, Scaling, within};
use crate::model::{Diff, Effect, Shape};
use crate::resource::document;
use crate::resources::ecs::list;

/// The words for a scaling that goes, in place of all of it.
const LEFT: &str = "a scaling that the spec takes away";

impl Scaling {
    /// The number of tasks with which a new service starts.
    pub(in super::super) fn first_count(&self, asked: i64) -> i64 {
        match self.bounds() {
            Some(bounds) if !self.rests() => within(asked, bounds),
            _ => asked,
        }
    }

    /// The scaling of a new service.
    pub(in super::super) fn asked(&self) -> Value {
        normal(document(self))
    }

    /// Adds to `want` what is asked of the scaling of a service that is as `live` says. What the scaler itself changes is
    /// wanted as it is: the count between the bounds, and the bounds that a scheduled action sets.
    pub(in super::super) fn want(&self, want: &mut Map<String, Value>, live: &Value) {
        let (mut scaling, have) = (self.asked(), &live[FIELD]);
        for bound in ["minCapacity", "maxCapacity"] {
            let sets = |action: &Value| action["scalableTargetAction"][bound] == have[bound];
            if !have[bound].is_null() && list(&scaling, ACTIONS.0).any(sets) {
                scaling[bound] = have[bound].clone();
            }
        }
        let bounds = scaling["minCapacity"].as_i64().zip(scaling["maxCapacity"].as_i64());
        if let (Some(bounds), Some(count)) = (bounds, live["desiredCount"].as_i64().filter(|_| !self.rests())) {
            want.insert("desiredCount".to_owned(), within(count, bounds).into());
        }
        want.insert(FIELD.to_owned(), scaling);
    }
}

/// Notes a live scaling that `want` takes away.
pub(in super::super) fn left_over(diff: &mut Diff, want: &Value, live: &Value) {
    let takes_away = want[FIELD].as_object().is_some_and(Map::is_empty);
    if takes_away && !live[FIELD].is_null() {
        diff.push(FIELD, LEFT.into(), Value::Null, Effect::Update, Shape::Value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(scaling: Value, live: &Value) -> Value {
        let scaling: Scaling = serde_json::from_value(scaling).unwrap();
        let mut want = json!({"desiredCount": 3}).as_object().cloned().unwrap();
        scaling.want(&mut want, live);
        want.into()
    }

    #[test]
    fn the_count_is_the_scalers_between_the_bounds() {
        let live = |count: i64| json!({"desiredCount": count, "scaling": {"minCapacity": 1, "maxCapacity": 4}});
        let bounds = json!({"minCapacity": 1, "maxCapacity": 4});
        for (have, want) in [(0, 1), (1, 1), (2, 2), (4, 4), (9, 4)] {
            assert_eq!(wanted(bounds.clone(), &live(have))["desiredCount"], want, "{have}");
        }
        let rests = json!({"dynamicScalingInSuspended": true, "dynamicScalingOutSuspended": true,
            "scheduledScalingSuspended": true});
        let resting = json!({"minCapacity": 1, "maxCapacity": 4, "suspendedState": rests});
        assert_eq!(wanted(resting, &live(2))["desiredCount"], 3, "nothing scales it");
        assert_eq!(wanted(json!({}), &live(2))["desiredCount"], 3);
    }

    #[test]
    fn bounds_that_an_action_sets_are_no_difference() {
        let night = json!([{"scheduledActionName": "night", "schedule": "cron(0 20 * * ? *)",
            "scalableTargetAction": {"minCapacity": 0, "maxCapacity": 0}}]);
        let scaling = json!({"minCapacity": 1, "maxCapacity": 4, "scheduledActions": night});
        let at_night = json!({"desiredCount": 0, "scaling": {"minCapacity": 0, "maxCapacity": 0}});
        let want = wanted(scaling.clone(), &at_night);
        let got = (&want["desiredCount"], &want["scaling"]["minCapacity"], &want["scaling"]["maxCapacity"]);
        assert_eq!(got, (&json!(0), &json!(0), &json!(0)));
        let by_hand = json!({"desiredCount": 2, "scaling": {"minCapacity": 2, "maxCapacity": 9}});
        let want = wanted(scaling, &by_hand);
        assert_eq!((&want["scaling"]["minCapacity"], &want["scaling"]["maxCapacity"]), (&json!(1), &json!(4)));
    }

    #[test]
    fn a_new_service_starts_between_the_bounds() {
        let scaling: Scaling = serde_json::from_value(json!({"minCapacity": 2, "maxCapacity": 4})).unwrap();
        assert_eq!([1, 3, 9].map(|asked| scaling.first_count(asked)), [2, 3, 4]);
    }

    #[test]
    fn a_scaling_goes_if_the_lab_says_that_there_is_none() {
        let live = json!({"scaling": {"minCapacity": 1}});
        let paths = |want: Value, live: &Value| {
            let mut diff = Diff::default();
            left_over(&mut diff, &want, live);
            diff.fields.len()
        };
        assert_eq!(paths(json!({"scaling": {}}), &live), 1);
        assert_eq!(paths(json!({}), &live), 0);
        assert_eq!(paths(json!({"scaling": {}}), &json!({})), 0);
    }
}
