//! Checksums: what clients send to be checked, and what S3 keeps of objects.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html>

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::Sha256;
use sha2::digest::Digest as _;

use crate::error::AwsError;
use crate::xml::Xml;

/// An algorithm that is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// CRC-32 as in zlib.
    Crc32,
    /// Castagnoli's.
    Crc32c,
    /// What S3 takes where nothing is said.
    Crc64Nvme,
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

/// All, with the name, the header, and the element of documents of each.
const ALL: [(Algorithm, &str, &str, &str); 5] = [
    (Algorithm::Crc32, "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32"),
    (Algorithm::Crc32c, "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C"),
    (Algorithm::Crc64Nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"),
    (Algorithm::Sha1, "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1"),
    (Algorithm::Sha256, "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256"),
];

impl Algorithm {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().map(|(algorithm, ..)| *algorithm)
    }

    /// The algorithm of a header's value.
    ///
    /// # Errors
    /// `InvalidRequest` where S3 has none of that name.
    pub fn named(name: &str) -> Result<Self, AwsError> {
        if ["SHA512", "MD5", "XXHASH64", "XXHASH3", "XXHASH128"].contains(&name.to_ascii_uppercase().as_str()) {
            return Err(AwsError::not_modelled(format!("the checksum algorithm {name}")));
        }
        let unknown = || {
            let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                           [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
            AwsError::new("InvalidRequest", message)
        };
        Self::all().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name)).ok_or_else(unknown)
    }

    fn row(self) -> &'static (Self, &'static str, &'static str, &'static str) {
        ALL.iter().find(|(algorithm, ..)| *algorithm == self).unwrap_or(&ALL[2])
    }

    /// For example `CRC32`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// For example `x-amz-checksum-crc32`.
    pub fn header(self) -> &'static str {
        self.row().2
    }

    /// For example `ChecksumCRC32`.
    pub fn element(self) -> &'static str {
        self.row().3
    }

    /// Which kind of CRC it is, if it is one: only those can be put together from those of parts.
    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// Whether a checksum of the whole object can be put together from those of its parts.
    pub fn is_crc(self) -> bool {
        self.crc().is_some()
    }

    /// Begins a checksum.
    pub fn begin(self) -> Running {
        match (self, self.crc()) {
            (_, Some(crc)) => Running::Crc(self, crc_fast::Digest::new(crc)),
            (Self::Sha1, _) => Running::Sha1(Sha1::new()),
            _ => Running::Sha256(Sha256::new()),
        }
    }

    /// The checksum of bytes.
    pub fn of(self, bytes: &[u8]) -> Digest {
        let mut running = self.begin();
        running.update(bytes);
        running.end()
    }

    fn of_crc(self, crc: u64) -> Digest {
        match self {
            Self::Crc32 => Digest::Crc32(u32::try_from(crc).unwrap_or_default()),
            Self::Crc32c => Digest::Crc32c(u32::try_from(crc).unwrap_or_default()),
            _ => Digest::Crc64Nvme(crc),
        }
    }
}

/// A checksum being computed.
pub enum Running {
    /// One of the CRCs.
    Crc(Algorithm, crc_fast::Digest),
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
}

impl Running {
    /// Takes more bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, crc) => crc.update(bytes),
            Self::Sha1(sha) => sha.update(bytes),
            Self::Sha256(sha) => sha.update(bytes),
        }
    }

    /// The checksum.
    pub fn end(self) -> Digest {
        match self {
            Self::Crc(algorithm, crc) => algorithm.of_crc(crc.finalize()),
            Self::Sha1(sha) => Digest::Sha1(Box::new(sha.finalize().into())),
            Self::Sha256(sha) => Digest::Sha256(Box::new(sha.finalize().into())),
        }
    }
}

/// A checksum. In documents, headers and the journal: in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Digest {
    /// CRC32.
    Crc32(u32),
    /// CRC32C.
    Crc32c(u32),
    /// CRC64NVME.
    Crc64Nvme(u64),
    /// SHA1.
    Sha1(Box<[u8; 20]>),
    /// SHA256.
    Sha256(Box<[u8; 32]>),
}

