//! Images against their sources, without any account.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::model::Address;
use crate::resource::AnySpec;
use crate::resources::test_others;

const SOURCE: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const LABEL_OF_SOURCE: &str = "labform-linux-amd64-0123456789abcdef";

fn spec(more: &Value) -> Image {
    let mut spec = json!({"repository": "web", "sourceDigest": SOURCE});
    let more = more.as_object().unwrap().clone();
    spec.as_object_mut().unwrap().extend(more);
    serde_json::from_value(spec).unwrap()
}

fn live(digest: &str, manifest: &Value, tags: &[&str]) -> ImageLive {
    ImageLive::new("registry/web:latest".to_owned(), digest, manifest).tagged(tags.iter().copied())
}

/// The fields that differ, as `path: have -> want`.
fn differs(spec: &Image, live: &ImageLive) -> Vec<String> {
    let diff = spec.edit(live, &test_others(), &[]).diff;
    assert!(!diff.replaces());
    let fields = diff.fields.iter();
    fields
        .map(|field| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            format!("{}: {} -> {}", field.path, text(&field.have), text(&field.want))
        })
        .collect()
}

#[test]
fn an_image_is_up_to_date_stale_or_of_another_platform() {
    let (context, archive) = (json!({"context": "web"}), json!({"archive": "web.tar"}));
    let index = json!({"manifests": [
        {"digest": SOURCE, "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:ff", "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": "sha256:ee", "platform": {"os": "unknown", "architecture": "unknown"}},
    ]});
    let arms = json!({"manifests": [
        {"digest": "sha256:ff", "platform": {"os": "linux", "architecture": "arm64"}}]});
    let older = "labform-linux-amd64-aaaaaaaaaaaaaaaa";
    let arm = "labform-linux-arm64-0123456789abcdef";
    let none = Value::Null;
    let other = "sha256:bb";
    for (what, spec_more, found, expected) in [
        ("pushed of this source", &context, live(other, &none, &["latest", LABEL_OF_SOURCE]), vec![]),
        (
            "pushed of an older source",
            &context,
            live(other, &none, &["latest", older]),
            vec!["context: aaaaaaaaaaaaaaaa -> 0123456789abcdef"],
        ),
        (
            "pushed by somebody else",
            &context,
            live(other, &none, &["latest", "v1"]),
            vec!["context: not pushed by labform -> 0123456789abcdef"],
        ),
        (
            "a build has no digest that an image keeps",
            &context,
            live(SOURCE, &none, &["latest"]),
            vec!["context: not pushed by labform -> 0123456789abcdef"],
        ),
        (
            "pushed for another platform",
            &context,
            live(other, &none, &["latest", arm]),
            vec!["platform: linux/arm64 -> linux/amd64"],
        ),
        (
            "an index without the platform",
            &archive,
            live(other, &arms, &["latest"]),
            vec!["platform: linux/arm64 -> linux/amd64"],
        ),
        ("the archive itself, pushed by somebody else", &archive, live(SOURCE, &none, &["latest"]), vec![]),
        ("an index that holds it", &archive, live(other, &index, &["latest"]), vec![]),
        ("another archive", &archive, live(other, &none, &["latest"]), vec!["archive: bb -> 0123456789abcdef"]),
        (
            "another archive, whatever a label says",
            &archive,
            live(other, &none, &["latest", LABEL_OF_SOURCE]),
            vec!["archive: bb -> 0123456789abcdef"],
        ),
    ] {
        assert_eq!(differs(&spec(spec_more), &found), expected, "{what}");
    }
}

#[test]
fn what_is_not_known_of_a_source_is_no_difference() {
    let silent = spec(&json!({"mirror": "nginx:1", "sourceDigest": null}));
    assert_eq!(differs(&silent, &live("sha256:bb", &Value::Null, &["latest"])), Vec::<String>::new());
    let arm = live("sha256:bb", &Value::Null, &["labform-linux-arm64-0123456789abcdef"]);
    assert_eq!(differs(&silent, &arm), ["platform: linux/arm64 -> linux/amd64"]);
}

#[test]
fn a_label_is_read_back() {
    let label = label("linux/amd64", SOURCE);
    assert_eq!(label, LABEL_OF_SOURCE);
    assert_eq!(read_label(&label), Some(("linux/amd64".to_owned(), "0123456789abcdef")));
    for other in
        ["latest", "labform-", "labform-linux-amd64", "labform-linux-amd64-xyz", "labform-building-0123456789abcdef"]
    {
        assert_eq!(read_label(other), None, "{other}");
    }
}

