//! The files that a command changed, and their way back.

use std::io;
use std::path::PathBuf;

use super::{Past, hash};

/// A file as it is, and as it was before the command changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub from: String,
    /// The text that it had.
    pub to: String,
}

impl FileChange {
    /// Writes the text that the file had; `false`: somebody changed the file meanwhile, and it is left alone.
    pub fn write(&self) -> io::Result<bool> {
        if std::fs::read(&self.path)? != self.from.as_bytes() {
            return Ok(false);
        }
        std::fs::write(&self.path, &self.to)?;
        Ok(true)
    }
}

/// What became of the files that a command changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileChanges {
    /// Those that are still as the command left them.
    pub back: Vec<FileChange>,
    /// Those that are not, or that cannot be read: they are left alone.
    pub moved: Vec<PathBuf>,
}

impl Past {
    /// Looks at the files that the command changed. One that is already as it was is not mentioned.
    pub fn file_changes(&self) -> FileChanges {
        let mut found = FileChanges::default();
        for edit in self.edits.iter().rev() {
            let known = found.back.iter_mut().find(|change| change.path == edit.path);
            let now = match &known {
                Some(change) => Some(change.to.clone()),
                None => std::fs::read_to_string(&edit.path).ok(),
            };
            match (now, known) {
                (Some(now), known) if hash(&now) == edit.after => match known {
                    Some(change) => change.to.clone_from(&edit.before),
                    None => found.back.push(FileChange { path: edit.path.clone(), from: now, to: edit.before.clone() }),
                },
                (Some(now), _) if now == edit.before => {}
                (_, Some(_)) => {}
                (_, None) => found.moved.push(edit.path.clone()),
            }
        }
        found
    }
}
