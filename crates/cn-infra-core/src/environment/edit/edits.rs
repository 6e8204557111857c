//! Changes of several files, in memory until they are written.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::EditError;
use crate::environment::{Disk, Files};
use crate::replace::replace;

/// One file before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEdit {
    /// Its content on the disk.
    pub before: String,
    /// What it will be.
    pub after: String,
}

/// Why files were not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditsError {
    /// A file cannot be changed that way.
    #[error("cannot change {}", path.display())]
    Edit {
        /// The file.
        path: PathBuf,
        /// Why.
        source: EditError,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file cannot be written; those written before it have their old content again.
    #[error("cannot write {}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody else changed a file since it was read: nothing was written.
    #[error("{} changed meanwhile", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// Changes of files. As [`Files`], it is the disk as it will be once they are [written](Self::write).
#[derive(Clone, Debug, Default)]
pub struct Edits(BTreeMap<PathBuf, FileEdit>);

impl Edits {
    /// Changes a file, once more if it was changed before.
    pub fn change(
        &mut self,
        path: &Path,
        edit: impl FnOnce(&str) -> Result<String, EditError>,
    ) -> Result<(), EditsError> {
        let mut file = match self.0.get(path) {
            Some(file) => file.clone(),
            None => read(path).map(|before| FileEdit { after: before.clone(), before })?,
        };
        file.after = edit(&file.after).map_err(|source| EditsError::Edit { path: path.to_owned(), source })?;
        self.0.insert(path.to_owned(), file);
        Ok(())
    }

    /// The files that will differ, by path.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &FileEdit)> {
        let changed = self.0.iter().filter(|(_, file)| file.before != file.after);
        changed.map(|(path, file)| (path.as_path(), file))
    }

    /// Whether no file will differ.
    pub fn is_empty(&self) -> bool {
        self.files().next().is_none()
    }

    /// Writes every file that differs, each as a whole; its permissions stay, and a symbolic link stays one. Where
    /// somebody changed one of them meanwhile, or one cannot be written, all are as they were.
    pub fn write(&self) -> Result<(), EditsError> {
        for (path, file) in self.files() {
            if read(path)? != file.before {
                return Err(EditsError::Changed { path: path.to_owned() });
            }
        }
        for (path, file) in self.files() {
            if let Err(source) = write(path, &file.after) {
                let _ = self.restore();
                return Err(EditsError::Unwritable { path: path.to_owned(), source });
            }
        }
        Ok(())
    }

    /// Gives the files their old content again: those that are still as [`write`](Self::write) left them.
    pub fn restore(&self) -> Result<(), EditsError> {
        for (path, file) in self.files() {
            if read(path)? == file.after {
                write(path, &file.before).map_err(|source| EditsError::Unwritable { path: path.to_owned(), source })?;
            }
        }
        Ok(())
    }
}

impl Files for Edits {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.0.get(path) {
            Some(file) => Ok(file.after.clone().into_bytes()),
            None => Disk.read(path),
        }
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        Disk.list(directory)
    }
}

fn read(path: &Path) -> Result<String, EditsError> {
    std::fs::read_to_string(path).map_err(|source| EditsError::Unreadable { path: path.to_owned(), source })
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    replace(&path, content.as_bytes(), Some(permissions))
}
