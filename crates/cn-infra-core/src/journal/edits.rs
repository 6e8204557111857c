//! The files that a command changed, and their way back.

use std::path::PathBuf;

use super::{EditedFile, Past, hash};
use crate::environment::edit::Edits;

/// What became of the files that a command changed.
#[derive(Clone, Debug, Default)]
pub struct FileChanges {
    /// Those that are still as the command left them, each with the text that it had.
    pub back: Edits,
    /// Those that somebody changed since, or that cannot be read: they are left alone.
    pub moved: Vec<PathBuf>,
}

impl Past {
    /// Looks at the files that the command changed. One that is already as it was is not mentioned.
    pub fn file_changes(&self) -> FileChanges {
        let mut found = FileChanges::default();
        for EditedFile { path, before, after } in self.edits.iter().rev() {
            let first = self.edits.iter().find(|edit| edit.path == *path).map(|edit| &edit.before);
            let mut known = false;
            let looked = found.back.change(path, |text| {
                let is_back = first.is_some_and(|first| first == text);
                known = is_back || hash(text) == *after;
                Ok(if known && !is_back { before.clone() } else { text.to_owned() })
            });
            if !known || looked.is_err() {
                found.moved.push(path.clone());
            }
        }
        found.moved.dedup();
        found
    }
}
