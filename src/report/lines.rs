//! The lines that commands print for programs (`--json`): what each is called, what it holds, and how much it matters.
//!
//! From this table comes the JSON Schema that `labform schema --json-lines` prints, and every line is tried against it.

use serde_json::{Map, Value, json};

/// A sort of line.
struct Line {
    /// The value of `type`.
    name: &'static str,
    /// What it tells.
    says: &'static str,
    /// The value of `severity`, unless the line itself says.
    severity: &'static str,
    /// The fields, each with `:` and its type if it is no text, and `?` if it may be null.
    fields: &'static str,
}

const fn line(name: &'static str, fields: &'static str, says: &'static str) -> Line {
    Line { name, says, severity: "info", fields }
}

impl Line {
    const fn warns(self) -> Self {
        Self { severity: "warning", ..self }
    }

    const fn fails(self) -> Self {
        Self { severity: "error", ..self }
    }
}

/// All sorts of lines.
const LINES: [Line; 62] = [
    line("version", "labform format:integer", "The first line: the versions of labform and of this format"),
    line(
        "session",
        "lab account caller region endpoint? jobs?",
        "Where it is done: `endpoint` is null for AWS itself; `jobs` is how the embedded account runs them",
    ),
    line(
        "diagnostic",
        "kind message hints:array file? line:integer? column:integer? address?",
        "An error, or a warning: of lab.yaml with its place",
    ),
    line(
        "valid",
        "resources:integer jobs:integer checkpoints:integer phases:integer warnings:integer variables:object student?",
        "validate: lab.yaml is valid; the values of its variables, and where they come from",
    ),
    line("account", "account caller endpoint?", "The account, of a command that is about several labs"),
    line("record", "lab by? since? expires?", "Who made the lab if it wasn't you, and until when it is to live"),
    line(
        "lab",
        "lab region by? since? expires? objects:integer cost:number? costIsLeast:boolean?",
        "labs: a lab of the account, how many objects are known of it, and with --cost what they cost by the hour, `costIsLeast` if the price of some isn't known",
    ),
    line(
        "graph_node",
        "address kind name phase? cost:number state? reason?",
        "graph: a resource in the order of creation, or a job; its cost by the hour, its state with --live",
    ),
    line("graph_edge", "from to", "graph: `from` needs `to`"),
    line(
        "policy",
        "command document:object size:integer",
        "policy: the IAM policy document for a command, and its characters",
    ),
    line("student_start", "student account lab region", "A command on a class begins with a student"),
    line(
        "student_end",
        "student account lab region state exitCode:integer deleted:integer left:array spared:array cause next took:number?",
        "How it ended for a student: `clean`, `left`, `failed` or `unfinished`; `next` is the command that goes on; `took` is null if it was never begun",
    ),
    line(
        "spared",
        "lab region why",
        "destroy: a lab of the account is left alone, because it isn't one of those meant",
    ),
    line(
        "class_end",
        "command students:integer clean:integer left:integer failed:integer unfinished:integer took:number",
        "The last line of a command on a class",
    ),
    line("narrowed", "resources:array added:array dropped:array", "All that is worked on"),
    line(
        "planned_change",
        "address name action reason? diff:array desired:any ids:array attribution:any beside:array",
        "A change, as in a saved plan; whether `aws` or the `spec` has changed since the last apply; what stands `beside` an object that goes",
    ),
    line("kept", "address name ids:array reason", "An object that would be deleted or replaced, and stays").warns(),
    line(
        "change_summary",
        "operation add:integer change:integer destroy:integer took:number?",
        "How many are to be changed (`plan`), or were (`apply`, `destroy`), and how long that took",
    ),
    line(
        "costs",
        "currency now:number nowIsLeast:boolean after:number afterIsLeast:boolean month:number resources:array jobs:array prices",
        "About what the lab costs by the hour, `now` and `after` the plan, and in a month of that; by which prices. `…IsLeast` if the price of something isn't known",
    ),
    line("apply_start", "address op name", "A step begins"),
    line("apply_progress", "address op? reason", "A step waits; without `op` it waits until the resource works"),
    line("apply_complete", "address op took:number id?", "A step is done"),
    line("apply_errored", "address op error", "A step failed").fails(),
    line("apply_skipped", "address op", "A step wasn't begun, because something before it failed").warns(),
    line("explained", "address cause evidence:array remedy", "Why a resource doesn't work").warns(),
    line("ready", "address took:number", "A resource works"),
    line("verifying", "", "Everything is read once more"),
    line("unready", "failed:object left:object explanations:object", "What doesn't work: reasons by address").fails(),
    line("outputs", "outputs:object", "The lab's outputs; null if one isn't known"),
    line("task_to_stop", "address task cluster state", "A destroy stops this task of a job first"),
    line("task_stopping", "address task", "A job's task is stopped"),
    line("task_stopped", "address task took:number", "A job's task has stopped"),
    line("left", "address name ids:array why", "An object that a destroy left behind").warns(),
    line(
        "certificate",
        "lab account region deleted:array left:array kept:array ghosts:integer unlisted:array stoppedCosting:number stoppedCostingIsLeast:boolean whole:boolean",
        "The end of a destroy: what is gone, and what is still there",
    ),
    line("status", "address name state reason? owner", "A resource's state"),
    line(
        "service_status",
        "address desired:any running:any pending:any rollout:any tasks:array targets:array events:array",
        "A service's state",
    ),
    line("job_status", "address tasks:array", "A job's tasks"),
    line("scan_status", "address digest state reason findings:object", "What a scan of an image found, by severity"),
    line(
        "checked",
        "address description? points:number earned:number outcome found",
        "A checkpoint: `passed`, `missed`, or `unknown` if it couldn't be looked at",
    ),
    line("points", "points:number earned:number", "The sum of all checkpoints that were asked for"),
    line(
        "finding",
        "topic state says hint?",
        "doctor: what was looked at is `fine`, `wrong` or `unknown`, or a `warning`; `hint` says what mends it",
    ),
    line(
        "examined",
        "fine:integer warning:integer wrong:integer unknown:integer",
        "doctor: how many are of each state",
    ),
    line("looked_up", "address name ids:array", "An object that the lab uses and doesn't own"),
    line("note", "address note", "What differs and is left to others"),
    line("to_adopt", "address name ids:array tags:any", "An object that is to become the lab's"),
    line("adopted", "address name ids:array tags:any", "An object that has become the lab's"),
    line("unread", "what", "What a status could not read, and why").warns(),
    line(
        "log",
        "timestamp:integer logGroup logStream container? task? message eventId",
        "A line of a log; `timestamp` in milliseconds since 1970",
    ),
    line("job_waiting", "address reason", "What is waited for before the task can start"),
    line("job_started", "address task", "The job's task"),
    line(
        "job_attached",
        "address task age:number differs:array others:integer",
        "The job's task from before, and in what it differs",
    ),
    line("job_ended_before", "address task ago:number? by exitCode:any", "How the last one ended, if none is running"),
    line("job_uploading", "address file to sent:integer size:integer", "Bytes so far"),
    line("job_uploaded", "address to took:number", "An input is there"),
    line("job_state", "address state after:number reason", "AWS's word for the task's state"),
    line("job_log", "address container timestamp:any line", "A line of the container's log"),
    line("job_no_log", "address container why", "Why there is no log").warns(),
    line("job_no_answer", "address error", "AWS gives no answer, and is asked again").warns(),
    line("job_stopping", "address why", "The task is stopped"),
    line("job_result", "address from size:any file? text?", "An output: where it was written, or what it holds"),
    line("job_explained", "address cause evidence:array remedy", "Why the job failed").warns(),
    line(
        "job_end",
        "address exitCode:integer",
        "The last line of a run: labform's exit code, and `by` whom it ended if a task did",
    ),
];

