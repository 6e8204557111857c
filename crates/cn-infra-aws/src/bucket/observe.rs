//! Reading buckets: every managed aspect of every declared bucket, all at once.

use std::collections::{BTreeMap, BTreeSet};

use cn_infra_core::address::PhysicalId;
use cn_infra_core::live::{Observed, Outputs, Readiness};
use cn_infra_core::manager::{ErrorClass, ManageError, Scope, Wanted};
use cn_infra_core::owner::{Owner, Tags};
use cn_infra_core::value::OrNone;
use futures_util::StreamExt;
use futures_util::stream;

use super::Bucket;
use super::aspect::Aspect;
use super::target::Target;
use crate::error::failed;
use crate::session::Session;

/// How many reading calls wait for an answer at once, over all buckets. S3 takes thousands per second.
pub const READS_IN_FLIGHT: usize = 64;

/// What one call reads; the tags come first, as what they answer says most about why a bucket cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Tags,
    Aspect(Aspect),
}

/// What one call answered.
enum Reading {
    Tags(Tags),
    Fields(Box<Bucket>),
}

/// Reads the declared buckets that are there.
///
/// No call asks first whether a bucket exists: each answers `NoSuchBucket` if it does not.
pub(super) async fn buckets(
    session: &Session,
    scope: &Scope<'_, Bucket>,
) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let mut found = all(session, wanted(scope)).await?;
    found.extend(under_former_names(session, scope, &found).await?);
    Ok(found)
}

/// The buckets that bear the tags of declared ones under other names: the file changed the name, and a bucket has its own for
/// good. That takes a call for every bucket of the region, so it is looked for only where a declared one is not there.
async fn under_former_names(
    session: &Session,
    scope: &Scope<'_, Bucket>,
    found: &[Observed<Bucket>],
) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let is_there = |name: &str| found.iter().any(|bucket| bucket.id.0 == name);
    let is_missing = |declared: &&Wanted<Bucket>| {
        !is_there(&declared.name) && declared.adopt.as_ref().is_none_or(|adopted| !is_there(&adopted.0))
    };
    let missing: Vec<_> = scope.declared.iter().filter(is_missing).collect();
    if missing.is_empty() || scope.only.is_some() {
        return Ok(Vec::new());
    }
    let tagged = match tagged(session).await {
        // Whoever may not list buckets plans as if there were no others.
        Err(failure) if failure.class == ErrorClass::Denied => return Ok(Vec::new()),
        tagged => tagged?,
    };
    let mut wanted = BTreeSet::new();
    for bucket in tagged {
        let owner = Owner::of(&bucket.tags);
        if let Some(declared) = missing.iter().find(|declared| Some(&declared.owner) == owner.as_ref()) {
            wanted.extend(whats(&declared.resource).map(|what| (what, bucket.id.0.clone())));
        }
    }
    all(session, wanted).await
}

/// Reads what is wanted of buckets; one that is not there is left out.
async fn all(session: &Session, wanted: BTreeSet<(What, String)>) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let calls = stream::iter(wanted).map(|(what, name)| answer(session, name, what));
    let mut answers = calls.buffer_unordered(READS_IN_FLIGHT);
    let mut by_bucket: BTreeMap<String, BTreeMap<What, Result<Reading, ManageError>>> = BTreeMap::new();
    while let Some((name, what, reading)) = answers.next().await {
        by_bucket.entry(name).or_default().insert(what, reading);
    }
    let observed = by_bucket.into_iter().map(|(name, readings)| assemble(session, &name, readings));
    observed.filter_map(Result::transpose).collect()
}

/// Reads the tags of every bucket of the session's region; one whose tags may not be read is nobody's business here.
pub(super) async fn tagged(session: &Session) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let calls = stream::iter(listed(session).await?).map(|name| answer(session, name, What::Tags));
    let answers: Vec<_> = calls.buffer_unordered(READS_IN_FLIGHT).collect().await;
    let readable = answers
        .into_iter()
        .filter(|(_, _, reading)| !matches!(reading, Err(failure) if failure.class == ErrorClass::Denied));
    let buckets = readable.map(|(name, what, reading)| assemble(session, &name, [(what, reading)].into()));
    buckets.filter_map(Result::transpose).collect()
}

