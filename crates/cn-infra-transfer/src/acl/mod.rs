//! Objects that nobody but their owner shall reach: ACLs are made private where they grant more.

mod grants;

use std::future::ready;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use aws_sdk_s3::types::ObjectCannedAcl;
use cn_infra_core::apply::Cancellation;
use futures_util::StreamExt;
use futures_util::stream;

use crate::bucket::Bucket;
use crate::failure::{Class, Failure};
use crate::pace::{Pace, Prefix};
use crate::progress::{Event, Tally};
use crate::report::{Action, LISTED, Report, Shared};
use crate::run::Run;
use crate::versions::{Version, with_pages};
use grants::{Others, others};

/// So many objects are under way at most.
const AT_ONCE: usize = 1_000;

/// Which objects, and what is done with them.
#[derive(Clone, Debug, Default)]
pub struct AclOptions {
    /// What their keys begin with; empty: all.
    pub prefix: String,
    /// What is done.
    pub mode: Mode,
    /// Leaves out older versions, which a URL with their id reaches all the same.
    pub current_only: bool,
}

/// What is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Reads each ACL, and makes those private that grant something to others than the owner.
    #[default]
    Reset,
    /// Reads each ACL and changes none.
    Check,
    /// Makes all private without reading them: half the requests where most grant too much. What had been shared is
    /// then not known.
    Force,
}

/// Makes ACLs private. `found` of the report tells how many were `public` (everyone, or every AWS account) and how many
/// `shared` (with some account); its `shared` lists both with what was granted.
///
/// Where a bucket has ACLs disabled, none grants anything and none can be set: the run ends early and says so.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub async fn set_private(
    bucket: &Bucket,
    options: &AclOptions,
    pace: &Pace,
    tally: &Tally,
    stop: &Cancellation,
) -> Report {
    let resetting = Resetting { run: Run::new(bucket, pace, tally, stop), mode: options.mode, found: Found::default() };
    resetting.objects(options).await;
    let Resetting { run, found: Found { public, shared, listed }, mode } = resetting;
    let found = [("public", public), ("shared", shared)];
    Report {
        dry_run: mode == Mode::Check,
        found: found.into_iter().map(|(kind, count)| (kind.to_owned(), count.into_inner())).collect(),
        shared: listed.into_inner().unwrap_or_else(PoisonError::into_inner),
        ..run.report(Action::SetAcl, &options.prefix)
    }
}

struct Resetting<'a> {
    run: Run<'a>,
    mode: Mode,
    found: Found,
}

/// What granted too much.
#[derive(Default)]
struct Found {
    public: AtomicU64,
    shared: AtomicU64,
    listed: Mutex<Vec<Shared>>,
}

impl Resetting<'_> {
    /// All objects, as long as the run goes on.
    async fn objects(&self, options: &AclOptions) {
        let counts = |version: &Version| !version.is_marker && (version.is_latest || !options.current_only);
        with_pages(&self.run, &options.prefix, |pages| {
            let versions = pages.flat_map(stream::iter).filter(move |version| ready(counts(version)));
            let begun = versions.take_while(|_| ready(self.run.goes_on())).map(|version| self.object(version));
            begun.buffer_unordered(AT_ONCE).for_each(|()| ready(()))
        })
        .await;
    }

    async fn object(&self, version: Version) {
        let id = (!version.is_latest).then_some(version.id.as_str());
        if self.mode != Mode::Force {
            match self.read(&version.key, id).await {
                Ok(others) if others.is_nobody() => return self.run.tally.skipped(1),
                Ok(others) => self.found(&version.key, id, others),
                Err(failure) => return self.failed("GetObjectAcl", &version.key, id, failure),
            }
        }
        if self.mode != Mode::Check {
            match self.write(&version.key, id).await {
                Ok(()) => self.run.tally.reset(),
                Err(failure) => self.failed("PutObjectAcl", &version.key, id, failure),
            }
        }
    }

    async fn read(&self, key: &str, version: Option<&str>) -> Result<Others, Failure> {
        let bucket = self.run.bucket;
        let request = || {
            let request = bucket.client().get_object_acl().bucket(bucket.name()).key(key);
            let request = request.set_version_id(version.map(str::to_owned));
            request.set_expected_bucket_owner(bucket.owner()).send()
        };
        let answer = self.run.pace.send(&Prefix::of(bucket.name(), key), "GetObjectAcl", 0, request).await?;
        Ok(others(&answer))
    }

    async fn write(&self, key: &str, version: Option<&str>) -> Result<(), Failure> {
        let bucket = self.run.bucket;
        let request = || {
            let request = bucket.client().put_object_acl().bucket(bucket.name()).key(key).acl(ObjectCannedAcl::Private);
            let request = request.set_version_id(version.map(str::to_owned));
            request.set_expected_bucket_owner(bucket.owner()).send()
        };
        self.run.pace.send(&Prefix::of(bucket.name(), key), "PutObjectAcl", 0, request).await.map(drop)
    }

    fn found(&self, key: &str, version: Option<&str>, Others { is_public, grants }: Others) {
        let Found { public, shared, listed } = &self.found;
        let kind = if is_public { public } else { shared };
        kind.fetch_add(1, Relaxed);
        let found = Shared { key: key.to_owned(), version: version.map(str::to_owned), grants };
        let mut listed = listed.lock().unwrap_or_else(PoisonError::into_inner);
        if listed.len() < LISTED {
            listed.push(found.clone());
        }
        self.run.tally.tell(&Event::Shared(found));
    }

    fn failed(&self, operation: &str, key: &str, version: Option<&str>, failure: Failure) {
        match (failure.class, failure.code.as_deref()) {
            // Deleted meanwhile: nobody reaches it.
            (Class::Gone, Some("NoSuchKey" | "NoSuchVersion")) => self.run.tally.skipped(1),
            (_, Some("AccessControlListNotSupported")) => {
                self.run.tally.skipped(1);
                self.run.end("the bucket has ACLs disabled: no ACL grants anything, and none can be set");
            }
            _ => self.run.failed(operation, key, version, failure),
        }
    }
}

#[cfg(test)]
mod tests;
