//! The files of an environment: reading them, and finding lines in them.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::diagnostic::Position;
use super::hidden::hide;

/// Where files come from: the disk, or an embedder's own store.
pub trait Files {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names of the files of a directory, for hints; none where they cannot be listed.
    fn list(&self, directory: &Path) -> Vec<String> {
        let _ = directory;
        Vec::new()
    }
}

/// The files of the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let there = fs::metadata(path)?;
        // A pipe would be waited for, a device may never end.
        if !there.is_file() && !there.is_dir() {
            return Err(io::Error::other("it is no regular file"));
        }
        fs::read(path)
    }

    fn list(&self, directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }
}

/// One TOML file.
#[derive(Debug)]
pub(super) struct Source {
    /// Its path, as it is shown.
    pub path: PathBuf,
    /// Its place among the files of the environment, for the order of errors.
    pub order: usize,
    /// Its text, without a byte order mark.
    pub text: String,
    /// The text without passwords, byte by byte as long: what is shown of it.
    shown: String,
    starts: Vec<usize>,
}

impl Source {
    pub fn new(path: PathBuf, order: usize, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(newlines.map(|(index, _)| index + 1)).collect();
        Self { path, order, shown: hide(&text), text, starts }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The position of a span. `before` is an earlier offset of the same file and its column, if one is known: lines
    /// can be very long, and errors many.
    pub fn position(&self, span: &Range<usize>, before: Option<(usize, usize)>) -> Position {
        let offset = self.text.floor_char_boundary(span.start);
        let line = self.line(offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let end = self.starts.get(line).map_or(self.text.len(), |next| next - 1);
        let text = &self.shown[start..end];
        let text = text.strip_suffix('\r').unwrap_or(text);
        let (known, column) = before.filter(|(known, _)| (start..=offset).contains(known)).unwrap_or((start, 1));
        let column = column + self.text[known..offset].chars().count();
        let from = (offset - start).min(text.len());
        let to = self.text.floor_char_boundary(span.end).saturating_sub(start).clamp(from, text.len());
        Position::new(line, column, text, from, to)
    }
}

/// A place in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub source: &'a Source,
    start: usize,
    end: usize,
}

impl<'a> Place<'a> {
    pub fn new(source: &'a Source, span: Range<usize>) -> Self {
        Self { source, start: span.start, end: span.end }
    }

    pub fn span(&self) -> Range<usize> {
        self.start..self.end
    }

    pub fn line(&self) -> usize {
        self.source.line(self.start)
    }
}

/// A file that could not be read: why, as the end of a sentence that begins with its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadError {
    Missing,
    Other(String),
}

impl ReadError {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::Other("may not be read: permission denied".into()),
            io::ErrorKind::IsADirectory => Self::Other("is a directory".into()),
            _ => {
                let text = error.to_string();
                Self::Other(format!("cannot be read: {}", text.split(" (os error").next().unwrap_or(&text)))
            }
        }
    }

    fn of_encoding(bytes: &[u8], valid: usize) -> Self {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Self::Other("is UTF-16: save it as UTF-8".into());
        }
        let lines = bytes[..valid].split(|byte| *byte == b'\n');
        let column = lines.clone().next_back().map_or(0, <[u8]>::len) + 1;
        let line = lines.count();
        let byte = bytes.get(valid).copied().unwrap_or_default();
        Self::Other(format!("is not UTF-8: byte 0x{byte:02x} in line {line}, byte {column} of the line"))
    }

    /// The sentence.
    pub fn about(&self, path: &Path) -> String {
        match self {
            Self::Missing => format!("{} does not exist", path.display()),
            Self::Other(why) => format!("{} {why}", path.display()),
        }
    }
}

/// Reads every file once, and remembers what it read for [`hash`](Self::hash).
pub(super) struct Reader<'f> {
    files: &'f dyn Files,
    texts: HashMap<PathBuf, Result<Rc<str>, ReadError>>,
    digests: BTreeMap<PathBuf, Vec<u8>>,
}

impl<'f> Reader<'f> {
    pub fn new(files: &'f dyn Files) -> Self {
        Self { files, texts: HashMap::new(), digests: BTreeMap::new() }
    }

    /// The text of a file.
    pub fn text(&mut self, path: &Path) -> Result<Rc<str>, ReadError> {
        if let Some(known) = self.texts.get(path) {
            return known.clone();
        }
        let text = self.files.read(path).map_err(|error| ReadError::of(&error)).and_then(|bytes| {
            self.digests.insert(path.to_owned(), Sha256::digest(&bytes).to_vec());
            String::from_utf8(bytes)
                .map(Rc::from)
                .map_err(|error| ReadError::of_encoding(error.as_bytes(), error.utf8_error().valid_up_to()))
        });
        self.texts.insert(path.to_owned(), text.clone());
        text
    }

    /// The bytes of a file that is not a part of the hash: the environment means the same, whatever else it says.
    pub fn peek(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.read(path)
    }

    /// The names of the files beside a file.
    pub fn beside(&self, path: &Path) -> Vec<String> {
        let mut names = self.files.list(path.parent().unwrap_or(Path::new("")));
        names.sort_unstable();
        names
    }

    /// SHA-256 over the path, relative to a directory, and the content of every file read, by path.
    pub fn hash(&self, directory: &Path) -> String {
        let mut hash = Sha256::new();
        for (path, digest) in &self.digests {
            let path = path.strip_prefix(directory).unwrap_or(path).to_string_lossy();
            hash.update(format!("{}:{path}", path.len()));
            hash.update(digest);
        }
        HEXLOWER.encode(&hash.finalize())
    }
}
