//! The files of a directory and of those in it, in the order that S3 has for their keys.
//!
//! S3 orders keys by bytes, and a directory's keys have a `/` after its name: `a-b`, `a/c`, `ab`. Each directory is
//! read and sorted when the walk comes to it, so memory is that of the names of one directory on each level. What
//! cannot be a key or cannot be read is told and left out.

mod names;

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tokio::sync::mpsc::{Receiver, channel};

use crate::failure::Failure;
use crate::list::{Facts, Page};
use names::{Kind, Names};

/// So many files in a page: as many as S3 lists of their keys in one.
const PAGE: usize = 1_000;
/// So many pages are read ahead.
const AHEAD: usize = 16;

/// Something in a directory that is no object and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Where it is.
    pub path: PathBuf,
    /// Why it is left out.
    pub why: String,
    /// Whether something may be in it that nobody has seen: a failure, and nothing may be deleted for want of it.
    pub hides: bool,
}

impl Odd {
    fn new(path: PathBuf, why: impl Into<String>, hides: bool) -> Self {
        Self { path, why: why.into(), hides }
    }
}

/// How a directory is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkOptions {
    /// Whether links are taken for what they lead to. Off unless set: they are told and left out.
    pub follow_links: bool,
    /// The longest key, in bytes: 1,024 less the prefix that they get.
    pub longest: usize,
}

/// A page of files, with what was odd on the way.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The files, by their path in the directory, with `/` between names.
    pub page: Page,
    /// What is left out.
    pub odd: Vec<Odd>,
}

/// Walks a directory on a thread that may block; pages come as they are taken. The walk ends with the receiver.
///
/// # Errors
/// It is no directory, or cannot be read.
pub fn walk(root: &Path, options: WalkOptions) -> Result<Receiver<Files>, Failure> {
    let mut walk = Walk::new(root, options)?;
    let (out, pages) = channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        while let Some(files) = walk.page() {
            if out.blocking_send(files).is_err() {
                return;
            }
        }
    });
    Ok(pages)
}

/// A walk, directory by directory.
#[derive(Debug)]
struct Walk {
    root: PathBuf,
    options: WalkOptions,
    /// The way down: how long the key of each directory is, and the names left in it.
    open: Vec<(usize, Names)>,
    /// The key of the innermost directory.
    key: String,
    files: Files,
}

impl Walk {
    fn new(root: &Path, options: WalkOptions) -> Result<Self, Failure> {
        let failed = |error| Failure::local(format!("the directory {} cannot be read: {error}", root.display()));
        let mut files = Files::default();
        let names = Names::read(root, options.follow_links, &mut files.odd).map_err(failed)?;
        Ok(Self { root: root.to_owned(), options, open: vec![(0, names)], key: String::new(), files })
    }

    /// The next page; the last one may be short. `None`: all is told.
    fn page(&mut self) -> Option<Files> {
        while self.files.page.len() + self.files.odd.len() < PAGE {
            let Some((length, names)) = self.open.last_mut() else { break };
            self.key.truncate(*length);
            match names.pop() {
                None => {
                    self.open.pop();
                }
                Some((name, kind)) => {
                    self.key.push_str(name);
                    self.visit(kind);
                }
            }
        }
        let files = std::mem::take(&mut self.files);
        let is_over = files.page.is_empty() && files.odd.is_empty();
        (!is_over).then_some(files)
    }

    fn visit(&mut self, kind: Kind) {
        let path = self.root.join(&self.key);
        match kind {
            Kind::Link => self.odd(path, "it is a link, and links are not followed", false),
            Kind::Special => self.odd(path, "it is neither a file nor a directory", false),
            Kind::Directory => self.enter(path),
            Kind::File if self.key.len() > self.options.longest => {
                let why =
                    format!("its key would be longer than the {} bytes that are left for it", self.options.longest);
                self.odd(path, why, false);
            }
            Kind::File => match fs::metadata(&path) {
                Ok(file) => self.files.page.push(&self.key, facts(&file)),
                Err(error) => self.odd(path, format!("it cannot be read: {error}"), true),
            },
        }
    }

    fn enter(&mut self, path: PathBuf) {
        if self.options.follow_links && self.is_within_itself(&path) {
            return self.odd(path, "it is a link to a directory that it is in", false);
        }
        match Names::read(&path, self.options.follow_links, &mut self.files.odd) {
            Ok(names) => self.open.push((self.key.len(), names)),
            Err(error) => self.odd(path, format!("the directory cannot be read: {error}"), true),
        }
    }

    /// Whether links led back to a directory that the walk is in.
    fn is_within_itself(&self, path: &Path) -> bool {
        let Ok(real) = fs::canonicalize(path) else { return false };
        let above = self.open.iter().map(|(length, _)| self.root.join(&self.key[..*length]));
        above.filter_map(|above| fs::canonicalize(above).ok()).any(|above| above == real)
    }

    fn odd(&mut self, path: PathBuf, why: impl Into<String>, hides: bool) {
        self.files.odd.push(Odd::new(path, why, hides));
    }
}

/// What is compared of a file.
pub(crate) fn facts(file: &Metadata) -> Facts {
    Facts { size: Some(file.len()), modified: modified(file), etag: None, class: None }
}

/// Whole seconds since 1970, rounded down as S3 does.
fn modified(file: &Metadata) -> Option<i64> {
    let time = file.modified().ok()?;
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok(),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).ok()?;
            Some(-seconds - i64::from(before.subsec_nanos() > 0))
        }
    }
}

#[cfg(test)]
mod tests;
