//! Image archives and layouts as named files: a tar file is read once for the places of its files, and blobs later from
//! these.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt as _, stream};

use super::pieces::Pieces;
use super::{ErrorKind, RegistryError};

/// The bytes of a file that are in memory at once, for each blob that is on its way.
const PIECE: u64 = 256 << 10;
/// The most links that lead to a file.
const LINKS: usize = 8;

/// The files of an archive or of a folder. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The archive or the folder, for messages.
    pub(super) name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Archive(Arc<BTreeMap<String, Extent>>),
    Folder(PathBuf),
}

/// The place of a file's bytes.
#[derive(Clone, Debug)]
pub(super) struct Extent {
    path: Arc<Path>,
    offset: u64,
    pub(super) size: u64,
}

impl Files {
    /// The files of a tar file. Blocks.
    ///
    /// # Errors
    /// If the tar file isn't there, is compressed, was cut off, or is none.
    pub(super) fn archive(path: &Path) -> Result<Self, RegistryError> {
        let name = path.display().to_string();
        let wrap = |error: io::Error| read_error(&name, &error);
        let corrupt = |message: String| RegistryError::new(ErrorKind::Corrupt, &name, message);
        let metadata = fs::metadata(path).map_err(wrap)?;
        // To open a pipe is to wait for somebody who writes into it.
        if !metadata.is_file() {
            return Err(corrupt("is no file".to_owned()));
        }
        let mut file = File::open(path).map_err(wrap)?;
        if let Some(tool) = unpacker(&mut file).map_err(wrap)? {
            let own = path.file_name().unwrap_or_default().to_string_lossy();
            let unpacked = unpacked_name(&own);
            let message = format!("is compressed as a whole: unpack it with `{tool} -c {own} > {unpacked}`");
            return Err(RegistryError::new(ErrorKind::Other, &name, message));
        }
        let members = members(file, path, metadata.len()).map_err(corrupt)?;
        Ok(Self { kind: Kind::Archive(Arc::new(members)), name })
    }

    /// The files of a folder.
    pub(super) fn folder(path: &Path) -> Self {
        Self { name: path.display().to_string(), kind: Kind::Folder(path.to_owned()) }
    }

    /// The place of the file of this name; none if there is no such file. Blocks.
    ///
    /// # Errors
    /// If the folder can't be read.
    pub(super) fn extent(&self, name: &str) -> Result<Option<Extent>, RegistryError> {
        match &self.kind {
            Kind::Archive(members) => {
                let name = normal(Path::new(name), Path::new(""));
                Ok(name.and_then(|name| members.get(&name).cloned()))
            }
            Kind::Folder(root) => {
                let path = root.join(name);
                match fs::metadata(&path) {
                    Ok(metadata) if !metadata.is_file() => Ok(None),
                    Ok(metadata) => Ok(Some(Extent { path: path.into(), offset: 0, size: metadata.len() })),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(error) => Err(read_error(&self.name, &error)),
                }
            }
        }
    }
}

impl Extent {
    /// The file from its beginning. Blocks while it is read.
    pub(super) fn open(&self) -> io::Result<io::Take<File>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(file.take(self.size))
    }

    /// The file's bytes, a piece at a time; a file that ends too soon ends the stream.
    pub(super) fn pieces(&self) -> Pieces {
        let extent = self.clone();
        let name = extent.path.display().to_string();
        stream::unfold(Some(Reading::Closed(extent)), move |reading| {
            let name = name.clone();
            async move {
                let step = tokio::task::spawn_blocking(move || reading?.step().transpose());
                let step = step.await.expect("reading a file doesn't panic")?;
                Some(match step {
                    Ok((piece, file)) => (Ok(piece), Some(Reading::Open(file))),
                    Err(error) => (Err(read_error(&name, &error)), None),
                })
            }
        })
        .boxed()
    }
}

enum Reading {
    Closed(Extent),
    Open(io::Take<File>),
}

impl Reading {
    fn step(self) -> io::Result<Option<(Bytes, io::Take<File>)>> {
        let mut file = match self {
            Self::Closed(extent) => extent.open()?,
            Self::Open(file) => file,
        };
        let mut piece = Vec::with_capacity(usize::try_from(PIECE).unwrap_or_default());
        (&mut file).take(PIECE).read_to_end(&mut piece)?;
        Ok((!piece.is_empty()).then(|| (piece.into(), file)))
    }
}

/// The tool that unpacks a file which is compressed as a whole; the file is at its beginning again afterwards.
fn unpacker(file: &mut File) -> io::Result<Option<&'static str>> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(match start[..] {
        [0x1f, 0x8b, ..] => Some("gunzip"),
        [0x28, 0xb5, 0x2f, 0xfd] => Some("unzstd"),
        _ => None,
    })
}

/// The name of a compressed archive once it is unpacked, which differs from the name before.
fn unpacked_name(name: &str) -> String {
    let ends = [".tar.gz", ".tgz", ".tar.zst", ".tar"];
    let stem = ends.iter().find_map(|end| name.strip_suffix(end));
    match stem {
        Some(stem) if !name.ends_with(".tar") => format!("{stem}.tar"),
        _ => format!("{}-unpacked.tar", stem.unwrap_or(name)),
    }
}

