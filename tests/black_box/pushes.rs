//! Images that are pushed to, and mirrored between, registries that others wrote.

use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use labform::model::Secret;
use labform::registry::{
    ErrorKind, Location, Login, Platform, Progress, Pushed, RegistryError, Source, describe, describe_for, find,
    inspect, push,
};

use crate::archives::{INDEX, Image, MANIFEST, descriptor};
use crate::registry::{Registry, Road, USER};

/// As fast as it gets.
const FAST: u64 = 1 << 40;

type Ended = Result<Pushed, RegistryError>;

pub(crate) fn amd64() -> Platform {
    "linux/amd64".parse().expect("it is a platform")
}

fn student() -> Login {
    Login::Basic { user: USER[0].to_owned(), password: Secret::new(USER[1]) }
}

pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("threads can be started").block_on(work)
}

/// Pushes under the tag `1`.
fn pushes(source: &Source, place: &Location, login: &Login) -> Ended {
    let tags = ["1".to_owned()];
    run(push(source, &amd64(), place, login, &tags, None, &|_| ()))
}

pub(crate) fn pushed(source: &Source, place: &Location) -> Pushed {
    pushes(source, place, &Login::Anonymous).expect("the push goes well")
}

/// Asserts that a repository holds an image byte for byte under the tag `1`.
#[track_caller]
pub(crate) fn assert_holds(registry: &Registry, repository: &str, image: &Image) {
    let manifest = registry.read(&format!("/v2/{repository}/manifests/1"));
    assert_eq!(manifest, (200, image.digest()));
    for (digest, _) in &image.blobs {
        let blob = registry.read(&format!("/v2/{repository}/blobs/{digest}"));
        assert_eq!(&blob, &(200, digest.clone()));
    }
}

pub(crate) fn counts(pushed: &Pushed) -> [usize; 3] {
    [pushed.moved, pushed.present, pushed.mounted]
}

#[test]
fn an_archive_arrives_byte_for_byte_and_only_once() {
    let registry = Registry::open();
    let road = Road::to(&registry, FAST);
    let place = Location::new(road.host.as_str(), "lab/web");
    let image = Image::made(1, &[3_000_000, 700_000, 1, 0, 90_000]);
    let archive = Source::Archive(image.archive());
    let all: u64 = image.blobs.iter().map(|(_, size)| size).sum();

    let heard: Mutex<Vec<Progress>> = Mutex::default();
    let hears = |progress| heard.lock().expect("nothing panics").push(progress);
    let tags = ["1".to_owned(), "latest".to_owned()];
    let first = run(push(&archive, &amd64(), &place, &Login::Anonymous, &tags, None, &hears));
    let first = first.expect("the push goes well");
    assert_eq!(counts(&first), [6, 0, 0]);
    assert_eq!((first.bytes, &first.digest), (all, &image.digest()));
    assert_holds(&registry, "lab/web", &image);
    let latest = registry.read("/v2/lab/web/manifests/latest");
    assert_eq!(latest, (200, image.digest()));
    let end = Progress { blob: 6, blobs: 6, bytes: all, total: all };
    let heard = heard.into_inner().expect("nothing panics");
    assert_eq!(heard.last(), Some(&end));
    assert!(heard.len() > 12 && heard.iter().all(|progress| progress.bytes <= all));

    let before = road.sent();
    let second = pushed(&archive, &place);
    assert_eq!(counts(&second), [0, 6, 0]);
    assert_eq!(second.bytes, 0);
    let sent = road.sent() - before;
    assert!(sent < 10_000, "{sent} bytes were sent for nothing");

    let found = run(find(&archive, &amd64())).expect("the archive can be read");
    let there = run(describe(&place, &Login::Anonymous, "1")).expect("the registry answers");
    assert_eq!(there, Some(found));
    let by_digest = run(describe(&place, &Login::Anonymous, &image.digest()));
    assert_eq!(by_digest.expect("the registry answers"), there);
}

