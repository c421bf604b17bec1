//! `.dockerignore`: the files of a context that aren't sent to the build.
//!
//! A line is a pattern from the context's folder; `!` takes files back in; the last line that fits decides; what lies
//! below a folder that fits, fits ("Dockerfile reference" and "Build context", Docker documentation).

use globset::{Glob, GlobBuilder, GlobMatcher};

/// The lines of a `.dockerignore`.
#[derive(Debug, Default)]
pub(super) struct Ignore {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    pattern: GlobMatcher,
    takes_back: bool,
}

impl Ignore {
    /// Reads the file.
    ///
    /// # Errors
    /// The line that isn't a pattern.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let lines: Result<Vec<Option<Line>>, String> = lines.map(line).collect();
        Ok(Self { lines: lines?.into_iter().flatten().collect() })
    }

    /// Returns whether the file or folder at `path`, with `/` between its parts, stays out.
    pub(super) fn leaves_out(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        let prefixes: Vec<&str> = ends.map(|end| &path[..end]).collect();
        let fits = |line: &&Line| prefixes.iter().any(|prefix| line.pattern.is_match(prefix));
        self.lines.iter().rev().find(fits).is_some_and(|line| !line.takes_back)
    }

    /// Returns whether nothing below a folder that stays out can come back in.
    pub(super) fn is_final(&self) -> bool {
        !self.lines.iter().any(|line| line.takes_back)
    }
}

/// The longest line: a path has at most so many bytes (`PATH_MAX` of Linux).
const LONGEST: usize = 4096;

fn line(text: &str) -> Result<Option<Line>, String> {
    if text.len() > LONGEST {
        let begins: String = text.chars().take(40).collect();
        return Err(format!("the line that begins with `{begins}` has more than {LONGEST} bytes"));
    }
    let (takes_back, pattern) = match text.strip_prefix('!') {
        Some(pattern) => (true, pattern.trim()),
        None => (false, text),
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    // The context itself can't be left out.
    if parts.is_empty() {
        return Ok(None);
    }
    let glob =
        GlobBuilder::new(&without_braces(&parts.join("/"))).literal_separator(true).backslash_escape(true).build();
    let wrong = |error: &globset::Error| format!("`{text}` is not a pattern: {}", error.kind());
    let pattern = glob.as_ref().map(Glob::compile_matcher).map_err(wrong)?;
    Ok(Some(Line { pattern, takes_back }))
}

/// Escapes the braces of a pattern, which stand for themselves here.
fn without_braces(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    let (mut is_class, mut is_escaped) = (false, false);
    for c in pattern.chars() {
        if matches!(c, '{' | '}') && !is_class && !is_escaped {
            escaped.push('\\');
        }
        is_class = !is_escaped && (c == '[' || (is_class && c != ']'));
        is_escaped = c == '\\' && !is_escaped;
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_that_fits_decides() {
        let all = ["a.md", "README.md", "src/a.md", "src/main.js", "node_modules/x/y.js", "sub/node_modules/z.js"];
        for (text, kept) in [
            ("", &all[..]),
            ("# all\n\n/\n.\n", &all),
            ("*.md", &["src/a.md", "src/main.js", "node_modules/x/y.js", "sub/node_modules/z.js"]),
            ("**/*.md\n!README.md", &["README.md", "src/main.js", "node_modules/x/y.js", "sub/node_modules/z.js"]),
            ("!README.md\n*.md", &["src/a.md", "src/main.js", "node_modules/x/y.js", "sub/node_modules/z.js"]),
            ("node_modules", &["a.md", "README.md", "src/a.md", "src/main.js", "sub/node_modules/z.js"]),
            ("/node_modules/", &["a.md", "README.md", "src/a.md", "src/main.js", "sub/node_modules/z.js"]),
            ("**/node_modules", &["a.md", "README.md", "src/a.md", "src/main.js"]),
            ("*\n!src/main.js", &["src/main.js"]),
            ("*\n!src\n**/a.*", &["src/main.js"]),
            ("s?c/*.js", &["a.md", "README.md", "src/a.md", "node_modules/x/y.js", "sub/node_modules/z.js"]),
            ("[a-r]*", &["README.md", "src/a.md", "src/main.js", "sub/node_modules/z.js"]),
        ] {
            let ignore = Ignore::parse(text).unwrap();
            let left: Vec<&str> = all.into_iter().filter(|path| !ignore.leaves_out(path)).collect();
            assert_eq!(left, kept, "{text:?}");
        }
    }

    #[test]
    fn braces_stand_for_themselves_and_dots_are_followed() {
        let all = ["{a,b}.md", "a.md", "foo/b.md"];
        for (text, kept) in [
            ("{a,b}.md", &["a.md", "foo/b.md"][..]),
            ("\\{a,b\\}.md", &["a.md", "foo/b.md"]),
            ("[{]*", &["a.md", "foo/b.md"]),
            ("foo/../a.md", &["{a,b}.md", "foo/b.md"]),
            ("foo/bar/../../foo/./b.md", &["{a,b}.md", "a.md"]),
            ("../a.md", &all),
            ("foo/..", &all),
        ] {
            let ignore = Ignore::parse(text).unwrap();
            let left = all.into_iter().filter(|path| !ignore.leaves_out(path));
            assert_eq!(left.collect::<Vec<_>>(), kept, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        let wrong = Ignore::parse("a\n[").unwrap_err();
        assert!(wrong.starts_with("`[` is not a pattern"), "{wrong}");
    }
}
