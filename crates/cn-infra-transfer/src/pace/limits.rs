//! Which of S3's limits a request falls under.

/// A prefix of keys that S3 may hold to a limit of its own: what a key has up to its last `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prefix<'a> {
    pub(super) bucket: &'a str,
    pub(super) path: &'a str,
}

impl<'a> Prefix<'a> {
    /// The prefix of a key.
    pub fn of(bucket: &'a str, key: &'a str) -> Self {
        let end = key.rfind('/').map_or(0, |slash| slash + 1);
        Self { bucket, path: &key[..end] }
    }

    /// That of requests about a whole bucket.
    pub fn whole(bucket: &'a str) -> Self {
        Self { bucket, path: "" }
    }
}

/// Reads and writes have limits apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Read,
    Write,
}

impl Kind {
    /// S3 counts GET and HEAD as reads, and everything else as writes.
    pub fn of(operation: &str) -> Self {
        if ["Get", "Head", "List"].iter().any(|verb| operation.starts_with(verb)) { Self::Read } else { Self::Write }
    }
}
