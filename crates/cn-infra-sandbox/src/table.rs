//! Rows with an undo: what a request changes is committed as a whole, or taken back as a whole.
//!
//! So a handler may change one row after the other and fail at the last; a `DryRun` is a request that is always taken
//! back.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a request changed, as it is kept in the journal: the table's name, the row's key, and the row (`None`: removed).
pub type Change = (String, String, Option<Value>);

/// A store of rows whose changes are committed or taken back together.
pub trait Rows {
    /// Ends the request: `changed` is told each changed row, and the changes stay.
    fn commit(&mut self, changed: &mut dyn FnMut(&str, Option<Value>));
    /// Ends the request: the rows are as they were before it.
    fn roll_back(&mut self);
    /// Sets a row as the journal has it (`None`: removes it). Not undone.
    fn load(&mut self, key: &str, row: Option<Value>) -> Result<(), serde_json::Error>;
    /// All rows, for a snapshot.
    fn dump(&self, each: &mut dyn FnMut(&str, Value));
}

/// Rows by key, in the order of their keys.
#[derive(Clone, Debug)]
pub struct Table<T> {
    rows: BTreeMap<String, T>,
    /// The rows that the running request touched, as they were before.
    before: BTreeMap<String, Option<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), before: BTreeMap::new() }
    }
}

impl<T: Clone> Table<T> {
    /// The row of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.rows.get(key)
    }

    /// The row of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut T> {
        let row = self.rows.get_mut(key)?;
        if !self.before.contains_key(key) {
            self.before.insert(key.to_owned(), Some(row.clone()));
        }
        Some(row)
    }

    /// Sets a row.
    pub fn insert(&mut self, key: impl Into<String>, row: T) {
        let key = key.into();
        let old = self.rows.insert(key.clone(), row);
        self.before.entry(key).or_insert(old);
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let old = self.rows.remove(key)?;
        self.before.entry(key.to_owned()).or_insert_with(|| Some(old.clone()));
        Some(old)
    }

    /// Whether there is such a row.
    pub fn contains(&self, key: &str) -> bool {
        self.rows.contains_key(key)
    }

    /// All rows, by key.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&String, &T)> {
        self.rows.iter()
    }

    /// The rows from a key on, by key.
    pub fn from<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a String, &'a T)> + use<'a, T> {
        self.rows.range::<str, _>((Bound::Included(key), Bound::Unbounded))
    }

    /// All rows, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// The keys of the rows that `which` holds for; for a loop that changes them.
    pub fn keys_where(&self, which: impl Fn(&T) -> bool) -> Vec<String> {
        self.rows.iter().filter(|(_, row)| which(row)).map(|(key, _)| key.clone()).collect()
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<T: Clone + Serialize + DeserializeOwned> Rows for Table<T> {
    fn commit(&mut self, changed: &mut dyn FnMut(&str, Option<Value>)) {
        for key in std::mem::take(&mut self.before).into_keys() {
            let row = self.rows.get(&key).and_then(|row| serde_json::to_value(row).ok());
            changed(&key, row);
        }
    }

    fn roll_back(&mut self) {
        for (key, row) in std::mem::take(&mut self.before) {
            match row {
                Some(row) => self.rows.insert(key, row),
                None => self.rows.remove(&key),
            };
        }
    }

    fn load(&mut self, key: &str, row: Option<Value>) -> Result<(), serde_json::Error> {
        match row {
            Some(row) => self.rows.insert(key.to_owned(), serde_json::from_value(row)?),
            None => self.rows.remove(key),
        };
        Ok(())
    }

    fn dump(&self, each: &mut dyn FnMut(&str, Value)) {
        for (key, row) in &self.rows {
            if let Ok(row) = serde_json::to_value(row) {
                each(key, row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(table: &mut Table<u32>) -> Vec<(String, Option<Value>)> {
        let mut all = Vec::new();
        table.commit(&mut |key, row| all.push((key.to_owned(), row)));
        all
    }

    #[test]
    fn a_request_is_committed_or_taken_back_as_a_whole() {
        let mut table = Table::default();
        table.insert("a", 1);
        table.insert("b", 2);
        assert_eq!(changes(&mut table).len(), 2);
        *table.get_mut("a").expect("a") = 10;
        *table.get_mut("a").expect("a") = 11;
        table.remove("b");
        table.insert("b", 20);
        table.insert("c", 3);
        table.roll_back();
        assert_eq!(table.iter().map(|(key, row)| (key.as_str(), *row)).collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
        assert!(changes(&mut table).is_empty());
        table.remove("a");
        assert_eq!(changes(&mut table), [("a".to_owned(), None)]);
    }
}
