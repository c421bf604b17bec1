//! Labs that are meant to do harm.

use super::*;

#[test]
fn attacks_are_refused() {
    let bomb: String = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, n| {
        let before = n - 1;
        format!("{text}a{n}: &a{n} [*a{before}, *a{before}, *a{before}]\n")
    });
    let brackets = |n: usize| format!("x: {}1{}\n", "[".repeat(n), "]".repeat(n));
    let stairs: String = (0..200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let document = "---\na: b\n".repeat(10_000);
    let cases = [
        ("aliases that multiply", format!("{HEAD}{bomb}"), "anchors"),
        ("10 MB", format!("{HEAD}# {}", "x".repeat(10_000_000)), "bytes"),
        ("brackets", format!("{HEAD}{}", brackets(10_000)), "deeper than"),
        ("brackets in a file of its own", brackets(65), "deeper than"),
        ("brackets without end", format!("{HEAD}x: {}", "[".repeat(100_000)), "deeper than"),
        ("stairs", stairs, "deeper than"),
        ("documents", document, "one YAML document"),
        ("keys that repeat", "a: 1\n".repeat(20_000), "twice"),
        ("an escape sequence", format!("{HEAD}logGroups: {{ \"\u{1b}[31m\": {{}} }}\n"), "U+001B"),
        ("an escaped escape sequence", format!("{HEAD}logGroups: {{ \"\\e[31m\": {{}} }}\n"), "U+001B"),
        ("a turned name", format!("{HEAD}logGroups: {{ \"a\\u202eb\": {{}} }}\n"), "U+202E"),
        ("a directive", format!("%YAML 1.1\n---\n{HEAD}"), "directive"),
        ("a tag", format!("{HEAD}x: !!binary aGk=\n"), "tags"),
    ];
    for (what, text, expected) in cases {
        let shown = errors(&text);
        assert!(shown.contains(expected), "{what}: {}", &shown[..shown.len().min(2000)]);
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\0']), "{what}");
    }
    let wrong: String = (0..4_000).map(|n| format!(" c{n}: {{ clustername: \"${{clusters.c.nam}}\" }}\n")).collect();
    assert!(below_head(&format!("clusters:\n{wrong}")).contains("more"));
    let many: String = (0..20_000).map(|n| format!("k{n}: 1\n")).collect();
    assert!(errors(&many).contains("more"), "all wrong, and counted");
    let long = format!("{HEAD}{}: 1\n", "k".repeat(1_000));
    assert!(errors(&long).lines().all(|line| line.chars().count() < 1_200));
    assert_eq!(below_head(&format!("logGroups: {{ a: {} }}", "x".repeat(70))).lines().count(), 4);
}

#[test]
fn deep_documents_fit_the_stack() {
    let deep = format!("{}1{}", "[".repeat(55), "]".repeat(55));
    let text = format!("{HEAD}roles: {{ r: {{ assumeRolePolicyDocument: {{ a: {deep} }} }} }}\n");
    assert!(errors(&text).contains("role.r: unknown element `a`"));
}
