//! Archives and layouts of every form.

use std::fs;
use std::path::PathBuf;

use super::document::Digest;
use super::image::BlobSource;
use super::*;

/// A folder with an archive or a layout that is being made.
pub(super) struct Made {
    folder: tempfile::TempDir,
    files: Vec<(String, Vec<u8>)>,
}

impl Made {
    pub(super) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), files: Vec::new() }
    }

    fn file(&mut self, name: &str, content: impl Into<Vec<u8>>) -> &mut Self {
        self.files.push((name.to_owned(), content.into()));
        self
    }

    /// A blob of a layout, as a descriptor's fields.
    fn blob(&mut self, media_type: &str, content: impl Into<Vec<u8>>) -> String {
        let content = content.into();
        let (digest, size) = (Digest::of_bytes(&content), content.len());
        self.file(&format!("blobs/sha256/{}", digest.hex()), content);
        format!(r#""mediaType":"{media_type}","digest":"{digest}","size":{size}"#)
    }

    /// An image of a layout, as a descriptor's fields.
    pub(super) fn image(&mut self, platform: &str, layer: &str) -> String {
        let config = self.blob(document::CONFIG, config(platform, &[]));
        let layer = self.blob(document::LAYER, layer);
        let manifest = format!(r#"{{"schemaVersion":2,"config":{{{config}}},"layers":[{{{layer}}}]}}"#);
        self.blob(document::MANIFEST, manifest)
    }

    pub(super) fn index(&mut self, entries: &[String]) -> &mut Self {
        let index = index(entries);
        self.file("index.json", index)
    }

    fn archive(&self) -> Source {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, content) in &self.files {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len().try_into().unwrap());
            tar.append_data(&mut header, name, &content[..]).unwrap();
        }
        let path = self.folder.path().join("image.tar");
        fs::write(&path, tar.into_inner().unwrap()).unwrap();
        Source::Archive(path)
    }

    pub(super) fn layout(&self) -> Source {
        for (name, content) in &self.files {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Source::Layout(self.folder.path().to_owned())
    }
}

fn config(platform: &str, layers: &[&[u8]]) -> String {
    let (os, architecture) = platform.split_once('/').unwrap();
    let digest = |layer: &&[u8]| format!(r#""{}""#, Digest::of_bytes(layer));
    let diffs: Vec<String> = layers.iter().map(digest).collect();
    let diffs = diffs.join(",");
    format!(r#"{{"os":"{os}","architecture":"{architecture}","rootfs":{{"type":"layers","diff_ids":[{diffs}]}}}}"#)
}

fn index(entries: &[String]) -> String {
    let entries: Vec<String> = entries.iter().map(|entry| format!("{{{entry}}}")).collect();
    format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","))
}

pub(super) fn platform(text: &str) -> Platform {
    text.parse().unwrap()
}

async fn fails(source: &Source, wanted: &str) -> (ErrorKind, String) {
    let error = find(source, &platform(wanted)).await.unwrap_err();
    (error.kind, error.message)
}

#[tokio::test]
async fn an_archive_and_a_layout_hold_the_same() {
    let mut made = Made::new();
    let image = made.image("linux/amd64", "layer");
    made.index(std::slice::from_ref(&image));
    let in_archive = find(&made.archive(), &platform("linux/amd64")).await.unwrap();
    let in_layout = find(&made.layout(), &platform("linux/amd64")).await.unwrap();
    assert_eq!(in_archive, in_layout);
    assert!(image.contains(&in_archive.digest));
    let config = config("linux/amd64", &[]).len() + "layer".len();
    assert_eq!((in_archive.size, in_archive.layers), (config as u64, 1));
}

