//! Finds circles of files: files that need each other, directly or by way of others.
//!
//! A file needs what the paths in its code lead to, followed through each `use` that passes a name on. What a module says
//! for its parts is no circle: a file may name the modules that it is in. Those name their parts, and that counts.

use std::collections::{BTreeMap, BTreeSet};

use super::is_identifier;

/// The module of a file, from the crate's root.
pub(crate) type Module = Vec<String>;

/// The files of one crate.
pub(crate) struct Files(BTreeMap<Module, File>);

struct File {
    /// The paths in the code, as they stand there.
    paths: Vec<Vec<String>>,
    /// What the file's `use` brings in, by name.
    names: BTreeMap<String, Vec<String>>,
}

impl Files {
    /// The files of modules with this code.
    pub(crate) fn new(files: impl Iterator<Item = (Module, String)>) -> Self {
        Self(files.map(|(module, code)| (module, File::new(&code))).collect())
    }

    /// Each arrow from a file to another one that leads back.
    pub(crate) fn circles(&self) -> Vec<(Module, Module)> {
        let arrows: BTreeMap<&Module, BTreeSet<&Module>> =
            self.0.iter().map(|(module, file)| (module, self.needs(module, file))).collect();
        let pairs = arrows.iter().flat_map(|(from, needs)| needs.iter().map(move |to| (*from, *to)));
        let in_circles = pairs.filter(|(from, to)| reaches(&arrows, to, from));
        in_circles.map(|(from, to)| (from.clone(), to.clone())).collect()
    }

    fn needs(&self, module: &Module, file: &File) -> BTreeSet<&Module> {
        let found = file.paths.iter().filter_map(|path| self.resolve(module, path, &mut BTreeSet::new()));
        found.filter(|target| !module.starts_with(target)).collect()
    }

    /// The file that a path in the code of `module` leads to; none if it leads out of the crate, or to what the path's
    /// own file holds. `seen` are the `use` that were followed.
    fn resolve(&self, module: &[String], path: &[String], seen: &mut BTreeSet<(Module, String)>) -> Option<&Module> {
        let up = path.iter().take_while(|name| *name == "super").count();
        let (mut at, mut rest) = match path.first()?.as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => (module.to_vec(), &path[1..]),
            "super" => (module[..module.len().checked_sub(up)?].to_vec(), &path[up..]),
            _ if self.0.contains_key(&join(module, &path[0])) => (module.to_vec(), path),
            _ => return None,
        };
        while let [name, others @ ..] = rest
            && self.0.contains_key(&join(&at, name))
        {
            at.push(name.clone());
            rest = others;
        }
        let (target, file) = self.0.get_key_value(&at)?;
        let passed_on = rest.first().and_then(|name| Some((name, file.names.get(name)?)));
        match passed_on {
            Some((name, path)) if target != module && seen.insert((at.clone(), name.clone())) => {
                self.resolve(&at, path, seen).or(Some(target))
            }
            _ => Some(target),
        }
    }
}

impl File {
    fn new(code: &str) -> Self {
        let words = code.split(|c| !is_identifier(c) && c != ':');
        // Before a group or a type stands the beginning of a path alone.
        let paths = words.filter(|word| word.contains("::") && !word.ends_with("::"));
        let mut paths: Vec<Vec<String>> = paths.map(segments).collect();
        let mut names = BTreeMap::new();
        for tree in code.lines().enumerate().filter_map(|(number, line)| use_tree(code, number, line)) {
            for (path, name) in leaves(&tree).into_iter().map(without_self) {
                paths.push(path.clone());
                names.insert(name, path);
            }
        }
        Self { paths, names }
    }
}

/// What the `use` that begins in this line of the code brings in.
fn use_tree(code: &str, number: usize, line: &str) -> Option<String> {
    let line = line.trim_start();
    let is_use = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "].iter().any(|word| line.starts_with(word));
    if !is_use {
        return None;
    }
    let text: Vec<&str> = code.lines().skip(number).collect();
    let text = text.join(" ");
    let (statement, _) = text.split_once(';')?;
    statement.split_once("use ").map(|(_, tree)| tree.to_owned())
}

