//! Image archives and layouts of made-up layers, the same for the same seed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use labform::registry::Source;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::registry::hex;

/// The media type of an OCI manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of an OCI index.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// An image on disk, as a layout and as an archive of it.
pub(crate) struct Image {
    folder: TempDir,
    /// The manifest.
    pub(crate) manifest: String,
    /// Config and layers: digest and bytes.
    pub(crate) blobs: Vec<(String, u64)>,
}

impl Image {
    /// An image for linux/amd64 with layers of these sizes. Another seed gives other layers.
    pub(crate) fn made(seed: u64, sizes: &[u64]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = folder.path().join("layout");
        fs::create_dir_all(root.join("blobs/sha256")).expect("the folder can be written");
        let mut layers = Vec::new();
        for (seed, size) in (seed * 1_000 + 1..).zip(sizes) {
            layers.push(write(&root, Noise::new(seed, *size)));
        }
        let diffs: Vec<String> = layers.iter().map(|(digest, _)| format!("{digest:?}")).collect();
        let config = format!(
            r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            diffs.join(",")
        );
        let config = write(&root, config.as_bytes());
        let described: Vec<String> =
            layers.iter().map(|layer| descriptor("application/vnd.oci.image.layer.v1.tar", layer)).collect();
        let manifest = format!(
            "{{\n  \"schemaVersion\": 2,\n  \"config\": {},\n  \"layers\": [{}]\n}}",
            descriptor("application/vnd.oci.image.config.v1+json", &config),
            described.join(",")
        );
        let entry = descriptor(MANIFEST, &write(&root, manifest.as_bytes()));
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{entry}]}}"#);
        fs::write(root.join("index.json"), index).expect("the folder can be written");
        let blobs = [config].into_iter().chain(layers).collect();
        Self { folder, manifest, blobs }
    }

    /// The folder.
    pub(crate) fn layout(&self) -> Source {
        Source::Layout(self.folder.path().join("layout"))
    }

    /// The tar file of the folder.
    pub(crate) fn archive(&self) -> PathBuf {
        let path = self.folder.path().join("image.tar");
        let file = File::create(&path).expect("the folder can be written");
        let mut tar = tar::Builder::new(file);
        tar.append_dir_all("", self.folder.path().join("layout"))
            .and_then(|()| tar.finish())
            .expect("the layout can be read");
        path
    }

    /// What `docker save` makes of the same image.
    pub(crate) fn saved_by_docker(&self) -> PathBuf {
        let path = self.folder.path().join("saved.tar");
        let mut tar = tar::Builder::new(File::create(&path).expect("the folder can be written"));
        let mut add = |name: &str, from: &Path| {
            let mut file = File::open(from).expect("the blob is there");
            tar.append_file(name, &mut file).expect("the disk has room");
        };
        let (config, layers) = self.blobs.split_first().expect("an image has a config");
        add("config.json", &self.file(&config.0));
        let mut names = Vec::new();
        for (number, (digest, _)) in layers.iter().enumerate() {
            names.push(format!(r#""{number}/layer.tar""#));
            add(&format!("{number}/layer.tar"), &self.file(digest));
        }
        let list = format!(r#"[{{"Config":"config.json","RepoTags":["web:1"],"Layers":[{}]}}]"#, names.join(","));
        let list_file = self.folder.path().join("manifest.json");
        fs::write(&list_file, list).expect("the folder can be written");
        add("manifest.json", &list_file);
        tar.finish().expect("the disk has room");
        path
    }

    /// The file of a blob in the layout.
    pub(crate) fn file(&self, digest: &str) -> PathBuf {
        blob(&self.folder.path().join("layout"), digest)
    }

    /// The manifest's digest.
    pub(crate) fn digest(&self) -> String {
        hex(Sha256::new_with_prefix(&self.manifest))
    }
}

/// A descriptor of a blob, as JSON.
pub(crate) fn descriptor(media_type: &str, (digest, size): &(String, u64)) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

fn blob(root: &Path, digest: &str) -> PathBuf {
    root.join("blobs").join(digest.replace(':', "/"))
}

/// Writes a blob, without ever having all of it in memory.
fn write(root: &Path, mut content: impl Read) -> (String, u64) {
    let unnamed = root.join("unnamed");
    let mut file = File::create(&unnamed).expect("the folder can be written");
    let (mut hash, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = content.read(&mut piece).expect("made-up bytes can be read");
        if read == 0 {
            break;
        }
        hash.update(&piece[..read]);
        io::Write::write_all(&mut file, &piece[..read]).expect("the disk has room");
        size += u64::try_from(read).expect("a piece is small");
    }
    let digest = hex(hash);
    fs::rename(unnamed, blob(root, &digest)).expect("the folder can be written");
    (digest, size)
}

/// Bytes that look like chance (xorshift64*): a block of them again and again, each time with its number in front.
struct Noise {
    block: Vec<u8>,
    number: u64,
    left: u64,
}

impl Noise {
    fn new(mut seed: u64, left: u64) -> Self {
        let mut block = Vec::new();
        for _ in 0..8_192 {
            seed ^= seed >> 12;
            seed ^= seed << 25;
            seed ^= seed >> 27;
            block.extend(seed.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
        }
        Self { block, number: 0, left }
    }
}

impl Read for Noise {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.block[..8].copy_from_slice(&self.number.to_le_bytes());
        self.number += 1;
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let read = left.min(into.len()).min(self.block.len());
        into[..read].copy_from_slice(&self.block[..read]);
        self.left -= u64::try_from(read).expect("a block is small");
        Ok(read)
    }
}
