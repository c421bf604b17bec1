//! `file: path.json`: documents that stand in files of their own, beside `lab.yaml`.

use std::io;

use super::errors::{Faults, Files};
use super::tree::{Entry, Item, MAX_BYTES, Tree, parse};
use crate::model::{names_a_secret, path_problem};
use crate::resource::Field;

/// The most bytes that all files together may hold.
const MAX_TOTAL: usize = 2 * MAX_BYTES;

/// Reads files for a lab.
pub(super) struct Includer<'a> {
    pub(super) files: &'a mut Files,
    pub(super) load: &'a dyn Fn(&str) -> io::Result<String>,
    pub(super) faults: &'a mut Faults,
    pub(super) total: usize,
}

impl Includer<'_> {
    /// Takes in what the resource or job `tree` names: its whole body, beside `ignoreChanges`, `phase`, `protect` and
    /// `tags`, or documents anywhere below, apart from those of its `fields` that may be given from outside. Files aren't searched
    /// again. Returns whether all could be read.
    pub(super) fn resource(&mut self, tree: &mut Tree, fields: &[Field]) -> bool {
        let whole = tree.entries().is_some_and(|entries| {
            let own =
                |entry: &Entry| matches!(entry.key.as_str(), "file" | "ignoreChanges" | "phase" | "protect" | "tags");
            entries.iter().all(own) && tree.get("file").is_some_and(|file| file.value.text().is_some())
        });
        if !whole {
            return self.below(tree, fields);
        }
        let Item::Map(entries) = &mut tree.item else {
            return true;
        };
        let at = entries.iter().position(|entry| entry.key == "file");
        let file = entries.remove(at.expect("the body is a file"));
        let Some(body) = self.read(&file.value) else {
            return false;
        };
        let Item::Map(body) = body.item else {
            let message = format!("a resource is a map, and the file holds {}", body.words());
            self.faults.push(file.value.mark, message, None);
            return false;
        };
        for entry in body {
            if entries.iter().any(|own| own.key == entry.key) {
                let message = format!("`{}` stands in `lab.yaml` and in the file", entry.key);
                self.faults.push(entry.mark, message, Some("keep one of the two".to_owned()));
            } else {
                entries.push(entry);
            }
        }
        true
    }

    fn below(&mut self, tree: &mut Tree, fields: &[Field]) -> bool {
        let mut complete = true;
        match &mut tree.item {
            Item::Map(entries) => match &entries[..] {
                [only] if only.key == "file" && only.value.text().is_some() => match self.read(&only.value) {
                    Some(document) => *tree = document,
                    None => complete = false,
                },
                // Every file is read, so that all that can't be is found at once. What a file holds of a secret isn't the
                // lab's to show.
                _ => {
                    let open = entries.iter_mut().filter(|entry| !names_a_secret(&entry.key));
                    let is_given = |key: &str| fields.iter().any(|field| field.is_given && field.path == key);
                    let open = open.filter(|entry| !is_given(&entry.key));
                    open.for_each(|entry| complete &= self.below(&mut entry.value, &[]));
                }
            },
            Item::List(items) => items.iter_mut().for_each(|item| complete &= self.below(item, &[])),
            _ => {}
        }
        complete
    }

    fn read(&mut self, reference: &Tree) -> Option<Tree> {
        let path = reference.text()?;
        let refused = path_problem(path).map(str::to_owned);
        let text = match refused {
            Some(reason) => Err(reason),
            None => (self.load)(path).map_err(|error| error.to_string().to_lowercase()),
        };
        match text {
            Ok(text) if self.total + text.len() <= MAX_TOTAL => {
                self.total += text.len();
                let file = self.files.add(path, text);
                parse(self.files, file, self.faults)
            }
            Ok(_) => {
                let message = format!("the lab's files hold more than {MAX_TOTAL} bytes together");
                self.faults.push(reference.mark, message, None);
                None
            }
            Err(reason) => {
                let message = format!("can't read `{path}`: {reason}");
                let hint = "paths start at the folder of lab.yaml".to_owned();
                self.faults.push(reference.mark, message, Some(hint));
                None
            }
        }
    }
}