fn of(name: &str) -> Option<&'static Line> {
    LINES.iter().find(|line| line.name == name)
}

/// The line as it is printed: with the time, and how much it matters.
pub(super) fn complete(line: &Value, time: &str) -> Value {
    let mut line = line.clone();
    let known = line["type"].as_str().and_then(of);
    let severity = known.map_or("info", |known| known.severity);
    if let Some(fields) = line.as_object_mut() {
        fields.insert("time".to_owned(), time.into());
        fields.entry("severity").or_insert_with(|| severity.into());
    }
    line
}

/// The JSON Schema (2020-12) of a line.
pub fn schema() -> Value {
    let lines: Vec<Value> = LINES.iter().map(of_line).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A line of labform --json",
        "description": "One JSON object a line, on standard output. Pass over types and fields that you don't know.",
        "type": "object",
        "required": ["type", "time", "severity"],
        "properties": { "student": {
            "description": "With --roster, the student of the class whom the line is about",
            "type": "string",
        } },
        "anyOf": lines,
        "$defs": { "outputs": {
            "description": "What `labform output --json` prints, which is no line of these: the lab's outputs by name, as \
                shells and jq take them; null if one isn't known yet. `labform output NAME --json` prints the one value.",
            "type": "object",
            "additionalProperties": { "type": ["string", "null"] },
        } },
    })
}

