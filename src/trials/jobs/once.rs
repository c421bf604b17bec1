//! One task, whatever happens to the calls and to the process.

use super::super::speed::every;
use super::*;
use labform_account::TaskOutcome;

/// Kills at the call with this number.
fn kill(number: usize, moment: Trouble) -> impl Fn(&Call) -> Trouble + Send + Sync + 'static {
    move |call| match call.number == number {
        true => moment.clone(),
        false => Trouble::None,
    }
}

/// Lets the listing lag. A process of its own has seen no past, so that an empty answer stands for that.
fn unlisted(call: &Call) -> Trouble {
    match call.operation.as_str() {
        "ListTasks" => Trouble::Instead(r#"{"taskArns": []}"#.to_owned()),
        _ => Trouble::None,
    }
}

#[test]
fn run_is_killed_at_each_call_and_finds_its_task_again() {
    trial(async {
        let world = applied().await;
        let clean = world.fork();
        let ran = Process::of(LAB_8).run(&clean, calm).await;
        assert_eq!(ran.ended().exit_code, 0);
        assert_eq!(tasks(&clean).len(), 1);
        // Once the task is followed, the same calls come again and again.
        let run = ran.calls.iter().position(|call| call.operation == "RunTask");
        let beginning = run.expect("it ran a task") + 10;
        let numbers = every(5, (0..beginning).chain((beginning..ran.calls.len()).step_by(7)));
        let (mut attached, mut count) = (0, 0);
        for number in numbers {
            count += 1;
            for moment in [Trouble::KillBefore, Trouble::KillAfter] {
                let point = format!("{moment:?} of call {number}, {}", ran.calls[number].operation);
                let world = world.fork();
                let killed = Process::of(LAB_8).run(&world, kill(number, moment)).await;
                assert!(killed.end.is_none(), "{point}: {:?}", killed.end);
                // One that has ended by then has nothing to come back to.
                let over = tasks(&world).len() - on(&world);
                let again = Process::of(LAB_8).run(&world, calm).await;
                assert_eq!(again.ended().exit_code, 0, "{point}");
                assert_eq!(tasks(&world).len(), over + 1, "{point}");
                attached += usize::from(again.task().1);
            }
        }
        println!("killed at {count} calls, before and after; found again {attached} times");
        assert!(3 * attached > count, "{attached} of {count}");
    });
}

#[test]
fn run_makes_what_its_job_needs_and_nothing_else_wherever_it_is_killed() {
    trial(async {
        let world = World::new().await;
        let clean = world.fork();
        let ran = Process::of(LAB_8).run(&clean, calm).await;
        assert_eq!(ran.ended().exit_code, 0);
        let shape = clean.shape();
        let made: Vec<&str> = shape.keys().map(String::as_str).collect();
        assert_eq!(
            made,
            [
                "bucket.images",
                "cluster.main",
                "logGroup.image-classifier",
                "repository.image-classifier",
                "role.image-classifier-task",
                "role.task-execution",
                "securityGroup.alb",
                "securityGroup.tasks",
                "taskDefinition.image-classifier",
            ]
        );
        let changes = ran.calls.iter().filter(|call| call.changes()).count();
        for change in every(5, 0..changes) {
            for moment in [Trouble::KillBefore, Trouble::KillAfter] {
                let point = format!("{moment:?} of change {change}");
                let world = world.fork();
                let script = {
                    let moment = moment.clone();
                    move |call: &Call| match call.changes() && call.change == change {
                        true => moment.clone(),
                        false => Trouble::None,
                    }
                };
                Process::of(LAB_8).run(&world, script).await;
                let mut again = Process::of(LAB_8).run(&world, calm).await;
                if let Some(Err(refusal)) = &again.end {
                    // What is half made differs from lab.yaml, and a run changes nothing.
                    let words = refusal.to_string();
                    assert!(words.contains("`labform apply --only "), "{point}: {words}");
                    assert_eq!(tasks(&world).len(), 0, "{point}");
                    let calm = Troubled::new(&world.sandbox, calm);
                    let cloud = troubled(&world.sandbox, &calm, REGION).await;
                    let source = source(LAB_8);
                    let apply = prepare(&cloud, &source, |_, _| Ok(()));
                    apply.await.unwrap();
                    again = Process::of(LAB_8).run(&world, super::calm).await;
                }
                assert_eq!(again.ended().exit_code, 0, "{point}");
                assert_eq!(tasks(&world).len(), 1, "{point}");
                assert_eq!(world.shape(), shape, "{point}");
                world.no_foreign_change();
            }
        }
    });
}

#[test]
fn an_answer_of_run_task_that_is_lost_starts_no_second_task() {
    trial(async {
        let applied = applied().await;
        let is_run = |call: &Call| call.operation == "RunTask";
        for trouble in [Trouble::AnswerLost, Trouble::Twice, Trouble::Reset] {
            let world = applied.fork();
            let once = {
                let trouble = trouble.clone();
                move |call: &Call| match is_run(call) && call.nth == 0 {
                    true => trouble.clone(),
                    false => Trouble::None,
                }
            };
            let ran = Process::of(LAB_8).run(&world, once).await;
            assert_eq!(ran.ended().exit_code, 0, "{trouble:?}");
            assert_eq!(tasks(&world).len(), 1, "{trouble:?}");
        }
        // Nobody ever hears that it was started.
        let world = applied.fork();
        let always = move |call: &Call| match is_run(call) {
            true => Trouble::AnswerLost,
            false => Trouble::None,
        };
        let ran = Process::of(LAB_8).run(&world, always).await;
        assert_eq!(ran.failed().exit_code(), 125, "{:?}", ran.end);
        assert!(ran.failed().to_string().contains("`labform run classifier` finds it"));
        let again = Process::of(LAB_8).run(&world, calm).await;
        assert!(again.task().1, "it is found again");
        assert_eq!(tasks(&world).len(), 1);
    });
}

#[test]
fn a_listing_that_lags_starts_no_second_task() {
    trial(async {
        let world = applied().await;
        let after_run = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::KillAfter,
            _ => Trouble::None,
        };
        let killed = Process::of(LAB_8).run(&world, after_run).await;
        assert!(killed.end.is_none());
        let again = Process::of(LAB_8).run(&world, unlisted).await;
        assert_eq!(again.ended().exit_code, 0);
        assert_eq!(tasks(&world).len(), 1);
        // A task that has ended isn't taken for the one that is asked for, although the listing doesn't know it.
        let third = Process::of(LAB_8).run(&world, unlisted).await;
        assert_eq!(third.ended().exit_code, 0);
        assert_ne!(third.task(), again.task());
        assert_eq!(tasks(&world).len(), 2);
    });
}

