use std::collections::BTreeMap;

use super::*;

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A command that takes no roster works in the account of whoever pastes it.
#[test]
fn what_is_advised_about_a_students_lab_is_for_that_students_account() {
    let hub = Options {
        verb: "apply".to_owned(),
        class: words("--roster class.csv --students zoe"),
        account: words("--profile hub"),
        ..Options::default()
    };
    let by_profile = Options { own_account: Some(words("--profile zoe")), ..hub.clone() };
    let by_role = Options { own_account: Some(Vec::new()), role: Some("arn:role/x".to_owned()), ..hub };
    let text = "`labform destroy --lab q` deletes it; `labform apply` again";
    assert_eq!(
        by_profile.complete(text, None),
        "`labform destroy --lab q --profile zoe` deletes it; `labform apply --roster class.csv --students zoe \
         --profile hub` again"
    );
    let told = by_role.complete(text, None).into_owned();
    assert_eq!(
        told,
        "`labform destroy --lab q` (with the credentials of arn:role/x) deletes it; `labform apply --roster \
         class.csv --students zoe --profile hub` again"
    );
    assert_eq!(by_role.complete(&told, None), told);
}

#[test]
fn a_command_gets_the_options_that_were_given() {
    let sandbox = Options {
        verb: "apply".to_owned(),
        file: words("-f course/lab.yaml"),
        account: words("--sandbox=a.json"),
        narrow: words("--phase web"),
        aws: words("--endpoint-url http://127.0.0.1:4588"),
        ..Options::default()
    };
    let student = Options {
        verb: "destroy".to_owned(),
        class: words("--roster class.csv --students ann"),
        student: words("--var student=ann"),
        account: words("--sandbox"),
        ..Options::default()
    };
    let by_tag = Options {
        verb: "destroy".to_owned(),
        account: words("--profile aws-labs"),
        own: words("--lab ecs-lab --region eu-west-1 --max-deletes 3"),
        report: words("--report out"),
        aws: words("--profile aws-labs"),
        ..Options::default()
    };
    let none = Options { verb: "run".to_owned(), ..Options::default() };
    let cases: BTreeMap<&str, (&Options, &str)> = BTreeMap::from([
        (
            "run `labform apply` again",
            (&sandbox, "run `labform apply --phase web -f course/lab.yaml --sandbox=a.json` again"),
        ),
        (
            "`labform apply --only a.b`; then `labform run x`",
            (
                &sandbox,
                "`labform apply --only a.b -f course/lab.yaml --sandbox=a.json`; then `labform run x -f course/lab.yaml --sandbox=a.json`",
            ),
        ),
        ("`labform policy apply > a.json`", (&sandbox, "`labform policy apply -f course/lab.yaml > a.json`")),
        ("`labform schema`", (&sandbox, "`labform schema`")),
        (
            "`aws ecr get-login-password | docker login`",
            (
                &sandbox,
                "`aws ecr get-login-password --region eu-west-1 --endpoint-url http://127.0.0.1:4588 | docker login`",
            ),
        ),
        (
            "`labform destroy` goes on",
            (
                &by_tag,
                "`labform destroy --lab ecs-lab --region eu-west-1 --max-deletes 3 --profile aws-labs --report out` goes on",
            ),
        ),
        ("sign in: `aws sso login`", (&by_tag, "sign in: `aws sso login --profile aws-labs`")),
        (
            "`labform destroy`, or `labform status`, then `labform adopt a.b` or `labform labs --lab x`",
            (
                &student,
                "`labform destroy --roster class.csv --students ann --sandbox`, or `labform status --roster class.csv \
                 --students ann --sandbox`, then `labform adopt a.b --var student=ann --sandbox` or `labform labs --lab x --sandbox`",
            ),
        ),
        ("`aws sso login --profile NAME`", (&by_tag, "`aws sso login --profile NAME`")),
        ("`labform plan`, unknown field `a`b`", (&none, "`labform plan`, unknown field `a`b`")),
        ("`labform without an end", (&sandbox, "`labform without an end")),
    ]);
    for (text, (options, expected)) in cases {
        assert_eq!(options.complete(text, Some("eu-west-1")), expected);
        assert_eq!(options.complete(expected, Some("eu-west-1")), expected);
    }
}
