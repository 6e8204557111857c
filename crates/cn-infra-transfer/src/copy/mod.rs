//! Copies within S3: the bytes do not pass through this machine.

mod large;

use aws_sdk_s3::types::{MetadataDirective, ObjectStorageClass, TaggingDirective};

use crate::attributes::{Attributes, copy_source, with_headers};
use crate::failure::{Class, Failure};
use crate::list::{ETag, Entry, Listing};
use crate::pace::{Pace, Prefix};
use crate::undone::Undone;

/// What is larger is copied in parts: 5 GiB.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html>
const LARGEST_WHOLE: u64 = 5 << 30;
/// The usual part of what is copied in parts: large, since each is a request, and small enough to be copied in seconds.
const PART: u64 = 512 << 20;
/// How often a source is looked at again that changes between two looks.
const LOOKS: u32 = 3;

/// Copies from one listing to another.
#[derive(Debug)]
pub(crate) struct Copy<'a> {
    pub pace: &'a Pace,
    pub from: &'a Listing,
    pub to: &'a Listing,
    pub attributes: &'a Attributes,
    pub limits: Limits,
}

/// Where a copy is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest object that is copied as one.
    pub largest_whole: u64,
    /// The usual part of others.
    pub part: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { largest_whole: LARGEST_WHOLE, part: PART }
    }
}

/// An object as it was when it was looked at; the copy is of that one or fails.
#[derive(Debug)]
struct Source<'a> {
    key: &'a str,
    size: u64,
    tag: Option<String>,
    class: Option<ObjectStorageClass>,
}

impl Copy<'_> {
    /// Copies an object that was listed, and tells how many bytes it has. If it has changed since, it is copied as it
    /// is now.
    pub async fn copy(&self, entry: Entry<'_>) -> Result<u64, Undone> {
        let facts = entry.facts;
        let mut source = Source {
            key: entry.key,
            size: facts.size.unwrap_or_default(),
            tag: facts.etag.as_ref().map(ETag::quoted),
            class: facts.class.clone(),
        };
        for _ in 1..LOOKS {
            match self.copy_source(&source).await {
                Err(undone) if undone.failure.class == Class::Changed => source = self.look(entry.key).await?,
                copied => return copied.map(|()| source.size),
            }
        }
        self.copy_source(&source).await.map(|()| source.size)
    }

    /// Copies an object that was not listed.
    pub async fn copy_unlisted(&self, key: &str) -> Result<u64, Undone> {
        let source = self.look(key).await?;
        self.copy_source(&source).await.map(|()| source.size)
    }

    async fn copy_source(&self, source: &Source<'_>) -> Result<(), Undone> {
        let key = format!("{}{}", self.to.prefix, source.key);
        let named = copy_source(self.from.bucket.name(), &self.from.prefix, source.key);
        if source.size > self.limits.largest_whole {
            return self.copy_large(source, &named, &key).await;
        }
        self.copy_whole(source, &named, &key).await.map_err(Undone::at("CopyObject"))
    }

    async fn copy_whole(&self, source: &Source<'_>, named: &str, key: &str) -> Result<(), Failure> {
        let (to, attributes) = (&self.to.bucket, self.attributes);
        let limit = Prefix::of(to.name(), key);
        let answer = self.pace.send(&limit, "CopyObject", 0, || {
            let mut copy = to.client().copy_object().bucket(to.name()).key(key).copy_source(named);
            copy = copy.set_copy_source_if_match(source.tag.clone()).set_acl(attributes.acl.clone());
            copy = copy.set_storage_class(attributes.class.of(source.class.as_ref()));
            copy = copy.set_expected_bucket_owner(to.owner());
            copy = copy.set_expected_source_bucket_owner(self.from.bucket.owner());
            if let Some(tags) = attributes.tagging() {
                copy = copy.tagging_directive(TaggingDirective::Replace).tagging(tags);
            }
            if let Some(headers) = attributes.headers.clone() {
                copy = with_headers!(copy.metadata_directive(MetadataDirective::Replace), headers);
            }
            copy.send()
        });
        let is_told = answer.await?.copy_object_result.is_some_and(|result| result.e_tag.is_some());
        if is_told {
            Ok(())
        } else {
            Err(Failure::local("S3 says that it copied, and not what: no entity tag came back"))
        }
    }

    /// Looks at a source again.
    async fn look<'k>(&self, key: &'k str) -> Result<Source<'k>, Undone> {
        let (from, whole) = (&self.from.bucket, format!("{}{key}", self.from.prefix));
        let limit = Prefix::of(from.name(), &whole);
        let head = self.pace.send(&limit, "HeadObject", 0, || {
            let head = from.client().head_object().bucket(from.name()).key(&whole);
            head.set_expected_bucket_owner(from.owner()).send()
        });
        let head = head.await.map_err(Undone::at("HeadObject"))?;
        Ok(Source {
            key,
            size: head.content_length.and_then(|length| u64::try_from(length).ok()).unwrap_or_default(),
            tag: head.e_tag,
            class: head.storage_class.map(|class| ObjectStorageClass::from(class.as_str())),
        })
    }
}

#[cfg(test)]
mod tests;
