//! The encryption of buckets and objects, which only says that it is there.

use serde::{Deserialize, Serialize};

use crate::wire::Reply;

/// The way in which a bucket encrypts its objects, or in which an object is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encryption {
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { algorithm: "AES256".to_owned(), key: None, bucket_key: false }
    }
}

impl Encryption {
    /// The reply with the headers that say how an object is encrypted.
    pub(super) fn shown(&self, reply: Reply) -> Reply {
        let reply = reply.with("x-amz-server-side-encryption", &self.algorithm);
        match &self.key {
            Some(key) => reply.with("x-amz-server-side-encryption-aws-kms-key-id", key),
            None => reply,
        }
    }
}
