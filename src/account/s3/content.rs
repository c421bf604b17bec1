//! The objects that buckets hold: versions and delete markers by key, and their bytes.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Deserialize, Serialize};

use super::checksum::{Algorithm, Checksum, Extent};
use super::encryption::Encryption;
use super::{Bucket, Puts, Versioning, body, bucket};
use crate::account::Account;
use crate::ids::hash;
use crate::input::timestamp;
use crate::table::Object;
use crate::wire::Fault;

/// The id of a version that was made while the bucket kept none.
pub(super) const UNVERSIONED: &str = "null";
/// The type of a content whose caller names none.
pub(super) const CONTENT_TYPE: &str = "binary/octet-stream";
/// The key of the count of puts.
const PUTS: &str = "puts";

/// The versions of a key; the newest last. The table's key is `<bucket>/<key>`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Versions(pub(super) Vec<Version>);

impl Object for Versions {}

/// A version of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) modified: Moment,
    /// The content; nothing for a delete marker.
    pub(super) content: Option<Content>,
}

/// A moment by both clocks. The account's runs ahead of the one on the wall, by which clients of the server date their
/// files: `aws s3 sync` compares these with the dates of objects.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Moment {
    account: i64,
    outside: i64,
}

/// The content of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    /// The bytes, one piece for each part that they were uploaded in.
    pub(super) pieces: Vec<Piece>,
    pub(super) etag: String,
    pub(super) checksum: Checksum,
    /// The headers that the caller put with it and that come back with it.
    pub(super) headers: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) storage_class: String,
    pub(super) encryption: Encryption,
}

/// Bytes that are kept in one place.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Piece {
    blob: String,
    pub(super) size: usize,
}

/// The description of an object apart from its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    pub(super) headers: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) storage_class: String,
    pub(super) encryption: Encryption,
}

impl Moment {
    /// The present, as a caller's.
    pub(super) fn now(account: &Account) -> Self {
        Self { account: account.now, outside: account.wall }
    }

    /// The moment by the clock that the caller of this call goes by, in milliseconds since 1970.
    pub(super) fn millis(self, account: &Account) -> i64 {
        account.via.time(self.account, self.outside)
    }

    /// The moment as XML has it.
    pub(super) fn in_xml(self, account: &Account) -> String {
        timestamp(self.millis(account))
    }

    /// The moment as a header has it.
    pub(super) fn in_header(self, account: &Account) -> String {
        let seconds = DateTime::from_secs(self.millis(account).div_euclid(1000));
        seconds.fmt(Format::HttpDate).unwrap_or_default()
    }
}

impl Content {
    /// The content of `bytes` in one piece.
    pub(super) fn new(
        account: &mut Account,
        bytes: &[u8],
        checksum: Option<(Algorithm, String)>,
        of: Description,
    ) -> Result<Self, Fault> {
        let (algorithm, value) = checksum.unwrap_or_else(|| (Algorithm::Crc64Nvme, Algorithm::Crc64Nvme.of(bytes)));
        let pieces = vec![keep(account, bytes)?];
        let checksum = Checksum { algorithm, value, extent: Extent::FullObject };
        Ok(Self::of_pieces(pieces, body::etag(bytes), checksum, of))
    }

    /// The content of these pieces.
    pub(super) fn of_pieces(pieces: Vec<Piece>, etag: String, checksum: Checksum, of: Description) -> Self {
        let Description { headers, tags, storage_class, encryption } = of;
        Self { pieces, etag, checksum, headers, tags, storage_class, encryption }
    }

    pub(super) fn size(&self) -> usize {
        self.pieces.iter().fold(0, |size, piece| size.saturating_add(piece.size))
    }

    /// Whether the object was uploaded in parts.
    pub(super) fn has_parts(&self) -> bool {
        self.etag.contains('-')
    }

    /// Reads a range of the bytes.
    pub(super) fn read(&self, account: &Account, range: Range<usize>) -> Result<Vec<u8>, Fault> {
        let (mut bytes, mut start) = (Vec::new(), 0_usize);
        for piece in &self.pieces {
            let end = start.saturating_add(piece.size);
            let (from, to) = (range.start.max(start), range.end.min(end));
            if from < to {
                let read = account.blobs.get(&piece.blob, from - start..to - start);
                bytes.extend(read.map_err(|error| internal(&error))?);
            }
            start = end;
        }
        Ok(bytes)
    }
}

/// The versions of a key, the newest last.
pub(super) fn versions<'a>(account: &'a Account, bucket: &str, key: &str) -> &'a [Version] {
    account.all::<Versions>().get(&format!("{bucket}/{key}")).map_or(&[], |versions| &versions.0)
}

/// The version on top, if it isn't a delete marker.
pub(super) fn current<'a>(account: &'a Account, bucket: &str, key: &str) -> Option<(&'a Version, &'a Content)> {
    let top = versions(account, bucket, key).last()?;
    Some((top, top.content.as_ref()?))
}

/// The mark of the object of a key, which no other object has ever had; none if there is no object.
pub(super) fn mark(account: &Account, bucket: &str, key: &str) -> Option<String> {
    let (_, content) = current(account, bucket, key)?;
    content.pieces.first().map(|piece| piece.blob.clone())
}

