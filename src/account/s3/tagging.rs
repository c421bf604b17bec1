//! The calls about the tags of an object.

use std::collections::BTreeMap;

use super::call::Call;
use super::content::{Content, Versions};
use super::objects::{find, with_version};
use super::query;
use super::tags::{OF_OBJECTS, given, shown};
use crate::account::Account;
use crate::wire::{Fault, Reply};

/// `GetObjectTagging`.
pub(super) fn get(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let (version, content) = find(account, call, query(call.request, "versionId"))?;
    Ok(with_version(account, call.bucket, shown(&content.tags), &version.id))
}

/// `PutObjectTagging`.
pub(super) fn put(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    let tags = given(&call.body.bytes, OF_OBJECTS)?;
    set(account, call, 200, &tags)
}

/// `DeleteObjectTagging`.
pub(super) fn delete(account: &mut Account, call: &Call<'_>) -> Result<Reply, Fault> {
    set(account, call, 204, &BTreeMap::new())
}

fn set(account: &mut Account, call: &Call<'_>, status: u16, tags: &BTreeMap<String, String>) -> Result<Reply, Fault> {
    let id = find(account, call, query(call.request, "versionId"))?.0.id.clone();
    let place = format!("{}/{}", call.bucket, call.key);
    let versions = account.all_mut::<Versions>().get_mut(&place).into_iter().flat_map(|versions| &mut versions.0);
    let contents = versions.filter(|version| version.id == id).filter_map(|version| version.content.as_mut());
    contents.for_each(|content: &mut Content| content.tags.clone_from(tags));
    Ok(with_version(account, call.bucket, Reply::empty(status), &id))
}
