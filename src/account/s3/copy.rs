//! `CopyObject`, and the source of a copy.

use percent_encoding::percent_decode_str;

use super::call::Call;
use super::checksum::Algorithm;
use super::conditions::{self, Disturbed};
use super::content::{Content, Moment, Version, current, push};
use super::objects::{description, find, headers, with_new_version};
use super::{Bucket, Versioning, check_owner_of, header, no_such_bucket, ok, tags, xml};
use crate::account::Account;
use crate::wire::{Fault, Reply};

/// The source of a copy.
pub(super) struct Source {
    bucket: String,
    key: String,
    version: Option<String>,
}

/// Whether a copy takes something over from its source or has its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Copy,
    Replace,
}

impl Source {
    /// The source that a call names: `bucket/key`, or `bucket/key?versionId=id`, encoded as in an address.
    pub(super) fn of(call: &Call<'_>) -> Result<Self, Fault> {
        let text = header(call.request, "x-amz-copy-source").unwrap_or_default();
        let invalid = |message: &str| {
            let fault = Fault::client("InvalidArgument", message).with("ArgumentName", "x-amz-copy-source");
            fault.with("ArgumentValue", text)
        };
        if text.starts_with("arn:") {
            return Err(super::not_implemented("x-amz-copy-source by the ARN of an access point"));
        }
        let (path, version) = match text.split_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (text, None),
        };
        let path = percent_decode_str(path).decode_utf8().map_err(|_| invalid("Invalid copy source encoding"))?;
        let place = path.trim_start_matches('/').split_once('/');
        let (bucket, key) = place
            .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
            .ok_or_else(|| invalid("Copy Source must mention the source bucket and key: sourcebucket/sourcekey"))?;
        if version.as_deref() == Some("") {
            return Err(invalid("Version id cannot be the empty string"));
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version })
    }

    /// The version that is copied, if it is as the call wants it.
    pub(super) fn read<'a>(&self, account: &'a Account, call: &Call<'_>) -> Result<(&'a Version, &'a Content), Fault> {
        let expected = header(call.request, "x-amz-source-expected-bucket-owner");
        check_owner_of(account, expected, &self.bucket)?;
        if !account.all::<Bucket>().contains_key(&self.bucket) {
            return Err(no_such_bucket(&self.bucket));
        }
        let source = Call { bucket: &self.bucket, key: &self.key, body: Default::default(), ..*call };
        let (version, content) = find(account, &source, self.version.as_deref()).map_err(|fault| {
            let message = "The source of a copy request may not specifically refer to a delete marker by version id.";
            if fault.code == "MethodNotAllowed" { Fault::client("InvalidRequest", message) } else { fault }
        })?;
        conditions::of_copy(account, call.request, version, &content.etag)?;
        Ok((version, content))
    }

    /// The reply with the id of the version that was copied, if the source's bucket keeps versions.
    pub(super) fn told(&self, account: &Account, reply: Reply, id: &str) -> Reply {
        let bucket = account.all::<Bucket>().get(&self.bucket);
        let keeps = bucket.is_some_and(|bucket| bucket.versioning != Versioning::NeverSet);
        if keeps { reply.with("x-amz-copy-source-version-id", id) } else { reply }
    }
}

/// `CopyObject`.
pub(super) fn copy(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let source = Source::of(call)?;
    let metadata = directive(call, "x-amz-metadata-directive", "Unknown metadata directive.")?;
    let tagging = directive(call, "x-amz-tagging-directive", "Unknown tagging directive.")?;
    let (version, content) = source.read(account, call)?;
    check_in_place(account, call, &source, &version.id, metadata)?;
    let (id, content) = (version.id.clone(), content.clone());
    conditions::of_write(account, call.request, call.place(), Disturbed::No)?;
    let mut of = description(account, call)?;
    of.headers = match metadata {
        Directive::Copy => content.headers.clone(),
        Directive::Replace => headers(call.request)?,
    };
    of.tags = match tagging {
        Directive::Copy => content.tags.clone(),
        Directive::Replace => tags::in_header(call.request)?,
    };
    let bytes = content.read(account, 0..content.size())?;
    let asked = header(call.request, "x-amz-checksum-algorithm").map(Algorithm::named).transpose()?;
    let algorithm = asked.unwrap_or(content.checksum.algorithm);
    let copied = Content::new(account, &bytes, Some((algorithm, algorithm.of(&bytes))), of)?;
    let shown = [
        xml::leaf("LastModified", &Moment::now(account).in_xml(account)),
        xml::leaf("ETag", &copied.etag),
        xml::leaf(algorithm.element(), &copied.checksum.value),
        xml::leaf("ChecksumType", copied.checksum.extent.name()),
    ];
    let reply = copied.encryption.shown(ok(xml::document("CopyObjectResult", &shown.concat())));
    let made = push(account, call.bucket, call.key, Some(copied))?;
    Ok(with_new_version(source.told(account, reply, &id), &made))
}

/// Refuses a copy of an object to itself that changes nothing.
fn check_in_place(
    account: &Account,
    call: &Call<'_>,
    source: &Source,
    id: &str,
    metadata: Directive,
) -> Result<(), Fault> {
    const CHANGES: [&str; 2] = ["x-amz-storage-class", "x-amz-server-side-encryption"];
    let is_current = current(account, call.bucket, call.key).is_some_and(|(top, _)| top.id == id);
    let is_same = (&*source.bucket, &*source.key) == call.place() && is_current;
    let is_changed = CHANGES.iter().any(|name| header(call.request, name).is_some());
    if !is_same || is_changed || metadata == Directive::Replace {
        return Ok(());
    }
    let message = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                   object's metadata, storage class, website redirect location or encryption attributes.";
    Err(Fault::client("InvalidRequest", message))
}

fn directive(call: &Call<'_>, name: &str, unknown: &str) -> Result<Directive, Fault> {
    match header(call.request, name) {
        None | Some("COPY") => Ok(Directive::Copy),
        Some("REPLACE") => Ok(Directive::Replace),
        Some(other) => {
            let fault = Fault::client("InvalidArgument", unknown).with("ArgumentName", name);
            Err(fault.with("ArgumentValue", other))
        }
    }
}