#[test]
fn a_layout_and_what_docker_save_writes_arrive_too() {
    let registry = Registry::open();
    let image = Image::made(2, &[200_000, 30_000]);
    let layout = pushed(&image.layout(), &registry.place("layout"));
    assert_eq!(layout.digest, image.digest());
    assert_holds(&registry, "layout", &image);

    let saved = Source::Archive(image.saved_by_docker());
    let first = pushed(&saved, &registry.place("saved"));
    assert_eq!(counts(&first), [3, 0, 0]);
    let again = pushed(&saved, &registry.place("again"));
    assert_eq!(first.digest, again.digest);
    let manifest = registry.read("/v2/saved/manifests/1");
    assert_eq!(manifest, (200, first.digest));
    for (digest, _) in &image.blobs {
        assert!(registry.has("saved", digest));
    }
}

#[test]
fn a_mirror_keeps_digests() {
    let (from, to) = (Registry::open(), Registry::open());
    let image = Image::made(3, &[2_000_000, 50_000]);
    let arm = "linux/arm64".parse().expect("it is a platform");
    pushed(&image.layout(), &from.place("web"));
    let entry = descriptor(MANIFEST, &(image.digest(), image.manifest.len() as u64));
    let platform = r#""platform":{"os":"linux","architecture":"amd64"}"#;
    let entry = format!("{},{platform}}}", entry.trim_end_matches('}'));
    let index = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entry}]}}"#);
    from.put("web", "both", INDEX, index.as_bytes());

    let source = |tag: &str| Source::Registry { reference: format!("{}/web{tag}", from.host) };
    let mirrored = pushed(&source(":both"), &to.place("mirror/web"));
    assert_eq!(counts(&mirrored), [3, 0, 0]);
    assert_eq!(mirrored.digest, image.digest());
    assert_holds(&to, "mirror/web", &image);
    let by_digest = format!("@{}", image.digest());
    let again = pushed(&source(&by_digest), &to.place("mirror/web"));
    assert_eq!(counts(&again), [0, 3, 0]);

    // Whatever the tag names by now, what is asked for by its digest comes.
    let other = Image::made(11, &[20_000]);
    pushed(&other.layout(), &from.place("web"));
    let (expected, tags) = (image.digest(), ["1".to_owned()]);
    let (moved, amd, place) = (source(":1"), amd64(), to.place("pinned"));
    let login = Login::Anonymous;
    let work = push(&moved, &amd, &place, &login, &tags, Some(&expected), &|_| ());
    assert_eq!(run(work).expect("it is there still").digest, expected);
    pushed(&image.layout(), &from.place("web"));

    // In the same registry nothing travels.
    let mounted = pushed(&source(":1"), &from.place("other"));
    assert_eq!(counts(&mounted), [0, 0, 3]);
    assert_holds(&from, "other", &image);

    let there = run(describe(&from.place("web"), &Login::Anonymous, "both"));
    let there = there.expect("the registry answers").expect("it is there");
    assert_ne!(there.digest, image.digest());
    assert_eq!((there.platform, there.layers), (amd64(), 2));
    let named = run(inspect(&from.place("web"), &Login::Anonymous, "both"));
    let named = named.expect("the registry answers").expect("it is there");
    assert_eq!(named.digest, there.digest);
    assert_eq!(named.images, [(amd64(), image.digest())]);
    let other = run(describe_for(&from.place("web"), &Login::Anonymous, "both", &arm));
    assert_eq!(other.unwrap_err().kind, ErrorKind::WrongPlatform(vec![amd64()]));
}

#[test]
fn a_wrong_platform_is_refused_before_anything_moves() {
    let registry = Registry::open();
    let image = Image::made(4, &[10_000]);
    let arm = "linux/arm64".parse().expect("it is a platform");
    let place = registry.place("web");
    let source = image.layout();
    let work = push(&source, &arm, &place, &Login::Anonymous, &[], None, &|_| ());
    let error = run(work).unwrap_err();
    assert_eq!(error.kind, ErrorKind::WrongPlatform(vec![amd64()]));
    assert_eq!(error.message, "holds no image for linux/arm64, but for linux/amd64");
    assert!(!registry.has("web", &image.blobs[1].0));
    // So is another image than the one that was looked at.
    let (login, other) = (Login::Anonymous, format!("sha256:{}", "0".repeat(64)));
    let amd = amd64();
    let work = push(&source, &amd, &place, &login, &[], Some(&other), &|_| ());
    let error = run(work).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
    assert!(!registry.has("web", &image.blobs[1].0));
    // Without tags the digest alone names it.
    let work = push(&source, &amd, &place, &Login::Anonymous, &[], None, &|_| ());
    let digest = run(work).expect("the push goes well").digest;
    let manifest = registry.read(&format!("/v2/web/manifests/{digest}"));
    assert_eq!(manifest, (200, digest));
}

