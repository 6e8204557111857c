//! The journals of a directory: a file for each apply, lines of JSON that are only ever added to.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::{EditedFile, End, Header, JournalError, Record, Recorder};
use crate::address::{PhysicalId, StepId};
use crate::plan::Step;

/// How many journals a directory keeps: a new one takes the place of the oldest.
pub const KEPT: usize = 50;

/// How often another name is tried where two applies of two environments choose one number.
const TRIES: u64 = 100;

/// The journal of an apply. Its file, which only its owner may read, is made with the first record: an apply that does
/// nothing leaves none.
///
/// An error is told once; after it nothing more is written, since what follows a torn line could not be read.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    header: Header,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    New,
    Open { file: File, path: PathBuf },
    GivenUp,
}

impl Journal {
    /// The journal of an apply, to be kept in a directory.
    pub fn new(directory: impl Into<PathBuf>, header: Header) -> Self {
        Self { directory: directory.into(), header, state: Mutex::new(State::New) }
    }

    /// Notes, before a file is written, that its text changes; undo offers to put the old one back.
    pub fn file_edited(&self, path: &Path, before: &str, after: &str) -> Result<(), JournalError> {
        self.add(&[Record::FileEdited(EditedFile::of(path, before, after))], true)
    }

    /// Notes that the apply ended by itself. Without any other record there is nothing to note.
    pub fn close(&self) -> Result<(), JournalError> {
        if matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::New) {
            return Ok(());
        }
        self.add(&[Record::Closed], true)
    }

    /// Adds lines; if they must not be lost, waits until the disk has them.
    fn add(&self, records: &[Record], safely: bool) -> Result<(), JournalError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let added = self.try_add(&mut state, records, safely);
        if added.is_err() {
            *state = State::GivenUp;
        }
        added
    }

    fn try_add(&self, state: &mut State, records: &[Record], safely: bool) -> Result<(), JournalError> {
        if matches!(state, State::New) {
            let (file, path) = create(&self.directory, &self.header.environment)
                .map_err(|source| JournalError::Unwritable { path: self.directory.clone(), source })?;
            write(&file, &[Record::Apply(self.header.clone())], false)
                .map_err(|source| JournalError::Unwritable { path: path.clone(), source })?;
            *state = State::Open { file, path };
        }
        match state {
            State::Open { file, path } => {
                write(file, records, safely).map_err(|source| JournalError::Unwritable { path: path.clone(), source })
            }
            State::New | State::GivenUp => Ok(()),
        }
    }
}

impl Recorder for Journal {
    fn begin(&self, steps: &[Step]) -> Result<(), JournalError> {
        let began = |step: &Step| Record::Began { step: Box::new(step.clone()) };
        self.add(&steps.iter().map(began).collect::<Vec<_>>(), true)
    }

    /// A lost end costs nothing: what became of the step live tells too.
    fn end(&self, step: &StepId, end: End, object: Option<&PhysicalId>) -> Result<(), JournalError> {
        self.add(&[Record::Ended { step: step.clone(), end, object: object.cloned() }], false)
    }
}

/// All lines in one write, so that a full disk or a kill tears the last one at most.
fn write(mut file: &File, records: &[Record], safely: bool) -> io::Result<()> {
    let mut lines = Vec::new();
    for record in records {
        serde_json::to_writer(&mut lines, record)?;
        lines.push(b'\n');
    }
    file.write_all(&lines)?;
    if safely { file.sync_data() } else { Ok(()) }
}

/// The next journal of a directory: `000042-production.jsonl`. The numbers are the order, whatever the clocks say.
fn create(directory: &Path, environment: &str) -> io::Result<(File, PathBuf)> {
    fs::create_dir_all(directory)?;
    let there = numbered(directory)?;
    let next = there.last().map_or(1, |(number, _)| number + 1);
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut number = next;
    let (file, path) = loop {
        let path = directory.join(format!("{number:06}-{environment}.jsonl"));
        match options.open(&path) {
            Ok(file) => break (file, path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < next + TRIES => number += 1,
            Err(error) => return Err(error),
        }
    };
    for (_, old) in &there[..there.len().saturating_sub(KEPT - 1)] {
        // One too many does no harm.
        let _ = fs::remove_file(old);
    }
    // The name too has to outlast a crash of the machine; not every system lets a directory be synced.
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    Ok((file, path))
}

/// The journals of a directory, oldest first.
pub(super) fn numbered(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_suffix(".jsonl").and_then(|name| name.split_once('-')?.0.parse().ok());
        found.extend(number.map(|number| (number, path.clone())));
    }
    found.sort_unstable();
    Ok(found)
}
