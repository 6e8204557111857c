//! The fields of a kind as a tree: which tables have fixed fields, which have keys that the user chooses.

use std::collections::BTreeMap;

use crate::resource::{Field, Role};

/// One level of a kind's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldTree {
    /// A value that is compared as a whole.
    Leaf {
        /// What the engine does with it.
        role: Role,
        /// Whether it is the path of a text file.
        file: bool,
    },
    /// A table of fixed fields: each stands for itself.
    Fixed(BTreeMap<&'static str, FieldTree>),
    /// A table whose keys the user chooses: managed whole, its entries field by field.
    Keyed(Box<FieldTree>),
}

impl FieldTree {
    /// The tree of a list of dotted paths.
    pub fn of(fields: &[Field]) -> Self {
        let mut root = Self::Fixed(BTreeMap::new());
        for field in fields {
            let keys: Vec<_> = field.path.split('.').collect();
            root.add(&keys, Self::Leaf { role: field.role, file: field.file });
        }
        root
    }

    fn add(&mut self, keys: &[&'static str], leaf: Self) {
        let Some((first, rest)) = keys.split_first() else {
            *self = leaf;
            return;
        };
        if *first == "*" {
            if !matches!(self, Self::Keyed(_)) {
                *self = Self::Keyed(Box::new(Self::Fixed(BTreeMap::new())));
            }
            if let Self::Keyed(entry) = self {
                entry.add(rest, leaf);
            }
            return;
        }
        if !matches!(self, Self::Fixed(_)) {
            *self = Self::Fixed(BTreeMap::new());
        }
        if let Self::Fixed(fields) = self {
            fields.entry(first).or_insert_with(|| Self::Fixed(BTreeMap::new())).add(rest, leaf);
        }
    }

    /// The tree below one key.
    pub fn child(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Leaf { .. } => None,
            Self::Fixed(fields) => fields.get(key),
            Self::Keyed(entry) => Some(entry),
        }
    }

    /// The tree at a dotted path of a document.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, Self::child)
    }
}
