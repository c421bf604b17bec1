//! A blob on its way: checked against its digest before its last byte leaves, and counted.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt as _};
use oci_client::errors::OciDistributionError;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::document::Digest;
use super::{ErrorKind, RegistryError};

/// A blob's bytes, a piece at a time.
pub(super) type Pieces = BoxStream<'static, Result<Bytes, RegistryError>>;

/// A blob that is to leave.
pub(super) struct Upload<'a> {
    pub(super) digest: &'a Digest,
    /// The blob's bytes.
    pub(super) size: u64,
    /// The blob's bytes from the first on, for each attempt anew.
    pub(super) pieces: &'a (dyn Fn() -> Pieces + Send + Sync),
}

/// The sight of a blob on its way.
pub(super) struct Watch {
    /// The bytes that were taken so far.
    pub(super) taken: watch::Receiver<u64>,
    fault: Arc<OnceLock<RegistryError>>,
}

impl Watch {
    /// The fault of the bytes: the cause if an upload fails.
    pub(super) fn fault(&self) -> Option<RegistryError> {
        self.fault.get().cloned()
    }
}

/// The bytes of a blob, each piece as it comes. The last piece is held back unless all of them have the blob's digest,
/// so that no registry ever gets the whole of a blob that is wrong.
pub(super) fn checked(
    blob: &Upload<'_>,
    place: &str,
) -> (impl Stream<Item = Result<Bytes, OciDistributionError>> + Send + 'static, Watch) {
    let (sender, taken) = watch::channel(0);
    let fault = Arc::new(OnceLock::new());
    let watch = Watch { taken, fault: fault.clone() };
    let check = Check {
        pieces: (blob.pieces)(),
        hash: Sha256::new(),
        digest: blob.digest.clone(),
        size: blob.size,
        place: place.to_owned(),
        sender,
    };
    let stream = stream::unfold(Some(check), move |check| {
        let fault = fault.clone();
        async move {
            let mut check = check?;
            match check.next().await {
                Ok(piece) => piece.map(|piece| (Ok(piece), Some(check))),
                Err(error) => {
                    let words = error.message.clone();
                    fault.get_or_init(|| error);
                    Some((Err(OciDistributionError::GenericError(Some(words))), None))
                }
            }
        }
    });
    (stream, watch)
}

struct Check {
    pieces: Pieces,
    hash: Sha256,
    digest: Digest,
    size: u64,
    place: String,
    sender: watch::Sender<u64>,
}

impl Check {
    async fn next(&mut self) -> Result<Option<Bytes>, RegistryError> {
        let piece = self.pieces.next().await.transpose()?;
        let before = *self.sender.borrow();
        let taken = before + piece.as_ref().map_or(0, |piece| piece.len() as u64);
        if let Some(piece) = &piece {
            self.hash.update(piece);
        }
        let (digest, size) = (&self.digest, self.size);
        if taken > size || (piece.is_none() && taken < size) {
            return Err(self.corrupt(format!("gives {taken} bytes of {digest}, which has {size}")));
        }
        let is_whole = taken == size && (before < size || size == 0);
        if is_whole && Digest::of(self.hash.clone()) != self.digest {
            return Err(self.corrupt(format!("gives other bytes than {digest} has")));
        }
        self.sender.send_replace(taken);
        Ok(piece)
    }

    fn corrupt(&self, message: String) -> RegistryError {
        RegistryError::new(ErrorKind::Corrupt, &self.place, message)
    }
}
