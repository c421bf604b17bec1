use super::*;
use crate::model::PolicyDocument;
use crate::spec::Source;

const LAB_8: &str = include_str!("../../lab.yaml");

fn source(text: &str) -> Source {
    let none = |_: &str| Err(std::io::ErrorKind::NotFound.into());
    Source::parse("lab.yaml", text, &none).unwrap_or_else(|errors| panic!("{errors}"))
}

fn policies(text: &str) -> BTreeMap<Command, Policy> {
    let source = source(text);
    let account = account(Some("123456789012"), source.region());
    let lab = source.lab(Some(&account)).unwrap();
    Command::ALL
        .map(|command| (command, Policy::of(&lab, command)))
        .into()
}

#[test]
fn each_policy_of_lab_8_is_a_document_that_aws_takes_as_one_managed_policy() {
    for (command, policy) in policies(LAB_8) {
        let text = serde_json::to_string(&policy).unwrap();
        let document: PolicyDocument = serde_json::from_str(&text).unwrap();
        assert_eq!(document.0["Version"], "2012-10-17");
        assert!(policy.size() <= LIMIT, "{command:?}: {}", policy.size());
        assert_eq!(policy.size(), text.len(), "AWS counts no whitespace");
    }
}
