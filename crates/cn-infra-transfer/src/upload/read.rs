//! Bytes of files, whole or in pieces, and whether the file is still what it was.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;

use crate::failure::{Class, Failure};

/// By what a change of a file is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The size in bytes.
    pub size: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self { size: file.len(), modified: file.modified().ok() }
    }

    /// That of a file.
    pub fn now(path: &Path) -> Result<Self, Failure> {
        fs::metadata(path).map(|file| Self::of(&file)).map_err(|error| unreadable(&error))
    }
}

/// Reads `length` bytes from `start` on of a file that is as it was stamped.
pub fn read(path: &Path, stamp: Stamp, start: u64, length: u64) -> Result<Bytes, Failure> {
    let bytes = piece(path, start, length).map_err(|error| match error.kind() {
        ErrorKind::UnexpectedEof => changed(),
        _ => unreadable(&error),
    })?;
    if Stamp::now(path)? == stamp { Ok(bytes) } else { Err(changed()) }
}

fn piece(path: &Path, start: u64, length: u64) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    if start > 0 {
        file.seek(SeekFrom::Start(start))?;
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

fn changed() -> Failure {
    Failure { class: Class::Changed, ..Failure::local("the file changes while it is read") }
}

fn unreadable(error: &io::Error) -> Failure {
    let class = match error.kind() {
        ErrorKind::NotFound => Class::Gone,
        ErrorKind::PermissionDenied => Class::Denied,
        _ => Class::Local,
    };
    Failure { class, ..Failure::local(format!("the file cannot be read: {error}")) }
}