#[test]
fn what_is_not_there_is_none_and_what_nobody_runs_is_unreachable() {
    let registry = Registry::open();
    let place = registry.place("web");
    let there = run(describe(&place, &Login::Anonymous, "1"));
    assert_eq!(there.expect("the registry answers"), None);
    let source = Source::Registry { reference: format!("{}/web:1", registry.host) };
    let error = run(find(&source, &amd64())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert_eq!(error.code.as_deref(), Some("MANIFEST_UNKNOWN"));
    drop(registry);
    let error = run(describe(&place, &Login::Anonymous, "1")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable, "{error}");
}

#[test]
fn a_login_is_right_wrong_or_missing() {
    let registry = Registry::with_password();
    let image = Image::made(5, &[10_000]);
    let place = registry.place("web");
    let wrong = Login::Basic { user: USER[0].to_owned(), password: Secret::new("open barley") };
    for (login, words) in [
        (&wrong, "the registry refuses the login"),
        (&Login::Anonymous, "the registry wants a login, or has no such image"),
    ] {
        let error = pushes(&image.layout(), &place, login).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert!(!format!("{error:?}").contains("barley"));
    }
    let first = pushes(&image.layout(), &place, &student()).expect("the login is right");
    assert_eq!(counts(&first), [2, 0, 0]);
    assert_holds(&registry, "web", &image);
    // A source in the same registry is read with the same login.
    let source = Source::Registry { reference: format!("{}/web:1", registry.host) };
    let copy = pushes(&source, &registry.place("copy"), &student());
    assert_eq!(counts(&copy.expect("the login is right")), [0, 0, 2]);
}

#[test]
fn a_login_that_ends_on_the_way_is_told_from_a_wrong_one() {
    let registry = Registry::with_password();
    let road = Road::to(&registry, 1_000_000);
    let place = Location::new(road.host.as_str(), "web");
    let image = Image::made(6, &[1_000, 2_000_000, 2_000_000, 2_000_000, 2_000_000]);
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            until(|| registry.has("web", &image.blobs[1].0));
            registry.lock_out();
        });
        pushes(&image.layout(), &place, &student())
    });
    let error = ended.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Expired, "{error}");
}

#[test]
fn bytes_that_are_wrong_never_become_a_blob() {
    let registry = Registry::open();
    let image = Image::made(7, &[900_000, 5_000]);
    let (layer, _) = &image.blobs[1];
    let mut bytes = fs::read(image.file(layer)).expect("the layer is there");
    bytes[123_456] ^= 1;
    fs::write(image.file(layer), bytes).expect("the layer can be written");
    let sources = [image.layout(), Source::Archive(image.archive()), Source::Archive(image.saved_by_docker())];
    for source in sources {
        let error = pushes(&source, &registry.place("web"), &Login::Anonymous).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
        assert!(error.message.contains(layer.as_str()), "{error}");
        assert!(!registry.has("web", layer));
        assert_eq!(registry.read("/v2/web/manifests/1").0, 404);
    }

    let whole = image.archive();
    let length = fs::metadata(&whole).expect("it was made").len();
    let file = fs::File::options().write(true).open(&whole);
    file.and_then(|file| file.set_len(length / 2)).expect("it can be cut");
    let error = run(find(&Source::Archive(whole), &amd64())).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Corrupt, "{error}");
}

/// Waits until something holds.
///
/// # Panics
/// Where it doesn't in a minute.
pub(crate) fn until(mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing arrives");
        thread::sleep(Duration::from_millis(20));
    }
}
