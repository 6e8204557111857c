//! The account in a directory: a snapshot and an append-only journal, shared by any number of processes.
//!
//! Every request is answered under a lock on the directory, after what others appended was read, and is answered only
//! once its own changes are appended: one line, one write. So a process that is killed loses nothing that it answered.
//! A line that was cut short was never answered, and is dropped. Folding writes a new snapshot beside the old one and
//! renames it; a journal that begins with another generation than the snapshot's is already in it. After an error
//! everything is read anew, so what is in memory is never ahead of what is kept.
//!
//! ```text
//! lock             locked while a request is answered
//! snapshot.jsonl   a header, then a row a line: ["ec2/123456789012/us-west-2/instances", "i-…", {…}]
//! journal.jsonl    a header, then a request a line: {"now": …, "changes": [[table, key, row or null], …]}
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::table::Change;

/// The format of the files. Another one is refused.
const FORMAT: u32 = 1;

/// A journal of fewer bytes is read so quickly that folding it would cost more.
const FOLD_FROM: u64 = 64 << 10;

/// The state directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what a sandbox writes.
    #[error("{}:{line}: {why}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// The directory holds another account.
    #[error("{} holds account {found}, not {asked}", path.display())]
    OtherAccount {
        /// The directory.
        path: PathBuf,
        /// Whose it is.
        found: String,
        /// Who asked.
        asked: String,
    },
}

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: u32,
    generation: u64,
    account: String,
    now: Timestamp,
}

/// What one request did.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    now: Timestamp,
    changes: Vec<Change>,
}

/// Whoever holds the rows that a store keeps.
pub trait Keeper {
    /// Forgets all rows: everything is read anew.
    fn forget(&mut self);
    /// Sets a row, or removes it.
    fn load(&mut self, change: Change) -> Result<(), String>;
    /// The time that the store has reached.
    fn catch_up(&mut self, now: Timestamp);
    /// Tells all rows.
    fn dump(&mut self, each: &mut dyn FnMut(&str, &str, Value));
}

/// The account that a directory keeps, if it keeps one.
pub fn kept_account(directory: &Path) -> Option<String> {
    ["snapshot.jsonl", "journal.jsonl"].iter().find_map(|name| {
        let mut line = String::new();
        BufReader::new(File::open(directory.join(name)).ok()?).read_line(&mut line).ok()?;
        Some(serde_json::from_str::<Header>(&line).ok()?.account)
    })
}

/// A state directory.
#[derive(Debug)]
pub struct Store {
    directory: PathBuf,
    account: String,
    lock: Arc<File>,
    journal: File,
    /// How far it was read. `None`: what was read, if anything, does not count.
    progress: Option<Progress>,
}

/// How far a directory was read.
#[derive(Debug)]
struct Progress {
    /// The snapshot that was read, if there was one. It stays open, so that no later one can have its inode.
    snapshot: Option<File>,
    /// The snapshot's; 0 without one.
    generation: u64,
    /// How far the journal was read, in bytes.
    offset: u64,
    /// And in lines.
    lines: usize,
}

/// The lock on a directory; dropping it unlocks, and so does the end of the process.
#[derive(Debug)]
#[must_use]
pub struct Locked(Arc<File>);

impl Drop for Locked {
    fn drop(&mut self) {
        // The lock goes with the file at the latest.
        let _still_locked = self.0.unlock();
    }
}

