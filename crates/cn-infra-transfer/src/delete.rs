//! DeleteObjects: up to 1,000 objects or versions, each with an outcome of its own.
//!
//! S3 counts each key of it as a write, so that four in a second are all that a prefix takes; it then answers the whole
//! with SlowDown, or a success in which some keys have that error.

use std::collections::HashMap;

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::types::{Delete, Error, ObjectIdentifier};

use crate::bucket::Bucket;
use crate::failure::{Class, Failure};
use crate::pace::{Prefix, may_send_again};
use crate::run::Run;

/// So many go in one call at most.
pub(crate) const BATCH: usize = 1000;

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doomed {
    pub key: String,
    /// `None`: the current one, of which a bucket that keeps versions then has a marker.
    pub version: Option<String>,
    /// In bytes, as far as it is known.
    pub size: u64,
}

impl Doomed {
    /// Key and version: no other has both. An error names none by an empty version.
    fn name(&self) -> (String, String) {
        (self.key.clone(), self.version.clone().unwrap_or_default())
    }
}

/// Deletions from a bucket.
pub(crate) struct Deletion<'a> {
    pub run: &'a Run<'a>,
    pub bucket: &'a Bucket,
}

impl Deletion<'_> {
    /// Deletes some, at most [`BATCH`]; each is counted, or has failed.
    pub async fn delete(&self, doomed: Vec<Doomed>) {
        let (plain, odd): (Vec<_>, Vec<_>) = doomed.into_iter().partition(|one| fits_in_xml(&one.key));
        self.delete_plain(plain).await;
        for one in odd {
            self.delete_one(one).await;
        }
    }

    fn deleted(&self, doomed: &[Doomed]) {
        self.run.tally.deleted(doomed.len() as u64, doomed.iter().map(|one| one.size).sum());
    }

    /// Until each is deleted or has failed for good.
    async fn delete_plain(&self, mut doomed: Vec<Doomed>) {
        let mut attempt = 1;
        while let Some(first) = doomed.first() {
            let answer = match self.send(&Prefix::of(self.bucket.name(), &first.key), &doomed).await {
                Ok(answer) => answer,
                Err(failure) => return doomed.into_iter().for_each(|one| self.failed(&one, failure.clone())),
            };
            doomed = self.settle(doomed, answer, attempt);
            if !doomed.is_empty() {
                self.run.pace.pause(attempt).await;
            }
            attempt += 1;
        }
    }

    async fn send(&self, prefix: &Prefix<'_>, doomed: &[Doomed]) -> Result<DeleteObjectsOutput, Failure> {
        let bucket = self.bucket;
        let delete = named(doomed).map_err(|error| Failure::local(error.to_string()))?;
        let request = || {
            let request = bucket.client().delete_objects().bucket(bucket.name()).delete(delete.clone());
            request.set_expected_bucket_owner(bucket.owner()).send()
        };
        let slows_down =
            |answer: &DeleteObjectsOutput| answer.errors().iter().any(|error| failure(error).class == Class::SlowDown);
        self.run.pace.send_heeding(prefix, "DeleteObjects", 0, request, slows_down).await
    }

    /// Counts what is deleted and what failed for good; returns what is to be tried again. A quiet answer names only what
    /// was not deleted.
    fn settle(&self, doomed: Vec<Doomed>, answer: DeleteObjectsOutput, attempt: u32) -> Vec<Doomed> {
        let errors = answer.errors.unwrap_or_default();
        let mut failures: HashMap<_, _> = errors.iter().map(|error| (name(error), failure(error))).collect();
        let (mut again, mut deleted) = (Vec::new(), Vec::with_capacity(doomed.len()));
        for one in doomed {
            // Without errors, as nearly always, no name is made.
            let failure = if failures.is_empty() { None } else { failures.remove(&one.name()) };
            match failure {
                Some(failure) if may_send_again(&failure, attempt) => again.push(one),
                Some(failure) if failure.class != Class::Gone => self.failed(&one, failure),
                Some(_) | None => deleted.push(one),
            }
        }
        // Errors of keys that were not named: which ones they were cannot be said, but not that all are deleted.
        deleted.truncate(deleted.len().saturating_sub(failures.len()));
        for ((key, version), failure) in failures {
            let version = Some(version).filter(|version| !version.is_empty());
            self.run.failed("DeleteObjects", &key, version.as_deref(), failure);
        }
        self.deleted(&deleted);
        again
    }

    /// Deletes one whose key no document can bear.
    async fn delete_one(&self, one: Doomed) {
        let bucket = self.bucket;
        let request = || {
            let request = bucket.client().delete_object().bucket(bucket.name()).key(&one.key);
            request.set_version_id(one.version.clone()).set_expected_bucket_owner(bucket.owner()).send()
        };
        match self.run.pace.send(&Prefix::of(bucket.name(), &one.key), "DeleteObject", 0, request).await {
            Err(failure) if failure.class != Class::Gone => {
                self.run.failed("DeleteObject", &one.key, one.version.as_deref(), failure);
            }
            Ok(_) | Err(_) => self.deleted(&[one]),
        }
    }

    fn failed(&self, one: &Doomed, failure: Failure) {
        self.run.failed("DeleteObjects", &one.key, one.version.as_deref(), failure);
    }
}

fn named(doomed: &[Doomed]) -> Result<Delete, BuildError> {
    let identifiers = doomed.iter().map(|Doomed { key, version, .. }| {
        ObjectIdentifier::builder().key(key).set_version_id(version.clone()).build()
    });
    Delete::builder().set_objects(Some(identifiers.collect::<Result<_, _>>()?)).quiet(true).build()
}

fn name(error: &Error) -> (String, String) {
    (error.key().unwrap_or_default().to_owned(), error.version_id().unwrap_or_default().to_owned())
}

fn failure(error: &Error) -> Failure {
    Failure::told(error.code(), error.message())
}

/// Whether XML 1.0 can say a key. <https://www.w3.org/TR/xml/#charsets>
fn fits_in_xml(key: &str) -> bool {
    key.chars()
        .all(|char| !matches!(char, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
}
