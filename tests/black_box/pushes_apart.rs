//! Pushes that are interrupted, and one whose memory is measured: in a process of their own, which this program starts
//! from itself.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use labform::registry::{Location, Login, Source, push};

use crate::archives::Image;
use crate::pushes::{amd64, assert_holds, counts, pushed, run, until};
use crate::registry::{Registry, Road};

/// What the process of its own is told: the archive and the place.
const ARCHIVE: &str = "LABFORM_TEST_ARCHIVE";
const TO: &str = "LABFORM_TEST_TO";

/// How many blobs of an image that is interrupted arrive at once: its config and its small layers. All of them are
/// waited for, so that none arrives while they are counted; each large one takes seconds.
const SMALL: usize = 4;

#[test]
fn a_push_that_is_killed_leaves_no_tag_and_the_next_one_goes_on() {
    let image = Image::made(8, &[60_000, 60_000, 60_000, 20_000_000, 20_000_000, 20_000_000]);
    let archive = image.archive();
    resumes(&image, &archive, |registry, road| {
        let mut child = in_a_process_of_its_own(&archive, &format!("{}/web", road.host));
        until(|| present(registry, &image) >= SMALL);
        child.kill().expect("it still runs");
        child.wait().expect("it has ended");
    });
}

#[test]
fn a_push_that_is_dropped_leaves_no_tag_and_the_next_one_goes_on() {
    let image = Image::made(9, &[60_000, 60_000, 60_000, 20_000_000, 20_000_000, 20_000_000]);
    let archive = image.archive();
    let source = Source::Archive(archive.clone());
    resumes(&image, &archive, |registry, road| {
        let (place, amd) = (Location::new(road.host.as_str(), "web"), amd64());
        run(async {
            let tags = ["1".to_owned()];
            let arrived = async {
                while present(registry, &image) < SMALL {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::select! {
                ended = push(&source, &amd, &place, &Login::Anonymous, &tags, None, &|_| ()) => {
                    panic!("it ended first: {ended:?}");
                }
                () = arrived => {}
            }
        });
    });
}

/// Interrupts a push on a slow road, and asserts that the next one moves what is missing and nothing else.
fn resumes(image: &Image, archive: &Path, interrupted: impl Fn(&Registry, &Road)) {
    let registry = Registry::open();
    let road = Road::to(&registry, 4_000_000);
    interrupted(&registry, &road);
    drop(road);
    let there = present(&registry, image);
    assert!((SMALL..image.blobs.len()).contains(&there), "{there} arrived");
    assert_eq!(registry.read("/v2/web/manifests/1").0, 404);
    let next = pushed(&Source::Archive(archive.to_owned()), &registry.place("web"));
    assert_eq!(counts(&next), [image.blobs.len() - there, there, 0]);
    assert_holds(&registry, "web", image);
}

fn present(registry: &Registry, image: &Image) -> usize {
    image.blobs.iter().map(|(digest, _)| digest).filter(|digest| registry.has("web", digest)).count()
}

#[test]
fn three_hundred_megabytes_take_little_memory() {
    let registry = Registry::open();
    let image = Image::made(10, &[150_000_000, 100_000_000, 50_000_000]);
    let archive = image.archive();
    let mut child = in_a_process_of_its_own(&archive, &format!("{}/web", registry.host));
    let mut said = String::new();
    let mut out = child.stdout.take().expect("stdout is a pipe");
    out.read_to_string(&mut said).expect("it says text");
    assert!(child.wait().expect("it ends").success(), "{said}");
    let peak = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok());
    let peak: u64 = peak.unwrap_or_else(|| panic!("it says no peak:\n{said}"));
    println!("the peak was {peak} kB");
    assert!(peak < 80_000, "{peak} kB");
    assert_holds(&registry, "web", &image);
}

/// Starts this program again, for the one push below.
fn in_a_process_of_its_own(archive: &Path, to: &str) -> Child {
    let this = env::current_exe().expect("a program knows where it is");
    Command::new(this)
        .args(["--exact", "pushes_apart::a_push_by_the_process_of_its_own", "--nocapture"])
        .env(ARCHIVE, archive)
        .env(TO, to)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts")
}

/// What a process that [`in_a_process_of_its_own`] starts does; without its variables there is nothing to push.
#[test]
fn a_push_by_the_process_of_its_own() {
    let (Ok(archive), Ok(to)) = (env::var(ARCHIVE), env::var(TO)) else {
        return;
    };
    let place = Location::parse(&to).expect("it is a place");
    pushed(&Source::Archive(PathBuf::from(archive)), &place);
    let status = fs::File::open("/proc/self/status").expect("Linux says it");
    let mut lines = BufReader::new(status).lines().map_while(Result::ok);
    let peak = lines.find(|line| line.starts_with("VmHWM:"));
    println!("\n{}", peak.expect("Linux says it"));
}
