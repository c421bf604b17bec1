//! Demands of each kind what is easily forgotten: a life, an example, and a service of the embedded account.

use super::{assert_none, read, tracked};

/// A kind that labform makes and deletes, as its sources say it.
#[derive(Debug, PartialEq)]
struct Kind {
    word: String,
    section: String,
    /// The service's name in signatures.
    service: String,
}

/// What there is for the kinds.
struct House<'a> {
    lives: Vec<&'a str>,
    examples: String,
    account: String,
}

#[test]
fn each_kind_has_a_life_an_example_and_a_service_of_the_account() {
    let paths = tracked();
    let within = |folder: &str, end: &str| {
        let paths = paths.iter().filter(|path| path.starts_with(folder) && path.ends_with(end));
        paths.map(|path| read(path) + "\n").collect::<String>()
    };
    let lives =
        paths.iter().filter_map(|path| path.strip_prefix("tests/lives/")?.strip_suffix(".yaml")?.split('.').next());
    let house = House {
        lives: lives.collect(),
        examples: within("examples/", ".yaml") + &read("lab.yaml"),
        account: within("src/account/", ".rs"),
    };
    let kinds = read("src/resources/mod.rs");
    let files: Vec<(&str, String)> = paths
        .iter()
        .filter(|path| path.starts_with("src/resources/"))
        .map(|path| (path.as_str(), read(path)))
        .collect();
    let services = read("src/cloud/services.rs") + &within("src/cloud/services/", ".rs");
    let kinds: Vec<_> = names(&kinds).map(|name| kind(name, &files, &services).ok_or(name)).collect();
    let problems = kinds.iter().flat_map(|kind| match kind {
        Ok(kind) => lacks(kind, &house),
        Err(name) => vec![format!("{name}: its word, its section or its service isn't found")],
    });
    assert_none(&problems.collect::<Vec<_>>());
    let of_none = house.lives.iter().filter(|life| !kinds.iter().flatten().any(|kind| kind.word == **life));
    assert_none(&of_none.map(|life| format!("tests/lives/{life}.yaml: no kind has this word")).collect::<Vec<_>>());
}

/// The types of the kinds that are made and deleted, from the table of kinds.
fn names(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter_map(|line| line.trim().strip_prefix("&Kind::<")?.strip_suffix(">::NEW,"))
}

/// The kind of this type, from the files of all kinds and the rows of all services.
fn kind(name: &str, files: &[(&str, String)], services: &str) -> Option<Kind> {
    let heads = [format!("impl Plain for {name} {{"), format!("impl Resource for {name} {{")];
    let (path, _, code) = files
        .iter()
        .find_map(|(path, text)| heads.iter().find_map(|head| Some((*path, head, text.split_once(head)?.1))))?;
    let folder = path.trim_end_matches("/mod.rs");
    let own = files.iter().filter(|(other, _)| *other == path || other.starts_with(&format!("{folder}/")));
    let row = own.flat_map(|(_, text)| text.lines()).find_map(|line| {
        let is_row = line.trim().starts_with("api: &") || line.contains("const SERVICE: ");
        let (_, row) = line.rsplit_once('&').filter(|_| is_row)?;
        Some(row.trim_start_matches("cloud::").trim_end_matches([',', ';', ')']))
    })?;
    let (_, row) = services.split_once(&format!("pub static {row}: "))?;
    Some(Kind {
        word: quoted(code, "const KIND: &'static str = ")?,
        section: quoted(code, "const SECTION: &'static str = ")?,
        service: quoted(row, "signing: ")?,
    })
}

/// What stands in quotes after the first `before`.
fn quoted(text: &str, before: &str) -> Option<String> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.strip_prefix('"')?.split_once('"')?.0.to_owned())
}

fn lacks(kind: &Kind, house: &House<'_>) -> Vec<String> {
    let Kind { word, section, service } = kind;
    let mut lacks = Vec::new();
    if !house.lives.contains(&word.as_str()) {
        lacks.push(format!("{word}: tests/lives/{word}.yaml is missing"));
    }
    let mut lines = house.examples.lines();
    if !lines.any(|line| line.trim_start().strip_prefix(section).is_some_and(|rest| rest.starts_with(':'))) {
        lacks.push(format!("{word}: no example has `{section}:`"));
    }
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    if !house.account.lines().filter(is_code).any(|line| line.contains(&format!("Service::new(\"{service}\""))) {
        lacks.push(format!("{word}: the embedded account has no service `{service}`"));
    }
    lacks
}

#[test]
fn a_kind_is_read_from_its_sources_and_what_it_lacks_is_said() {
    let table = "    &Kind::<Vpc>::LOOKED_UP,\n    &Kind::<Group>::NEW,\n    &Kind::<Secret>::NEW,\n";
    assert_eq!(names(table).collect::<Vec<_>>(), ["Group", "Secret"]);
    let says = |of: &str, word: &str| {
        format!(
            "impl {of} {{\n    const KIND: &'static str = \"{word}\";\n    const SECTION: &'static str = \"{word}s\";\n"
        )
    };
    let files = [
        ("src/resources/group/managed.rs", "    const SERVICE: Service = Service::Own(&cloud::EC2);\n".to_owned()),
        ("src/resources/group/mod.rs", says("Resource for Group", "group")),
        ("src/resources/secret.rs", says("Plain for Secret", "secret") + "        api: &SECRETS,\n"),
        ("src/resources/lost.rs", says("Plain for Lost", "lost")),
    ];
    let services = "pub static EC2: Own = Own {\n    signing: \"ec2\",\n};\npub static SECRETS: Table = Table {\n    signing: \"secrets\",\n";
    let of = |word: &str, service: &str| Kind {
        word: word.to_owned(),
        section: format!("{word}s"),
        service: service.to_owned(),
    };
    assert_eq!(kind("Group", &files, services), Some(of("group", "ec2")));
    assert_eq!(kind("Secret", &files, services), Some(of("secret", "secrets")));
    assert_eq!(kind("Lost", &files, services), None);
    let house = House {
        lives: vec!["group"],
        examples: "groups: { a: {} }\n  secrets:\nlosts2: {}\n".to_owned(),
        account: "..Service::new(\"ec2\", Calls::Ec2(handle))\n//! Service::new(\"lost\")".to_owned(),
    };
    assert_eq!(lacks(&of("group", "ec2"), &house), Vec::<String>::new());
    assert_eq!(lacks(&of("secret", "secrets"), &house).len(), 2);
    assert_eq!(lacks(&of("lost", "lost"), &house).len(), 3);
}
