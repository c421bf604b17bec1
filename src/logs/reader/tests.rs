//! The reader over the embedded account, a line or two a page.

use std::collections::BTreeSet;

use super::*;
use crate::cloud::{Endpoint, connect, identity};
use labform_account::{Quirks, Sandbox};

const REGION: &str = "eu-west-1";

struct World {
    sandbox: Sandbox,
    cloud: Cloud,
    begun: SystemTime,
}

impl World {
    async fn with_pages_of(size: usize) -> Self {
        let sandbox = Sandbox::in_memory();
        sandbox.with(|account| {
            account.quirks = Quirks { page_size: Some(size), ..Quirks::default() };
        });
        let cloud = connect(&Endpoint::Sandbox(sandbox.clone()), REGION, None).await;
        identity(&cloud).await.unwrap();
        for group in ["a", "b"] {
            let create = cloud.logs.create_log_group().log_group_name(group);
            create.send().await.unwrap();
        }
        // So that what a test writes after the begin isn't ahead of the clock.
        let begun = cloud.now() - Duration::from_secs(1000);
        Self { sandbox, cloud, begun }
    }

    /// Writes a line of the time `at`, in seconds after the begin.
    fn write(&self, group: &str, stream: &str, at: i64, message: &str) {
        let at = millis(self.begun) + at * 1000;
        self.sandbox.with(|account| account.write_log(REGION, group, stream, at, message));
    }

    fn reader(&self, sources: &[(&str, &[&str])]) -> Reader<'_> {
        let source = |(group, prefixes): &(&str, &[&str])| Source {
            group: (*group).to_owned(),
            prefixes: prefixes.iter().map(|&one| one.to_owned()).collect::<BTreeSet<_>>(),
        };
        Reader::new(&self.cloud, sources.iter().map(source).collect(), self.begun)
    }
}

async fn told(reader: &mut Reader<'_>) -> String {
    let mut told = Vec::new();
    let mut tell = |line: Line| {
        told.push(line.message);
        Ok::<_, CloudError>(())
    };
    reader.read(&mut tell).await.unwrap();
    told.join(" ")
}

#[tokio::test]
async fn lines_of_all_sources_are_told_once_and_in_order() {
    for size in [1, 2, 100] {
        let world = World::with_pages_of(size).await;
        world.write("a", "ecs/web/1", -1, "before");
        world.write("a", "ecs/web/1", 0, "a1");
        world.write("b", "ecs/job/2", 1, "b1");
        world.write("a", "ecs/web/3", 2, "a2");
        world.write("a", "ecs/web/1", 2, "a2");
        world.write("b", "ecs/job/2", 3, "b2");
        let mut reader = world.reader(&[("a", &[]), ("b", &[])]);
        assert_eq!(told(&mut reader).await, "a1 b1 a2 a2 b2", "{size}");
        assert_eq!(told(&mut reader).await, "");
        // Of the same millisecond, of a moment ago, and new.
        world.write("b", "ecs/job/2", 3, "b3");
        world.write("a", "ecs/web/3", 1, "late");
        world.write("a", "ecs/web/1", 400, "a4");
        assert_eq!(told(&mut reader).await, "late b3 a4", "{size}");
        assert_eq!(told(&mut reader).await, "");
        world.write("a", "ecs/web/1", 401, "a5");
        assert_eq!(told(&mut reader).await, "a5");
        assert_eq!(reader.places[0].told.len(), 2, "what is over is forgotten");
    }
}

#[tokio::test]
async fn a_writer_whose_clock_is_ahead_hides_no_other() {
    let world = World::with_pages_of(100).await;
    let mut reader = world.reader(&[("a", &[])]);
    world.write("a", "ecs/web/1", 1000, "now");
    world.write("a", "ecs/web/2", 1000 + 3600, "ahead");
    assert_eq!(told(&mut reader).await, "now ahead");
    world.write("a", "ecs/web/1", 1001, "later");
    assert_eq!(told(&mut reader).await, "later");
    assert_eq!(told(&mut reader).await, "");
}

#[tokio::test]
async fn only_the_streams_of_a_source_are_told() {
    let world = World::with_pages_of(1).await;
    for (at, stream) in ["ecs/web/1", "ecs/web-2/1", "ecs/proxy/1", "other"].iter().enumerate() {
        world.write("a", stream, i64::try_from(at).unwrap(), stream);
    }
    let cases: [(&[&str], &str); 3] = [
        (&["ecs/web/"], "ecs/web/1"),
        (&["ecs/web/", "ecs/proxy/"], "ecs/web/1 ecs/proxy/1"),
        (&[], "ecs/web/1 ecs/web-2/1 ecs/proxy/1 other"),
    ];
    for (prefixes, expected) in cases {
        let mut reader = world.reader(&[("a", prefixes)]);
        assert_eq!(told(&mut reader).await, expected);
    }
}

#[tokio::test]
async fn a_group_that_is_not_there_hides_no_other() {
    let world = World::with_pages_of(100).await;
    world.write("a", "ecs/web/1", 0, "a1");
    let mut reader = world.reader(&[("a", &[]), ("none", &[])]);
    assert_eq!(told(&mut reader).await, "a1");
    assert_eq!(reader.missing(), ["none"]);
    let create = world.cloud.logs.create_log_group().log_group_name("none");
    create.send().await.unwrap();
    world.write("none", "ecs/web/1", 1, "n1");
    assert_eq!(told(&mut reader).await, "n1");
    assert!(reader.missing().is_empty());
}

#[tokio::test]
async fn a_group_that_may_not_be_read_is_an_error() {
    let world = World::with_pages_of(100).await;
    world.sandbox.with(|account| {
        account.quirks.denied = BTreeSet::from(["logs:FilterLogEvents".to_owned()]);
    });
    let mut reader = world.reader(&[("a", &[])]);
    let error = reader.read(&mut |_| Ok::<_, CloudError>(())).await.unwrap_err();
    assert_eq!(error.kind(), crate::cloud::ErrorKind::Denied);
}
