//! The files of a job: those that are sent, and those that its results are written to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::files;
use super::screen::Result;
use crate::error::Error;
use crate::spec::{Job, Source};

/// The most that one call puts into a bucket (PutObject, Amazon S3 API reference).
const LARGEST: u64 = 5 << 30;

/// The files that no output may take the place of, because the lab is read or built from them.
pub(super) fn kept(source: &Source, folder: &Path, lab: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut kept = vec![(lab.to_owned(), "the lab's own file")];
    kept.extend(source.paths().skip(1).map(|path| (folder.join(path), "a file that the lab takes in")));
    for node in source.lab().nodes.values() {
        let mut named = Vec::new();
        texts(&node.value, &mut named);
        // What is built is named from its context, and Docker looks for two more files there.
        let context = node.value["context"].as_str().map(|context| folder.join(context));
        let built = context.iter().flat_map(|context| ["Dockerfile", ".dockerignore"].map(|name| context.join(name)));
        let below = context.iter().flat_map(|context| named.iter().map(|name| context.join(name)));
        let paths = named.iter().map(|name| folder.join(name)).chain(built).chain(below);
        kept.extend(paths.map(|path| (path, "a file that the lab is made from")));
    }
    kept
}

/// All texts in a value that may be paths.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) if text.len() < 512 && !text.contains("${") => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        _ => {}
    }
}

/// Checks that no other student's job writes the same file, of those that are `written` so far by whom.
///
/// # Errors
/// The first file that another writes, too.
pub(super) fn check_apart(name: &str, job: &Job, student: &str, written: &mut BTreeMap<String, String>) -> Result<()> {
    for file in job.outputs.iter().flatten().filter_map(|output| output.file.as_ref()) {
        if let Some(other) = written.insert(file.clone(), student.to_owned()) {
            let message = format!("job.{name}: {student} and {other} would both write {file}");
            let hint = "give each a file of their own, as in `file: \"results/${var.student}.json\"`";
            return Err(Error::invalid(message).hint(hint).into());
        }
    }
    Ok(())
}

/// Checks that the job's inputs are there and that its outputs can be kept, in place of none of these nor of those in
/// `kept`, before the first call.
///
/// # Errors
/// The first file that is wrong.
pub(super) fn check_files(name: &str, job: &Job, folder: &Path, kept: Vec<(PathBuf, &str)>) -> Result<()> {
    let wrong = |file: &str, error: &std::io::Error| {
        let words = error.to_string().to_lowercase();
        Error::invalid(format!("job.{name}: {file}: {words}")).hint("paths start at the folder of lab.yaml")
    };
    for input in job.inputs.iter().flatten() {
        let checked = files::check_sendable(folder, &input.file, LARGEST);
        checked.map_err(|error| wrong(&input.file, &error))?;
    }
    let inputs = job.inputs.iter().flatten().map(|input| (folder.join(&input.file), "an input of the job"));
    let kept: Vec<(PathBuf, &str)> = inputs.chain(kept).collect();
    let outputs = job.outputs.iter().flatten();
    for file in outputs.filter_map(|output| output.file.as_ref()) {
        files::check_makeable(folder, file).map_err(|error| wrong(file, &error))?;
        let place = folder.join(file);
        let is_there = place.exists();
        if let Some((_, what)) = kept.iter().find(|(path, _)| is_there && files::is_same(path, &place)) {
            let message = format!("job.{name}: {file}: an output would overwrite {what}");
            return Err(Error::invalid(message).hint("give the output another `file`").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::screen::Ended;
    use super::*;

    #[test]
    fn an_output_takes_the_place_of_nothing_that_the_job_needs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::create_dir(path.join("app")).unwrap();
        for file in ["lab.yaml", "cat.jpg", "old.json", "app/Dockerfile"] {
            std::fs::write(path.join(file), "x").unwrap();
        }
        let check = |output: &str| {
            let job = serde_json::json!({
                "cluster": "main", "taskDefinition": "ask",
                "inputs": [{"file": "cat.jpg", "bucket": "b", "key": "in"}],
                "outputs": [{"bucket": "b", "key": "out", "file": output}],
            });
            let job = serde_json::from_value(job).unwrap();
            let text = "lab: demo\nregion: eu-west-1\nrepositories: { a: {} }\nimages: { a: { repository: a, context: app } }\n";
            let source = Source::parse("lab.yaml", text, &|_| unreachable!("it takes in no file")).unwrap();
            match check_files("ask", &job, path, kept(&source, path, &path.join("lab.yaml"))) {
                Ok(()) => "fine".to_owned(),
                Err(Ended::Error(error)) => error.message,
                Err(ended) => panic!("{ended:?}"),
            }
        };
        assert_eq!(check("old.json"), "fine");
        assert_eq!(check("new/result.json"), "fine");
        let lab = "job.ask: lab.yaml: an output would overwrite the lab's own file";
        assert_eq!(check("lab.yaml"), lab);
        let built = "job.ask: app/Dockerfile: an output would overwrite a file that the lab is made from";
        assert_eq!(check("app/Dockerfile"), built);
        let input = "job.ask: cat.jpg: an output would overwrite an input of the job";
        assert_eq!(check("cat.jpg"), input);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("lab.yaml", path.join("link")).unwrap();
            assert!(check("link").contains("would overwrite the lab's own file"));
        }
    }
}
