//! A call, as its handler gets it.

use super::body::Received;
use crate::wire::Request;

/// A call about a bucket, or about a key in it.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    /// The query parameter or header that says what the call is about; empty if it is about the thing itself.
    pub(super) about: &'static str,
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) body: Received<'a>,
}

impl Call<'_> {
    /// The bucket and the key.
    pub(super) fn place(&self) -> (&str, &str) {
        (self.bucket, self.key)
    }
}
