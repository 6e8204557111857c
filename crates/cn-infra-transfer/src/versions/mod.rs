//! All versions and delete markers of a bucket, page by page, in ranges that are cut as they are listed.

use std::borrow::Cow;

use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{DeleteMarkerEntry, EncodingType, ObjectVersion};
use futures_util::StreamExt;
use futures_util::future::join;
use futures_util::stream::{self, BoxStream, FuturesUnordered};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::list::{cuts, decode};
use crate::pace::Prefix;
use crate::run::Run;

/// A version of an object, or a delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub key: String,
    /// `null` for what was written while the bucket kept no versions.
    pub id: String,
    /// In bytes; 0 for a marker.
    pub size: u64,
    pub is_marker: bool,
    pub is_latest: bool,
}

/// So many pages are read at once at most.
const READERS: usize = 8;
/// So many pages are read one after the other first: cuts cost requests, and so few need no help.
const ALONE: usize = 4;

/// Keys without the prefix of the listing: those after a key, or the older versions of that key and those after it, up to
/// and with another.
#[derive(Debug, Default)]
struct Range {
    after: Option<String>,
    /// The version of `after` that was listed last.
    version: Option<String>,
    until: Option<String>,
}

/// Pages of up to 1,000; those of one range come in order.
pub(crate) type Pages = BoxStream<'static, Vec<Version>>;

/// Reads the pages of a prefix while `work` works on them. Both go on whatever the other waits for: a request that is
/// left unpolled would keep its place from those that are to make room for it.
pub(crate) async fn with_pages<F: Future<Output = ()>>(run: &Run<'_>, prefix: &str, work: impl FnOnce(Pages) -> F) {
    let (sender, mut receiver) = mpsc::channel(READERS);
    let pages = stream::poll_fn(move |context| receiver.poll_recv(context)).boxed();
    join(read_all(run, prefix, sender), work(pages)).await;
}

async fn read_all(run: &Run<'_>, prefix: &str, pages: mpsc::Sender<Vec<Version>>) {
    let mut waiting = vec![Range::default()];
    let mut reading = FuturesUnordered::new();
    let mut read = 0;
    loop {
        if !waiting.is_empty() && run.goes_on() {
            let free = READERS - reading.len();
            let begin = waiting.drain(waiting.len().saturating_sub(free)..);
            reading.extend(begin.map(|range| next(run, prefix, range, &pages)));
        }
        match reading.next().await {
            Some(Ok(Some((span, rest)))) => {
                read += 1;
                let free = READERS.saturating_sub(waiting.len() + reading.len() + 1);
                let cuts = if read < ALONE { 0 } else { free };
                waiting.extend(rest.into_iter().flat_map(|rest| rest.cut(&span, cuts)));
            }
            Some(Ok(None)) => {}
            Some(Err(failure)) => run.listing_failed("ListObjectVersions", prefix, failure),
            None => return,
        }
    }
}

/// Reads the next page of a range once there is room for it, and hands it on. Returns the first and last key of it and
/// what is left of the range; nothing, if nobody wants more.
async fn next(
    run: &Run<'_>,
    prefix: &str,
    range: Range,
    pages: &mpsc::Sender<Vec<Version>>,
) -> Result<Option<(Span, Option<Range>)>, Failure> {
    let Ok(room) = pages.reserve().await else { return Ok(None) };
    let (versions, rest) = read(run, prefix, range).await?;
    run.tally.counted(u64::try_from(versions.len()).unwrap_or(u64::MAX));
    let span = span(&versions, prefix);
    room.send(versions);
    Ok(Some((span, rest)))
}

/// The first and the last key of a page, without the prefix; `None`: it is empty.
type Span = Option<(String, String)>;

fn span(page: &[Version], prefix: &str) -> Span {
    let keys = || page.iter().map(|version| version.key.strip_prefix(prefix).unwrap_or_default());
    Some((keys().min()?.to_owned(), keys().max()?.to_owned()))
}