#[test]
fn a_task_that_ecs_hides_at_first_is_followed() {
    trial(async {
        let world = applied().await;
        world.sandbox.with(|account| account.quirks.tasks_hidden = Duration::from_secs(100));
        let ran = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(ran.ended().exit_code, 0);
        assert_eq!(ran.states(), ["STOPPED"], "it had ended before it was shown");
        assert!(!ran.log().is_empty());
    });
}

#[test]
fn a_clock_that_is_ahead_of_awss_starts_no_second_task() {
    trial(async {
        let applied = applied().await;
        let earlier = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::Garbled(crate::cloud::trouble::Garbled::Earlier),
            _ => Trouble::None,
        };
        for hidden in [0, 20] {
            let world = applied.fork();
            world.sandbox.with(|account| account.quirks.tasks_hidden = Duration::from_secs(hidden));
            let ran = Process::of(LAB_8).run(&world, earlier).await;
            let seen = (ran.ended().exit_code, ran.task().1);
            assert_eq!(seen, (0, false), "hidden for {hidden} s");
            assert_eq!(tasks(&world).len(), 1);
        }
    });
}

#[test]
fn a_task_that_nothing_shows_for_minutes_is_not_taken_for_one_that_has_ended() {
    trial(async {
        let world = applied().await;
        world.sandbox.with(|account| account.quirks.tasks_hidden = Duration::from_secs(200));
        let after_run = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::KillAfter,
            _ => Trouble::None,
        };
        let killed = Process::of(LAB_8).run(&world, after_run).await;
        assert!(killed.end.is_none());
        pass(&world, 70).await;
        let again = Process::of(LAB_8).run(&world, unlisted).await;
        assert_eq!(again.ended().exit_code, 0);
        assert!(!again.log().is_empty());
        assert_eq!(tasks(&world).len(), 1);
    });
}

