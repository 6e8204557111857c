//! The objects of a bucket by key, each with its versions; what a request changes is committed or taken back as a whole.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::ops::Bound;
use std::sync::Arc;

use serde_json::Value;

use super::version::{Details, Version, VersionId};
use crate::table::Rows;

/// The objects of one bucket.
#[derive(Debug, Default)]
pub struct Index {
    /// The versions of each key, the newest last; never empty.
    keys: BTreeMap<Box<str>, Vec<Version>>,
    /// The versions that the running request touched, by key and number, as they were before.
    before: BTreeMap<(Box<str>, u64), Option<Version>>,
    /// The number of the last version that was made.
    last: u64,
    /// Details that versions had lately, the newest first: those that have the same share it.
    recent: Vec<Arc<Details>>,
}

/// How many different details are compared with those of a new version.
const RECENT: usize = 8;

impl Index {
    /// Without objects.
    pub const fn new() -> Self {
        Self { keys: BTreeMap::new(), before: BTreeMap::new(), last: 0, recent: Vec::new() }
    }

    /// Whether there is neither a version nor a delete marker.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many versions and delete markers there are.
    pub fn len(&self) -> usize {
        self.keys.values().map(Vec::len).sum()
    }

    /// The versions of a key, the newest last.
    pub fn versions(&self, key: &str) -> &[Version] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    /// The newest version of a key: the current one, which can be a delete marker.
    pub fn current(&self, key: &str) -> Option<&Version> {
        self.versions(key).last()
    }

    /// The version of an id.
    pub fn version(&self, key: &str, id: VersionId) -> Option<&Version> {
        self.versions(key).iter().find(|version| id.is_of(version))
    }

    /// All keys from a bound on, in the order of their UTF-8 bytes.
    pub fn from<'a>(&'a self, bound: Bound<&str>) -> impl Iterator<Item = (&'a str, &'a [Version])> + use<'a> {
        self.keys.range::<str, _>((bound, Bound::Unbounded)).map(|(key, versions)| (&**key, versions.as_slice()))
    }

    /// Makes a version the current one, and tells it. `versioned`: with an id of its own; else it is the `null` version,
    /// in place of the one before.
    pub fn add(&mut self, key: &str, mut version: Version, versioned: bool) -> &Version {
        if !versioned && let Some(old) = self.version(key, VersionId::Null).map(|old| old.seq) {
            self.remove(key, old);
        }
        self.last += 1;
        version.seq = self.last;
        version.salt = if versioned { NonZeroU64::new(fastrand::u64(1..)) } else { None };
        self.share(&mut version);
        self.before.insert((key.into(), version.seq), None);
        match self.keys.get_mut(key) {
            Some(versions) => versions.push(version),
            None => {
                self.keys.insert(key.into(), vec![version]);
            }
        }
        &self.versions(key)[self.versions(key).len() - 1]
    }

    /// A version by its number, to be changed.
    pub fn change(&mut self, key: &str, seq: u64) -> Option<&mut Version> {
        let versions = self.keys.get_mut(key)?;
        let place = place(versions, seq).ok()?;
        self.before.entry((key.into(), seq)).or_insert_with(|| Some(versions[place].clone()));
        versions.get_mut(place)
    }

    /// Takes a version out for good.
    pub fn remove(&mut self, key: &str, seq: u64) {
        let version = self.take(key, seq);
        self.before.entry((key.into(), seq)).or_insert(version);
    }

    /// Lets a version share the details of another, where they are the same.
    fn share(&mut self, version: &mut Version) {
        let Some(details) = &version.details else { return };
        if let Some(place) = self.recent.iter().position(|recent| recent == details) {
            version.details = Some(Arc::clone(&self.recent[place]));
        } else {
            self.recent.truncate(RECENT - 1);
            self.recent.insert(0, Arc::clone(details));
        }
    }

    fn take(&mut self, key: &str, seq: u64) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let version = versions.remove(place(versions, seq).ok()?);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(version)
    }

    fn set(&mut self, key: Box<str>, mut version: Version) {
        self.share(&mut version);
        let versions = self.keys.entry(key).or_insert_with(|| Vec::with_capacity(1));
        match place(versions, version.seq) {
            Ok(place) => versions[place] = version,
            Err(place) => versions.insert(place, version),
        }
    }

    /// The key that a row has in the journal: the version's number stands first, since a key may contain anything.
    fn row_key(key: &str, seq: u64) -> String {
        format!("{seq:x}/{key}")
    }
}

