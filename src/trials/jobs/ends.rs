//! The end of a job, and the words on it.

use super::*;
use labform_account::TaskOutcome;

fn fails(world: &World, fate: TaskOutcome) {
    world.sandbox.with(|account| account.simulation(REGION).tasks_end(FAMILY, fate));
}

#[test]
fn a_job_is_followed_from_its_first_state_and_line_to_its_end() {
    trial(async {
        let world = applied().await;
        let ran = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!((ran.ended().exit_code, ran.ended().by), (0, By::Itself));
        let path = "PROVISIONING PENDING ACTIVATING RUNNING STOPPING DEPROVISIONING STOPPED";
        let states = ran.states().into_iter();
        // It may be over between two looks.
        let states: Vec<&str> = states.filter(|state| *state != "DEACTIVATING").collect();
        assert_eq!(states.join(" "), path);
        let at = |wanted: &dyn Fn(&JobEvent) -> bool| ran.events.iter().position(wanted).unwrap();
        let first = at(&|event| matches!(event, JobEvent::Log { .. }));
        let stops = at(&|event| matches!(event, JobEvent::State { state, .. } if state == "STOPPING"));
        assert!(first < stops, "lines come while it runs");
        assert_eq!(ran.log().len(), 3);
        assert_eq!(ran.explanation(), None);
    });
}

#[test]
fn a_failure_is_explained_in_words_for_a_job() {
    trial(async {
        let applied = applied().await;
        let image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/ecs-lab/image-classifier:latest";
        let not_found = format!(
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: not found"
        );
        let cases = [
            (TaskOutcome::never_starts(&not_found), 125, "image not in the repository"),
            (TaskOutcome::exits(1, &["NoSuchKey: The specified key does not exist."]), 1, "object not in the bucket"),
            (TaskOutcome::exits(137, &["loading the model"]), 137, "out of memory"),
            (TaskOutcome::exits(42, &["no"]), 42, "container exited with an error"),
            (
                TaskOutcome {
                    code: "SpotInterruption".to_owned(),
                    reason: "Your Spot Task was interrupted.".to_owned(),
                    ..TaskOutcome::exits(0, &["SIGTERM: good bye"])
                },
                143,
                "Spot capacity taken back",
            ),
        ];
        for (fate, code, cause) in cases {
            let world = applied.fork();
            fails(&world, fate);
            let ran = Process::of(LAB_8).run(&world, calm).await;
            assert_eq!(ran.ended().exit_code, code, "{cause}");
            let explanation = ran.explanation().unwrap();
            assert_eq!(explanation.cause, cause);
            assert!(explanation.remedy.contains("`labform run classifier`"), "{}", explanation.remedy);
            assert!(!explanation.remedy.contains("ECS tries again"), "{}", explanation.remedy);
        }
    });
}

#[test]
fn a_refusal_of_run_task_is_explained() {
    trial(async {
        let applied = applied().await;
        let failures = |reason: &str| {
            Trouble::Instead(format!(
                r#"{{"tasks": [], "failures": [{{"arn": "arn:aws:ecs", "reason": "{reason}"}}]}}"#
            ))
        };
        let role = "ECS was unable to assume the role 'arn:aws:iam::123456789012:role/x' that was provided for this task. \
            Please verify that the role being passed has the proper trust relationship and permissions.";
        let refused = Trouble::Refused { status: 400, code: "ClientException", message: role.to_owned() };
        let cases = [
            (failures("RESOURCE:MEMORY"), "no room on the cluster's instances"),
            (
                failures(
                    "Capacity is unavailable at this time. Please try again later or in a different availability zone",
                ),
                "no capacity",
            ),
            (
                failures("You've reached the limit on the number of vCPUs you can run concurrently"),
                "Fargate quota reached",
            ),
            (refused, "role not assumable"),
        ];
        for (trouble, cause) in cases {
            let world = applied.fork();
            let script = move |call: &Call| match call.operation.as_str() {
                "RunTask" => trouble.clone(),
                _ => Trouble::None,
            };
            let ran = Process::of(LAB_8).run(&world, script).await;
            assert_eq!(ran.failed().exit_code(), 125, "{cause}");
            assert_eq!(ran.explanation().map(|it| it.cause), Some(cause), "{:?}", ran.end);
            assert_eq!(tasks(&world).len(), 0);
        }
    });
}

