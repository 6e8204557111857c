//! Uploads of files: small ones at once, others in parts. S3 checks each against its checksum.
//!
//! What is in flight is in memory, so that it can be sent again; a budget for all uploads together bounds that. A file
//! that changes while it is read is not uploaded: it fails.

mod content_type;
mod large;
mod read;

use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumAlgorithm;
use bytes::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::attributes::{Attributes, Headers, with_headers};
use crate::failure::Failure;
use crate::list::Listing;
use crate::pace::{Pace, Prefix};
use crate::undone::Undone;
use content_type::content_type;
use read::{Stamp, read};

/// Files up to so many bytes are sent at once; others in parts of so many: 8 MiB.
pub(crate) const PART: u64 = 8 << 20;
/// So many files are read at once: a disk is no faster with more.
const READERS: usize = 16;
/// The budget is counted in units of so many bytes.
const UNIT: u64 = 64 << 10;

/// What all uploads share.
#[derive(Debug)]
pub(crate) struct Budget {
    memory: Semaphore,
    units: u32,
    readers: Semaphore,
}

impl Budget {
    /// A budget of bytes; one part always fits.
    pub fn new(bytes: u64) -> Self {
        let units = u32::try_from(bytes.max(PART) / UNIT).unwrap_or(u32::MAX >> 3);
        Self { memory: Semaphore::new(units as usize), units, readers: Semaphore::new(READERS) }
    }

    /// Waits until there is room for so many bytes; what is larger than all there is gets that.
    async fn room(&self, bytes: u64) -> Option<SemaphorePermit<'_>> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, self.units);
        self.memory.acquire_many(units).await.ok()
    }

    /// Does what may block on a thread of its own.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let _reader = self.readers.acquire().await.ok();
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Failure::local(error.to_string())))
    }
}

/// Uploads from a directory to a listing.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    pub pace: &'a Pace,
    pub from: &'a Path,
    pub to: &'a Listing,
    pub attributes: &'a Attributes,
    pub budget: &'a Budget,
}

impl Upload<'_> {
    /// Uploads the file of a key as it is now, and tells how many bytes it has; `size` is what was listed.
    pub async fn upload(&self, key: &str, size: u64) -> Result<u64, Undone> {
        let (path, key) = (Arc::new(self.from.join(key)), format!("{}{key}", self.to.prefix));
        let room = self.budget.room(size.min(PART)).await;
        let file = Arc::clone(&path);
        match self.budget.blocking(move || open(&file)).await.map_err(Undone::at("read"))? {
            Opened::Whole(bytes) => {
                let size = bytes.len() as u64;
                self.put(&key, bytes).await.map_err(Undone::at("PutObject")).map(|()| size)
            }
            Opened::Large(stamp) => {
                drop(room);
                self.upload_large(&path, &key, stamp).await.map(|()| stamp.size)
            }
        }
    }

    async fn put(&self, key: &str, bytes: Bytes) -> Result<(), Failure> {
        let (to, attributes) = (&self.to.bucket, self.attributes);
        let limit = Prefix::of(to.name(), key);
        let put = self.pace.send(&limit, "PutObject", bytes.len() as u64, || {
            let put = to.client().put_object().bucket(to.name()).key(key).body(ByteStream::from(bytes.clone()));
            let put = put.checksum_algorithm(ChecksumAlgorithm::Crc64Nvme).set_expected_bucket_owner(to.owner());
            let put = put.set_storage_class(attributes.class.of(None)).set_acl(attributes.acl.clone());
            with_headers!(put.set_tagging(attributes.tagging()), self.headers(key)).send()
        });
        put.await.map(|_| ())
    }

    fn headers(&self, key: &str) -> Headers {
        let mut headers = self.attributes.headers.clone().unwrap_or_default();
        headers.content_type = headers.content_type.or_else(|| content_type(key).map(str::to_owned));
        headers
    }
}

/// A file that is to be uploaded.
enum Opened {
    /// All its bytes.
    Whole(Bytes),
    /// What it is while its parts are read.
    Large(Stamp),
}

fn open(path: &Path) -> Result<Opened, Failure> {
    let stamp = Stamp::now(path)?;
    if stamp.size > PART {
        return Ok(Opened::Large(stamp));
    }
    read(path, stamp, 0, stamp.size).map(Opened::Whole)
}

#[cfg(test)]
mod tests;
