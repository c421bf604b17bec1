//! A repository of a registry, with a client that signs in.
//!
//! A blob goes up in one request: Amazon ECR answers the requests of a chunked upload otherwise than OCI says (201 in the
//! place of 202, and parts of at least 5 MiB), which the client takes for a fault.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::HeaderValue;
use oci_client::errors::{DigestError, OciDistributionError, Result as Answer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tokio::time::timeout;

use super::document::{ACCEPTED, Digest, Manifest};
use super::location::is_loopback;
use super::patience::{Patience, again};
use super::pieces::{Pieces, Upload, Watch, checked};
use super::{ErrorKind, Location, Login, RegistryError, Result, Scheme, client, realm};

/// A repository of a registry.
pub(super) struct Remote {
    place: Location,
    name: String,
    client: Client,
    auth: RegistryAuth,
    patience: Patience,
    /// Whether the registry has let this login in: a later refusal then says that it has expired.
    let_in: AtomicBool,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Remote").field(&self.place).finish()
    }
}

impl Remote {
    /// The repository at `place`. Asks the registry how it wants logins, if there is one.
    ///
    /// # Errors
    /// If another machine, or a login, would be reached over plain HTTP; if the registry doesn't answer.
    pub(super) async fn connect(place: &Location, login: &Login) -> Result<Self> {
        let name = place.to_string();
        if place.scheme == Scheme::Http && !is_loopback(&place.host) {
            let message = "is on another machine, and plain HTTP is for registries on this one";
            return Err(RegistryError::new(ErrorKind::Other, &name, message));
        }
        let client = client::registry(place).map_err(|error| RegistryError::of_client(&name, error))?;
        let auth = match login {
            Login::Anonymous => RegistryAuth::Anonymous,
            Login::Basic { user, password } => RegistryAuth::Basic(user.clone(), password.reveal().to_owned()),
        };
        let remote = Self {
            place: place.clone(),
            name,
            client,
            auth,
            patience: Patience::default(),
            let_in: AtomicBool::new(false),
        };
        let reference = remote.at("latest");
        if remote.signs_in() {
            let base = Location { host: reference.resolve_registry().to_owned(), ..place.clone() };
            realm::check(&base, &remote.name).await?;
        }
        let registry = reference.resolve_registry();
        remote.client.store_auth_if_needed(registry, &remote.auth).await;
        Ok(remote)
    }

