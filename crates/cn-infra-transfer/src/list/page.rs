//! A page of a listing, in two allocations whatever it lists.

use aws_sdk_s3::types::ObjectStorageClass;

use super::etag::ETag;

/// What a listing tells of an object, a file, or a line of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The size in bytes; unknown where a manifest does not say.
    pub size: Option<u64>,
    /// When it was last written, in whole seconds since 1970, as S3 tells it.
    pub modified: Option<i64>,
    /// The entity tag; files have none.
    pub etag: Option<ETag>,
    /// The storage class; `None`: standard, or no object.
    pub class: Option<ObjectStorageClass>,
}

/// An entry of a page.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The key without the prefix of its location.
    pub key: &'a str,
    /// The rest.
    pub facts: &'a Facts,
}

/// Entries in the order of their keys, by bytes.
#[derive(Clone, Debug, Default)]
pub struct Page {
    keys: String,
    /// Where each key ends, and the rest.
    entries: Vec<(usize, Facts)>,
}

impl Page {
    /// An empty page with room.
    pub fn with_capacity(entries: usize) -> Self {
        Self { keys: String::with_capacity(entries * 32), entries: Vec::with_capacity(entries) }
    }

    /// Adds an entry, whose key comes after all others.
    pub fn push(&mut self, key: &str, facts: Facts) {
        self.keys.push_str(key);
        self.entries.push((self.keys.len(), facts));
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An entry; `None` beyond the end.
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        let (end, facts) = self.entries.get(at)?;
        let start = at.checked_sub(1).and_then(|before| self.entries.get(before)).map_or(0, |(end, _)| *end);
        Some(Entry { key: self.keys.get(start..*end)?, facts })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// The last one.
    pub fn last(&self) -> Option<Entry<'_>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// How many entries, from `from` on, have keys up to and with `key`: where it would be cut after that.
    pub fn position_after(&self, key: &str, from: usize) -> usize {
        let (mut low, mut high) = (from, self.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.get(middle).is_some_and(|entry| entry.key <= key) { low = middle + 1 } else { high = middle }
        }
        low
    }
}
