//! Uploads in parts: begun, completed, aborted, listed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::body::etag;
use super::call::Call;
use super::checksum::{Algorithm, Checksum, Extent, hex, md5};
use super::conditions::{self, Disturbed, names_etag};
use super::content::{Content, Description, Moment, Piece, drop_piece, mark, push};
use super::objects::{description, with_new_version};
use super::{header, malformed, ok, query, xml};
use crate::account::Account;
use crate::table::Object;
use crate::wire::{Fault, Reply};

/// The fewest bytes of a part that isn't the last one.
const LEAST: usize = 5 * 1024 * 1024;

/// An upload that was begun. The table's key is its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) begun: Moment,
    pub(super) of: Description,
    /// The checksum that the creator asked for.
    pub(super) checksum: Option<(Algorithm, Extent)>,
    /// The parts by number.
    pub(super) parts: BTreeMap<usize, Part>,
    /// The mark of the object that was there when the upload was begun.
    pub(super) before: Option<String>,
}

/// A part of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    pub(super) piece: Piece,
    pub(super) etag: String,
    pub(super) modified: Moment,
    /// The checksum by the upload's algorithm.
    pub(super) checksum: String,
}

impl Object for Upload {
    fn owner(&self) -> Option<&str> {
        Some(&self.bucket)
    }
}

impl Upload {
    /// The algorithm of the checksums of the parts, and the extent of the whole's.
    pub(super) fn sums(&self) -> (Algorithm, Extent) {
        self.checksum.unwrap_or((Algorithm::Crc64Nvme, Extent::FullObject))
    }
}

/// `CreateMultipartUpload`.
pub(super) fn create(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let of = description(account, call)?;
    let checksum = asked_checksum(call)?;
    let id = account.unique_hex(64);
    let fields = [xml::leaf("Bucket", call.bucket), xml::leaf("Key", call.key), xml::leaf("UploadId", &id)];
    let mut reply = of.encryption.shown(ok(xml::document("InitiateMultipartUploadResult", &fields.concat())));
    if let Some((algorithm, extent)) = checksum {
        reply = reply.with("x-amz-checksum-algorithm", algorithm.name()).with("x-amz-checksum-type", extent.name());
    }
    let upload = Upload {
        bucket: call.bucket.to_owned(),
        key: call.key.to_owned(),
        begun: Moment::now(account),
        of,
        checksum,
        parts: BTreeMap::new(),
        before: mark(account, call.bucket, call.key),
    };
    account.all_mut().insert(id, upload);
    Ok(reply)
}

fn asked_checksum(call: &Call<'_>) -> Result<Option<(Algorithm, Extent)>, Fault> {
    let extent = header(call.request, "x-amz-checksum-type").map(Extent::named).transpose()?;
    let Some(algorithm) = header(call.request, "x-amz-checksum-algorithm").map(Algorithm::named).transpose()? else {
        let message = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
        return extent.map_or(Ok(None), |_| Err(Fault::client("InvalidRequest", message)));
    };
    let extent = extent.unwrap_or_else(|| algorithm.usual_extent());
    if !algorithm.has(extent) {
        let (extent, name) = (extent.name(), algorithm.name().to_ascii_lowercase());
        let message = format!("The {extent} checksum type cannot be used with the {name} checksum algorithm.");
        return Err(Fault::client("InvalidRequest", message));
    }
    Ok(Some((algorithm, extent)))
}

/// The upload that a call is about, with its id.
pub(super) fn find<'a>(account: &'a Account, call: &Call<'_>) -> Result<(String, &'a Upload), Fault> {
    let id = query(call.request, "uploadId").unwrap_or_default();
    let upload = account.all::<Upload>().get(id);
    let upload = upload.filter(|upload| (&*upload.bucket, &*upload.key) == call.place()).ok_or_else(|| {
        let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been \
                       aborted or completed.";
        Fault::client("NoSuchUpload", message).with_status(404).with("UploadId", id)
    })?;
    Ok((id.to_owned(), upload))
}

/// `AbortMultipartUpload`.
pub(super) fn abort(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let (id, _) = find(account, call)?;
    forget(account, &id);
    Ok(Reply::empty(204))
}

/// Takes an upload away with its parts.
fn forget(account: &mut Account, id: &str) {
    if let Some(upload) = account.all_mut::<Upload>().remove(id) {
        upload.parts.values().for_each(|part| drop_piece(account, &part.piece));
    }
}

/// Takes the uploads to a bucket away that is gone.
pub(super) fn forget_all(account: &mut Account, bucket: &str) {
    let ids: Vec<String> = account.all::<Upload>().owned_by(bucket).map(str::to_owned).collect();
    ids.iter().for_each(|id| forget(account, id));
}

