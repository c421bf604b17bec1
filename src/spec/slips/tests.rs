//! Slips, each with the words that it gets.

use super::super::errors::{Faults, Files};
use super::super::tree::parse;

/// What is told of a text, in one line: the place, the fault and what to write.
fn told(text: &str) -> String {
    let (mut files, mut faults) = (Files::default(), Faults::default());
    let file = files.add("lab.yaml", text.to_owned());
    parse(&files, file, &mut faults);
    match files.told(faults) {
        Ok(_) => "nothing".to_owned(),
        Err(errors) => {
            let error = &errors.0[0];
            format!("{}:{}: {} = {}", error.line, error.column, error.message, error.hint.clone().unwrap_or_default())
        }
    }
}

#[test]
fn the_commonest_slips_have_words_of_their_own() {
    let texts = [
        "lab: a\nclusters:\n\tmain: {}\n",
        "a:\n  b: 1\n  c:\n  \td: 1\n",
        "description: Security Group: for ECS\n",
        "- Effect: Allow\n  Resource: *\n",
        "- Action: s3:*\n  Resource: *\n  Effect: Allow\n",
        "name: @me\n",
        "a:\n\u{a0}\u{a0}b: 1\n",
        "a:\u{a0}b\n",
        "description: \u{201c}web\u{201d}\n",
        "a:\n    b: 1\n   c: 2\n",
        "a:\n  b: 1\n    c: 2\n",
        "a: \"b\nc: 1\n",
        "a: { b: 1\nc: 2\n",
        "a: [b, c\nd: e\n",
        "lab:x\nregion: a\n",
        "a: { b: 1 c: 2 }\n",
        "a: { b: x-${lab} }\n",
    ];
    insta::assert_snapshot!(texts.map(told).join("\n"), @r#"
    3:1: the line is indented with a tab = write two spaces for each tab: YAML takes no tabs there
    4:3: the line is indented with a tab = write two spaces for each tab: YAML takes no tabs there
    1:14: a text with `: ` in it reads as a key and its value = put the text in quotes, as in "…"
    2:13: a text can't begin with `*`, which means something else in YAML = put it in quotes, as in "*"
    2:13: a text can't begin with `*`, which means something else in YAML = put it in quotes, as in "*"
    1:7: a text can't begin with `@`, which means something else in YAML = put the text in quotes, as in "…"
    2:1: a space that isn't one stands here (U+00A0, as web pages have it) = delete it and type a space
    1:3: a space that isn't one stands here (U+00A0, as web pages have it) = delete it and type a space
    1:14: `“` is a typographic quote, which YAML takes for a letter of the text = write straight quotes, as in "…"
    3:4: this line is indented by 3 spaces, and no line above that it could belong to is = begin it in the column of the lines that it belongs to
    3:5: this line is indented by 4 spaces, and the one before it, by 2 spaces, has its value already = begin both in one column, or leave out the value of the one before
    1:4: a text begins with `"` here and doesn't end with it = put the same quote at its end
    1:4: this `{` has no end, or a comma is missing behind it = end it with `}`
    1:4: this `[` has no end, or a comma is missing behind it = end it with `]`
    1:5: no space stands behind `lab:` = write `key: value`, with a space
    1:12: a comma or a bracket is missing before this = between two entries stands a comma, and each `{` and `[` has its `}` and `]`
    1:11: a text with `${` in it reads as the beginning of a map between brackets = put the text in quotes, as in "…"
    "#);
}

#[test]
fn what_is_right_has_no_slips() {
    for text in [
        "a: \u{e9}t\u{e9}\u{a0}!\n",
        "a: \"\u{201c}web\u{201d}\"\n",
        "a: |\n  \tx\n",
        "# \u{201c}web\u{201d}\na: it's \u{201c}web\u{201d}\n",
        "a:\n- b: 1\n  c: 2\n- d\n",
    ] {
        assert_eq!(told(text), "nothing", "{text}");
    }
}