/// The tags of a bucket of the session's account; `None`: it is not there.
pub async fn tags(session: &Session, name: &str) -> Result<Option<Tags>, ManageError> {
    match (Target { session, name }).read_tags().await {
        Ok(tags) => Ok(Some(tags)),
        Err(failure) if failure.class == ErrorClass::Gone => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Reads everything of every bucket of the session's region.
pub(super) async fn whole(session: &Session) -> Result<Vec<Observed<Bucket>>, ManageError> {
    let whats = Aspect::ALL.map(What::Aspect).into_iter().chain([What::Tags]);
    let names = listed(session).await?;
    all(session, whats.flat_map(|what| names.iter().map(move |name| (what, name.clone()))).collect()).await
}

/// The names of the buckets of the session's region.
async fn listed(session: &Session) -> Result<Vec<String>, ManageError> {
    let pages = session.s3.list_buckets().bucket_region(&session.region).into_paginator().items().send();
    let listed = pages.collect::<Result<Vec<_>, _>>().await.map_err(|error| failed("ListBuckets", error))?;
    Ok(listed.into_iter().filter_map(|bucket| bucket.name).collect())
}

/// What to read, in the order of sending. A bucket that is asked for and not declared, to be deleted, needs its tags
/// alone.
///
/// Each bucket has a host of its own. Sorted by what is read, a bucket's next call finds the connection of its former
/// one free; bucket by bucket, every call of a bucket would open a connection.
fn wanted(scope: &Scope<'_, Bucket>) -> BTreeSet<(What, String)> {
    let mut wanted = BTreeSet::new();
    for declared in scope.declared {
        let adopted = declared.adopt.as_ref().map(|id| &id.0);
        for name in std::iter::once(&declared.name).chain(adopted) {
            wanted.extend(whats(&declared.resource).map(|what| (what, name.clone())));
        }
    }
    if let Some(only) = scope.only {
        wanted.retain(|(_, name)| scope.includes(name));
        wanted.extend(only.iter().map(|id| (What::Tags, id.0.clone())));
    }
    wanted
}

fn whats(resource: &Bucket) -> impl Iterator<Item = What> {
    Aspect::managed_by(resource).map(What::Aspect).chain([What::Tags])
}

async fn answer(session: &Session, name: String, what: What) -> (String, What, Result<Reading, ManageError>) {
    let target = Target { session, name: &name };
    let reading = match what {
        What::Tags => target.read_tags().await.map(Reading::Tags),
        What::Aspect(aspect) => {
            let mut live = Box::<Bucket>::default();
            target.read(aspect, &mut live).await.map(|()| Reading::Fields(live))
        }
    };
    (name, what, reading)
}

/// One bucket from its answers; `None` if it is not there.
fn assemble(
    session: &Session,
    name: &str,
    readings: BTreeMap<What, Result<Reading, ManageError>>,
) -> Result<Option<Observed<Bucket>>, ManageError> {
    let (mut tags, mut live) = (Tags::new(), Bucket::default());
    for reading in readings.into_values() {
        match reading {
            Ok(Reading::Tags(read)) => tags = read,
            Ok(Reading::Fields(fields)) => live.fill(*fields),
            Err(failure) if failure.class == ErrorClass::Gone => return Ok(None),
            Err(failure) => return Err(failure),
        }
    }
    Ok(Some(Observed {
        id: PhysicalId(name.to_owned()),
        aliases: Vec::new(),
        name: Some(name.to_owned()),
        token: None,
        tags,
        outputs: outputs(session, name, &live),
        live,
        readiness: Readiness::Ready,
        unfinished: None,
    }))
}

impl Bucket {
    /// Takes over the fields that another reading found.
    fn fill(&mut self, read: Self) {
        let Self {
            versioning,
            object_ownership,
            public_access_block,
            encryption,
            policy_file,
            cors,
            lifecycle,
            acl,
            logging,
            website,
        } = read;
        self.versioning = versioning.or(self.versioning);
        self.object_ownership = object_ownership.or(self.object_ownership);
        self.public_access_block = public_access_block.or(self.public_access_block);
        self.encryption = encryption.or(self.encryption.take());
        self.policy_file = policy_file.or(self.policy_file.take());
        self.cors = cors.or(self.cors.take());
        self.lifecycle = lifecycle.or(self.lifecycle.take());
        self.acl = acl.or(self.acl);
        self.logging = logging.or(self.logging.take());
        self.website = website.or(self.website.take());
    }
}

fn outputs(session: &Session, name: &str, live: &Bucket) -> Outputs {
    let region = &session.region;
    let (partition, suffix) = match region.split('-').next() {
        Some("cn") => ("aws-cn", "amazonaws.com.cn"),
        _ if region.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    };
    let mut outputs: Outputs = [
        ("name", name.to_owned()),
        ("arn", format!("arn:{partition}:s3:::{name}")),
        ("domain", format!("{name}.s3.{region}.{suffix}")),
    ]
    .map(|(output, value)| (output.to_owned(), value))
    .into();
    if matches!(live.website, Some(OrNone::Some(_))) {
        let separator = if DASHED_WEBSITES.contains(&region.as_str()) { '-' } else { '.' };
        let endpoint = format!("{name}.s3-website{separator}{region}.{suffix}");
        outputs.insert("website_endpoint".to_owned(), endpoint);
    }
    outputs
}

/// The regions whose websites are at `s3-website-REGION`; in all others it is `s3-website.REGION`.
///
/// <https://docs.aws.amazon.com/general/latest/gr/s3.html#s3_website_region_endpoints>
const DASHED_WEBSITES: [&str; 9] = [
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "us-gov-west-1",
    "ap-northeast-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "eu-west-1",
    "sa-east-1",
];