#[test]
fn a_job_is_stopped_at_its_timeout_also_by_who_came_back() {
    trial(async {
        let applied = applied().await;
        let text = &LAB_8.replace("timeout: 30m", "timeout: 35s");
        let world = applied.fork();
        let ran = Process::of(text).run(&world, calm).await;
        assert_eq!((ran.ended().exit_code, ran.ended().by), (124, By::Timeout));
        assert_eq!(ran.explanation().map(|it| it.cause), Some("timeout over"));
        assert_eq!(on(&world), 0);
        // The time counts from the task's making, whoever follows it.
        let world = applied.fork();
        let left = Process::of(text).asking("RUNNING", StopRequest::Leave).run(&world, calm).await;
        assert_eq!(left.ended().by, By::Nobody);
        pass(&world, 12).await;
        let back = Process::of(text).run(&world, calm).await;
        assert_eq!(back.task(), (left.task().0, true));
        assert_eq!(back.ended().exit_code, 124);
        // If nobody answers StopTask for minutes, it is said again and again.
        let world = applied.fork();
        fails(&world, TaskOutcome::exits(0, &["done"]).taking(Duration::from_secs(3600)));
        let away = |call: &Call| match call.operation.as_str() {
            "StopTask" if call.nth < 60 => {
                Trouble::Refused { status: 500, code: "ServerException", message: "Service Unavailable".to_owned() }
            }
            _ => Trouble::None,
        };
        let ran = Process::of(text).run(&world, away).await;
        assert_eq!((ran.ended().exit_code, ran.ended().by), (124, By::Timeout));
        assert_eq!(on(&world), 0);
        let told = ran.events.iter().filter(|event| matches!(event, JobEvent::NoAnswer { .. }));
        assert_eq!(told.count(), 1, "it is told once");
        // StopTask whose answer is lost is said again.
        let world = applied.fork();
        let lost = |call: &Call| match call.operation.as_str() {
            "StopTask" if call.nth == 0 => Trouble::AnswerLost,
            _ => Trouble::None,
        };
        let ran = Process::of(text).run(&world, lost).await;
        assert_eq!(ran.ended().exit_code, 124);
    });
}

#[test]
fn a_job_that_ends_before_it_can_be_stopped_has_its_own_exit_code() {
    trial(async {
        let world = applied().await;
        let text = LAB_8.replace("timeout: 30m", "timeout: 50s");
        let ran = Process::of(&text).run(&world, calm).await;
        assert_eq!((ran.ended().exit_code, ran.ended().by), (0, By::Itself));
    });
}

/// Between these seconds after the first DescribeTasks, no call reaches AWS.
fn away(world: &World, from: u64, to: u64, trouble: Trouble) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    let (sandbox, begun) = (world.sandbox.clone(), Mutex::new(None));
    move |call| {
        if !["DescribeTasks", "GetLogEvents"].contains(&call.operation.as_str()) {
            return Trouble::None;
        }
        let begun = *begun.lock().unwrap().get_or_insert(sandbox.now());
        let after = sandbox.now().duration_since(begun).unwrap_or_default().as_secs();
        match (from..to).contains(&after) {
            true => trouble.clone(),
            false => Trouble::None,
        }
    }
}

#[test]
fn a_network_that_is_away_for_minutes_ends_nothing() {
    trial(async {
        let applied = applied().await;
        let throttled =
            Trouble::Refused { status: 400, code: "ThrottlingException", message: "Rate exceeded".to_owned() };
        for trouble in [Trouble::Reset, throttled] {
            let world = applied.fork();
            let script = away(&world, 20, 600, trouble.clone());
            let ran = Process::of(LAB_8).run(&world, script).await;
            assert_eq!(ran.ended().exit_code, 0, "{trouble:?}");
            let told = ran.events.iter().filter(|event| matches!(event, JobEvent::NoAnswer { .. }));
            assert_eq!(told.count(), 1, "it is told once");
            assert_eq!(ran.log().len(), 3);
        }
        let world = applied.fork();
        let ran = Process::of(LAB_8).run(&world, away(&world, 20, 3000, Trouble::Reset)).await;
        let error = ran.failed();
        assert_eq!(error.exit_code(), 1, "it may have run: {error}");
        assert!(error.to_string().contains("`labform run classifier` comes back to it while it is on"), "{error}");
    });
}

#[test]
fn a_denial_ends_the_following_and_not_the_task() {
    trial(async {
        let applied = applied().await;
        let deny = |world: &World, call: &str| {
            let call = call.to_owned();
            world.sandbox.with(|account| account.quirks.denied.insert(call));
        };
        let world = applied.fork();
        deny(&world, "logs:GetLogEvents");
        let ran = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(ran.ended().exit_code, 0, "a log that may not be read fails nothing");
        let told = ran.events.iter().filter(|event| matches!(event, JobEvent::NoLog { .. }));
        assert_eq!(told.count(), 1);
        let world = applied.fork();
        deny(&world, "ecs:RunTask");
        let ran = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(ran.failed().exit_code(), 125);
        let world = applied.fork();
        deny(&world, "ecs:DescribeTasks");
        let ran = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(ran.failed().exit_code(), 1);
        assert_eq!(on(&world), 1);
    });
}

#[test]
fn what_the_job_needs_is_never_changed_by_a_run() {
    trial(async {
        let world = applied().await;
        let text = LAB_8.replace("memory: \"2048\"", "memory: \"4096\"");
        let ran = Process::of(&text).run(&world, calm).await;
        let error = ran.failed();
        assert_eq!(error.exit_code(), 125);
        insta::assert_snapshot!(error.to_string(), @r"
        job.classifier: what it needs is there and isn't what lab.yaml says: taskDefinition.image-classifier
        hint: `labform apply --only taskDefinition.image-classifier` shows the difference and closes it; then `labform run classifier`
        ");
        let elsewhere = LAB_8.replace("desiredCount: 2", "desiredCount: 1");
        let ran = Process::of(&elsewhere).run(&world, calm).await;
        assert_eq!(ran.ended().exit_code, 0, "what the job doesn't need may differ");
    });
}
