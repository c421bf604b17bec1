//! Names that AWS takes, made of those that others take.

pub use crate::spec::lab_name_problem as lab_problem;

/// The longest name of a lab.
const LAB: usize = 20;
/// The longest name of a part: with the lab's it begins names that AWS cuts off at 32 characters.
const PART: usize = 24;
/// The longest name of a secret.
const SECRET: usize = 60;

/// The name of a lab that comes nearest to `text`, if it holds a letter.
pub fn lab_name(text: &str) -> Option<String> {
    let name = plain(text, LAB);
    let name = name.trim_start_matches(|sign: char| !sign.is_ascii_lowercase());
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name of a part, of which AWS makes names of load balancers and repositories.
pub(super) fn part_name(text: &str) -> String {
    let name = plain(text, PART);
    if name.is_empty() { "app".to_owned() } else { name }
}

/// The name of a secret for a variable.
pub(super) fn secret_name(variable: &str) -> String {
    let name = plain(variable, SECRET);
    if name.is_empty() { "secret".to_owned() } else { name }
}

/// The variable of a shell that comes nearest to `text`.
pub(super) fn variable_name(text: &str) -> String {
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let name: String = text.chars().map(|sign| if is_word(sign) { sign } else { '_' }).collect();
    let is_begun = name.starts_with(|sign: char| !sign.is_ascii_digit());
    if is_begun { name } else { format!("_{name}") }
}

/// Small letters, digits and single hyphens between them.
fn plain(text: &str, longest: usize) -> String {
    let signs = text.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' });
    let signs: String = signs.collect();
    let words: Vec<&str> = signs.split('-').filter(|word| !word.is_empty()).collect();
    let mut name = words.join("-");
    name.truncate(longest);
    name.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_that_aws_takes() {
        for (text, expected) in [
            ("my_Lab 8", Some("my-lab-8")),
            ("8-tp", Some("tp")),
            ("été", Some("t")),
            ("__", None),
            ("a-name-that-is-much-too-long", Some("a-name-that-is-much")),
        ] {
            assert_eq!(lab_name(text).as_deref(), expected, "{text}");
            assert!(lab_name(text).is_none_or(|name| lab_problem(&name).is_none()), "{text}");
        }
        assert_eq!([part_name("web.api_1"), part_name("%")], ["web-api-1", "app"]);
        assert_eq!([secret_name("_DB__Pass.Word"), secret_name("__")], ["db-pass-word", "secret"]);
        assert_eq!(["a.b;c", "1", "_A"].map(variable_name), ["a_b_c", "_1", "_A"]);
    }
}
