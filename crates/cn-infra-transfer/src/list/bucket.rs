//! Pages of a bucket's listing.

use std::borrow::Cow;
use std::fmt;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use aws_sdk_s3::types::{EncodingType, Object, ObjectStorageClass};
use percent_encoding::percent_decode_str;

use super::cursor::Next;
use super::etag::ETag;
use super::page::{Facts, Page};
use crate::bucket::Bucket;
use crate::failure::Failure;
use crate::pace::{Pace, Prefix};

/// The objects of a bucket under a prefix.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The bucket.
    pub bucket: Bucket,
    /// What the keys begin with.
    pub prefix: String,
    /// Keys in a page; `None`: S3's 1,000. Tests have less.
    page: Option<i32>,
}

impl fmt::Display for Listing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "s3://{}/{}", self.bucket.name(), self.prefix)
    }
}

impl Listing {
    /// A listing of a bucket; of all keys if the prefix is empty.
    pub fn new(bucket: Bucket, prefix: impl Into<String>) -> Self {
        Self { bucket, prefix: prefix.into(), page: None }
    }

    /// The same in small pages.
    #[cfg(test)]
    pub(crate) fn in_pages_of(self, keys: i32) -> Self {
        Self { page: Some(keys), ..self }
    }

    /// Whether there can be objects that are in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        let within = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
        self.bucket.name() == other.bucket.name() && within(&self.prefix, &other.prefix)
    }

    /// Lists the page that comes next, of at most 1,000 keys: S3 has no larger ones.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
    ///
    /// # Errors
    /// S3's, after every retry; a key that is no UTF-8.
    pub async fn page(&self, pace: &Pace, next: &Next) -> Result<(Page, Next), Failure> {
        let (after, token) = match next {
            Next::End => return Ok((Page::default(), Next::End)),
            Next::After(after) => (after.as_deref().map(|key| format!("{}{key}", self.prefix)), None),
            Next::Token(token) => (None, Some(token)),
        };
        let limit = Prefix::of(self.bucket.name(), &self.prefix);
        let answer = pace.send(&limit, "ListObjectsV2", 0, || {
            let list = self.bucket.client().list_objects_v2().bucket(self.bucket.name());
            let list = list.set_expected_bucket_owner(self.bucket.owner()).encoding_type(EncodingType::Url);
            let list = list.set_prefix(Some(self.prefix.clone()).filter(|prefix| !prefix.is_empty()));
            let list = list.set_max_keys(self.page);
            list.set_start_after(after.clone()).set_continuation_token(token.cloned()).send()
        });
        let answer = answer.await;
        answer.and_then(|answer| self.read(answer)).map_err(|failure| {
            let message = format!("{self}: {}", failure.message);
            Failure { message, ..failure }
        })
    }

    fn read(&self, answer: ListObjectsV2Output) -> Result<(Page, Next), Failure> {
        let next = match (answer.is_truncated, answer.next_continuation_token) {
            (Some(true), Some(token)) => Next::Token(token),
            (Some(true), None) => return Err(Failure::local("S3 lists a page, says that there are more, and not how")),
            _ => Next::End,
        };
        let is_encoded = answer.encoding_type == Some(EncodingType::Url);
        let objects = answer.contents.unwrap_or_default();
        let mut page = Page::with_capacity(objects.len());
        for object in objects {
            let listed = object.key().unwrap_or_default();
            let key = if is_encoded { decode(listed) } else { Some(Cow::Borrowed(listed)) };
            let key = key.as_deref().and_then(|key| key.strip_prefix(self.prefix.as_str()));
            let key =
                key.ok_or_else(|| Failure::local(format!("S3 lists `{listed}`, which is no key of this listing")))?;
            page.push(key, facts(&object));
        }
        Ok((page, next))
    }
}

fn facts(object: &Object) -> Facts {
    Facts {
        size: object.size.and_then(|size| u64::try_from(size).ok()),
        modified: object.last_modified.map(|time| time.secs()),
        etag: object.e_tag.as_deref().map(ETag::parse),
        class: object.storage_class.clone().filter(|class| *class != ObjectStorageClass::Standard),
    }
}

/// Decodes a key as S3 encodes it, with `+` for a space; `None` where it is no UTF-8. Most keys are what they seem.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('+') {
        return percent_decode_str(text).decode_utf8().ok();
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|key| Cow::Owned(key.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded() {
        for (text, key) in [
            ("a/b", Some("a/b")),
            ("a+b%2Bc%20%C3%A4", Some("a b+c ä")),
            ("%00%0a", Some("\0\n")),
            ("%FF", None),
            ("%4", Some("%4")),
            ("%zz", Some("%zz")),
        ] {
            assert_eq!(decode(text).as_deref(), key, "{text}");
        }
    }
}
