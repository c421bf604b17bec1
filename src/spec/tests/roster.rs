//! Rosters: what they say of each student, and what is wrong with them.

use super::*;

const CSV: &str = "student,account,role,externalId,region,var.count\r
zoe,123456789012,student,ext-1,eu-west-3,2\r
\"Müller, Anna\",123456789013,arn:aws:iam::123456789013:role/class/student,,,\"say \"\"3\"\"\"\r
\r
bob,012345678901,,,,\r
";

fn wrong(file: &str, text: &str) -> String {
    Roster::parse(file, text).map_or_else(|errors| errors.to_string(), |roster| format!("nothing: {roster:?}"))
}

fn role(arn: &str, external_id: Option<&str>, session_name: &str) -> Access {
    let (arn, session_name) = (arn.to_owned(), session_name.to_owned());
    Access::Role { arn, external_id: external_id.map(str::to_owned), session_name }
}

#[test]
fn a_table_and_a_list_say_the_same() {
    let Roster(rows) = Roster::parse("class.csv", CSV).unwrap_or_else(|errors| panic!("{errors}"));
    let names: Vec<&str> = rows.iter().map(|row| row.student.as_str()).collect();
    assert_eq!(names, ["zoe", "Müller, Anna", "bob"]);
    assert_eq!(rows[0].access, role("arn:aws:iam::123456789012:role/student", Some("ext-1"), "labform-zoe"));
    let session = "labform-M-ller,-Anna";
    assert_eq!(rows[1].access, role("arn:aws:iam::123456789013:role/class/student", None, session));
    assert_eq!((rows[0].region.as_deref(), &rows[2].access), (Some("eu-west-3"), &Access::Own));
    assert_eq!(rows[1].variables["count"], ("say \"3\"".to_owned(), "class.csv:3:76".to_owned()));

    let yaml = "
- { student: zoe, account: \"123456789012\", role: student, externalId: ext-1, region: eu-west-3, var.count: 2 }
- student: 17
  account: \"123456789013\"
  profile: anna
  sessionName:
";
    let Roster(listed) = Roster::parse("class.yaml", yaml).unwrap_or_else(|errors| panic!("{errors}"));
    let (place, count) = (("2".to_owned(), "class.yaml:2:108".to_owned()), &listed[0].variables["count"]);
    assert_eq!((count, &listed[0].access), (&place, &rows[0].access));
    assert_eq!((listed[1].student.as_str(), &listed[1].access), ("17", &Access::Profile("anna".to_owned())));
}

#[test]
fn what_every_spreadsheet_writes_is_read() {
    let plain = Roster::parse("class.csv", "student,account,var.x\n\"Li, Bo\",123456789012,a\"b\n").unwrap();
    for same in [
        "\u{feff}student,account,var.x\r\n\"Li, Bo\",123456789012,a\"b\r\n",
        "\n\nstudent,account,var.x\n\n\"Li, Bo\",123456789012,a\"b",
        ",,\r\nstudent,account,var.x,,\r\n\"Li, Bo\",\"123456789012\",\"a\"\"b\",,\r\n,,,,\r\n",
        "student , account,\"var.x\"\n \"Li, Bo\" , 123456789012 , \"a\"\"b\" \n",
    ] {
        let Roster(mut rows) = Roster::parse("class.csv", same).unwrap_or_else(|errors| panic!("{same}: {errors}"));
        assert_eq!(rows[0].variables["x"].0, "a\"b", "{same}");
        // Where it stands differs.
        rows.iter_mut().for_each(|row| row.variables.clone_from(&plain.0[0].variables));
        assert_eq!(rows, plain.0, "{same}");
    }
}

#[test]
fn what_is_wrong_with_a_roster_is_told_at_its_place() {
    let yaml = "- { student: zoe, account: 123456789012, rol: x }
- { student: zoe, account: \"12\", role: a, profile: b }
- { account: \"123456789012\", externalId: x, region: eu-west1 }
- { student: ann, account: \"123456789012\", role: \"arn:aws:iam::123456789013:role/x\", sessionName: \"a b\" }
- { student: tom, account: \"123456789012\", var.x: [1], region: }
- just a name
";
    insta::assert_snapshot!(wrong("class.yaml", yaml), @r#"
    class.yaml:1:28: expected a text, found the number 123456789012
      |
    1 | - { student: zoe, account: 123456789012, rol: x }
      |                            ^^^^^^^^^^^^
      = put it in quotes

    class.yaml:1:42: unknown column `rol`
      |
    1 | - { student: zoe, account: 123456789012, rol: x }
      |                                          ^^^
      = did you mean `role`?

    class.yaml:2:28: `12` is not an account number
      |
    2 | - { student: zoe, account: "12", role: a, profile: b }
      |                            ^^^^
      = it has 12 digits: see `aws sts get-caller-identity`

    class.yaml:2:52: there are a `role` and a `profile`
      |
    2 | - { student: zoe, account: "12", role: a, profile: b }
      |                                                    ^
      = keep one of them

    class.yaml:3:3: there is no `student`
      |
    3 | - { account: "123456789012", externalId: x, region: eu-west1 }
      |   ^

    class.yaml:3:42: `externalId` is for a `role`, and there is none
      |
    3 | - { account: "123456789012", externalId: x, region: eu-west1 }
      |                                          ^

    class.yaml:3:53: `eu-west1` is not an AWS region
      |
    3 | - { account: "123456789012", externalId: x, region: eu-west1 }
      |                                                     ^^^^^^^^
      = did you mean `eu-west-1`?

    class.yaml:4:50: the role isn't in the account 123456789012
      |
    4 | - { student: ann, account: "123456789012", role: "arn:aws:iam::123456789013:role/x", sessionName: "a b" }
      |                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    class.yaml:4:99: AWS doesn't take `a b`
      |
    4 | - { student: ann, account: "123456789012", role: "arn:aws:iam::123456789013:role/x", sessionName: "a b" }
      |                                                                                                   ^^^^^
      = take 2 to 64 letters, digits and signs (RoleSessionName, AssumeRole, STS API)

    class.yaml:5:51: expected one value, found a list
      |
    5 | - { student: tom, account: "123456789012", var.x: [1], region: }
      |                                                   ^

    class.yaml:6:3: a student is a map of columns, and this is a text
      |
    6 | - just a name
      |   ^^^^^^^^^^^
    "#);
    let csv = "student,account,\"var.\"
zoe,123456789012
zoe,123456789012,a
ann,\"123456789012,
";
    insta::assert_snapshot!(wrong("class.csv", csv), @r#"
    class.csv:1:17: unknown column `var.`
      |
    1 | student,account,"var."
      |                 ^^^^^^
      = did you mean `var.NAME`?

    class.csv:2:1: the line has 2 cells, and the first line has 3
      |
    2 | zoe,123456789012
      | ^^^
      = a cell that holds a comma stands in double quotes

    class.csv:3:1: the student `zoe` stands here twice
      |
    3 | zoe,123456789012,a
      | ^^^
      = the other is in line 2

    class.csv:4:1: the line has 2 cells, and the first line has 3
      |
    4 | ann,"123456789012,
      | ^^^
      = a cell that holds a comma stands in double quotes

    class.csv:4:5: `123456789012,` is not an account number
      |
    4 | ann,"123456789012,
      |     ^
      = it has 12 digits: see `aws sts get-caller-identity`

    class.csv:4:5: the double quotes that begin here don't end
      |
    4 | ann,"123456789012,
      |     ^
    "#);
    let secret = wrong("class.csv", "student,account,var.password\nann,123456789012,a\nbob,1,hunter2\nbob,1,hunter2\n");
    assert!(secret.contains("class.csv:3:5:") && !secret.contains("hunter2"), "{secret}");
    assert!(wrong("class.csv", "student,account\n").contains("names no student"));
    assert!(wrong("class.csv", "\r\n,,\r\n").contains("names no student"));
    assert!(
        wrong("class.csv", "student;account\nzoe;123456789012\n").contains("class.csv:1:1: the cells of a table stand")
    );
    let csv = "student,account,student,
zoe,12345678901,,x\r
bob,1.23457E+11,,\r
ann, \"123456789012\"3,,
";
    insta::assert_snapshot!(wrong("class.csv", csv), @r#"
    class.csv:1:17: the column `student` stands here twice
      |
    1 | student,account,student,
      |                 ^^^^^^^
      = keep one of them

    class.csv:2:5: `12345678901` is not an account number
      |
    2 | zoe,12345678901,,x
      |     ^^^^^^^^^^^
      = a spreadsheet has taken it for a number: make the column a text there, and type it anew

    class.csv:2:18: the cell stands in a column without a name
      |
    2 | zoe,12345678901,,x
      |                  ^

    class.csv:3:5: `1.23457E+11` is not an account number
      |
    3 | bob,1.23457E+11,,
      |     ^^^^^^^^^^^
      = a spreadsheet has taken it for a number: make the column a text there, and type it anew

    class.csv:4:6: `1234567890123` is not an account number
      |
    4 | ann, "123456789012"3,,
      |      ^^^^^^^^^^^^^^^
      = it has 12 digits: see `aws sts get-caller-identity`

    class.csv:4:20: the cell goes on after its double quotes
      |
    4 | ann, "123456789012"3,,
      |                    ^
      = a double quote within double quotes is written twice, as in `"say ""hi"""`
    "#);
    let old = "student,account\rzoe,123456789012\r";
    assert!(wrong("class.csv", old).starts_with("class.csv:1:1: the lines end with carriage returns alone"));
    let center = "student,account,role\nzoe,123456789012,AWSReservedSSO_Lab_0f1e2d3c4b5a6978\n";
    assert!(
        wrong("class.csv", center).contains("class.csv:2:18: nobody assumes a role of IAM Identity Center's by name")
    );
    assert!(wrong("class.yaml", "zoe: {}\n").contains("a roster is a list of students"));
}

#[test]
fn students_are_chosen_by_name_and_by_shard() {
    let text: String = (0..10).map(|n| format!("s{n},123456789012\n")).collect();
    let roster = Roster::parse("class.csv", &format!("student,account\n{text}")).unwrap();
    let chosen = |names: &[&str], shard: Option<&str>| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let rows = roster.chosen(&names, shard.map(|shard| shard.parse().unwrap()));
        rows.map(|rows| rows.iter().map(|row| row.student.clone()).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(chosen(&["s3", "s1"], None), Ok("s1 s3".to_owned()));
    assert_eq!(chosen(&[], Some("2/4")), Ok("s1 s5 s9".to_owned()));
    assert_eq!(chosen(&["s1", "s2"], Some("2/4")), Ok("s1".to_owned()));
    let hint = chosen(&["s11"], None).unwrap_err().1.unwrap();
    assert!(hint.starts_with("did you mean"), "{hint}");
    let all: Vec<String> = (1..=4).flat_map(|n| chosen(&[], Some(&format!("{n}/4")))).collect();
    assert_eq!(all.join(" ").split(' ').count(), 10);
    for bad in ["0/3", "4/3", "1", "a/b", "1/0"] {
        assert!(bad.parse::<Shard>().is_err(), "{bad}");
    }
}

#[test]
fn a_name_that_holds_commas_is_a_word_of_its_own() {
    let roster = Roster::parse("class.csv", CSV).unwrap();
    let chosen = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        roster.chosen(&words, None).map(|rows| rows.iter().map(|row| row.student.as_str()).collect::<Vec<_>>())
    };
    assert_eq!(chosen(&["bob,zoe", "Müller, Anna"]), Ok(vec!["zoe", "Müller, Anna", "bob"]));
    assert_eq!(chosen(&["Müller"]).unwrap_err().0, "the roster has no student `Müller`");
    let text = "student,account\na,123456789012\nb,123456789012\n\"a,b\",123456789012\n";
    let unclear = Roster::parse("class.csv", text).unwrap().chosen(&["a,b".to_owned()], None).unwrap_err().0;
    assert_eq!(unclear, "`a,b` is a student, and the names of several");
}

#[test]
fn an_account_is_in_one_shard_with_all_who_share_it() {
    let [one, two] = ["123456789012", "123456789013"];
    let rows = [("ann", one), ("bob", two), ("cat", one), ("dan", two), ("eve", one)];
    let rows: String = rows.iter().map(|(name, account)| format!("{name},{account}\n")).collect();
    let roster = Roster::parse("class.csv", &format!("student,account\n{rows}")).unwrap();
    let names = |rows: &[&Row]| rows.iter().map(|row| row.student.clone()).collect::<Vec<_>>().join(" ");
    let accounts = |words: &[&str], shard: Option<&str>| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let accounts = roster.accounts(&words, shard.map(|shard| shard.parse().unwrap())).unwrap();
        accounts.iter().map(|(meant, others)| [names(meant), names(others)]).collect::<Vec<_>>()
    };
    let pair = |meant: &str, others: &str| [meant.to_owned(), others.to_owned()];
    assert_eq!(accounts(&[], None), [pair("ann cat eve", ""), pair("bob dan", "")]);
    assert_eq!(accounts(&[], Some("1/2")), [pair("ann cat eve", "")]);
    assert_eq!(accounts(&[], Some("2/2")), [pair("bob dan", "")]);
    assert_eq!(accounts(&["eve", "bob,dan"], None), [pair("eve", "ann cat"), pair("bob dan", "")]);
}

#[test]
fn a_row_gives_values_and_offers_its_name() {
    let Roster(rows) = Roster::parse("class.csv", CSV).unwrap();
    let lab = |text: &str, values: &Values| {
        let none = |_: &str| Err(io::ErrorKind::NotFound.into());
        Source::with(values, "lab.yaml", text, &none).map(Source::into_lab).map_err(|errors| errors.to_string())
    };
    let text = "lab: \"tp-${var.student}\"\nregion: \"${var.region}\"
variables: { student: , region: { default: eu-west-1 }, count: { default: 1 } }\nmaxDeletes: \"${var.count}\"\n";
    let zoe = lab(text, &rows[0].values(&Values::default())).unwrap();
    assert_eq!((zoe.place.lab.as_str(), zoe.place.region.as_str(), zoe.max_deletes), ("tp-zoe", "eu-west-3", Some(2)));
    let given =
        Values { given: [("count".to_owned(), ("5".to_owned(), "--var".to_owned()))].into(), ..Values::default() };
    assert_eq!(lab(text, &rows[0].values(&given)).unwrap().max_deletes, Some(5));
    // A lab that has no such variable takes no harm of a student's name, and none of a value that it doesn't know.
    assert!(lab("lab: demo\nregion: eu-west-1\n", &rows[2].values(&Values::default())).is_ok());
    let unknown = lab("lab: demo\nregion: eu-west-1\n", &rows[0].values(&Values::default())).unwrap_err();
    assert!(unknown.contains("class.csv:2:42 gives `count` a value"), "{unknown}");
}
