//! The points of a lab in the forms that graders and CI read.
//!
//! Gradescope: `results.json` ("Autograder specifications"). PrairieLearn: `results.json` ("External grading"). JUnit: the
//! dialect that GitLab, Jenkins and dorny/test-reporter all read.

use serde_json::{Value, json};

use super::checks::{number, outcome, sums};
use super::markup::escaped;
use super::style::visible;
use crate::check::{Outcome, Verdict};

/// A form of the points that programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object.
    Json,
    /// Lines of comma-separated values, the first with their names (RFC 4180).
    Csv,
    /// JUnit's XML, with a test case for each checkpoint.
    Junit,
    /// Gradescope's `results.json`.
    Gradescope,
    /// PrairieLearn's `results.json`.
    PrairieLearn,
}

/// Returns the points of `lab` in this form.
///
/// ```
/// use labform::check::{Outcome, Verdict};
/// use labform::report::grades::{Form, grades};
///
/// let page = Verdict {
///     address: "check.page".parse()?,
///     description: Some("The page answers".to_owned()),
///     points: 2.0,
///     outcome: Outcome::Passed,
///     found: "http://example.org answers 200".to_owned(),
/// };
/// let csv = grades(Form::Csv, "ecs-lab", &[page]);
/// assert_eq!(csv.lines().nth(1), Some("page,The page answers,passed,2,2,http://example.org answers 200"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn grades(form: Form, lab: &str, verdicts: &[Verdict]) -> String {
    match form {
        Form::Json => pretty(&plain(lab, verdicts)),
        Form::Csv => csv(verdicts),
        Form::Junit => junit(lab, verdicts),
        Form::Gradescope => pretty(&gradescope(verdicts)),
        Form::PrairieLearn => pretty(&prairielearn(verdicts)),
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn plain(lab: &str, verdicts: &[Verdict]) -> Value {
    let (earned, points) = sums(verdicts);
    json!({"lab": lab, "earned": earned, "points": points, "checks": verdicts})
}

fn title(verdict: &Verdict) -> &str {
    verdict.description.as_deref().unwrap_or(&verdict.address.name)
}

fn gradescope(verdicts: &[Verdict]) -> Value {
    let tests = verdicts.iter().map(|verdict| {
        json!({
            "name": title(verdict),
            "score": verdict.earned(),
            "max_score": verdict.points,
            "status": if verdict.outcome == Outcome::Passed { "passed" } else { "failed" },
            "output": verdict.found,
        })
    });
    json!({"score": sums(verdicts).0, "output_format": "text", "tests": tests.collect::<Vec<_>>()})
}

fn prairielearn(verdicts: &[Verdict]) -> Value {
    let (earned, points) = sums(verdicts);
    let tests = verdicts.iter().map(|verdict| {
        json!({
            "name": title(verdict),
            "points": verdict.earned(),
            "max_points": verdict.points,
            "message": outcome(verdict.outcome),
            "output": verdict.found,
        })
    });
    let score = if points > 0.0 { earned / points } else { 1.0 };
    json!({"gradable": true, "score": score, "tests": tests.collect::<Vec<_>>()})
}

fn csv(verdicts: &[Verdict]) -> String {
    let mut text = "check,description,outcome,earned,points,found\n".to_owned();
    for verdict in verdicts {
        let description = verdict.description.as_deref().unwrap_or_default();
        let (earned, points) = (number(verdict.earned()), number(verdict.points));
        let (description, found) = (visible(description), visible(&verdict.found));
        let fields = [&verdict.address.name, &description, outcome(verdict.outcome), &earned, &points, &found];
        text.push_str(&fields.map(field).join(","));
        text.push('\n');
    }
    text
}

/// A field of comma-separated values. One that a spreadsheet would take for a formula begins with a quote.
pub(super) fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn junit(lab: &str, verdicts: &[Verdict]) -> String {
    let (head, suite) = (r#"<?xml version="1.0" encoding="UTF-8"?>"#, junit_suite(lab, "", verdicts));
    format!("{head}\n<testsuites {}>\n{suite}</testsuites>\n", counts(verdicts))
}

fn counts(verdicts: &[Verdict]) -> String {
    let of = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let (all, failures, errors) = (verdicts.len(), of(Outcome::Missed), of(Outcome::Unknown));
    format!("tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"0\" time=\"0\"")
}

/// A suite of JUnit's with a case for each checkpoint, whose name begins with `prefix`.
pub(super) fn junit_suite(lab: &str, prefix: &str, verdicts: &[Verdict]) -> String {
    let lab = escaped(lab);
    let mut text = format!("  <testsuite name=\"labform check\" {}>\n", counts(verdicts));
    for verdict in verdicts {
        let (name, found) = (escaped(&format!("{prefix}{}", title(verdict))), escaped(&verdict.found));
        let case = format!("    <testcase classname=\"labform.{lab}\" name=\"{name}\" time=\"0\"");
        text.push_str(&match verdict.outcome {
            Outcome::Passed => format!("{case}/>\n"),
            Outcome::Missed => {
                format!("{case}><failure message=\"{found}\" type=\"missed\">{found}</failure></testcase>\n")
            }
            Outcome::Unknown => {
                format!("{case}><error message=\"{found}\" type=\"unknown\">{found}</error></testcase>\n")
            }
        });
    }
    text + "  </testsuite>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::checks::write_checks;
    use crate::report::testing::plain as text_of;

    fn verdicts() -> Vec<Verdict> {
        let verdict = |name: &str, description: Option<&str>, points: f64, outcome, found: &str| Verdict {
            address: format!("check.{name}").parse().unwrap(),
            description: description.map(str::to_owned),
            points,
            outcome,
            found: found.to_owned(),
        };
        vec![
            verdict(
                "image",
                Some("The web image is pushed, for linux/amd64"),
                2.0,
                Outcome::Missed,
                "web:latest isn't there",
            ),
            verdict("page", None, 1.5, Outcome::Passed, "=http://x answers 200 with `<b>\u{1b}\"hi\", you`"),
            verdict("key", None, 0.1, Outcome::Unknown, "AccessDenied"),
        ]
    }

    #[test]
    fn people_read_the_points() {
        let mut out = Vec::new();
        write_checks(&mut out, &verdicts()).unwrap();
        insta::assert_snapshot!(text_of(&out), @r#"
        missed         0/2  The web image is pushed, for linux/amd64
                            web:latest isn't there
        passed     1.5/1.5  page
                            =http://x answers 200 with `<b>\u{1b}"hi", you`
        unknown      0/0.1  key
                            AccessDenied
        Points: 1.5 of 3.6
        1 of 3 could not be looked at.
        "#);
    }

    #[test]
    fn each_form_says_the_same() {
        let of = |form| grades(form, "ecs-lab", &verdicts());
        insta::assert_snapshot!(of(Form::Csv), @r#"
        check,description,outcome,earned,points,found
        image,"The web image is pushed, for linux/amd64",missed,0,2,web:latest isn't there
        page,,passed,1.5,1.5,"'=http://x answers 200 with `<b>\u{1b}""hi"", you`"
        key,,unknown,0,0.1,AccessDenied
        "#);
        insta::assert_snapshot!(of(Form::Junit), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites tests="3" failures="1" errors="1" skipped="0" time="0">
          <testsuite name="labform check" tests="3" failures="1" errors="1" skipped="0" time="0">
            <testcase classname="labform.ecs-lab" name="The web image is pushed, for linux/amd64" time="0"><failure message="web:latest isn&#39;t there" type="missed">web:latest isn&#39;t there</failure></testcase>
            <testcase classname="labform.ecs-lab" name="page" time="0"/>
            <testcase classname="labform.ecs-lab" name="key" time="0"><error message="AccessDenied" type="unknown">AccessDenied</error></testcase>
          </testsuite>
        </testsuites>
        "#);
        let gradescope: Value = serde_json::from_str(&of(Form::Gradescope)).unwrap();
        assert_eq!(gradescope["score"].as_f64(), Some(1.5));
        let page =
            json!({"name": "page", "score": 1.5, "max_score": 1.5, "status": "passed", "output": verdicts()[1].found});
        assert_eq!(gradescope["tests"][1], page);
        let prairielearn: Value = serde_json::from_str(&of(Form::PrairieLearn)).unwrap();
        assert!((prairielearn["score"].as_f64().unwrap() - 1.5 / 3.6).abs() < 1e-9);
        let plain: Value = serde_json::from_str(&of(Form::Json)).unwrap();
        assert_eq!((plain["earned"].as_f64(), plain["points"].as_f64()), (Some(1.5), Some(3.6)));
        roxmltree::Document::parse(&of(Form::Junit)).unwrap();
    }
}
