//! The points of a class: a row for each student, a column for each checkpoint.

use serde_json::{Value, json};

use super::checks::{number, sums};
use super::grades::{Form, field, junit_suite};
use super::markup::escaped;
use crate::check::{Outcome, Verdict};

/// A student's points.
#[derive(Clone, Debug)]
pub struct Graded {
    /// The student.
    pub student: String,
    /// The account's 12 digits.
    pub account: String,
    /// The lab.
    pub lab: String,
    /// What the checkpoints came to; none if they couldn't be looked at.
    pub verdicts: Option<Vec<Verdict>>,
}

/// Returns the points of a class in this form; none of a form that has room for one student alone.
pub fn gradebook(form: Form, class: &str, students: &[Graded]) -> Option<String> {
    match form {
        Form::Json => Some(format!("{:#}\n", json(class, students))),
        Form::Csv => Some(csv(students)),
        Form::Junit => Some(junit(students)),
        Form::Gradescope | Form::PrairieLearn => None,
    }
}

fn json(class: &str, students: &[Graded]) -> Value {
    let rows = students.iter().map(|Graded { student, account, lab, verdicts }| {
        let (earned, points) = verdicts.as_deref().map(sums).unzip();
        json!({
            "student": student, "account": account, "lab": lab, "earned": earned, "points": points, "checks": verdicts,
        })
    });
    json!({"class": class, "students": rows.collect::<Vec<_>>()})
}

/// What couldn't be looked at is left empty: it isn't known to be worth nothing.
fn csv(students: &[Graded]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for verdict in students.iter().flat_map(|student| student.verdicts.iter().flatten()) {
        if !names.contains(&verdict.address.name.as_str()) {
            names.push(&verdict.address.name);
        }
    }
    let heads = ["student", "account", "lab", "earned", "points"].into_iter().chain(names.iter().copied());
    let mut text = heads.map(field).collect::<Vec<_>>().join(",") + "\n";
    for Graded { student, account, lab, verdicts } in students {
        let of = |name: &&str| {
            let verdict = verdicts.iter().flatten().find(|verdict| verdict.address.name == **name);
            let known = verdict.filter(|verdict| verdict.outcome != Outcome::Unknown);
            known.map(|verdict| number(verdict.earned())).unwrap_or_default()
        };
        let (earned, points) = verdicts.as_deref().map(sums).unzip();
        let is_known = |verdict: &Verdict| verdict.outcome != Outcome::Unknown;
        let earned = earned.filter(|_| verdicts.iter().flatten().all(is_known));
        let sums = [earned, points].map(|points| points.map(number).unwrap_or_default());
        let cells = [student, account, lab].map(|text| field(text)).into_iter().chain(sums).chain(names.iter().map(of));
        text.push_str(&(cells.collect::<Vec<_>>().join(",") + "\n"));
    }
    text
}

fn junit(students: &[Graded]) -> String {
    let suites = students.iter().map(|Graded { student, account, verdicts, .. }| match verdicts {
        Some(verdicts) => junit_suite(student, &format!("{student}: "), verdicts),
        None => {
            let (student, account) = (escaped(student), escaped(account));
            format!(
                "  <testsuite name=\"labform check\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"1\" time=\"0\">\n    \
                 <testcase classname=\"labform.{student}\" name=\"{student} ({account})\" time=\"0\"><skipped message=\"it \
                 wasn't looked at\"/></testcase>\n  </testsuite>\n"
            )
        }
    });
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n{}</testsuites>\n", suites.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class() -> [Graded; 3] {
        let verdict = |name: &str, points: f64, outcome| Verdict {
            address: format!("check.{name}").parse().unwrap(),
            description: None,
            points,
            outcome,
            found: "what <was> found".to_owned(),
        };
        let graded = |student: &str, verdicts| Graded {
            student: student.to_owned(),
            account: "001234567890".to_owned(),
            lab: format!("tp8-{student}"),
            verdicts,
        };
        let page = |outcome| verdict("page", 2.5, outcome);
        [
            graded("ann", Some(vec![page(Outcome::Passed), verdict("key", 1.0, Outcome::Missed)])),
            graded("=bob", Some(vec![page(Outcome::Unknown)])),
            graded("zoe", None),
        ]
    }

    #[test]
    fn a_gradebook_has_a_row_for_each_and_leaves_empty_what_is_unknown() {
        let book = |form| gradebook(form, "class.csv", &class());
        insta::assert_snapshot!(book(Form::Csv).unwrap(), @r"
        student,account,lab,earned,points,page,key
        ann,001234567890,tp8-ann,2.5,3.5,2.5,0
        '=bob,001234567890,tp8-=bob,,2.5,,
        zoe,001234567890,tp8-zoe,,,,
        ");
        let json: Value = serde_json::from_str(&book(Form::Json).unwrap()).unwrap();
        assert_eq!((&json["students"][0]["earned"], &json["students"][2]["earned"]), (&json!(2.5), &Value::Null));
        assert!(book(Form::Gradescope).is_none());
    }

    #[test]
    fn each_checkpoint_of_each_student_is_a_case_of_its_own_name() {
        let text = gradebook(Form::Junit, "class.csv", &class()).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
        let names: Vec<&str> = cases.filter_map(|case| case.attribute("name")).collect();
        assert_eq!(names, ["ann: page", "ann: key", "=bob: page", "zoe (001234567890)"]);
        let of = |tag: &str| document.descendants().filter(|node| node.has_tag_name(tag)).count();
        assert_eq!(["testsuite", "failure", "error", "skipped"].map(of), [3, 1, 1, 1]);
    }
}
