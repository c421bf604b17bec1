//! An image on its way into a registry: blobs first, several at once, then the manifest under each tag, so that no tag
//! ever names an image that isn't whole.

use std::sync::Mutex;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::image::{Blob, BlobSource, Image};
use super::remote::Remote;
use super::{Progress, Pushed, Result};

/// The number of blobs that are on their way at once.
const AT_ONCE: usize = 3;

/// The end that a blob came to.
enum BlobEnd {
    Moved,
    Present,
    Mounted,
}

/// Pushes an image, and puts it under each tag, or under its digest alone if there are no tags.
///
/// # Errors
/// The first error: what has arrived by then stays, and isn't sent again.
pub(super) async fn push(
    image: &Image,
    target: &Remote,
    tags: &[String],
    tell: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Pushed> {
    let tally = Tally::new(image, tell);
    // Made before they are streamed, so that the whole can be sent between threads.
    let blobs: Vec<_> = image.blobs.iter().map(|blob| bring(blob, target, &tally)).collect();
    let ends = stream::iter(blobs).buffer_unordered(AT_ONCE).try_collect();
    let ends: Vec<(BlobEnd, u64)> = ends.await?;
    let digest = image.manifest.digest.to_string();
    match tags {
        [] => target.tag(&image.manifest, &digest).await?,
        tags => {
            for tag in tags {
                target.tag(&image.manifest, tag).await?;
            }
        }
    }
    let mut pushed = Pushed { digest, moved: 0, present: 0, mounted: 0, bytes: 0 };
    for (end, size) in ends {
        match end {
            BlobEnd::Present => pushed.present += 1,
            BlobEnd::Mounted => pushed.mounted += 1,
            BlobEnd::Moved => {
                pushed.moved += 1;
                pushed.bytes += size;
            }
        }
    }
    Ok(pushed)
}

/// Sees to it that the registry has a blob.
async fn bring(blob: &Blob, target: &Remote, tally: &Tally<'_>) -> Result<(BlobEnd, u64)> {
    let mut part = Part { tally, bytes: Mutex::new(0) };
    let end = if target.has(&blob.digest).await? {
        BlobEnd::Present
    } else if mounted(blob, target).await? {
        BlobEnd::Mounted
    } else {
        let pieces = || blob.pieces();
        target.upload(&blob.upload(&pieces), &|bytes| part.at(bytes)).await?;
        BlobEnd::Moved
    };
    part.ends(blob.size);
    Ok((end, blob.size))
}

async fn mounted(blob: &Blob, target: &Remote) -> Result<bool> {
    match &blob.at {
        BlobSource::Remote(source) if source.shares_registry_with(target) => target.mount(&blob.digest, source).await,
        _ => Ok(false),
    }
}

/// The progress of all blobs.
struct Tally<'a> {
    progress: Mutex<Progress>,
    tell: &'a (dyn Fn(Progress) + Send + Sync),
}

impl<'a> Tally<'a> {
    fn new(image: &Image, tell: &'a (dyn Fn(Progress) + Send + Sync)) -> Self {
        let progress = Progress { blob: 0, blobs: image.blobs.len(), bytes: 0, total: image.size() };
        Self { progress: Mutex::new(progress), tell }
    }

    fn change(&self, change: impl FnOnce(&mut Progress)) {
        let mut progress = self.progress.lock().expect("nothing panics under the lock");
        change(&mut progress);
        let now = *progress;
        drop(progress);
        (self.tell)(now);
    }
}

/// The progress of one blob.
struct Part<'a> {
    tally: &'a Tally<'a>,
    bytes: Mutex<u64>,
}

impl Part<'_> {
    fn at(&self, bytes: u64) {
        let mut before = self.bytes.lock().expect("nothing panics under the lock");
        let change = |progress: &mut Progress| progress.bytes = progress.bytes - *before + bytes;
        self.tally.change(change);
        *before = bytes;
    }

    fn ends(&mut self, size: u64) {
        self.at(size);
        self.tally.change(|progress| progress.blob += 1);
    }
}
