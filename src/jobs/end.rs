//! The end of a task: who ended it, and with which exit code.

use serde_json::Value;

use super::{By, INTERRUPTED, NEVER_RAN, TIMED_OUT};
use crate::error::{FAILED, STOPPED};
use crate::resources::{self, ecs_list, ecs_text};

/// The one who ended `task`, an answer of DescribeTasks, and labform's exit code for it. `told_to_stop` says for whom
/// labform had it stopped.
pub(super) fn ending(task: &Value, definition: &Value, told_to_stop: Option<By>) -> (By, u8) {
    let stop_code = ecs_text(task, "stopCode");
    // A task that ended by itself while it was told to stop counts as what it is.
    let by_itself = stop_code == "EssentialContainerExited";
    if ecs_text(task, "stoppedReason").contains(resources::TIMED_OUT) {
        return (By::Timeout, TIMED_OUT);
    }
    match told_to_stop.filter(|_| !by_itself) {
        Some(By::Timeout) => return (By::Timeout, TIMED_OUT),
        Some(by) => return (by, INTERRUPTED),
        None => {}
    }
    match exit_code(task, definition) {
        None => (By::NeverRan, NEVER_RAN),
        // A program that ends with 0 when it is told to stop hasn't done its work.
        Some(0) if !by_itself && !stop_code.is_empty() => (By::Itself, STOPPED),
        // On Windows there are larger ones.
        Some(code) => (By::Itself, u8::try_from(code).unwrap_or(FAILED)),
    }
}

/// The exit code of the first essential container that failed by itself; ECS stops the others with signals. There is
/// none if none failed and one has no exit code: that one never ran.
fn exit_code(task: &Value, definition: &Value) -> Option<i64> {
    let essential = |name: &Value| {
        let mut containers = ecs_list(definition, "containerDefinitions");
        containers.find(|one| one["name"] == *name).is_none_or(|one| one["essential"] != Value::Bool(false))
    };
    let counted = ecs_list(task, "containers").filter(|one| essential(&one["name"]));
    let codes: Vec<Option<i64>> = counted.map(|one| one["exitCode"].as_i64()).collect();
    let failed = || codes.iter().flatten().filter(|code| **code != 0);
    let by_itself = failed().find(|code| !matches!(code, 137 | 143));
    match by_itself.or_else(|| failed().next()) {
        Some(code) => Some(*code),
        None if codes.is_empty() || codes.contains(&None) => None,
        None => Some(0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_essential_container_decides_the_exit_code() {
        let definition = json!({"containerDefinitions": [
            {"name": "main"}, {"name": "proxy", "essential": true}, {"name": "extra", "essential": false}]});
        let code = |main: Value, proxy: Value, extra: Value| {
            let container = |name: &str, exit: Value| json!({"name": name, "exitCode": exit});
            let containers = [container("main", main), container("proxy", proxy), container("extra", extra)];
            exit_code(&json!({"containers": containers}), &definition)
        };
        assert_eq!(code(json!(0), json!(0), json!(7)), Some(0));
        assert_eq!(code(json!(0), json!(3), json!(0)), Some(3));
        assert_eq!(code(json!(137), json!(0), json!(0)), Some(137));
        assert_eq!(code(json!(143), json!(3), json!(0)), Some(3), "143 is ECS's doing");
        assert_eq!(code(json!(1), Value::Null, json!(0)), Some(1));
        assert_eq!(code(json!(0), Value::Null, json!(0)), None);
        assert_eq!(exit_code(&json!({}), &definition), None);
    }

    #[test]
    fn only_a_task_that_ended_by_itself_is_done() {
        let ended = |stop: Value, exit: Value, told: Option<By>| {
            let containers = json!([{"name": "main", "exitCode": exit}]);
            let task = json!({"stopCode": stop, "stoppedReason": "words", "containers": containers});
            ending(&task, &Value::Null, told)
        };
        let exited = "EssentialContainerExited";
        let cases = [
            (json!(exited), json!(0), None, (By::Itself, 0)),
            (Value::Null, json!(0), None, (By::Itself, 0)),
            (json!("UserInitiated"), json!(0), None, (By::Itself, 143)),
            (json!("SpotInterruption"), json!(0), None, (By::Itself, 143)),
            (json!("SpotInterruption"), json!(7), None, (By::Itself, 7)),
            (json!(exited), json!(125), None, (By::Itself, 125)),
            (json!("TaskFailedToStart"), Value::Null, None, (By::NeverRan, 125)),
            // An access violation on Windows.
            (json!(exited), json!(3_221_225_477_i64), None, (By::Itself, 1)),
            (json!(exited), json!(0), Some(By::User), (By::Itself, 0)),
            (json!("UserInitiated"), json!(0), Some(By::User), (By::User, 130)),
            (json!("UserInitiated"), json!(0), Some(By::Timeout), (By::Timeout, 124)),
        ];
        for (stop, exit, told, wanted) in cases {
            assert_eq!(ended(stop.clone(), exit, told), wanted, "{stop}");
        }
        let timeout = json!({"stoppedReason": resources::TIMED_OUT});
        assert_eq!(ending(&timeout, &Value::Null, None), (By::Timeout, 124));
    }
}
