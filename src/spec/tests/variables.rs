//! Variables: what fills them, and what is wrong with them.

use super::*;

const VARIABLES: &str = "lab: \"tp8-${var.student}\"
region: eu-west-1
variables:
  student: { pattern: \"[a-z]+\", description: the login }
  count: { default: 2 }
";

fn with(
    text: &str,
    given: &[(&str, &str)],
    environment: &[(&str, &str)],
    files: &[(&str, &str)],
) -> Result<Lab, String> {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), ((*value).to_owned(), "--var".to_owned())));
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let values = Values { given: given.collect(), environment: environment.collect(), ..Values::default() };
    let load = |path: &str| Ok(files.iter().find(|(name, _)| *name == path).expect("it is there").1.to_owned());
    Source::with(&values, "lab.yaml", text, &load).map(Source::into_lab).map_err(|errors| errors.to_string())
}

#[test]
fn variables_fill_names_references_numbers_and_files() {
    let text = format!(
        "{VARIABLES}  cluster: {{ default: main }}
  nat: {{ type: number }}
clusters: {{ main: {{ clusterName: \"c-${{var.student}}\" }} }}
taskDefinitions: {{ it: {{ file: \"${{var.student}}.json\" }} }}
services:
  it: {{ cluster: \"${{var.cluster}}\", taskDefinition: it, desiredCount: \"${{var.count}}\", tags: {{ a: \"${{var.student}}/x\" }} }}
logGroups: {{ it: {{ logGroupName: \"/${{lab}}-${{var.count}}\", retentionInDays: \"${{var.nat}}\" }} }}
outputs: {{ who: \"${{var.student}} in ${{region}}, $${{var.x}}\" }}
"
    );
    let file = r#"{ "containerDefinitions": [{ "name": "it", "image": "nginx:${var.count}", "memory": 128 }] }"#;
    let lab = with(&text, &[("student", "zoe"), ("nat", "7")], &[], &[("zoe.json", file)]).unwrap();
    assert_eq!(lab.place.lab, "tp8-zoe");
    assert!(lab.warnings.is_empty(), "{:?}", lab.warnings);
    let of = |address: &str| &lab.nodes[&address.parse::<Address>().unwrap()];
    assert_eq!((of("cluster.main").name.as_str(), of("logGroup.it").name.as_str()), ("c-zoe", "/tp8-zoe-2"));
    assert_eq!(of("service.it").value["desiredCount"], 2);
    assert_eq!(of("service.it").tags["a"], "zoe/x");
    assert_eq!(of("logGroup.it").value["retentionInDays"], 7);
    assert_eq!(of("taskDefinition.it").value["containerDefinitions"][0]["image"], "nginx:2");
    assert_eq!(lab.outputs["who"], "zoe in eu-west-1, ${var.x}");
    let told = lab.variables.iter().map(|(name, value)| format!("{name} = {} ({})", value.value, value.from));
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["cluster = main (its default)", "count = 2 (its default)", "nat = 7 (--var)", "student = zoe (--var)"]
    );
}

#[test]
fn the_strongest_value_counts() {
    let text = format!("{VARIABLES}maxDeletes: \"${{var.count}}\"\n");
    let most = |given: &[(&str, &str)], environment: &[(&str, &str)]| {
        let given: Vec<_> = given.iter().copied().chain([("student", "zoe")]).collect();
        with(&text, &given, environment, &[]).unwrap().max_deletes
    };
    let environment = [("LABFORM_VAR_COUNT", "3"), ("LABFORM_VAR_OTHER", "x")];
    assert_eq!(most(&[], &[]), Some(2));
    assert_eq!(most(&[], &environment), Some(3));
    assert_eq!(most(&[("count", "4")], &environment), Some(4));
}

#[test]
fn a_value_that_looks_secret_is_not_shown() {
    let text = "lab: demo\nregion: eu-west-1\nvariables: { dbPassword: { pattern: \"[a-z]+\" } }\ntags: { a: \"${var.dbPassword}\" }\n";
    let told = |value| with(text, &[("dbPassword", value)], &[], &[]);
    assert_eq!(told("hunter").unwrap().variables["dbPassword"].value, "(not shown)");
    let wrong = told("Hunter2!").unwrap_err();
    assert!(!wrong.contains("Hunter2") && wrong.contains("doesn't fit"), "{wrong}");
}

#[test]
fn what_is_wrong_with_variables_is_told_at_its_place() {
    let text = format!("{VARIABLES}tags: {{ a: \"${{var.studnet}}-${{var.count}}\", \"${{var.count}}\": b }}\n");
    insta::assert_snapshot!(with(&text, &[("cout", "3")], &[], &[]).unwrap_err(), @r#"
    lab.yaml:3:1: --var gives `cout` a value, and there is no such variable
      |
    3 | variables:
      | ^^^^^^^^^
      = did you mean `count`?

    lab.yaml:4:3: variables.student: it has no value (the login)
      |
    4 |   student: { pattern: "[a-z]+", description: the login }
      |   ^^^^^^^
      = give it with `--var student=…` or LABFORM_VAR_STUDENT, or give it a `default`

    lab.yaml:6:12: unknown `${var.studnet}`
      |
    6 | tags: { a: "${var.studnet}-${var.count}", "${var.count}": b }
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = did you mean `student`?

    lab.yaml:6:43: a variable can't stand in a key
      |
    6 | tags: { a: "${var.studnet}-${var.count}", "${var.count}": b }
      |                                           ^^^^^^^^^^^^^^
      = use it in a value: keys are the lab's own names, and AWS's fields
    "#);
    let given = |name: &str, value: &str| {
        let student = ("student", "zoe");
        let text = format!("{VARIABLES}maxDeletes: \"${{var.count}}\"\n");
        with(&text, &[student, (name, value)], &[("LABFORM_VAR_COUNT", "many")], &[]).unwrap_err()
    };
    insta::assert_snapshot!(given("student", "Zoe") + "\n\n" + &given("student", "a$b"), @r#"
    lab.yaml:4:3: variables.student: its value `Zoe`, from --var, doesn't fit `[a-z]+`
      |
    4 |   student: { pattern: "[a-z]+", description: the login }
      |   ^^^^^^^

    lab.yaml:5:3: variables.count: its value `many`, from LABFORM_VAR_COUNT, isn't a number
      |
    5 |   count: { default: 2 }
      |   ^^^^^

    lab.yaml:4:3: variables.student: its value `a$b`, from --var, holds the character '$', which no value may
      |
    4 |   student: { pattern: "[a-z]+", description: the login }
      |   ^^^^^^^

    lab.yaml:5:3: variables.count: its value `many`, from LABFORM_VAR_COUNT, isn't a number
      |
    5 |   count: { default: 2 }
      |   ^^^^^
    "#);
    let declared = "lab: demo\nregion: eu-west-1
variables:
  a: { defalt: 1 }
  b-c: {}
  d: { default: [1] }
  D: { default: 1 }
  e: { default: 1, pattern: \"(\" }
  f: { default: x, type: number }
  g: { default: xy, pattern: x }
";
    insta::assert_snapshot!(with(declared, &[], &[], &[]).unwrap_err(), @r#"
    lab.yaml:4:3: variables.a: it has no value
      |
    4 |   a: { defalt: 1 }
      |   ^
      = give it with `--var a=…` or LABFORM_VAR_A, or give it a `default`

    lab.yaml:4:8: variables.a: unknown field `defalt`
      |
    4 |   a: { defalt: 1 }
      |        ^^^^^^
      = did you mean `default`?

    lab.yaml:5:3: `b-c` is not a name for a variable
      |
    5 |   b-c: {}
      |   ^^^
      = take letters, digits and _, a letter first

    lab.yaml:6:17: variables.d: a value is a text, a number, or `true` or `false`
      |
    6 |   d: { default: [1] }
      |                 ^

    lab.yaml:7:3: `d` and `D` differ in capital letters only
      |
    7 |   D: { default: 1 }
      |   ^
      = the environment gives both by one name: rename one of them

    lab.yaml:8:29: variables.e: found open group without closing ')'
      |
    8 |   e: { default: 1, pattern: "(" }
      |                             ^^^

    lab.yaml:9:17: variables.f: its value `x`, from its default, isn't a number
      |
    9 |   f: { default: x, type: number }
      |                 ^

    lab.yaml:10:17: variables.g: its value `xy`, from its default, doesn't fit `x`
       |
    10 |   g: { default: xy, pattern: x }
       |                 ^^
    "#);
    insta::assert_snapshot!(with("lab: demo\nregion: eu-west-1\ntags: { a: \"${var.b}\" }\n", &[], &[], &[]).unwrap_err(), @r#"
    lab.yaml:3:12: unknown `${var.b}`
      |
    3 | tags: { a: "${var.b}" }
      |            ^^^^^^^^^^
      = the lab has no `variables`
    "#);
}

#[test]
fn a_variable_that_nothing_uses_is_warned_of() {
    let lab = with("lab: demo\nregion: eu-west-1\nvariables: { a: { default: b } }\n", &[], &[], &[]).unwrap();
    insta::assert_snapshot!(lab.warnings[0], @"
    lab.yaml:3:14: warning: nothing uses the variable `a`
      |
    3 | variables: { a: { default: b } }
      |              ^
    ");
}
