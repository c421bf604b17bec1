//! The parts of an upload: sent, copied from another object, listed.

use super::call::Call;
use super::copy::Source;
use super::range::{of_source, part_number};
use super::uploads::{self, Part, Upload, find};
use super::{header, ok, query, xml};
use crate::account::Account;
use crate::wire::{Fault, Reply};

/// The most parts that S3 lists at a time, whatever the caller asks for.
const PAGE: usize = 1000;

/// `UploadPart`.
pub(super) fn upload(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let number = part_number(query(call.request, "partNumber").unwrap_or_default())?;
    let (id, upload) = find(account, call)?;
    let (algorithm, _) = upload.sums();
    let sent = call.body.checksum.as_ref().map(|(algorithm, _)| *algorithm);
    if let Some((wanted, _)) = upload.checksum.filter(|(wanted, _)| sent.is_some_and(|sent| sent != *wanted)) {
        let name = |algorithm: super::checksum::Algorithm| algorithm.name().to_ascii_lowercase();
        let message = "Checksum Type mismatch occurred, expected checksum Type";
        let sent = sent.map_or_else(|| "null".to_owned(), name);
        let message = format!("{message}: {}, actual checksum Type: {sent}", name(wanted));
        return Err(Fault::client("InvalidRequest", message));
    }
    let encryption = upload.of.encryption.clone();
    let part = uploads::part(account, &call.body.bytes, algorithm)?;
    let mut reply = encryption.shown(Reply::empty(200).with("etag", &part.etag));
    if let Some((algorithm, value)) = &call.body.checksum {
        reply = reply.with(&algorithm.header(), value);
    }
    put(account, &id, number, part);
    Ok(reply)
}

/// `UploadPartCopy`.
pub(super) fn copy(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let number = part_number(query(call.request, "partNumber").unwrap_or_default())?;
    let (id, upload) = find(account, call)?;
    let (algorithm, _) = upload.sums();
    let (is_asked, encryption) = (upload.checksum.is_some(), upload.of.encryption.clone());
    let source = Source::of(call)?;
    let (version, content) = source.read(account, call)?;
    let range = header(call.request, "x-amz-copy-source-range");
    let range = range.map_or(Ok(0..content.size()), |range| of_source(range, content.size()))?;
    let (version, bytes) = (version.id.clone(), content.read(account, range)?);
    let part = uploads::part(account, &bytes, algorithm)?;
    let mut shown = xml::leaf("LastModified", &part.modified.in_xml(account)) + &xml::leaf("ETag", &part.etag);
    if is_asked {
        shown += &xml::leaf(algorithm.element(), &part.checksum);
    }
    put(account, &id, number, part);
    let reply = encryption.shown(ok(xml::document("CopyPartResult", &shown)));
    Ok(source.told(account, reply, &version))
}

/// Puts a part into an upload, in place of the one of that number.
fn put(account: &mut Account, id: &str, number: usize, part: Part) {
    let upload = account.all_mut::<Upload>().get_mut(id);
    if let Some(before) = upload.and_then(|upload| upload.parts.insert(number, part)) {
        super::content::drop_piece(account, &before.piece);
    }
}

/// `ListParts`.
pub(super) fn list(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let (id, upload) = find(account, call)?;
    let number = |name: &str, usual: usize| match query(call.request, name).filter(|text| !text.is_empty()) {
        None => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_| {
            let message = format!("Provided {name} not an integer or within integer range");
            Fault::client("InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", text)
        }),
    };
    let marker = number("part-number-marker", 0)?;
    let limit = number("max-parts", PAGE)?.min(account.page_size(PAGE));
    let mut rest = upload.parts.range(marker.saturating_add(1)..).peekable();
    let (mut shown, mut last) = (String::new(), 0);
    for (number, part) in rest.by_ref().take(limit) {
        let mut fields = [
            xml::leaf("PartNumber", &number.to_string()),
            xml::leaf("LastModified", &part.modified.in_xml(account)),
            xml::leaf("ETag", &part.etag),
            xml::leaf("Size", &part.piece.size.to_string()),
        ]
        .concat();
        if let Some((algorithm, _)) = upload.checksum {
            fields += &xml::leaf(algorithm.element(), &part.checksum);
        }
        shown += &xml::element("Part", &fields);
        last = *number;
    }
    let head = [
        xml::leaf("Bucket", call.bucket),
        xml::leaf("Key", call.key),
        xml::leaf("UploadId", &id),
        xml::element("Initiator", &xml::leaf("ID", &account.caller())),
        super::owner(account),
        xml::leaf("StorageClass", &upload.of.storage_class),
        xml::leaf("PartNumberMarker", &marker.to_string()),
        xml::leaf("NextPartNumberMarker", &last.to_string()),
        xml::leaf("MaxParts", &limit.to_string()),
        xml::leaf("IsTruncated", &rest.peek().is_some().to_string()),
        super::listing::algorithm(upload.checksum),
    ];
    Ok(ok(xml::document("ListPartsResult", &(head.concat() + &shown))))
}