impl Store {
    /// Opens a directory, and makes it where it is missing. Nothing is read yet.
    pub fn open(directory: &Path, account: &str) -> Result<Self, StateError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| StateError::Io { path, source }
        };
        fs::create_dir_all(directory).map_err(at(directory))?;
        let open = |name: &str| {
            let path = directory.join(name);
            let options = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&path);
            options.map_err(at(&path))
        };
        let (lock, journal) = (Arc::new(open("lock")?), open("journal.jsonl")?);
        Ok(Self { directory: directory.to_owned(), account: account.to_owned(), lock, journal, progress: None })
    }

    /// Locks the directory and reads what others did since.
    pub fn enter(&mut self, keeper: &mut dyn Keeper) -> Result<Locked, StateError> {
        let locked = self.locked()?;
        self.read_news(keeper)?;
        Ok(locked)
    }

    fn locked(&self) -> Result<Locked, StateError> {
        let lock = Arc::clone(&self.lock);
        lock.lock().map_err(|source| self.error("lock", source))?;
        let locked = Locked(lock);
        // Whoever opens the directory next makes it anew: what is kept in this one is lost.
        match locked.0.metadata() {
            Ok(metadata) if metadata.nlink() > 0 => Ok(locked),
            Ok(_) => {
                Err(self.error("lock", io::Error::new(io::ErrorKind::NotFound, "removed while a sandbox uses it")))
            }
            Err(source) => Err(self.error("lock", source)),
        }
    }

    /// Appends what a request did. On failure all is read anew at the next request, without it.
    pub fn append(&mut self, now: Timestamp, changes: Vec<Change>) -> Result<(), StateError> {
        let progress = self.progress.take();
        let mut line =
            serde_json::to_vec(&Entry { now, changes }).map_err(|error| self.error("journal.jsonl", error.into()))?;
        line.push(b'\n');
        self.journal.write_all(&line).map_err(|source| self.error("journal.jsonl", source))?;
        let further =
            |read: Progress| Progress { offset: read.offset + line.len() as u64, lines: read.lines + 1, ..read };
        self.progress = progress.map(further);
        Ok(())
    }

    /// Begins anew, whatever is there: it is not read. Others that have the directory open begin anew as well.
    pub fn clear(&mut self, empty: &mut dyn Keeper, now: Timestamp) -> Result<Locked, StateError> {
        let locked = self.locked()?;
        self.fold(empty, now)?;
        Ok(locked)
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Writes a new snapshot and empties the journal. The directory must be locked.
    pub fn fold(&mut self, keeper: &mut dyn Keeper, now: Timestamp) -> Result<(), StateError> {
        self.progress = None;
        // No journal of before can have it, not even one that was never read.
        let generation = fastrand::u64(1..);
        let snapshot = self.write_snapshot(keeper, generation, now);
        let snapshot = Some(snapshot.map_err(|source| self.error("snapshot.jsonl", source))?);
        self.progress = Some(self.begin_journal(Progress { snapshot, generation, offset: 0, lines: 0 }, now)?);
        Ok(())
    }

    fn write_snapshot(&self, keeper: &mut dyn Keeper, generation: u64, now: Timestamp) -> io::Result<File> {
        let new = self.directory.join("snapshot.new");
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let mut writer = BufWriter::new(file);
        self.write_header(&mut writer, generation, now)?;
        let mut result = Ok(());
        keeper.dump(&mut |table, key, row| {
            if result.is_ok() {
                result = serde_json::to_writer(&mut writer, &(table, key, row))
                    .map_err(io::Error::from)
                    .and_then(|()| writer.write_all(b"\n"));
            }
        });
        result?;
        let file = writer.into_inner()?;
        file.sync_all()?;
        fs::rename(&new, self.directory.join("snapshot.jsonl"))?;
        Ok(file)
    }

    /// Whether the journal has grown so much, against the snapshot, that folding pays.
    pub fn is_worth_folding(&self) -> bool {
        let snapshot = fs::metadata(self.directory.join("snapshot.jsonl")).map_or(0, |metadata| metadata.len());
        self.progress.as_ref().is_some_and(|read| read.offset > FOLD_FROM.max(snapshot / 2))
    }

    fn read_news(&mut self, keeper: &mut dyn Keeper) -> Result<(), StateError> {
        let read = self.progress.take();
        let read = match read {
            Some(read) if self.is_current(&read)? => read,
            _ => {
                keeper.forget();
                self.read_snapshot(keeper)?
            }
        };
        self.progress = Some(self.read_journal(read, keeper)?);
        Ok(())
    }

    /// Whether the snapshot is the one that was read.
    fn is_current(&self, read: &Progress) -> Result<bool, StateError> {
        let name = "snapshot.jsonl";
        let inode = |metadata: fs::Metadata| metadata.ino();
        let there = match fs::metadata(self.directory.join(name)) {
            Ok(metadata) => Some(metadata.ino()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(self.error(name, source)),
        };
        let was = read.snapshot.as_ref().map(|file| file.metadata().map(inode)).transpose();
        Ok(there == was.map_err(|source| self.error(name, source))?)
    }

    fn read_snapshot(&self, keeper: &mut dyn Keeper) -> Result<Progress, StateError> {
        let name = "snapshot.jsonl";
        let file = match File::open(self.directory.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Progress { snapshot: None, generation: 0, offset: 0, lines: 0 });
            }
            Err(source) => return Err(self.error(name, source)),
        };
        let mut lines = BufReader::new(&file).split(b'\n').enumerate();
        let (_, header) = lines.next().unwrap_or_else(|| (0, Ok(Vec::new())));
        let header = self.header(name, &header.map_err(|source| self.error(name, source))?)?;
        keeper.catch_up(header.now);
        for (index, line) in lines {
            let line = line.map_err(|source| self.error(name, source))?;
            let (table, key, row) = self.parse(name, index, &line)?;
            keeper.load((table, key, Some(row))).map_err(|why| self.corrupt(name, index, why))?;
        }
        Ok(Progress { snapshot: Some(file), generation: header.generation, offset: 0, lines: 0 })
    }

    /// Reads the journal from where the last reading ended. What follows the last newline was never answered.
    fn read_journal(&mut self, read: Progress, keeper: &mut dyn Keeper) -> Result<Progress, StateError> {
        let name = "journal.jsonl";
        let length = self.journal.metadata().map_err(|source| self.error(name, source))?.len();
        if length == read.offset && length > 0 {
            return Ok(read);
        }
        let mut news = Vec::new();
        let new = self.journal.seek(SeekFrom::Start(read.offset)).and_then(|_| self.journal.read_to_end(&mut news));
        new.map_err(|source| self.error(name, source))?;
        let whole = news.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = (read.lines..).zip(news[..whole].split_inclusive(|byte| *byte == b'\n'));
        if read.offset == 0 {
            let header = lines.next().map(|(_, line)| self.header(name, line)).transpose()?;
            match header {
                Some(header) if header.generation == read.generation => {}
                Some(_) if read.snapshot.is_none() => {
                    return Err(self.corrupt(name, 0, "the snapshot that it goes on from is missing".to_owned()));
                }
                _ => return self.begin_journal(read, Timestamp::UNIX_EPOCH),
            }
        }
        let mut end = read.lines.max(1);
        for (index, line) in lines {
            let Entry { now, changes } = self.parse(name, index, line)?;
            keeper.catch_up(now);
            for change in changes {
                keeper.load(change).map_err(|why| self.corrupt(name, index, why))?;
            }
            end = index + 1;
        }
        let offset = read.offset + whole as u64;
        if whole < news.len() {
            self.journal.set_len(offset).map_err(|source| self.error(name, source))?;
        }
        Ok(Progress { offset, lines: end, ..read })
    }

    fn begin_journal(&mut self, read: Progress, now: Timestamp) -> Result<Progress, StateError> {
        let mut line = Vec::new();
        let written = self.write_header(&mut line, read.generation, now);
        let written = written.and_then(|()| self.journal.set_len(0)).and_then(|()| self.journal.write_all(&line));
        written.map_err(|source| self.error("journal.jsonl", source))?;
        Ok(Progress { offset: line.len() as u64, lines: 1, ..read })
    }

    fn write_header(&self, to: &mut impl Write, generation: u64, now: Timestamp) -> io::Result<()> {
        let header = Header { format: FORMAT, generation, account: self.account.clone(), now };
        serde_json::to_writer(&mut *to, &header)?;
        to.write_all(b"\n")
    }

    fn header(&self, name: &str, line: &[u8]) -> Result<Header, StateError> {
        let header: Header = self.parse(name, 0, line)?;
        if header.format != FORMAT {
            return Err(self.corrupt(name, 0, format!("format {} is not {FORMAT}", header.format)));
        }
        if header.account != self.account {
            let (path, asked) = (self.directory.clone(), self.account.clone());
            return Err(StateError::OtherAccount { path, found: header.account, asked });
        }
        Ok(header)
    }

    fn parse<'a, T: Deserialize<'a>>(&self, name: &str, index: usize, line: &'a [u8]) -> Result<T, StateError> {
        serde_json::from_slice(line).map_err(|error| self.corrupt(name, index, error.to_string()))
    }

    fn error(&self, name: &str, source: io::Error) -> StateError {
        StateError::Io { path: self.directory.join(name), source }
    }

    fn corrupt(&self, name: &str, index: usize, why: String) -> StateError {
        StateError::Corrupt { path: self.directory.join(name), line: index + 1, why }
    }
}

#[cfg(test)]
mod tests;