/// The paths of a tree of `use`, each with the name that it brings in.
fn leaves(tree: &str) -> Vec<(Vec<String>, String)> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias)));
        let path = segments(path);
        let name = alias.map(|alias| alias.trim().to_owned()).or_else(|| path.last().cloned());
        return vec![(path, name.unwrap_or_default())];
    };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let inner = parts(group).into_iter().flat_map(leaves);
    inner.map(|(path, name)| ([segments(prefix), path].concat(), name)).collect()
}

/// `a::self` is `a`, by its own name.
fn without_self((mut path, mut name): (Vec<String>, String)) -> (Vec<String>, String) {
    if path.len() > 1 && path.pop_if(|last| last == "self").is_some() && name == "self" {
        name = path.last().cloned().unwrap_or_default();
    }
    (path, name)
}

/// The parts of a group, between the commas that stand in no inner group.
fn parts(group: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect()
}

fn join(module: &[String], name: &str) -> Module {
    [module, &[name.to_owned()]].concat()
}

/// Whether the arrows lead from one file to another.
fn reaches<'a>(arrows: &BTreeMap<&'a Module, BTreeSet<&'a Module>>, from: &'a Module, to: &Module) -> bool {
    let (mut seen, mut queue) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = queue.pop() {
        if at == to {
            return true;
        }
        queue.extend(arrows[at].iter().filter(|next| seen.insert(**next)));
    }
    false
}

#[test]
fn a_circle_is_found_however_its_files_name_each_other() {
    type Case = (&'static [(&'static str, &'static str)], &'static [(&'static str, &'static str)]);
    let cases: [Case; 11] = [
        (&[("a", "use super::b;"), ("b", "")], &[]),
        (&[("a", "use super::b;"), ("b", "use crate::a::A;")], &[("a", "b"), ("b", "a")]),
        (
            &[("a", "let x = crate::b::B;"), ("b", "use super::{\n    c, a::{A, self},\n};"), ("c", "")],
            &[("a", "b"), ("b", "a")],
        ),
        (
            &[("a", "use super::b;"), ("b", "use super::c::C as D;"), ("c", "use super::a;"), ("d", "use super::a;")],
            &[("a", "b"), ("b", "c"), ("c", "a")],
        ),
        // A module names its parts, and they name it.
        (&[("m", "use a::A; struct M;"), ("m::a", "use super::M;")], &[]),
        // A name that the module passes on is its part's.
        (
            &[("m", "pub use a::A;"), ("m::a", "use super::b::B;"), ("m::b", "use super::A;")],
            &[("m::a", "m::b"), ("m::b", "m::a")],
        ),
        (
            &[("m", "pub(crate) use b::{B};"), ("m::b", "use crate::n;"), ("n", "use super::m::B;")],
            &[("m::b", "n"), ("n", "m::b")],
        ),
        // By way of a module that names its part.
        (
            &[("m", "a::run();"), ("m::a", "use crate::n;"), ("n", "crate::m::run();")],
            &[("m", "m::a"), ("m::a", "n"), ("n", "m")],
        ),
        // A part of a part, which names the modules around it only.
        (&[("m", "mod a;"), ("m::a", "mod b;"), ("m::a::b", "use super::super::M; use super::A;")], &[]),
        // What is no file's: a crate's, an item's, a variant's.
        (&[("a", "use b::B; std::mem::take(x); Self::b(); B::A;"), ("b", "use a::A;")], &[]),
        (&[("a", "use super::a::{self, A};")], &[]),
    ];
    for (files, expect) in cases {
        let modules = files.iter().map(|(module, code)| (segments(module), (*code).to_owned()));
        let found = Files::new(modules).circles();
        let expect: Vec<_> = expect.iter().map(|(from, to)| (segments(from), segments(to))).collect();
        assert_eq!(found, expect, "{files:?}");
    }
}