fn of_line(line: &Line) -> Value {
    let mut properties = Map::new();
    properties.insert("type".to_owned(), json!({ "const": line.name }));
    properties.insert("time".to_owned(), json!({ "type": "string", "format": "date-time" }));
    properties.insert("severity".to_owned(), json!({ "enum": ["info", "warning", "error"] }));
    let mut required = vec!["type", "time", "severity"];
    for (field, forms) in fields(line) {
        properties.insert(field.to_owned(), if forms.is_empty() { json!({}) } else { json!({ "type": forms }) });
        required.push(field);
    }
    json!({ "description": line.says, "type": "object", "properties": properties, "required": required })
}

/// The fields of a line with the JSON types that each may have; none if it may have any.
fn fields(line: &Line) -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    line.fields.split(' ').filter(|field| !field.is_empty()).map(|field| {
        let (field, null) = field.strip_suffix('?').map_or((field, None), |field| (field, Some("null")));
        match field.split_once(':') {
            Some((field, "any")) => (field, Vec::new()),
            Some((field, form)) => (field, [form].into_iter().chain(null).collect()),
            None => (field, ["string"].into_iter().chain(null).collect()),
        }
    })
}

/// What is wrong with a line that was printed, by the table.
#[cfg(test)]
pub(crate) fn problem(line: &Value) -> Option<String> {
    let Some(known) = line["type"].as_str().and_then(of) else {
        return Some(format!("no such type: {line}"));
    };
    fields(known)
        .find_map(|(field, forms)| {
            let form = match line.get(field)? {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            let fits = forms.is_empty() || forms.contains(&form) || form == "integer" && forms.contains(&"number");
            (!fits).then(|| format!("{field} is of type {form}: {line}"))
        })
        .or_else(|| {
            fields(known).find(|(field, _)| line.get(field).is_none()).map(|(field, _)| format!("no {field}: {line}"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sort_of_line_has_one_name_and_types_of_json() {
        const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "array", "object", "null"];
        for line in &LINES {
            assert_eq!(LINES.iter().filter(|other| other.name == line.name).count(), 1, "{}", line.name);
            assert!(fields(line).all(|(_, forms)| forms.iter().all(|form| TYPES.contains(form))), "{}", line.name);
        }
        let printed =
            complete(&json!({"type": "apply_errored", "address": "a.b", "op": "create", "error": "no"}), "now");
        assert_eq!((printed["severity"].as_str(), printed["time"].as_str()), (Some("error"), Some("now")));
        assert_eq!(problem(&printed), None);
        assert!(problem(&json!({"type": "ready", "address": "a.b", "took": "1"})).is_some());
        assert!(problem(&json!({"type": "ready", "took": 1})).is_some());
    }
}
