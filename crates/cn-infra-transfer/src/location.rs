//! Where objects are: in a bucket under a prefix, or in a directory.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The scheme of a bucket.
const SCHEME: &str = "s3://";

/// A place of objects, as the command line has it: `s3://bucket/prefix`, or a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// Objects of a bucket.
    Bucket(BucketLocation),
    /// Files of a directory, and of those in it.
    Directory(PathBuf),
}

/// A bucket and a prefix of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketLocation {
    /// The bucket's name.
    pub bucket: String,
    /// What the keys begin with; empty: all keys. One that names a directory ends with `/`.
    pub prefix: String,
}

/// A location that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing is given.
    #[error("a location is empty: write s3://BUCKET, s3://BUCKET/PREFIX or a directory")]
    Empty,
    /// A bucket's URI without a bucket.
    #[error("`{text}` names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX")]
    NoBucket {
        /// What is given.
        text: String,
    },
    /// A name that no bucket can have.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    #[error(
        "`{name}` in `{text}` cannot be a bucket's name: it has 3 to 63 characters out of a-z, 0-9, `.` and `-`, and \
         begins and ends with a letter or digit"
    )]
    BadBucket {
        /// What is given.
        text: String,
        /// The name in it.
        name: String,
    },
    /// Another URI.
    #[error(
        "`{text}` is no place for objects here: only s3:// and directories are; for a directory of that name write ./{text}"
    )]
    OtherScheme {
        /// What is given.
        text: String,
    },
    /// A directory where only a bucket will do.
    #[error("`{text}` is a directory where a bucket is needed: write s3://BUCKET or s3://BUCKET/PREFIX")]
    NotABucket {
        /// What is given.
        text: String,
    },
    /// A prefix that no key can begin with.
    #[error("the prefix in `{text}` has {length} bytes, and no key has more than {MAX_KEY}")]
    LongPrefix {
        /// What is given.
        text: String,
        /// The length of the prefix.
        length: usize,
    },
}

/// Keys have at most so many bytes. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
pub(crate) const MAX_KEY: usize = 1_024;

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::Empty);
        }
        if text.starts_with(SCHEME) {
            return text.parse().map(Self::Bucket);
        }
        if has_scheme(text) {
            return Err(LocationError::OtherScheme { text: text.to_owned() });
        }
        Ok(Self::Directory(PathBuf::from(text)))
    }
}

impl FromStr for BucketLocation {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(LocationError::NotABucket { text: text.to_owned() });
        };
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if name.is_empty() {
            return Err(LocationError::NoBucket { text: text.to_owned() });
        }
        if !is_bucket_name(name) {
            return Err(LocationError::BadBucket { text: text.to_owned(), name: name.to_owned() });
        }
        if prefix.len() > MAX_KEY {
            return Err(LocationError::LongPrefix { text: text.to_owned(), length: prefix.len() });
        }
        Ok(Self { bucket: name.to_owned(), prefix: prefix.to_owned() })
    }
}

/// Whether a text begins as an URI does: letters, then `://`.
fn has_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
    })
}

fn is_bucket_name(name: &str) -> bool {
    let is_end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = name.as_bytes();
    (3..=63).contains(&name.len())
        && bytes.iter().all(|byte| is_end(byte) || b".-".contains(byte))
        && [bytes.first(), bytes.last()].into_iter().flatten().all(is_end)
}

impl BucketLocation {
    /// The same as a directory: a prefix that does not end with `/` gets it, so that `media` is not `media-old` too.
    #[must_use]
    pub fn as_directory(mut self) -> Self {
        if !self.prefix.is_empty() && !self.prefix.ends_with('/') {
            self.prefix.push('/');
        }
        self
    }

    /// Whether all that another location has is in this one.
    pub fn contains(&self, other: &Self) -> bool {
        self.bucket == other.bucket && other.prefix.starts_with(&self.prefix)
    }
}

impl fmt::Display for BucketLocation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{SCHEME}{}/{}", self.bucket, self.prefix)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(bucket) => bucket.fmt(out),
            Self::Directory(path) => path.display().fmt(out),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Directory(path.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_bucket_with_a_prefix_or_a_directory() {
        for (text, bucket, prefix) in [
            ("s3://media", "media", ""),
            ("s3://media/", "media", ""),
            ("s3://my.media-1/a b/ä", "my.media-1", "a b/ä"),
            ("s3://media//a", "media", "/a"),
        ] {
            let expected = BucketLocation { bucket: bucket.to_owned(), prefix: prefix.to_owned() };
            assert_eq!(text.parse(), Ok(Location::Bucket(expected)), "{text}");
        }
        for text in ["media", "./s3://media", "/srv/a://b", "C:/media"] {
            assert_eq!(text.parse(), Ok(Location::Directory(PathBuf::from(text))), "{text}");
        }
    }

    #[test]
    fn what_is_no_location_says_what_is_wrong() {
        let long = format!("s3://media/{}", "x".repeat(1_025));
        for (text, said) in [
            ("", "is empty"),
            ("s3://", "names no bucket"),
            ("s3:///key", "names no bucket"),
            ("s3://Media/key", "`Media` in `s3://Media/key` cannot be"),
            ("s3://ab", "3 to 63 characters"),
            ("s3://-ab", "begins and ends"),
            ("gs://media", "for a directory of that name write ./gs://media"),
            (&long, "has 1025 bytes"),
        ] {
            let error = text.parse::<Location>().expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        let error = "media".parse::<BucketLocation>().expect_err("a directory").to_string();
        assert!(error.contains("a bucket is needed"), "{error}");
    }

    #[test]
    fn a_directory_is_not_what_begins_with_its_name() {
        let of = |text: &str| text.parse::<BucketLocation>().expect("a bucket");
        assert_eq!(of("s3://media/a").as_directory(), of("s3://media/a/"));
        assert_eq!(of("s3://media").as_directory(), of("s3://media"));
        assert!(of("s3://media").contains(&of("s3://media/a/")));
        assert!(!of("s3://media/a/").contains(&of("s3://media/ab/")) && !of("s3://media").contains(&of("s3://medic")));
    }
}