#[tokio::test]
async fn an_index_gives_the_platform_that_is_wanted() {
    let mut made = Made::new();
    let amd = made.image("linux/amd64", "amd");
    let arm = made.image("linux/arm64", "arm");
    let attestation = made.image("unknown/unknown", "who built it");
    let of = |image: &str, os: &str, architecture: &str| {
        format!(r#"{image},"platform":{{"os":"{os}","architecture":"{architecture}"}}"#)
    };
    let nowhere = Digest::of_bytes(b"listed, and not in the archive");
    let absent = format!(r#""mediaType":"{}","digest":"{nowhere}","size":9"#, document::MANIFEST);
    let inner = index(&[
        of(&attestation, "unknown", "unknown"),
        of(&amd, "linux", "amd64"),
        of(&arm, "linux", "arm64"),
        of(&absent, "linux", "s390x"),
    ]);
    let nested = made.blob("application/vnd.oci.image.index.v1+json", inner);
    made.index(&[nested]);
    let source = made.archive();
    for (wanted, image) in [("linux/amd64", &amd), ("linux/arm64/v8", &arm)] {
        let found = find(&source, &platform(wanted)).await.unwrap();
        assert!(image.contains(&found.digest), "{wanted}");
    }
    let message = "holds no image for linux/riscv64, but for linux/amd64, linux/arm64";
    assert_eq!(
        fails(&source, "linux/riscv64").await,
        (ErrorKind::WrongPlatform(vec![platform("linux/amd64"), platform("linux/arm64")]), message.to_owned())
    );
}

#[tokio::test]
async fn the_config_has_the_last_word_on_the_platform() {
    let mut made = Made::new();
    let image = made.image("linux/arm64", "arm");
    let says = r#","platform":{"os":"linux","architecture":"amd64"}"#;
    made.index(&[format!("{image}{says}")]);
    let message = "holds no image for linux/amd64, but for linux/arm64";
    assert_eq!(
        fails(&made.archive(), "linux/amd64").await,
        (ErrorKind::WrongPlatform(vec![platform("linux/arm64")]), message.to_owned())
    );
}

#[tokio::test]
async fn an_archive_of_several_images_names_them() {
    let mut made = Made::new();
    let (one, two) = (made.image("linux/amd64", "1"), made.image("linux/amd64", "2"));
    let name = |image: &str, name: &str| format!(r#"{image},"annotations":{{"io.containerd.image.name":"{name}"}}"#);
    made.index(&[name(&one, "web:1"), name(&one, "web:latest")]);
    assert!(find(&made.archive(), &platform("linux/amd64")).await.is_ok());
    made.files.pop();
    made.index(&[name(&one, "web:1"), name(&two, "web:2")]);
    let message = "holds several images: web:1, web:2; keep one in an archive";
    assert_eq!(fails(&made.archive(), "linux/amd64").await, (ErrorKind::Other, message.to_owned()));
}

#[tokio::test]
async fn what_docker_save_writes_has_one_digest() {
    let gzip = [0x1f, 0x8b, 8, 0, 7];
    let list = r#"[{"Config":"c.json","RepoTags":["web:1"],"Layers":["a/layer.tar","b/layer.tar"]}]"#;
    let mut made = Made::new();
    made.file("b/layer.tar", gzip)
        .file("a/layer.tar", "plain")
        .file("c.json", config("linux/amd64", &[b"plain", b"unpacked"]))
        .file("manifest.json", list);
    let found = find(&made.archive(), &platform("linux/amd64")).await.unwrap();
    made.files.reverse();
    let again = find(&made.archive(), &platform("linux/amd64")).await.unwrap();
    assert_eq!(found, again);
    assert_eq!(found.layers, 2);

    let image = open(&made.archive(), &platform("linux/amd64"), None, None).await.unwrap();
    let config = config("linux/amd64", &[b"plain", b"unpacked"]);
    let (c, a, b) = (Digest::of_bytes(config.as_bytes()), Digest::of_bytes(b"plain"), Digest::of_bytes(&gzip));
    let size = config.len();
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{c}","size":{size}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{a}","size":5}},{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{b}","size":5}}]}}"#
    );
    assert_eq!(std::str::from_utf8(&image.manifest.body).unwrap(), manifest);
    assert!(image.blobs.iter().all(|blob| matches!(blob.at, BlobSource::File(_))));
}

#[tokio::test]
async fn an_index_without_end_is_refused() {
    let mut made = Made::new();
    let entry = made.image("linux/amd64", "layer");
    // Each level names the one below twice: 2^40 ways down, and 40 indexes.
    let mut nested = entry;
    for _ in 0..40 {
        let inner = index(&[nested.clone(), nested]);
        nested = made.blob("application/vnd.oci.image.index.v1+json", inner);
    }
    made.index(&[nested]);
    assert!(find(&made.layout(), &platform("linux/amd64")).await.is_ok());

    let mut made = Made::new();
    let entries = (0..=1000).map(|number| {
        let digest = Digest::of_bytes(format!("{number}").as_bytes());
        format!(r#""mediaType":"{}","digest":"{digest}","size":9"#, document::MANIFEST)
    });
    made.index(&entries.collect::<Vec<_>>());
    let (kind, message) = fails(&made.layout(), "linux/amd64").await;
    assert_eq!(kind, ErrorKind::Corrupt);
    assert_eq!(message, "names more than 1000 images");
}

#[tokio::test]
async fn sizes_that_no_number_holds_are_refused() {
    let mut made = Made::new();
    let config = made.blob(document::CONFIG, config("linux/amd64", &[]));
    let layer = format!(
        r#""mediaType":"{}","digest":"{}","size":18446744073709551615"#,
        document::LAYER,
        Digest::of_bytes(b"layer")
    );
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{{config}}},"layers":[{{{layer}}}]}}"#);
    let image = made.blob(document::MANIFEST, manifest);
    made.index(&[image]);
    let (kind, message) = fails(&made.layout(), "linux/amd64").await;
    assert_eq!(kind, ErrorKind::Corrupt);
    assert_eq!(message, "says that it is larger than any image");
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_is_no_archive() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("web.tar");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let (kind, message) = fails(&Source::Archive(pipe), "linux/amd64").await;
    assert_eq!((kind, message.as_str()), (ErrorKind::Corrupt, "is no file"));
}

#[tokio::test]
async fn an_archive_with_something_missing_says_what() {
    let mut made = Made::new();
    made.file("notes.txt", "no image");
    let (kind, message) = fails(&made.archive(), "linux/amd64").await;
    assert_eq!(kind, ErrorKind::Corrupt);
    assert_eq!(message, "is no image archive: it has no index.json and no manifest.json");

    let mut made = Made::new();
    let image = made.image("linux/amd64", "layer");
    made.index(&[image]);
    made.files.retain(|(_, content)| content != b"layer");
    let (kind, message) = fails(&made.archive(), "linux/amd64").await;
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(message.starts_with("lacks sha256:"), "{message}");

    let mut made = Made::new();
    let image = made.image("linux/amd64", "layer");
    made.index(&[image]);
    for (_, content) in &mut made.files {
        if content == b"layer" {
            content.pop();
        }
    }
    let (kind, message) = fails(&made.layout(), "linux/amd64").await;
    assert_eq!(kind, ErrorKind::Corrupt);
    assert!(message.starts_with("holds 4 bytes of sha256:"), "{message}");
    let nowhere = Source::Layout(PathBuf::from("no/such/folder"));
    assert_eq!(fails(&nowhere, "linux/amd64").await.0, ErrorKind::Corrupt);
}
