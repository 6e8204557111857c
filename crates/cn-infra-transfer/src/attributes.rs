//! What an object has beside its bytes, and where it comes from.

use std::collections::HashMap;

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectCannedAcl, ObjectStorageClass, StorageClass};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is encoded in a value of a URL's query: everything but RFC 3986's unreserved characters.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same in a path, whose slashes stay.
const PATH: &AsciiSet = &VALUE.remove(b'/');

/// What copies and uploads get beside their bytes. As it is by default, a copy is as its source, but private: S3 never
/// copies an access control list.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// Headers and metadata instead of the source's. `None`: a copy has its source's; an upload has the content type of
    /// its file's name.
    pub headers: Option<Headers>,
    /// Tags instead of the source's; empty: none, for which nobody needs to be allowed to read the source's. `None`: a
    /// copy has its source's, an upload none.
    pub tags: Option<Vec<(String, String)>>,
    /// The storage class.
    pub class: Class,
    /// A canned access control list. `None`: private. Buckets whose owner is enforced take none but
    /// `bucket-owner-full-control`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
    pub acl: Option<ObjectCannedAcl>,
}

/// Headers that S3 tells with an object, and the user's own metadata. All of the source's are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `Content-Type`. `None`: of an upload, that of its file's name.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Expires`.
    pub expires: Option<DateTime>,
    /// `x-amz-meta-…`.
    pub metadata: HashMap<String, String>,
}

impl Headers {
    /// Those of an object.
    pub(crate) fn told(head: HeadObjectOutput) -> Self {
        #[allow(deprecated, reason = "the text beside it is for values that are no time, which requests cannot have")]
        let expires = head.expires;
        Self {
            content_type: head.content_type,
            cache_control: head.cache_control,
            content_disposition: head.content_disposition,
            content_encoding: head.content_encoding,
            content_language: head.content_language,
            expires,
            metadata: head.metadata.unwrap_or_default(),
        }
    }
}

/// A request with headers: those that make an object have the same setters, and no trait.
macro_rules! with_headers {
    ($request:expr, $headers:expr) => {{
        let $crate::attributes::Headers {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            metadata,
        } = $headers;
        let request = $request.set_content_type(content_type).set_cache_control(cache_control);
        let request = request.set_content_disposition(content_disposition).set_content_encoding(content_encoding);
        let request = request.set_content_language(content_language).set_expires(expires);
        request.set_metadata(Some(metadata).filter(|metadata| !metadata.is_empty()))
    }};
}
pub(crate) use with_headers;

/// Which storage class an object gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Class {
    /// That of its source; of files, standard.
    #[default]
    OfSource,
    /// This one.
    Set(StorageClass),
}

impl Attributes {
    /// The tags that are set, as a header.
    pub(crate) fn tagging(&self) -> Option<String> {
        let tags = self.tags.as_ref()?;
        Some(tagging(tags.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
    }
}

impl Class {
    /// For a request; `None`: standard.
    pub(crate) fn of(&self, source: Option<&ObjectStorageClass>) -> Option<StorageClass> {
        match self {
            Self::OfSource => source.map(|class| StorageClass::from(class.as_str())),
            Self::Set(class) => Some(class.clone()),
        }
    }
}

/// Tags as the header `x-amz-tagging` has them: as in a URL's query.
pub(crate) fn tagging<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in tags {
        if !text.is_empty() {
            text.push('&');
        }
        text.extend(utf8_percent_encode(name, VALUE));
        text.push('=');
        text.extend(utf8_percent_encode(value, VALUE));
    }
    text
}

/// The header `x-amz-copy-source`: bucket and key, URL-encoded.
pub(crate) fn copy_source(bucket: &str, prefix: &str, key: &str) -> String {
    let mut text = String::with_capacity(bucket.len() + prefix.len() + key.len() + 16);
    text.push_str(bucket);
    text.push('/');
    text.extend(utf8_percent_encode(prefix, PATH));
    text.extend(utf8_percent_encode(key, PATH));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_headers_is_encoded() {
        assert_eq!(copy_source("media", "a/", "b c/../ä?+%"), "media/a/b%20c/../%C3%A4%3F%2B%25");
        assert_eq!(tagging([("a b", "c/d"), ("e", "&=")]), "a%20b=c%2Fd&e=%26%3D");
        assert_eq!(tagging([]), "");
    }
}
