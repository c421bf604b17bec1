//! Faults in the head of a lab and in its YAML.

use super::*;

#[test]
fn the_head_is_checked() {
    insta::assert_snapshot!(errors("clusters: {}\n"), @"
    lab.yaml:1:1: missing field `lab`
      |
    1 | clusters: {}
      | ^
      = add a line such as `lab: ecs-lab`

    lab.yaml:1:1: missing field `region`
      |
    1 | clusters: {}
      | ^
      = add a line such as `region: eu-west-1`
    ");
    insta::assert_snapshot!(errors("lab: My_Lab\nregion: Ireland\naccounts: [123456789012, '12']\nvpc: mine\nvcp: x\n"), @"
    lab.yaml:1:6: `My_Lab` is not a name for a lab
      |
    1 | lab: My_Lab
      |      ^^^^^^
      = take at most 20 lower-case letters, digits and single hyphens, a letter first

    lab.yaml:2:9: `Ireland` is not an AWS region
      |
    2 | region: Ireland
      |         ^^^^^^^
      = write one such as `eu-west-1`

    lab.yaml:3:12: expected a text, found the number 123456789012
      |
    3 | accounts: [123456789012, '12']
      |            ^^^^^^^^^^^^
      = put it in quotes

    lab.yaml:3:26: `12` is not an account number
      |
    3 | accounts: [123456789012, '12']
      |                          ^^^^
      = it has 12 digits: see `aws sts get-caller-identity`

    lab.yaml:4:6: there is no VPC `mine` below `vpcs` or in `existing`, and it is no id
      |
    4 | vpc: mine
      |      ^^^^
      = known here: `default`

    lab.yaml:5:1: unknown section `vcp`
      |
    5 | vcp: x
      | ^^^
      = did you mean `vpc`?
    ");
    insta::assert_snapshot!(errors("- lab\n"), @"
    lab.yaml:1:1: a lab is a map, and this is a list
      |
    1 | - lab
      | ^
    ");
    insta::assert_snapshot!(errors(""), @"lab.yaml:1:1: the file is empty");
    insta::assert_snapshot!(below_head("tags: { a: 1, 'aws:b': x, c: '', d: 'a\u{e9}' }\nlogGroups: [a]\nlisteners: {}\n"), @"
    lab.yaml:4:12: expected a text, found the number 1
      |
    4 | tags: { a: 1, 'aws:b': x, c: '', d: 'aé' }
      |            ^
      = put it in quotes

    lab.yaml:4:15: the tag `aws:b` begins with a prefix that isn't yours
      |
    4 | tags: { a: 1, 'aws:b': x, c: '', d: 'aé' }
      |               ^^^^^^^

    lab.yaml:5:12: expected a map of names below `logGroups`, found a list
      |
    5 | logGroups: [a]
      |            ^

    lab.yaml:6:1: unknown section `listeners`
      |
    6 | listeners: {}
      | ^^^^^^^^^
      = listeners stand below their load balancer, in `loadBalancers`
    ");
    insta::assert_snapshot!(below_head("logGroups:\n  a.b: {}\n  c: 7\n  d: { phase: '' }\n"), @"
    lab.yaml:5:3: `a.b` is not a name for a resource
      |
    5 |   a.b: {}
      |   ^^^
      = take letters, digits, - and _, at most 64

    lab.yaml:6:6: expected a map of fields, found the number 7
      |
    6 |   c: 7
      |      ^

    lab.yaml:7:15: `` is not a name for a phase
      |
    7 |   d: { phase: '' }
      |               ^^
      = take letters, digits, - and _
    ");
}

#[test]
fn yaml_that_is_wrong_is_shown_with_its_place() {
    insta::assert_snapshot!(below_head("logGroups:\n\ta: {}\n"), @"
    lab.yaml:5:1: the line is indented with a tab
      |
    5 |  a: {}
      | ^
      = write two spaces for each tab: YAML takes no tabs there
    ");
    insta::assert_snapshot!(below_head("logGroups: { a: {}\nbuckets: {}\n"), @"
    lab.yaml:4:12: this `{` has no end, or a comma is missing behind it
      |
    4 | logGroups: { a: {}
      |            ^
      = end it with `}`
    ");
    insta::assert_snapshot!(below_head("logGroups:\n  a: { retentionInDays: 7, retentionInDays: 14 }\n  a: {}\n"), @"
    lab.yaml:5:28: the key `retentionInDays` stands here twice
      |
    5 |   a: { retentionInDays: 7, retentionInDays: 14 }
      |                            ^^^^^^^^^^^^^^^
      = keep one of the two: the other is in line 5

    lab.yaml:6:3: the key `a` stands here twice
      |
    6 |   a: {}
      |   ^
      = keep one of the two: the other is in line 5
    ");
    insta::assert_snapshot!(below_head("logGroups:\n  a: &x {}\n  b: *x\n  c: { <<: {} }\n  d: !Ref x\n"), @"
    lab.yaml:5:9: YAML anchors and aliases aren't allowed
      |
    5 |   a: &x {}
      |         ^
      = write it out where it is used; put a text that begins with `*` or `&` in quotes

    lab.yaml:6:6: YAML anchors and aliases aren't allowed
      |
    6 |   b: *x
      |      ^^
      = write it out where it is used; put a text that begins with `*` or `&` in quotes

    lab.yaml:7:8: YAML merge keys aren't allowed
      |
    7 |   c: { <<: {} }
      |        ^^
      = write it out where it is used

    lab.yaml:8:11: YAML tags aren't allowed
      |
    8 |   d: !Ref x
      |           ^
      = put a text that begins with `!` in quotes
    ");
    insta::assert_snapshot!(below_head("---\nlab: two\n"), @"
    lab.yaml:4:1: a lab is one YAML document
      |
    4 | ---
      | ^^^
      = leave out the line `---`
    ");
    insta::assert_snapshot!(below_head("logGroups:\n  a: { logGroupName: \"a\\0b\" }\n"), @r#"
    lab.yaml:5:22: the character U+0000 can't be seen and isn't allowed
      |
    5 |   a: { logGroupName: "a\0b" }
      |                      ^^^^^^
    "#);
    insta::assert_snapshot!(below_head("# \u{202e}sdrawkcab\n"), @r"
    lab.yaml:4:3: the character U+202E can't be seen and isn't allowed
      |
    4 | # \u{202e}sdrawkcab
      |   ^^^^^^^^
    ");
    insta::assert_snapshot!(below_head("? [a]\n: b\n"), @"
    lab.yaml:4:3: a key is a text, not a list or a map
      |
    4 | ? [a]
      |   ^
    ");
}
