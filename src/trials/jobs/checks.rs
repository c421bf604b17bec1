//! `labform check` on Lab 8, half done and whole.

use super::*;
use crate::check::{Commands, Outcome, Verdict, check};

/// Lab 8 with checkpoints.
fn text() -> String {
    let checks = r#"
checks:
  definition: { taskDefinition: image-classifier }
  ended: { points: 2, task: { cluster: main, taskDefinition: image-classifier, exitCode: 0 } }
  fetched: { file: { path: results/cat.json, contains: tabby } }
  image: { image: { repository: web-app, platform: linux/amd64 } }
  launched: { task: { cluster: main, taskDefinition: image-classifier, with: ["node", "classifier.js"] } }
  log: { log: { logGroup: image-classifier, contains: "exit code 0" } }
  page: { points: 0.5, url: { url: "http://${loadBalancers.web.dnsName}/health" } }
  program: { command: ["true"] }
  service: { service: web }
  stored: { object: { bucket: images, key: output/result.json } }
outputs:
"#;
    super::files::text().replace("\noutputs:\n", checks)
}

/// What the checkpoints came to, those that are met first.
async fn looked(
    world: &World,
    folder: &Path,
    script: impl Fn(&Call) -> Trouble + Send + Sync + 'static,
) -> Vec<Verdict> {
    let trouble = Troubled::new(&world.sandbox, script);
    let source = source(&text());
    let cloud = troubled(&world.sandbox, &trouble, source.region()).await;
    let (_, verdicts) = check(&cloud, &source, &[], folder, Commands::Leave).await.unwrap();
    assert!(trouble.calls().iter().all(|call| !call.changes()), "a check changes nothing");
    verdicts
}

fn names(verdicts: &[Verdict], outcome: Outcome) -> Vec<&str> {
    verdicts.iter().filter(|one| one.outcome == outcome).map(|one| one.address.name.as_str()).collect()
}

fn found<'a>(verdicts: &'a [Verdict], name: &str) -> &'a str {
    &verdicts.iter().find(|one| one.address.name == name).unwrap().found
}

#[test]
fn a_lab_gets_the_points_of_what_is_done() {
    trial(async {
        let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
        let before = looked(&world, folder.path(), calm).await;
        assert_eq!(names(&before, Outcome::Passed), Vec::<&str>::new());
        assert_eq!(names(&before, Outcome::Unknown), ["program"]);
        assert_eq!(found(&before, "service"), "service.web isn't there");
        assert_eq!(found(&before, "page"), "what its address is taken from isn't there");
        world.apply(&text()).await.done();
        let half = looked(&world, folder.path(), calm).await;
        assert_eq!(names(&half, Outcome::Passed), ["definition", "page", "service"]);
        assert!(found(&half, "page").starts_with("pretended: "), "{half:#?}");
        assert_eq!(found(&half, "ended"), "no such task is known: ECS forgets a task an hour after its end");
        std::fs::write(folder.path().join("cat.jpg"), "cat").unwrap();
        let text = text();
        let process = super::files::writing(&world, &text, folder.path(), "{\"class\": \"tabby\"}").await;
        assert_eq!(process.run(&world, calm).await.ended().exit_code, 0);
        world.sandbox.with(|account| account.push_pretended_image(REGION, "ecs-lab/web-app", "latest")).unwrap();
        let whole = looked(&world, folder.path(), calm).await;
        assert_eq!(names(&whole, Outcome::Missed), ["image"], "{whole:#?}");
        assert!(found(&whole, "image").ends_with("and not for linux/amd64"), "{whole:#?}");
        assert_eq!(whole.iter().map(Verdict::earned).sum::<f64>(), 8.5);
    });
}

#[test]
fn what_may_not_be_read_hides_nothing_else() {
    trial(async {
        let (world, folder) = (applied().await, tempfile::tempdir().unwrap());
        let deny = |call: &Call| match call.operation.as_str() {
            "DescribeServices" => {
                Trouble::Refused { status: 400, code: "AccessDeniedException", message: "not for graders".to_owned() }
            }
            _ => Trouble::None,
        };
        let verdicts = looked(&world, folder.path(), deny).await;
        assert_eq!(names(&verdicts, Outcome::Unknown), ["program", "service"]);
        assert_eq!(names(&verdicts, Outcome::Passed), ["definition", "page"]);
    });
}
