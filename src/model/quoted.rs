//! Words as a shell takes them.

/// A word as a shell takes it, which no other word looks like: with `$` before its quotes if something in it can't be seen,
/// which is spelled out.
pub fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "_-./:=@%+,".contains(sign);
    let is_seen = |sign: char| "'\"\\".contains(sign) || sign.escape_debug().len() == 1;
    match (word.chars().all(is_plain), word.chars().all(is_seen)) {
        (true, _) if !word.is_empty() => word.to_owned(),
        (_, true) => format!("'{}'", word.replace('\'', r"'\''")),
        (_, false) => format!("$'{}'", word.chars().flat_map(char::escape_debug).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_two_words_look_the_same() {
        for (word, shown) in [
            ("--port=80", "--port=80"),
            ("a/b.yaml", "a/b.yaml"),
            ("my lab.yaml", "'my lab.yaml'"),
            ("it's; rm", r"'it'\''s; rm'"),
            ("", "''"),
            ("é", "'é'"),
            ("\"\\n\"", r#"'"\n"'"#),
            ("a\nb", r"$'a\nb'"),
            ("a\\nb", r"'a\nb'"),
            ("\u{1b}[2J", r"$'\u{1b}[2J'"),
            ("a\u{202e}b", r"$'a\u{202e}b'"),
            ("a\u{200b}", r"$'a\u{200b}'"),
            ("a\u{a0}", r"$'a\u{a0}'"),
            ("'\t'", r"$'\'\t\''"),
        ] {
            assert_eq!(quoted(word), shown, "{word:?}");
        }
    }
}
