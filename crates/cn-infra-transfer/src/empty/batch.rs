//! DeleteObjects: up to 1,000 versions, each with an outcome of its own.
//!
//! S3 counts each key of it as a write, so that four in a second are all that a prefix takes; it then answers the whole
//! with SlowDown, or a success in which some keys have that error.

use std::collections::HashMap;

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::delete_objects::DeleteObjectsOutput;
use aws_sdk_s3::types::{Delete, Error, ObjectIdentifier};

use super::{Emptying, count};
use crate::failure::{Class, Failure};
use crate::pace::{Prefix, may_send_again};
use crate::versions::Version;

impl Emptying<'_> {
    /// Deletes some versions, at most 1,000; of a dry run only counts them.
    pub(super) async fn delete(&self, versions: Vec<Version>) {
        if self.dry_run {
            return self.deleted(&versions);
        }
        let (plain, odd): (Vec<_>, Vec<_>) = versions.into_iter().partition(|version| fits_in_xml(&version.key));
        self.delete_plain(plain).await;
        for version in odd {
            self.delete_one(version).await;
        }
    }

    fn deleted(&self, versions: &[Version]) {
        self.run.tally.deleted(count(versions), versions.iter().map(|version| version.size).sum());
    }

    /// Until each is deleted or has failed for good.
    async fn delete_plain(&self, mut versions: Vec<Version>) {
        let mut attempt = 1;
        while let Some(first) = versions.first() {
            let answer = match self.send(&Prefix::of(self.run.bucket.name(), &first.key), &versions).await {
                Ok(answer) => answer,
                Err(failure) => return versions.into_iter().for_each(|version| self.failed(&version, failure.clone())),
            };
            versions = self.settle(versions, answer, attempt);
            if !versions.is_empty() {
                self.run.pace.pause(attempt).await;
            }
            attempt += 1;
        }
    }

    async fn send(&self, prefix: &Prefix<'_>, versions: &[Version]) -> Result<DeleteObjectsOutput, Failure> {
        let bucket = self.run.bucket;
        let delete = named(versions).map_err(|error| Failure::local(error.to_string()))?;
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
    fn settle(&self, versions: Vec<Version>, answer: DeleteObjectsOutput, attempt: u32) -> Vec<Version> {
        let errors = answer.errors.unwrap_or_default();
        let mut failures: HashMap<_, _> = errors.iter().map(|error| (name(error), failure(error))).collect();
        let (mut again, mut deleted) = (Vec::new(), Vec::with_capacity(versions.len()));
        for version in versions {
            // Without errors, as nearly always, no name is made.
            let failure = if failures.is_empty() { None } else { failures.remove(&version.name()) };
            match failure {
                Some(failure) if may_send_again(&failure, attempt) => again.push(version),
                Some(failure) if failure.class != Class::Gone => self.failed(&version, failure),
                Some(_) | None => deleted.push(version),
            }
        }
        // Errors of keys that were not named: which ones they were cannot be said, but not that all are deleted.
        deleted.truncate(deleted.len().saturating_sub(failures.len()));
        for ((key, version), failure) in failures {
            self.run.failed("DeleteObjects", &key, Some(&version), failure);
        }
        self.deleted(&deleted);
        again
    }

    /// Deletes one whose key no document can bear.
    async fn delete_one(&self, version: Version) {
        let bucket = self.run.bucket;
        let request = || {
            let request = bucket.client().delete_object().bucket(bucket.name()).key(&version.key);
            request.version_id(&version.id).set_expected_bucket_owner(bucket.owner()).send()
        };
        match self.run.pace.send(&Prefix::of(bucket.name(), &version.key), "DeleteObject", 0, request).await {
            Err(failure) if failure.class != Class::Gone => {
                self.run.failed("DeleteObject", &version.key, Some(&version.id), failure);
            }
            Ok(_) | Err(_) => self.deleted(&[version]),
        }
    }

    fn failed(&self, version: &Version, failure: Failure) {
        self.run.failed("DeleteObjects", &version.key, Some(&version.id), failure);
    }
}

fn named(versions: &[Version]) -> Result<Delete, BuildError> {
    let identifiers =
        versions.iter().map(|Version { key, id, .. }| ObjectIdentifier::builder().key(key).version_id(id).build());
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
