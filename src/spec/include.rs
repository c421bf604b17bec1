//! `file: path.json`: documents that stand in files of their own, beside `lab.yaml`.

use std::io;

use super::errors::{Faults, Files};
use super::taken::unwrap;
use super::tree::{Entry, Item, MAX_BYTES, Tree, parse};
use super::variables::Variables;
use crate::model::{document_problem, names_a_secret};
use crate::resource::{Field, Pasted};

/// The most bytes that all files together may hold.
const MAX_TOTAL: usize = 2 * MAX_BYTES;

/// Reads files for a lab.
pub(super) struct Includer<'a> {
    pub(super) files: &'a mut Files,
    pub(super) load: &'a dyn Fn(&str) -> io::Result<String>,
    pub(super) faults: &'a mut Faults,
    pub(super) variables: Variables,
    pub(super) total: usize,
}

impl Includer<'_> {
    /// Takes in what the resource or job `tree` names: its whole body, over which its own fields lie, or documents anywhere
    /// below, apart from those of its `fields` that may be given from outside. A body may be `pasted` from AWS. Files
    /// aren't searched again. Returns whether all could be read.
    pub(super) fn resource(&mut self, tree: &mut Tree, fields: &[Field], pasted: &Pasted) -> bool {
        let file = match &mut tree.item {
            Item::Map(entries) => {
                let at = entries.iter().position(|entry| entry.key == "file" && entry.value.text().is_some());
                at.map(|at| entries.remove(at))
            }
            _ => None,
        };
        let complete = self.below(tree, fields);
        let Some(file) = file else {
            unwrap(tree, pasted);
            return complete;
        };
        let Some(mut body) = self.read(&file.value) else {
            return false;
        };
        unwrap(&mut body, pasted);
        if !matches!(body.item, Item::Map(_)) {
            let message = format!("a resource is a map, and the file holds {}", body.words());
            self.faults.push(file.value.mark, message, None);
            return false;
        }
        let own = std::mem::replace(&mut tree.item, body.item);
        lay_over(&mut tree.item, own);
        complete
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
        let refused = document_problem(path).map(str::to_owned);
        let text = match refused {
            Some(reason) => Err(reason),
            None => (self.load)(path).map_err(|error| error.to_string().to_lowercase()),
        };
        match text {
            Ok(text) if self.total + text.len() <= MAX_TOTAL => {
                self.total += text.len();
                let file = self.files.add(path, text);
                let mut tree = parse(self.files, file, self.faults)?;
                self.variables.fill(&mut tree, self.faults);
                Some(tree)
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

/// Lays what lab.yaml says over what the file says: maps field by field, lists of named entries name by name. Anything else of lab.yaml's takes the place of the file's.
fn lay_over(under: &mut Item, over: Item) {
    match (under, over) {
        (Item::Map(under), Item::Map(over)) => {
            for mut entry in over {
                match under.iter_mut().find(|one| one.key == entry.key) {
                    Some(one) => {
                        if entry.key == "tags" {
                            by_key(&mut one.value);
                            by_key(&mut entry.value);
                        }
                        one.mark = entry.mark;
                        lay(&mut one.value, entry.value);
                    }
                    None => under.push(entry),
                }
            }
        }
        (Item::List(under), Item::List(over)) if under.iter().chain(&over).all(|one| name_of(one).is_some()) => {
            for entry in over {
                match under.iter_mut().find(|one| name_of(one) == name_of(&entry)) {
                    Some(one) => lay(one, entry),
                    None => under.push(entry),
                }
            }
        }
        (under, over) => *under = over,
    }
}

fn lay(under: &mut Tree, over: Tree) {
    // What is wrong is shown where it was written last, unless that has parts of its own.
    if !matches!(over.item, Item::Map(_) | Item::List(_)) {
        under.mark = over.mark;
    }
    lay_over(&mut under.item, over.item);
}

/// Writes tags that are a list of key and value as a map.
fn by_key(tags: &mut Tree) {
    let Item::List(items) = &tags.item else { return };
    let pairs = items.iter().map(|item| {
        let part = |name: &str| item.entries()?.iter().find(|entry| entry.key.eq_ignore_ascii_case(name));
        let (key, value) = part("key").zip(part("value"))?;
        Some(Entry { key: key.value.text()?.to_owned(), mark: key.value.mark, value: value.value.clone() })
    });
    if let Some(pairs) = pairs.collect() {
        tags.item = Item::Map(pairs);
    }
}

/// The name of a list's entry.
fn name_of(entry: &Tree) -> Option<&str> {
    entry.get("name")?.value.text()
}
