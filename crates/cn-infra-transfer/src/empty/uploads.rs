//! Unfinished multipart uploads: they cost like objects, no listing of objects shows them, and a bucket with one cannot
//! be deleted.

use std::sync::atomic::Ordering::Relaxed;

use aws_sdk_s3::operation::list_multipart_uploads::ListMultipartUploadsOutput;
use aws_sdk_s3::types::{EncodingType, MultipartUpload};
use futures_util::StreamExt;
use futures_util::stream;

use super::{Emptying, count};
use crate::failure::{Class, Failure};
use crate::pace::Prefix;
use crate::versions::decoded;

/// So many are aborted at once at most.
const AT_ONCE: usize = 256;

/// Where a page begins: after an upload of a key.
#[derive(Default)]
struct Marker {
    key: Option<String>,
    id: Option<String>,
}

struct Upload {
    key: String,
    id: String,
}

impl Emptying<'_> {
    /// Aborts all unfinished uploads.
    pub(super) async fn uploads(&self, prefix: &str) {
        let mut marker = Some(Marker::default());
        while let Some(at) = marker.take().filter(|_| !self.run.has_ended() && self.run.goes_on()) {
            match self.list(prefix, at).await {
                Ok((uploads, next)) => {
                    self.abort_all(uploads).await;
                    marker = next;
                }
                Err(failure) => self.run.listing_failed("ListMultipartUploads", prefix, failure),
            }
        }
    }

    async fn abort_all(&self, mut uploads: Vec<Upload>) {
        let number = count(&uploads);
        self.run.tally.counted(number);
        self.found.uploads.fetch_add(number, Relaxed);
        self.allow(&mut uploads);
        if self.dry_run {
            self.run.tally.deleted(number, 0);
            return;
        }
        let aborts = stream::iter(uploads).map(|upload| self.abort(upload));
        aborts.buffer_unordered(AT_ONCE).for_each(|()| std::future::ready(())).await;
    }

    async fn list(&self, prefix: &str, at: Marker) -> Result<(Vec<Upload>, Option<Marker>), Failure> {
        let bucket = self.run.bucket;
        let request = || {
            let request = bucket.client().list_multipart_uploads().bucket(bucket.name()).prefix(prefix);
            let request = request.set_key_marker(at.key.clone()).set_upload_id_marker(at.id.clone());
            request.encoding_type(EncodingType::Url).set_expected_bucket_owner(bucket.owner()).send()
        };
        let listed = self.run.pace.send(&Prefix::of(bucket.name(), prefix), "ListMultipartUploads", 0, request).await?;
        let next = next(&listed)?;
        let uploads = listed.uploads.into_iter().flatten().map(upload).collect::<Result<_, _>>()?;
        Ok((uploads, next))
    }

    async fn abort(&self, Upload { key, id }: Upload) {
        let bucket = self.run.bucket;
        let request = || {
            let request = bucket.client().abort_multipart_upload().bucket(bucket.name()).key(&key).upload_id(&id);
            request.set_expected_bucket_owner(bucket.owner()).send()
        };
        match self.run.pace.send(&Prefix::of(bucket.name(), &key), "AbortMultipartUpload", 0, request).await {
            Err(failure) if failure.class != Class::Gone => {
                self.run.failed("AbortMultipartUpload", &key, Some(&id), failure);
            }
            Ok(_) | Err(_) => self.run.tally.deleted(1, 0),
        }
    }
}

fn next(listed: &ListMultipartUploadsOutput) -> Result<Option<Marker>, Failure> {
    let key = listed.next_key_marker().filter(|_| listed.is_truncated() == Some(true)).map(decoded).transpose()?;
    Ok(key.map(|key| Marker { key: Some(key), id: listed.next_upload_id_marker().map(str::to_owned) }))
}

fn upload(MultipartUpload { key, upload_id, .. }: MultipartUpload) -> Result<Upload, Failure> {
    Ok(Upload { key: decoded(&key.unwrap_or_default())?, id: upload_id.unwrap_or_default() })
}
