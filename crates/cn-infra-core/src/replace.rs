//! Files that are written as a whole or not at all.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Puts content in the place of a file, all at once. Its directory is made if it is not there. The new file has these
/// permissions; without any, only its owner may read it.
pub fn replace(path: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let temporary = temporary(path);
    let replaced = write(&temporary, content, permissions).and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // If what is left of the attempt cannot be removed either, the first error says enough.
        let _ = fs::remove_file(&temporary);
    }
    replaced
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write(path: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    // Left by a process that was killed while it wrote.
    let _ = fs::remove_file(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    file.sync_all()
}