impl Digest {
    /// Reads base64; `None` where it is not, or of another length.
    pub fn parse(algorithm: Algorithm, text: &str) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        Some(match algorithm {
            Algorithm::Crc32 => Self::Crc32(u32::from_be_bytes(bytes.try_into().ok()?)),
            Algorithm::Crc32c => Self::Crc32c(u32::from_be_bytes(bytes.try_into().ok()?)),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(u64::from_be_bytes(bytes.try_into().ok()?)),
            Algorithm::Sha1 => Self::Sha1(Box::new(bytes.try_into().ok()?)),
            Algorithm::Sha256 => Self::Sha256(Box::new(bytes.try_into().ok()?)),
        })
    }

    /// What it was made with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Crc32(_) => Algorithm::Crc32,
            Self::Crc32c(_) => Algorithm::Crc32c,
            Self::Crc64Nvme(_) => Algorithm::Crc64Nvme,
            Self::Sha1(_) => Algorithm::Sha1,
            Self::Sha256(_) => Algorithm::Sha256,
        }
    }

    /// Its bytes, the highest first.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Crc32(crc) | Self::Crc32c(crc) => crc.to_be_bytes().to_vec(),
            Self::Crc64Nvme(crc) => crc.to_be_bytes().to_vec(),
            Self::Sha1(sha) => sha.to_vec(),
            Self::Sha256(sha) => sha.to_vec(),
        }
    }

    fn crc(&self) -> Option<u64> {
        match self {
            Self::Crc32(crc) | Self::Crc32c(crc) => Some(u64::from(*crc)),
            Self::Crc64Nvme(crc) => Some(*crc),
            Self::Sha1(_) | Self::Sha256(_) => None,
        }
    }

    /// That of the same bytes and `size` more, whose checksum is `next`; only CRCs have it.
    pub fn then(&self, next: &Self, size: u64) -> Option<Self> {
        let crc = crc_fast::checksum_combine(self.algorithm().crc()?, self.crc()?, next.crc()?, size);
        Some(self.algorithm().of_crc(crc))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.bytes()))
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        format!("{}:{digest}", digest.algorithm().name())
    }
}

impl TryFrom<String> for Digest {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let read = || {
            let (name, value) = text.split_once(':')?;
            Self::parse(Algorithm::named(name).ok()?, value)
        };
        read().ok_or_else(|| format!("no checksum: {text}"))
    }
}

/// The checksum that S3 keeps of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Its value.
    pub digest: Digest,
    /// Of how many parts' checksums it is one; 0: it is one of the whole object's bytes.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub parts: u16,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_whole(parts: &u16) -> bool {
    *parts == 0
}

impl Checksum {
    /// One of a whole object's bytes.
    pub fn whole(digest: Digest) -> Self {
        Self { digest, parts: 0 }
    }

    /// What it was made with.
    pub fn algorithm(&self) -> Algorithm {
        self.digest.algorithm()
    }

    /// `FULL_OBJECT` or `COMPOSITE`.
    pub fn kind(&self) -> &'static str {
        kind(self.parts > 0)
    }

    /// Writes it into a document, its type after it.
    pub fn write(&self, xml: &mut Xml) {
        xml.text(self.algorithm().element(), self).text("ChecksumType", self.kind());
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.digest.fmt(out)?;
        if self.parts > 0 { write!(out, "-{}", self.parts) } else { Ok(()) }
    }
}

/// `FULL_OBJECT` or `COMPOSITE`.
pub fn kind(composite: bool) -> &'static str {
    if composite { "COMPOSITE" } else { "FULL_OBJECT" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_that_others_compute() {
        // The check values of the catalogue of CRCs.
        for (algorithm, bytes, expected) in [
            (Algorithm::Crc32, "123456789", vec![0xcb, 0xf4, 0x39, 0x26]),
            (Algorithm::Crc32c, "123456789", vec![0xe3, 0x06, 0x92, 0x83]),
            (Algorithm::Crc64Nvme, "123456789", vec![0xae, 0x8b, 0x14, 0x86, 0x0a, 0x79, 0x98, 0x88]),
        ] {
            let digest = algorithm.of(bytes.as_bytes());
            assert_eq!(digest.bytes(), expected);
            assert_eq!(Digest::try_from(String::from(digest.clone())), Ok(digest));
        }
    }

    #[test]
    fn crcs_are_put_together() {
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let joined = algorithm.of(b"coral").then(&algorithm.of(b"reef"), 4);
            assert_eq!(joined, Some(algorithm.of(b"coralreef")));
        }
        assert_eq!(Algorithm::Sha1.of(b"coral").then(&Algorithm::Sha1.of(b"reef"), 4), None);
    }
}
