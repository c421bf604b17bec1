//! Images of a lab, pushed to a registry that others wrote, which belongs to an account that others wrote; built by a
//! `docker` that isn't one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::account::Account;
use crate::archives::Image;
use crate::emulator::Emulator;
use crate::labform::{Run, Signal, watch};
use crate::registry::Registry;

/// A docker that notes what it is told, asks its credential helper, and pushes a small image that differs with what is
/// built.
const DOCKER: &str = include_str!("docker.py");

/// A person's folder, with a `docker` of its own, and a registry.
pub(crate) struct Desk {
    pub(crate) account: Account,
    registry: Registry,
}

impl Desk {
    pub(crate) fn new(region: &'static str) -> Self {
        let desk = Self { account: Account::emulated(Emulator::moto(), region), registry: Registry::open() };
        desk.write("bin/docker", DOCKER);
        let program = Permissions::from_mode(0o755);
        fs::set_permissions(desk.path("bin/docker"), program).expect("the file is ours");
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.account.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        write(&self.path(name), text);
    }

    pub(crate) fn lab(&self, image: &str) {
        let sections = format!(
            "repositories: {{ web: {{ repositoryName: \"${{lab}}/web\", onDestroy: empty }} }}\nimages:\n  web: {image}\n\
             outputs: {{ uri: \"${{images.web.uri}}\" }}\n"
        );
        self.account.write_lab("pictures", &[&sections]);
    }

    pub(crate) fn run(&self, args: &[&str], more: &[(&str, &str)]) -> Run {
        self.signalled(args, more, &mut || None)
    }

    pub(crate) fn signalled(
        &self,
        args: &[&str],
        more: &[(&str, &str)],
        signal: &mut dyn FnMut() -> Option<Signal>,
    ) -> Run {
        let mut command = self.account.command(args);
        let path = std::env::var("PATH").expect("there is a path");
        command
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("LABFORM_REGISTRY_URL", format!("http://{}", self.registry.host))
            .envs(more.iter().copied());
        watch(command, signal)
    }

    /// What docker noted: what it was told at each build, or what it hangs in.
    pub(crate) fn builds(&self) -> Vec<Value> {
        let notes = fs::read_to_string(self.path("calls")).unwrap_or_default();
        notes.lines().map(serde_json::from_str).map(|note| note.expect("a note is JSON")).collect()
    }

    /// The digest of what a tag of the repository stands for.
    pub(crate) fn tag(&self, tag: &str) -> Option<String> {
        let (status, digest) = self.registry.read(&format!("/v2/pictures/web/manifests/{tag}"));
        (status == 200).then_some(digest)
    }

    pub(crate) fn is_unchanged(&self) {
        self.run(&["plan", "--detailed-exitcode"], &[]).exits(0).says("No changes.");
    }
}

#[test]
fn a_context_is_built_when_it_has_changed_and_not_again() {
    let desk = Desk::new("ca-central-1");
    desk.write("web/Dockerfile", "FROM scratch\n");
    desk.write("web/main.js", "1");
    let logins = r#"{"auths": {"private.example": {"auth": "bWU6aHVudGVyMg=="}}}"#;
    desk.write("home/.docker/config.json", logins);
    desk.lab("{ repository: web, context: web, target: run, buildArgs: { A: \"1 2\" } }");
    desk.account.labform(&["validate"]).exits(0);
    let plan = desk.run(&["plan"], &[]).exits(0);
    assert_eq!(plan.changes(), ["image.web will be created", "repository.web will be created"]);
    desk.run(&["apply", "--yes"], &[]).exits(0);
    let first = desk.tag("latest").expect("it was pushed");

    let builds = desk.builds();
    let [build] = builds.as_slice() else { panic!("{builds:?}") };
    let words = build["words"].to_string();
    for word in ["--platform=linux/amd64", "--provenance=false", "--push", "--target=run", "--build-arg=A=1 2"] {
        assert!(words.contains(&format!("\"{word}\"")), "{word}: {words}");
    }
    let helper: Value = serde_json::from_str(build["helper"].as_str().expect("a text")).expect("JSON");
    assert_eq!((&helper["Username"], &helper["Secret"]), (&"me".into(), &"hunter2".into()));
    assert_eq!(build["settings"]["credHelpers"]["private.example"], "labform");
    assert!(!format!("{words}{}", build["settings"]).contains("hunter2"));
    assert!(!build["settings"].to_string().contains("bWU6"));

    desk.is_unchanged();
    desk.write("web/main.js", "2");
    desk.run(&["plan"], &[]).exits(0).says("~ context: ");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    let second = desk.tag("latest").expect("it is there");
    assert_ne!(first, second);
    assert_eq!(desk.builds().len(), 2);
    desk.is_unchanged();

    // What was built of this before is still there: only the tag moves.
    desk.write("web/main.js", "1");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert_eq!(desk.tag("latest"), Some(first));
    assert_eq!(desk.builds().len(), 2);

    desk.write("web/main.js", "3");
    let broken = desk.run(&["apply", "--yes"], &[("BREAKS", "1")]).exits(1);
    for words in ["docker buildx build: BuildFailed", "npm error: no such package", "about the Dockerfile"] {
        assert!(broken.stderr.contains(words), "{words}: {broken}");
    }
    desk.run(&["destroy", "--yes"], &[]).exits(0);
}

