//! The user's wishes while a job runs, and before its task is there.

use super::files::text;
use super::*;

#[test]
fn a_task_is_left_or_stopped_as_the_user_wishes() {
    trial(async {
        let applied = applied().await;
        for state in ["PROVISIONING", "RUNNING"] {
            let world = applied.fork();
            let left = Process::of(LAB_8).asking(state, StopRequest::Leave).run(&world, calm).await;
            assert_eq!((left.ended().exit_code, left.ended().by), (130, By::Nobody));
            assert_eq!(on(&world), 1);
            assert!(!left.calls.iter().any(|call| call.operation == "StopTask"));
            let world = applied.fork();
            let stopped = Process::of(LAB_8).asking(state, StopRequest::Stop).run(&world, calm).await;
            assert_eq!((stopped.ended().exit_code, stopped.ended().by), (130, By::User));
            assert_eq!(stopped.explanation(), None);
            assert_eq!(on(&world), 0);
            // What the user has stopped isn't come back to.
            let again = Process::of(LAB_8).run(&world, calm).await;
            assert_eq!((again.ended().exit_code, again.task().1), (0, false));
        }
    });
}

#[test]
fn who_wishes_to_end_while_run_task_is_repeated_gets_no_task() {
    trial(async {
        let applied = applied().await;
        let unready = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::Refused {
                status: 400,
                code: "ClusterNotFoundException",
                message: "Cluster not found.".to_owned(),
            },
            _ => Trouble::None,
        };
        for stop_request in [StopRequest::End, StopRequest::Stop] {
            let world = applied.fork();
            let ends = Process::of(LAB_8).reacting(move |event, stop_requests| {
                if matches!(event, JobEvent::Waiting { .. }) {
                    stop_requests.send_replace(stop_request);
                }
            });
            let ran = ends.run(&world, unready).await;
            let end = ran.ended();
            assert_eq!((end.exit_code, end.by), (130, By::User), "{stop_request:?}");
            assert_eq!(end.reason, "no task was started");
            let runs = ran.calls.iter().filter(|call| call.operation == "RunTask");
            assert_eq!(runs.count(), 1);
            assert_eq!(tasks(&world).len(), 0);
        }
    });
}

#[test]
fn a_task_is_left_although_nobody_answers() {
    trial(async {
        let world = applied().await;
        let hangs = |call: &Call| match call.operation.as_str() {
            "DescribeTasks" if call.nth > 2 => Trouble::Hang,
            _ => Trouble::None,
        };
        let ran = Process::of(LAB_8).asking("PROVISIONING", StopRequest::Leave).run(&world, hangs).await;
        assert_eq!(ran.ended().by, By::Nobody);
        assert_eq!(on(&world), 1);
    });
}

#[test]
fn who_wishes_to_end_during_the_upload_gets_no_task() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), vec![7; 200_000]).unwrap();
        for stop_request in [StopRequest::End, StopRequest::Stop, StopRequest::Leave] {
            let process = Process::of(&text).in_folder(folder.path());
            let process = process.reacting(move |event, stop_requests| {
                if matches!(event, JobEvent::Uploading { .. }) {
                    stop_requests.send_replace(stop_request);
                }
            });
            let ran = process.run(&world, calm).await;
            let end = ran.ended();
            assert_eq!((end.exit_code, end.by), (130, By::User), "{stop_request:?}");
            assert_eq!(end.reason, "no task was started");
            assert!(!ran.calls.iter().any(|call| call.operation == "RunTask"));
        }
        assert_eq!(tasks(&world).len(), 0);
    });
}

#[test]
fn a_run_task_in_flight_is_awaited_and_its_task_stopped() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), "cat").unwrap();
        let process = Process::of(&text).in_folder(folder.path());
        let sandbox = world.sandbox.clone();
        let process = process.reacting(move |event, stop_requests| {
            use aws_smithy_async::rt::sleep::AsyncSleep as _;
            if matches!(event, JobEvent::Uploaded { .. }) {
                let (stop_requests, sleep) = (stop_requests.clone(), sandbox.sleep());
                tokio::spawn(async move {
                    sleep.sleep(Duration::from_secs(10)).await;
                    stop_requests.send_replace(StopRequest::Stop);
                });
            }
        });
        let slow = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::Slow(Duration::from_secs(20)),
            _ => Trouble::None,
        };
        let ran = process.run(&world, slow).await;
        assert_eq!((ran.ended().exit_code, ran.ended().by), (130, By::User));
        assert_eq!((tasks(&world).len(), on(&world)), (1, 0));
    });
}