/// `CompleteMultipartUpload`.
pub(super) fn complete(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let (id, upload) = find(account, call)?;
    let upload = upload.clone();
    let chosen = chosen(call, &id, &upload)?;
    let is_as_before = mark(account, call.bucket, call.key) == upload.before;
    let disturbed = if is_as_before { Disturbed::No } else { Disturbed::Yes };
    conditions::of_write(account, call.request, call.place(), disturbed)?;
    let checksum = whole_checksum(call, &upload, &chosen)?;
    let digests = chosen.iter().flat_map(|(_, part)| unhex(&part.etag)).collect::<Vec<u8>>();
    let etag = format!("\"{}-{}\"", hex(&md5(&digests)), chosen.len());
    let pieces = chosen.iter().map(|(_, part)| part.piece.clone()).collect();
    let content = Content::of_pieces(pieces, etag, checksum, upload.of.clone());
    let place = format!("http://{}.s3.{}.amazonaws.com/{}", call.bucket, account.region, call.key);
    let shown = [
        xml::leaf("Location", &place),
        xml::leaf("Bucket", call.bucket),
        xml::leaf("Key", call.key),
        xml::leaf("ETag", &content.etag),
        xml::leaf(content.checksum.algorithm.element(), &content.checksum.value),
        xml::leaf("ChecksumType", content.checksum.extent.name()),
    ];
    let reply = content.encryption.shown(ok(xml::document("CompleteMultipartUploadResult", &shown.concat())));
    let numbers: Vec<usize> = chosen.iter().map(|(number, _)| *number).collect();
    let unused = upload.parts.iter().filter(|(number, _)| !numbers.contains(number));
    unused.for_each(|(_, part)| drop_piece(account, &part.piece));
    account.all_mut::<Upload>().remove(&id);
    let version = push(account, call.bucket, call.key, Some(content))?;
    Ok(with_new_version(reply, &version))
}

/// The parts that a call names, which has to name them as they are.
fn chosen<'a>(call: &Call<'_>, id: &str, upload: &'a Upload) -> Result<Vec<(usize, &'a Part)>, Fault> {
    let document = xml::parse(&call.body.bytes)?;
    let root = document.root_element();
    let (algorithm, extent) = upload.sums();
    let mut chosen: Vec<(usize, &Part)> = Vec::new();
    for part in xml::children(root, "Part") {
        let number: usize = xml::text(part, "PartNumber").and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
        let tag = xml::text(part, "ETag").ok_or_else(malformed)?;
        if chosen.last().is_some_and(|(last, _)| *last >= number) {
            let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(Fault::client("InvalidPartOrder", message).with("UploadId", id));
        }
        let sum = xml::text(part, algorithm.element());
        if upload.checksum.is_some() && extent == Extent::Composite && sum.is_none() {
            let name = algorithm.name().to_ascii_lowercase();
            let message = format!(
                "The upload was created using a {name} checksum. The complete request must include the checksum for \
                 each part. It was missing for part {number} in the request."
            );
            return Err(Fault::client("InvalidRequest", message));
        }
        let fits =
            |found: &&Part| names_etag(&tag, &found.etag) && sum.as_ref().is_none_or(|sum| *sum == found.checksum);
        let found = upload.parts.get(&number).filter(fits).ok_or_else(|| {
            let message = "One or more of the specified parts could not be found.  The part may not have been \
                           uploaded, or the specified entity tag may not match the part's entity tag.";
            let fault = Fault::client("InvalidPart", message).with("UploadId", id);
            fault.with("PartNumber", number).with("ETag", tag.trim_matches('"'))
        })?;
        chosen.push((number, found));
    }
    let (_, all_but_last) = chosen.split_last().ok_or_else(malformed)?;
    if let Some((number, small)) = all_but_last.iter().find(|(_, part)| part.piece.size < LEAST) {
        let fault = Fault::client("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
        let fault = fault.with("ETag", small.etag.trim_matches('"')).with("PartNumber", *number);
        return Err(fault.with("MinSizeAllowed", LEAST).with("ProposedSize", small.piece.size));
    }
    Ok(chosen)
}

/// The checksum of the whole, which must be the one that the call expects.
fn whole_checksum(call: &Call<'_>, upload: &Upload, chosen: &[(usize, &Part)]) -> Result<Checksum, Fault> {
    let (algorithm, extent) = upload.sums();
    let sums: Vec<(&str, usize)> = chosen.iter().map(|(_, part)| (&*part.checksum, part.piece.size)).collect();
    let checksum = algorithm.joined(extent, &sums);
    let invalid = |message: String| Err(Fault::client("InvalidRequest", message));
    let size = sums.iter().fold(0_usize, |all, (_, size)| all.saturating_add(*size));
    if let Some(sent) = header(call.request, "x-amz-mp-object-size").filter(|sent| **sent != size.to_string()) {
        let message = "The provided 'x-amz-mp-object-size' header value";
        return invalid(format!("{message} {sent} does not match what was computed: {size}"));
    }
    if header(call.request, "x-amz-checksum-type").is_some_and(|sent| sent != extent.name()) {
        return invalid(format!("The upload was created using the {} checksum mode.", extent.name()));
    }
    let is_meant = |sent: &str| sent == checksum.value || Some(sent) == checksum.value.split('-').next();
    for one in Algorithm::ALL {
        let Some(sent) = header(call.request, &one.header()) else {
            continue;
        };
        if one != algorithm {
            let (wanted, sent) = (algorithm.name().to_ascii_lowercase(), one.name().to_ascii_lowercase());
            let message = "Checksum Type mismatch occurred, expected checksum Type";
            return invalid(format!("{message}: {wanted}, actual checksum Type: {sent}"));
        }
        if !is_meant(sent) {
            let message = format!("The {} you specified did not match the calculated checksum.", one.name());
            return Err(Fault::client("BadDigest", message));
        }
    }
    Ok(checksum)
}

/// The bytes of an ETag.
fn unhex(etag: &str) -> Vec<u8> {
    let digits = etag.trim_matches('"').as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.chunks(2).filter_map(byte).collect()
}

/// Makes a part of bytes.
pub(super) fn part(account: &mut Account, bytes: &[u8], algorithm: Algorithm) -> Result<Part, Fault> {
    let piece = super::content::keep(account, bytes)?;
    Ok(Part { piece, etag: etag(bytes), modified: Moment::now(account), checksum: algorithm.of(bytes) })
}
