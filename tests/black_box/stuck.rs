//! A service that doesn't become ready, as the person at the command line meets it.

use labform_account::{Pace, Sandbox, TaskOutcome};

use crate::lab8;
use crate::labform::Folder;

#[test]
fn a_service_that_fails_ends_the_apply_with_its_cause_and_what_to_do() {
    let folder = Folder::empty();
    let breaker =
        "desiredCount: 2\n    deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } }";
    let lab = lab8::FILE.replace("desiredCount: 2", breaker);
    folder.write("lab.yaml", &lab);
    let file = folder.path().join("account.json");
    let sandbox = Sandbox::open(&file, Pace::Instant).expect("it is a fresh account");
    let fate = TaskOutcome::exits(1, &["Error: Cannot find module 'express'"]);
    sandbox.with(|account| {
        account.simulation("eu-west-1").images_are_there();
        account.simulation("eu-west-1").tasks_end("ecs-web-app", fate);
    });

    let account = format!("--sandbox={}", file.display());
    let failed = folder.run(&["apply", "--yes", &account]).exits(1);
    for words in [
        "service.web: ECS deployment circuit breaker: tasks failed to start.",
        "cause: container exited with an error",
        "log of web-app: Error: Cannot find module 'express'",
        "what to do: the program in web-app ended with exit code 1",
    ] {
        assert!(failed.stderr.contains(words), "{words}: {failed}");
    }

    // The remedy as it stands there: the cause is mended, and the deployment started again.
    sandbox.with(|account| account.simulation("eu-west-1").end());
    folder.write("lab.yaml", &lab.replace("web-app.uri}:latest", "web-app.uri}:2"));
    folder.run(&["apply", "--yes", &account]).exits(0);
    folder.run(&["destroy", "--yes", &account]).exits(0);
}