/// Every key of a bucket that begins with `prefix`, with its versions, in order.
pub(super) fn keys<'a>(
    account: &'a Account,
    bucket: &str,
    prefix: &str,
) -> impl Iterator<Item = (&'a str, &'a [Version])> {
    let start = format!("{bucket}/{prefix}");
    let cut = bucket.len() + 1;
    let range = account.all::<Versions>().range(start.clone()..);
    range.take_while(move |(key, _)| key.starts_with(&start)).map(move |(key, versions)| (&key[cut..], &*versions.0))
}

/// Puts a version on top, and takes away what it replaces. Returns the id of the version.
pub(super) fn push(account: &mut Account, name: &str, key: &str, content: Option<Content>) -> Result<String, Fault> {
    push_at(account, name, key, content, Moment::now(account))
}

/// Puts an object as code in a container does, whose clock is the account's.
pub(crate) fn put_text(account: &mut Account, name: &str, key: &str, content: &str) -> Result<(), Fault> {
    let headers = BTreeMap::from([("content-type".to_owned(), CONTENT_TYPE.to_owned())]);
    let encryption = bucket(account, name)?.encryption.clone();
    let of = Description { headers, tags: BTreeMap::new(), storage_class: "STANDARD".to_owned(), encryption };
    let content = Content::new(account, content.as_bytes(), None, of)?;
    let now = Moment { account: account.now, outside: account.now };
    push_at(account, name, key, Some(content), now).map(drop)
}

fn push_at(
    account: &mut Account,
    name: &str,
    key: &str,
    content: Option<Content>,
    modified: Moment,
) -> Result<String, Fault> {
    let id = match bucket(account, name)?.versioning {
        Versioning::Enabled => account.unique_hex(32),
        Versioning::NeverSet | Versioning::Suspended => UNVERSIONED.to_owned(),
    };
    let versions = &mut account.all_mut().at(&format!("{name}/{key}"), Versions::default).0;
    let gone: Vec<Version> = versions.extract_if(.., |version| version.id == id).collect();
    versions.push(Version { id: id.clone(), modified, content });
    doom(account, &gone);
    Ok(id)
}

/// Takes the versions of a key away that are `unwanted`. Returns them.
pub(super) fn take(account: &mut Account, name: &str, key: &str, unwanted: impl Fn(&Version) -> bool) -> Vec<Version> {
    let place = format!("{name}/{key}");
    let Some(Versions(versions)) = account.all_mut().get_mut(&place) else {
        return Vec::new();
    };
    let gone: Vec<Version> = versions.extract_if(.., |version| unwanted(version)).collect();
    if versions.is_empty() {
        account.all_mut::<Versions>().remove(&place);
    }
    doom(account, &gone);
    gone
}

/// Keeps bytes apart from the rest of the account.
pub(super) fn keep(account: &mut Account, bytes: &[u8]) -> Result<Piece, Fault> {
    let puts = account.all_mut::<Puts>().at(PUTS, Puts::default);
    puts.0 += 1;
    let blob = hash(&format!("content {}", puts.0));
    account.blobs.put(&blob, bytes).map_err(|error| internal(&error))?;
    Ok(Piece { blob, size: bytes.len() })
}

/// Takes bytes away that nothing holds any more.
pub(super) fn drop_piece(account: &mut Account, piece: &Piece) {
    account.blobs.doom(&piece.blob);
}

fn doom(account: &mut Account, gone: &[Version]) {
    let gone = gone.iter().filter_map(|version| version.content.as_ref());
    gone.flat_map(|content| &content.pieces).for_each(|piece| drop_piece(account, piece));
}

fn internal(error: &std::io::Error) -> Fault {
    let message = format!("We encountered an internal error. Please try again. ({error})");
    Fault::client("InternalError", message).with_status(500)
}

/// Returns whether the id can be one that S3 made.
pub(super) fn is_version_id(bucket: &Bucket, id: &str) -> bool {
    let is_made = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    id == UNVERSIONED || is_made && bucket.versioning != Versioning::NeverSet
}

/// The fault of a version id that S3 can't have made.
pub(super) fn bad_version_id(name: &str, id: &str) -> Fault {
    let fault = Fault::client("InvalidArgument", "Invalid version id specified");
    fault.with("ArgumentName", name).with("ArgumentValue", id)
}

#[cfg(any(test, feature = "testing"))]
impl Account {
    /// Puts an empty object under each of these keys of a bucket.
    ///
    /// # Panics
    ///
    /// If there is no such bucket.
    pub fn fill_bucket(&mut self, bucket: &str, keys: impl Iterator<Item = String>) {
        keys.for_each(|key| put_text(self, bucket, &key, "").expect("there is such a bucket"));
    }

    /// Marks the objects of these keys as deleted in a bucket, which keeps versions from here on.
    ///
    /// # Panics
    ///
    /// If there is no such bucket.
    pub fn mark_deleted(&mut self, name: &str, keys: impl Iterator<Item = String>) {
        bucket(self, name).expect("there is such a bucket").versioning = Versioning::Enabled;
        keys.for_each(|key| drop(push(self, name, &key, None)));
    }
}