#[test]
fn each_who_asks_for_a_new_one_gets_one() {
    trial(async {
        let world = applied().await;
        for count in [1, 2] {
            let lost = |call: &Call| match call.operation.as_str() {
                "RunTask" if call.nth == 0 => Trouble::AnswerLost,
                _ => unlisted(call),
            };
            let ran = Process::of(LAB_8).new_task().asking("RUNNING", StopRequest::Leave);
            assert_eq!(ran.run(&world, lost).await.ended().by, By::Nobody);
            assert_eq!(tasks(&world).len(), count, "and only one");
        }
    });
}

#[test]
fn how_the_last_one_ended_is_told_before_the_next() {
    trial(async {
        let world = applied().await;
        let before = |ran: &Ran| {
            let mut events = ran.events.iter();
            events.find_map(|event| match event {
                JobEvent::EndedBefore { task, ago, by, exit_code } => {
                    let minutes = ago.map(|ago| ago.as_secs() / 60);
                    Some((task.clone(), minutes, *by, *exit_code))
                }
                _ => None,
            })
        };
        let first = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(before(&first), None);
        pass(&world, 300).await;
        let second = Process::of(LAB_8).run(&world, calm).await;
        assert_eq!(before(&second), Some((first.task().0, Some(5), By::Itself, 0)));
        let new = Process::of(LAB_8).new_task().run(&world, calm).await;
        assert_eq!(before(&new), None);
    });
}

#[test]
fn another_one_is_started_only_where_that_is_asked_for() {
    trial(async {
        let world = applied().await;
        let leaves = || Process::of(LAB_8).asking("RUNNING", StopRequest::Leave);
        let first = leaves().run(&world, calm).await;
        assert_eq!((first.ended().by, first.ended().exit_code), (By::Nobody, 130));
        let second = leaves().new_task().run(&world, calm).await;
        assert_ne!(first.task(), second.task());
        assert_eq!(on(&world), 2);
        let mut other = Process::of(LAB_8);
        other.asked.args.push("https://a/tiger.jpg".to_owned());
        let third = other.run(&world, calm).await;
        let error = third.failed();
        assert_eq!(error.exit_code(), 125, "its end isn't that of another task");
        let words = error.to_string();
        for part in [
            "is on, and isn't what you ask for: in its command of image-classifier",
            "hint: `labform run classifier` follows it to its end; with `--new` yours",
        ] {
            assert!(words.contains(part), "{words}");
        }
        assert_eq!(tasks(&world).len(), 2);
        // Once such a task is on, the same words come back to it.
        let again = || {
            let mut other = Process::of(LAB_8).asking("RUNNING", StopRequest::Leave);
            other.asked.args.push("https://a/tiger.jpg".to_owned());
            other
        };
        let fourth = again().new_task().run(&world, calm).await;
        let fifth = again().run(&world, calm).await;
        assert_eq!(fifth.task(), (fourth.task().0, true));
        assert_eq!(tasks(&world).len(), 3);
    });
}

#[test]
fn arguments_wait_until_it_is_known_what_is_on() {
    trial(async {
        let applied = applied().await;
        let after_run = |call: &Call| match call.operation.as_str() {
            "RunTask" => Trouble::KillAfter,
            _ => Trouble::None,
        };
        for (hidden, expected) in [(20, "isn't what you ask for"), (200, "doesn't show yet what it does")] {
            let world = applied.fork();
            world.sandbox.with(|account| {
                account.quirks.tasks_hidden = Duration::from_secs(hidden);
                let long = TaskOutcome::exits(0, &[]).taking(Duration::from_secs(300));
                account.simulation(REGION).tasks_end(FAMILY, long);
            });
            Process::of(LAB_8).run(&world, after_run).await;
            let mut other = Process::of(LAB_8);
            other.asked.args.push("https://a/tiger.jpg".to_owned());
            let other = other.run(&world, calm).await;
            let words = other.failed().to_string();
            assert!(words.contains(expected), "{words}");
            assert_eq!(tasks(&world).len(), 1);
        }
    });
}

#[test]
fn two_who_run_it_at_once_follow_one_task() {
    trial(async {
        let world = applied().await;
        let (one, other) = futures::join!(Process::of(LAB_8).run(&world, calm), Process::of(LAB_8).run(&world, calm));
        assert_eq!((one.ended().exit_code, other.ended().exit_code), (0, 0));
        assert_eq!(one.task().0, other.task().0);
        assert_eq!(tasks(&world).len(), 1);
    });
}