    /// The same with less patience.
    #[cfg(test)]
    pub(super) fn with(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The name of a tag or a digest of the repository in messages.
    pub(super) fn name_of(&self, tag_or_digest: &str) -> String {
        let sign = if tag_or_digest.contains(':') { '@' } else { ':' };
        format!("{}{sign}{tag_or_digest}", self.name)
    }

    /// The manifest or index that a tag or a digest names, not checked.
    pub(super) async fn manifest(&self, tag_or_digest: &str) -> Result<Bytes> {
        let reference = self.at(tag_or_digest);
        let pull = || self.client.pull_manifest_raw(&reference, &self.auth, &ACCEPTED);
        self.call(pull).await.map(|(bytes, _)| bytes)
    }

    /// A small blob, not checked.
    pub(super) async fn small(self: &Arc<Self>, digest: &Digest, size: u64) -> Result<Bytes> {
        again(|| async {
            let add = |mut all: BytesMut, piece: Bytes| async move {
                all.extend_from_slice(&piece);
                if all.len() as u64 <= size {
                    return Ok(all);
                }
                let message = format!("gives more than {size} bytes of {digest}");
                Err(RegistryError::new(ErrorKind::Corrupt, &self.name, message))
            };
            let all = self.pieces(digest).try_fold(BytesMut::new(), add);
            match timeout(self.patience.stall, all).await {
                Ok(all) => all.map(BytesMut::freeze),
                Err(_) => Err(self.silent()),
            }
        })
        .await
    }

    /// A blob as it comes.
    pub(super) fn pieces(self: &Arc<Self>, digest: &Digest) -> Pieces {
        let (remote, digest) = (self.clone(), digest.clone());
        let opened = async move {
            let reference = remote.at("latest");
            let blob = remote.client.pull_blob_stream(&reference, digest.as_str());
            let blob = blob.await.map_err(|error| remote.error(error))?;
            remote.let_in.store(true, Ordering::Relaxed);
            Ok(blob.stream.map_err(move |error| remote.broken(error)))
        };
        stream::once(opened).try_flatten().boxed()
    }

    /// Returns whether the repository has a blob.
    pub(super) async fn has(&self, digest: &Digest) -> Result<bool> {
        let reference = self.at("latest");
        self.call(|| self.client.blob_exists(&reference, digest.as_str())).await
    }

    /// Returns whether the repositories are in one registry.
    pub(super) fn shares_registry_with(&self, other: &Self) -> bool {
        self.place.host == other.place.host
    }

    /// Takes a blob over from another repository of the registry, if the registry so chooses. Returns whether it did.
    pub(super) async fn mount(&self, digest: &Digest, from: &Self) -> Result<bool> {
        let (to, from) = (self.at("latest"), from.at("latest"));
        let mount = self.client.mount_blob(&to, &from, digest.as_str());
        match timeout(self.patience.stall, mount).await {
            Ok(Ok(())) => Ok(true),
            Ok(Err(OciDistributionError::RegistryNoLocationError)) => self.has(digest).await,
            _ => Ok(false),
        }
    }

    /// Sends a blob, and again if that fails in passing. `tell` hears how many bytes have left, fewer after a new
    /// begin.
    pub(super) async fn upload(&self, blob: &Upload<'_>, tell: &(dyn Fn(u64) + Send + Sync)) -> Result<()> {
        again(|| async {
            tell(0);
            self.upload_once(blob, tell).await
        })
        .await
    }

    async fn upload_once(&self, blob: &Upload<'_>, tell: &(dyn Fn(u64) + Send + Sync)) -> Result<()> {
        let reference = self.at("latest");
        let (pieces, mut watch) = checked(blob, &self.name);
        let digest = blob.digest.as_str();
        let upload = self.client.push_blob_stream(&reference, pieces, digest, Some(blob.size));
        let mut upload = pin!(upload);
        loop {
            let left = blob.size - *watch.taken.borrow_and_update();
            let patience = match left {
                0 => self.patience.answer,
                _ => self.patience.stall,
            };
            tokio::select! {
                ended = &mut upload => return self.uploaded(blob, ended, &watch).await,
                moved = timeout(patience, watch.taken.changed()) => match moved {
                    Ok(Ok(())) => tell(*watch.taken.borrow()),
                    // All of it was taken, and the answer is what is left to wait for.
                    Ok(Err(_)) => {
                        return match timeout(self.patience.answer, upload).await {
                            Ok(ended) => self.uploaded(blob, ended, &watch).await,
                            Err(_) => Err(self.stalled(left)),
                        };
                    }
                    Err(_) => return Err(self.stalled(left)),
                },
            }
        }
    }

    async fn uploaded(&self, blob: &Upload<'_>, ended: Answer<String>, watch: &Watch) -> Result<()> {
        match ended {
            Ok(_) => Ok(()),
            // Not every registry says where the blob is now.
            Err(OciDistributionError::RegistryNoLocationError) if self.has(blob.digest).await? => Ok(()),
            Err(error) => Err(watch.fault().unwrap_or_else(|| self.error(error))),
        }
    }

    /// Puts a manifest under a tag or its digest, if it isn't there yet.
    pub(super) async fn tag(&self, manifest: &Manifest, tag: &str) -> Result<()> {
        let digest = manifest.digest.as_str();
        if self.digest_of(tag).await?.as_deref() == Some(digest) {
            return Ok(());
        }
        let reference = self.at(tag);
        let media_type = HeaderValue::from_str(&manifest.media_type).map_err(|_| {
            let message = format!("the manifest's media type is {:?}", manifest.media_type);
            RegistryError::new(ErrorKind::Corrupt, &self.name, message)
        })?;
        let put = || {
            let (body, media_type) = (manifest.body.clone(), media_type.clone());
            self.client.push_manifest_raw(&reference, body, media_type)
        };
        self.call(put).await.map_err(|error| is_immutable(error, tag))?;
        match self.digest_of(tag).await? {
            Some(there) if there == digest => Ok(()),
            there => {
                let there = there.as_deref().unwrap_or("nothing");
                let message = format!("names {there}, and not what was pushed, {digest}");
                let name = self.name_of(tag);
                Err(RegistryError::new(ErrorKind::Other, &name, message))
            }
        }
    }

    /// The digest of what a tag or a digest names.
    pub(super) async fn digest_of(&self, tag_or_digest: &str) -> Result<Option<String>> {
        let reference = self.at(tag_or_digest);
        let fetch = || self.client.fetch_manifest_digest(&reference, &self.auth);
        match self.call(fetch).await {
            Ok(digest) => Ok(Some(digest)),
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The reference with a tag, or with a digest in its place: the client writes either into the URL as it is.
    fn at(&self, tag_or_digest: &str) -> Reference {
        Reference::with_tag(self.place.host.clone(), self.place.repository.clone(), tag_or_digest.to_owned())
    }

    async fn call<T, F>(&self, attempt: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = Answer<T>>,
    {
        again(|| async {
            match timeout(self.patience.stall, attempt()).await {
                Ok(Ok(answer)) => {
                    self.let_in.store(true, Ordering::Relaxed);
                    Ok(answer)
                }
                Ok(Err(error)) => Err(self.error(error)),
                Err(_) => Err(self.silent()),
            }
        })
        .await
    }

    fn signs_in(&self) -> bool {
        self.auth != RegistryAuth::Anonymous
    }

    fn error(&self, error: OciDistributionError) -> RegistryError {
        let mut error = RegistryError::of_client(&self.name, error);
        if error.kind == ErrorKind::NotFound {
            self.let_in.store(true, Ordering::Relaxed);
        }
        if !error.is_about_the_login() {
            return error;
        }
        match (self.signs_in(), self.let_in.load(Ordering::Relaxed)) {
            (true, true) => {
                error.kind = ErrorKind::Expired;
                error.that_is("the registry doesn't take the login any more")
            }
            (true, false) => error.that_is("the registry refuses the login"),
            (false, _) => error.that_is("the registry wants a login, or has no such image"),
        }
    }

    /// The error that ends a blob while a blob was read.
    fn broken(&self, error: io::Error) -> RegistryError {
        match error.get_ref() {
            Some(inner) if inner.is::<DigestError>() => {
                RegistryError::new(ErrorKind::Corrupt, &self.name, error.to_string())
            }
            _ => RegistryError::of_client(&self.name, error.into()),
        }
    }

    fn silent(&self) -> RegistryError {
        let message = format!("no answer came in {} s", self.patience.stall.as_secs());
        RegistryError::silent(&self.name, message)
    }

    /// The error of an upload that isn't tried again: it has taken long enough.
    fn stalled(&self, left: u64) -> RegistryError {
        let message = match left {
            0 => format!("no answer came to an upload in {:?}", self.patience.answer),
            _ => format!("an upload stood still for {:?}", self.patience.stall),
        };
        RegistryError::new(ErrorKind::Unreachable, &self.name, message)
    }
}

/// Gives the error its meaning if a tag can't be moved, which registries say in words alone.
fn is_immutable(error: RegistryError, tag: &str) -> RegistryError {
    if !error.message.to_ascii_lowercase().contains("immutable") {
        return error;
    }
    RegistryError { kind: ErrorKind::Immutable(tag.to_owned()), ..error }
}
