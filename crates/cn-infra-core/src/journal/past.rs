//! A journal that was read: what an apply had begun, and what is known of how it went on.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::file::numbered;
use super::{EditedFile, End, FORMAT, Header, JournalError, Record};
use crate::address::PhysicalId;
use crate::plan::Step;

/// What a journal says.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The journal's file.
    pub path: PathBuf,
    /// Of which apply it is.
    pub header: Header,
    /// The steps that began, in that order.
    pub steps: Vec<PastStep>,
    /// The files that the command changed.
    pub edits: Vec<EditedFile>,
    /// Whether the apply ended by itself. If not, it was killed, or its journal could not be written to the end.
    pub closed: bool,
}

/// A step that began.
#[derive(Clone, Debug, PartialEq)]
pub struct PastStep {
    /// The step, without what no update can change.
    pub step: Step,
    /// How it ended; `None`: that is not known.
    pub end: Option<End>,
    /// The object that it made, where that is known.
    pub made: Option<PhysicalId>,
}

/// What the first line of every format says.
#[derive(Deserialize)]
struct Format {
    format: u32,
    #[serde(default)]
    cn_infra: String,
}

impl Past {
    /// The last apply that changed something, in one environment or in any; `None`: no journal tells of one. It may have begun
    /// at another environment: see [`Past::others`].
    pub fn last(directory: &Path, environment: Option<&str>) -> Result<Option<Self>, JournalError> {
        let unreadable = |path: &Path, source| JournalError::Unreadable { path: path.to_owned(), source };
        let journals = match numbered(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            journals => journals.map_err(|source| unreadable(directory, source))?,
        };
        for (_, path) in journals.into_iter().rev() {
            let text = std::fs::read(&path).map_err(|source| unreadable(&path, source))?;
            let past = Self::parse(&text, &path)?;
            let is_of =
                |past: &Self| environment.is_none_or(|of| past.header.environment == of || past.others().contains(&of));
            if let Some(past) = past.filter(|past| is_of(past) && past.changed_something()) {
                return Ok(Some(past));
            }
        }
        Ok(None)
    }

    /// Reads a journal's text; the path is for messages. `None`: it ends within its first line. A last line that is no
    /// record was being written when the process, the machine or the disk's space came to an end.
    pub fn parse(text: &[u8], path: &Path) -> Result<Option<Self>, JournalError> {
        let mut lines: Vec<_> = text.split(|byte| *byte == b'\n').collect();
        // What follows the last line end: nothing, or the beginning of a line.
        lines.pop();
        let mut past: Option<Self> = None;
        for (index, line) in lines.iter().enumerate() {
            match (parse_line(line, index == 0, path), &mut past) {
                (Ok(Record::Apply(header)), None) => past = Some(Self::new(path, header)),
                (Ok(record), Some(past)) => past.add(record),
                (Ok(_), None) => return Ok(None),
                (Err(LineError::Format(error)), _) => return Err(error),
                (Err(LineError::Json(_)), _) if index + 1 == lines.len() => {}
                (Err(LineError::Json(source)), _) => {
                    return Err(JournalError::Broken { path: path.to_owned(), line: index + 1, source });
                }
            }
        }
        Ok(past)
    }

    fn new(path: &Path, header: Header) -> Self {
        Self { path: path.to_owned(), header, steps: Vec::new(), edits: Vec::new(), closed: false }
    }

    fn add(&mut self, record: Record) {
        match record {
            // There is one, and it was first.
            Record::Apply(_) => {}
            Record::FileEdited(edit) => self.edits.push(edit),
            Record::Began { step } => self.steps.push(PastStep { step: *step, end: None, made: None }),
            Record::Ended { step, end, object } => {
                if let Some(past) = self.steps.iter_mut().find(|past| past.step.id == step) {
                    (past.end, past.made) = (Some(end), object);
                }
            }
            Record::Closed => self.closed = true,
        }
    }

    /// The journal's name within its directory.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The steps that may have written something.
    pub fn written(&self) -> impl Iterator<Item = &PastStep> {
        self.steps.iter().filter(|past| past.end != Some(End::Untouched))
    }

    /// The environments beside its own that the plan had steps in.
    pub fn others(&self) -> Vec<&str> {
        let of = self.written().filter_map(|past| past.step.id.address.environment.as_deref());
        of.filter(|name| *name != self.header.environment).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The steps in one environment that may have written something, by the addresses of its own file.
    pub fn steps_of(&self, environment: &str) -> Vec<PastStep> {
        let home = &self.header.environment;
        let of = self.written().filter(|past| past.step.id.address.environment.as_ref().unwrap_or(home) == environment);
        let mut steps: Vec<_> = of.cloned().collect();
        for past in &mut steps {
            past.step.id.address.environment = None;
        }
        steps
    }

    fn changed_something(&self) -> bool {
        self.written().next().is_some() || !self.edits.is_empty()
    }
}

enum LineError {
    Json(serde_json::Error),
    Format(JournalError),
}

fn parse_line(line: &[u8], first: bool, path: &Path) -> Result<Record, LineError> {
    if first {
        let Format { format, cn_infra } = serde_json::from_slice(line).map_err(LineError::Json)?;
        if format != FORMAT {
            let path = path.to_owned();
            return Err(LineError::Format(JournalError::OtherFormat { path, found: format, cn_infra }));
        }
    }
    serde_json::from_slice(line).map_err(LineError::Json)
}
