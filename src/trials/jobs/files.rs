//! The files that a job is given in S3, and those that it writes there.

use super::*;
use crate::cloud::Endpoint;

const BUCKET: &str = "ecs-lab-images-123456789012-eu-west-1";

/// Lab 8 with a file that goes in and one that comes out.
pub(super) fn text() -> String {
    let files = "timeout: 30m\n    inputs: [{ file: cat.jpg, bucket: images, key: input/image.jpg }]\n    outputs: [{ bucket: \
                 images, key: output/result.json, file: results/cat.json }]\n";
    LAB_8.replace("timeout: 30m\n", files)
}

async fn client(world: &World) -> Cloud {
    let endpoint = Endpoint::Sandbox(world.sandbox.clone());
    let cloud = crate::cloud::connect(&endpoint, REGION, None).await;
    crate::cloud::identity(&cloud).await.unwrap();
    cloud
}

fn put(cloud: &Cloud, key: &str, body: &str) -> impl Future<Output = ()> + Send + 'static {
    let put = cloud.s3.put_object().bucket(BUCKET).key(key).body(body.as_bytes().to_vec().into());
    async move { drop(put.send().await.unwrap()) }
}

/// A process whose task writes its result while it runs.
pub(super) async fn writing<'a>(world: &World, text: &'a str, folder: &'a Path, result: &'static str) -> Process<'a> {
    let cloud = client(world).await;
    let process = Process::of(text).in_folder(folder);
    process.reacting(move |event, _| {
        if matches!(event, JobEvent::State { state, .. } if state == "RUNNING") {
            tokio::spawn(put(&cloud, "output/result.json", result));
        }
    })
}

#[test]
fn a_file_goes_in_before_the_task_and_its_result_comes_out_after() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), vec![7; 200_000]).unwrap();
        let process = writing(&world, &text, folder.path(), "{\"class\": \"tabby\"}").await;
        let ran = process.run(&world, calm).await;
        assert_eq!(ran.ended().exit_code, 0);
        let sent = client(&world).await.s3.get_object().bucket(BUCKET).key("input/image.jpg");
        let sent = sent.send().await.unwrap().body.collect().await.unwrap();
        assert_eq!(sent.into_bytes(), vec![7; 200_000]);
        let result = std::fs::read_to_string(folder.path().join("results/cat.json")).unwrap();
        assert_eq!(result, "{\"class\": \"tabby\"}");
        let shown = ran.events.iter().find_map(|event| match event {
            JobEvent::Downloaded { text, size, .. } => Some((text.clone(), *size)),
            _ => None,
        });
        assert_eq!(shown, Some((Some(result), 18)));
        let left: Vec<_> = std::fs::read_dir(folder.path().join("results")).unwrap().collect();
        assert_eq!(left.len(), 1, "no half file is left");
        let operations: Vec<&str> = ran.calls.iter().map(|call| call.operation.as_str()).collect();
        let at = |name: &str| operations.iter().position(|one| *one == name).unwrap();
        assert!(at("PUT object") < at("RunTask"));
    });
}

#[test]
fn who_comes_back_uploads_nothing_and_fetches_the_result() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), "cat").unwrap();
        let process = Process::of(&text).in_folder(folder.path());
        process.asking("PENDING", StopRequest::Leave).run(&world, calm).await;
        let back = writing(&world, &text, folder.path(), "{}").await.run(&world, calm).await;
        assert!(back.task().1);
        assert!(!back.calls.iter().any(|call| call.operation == "PUT object"));
        let result = std::fs::read_to_string(folder.path().join("results/cat.json")).unwrap();
        assert_eq!(result, "{}");
    });
}

#[test]
fn a_task_with_another_command_is_not_asked_for_the_jobs_results() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        let mut other = Process::of(&text).asking("RUNNING", StopRequest::Leave);
        other.asked.args.push("https://a/tiger.jpg".to_owned());
        let left = other.run(&world, calm).await;
        let process = Process::of(&text).in_folder(folder.path());
        let ran = process.run(&world, calm).await;
        assert_eq!(ran.task(), (left.task().0, true));
        assert_eq!(ran.ended().exit_code, 0, "it is that task's");
        assert!(!ran.calls.iter().any(|call| call.operation == "GET object"));
    });
}

#[test]
fn a_result_that_the_task_did_not_write_is_none() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), "cat").unwrap();
        let run = || Process::of(&text).in_folder(folder.path());
        let ran = run().run(&world, calm).await;
        let words = ran.failed().to_string();
        assert_eq!(ran.failed().exit_code(), 1);
        assert!(words.contains(&format!("ended with 0 but wrote no s3://{BUCKET}/output/result.json\n")), "{words}");
        put(&client(&world).await, "output/result.json", "old").await;
        pass(&world, 60).await;
        let ran = run().run(&world, calm).await;
        let words = ran.failed().to_string();
        assert!(words.contains("what is there is older than its task"), "{words}");
        assert!(!folder.path().join("results/cat.json").exists());
    });
}

#[test]
fn arguments_leave_inputs_and_outputs_alone() {
    trial(async {
        let world = applied().await;
        let text = text();
        let mut process = Process::of(&text);
        process.asked.args.push("https://a/tiger.jpg".to_owned());
        let ran = process.run(&world, calm).await;
        assert_eq!(ran.ended().exit_code, 0);
        assert!(ran.log()[0].contains("node classifier.js https://a/tiger.jpg"), "{:?}", ran.log());
        assert!(!ran.calls.iter().any(|call| call.operation.ends_with(" object")));
    });
}

#[test]
fn half_a_result_never_takes_the_place_of_a_whole_one() {
    trial(async {
        let world = applied().await;
        let (text, folder) = (text(), tempfile::tempdir().unwrap());
        std::fs::write(folder.path().join("cat.jpg"), "cat").unwrap();
        std::fs::create_dir(folder.path().join("results")).unwrap();
        std::fs::write(folder.path().join("results/cat.json"), "before").unwrap();
        let process = writing(&world, &text, folder.path(), "{\"class\": \"tabby\"}").await;
        let half = |call: &Call| match call.operation.as_str() {
            "GET object" => Trouble::Garbled(crate::cloud::trouble::Garbled::Half),
            _ => Trouble::None,
        };
        let ran = process.run(&world, half).await;
        assert_eq!(ran.failed().exit_code(), 1);
        let kept = std::fs::read_to_string(folder.path().join("results/cat.json")).unwrap();
        assert_eq!(kept, "before");
        assert_eq!(std::fs::read_dir(folder.path().join("results")).unwrap().count(), 1);
    });
}
