//! The lines for programs of a command on a class.

use serde_json::{Value, json};

use super::class::{Row, SparedLab, State};

/// A student's part begins.
pub fn student_start_line(row: &Row) -> Value {
    json!({
        "type": "student_start", "student": row.name, "account": row.account, "lab": row.lab, "region": row.region,
    })
}

/// A student's part has ended with this exit code.
pub fn student_end_line(row: &Row, code: u8) -> Value {
    json!({
        "type": "student_end", "student": row.name, "account": row.account, "lab": row.lab, "region": row.region,
        "state": row.state, "exitCode": code, "deleted": row.deleted, "left": row.left, "spared": row.spared,
        "cause": row.cause, "next": row.next, "took": row.took.map(|took| took.as_secs_f64()),
    })
}

/// A lab is left alone by a command that chooses among all of an account.
pub fn spared_line(SparedLab { lab, region, why }: &SparedLab) -> Value {
    json!({ "type": "spared", "lab": lab, "region": region, "why": why })
}

/// The end of all of it after so many seconds.
pub fn class_end_line(command: &str, rows: &[Row], seconds: f64) -> Value {
    let count = |state| rows.iter().filter(|row| row.state == state).count();
    json!({
        "type": "class_end", "command": command, "students": rows.len(), "clean": count(State::Clean),
        "left": count(State::Left), "failed": count(State::Failed), "unfinished": count(State::Unfinished),
        "took": seconds,
    })
}