#[test]
fn what_is_missing_is_told_before_anything_is_changed() {
    let desk = Desk::new("eu-south-1");
    desk.lab("{ repository: web, context: web }");
    let wrong = desk.account.labform(&["validate"]).exits(5);
    assert!(wrong.stderr.contains("lab.yaml:5:36: image.web: can't take `web`: there is no such"), "{wrong}");
    desk.write("web/Dockerfile", "FROM scratch\n");

    let refused = |run: Run, words: &str| {
        let run = run.exits(1);
        assert!(run.stderr.contains(words) && run.stderr.contains("nothing was changed"), "{run}");
    };
    refused(desk.account.labform(&["apply", "--yes"]), "image.web: labform: NoRegistry: the endpoint isn't AWS");
    let plan = desk.account.labform(&["plan"]).exits(0);
    assert!(plan.stderr.contains("apply would stop at image.web"), "{plan}");
    let nowhere = [("PATH", "/nowhere")];
    refused(desk.run(&["apply", "--yes"], &nowhere), "image.web: docker: DockerMissing");
    let far = [("LABFORM_REGISTRY_URL", "http://registry.example")];
    let run = desk.run(&["apply", "--yes"], &far).exits(64);
    assert!(run.stderr.contains("beyond this machine it has to be https://"), "{run}");
    let aws = [("LABFORM_REGISTRY_URL", "https://1.dkr.ecr.eu-south-1.amazonaws.com")];
    let run = desk.run(&["apply", "--yes"], &aws).exits(64);
    assert!(run.stderr.contains("it is AWS's own"), "{run}");
    let there = desk.account.aws("ecr describe-repositories --query repositories[].repositoryName");
    assert_eq!(there, serde_json::json!([]));
    assert!(desk.builds().is_empty());
}

