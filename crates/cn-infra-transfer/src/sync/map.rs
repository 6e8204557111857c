//! Which objects go where.

use std::fmt;
use std::path::PathBuf;

use crate::list::Listing;

/// Where objects come from, and where they go: a key keeps what it has after the prefix of its source.
#[derive(Clone, Debug)]
pub struct Map {
    /// Where they come from.
    pub from: Source,
    /// Where they go.
    pub to: Listing,
}

/// Where objects come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A bucket's objects under a prefix.
    Bucket(Listing),
    /// The files of a directory, and of those in it.
    Directory(PathBuf),
}

/// Maps that cannot be carried out together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// There is none.
    #[error("nothing is to be copied: no map is given")]
    None,
    /// What is copied would be copied again.
    #[error("{from} and {to} overlap: what is copied would be a source itself. Choose a destination beside the source")]
    IntoItself {
        /// The source.
        from: String,
        /// The destination.
        to: String,
    },
    /// What one map writes, another one would delete.
    #[error(
        "{one} and {other} overlap: with deletion, each would delete what the other has. Run them without it, or choose \
             destinations beside each other"
    )]
    Overlap {
        /// The destination of one map.
        one: String,
        /// A destination or source of another one.
        other: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(listing) => listing.fmt(out),
            Self::Directory(path) => path.display().fmt(out),
        }
    }
}

/// Refuses maps that cannot be carried out together; the first of them.
pub(super) fn check(maps: &[Map], deletes: bool) -> Result<&Map, MapError> {
    let first = maps.first().ok_or(MapError::None)?;
    for Map { from, to } in maps {
        if let Source::Bucket(from) = from
            && from.overlaps(to)
        {
            return Err(MapError::IntoItself { from: from.to_string(), to: to.to_string() });
        }
    }
    if !deletes {
        return Ok(first);
    }
    for (place, one) in maps.iter().enumerate() {
        for (_, other) in maps.iter().enumerate().filter(|(other, _)| *other != place) {
            let source = match &other.from {
                Source::Bucket(from) => Some(from),
                Source::Directory(_) => None,
            };
            if let Some(other) = [Some(&other.to), source].into_iter().flatten().find(|other| one.to.overlaps(other)) {
                return Err(MapError::Overlap { one: one.to.to_string(), other: other.to_string() });
            }
        }
    }
    Ok(first)
}