fn place(versions: &[Version], seq: u64) -> Result<usize, usize> {
    versions.binary_search_by_key(&seq, |version| version.seq)
}

impl Rows for Index {
    fn commit(&mut self, changed: &mut dyn FnMut(&str, Option<Value>)) {
        for (key, seq) in std::mem::take(&mut self.before).into_keys() {
            let versions = self.versions(&key);
            let version = place(versions, seq).ok().and_then(|place| serde_json::to_value(&versions[place]).ok());
            changed(&Self::row_key(&key, seq), version);
        }
    }

    fn roll_back(&mut self) {
        for ((key, seq), version) in std::mem::take(&mut self.before) {
            match version {
                Some(version) => self.set(key, version),
                None => {
                    self.take(&key, seq);
                }
            }
        }
    }

    fn load(&mut self, key: &str, row: Option<Value>) -> Result<(), serde_json::Error> {
        let (seq, key) = key.split_once('/').unwrap_or_default();
        let seq = u64::from_str_radix(seq, 16).unwrap_or_default();
        self.last = self.last.max(seq);
        match row {
            Some(row) => self.set(key.into(), serde_json::from_value(row)?),
            None => {
                self.take(key, seq);
            }
        }
        Ok(())
    }

    fn dump(&self, each: &mut dyn FnMut(&str, Value)) {
        for (key, versions) in &self.keys {
            for version in versions {
                if let Ok(row) = serde_json::to_value(version) {
                    each(&Self::row_key(key, version.seq), row);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::s3::objects::version::Details;

    type Dump = Vec<(String, Value)>;

    fn tagged(value: &str) -> Version {
        let details = Details { tags: [("a".into(), value.into())].into(), ..Details::default() };
        Version { details: details.some(), ..Version::marker(Timestamp::UNIX_EPOCH) }
    }

    fn dumped(index: &Index) -> Dump {
        let mut rows = Dump::new();
        index.dump(&mut |key, row| rows.push((key.to_owned(), row)));
        rows
    }

    fn committed(index: &mut Index) -> Vec<String> {
        let mut keys = Vec::new();
        index.commit(&mut |key, row| keys.push(format!("{key} {}", row.is_some())));
        keys
    }

    #[test]
    fn a_request_is_committed_or_taken_back_as_a_whole() {
        let mut index = Index::new();
        index.add("a/b", tagged("1"), false);
        index.add("a/b", tagged("2"), true);
        index.add("c", tagged("1"), true);
        assert_eq!(committed(&mut index), ["1/a/b true", "2/a/b true", "3/c true"]);
        let before = dumped(&index);
        index.add("a/b", tagged("3"), false);
        index.remove("a/b", 2);
        index.change("c", 3).expect("c").details_mut().tags = Box::default();
        index.remove("c", 3);
        index.add("d", tagged("4"), true);
        index.roll_back();
        assert_eq!(dumped(&index), before);
        assert!(committed(&mut index).is_empty(), "nothing was touched since");
        index.add("a/b", tagged("5"), false);
        assert_eq!(committed(&mut index), ["1/a/b false", "6/a/b true"]);
        assert_eq!(index.current("a/b").map(Version::id).as_deref(), Some("null"));
    }

    #[test]
    fn what_was_journalled_is_loaded_in_any_order() {
        let mut index = Index::new();
        for number in 0..5 {
            index.add("a", tagged(&number.to_string()), number != 2);
        }
        let (rows, mut loaded) = (dumped(&index), Index::new());
        for (key, row) in rows.iter().rev() {
            loaded.load(key, Some(row.clone())).expect("a row");
        }
        assert_eq!(dumped(&loaded), rows);
        loaded.load(&rows[4].0, None).expect("no row");
        assert_eq!(loaded.current("a").map(|version| version.seq), Some(4));
        assert_eq!(loaded.add("a", tagged("5"), true).seq, 6, "numbers are not used again");
    }

    #[test]
    fn the_same_details_are_kept_once() {
        let mut index = Index::new();
        index.add("a", tagged("1"), false);
        index.add("b", tagged("1"), false);
        let details = |key| index.current(key).and_then(|version| version.details.clone()).expect("details");
        assert!(Arc::ptr_eq(&details("a"), &details("b")));
        index.change("a", 1).expect("a").details_mut().tags = Box::default();
        assert_eq!(index.current("b").map(|version| version.details().tags.len()), Some(1));
    }
}
