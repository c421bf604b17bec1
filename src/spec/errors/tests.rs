//! What is told of a spec that is wrong.

use super::*;

fn error(text: &str, column: usize, length: usize) -> String {
    let mut files = Files::default();
    files.add("lab.yaml", text.to_owned());
    let mut faults = Faults::default();
    let mark = Mark { file: 0, line: 1, column, length };
    faults.add(mark, Some("service.web"), "it is wrong", Some("put it right".to_owned()));
    files.told(faults).expect_err("there is a fault").to_string()
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let shown = error(&format!("{}here{}", "a".repeat(500), "b".repeat(500)), 501, 4);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines.iter().all(|line| line.len() <= COLUMNS + 4), "{shown}");
    let (start, end) = (lines[3].find('^'), lines[3].rfind('^'));
    assert_eq!(start.zip(end).map(|(start, end)| &lines[2][start..=end]), Some("here"));
}

#[test]
fn a_warning_refuses_nothing_and_is_told_after_the_errors() {
    let mut files = Files::default();
    files.add("lab.yaml", "image: web".to_owned());
    let warned = || {
        let mut faults = Faults::default();
        let mark = Mark { file: 0, line: 1, column: 8, length: 3 };
        faults.problem(mark, Some("service.web"), Problem::at("image", "it is odd").warning());
        faults
    };
    let warnings = files.told(warned()).expect("nothing is refused");
    let shown = "lab.yaml:1:8: warning: service.web: it is odd\n  |\n1 | image: web\n  |        ^^^";
    assert_eq!(warnings[0].to_string(), shown);
    let mut faults = warned();
    faults.push(Mark { file: 0, line: 1, column: 10, length: 1 }, "it is wrong", None);
    let errors = files.told(faults).expect_err("an error refuses");
    let told: Vec<_> = errors.0.iter().map(|error| (error.severity, error.column)).collect();
    assert_eq!(told, [(Severity::Error, 10), (Severity::Warning, 8)]);
}

#[test]
fn what_would_steer_a_terminal_is_spelled_out() {
    let shown = error("name: \"\u{1b}[31m\u{202e}x\"", 7, 3);
    assert!(shown.contains(r"\u{1b}[31m\u{202e}x"), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn many_errors_are_counted() {
    let mut faults = Faults::default();
    for line in 0..SHOWN + 7 {
        faults.push(Mark { line, ..Mark::default() }, "no", None);
    }
    let errors = Files::default().told(faults).expect_err("there are faults");
    assert!(errors.to_string().ends_with("and 7 more"));
}