#[test]
fn an_archive_and_a_mirror_are_pushed_without_docker() {
    let desk = Desk::new("ap-south-1");
    let (first, second) = (Image::made(1, &[300_000, 7]), Image::made(2, &[200_000]));
    let copy = |image: &Image, name: &str| {
        fs::copy(image.archive(), desk.path(name)).expect("the folder can be written");
    };
    copy(&first, "web.tar");
    desk.lab("{ repository: web, tag: v1, archive: web.tar }");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert_eq!(desk.tag("v1"), Some(first.digest()));
    desk.is_unchanged();

    copy(&second, "web.tar");
    desk.run(&["plan"], &[]).exits(0).says("~ archive: ");
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert_eq!(desk.tag("v1"), Some(second.digest()));

    // From the first push, its image is still there under its label.
    let label = format!("labform-linux-amd64-{}", &first.digest()[7..23]);
    desk.lab(&format!("{{ repository: web, tag: v1, mirror: \"{}/pictures/web:{label}\" }}", desk.registry.host));
    desk.run(&["apply", "--yes"], &[]).exits(0);
    assert_eq!(desk.tag("v1"), Some(first.digest()));
    desk.is_unchanged();

    // A registry that doesn't answer is no reason to push anything, and nothing can be pushed without it.
    let silent = "mirror: \"127.0.0.1:1/web:v1\"";
    desk.lab(&format!("{{ repository: web, tag: v1, {silent} }}"));
    let plan = desk.run(&["plan", "--detailed-exitcode"], &[]).exits(0);
    assert!(plan.stderr.contains("image.web: whether `127.0.0.1:1/web:v1` has changed isn't known"), "{plan}");
    desk.lab(&format!("{{ repository: web, tag: v2, {silent} }}"));
    let plan = desk.run(&["plan"], &[]).exits(0);
    let run = desk.run(&["apply", "--yes"], &[]).exits(1);
    for (stderr, words) in [
        (&plan.stderr, "apply would stop at image.web: labform: SourceUnknown: what `127"),
        (&run.stderr, "error: image.web: labform: SourceUnknown: what `127.0.0.1:1/web:v1`"),
        (&run.stderr, "nothing was changed"),
    ] {
        assert!(stderr.contains(words), "{words}: {plan}{run}");
    }
    assert!(desk.builds().is_empty());

    // One that says that there is no such image, or none for the platform, is believed.
    let there = format!("{}/pictures/web", desk.registry.host);
    for (more, words) in [
        (format!("mirror: \"{there}:none\""), "MANIFEST_UNKNOWN"),
        (format!("mirror: \"{there}:v1\", platform: linux/arm64"), "`platform: linux/amd64`"),
        (format!("mirror: \"{there}:\""), "can't take"),
    ] {
        desk.lab(&format!("{{ repository: web, tag: v1, {more} }}"));
        let run = desk.run(&["apply", "--yes"], &[]).exits(5);
        assert!(run.stderr.contains(words) && run.stderr.contains("lab.yaml:5:"), "{run}");
        // What doesn't need the image is not kept from its work by it.
        let only = ["plan", "--only", "repository.web"];
        desk.run(&only, &[]).exits(if words == "can't take" { 5 } else { 0 });
    }

    fs::write(desk.path("web.tar"), "no archive").expect("the folder can be written");
    desk.lab("{ repository: web, tag: v1, archive: web.tar }");
    let wrong = desk.run(&["plan"], &[]).exits(5);
    assert!(wrong.stderr.contains("lab.yaml:5:"), "{wrong}");
    desk.run(&["destroy", "--yes"], &[]).exits(0);
}

#[test]
fn the_embedded_account_says_that_a_push_is_pretended() {
    let account = Account::embedded("eu-west-1");
    let folder = account.folder.path();
    write(&folder.join("web/Dockerfile"), "FROM scratch\n");
    let sections = "repositories: { web: { onDestroy: empty } }\nimages: { web: { repository: web, context: web } }\n";
    account.write_lab("pictures", &[sections]);
    let run = account.labform(&["apply", "--yes"]).exits(0);
    assert!(run.stderr.contains("image.web: ") && run.stderr.contains("pretended: "), "{run}");
    account.is_unchanged();
    let status = account.labform(&["status"]).exits(0);
    assert!(status.stdout.contains("pictures-web:latest"), "{status}");
    assert!(status.stdout.contains("for linux/amd64"), "{status}");
    let plan = account.labform(&["plan", "--out", "web/p.json"]).exits(0);
    let words = "image.web: `p.json` lies in its context";
    assert!(plan.stderr.contains(words), "{plan}");
    let words = "image.web \"pictures-web:latest\" is sha256:";
    assert!(plan.stderr.contains(words), "{plan}");
    account.labform(&["plan"]).exits(0).says("# (to be built from its context and pushed again)");
    write(&folder.join("web/.dockerignore"), "p.json\n");
    let plan = account.labform(&["plan", "--out", "web/p.json"]).exits(0);
    assert!(!plan.stderr.contains("lies in its context"), "{plan}");
    account.apply();
    write(&folder.join("web/main.js"), "1");
    account.plans(&["image.web will be updated in-place"]);
    account.apply();
    account.labform(&["destroy", "--yes"]).exits(0);
}

fn write(path: &Path, text: &str) {
    let folder = path.parent().expect("a file has a folder");
    fs::create_dir_all(folder).expect("the folder can be made");
    fs::write(path, text).expect("the folder can be written");
}
