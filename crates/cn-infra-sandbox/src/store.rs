//! The account in a directory: a snapshot and an append-only journal, shared by any number of processes.
//!
//! Every request is answered under a lock on the directory, after what others appended was read, and is answered only
//! once its own changes are appended: one line, one write. So a process that is killed loses nothing that it answered.
//! A line that was cut short was never answered, and is dropped. Folding writes a new snapshot beside the old one and
//! renames it; a journal that begins with another generation than the snapshot's is already in it.
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
    lock: File,
    journal: File,
    /// Which snapshot was read: its inode changes with every fold, and is 0 without one. `None`: nothing was read.
    snapshot: Option<u64>,
    generation: u64,
    /// How far the journal was read.
    offset: u64,
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
        let (lock, journal) = (open("lock")?, open("journal.jsonl")?);
        let (directory, account) = (directory.to_owned(), account.to_owned());
        Ok(Self { directory, account, lock, journal, snapshot: None, generation: 0, offset: 0 })
    }

    /// Locks the directory and reads what others did since. [`Store::leave`] unlocks it; so does the end of the process.
    pub fn enter(&mut self, keeper: &mut dyn Keeper) -> Result<(), StateError> {
        self.lock.lock().map_err(|source| self.error("lock", source))?;
        let entered = self.read_news(keeper);
        if entered.is_err() {
            self.snapshot = None;
            self.leave();
        }
        entered
    }

    /// Unlocks the directory.
    pub fn leave(&self) {
        // The lock goes with the file at the latest.
        let _still_locked = self.lock.unlock();
    }

    /// Appends what a request did. On failure all is read anew at the next request, without it.
    pub fn append(&mut self, now: Timestamp, changes: Vec<Change>) -> Result<(), StateError> {
        let mut line =
            serde_json::to_vec(&Entry { now, changes }).map_err(|error| self.error("journal.jsonl", error.into()))?;
        line.push(b'\n');
        let written = self.journal.write_all(&line);
        if let Err(source) = written {
            self.snapshot = None;
            return Err(self.error("journal.jsonl", source));
        }
        self.offset += line.len() as u64;
        Ok(())
    }

    /// Begins anew, whatever is there: it is not read. Others that have the directory open begin anew as well.
    pub fn clear(&mut self, empty: &mut dyn Keeper, now: Timestamp) -> Result<(), StateError> {
        self.lock.lock().map_err(|source| self.error("lock", source))?;
        let cleared = self.fold(empty, now);
        self.leave();
        cleared
    }

    /// Writes a new snapshot and empties the journal. The directory must be locked.
    pub fn fold(&mut self, keeper: &mut dyn Keeper, now: Timestamp) -> Result<(), StateError> {
        let generation = self.generation + 1;
        let (new, path) = (self.directory.join("snapshot.new"), self.directory.join("snapshot.jsonl"));
        let mut write = || {
            let mut file =
                BufWriter::new(OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?);
            self.write_header(&mut file, generation, now)?;
            let mut result = Ok(());
            keeper.dump(&mut |table, key, row| {
                if result.is_ok() {
                    result = serde_json::to_writer(&mut file, &(table, key, row))
                        .map_err(io::Error::from)
                        .and_then(|()| file.write_all(b"\n"));
                }
            });
            result?;
            file.into_inner()?.sync_all()?;
            fs::rename(&new, &path)
        };
        write().map_err(|source| self.error("snapshot.jsonl", source))?;
        self.generation = generation;
        self.snapshot = Some(self.snapshot_inode());
        self.begin_journal(now)
    }

    /// Whether the journal has grown so much, against the snapshot, that folding pays.
    pub fn is_worth_folding(&self) -> bool {
        let snapshot = fs::metadata(self.directory.join("snapshot.jsonl")).map_or(0, |metadata| metadata.len());
        self.offset > FOLD_FROM.max(snapshot / 2)
    }

    fn read_news(&mut self, keeper: &mut dyn Keeper) -> Result<(), StateError> {
        let inode = self.snapshot_inode();
        if self.snapshot != Some(inode) {
            keeper.forget();
            self.generation = 0;
            if inode != 0 {
                self.read_snapshot(keeper)?;
            }
            self.snapshot = Some(inode);
            self.offset = 0;
        }
        self.read_journal(keeper)
    }

    /// The inode of the snapshot; 0 without one.
    fn snapshot_inode(&self) -> u64 {
        fs::metadata(self.directory.join("snapshot.jsonl")).map_or(0, |metadata| metadata.ino())
    }

    fn read_snapshot(&mut self, keeper: &mut dyn Keeper) -> Result<(), StateError> {
        let name = "snapshot.jsonl";
        let file = File::open(self.directory.join(name)).map_err(|source| self.error(name, source))?;
        for (index, line) in BufReader::new(file).split(b'\n').enumerate() {
            let line = line.map_err(|source| self.error(name, source))?;
            if index == 0 {
                let header = self.header(name, &line)?;
                self.generation = header.generation;
                keeper.catch_up(header.now);
            } else {
                let (table, key, row) = self.parse(name, index, &line)?;
                keeper.load((table, key, Some(row))).map_err(|why| self.corrupt(name, index, why))?;
            }
        }
        Ok(())
    }

    /// Reads the journal from where the last reading ended. What follows the last newline was never answered.
    fn read_journal(&mut self, keeper: &mut dyn Keeper) -> Result<(), StateError> {
        let name = "journal.jsonl";
        let length = self.journal.metadata().map_err(|source| self.error(name, source))?.len();
        if length == self.offset && length > 0 {
            return Ok(());
        }
        let mut news = Vec::new();
        let read = self.journal.seek(SeekFrom::Start(self.offset)).and_then(|_| self.journal.read_to_end(&mut news));
        read.map_err(|source| self.error(name, source))?;
        let whole = news.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let mut lines = news[..whole].split_inclusive(|byte| *byte == b'\n').enumerate();
        if self.offset == 0 {
            let header = lines.next().map(|(_, line)| self.header(name, line)).transpose()?;
            if header.is_none_or(|header| header.generation != self.generation) {
                return self.begin_journal(Timestamp::UNIX_EPOCH);
            }
        }
        for (index, line) in lines {
            let Entry { now, changes } = self.parse(name, index, line)?;
            keeper.catch_up(now);
            for change in changes {
                keeper.load(change).map_err(|why| self.corrupt(name, index, why))?;
            }
        }
        if whole < news.len() {
            let cut = self.journal.set_len(self.offset + whole as u64);
            cut.map_err(|source| self.error(name, source))?;
        }
        self.offset += whole as u64;
        Ok(())
    }

    fn begin_journal(&mut self, now: Timestamp) -> Result<(), StateError> {
        let mut line = Vec::new();
        let written = self.write_header(&mut line, self.generation, now);
        let written = written.and_then(|()| self.journal.set_len(0)).and_then(|()| self.journal.write_all(&line));
        written.map_err(|source| self.error("journal.jsonl", source))?;
        self.offset = line.len() as u64;
        Ok(())
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
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Default)]
    struct Rows(BTreeMap<String, Value>);

    impl Keeper for Rows {
        fn forget(&mut self) {
            self.0.clear();
        }

        fn load(&mut self, (table, key, row): Change) -> Result<(), String> {
            let key = format!("{table}/{key}");
            match row {
                Some(row) => self.0.insert(key, row),
                None => self.0.remove(&key),
            };
            Ok(())
        }

        fn catch_up(&mut self, _now: Timestamp) {}

        fn dump(&mut self, each: &mut dyn FnMut(&str, &str, Value)) {
            for (key, row) in &self.0 {
                let (table, key) = key.split_once('/').expect("a table");
                each(table, key, row.clone());
            }
        }
    }

    /// A process: its store and its rows.
    struct Process(Store, Rows);

    impl Process {
        fn start(directory: &Path) -> Self {
            Self(Store::open(directory, "1").expect("a store"), Rows::default())
        }

        fn read(&mut self) -> String {
            self.0.enter(&mut self.1).expect("read");
            self.0.leave();
            self.1.0.iter().map(|(key, row)| format!("{key}={row} ")).collect()
        }

        fn set(&mut self, key: &str, row: Option<u32>) {
            self.0.enter(&mut self.1).expect("read");
            let change = ("t".to_owned(), key.to_owned(), row.map(Value::from));
            self.1.load(change.clone()).expect("loaded");
            self.0.append(Timestamp::UNIX_EPOCH, vec![change]).expect("appended");
            self.0.leave();
        }

        fn fold(&mut self) {
            self.0.enter(&mut self.1).expect("read");
            self.0.fold(&mut self.1, Timestamp::UNIX_EPOCH).expect("folded");
            self.0.leave();
        }
    }

    #[test]
    fn processes_see_what_each_other_did_across_folds() {
        let directory = tempfile::tempdir().expect("a directory");
        let (mut one, mut other) = (Process::start(directory.path()), Process::start(directory.path()));
        one.set("a", Some(1));
        other.set("b", Some(2));
        assert_eq!(one.read(), "t/a=1 t/b=2 ");
        one.set("a", None);
        one.fold();
        other.set("c", Some(3));
        assert_eq!((one.read().as_str(), other.read().as_str()), ("t/b=2 t/c=3 ", "t/b=2 t/c=3 "));
        other.fold();
        assert_eq!(Process::start(directory.path()).read(), "t/b=2 t/c=3 ");
    }

    #[test]
    fn a_line_that_was_cut_short_was_never_answered() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut one = Process::start(directory.path());
        one.set("a", Some(1));
        let journal = directory.path().join("journal.jsonl");
        let mut torn = fs::read(&journal).expect("a journal");
        torn.extend_from_slice(br#"{"now":"1970-01-01T00:00:00Z","chan"#);
        fs::write(&journal, torn).expect("written");
        let mut next = Process::start(directory.path());
        assert_eq!(next.read(), "t/a=1 ");
        next.set("b", Some(2));
        assert_eq!(Process::start(directory.path()).read(), "t/a=1 t/b=2 ");
    }

    #[test]
    fn a_fold_that_was_killed_before_the_journal_began_anew_loses_and_repeats_nothing() {
        let directory = tempfile::tempdir().expect("a directory");
        let mut one = Process::start(directory.path());
        one.set("a", Some(1));
        let journal = fs::read(directory.path().join("journal.jsonl")).expect("a journal");
        one.fold();
        one.set("a", None);
        one.fold();
        fs::write(directory.path().join("journal.jsonl"), journal).expect("the old journal is back");
        assert_eq!(Process::start(directory.path()).read(), "");
    }

    #[test]
    fn what_is_no_state_of_this_account_is_refused_and_named() {
        let directory = tempfile::tempdir().expect("a directory");
        Process::start(directory.path()).set("a", Some(1));
        let mut other = Store::open(directory.path(), "2").expect("a store");
        let error = other.enter(&mut Rows::default()).expect_err("another account");
        assert!(error.to_string().ends_with("holds account 1, not 2"), "{error}");
        let journal = directory.path().join("journal.jsonl");
        let mut text = fs::read_to_string(&journal).expect("a journal");
        text.push_str("nonsense\n");
        fs::write(&journal, text).expect("written");
        let mut store = Store::open(directory.path(), "1").expect("a store");
        let error = store.enter(&mut Rows::default()).expect_err("nonsense");
        assert!(error.to_string().contains("journal.jsonl:3: "), "{error}");
    }
}
