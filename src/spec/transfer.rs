//! The files that a job is given in S3, and those that it writes there.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::path_problem;
use crate::resource::{Problem, Ref, SpecRef};
use crate::resources::Bucket;

/// The longest key, in bytes ("Naming Amazon S3 objects", Amazon S3 user guide).
const LONGEST_KEY: usize = 1024;

/// A file that `run` puts into a bucket before the job's task starts.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobInput {
    /// The file, by its path from the folder of lab.yaml.
    pub file: String,
    /// The bucket that the file is put into.
    pub bucket: Ref<Bucket>,
    /// The key that the object gets, as in `input/image.jpg`.
    pub key: String,
}

/// An object that the job's task writes, and that `run` fetches once the task has ended well.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobOutput {
    /// The bucket that the object is written to.
    pub bucket: Ref<Bucket>,
    /// The object's key, as in `output/result.json`.
    pub key: String,
    /// The file that the object is written to, by its path from the folder of lab.yaml; left out, it is only shown.
    pub file: Option<String>,
}

/// The buckets that the inputs and outputs of a job name.
pub(super) fn bucket_refs(inputs: Option<&[JobInput]>, outputs: Option<&[JobOutput]>) -> Vec<SpecRef> {
    let inputs = inputs.into_iter().flatten().enumerate();
    let inputs = inputs.map(|(n, one)| one.bucket.at(format!("inputs[{n}].bucket")));
    let outputs = outputs.into_iter().flatten().enumerate();
    inputs.chain(outputs.map(|(n, one)| one.bucket.at(format!("outputs[{n}].bucket")))).collect()
}

/// Returns the problems of a job's inputs and outputs.
pub(super) fn check_objects(inputs: Option<&[JobInput]>, outputs: Option<&[JobOutput]>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut put = BTreeSet::new();
    for (n, input) in inputs.into_iter().flatten().enumerate() {
        problems.extend(check_file(format!("inputs[{n}].file"), &input.file));
        problems.extend(check_key(format!("inputs[{n}].key"), &input.key));
        if !put.insert((&input.bucket.name, &input.key)) {
            let message = "another input is put there already";
            problems.push(Problem::at(format!("inputs[{n}].key"), message));
        }
    }
    let mut written = BTreeSet::new();
    for (n, output) in outputs.into_iter().flatten().enumerate() {
        let key = format!("outputs[{n}].key");
        problems.extend(check_key(key.clone(), &output.key));
        if put.contains(&(&output.bucket.name, &output.key)) {
            let message = "an input is put there: the job's result would be told from it by nothing";
            let problem = Problem::at(key, message);
            problems.push(problem.hint("let its command write to another key"));
        }
        let Some(file) = &output.file else { continue };
        let path = format!("outputs[{n}].file");
        problems.extend(check_file(path.clone(), file));
        if !written.insert(file) {
            problems.push(Problem::at(path, "another output is written there already"));
        }
    }
    problems
}

pub(super) fn check_file(path: String, file: &str) -> Option<Problem> {
    let reason = path_problem(file)?;
    let problem = Problem::at(path, format!("can't use `{file}`: {reason}"));
    Some(problem.hint("paths start at the folder of lab.yaml"))
}

pub(super) fn check_key(path: String, key: &str) -> Option<Problem> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        return Some(Problem::at(path, "a key has 1 to 1024 bytes"));
    }
    if key.chars().any(char::is_control) {
        return Some(Problem::at(path, "a key of control characters reaches no program"));
    }
    let (bucket, rest) = key.strip_prefix("s3://")?.split_once('/').unwrap_or_default();
    let problem = Problem::at(path, format!("`{key}` is a URL, and a key is what stands behind the bucket"));
    Some(match bucket {
        "" => problem,
        _ => problem.hint(format!("write `{rest}`, and the bucket in `bucket`")),
    })
}