#[test]
fn an_image_has_one_source_and_nothing_that_is_not_its_own() {
    for (more, expected) in [
        (json!({"context": "web"}), vec![]),
        (json!({"context": "."}), vec![]),
        (
            json!({"context": "web", "dockerfile": "docker/Dockerfile", "target": "run", "buildArgs": {"A": "1"}}),
            vec![],
        ),
        (json!({"archive": "images/web.tar", "platform": "linux/arm64", "tag": "v1.0_a-b"}), vec![]),
        (json!({"mirror": "public.ecr.aws/nginx/nginx:1.27"}), vec![]),
        (json!({}), vec![""]),
        (json!({"context": "web", "archive": "web.tar"}), vec!["archive"]),
        (json!({"archive": "web.tar", "mirror": "nginx:1"}), vec!["mirror"]),
        (json!({"context": "../web"}), vec!["context"]),
        (json!({"context": "/web"}), vec!["context"]),
        (json!({"context": ".git"}), vec!["context"]),
        (json!({"archive": "~/web.tar"}), vec!["archive"]),
        (json!({"mirror": "https://registry.example/web"}), vec!["mirror"]),
        (json!({"mirror": "a b"}), vec!["mirror"]),
        (json!({"mirror": "Nginx"}), vec!["mirror"]),
        (json!({"mirror": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1"}), vec!["mirror"]),
        (json!({"context": "web", "dockerfile": "../Dockerfile"}), vec!["dockerfile"]),
        (json!({"mirror": "nginx:1", "target": "run"}), vec!["target"]),
        (json!({"archive": "web.tar", "buildArgs": {}}), vec!["buildArgs"]),
        (json!({"context": "web", "buildArgs": {"NPM_TOKEN": "x"}}), vec!["buildArgs.NPM_TOKEN"]),
        (
            json!({"context": "web", "buildArgs": {"INDEX": "https://me:hunter2@pypi.example", "B": "1"}}),
            vec!["buildArgs.INDEX"],
        ),
        (json!({"context": "web", "buildArgs": {"A=B": "x"}}), vec!["buildArgs.A=B"]),
        (json!({"context": "web", "platform": "amd64"}), vec!["platform"]),
        (json!({"context": "web", "platform": "linux/s390x"}), vec!["platform"]),
        (json!({"context": "web", "tag": "labform-x"}), vec!["tag"]),
    ] {
        let problems = spec(&more).check(&Checks::new(&BTreeMap::new()));
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, expected, "{more}");
    }
}

#[test]
fn a_tag_is_one_of_a_registry() {
    for name in ["ecs-lab/web:latest", "web:V1.0_a-b", "web:_"] {
        assert_eq!(Image::NAME.problem(name), None, "{name}");
    }
    let long = format!("web:{}", "x".repeat(129));
    for name in ["web:", "web:.a", "web:-a", "web:a b", "web:a/b", &long] {
        assert!(Image::NAME.problem(name).is_some(), "{name}");
    }
}

#[test]
fn a_container_runs_the_image_that_its_uri_names() {
    let mut specs: BTreeMap<Address, AnySpec> = BTreeMap::new();
    let address = Address::new(Image::KIND, "app");
    specs.insert(address.clone(), Arc::new(spec(&json!({"context": "web", "platform": "linux/arm64"}))));
    let names = Names::from([(address.clone(), "ecs-lab/web:latest".to_owned())]);
    let place = test_others().place;
    let checks = Checks::new(&specs).named(&names, &place);
    let uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/web";
    for (image, is_it) in [
        (format!("{uri}:latest"), true),
        (uri.to_owned(), true),
        (format!("{uri}:v1"), false),
        (format!("{uri}2:latest"), false),
        (format!("{uri}@sha256:00"), false),
        ("ecs-lab/web:latest".to_owned(), false),
        ("localhost:5000/web".to_owned(), false),
    ] {
        let found = image_of(&checks, &image).map(|(address, _)| address);
        assert_eq!(found, is_it.then_some(&address), "{image}");
    }
    let (_, image) = image_of(&checks, uri).unwrap();
    let problem = |platform: &str| runtime_problem("image".to_owned(), (&address, image), platform);
    assert!(problem("linux/arm64").is_none());
    let problem = problem("linux/amd64").unwrap();
    assert_eq!(problem.message, "image.app is for linux/arm64, and the task runs on linux/amd64");
}

#[test]
fn a_source_is_looked_for_below_the_folder_only() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("Dockerfile"), "FROM scratch\n").unwrap();
    std::fs::write(outside.path().join("web.tar"), "").unwrap();
    let lab = tempfile::tempdir().unwrap();
    std::fs::create_dir(lab.path().join("web")).unwrap();
    std::fs::write(lab.path().join("web.tar"), "").unwrap();
    let why = |more: &Value| {
        let problem = missing(&spec(more), lab.path())?;
        Some(format!("{}: {}", problem.path, problem.message))
    };
    let missing_file = "there is no such file or folder";
    assert_eq!(why(&json!({"context": "web"})), Some(format!("context: can't take `web/Dockerfile`: {missing_file}")));
    std::fs::write(lab.path().join("web/Dockerfile"), "FROM scratch\n").unwrap();
    assert_eq!(why(&json!({"context": "web"})), None);
    assert_eq!(why(&json!({"context": "./web"})), None);
    assert_eq!(why(&json!({"archive": "web.tar"})), None);
    assert_eq!(why(&json!({"mirror": "nginx:1"})), None);
    for (more, expected) in [
        (json!({"context": "api"}), format!("context: can't take `api`: {missing_file}")),
        (json!({"context": "web.tar"}), "context: can't take `web.tar`: it isn't a folder".to_owned()),
        (json!({"context": "web", "dockerfile": "x"}), format!("dockerfile: can't take `web/x`: {missing_file}")),
        (json!({"archive": "api.tar"}), format!("archive: can't take `api.tar`: {missing_file}")),
    ] {
        assert_eq!(why(&more), Some(expected));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink(outside.path(), lab.path().join("linked")).unwrap();
        symlink(outside.path().join("web.tar"), lab.path().join("linked.tar")).unwrap();
        symlink(outside.path().join("Dockerfile"), lab.path().join("web/Linked")).unwrap();
        for more in [
            json!({"context": "linked"}),
            json!({"archive": "linked.tar"}),
            json!({"context": "web", "dockerfile": "Linked"}),
        ] {
            let why = why(&more).unwrap();
            assert!(why.ends_with("it leads out of its folder"), "{why}");
        }
    }
}
