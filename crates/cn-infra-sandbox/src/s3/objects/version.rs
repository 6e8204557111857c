//! One version of an object: its row in the index. A million of them must fit into memory: what is rare is boxed.

use std::fmt;
use std::num::NonZeroU64;
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::blobs::Content;
use super::checksum::{Checksum, Digest};
use super::storage_class::StorageClass;
use crate::s3::acl::Acl;
use crate::s3::configuration::{Algorithm, Encryption};

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// Which of the bucket's changes made it: later ones have higher numbers.
    pub seq: u64,
    /// With `seq`, the version id. `None`: the id is `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<NonZeroU64>,
    /// When it was made, in seconds since 1970: S3 keeps no fractions.
    pub modified: i64,
    /// Whether it is a delete marker, which has none of the rest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marker: bool,
    /// The entity tag.
    pub etag: ETag,
    /// Its bytes.
    pub content: Content,
    /// The storage class.
    #[serde(default, skip_serializing_if = "StorageClass::is_standard")]
    pub class: StorageClass,
    /// The checksum that S3 keeps of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// What most objects have none of; objects that have the same share it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "shared")]
    pub details: Option<Arc<Details>>,
}

impl Version {
    /// A delete marker.
    pub fn marker(now: Timestamp) -> Self {
        Self {
            seq: 0,
            salt: None,
            modified: now.as_second(),
            marker: true,
            etag: ETag::default(),
            content: Content::EMPTY,
            class: StorageClass::default(),
            checksum: None,
            details: None,
        }
    }

    /// Its version id.
    pub fn id(&self) -> String {
        match self.salt {
            Some(salt) => format!("{salt:016x}{:016x}", self.seq),
            None => "null".to_owned(),
        }
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.content.size()
    }

    /// When it was made.
    pub fn modified(&self) -> Timestamp {
        Timestamp::from_second(self.modified).unwrap_or_default()
    }

    /// What most objects have none of.
    pub fn details(&self) -> &Details {
        self.details.as_deref().unwrap_or(&NONE)
    }

    /// The same, to be changed.
    pub fn details_mut(&mut self) -> &mut Details {
        Arc::make_mut(self.details.get_or_insert_default())
    }

    /// The MD5 of its bytes, if the entity tag is that: not where parts were put together, nor under KMS.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html>
    pub fn md5(&self) -> Option<[u8; 16]> {
        let plain = self.details().encryption.as_ref().is_none_or(|how| how.algorithm == Algorithm::Aes256);
        (plain && self.etag.parts == 0).then_some(self.etag.md5)
    }
}

/// The id of a version as a request names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionId {
    /// `null`: made without versioning.
    Null,
    /// Any other.
    Of { seq: u64, salt: NonZeroU64 },
}

impl VersionId {
    /// Reads an id; `None` where no version can ever have it.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (salt, seq) = text.split_at_checked(16).filter(|_| text.len() == 32)?;
        Some(Self::Of {
            seq: u64::from_str_radix(seq, 16).ok()?,
            salt: NonZeroU64::new(u64::from_str_radix(salt, 16).ok()?)?,
        })
    }

    /// Whether it is that version's.
    pub fn is_of(self, version: &Version) -> bool {
        match self {
            Self::Null => version.salt.is_none(),
            Self::Of { seq, salt } => version.seq == seq && version.salt == Some(salt),
        }
    }
}

/// An entity tag: the MD5 of an object's bytes; of an object put together from parts the MD5 of their MD5s, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ETag {
    /// The MD5.
    pub md5: [u8; 16],
    /// How many parts; 0: it was put as a whole.
    pub parts: u16,
}

impl ETag {
    /// That of bytes put as a whole.
    pub fn whole(md5: [u8; 16]) -> Self {
        Self { md5, parts: 0 }
    }

    /// Whether a condition or a list of parts means this tag, with quotes or without.
    pub fn is(&self, text: &str) -> bool {
        text.trim().trim_matches('"') == self.to_string()
    }

    /// With its quotes, as in headers.
    pub fn quoted(&self) -> String {
        format!("\"{self}\"")
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:032x}", u128::from_be_bytes(self.md5))?;
        if self.parts > 0 {
            write!(out, "-{}", self.parts)?;
        }
        Ok(())
    }
}

impl From<ETag> for String {
    fn from(etag: ETag) -> Self {
        etag.to_string()
    }
}

impl TryFrom<String> for ETag {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (md5, parts) = text.split_once('-').unwrap_or((&text, "0"));
        Ok(Self { md5: u128::from_str_radix(md5, 16)?.to_be_bytes(), parts: parts.parse()? })
    }
}

/// What most objects have none of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Headers that are answered as they were given: the place in `metadata::HEADERS`, and the value.
    #[serde(skip_serializing_if = "is_empty")]
    pub headers: Box<[(u8, Box<str>)]>,
    /// The user's own: what follows `x-amz-meta-`, and the value.
    #[serde(skip_serializing_if = "is_empty")]
    pub metadata: Box<[(Box<str>, Box<str>)]>,
    /// Tags, by key.
    #[serde(skip_serializing_if = "is_empty")]
    pub tags: Box<[(Box<str>, Box<str>)]>,
    /// The access control list. `None`: the owner has full control, and nobody else any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl: Option<Box<Acl>>,
    /// How it is encrypted. `None`: by S3's own keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Box<Encryption>>,
    /// The parts it was put together from.
    #[serde(skip_serializing_if = "is_empty")]
    pub parts: Box<[PartOf]>,
}

impl Details {
    /// To be shared, unless there is nothing.
    pub fn some(self) -> Option<Arc<Self>> {
        (self != Self::default()).then(|| Arc::new(self))
    }
}

/// In the journal every version has its own.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Details;

    #[allow(clippy::ref_option, reason = "serde passes a reference")]
    pub fn serialize<S: Serializer>(details: &Option<Arc<Details>>, to: S) -> Result<S::Ok, S::Error> {
        details.as_deref().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Arc<Details>>, D::Error> {
        Ok(Option::<Details>::deserialize(from)?.map(Arc::new))
    }
}

static NONE: LazyLock<Details> = LazyLock::new(Details::default);

fn is_empty<T>(list: &[T]) -> bool {
    list.is_empty()
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartOf {
    /// Its number, from 1; numbers can be left out.
    pub number: u16,
    /// How many bytes it has.
    pub size: u64,
    /// Its own checksum, where the object's is made of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_small_and_its_ids_are_read_again() {
        assert!(size_of::<Version>() <= 112, "{} bytes", size_of::<Version>());
        let mut version = Version::marker(Timestamp::UNIX_EPOCH);
        assert_eq!(VersionId::parse(&version.id()), Some(VersionId::Null));
        version.salt = NonZeroU64::new(7);
        assert!(VersionId::parse(&version.id()).expect("an id").is_of(&version));
        assert_eq!(VersionId::parse("no-such-version"), None);
        let etag = ETag { md5: [1; 16], parts: 12 };
        assert_eq!(ETag::try_from(etag.to_string()), Ok(etag));
        assert!(etag.is(&etag.quoted()) && !etag.is("\"01\""));
    }
}
