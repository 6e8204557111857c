//! The names in one directory, in the order of the keys under them.

use std::fs::{self, FileType};
use std::io;
use std::path::Path;

use super::Odd;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Link,
    /// A pipe, a socket, a device.
    Special,
}

impl From<FileType> for Kind {
    fn from(file: FileType) -> Self {
        match file {
            file if file.is_dir() => Self::Directory,
            file if file.is_symlink() => Self::Link,
            file if file.is_file() => Self::File,
            _ => Self::Special,
        }
    }
}

/// Names that are left to visit. A directory's name ends with `/`: its keys come after `a-b` and before `ab`.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    /// Where each begins and ends in the text; the next one is last.
    left: Vec<(u32, u32, Kind)>,
}

impl Names {
    /// Reads a directory. What cannot be a key is told as odd.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn read(directory: &Path, follow: bool, odd: &mut Vec<Odd>) -> io::Result<Self> {
        let mut names = Self::default();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                odd.push(Odd::new(entry.path(), "its name is no UTF-8, which keys are", false));
                continue;
            };
            match kind(&entry, follow) {
                Ok(kind) => names.push(name, kind),
                Err(error) => odd.push(Odd::new(entry.path(), format!("it cannot be read: {error}"), true)),
            }
        }
        names.sort();
        Ok(names)
    }

    fn push(&mut self, name: &str, kind: Kind) {
        let start = self.text.len();
        self.text.push_str(name);
        if kind == Kind::Directory {
            self.text.push('/');
        }
        // Four gigabytes of names in one directory are beyond any file system.
        if let (Ok(start), Ok(end)) = (u32::try_from(start), u32::try_from(self.text.len())) {
            self.left.push((start, end, kind));
        }
    }

    fn sort(&mut self) {
        let Self { text, left } = self;
        left.sort_unstable_by(|a, b| text[b.0 as usize..b.1 as usize].cmp(&text[a.0 as usize..a.1 as usize]));
    }

    /// The next name.
    pub fn pop(&mut self) -> Option<(&str, Kind)> {
        let (start, end, kind) = self.left.pop()?;
        Some((&self.text[start as usize..end as usize], kind))
    }
}

/// What an entry is; of a link that is followed, what it leads to.
fn kind(entry: &fs::DirEntry, follow: bool) -> io::Result<Kind> {
    let kind = Kind::from(entry.file_type()?);
    if kind != Kind::Link || !follow {
        return Ok(kind);
    }
    fs::metadata(entry.path()).map(|file| file.file_type().into())
}
