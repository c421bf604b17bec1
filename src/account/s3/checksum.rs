//! The checksums of S3, and MD5, of which its ETags are made.

use aws_smithy_types::base64;
use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;

use crate::wire::Fault;

/// A way to compute a checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

/// The part of an object of which a checksum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Extent {
    /// All its bytes.
    FullObject,
    /// The checksums of its parts.
    Composite,
}

/// The checksum of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    pub(super) value: String,
    pub(super) extent: Extent,
}

impl Algorithm {
    pub(super) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// S3's word for the algorithm.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The algorithm of this name.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                           [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
            Fault::client("InvalidRequest", message)
        })
    }

    /// The header that carries a checksum of this kind.
    pub(super) fn header(self) -> String {
        format!("x-amz-checksum-{}", self.name().to_ascii_lowercase())
    }

    /// The XML element that does.
    pub(super) fn element(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
        }
    }

    /// The length of a checksum in bytes.
    pub(super) fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// The checksum of these bytes, as S3 writes it.
    pub(super) fn of(self, bytes: &[u8]) -> String {
        base64::encode(match self {
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Crc32 => self.cut(crc_fast::checksum(CrcAlgorithm::Crc32IsoHdlc, bytes)),
            Self::Crc32c => self.cut(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes)),
            Self::Crc64Nvme => self.cut(crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes)),
        })
    }

    /// Returns the extent of the checksum of an object in parts, unless its creator asks for another.
    pub(super) fn usual_extent(self) -> Extent {
        if self == Self::Crc64Nvme { Extent::FullObject } else { Extent::Composite }
    }

    /// Returns whether S3 computes a checksum of this extent of an object in parts.
    pub(super) fn has(self, extent: Extent) -> bool {
        match extent {
            Extent::FullObject => !matches!(self, Self::Sha1 | Self::Sha256),
            Extent::Composite => self != Self::Crc64Nvme,
        }
    }

    /// The checksum of parts that have these checksums and sizes.
    pub(super) fn joined(self, extent: Extent, parts: &[(&str, usize)]) -> Checksum {
        let decoded = |text: &str| base64::decode(text).unwrap_or_default();
        let value = match (extent, self.crc()) {
            (Extent::FullObject, Some(crc)) => {
                let number = |text: &str| decoded(text).into_iter().fold(0, |sum, byte| sum << 8 | u64::from(byte));
                let whole = parts.iter().fold(None, |whole, (sum, size)| {
                    let size = u64::try_from(*size).unwrap_or(u64::MAX);
                    let sum = number(sum);
                    Some(whole.map_or(sum, |whole| crc_fast::checksum_combine(crc, whole, sum, size)))
                });
                base64::encode(self.cut(whole.unwrap_or_default()))
            }
            _ => {
                let sums: Vec<u8> = parts.iter().flat_map(|(sum, _)| decoded(sum)).collect();
                format!("{}-{}", self.of(&sums), parts.len())
            }
        };
        Checksum { algorithm: self, value, extent }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    fn cut(self, sum: u64) -> Vec<u8> {
        sum.to_be_bytes()[8 - self.length()..].to_vec()
    }
}

impl Extent {
    const ALL: [Self; 2] = [Self::FullObject, Self::Composite];

    /// S3's word for the extent.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// The extent of this name.
    pub(super) fn named(name: &str) -> Result<Self, Fault> {
        Self::ALL
            .into_iter()
            .find(|one| one.name() == name)
            .ok_or_else(|| Fault::client("InvalidRequest", "Value for x-amz-checksum-type header is invalid."))
    }
}

/// The MD5 digest of bytes.
pub(super) fn md5(bytes: &[u8]) -> Vec<u8> {
    Md5::digest(bytes).to_vec()
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_others() {
        // "test", as `crc32`, `sha1sum` and their kin write it; the CRC64NVME is one that AWS was recorded to answer.
        let cases = [
            (Algorithm::Crc32, "2H9+DA=="),
            (Algorithm::Crc32c, "hqBywA=="),
            (Algorithm::Crc64Nvme, "+bu+zv66sUM="),
            (Algorithm::Sha1, "qUqP5cyxm6YcTAhz05Hph5gvu9M="),
            (Algorithm::Sha256, "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
        ];
        for (algorithm, expected) in cases {
            assert_eq!(algorithm.of(b"test"), expected, "{algorithm:?}");
            assert_eq!(base64::decode(expected).unwrap().len(), algorithm.length());
        }
        assert_eq!(hex(&md5(b"test")), "098f6bcd4621d373cade4e832627b4f6");
    }

    #[test]
    fn the_checksum_of_parts_is_that_of_the_whole_or_of_their_checksums() {
        for algorithm in Algorithm::ALL {
            let parts = [&b"te"[..], b"s", b"t"];
            let sums: Vec<String> = parts.iter().map(|part| algorithm.of(part)).collect();
            let sums: Vec<(&str, usize)> = sums.iter().map(String::as_str).zip(parts.map(<[u8]>::len)).collect();
            if algorithm.has(Extent::FullObject) {
                assert_eq!(algorithm.joined(Extent::FullObject, &sums).value, algorithm.of(b"test"), "{algorithm:?}");
            }
            let composite = algorithm.joined(Extent::Composite, &sums).value;
            assert!(composite.ends_with("-3") && composite.len() > 4, "{composite}");
        }
    }
}