/// The next page of a range, and what is left of it.
async fn read(run: &Run<'_>, prefix: &str, range: Range) -> Result<(Vec<Version>, Option<Range>), Failure> {
    let Run { bucket, pace, .. } = run;
    let after = range.after.as_deref().map(|key| format!("{prefix}{key}"));
    let request = || {
        let request = bucket.client().list_object_versions().bucket(bucket.name()).prefix(prefix);
        let request = request.set_key_marker(after.clone()).set_version_id_marker(range.version.clone());
        // A document cannot bear every character of a key.
        request.encoding_type(EncodingType::Url).set_expected_bucket_owner(bucket.owner()).send()
    };
    let listed = pace.send(&Prefix::of(bucket.name(), prefix), "ListObjectVersions", 0, request).await?;
    let rest = rest(&listed, prefix, range.until.as_deref())?;
    let mut versions = versions(listed)?;
    if let Some(until) = &range.until {
        versions.retain(|version| version.key.strip_prefix(prefix).is_none_or(|key| key <= until.as_str()));
    }
    Ok((versions, rest))
}

/// What is left of a range after a page.
fn rest(listed: &ListObjectVersionsOutput, prefix: &str, until: Option<&str>) -> Result<Option<Range>, Failure> {
    let Some(next) = listed.next_key_marker().filter(|_| listed.is_truncated() == Some(true)) else { return Ok(None) };
    let next = decoded(next)?;
    let after = next.strip_prefix(prefix).unwrap_or_default().to_owned();
    let version = listed.next_version_id_marker().map(str::to_owned);
    let until = until.map(str::to_owned);
    // At `until` itself there may be older versions.
    let goes_on = until.as_ref().is_none_or(|until| after <= *until);
    Ok(goes_on.then_some(Range { after: Some(after), version, until }))
}

impl Range {
    /// Cut at so many places at most, by what the last page had.
    fn cut(self, page: &Span, at_most: usize) -> Vec<Self> {
        let (Some((first, last)), true) = (page, at_most > 0) else { return vec![self] };
        let Self { mut after, mut version, until } = self;
        let cuts = cuts(first, last, until.as_deref()).into_iter().take(at_most).map(Some);
        let mut ranges = Vec::new();
        for until in cuts.chain([until]) {
            ranges.push(Self { after, version: version.take(), until: until.clone() });
            after = until;
        }
        ranges
    }
}

fn versions(listed: ListObjectVersionsOutput) -> Result<Vec<Version>, Failure> {
    let objects = listed.versions.into_iter().flatten().map(of_object);
    objects.chain(listed.delete_markers.into_iter().flatten().map(of_marker)).collect()
}

fn of_object(ObjectVersion { key, version_id, size, is_latest, .. }: ObjectVersion) -> Result<Version, Failure> {
    let size = size.and_then(|size| u64::try_from(size).ok()).unwrap_or_default();
    version(key, version_id, is_latest, size, false)
}

fn of_marker(DeleteMarkerEntry { key, version_id, is_latest, .. }: DeleteMarkerEntry) -> Result<Version, Failure> {
    version(key, version_id, is_latest, 0, true)
}

fn version(
    key: Option<String>,
    id: Option<String>,
    is_latest: Option<bool>,
    size: u64,
    is_marker: bool,
) -> Result<Version, Failure> {
    let id = id.unwrap_or_else(|| "null".to_owned());
    Ok(Version {
        key: decoded(&key.unwrap_or_default())?,
        id,
        size,
        is_marker,
        is_latest: is_latest.unwrap_or_default(),
    })
}

/// A key as it is, of one that S3 lists with `encoding-type=url`.
///
/// # Errors
/// It is no UTF-8, as every key must be.
pub(crate) fn decoded(listed: &str) -> Result<String, Failure> {
    let key = decode(listed).map(Cow::into_owned);
    key.ok_or_else(|| Failure::local(format!("S3 lists `{listed}`, which is no UTF-8")))
}

#[cfg(test)]
mod tests;
