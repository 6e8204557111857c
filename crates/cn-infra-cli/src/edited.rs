//! Files that a command changes: planned from as they would be, shown, and written only once that is agreed to.
//!
//! Declined or interrupted, their bytes are what they were.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use cn_infra_core::environment::edit::EditError;
use cn_infra_core::environment::{Disk, Files};

use crate::command::Context;
use crate::error::{CommandError, Result};
use crate::view;

/// Files as they are, and as they would be.
#[derive(Debug, Default)]
pub struct Edited {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    path: PathBuf,
    before: String,
    after: String,
}

impl Edited {
    /// Changes a file, or changes it further.
    pub fn change(
        &mut self,
        path: &Path,
        change: impl FnOnce(&str) -> std::result::Result<String, EditError>,
    ) -> Result<()> {
        if let Some(file) = self.files.iter_mut().find(|file| file.path == path) {
            file.after = change(&file.after)?;
            return Ok(());
        }
        let before = read(path)?;
        let after = change(&before)?;
        self.files.push(File { path: path.to_owned(), before, after });
        Ok(())
    }

    /// The paths of what is changed.
    pub fn paths(&self) -> Vec<String> {
        self.changed().map(|file| file.path.display().to_string()).collect()
    }

    /// Shows what changes.
    pub fn show(&self, context: &Context) -> Result<()> {
        for File { path, before, after } in self.changed() {
            context.view.data(&view::file_difference(path, before, after, context.view.stdout_style()))?;
        }
        Ok(())
    }

    /// Writes the changes, unless somebody else changed one of the files meanwhile.
    pub fn write(&self) -> Result<()> {
        for File { path, before, .. } in self.changed() {
            if read(path)? != *before {
                return Err(CommandError::new(format!("{} changed meanwhile; nothing was written", path.display())));
            }
        }
        for File { path, after, .. } in self.changed() {
            replace(path, after).map_err(|error| CommandError::file("write", path, error))?;
        }
        Ok(())
    }

    fn changed(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.before != file.after)
    }
}

impl Files for Edited {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.iter().find(|file| file.path == path) {
            Some(file) => Ok(file.after.clone().into_bytes()),
            None => Disk.read(path),
        }
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        Disk.list(directory)
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| CommandError::file("read", path, error))
}

/// Puts a text in the place of a file as a whole or not at all; a link stays one, and so do the permissions.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = fs::write(&new, text)
        .and_then(|()| fs::set_permissions(&new, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&new, &path));
    if written.is_err() {
        // What could not be finished is not left behind, where that is possible.
        let _ = fs::remove_file(&new);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("staging.toml");
        fs::write(&path, "a = 1\n").unwrap();
        let mut edited = Edited::default();
        edited.change(&path, |text| Ok(text.replace('1', "2"))).unwrap();
        edited.change(&path, |text| Ok(text.to_owned() + "b = 3\n")).unwrap();
        fs::write(&path, "a = 3\n").unwrap();
        assert!(edited.write().is_err());
        assert_eq!(read(&path).unwrap(), "a = 3\n");
        fs::write(&path, "a = 1\n").unwrap();
        assert_eq!(Files::read(&edited, &path).unwrap(), b"a = 2\nb = 3\n", "what is planned from");
        edited.write().unwrap();
        assert_eq!(read(&path).unwrap(), "a = 2\nb = 3\n");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_and_its_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let root = tempfile::tempdir().unwrap();
        let (real, link) = (root.path().join("real.toml"), root.path().join("staging.toml"));
        fs::write(&real, "a = 1\n").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        let mut edited = Edited::default();
        edited.change(&link, |text| Ok(text.replace('1', "2"))).unwrap();
        edited.write().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(read(&real).unwrap(), "a = 2\n");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
