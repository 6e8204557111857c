//! The bytes of objects: one file that only grows, apart from the index of what is where.
//!
//! A copy is another reference to the same bytes. What no object refers to any more stays until the file goes.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::error::AwsError;

/// A run of bytes in the file. In the journal: offset, length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct Extent {
    /// Where it begins.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
}

impl From<(u64, u64)> for Extent {
    fn from((offset, length): (u64, u64)) -> Self {
        Self { offset, length }
    }
}

impl From<Extent> for (u64, u64) {
    fn from(Extent { offset, length }: Extent) -> Self {
        (offset, length)
    }
}

/// What an object or a part consists of. Almost all are one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// One run.
    One(Extent),
    /// Several, one after the other.
    Many(Box<[Extent]>),
}

impl Content {
    /// Nothing.
    pub const EMPTY: Self = Self::One(Extent { offset: 0, length: 0 });

    /// The runs of others, one after the other.
    pub fn joined<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut extents: Vec<Extent> = Vec::new();
        for extent in all.into_iter().flat_map(Self::extents) {
            match extents.last_mut() {
                Some(last) if last.offset + last.length == extent.offset => last.length += extent.length,
                _ => extents.push(*extent),
            }
        }
        match extents.as_slice() {
            [] => Self::EMPTY,
            [extent] => Self::One(*extent),
            _ => Self::Many(extents.into()),
        }
    }

    /// Its runs.
    pub fn extents(&self) -> &[Extent] {
        match self {
            Self::One(extent) => std::slice::from_ref(extent),
            Self::Many(extents) => extents,
        }
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.extents().iter().map(|extent| extent.length).sum()
    }

    /// `length` of its bytes from `start` on: no bytes are read.
    pub fn part(&self, start: u64, length: u64) -> Self {
        let (mut skip, mut left) = (start, length);
        let mut extents = Vec::new();
        for extent in self.extents() {
            let skipped = skip.min(extent.length);
            let taken = (extent.length - skipped).min(left);
            skip -= skipped;
            left -= taken;
            if taken > 0 {
                extents.push(Self::One(Extent { offset: extent.offset + skipped, length: taken }));
            }
        }
        Self::joined(&extents)
    }
}

/// The file.
#[derive(Debug, Default)]
pub struct Blobs {
    /// `None`: an unlinked temporary file, made when the first bytes come.
    file: Option<File>,
}

impl Blobs {
    /// Keeps bytes in the file at `path`, after those that it has.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        Ok(Self { file: Some(file) })
    }

    /// The same bytes in an unlinked temporary file.
    ///
    /// # Errors
    /// They cannot be read, or the disk is full.
    pub fn copy(&self) -> io::Result<Self> {
        let Some(file) = &self.file else { return Ok(Self::default()) };
        let (mut all, mut copy) = (file.try_clone()?, tempfile::tempfile()?);
        // The two handles share one position, which nothing else uses: all other reading and writing names its own.
        all.seek(SeekFrom::Start(0))?;
        io::copy(&mut all, &mut copy)?;
        Ok(Self { file: Some(copy) })
    }

    /// Forgets all bytes.
    ///
    /// # Errors
    /// The file cannot be cut.
    pub fn clear(&mut self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.set_len(0))
    }

    /// Writes bytes at the end, where another process may have written since: the state directory is locked.
    ///
    /// # Errors
    /// `InternalError`: the disk is full, or broken.
    pub fn append(&mut self, bytes: &[u8]) -> Result<Extent, AwsError> {
        let length = bytes.len() as u64;
        if length == 0 {
            return Ok(Extent::default());
        }
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile().map_err(failed)?),
        };
        let offset = file.metadata().map_err(failed)?.len();
        file.write_all_at(bytes, offset).map_err(failed)?;
        Ok(Extent { offset, length })
    }

    /// Reads all of a content into memory.
    ///
    /// # Errors
    /// `InternalError`: the file is not what the index says.
    pub fn read(&self, content: &Content) -> Result<Bytes, AwsError> {
        let mut bytes = vec![0; usize::try_from(content.size()).unwrap_or(usize::MAX)];
        let mut at = 0;
        for extent in content.extents().iter().filter(|extent| extent.length > 0) {
            let length = usize::try_from(extent.length).unwrap_or(usize::MAX);
            self.read_at(&mut bytes[at..at + length], extent.offset)?;
            at += length;
        }
        Ok(bytes.into())
    }

    /// Reads a content piece by piece.
    ///
    /// # Errors
    /// As [`Blobs::read`].
    pub fn each(&self, content: &Content, mut piece: impl FnMut(&[u8])) -> Result<(), AwsError> {
        let mut buffer = vec![0; 1 << 20];
        for extent in content.extents() {
            let mut done = 0;
            while done < extent.length {
                let length = (extent.length - done).min(buffer.len() as u64);
                let bytes = &mut buffer[..usize::try_from(length).unwrap_or_default()];
                self.read_at(bytes, extent.offset + done)?;
                piece(bytes);
                done += length;
            }
        }
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> Result<(), AwsError> {
        let file = self.file.as_ref().ok_or_else(|| failed("no object was stored"))?;
        file.read_exact_at(bytes, offset).map_err(failed)
    }
}

fn failed(why: impl std::fmt::Display) -> AwsError {
    AwsError::new("InternalError", format!("The sandbox cannot store or read objects: {why}")).status(500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_where_they_were_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("blobs");
        let mut blobs = Blobs::open(&path).expect("a file");
        let one = Content::One(blobs.append(b"coral").expect("written"));
        let two = Content::One(blobs.append(b"reef").expect("written"));
        let swapped = Content::joined([&two, &one]);
        assert_eq!(blobs.read(&swapped).expect("read"), "reefcoral");
        assert_eq!(blobs.read(&swapped.part(2, 5)).expect("read"), "efcor");
        assert_eq!(Content::joined([&one, &two]).extents().len(), 1, "neighbours are one run");
        let mut again = Blobs::open(&path).expect("a file");
        assert_eq!(again.append(b"!").expect("written"), Extent { offset: 9, length: 1 });
        assert_eq!(again.read(&one).expect("read"), "coral");
    }
}