/// The place of each file of a tar file, by name.
fn members(file: File, path: &Path, length: u64) -> Result<BTreeMap<String, Extent>, String> {
    let unreadable = |error: io::Error| format!("is no tar file that can be read: {error}");
    let (mut members, mut links) = (BTreeMap::new(), BTreeMap::new());
    let shared: Arc<Path> = path.into();
    let mut archive = tar::Archive::new(file);
    for entry in archive.entries_with_seek().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let Some(name) = normal(&entry.path().map_err(unreadable)?, Path::new("")) else {
            continue;
        };
        let kind = entry.header().entry_type();
        if kind.is_symlink() || kind.is_hard_link() {
            // A symbolic link is read from its own folder, a hard link from the archive's root.
            let folder = match Path::new(&name).parent() {
                Some(folder) if kind.is_symlink() => folder.to_owned(),
                _ => PathBuf::new(),
            };
            let target = entry.link_name().map_err(unreadable)?;
            if let Some(target) = target.and_then(|target| normal(&target, &folder)) {
                links.insert(name, target);
            }
        } else if kind.is_file() || kind.is_contiguous() {
            let extent = Extent { path: shared.clone(), offset: entry.raw_file_position(), size: entry.size() };
            if extent.offset.saturating_add(extent.size) > length {
                return Err(format!("ends in the middle of {name}: it was cut off"));
            }
            members.insert(name, extent);
        }
    }
    follow(&mut members, &links);
    Ok(members)
}

/// Gives each link the file that it leads to.
fn follow(members: &mut BTreeMap<String, Extent>, links: &BTreeMap<String, String>) {
    for (name, first) in links {
        let ends = std::iter::successors(Some(first), |target| links.get(*target));
        let found = ends.take(LINKS).find_map(|target| members.get(target));
        if let Some(extent) = found.cloned() {
            members.insert(name.clone(), extent);
        }
    }
}

/// A path inside an archive without `.` and `..`; none if it leads out of the archive.
fn normal(path: &Path, folder: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.components().chain(path.components()) {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The error of a file that can't be read.
pub(super) fn read_error(name: &str, error: &io::Error) -> RegistryError {
    match error.kind() {
        io::ErrorKind::NotFound => RegistryError::new(ErrorKind::NotFound, name, "there is no such file or folder"),
        _ => RegistryError::new(ErrorKind::Other, name, format!("can't be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_normal() {
        let cases = [
            ("", "./index.json", Some("index.json")),
            ("", "blobs//sha256/x", Some("blobs/sha256/x")),
            ("a/b", "../c/layer.tar", Some("a/c/layer.tar")),
            ("a", "../../etc/passwd", None),
            ("", "/etc/passwd", None),
            ("", ".", None),
        ];
        for (folder, path, expect) in cases {
            let found = normal(Path::new(path), Path::new(folder));
            assert_eq!(found.as_deref(), expect, "{folder} {path}");
        }
    }

    #[tokio::test]
    async fn a_file_is_read_in_pieces_from_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tar");
        let content: Vec<u8> = (0..600_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut tar = tar::Builder::new(File::create(&path).unwrap());
        append(&mut tar, "./first", b"before");
        append(&mut tar, "blobs/second", &content);
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        tar.append_link(&mut link, "links/third", "../blobs/second").unwrap();
        tar.into_inner().unwrap();
        let files = Files::archive(&path).unwrap();
        for name in ["blobs/second", "links/third"] {
            let extent = files.extent(name).unwrap().unwrap();
            let pieces: Vec<Bytes> = extent.pieces().map(Result::unwrap).collect().await;
            assert!(pieces.len() > 2 && pieces.concat() == content, "{name}");
        }
        assert_eq!(files.extent("first").unwrap().unwrap().size, 6);
        assert!(files.extent("fourth").unwrap().is_none());
    }

    #[test]
    fn what_is_no_whole_tar_file_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tar");
        let fails = |content: &[u8]| {
            fs::write(&path, content).unwrap();
            Files::archive(&path).unwrap_err().message
        };
        let mut tar = tar::Builder::new(Vec::new());
        append(&mut tar, "big", &[7; 5_000]);
        let whole = tar.into_inner().unwrap();
        assert_eq!(fails(&whole[..3_000]), "ends in the middle of big: it was cut off");
        assert!(fails(&whole[..300]).starts_with("is no tar file"));
        assert!(fails(&[0x1f, 0x8b, 8, 0]).ends_with("with `gunzip -c x.tar > x-unpacked.tar`"));
        for (name, unpacked) in [("web.tar.gz", "web.tar"), ("web.tgz", "web.tar"), ("web", "web-unpacked.tar")] {
            assert_eq!(unpacked_name(name), unpacked);
        }
        assert!(fails(&[b'x'; 2_000]).starts_with("is no tar file"));
        let gone = Files::archive(&folder.path().join("none")).unwrap_err();
        assert_eq!(gone.kind, ErrorKind::NotFound);
    }

    fn append(tar: &mut tar::Builder<impl io::Write>, name: &str, content: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len().try_into().unwrap());
        header.set_mode(0o644);
        tar.append_data(&mut header, name, content).unwrap();
    }
}
